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
/** The names an answer brings with it. */
export const namesOf = (x: { label: string; label_zh: string; label_en?: string; sub_label_zh: string; sub_label_en?: string }) =>
  [isEn() ? x.label_en || x.label : x.label_zh, isEn() ? x.sub_label_en : x.sub_label_zh].filter(Boolean).join(' · ')
export const fullCode = (x: { label: string | null; sub_label?: string | null }) => (x.label ? x.label + (x.sub_label ? '.' + x.sub_label : '') : '')
