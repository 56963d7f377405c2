/* Form collection and filling. Values come from a table by field name and type, so that
 * validation on the other side lets us pass; every run fills the same. What a button
 * would destroy is told apart by words in Chinese and English. */
#include "scan/form.h"

#include "base/limits.h"
#include "base/vec.h"
#include "net/html.h"
#include "net/url.h"

#define LIMIT_PAGE_FORMS 200
#define LIMIT_FORM_FIELDS 200
#define LIMIT_FIELD_OPTIONS 250
#define LIMIT_FORM_TEXT (2 * KIB)

static struct str lower(struct arena *a, struct str s)
{
	char *c = arena_cstr(a, s);
	for (size_t i = 0; i < s.len; i++)
		c[i] = ascii_lower(c[i]);
	return str_make(c, s.len);
}

/* Inner text of a button or label: tags dropped, references decoded, blanks folded. */
static void add_words(struct buf *b, struct str html)
{
	bool tag = false;
	if (b->len && b->len < b->max)
		buf_char(b, ' ');
	struct buf plain;
	buf_init(&plain, LIMIT_FORM_TEXT);
	for (size_t i = 0; i < html.len && plain.len < plain.max; i++) {
		if (html.ptr[i] == '<')
			tag = true;
		else if (html.ptr[i] == '>')
			tag = false;
		else if (!tag)
			buf_char(&plain, ascii_space(html.ptr[i]) ? ' ' : html.ptr[i]);
	}
	html_decode(b, str_trim(buf_view(&plain)), false);
	buf_free(&plain);
}

struct collect {
	struct arena *a;
	const struct scan_page *page;
	const struct url *base, *page_url;
	VEC(struct scan_form) forms;
	VEC(struct scan_field) fields; /* of the form that is open */
	VEC(struct str) options;
	struct buf text, risky; /* words; those of buttons that delete */
	bool open, harmless; /* another button */
};

static void close_form(struct collect *c)
{
	if (!c->open)
		return;
	struct scan_form *f = &c->forms.ptr[c->forms.len - 1];
	struct scan_field *copy = arena_array(c->a, c->fields.len + 1, sizeof(*copy));
	if (c->fields.len)
		memcpy(copy, c->fields.ptr, c->fields.len * sizeof(*copy));
	f->fields = copy;
	f->fields_len = c->fields.len;
	if (!c->harmless)
		buf_str(&c->text, buf_view(&c->risky));
	f->text = arena_str(c->a, buf_view(&c->text));
	vec_clear(&c->fields);
	buf_clear(&c->text);
	buf_clear(&c->risky);
	c->open = c->harmless = false;
}

static void open_form(struct collect *c, const struct scan_tag *t)
{
	close_form(c);
	if (c->forms.len >= LIMIT_PAGE_FORMS)
		return;
	struct scan_form *f = vec_push(&c->forms);
	struct url u;
	struct str action = str_trim(scan_tag_attr(t, "action"));
	f->tag = t;
	f->method = str_ieq(str_trim(scan_tag_attr(t, "method")), STR("post")) ? STR("POST") : STR("GET");
	f->enctype = lower(c->a, str_trim(scan_tag_attr(t, "enctype")));
	if (str_empty(action) || url_parse(c->a, action, c->base, 0, &u, NULL) < 0)
		u = *c->page_url;
	bool script = str_istarts(action, STR("javascript:")) || str_istarts(action, STR("mailto:"));
	f->action = script ? STR("") : url_text(c->a, &u, URL_NO_FRAGMENT | URL_NO_USERINFO);
	static const char *const about[] = { "id", "name", "class" };
	for (size_t i = 0; i < ARRAY_SIZE(about); i++) {
		buf_str(&c->text, scan_tag_attr(t, about[i]));
		buf_char(&c->text, ' ');
	}
	c->open = true;
}

static struct scan_field *add_field(struct collect *c, const struct scan_tag *t, struct str type)
{
	if (!c->open || c->fields.len >= LIMIT_FORM_FIELDS)
		return NULL;
	struct scan_field *f = vec_push(&c->fields);
	struct str max = scan_tag_attr(t, "maxlength");
	uint64_t n;
	f->name = scan_tag_attr(t, "name");
	f->type = type;
	f->value = scan_tag_attr(t, "value");
	f->autocomplete = scan_tag_attr(t, "autocomplete");
	f->placeholder = scan_tag_attr(t, "placeholder");
	f->required = scan_tag_attr(t, "required").ptr != NULL;
	f->checked = scan_tag_attr(t, "checked").ptr != NULL;
	f->disabled = scan_tag_attr(t, "disabled").ptr != NULL;
	f->maxlength = str_to_u64(max, &n) == 0 && n < UINT32_MAX ? (uint32_t)n : 0;
	f->tag = t;
	return f;
}

/* Does the label belong to a box that need not be ticked? Its words then say nothing about the form. */
static bool labels_a_box(const struct collect *c, const struct scan_tag *label)
{
	struct str id = scan_tag_attr(label, "for");
	if (str_empty(id))
		return str_ihas(label->inner, STR("checkbox"));
	for (size_t i = 0; i < c->page->tags_len; i++) {
		const struct scan_tag *t = &c->page->tags[i];
		if (str_eq(t->name, STR("input")) && str_eq(scan_tag_attr(t, "id"), id))
			return str_ieq(scan_tag_attr(t, "type"), STR("checkbox"));
	}
	return false;
}

/* A box whose name, value or label says that something is deleted is left as nobody ticked it. */
static bool box_destroys(const struct collect *c, const struct scan_field *f)
{
	struct str id = scan_tag_attr(f->tag, "id");
	if (form_says_destroy(f->name) || form_says_destroy(f->value))
		return true;
	for (size_t i = 0; id.len && i < c->page->tags_len; i++) {
		const struct scan_tag *t = &c->page->tags[i];
		if (str_eq(t->name, STR("label")) && str_eq(scan_tag_attr(t, "for"), id) && form_says_destroy(t->inner))
			return true;
	}
	return false;
}

static void add_button(struct collect *c, struct scan_field *f, struct str words)
{
	f->leave = form_says_destroy(f->name) || form_says_destroy(f->value) || form_says_destroy(words);
	add_words(f->leave ? &c->risky : &c->text, words);
	c->harmless = c->harmless || (!f->leave && str_eq(f->type, STR("submit")));
}

static void add_input(struct collect *c, const struct scan_tag *t)
{
	struct str type = str_trim(scan_tag_attr(t, "type"));
	struct scan_field *f = add_field(c, t, str_empty(type) ? STR("text") : lower(c->a, type));
	if (f && str_eq(f->type, STR("checkbox")))
		f->leave = box_destroys(c, f);
	if (f && (str_eq(f->type, STR("submit")) || str_eq(f->type, STR("button"))))
		add_button(c, f, f->value);
}

static void add_select(struct collect *c, const struct scan_tag *t, size_t at)
{
	struct scan_field *f = add_field(c, t, STR("select"));
	if (!f)
		return;
	struct str first = STR_NULL, chosen = STR_NULL;
	vec_clear(&c->options);
	for (size_t i = at + 1; i < c->page->tags_len; i++) {
		const struct scan_tag *o = &c->page->tags[i];
		if (!str_eq(o->name, STR("option"))) {
			if (!str_eq(o->name, STR("optgroup")))
				break;
			continue;
		}
		struct str v = scan_tag_attr(o, "value");
		if (!v.ptr) { /* text alone: the end tag of the last is often left out */
			ssize_t end = str_chr(o->inner, '<');
			v = str_trim(end < 0 ? o->inner : str_sub(o->inner, 0, (size_t)end));
		}
		if (c->options.len < LIMIT_FIELD_OPTIONS)
			*vec_push(&c->options) = v;
		if (!first.ptr && !str_empty(v))
			first = v;
		if (!chosen.ptr && scan_tag_attr(o, "selected").ptr && !str_empty(v))
			chosen = v;
	}
	f->value = chosen.ptr ? chosen : first.ptr ? first : STR("");
	struct str *copy = arena_array(c->a, c->options.len + 1, sizeof(*copy));
	if (c->options.len)
		memcpy(copy, c->options.ptr, c->options.len * sizeof(*copy));
	f->options = copy;
	f->options_len = c->options.len;
}

static void add_textarea(struct collect *c, const struct scan_tag *t)
{
	struct scan_field *f = add_field(c, t, STR("textarea"));
	if (!f)
		return;
	struct buf b;
	buf_init(&b, 16 * KIB);
	html_decode(&b, t->inner, false);
	f->value = arena_str(c->a, buf_view(&b));
	buf_free(&b);
}

void form_collect(struct arena *a, struct scan_page *page, const struct url *base,
		  const struct url *page_url)
{
	struct collect c = { .a = a, .page = page, .base = base, .page_url = page_url };
	buf_init(&c.text, LIMIT_FORM_TEXT);
	buf_init(&c.risky, LIMIT_FORM_TEXT);
	for (size_t i = 0; i < page->tags_len; i++) {
		const struct scan_tag *t = &page->tags[i];
		if (t->after_form_end)
			close_form(&c);
		if (str_eq(t->name, STR("form")))
			open_form(&c, t);
		else if (str_eq(t->name, STR("input")))
			add_input(&c, t);
		else if (str_eq(t->name, STR("select")))
			add_select(&c, t, i);
		else if (str_eq(t->name, STR("textarea")))
			add_textarea(&c, t);
		else if (str_eq(t->name, STR("label")) && c.open && !labels_a_box(&c, t))
			add_words(&c.text, t->inner);
		else if (str_eq(t->name, STR("button")) && c.open) {
			struct str type = scan_tag_attr(t, "type");
			struct scan_field *f = add_field(&c, t, str_ieq(type, STR("reset")) || str_ieq(type, STR("button")) ?
									 STR("button") : STR("submit"));
			if (f)
				add_button(&c, f, t->inner);
		}
	}
	close_form(&c);
	page->forms = arena_array(a, c.forms.len + 1, sizeof(*page->forms));
	if (c.forms.len)
		memcpy((void *)(uintptr_t)page->forms, c.forms.ptr, c.forms.len * sizeof(*page->forms));
	page->forms_len = c.forms.len;
	vec_free(&c.forms);
	vec_free(&c.fields);
	vec_free(&c.options);
	buf_free(&c.text);
	buf_free(&c.risky);
}
