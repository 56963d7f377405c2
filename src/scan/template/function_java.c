/* generate_java_gadget() and ysoserial(): proof of deserialisation without execution. Whatever
 * chain a template asks for, the object made here is a java.util.HashMap with one java.net.URL
 * as its key: reading it back makes the JVM look the URL's host up, and nothing else. Commands
 * are never serialised; only the host that the template would have had contacted is taken from
 * them. The stream is written from the Java Object Serialization Specification, chapter 6. */
#include "scan/template/expr_private.h"

#include "base/encode.h"

static void be(struct buf *b, uint64_t v, int bytes)
{
	while (bytes--)
		buf_char(b, (char)(v >> (8 * bytes)));
}

static void utf(struct buf *b, struct str s)
{
	be(b, s.len, 2);
	buf_str(b, s);
}

static void string(struct buf *b, struct str s)
{
	buf_char(b, 0x74);
	utf(b, s);
}

static void class(struct buf *b, struct str name, uint64_t uid, unsigned fields)
{
	buf_c(b, "\x73\x72");
	utf(b, name);
	be(b, uid, 8);
	buf_char(b, 3); /* serialisable, with writeObject */
	be(b, fields, 2);
}

static void number_field(struct buf *b, char type, struct str name)
{
	buf_char(b, type);
	utf(b, name);
}

static void map_of_url(struct buf *b, struct str host, struct str url)
{
	static const char *const texts[] = { "authority", "file", "host", "protocol", "ref" };

	be(b, 0xACED0005, 4);
	class(b, STR("java.util.HashMap"), 0x0507DAC1C31660D1, 2);
	number_field(b, 'F', STR("loadFactor"));
	number_field(b, 'I', STR("threshold"));
	buf_c(b, "\x78\x70\x3F\x40");
	be(b, 12, 6);
	buf_c(b, "\x77\x08");
	be(b, 16, 4);
	be(b, 1, 4);
	class(b, STR("java.net.URL"), 0x962537361AFCE472, 7);
	number_field(b, 'I', STR("hashCode"));
	number_field(b, 'I', STR("port"));
	for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
		number_field(b, 'L', str_c(texts[i]));
		if (i) {
			buf_char(b, 0x71); /* the type's text again: fourth handle */
			be(b, 0x7E0003, 4);
		} else {
			string(b, STR("Ljava/lang/String;"));
		}
	}
	buf_c(b, "\x78\x70");
	be(b, UINT64_MAX, 8); /* no hash code yet, no port */
	string(b, host);
	string(b, STR(""));
	string(b, host);
	string(b, STR("http"));
	buf_c(b, "\x70\x78");
	string(b, url);
	buf_char(b, 0x78);
}

static bool host_char(char c)
{
	return ascii_alnum(c) || c == '.' || c == '-' || c == '_';
}

/* The host of the first URL, else the last thing with a dot in it that looks like a name. */
static struct str find_host(struct str s)
{
	ssize_t scheme = str_find(s, STR("://"));
	struct str best = STR("");

	for (size_t at = scheme < 0 ? 0 : (size_t)scheme + 3; at < s.len;) {
		size_t from = at;
		while (at < s.len && host_char(s.ptr[at]))
			at++;
		struct str word = str_sub(s, from, at);
		if (scheme >= 0)
			return word;
		if (word.len > 3 && str_chr(word, '.') > 0)
			best = word;
		at += at == from;
	}
	return best;
}

static int encoded(struct expr_env *env, struct buf *raw, struct str how, struct value *ret)
{
	struct buf b = EXPR_BUF;

	if (str_ieq(how, STR("raw")) || !how.len)
		return expr_ret_buf(env, raw, ret);
	if (str_ieq(how, STR("hex"))) {
		encode_hex(&b, buf_view(raw));
	} else if (str_istarts(how, STR("gzip"))) {
		struct value v = value_of_str(buf_view(raw)), packed;
		int rc = fn_gzip(env, &v, 1, &packed);
		buf_free(raw);
		if (rc < 0)
			return -1;
		if (str_ieq(how, STR("gzip")))
			return expr_ret_str(env, packed.str, ret);
		encode_base64(&b, packed.str);
	} else {
		encode_base64(&b, buf_view(raw));
	}
	buf_free(raw);
	/* in a form a plus sign would be a blank */
	bool form = !str_ieq(how, STR("base64-raw"));
	struct buf out = EXPR_BUF;
	for (size_t i = 0; i < b.len; i++) {
		if (b.ptr[i] == '+' && form)
			buf_c(&out, "%2B");
		else
			buf_char(&out, b.ptr[i]);
	}
	buf_free(&b);
	return expr_ret_buf(env, &out, ret);
}

static int gadget(struct expr_env *env, struct str command, struct str how, struct value *ret)
{
	struct str host = find_host(command);
	struct buf b = EXPR_BUF;

	if (!host.len || host.len > 253)
		return expr_fail(env, "only an object that makes a name looked up is made, and the "
				      "command names no host");
	map_of_url(&b, host, arena_printf(env->arena, "http://%.*s", STR_ARG(host)));
	return encoded(env, &b, how, ret);
}

EXPR_FN(fn_generate_java_gadget)
{
	return gadget(env, arg_str(env, &args[1]), arg_str(env, &args[2]), ret);
}

EXPR_FN(fn_ysoserial)
{
	struct str how = arg_str(env, &args[2]);

	return gadget(env, arg_str(env, &args[1]),
		      str_ieq(how, STR("base64")) ? STR("base64-raw") : how, ret);
}
