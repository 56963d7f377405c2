// Names of label codes, read once from the server.
import { shallowRef } from 'vue'
import { api, type TextLabel } from '@/api'
import { isEn } from '@/i18n'

const all = shallowRef<TextLabel[]>([])
let asked = false
export function useLabels() {
  if (!asked) {
    asked = true
    api.text.labels().then((r) => { all.value = r.items }).catch(() => { asked = false })
  }
  return all
}
/** "adlaw" or "adlaw.superlative"; a custom label is its own name. */
export function labelText(code: string | null | undefined): string {
  const l = all.value.find((x) => x.code === code)
  return l ? (isEn() ? l.en : l.zh) : code || ''
}
export const fullCode = (x: { label: string | null; sub_label?: string | null }) => (x.label ? x.label + (x.sub_label ? '.' + x.sub_label : '') : '')
