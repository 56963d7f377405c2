"""DOM XSS: from what a stranger can set into a sink, by scripts alone; the server never sees it."""
from target import Reply, bad, good, header, page

K = "xss-dom"


def dom(script, safe=False, body="<div id=o></div>", **routes):
    """A page of this script; routes: further pages below it."""
    more = {k: (lambda r, v=v: Reply(page(v))) for k, v in routes.items()}
    (good if safe else bad)(K, header("Accept"), lambda v, r: f"{body}<script>{script}</script>", **more)


def anywhere(script, safe=False):
    """Also answers below its own address, as single-page applications do."""
    class Every(dict):
        def __contains__(self, key):
            return True

        def __getitem__(self, key):
            return lambda r: Reply(page(f"<div id=o></div><script>{script}</script>"))
    from target import CASES
    dom(script, safe)
    CASES[-1].routes = Every()


O = "var o=document.getElementById('o');"
HASH = "var v=decodeURIComponent(location.hash.slice(1));"
QUERY = "var v=new URLSearchParams(location.search).get('q')||'';"
dom(O + HASH + "o.innerHTML=v;")
dom(O + HASH + "o.textContent=v;", safe=True)
dom(O + QUERY + "o.innerHTML='<b>'+v+'</b>';")
dom(O + QUERY + "var b=document.createElement('b');b.textContent=v;o.appendChild(b);", safe=True)
dom(HASH + "document.write('<p>'+v+'</p>');")
dom(HASH + "document.write('<p>'+v.replace(/[<>&\"']/g,'')+'</p>');", safe=True)
dom(HASH + "eval('var x='+(v||'1'));")
dom(HASH + "try{JSON.parse(v||'1')}catch(e){}", safe=True)
dom(HASH + "if(v)setTimeout('f('+v+')',10);function f(){}")
dom(HASH + "if(v)setTimeout(function(){f(v)},10);function f(){}", safe=True)
dom(QUERY + "if(v)location.href=v;")
dom(QUERY + "if(/^\\/[a-z]*$/.test(v))location.href=v;", safe=True)
dom(O + HASH + "o.insertAdjacentHTML('beforeend',v);")
dom(O + HASH + "o.insertAdjacentText('beforeend',v);", safe=True)
dom(O + "o.innerHTML='来自 '+decodeURIComponent(document.URL);")
dom(O + "o.textContent='来自 '+decodeURIComponent(document.URL);", safe=True)
dom(O + "window.addEventListener('hashchange',function(){o.innerHTML=decodeURIComponent(location.hash.slice(1))});")
dom(O + "window.addEventListener('hashchange',function(){o.title=decodeURIComponent(location.hash.slice(1))});", safe=True)
dom(HASH + "var a=document.createElement('iframe');a.src=v||'about:blank';document.body.appendChild(a);")
dom(HASH + "var a=document.createElement('iframe');a.src=/^https:\\/\\/example\\.cn\\//.test(v)?v:'about:blank';document.body.appendChild(a);", safe=True)
dom(O + QUERY + "var d=new DOMParser().parseFromString(v,'text/html');Array.from(d.body.childNodes).forEach(n=>o.appendChild(document.importNode(n,true)));")
dom(O + QUERY + "var d=new DOMParser().parseFromString(v,'text/html');o.textContent=d.body.textContent;", safe=True)
dom(HASH + "if(v){var s=document.createElement('script');s.text=v;document.head.appendChild(s)}")
dom(HASH + "if(v){var s=document.createElement('script');s.type='application/json';s.text=v;document.head.appendChild(s)}", safe=True)
dom(O + QUERY + "var r=document.createRange();o.appendChild(r.createContextualFragment(v));")
dom(O + QUERY + "o.innerHTML=v.replace(/&/g,'&amp;').replace(/</g,'&lt;').replace(/>/g,'&gt;');", safe=True)
dom(HASH + "var f=new Function('return '+(v||'0'));f();")
dom(HASH + "var f={a:1,b:2}[v];", safe=True)
dom(O + QUERY + "o.setAttribute('onclick',v);o.click();")
dom(O + QUERY + "o.setAttribute('data-q',v);o.click();", safe=True)
dom(O + "window.addEventListener('message',function(e){o.innerHTML=e.data});")
dom(O + "window.addEventListener('message',function(e){if(e.origin===location.origin)o.innerHTML=e.data});", safe=True)

# Parameters that only the script knows, taken apart by hand
PARAM = ("function param(n){var m=new RegExp('(^|&)'+n+'=([^&]*)(&|$)').exec(location.search.slice(1));"
         "return m?decodeURIComponent(m[2]):''}")
dom(O + PARAM + "o.outerHTML='<div>'+param('keyword')+'</div>';")
dom(O + PARAM + "var b=document.createTextNode(param('keyword'));o.appendChild(b);", safe=True)
dom(O + "var m=/[?&]tip=([^&]*)/.exec(location.search);if(m)o.innerHTML=`<p class=\"tip\">${decodeURIComponent(m[1])}</p>`;")
dom(O + "var m=/[?&]tip=([\\w ]*)(&|$)/.exec(location.search);if(m)o.innerHTML=`<p class=\"tip\">${m[1]}</p>`;", safe=True)
dom(O + "var s={};location.search.slice(1).split('&').forEach(function(p){var a=p.split('=');s[a[0]]=decodeURIComponent(a[1]||'')});"
    "if(s['lang'])document.write('<option value=1>'+s['lang']+'</option>');")
dom(O + "var s={};location.search.slice(1).split('&').forEach(function(p){var a=p.split('=');s[a[0]]=decodeURIComponent(a[1]||'')});"
    "if(['zh','en'].indexOf(s['lang'])>=0)document.write('<option value=1>'+s['lang']+'</option>');", safe=True)
dom(O + "var h=new URLSearchParams(location.hash.slice(1));o.innerHTML='<a href=\"'+(h.get('back')||'/')+'\">返回</a>';")
dom(O + "var h=new URLSearchParams(location.hash.slice(1)),u=new URL(h.get('back')||'/',location.origin);"
    "if(u.origin===location.origin){var a=document.createElement('a');a.href=u.pathname;a.textContent='返回';o.appendChild(a)}", safe=True)
# The path of the page
anywhere(O + "o.innerHTML='位置：'+decodeURIComponent(location.pathname);")
anywhere(O + "o.innerHTML='位置：'+location.pathname.split('/').map(function(p){return p.replace(/[^a-z]/g,'')}).join(' / ');", safe=True)
# What other pages bring along
dom("if(document.referrer)document.write('<a href=\"'+decodeURIComponent(document.referrer)+'\">返回</a>');")
dom("if(document.referrer){var a=document.createElement('a');a.textContent=decodeURIComponent(document.referrer);document.body.appendChild(a)}", safe=True)
dom(O + "if(window.name)o.innerHTML=window.name;")
dom(O + "if(window.name)o.setAttribute('aria-label',window.name);", safe=True)
dom(O + "onmessage=function(e){var m;try{m=JSON.parse(e.data)}catch(x){return}if(m.action==='render')o.innerHTML=m.payload.html};")
dom(O + "onmessage=function(e){var m;try{m=JSON.parse(e.data)}catch(x){return}if(m.action==='render')o.innerText=m.payload.html};", safe=True)
dom("window.addEventListener('message',function(e){switch(e.data.type){case 'resize':document.title=e.data.height;break;"
    "case 'go':location.assign(e.data.target)}});")
dom("window.addEventListener('message',function(e){switch(e.data.type){case 'resize':document.title=e.data.height;break;"
    "case 'go':if(e.data.target[0]==='/'&&e.data.target[1]!=='/')history.pushState({},'',e.data.target)}});", safe=True)
# Kept in the browser, shown by another page
dom(HASH + "if(v)localStorage.setItem('draft',v);", body="<a href='javascript:void(open(location.pathname+\"/preview\"))'>预览</a>",
    preview="<div id=o></div><script>document.getElementById('o').innerHTML=localStorage.getItem('draft')||'';</script>")
dom(HASH + "if(v)sessionStorage.note=v;document.getElementById('o').innerHTML=sessionStorage.note||'';")
dom(HASH + "if(v)sessionStorage.note2=v;document.getElementById('o').textContent=sessionStorage.note2||'';", safe=True)
dom(QUERY + "if(v)document.cookie='nick='+encodeURIComponent(v)+';path=/';var m=/nick=([^;]*)/.exec(document.cookie);"
    "if(m)document.getElementById('o').insertAdjacentHTML('afterbegin','<i>'+decodeURIComponent(m[1])+'</i>');")
dom(QUERY + "if(v)document.cookie='nick2='+encodeURIComponent(v)+';path=/';var m=/nick2=([^;]*)/.exec(document.cookie);"
    "if(m)document.getElementById('o').insertAdjacentHTML('afterbegin','<i>'+m[1]+'</i>');", safe=True)
# States of the history
dom(O + HASH + "history.replaceState({html:v},'');addEventListener('popstate',function(e){if(e.state)o.innerHTML=e.state.html});")
dom(O + HASH + "history.replaceState({html:v},'');addEventListener('popstate',function(e){if(e.state)o.lang=e.state.html});", safe=True)
# What is fetched from an address that the address names
dom(O + HASH + "if(v)fetch(v).then(r=>r.text()).then(t=>{o.innerHTML=t});")
dom(O + HASH + "if(v)fetch('/api/'+encodeURIComponent(v)).then(r=>r.text()).then(t=>{o.innerHTML=t});", safe=True)
dom(O + QUERY + "if(v){var x=new XMLHttpRequest();x.open('GET',v);x.onload=function(){o.insertAdjacentHTML('beforeend',x.responseText)};x.send()}")
# A small library as many sites still have
LIB = ("function $(s){var m=/^[^<]*(<[\\w\\W]+>)[^>]*$/.exec(s),l;if(m){var d=document.createElement('div');d.innerHTML=m[1];l=[].slice.call(d.childNodes)}"
       "else try{l=[].slice.call(document.querySelectorAll(s))}catch(e){l=[]}"
       "return {html:function(h){l.forEach(function(e){e.innerHTML=h})},text:function(t){l.forEach(function(e){e.textContent=t})},"
       "appendTo:function(p){l.forEach(function(e){document.querySelector(p).appendChild(e)})}}}")
dom(LIB + "var t=decodeURIComponent(location.hash);if(t)$(t).appendTo('#o');")
dom(LIB + "var t=decodeURIComponent(location.hash);if(/^#[\\w-]+$/.test(t))$(t).text('选中');", safe=True)
dom(LIB + QUERY + "if(v.length<200)$('#o').html('搜索：'+v);")
dom(LIB + QUERY + "if(v.length<200)$('#o').text('搜索：'+v);", safe=True)
# After a visitor did something
dom(O + HASH + "document.getElementById('b').onclick=function(){o.innerHTML=v};", body="<button id=b>查看</button><div id=o></div>")
dom(O + HASH + "document.getElementById('b').onclick=function(){o.innerHTML='<b>'+encodeURIComponent(v)+'</b>'};",
    safe=True, body="<button id=b>查看</button><div id=o></div>")
dom(QUERY + "document.getElementById('s').onchange=function(){document.getElementById('o').innerHTML=this.value+' '+v};",
    body="<select id=s><option>一</option><option>二</option></select><div id=o></div>")
# Addresses of elements
dom(QUERY + "var a=document.createElement('a');a.href=v||'/';a.textContent='继续';document.body.appendChild(a);")
dom(QUERY + "var a=document.createElement('a');a.href=/^https?:/.test(v)?v:'/';a.textContent='继续';document.body.appendChild(a);", safe=True)
dom(HASH + "var f=document.createElement('iframe');if(v){f.srcdoc='<p>'+v+'</p>';document.body.appendChild(f)}")
dom(HASH + "var f=document.createElement('iframe');if(v){f.sandbox='';f.srcdoc='<p>'+v+'</p>';document.body.appendChild(f)}", safe=True)
dom(QUERY + "var s=document.createElement('script');if(v){s.src=v;document.body.appendChild(s)}")
dom(QUERY + "var s=document.createElement('script');if(v){s.src='/lang/'+encodeURIComponent(v)+'.js';document.body.appendChild(s)}", safe=True)
# A renderer with virtual nodes, and one that cleans
VIEW = ("function h(t,p,c){return{t:t,p:p||{},c:c||[]}}function draw(n,to){if(typeof n==='string'){to.appendChild(document.createTextNode(n));return}"
        "var e=document.createElement(n.t);for(var k in n.p)if(k==='unsafeHTML')e.innerHTML=n.p[k].__html;else e.setAttribute(k,n.p[k]);"
        "n.c.forEach(function(x){draw(x,e)});to.appendChild(e)}")
dom(O + VIEW + QUERY + "draw(h('section',{},[h('p',{unsafeHTML:{__html:v}})]),o);")
dom(O + VIEW + QUERY + "draw(h('section',{'data-v':v},[h('p',{},[v])]),o);", safe=True)
CLEAN = ("function clean(t){var d=new DOMParser().parseFromString(t,'text/html');(function walk(n){[].slice.call(n.children).forEach(function(e){"
         "if(!/^(B|I|P|BR|UL|LI|EM)$/.test(e.tagName)){e.remove();return}[].slice.call(e.attributes).forEach(function(a){e.removeAttribute(a.name)});"
         "walk(e)})})(d.body);return d.body.innerHTML}")
dom(O + CLEAN + QUERY + "o.innerHTML=clean(v);", safe=True)
# Cleaning that does not
dom(O + QUERY + "o.innerHTML=v.replace(/<script[^>]*>|<\\/script>/gi,'');")
dom(O + QUERY + "o.innerHTML=v.replace('<','&lt;').replace('>','&gt;');")
dom(O + QUERY + "o.innerHTML='<input value=\"'+v.replace(/</g,'&lt;').replace(/>/g,'&gt;')+'\">';")
dom(O + QUERY + "o.innerHTML='<input value=\"'+v.replace(/[<>\"&]/g,function(c){return '&#'+c.charCodeAt(0)+';'})+'\">';", safe=True)
dom("eval(\"var t='\"+decodeURIComponent(location.hash.slice(1)).replace(/'/g,\"\\\\'\")+\"'\");")
dom("eval(\"var t=\"+JSON.stringify(decodeURIComponent(location.hash.slice(1))));", safe=True)
dom(O + HASH + "o.innerHTML='<b>固定文字</b>';setTimeout('document.title=\"ok\"',10);", safe=True)
