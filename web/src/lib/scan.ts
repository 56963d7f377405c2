// One scan, live: server-sent events first, polling underneath, never going backwards on screen.
import { computed, shallowRef, ref, watch, type Ref } from 'vue'
import { api, ApiError, type Scan, type ScanState } from '@/api'
import { channel } from '@/api/events'
import { throttle, useLive, useNow, usePoll } from './use'
import { duration } from './format'

export const isActive = (s: ScanState | undefined) => s === 'queued' || s === 'running' || s === 'pausing' || s === 'paused'
export const isMoving = (s: ScanState | undefined) => s === 'queued' || s === 'running' || s === 'pausing'

export function useScan(id: Ref<string>, onEnd?: () => void) {
  const scan = shallowRef<Scan | null>(null)
  const error = ref<ApiError | null>(null)
  const touched = ref(0)
  function take(s: Scan) {
    const was = scan.value
    if (was && was.id === s.id && s.progress < was.progress && isMoving(s.state)) s = { ...s, progress: was.progress }
    scan.value = s
    error.value = null
    touched.value = Date.now()
    if (was && was.id === s.id && isActive(was.state) && !isActive(s.state)) onEnd?.()
  }
  async function reload() {
    try { take(await api.scans.get(id.value)) } catch (e) {
      if (!scan.value && e instanceof ApiError) error.value = e
    }
  }
  const soon = throttle(() => void reload(), 700)
  useLive((e) => {
    const d = e.data || {}
    const about = d.scan_id || d.scan?.id || (/^scan/.test(e.type) ? d.id : '')
    if (about === id.value) soon()
  })
  usePoll(reload, 2500, () => !!scan.value && isMoving(scan.value.state) && (channel.value !== 'stream' || Date.now() - touched.value > 2400))
  watch(id, () => { scan.value = null; void reload() }, { immediate: true })
  async function act(verb: 'pause' | 'resume' | 'cancel') {
    const s = await api.scans.act(id.value, verb)
    if (s && s.id) take(s); else await reload()
  }
  return { scan, error, reload, act }
}

/** Elapsed wall-clock of a scan; a finished one shows what the server counted. */
export function useElapsed(scan: () => Scan | null) {
  const now = useNow()
  // The server counts without pauses; between two of its words the clock goes on here.
  let seconds = -1, since = 0
  return computed(() => {
    const s = scan()
    if (!s || !s.started) return '—'
    if (s.state === 'running' || s.state === 'pausing') {
      const told = s.stats?.seconds || 0
      if (told !== seconds) { seconds = told; since = now.value }
      return duration(told + Math.max(0, Math.min(60, (now.value - since) / 1000)))
    }
    if (s.stats?.seconds) return duration(s.stats.seconds)
    return s.finished ? duration((new Date(s.finished).getTime() - new Date(s.started).getTime()) / 1000) : '—'
  })
}
