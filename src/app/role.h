/* Who may do what: five roles, one table of permissions, nothing else decides.
 * A person's permissions in a tenant are those of the membership there, plus the
 * platform's when the person is also a member of the platform tenant. */
#ifndef APP_ROLE_H
#define APP_ROLE_H
#include <stdbool.h>
#include <stdint.h>

#include "base/str.h"

/* X(NAME, "code", 中文, English) */
#define APP_ROLES(X)                                                           \
	X(PLATFORM_ADMIN, "platform_admin", "平台管理员", "Platform administrator")   \
	X(TENANT_ADMIN, "tenant_admin", "租户管理员", "Tenant administrator")         \
	X(OPERATOR, "operator", "运营操作员", "Operator")                             \
	X(AUDITOR, "auditor", "审计员", "Auditor")                                   \
	X(ENGINEER, "engineer", "客服工程师", "Support engineer")

enum app_role {
#define X(name, code, zh, en) ROLE_##name,
	APP_ROLES(X)
#undef X
		ROLE_COUNT,
	ROLE_NONE = -1,
};

#define ROLE_P_ (1u << ROLE_PLATFORM_ADMIN)
#define ROLE_T_ (1u << ROLE_TENANT_ADMIN)
#define ROLE_O_ (1u << ROLE_OPERATOR)
#define ROLE_A_ (1u << ROLE_AUDITOR)
#define ROLE_E_ (1u << ROLE_ENGINEER)
/* Tenant content that a platform administrator sees only under a grant. */
#define ROLE_TOA_ (ROLE_T_ | ROLE_O_ | ROLE_A_)
#define ROLE_TOAE_ (ROLE_TOA_ | ROLE_E_)

/* X(NAME, "resource:action", roles, 中文, English): the permission matrix
 * (product §8). Add a line to add a permission; at most 64. */
#define APP_PERMISSIONS(X)                                                                      \
	X(SITE_READ, "site:read", ROLE_TOAE_, "查看网站", "See sites")                              \
	X(SITE_WRITE, "site:write", ROLE_T_ | ROLE_O_, "添加、编辑、认证网站", "Add, edit, verify sites") \
	X(SITE_DELETE, "site:delete", ROLE_T_ | ROLE_O_, "删除网站", "Delete sites")                  \
	X(AUTHORIZATION_READ, "authorization:read", ROLE_P_ | ROLE_TOA_, "查看授权书", "See letters of authorisation") \
	X(AUTHORIZATION_APPROVE, "authorization:approve", ROLE_P_, "批准免认证", "Approve exemptions from verification") \
	X(SCAN_READ, "scan:read", ROLE_TOAE_, "查看扫描", "See scans")                              \
	X(SCAN_RUN, "scan:run", ROLE_T_ | ROLE_O_, "扫描、暂停、取消", "Start, pause, cancel scans")   \
	X(SCAN_INTRUSIVE, "scan:intrusive", ROLE_T_, "允许有侵入性的检测与口令尝试", "Allow intrusive checks and password tries") \
	X(FINDING_READ, "finding:read", ROLE_TOAE_, "查看漏洞", "See findings")                     \
	X(FINDING_DECIDE, "finding:decide", ROLE_T_, "批准误报与忽略", "Decide on findings")          \
	X(FINDING_PROPOSE, "finding:propose", ROLE_T_ | ROLE_O_ | ROLE_E_, "提议误报与忽略", "Propose decisions on findings") \
	X(MONITOR_READ, "monitor:read", ROLE_TOA_, "查看监测任务", "See monitoring tasks")           \
	X(MONITOR_WRITE, "monitor:write", ROLE_T_ | ROLE_O_, "编排监测任务", "Edit monitoring tasks") \
	X(NOTIFY_READ, "notify:read", ROLE_TOA_, "查看通知设置", "See notification settings")         \
	X(NOTIFY_WRITE, "notify:write", ROLE_T_ | ROLE_O_, "编辑通知设置", "Edit notification settings") \
	X(PACK_READ, "pack:read", ROLE_TOA_, "查看规则包", "See rule packs")                     \
	X(PACK_WRITE, "pack:write", ROLE_T_, "导入、开关规则包", "Import and switch rule packs")  \
	X(TEXT_READ, "text:read", ROLE_TOA_, "查看文本检测记录与趋势", "See text checks and trends") \
	X(TEXT_CHECK, "text:check", ROLE_T_ | ROLE_O_, "检测文本", "Check texts")                   \
	X(LEXICON_READ, "lexicon:read", ROLE_TOA_, "查看词库", "See lexicons")                     \
	X(LEXICON_WRITE, "lexicon:write", ROLE_T_ | ROLE_O_, "编辑词库", "Edit lexicons")            \
	X(POLICY_READ, "policy:read", ROLE_TOA_, "查看检测策略", "See text policies")                \
	X(POLICY_WRITE, "policy:write", ROLE_T_, "编辑检测策略与设置", "Edit text policies and settings") \
	X(REVIEW_READ, "review:read", ROLE_TOA_, "查看复核队列", "See the review queue")             \
	X(REVIEW_DECIDE, "review:decide", ROLE_T_ | ROLE_O_, "复核文本", "Review texts")             \
	X(REPORT_READ, "report:read", ROLE_TOAE_, "查看报告", "See reports")                        \
	X(REPORT_WRITE, "report:write", ROLE_T_ | ROLE_O_ | ROLE_A_, "生成报告", "Create reports")    \
	X(MEMBER_READ, "member:read", ROLE_T_ | ROLE_A_, "查看成员", "See members")                 \
	X(MEMBER_WRITE, "member:write", ROLE_T_, "管理成员", "Manage members")                      \
	X(KEY_READ, "key:read", ROLE_T_ | ROLE_A_, "查看接口密钥", "See API keys")                   \
	X(KEY_WRITE, "key:write", ROLE_T_, "管理接口密钥", "Manage API keys")                        \
	X(AUDIT_READ, "audit:read", ROLE_P_ | ROLE_T_ | ROLE_A_, "查看审计日志", "Read the audit log") \
	X(AUDIT_EXPORT, "audit:export", ROLE_A_, "导出审计日志", "Export the audit log")             \
	X(QUOTA_READ, "quota:read", ROLE_P_ | ROLE_TOAE_, "查看配额", "See quotas")                 \
	X(QUOTA_REQUEST, "quota:request", ROLE_T_, "申请提升配额", "Ask for a higher quota")          \
	X(QUOTA_DECIDE, "quota:decide", ROLE_P_, "审批配额", "Decide on quota requests")             \
	X(APPROVAL_READ, "approval:read", ROLE_P_ | ROLE_TOA_, "查看待批操作", "See pending approvals") \
	X(APPROVAL_DECIDE, "approval:decide", ROLE_P_ | ROLE_T_, "审批敏感操作", "Decide on sensitive actions") \
	X(JOB_READ, "job:read", ROLE_P_ | ROLE_T_, "查看任务队列", "See the job queue")               \
	X(TENANT_WRITE, "tenant:write", ROLE_T_, "编辑租户信息", "Edit the tenant")                   \
	X(TENANT_MANAGE, "tenant:manage", ROLE_P_, "管理租户", "Manage tenants")                     \
	X(SETTINGS_READ, "settings:read", ROLE_P_, "查看平台设置", "See platform settings")           \
	X(SETTINGS_WRITE, "settings:write", ROLE_P_, "修改平台设置", "Change platform settings")

enum app_permission {
	PERM_NONE, /* whoever is logged in */
#define X(name, code, roles, zh, en) PERM_##name,
	APP_PERMISSIONS(X)
#undef X
		PERM_COUNT,
};
_Static_assert(PERM_COUNT <= 64, "permissions are bits of one word");

struct app_role_info {
	const char *code, *zh, *en;
};
struct app_permission_info {
	const char *code, *zh, *en;
	unsigned roles; /* bit per role */
};
const struct app_role_info *app_role_info(enum app_role r);
const struct app_permission_info *app_permission_info(enum app_permission p);
/* ROLE_NONE / PERM_COUNT when there is none of that code. */
enum app_role app_role_find(struct str code);
enum app_permission app_permission_find(struct str code);

static inline uint64_t app_permission_bit(enum app_permission p)
{
	return UINT64_C(1) << p;
}
/* All permissions of a role as bits. */
uint64_t app_role_permissions(enum app_role r);
/* What a platform administrator may see of a tenant under a grant: every :read. */
uint64_t app_grant_permissions(void);
#endif
