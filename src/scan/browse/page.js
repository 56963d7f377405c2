/* Runs in every page before its own scripts. It notes which elements listen, where the page
 * wants to go, and what reaches dangerous places; it acts only when the driver calls it.
 * KEY is a random name of one browser, so that no page can count on it. */
(function (KEY, TAINT, NAME, STORE) {
"use strict";
if (Object.prototype.hasOwnProperty.call(window, KEY)) return;
var S = { els: [], marks: [], routes: [], opened: [], sinks: [], proofs: [], asked: [], phase: 0, soon: 0, track: true, moved: performance.now(), dialogs: 0 };
Object.defineProperty(window, KEY, { value: S, enumerable: false });
/* The harmless call that proves that text of an address became code. */
Object.defineProperty(window, KEY + "m", { enumerable: false, value: function (n) {
	var to = S;
	try { to = window.top[KEY] || S; } catch (e) { /* a frame of its own */ }
	if (to.proofs.length < 20) to.proofs.push({ n: Number(n) || 0, url: location.href });
	/* no value: that of a javascript: address would become the page */
} });
if (NAME && window === window.top) window.name = NAME;
if (STORE && location.origin === STORE.origin) try { /* the log-in, in every tab */
	[["localStorage", STORE.local], ["sessionStorage", STORE.session]].forEach(function (p) {
		for (var k in p[1]) if (window[p[0]].getItem(k) === null) window[p[0]].setItem(k, p[1][k]);
	});
} catch (e) { /* no storage here */ }
S.storage = function () {
	var out = { origin: location.origin, local: {}, session: {} }, size = 0;
	[["localStorage", out.local], ["sessionStorage", out.session]].forEach(function (p) {
		for (var i = 0; i < window[p[0]].length && i < 60; i++) {
			var k = window[p[0]].key(i), v = window[p[0]].getItem(k);
			if ((size += k.length + v.length) < 60000) p[1][k] = v;
		}
	});
	return out;
};
var apply = Function.prototype.call.bind(Function.prototype.apply);
var listening = new WeakMap(), handled = new Set();
var WANTED = /^(click|dblclick|mouse(down|up|over|enter)|pointer(down|up|over|enter)|touch(start|end)|change|input|keyup|keydown|keypress|submit|focus|blur)$/;

/* ---- who listens ---- */
var add = EventTarget.prototype.addEventListener;
EventTarget.prototype.addEventListener = function (type) {
	try {
		if (this instanceof Element && WANTED.test(type)) {
			var set = listening.get(this);
			if (!set) listening.set(this, set = new Set());
			set.add(String(type));
		}
		if (TAINT && type === "message" && this === window) heard(arguments[1]);
	} catch (e) { /* the page goes on as without us */ }
	return apply(add, this, arguments);
};

/* ---- where the page wants to go ---- */
function route(u) {
	try { u = new URL(String(u), document.baseURI).href; } catch (e) { return; }
	if (S.routes.length < 300 && S.routes.indexOf(u) < 0) S.routes.push(u);
}
["pushState", "replaceState"].forEach(function (name) {
	var real = History.prototype[name];
	History.prototype[name] = function (state, title, url) {
		if (url !== undefined && url !== null) route(url);
		return apply(real, this, arguments);
	};
});
apply(add, window, ["hashchange", function () { route(location.href); }]);
window.open = function (u) {
	if (TAINT && /^\s*javascript:/i.test(String(u))) location.href = u; /* what the new window would do, here */
	else if (u) { if (TAINT) sink("window.open", u); route(u); }
	return null;
};
window.alert = function () { S.dialogs++; };
window.confirm = function () { S.dialogs++; return true; };
window.prompt = function () { S.dialogs++; return "1"; };
window.print = function () { };
if (navigator.serviceWorker) try {
	navigator.serviceWorker.register = function (u) { route(u); return Promise.reject(new Error("off")); };
} catch (e) { /* not changeable: goes its way, past the driver's eyes but not past the policy */ }

/* What waits longer than a visit comes sooner; what waits for minutes is a session's end. */
var later = window.setTimeout;
window.setTimeout = function (f, ms) {
	var a = Array.prototype.slice.call(arguments);
	if (a[1] > 400 && a[1] <= 20000) a[1] = 300;
	if (typeof f === "string") sink("setTimeout", f);
	else if (S.track && typeof f === "function" && (a[1] || 0) <= 400) { /* worth waiting for */
		S.soon++;
		a[0] = function () { S.soon--; return apply(f, this, arguments); };
	}
	return apply(later, window, a);
};

/* What the driver cannot read off the wire: bodies of beacons that are blobs. */
S.sent = [];
if (navigator.sendBeacon) {
	var beacon = Navigator.prototype.sendBeacon;
	Navigator.prototype.sendBeacon = function (u, data) {
		try {
			if (data instanceof Blob && data.size < 60000 && S.sent.length < 50) {
				var to = { url: new URL(String(u), document.baseURI).href, type: data.type, body: "" };
				S.sent.push(to);
				S.soon++;
				data.text().then(function (t) { to.body = t; S.soon--; });
			}
		} catch (e) { /* it goes on its way */ }
		return apply(beacon, this, arguments);
	};
}
/* A closed tree is closed to the page's other scripts, not to a visitor's hand. */
var shadow = Element.prototype.attachShadow, trees = new WeakMap();
Element.prototype.attachShadow = function () {
	var t = apply(shadow, this, arguments);
	trees.set(this, t);
	return t;
};
S.listens = function (el) { return listening.has(el); };
S.tree = function (el) { return el.shadowRoot || trees.get(el); };
function home(el) { /* our object in the frame that the element stands in */
	try { return el.ownerDocument.defaultView[KEY] || S; } catch (e) { return S; }
}

/* ---- rest ---- */
var watch = new MutationObserver(function () { S.moved = performance.now(); });
function begin() { watch.observe(document, { childList: true, subtree: true, attributes: true, characterData: true }); }
begin();
S.quiet = function () { S.track = false; return { soon: S.soon, ms: performance.now() - S.moved, url: location.href, ready: document.readyState }; };

/* ---- what can be done here ---- */
function words(el) {
	var t = (el.innerText || el.value || el.getAttribute("aria-label") || el.title || "").trim();
	return t.replace(/\s+/g, " ").slice(0, 80);
}
function shape(el) {
	var p = [], n = el, i = 0;
	for (; n && n.nodeType === 1 && i < 6; n = n.parentElement, i++)
		p.push(n.tagName + (n.className && typeof n.className === "string" ? "." + n.className.split(/\s+/)[0] : "") + (n.id && !/\d/.test(n.id) ? "#" + n.id : ""));
	return p.join("<");
}
function attribute(el) {
	for (var i = 0; i < el.attributes.length; i++)
		if (/^(on(click|mouse|change|input|key|focus|submit|dblclick|touch|pointer)|@|v-on:|ng-click|data-ng-click|data-action|data-toggle|data-target|data-bs-toggle|\(click\))/.test(el.attributes[i].name)) return true;
	return false;
}
function property(el) { return !!(el.onclick || el.onchange || el.onmousedown || el.onmouseover || el.oninput || el.ondblclick || el.onmouseup || el.onsubmit); }
function framework(el) { /* React and Vue keep listeners beside the element */
	for (var k in el) {
		if (k.indexOf("__reactProps$") === 0 || k.indexOf("__reactEventHandlers$") === 0) {
			var p = el[k];
			return !!(p && (p.onClick || p.onChange || p.onMouseDown || p.onMouseEnter || p.onSubmit));
		}
		if (k === "_vei") return true;
	}
	return false;
}
function goes(el) { /* a plain link: its address is known without a click */
	var h = el.tagName === "A" || el.tagName === "AREA" ? el.getAttribute("href") : null;
	return h && h !== "#" && !/^(javascript:|#)/i.test(h);
}
function active(el) { return activeHere(el, home(el).listens(el)); }
function activeHere(el, listens) {
	var tag = el.tagName, role = el.getAttribute("role") || "";
	if (tag === "FORM" && el.querySelector("button:not([type=button]):not([type=reset]),input[type=submit],input[type=image]")) return false;
	if (listens || attribute(el) || property(el) || framework(el)) return true;
	if (tag === "BUTTON" || tag === "SUMMARY" || tag === "SELECT") return true;
	if (tag === "INPUT") return /^(button|submit|image|checkbox|radio)$/.test(el.type);
	if (tag === "A") return !goes(el) || (el.getAttribute("href") || "")[0] === "#";
	if (/^(button|link|tab|menuitem|option|switch|treeitem)$/.test(role)) return true;
	if (tag === "LI" || tag === "DIV" || tag === "SPAN" || tag === "TD" || tag === "TR" || tag === "I" || tag === "IMG" || tag === "P" || tag === "LABEL")
		return el.childElementCount < 4 && getComputedStyle(el).cursor === "pointer" &&
			!(el.parentElement && getComputedStyle(el.parentElement).cursor === "pointer");
	return false;
}
function every(root, out) {
	var w = document.createTreeWalker(root, NodeFilter.SHOW_ELEMENT), n;
	while ((n = w.nextNode()) && out.length < 20000) {
		out.push(n);
		var tree = home(n).tree(n);
		if (tree) every(tree, out);
		if (n.tagName === "IFRAME" || n.tagName === "FRAME") try {
			if (n.contentDocument && n.contentDocument.documentElement && n.contentDocument.defaultView[KEY]) every(n.contentDocument, out);
		} catch (e) { /* another origin's */ }
	}
	return out;
}
/* New candidates since the last call: [{i, key, shape, text, href, tag, type, submit, only}] */
S.list = function (max) {
	var all = every(document, []), out = [];
	for (var j = 0; j < all.length && out.length < max; j++) {
		var el = all[j];
		if (el.disabled || !active(el) || el === document.body || el === document.documentElement) continue;
		if (goes(el) && !home(el).listens(el) && !property(el) && !framework(el)) continue;
		var text = words(el), form = el.form || (el.closest && el.closest("form")), sh = shape(el);
		var key = sh + "|" + text + "|" + (el.id || "") + "|" + (el.name || "") + "|" + (el.value && el.tagName === "INPUT" ? el.value : "");
		if (handled.has(key)) continue;
		handled.add(key);
		var submit = !!form && (el.type === "submit" || el.type === "image" || (el.tagName === "BUTTON" && el.type !== "button" && el.type !== "reset"));
		S.els.push(el);
		out.push({ i: S.els.length - 1, key: key, shape: sh, text: text, tag: el.tagName.toLowerCase(), type: el.type || "",
			href: (el.getAttribute("href") || el.getAttribute("formaction") || "") + " " + (el.getAttribute("onclick") || "").slice(0, 200),
			id: (el.id || "") + " " + (typeof el.className === "string" ? el.className : "").slice(0, 100) + " " + (el.name || ""),
			submit: submit, form: form ? (form.innerText || "").slice(0, 200) + " " + (form.id || "") + " " + (form.getAttribute("action") || "") : "",
			passwords: form ? form.querySelectorAll("input[type=password]").length : 0 });
	}
	return out;
};
/* To the end of the page and of what scrolls in it: more may be loaded there. */
S.scroll = function () {
	var before = document.documentElement.scrollHeight, all = every(document, []), n = 0;
	window.scrollTo(0, before);
	for (var j = 0; j < all.length && n < 5; j++) {
		var el = all[j];
		if (el.scrollHeight > el.clientHeight + 60 && el.clientHeight > 80 && /(auto|scroll)/.test(getComputedStyle(el).overflowY)) {
			n++;
			el.scrollTop = el.scrollHeight;
		}
	}
	fire(window, "scroll");
	return before + n * 100000;
};
S.forget = function () { handled = new Set(); };
S.skip = function (keys) { keys.forEach(function (k) { handled.add(k); }); };
function fire(el, type, kind) {
	var E = kind === "p" && window.PointerEvent ? PointerEvent : kind === "k" ? KeyboardEvent : kind === "m" || kind === "p" ? MouseEvent : Event;
	el.dispatchEvent(new E(type, { bubbles: true, cancelable: true, composed: true, view: kind ? window : undefined, key: kind === "k" ? "a" : undefined }));
}
S.act = function (i) {
	var el = S.els[i];
	if (!el || !el.isConnected) return false;
	S.track = true;
	S.soon = 0;
	if (el.scrollIntoView) el.scrollIntoView({ block: "center" });
	["pointerover", "pointerenter"].forEach(function (t) { fire(el, t, "p"); });
	["mouseover", "mouseenter", "mousemove"].forEach(function (t) { fire(el, t, "m"); });
	if (el.tagName === "SELECT") {
		if (el.options.length > 1) el.selectedIndex = el.selectedIndex === 1 ? 0 : 1;
		fire(el, "input"); fire(el, "change");
		return true;
	}
	if (/^(text|search|email|url|tel|number|)$/.test(el.type || "x") || el.tagName === "TEXTAREA") {
		if (el.focus) el.focus();
		["keydown", "keypress", "input", "keyup", "change"].forEach(function (t) { fire(el, t, t[0] === "k" ? "k" : ""); });
	}
	fire(el, "pointerdown", "p"); fire(el, "mousedown", "m");
	fire(el, "pointerup", "p"); fire(el, "mouseup", "m");
	var set = listening.get(el);
	if (el.click) el.click(); else fire(el, "click", "m");
	if (el.ondblclick || (set && set.has("dblclick"))) fire(el, "dblclick", "m");
	if (el.tagName === "FORM" && el.requestSubmit) el.requestSubmit();
	return true;
};

/* ---- forms ---- */
var FIELDS = "input,textarea,select";
S.fields = function () { /* those without a value */
	var all = every(document, []), out = [];
	for (var j = 0; j < all.length && out.length < 100; j++) {
		var el = all[j];
		if (!el.matches(FIELDS) || el.disabled || el.readOnly) continue;
		if (/^(hidden|submit|button|image|reset|file|checkbox|radio)$/.test(el.type)) continue;
		if (el.value && el.tagName !== "SELECT") continue;
		S.els.push(el);
		out.push({ i: S.els.length - 1, name: el.name || el.id || el.getAttribute("formcontrolname") || el.placeholder || el.getAttribute("aria-label") || "",
			type: el.tagName === "SELECT" ? "select" : el.type || "text", max: el.maxLength > 0 ? el.maxLength : 0 });
	}
	return out;
};
S.fill = function (i, value) {
	var el = S.els[i];
	if (!el) return false;
	if (el.tagName === "SELECT") {
		for (var k = 0; k < el.options.length; k++)
			if (el.options[k].value && !el.options[k].disabled) { el.selectedIndex = k; break; }
	} else {
		var proto = el.tagName === "TEXTAREA" ? HTMLTextAreaElement.prototype : HTMLInputElement.prototype;
		Object.getOwnPropertyDescriptor(proto, "value").set.call(el, value); /* past React's own setter */
	}
	fire(el, "input"); fire(el, "change"); fire(el, "keyup", "k"); fire(el, "blur");
	return true;
};

/* ---- looking for one element: CSS, "text=…", or words of a label ---- */
function shown(el) { return !!(el.offsetWidth || el.offsetHeight || el.getClientRects().length); }
S.find = function (what) {
	var all, j;
	if (what.indexOf("text=") === 0) {
		var t = what.slice(5).trim(), best = -1;
		all = every(document, []);
		for (j = 0; j < all.length; j++)
			if (shown(all[j]) && words(all[j]).indexOf(t) >= 0 && (best < 0 || words(all[j]).length <= words(all[best]).length)) best = j;
		if (best < 0) return -1;
		S.els.push(all[best]);
		return S.els.length - 1;
	}
	try { all = document.querySelectorAll(what); } catch (e) { return -2; }
	for (j = 0; j < all.length; j++)
		if (shown(all[j]) || all.length === 1) { S.els.push(all[j]); return S.els.length - 1; }
	return -1;
};
S.text = function () { return document.body ? document.body.innerText.slice(0, 60000) : ""; };
/* The form that logs in: one password field; the field for the name stands before it. */
S.loginForm = function () {
	var all = every(document, []), pass = -1, user = -1, button = -1, j, many = 0;
	for (j = 0; j < all.length; j++)
		if (all[j].tagName === "INPUT" && all[j].type === "password" && shown(all[j]) && !all[j].disabled) { many++; if (pass < 0) pass = j; }
	if (pass < 0) return null;
	var home = all[pass].form || all[pass].closest("form,[class*=login],[id*=login],div") || document.body, captcha = "";
	for (j = pass - 1; j >= 0 && user < 0; j--)
		if (all[j].tagName === "INPUT" && /^(text|email|tel|number|)$/.test(all[j].type) && shown(all[j])) user = j;
	var scope = all[pass].form ? all[pass].form : document;
	var CAP = /captcha|vcode|verif|yzm|checkcode|validate|验证码|校验码/i;
	every(scope, []).forEach(function (e) {
		if ((e.tagName === "INPUT" && e.type !== "hidden" && shown(e) && CAP.test(e.name + " " + e.id + " " + e.placeholder)) ||
			(/^(IMG|IFRAME|CANVAS|DIV)$/.test(e.tagName) && shown(e) && /captcha|recaptcha|hcaptcha|geetest|turnstile|slider-?verify/i.test((e.src || "") + " " + e.id + " " + (typeof e.className === "string" ? e.className : "")))) captcha = captcha || e.tagName;
	});
	var LOG = /log.?in|sign.?in|submit|登\s*录|登\s*陆|确\s*定|进\s*入/i;
	for (j = 0; j < all.length; j++) {
		var e = all[j], is = e.tagName === "BUTTON" || (e.tagName === "INPUT" && /^(submit|image|button)$/.test(e.type)) || e.getAttribute("role") === "button" || (e.tagName === "A" && j > pass);
		if (!is || !shown(e)) continue;
		var own = all[pass].form && e.form === all[pass].form, says = LOG.test(words(e) + " " + e.id + " " + (e.name || ""));
		if (button < 0 ? own || says : own && says && all[button].form !== all[pass].form) button = j;
	}
	function keep(k) { if (k < 0) return -1; S.els.push(all[k]); return S.els.length - 1; }
	return { user: keep(user), password: keep(pass), button: keep(button), captcha: captcha, passwords: many };
};
S.press = function (i) {
	var el = S.els[i];
	if (el.tagName === "A") el.removeAttribute("target");
	["pointerdown", "pointerup"].forEach(function (t) { fire(el, t, "p"); });
	["mousedown", "mouseup"].forEach(function (t) { fire(el, t, "m"); });
	el.click();
};
S.choose = function (i, value) {
	var el = S.els[i], k;
	for (k = 0; k < el.options.length; k++)
		if (el.options[k].value === value || el.options[k].text.trim() === value) { el.selectedIndex = k; break; }
	fire(el, "input"); fire(el, "change");
};
S.tick = function (i) { if (!S.els[i].checked) S.els[i].click(); };
S.enter = function (i) { /* no button: Enter in the password field */
	var el = S.els[i];
	if (el.form && el.form.requestSubmit) el.form.requestSubmit();
	else ["keydown", "keypress", "keyup"].forEach(function (t) { el.dispatchEvent(new KeyboardEvent(t, { bubbles: true, key: "Enter", code: "Enter", keyCode: 13 })); });
};

/* ---- dangerous places (only when TAINT is set) ---- */
/* What those who listen for messages ask of them: names, and values they compare with. */
var hears = [];
function heard(f) {
	try {
		f = f && f.handleEvent || f;
		if (typeof f === "function" && hears.length < 10) hears.push(Function.prototype.toString.call(f).slice(0, 20000));
	} catch (e) { /* not ours to judge */ }
}
function each(re, text, f) { for (var m, n = 0; n < 60 && (m = re.exec(text)); n++) f(m); }
function letters(text) { /* the objects that a stranger would send */
	var out = [], names = ["type", "data", "message", "html", "url", "content", "text", "value", "body", "title", "src", "href", "payload", "code", "action"];
	var nested = [], wants = [], src = hears.join("\n"), key;
	if (typeof window.onmessage === "function") src += String(window.onmessage);
	each(/\.([A-Za-z_$][\w$]*)/g, src, function (m) { if (names.indexOf(m[1]) < 0 && names.length < 60) names.push(m[1]); });
	each(/\.([A-Za-z_$][\w$]*)\.([A-Za-z_$][\w$]*)\b(?!\s*\()/g, src, function (m) { if (m[1] !== "data") nested.push([m[1], m[2]]); });
	each(/\.([A-Za-z_$][\w$]*)\s*===?\s*["']([^"']{1,60})["']/g, src, function (m) { wants.push([m[1], m[2]]); });
	each(/["']([^"']{1,60})["']\s*===?\s*[\w$.]*\.([A-Za-z_$][\w$]*)/g, src, function (m) { wants.push([m[2], m[1]]); });
	each(/switch\s*\([^)]*\.([A-Za-z_$][\w$]*)\s*\)/g, src, function (m) { key = m[1]; });
	if (key) each(/case\s*["']([^"']{1,60})["']/g, src, function (m) { wants.push([key, m[1]]); });
	function letter(deep, want) {
		var o = { source: text };
		names.forEach(function (k) { o[k] = text; });
		if (deep) nested.forEach(function (n) { if (typeof o[n[0]] !== "object") o[n[0]] = {}; o[n[0]][n[1]] = text; });
		if (want) o[want[0]] = want[1];
		return o;
	}
	[null].concat(wants.slice(0, 8)).forEach(function (w) {
		out.push(letter(false, w));
		if (nested.length) out.push(letter(true, w));
	});
	return out;
}
function sink(kind, value) {
	if (!TAINT || S.sinks.length >= 60) return;
	try { value = String(value); } catch (e) { return; }
	var at = value.indexOf(TAINT);
	if (at < 0) return;
	var stack = (new Error().stack || "").split("\n").filter(function (l) { return l.indexOf("http") >= 0; }).slice(0, 6).join("\n");
	S.sinks.push({ kind: kind, phase: S.phase, value: value.slice(Math.max(0, at - 200), at + 400), at: Math.min(at, 200), before: at, stack: stack.slice(0, 1500) });
}
if (TAINT) {
	var srcdoc = Object.getOwnPropertyDescriptor(HTMLIFrameElement.prototype, "srcdoc").set;
	var setter = function (proto, name, kind) {
		var d = Object.getOwnPropertyDescriptor(proto, name);
		if (!d || !d.set || !d.configurable) return;
		Object.defineProperty(proto, name, { configurable: true, enumerable: d.enumerable, get: d.get,
			set: function (v) { sink(typeof kind === "function" ? kind(this) : kind, v); return d.set.call(this, v); } });
	};
	var method = function (proto, name, kind, which) {
		var f = proto[name];
		if (typeof f !== "function") return;
		proto[name] = function () {
			for (var k = 0; k < arguments.length; k++) if (which === undefined || which === k) sink(kind, arguments[k]);
			return apply(f, this, arguments);
		};
	};
	setter(Element.prototype, "innerHTML", function (el) { return el.tagName === "SCRIPT" ? "script.text" : "innerHTML"; });
	setter(Element.prototype, "outerHTML", "outerHTML");
	if (window.ShadowRoot) setter(ShadowRoot.prototype, "innerHTML", "innerHTML");
	method(Element.prototype, "insertAdjacentHTML", "insertAdjacentHTML", 1);
	method(Document.prototype, "write", "document.write");
	method(Document.prototype, "writeln", "document.write");
	method(DOMParser.prototype, "parseFromString", "parseFromString", 0);
	method(Range.prototype, "createContextualFragment", "createContextualFragment", 0);
	setter(HTMLIFrameElement.prototype, "srcdoc", "srcdoc");
	setter(HTMLIFrameElement.prototype, "src", "iframe.src");
	setter(HTMLScriptElement.prototype, "src", "script.src");
	setter(HTMLScriptElement.prototype, "text", "script.text");
	setter(HTMLAnchorElement.prototype, "href", "a.href");
	setter(HTMLEmbedElement.prototype, "src", "embed.src");
	setter(HTMLObjectElement.prototype, "data", "object.data");
	setter(HTMLFormElement.prototype, "action", "form.action");
	var setAttr = Element.prototype.setAttribute;
	Element.prototype.setAttribute = function (n, v) {
		var name = String(n).toLowerCase();
		if (name.indexOf("on") === 0) sink("handler", v);
		else if (name === "srcdoc") sink("srcdoc", v);
		else if (name === "href" || name === "src" || name === "data" || name === "action" || name === "formaction")
			sink(this.tagName === "SCRIPT" ? "script.src" : this.tagName === "A" ? "a.href" : this.tagName.toLowerCase() + "." + name, v);
		return apply(setAttr, this, arguments);
	};
	var interval = window.setInterval;
	window.setInterval = function (f) { if (typeof f === "string") sink("setInterval", f); return apply(interval, window, arguments); };
	/* From a frame without an origin, as a stranger's page would. */
	var safe = function (v) { return JSON.stringify(v).replace(/</g, "\\u003c"); };
	S.post = function (text) {
		var f = document.createElement("iframe"), posts = [text];
		letters(text).forEach(function (o) { posts.push(o, JSON.stringify(o)); });
		f.setAttribute("sandbox", "allow-scripts");
		f.style.display = "none";
		apply(srcdoc, f, ["<script>" + safe(posts) + ".forEach(function(p){parent.postMessage(p,'*')})<\/script>"]);
		(document.body || document.documentElement).appendChild(f);
	};
	var evil = window.eval;
	window.eval = function (s) { if (typeof s === "string") sink("eval", s); return evil(s); };
	var F = window.Function;
	var Hooked = function () {
		for (var k = 0; k < arguments.length; k++) sink("Function", arguments[k]);
		return apply(F, this, arguments);
	};
	Hooked.prototype = F.prototype;
	window.Function = Hooked;
	/* An address that is asked for: a document of the stranger's own may be the answer. */
	method(window, "fetch", "fetch", 0);
	method(XMLHttpRequest.prototype, "open", "fetch", 1);
	["get", "getAll", "has"].forEach(function (name) {
		var f = URLSearchParams.prototype[name];
		URLSearchParams.prototype[name] = function (n) {
			n = String(n);
			if (S.asked.length < 40 && n.length < 60 && S.asked.indexOf(n) < 0) S.asked.push(n);
			return apply(f, this, arguments);
		};
	});
	/* What was laid down in this browser, with our word or our call in it; taken away again. */
	var ours = function (v) { return String(v).indexOf(TAINT) >= 0 || String(v).indexOf(KEY) >= 0; };
	S.kept = function (clean) {
		var out = [], k, v, i;
		[["localStorage"], ["sessionStorage"]].forEach(function (n) {
			try {
				var st = window[n[0]];
				for (i = st.length - 1; i >= 0; i--) {
					k = st.key(i);
					v = st.getItem(k);
					if (!ours(v)) continue;
					if (out.length < 20) out.push({ where: n[0], key: k.slice(0, 100), value: v.slice(Math.max(0, v.indexOf(TAINT)), v.indexOf(TAINT) + 200) });
					if (clean) st.removeItem(k);
				}
			} catch (e) { /* no storage here */ }
		});
		try {
			document.cookie.split(/;\s*/).forEach(function (c) {
				var at = c.indexOf("="), text = c;
				try { text = decodeURIComponent(c); } catch (e) { /* as it is */ }
				if (!ours(text)) return;
				at = text.indexOf(TAINT);
				if (out.length < 20) out.push({ where: "cookie", key: c.slice(0, c.indexOf("=")).slice(0, 100), value: text.slice(Math.max(0, at), at + 200) });
				if (clean) ["", ";path=/", ";path=" + location.pathname].forEach(function (p) { document.cookie = c.slice(0, c.indexOf("=")) + "=;max-age=0" + p; });
			});
		} catch (e) { /* no cookies here */ }
		return out;
	};
}
})
