/* Structural detectors: what has a form rather than a word - numbers, accounts, addresses, flooding.
 * One pass over the symbols finds runs of digits and of letters; the detectors look only there. */
#include "comply/structure_private.h"

#include "base/check.h"
#include "base/mem.h"
#include "lang/symbols.h"

/* To add a detector: a file and a line. */
static const struct detector *const detectors[] = { &detect_number, &detect_address, &detect_mask, &detect_flood };

static const struct str label_codes[DETECT_LABELS] = { STR_INIT("ad.contact"), STR_INIT("ad.url"), STR_INIT("flood.chinese"),
						       STR_INIT("flood.digits"), STR_INIT("flood.garbled") };
/* Ways to write a digit that folding keeps apart, and letters that stand for digits among digits. */
static const char *const digit_words[10] = { "零〇", "一壹幺", "二贰两", "三叁", "四肆", "五伍", "六陆", "七柒", "八捌", "九玖" };
static const char digit_letters[] = "o0l1i1z2s5b8";

static const char *const names[NAME_LISTS][20] = {
	[NAMES_QQ] = { "qq", "q", "扣扣", "扣", "企鹅", "群", "裙", "球球", "抠抠" },
	[NAMES_WECHAT] = { "微信", "威信", "薇信", "微信号", "vx", "wx", "v信", "v", "薇", "卫星", "weixin" },
	[NAMES_BANK] = { "卡号", "账号", "帐号", "银行卡", "打款", "转账", "汇款", "银行", "户名" },
	[NAMES_ACCOUNT] = { "微信", "微信号", "威信", "薇信", "薇芯", "徽信", "v信", "加v", "加薇", "加微", "v我", "卫星号" },
	[NAMES_LAUGHTER] = { "哈", "呵", "嘿", "嘻", "啊", "呜", "哦", "嗯", "6", "赞", "顶", "加油" },
};

static void prepare_names(struct comply *c)
{
	c->names = mem_alloc(sizeof(*c->names));
	for (size_t l = 0; l < NAME_LISTS; l++)
		for (size_t i = 0; i < ARRAY_SIZE(names[l]) && names[l][i]; i++) {
			struct name_word w = { 0 };
			ssize_t n = fold_symbols(c->lang, str_c(names[l][i]), w.sym, ARRAY_SIZE(w.sym));
			if (n <= 0)
				continue;
			w.len = (uint8_t)n;
			c->names->word[l][c->names->len[l]++] = w;
		}
}

bool structure_named(const struct check *k, enum name_list list, size_t i)
{
	const struct name_lists *n = k->c->names;
	for (size_t w = 0; w < n->len[list]; w++) {
		const struct name_word *word = &n->word[list][w];
		if (i >= word->len && k->t.sym[i - 1] == word->sym[word->len - 1] &&
		    memcmp(k->t.sym + i - word->len, word->sym, word->len * sizeof(uint16_t)) == 0)
			return true;
	}
	return false;
}

#define SIGNAL_REACH 40 /* symbols; what is further away says nothing */

static void set_class(struct comply *c, const char *chars, enum sym_class class, int value)
{
	uint16_t sym[16];
	ssize_t n = fold_symbols(c->lang, str_c(chars), sym, ARRAY_SIZE(sym));
	for (ssize_t i = 0; i < n; i++) {
		if (sym[i] == LANG_SYM_OTHER || c->sym_class[sym[i]] == SYM_DIGIT)
			continue;
		c->sym_class[sym[i]] = (uint8_t)class;
		if (value >= 0)
			c->sym_digit[sym[i]] = (uint8_t)value;
	}
}

void structure_prepare(struct comply *c)
{
	c->sym_class = mem_alloc(UINT16_MAX + 1);
	c->sym_digit = mem_alloc(UINT16_MAX + 1);
	memset(c->sym_digit, NOT_DIGIT, UINT16_MAX + 1);
	c->sym_class[LANG_SYM_OTHER] = SYM_OTHER;
	for (int i = 0; i < 26; i++)
		c->sym_class[LANG_SYM_LETTER + i] = SYM_LETTER;
	for (int i = 0; i < 10; i++) {
		c->sym_class[LANG_SYM_DIGIT + i] = SYM_DIGIT;
		c->sym_digit[LANG_SYM_DIGIT + i] = (uint8_t)i;
		set_class(c, digit_words[i], SYM_NUMERAL, i);
	}
	for (size_t i = 0; i + 1 < sizeof(digit_letters); i += 2)
		c->sym_digit[LANG_SYM_LETTER + (digit_letters[i] - 'a')] = (uint8_t)(digit_letters[i + 1] - '0');
	set_class(c, "点", SYM_DOT, -1);
	c->marked = mem_array(SYMBOLS_SET, sizeof(*c->marked));
	for (uint32_t i = 0; i <= UINT16_MAX; i++)
		if (c->sym_class[i] != SYM_PLAIN)
			symbols_put(c->marked, (uint16_t)i);
	prepare_names(c);
	for (size_t i = 0; i < DETECT_LABELS; i++) {
		const struct comply_label *l = comply_label_find(c, label_codes[i]);
		c->struct_label[i] = l ? (uint16_t)(l - c->labels) : UINT16_MAX;
	}
}

bool structure_is(const struct check *k, size_t from, size_t to, const char *letters)
{
	size_t i = from;
	for (; i < to && *letters; i++, letters++) {
		char c = *letters;
		uint16_t want = c >= 'a' && c <= 'z' ? (uint16_t)(LANG_SYM_LETTER + (c - 'a')) : (uint16_t)(LANG_SYM_DIGIT + (c - '0'));
		if (k->t.sym[i] != want)
			return false;
	}
	return i == to && !*letters;
}

void structure_add(struct check *k, size_t from, size_t to, enum detector_label label, enum comply_level level,
		   const struct hit_words *words)
{
	uint16_t l = k->c->struct_label[label];
	if (l == UINT16_MAX)
		return;
	check_labels(k);
	if (k->labels[l].cell->off)
		return;
	struct hit *h = check_add(k, from, to, l, COMPLY_LAYER_STRUCT, level);
	if (h)
		h->words = words;
}

size_t structure_signal(const struct check *k, enum lex_signal kind, size_t from, size_t to)
{
	/* they stand in order of their ends */
	size_t best = SIZE_MAX, lo = 0, hi = k->signals.len;
	while (lo < hi) {
		size_t mid = (lo + hi) / 2;
		if (k->signals.ptr[mid].to + SIGNAL_REACH < from)
			lo = mid + 1;
		else
			hi = mid;
	}
	for (size_t i = lo; i < k->signals.len && k->signals.ptr[i].from < to + SIGNAL_REACH; i++) {
		const struct signal_at *s = &k->signals.ptr[i];
		if (s->kind != kind)
			continue;
		size_t d = s->to <= from ? from - s->to : s->from >= to ? (s->from - to) * 2 : 0;
		best = d < best ? d : best;
	}
	return best;
}

void structure_contact(struct check *k, size_t from, size_t to, enum detector_label label, const struct hit_words *words)
{
	bool strangers = k->scene == SCENE_COMMENT || k->scene == SCENE_GAME;
	size_t invite = structure_signal(k, LEX_SIGNAL_INVITE, from, to), office = structure_signal(k, LEX_SIGNAL_PUBLIC, from, to);
	bool invited = invite <= 12 && !(office <= invite + 12);
	bool report = k->signal_count[LEX_SIGNAL_REPORT] >= 2 || k->signal_count[LEX_SIGNAL_PUBLIC] >= 2;
	enum comply_level level = strangers || (invited && !report) ? COMPLY_LEVEL_REVIEW : COMPLY_WEAK;
	structure_add(k, from, to, label, level, words);
}

/* ---- the pass ---- */

/* May the gap before symbol i lie within a number? */
static bool number_gap(const struct fold_text *t, size_t i)
{
	return t->gap[i] == FOLD_GAP_NONE || (t->gap[i] == FOLD_GAP_SOFT && t->skipped[i] <= 3) ||
	       (t->gap[i] == FOLD_GAP_CLAUSE && t->skipped[i] <= 2);
}

/* The digits from symbol i on; letters count only between others. Returns where it ends. */
static size_t read_digits(const struct check *k, size_t i, struct digit_run *r)
{
	const struct fold_text *t = &k->t;
	size_t end = i;
	r->from = i;
	r->len = r->real = r->letters = 0;
	for (size_t j = i; j < t->len && r->len < sizeof(r->digit); j++) {
		uint8_t value = k->c->sym_digit[t->sym[j]], class = class_of(k, j);
		if (value == NOT_DIGIT || (j > i && !number_gap(t, j)))
			break;
		if (class == SYM_LETTER && t->gap[j] != FOLD_GAP_NONE && r->letters == 0)
			break;
		r->real += class == SYM_DIGIT;
		r->letters += class == SYM_LETTER;
		r->at[r->len] = (uint32_t)j;
		r->digit[r->len++] = (char)('0' + value);
		end = j + 1;
	}
	/* a letter at the end belongs to what follows */
	while (end > i && r->len && class_of(k, end - 1) == SYM_LETTER) {
		end--;
		r->len--;
		r->letters--;
	}
	r->to = end;
	return end > i ? end : i + 1;
}

/* Are there five digits from symbol i on, whatever lies between? Most numbers are shorter. */
static bool five_digits(const struct check *k, size_t i)
{
	const uint16_t *sym = k->t.sym + i;
	const uint8_t *value = k->c->sym_digit;
	return k->t.len - i >= 5 && value[sym[1]] != NOT_DIGIT && value[sym[2]] != NOT_DIGIT && value[sym[3]] != NOT_DIGIT &&
	       value[sym[4]] != NOT_DIGIT && value[sym[0]] != NOT_DIGIT;
}

static void each_digits(struct check *k, const struct digit_run *r)
{
	for (size_t d = 0; d < ARRAY_SIZE(detectors); d++)
		if (detectors[d]->on_digits)
			detectors[d]->on_digits(k, r);
}

static void find_runs(struct check *k)
{
	const struct fold_text *t = &k->t;
	const uint8_t *class = k->c->sym_class;
	size_t token = SIZE_MAX, digits_to = 0;
	for (size_t i = 0; i <= t->len; i++) {
		if (token == SIZE_MAX)
			i = check_next_marked(k, i);
		uint8_t c = i < t->len ? class[t->sym[i]] : SYM_PLAIN;
		bool alnum = c == SYM_LETTER || c == SYM_DIGIT;
		if (token != SIZE_MAX && (!alnum || t->gap[i] != FOLD_GAP_NONE)) {
			for (size_t d = 0; d < ARRAY_SIZE(detectors); d++)
				if (detectors[d]->on_token)
					detectors[d]->on_token(k, token, i);
			token = SIZE_MAX;
		}
		if (c == SYM_PLAIN || c == SYM_OTHER)
			continue;
		if (alnum && token == SIZE_MAX)
			token = i;
		if (i >= digits_to && five_digits(k, i)) {
			struct digit_run r;
			digits_to = read_digits(k, i, &r);
			if (r.len >= 5)
				each_digits(k, &r);
			else if (c == SYM_LETTER)
				digits_to = i + 1;
		}
	}
}

void check_mark(struct check *k)
{
	size_t n = k->t.len;
	uint64_t *marked = arena_array(k->a, n / 64 + 1, sizeof(*marked));
	for (size_t i = 0; i < n; i += 64)
		marked[i / 64] = symbols_in(k->c->marked, k->t.sym + i, n - i < 64 ? n - i : 64);
	k->marked = marked;
}

size_t check_next_marked(const struct check *k, size_t i)
{
	size_t n = k->t.len;
	if (i >= n)
		return n;
	uint64_t w = k->marked[i / 64] >> (i % 64);
	if (w)
		return i + (size_t)__builtin_ctzll(w);
	for (i = i / 64 * 64 + 64; i < n; i += 64)
		if (k->marked[i / 64])
			return i + (size_t)__builtin_ctzll(k->marked[i / 64]);
	return n;
}

void check_structure(struct check *k)
{
	if (k->t.len)
		find_runs(k);
	for (size_t d = 0; d < ARRAY_SIZE(detectors); d++)
		if (detectors[d]->on_text)
			detectors[d]->on_text(k);
}
