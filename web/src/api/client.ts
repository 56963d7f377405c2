// One door to /api/v1: CSRF, ETags, idempotency keys, and problem+json turned into ApiError.
import { reactive } from 'vue'
import { i18n } from '@/i18n'
import type { FieldFault, Problem } from './types'

const BASE = '/api/v1'
const etags = new Map<string, string>()
export const wire = reactive({ csrf: '', offline: false })
let onUnauthorized: () => void = () => {}
export function setUnauthorizedHandler(f: () => void) { onUnauthorized = f }

export class ApiError extends Error {
  status: number
  code: string
  zh: string
  en: string
  fields: FieldFault[]
  retryAfter: number | null
  constructor(status: number, p: Partial<Problem>, retryAfter: number | null = null) {
    super(p.detail || p.title || p.code || String(status))
    this.status = status
    this.code = p.code || 'http.' + status
    this.zh = p.detail || p.title || ''
    this.en = p.detail_en || p.detail || p.title || ''
    this.fields = p.errors || []
    this.retryAfter = retryAfter
  }
  get text(): string {
    const own = i18n.global.locale.value === 'en' ? this.en : this.zh
    return own || i18n.global.t(this.status === 0 ? 'error.network' : this.status >= 500 ? 'error.server' : 'error.unknown')
  }
  field(name: string): string {
    const f = this.fields.find((x) => x.field === name)
    return f ? (i18n.global.locale.value === 'en' ? f.detail_en || f.detail : f.detail) : ''
  }
}

export type Query = Record<string, string | number | boolean | null | undefined | string[]>

export function url(path: string, query?: Query): string {
  const q = new URLSearchParams()
  for (const [k, v] of Object.entries(query || {})) {
    if (v === undefined || v === null || v === '' || v === false) continue
    if (Array.isArray(v)) { if (v.length) q.set(k, v.join(',')) } else q.set(k, String(v))
  }
  const s = q.toString()
  return BASE + path + (s ? '?' + s : '')
}

export function randomKey(): string {
  const b = crypto.getRandomValues(new Uint8Array(16))
  return Array.from(b, (x) => x.toString(16).padStart(2, '0')).join('')
}

interface Options { query?: Query; body?: unknown; signal?: AbortSignal; key?: string; quiet401?: boolean; /** Whatever has changed since it was read. */ anyway?: boolean }

async function call<T>(method: string, path: string, o: Options = {}): Promise<T> {
  const headers: Record<string, string> = { Accept: 'application/json' }
  if (o.body !== undefined) headers['Content-Type'] = 'application/json'
  if (method !== 'GET') {
    if (wire.csrf) headers['X-CSRF-Token'] = wire.csrf
    if (o.key) headers['Idempotency-Key'] = o.key
    const tag = etags.get(path)
    if (tag && !o.anyway && (method === 'PATCH' || method === 'DELETE')) headers['If-Match'] = tag
  }
  let r: Response
  try {
    r = await fetch(url(path, o.query), {
      method, headers, credentials: 'same-origin', signal: o.signal, cache: 'no-store',
      body: o.body === undefined ? undefined : JSON.stringify(o.body),
    })
    wire.offline = false
  } catch (e) {
    if ((e as Error).name === 'AbortError') throw e
    wire.offline = true
    throw new ApiError(0, { code: 'network' })
  }
  const text = r.status === 204 ? '' : await r.text()
  let data: any = null
  if (text) {
    try { data = JSON.parse(text) } catch { data = null }
  }
  if (!r.ok) {
    if (r.status === 412) etags.delete(path)
    const err = new ApiError(r.status, data || {}, Number(r.headers.get('Retry-After')) || null)
    if (r.status === 401 && !o.quiet401) onUnauthorized()
    throw err
  }
  const tag = r.headers.get('ETag')
  if (method === 'GET' && tag) etags.set(path, tag)
  else if (method === 'PATCH') { if (tag) etags.set(path, tag); else etags.delete(path) }
  else if (method !== 'GET') {
    // An action under /things/{id}/… changes the thing: its remembered tag is stale.
    const owner = path.split('/').slice(0, 3).join('/')
    etags.delete(owner)
    etags.delete(path)
  }
  return data as T
}

export const http = {
  get: <T>(path: string, query?: Query, o: Options = {}) => call<T>('GET', path, { ...o, query }),
  /** A fresh idempotency key is made per call; pass one to make a retry safe. */
  post: <T>(path: string, body?: unknown, o: Options = {}) => call<T>('POST', path, { ...o, body: body ?? {}, key: o.key || randomKey() }),
  patch: <T>(path: string, body: unknown, o: Options = {}) => call<T>('PATCH', path, { ...o, body }),
  del: <T>(path: string, body?: unknown, o: Options = {}) => call<T>('DELETE', path, { ...o, body }),
}

/** Reads every page of a list, up to a bound that protects the browser. */
export async function all<T>(path: string, query: Query = {}, most = 20000): Promise<T[]> {
  const out: T[] = []
  let cursor: string | null = null
  do {
    const p: { items: T[]; next_cursor: string | null } = await http.get(path, { limit: 200, ...query, cursor })
    out.push(...p.items)
    cursor = p.next_cursor
  } while (cursor && out.length < most)
  return out
}
