/* Imported templates say in English what they found and rarely how to mend it; readers need
 * it in Chinese. Weaknesses that templates name often have a sentence each here. */
#include "scan/template/advice.h"

#include "base/check.h"

struct weakness {
	unsigned cwe;
	const char *owasp;
	const char *impact_zh, *impact_en, *advice_zh, *advice_en;
};

#define INJECTION "A03:2021"
#define ACCESS "A01:2021"
#define CONFIG "A05:2021"
#define OUTDATED "A06:2021"

static const struct weakness table[] = {
	{ 20, INJECTION, "未校验的输入可能使程序执行预期之外的操作。", "Unchecked input may make the program do what it should not.",
	  "升级到已修复的版本，并按白名单校验所有输入。", "Upgrade to a fixed version and check all input against what is allowed." },
	{ 22, ACCESS, "攻击者可读取服务器上的任意文件，如配置、口令和源代码。", "Attackers can read any file of the server: settings, passwords, source code.",
	  "升级到已修复的版本；在修复前禁止从外部访问该接口，并以最小权限账户运行服务。",
	  "Upgrade to a fixed version; until then close the address to the outside and run the service with least privilege." },
	{ 23, ACCESS, "攻击者可读取服务器上的任意文件。", "Attackers can read any file of the server.",
	  "升级到已修复的版本；路径参数规范化后再与允许的目录比较。", "Upgrade; normalise paths and compare them with the allowed folder." },
	{ 77, INJECTION, "攻击者可在服务器上执行任意命令，完全控制主机。", "Attackers can run any command and take over the host.",
	  "立即升级到已修复的版本；在修复前断开该接口的外部访问，并检查主机是否已被入侵。",
	  "Upgrade at once; until then cut the address off from outside and look for signs of intrusion." },
	{ 78, INJECTION, "攻击者可在服务器上执行任意命令，完全控制主机。", "Attackers can run any command and take over the host.",
	  "立即升级到已修复的版本；在修复前断开该接口的外部访问，并检查主机是否已被入侵。",
	  "Upgrade at once; until then cut the address off from outside and look for signs of intrusion." },
	{ 79, INJECTION, "攻击者可在访问者的浏览器中执行脚本，冒用其身份。", "Attackers can run scripts in visitors' browsers and act as them.",
	  "升级到已修复的版本；输出时按上下文转义，并启用内容安全策略。", "Upgrade; escape output by its context and set a content security policy." },
	{ 89, INJECTION, "攻击者可读取或篡改数据库中的全部数据。", "Attackers can read or change all data of the database.",
	  "升级到已修复的版本；使用参数化查询，数据库账户只给必要权限。", "Upgrade; use parameterised queries and least-privileged database accounts." },
	{ 91, INJECTION, "攻击者可篡改 XML 处理的结果。", "Attackers can change the outcome of XML processing.",
	  "升级到已修复的版本；对写入 XML 的内容转义。", "Upgrade; escape what is written into XML." },
	{ 94, INJECTION, "攻击者可在服务器上执行任意代码。", "Attackers can run any code on the server.",
	  "立即升级到已修复的版本；在修复前断开外部访问，并检查主机是否已被入侵。",
	  "Upgrade at once; until then cut off outside access and look for signs of intrusion." },
	{ 98, INJECTION, "攻击者可使服务器执行其指定的文件。", "Attackers can make the server run a file of theirs.",
	  "升级到已修复的版本；禁止用外部输入决定包含的文件。", "Upgrade; never let input decide which file is included." },
	{ 113, INJECTION, "攻击者可注入响应头。", "Attackers can inject response headers.",
	  "升级到已修复的版本；写入响应头前去除换行。", "Upgrade; strip line breaks before writing headers." },
	{ 200, ACCESS, "泄露的信息可帮助攻击者进一步入侵。", "What leaks helps further attacks.",
	  "关闭或限制该地址的外部访问，更换已泄露的口令与密钥。", "Close or restrict the address and replace what passwords and keys have leaked." },
	{ 209, CONFIG, "错误信息泄露程序内部细节。", "Error messages tell internals.",
	  "关闭调试输出，使用统一的错误页。", "Turn debugging output off and use plain error pages." },
	{ 215, CONFIG, "调试信息泄露程序内部细节。", "Debugging information tells internals.",
	  "在生产环境关闭调试功能。", "Turn debugging off in production." },
	{ 259, "A07:2021", "固定口令可被任何人使用。", "A fixed password can be used by anybody.",
	  "升级到已修复的版本并更换口令。", "Upgrade and change the password." },
	{ 284, ACCESS, "未授权的人可访问受限功能或数据。", "Unauthorised people reach functions or data.",
	  "对该地址启用身份认证与权限检查，或限制来源地址。", "Require authentication and authorisation, or restrict source addresses." },
	{ 285, ACCESS, "未授权的人可访问受限功能或数据。", "Unauthorised people reach functions or data.",
	  "对该地址启用权限检查。", "Check permissions at this address." },
	{ 287, "A07:2021", "攻击者可绕过登录。", "Attackers can get past the log-in.",
	  "升级到已修复的版本；在修复前限制管理界面的来源地址。", "Upgrade; until then restrict who can reach the administration." },
	{ 288, "A07:2021", "攻击者可绕过登录。", "Attackers can get past the log-in.",
	  "升级到已修复的版本；在修复前限制管理界面的来源地址。", "Upgrade; until then restrict who can reach the administration." },
	{ 306, "A07:2021", "任何人不需登录即可使用该功能。", "Anybody can use the function without logging in.",
	  "启用身份认证，或限制只有内部地址可以访问。", "Require authentication or allow internal addresses only." },
	{ 312, "A02:2021", "敏感数据以明文保存。", "Sensitive data is kept in plain text.",
	  "移除明文数据，并更换已泄露的口令与密钥。", "Remove the plain data and replace leaked passwords and keys." },
	{ 352, ACCESS, "攻击者可借登录用户之手执行操作。", "Attackers can act through logged-in users.",
	  "升级到已修复的版本；对改变数据的请求校验令牌。", "Upgrade; check a token on requests that change data." },
	{ 384, "A07:2021", "攻击者可固定并冒用会话。", "Attackers can fix and use sessions.",
	  "登录后更换会话标识。", "Issue a new session identifier at log-in." },
	{ 434, "A04:2021", "攻击者可上传并执行程序，控制服务器。", "Attackers can upload and run programs and take over the server.",
	  "升级到已修复的版本；上传目录禁止执行，按内容校验文件类型，并检查是否已有可疑文件。",
	  "Upgrade; forbid execution in upload folders, check file types by content, look for files that do not belong there." },
	{ 444, "A04:2021", "前后端对请求边界的理解不一致，可走私请求。", "Front and back end disagree about where requests end.",
	  "升级并统一前后端的 HTTP 解析。", "Upgrade and make both ends parse HTTP alike." },
	{ 502, "A08:2021", "攻击者可借反序列化执行任意代码。", "Attackers can run code through deserialisation.",
	  "立即升级到已修复的版本；禁止反序列化不可信的数据。", "Upgrade at once; never deserialise untrusted data." },
	{ 522, "A07:2021", "口令保护不足，可能被获取。", "Credentials are poorly protected.",
	  "移除暴露的口令并全部更换。", "Remove the exposed credentials and replace all of them." },
	{ 538, ACCESS, "敏感文件可被任何人下载。", "Sensitive files can be downloaded by anybody.",
	  "把文件移出网站目录，或在服务器上禁止访问。", "Move the file out of the web root or forbid access." },
	{ 548, CONFIG, "目录内容可被任何人列出。", "Folders can be listed by anybody.",
	  "关闭目录列表。", "Turn directory listings off." },
	{ 552, ACCESS, "内部文件可被外部读取。", "Internal files can be read from outside.",
	  "限制对这些文件的访问。", "Restrict access to these files." },
	{ 601, ACCESS, "攻击者可借本站地址把访问者带到恶意网站。", "Attackers can lead visitors to other sites through this address.",
	  "升级到已修复的版本；跳转目标只允许白名单。", "Upgrade; allow only known redirect targets." },
	{ 611, CONFIG, "攻击者可读取服务器文件或访问内网。", "Attackers can read files or reach the internal network.",
	  "升级到已修复的版本；XML 解析器禁用外部实体。", "Upgrade; turn external entities off in XML parsers." },
	{ 639, ACCESS, "攻击者可访问他人的数据。", "Attackers can reach other people's data.",
	  "升级到已修复的版本；按登录用户检查每个对象的归属。", "Upgrade; check who owns each object." },
	{ 668, ACCESS, "内部资源暴露给外部。", "Internal resources are exposed.",
	  "限制该地址的来源，只在内网开放。", "Restrict the address to the internal network." },
	{ 693, CONFIG, "缺少应有的保护机制。", "A protection is missing.",
	  "按产品的安全加固指南启用保护。", "Follow the product's hardening guide." },
	{ 732, CONFIG, "权限设置过宽。", "Permissions are too wide.",
	  "收紧文件与接口的权限。", "Tighten permissions of files and interfaces." },
	{ 770, "A04:2021", "攻击者可耗尽服务器资源。", "Attackers can use up the server's resources.",
	  "升级，并限制请求的频率与大小。", "Upgrade; limit rate and size of requests." },
	{ 798, "A07:2021", "内置口令可被任何人使用。", "Built-in credentials can be used by anybody.",
	  "立即更换默认口令；无法更换时限制来源地址。", "Change the default password now; restrict source addresses where that is impossible." },
	{ 862, ACCESS, "未授权的人可执行受限操作。", "Unauthorised people can do restricted things.",
	  "升级到已修复的版本；对每个操作检查权限。", "Upgrade; check permissions for every action." },
	{ 863, ACCESS, "权限检查有误，可被绕过。", "Permission checks can be got around.",
	  "升级到已修复的版本。", "Upgrade to a fixed version." },
	{ 912, "A08:2021", "程序中存在后门。", "The program has a back door.",
	  "立即下线该服务，从可信来源重新安装。", "Take the service down and reinstall from a trusted source." },
	{ 917, INJECTION, "攻击者可在服务器上执行任意代码。", "Attackers can run any code on the server.",
	  "立即升级到已修复的版本；在修复前断开外部访问。", "Upgrade at once; until then cut off outside access." },
	{ 918, "A10:2021", "攻击者可借服务器访问内网与云元数据。", "Attackers can reach the internal network through the server.",
	  "升级到已修复的版本；服务端只允许访问白名单地址。", "Upgrade; let the server reach known addresses only." },
	{ 1104, OUTDATED, "使用了不再维护的组件。", "A component is no longer maintained.",
	  "换用仍在维护的版本。", "Move to a maintained version." },
	{ 1188, CONFIG, "默认配置不安全。", "The default configuration is unsafe.",
	  "按产品的安全加固指南修改默认配置。", "Change the defaults by the product's hardening guide." },
	{ 1336, INJECTION, "攻击者可借模板语法执行任意代码。", "Attackers can run code through template syntax.",
	  "升级到已修复的版本；不要把输入拼进模板。", "Upgrade; never build templates from input." },
	{ 1391, "A07:2021", "弱口令可被猜出。", "Weak credentials can be guessed.",
	  "更换为强口令并启用多因素认证。", "Use strong passwords and a second factor." },
};

static const struct weakness *weakness_of(unsigned cwe)
{
	for (size_t i = 0; i < ARRAY_SIZE(table); i++)
		if (table[i].cwe == cwe)
			return &table[i];
	return NULL;
}

const char *template_owasp(unsigned cwe)
{
	const struct weakness *w = weakness_of(cwe);
	return w ? w->owasp : "";
}

/* Has it a character that English does not? */
static bool speaks_chinese(struct str s)
{
	for (size_t i = 0; i < s.len; i++)
		if ((unsigned char)s.ptr[i] >= 0xE3)
			return true;
	return false;
}

static void fall_back(struct str *zh, struct str *en, const char *zh_words, const char *en_words)
{
	if (str_empty(*en) || (speaks_chinese(*en) && en_words[0]))
		*en = str_empty(*en) ? str_c(en_words) : *en;
	if (str_empty(*zh))
		*zh = str_c(zh_words);
}

/* The Chinese sentence in front of words that are English only. */
static void put_in_front(struct arena *a, struct str *zh, struct str en, const char *words)
{
	if (words[0] && zh->len && !speaks_chinese(*zh))
		*zh = arena_printf(a, "%s\n%.*s", words, STR_ARG(en.len ? en : *zh));
}

void template_advice_fill(struct arena *a, const struct template *t, struct scan_texts *x)
{
	const struct weakness *w = weakness_of(t->cwe);
	bool harmless = t->severity == SEVERITY_INFO;
	struct str what = t->product.len ? t->product : t->vendor;
	struct str zh = arena_printf(a, "请联系 %.*s 的供应商，升级到已修复的版本；在修复前限制该地址的外部访问。",
				     STR_ARG(what.len ? what : STR("该产品")));
	struct str en = arena_printf(a, "Upgrade %.*s to a fixed version; until then restrict access to this address from outside.",
				     STR_ARG(what.len ? what : STR("the product")));
	const char *advice_zh = w ? w->advice_zh : harmless ? "这是对所用产品或信息的识别；若不需要对外开放，请限制访问。" : zh.ptr;
	const char *advice_en = w ? w->advice_en : harmless ? "This says what is in use; restrict access if it need not be public." : en.ptr;
	const char *impact_zh = w ? w->impact_zh : harmless ? "攻击者可借此了解所用的产品。" : "可能被攻击者利用，影响系统与数据的安全。";
	const char *impact_en = w ? w->impact_en : harmless ? "Attackers learn what is in use." : "It may be used to harm the system and its data.";
	put_in_front(a, &x->advice_zh, x->advice_en, advice_zh);
	put_in_front(a, &x->impact_zh, x->impact_en, impact_zh);
	fall_back(&x->advice_zh, &x->advice_en, advice_zh, advice_en);
	fall_back(&x->impact_zh, &x->impact_en, impact_zh, impact_en);
	fall_back(&x->description_zh, &x->description_en, t->name.zh.ptr ? t->name.zh.ptr : "", t->name.en.ptr ? t->name.en.ptr : "");
}
