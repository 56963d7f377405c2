import { createApp } from 'vue'
import { createPinia } from 'pinia'
import 'element-plus/dist/index.css'
import 'element-plus/theme-chalk/dark/css-vars.css'
import './styles/app.css'
import './styles/frame.css'
import './styles/labels.css'
import App from './App.vue'
import { i18n, setLang, storedLang } from './i18n'
import { router } from './router'
import { setUnauthorizedHandler } from './api/client'
import { useSession } from './stores/session'

const app = createApp(App)
app.use(createPinia())
app.use(i18n)
app.config.errorHandler = (e) => console.error(e)

setUnauthorizedHandler(() => {
  const s = useSession()
  if (!s.signedIn) return
  s.forget()
  const at = router.currentRoute.value.fullPath
  void router.replace({ path: '/login', query: { next: at, expired: '1' } })
})

void setLang(storedLang()).then(() => {
  app.use(router)
  return router.isReady()
}).catch(() => {}).then(() => {
  app.mount('#app')
  try { sessionStorage.removeItem('zw.reload') } catch { /* storage may be blocked */ }
})
