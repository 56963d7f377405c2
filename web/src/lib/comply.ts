// What the console knows about compliance answers.
import type { TextHit } from '@/api'
import { i18n, isEn } from '@/i18n'
import type { Mark } from './marks'

/** The ten columns in the deck's order. */
export const columns = ['porn', 'sensitive', 'ad', 'contraband', 'adlaw', 'abuse', 'violence', 'flood', 'correct', 'other']
export const scenes = ['', 'news', 'ad', 'comment', 'site', 'game']
export const TEXT_MAX = 10000

export interface ShownHit extends TextHit { id: number; startUnit: number; endUnit: number }
export const toneOf = (label: string) => (columns.includes(label) ? label : 'custom')
export const shown = (hits: TextHit[]): ShownHit[] => hits.map((h, id) => ({ ...h, id, startUnit: h.start_utf16, endUnit: h.end_utf16 }))
/** Why, and what to do. The lexicon speaks Chinese, as its texts do; what the model says is ours to translate. */
export const saidOf = (h: TextHit) => (h.layer === 'model' && isEn() ? { reason: i18n.global.t('comply.modelReason'), advice: i18n.global.t('comply.modelAdvice') } : { reason: h.reason, advice: h.advice })
export const marksOf = (hits: ShownHit[]): Mark[] => hits.map((h) => ({ id: h.id, start: h.startUnit, end: h.endUnit, tone: toneOf(h.label) }))
