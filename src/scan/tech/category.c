/* The categories that fingerprints may name, as a person reads them. */
#include "base/check.h"
#include "scan/tech/tech.h"

const struct tech_category tech_categories[] = {
	{ "web-server", "Web 服务器", "Web server" },
	{ "app-server", "应用服务器与中间件", "Application server" },
	{ "proxy", "反向代理与缓存", "Proxy and cache" },
	{ "cdn", "CDN", "CDN" },
	{ "waf", "Web 应用防火墙", "Web application firewall" },
	{ "cloud", "云平台与托管", "Cloud and hosting" },
	{ "language", "编程语言", "Programming language" },
	{ "framework", "Web 框架", "Web framework" },
	{ "js-framework", "前端框架", "JavaScript framework" },
	{ "js-library", "JavaScript 库", "JavaScript library" },
	{ "ui", "界面组件库", "UI framework" },
	{ "editor", "编辑器", "Editor" },
	{ "chart", "图表与地图", "Charts and maps" },
	{ "media", "播放器与媒体", "Media" },
	{ "analytics", "统计分析", "Analytics" },
	{ "ads", "广告", "Advertising" },
	{ "chat", "在线客服", "Live chat" },
	{ "captcha", "验证码", "CAPTCHA" },
	{ "security", "安全产品", "Security product" },
	{ "cms", "内容管理系统", "CMS" },
	{ "gov-cms", "政府与集约化平台", "Government CMS" },
	{ "blog", "博客", "Blog" },
	{ "ssg", "静态站点生成器", "Static site generator" },
	{ "ecommerce", "电子商务", "E-commerce" },
	{ "forum", "论坛", "Forum" },
	{ "wiki", "知识库", "Wiki" },
	{ "lms", "教学平台", "Learning platform" },
	{ "oa", "协同办公", "Office automation" },
	{ "erp", "ERP 与财务", "ERP" },
	{ "crm", "客户关系管理", "CRM" },
	{ "mail", "邮件系统", "Mail system" },
	{ "panel", "服务器面板", "Control panel" },
	{ "database", "数据库", "Database" },
	{ "database-admin", "数据库管理", "Database administration" },
	{ "devops", "研发与运维", "DevOps" },
	{ "monitoring", "监控", "Monitoring" },
	{ "big-data", "大数据与消息", "Big data and messaging" },
	{ "api", "接口与网关", "API" },
	{ "auth", "身份认证", "Authentication" },
	{ "vpn", "VPN 与远程接入", "VPN and remote access" },
	{ "network", "网络设备", "Network device" },
	{ "camera", "摄像头与安防", "Camera and surveillance" },
	{ "printer", "打印机", "Printer" },
	{ "iot", "物联网与工控", "IoT and industrial" },
	{ "storage", "存储与网盘", "Storage" },
	{ "virtualization", "虚拟化", "Virtualization" },
	{ "hospital", "行业应用", "Industry application" },
	{ "os", "操作系统", "Operating system" },
	{ "other", "其他", "Other" },
};
const size_t tech_categories_count = ARRAY_SIZE(tech_categories);

const struct tech_category *tech_category_find(struct str id)
{
	for (size_t i = 0; i < ARRAY_SIZE(tech_categories); i++)
		if (str_eq(id, str_c(tech_categories[i].id)))
			return &tech_categories[i];
	return NULL;
}
