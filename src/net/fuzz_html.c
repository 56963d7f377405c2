/* Any bytes as a page: tokens must lie in order inside the input. */
#include "base/check.h"
#include "base/limits.h"
#include "net/html.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct walk {
	size_t last, len;
	unsigned sum;
};

static int on_token(void *ctx, const struct html_token *t)
{
	struct walk *w = ctx;

	check(t->at >= w->last && t->end > t->at && t->end <= w->len);
	check(t->text_at <= t->text_end && t->text_end <= w->len);
	for (size_t i = 0; i < t->nattrs; i++) {
		check(t->attrs[i].name_end <= t->end && t->attrs[i].value_end <= t->end);
		check(t->attrs[i].name.len > 0);
		for (size_t k = 0; k < t->attrs[i].value.len; k++)
			w->sum += (unsigned char)t->attrs[i].value.ptr[k];
	}
	for (size_t k = 0; k < t->text.len; k++)
		w->sum += (unsigned char)t->text.ptr[k];
	check(t->depth <= LIMIT_HTML_DEPTH);
	w->last = t->end;
	return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct str in = str_make((const char *)data, size);
	struct walk w = { .len = size };
	size_t at[3] = { 0, size / 2, size };
	struct html_context c[3];

	html_tokenize(in, NULL, on_token, &w);
	w.last = 0;
	html_tokenize(in,
		      &(struct html_options){ .scripting = true, .context = STR_INIT("script") },
		      on_token, &w);
	html_locate(in, at, 3, c);
	return 0;
}
