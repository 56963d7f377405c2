// Messages, confirmations and clipboard: the few ways the console talks back.
import { h } from 'vue'
import { ElMessage } from 'element-plus/es/components/message/index.mjs'
import { ElMessageBox } from 'element-plus/es/components/message-box/index.mjs'
import { i18n } from '@/i18n'
import { ApiError } from '@/api/client'

const t = i18n.global.t

export function fail(e: unknown) {
  if ((e as Error)?.name === 'AbortError') return
  const err = e instanceof ApiError ? e : null
  if (!err) console.error(e)
  if (err?.status === 401) return
  const hints = err && err.status === 412 ? t('error.stale') : err?.retryAfter ? t('error.retryAfter', { n: err.retryAfter }) : ''
  const lines = [err ? err.text : t('error.unknown'), ...(err?.fields || []).map((f) => (i18n.global.locale.value === 'en' ? f.detail_en || f.detail : f.detail)).filter((x) => x && x !== err?.text), hints].filter(Boolean)
  ElMessage({
    type: 'error', duration: 8000, showClose: true, grouping: true, customClass: 'zw-msg',
    message: h('div', [
      ...lines.map((l) => h('div', l)),
      err?.code ? h('button', { class: 'link small zw-msg-code', title: t('common.copyCode'), onClick: () => copy(err.code) }, t('error.code', { code: err.code })) : null,
    ]),
  })
}
export const done = (text: string) => ElMessage({ type: 'success', message: text, duration: 3000, grouping: true })
/** A plain sentence about what went wrong, when there is no answer of the server behind it. */
export const warn = (text: string) => ElMessage({ type: 'error', message: text, duration: 8000, showClose: true, grouping: true })
export const note = (text: string) => ElMessage({ type: 'info', message: text, duration: 4000, grouping: true })

export async function copy(text: string) {
  try {
    if (navigator.clipboard && window.isSecureContext) await navigator.clipboard.writeText(text)
    else {
      // Plain http on a LAN has no clipboard API.
      const a = document.createElement('textarea')
      a.value = text
      a.className = 'sr-only'
      document.body.appendChild(a)
      a.select()
      document.execCommand('copy')
      a.remove()
    }
    done(t('common.copied'))
  } catch { note(t('common.copyFailed')) }
}

/** Asks before something that cannot be undone; the text names the object. */
export async function confirm(title: string, text: string, button: string, danger = true): Promise<boolean> {
  try {
    await ElMessageBox.confirm(text, title, {
      confirmButtonText: button, cancelButtonText: t('common.cancel'), type: danger ? 'warning' : 'info', autofocus: !danger,
      confirmButtonClass: danger ? 'el-button--danger' : '', closeOnClickModal: false,
    })
    return true
  } catch { return false }
}
/** The same with a reason that goes to the audit log; null when given up. */
export async function askReason(title: string, text: string, button: string, danger = true, required = true): Promise<string | null> {
  try {
    const r = await ElMessageBox.prompt(text, title, {
      confirmButtonText: button, cancelButtonText: t('common.cancel'), inputType: 'textarea', inputPlaceholder: t('common.reasonPlaceholder'),
      inputValidator: (v: string) => !required || (v || '').trim().length >= 2 || t('common.reasonRequired'),
      confirmButtonClass: danger ? 'el-button--danger' : '', closeOnClickModal: false,
    })
    return ((r as any).value || '').trim()
  } catch { return null }
}

/** Downloads through a link so that the browser names, saves and shows progress itself. */
export function download(href: string) {
  const a = document.createElement('a')
  a.href = href
  a.download = ''
  document.body.appendChild(a)
  a.click()
  a.remove()
}
export function saveText(name: string, text: string) {
  const u = URL.createObjectURL(new Blob([text], { type: 'text/plain;charset=utf-8' }))
  const a = document.createElement('a')
  a.href = u
  a.download = name
  a.click()
  setTimeout(() => URL.revokeObjectURL(u), 1000)
}
