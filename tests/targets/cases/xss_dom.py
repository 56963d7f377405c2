"""DOM XSS: from what the address says into a sink, by scripts alone; the server never sees it."""
from target import bad, good, header, page

K = "xss-dom"


def dom(script, safe=False, body="<div id=o></div>"):
    (good if safe else bad)(K, header("Accept"), lambda v, r: f"{body}<script>{script}</script>")


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
