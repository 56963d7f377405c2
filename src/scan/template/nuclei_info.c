/* The `info` block of a nuclei template: texts in two languages, severity, references,
 * classification, and for which product it is. */
#include "base/limits.h"
#include "scan/template/nuclei_private.h"

static struct str keep(struct template_pack *p, struct str s)
{
	s = str_trim(s);
	return str_empty(s) ? STR("") : s.len < 40 ? template_intern(p, s) : arena_str(p->arena, s);
}

static struct template_lang lang(struct template_pack *p, const struct yaml *info, const struct yaml *meta,
				 const char *name, const char *zh, const char *en)
{
	struct str both = yaml_text(info, name), z = yaml_text(meta, zh), n = yaml_text(meta, en);
	struct str kept = keep(p, both);
	return (struct template_lang){ str_empty(z) ? kept : keep(p, z), str_empty(n) ? kept : keep(p, n) };
}

static struct str lower(struct template_pack *p, struct str s)
{
	char out[200];
	s = str_sub(str_trim(s), 0, sizeof(out));
	for (size_t i = 0; i < s.len; i++)
		out[i] = ascii_lower(s.ptr[i]);
	return template_intern(p, str_make(out, s.len));
}

/* A list or a text with commas -> "a,b,c" in lower case. */
static struct str comma_list(struct template_pack *p, const struct yaml *v)
{
	struct buf b;
	buf_init(&b, 8 * KIB);
	for (size_t i = 0; i < yaml_items(v); i++) {
		const struct yaml *y = yaml_item(v, i);
		struct str rest = y->kind == YAML_SCALAR ? y->text : STR(""), part;
		while (str_split(&rest, ',', &part)) {
			part = str_trim(part);
			if (str_empty(part))
				continue;
			if (b.len)
				buf_char(&b, ',');
			for (size_t k = 0; k < part.len; k++)
				buf_char(&b, ascii_lower(part.ptr[k]));
		}
	}
	struct str r = b.len ? arena_str(p->arena, buf_view(&b)) : STR("");
	buf_free(&b);
	return r;
}

bool template_has_tag(const struct template *t, const char *tag)
{
	struct str rest = t->tags, part, want = str_c(tag);
	while (str_split(&rest, ',', &part))
		if (str_eq(part, want))
			return true;
	return false;
}

static unsigned first_cwe(const struct yaml *v)
{
	struct str s = v && v->kind == YAML_SCALAR ? v->text :
		       yaml_items(v) && yaml_item(v, 0)->kind == YAML_SCALAR ? yaml_item(v, 0)->text : STR("");
	ssize_t at = str_ifind(s, STR("cwe-"));
	unsigned n = 0;
	for (size_t i = at < 0 ? s.len : (size_t)at + 4; i < s.len && ascii_digit(s.ptr[i]) && n < 100000; i++)
		n = n * 10 + (unsigned)(s.ptr[i] - '0');
	return n;
}

static void references(struct template_pack *p, const struct yaml *v, struct template *t)
{
	size_t n = yaml_items(v);
	struct str *list = arena_array(p->arena, n, sizeof(*list));
	for (size_t i = 0; i < n && t->references_len < 20; i++) {
		const struct yaml *y = yaml_item(v, i);
		struct str rest = y->kind == YAML_SCALAR ? y->text : STR(""), line;
		while (str_split(&rest, '\n', &line) && t->references_len < n)
			if (str_istarts(str_trim(line), STR("http")))
				list[t->references_len++] = arena_str(p->arena, str_trim(line));
	}
	t->references = list;
}

static void classification(struct template_pack *p, const struct yaml *c, struct template *t)
{
	double score;
	const struct yaml *cve = yaml_get(c, "cve-id");
	t->cwe = first_cwe(yaml_get(c, "cwe-id"));
	t->cve = cve && yaml_items(cve) && yaml_item(cve, 0)->kind == YAML_SCALAR ?
			 keep(p, yaml_item(cve, 0)->text) : STR("");
	t->cvss = keep(p, yaml_text(c, "cvss-metrics"));
	t->cpe = keep(p, yaml_text(c, "cpe"));
	if (str_to_double(str_trim(yaml_text(c, "cvss-score")), &score) == 0)
		t->cvss_score = score;
}

static void flags(struct template *t)
{
	static const char *const harmful[] = { "intrusive", "dos", "fuzz", "fuzzing", "bruteforce", "brute-force",
					       "default-login", "creds-stuffing", "login-check", "fileupload", "file-upload" };
	for (size_t i = 0; i < ARRAY_SIZE(harmful); i++)
		if (template_has_tag(t, harmful[i]))
			t->flags |= TEMPLATE_INTRUSIVE;
	if (t->severity == SEVERITY_INFO && t->product.len)
		t->flags |= TEMPLATE_DETECTS;
}

int nuclei_info(struct template_pack *p, const struct yaml *info, struct template *t, struct error *e)
{
	const struct yaml *meta = yaml_get(info, "metadata");
	struct str severity = str_trim(yaml_text(info, "severity"));
	if (!info || info->kind != YAML_MAP || str_empty(yaml_text(info, "name")))
		return error_set(e, "template.no-name", "缺少 info.name。", "info.name is missing.");
	t->name = lang(p, info, meta, "name", "name-zh", "name-en");
	t->description = lang(p, info, meta, "description", "description-zh", "description-en");
	t->impact = lang(p, info, meta, "impact", "impact-zh", "impact-en");
	t->remediation = lang(p, info, meta, "remediation", "remediation-zh", "remediation-en");
	t->author = comma_list(p, yaml_get(info, "author"));
	t->tags = comma_list(p, yaml_get(info, "tags"));
	t->severity = SEVERITY_INFO;
	if (severity.len && severity_parse(lower(p, severity), &t->severity) < 0 && !str_ieq(severity, STR("unknown")) &&
	    !str_ieq(severity, STR("none")))
		return error_set(e, "template.bad-severity", "severity “%.*s”不存在。", "There is no severity \"%.*s\".",
				 STR_ARG(str_sub(severity, 0, 40)));
	classification(p, yaml_get(info, "classification"), t);
	references(p, yaml_get(info, "reference"), t);
	t->vendor = lower(p, yaml_text(meta, "vendor"));
	t->product = lower(p, yaml_text(meta, "product"));
	t->framework = lower(p, yaml_text(meta, "framework"));
	flags(t);
	return 0;
}
