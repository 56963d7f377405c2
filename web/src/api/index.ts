// Every call the console makes, by resource.
import { http, all, url, type Query } from './client'
import type * as T from './types'

export * from './types'
export { ApiError, http, all, url, randomKey, wire } from './client'
export type { Query } from './client'

type P<X> = Promise<T.Page<X>>
export const api = {
  setup: {
    needed: () => http.get<{ needed: boolean }>('/setup'),
    run: (b: object) => http.post<T.Session>('/setup', b, { quiet401: true }),
  },
  session: {
    get: () => http.get<T.Session>('/session', undefined, { quiet401: true }),
    login: (b: { email: string; password: string; totp?: string }) => http.post<T.Session>('/session', b, { quiet401: true }),
    tenant: (tenant_id: string) => http.patch<T.Session>('/session', { tenant_id }),
    logout: () => http.del<void>('/session'),
    list: () => http.get<T.Page<T.LoginSession>>('/sessions'),
    revoke: (id: string) => http.del<void>(`/sessions/${id}`),
  },
  me: {
    patch: (b: object) => http.patch<any>('/me', b),
    password: (b: { old_password: string; new_password: string }) => http.post<void>('/me/password', b),
    totp: () => http.post<{ secret: string; uri: string }>('/me/totp'),
    totpConfirm: (code: string) => http.post<any>('/me/totp/confirm', { code }),
    totpDisable: (password: string) => http.post<void>('/me/totp/disable', { password }),
  },
  tenants: {
    list: (q?: Query): P<T.Tenant> => http.get('/tenants', q),
    create: (b: object) => http.post<T.Tenant & { initial_password?: string }>('/tenants', b),
    patch: (id: string, b: object) => http.patch<T.Tenant>(`/tenants/${id}`, b),
    grant: (id: string, b: { reason: string; hours: number }) => http.post<{ id: string; expires: string }>(`/tenants/${id}/grants`, b),
    own: () => http.get<T.Tenant>('/tenant'),
    patchOwn: (b: object) => http.patch<T.Tenant>('/tenant', b),
  },
  members: {
    list: (q?: Query): P<T.Member> => http.get('/members', q),
    create: (b: object) => http.post<T.Member>('/members', b),
    patch: (id: string, b: object) => http.patch<T.Member>(`/members/${id}`, b),
    remove: (id: string) => http.del<void>(`/members/${id}`),
    roles: () => http.get<{ items: T.Role[] }>('/roles'),
  },
  keys: {
    list: (q?: Query): P<T.ApiKey> => http.get('/api-keys', q),
    create: (b: object) => http.post<T.ApiKey>('/api-keys', b),
    remove: (id: string) => http.del<void>(`/api-keys/${id}`),
  },
  audit: {
    list: (q?: Query): P<T.AuditEvent> => http.get('/audit-events', q),
    verify: () => http.get<{ ok: boolean; count: number; broken_seq: number | null }>('/audit-events/verify'),
    exportUrl: (format: string, q?: Query) => url('/audit-events/export', { format, ...q }),
  },
  quotas: {
    list: () => http.get<{ items: T.Quota[] }>('/quotas'),
    requests: (): P<T.QuotaRequest> => http.get('/quota-requests'),
    ask: (b: object) => http.post<T.QuotaRequest>('/quota-requests', b),
    decide: (id: string, b: object) => http.post<T.QuotaRequest>(`/quota-requests/${id}/decide`, b),
  },
  search: (q: string, signal?: AbortSignal) => http.get<{ items: T.SearchHit[] }>('/search', { q }, { signal }),
  guide: {
    get: () => http.get<T.Guide>('/guide'),
    dismiss: (dismissed: boolean) => http.patch<T.Guide>('/guide', { dismissed }),
  },
  settings: {
    get: () => http.get<T.PlatformSettings>('/settings'),
    patch: (b: object) => http.patch<T.PlatformSettings>('/settings', b),
  },
  version: () => http.get<Record<string, any>>('/version'),
  health: () => http.get<Record<string, any>>('/health'),
  overview: () => http.get<T.Overview>('/overview'),
  sites: {
    list: (q?: Query): P<T.Site> => http.get('/sites', q),
    all: (q?: Query) => all<T.Site>('/sites', q),
    get: (id: string) => http.get<T.Site>(`/sites/${id}`),
    create: (b: object, key?: string) => http.post<T.Site>('/sites', b, { key }),
    patch: (id: string, b: object) => http.patch<T.Site>(`/sites/${id}`, b),
    /** Done at once, or (202) a pending approval when a second person must agree. */
    remove: (id: string, reason: string) => http.del<T.Approval | null>(`/sites/${id}`, { reason }),
    summary: () => http.get<T.SiteSummary>('/sites/summary'),
    verifications: (id: string) => http.get<T.Page<T.Verification>>(`/sites/${id}/verifications`),
    verify: (id: string, method: T.VerifyMethod) => http.post<T.Verification>(`/sites/${id}/verifications`, { method }),
    check: (id: string, vid: string) => http.post<T.Verification>(`/sites/${id}/verifications/${vid}/check`),
    fileUrl: (id: string, vid: string) => url(`/sites/${id}/verifications/${vid}/file`),
    authorize: (id: string, b: object) => http.post<T.Authorization>(`/sites/${id}/authorizations`, b),
    scan: (id: string, b: { mode: T.Mode; settings?: object }) => http.post<T.Scan>(`/sites/${id}/scans`, b),
  },
  packs: {
    list: () => http.get<T.Page<T.RulePack>>('/rule-packs'),
    get: (id: string) => http.get<T.RulePack>(`/rule-packs/${id}`),
    create: (b: object) => http.post<T.RulePack>('/rule-packs', b),
    addVersion: (id: string, b: object) => http.post<T.RulePack>(`/rule-packs/${id}/versions`, b),
    patch: (id: string, b: object) => http.patch<T.RulePack>(`/rule-packs/${id}`, b),
    remove: (id: string) => http.del<void>(`/rule-packs/${id}`),
    versions: (id: string) => http.get<T.Page<T.RuleVersion>>(`/rule-packs/${id}/versions`),
    use: (id: string, version_id: string) => http.post<T.RulePack>(`/rule-packs/${id}/use`, { version_id }),
    templates: (id: string, q?: Query): P<T.RuleTemplate> => http.get(`/rule-packs/${id}/templates`, q),
    turn: (id: string, b: object) => http.patch<{ changed: number }>(`/rule-packs/${id}/templates`, b),
    source: (id: string, path: string) => http.get<{ path: string; text: string; truncated: boolean }>(`/rule-packs/${id}/source`, { path }),
  },
  approvals: {
    list: (q?: Query): P<T.Approval> => http.get('/approvals', q),
    approve: (id: string, reason: string) => http.post<T.Approval>(`/approvals/${id}/approve`, { reason }),
    reject: (id: string, reason: string) => http.post<T.Approval>(`/approvals/${id}/reject`, { reason }),
  },
  authorizations: {
    list: (q?: Query): P<T.Authorization> => http.get('/authorizations', q),
    approve: (id: string, reason: string) => http.post<T.Authorization>(`/authorizations/${id}/approve`, { reason }),
    reject: (id: string, reason: string) => http.post<T.Authorization>(`/authorizations/${id}/reject`, { reason }),
    letterUrl: (id: string) => url(`/authorizations/${id}/letter`),
  },
  scans: {
    list: (q?: Query): P<T.Scan> => http.get('/scans', q),
    get: (id: string) => http.get<T.Scan>(`/scans/${id}`),
    act: (id: string, verb: 'pause' | 'resume' | 'cancel') => http.post<T.Scan>(`/scans/${id}/${verb}`),
    score: (id: string) => http.get<T.ScoreBreakdown>(`/scans/${id}/score`),
    pages: (id: string) => all<T.ScanPage>(`/scans/${id}/pages`),
    tree: (id: string) => http.get<any>(`/scans/${id}/tree`),
    checks: (id: string) => http.get<{ items: T.CheckState[] }>(`/scans/${id}/checks`),
    compare: (id: string, other?: string | null) => http.get<T.Compare>(`/scans/${id}/compare`, { with: other }),
  },
  findings: {
    list: (q?: Query): P<T.Finding> => http.get('/findings', q),
    get: (id: string) => http.get<T.FindingDetail>(`/findings/${id}`),
    stats: (q?: Query) => http.get<T.FindingStats>('/findings/stats', q),
    exportUrl: (q?: Query) => url('/findings/export', { format: 'csv', ...q }),
    decide: (id: string, b: object) => http.post<any>(`/findings/${id}/decisions`, b),
    batch: (b: object) => http.post<any>('/findings/batch-decide', b),
    settle: (id: string, did: string, verb: 'approve' | 'reject', reason: string) => http.post<any>(`/findings/${id}/decisions/${did}/${verb}`, { reason }),
    retest: (id: string) => http.post<T.Scan>(`/findings/${id}/retest`),
    history: (id: string) => http.get<T.Page<T.FindingHistory>>(`/findings/${id}/history`),
  },
  monitors: {
    list: (q?: Query): P<T.Monitor> => http.get('/monitors', q),
    get: (id: string) => http.get<T.Monitor>(`/monitors/${id}`),
    create: (b: object) => http.post<T.Monitor>('/monitors', b),
    patch: (id: string, b: object) => http.patch<T.Monitor>(`/monitors/${id}`, b),
    remove: (id: string) => http.del<void>(`/monitors/${id}`),
    act: (id: string, verb: 'pause' | 'resume' | 'run') => http.post<any>(`/monitors/${id}/${verb}`),
  },
  channels: {
    list: (): P<T.Channel> => http.get('/notification-channels', { limit: 200 }),
    create: (b: object) => http.post<T.Channel>('/notification-channels', b),
    patch: (id: string, b: object) => http.patch<T.Channel>(`/notification-channels/${id}`, b),
    remove: (id: string) => http.del<void>(`/notification-channels/${id}`),
    test: (id: string) => http.post<T.Delivery>(`/notification-channels/${id}/test`),
  },
  rules: {
    list: (): P<T.NotifyRule> => http.get('/notification-rules', { limit: 200 }),
    create: (b: object) => http.post<T.NotifyRule>('/notification-rules', b),
    patch: (id: string, b: object) => http.patch<T.NotifyRule>(`/notification-rules/${id}`, b),
    remove: (id: string) => http.del<void>(`/notification-rules/${id}`),
  },
  deliveries: {
    list: (q?: Query): P<T.Delivery> => http.get('/deliveries', q),
    retry: (id: string) => http.post<T.Delivery>(`/deliveries/${id}/retry`),
  },
  reports: {
    list: (q?: Query): P<T.Report> => http.get('/reports', q),
    get: (id: string) => http.get<T.Report>(`/reports/${id}`),
    create: (b: object) => http.post<T.Report>('/reports', b),
    fileUrl: (id: string, format: string) => url(`/reports/${id}/file`, { format }),
    remove: (id: string) => http.del<void>(`/reports/${id}`),
  },
}
