/* Active: input is read by something that obeys markup on the server: server-side includes
 * (CWE-97) and XSLT (CWE-91). A page that repeats its input shows the instruction, one that
 * strips it shows nothing; only who obeys it shows the result. */
#include "scan/checks/active_private.h"
#include "scan/diff.h"

static bool confirmed(struct probe *p, struct str (*fire)(struct probe *, const struct scan_exchange **),
		      const char *zh, const char *en)
{
	const struct scan_exchange *x, *again;
	struct str proof = fire(p, &x);
	if (!proof.ptr || !fire(p, &again).ptr)
		return false;
	probe_report(p, &(struct scan_report){ .exchange = x, .proof = proof, .confidence_set = true,
					       .confidence = CONFIDENCE_CERTAIN, .detail_zh = str_c(zh), .detail_en = str_c(en) });
	return true;
}

/* A variable is set to one word and shown between two others. */
static struct str fire_include(struct probe *p, const struct scan_exchange **ret)
{
	struct str l = probe_word(p, 6), v = probe_word(p, 6), r = probe_word(p, 6);
	struct str sent = probe_printf(p, "%.*s<!--#set var=\"zw\" value=\"%.*s\" --><!--#echo var=\"zw\" -->%.*s", STR_ARG(l),
				       STR_ARG(v), STR_ARG(r));
	if (probe_append(p, sent, ret) < 0)
		return STR_NULL;
	return active_find(*ret, probe_printf(p, "%.*s%.*s%.*s", STR_ARG(l), STR_ARG(v), STR_ARG(r)));
}

/* Servers whose includes know no variables: the name of the document. */
static struct str fire_name(struct probe *p, const struct scan_exchange **ret)
{
	struct str l = probe_word(p, 6), r = probe_word(p, 6), path = probe_base(p)->path;
	ssize_t slash = str_rchr(path, '/');
	struct str name = str_from(path, (size_t)(slash + 1));
	struct str sent = probe_printf(p, "%.*s<!--#echo var=\"DOCUMENT_NAME\" -->%.*s", STR_ARG(l), STR_ARG(r));
	if (str_empty(name) || probe_append(p, sent, ret) < 0)
		return STR_NULL;
	return active_find(*ret, probe_printf(p, "%.*s%.*s%.*s", STR_ARG(l), STR_ARG(name), STR_ARG(r)));
}

static void probe_include(struct probe *p, const struct scan_point *pt)
{
	const char *zh = "参数中的服务器端包含（SSI）指令被执行，响应里是它的结果；换一组随机值后重现。";
	const char *en = "A server-side include in the parameter was obeyed and the answer holds its result; repeated with other "
			 "values.";
	if (probe_reported(p) || (pt->where == WHERE_HEADER && !active_own_header(pt)) || (probe_mode(p) != SCAN_DEEP && !diff_reflects(p) && !diff_parses(p)))
		return;
	if (!confirmed(p, fire_include, zh, en))
		confirmed(p, fire_name, zh, en);
}

const struct scan_check check_ssi_injection = {
	.id = "ssi-injection",
	.title_zh = "服务器端包含（SSI）注入",
	.title_en = "Server-side include injection",
	.severity = SEVERITY_HIGH,
	.cwe = 97,
	.owasp = "A03:2021",
	.modes = SCAN_STANDARD_UP,
	.place = PLACE_POINT,
	.on_point = probe_include,
};

static struct str fire_sheet(struct probe *p, const struct scan_exchange **ret)
{
	struct active_sum s = active_numbers(p);
	struct str sent = probe_printf(p, "<xsl:value-of select=\"concat('%.*s',%.*s*%.*s,'%.*s')\"/>", STR_ARG(s.left),
				       STR_ARG(s.a), STR_ARG(s.b), STR_ARG(s.right));
	struct scan_mutation m = { .value = sent, .value_set = true, .raw = probe_point(p)->where == WHERE_XML };
	if (probe_send(p, &m, ret) < 0)
		return STR_NULL;
	return active_find(*ret, probe_printf(p, "%.*s%.*s%.*s", STR_ARG(s.left), STR_ARG(s.product), STR_ARG(s.right)));
}

static struct str fire_whole_sheet(struct probe *p, const struct scan_exchange **ret)
{
	struct active_sum s = active_numbers(p);
	struct str sent = probe_printf(p,
				       "<xsl:stylesheet version=\"1.0\" xmlns:xsl=\"http://www.w3.org/1999/XSL/Transform\">"
				       "<xsl:template match=\"/\"><q><xsl:value-of select=\"concat('%.*s',%.*s*%.*s,'%.*s')\"/></q>"
				       "</xsl:template></xsl:stylesheet>",
				       STR_ARG(s.left), STR_ARG(s.a), STR_ARG(s.b), STR_ARG(s.right));
	if (probe_value(p, sent, ret) < 0)
		return STR_NULL;
	return active_find(*ret, probe_printf(p, "%.*s%.*s%.*s", STR_ARG(s.left), STR_ARG(s.product), STR_ARG(s.right)));
}

static struct str fire_select(struct probe *p, const struct scan_exchange **ret)
{
	struct active_sum s = active_numbers(p);
	struct str sent = probe_printf(p, "concat('%.*s',%.*s*%.*s,'%.*s')", STR_ARG(s.left), STR_ARG(s.a), STR_ARG(s.b),
				       STR_ARG(s.right));
	if (probe_value(p, sent, ret) < 0)
		return STR_NULL;
	return active_find(*ret, probe_printf(p, "%.*s%.*s%.*s", STR_ARG(s.left), STR_ARG(s.product), STR_ARG(s.right)));
}

static void probe_sheet(struct probe *p, const struct scan_point *pt)
{
	const char *zh = "参数中的 XSLT 指令被执行，响应里是随机数之积；换一组数后重现。";
	const char *en = "An XSLT instruction in the parameter was obeyed: the answer holds the product of random numbers; repeated "
			 "with others.";
	bool deep = probe_mode(p) == SCAN_DEEP;
	bool sheet = str_ihas(pt->name, STR("xsl")) || str_ihas(pt->name, STR("style")) || str_has(pt->value, STR("<xsl"));
	if (probe_reported(p) || (pt->where == WHERE_HEADER && !active_own_header(pt)) || probe_sqli_found(p) || probe_point_found(p, "xpath-injection") ||
	    (!deep && !sheet && !diff_parses(p)))
		return;
	if (confirmed(p, fire_sheet, zh, en) || ((deep || sheet) && confirmed(p, fire_whole_sheet, zh, en)))
		return;
	if (deep || sheet)
		confirmed(p, fire_select, zh, en);
}

const struct scan_check check_xslt_injection = {
	.id = "xslt-injection",
	.title_zh = "XSLT 注入",
	.title_en = "XSLT injection",
	.severity = SEVERITY_HIGH,
	.cwe = 91,
	.owasp = "A03:2021",
	.modes = SCAN_STANDARD_UP,
	.place = PLACE_POINT,
	.on_point = probe_sheet,
};
