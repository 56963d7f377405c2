import { createI18n } from 'vue-i18n'
import zh from './locales/zh-CN'

export type Lang = 'zh' | 'en'
export const i18n = createI18n({ legacy: false, locale: 'zh', fallbackLocale: 'zh', missingWarn: false, fallbackWarn: false, messages: { zh } as Record<string, any> })

export async function setLang(lang: Lang) {
  if (lang === 'en' && !i18n.global.availableLocales.includes('en')) {
    i18n.global.setLocaleMessage('en', (await import('./locales/en')).default)
  }
  i18n.global.locale.value = lang
  document.documentElement.lang = lang === 'en' ? 'en' : 'zh-CN'
  try { localStorage.setItem('zw.lang', lang) } catch { /* storage may be blocked */ }
}
export function storedLang(): Lang {
  try { const v = localStorage.getItem('zw.lang'); if (v === 'zh' || v === 'en') return v } catch { /* storage may be blocked */ }
  return 'zh'
}
/** What the account stores and what the catalogues are called. */
export const fromServer = (l: string | undefined | null): Lang | null => (!l ? null : l.startsWith('en') ? 'en' : l.startsWith('zh') ? 'zh' : null)
export const toServer = (l: Lang) => (l === 'en' ? 'en' : 'zh-CN')
/** The right one of a pair of server texts (`title`, `title_en`). */
export function both(o: any, field: string): string {
  if (!o) return ''
  return (i18n.global.locale.value === 'en' ? o[field + '_en'] || o[field] : o[field]) || ''
}
export const isEn = () => i18n.global.locale.value === 'en'
