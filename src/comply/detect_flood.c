/* Flooding: texts that say nothing. Repetition (the same characters again and again), improbable
 * sequences (hardly a word among many characters), digits without a purpose, garbled symbols and
 * mojibake. Whole texts only: a stretch within a text that otherwise says something is style. */
#include "base/check.h"
#include "base/utf8.h"
#include "comply/structure_private.h"

static const struct hit_words repeat_words = {
	.term = STR_INIT("重复内容"), .reason = STR_INIT("同样的字词反复出现，没有意义"), .advice = STR_INIT("删去重复内容"),
};
static const struct hit_words digit_words = {
	.term = STR_INIT("无意义数字"), .reason = STR_INIT("整段都是没有说明的数字"), .advice = STR_INIT("说明数字的含义，或删去"),
};
static const struct hit_words garbled_words = {
	.term = STR_INIT("乱码符号"), .reason = STR_INIT("乱码或堆砌的符号"), .advice = STR_INIT("检查编码，删去乱码"),
};

static const struct hit_words strange_words = {
	.term = STR_INIT("不成词的文字"), .reason = STR_INIT("字与字不成词，像是随意敲出的"), .advice = STR_INIT("写成通顺的句子，或删去"),
};
#define STRANGE_ODD 50	  /* of a hundred characters make no word with a neighbour … */
#define STRANGE_PAIRS 12
#define STRANGE 70	  /* … of a hundred pairs hardly ever stand so … */
#define STRANGE_STILL 45  /* … nor without disguise */
#define STRANGE_LONGEST 400

/* Characters at random: also as what they may stand for they say nothing. */
static bool strange_text(struct check *k)
{
	size_t pairs;
	if (k->odd < STRANGE_ODD || k->t.len > STRANGE_LONGEST || reading_strange(k->c->lang, &k->t, &pairs) < STRANGE || pairs < STRANGE_PAIRS)
		return false;
	const struct reading *r = check_restored(k, 0, k->t.len);
	return !r || (r->kind == READING_RESTORED && reading_strange(k->c->lang, &r->text, &pairs) >= STRANGE_STILL);
}

/* Sounds that people do write again and again. */
static bool laughter(const struct check *k)
{
	return structure_named(k, NAMES_LAUGHTER, k->t.len / 2 + 1);
}

/* Do four in five symbols equal the one p before them, for some p from 1 to 6? */
static bool periodic(const struct fold_text *t)
{
	size_t most = t->len - (size_t)((double)t->len * .8) + 1; /* others there may be, at least */
	for (size_t p = 1; p <= 6 && p * 3 <= t->len; p++) {
		size_t n = 0, others = 0;
		for (size_t i = p; i < t->len && others <= most; i++) {
			n += t->sym[i] == t->sym[i - p];
			others = i + 1 - p - n;
		}
		if (n && others <= most && (double)(n + p) / (double)t->len >= .8)
			return true;
	}
	return false;
}

/* Are there fewer different symbols than `least`? */
static bool monotonous(const struct fold_text *t, size_t least)
{
	uint8_t seen[1024] = { 0 };
	size_t n = 0;
	for (size_t i = 0; i < t->len && n < least; i++) {
		uint16_t h = (uint16_t)(t->sym[i] * 40503u) >> 3;
		n += !(seen[h >> 3] & 1 << (h & 7));
		seen[h >> 3] |= (uint8_t)(1 << (h & 7));
	}
	return n < least;
}

struct shape {
	size_t han, letters, digits, others;
};

static struct shape shape_of(const struct check *k)
{
	struct shape s = { 0 };
	for (size_t i = 0; i < k->t.len; i++) {
		uint8_t c = class_of(k, i);
		s.letters += c == SYM_LETTER;
		s.digits += c == SYM_DIGIT;
		s.others += c == SYM_OTHER;
	}
	s.han = k->t.len - s.letters - s.digits - s.others;
	return s;
}

static bool strange(uint32_t cp)
{
	return cp == 0xFFFD || (cp >= 0x80 && cp < 0xC0 && cp != 0xB7 && cp != 0xB0 && cp != 0xA0 && cp != 0xD7) || (cp >= 0xE000 && cp <= 0xF8FF) ||
	       (cp < 0x20 && cp != '\t' && cp != '\n' && cp != '\r') || (cp >= 0x2500 && cp <= 0x25FF) || (cp >= 0xC0 && cp <= 0x17F) ||
	       (cp >= 0x2190 && cp <= 0x23FF) || (cp >= 0x2600 && cp <= 0x27BF) || (cp >= 0x3200 && cp <= 0x33FF) || cp >= 0xF0000;
}

/* Many odd characters among few plain ones, or a heap of different signs with no text. */
static void garbled(struct check *k, const struct shape *s)
{
	size_t odd = 0, signs = 0, all = 0, kinds = 0;
	uint32_t known[8];
	for (size_t at = 0; at < k->t.source.len && all < 4000;) {
		uint32_t cp = utf8_next(k->t.source, &at);
		bool sign = cp > ' ' && cp < 0x80 && !ascii_alnum((char)cp);
		all += cp > ' ';
		odd += strange(cp);
		signs += sign;
		size_t i = 0;
		while ((sign || strange(cp)) && i < kinds && known[i] != cp)
			i++;
		if ((sign || strange(cp)) && i == kinds && kinds < ARRAY_SIZE(known))
			known[kinds++] = cp;
	}
	bool heap = s->han + s->letters + s->digits < 3 && odd + signs >= 12 && kinds >= 5;
	bool mojibake = odd >= 6 && odd * 3 > all && kinds >= 4 && s->han * 2 < all;
	if (!heap && !mojibake)
		return;
	size_t before = k->hits.len;
	structure_add(k, 0, k->t.len, DETECT_FLOOD_GARBLED, COMPLY_LEVEL_REVIEW, &garbled_words);
	if (k->hits.len > before) {
		k->hits.ptr[before].byte_from = 0;
		k->hits.ptr[before].byte_to = (uint32_t)k->t.source.len;
	}
}

/* Ordinary at a glance: the first characters are Chinese, mostly different, and nearly all of the text. */
static bool plain(const struct check *k)
{
	size_t n = k->t.len < 32 ? k->t.len : 32, again = 0, han = 0;
	uint8_t seen[256] = { 0 };
	if (n < 8 || n * 3 > k->t.source.len || k->t.len * 6 < k->t.source.len || k->t.len >= 400)
		return false;
	for (size_t i = 0; i < n; i++) {
		uint8_t h = (uint8_t)(k->t.sym[i] * 40503u >> 8);
		han += k->t.sym[i] >= LANG_SYM_HAN;
		again += seen[h];
		seen[h] = 1;
	}
	return han * 4 > n * 3 && again * 3 < n;
}

/* A number that another detector knows has a purpose. */
static bool structural(const struct check *k)
{
	for (size_t i = 0; i < k->hits.len; i++)
		if (k->hits.ptr[i].layer == COMPLY_LAYER_STRUCT)
			return true;
	return false;
}

static void on_text(struct check *k)
{
	size_t n = k->t.len;
	if (strange_text(k)) {
		structure_add(k, 0, n, DETECT_FLOOD_CHINESE, COMPLY_LEVEL_REVIEW, &strange_words);
		return;
	}
	if (k->t.source.len > 6000 || plain(k))
		return;
	struct shape s = shape_of(k);
	if ((s.others * 4 > n || n * 6 < k->t.source.len) && k->t.source.len >= 12)
		garbled(k, &s);
	if (n < 8)
		return;
	bool repeats = periodic(&k->t) && (n >= 40 || !laughter(k));
	if (s.digits * 20 >= n * 19 && n >= 10 && !structural(k) && (n >= 20 || repeats)) {
		structure_add(k, 0, n, DETECT_FLOOD_DIGITS, COMPLY_LEVEL_REVIEW, &digit_words);
		return;
	}
	if (s.han * 10 < n * 7)
		return;
	if (repeats || (n >= 40 && monotonous(&k->t, ((n < 400 ? n : 400) + 7) / 8)))
		structure_add(k, 0, n, DETECT_FLOOD_CHINESE, COMPLY_LEVEL_REVIEW, &repeat_words);
}

const struct detector detect_flood = { .name = "flood", .on_text = on_text };
