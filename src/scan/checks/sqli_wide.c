/* Active: SQL injection behind escaping by backslash, where the database reads the statement in
 * a multibyte character set (GBK, GB18030, Big5): a lead byte in front of the quote takes the
 * backslash as its second byte, and the quote is free. Told by an error message, or by three
 * answers: the lead byte alone, with a quote behind it, and with a comment behind that. */
#include "scan/checks/active_private.h"
#include "scan/diff.h"
#include "scan/kit.h"
#include "scan/reaction.h"

#define LEAD "\xbf"

static const char *const quotes[] = { "'", "\"" };
static const char *const closings[] = { "-- ", ")-- ", "))-- " };

/* One round with a fresh word, so that no row is met: breaks, and is mended by some closing. */
static bool broken_and_mended(struct probe *p, const char *quote, struct diff_side *plain, struct diff_side *odd)
{
	struct diff_side mended;
	struct str word = active_plain_number(probe_point(p)->value) ? probe_printf(p, "%u", probe_number(p, 100, 999)) : probe_word(p, 4);
	struct str proof;
	const char *dbms;
	if (diff_value(p, probe_printf(p, "%.*s" LEAD, STR_ARG(word)), plain) < 0 ||
	    diff_value(p, probe_printf(p, "%.*s" LEAD "%s", STR_ARG(word), quote), odd) < 0)
		return false;
	bool error = active_sql_error(odd->x, &proof, &dbms) && !active_sql_error(plain->x, &proof, &dbms);
	/* half a character comes back as another one: a page that shows the value differs by what it shows */
	if (!error && (kit_reflects(active_content(plain->x), word) || !probe_stable(p) || diff_same(p, plain, odd)))
		return false;
	for (size_t i = 0; i < ARRAY_SIZE(closings); i++)
		if (diff_value(p, probe_printf(p, "%.*s" LEAD "%s%s", STR_ARG(word), quote, closings[i]), &mended) == 0 &&
		    (error ? !active_sql_error(mended.x, &proof, &dbms) : diff_same(p, plain, &mended)))
			return true;
	return false;
}

/* Without the lead byte the quote does nothing: else it is injection of the plain kind, or a page that minds quotes. */
static bool escaped_else(struct probe *p, const char *quote, bool error)
{
	struct diff_side word, quoted;
	struct str w = probe_word(p, 5), proof;
	const char *dbms;
	return diff_value(p, w, &word) == 0 && diff_value(p, probe_printf(p, "%.*s%s", STR_ARG(w), quote), &quoted) == 0 &&
	       !active_sql_error(quoted.x, &proof, &dbms) && (error || diff_same(p, &word, &quoted));
}

static bool try_quote(struct probe *p, const struct scan_point *pt, const char *quote)
{
	struct diff_side base = diff_base(pt), plain, odd;
	struct str proof = STR_NULL;
	const char *dbms = "";
	if (!broken_and_mended(p, quote, &plain, &odd))
		return false;
	bool error = active_sql_error(odd.x, &proof, &dbms);
	if (!escaped_else(p, quote, error) || !broken_and_mended(p, quote, &plain, &odd) ||
	    active_sql_error(odd.x, &proof, &dbms) != error)
		return false;
	if (!error && !diff_apart(p, &base, &plain, &odd))
		return false;
	probe_report(p, &(struct scan_report){
				.exchange = odd.x,
				.proof = proof,
				.confidence_set = true,
				.confidence = CONFIDENCE_CERTAIN,
				.detail_zh = STR("引号被转义，但在它前面加一个双字节字符的首字节（%BF）后，引号脱离转义使 SQL 语句出错，再加注释符又恢复正常（宽字节注入）。"),
				.detail_en = STR("The quote is escaped, but behind the lead byte of a double-byte character (%BF) it breaks the SQL "
						 "statement, and a comment behind it mends the statement again."),
			});
	return true;
}

static void probe_wide(struct probe *p, const struct scan_point *pt)
{
	struct str proof;
	const char *dbms;
	if (probe_reported(p) || probe_sqli_found(p) || pt->where == WHERE_HEADER || pt->where == WHERE_COOKIE || pt->where == WHERE_JSON ||
	    !probe_stack(p, STACK_PHP) || active_sql_error(pt->base, &proof, &dbms))
		return;
	/* what finds nothing in either case may be a form to log in; elsewhere the value matters, or its signs */
	if (pt->where != WHERE_BODY && !reaction(p, REACTION_VALUE) && !reaction(p, REACTION_SIGNS))
		return;
	for (size_t i = 0; i < (probe_mode(p) == SCAN_DEEP ? ARRAY_SIZE(quotes) : 1); i++)
		if (try_quote(p, pt, quotes[i]))
			return;
}

const struct scan_check check_sqli_wide_byte = {
	.id = "sqli-wide-byte",
	.title_zh = "SQL 注入（宽字节型）",
	.title_en = "SQL injection (multibyte character set)",
	.severity = SEVERITY_CRITICAL,
	.cwe = 89,
	.owasp = "A03:2021",
	.modes = SCAN_STANDARD_UP,
	.on_point = probe_wide,
};
