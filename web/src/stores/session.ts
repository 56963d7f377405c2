import { defineStore } from 'pinia'
import { computed, ref } from 'vue'
import { api, wire, ApiError, type Quota, type Session } from '@/api'
import { startEvents, stopEvents } from '@/api/events'
import { zone } from '@/lib/format'
import { fromServer, setLang, storedLang, toServer } from '@/i18n'
import { useUi } from './ui'

export const useSession = defineStore('session', () => {
  const me = ref<Session | null>(null)
  const checked = ref(false)
  const needsSetup = ref(false)
  const quotas = ref<Quota[]>([])

  const signedIn = computed(() => !!me.value)
  function can(p: string): boolean {
    const list = me.value?.permissions || []
    return list.includes(p) || list.includes('*') || list.includes(p.split(':')[0] + ':*')
  }
  const isPlatform = computed(() => !!me.value && (me.value.platform_admin === true || me.value.role === 'platform_admin'))

  async function accept(s: Session) {
    me.value = s
    wire.csrf = s.csrf_token
    zone.value = s.tenant?.timezone || 'Asia/Shanghai'
    needsSetup.value = false
    useUi().adopt(s.user.settings || {})
    // A language picked on the log-in page moves into the account; otherwise the account's counts.
    let picked = ''
    try { picked = sessionStorage.getItem('zw.lang.picked') || ''; sessionStorage.removeItem('zw.lang.picked') } catch { /* storage may be blocked */ }
    if (picked === 'zh' || picked === 'en') {
      await setLang(picked)
      if (toServer(picked) !== s.user.lang) api.me.patch({ lang: toServer(picked) }).catch(() => {})
    } else await setLang(fromServer(s.user.lang) || storedLang())
    startEvents()
    void loadQuotas()
  }
  function forget() {
    me.value = null
    wire.csrf = ''
    quotas.value = []
    stopEvents()
  }
  async function check() {
    try { await accept(await api.session.get()) } catch (e) {
      forget()
      if (e instanceof ApiError && e.status !== 401 && e.status !== 403) throw e
      try { needsSetup.value = (await api.setup.needed()).needed } catch { needsSetup.value = false }
    } finally { checked.value = true }
  }
  async function loadQuotas() {
    try { quotas.value = (await api.quotas.list()).items } catch { /* chips stay as they are */ }
  }
  /** Throws when the server could not be told: the person is then still signed in. */
  async function logout() {
    try { await api.session.logout() } catch (e) { if (!(e instanceof ApiError && e.status === 401)) throw e }
    forget()
  }
  return { me, checked, needsSetup, signedIn, quotas, can, isPlatform, accept, forget, check, loadQuotas, logout }
})
