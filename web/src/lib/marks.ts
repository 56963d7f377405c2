// Marks in a text that a person edits: positions are UTF-16 units, as strings count in the browser.
export interface Mark { id: number; start: number; end: number; tone: string; title?: string }
export interface Segment { text: string; marks: Mark[] }

/** Code points, line breaks included: what 全文字数 counts. */
export const countChars = (s: string) => { let n = 0; for (const _ of s) n++; return n }

/** The text cut at every border of a mark; overlapping marks share segments. */
export function segments(text: string, marks: Mark[]): Segment[] {
  const cuts = new Set([0, text.length])
  for (const m of marks) { cuts.add(Math.min(m.start, text.length)); cuts.add(Math.min(m.end, text.length)) }
  const at = [...cuts].sort((a, b) => a - b)
  const sorted = [...marks].sort((a, b) => a.start - b.start || b.end - a.end)
  const out: Segment[] = []
  let open: Mark[] = []
  let next = 0
  for (let i = 0; i + 1 < at.length; i++) {
    open = open.filter((m) => m.end > at[i])
    while (next < sorted.length && sorted[next].start <= at[i]) open.push(sorted[next++])
    out.push({ text: text.slice(at[i], at[i + 1]), marks: open.filter((m) => m.end > at[i]) })
  }
  return out
}

/** What an edit did: [from, oldEnd) of the old text became [from, newEnd) of the new one. */
export interface Edit { from: number; oldEnd: number; newEnd: number }
export function editBetween(a: string, b: string): Edit {
  const most = Math.min(a.length, b.length)
  let from = 0
  while (from < most && a[from] === b[from]) from++
  let tail = 0
  while (tail < most - from && a[a.length - 1 - tail] === b[b.length - 1 - tail]) tail++
  return { from, oldEnd: a.length - tail, newEnd: b.length - tail }
}
/** Moves what stands behind the edit; what the edit touched is gone. */
export function shift<T extends { start: number; end: number }>(things: T[], e: Edit): T[] {
  const by = e.newEnd - e.oldEnd
  const out: T[] = []
  for (const x of things) {
    if (x.end <= e.from) out.push(x)
    else if (x.start >= e.oldEnd) out.push({ ...x, start: x.start + by, end: x.end + by })
  }
  return out
}

/** Overlapping or nested marks count once. */
export function merged(things: { start: number; end: number }[]): number {
  let n = 0
  let end = -1
  for (const x of [...things].sort((a, b) => a.start - b.start)) {
    if (x.start >= end) n++
    end = Math.max(end, x.end)
  }
  return n
}
