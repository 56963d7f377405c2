// What the server has to say: server-sent events read by fetch (so that every event type arrives),
// reconnecting with Last-Event-ID, and plain polling where a proxy swallows streams.
import { ref } from 'vue'
import { http, url } from './client'
import type { LiveEvent } from './types'

type Listener = (e: LiveEvent) => void
const TOPICS = 'scan,finding,site,asset,monitor,report,notify,job'
const listeners = new Set<Listener>()
let last = ''
let stop: AbortController | null = null
let failures = 0
/** stream: live; poll: asking every few seconds; off: not connected. */
export const channel = ref<'stream' | 'poll' | 'off'>('off')

export function listen(f: Listener): () => void {
  listeners.add(f)
  return () => listeners.delete(f)
}

function emit(e: LiveEvent) {
  if (e.id) last = e.id
  listeners.forEach((f) => { try { f(e) } catch (err) { console.error(err) } })
}

function parse(block: string): LiveEvent | null {
  let id = '', type = 'message'
  const data: string[] = []
  for (const line of block.split(/\r?\n/)) {
    if (!line || line[0] === ':') continue
    const at = line.indexOf(':')
    const k = at < 0 ? line : line.slice(0, at)
    const v = at < 0 ? '' : line.slice(at + 1).replace(/^ /, '')
    if (k === 'id') id = v
    else if (k === 'event') type = v
    else if (k === 'data') data.push(v)
  }
  if (!data.length) return null
  try { return { id, type, data: JSON.parse(data.join('\n')) } } catch { return { id, type, data: {} } }
}

async function stream(signal: AbortSignal) {
  const headers: Record<string, string> = { Accept: 'text/event-stream' }
  if (last) headers['Last-Event-ID'] = last
  const r = await fetch(url('/events', { topics: TOPICS }), { headers, signal, credentials: 'same-origin', cache: 'no-store' })
  if (!r.ok || !r.body) throw new Error('events ' + r.status)
  channel.value = 'stream'
  failures = 0
  const reader = r.body.getReader()
  const text = new TextDecoder()
  let rest = ''
  // The server sends a comment every 15 s; silence for 40 s means a dead connection.
  let timer = 0
  const alive = () => { clearTimeout(timer); timer = window.setTimeout(() => reader.cancel().catch(() => {}), 40000) }
  alive()
  try {
    for (;;) {
      const { done, value } = await reader.read()
      if (done) return
      alive()
      rest += text.decode(value, { stream: true })
      const blocks = rest.split(/\r?\n\r?\n/)
      rest = blocks.pop() || ''
      for (const b of blocks) { const e = parse(b); if (e) emit(e) }
    }
  } finally { clearTimeout(timer) }
}

async function poll() {
  const p = await http.get<{ items: any[]; next?: string; last_id?: string }>('/events/poll', { after: last || undefined, topics: TOPICS }, { quiet401: true })
  channel.value = 'poll'
  for (const x of p.items || []) emit({ id: String(x.id ?? ''), type: x.type || x.event || 'message', topic: x.topic, data: x.data ?? x })
  if (p.last_id) last = String(p.last_id)
}

const wait = (ms: number, signal: AbortSignal) => new Promise<void>((ok) => {
  const t = setTimeout(ok, ms)
  signal.addEventListener('abort', () => { clearTimeout(t); ok() }, { once: true })
})

export function startEvents() {
  if (stop) return
  const c = (stop = new AbortController())
  void (async () => {
    while (!c.signal.aborted) {
      try { await stream(c.signal) } catch { failures++ }
      if (c.signal.aborted) break
      if (failures >= 2) {
        for (let i = 0; i < 8 && !c.signal.aborted; i++) {
          try { await poll() } catch { channel.value = 'off' }
          await wait(4000, c.signal)
        }
      } else await wait(1000 + Math.random() * 1000, c.signal)
    }
    channel.value = 'off'
  })()
}

export function stopEvents() {
  stop?.abort()
  stop = null
  last = ''
}
