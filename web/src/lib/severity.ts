import type { Counts, Severity } from '@/api/types'

export const severities: Severity[] = ['critical', 'high', 'medium', 'low', 'info']
export const shape: Record<Severity, string> = { critical: '◆', high: '▲', medium: '■', low: '●', info: '○' }
export const colorVar = (s: Severity) => `var(--zw-${s})`
/** The four the lists show: 紧急 is counted inside 高危. */
export function four(c: Counts | null | undefined) {
  return c ? { high: (c.high || 0) + (c.critical || 0), medium: c.medium || 0, low: c.low || 0, info: c.info || 0 } : null
}
export const total = (c: Counts | null | undefined) => (c ? severities.reduce((n, s) => n + (c[s] || 0), 0) : 0)
export const zero = (): Counts => ({ critical: 0, high: 0, medium: 0, low: 0, info: 0 })
