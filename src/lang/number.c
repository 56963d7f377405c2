/* Numbers as Chinese texts write them: Arabic digits with points and commas, Chinese digits in
 * places or in a row, units 十 百 千 万 亿, both mixed (3.5 万). */
#include "lang/fold_private.h"
#include "lang/segment.h"

#define NUMBER_MAX 1e15

/* Value of a Chinese digit, or -1. */
static int digit_of(uint32_t c)
{
	static const struct {
		uint16_t c;
		uint8_t value;
	} table[] = { { 0x3007, 0 }, { 0x96F6, 0 }, { 0x4E00, 1 }, { 0x58F9, 1 }, { 0x5E7A, 1 }, { 0x4E8C, 2 },
		      { 0x8D30, 2 }, { 0x4E24, 2 }, { 0x4E09, 3 }, { 0x53C1, 3 }, { 0x56DB, 4 }, { 0x8086, 4 },
		      { 0x4E94, 5 }, { 0x4F0D, 5 }, { 0x516D, 6 }, { 0x9646, 6 }, { 0x4E03, 7 }, { 0x67D2, 7 },
		      { 0x516B, 8 }, { 0x634C, 8 }, { 0x4E5D, 9 }, { 0x7396, 9 } };
	for (size_t i = 0; i < sizeof(table) / sizeof(*table); i++)
		if (table[i].c == c)
			return table[i].value;
	return -1;
}

/* 十 百 千 (壹佰's 拾 佰 仟) 万 亿, or 0; 廿 and 卅 are 20 and 30 and stand for themselves. */
static double unit_of(uint32_t c)
{
	switch (c) {
	case 0x5341: case 0x62FE:
		return 10;
	case 0x767E: case 0x4F70:
		return 100;
	case 0x5343: case 0x4EDF:
		return 1000;
	case 0x4E07:
		return 1e4;
	case 0x4EBF:
		return 1e8;
	}
	return 0;
}

static bool arabic(uint16_t sym)
{
	return sym >= LANG_SYM_DIGIT && sym < LANG_SYM_LETTER;
}

/* What stands between symbols i - 1 and i of the source, when it is one character. */
static char between(const struct fold_text *t, size_t i)
{
	return t->from[i] == t->to[i - 1] + 1 ? t->source.ptr[t->to[i - 1]] : '\0';
}

/* 12,345.67 from i on. */
static size_t arabic_number(const struct fold_text *t, size_t i, double *ret)
{
	double v = 0, scale = 0;
	size_t start = i;
	for (; i < t->len && arabic(t->sym[i]); i++) {
		if (i > start && t->gap[i] != FOLD_GAP_NONE) {
			char c = between(t, i);
			bool group = c == ',' && !scale && i + 2 < t->len && arabic(t->sym[i + 1]) && arabic(t->sym[i + 2]) &&
				     t->gap[i + 1] == FOLD_GAP_NONE && t->gap[i + 2] == FOLD_GAP_NONE;
			if (c == '.' && !scale)
				scale = 1;
			else if (!group)
				break;
		}
		int d = t->sym[i] - (int)LANG_SYM_DIGIT;
		if (scale) {
			scale /= 10;
			v += d * scale;
		} else {
			v = v * 10 + d;
		}
	}
	*ret = v;
	return i;
}

struct counter {
	double total, section, digit; /* finished 万 and 亿; below them; not yet multiplied */
	bool any, row;		      /* a digit or unit was seen; digits stand in a row: 二〇二六 */
};

static void count_unit(struct counter *n, double u)
{
	if (u >= 1e4) {
		double below = n->section + n->digit;
		if (u > 1e4 && n->total > 0) { /* 一万亿 */
			below += n->total;
			n->total = 0;
		}
		n->total += (below ? below : 1) * u;
		n->section = 0;
	} else {
		n->section += (n->digit ? n->digit : n->row ? 0 : 1) * u;
	}
	n->digit = 0;
	n->row = false;
}

/* One Chinese digit or unit; false when it is neither. */
static bool count_char(struct counter *n, uint32_t c)
{
	int d = digit_of(c);
	double u = unit_of(c);
	if (c == 0x5EFF || c == 0x5345) { /* 廿 卅 */
		n->section += c == 0x5EFF ? 20 : 30;
	} else if (d >= 0) {
		n->digit = n->row ? n->digit * 10 + d : d;
		n->row = true;
	} else if (u > 0) {
		count_unit(n, u);
	} else {
		return false;
	}
	n->any = true;
	return true;
}

size_t segment_number(const struct lang *l, const struct fold_text *t, size_t i, double *ret)
{
	struct counter n = { 0 };
	size_t at = i;
	if (at < t->len && arabic(t->sym[at])) {
		at = arabic_number(t, at, &n.digit);
		n.any = n.row = true;
	}
	while (at < t->len && (at == i || t->gap[at] == FOLD_GAP_NONE || (arabic(t->sym[at - 1]) && between(t, at) == ' '))) {
		if (arabic(t->sym[at]) || !count_char(&n, fold_char(l, t->sym[at])))
			break;
		at++;
	}
	double v = n.total + n.section + n.digit;
	if (!n.any || v > NUMBER_MAX)
		return i;
	*ret = v;
	return at;
}
