// What a first visit downloads as JavaScript, gzipped: the entry, its static imports, the frame and
// the overview page. Fails above 350 KB; charts must not be among it.
import { gzipSync } from 'node:zlib'
import { readFileSync, readdirSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

const dist = fileURLToPath(new URL('../dist/', import.meta.url))
const seen = new Set()
function take(file) {
  if (seen.has(file)) return
  seen.add(file)
  const text = readFileSync(dist + 'assets/' + file, 'utf8')
  for (const m of text.matchAll(/(?:from|import)\s*"\.\/([\w.-]+\.js)"/g)) take(m[1])
}
const html = readFileSync(dist + 'index.html', 'utf8')
for (const m of html.matchAll(/\/assets\/([\w.-]+\.js)/g)) take(m[1])
for (const f of readdirSync(dist + 'assets')) if (/^(AppFrame|Overview|GateFrame|Login)-.*\.js$/.test(f)) take(f)
const sum = [...seen].reduce((n, f) => n + gzipSync(readFileSync(dist + 'assets/' + f), { level: 9 }).length, 0)
const charts = [...seen].some((f) => f.startsWith('charts-'))
console.log(`initial JavaScript: ${(sum / 1024).toFixed(0)} KB gzip in ${seen.size} files${charts ? ', charts included' : ''}`)
if (sum > 350 * 1024 || charts) process.exit(1)
