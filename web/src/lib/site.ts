import type { SiteLogin, SiteSettings } from '@/api'

export const freshSettings = (): SiteSettings => ({ mode: 'standard', rate: 10, excludes: [], headers: [], cookie: null, max_pages: 2000, max_minutes: 120, windows: [], browser: 'auto', login: noLogin(), second_login: noLogin() })
export const noLogin = (): SiteLogin => ({ kind: 'none', url: '', user: '', password: '', script: '', check_url: '', check_text: '' })
export function settingsOf(s: SiteSettings | undefined): SiteSettings {
  const f = freshSettings()
  if (!s) return f
  const c = JSON.parse(JSON.stringify(s)) as SiteSettings
  return { ...f, ...c, excludes: c.excludes || [], headers: c.headers || [], windows: c.windows || [], browser: c.browser || 'auto', login: c.login || noLogin(), second_login: c.second_login || noLogin() }
}
export function cleanSettings(s: SiteSettings): SiteSettings {
  // Only what the server takes; what else it sent along is its own business.
  return {
    mode: s.mode, rate: s.rate, excludes: s.excludes.map((x) => x.trim()).filter(Boolean), headers: s.headers.filter((h) => h.name.trim()).map((h) => ({ name: h.name.trim(), value: h.value })),
    cookie: s.cookie, max_pages: s.max_pages, max_minutes: s.max_minutes, windows: s.windows, incremental: s.incremental ?? null,
    browser: s.browser || 'auto', login: s.login && s.login.kind !== 'none' ? s.login : null, second_login: s.second_login && s.second_login.kind !== 'none' ? s.second_login : null,
  }
}
