import type { SiteLogin, SiteSettings } from '@/api'

export const freshSettings = (): SiteSettings => ({ mode: 'standard', rate: 10, excludes: [], headers: [], cookie: null, max_pages: 2000, max_minutes: 120, windows: [], browser: 'auto', login: noLogin(), second_login: noLogin(), second_headers: [], second_cookie: null, skip_checks: [], intrusive: false, try_logins: false, oob: true })
export const noLogin = (): SiteLogin => ({ kind: 'none', url: '', user: '', password: '', script: '', check_url: '', check_text: '' })
export function settingsOf(s: SiteSettings | undefined): SiteSettings {
  const f = freshSettings()
  if (!s) return f
  const c = JSON.parse(JSON.stringify(s)) as SiteSettings
  return { ...f, ...c, excludes: c.excludes || [], headers: c.headers || [], windows: c.windows || [], browser: c.browser || 'auto', second_headers: c.second_headers || [], skip_checks: c.skip_checks || [], login: c.login || noLogin(), second_login: c.second_login || noLogin() }
}
export function cleanSettings(s: SiteSettings): SiteSettings {
  // Only what the server takes; what else it sent along is its own business.
  const headers = (list: SiteSettings['headers']) => list.filter((h) => h.name.trim()).map((h) => ({ name: h.name.trim(), value: h.value }))
  return {
    mode: s.mode, rate: s.rate ?? null, concurrency: s.concurrency ?? null, max_depth: s.max_depth ?? null, excludes: s.excludes.map((x) => x.trim()).filter(Boolean), headers: headers(s.headers),
    second_headers: headers(s.second_headers), second_cookie: s.second_cookie, user_agent: s.user_agent || null, skip_checks: s.skip_checks, intrusive: s.intrusive, try_logins: s.try_logins, oob: s.oob,
    cookie: s.cookie, max_pages: s.max_pages ?? null, max_minutes: s.max_minutes ?? null, windows: s.windows, incremental: s.incremental ?? null,
    browser: s.browser || 'auto', login: s.login && s.login.kind !== 'none' ? s.login : null, second_login: s.second_login && s.second_login.kind !== 'none' ? s.second_login : null,
  }
}
