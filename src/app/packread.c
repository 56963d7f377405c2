/* Reading packs: see packread.h. Parent and child speak in frames: the archive goes in; rows
 * of templates, the bundle and the counts come back, or one refusal. */
#include "app/packread.h"

#include "app/packzip.h"
#include "base/check.h"
#include "base/clock.h"
#include "base/limits.h"
#include "base/utf8.h"
#include "os/frame.h"
#include "scan/template/template.h"

enum { FRAME_ZIP = 1, FRAME_RULES, FRAME_BUNDLE, FRAME_DONE, FRAME_REFUSED };

#define ROWS_FRAME (1 * MIB)
#define BUNDLE_MAX (LIMIT_PACK_UNPACKED + 8 * MIB)

void packread_free(struct packread *p)
{
	buf_free(&p->bundle);
}

/* ---- what a template says of itself ---- */

static struct str protocols(struct arena *a, const struct template *t)
{
	struct str out = STR("");
	unsigned seen = 0;

	for (size_t i = 0; i < t->blocks_len; i++) {
		unsigned bit = 1u << t->blocks[i].protocol;

		if (!(seen & bit))
			out = arena_printf(a, "%.*s%s%s", STR_ARG(out), seen ? "," : "",
					   template_protocol_name(t->blocks[i].protocol));
		seen |= bit;
	}
	return out;
}

static struct str cut(struct str s, size_t chars)
{
	return utf8_truncate(s, chars);
}

static struct store_template rule_of(struct arena *a, const struct template *t)
{
	return (struct store_template){
		.path = cut(t->path, LIMIT_PACK_PATH),
		.id = cut(t->id, 200),
		.name = cut(t->name.zh.len ? t->name.zh : t->name.en, 300),
		.name_en = cut(t->name.en.len ? t->name.en : t->name.zh, 300),
		.tags = cut(t->tags, 500),
		.product = cut(t->product, 100),
		.protocol = protocols(a, t),
		.severity = t->severity,
		.intrusive = (t->flags & TEMPLATE_INTRUSIVE) != 0,
		.good = t->ok,
		.code = t->ok ? STR("") : str_c(t->reason_code ? t->reason_code : "template.bad"),
		.reason = cut(t->reason_zh, 400),
		.reason_en = cut(t->reason_en, 400),
	};
}

static struct template_pack *compile(struct str bundle)
{
	struct template_pack *p = template_pack_new();

	template_pack_load(p, bundle);
	template_pack_seal(p, true);
	return p;
}

void app_packread_own(struct str bundle, struct arena *a, struct packread *ret)
{
	_cleanup_(template_pack_freep) struct template_pack *p = compile(bundle);
	struct packread out = { .files = p->len, .bundle = BUF_INIT(BUNDLE_MAX) };

	out.rules = arena_array(a, p->len + 1, sizeof(*out.rules));
	for (size_t i = 0; i < p->len; i++) {
		struct store_template r = rule_of(a, &p->list[i]);

		r.path = arena_str(a, r.path);
		r.id = arena_str(a, r.id);
		r.name = arena_str(a, r.name);
		r.name_en = arena_str(a, r.name_en);
		r.tags = arena_str(a, r.tags);
		r.product = arena_str(a, r.product);
		r.code = arena_str(a, r.code);
		r.reason = arena_str(a, r.reason);
		r.reason_en = arena_str(a, r.reason_en);
		out.rules[out.rules_len++] = r;
		out.good += r.good;
		out.bad += !r.good;
	}
	buf_str(&out.bundle, bundle);
	*ret = out;
}

/* ---- in the child ---- */

static void put_rule(struct buf *b, const struct store_template *r)
{
	const struct str parts[] = { r->path, r->id, r->name, r->name_en, r->tags, r->product,
				     r->protocol, r->code, r->reason, r->reason_en };

	for (size_t i = 0; i < ARRAY_SIZE(parts); i++)
		buf_blob(b, parts[i]);
	buf_u32(b, (uint32_t)r->severity);
	buf_u32(b, (r->intrusive ? 1u : 0) | (r->good ? 2u : 0));
}

static int send_rules(int chan, const struct template_pack *p, struct error *e)
{
	_cleanup_buf_ struct buf b = BUF_INIT(2 * ROWS_FRAME);

	for (size_t i = 0; i < p->len; i++) {
		_cleanup_arena_ struct arena *a = arena_new(1 * MIB);
		struct store_template r = rule_of(a, &p->list[i]);

		put_rule(&b, &r);
		if (b.len < ROWS_FRAME && i + 1 < p->len)
			continue;
		if (os_frame_send(chan, FRAME_RULES, buf_view(&b), LIMIT_PACK_MS, e) < 0)
			return -1;
		buf_clear(&b);
	}
	return 0;
}

static int refuse(int chan, const struct error *why)
{
	_cleanup_buf_ struct buf b = BUF_INIT(16 * KIB);

	buf_blob(&b, str_c(why->code));
	buf_blob(&b, str_c(why->zh));
	buf_blob(&b, str_c(why->en));
	return os_frame_send(chan, FRAME_REFUSED, buf_view(&b), LIMIT_PACK_MS, NULL) < 0;
}

static int pack_main(int chan, const int *fds, size_t nfds, struct str arg)
{
	_cleanup_buf_ struct buf zip = BUF_INIT(LIMIT_PACK_UPLOAD + KIB);
	_cleanup_buf_ struct buf bundle = BUF_INIT(BUNDLE_MAX);
	_cleanup_buf_ struct buf done = BUF_INIT(KIB);
	struct packzip_result counts;
	struct error e = { 0 };
	uint32_t type;

	if (os_frame_recv(chan, LIMIT_PACK_UPLOAD, LIMIT_PACK_MS, &type, &zip, &e) <= 0 || type != FRAME_ZIP)
		return 2;
	if (packzip_read(buf_view(&zip), &bundle, &counts, &e) < 0)
		return refuse(chan, &e);
	_cleanup_(template_pack_freep) struct template_pack *p = compile(buf_view(&bundle));

	if (!p->len) {
		error_set(&e, "pack.empty", "压缩包里没有规则文件（.yaml 或 .yml）",
			  "the archive holds no template (.yaml or .yml)");
		return refuse(chan, &e);
	}
	buf_u32(&done, (uint32_t)counts.files);
	buf_u32(&done, (uint32_t)counts.ignored);
	return send_rules(chan, p, &e) < 0 ||
	       os_frame_send(chan, FRAME_BUNDLE, buf_view(&bundle), LIMIT_PACK_MS, &e) < 0 ||
	       os_frame_send(chan, FRAME_DONE, buf_view(&done), LIMIT_PACK_MS, &e) < 0;
}

const struct os_jail_kind app_pack_jail = {
	.name = "pack",
	.main = pack_main,
	.max_memory = 1024 * MIB,
	.max_cpu_s = 60,
	.max_files = 16,
	.allow_jit = true,
};

/* ---- in the parent ---- */

struct incoming {
	struct arena *arena;
	struct packread out;
	size_t cap;
	bool done;
};

static struct store_template *next_rule(struct incoming *in)
{
	if (in->out.rules_len == in->cap) {
		size_t cap = in->cap ? in->cap * 2 : 512;
		struct store_template *more = arena_array(in->arena, cap, sizeof(*more));

		if (in->out.rules_len)
			memcpy(more, in->out.rules, in->out.rules_len * sizeof(*more));
		in->out.rules = more;
		in->cap = cap;
	}
	return &in->out.rules[in->out.rules_len++];
}

static int bad_answer(struct error *e)
{
	return error_set(e, "pack.lost", "读取规则包的进程给出了错误的结果", "the process that read the pack answered nonsense");
}

static int take_rules(struct incoming *in, struct str bytes, struct error *e)
{
	struct reader r = reader_of(bytes);

	while (r.ptr < r.end) {
		struct str parts[10];
		uint32_t severity, flags;
		struct store_template *v;

		for (size_t i = 0; i < ARRAY_SIZE(parts); i++)
			if (reader_blob(&r, &parts[i]) < 0 || parts[i].len > 4 * KIB)
				return bad_answer(e);
		if (reader_u32(&r, &severity) < 0 || reader_u32(&r, &flags) < 0 || severity >= SEVERITY_COUNT ||
		    in->out.rules_len >= LIMIT_PACK_FILES)
			return bad_answer(e);
		for (size_t i = 0; i < ARRAY_SIZE(parts); i++)
			parts[i] = arena_str(in->arena, parts[i]);
		v = next_rule(in);
		*v = (struct store_template){ .path = parts[0], .id = parts[1], .name = parts[2],
					  .name_en = parts[3], .tags = parts[4], .product = parts[5],
					  .protocol = parts[6], .code = parts[7], .reason = parts[8],
					  .reason_en = parts[9], .severity = severity,
					  .intrusive = flags & 1, .good = (flags & 2) != 0 };
		in->out.good += v->good;
		in->out.bad += !v->good;
	}
	return 0;
}

static int take_refusal(struct str bytes, struct error *e)
{
	struct reader r = reader_of(bytes);
	struct str code, zh, en;

	if (reader_blob(&r, &code) < 0 || reader_blob(&r, &zh) < 0 || reader_blob(&r, &en) < 0 ||
	    !str_starts(code, STR("pack.")))
		return bad_answer(e);
	if (!e)
		return -1;
	error_set(e, "pack.refused", "%s", "%s", "");
	snprintf(e->code, sizeof(e->code), "%.*s", STR_ARG(code));
	snprintf(e->zh, sizeof(e->zh), "%.*s", STR_ARG(zh));
	snprintf(e->en, sizeof(e->en), "%.*s", STR_ARG(en));
	return -1;
}

static int take_frame(struct incoming *in, uint32_t type, struct buf *body, struct error *e)
{
	struct reader r = reader_of(buf_view(body));
	uint32_t files, ignored;

	switch (type) {
	case FRAME_RULES:
		return take_rules(in, buf_view(body), e);
	case FRAME_BUNDLE:
		buf_clear(&in->out.bundle);
		buf_str(&in->out.bundle, buf_view(body));
		return 0;
	case FRAME_DONE:
		if (reader_u32(&r, &files) < 0 || reader_u32(&r, &ignored) < 0)
			return bad_answer(e);
		in->out.files = files;
		in->out.ignored = ignored;
		in->done = true;
		return 0;
	case FRAME_REFUSED:
		return take_refusal(buf_view(body), e);
	default:
		return bad_answer(e);
	}
}

/* What ended the child, when no answer came. */
static int lost(struct os_child *child, struct error *e)
{
	struct os_child_exit how;

	if (os_child_wait(child, 2000, &how) == 1 && how.reason != OS_CHILD_DONE)
		return error_set(e, "pack.lost", "读取规则包的进程意外结束：%s", "the process that read the pack ended: %s",
				 how.zh);
	return error_set(e, "pack.lost", "读取规则包的进程意外结束", "the process that read the pack ended");
}

int app_packread_run(struct os_spawner *spawner, struct str zip, struct arena *a, struct packread *ret,
		     struct error *e)
{
	_cleanup_child_ struct os_child child = OS_CHILD_NONE;
	_cleanup_buf_ struct buf body = BUF_INIT(BUNDLE_MAX);
	struct incoming in = { .arena = a, .out.bundle = BUF_INIT(BUNDLE_MAX) };
	int64_t end = clock_mono_ms(&clock_system) + LIMIT_PACK_MS;
	int r = 0;

	if (zip.len > LIMIT_PACK_UPLOAD)
		return error_set(e, "pack.too-large", "压缩包超过 %zu MiB", "the archive has more than %zu MiB",
				 LIMIT_PACK_UPLOAD / MIB);
	if (os_spawner_spawn(spawner, STR("pack"), NULL, 0, STR(""), &child, e) < 0 ||
	    os_frame_send(child.chan, FRAME_ZIP, zip, LIMIT_PACK_MS, e) < 0)
		return -1;
	while (r == 0 && !in.done) {
		int64_t left = end - clock_mono_ms(&clock_system);
		struct error why = { 0 };
		uint32_t type;
		int got = left <= 0 ? -1 : os_frame_recv(child.chan, BUNDLE_MAX, (int)left, &type, &body, &why);

		r = got > 0 ? take_frame(&in, type, &body, e) : lost(&child, e);
	}
	if (r == 0 && !in.out.bundle.len)
		r = bad_answer(e);
	if (r < 0) {
		packread_free(&in.out);
		return -1;
	}
	*ret = in.out;
	return 0;
}
