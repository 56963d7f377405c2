import { createRouter, createWebHistory, type RouteRecordRaw } from 'vue-router'
import { i18n } from './i18n'
import { useSession } from './stores/session'

declare module 'vue-router' {
  interface RouteMeta { title?: string; open?: boolean; need?: string; group?: string; platform?: boolean }
}
const p = (path: string, title: string, component: () => Promise<unknown>, more: Partial<RouteRecordRaw['meta']> = {}): RouteRecordRaw =>
  ({ path, component, meta: { title, ...more } }) as RouteRecordRaw

const routes: RouteRecordRaw[] = [
  { path: '/', redirect: '/overview' },
  p('/setup', 'setup.title', () => import('./pages/Setup.vue'), { open: true }),
  p('/login', 'login.title', () => import('./pages/Login.vue'), { open: true }),
  {
    path: '/', component: () => import('./components/AppFrame.vue'), children: [
      p('overview', 'menu.overview', () => import('./pages/Overview.vue')),
      { path: 'scan', redirect: '/scan/home' },
      p('scan/home', 'menu.home', () => import('./pages/ScanHome.vue'), { group: 'scan' }),
      p('scan/sites', 'menu.sites', () => import('./pages/Sites.vue'), { group: 'scan' }),
      p('scan/sites/new', 'site.add', () => import('./pages/SiteNew.vue'), { group: 'scan', need: 'site:write' }),
      p('scan/sites/:id', 'site.detail', () => import('./pages/SiteDetail.vue'), { group: 'scan' }),
      p('scan/sites/:id/verify', 'verify.title', () => import('./pages/SiteVerify.vue'), { group: 'scan' }),
      p('scan/runs', 'menu.runs', () => import('./pages/Runs.vue'), { group: 'scan' }),
      p('scan/runs/:id', 'run.title', () => import('./pages/Run.vue'), { group: 'scan' }),
      p('scan/assets', 'menu.assets', () => import('./pages/Assets.vue'), { group: 'scan' }),
      p('scan/vulns', 'menu.vulns', () => import('./pages/Vulns.vue'), { group: 'scan' }),
      p('scan/vulns/:id', 'finding.title', () => import('./pages/Vuln.vue'), { group: 'scan' }),
      p('scan/monitors', 'menu.monitors', () => import('./pages/Monitors.vue'), { group: 'scan' }),
      p('scan/monitors/new', 'monitor.add', () => import('./pages/MonitorForm.vue'), { group: 'scan', need: 'monitor:write' }),
      p('scan/monitors/:id', 'monitor.edit', () => import('./pages/MonitorForm.vue'), { group: 'scan' }),
      p('scan/reports', 'menu.reports', () => import('./pages/Reports.vue'), { group: 'scan' }),
      p('scan/rules', 'menu.rules', () => import('./pages/Rules.vue'), { group: 'scan' }),
      p('scan/notify', 'menu.notify', () => import('./pages/Notify.vue'), { group: 'scan' }),
      { path: 'content', redirect: '/content/comply/text' },
      p('content/comply/text', 'menu.complyText', () => import('./pages/content/ComplyText.vue'), { group: 'content' }),
      p('content/comply/history', 'menu.complyHistory', () => import('./pages/content/TextHistory.vue'), { group: 'content' }),
      p('content/review', 'menu.review', () => import('./pages/content/Reviews.vue'), { group: 'content' }),
      p('content/lexicons', 'menu.lexicons', () => import('./pages/content/Lexicons.vue'), { group: 'content' }),
      p('content/lexicons/:id', 'menu.lexicons', () => import('./pages/content/LexiconDetail.vue'), { group: 'content' }),
      p('content/policies', 'menu.policies', () => import('./pages/content/Policies.vue'), { group: 'content' }),
      p('content/tasks', 'menu.contentTasks', () => import('./pages/content/Tasks.vue'), { group: 'content' }),
      p('content/tasks/:id', 'menu.contentTasks', () => import('./pages/content/TaskDetail.vue'), { group: 'content' }),
      p('content/trends', 'menu.trends', () => import('./pages/content/Trends.vue'), { group: 'content' }),
      { path: 'admin', redirect: '/admin/members' },
      p('admin/members', 'menu.members', () => import('./pages/admin/Members.vue'), { group: 'admin' }),
      p('admin/keys', 'menu.keys', () => import('./pages/admin/Keys.vue'), { group: 'admin' }),
      p('admin/quotas', 'menu.quotas', () => import('./pages/admin/Quotas.vue'), { group: 'admin' }),
      p('admin/authorizations', 'menu.authorizations', () => import('./pages/admin/Authorizations.vue'), { group: 'admin' }),
      p('admin/audit', 'menu.audit', () => import('./pages/admin/Audit.vue'), { group: 'admin' }),
      p('admin/tenants', 'menu.tenants', () => import('./pages/admin/Tenants.vue'), { group: 'admin', platform: true }),
      p('admin/settings', 'menu.settings', () => import('./pages/admin/Settings.vue'), { group: 'admin' }),
      p('admin/account', 'menu.account', () => import('./pages/admin/Account.vue'), { group: 'admin' }),
      p('admin/about', 'menu.about', () => import('./pages/admin/About.vue'), { group: 'admin' }),
      p(':rest(.*)*', 'notFound.title', () => import('./pages/NotFound.vue')),
    ],
  },
]

export const router = createRouter({
  history: createWebHistory(),
  routes,
  scrollBehavior: (to, from, saved) => saved || (to.path === from.path ? undefined : { top: 0 }) as any,
})

router.beforeEach(async (to) => {
  const session = useSession()
  if (!session.checked) { try { await session.check() } catch { /* the page shows that the server is away */ } }
  if (session.needsSetup && to.path !== '/setup') return { path: '/setup', hash: to.hash }
  if (to.path === '/setup' && !session.needsSetup) return session.signedIn ? '/overview' : '/login'
  if (to.path === '/login' && session.signedIn) return typeof to.query.next === 'string' && to.query.next.startsWith('/') && !to.query.next.startsWith('//') ? to.query.next : '/overview'
  // Platform administrators without a tenant of their own have no sites to look at.
  if (to.path === '/overview' && session.signedIn && !session.can('site:read')) return session.can('tenant:manage') ? '/admin/tenants' : '/admin/account'
  if (!to.meta.open && !session.signedIn) return { path: '/login', query: to.fullPath === '/overview' || to.fullPath === '/' ? {} : { next: to.fullPath } }
})
router.afterEach((to) => {
  const t = i18n.global.t
  document.title = (to.meta.title ? t(to.meta.title) + ' · ' : '') + t('brand.name')
})
// A console left open over an upgrade asks for chunks that are gone: load the new one.
router.onError((e, to) => {
  if (/dynamically imported module|Failed to fetch|Importing a module/.test(String(e)) && !sessionStorage.getItem('zw.reload')) {
    sessionStorage.setItem('zw.reload', '1')
    location.assign(to.fullPath)
  }
})
