/* Active: input changes a query that is not SQL: MongoDB operators and JavaScript conditions
 * (CWE-943), XPath (CWE-643), LDAP filters (CWE-90). What they share: a true condition in
 * the language's own words equals the original, a false one does not, a misspelt one is
 * neither, and all of it again in a mixed order (diff.h). Where the original finds nothing,
 * the other way round; these languages only read. Error messages count when the language's
 * own escape takes them away. */
#include "scan/checks/active_private.h"
#include "scan/diff.h"

/* {0} value, {1} random word, {2} its length when true, another when false, {3} random word, {4} the
 * first word when true, another when false */
struct triad {
	const char *form, *broken;
	enum { NARROWS, WIDENS } kind; /* true equals the original; true differs from it */
	enum { ANY, NUMBER } fits;
	enum scan_mode from;
};

static struct str render(struct probe *p, const struct scan_point *pt, const char *form, bool truth)
{
	struct str word = probe_word(p, 5 + probe_number(p, 0, 3));
	size_t n = truth ? word.len : word.len + probe_number(p, 1, 40);
	struct str args[] = { pt->value, word, probe_printf(p, "%zu", n), probe_word(p, 6), truth ? word : probe_word(p, 7) };
	return active_fill(p, form, args);
}

static void report(struct probe *p, const struct diff_side *t, const struct diff_side *f, const char *what)
{
	probe_report(p, &(struct scan_report){
				.exchange = t->x,
				.proof = t->sent,
				.confidence_set = true,
				.confidence = CONFIDENCE_CERTAIN,
				.detail_zh = probe_printf(p, "参数中的 %s 条件被执行：“%.*s”与“%.*s”得到不同的结果，写错的条件无效；随机值换过一轮，打乱次序重现。",
							  what, STR_ARG(t->sent), STR_ARG(f->sent)),
				.detail_en = probe_printf(p, "%s conditions in the parameter are obeyed: \"%.*s\" and \"%.*s\" differ, a misspelt "
							     "one has no effect; with fresh random values, in mixed order.",
							  what, STR_ARG(t->sent), STR_ARG(f->sent)),
			});
}

/* `like` is the side that must be as the original, `unlike` the other one. */
static bool try_triad(struct probe *p, const struct scan_point *pt, const struct triad *s, const struct diff_side *base,
		      const char *what)
{
	bool widens = s->kind == WIDENS;
	struct diff_side like, unlike, like2, unlike2, odd;
	/* first what is the rarer of the two: to stay as it was where all depends on the value, else to differ */
	bool first = diff_depends(p, base);
	if (first && (diff_value(p, render(p, pt, s->form, !widens), &like) < 0 || !diff_same(p, base, &like)))
		return false;
	if (diff_value(p, render(p, pt, s->form, widens), &unlike) < 0 || diff_same(p, base, &unlike) ||
	    diff_blocked(base, &unlike))
		return false;
	if ((!first && (diff_value(p, render(p, pt, s->form, !widens), &like) < 0 || !diff_same(p, base, &like))) ||
	    diff_value(p, render(p, pt, s->broken, true), &odd) < 0 ||
	    diff_same(p, widens ? &unlike : base, &odd) ||
	    diff_value(p, render(p, pt, s->form, widens), &unlike2) < 0 || !diff_same(p, &unlike, &unlike2) ||
	    diff_value(p, render(p, pt, s->form, !widens), &like2) < 0 || !diff_same(p, base, &like2) ||
	    !diff_confirmed(p, base, &like2, &unlike2))
		return false;
	report(p, widens ? &unlike2 : &like2, widens ? &like2 : &unlike2, what);
	return true;
}

static bool try_triads(struct probe *p, const struct scan_point *pt, const struct triad *list, size_t n, const char *what)
{
	struct diff_side base = diff_base(pt);
	bool number = active_plain_number(pt->value), depends = diff_depends(p, &base);
	for (size_t i = 0; i < n && probe_stable(p); i++) {
		const struct triad *s = &list[i];
		if (s->from > probe_mode(p) || (s->fits == NUMBER && !number))
			continue;
		if (probe_mode(p) != SCAN_DEEP && s->kind == NARROWS && !depends)
			continue;
		if (probe_mode(p) != SCAN_DEEP && s->kind == WIDENS && depends && !diff_parses(p))
			continue;
		if (try_triad(p, pt, s, &base, what))
			return true;
	}
	return false;
}

/* Log-in forms say the same to everything that is wrong, also to what breaks their query. */
static bool of_a_login(const struct scan_point *pt)
{
	static const char *const words[] = { "user", "login", "pass", "account", "uid" };
	for (size_t i = 0; i < ARRAY_SIZE(words); i++)
		if (str_ihas(pt->name, str_c(words[i])))
			return true;
	return false;
}

/* A point where such queries are worth asking for: nothing else is known to be behind it, and
 * signs matter there or the value does. */
static bool worth_asking(struct probe *p, const struct scan_point *pt)
{
	struct diff_side base = diff_base(pt);
	bool deep = probe_mode(p) == SCAN_DEEP;
	if (probe_reported(p) || (pt->where == WHERE_HEADER && !deep && !active_own_header(pt)) || probe_sqli_found(p) || pt->value.len > 200 ||
	    probe_point_found(p, "command-injection") || probe_point_found(p, "code-injection") ||
	    probe_point_found(p, "ssti"))
		return false;
	return deep || diff_parses(p) || diff_depends(p, &base) || pt->where == WHERE_BODY || pt->where == WHERE_XML || POINT_IN_JSON(pt) ||
	       of_a_login(pt);
}

/* ---- errors ---- */

struct message {
	const char *text;
};

static struct str find_message(const struct scan_exchange *x, const struct message *list, size_t n)
{
	struct str t = active_content(x);
	for (size_t i = 0; i < n; i++) {
		ssize_t at = str_find(t, str_c(list[i].text));
		if (at >= 0)
			return str_sub(t, (size_t)at, (size_t)at + strlen(list[i].text));
	}
	return STR_NULL;
}

/* `odd` brings a message, letters do not, and `mended` takes it away. */
static bool try_message(struct probe *p, const struct message *list, size_t n, const char *odd, const char *mended,
			const char *what)
{
	const struct scan_exchange *x, *y;
	struct str proof;
	if (find_message(probe_base(p), list, n).ptr || probe_append(p, str_c(odd), &x) < 0 ||
	    !(proof = find_message(x, list, n)).ptr)
		return false;
	if (probe_append(p, probe_word(p, 5), &y) < 0 || find_message(y, list, n).ptr ||
	    probe_append(p, str_c(mended), &y) < 0 || find_message(y, list, n).ptr ||
	    probe_append(p, probe_printf(p, "%.*s%s", STR_ARG(probe_word(p, 4)), odd), &y) < 0 || !find_message(y, list, n).ptr)
		return false;
	probe_report(p, &(struct scan_report){
				.exchange = x,
				.proof = proof,
				.confidence_set = true,
				.confidence = CONFIDENCE_CERTAIN,
				.detail_zh = probe_printf(p, "特殊符号破坏了 %s 的语法并引起其错误信息；普通字母与补完整的写法不会，已重现。", what),
				.detail_en = probe_printf(p, "A special sign breaks the syntax of %s and brings its error message; letters and "
							     "the mended form do not. Replayed.", what),
			});
	return true;
}

/* Do all of them at once bring a message? Otherwise none of them alone would. */
static bool breaks(struct probe *p, const char *odd, const struct message *list, size_t n)
{
	const struct scan_exchange *x;
	return probe_mode(p) == SCAN_DEEP || (probe_append(p, str_c(odd), &x) == 0 && find_message(x, list, n).ptr);
}

/* ---- XPath ---- */

static const struct triad xpaths[] = {
	{ "{0}' and string-length('{1}')={2} and '1'='1", "{0}' and string-lenght('{1}')={2} and '1'='1", NARROWS, ANY, SCAN_STANDARD },
	{ "{0} and string-length('{1}')={2}", "{0} and string-lenght('{1}')={2}", NARROWS, NUMBER, SCAN_STANDARD },
	{ "{0}\" and string-length(\"{1}\")={2} and \"1\"=\"1", "{0}\" and string-lenght(\"{1}\")={2} and \"1\"=\"1", NARROWS, ANY, SCAN_STANDARD },
	{ "{0}' or string-length('{1}')={2} or '1'='2", "{0}' or string-lenght('{1}')={2} or '1'='2", WIDENS, ANY, SCAN_STANDARD },
	{ "{0}\" or string-length(\"{1}\")={2} or \"1\"=\"2", "{0}\" or string-lenght(\"{1}\")={2} or \"1\"=\"2", WIDENS, ANY, SCAN_STANDARD },
	{ "{0}') and (string-length('{1}')={2}) and ('1'='1", "{0}') and (string-lenght('{1}')={2}) and ('1'='1", NARROWS, ANY, SCAN_STANDARD },
	{ "{0}+string-length('{1}')-{2}", "{0}+string-lenght('{1}')-{2}", NARROWS, NUMBER, SCAN_STANDARD },
	{ "{0}',substring('q',1+number(string-length('{1}')={2})),'", "{0}',substring('q',1+number(string-lenght('{1}')={2})),'", NARROWS, ANY, SCAN_STANDARD },
	{ "{0}') or (string-length('{1}')={2}) or ('1'='2", "{0}') or (string-lenght('{1}')={2}) or ('1'='2", WIDENS, ANY, SCAN_DEEP },
	{ "{0} or string-length('{1}')={2}", "{0} or string-lenght('{1}')={2}", WIDENS, NUMBER, SCAN_STANDARD },
	{ "{0}[string-length('{1}')={2}]", "{0}[string-lenght('{1}')={2}]", NARROWS, ANY, SCAN_STANDARD },
	{ "{0}'] | //*[string-length('{1}')={2} and '1'='1", "{0}'] | //*[string-lenght('{1}')={2} and '1'='1", WIDENS, ANY, SCAN_DEEP },
};
static const struct message xpath_words[] = {
	{ "XPathException" }, { "MS.Internal.Xml." }, { "Unknown error in XPath" }, { "org.apache.xpath.XPath" },
	{ "A closing bracket expected in" }, { "An operand in Union Expression does not produce a node-set" },
	{ "Cannot convert expression to a number" }, { "Document Axis does not allow any context Location Path" },
	{ "Empty Path Expression" }, { "DOMXPath" }, { "Empty Relative Location Path" }, { "Empty Union Expression" },
	{ "Expected ')' in" }, { "Expected node test or name specification" }, { "Incompatible XPath key" },
	{ "Incorrect Variable Binding" }, { "libxml2 library function failed" }, { "lxml.etree.XPath" }, { "xmlXPathEval" },
	{ "XPathEvalError" }, { "Invalid predicate" }, { "SimpleXMLElement::xpath()" }, { "error '80004005'" },
	{ "javax.xml.xpath." }, { "net.sf.saxon" }, { "System.Xml.XPath" }, { "Expression must evaluate to a node-set" },
	{ "unterminated string literal in XPath" }, { "XPST0003" }, { "Invalid expression" },
};

static void probe_xpath(struct probe *p, const struct scan_point *pt)
{
	if (!worth_asking(p, pt))
		return;
	if (!probe_inert(p) && breaks(p, "']\"", xpath_words, ARRAY_SIZE(xpath_words)) &&
	    (try_message(p, xpath_words, ARRAY_SIZE(xpath_words), "'", "' or '1'='2", "XPath") ||
	    try_message(p, xpath_words, ARRAY_SIZE(xpath_words), "\"", "\" or \"1\"=\"2", "XPath") ||
	    try_message(p, xpath_words, ARRAY_SIZE(xpath_words), "]", " or 1=2", "XPath")))
		return;
	try_triads(p, pt, xpaths, ARRAY_SIZE(xpaths), "XPath");
}

const struct scan_check check_xpath_injection = {
	.id = "xpath-injection",
	.title_zh = "XPath 注入",
	.title_en = "XPath injection",
	.severity = SEVERITY_HIGH,
	.cwe = 643,
	.owasp = "A03:2021",
	.modes = SCAN_STANDARD_UP,
	.place = PLACE_POINT,
	.on_point = probe_xpath,
};

/* ---- LDAP ---- */

static const struct message ldap_words[] = {
	{ "LDAPException" }, { "com.sun.jndi.ldap" }, { "javax.naming.directory.InvalidSearchFilterException" },
	{ "Search: Bad search filter" }, { "ldap_search()" }, { "Protocol error occurred" }, { "Size limit has exceeded" },
	{ "An inappropriate matching occurred" }, { "A constraint violation occurred" }, { "The syntax is invalid" },
	{ "The alias is invalid" }, { "Unbalanced parenthesis" }, { "LDAPInvalidFilterError" }, { "malformed filter" },
	{ "ldap.FILTER_ERROR" }, { "Bad search filter" }, { "IPWorksASP.LDAP" }, { "Module Products.LDAPMultiPlugins" },
	{ "(&(objectClass=" }, { "InvalidSearchFilterException" }, { "Net::LDAP::" }, { "filter parse error" },
	{ "supplied argument is not a valid ldap" }, { "LDAP error" }, { "invalid filter" }, { "Filter Error" },
};

/* Two conditions on a class that every entry has and on one that none can have. {1} is a random word. */
static bool try_ldap(struct probe *p, const struct scan_point *pt)
{
	static const struct {
		const char *yes, *no, *broken;
		bool widens;
	} list[] = {
		{ "{0})(objectClass=*", "{0})(q{1}=*", "{0})(objectClass=*)(", false },
		{ "{0})(&(objectClass=*)(|(objectClass=*)(z{1}=*))", "{0})(&(q{1}=*)", "{0})(&(objectClass=*)(|(objectClass=*)(z{1}=*)", false },
		{ "{0})(|(objectClass=*)(z{1}=*)", "{0})(|(q{1}=*)", "{0})(|(objectClass=*)(z{1}=*", false },
		{ "*)(objectClass=*", "*)(q{1}=*", "*)(objectClass=*)(", true },
		{ "{0}*)(objectClass=*", "{0}*)(q{1}=*", "{0}*)(objectClass=*)(", false },
		{ "*)(|(objectClass=*)(z{1}=*)", "*)(|(q{1}=*)", "*)(|(objectClass=*)(z{1}=*", true },
		{ "*))(|(objectClass=*", "*))(&(q{1}=*", "*))(|(objectClass=*)(((", true },
	};
	struct diff_side base = diff_base(pt);
	for (size_t i = 0; i < ARRAY_SIZE(list) && probe_stable(p); i++) {
		struct diff_side yes, no, no2, odd;
		struct str a[] = { pt->value, probe_word(p, 8) }, b[] = { pt->value, probe_word(p, 7) };
		bool widens = list[i].widens;
		/* the one that must stay as it was; then the one that must not */
		if (diff_value(p, active_fill(p, widens ? list[i].no : list[i].yes, a), widens ? &no : &yes) < 0)
			return false;
		if (!diff_same(p, &base, widens ? &no : &yes))
			continue;
		if (diff_value(p, active_fill(p, widens ? list[i].yes : list[i].no, a), widens ? &yes : &no) < 0)
			return false;
		if (str_has(active_content(no.x), yes.sent)) /* an earlier probe's text is on the page */
			continue;
		if (diff_same(p, &yes, &no) || diff_blocked(&base, &yes) || diff_blocked(&base, &no))
			continue;
		if (diff_value(p, active_fill(p, list[i].no, b), &no2) < 0 || !diff_same(p, &no, &no2) ||
		    diff_value(p, active_fill(p, list[i].broken, a), &odd) < 0 || diff_same(p, &yes, &odd))
			continue;
		if (!(widens ? diff_confirmed(p, &base, &no, &yes) : diff_confirmed(p, &base, &yes, &no)))
			continue;
		report(p, &yes, &no, "LDAP");
		return true;
	}
	return false;
}

/* The value with its character number n in LDAP's own notation (\61 is a), moved by `by`. */
static struct str in_hex(struct probe *p, struct str v, size_t n, unsigned by)
{
	return probe_printf(p, "%.*s\\%02x%.*s", (int)n, v.ptr, ((unsigned)(unsigned char)v.ptr[n] + by) & 0x7f,
			    STR_ARG(str_from(v, n + 1)));
}

/* Only a filter reads \61 as a. The value so written finds the same, another letter so written
 * does not, and what is no number in base 16 does not either. */
static bool try_ldap_escape(struct probe *p, const struct scan_point *pt)
{
	struct diff_side base = diff_base(pt), t, t2, f, f2, odd;
	size_t n = 0;
	while (n < pt->value.len && !ascii_alnum(pt->value.ptr[n]))
		n++;
	if (n == pt->value.len || pt->value.len > 100 || !diff_depends(p, &base) || !probe_stable(p))
		return false;
	if (diff_value(p, in_hex(p, pt->value, n, 0), &t) < 0 || !diff_same(p, &base, &t) ||
	    diff_value(p, in_hex(p, pt->value, n, 1), &f) < 0 || diff_same(p, &base, &f))
		return false;
	size_t last = pt->value.len - 1;
	while (last > n && !ascii_alnum(pt->value.ptr[last]))
		last--;
	if (diff_value(p, in_hex(p, pt->value, last, 0), &t2) < 0 || !diff_same(p, &base, &t2) ||
	    diff_value(p, in_hex(p, pt->value, last, 2), &f2) < 0 || diff_same(p, &base, &f2) ||
	    diff_value(p, probe_printf(p, "\\zz%.*s", STR_ARG(str_from(pt->value, n + 1))), &odd) < 0 || diff_same(p, &base, &odd) ||
	    !diff_confirmed(p, &base, &t, &f))
		return false;
	report(p, &t, &f, "LDAP");
	return true;
}

/* Where nothing was found: any value, with a condition on names that entries have or have not. */
static bool try_ldap_any(struct probe *p, const struct scan_point *pt)
{
	/* each with a word of its own: what an earlier probe left on the page is not this one shown again */
	static const char yes[] = "*)(|(objectClass=*)(uid=*)(cn=*)(q{0}=*)", no[] = "*)(|(q{0}=*)(z{0}=*)(x{0}=*)(w{0}=*)",
			  broken[] = "*)(|(objectClass=*)(uid=*)(cn=*)(q{0}=*";
	struct diff_side base = diff_base(pt), t, f, f2, odd;
	struct str a = probe_word(p, 6), b = probe_word(p, 6), c = probe_word(p, 6), d = probe_word(p, 6);
	if (!probe_stable(p) || diff_value(p, active_fill(p, yes, &c), &t) < 0 || diff_same(p, &base, &t) || diff_blocked(&base, &t) ||
	    diff_value(p, active_fill(p, no, &a), &f) < 0 || !diff_same(p, &base, &f) ||
	    diff_value(p, active_fill(p, no, &b), &f2) < 0 || !diff_same(p, &base, &f2) ||
	    diff_value(p, active_fill(p, broken, &d), &odd) < 0 || diff_same(p, &t, &odd) || !diff_confirmed(p, &base, &f, &t))
		return false;
	report(p, &t, &f, "LDAP");
	return true;
}

static void probe_ldap(struct probe *p, const struct scan_point *pt)
{
	if (!worth_asking(p, pt) || probe_point_found(p, "xpath-injection"))
		return;
	/* either alone: one breaks a value, the other a whole filter; at an input that does nothing neither does */
	if (!probe_inert(p) &&
	    (try_message(p, ldap_words, ARRAY_SIZE(ldap_words), ")", "\\29", "LDAP") ||
	     try_message(p, ldap_words, ARRAY_SIZE(ldap_words), "(", "\\28", "LDAP")))
		return;
	struct diff_side base = diff_base(pt);
	if (try_ldap_escape(p, pt) || (!diff_depends(p, &base) && try_ldap_any(p, pt)))
		return;
	if (probe_mode(p) == SCAN_DEEP || diff_parses(p))
		try_ldap(p, pt);
}

const struct scan_check check_ldap_injection = {
	.id = "ldap-injection",
	.title_zh = "LDAP 注入",
	.title_en = "LDAP injection",
	.severity = SEVERITY_HIGH,
	.cwe = 90,
	.owasp = "A03:2021",
	.modes = SCAN_STANDARD_UP,
	.place = PLACE_POINT,
	.on_point = probe_ldap,
};

/* ---- MongoDB and relatives ---- */

static const struct triad scripts[] = {
	{ "{0}' && '{1}'=='{4}' && 'a'=='a", "{0}' && '{1}'=!='{4}' && 'a'=='a", NARROWS, ANY, SCAN_STANDARD },
	{ "{0}\" && \"{1}\"==\"{4}\" && \"a\"==\"a", "{0}\" && \"{1}\"=!=\"{4}\" && \"a\"==\"a", NARROWS, ANY, SCAN_STANDARD },
	{ "{0} && '{1}'=='{4}'", "{0} && '{1}'=!='{4}'", NARROWS, NUMBER, SCAN_STANDARD },
	{ "{0}' || '{1}'=='{4}' || 'a'=='b", "{0}' || '{1}'=!='{4}' || 'a'=='b", WIDENS, ANY, SCAN_STANDARD },
	{ "{0}' && '{1}'.length=={2} && 'a'=='a", "{0}' && '{1}'.lenght=={2} && 'a'=='a", NARROWS, ANY, SCAN_DEEP },
	{ "{0}\" && \"{1}\".length=={2} && \"a\"==\"a", "{0}\" && \"{1}\".lenght=={2} && \"a\"==\"a", NARROWS, ANY, SCAN_DEEP },
	{ "{0} && '{1}'.length=={2}", "{0} && '{1}'.lenght=={2}", NARROWS, NUMBER, SCAN_DEEP },
	{ "{0}' || '{1}'.length=={2} || 'a'=='b", "{0}' || '{1}'.lenght=={2} || 'a'=='b", WIDENS, ANY, SCAN_DEEP },
	{ "{0}\" || \"{1}\".length=={2} || \"a\"==\"b", "{0}\" || \"{1}\".lenght=={2} || \"a\"==\"b", WIDENS, ANY, SCAN_DEEP },
	{ "{0} || '{1}'.length=={2}", "{0} || '{1}'.lenght=={2}", WIDENS, NUMBER, SCAN_DEEP },
};

/* The parameter as an operator: id[$eq]=7 in queries and forms, {"$eq":7} in JSON. */
static int send_operator(struct probe *p, const struct scan_point *pt, const char *op, struct str v, struct diff_side *ret)
{
	int64_t n;
	if (POINT_IN_JSON(pt)) {
		bool number = str_to_i64(pt->value, &n) == 0 && str_to_i64(v, &n) == 0;
		struct str json = number ? probe_printf(p, "{\"%s\":%.*s}", op, STR_ARG(v))
					 : probe_printf(p, "{\"%s\":\"%.*s\"}", op, STR_ARG(v));
		return diff_send(p, &(struct scan_mutation){ .value = json, .value_set = true, .raw = true }, ret);
	}
	int r = diff_send(p, &(struct scan_mutation){ .value = v, .value_set = true,
						      .name = probe_printf(p, "%.*s[%s]", STR_ARG(pt->name), op) }, ret);
	return r;
}

static bool operators_in(const struct scan_point *pt)
{
	for (size_t i = 0; i < pt->value.len; i++)
		if (strchr("\"\\", pt->value.ptr[i]) || (unsigned char)pt->value.ptr[i] < ' ')
			return false;
	return pt->where == WHERE_JSON || pt->where == WHERE_QUERY || pt->where == WHERE_BODY;
}

static struct str other_value(struct probe *p, const struct scan_point *pt)
{
	int64_t n;
	return str_to_i64(pt->value, &n) == 0 ? probe_printf(p, "%u", probe_number(p, 70000000, 99999999)) : probe_word(p, 9);
}

static bool try_operators(struct probe *p, const struct scan_point *pt)
{
	struct diff_side base = diff_base(pt), eq, other, other2, odd, ne, ne2, ne3;
	if (!operators_in(pt) || !probe_stable(p))
		return false;
	/* nothing was found, and "not that one" finds nothing either */
	if (probe_mode(p) != SCAN_DEEP && !diff_depends(p, &base) &&
	    (send_operator(p, pt, "$ne", other_value(p, pt), &ne) < 0 || diff_same(p, &base, &ne)))
		return false;
	if (send_operator(p, pt, "$eq", pt->value, &eq) < 0)
		return false;
	/* "equal to the original" is the original, or the operator is none */
	if (probe_mode(p) != SCAN_DEEP && diff_depends(p, &base) && !diff_same(p, &base, &eq))
		return false;
	if (send_operator(p, pt, "$ne", other_value(p, pt), &ne) < 0)
		return false;
	struct str zz = probe_printf(p, "$%.*s", STR_ARG(probe_word(p, 4)));
	if (send_operator(p, pt, arena_cstr(probe_arena(p), zz), pt->value, &odd) < 0)
		return false;
	struct str message = probe_printf(p, "unknown operator: %.*s", STR_ARG(zz));
	struct str proof = active_find(odd.x, message);
	if (proof.ptr) {
		probe_report(p, &(struct scan_report){
					.exchange = odd.x, .proof = proof, .confidence_set = true, .confidence = CONFIDENCE_CERTAIN,
					.detail_zh = STR("参数中的键被当作 MongoDB 的操作符：数据库指出它不认识这个随机的操作符。"),
					.detail_en = STR("A key in the parameter is taken as an operator by MongoDB, which reports this random one "
							 "as unknown.") });
		return true;
	}
	if (diff_same(p, &base, &eq) && diff_depends(p, &base)) {
		/* equal to another value: not the original; an operator that is none: neither */
		if (send_operator(p, pt, "$eq", other_value(p, pt), &other) < 0 || diff_same(p, &base, &other) ||
		    send_operator(p, pt, "$eq", other_value(p, pt), &other2) < 0 || !diff_same(p, &other, &other2) ||
		    diff_same(p, &eq, &odd) || !diff_confirmed(p, &base, &eq, &other))
			return false;
		report(p, &eq, &other, "NoSQL");
		return true;
	}
	/* nothing was found by the original: "not that one" finds something, a misspelt operator does not */
	if (!diff_same(p, &base, &eq) || diff_same(p, &base, &ne) || diff_blocked(&base, &ne) || diff_same(p, &ne, &odd))
		return false;
	if (send_operator(p, pt, "$ne", other_value(p, pt), &ne2) < 0 || !diff_same(p, &ne, &ne2) ||
	    send_operator(p, pt, "$en", other_value(p, pt), &ne3) < 0 || diff_same(p, &ne, &ne3) ||
	    !diff_confirmed(p, &base, &eq, &ne2))
		return false;
	report(p, &ne2, &eq, "NoSQL");
	return true;
}

/* Log-ins ask for two things at once: every text field of the form or JSON body becomes an operator. */
static int send_all(struct probe *p, const struct scan_point *pt, const char *op, struct diff_side *ret)
{
	struct str body = pt->base->request_body, pair;
	_cleanup_buf_ struct buf b = BUF_INIT(64 * 1024);
	bool json = pt->where == WHERE_JSON;
	if (json) {
		for (size_t i = 0; i < body.len; i++) { /* "name":"text" -> "name":{"op":"word"} */
			buf_char(&b, body.ptr[i]);
			if (body.ptr[i] != ':')
				continue;
			while (i + 1 < body.len && body.ptr[i + 1] == ' ')
				i++;
			if (i + 1 >= body.len || body.ptr[i + 1] != '"')
				continue;
			i += 2;
			while (i < body.len && body.ptr[i] != '"')
				i += body.ptr[i] == '\\' ? 2 : 1;
			buf_printf(&b, "{\"%s\":\"%.*s\"}", op, STR_ARG(probe_word(p, 7)));
		}
	} else {
		while (str_split(&body, '&', &pair)) {
			ssize_t eq = str_chr(pair, '=');
			if (b.len)
				buf_char(&b, '&');
			buf_printf(&b, "%.*s[%s]=%.*s", STR_ARG(eq < 0 ? pair : str_sub(pair, 0, (size_t)eq)), op,
				   STR_ARG(probe_word(p, 7)));
		}
	}
	struct scan_mutation m = { .body_set = true, .body = arena_str(probe_arena(p), buf_view(&b)),
				   .content_type = scan_header_get(&pt->base->request_headers, "content-type"), .fresh = true };
	return diff_send(p, &m, ret);
}

static bool try_login(struct probe *p, const struct scan_point *pt)
{
	struct diff_side base = diff_base(pt), ne, ne2, odd, eq;
	bool form = pt->where == WHERE_BODY && str_istarts(scan_header_get(&pt->base->request_headers, "content-type"), STR("application/x-www"));
	if (!probe_first_point(p) || (!form && pt->where != WHERE_JSON) || pt->base->request_body.len > 4096)
		return false;
	if (!str_ihas(pt->base->request_body, STR("pass")) && !str_ihas(pt->base->request_body, STR("pwd")))
		return false;
	if (!probe_stable(p) || send_all(p, pt, "$ne", &ne) < 0 || diff_same(p, &base, &ne) || diff_blocked(&base, &ne) ||
	    ne.x->status >= 400)
		return false;
	if (send_all(p, pt, "$eq", &eq) < 0 || diff_same(p, &ne, &eq) || send_all(p, pt, "$en", &odd) < 0 ||
	    diff_same(p, &ne, &odd) || send_all(p, pt, "$ne", &ne2) < 0 || !diff_same(p, &ne, &ne2) ||
	    !diff_apart(p, &base, &ne, &eq))
		return false;
	ne.sent = ne.m.body;
	eq.sent = eq.m.body;
	report(p, &ne, &eq, "NoSQL");
	return true;
}

/* The query is written as JSON text around the value: a second member of the same name wins over
 * the first, so the original stands there, or another word. */
static bool try_json_text(struct probe *p, const struct scan_point *pt)
{
	struct diff_side base = diff_base(pt), t, f, f2, odd;
	struct str names[] = { pt->name, STR("$regex"), STR("$eq") };
	if (!operators_in(pt) || !diff_depends(p, &base) || !diff_parses(p) || !probe_stable(p))
		return false;
	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		struct str word = probe_word(p, 7), n = names[i], start = i == 1 ? STR("^") : STR("");
		ssize_t slash = str_rchr(n, '/');
		n = str_from(n, (size_t)(slash + 1));
		if (diff_value(p, probe_printf(p, "%.*s\",\"%.*s\":\"%.*s%.*s", STR_ARG(word), STR_ARG(n), STR_ARG(start), STR_ARG(pt->value)), &t) < 0)
			return false;
		if (!diff_same(p, &base, &t))
			continue;
		if (diff_value(p, probe_printf(p, "%.*s\",\"%.*s\":\"%.*s", STR_ARG(pt->value), STR_ARG(n), STR_ARG(word)), &f) < 0 ||
		    diff_same(p, &base, &f) ||
		    diff_value(p, probe_printf(p, "%.*s\",\"%.*s\":\"%.*s", STR_ARG(pt->value), STR_ARG(n), STR_ARG(probe_word(p, 6))), &f2) < 0 ||
		    !diff_same(p, &f, &f2) ||
		    diff_value(p, probe_printf(p, "%.*s\",\"%.*s\"\"%.*s", STR_ARG(word), STR_ARG(n), STR_ARG(pt->value)), &odd) < 0 ||
		    diff_same(p, &base, &odd) || !diff_confirmed(p, &base, &t, &f))
			continue;
		report(p, &t, &f, "JSON");
		return true;
	}
	return false;
}

static void probe_nosql(struct probe *p, const struct scan_point *pt)
{
	bool deep = probe_mode(p) == SCAN_DEEP;
	if (probe_reported(p) || probe_sqli_found(p) || (pt->where == WHERE_HEADER && !deep && !active_own_header(pt)) || pt->value.len > 200 ||
	    probe_point_found(p, "code-injection") || probe_point_found(p, "command-injection") || probe_point_found(p, "ssti"))
		return;
	if (try_login(p, pt) || try_operators(p, pt))
		return;
	if (worth_asking(p, pt) && !try_json_text(p, pt))
		try_triads(p, pt, scripts, ARRAY_SIZE(scripts), "JavaScript");
}

const struct scan_check check_nosql_injection = {
	.id = "nosql-injection",
	.title_zh = "NoSQL 注入",
	.title_en = "NoSQL injection",
	.severity = SEVERITY_HIGH,
	.cwe = 943,
	.owasp = "A03:2021",
	.modes = SCAN_STANDARD_UP,
	.place = PLACE_POINT,
	.on_point = probe_nosql,
};
