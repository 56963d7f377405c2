/* Regular expressions of lexicons: PCRE2 over folded text, compiled by the first thread that needs one,
 * with limits on steps and memory, so that no pattern of an operator can hold a worker. */
#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>

#include "base/limits.h"
#include "comply/lexicon_private.h"

static pcre2_code *compile(struct str pattern, int *ret_code, size_t *ret_at)
{
	PCRE2_SIZE at = 0;
	pcre2_code *c = pcre2_compile((PCRE2_SPTR)pattern.ptr, pattern.len, PCRE2_UTF | PCRE2_NO_UTF_CHECK | PCRE2_CASELESS,
				      ret_code, &at, NULL);
	*ret_at = at;
	return c;
}

int lex_regex_try(struct str pattern, struct error *e)
{
	int code = 0;
	size_t at = 0;
	if (pattern.len > LIMIT_LEXICON_REGEX)
		return error_set(e, "term.regex-long", "正则太长。", "The pattern is too long.");
	pcre2_code *c = compile(pattern, &code, &at);
	if (!c) {
		char why[120] = "";
		pcre2_get_error_message(code, (PCRE2_UCHAR *)why, sizeof(why));
		return error_set(e, "term.regex", "正则第 %zu 字节处有误：%s。", "Bad pattern at byte %zu: %s.", at, why);
	}
	uint32_t least = 0;
	pcre2_pattern_info(c, PCRE2_INFO_MINLENGTH, &least);
	pcre2_code_free(c);
	if (least == 0)
		return error_set(e, "term.regex-empty", "正则可以匹配空文本。", "The pattern can match nothing at all.");
	return 0;
}

static pcre2_code *ready(struct regex_slot *slot, struct str pattern)
{
	void *have = atomic_load_explicit(&slot->code, memory_order_acquire);
	if (have)
		return have;
	int code;
	size_t at;
	pcre2_code *made = compile(pattern, &code, &at);
	if (!made)
		return NULL;
	pcre2_jit_compile(made, PCRE2_JIT_COMPLETE);
	void *none = NULL;
	if (atomic_compare_exchange_strong(&slot->code, &none, made))
		return made;
	pcre2_code_free(made);
	return none;
}

bool lex_regex_next(struct regex_slot *slot, struct str pattern, struct str text, size_t *at, size_t *ret_from,
		    size_t *ret_to)
{
	pcre2_code *c = ready(slot, pattern);
	if (!c || *at > text.len)
		return false;
	pcre2_match_context *limits = pcre2_match_context_create(NULL);
	pcre2_match_data *data = pcre2_match_data_create(1, NULL);
	bool found = false;
	if (limits && data) {
		pcre2_set_match_limit(limits, LIMIT_LEXICON_REGEX_STEPS);
		pcre2_set_heap_limit(limits, LIMIT_REGEX_HEAP_KIB);
		int r = pcre2_match(c, (PCRE2_SPTR)text.ptr, text.len, *at, PCRE2_NO_UTF_CHECK, data, limits);
		PCRE2_SIZE *v = pcre2_get_ovector_pointer(data);
		found = r >= 0 && v[1] > v[0];
		if (found) {
			*ret_from = v[0];
			*ret_to = v[1];
			*at = v[1];
		}
	}
	pcre2_match_data_free(data);
	pcre2_match_context_free(limits);
	return found;
}

void lex_regex_close(struct regex_slot *slot)
{
	void *have = atomic_load(&slot->code);
	if (have)
		pcre2_code_free(have);
}
