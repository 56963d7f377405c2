// A small website on loopback with a few real weaknesses, slow enough that a scan can be paused.
import http from 'node:http'

const page = (title, body) => `<!doctype html><html lang="zh-CN"><head><meta charset="utf-8"><title>${title}</title></head><body><h1>${title}</h1>${body}</body></html>`

/** files: what the owner uploads, path → text. delay: ms before each answer. */
export function startTarget({ pages = 60, delay = 25 } = {}) {
  const files = new Map()
  let hits = 0
  const server = http.createServer((req, res) => {
    hits++
    const url = new URL(req.url, 'http://target')
    const answer = (status, type, text, headers = {}) => setTimeout(() => {
      if (res.destroyed) return
      // No security header on purpose.
      res.writeHead(status, { Server: 'nginx/1.14.0', 'X-Powered-By': 'PHP/7.2.1', 'Content-Type': type, ...headers })
      res.end(req.method === 'HEAD' ? undefined : text)
    }, delay)
    let sent = ''
    req.on('data', (d) => { if (sent.length < 65536) sent += d })
    const path = url.pathname
    const html = 'text/html; charset=utf-8'
    const logIn = '<form method="post" action="/login"><input name="user"><input type="password" name="pass"><button>登录</button></form>'
    // Nothing links here: only an interface document and a log-in lead to these.
    if (path === '/api/echo') return answer(200, html, `<p>${url.searchParams.get('word') || ''}</p>`)
    if (path === '/api/session' && req.method !== 'POST') return answer(405, 'application/json', '{}')
    if (path === '/api/session') return req.on('end', () => answer(200, 'application/json', JSON.parse(sent || '{}').password === 'Right-1' ? '{"code":0,"data":{"token":"tok-0123456789"}}' : '{"code":1,"msg":"密码错误"}'))
    if (path === '/api/me') return /tok-0123456789/.test(req.headers.authorization || '') ? answer(200, 'application/json', '{"name":"editor"}') : answer(401, 'application/json', '{"msg":"请登录"}')
    if (path === '/login' && req.method !== 'POST') return answer(200, html, page('登录', logIn))
    if (path === '/login') return req.on('end', () => {
      const p = new URLSearchParams(sent)
      if (p.get('user') === 'editor' && p.get('pass') === 'Right-1') answer(302, html, '', { Location: '/member', 'Set-Cookie': 'member=yes; Path=/; HttpOnly' })
      else answer(200, html, page('登录', '<p>用户名或密码错误</p>' + logIn))
    })
    if (path === '/member') return /member=yes/.test(req.headers.cookie || '') ? answer(200, html, page('会员中心', '<p>欢迎</p><a href="/member/find?name=a">查找</a> <a href="/logout">退出</a>')) : answer(302, html, '', { Location: '/login' })
    if (path === '/member/find') return /member=yes/.test(req.headers.cookie || '') ? answer(200, html, page('查找', `<p>结果：${url.searchParams.get('name') || ''}</p><a href="/logout">退出</a>`)) : answer(302, html, '', { Location: '/login' })
    if (files.has(path)) return answer(200, path.endsWith('.html') ? html : 'text/plain', files.get(path))
    if (path === '/') {
      const links = Array.from({ length: pages }, (_, i) => `<li><a href="/news/${i}.html">新闻 ${i}</a></li>`).join('')
      return answer(200, 'text/html; charset=utf-8', page('测试门户', `<form action="/search" method="get"><input name="q"><button>搜索</button></form><a href="/list?page=1">列表</a> <a href="/dom.html">欢迎</a><ul>${links}</ul>`), { 'Set-Cookie': 'sid=abc123; Path=/' })
    }
    // Reflected cross-site scripting: the word comes back as it was sent.
    if (path === '/search') return answer(200, 'text/html; charset=utf-8', page('搜索', `<p>没有找到：${url.searchParams.get('q') || ''}</p><a href="/">首页</a>`))
    if (path === '/list') return answer(200, 'text/html; charset=utf-8', page('列表', `<p>第 ${Number(url.searchParams.get('page')) || 1} 页</p><a href="/list?page=2">下一页</a>`))
    const news = /^\/news\/(\d+)\.html$/.exec(path)
    if (news && Number(news[1]) < pages) return answer(200, 'text/html; charset=utf-8', page('新闻 ' + news[1], `<p>这是第 ${news[1]} 条新闻的正文，每条都不一样：${'内容'.repeat(1 + (Number(news[1]) % 17))}。</p><a href="/">返回</a>`))
    if (path === '/robots.txt') return answer(200, 'text/plain', 'User-agent: *\nDisallow:\n')
    return answer(404, 'text/html; charset=utf-8', page('没有这个页面', '<p>404</p>'))
  })
  return new Promise((ok) => server.listen(0, '127.0.0.1', () => ok({
    files, port: server.address().port, url: `http://127.0.0.1:${server.address().port}`,
    hits: () => hits, stop: () => new Promise((end) => { server.closeAllConnections?.(); server.close(end) }),
  })))
}
