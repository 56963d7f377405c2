// Compares every call of src/api/index.ts with the server's openapi.json: path and method must
// exist there. usage: node scripts/check-api.mjs http://127.0.0.1:8080 (or a file)
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

export function checkApi(openapi) {
  const source = readFileSync(fileURLToPath(new URL('../src/api/index.ts', import.meta.url)), 'utf8')
  const blank = (p) => p.replace(/\$?\{[^}]*\}/g, '{}')
  const known = new Map()
  for (const [path, item] of Object.entries(openapi.paths || {})) known.set(blank(path.replace(/^\/api\/v1/, '')), item)
  const used = []
  for (const m of source.matchAll(/http\.(get|post|patch|del)(?:<[^(]*>)?\(\s*(['`])([^'`]+)\2/g)) used.push([m[1] === 'del' ? 'delete' : m[1], m[3]])
  for (const m of source.matchAll(/(?:all<[^(]*>|url)\(\s*(['`])([^'`]+)\1/g)) used.push(['get', m[2]])
  const faults = []
  for (const [method, raw] of used) {
    // `/scans/${id}/${verb}` stands for several paths; each is listed by the server on its own.
    const verbs = raw.includes('${verb}') ? (raw.startsWith('/scans') ? ['pause', 'resume', 'cancel'] : raw.startsWith('/monitors') ? ['pause', 'resume', 'run'] : ['approve', 'reject']) : ['']
    for (const v of verbs) {
      const path = blank(raw.replace('${verb}', v))
      const item = known.get(path)
      if (!item) faults.push(`${method.toUpperCase()} ${path}: not in openapi.json`)
      else if (!item[method]) faults.push(`${method.toUpperCase()} ${path}: only ${Object.keys(item).join(', ')}`)
    }
  }
  return { calls: used.length, faults }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const from = process.argv[2] || 'http://127.0.0.1:8080'
  const text = /^https?:/.test(from) ? await (await fetch(from + '/api/v1/openapi.json')).text() : readFileSync(from, 'utf8')
  const r = checkApi(JSON.parse(text))
  if (r.faults.length) { console.error(r.faults.join('\n')); process.exit(1) }
  console.log(`api: ${r.calls} calls of the console are in openapi.json`)
}
