/* Passive: personal data in what visitors can read: resident identity card numbers
 * (GB 11643-1999, check digit ISO 7064 MOD 11-2), bank card numbers (GB/T 19584,
 * Luhn check, issuer prefix or a word nearby), mobile numbers. Scripts and styles are
 * left out: their digits are not people. */
#include "scan/checks/passive_private.h"

static bool may_hold_people(const struct scan_exchange *x)
{
	return x->status >= 200 && x->status < 300 && !x->missing && !str_empty(x->text) &&
	       (x->media == MEDIA_HTML || passive_is_raw(x));
}

/* Next run of digits of at least `least` that no letter, digit, dot or dash touches;
 * *at moves behind it. */
static bool next_number(struct str t, size_t *at, size_t least, struct str *ret)
{
	for (size_t i = *at; i < t.len;) {
		if (!ascii_digit(t.ptr[i])) {
			i++;
			continue;
		}
		size_t from = i;

		while (i < t.len && ascii_digit(t.ptr[i]))
			i++;
		char before = from ? t.ptr[from - 1] : ' ', after = i < t.len ? t.ptr[i] : ' ';

		*at = i;
		if (i - from < least || ascii_alpha(before) || memchr("._-/=%#&+", before, 9))
			continue;
		if (ascii_alpha(after) && ascii_lower(after) != 'x')
			continue;
		*ret = str_sub(t, from, i);
		return true;
	}
	*at = t.len;
	return false;
}

/* A number that people write when they need one: 12345678 in it, or one digit eight times, or
 * the numbers that manuals and standards print. */
static bool made_up(struct str n)
{
	static const char *const printed[] = { "11010519491231002", "4111111111111111", "5555555555554444", "4242424242424242",
					       "5105105105105100", "4012888888881881", "13800138000", "6225880000000000" };
	size_t up = 1, same = 1;

	for (size_t i = 0; i < ARRAY_SIZE(printed); i++)
		if (str_starts(n, str_c(printed[i])))
			return true;
	for (size_t i = 1; i < n.len; i++) {
		up = n.ptr[i] == n.ptr[i - 1] + 1 || (n.ptr[i] == '0' && n.ptr[i - 1] == '9') ? up + 1 : 1;
		same = n.ptr[i] == n.ptr[i - 1] ? same + 1 : 1;
		if (up >= 7 || same >= 7)
			return true;
	}
	return false;
}

/* A page that speaks about such numbers shows one as an example. */
static void report_number(struct scan_ctx *c, const struct scan_exchange *x, struct str n)
{
	if (passive_is_sample(x->path) ||
	    (x->media == MEDIA_HTML && passive_says_example(x->text, (size_t)(n.ptr - x->text.ptr), n.len)))
		passive_report_quoted(c, x, n);
	else
		passive_report(c, x, n, STR_NULL);
}

static bool region_ok(struct str id)
{
	static const char *const provinces =
		"11 12 13 14 15 21 22 23 31 32 33 34 35 36 37 41 42 43 44 45 46 "
		"50 51 52 53 54 61 62 63 64 65 71 81 82 83";
	char want[3] = { id.ptr[0], id.ptr[1], 0 };

	return strstr(provinces, want) != NULL;
}

static int number_at(struct str s, size_t at, size_t n)
{
	int v = 0;

	for (size_t i = at; i < at + n; i++)
		v = v * 10 + (s.ptr[i] - '0');
	return v;
}

static bool birth_ok(struct str id)
{
	static const int days[] = { 31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };
	int year = number_at(id, 6, 4), month = number_at(id, 10, 2), day = number_at(id, 12, 2);

	return year >= 1900 && year <= 2035 && month >= 1 && month <= 12 && day >= 1 &&
	       day <= days[month - 1];
}

/* 17 digits and the check character that belongs to them. */
static bool idcard_ok(struct str digits17, char check)
{
	static const int weight[] = { 7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2 };
	int sum = 0;

	for (int i = 0; i < 17; i++)
		sum += weight[i] * (digits17.ptr[i] - '0');
	return ascii_lower(check) == "10x98765432"[sum % 11] && region_ok(digits17) &&
	       birth_ok(digits17);
}

static void look_idcard(struct scan_ctx *c, const struct scan_exchange *x)
{
	size_t at = 0;
	struct str n;

	if (!may_hold_people(x))
		return;
	while (next_number(x->text, &at, 17, &n)) {
		size_t end = (size_t)(n.ptr - x->text.ptr) + n.len;
		char after = end < x->text.len ? x->text.ptr[end] : ' ';
		bool x_form = n.len == 17 && ascii_lower(after) == 'x';

		if ((!(n.len == 18 && idcard_ok(n, n.ptr[17])) && !(x_form && idcard_ok(n, 'x'))) || made_up(n))
			continue;
		report_number(c, x, str_make(n.ptr, 18));
		return;
	}
}

const struct scan_check check_idcard_exposed = {
	.id = "idcard-exposed",
	.title_zh = "页面泄露公民身份号码",
	.title_en = "Resident identity card numbers exposed",
	.severity = SEVERITY_MEDIUM,
	.cwe = 359,
	.owasp = "A01:2021",
	.place = PLACE_PAGE,
	.on_exchange = look_idcard,
};

static bool luhn_ok(struct str n)
{
	int sum = 0;

	for (size_t i = 0; i < n.len; i++) {
		int d = n.ptr[n.len - 1 - i] - '0';

		if (i % 2)
			d = d * 2 > 9 ? d * 2 - 9 : d * 2;
		sum += d;
	}
	return sum % 10 == 0;
}

/* Debit card prefixes of the large banks (GB/T 15694 issuer numbers, as printed on cards). */
static bool known_issuer(struct str n)
{
	static const char *const bins[] = { "622202", "622200", "622208", "621226", "622848",
					    "622845", "622849", "621700", "622700", "436742",
					    "621661", "621660", "456351", "622260", "622262",
					    "621483", "622588", "621485", "622155", "622689",
					    "622622", "622617", "621799", "622188", "621098",
					    "622908", "622909", "622521", "622518" };

	for (size_t i = 0; i < ARRAY_SIZE(bins); i++)
		if (str_starts(n, str_c(bins[i])))
			return true;
	return false;
}

static bool card_word_near(struct str text, struct str n)
{
	static const char *const words[] = { "卡号", "银行", "账号",   "帐号",
					     "账户", "card", "account" };
	size_t at = (size_t)(n.ptr - text.ptr);
	struct str before = str_sub(text, at > 80 ? at - 80 : 0, at);

	for (size_t i = 0; i < ARRAY_SIZE(words); i++)
		if (str_ihas(before, str_c(words[i])))
			return true;
	return false;
}

static void look_bankcard(struct scan_ctx *c, const struct scan_exchange *x)
{
	size_t at = 0;
	struct str n;

	if (!may_hold_people(x))
		return;
	while (next_number(x->text, &at, 16, &n)) {
		bool unionpay = n.len <= 19 && str_starts(n, STR("62"));
		bool other = n.len == 16 && (n.ptr[0] == '4' || n.ptr[0] == '5');

		if ((!unionpay && !other) || !luhn_ok(n) || made_up(n))
			continue;
		if (!(unionpay && known_issuer(n)) && !card_word_near(x->text, n))
			continue;
		report_number(c, x, n);
		return;
	}
}

const struct scan_check check_bankcard_exposed = {
	.id = "bankcard-exposed",
	.title_zh = "页面泄露银行卡号",
	.title_en = "Bank card numbers exposed",
	.severity = SEVERITY_MEDIUM,
	.cwe = 359,
	.owasp = "A01:2021",
	.place = PLACE_PAGE,
	.on_exchange = look_bankcard,
};

static void look_phone(struct scan_ctx *c, const struct scan_exchange *x)
{
	struct str n, text = x->page ? x->page->visible : x->text, seen[10];
	size_t at = 0, distinct = 0;
	bool contact = x->page && (str_ihas(x->path, STR("contact")) || str_ihas(x->path, STR("lianxi")) || str_ihas(x->path, STR("about")));

	if (!may_hold_people(x))
		return;
	while (distinct < ARRAY_SIZE(seen) && next_number(text, &at, 11, &n)) {
		bool again = false;

		if (n.len != 11 || n.ptr[0] != '1' || n.ptr[1] < '3' || made_up(n))
			continue;
		for (size_t i = 0; i < distinct; i++)
			again |= str_eq(seen[i], n);
		if (!again)
			seen[distinct++] = n;
	}
	/* One or two are a contact on purpose, some on a page are a list of contacts; a long list, or
	 * one in data, is somebody's. */
	if (distinct < 3)
		return;
	bool list = (x->media != MEDIA_HTML && !passive_is_sample(x->path)) || (distinct == ARRAY_SIZE(seen) && !contact);
	passive_report_as(c, x, seen[0], list ? SEVERITY_LOW : SEVERITY_INFO, CONFIDENCE_FIRM);
}

const struct scan_check check_phone_exposed = {
	.id = "phone-exposed",
	.title_zh = "页面批量公开手机号码",
	.title_en = "Several mobile phone numbers exposed",
	.severity = SEVERITY_LOW,
	.cwe = 359,
	.owasp = "A01:2021",
	.place = PLACE_PAGE,
	.on_exchange = look_phone,
};
