/* Active: objects that travel through the visitor's hands in a language's own serial form and are
 * put together again on the server (CWE-502). A pickle is answered by one that only waits; the
 * others by their own beginning without the end: the reader's complaint tells that it reads what the
 * visitor sent. The object alone is told as a hint. Nothing is called that writes. */
#include "base/encode.h"
#include "base/limits.h"
#include "scan/checks/active_private.h"
#include "scan/timing.h"

enum wrapping { BARE, BASE64, BASE64_URL };

struct kind {
	const char *name;
	const char *magic; /* first bytes, percent-encoded */
	const char *const *complaints;
};
static const char *const java[] = { "java.io.StreamCorruptedException", "java.io.EOFException", "java.io.InvalidClassException",
				    "java.io.OptionalDataException", "ObjectInputStream", NULL };
static const char *const dotnet[] = { "SerializationException", "BinaryFormatter", "End of Stream encountered before parsing", NULL };
static const char *const ruby[] = { "marshal data too short", "incompatible marshal file format", "dump format error", NULL };
static const char *const python[] = { "pickle data was truncated", "UnpicklingError", "unpickling stack underflow", "Ran out of input",
				      "could not find MARK", NULL };
static const char *const php[] = { "unserialize(): Error at offset", "unserialize() [", NULL };
static const struct kind kinds[] = {
	{ "Java", "%AC%ED%00%05", java },
	{ ".NET BinaryFormatter", "%00%01%00%00%00%FF%FF%FF%FF", dotnet },
	{ "Python pickle", "%80", python },
	{ "Ruby Marshal", "%04%08", ruby },
	{ "PHP", "", php },
};

struct object {
	const struct kind *kind;
	enum wrapping wrapping;
	struct str bytes;
	struct str tail; /* behind the wrapping: a signature that may not be looked at */
};

/* O:8:"stdClass":… and a:2:{…} */
static bool php_form(struct str v)
{
	size_t i = 2;
	if (v.len < 6 || (v.ptr[0] != 'O' && v.ptr[0] != 'a') || v.ptr[1] != ':')
		return false;
	while (i < v.len && ascii_digit(v.ptr[i]))
		i++;
	return i > 2 && i + 2 < v.len && v.ptr[i] == ':' && v.ptr[i + 1] == (v.ptr[0] == 'O' ? '"' : '{') &&
	       v.ptr[v.len - 1] == '}';
}

/* Protocol 2 to 5 ends with a stop; 0 begins with a mark, or is a sum of lines with one. */
static bool pickle_form(struct str v)
{
	bool binary = v.len > 3 && (unsigned char)v.ptr[0] == 0x80 && v.ptr[1] >= 2 && v.ptr[1] <= 5;
	bool text = v.len > 4 && v.ptr[0] == '(' && (v.ptr[1] == 'd' || v.ptr[1] == 'l' || v.ptr[1] == 'i') && str_chr(v, '\n') > 0;
	return v.ptr[v.len - 1] == '.' && (binary || text);
}

static const struct kind *kind_of(struct str v)
{
	for (size_t i = 0; v.len && i < ARRAY_SIZE(kinds); i++) {
		struct buf b;
		buf_init(&b, 100);
		decode_percent(&b, str_c(kinds[i].magic), false);
		bool is = b.len > 1 && str_starts(v, buf_view(&b));
		buf_free(&b);
		if (is || (kinds[i].complaints == php && php_form(v)) || (kinds[i].complaints == python && pickle_form(v)))
			return &kinds[i];
	}
	return NULL;
}

static bool recognise(struct probe *p, struct str value, struct object *ret)
{
	struct buf b;
	*ret = (struct object){ .kind = kind_of(value), .bytes = value };
	if (ret->kind || value.len < 8)
		return ret->kind != NULL;
	ssize_t end = str_chr(value, '.') > 0 ? str_chr(value, '.') : str_find(value, STR("--"));
	if (end > 0) {
		ret->tail = str_from(value, (size_t)end);
		value = str_sub(value, 0, (size_t)end);
	}
	buf_init(&b, 256 * KIB);
	if (decode_base64(&b, value) == 0) {
		ret->bytes = arena_str(probe_arena(p), buf_view(&b));
		ret->kind = kind_of(ret->bytes);
		ret->wrapping = str_chr(value, '-') >= 0 || str_chr(value, '_') >= 0 ? BASE64_URL : BASE64;
	}
	buf_free(&b);
	return ret->kind != NULL;
}

static struct str wrapped(struct probe *p, const struct object *o, struct str bytes)
{
	struct buf b;
	if (o->wrapping == BARE)
		return bytes;
	buf_init(&b, 512 * KIB);
	if (o->wrapping == BASE64_URL)
		encode_base64url(&b, bytes);
	else
		encode_base64(&b, bytes);
	buf_str(&b, o->tail);
	struct str r = arena_str(probe_arena(p), buf_view(&b));
	buf_free(&b);
	return r;
}

static void render_wait(struct probe *p, void *ctx, unsigned seconds, struct scan_mutation *m)
{
	m->value = wrapped(p, ctx, probe_printf(p, "ctime\nsleep\n(I%u\ntR.", seconds));
	m->value_set = true;
}

static bool waits(struct probe *p, struct object *o)
{
	struct timing t;
	if (o->kind->complaints != python || !probe_time_dependent(p, render_wait, o, &t))
		return false;
	probe_report(p, &(struct scan_report){
				.exchange = t.x,
				.proof = t.sent,
				.severity_set = true,
				.severity = SEVERITY_CRITICAL,
				.confidence_set = true,
				.confidence = CONFIDENCE_CERTAIN,
				.detail_zh = probe_printf(p, "参数中的 pickle 被还原执行：其中的等待被照做。%.*s", STR_ARG(timing_zh(p, &t))),
				.detail_en = probe_printf(p, "The pickle in the parameter is loaded: the wait in it was obeyed. %.*s",
							  STR_ARG(timing_en(p, &t))),
			});
	return true;
}

static struct str complaint(const struct object *o, const struct scan_exchange *x)
{
	for (const char *const *c = o->kind->complaints; *c; c++) {
		ssize_t at = str_find(active_content(x), str_c(*c));
		if (at >= 0)
			return str_sub(active_content(x), (size_t)at, (size_t)at + 120);
	}
	return STR_NULL;
}

static bool complains(struct probe *p, const struct scan_point *pt, const struct object *o)
{
	const struct scan_exchange *x;
	struct str half = wrapped(p, o, str_sub(o->bytes, 0, o->bytes.len - o->bytes.len / 3 - 1)), proof;
	if (complaint(o, pt->base).ptr || probe_value(p, half, &x) < 0 || !(proof = complaint(o, x)).ptr)
		return false;
	probe_report(p, &(struct scan_report){
				.exchange = x,
				.proof = proof,
				.confidence_set = true,
				.confidence = CONFIDENCE_CERTAIN,
				.detail_zh = probe_printf(p, "参数里是 %s 的序列化对象，去掉结尾后服务器报告反序列化出错。", o->kind->name),
				.detail_en = probe_printf(p, "The parameter holds a serialized object (%s); without its end the server reports that "
							     "it could not be read.",
							  o->kind->name),
			});
	return true;
}

static void probe_object(struct probe *p, const struct scan_point *pt)
{
	struct object o;
	if (probe_reported(p) || !recognise(p, pt->value, &o) || waits(p, &o) || complains(p, pt, &o))
		return;
	probe_report(p, &(struct scan_report){
				.exchange = pt->base,
				.severity_set = true,
				.severity = SEVERITY_INFO,
				.confidence_set = true,
				.confidence = CONFIDENCE_TENTATIVE,
				.detail_zh = probe_printf(p, "参数里是 %s 的序列化对象；未能证实服务器直接还原它。", o.kind->name),
				.detail_en = probe_printf(p, "The parameter holds a serialized object (%s); that the server loads it was not shown.",
							  o.kind->name),
			});
}

const struct scan_check check_unsafe_deserialization = {
	.id = "unsafe-deserialization",
	.title_zh = "反序列化不可信数据",
	.title_en = "Deserialization of untrusted data",
	.severity = SEVERITY_HIGH,
	.cwe = 502,
	.owasp = "A08:2021",
	.flags = SCAN_DEEP_POINTS,
	.modes = SCAN_STANDARD_UP,
	.on_point = probe_object,
};
