// Fails when the two catalogues differ in keys or placeholders, when a key used in the source is
// missing, or when Chinese text stands outside the catalogue.
import { readFileSync, readdirSync, statSync } from 'node:fs'
import { join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import { transformWithEsbuild } from 'vite'

const root = fileURLToPath(new URL('../src', import.meta.url))
const faults = []
async function catalogue(name) {
  const { code } = await transformWithEsbuild(readFileSync(join(root, 'locales', name), 'utf8'), name, { loader: 'ts', format: 'esm', sourcemap: false })
  return (await import('data:text/javascript;base64,' + Buffer.from(code).toString('base64'))).default
}
function flatten(o, at = '', out = {}) {
  for (const [k, v] of Object.entries(o)) {
    if (typeof v === 'object') flatten(v, at + k + '.', out)
    else out[at + k] = v
  }
  return out
}
const zh = flatten(await catalogue('zh-CN.ts'))
const en = flatten(await catalogue('en.ts'))
const holes = (s) => [...s.matchAll(/\{(\w+)\}/g)].map((m) => m[1]).sort().join()
for (const k of Object.keys(zh)) {
  if (!(k in en)) faults.push(`en.ts lacks ${k}`)
  else if (holes(zh[k]) !== holes(en[k])) faults.push(`${k}: placeholders differ`)
}
for (const k of Object.keys(en)) if (!(k in zh)) faults.push(`zh-CN.ts lacks ${k}`)
for (const [k, v] of Object.entries(en)) if (/[\u3400-\u9fff]/.test(v) && k !== 'frame.zhShort' && k !== 'frame.zhLong') faults.push(`en.ts ${k} holds Chinese`)

// A bare | would make it a choice of plurals: only the first part is shown.
for (const [file, all] of [['zh-CN.ts', zh], ['en.ts', en]]) for (const [k, v] of Object.entries(all)) if (v.replaceAll("{'|'}", '').includes('|')) faults.push(`${file} ${k}: write {'|'} for |`)

const groups = new Set(Object.keys(zh).flatMap((k) => k.split('.').map((_, i, a) => a.slice(0, i + 1).join('.'))))
function walk(dir) {
  for (const name of readdirSync(dir)) {
    const full = join(dir, name)
    if (statSync(full).isDirectory()) { if (name !== 'locales') walk(full); continue }
    if (!/\.(vue|ts)$/.test(name)) continue
    const text = readFileSync(full, 'utf8')
    text.split('\n').forEach((line, i) => {
      // Comments may hold Chinese terms beside English ones.
      const code = name.endsWith('.vue') || name.endsWith('.ts') ? line.replace(/(^|\s)\/\/.*$/, '').replace(/\/\*.*?\*\//g, '').replace(/^\s*\*.*$/, '') : line
      if (/[\u3400-\u9fff]/.test(code)) faults.push(`${relative(root, full)}:${i + 1}: Chinese text outside the catalogue`)
      for (const m of code.matchAll(/\bt[m]?\(\s*'([A-Za-z0-9_.]+)'\s*[,)]/g)) if (!(m[1] in zh) && !groups.has(m[1])) faults.push(`${relative(root, full)}:${i + 1}: no text for ${m[1]}`)
      for (const m of code.matchAll(/\bt\(\s*'([A-Za-z0-9_.]+)\.'\s*\+/g)) if (!groups.has(m[1])) faults.push(`${relative(root, full)}:${i + 1}: no texts under ${m[1]}`)
    })
  }
}
walk(root)
if (faults.length) { console.error(faults.join('\n')); process.exit(1) }
console.log(`locales: ${Object.keys(zh).length} texts in two languages`)
