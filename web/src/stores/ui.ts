import { defineStore } from 'pinia'
import { ref } from 'vue'
import { api } from '@/api'

function keep(k: string, v: string) { try { localStorage.setItem(k, v) } catch { /* storage may be blocked */ } }
function kept(k: string): string | null { try { return localStorage.getItem(k) } catch { return null } }
export type Theme = 'light' | 'dark' | 'auto'

export const useUi = defineStore('ui', () => {
  const theme = ref<Theme>((kept('zw.theme') as Theme) || 'auto')
  const dark = ref(false)
  const compact = ref(kept('zw.compact') === '1')
  const collapsed = ref(kept('zw.collapsed') === '1')
  const menuOpen = ref(false)
  const helpOpen = ref(false)
  const system = matchMedia('(prefers-color-scheme: dark)')

  function apply() {
    dark.value = theme.value === 'dark' || (theme.value === 'auto' && system.matches)
    document.documentElement.classList.toggle('dark', dark.value)
    document.documentElement.classList.toggle('compact', compact.value)
  }
  system.addEventListener('change', apply)
  apply()

  /** The account remembers, so that another device looks the same. */
  let remembered: Record<string, unknown> = {}
  function save() {
    remembered = { ...remembered, theme: theme.value, compact: compact.value }
    void api.me.patch({ settings: remembered }).catch(() => {})
  }
  function adopt(s: Record<string, unknown>) {
    remembered = s
    if (s.theme === 'light' || s.theme === 'dark' || s.theme === 'auto') { theme.value = s.theme; keep('zw.theme', s.theme) }
    if (typeof s.compact === 'boolean') { compact.value = s.compact; keep('zw.compact', s.compact ? '1' : '0') }
    apply()
  }
  function setTheme(v: Theme, signedIn = true) { theme.value = v; keep('zw.theme', v); apply(); if (signedIn) save() }
  function setCompact(v: boolean) { compact.value = v; keep('zw.compact', v ? '1' : '0'); apply(); save() }
  function setCollapsed(v: boolean) { collapsed.value = v; keep('zw.collapsed', v ? '1' : '0') }
  return { theme, dark, compact, collapsed, menuOpen, helpOpen, adopt, setTheme, setCompact, setCollapsed, apply }
})
