// Numbers and times, the same way everywhere. Times are in the tenant's zone.
import { ref } from 'vue'
import { i18n } from '@/i18n'

export const zone = ref('Asia/Shanghai')
const makers = new Map<string, Intl.DateTimeFormat>()
function parts(iso: string): Record<string, string> | null {
  const d = new Date(iso)
  if (isNaN(d.getTime())) return null
  let f = makers.get(zone.value)
  if (!f) {
    const o: Intl.DateTimeFormatOptions = { year: 'numeric', month: '2-digit', day: '2-digit', hour: '2-digit', minute: '2-digit', second: '2-digit', hourCycle: 'h23', timeZone: zone.value }
    try { f = new Intl.DateTimeFormat('en-GB', o) } catch { f = new Intl.DateTimeFormat('en-GB', { ...o, timeZone: 'Asia/Shanghai' }) }
    makers.set(zone.value, f)
  }
  return Object.fromEntries(f.formatToParts(d).map((p) => [p.type, p.value]))
}
export function time(iso: string | null | undefined): string {
  const p = iso ? parts(iso) : null
  return p ? `${p.year}/${p.month}/${p.day} ${p.hour}:${p.minute}:${p.second}` : '—'
}
export function shortTime(iso: string | null | undefined): string {
  const p = iso ? parts(iso) : null
  return p ? `${p.month}/${p.day} ${p.hour}:${p.minute}` : '—'
}
export function day(iso: string | null | undefined): string {
  const p = iso ? parts(iso) : null
  return p ? `${p.year}/${p.month}/${p.day}` : '—'
}
export function ago(iso: string | null | undefined): string {
  if (!iso) return '—'
  const s = Math.round((new Date(iso).getTime() - Date.now()) / 1000)
  const f = new Intl.RelativeTimeFormat(i18n.global.locale.value === 'en' ? 'en' : 'zh-CN', { numeric: 'auto' })
  const a = Math.abs(s)
  if (a < 60) return f.format(Math.trunc(s), 'second')
  if (a < 3600) return f.format(Math.trunc(s / 60), 'minute')
  if (a < 86400) return f.format(Math.trunc(s / 3600), 'hour')
  return f.format(Math.trunc(s / 86400), 'day')
}
export const int = (n: number | null | undefined) => (n === null || n === undefined ? '—' : n.toLocaleString('en-US'))
export const percent = (n: number | null | undefined) => (Number(n) || 0).toFixed(2) + '%'
export function bytes(n: number | null | undefined): string {
  if (n === null || n === undefined) return '—'
  const u = ['B', 'KB', 'MB', 'GB', 'TB']
  let i = 0
  while (n >= 1024 && i < 4) { n /= 1024; i++ }
  return (i === 0 ? String(n) : n.toFixed(1)) + ' ' + u[i]
}
export function duration(seconds: number | null | undefined): string {
  if (seconds === null || seconds === undefined || isNaN(seconds)) return '—'
  const s = Math.max(0, Math.round(seconds))
  const p = (n: number) => String(n).padStart(2, '0')
  return `${p(Math.floor(s / 3600))}:${p(Math.floor(s / 60) % 60)}:${p(s % 60)}`
}
export const person = (v: any): string => (!v ? '—' : typeof v === 'string' ? v : v.name || v.email || '—')
