// The shapes of /api/v1, as the server documents them in openapi.json.
export type Severity = 'critical' | 'high' | 'medium' | 'low' | 'info'
export type Counts = Record<Severity, number>
export type Mode = 'quick' | 'standard' | 'deep'
export type ScanState = 'queued' | 'running' | 'pausing' | 'paused' | 'done' | 'failed' | 'cancelled'
export type VerifyState = 'unverified' | 'verified' | 'expired' | 'exempt'
export type FindingState = 'open' | 'false_positive' | 'ignored' | 'fixed'
export type Decision = 'false_positive' | 'ignored' | 'fixed' | 'reopen'
export type VerifyMethod = 'file' | 'meta' | 'dns'

export interface Page<T> { items: T[]; next_cursor: string | null; total?: number }
export interface Fault { code: string; detail: string; detail_en: string }
export interface FieldFault extends Fault { field: string }
export interface Problem extends Fault { type: string; title: string; status: number; instance?: string; errors?: FieldFault[] }

export interface Tenant { id: string; name: string; kind: 'company' | 'person' | 'platform'; edition: string; edition_name: string; edition_name_en?: string; timezone: string; state?: string; created?: string }
export interface UserInfo { id: string; name: string; email: string; lang: string; totp_enabled: boolean; settings: Record<string, unknown> }
export interface Session {
  user: UserInfo; tenant: Tenant; tenants: { id: string; name: string; role: string }[]
  role: string; platform_admin?: boolean; granted?: boolean; permissions: string[]; csrf_token: string; version: string
}
export interface LoginSession { id: string; current?: boolean; ip?: string; user_agent?: string; created?: string; last_seen?: string; last_used?: string; expires?: string }
export interface Member { id: string; user_id: string; name: string; email: string; role: string; state: string; last_login: string | null; created: string; initial_password?: string }
export interface Role { id: string; name: string; name_en: string; permissions: string[] }
export interface ApiKey { id: string; name: string; prefix: string; scopes: string[]; expires: string | null; last_used: string | null; created: string; created_by: string | { id: string; name: string }; key?: string }
export interface AuditEvent { id: string; seq: number; time: string; actor: { id: string; name: string } | null; action: string; object_type: string; object_id: string; object_name: string; detail: Record<string, unknown>; ip: string; hash: string }
export interface Quota { name: string; title: string; title_en: string; used: number; total: number | null; enabled: boolean; note?: string }
export interface QuotaRequest { id: string; quota: string; total: number; reason: string; state?: string; created?: string; requester?: unknown; tenant_name?: string; decided_at?: string; decision?: string; [k: string]: unknown }
export interface Approval { id: string; kind: string; title: string; title_en: string; object_type: string; object_id: string; object_name: string; reason: string; state: 'pending' | 'approved' | 'rejected' | 'expired'; requested_by: { id: string; name: string } | null; decided_by: { id: string; name: string } | null; decided: string | null; decision_reason: string | null; expires: string; created: string }
export interface SearchHit { type: string; id: string; title: string; subtitle?: string; url: string }
export interface GuideStep { id: string; title: string; title_en: string; done: boolean; url: string }
export interface Guide { items: GuideStep[]; dismissed: boolean }
export interface PlatformSettings {
  public_url: string; allowed_hosts: string[]; dns_resolver: string; private_ranges: string[]
  smtp: { host: string; port: number; security: string; username: string; password: string; from: string } | null
  proxy: string; scan_workers: number
  oob_http: string; oob_dns: string; oob_domain: string; oob_address: string; oob_url: string; [k: string]: unknown
}

export interface ScanBrief { id: string; state: ScanState; mode: Mode; progress: number; score: number | null; counts: Counts | null; finished: string | null }
export interface ActiveScan { id: string; state: ScanState; progress: number; doing: string; doing_en: string; waiting?: string | null }
export interface Window { days: number[]; from: string; to: string }
export interface SiteLogin { kind: 'none' | 'form' | 'script'; url: string; user: string; password: string; script: string; check_url: string; check_text: string }
export interface LoginTest { id: string; site_id: string; account: 'first' | 'second'; state: string; ok: boolean | null; code: string; message: string; message_en: string; created: string; finished: string | null }
export interface SiteSettings {
  mode: Mode; rate?: number | null; concurrency?: number | null; excludes: string[]; headers: { name: string; value: string }[]; cookie: string | null
  max_pages?: number | null; max_depth?: number | null; max_minutes?: number | null; windows: Window[]; incremental?: number | null
  second_headers: { name: string; value: string }[]; second_cookie: string | null; user_agent?: string | null; skip_checks: string[]
  intrusive: boolean; try_logins: boolean; oob: boolean
  browser?: 'auto' | 'on' | 'off'; login?: SiteLogin | null; second_login?: SiteLogin | null
}
export interface Site {
  id: string; name: string; url: string; origin: string; host: string; port: number; group: string | null
  verify_state: VerifyState; verify_method: string | null; verified_at: string | null; verify_checked_at: string | null; verify_error: Fault | null
  score: number | null; counts: Counts | null; last_scan: ScanBrief | null; active_scan: ActiveScan | null
  settings: SiteSettings; created: string; updated: string
}
export interface SiteDocument {
  id: string; site_id: string; name: string; kind: string | null; state: 'checking' | 'ready' | 'failed'; requests: number; size: number
  error: Fault | null; created_by: string; created: string
}
export interface Check { check: string; title: string; title_en: string; severity: Severity; modes: Mode[]; intrusive: boolean }
export interface JsLibraries { name: string | null; size: number | null; libraries: number | null; dropped: number | null; updated: string | null; updated_by: string | null; builtin: number }
export interface SiteSummary {
  total: number; verified: number; unverified: number; expired: number; exempt: number
  most_dangerous: { site_id: string; name: string; url: string; score: number; counts: Counts } | null
}
export interface Verification {
  id: string; method: VerifyMethod; state: 'pending' | 'passed' | 'failed' | 'expired'; token: string; expires: string; checked_at: string | null
  instructions: { file_path: string; file_urls: string[]; file_content: string; meta_tag: string; dns_name: string; dns_value: string }
  attempts: { target: string; ok: boolean; code: string; detail: string; detail_en: string }[]
}
export interface Authorization {
  id: string; site_id?: string; site_name?: string; site_url?: string; letter_name: string; ranges: string[]; expires: string | null; note: string | null
  state: 'pending' | 'approved' | 'rejected' | 'expired'; created?: string; sha256?: string; reason?: string | null; requested_by?: unknown; requester?: unknown; tenant_name?: string
}
export interface Scan {
  id: string; site_id: string; site_name: string; url: string; mode: Mode; state: ScanState; progress: number
  doing: string; doing_en: string; remaining: number | string | null; waiting?: string | null; complete: boolean; score: number | null; counts: Counts
  stats: { requests: number; pages: number; bytes: number; seconds: number; saved: number; spared: number }
  trigger: string; created: string; started: string | null; finished: string | null; error: Fault | null; rule_version: string
  incremental: number; unchanged: number; finding_id: string | null
}
export interface ScoreLine { severity: Severity; count: number; first: number; step: number; cap: number; deduction: number }
export interface ScoreBreakdown { score: number | null; formula_version: string; lines: ScoreLine[]; ceiling: number | { value: number; severity: Severity } | null; explain: string; explain_en: string }
export interface ScanPage { url: string; method: string; status: number; type: string; title: string; depth: number; size: number }
export interface TreeNode { name: string; path?: string; url?: string; status?: number; pages?: number; count?: number; findings?: number; children?: TreeNode[] }
export interface CheckState { check: string; title: string; title_en?: string; state: string; count: number; requests: number }
export interface Finding {
  id: string; fingerprint: string; site_id: string; site_name: string; scan_id: string; check: string; title: string; title_en: string
  severity: Severity; level: string; badge: string | null; confidence: 'certain' | 'firm' | 'tentative'; url: string; method: string; parameter: string | null
  cwe: number | null; owasp: string | null; state: FindingState; reappeared: boolean; proposal: Proposal | null; first_seen: string; last_seen: string; instances: number
}
export interface Asset {
  id: string; site_id: string; site_name: string; kind: string; key: string; title: string; host: string; port: number | null; product: string; version: string; cpe: string
  confidence: number; detail: any; source: string; state: 'present' | 'gone'; first_seen: string; last_seen: string; changed_at: string | null; gone_at: string | null; findings: { count: number; worst: Severity | null }
}
export interface AssetEvent { id: string; site_id: string; site_name: string; asset_id: string; time: string; type: string; kind: string; title: string; port: number | null; was: string | null }
export interface AssetDetail extends Omit<Asset, 'findings'> { findings: Finding[]; history: AssetEvent[] }
export interface AssetRun { id: string; site_id: string; site_name: string; state: string; progress: number; doing: string; doing_en: string; complete: boolean; probed: number; open: number; facts: number; changes: number; error: any; created: string; finished: string | null }
export interface Proposal { id: string; decision: Decision; reason: string; expires?: string | null; owner?: string | { name: string }; created?: string }
export interface Evidence { request: string; response: string; proof: string; proof_start: number | null; proof_len: number | null; proof_in?: 'request' | 'response'; truncated: boolean; detail?: string; detail_en?: string; extracted?: string; instances?: string[] }
export interface FindingDetail extends Finding {
  evidence: Evidence | null; curl: string; description: string; description_en: string; impact: string; impact_en?: string; advice: string; advice_en: string
  references: (string | { title?: string; url: string })[]; gbt30279: { level: string; reason: string; reason_en?: string } | null
  decision: { decision: Decision; reason: string; owner: string | { name: string }; expires: string | null; created: string } | null
}
export interface FindingHistory { id?: string; detail?: string; time?: string; created?: string; type?: string; decision?: string; state?: string; reason?: string; text?: string; text_en?: string; owner?: string | { name: string }; actor?: string | { name: string }; scan_id?: string }
export interface FindingStats { by_severity: Counts; by_check: { check: string; title: string; title_en?: string; count: number }[]; by_state: Record<string, number> }
export interface Compare { with: ScanBrief | string | null; new: Finding[]; fixed: Finding[]; unchanged_count: number }
export interface Schedule {
  kind: 'daily' | 'weekly' | 'monthly' | 'cron'; time: string; weekday: number; day: number; cron: string; timezone: string
  window: { from: string; to: string } | null; jitter_minutes: number; missed: 'run' | 'skip'
}
export interface Monitor {
  id: string; name: string; site_ids: string[]; sites: { id: string; name: string; url: string }[]; mode: Mode; schedule: Schedule
  schedule_text: string; schedule_text_en: string; state: 'active' | 'paused'; next_run: string | null; last_scan: ScanBrief | null
}
export type ChannelKind = 'email' | 'webhook' | 'wecom' | 'dingtalk' | 'feishu'
export interface Channel { id: string; name: string; kind: ChannelKind; config: Record<string, any>; enabled: boolean; last_result: any }
export interface NotifyRule { id: string; name: string; events: string[]; min_severity: Severity | null; site_ids: string[]; channel_ids: string[]; quiet: { from: string; to: string; timezone: string } | null; enabled: boolean }
export interface Delivery { id: string; channel_id: string; channel_name: string; event: string; state: 'queued' | 'sent' | 'failed'; attempts: number; last_error: string | Fault | null; created: string; sent: string | null; stable_id: string }
export interface Shot { id: string; site_id: string; scan_id: string; kind: 'page' | 'proof'; url: string; title: string; width: number; height: number; size: number; created: string }
export interface Report { id: string; title: string; scan_id: string; site_id: string; site_name: string; lang: 'zh' | 'en'; state: 'queued' | 'running' | 'done' | 'failed'; formats: string[]; files: { format: string; size: number; sha256: string }[]; created: string; error: Fault | null; progress?: number }
export interface RulePack {
  id: string; kind: 'builtin' | 'imported'; name: string; name_en: string; enabled: boolean; version: { id: string; number: number; label: string; source: string; created: string } | null
  versions: number; templates: number; good: number; bad: number; ignored: number; off: number; newest_state: 'checking' | 'ready' | 'failed'; error: Fault | null; created: string
}
export interface RuleVersion { id: string; number: number; label: string; source: string; state: 'checking' | 'ready' | 'failed'; current: boolean; sha256: string; size: number; good: number; bad: number; ignored: number; error: Fault | null; created_by: string; created: string }
export interface RuleTemplate { path: string; id: string; name: string; name_en: string; severity: Severity; tags: string; product: string; protocol: string; intrusive: boolean; ok: boolean; enabled: boolean; code: string; reason: string; reason_en: string }
export interface Overview {
  sites: SiteSummary
  findings: { counts: Counts; new_7d: number; fixed_7d: number }
  scans: { running: Scan[]; recent: Scan[] }
  score_trend: { date: string; avg_score: number | null }[]
  severity_trend: ({ date: string } & Counts)[]
  top_checks: { check: string; title: string; title_en?: string; count: number }[]
  next_runs: { monitor_id: string; name: string; next_run: string }[]
  events: { time: string; type: string; text: string; text_en: string; url: string | null }[]
}
export interface LiveEvent { id: string; type: string; topic?: string; data: any }

export type TextAction = 'pass' | 'review' | 'block'
export interface TextHit {
  start: number; end: number; start_utf16: number; end_utf16: number; text: string; label: string; sub_label: string; label_zh: string; sub_label_zh: string; label_en: string; sub_label_en: string
  term: string; layer: string; suggestion: TextAction; reason: string; article: string; advice: string; replacement?: string; entry?: string
}
export interface TextScore { label: string; sub_label: string; label_zh: string; sub_label_zh: string; label_en: string; sub_label_en: string; score: number; suggestion: TextAction }
export interface TextCheck { id?: string; suggestion: TextAction; score: number; labels: TextScore[]; hits: TextHit[]; merged_count: number; chars: number; truncated?: boolean; versions: string }
export interface TermInfo { term: string; label: string; sub_label: string; label_zh: string; sub_label_zh: string; label_en: string; sub_label_en: string; kind: 'deny' | 'allow'; level: LexLevel; own: boolean; conditional?: boolean; reason: string; article: string; advice: string }
export interface Person { id: string; name: string }
export interface TextRecord { id: string; source: string; scene: string; policy: string; suggestion: TextAction; score: number; label: string | null; sub_label: string | null; chars: number; merged_count: number; account: Person | null; key_id: string | null; task_id: string | null; created: string; excerpt: string }
export interface TextMark { hit: number; reason?: string; by?: Person; created?: string }
export interface TextFull extends TextRecord { text: string; result: TextCheck | null; marks: TextMark[]; review_id: string | null; review_state: string | null }
export interface TextLabel { code: string; zh: string; en: string; severity: string; basis: string; leaf: boolean }
export interface TextScene { scene: string; zh: string; en: string; builtin: boolean }
export interface TextTrends { series: { time: string; pass: number; review: number; block: number; labels: Record<string, number> }[]; labels: { label: string; review: number; block: number }[]; scenes: any[]; sources: any[]; terms: { term: string; label: string; n: number }[]; totals: Record<string, number>; from: string; to: string }
export interface TextSettings { keep_console: boolean; keep_key: 'none' | 'flagged' | 'all'; queue: 'none' | 'block' | 'flagged'; second_look: boolean; retention_days: number; rate_per_second: number }
export interface TextTask { id: string; name: string; state: string; scene: string; policy: string; whole: boolean; total: number; done: number; progress: number; pass: number; review: number; block: number; chars: number; error?: string; error_en?: string; account?: Person | null; created: string; finished: string | null }
export interface TextTaskItem { n: number; ref: string; suggestion: TextAction; score: number; label: string | null; sub_label: string | null; chars: number; merged_count: number; text: string; result: TextCheck | null }
export type LexLevel = 'weak' | 'review' | 'block'
export interface Lexicon { id: string; name: string; note: string; personal: boolean; enabled: boolean; version: number; entries: number; created_by: string; created: string; updated: string }
export interface LexEntry { id: string; term: string; kind: 'deny' | 'allow'; label: string; level: LexLevel; match: string; context: string; reason: string; article: string; advice: string; replacement: string; note: string; until: string | null; version: number; by: string; created: string }
export interface LexVersion { version: number; action: string; added: number; changed: number; removed: number; entries: number; note: string; by: Person | null; created: string }
export interface LexChange { change: 'added' | 'changed' | 'removed'; before: LexEntry | null; after: LexEntry | null }
export interface LexImported { saved: boolean; good: number; bad: number; added: number; changed: number; removed: number; errors: { row: number; term: string; field: string; code: string; detail: string; detail_en: string }[]; lexicon: Lexicon }
export interface PolicyRule { label: string; action?: TextAction; review_at?: number; block_at?: number; off?: boolean }
export interface TextPolicy { id: string; name: string; scene: string; base: string; rules: PolicyRule[]; enabled: boolean; from: string | null; until: string | null; note: string; in_force: boolean; created_by: string; created: string; updated: string }
export type ReviewState = 'open' | 'assigned' | 'second' | 'decided'
export type ReviewDecision = 'confirm' | 'false_positive' | 'pass'
export interface Review { id: string; text_id: string; state: ReviewState; source: string; scene: string; suggestion: TextAction; score: number; label: string | null; sub_label: string | null; excerpt: string; assignee: Person | null; decision: ReviewDecision | null; reason: string; decided_by: Person | null; decided: string | null; first_decision: ReviewDecision | null; first_by: Person | null; created: string; updated: string }
export interface ReviewFull extends Review { events: { action: string; detail: string; by: Person | null; created: string }[]; text: string | null; result: TextCheck | null; marks: TextMark[] | null }
export interface ReviewCounts { states: Record<string, number>; labels: Record<string, number>; decisions: Record<string, number>; mine: number; unassigned: number }
