/* Telephone numbers, QQ accounts, bank cards (Luhn) and identity numbers (GB 11643), however their
 * digits are written. A number is a contact only where the text invites to it (structure_contact). */
#include "base/check.h"
#include "comply/structure_private.h"

static const struct hit_words phone_words = {
	.term = STR_INIT("电话号码"), .reason = STR_INIT("邀人联系的电话号码，属于站外导流"), .advice = STR_INIT("删去号码，使用平台内的联系方式"),
};
static const struct hit_words qq_words = {
	.term = STR_INIT("QQ号"), .reason = STR_INIT("邀人联系的 QQ 号或群号，属于站外导流"), .advice = STR_INIT("删去号码，使用平台内的联系方式"),
};
static const struct hit_words wechat_words = {
	.term = STR_INIT("微信号"), .reason = STR_INIT("邀人联系的微信号，属于站外导流"), .advice = STR_INIT("删去号码，使用平台内的联系方式"),
};
static const struct hit_words card_words = {
	.term = STR_INIT("银行卡号"), .reason = STR_INIT("公开的银行卡号，涉及个人信息或收款"), .article = STR_INIT("《个人信息保护法》第二十八条"),
	.advice = STR_INIT("删去或遮盖卡号"),
};
static const struct hit_words id_words = {
	.term = STR_INIT("身份证号"), .reason = STR_INIT("公开的身份证号，属于个人信息"), .article = STR_INIT("《个人信息保护法》第二十八条"),
	.advice = STR_INIT("删去或遮盖证号"),
};

static bool luhn(const char *d, size_t n)
{
	int sum = 0;
	for (size_t i = 0; i < n; i++) {
		int v = d[n - 1 - i] - '0';
		if (i % 2)
			v = v * 2 > 9 ? v * 2 - 9 : v * 2;
		sum += v;
	}
	return sum % 10 == 0;
}

static int two(const char *d)
{
	return (d[0] - '0') * 10 + (d[1] - '0');
}

/* 17 digits and a check: 0–9, or 10 for X. */
static bool identity(const char *d, int last)
{
	static const int weight[17] = { 7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2 };
	static const int check_of[11] = { 1, 0, 10, 9, 8, 7, 6, 5, 4, 3, 2 };
	int sum = 0, century = two(d + 6), month = two(d + 10), day = two(d + 12);
	if (d[0] < '1' || d[0] > '8' || (century != 19 && century != 20) || month < 1 || month > 12 || day < 1 || day > 31)
		return false;
	for (int i = 0; i < 17; i++)
		sum += (d[i] - '0') * weight[i];
	return check_of[sum % 11] == last;
}

static bool mobile(const char *d)
{
	return d[0] == '1' && d[1] >= '3' && d[1] <= '9';
}

/* 010-12345678, 0571-8765432, 400-800-1234. */
static bool landline(const char *d, size_t n)
{
	if (n == 10 && (memcmp(d, "400", 3) == 0 || memcmp(d, "800", 3) == 0))
		return true;
	return d[0] == '0' && d[1] != '0' && n >= 10 && n <= 12;
}

/* How many of the digits [from, from + n) begin behind a gap. */
static size_t pieces(const struct check *k, const struct digit_run *r, size_t from, size_t n)
{
	size_t gaps = 0;
	for (size_t i = from + 1; i < from + n; i++)
		gaps += k->t.gap[r->at[i]] != FOLD_GAP_NONE;
	return gaps + 1;
}

static bool begins_piece(const struct check *k, const struct digit_run *r, size_t i)
{
	return i == 0 || i >= r->len || k->t.gap[r->at[i]] != FOLD_GAP_NONE;
}

/* What lies right before, or some characters before: a word that names the number. */
static bool named(const struct check *k, size_t from, enum name_list list)
{
	for (size_t back = 0; back <= 4 && back <= from; back++)
		if (structure_named(k, list, from - back))
			return true;
	return false;
}

static void add(struct check *k, const struct digit_run *r, size_t from, size_t n, const struct hit_words *words)
{
	structure_contact(k, r->at[from], r->at[from + n - 1] + 1, DETECT_CONTACT, words);
}

/* Digits as written in one piece, or in many short ones: 138 0013 8000, 1-3-8-0… */
static bool one_number(const struct check *k, const struct digit_run *r, size_t from, size_t n)
{
	return begins_piece(k, r, from) && begins_piece(k, r, from + n) && (from + n == r->len || pieces(k, r, from, n) <= n);
}

static bool try_phone(struct check *k, const struct digit_run *r, size_t i)
{
	if (r->len - i >= 11 && mobile(r->digit + i) && one_number(k, r, i, 11)) {
		add(k, r, i, 11, named(k, r->at[i], NAMES_WECHAT) ? &wechat_words : &phone_words);
		return true;
	}
	/* landlines are written in plain digits */
	for (size_t n = 12; n >= 10; n--)
		if (r->real == r->len && r->len - i >= n && landline(r->digit + i, n) && one_number(k, r, i, n) &&
		    (n != 12 || pieces(k, r, i, n) > 1)) {
			add(k, r, i, n, &phone_words);
			return true;
		}
	return false;
}

static bool try_identity(struct check *k, const struct digit_run *r)
{
	size_t end = r->at[r->len - 1] + 1u;
	bool x = r->len == 17 && end < k->t.len && k->t.sym[end] == LANG_SYM_LETTER + ('x' - 'a');
	if ((r->len == 18 && identity(r->digit, r->digit[17] - '0')) || (x && identity(r->digit, 10))) {
		structure_add(k, r->from, end + x, DETECT_CONTACT, COMPLY_LEVEL_REVIEW, &id_words);
		return true;
	}
	bool bank = r->len >= 16 && r->len <= 19 && luhn(r->digit, r->len) && pieces(k, r, 0, r->len) <= 6;
	if (bank && (named(k, r->from, NAMES_BANK) || (r->digit[0] == '6' && r->digit[1] == '2' && r->len >= 16))) {
		structure_add(k, r->from, end, DETECT_CONTACT, COMPLY_LEVEL_REVIEW, &card_words);
		return true;
	}
	return false;
}

static void on_digits(struct check *k, const struct digit_run *r)
{
	/* numerals alone are words: 一二三四五 is one only when as long as a telephone number */
	if (r->real < r->len && r->real + r->letters < r->len && r->len < 11 && r->real == 0)
		return;
	if (r->letters * 2 > r->len || try_identity(k, r))
		return;
	size_t start = r->len >= 13 && (memcmp(r->digit, "86", 2) == 0) && mobile(r->digit + 2) ? 2 : 0;
	bool found = false;
	if (start == 2 && r->len == 13) {
		add(k, r, 2, 11, &phone_words);
		return;
	}
	for (size_t i = start; i + 10 <= r->len && !found; i++)
		if (begins_piece(k, r, i) && try_phone(k, r, i)) {
			found = true;
			if (r->len - i >= 22)
				try_phone(k, r, i + 11);
		}
	if (!found && r->real >= 5 && r->len <= 11 && r->digit[0] != '0' && named(k, r->from, NAMES_QQ))
		add(k, r, 0, r->len, &qq_words);
}

const struct detector detect_number = { .name = "number", .on_digits = on_digits };
