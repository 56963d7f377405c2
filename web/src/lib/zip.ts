// A dropped folder as one ZIP archive, made in the browser, so that the server has one way in.
export interface Entry { path: string; bytes: Uint8Array }

const table = Uint32Array.from({ length: 256 }, (_, n) => { for (let k = 0; k < 8; k++) n = n & 1 ? 0xedb88320 ^ (n >>> 1) : n >>> 1; return n >>> 0 })
function crc32(b: Uint8Array): number {
  let c = 0xffffffff
  for (const x of b) c = table[(c ^ x) & 255] ^ (c >>> 8)
  return (c ^ 0xffffffff) >>> 0
}
async function deflate(b: Uint8Array): Promise<Uint8Array | null> {
  if (b.length < 64 || typeof CompressionStream === 'undefined') return null
  try {
    const s = new Blob([b as BlobPart]).stream().pipeThrough(new CompressionStream('deflate-raw'))
    const out = new Uint8Array(await new Response(s).arrayBuffer())
    return out.length < b.length ? out : null
  } catch { return null }
}
function header(e: { name: Uint8Array; crc: number; size: number; packed: number; method: number }, central: number | null): Uint8Array {
  const h = new Uint8Array((central === null ? 30 : 46) + e.name.length)
  const v = new DataView(h.buffer)
  let at = 0
  const u2 = (x: number) => { v.setUint16(at, x, true); at += 2 }
  const u4 = (x: number) => { v.setUint32(at, x, true); at += 4 }
  u4(central === null ? 0x04034b50 : 0x02014b50)
  if (central !== null) u2(20)
  u2(20); u2(0x800); u2(e.method); u2(0); u2(0x21)
  u4(e.crc); u4(e.packed); u4(e.size); u2(e.name.length); u2(0)
  if (central !== null) { u2(0); u2(0); u2(0); u4(0); u4(central) }
  h.set(e.name, at)
  return h
}
/** tick(0…1) as it goes. */
export async function zip(files: Entry[], tick?: (part: number) => void): Promise<Uint8Array> {
  const parts: Uint8Array[] = []
  const central: Uint8Array[] = []
  let at = 0
  const put = (b: Uint8Array) => { parts.push(b); at += b.length }
  for (let i = 0; i < files.length; i++) {
    const packed = await deflate(files[i].bytes)
    const data = packed || files[i].bytes
    const e = { name: new TextEncoder().encode(files[i].path), crc: crc32(files[i].bytes), size: files[i].bytes.length, packed: data.length, method: packed ? 8 : 0 }
    central.push(header(e, at))
    put(header(e, null))
    put(data)
    if (i % 50 === 0) tick?.(i / files.length)
  }
  const start = at
  for (const c of central) put(c)
  const end = new DataView(new ArrayBuffer(22))
  end.setUint32(0, 0x06054b50, true)
  end.setUint16(8, files.length, true)
  end.setUint16(10, files.length, true)
  end.setUint32(12, at - start, true)
  end.setUint32(16, start, true)
  put(new Uint8Array(end.buffer))
  const out = new Uint8Array(at)
  let n = 0
  for (const p of parts) { out.set(p, n); n += p.length }
  tick?.(1)
  return out
}

export function base64(b: Uint8Array): string {
  const parts: string[] = []
  for (let i = 0; i < b.length; i += 0x6000) parts.push(String.fromCharCode(...b.subarray(i, i + 0x6000)))
  return btoa(parts.join(''))
}

const useful = /\.(ya?ml|txt|list|lst|dict)$/i
interface Handle { isFile: boolean; isDirectory: boolean; fullPath: string; file(ok: (f: File) => void, no: (e: unknown) => void): void; createReader(): { readEntries(ok: (e: Handle[]) => void, no: (e: unknown) => void): void } }
async function walk(h: Handle, out: { path: string; file: File }[]): Promise<void> {
  if (/\/\./.test(h.fullPath)) return
  if (h.isFile) { out.push({ path: h.fullPath.replace(/^\/+/, ''), file: await new Promise<File>((ok, no) => h.file(ok, no)) }); return }
  const reader = h.createReader()
  for (;;) {
    const some = await new Promise<Handle[]>((ok, no) => reader.readEntries(ok, no))
    if (!some.length) break
    for (const s of some) await walk(s, out)
  }
}
export interface Picked { name: string; archive: File | null; files: { path: string; file: File }[]; left: number }
/** What was dropped or chosen: one archive, or files and folders. */
export async function picked(list: { path: string; file: File }[]): Promise<Picked | null> {
  if (list.length === 1 && /\.zip$/i.test(list[0].file.name)) return { name: list[0].file.name, archive: list[0].file, files: [], left: 0 }
  const files = list.filter((f) => useful.test(f.path))
  if (!files.length) return null
  const top = files[0].path.split('/')
  return { name: (top.length > 1 ? top[0] : files[0].file.name.replace(/\.[^.]+$/, '')) + '.zip', archive: null, files, left: list.length - files.length }
}
export async function dropped(e: DragEvent): Promise<Picked | null> {
  const out: { path: string; file: File }[] = []
  const handles = Array.from(e.dataTransfer?.items || []).map((i) => (i as any).webkitGetAsEntry?.() as Handle | null).filter((h): h is Handle => !!h)
  if (handles.length) for (const h of handles) await walk(h, out)
  else for (const f of Array.from(e.dataTransfer?.files || [])) out.push({ path: f.name, file: f })
  return picked(out)
}
export const chosen = (l: FileList | null) => picked(Array.from(l || []).map((f) => ({ path: (f as any).webkitRelativePath || f.name, file: f })))

/** The archive as it is sent. */
export async function pack(p: Picked, tick?: (part: number) => void): Promise<Uint8Array> {
  if (p.archive) return new Uint8Array(await p.archive.arrayBuffer())
  const entries: Entry[] = []
  for (const f of p.files) entries.push({ path: f.path, bytes: new Uint8Array(await f.file.arrayBuffer()) })
  return zip(entries, tick)
}
