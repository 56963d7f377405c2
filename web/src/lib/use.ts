// Composables every page leans on: state in the URL, cursor lists, polling that stops by itself.
import { computed, onScopeDispose, ref, shallowRef, watch, type Ref, type WritableComputedRef } from 'vue'
import { useRoute, useRouter, type Router } from 'vue-router'
import { ApiError, type Page, type Query } from '@/api'
import { listen } from '@/api/events'
import type { LiveEvent } from '@/api/types'

// Changes made in one turn become one navigation; a second one must not undo the first.
let pending: Record<string, string | undefined> | null = null
function change(router: Router, c: Record<string, string | undefined>) {
  if (pending) { Object.assign(pending, c); return }
  pending = { ...c }
  void Promise.resolve().then(() => {
    const now = router.currentRoute.value
    const query: Record<string, any> = { ...now.query }
    for (const [k, v] of Object.entries(pending || {})) { if (v) query[k] = v; else delete query[k] }
    pending = null
    void router.replace({ query, hash: now.hash })
  })
}

/** One query parameter as a ref; the default is left out of the URL. */
export function useQuery(name: string, fallback = ''): WritableComputedRef<string> {
  const route = useRoute()
  const router = useRouter()
  return computed({
    get: () => String(route.query[name] ?? fallback),
    set: (v) => change(router, { [name]: v === fallback || !v ? undefined : String(v) }),
  })
}

/** Sets several query parameters in one navigation. */
export function useSetQuery() {
  const router = useRouter()
  return (c: Record<string, string | undefined>) => change(router, c)
}

export interface List<T> { items: Ref<T[]>; total: Ref<number | null>; loading: Ref<boolean>; error: Ref<ApiError | null>; more: Ref<boolean>; reload: (quiet?: boolean) => Promise<void>; next: () => Promise<void>; loaded: Ref<boolean> }
/** A cursor list that reloads when its query changes, keeping what is shown until the answer. */
export function useList<T>(load: (q: Query) => Promise<Page<T>>, query: () => Query): List<T> {
  const items = shallowRef<T[]>([])
  const total = ref<number | null>(null)
  const loading = ref(false)
  const loaded = ref(false)
  const error = ref<ApiError | null>(null)
  let cursor: string | null = null
  const more = ref(false)
  let turn = 0
  async function run(append: boolean, quiet = false) {
    const my = ++turn
    if (!quiet) loading.value = true
    const q = query()
    try {
      const size = !append && quiet ? Math.min(200, Math.max(50, items.value.length)) : 50
      const p = await load({ limit: size, total: true, ...q, cursor: append ? cursor : undefined })
      if (my !== turn) return
      items.value = append ? [...items.value, ...p.items] : p.items
      cursor = p.next_cursor
      more.value = !!cursor
      if (p.total !== undefined) total.value = p.total
      else if (!cursor) total.value = items.value.length
      error.value = null
      loaded.value = true
    } catch (e) {
      if (my !== turn) return
      if (!quiet || !loaded.value) error.value = e instanceof ApiError ? e : new ApiError(0, { code: 'client', detail: String(e) })
    } finally { if (my === turn) loading.value = false }
  }
  watch(query, (a, b) => { if (JSON.stringify(a) !== JSON.stringify(b)) void run(false) })
  void run(false)
  return { items, total, loading, loaded, error, more, reload: (quiet = false) => run(false, quiet), next: () => run(true) }
}

/** One object from the server, with loading and error beside it. */
export function useOne<T>(load: () => Promise<T>, immediate = true) {
  const data = shallowRef<T | null>(null)
  const loading = ref(false)
  const error = ref<ApiError | null>(null)
  let turn = 0
  async function reload(quiet = false) {
    const my = ++turn
    if (!quiet) loading.value = true
    try {
      const d = await load()
      if (my === turn) { data.value = d; error.value = null }
    } catch (e) {
      if (my === turn && (!quiet || !data.value)) error.value = e instanceof ApiError ? e : new ApiError(0, { code: 'client', detail: String(e) })
    } finally { if (my === turn) loading.value = false }
  }
  if (immediate) void reload()
  return { data, loading, error, reload }
}

/** Calls back on live events; gone with the component. */
export function useLive(f: (e: LiveEvent) => void) { onScopeDispose(listen(f)) }

/** Repeats while `active()`; pauses in a hidden tab. The floor under server-sent events. */
export function usePoll(f: () => unknown, ms: number, active: () => boolean = () => true) {
  let timer = window.setTimeout(tick, ms)
  async function tick() {
    if (!document.hidden && active()) { try { await f() } catch { /* the next turn tries again */ } }
    timer = window.setTimeout(tick, ms)
  }
  onScopeDispose(() => clearTimeout(timer))
}

/** At most one call per `ms`, the last one always made. */
export function throttle(f: () => void, ms: number) {
  let at = 0
  let timer = 0
  return () => {
    const now = Date.now()
    clearTimeout(timer)
    if (now - at >= ms) { at = now; f() } else timer = window.setTimeout(() => { at = Date.now(); f() }, ms - (now - at))
  }
}

/** The clock for elapsed times, once a second while anything shows it. */
export function useNow() {
  const now = ref(Date.now())
  const timer = window.setInterval(() => (now.value = Date.now()), 1000)
  onScopeDispose(() => clearInterval(timer))
  return now
}

export function useTitle(f: () => string) {
  watch(f, (v) => { document.title = v }, { immediate: true })
}
