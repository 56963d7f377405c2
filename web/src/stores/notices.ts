// The bell: what happened elsewhere while the person was busy. Kept in memory, newest first.
import { defineStore } from 'pinia'
import { computed, h, ref } from 'vue'
import { ElNotification } from 'element-plus/es/components/notification/index.mjs'
import { api } from '@/api'
import { listen } from '@/api/events'
import { i18n } from '@/i18n'
import { router } from '@/router'

export interface Notice { id: string; time: string; title: string; text: string; url: string; kind: 'success' | 'warning' | 'error' | 'info'; read: boolean }

export const useNotices = defineStore('notices', () => {
  const items = ref<Notice[]>([])
  const unread = computed(() => items.value.filter((n) => !n.read).length)
  const seen = new Set<string>()
  let started = false

  function push(n: Omit<Notice, 'read' | 'time'>) {
    if (seen.has(n.id)) return
    seen.add(n.id)
    items.value = [{ ...n, time: new Date().toISOString(), read: false }, ...items.value].slice(0, 50)
    if (router.currentRoute.value.path === n.url.split('?')[0]) { items.value[0].read = true; return }
    const box = ElNotification({
      title: n.title, type: n.kind, duration: 7000, position: 'bottom-right',
      message: h('a', { href: n.url, onClick: (e: Event) => { e.preventDefault(); box.close(); void router.push(n.url) } }, n.text),
    })
  }

  async function scanEnded(id: string, state: string) {
    const key = id + state
    if (seen.has(key)) return
    try {
      const s = await api.scans.get(id)
      const t = i18n.global.t
      push({
        id: key, url: `/scan/runs/${id}`, kind: state === 'done' ? 'success' : state === 'failed' ? 'error' : 'warning',
        title: t('notice.scan.' + state), text: state === 'done' ? t('notice.scanText', { site: s.site_name || s.url, score: s.score ?? '--' }) : s.site_name || s.url,
      })
    } catch { /* not ours to see */ }
  }

  function start() {
    if (started) return
    started = true
    listen((e) => {
      const d = e.data || {}
      const state = d.state || (/\.(done|failed|cancelled)$/.exec(e.type) || [])[1]
      if (/^scan/.test(e.type) && (state === 'done' || state === 'failed')) {
        const id = d.scan_id || d.scan?.id || d.id
        if (id) void scanEnded(id, state)
      } else if (/^report/.test(e.type) && (state === 'done' || state === 'failed')) {
        const t = i18n.global.t
        push({ id: 'r' + (d.report_id || d.id) + state, url: '/scan/reports', kind: state === 'done' ? 'success' : 'error', title: t('notice.report.' + state), text: d.title || '' })
      }
    })
  }
  function readAll() { items.value = items.value.map((n) => ({ ...n, read: true })) }
  return { items, unread, start, readAll }
})
