/* The comparison of sides. What is known of a point (does it matter, is it shown) is asked in reaction.c. */
#include "scan/diff.h"

#include "scan/reaction.h"
#include "scan/scan_private.h"

struct diff_side diff_base(const struct scan_point *pt)
{
	return (struct diff_side){ .x = pt->base, .sent = pt->value, .m = { .value = pt->value } };
}

int diff_send(struct probe *p, const struct scan_mutation *m, struct diff_side *ret)
{
	ret->m = *m;
	ret->sent = m->append && p->has_point ? arena_printf(p->arena, "%.*s%.*s", STR_ARG(p->point.value), STR_ARG(m->value))
					      : m->value;
	return probe_send(p, m, &ret->x);
}

int diff_value(struct probe *p, struct str value, struct diff_side *ret)
{
	return diff_send(p, &(struct scan_mutation){ .value = value, .value_set = true }, ret);
}

int diff_append(struct probe *p, const struct scan_point *pt, struct str suffix, struct diff_side *ret)
{
	return diff_value(p, arena_printf(p->arena, "%.*s%.*s", STR_ARG(pt->value), STR_ARG(suffix)), ret);
}

bool diff_same(struct probe *p, const struct diff_side *a, const struct diff_side *b)
{
	return probe_same(p, a->x, a->sent, b->x, b->sent);
}

/* Side `want` once more; false when it is not what it was. */
static bool again(struct probe *p, const struct diff_side *want, struct diff_side *ret)
{
	struct scan_mutation m = want->m;
	m.fresh = true;
	return diff_send(p, &m, ret) == 0 && ret->x->status == want->x->status && diff_same(p, want, ret);
}

bool diff_confirmed(struct probe *p, const struct diff_side *base, const struct diff_side *t,
		    const struct diff_side *f)
{
	static const char order[] = "fbtfbbftb";
	struct diff_side now;
	for (const char *c = order; *c; c++) {
		bool ok = again(p, *c == 'f' ? f : *c == 't' ? t : base, &now);
		if (ok && diff_same(p, base, &now) == (*c != 'f'))
			continue;
		if (*c == 'b')
			probe_unstable(p);
		return false;
	}
	return true;
}

bool diff_apart(struct probe *p, const struct diff_side *base, const struct diff_side *a,
		const struct diff_side *b)
{
	static const char order[] = "abBbaaBab";
	struct diff_side now;
	for (const char *c = order; *c; c++) {
		bool ok = again(p, *c == 'a' ? a : *c == 'b' ? b : base, &now);
		if (ok && (*c == 'B' || diff_same(p, a, &now) == (*c == 'a')))
			continue;
		if (*c == 'B')
			probe_unstable(p);
		return false;
	}
	return true;
}

bool diff_depends(struct probe *p, const struct diff_side *base)
{
	(void)base;
	return reaction_seen(p, REACTION_VALUE);
}

bool diff_reflects(struct probe *p)
{
	return reaction_seen(p, REACTION_SHOWN);
}

bool diff_parses(struct probe *p)
{
	return reaction_seen(p, REACTION_SIGNS);
}

bool diff_blocked(const struct diff_side *base, const struct diff_side *x)
{
	static const struct str words[] = { STR_INIT("Request blocked"), STR_INIT("Access Denied"), STR_INIT("WAF"),
					    STR_INIT("拦截"), STR_INIT("ModSecurity"), STR_INIT("Cloudflare Ray ID") };
	int s = x->x->status;
	if (s != base->x->status && (s == 403 || s == 405 || s == 406 || s == 418 || s == 429 || s == 503))
		return true;
	for (size_t i = 0; i < ARRAY_SIZE(words); i++)
		if (str_has(x->x->text, words[i]) && !str_has(base->x->text, words[i]))
			return true;
	return false;
}
