/* Character sets of pages. Labels by the WHATWG Encoding Standard (those of the sets that
 * iconv has); detection in a browser's order; the guess between UTF-8 and GB18030 counts
 * well-formed and frequent sequences. Conversion by iconv, one bad byte at a time. */
#include "net/charset.h"

#include <errno.h>
#include <iconv.h>

#include "base/check.h"
#include "base/utf8.h"

#define META_SCAN 1024   /* as browsers */
#define GUESS_SCAN 65536 /* enough Chinese to tell */

struct label {
	const char *label, *name;
};

/* Canonical names of the standard, and what iconv calls them where that differs. The
 * standard reads Latin-1 and ASCII as windows-1252, GB2312 as GBK, Shift_JIS as CP932. */
static const struct {
	const char *name, *iconv;
} sets[] = {
	{ "utf-8", "UTF-8" },
	{ "gbk", "GB18030" }, /* the standard decodes GBK by the GB18030 tables */
	{ "gb18030", "GB18030" },
	{ "big5", "BIG5-HKSCS" },
	{ "euc-jp", "EUC-JP" },
	{ "shift_jis", "CP932" },
	{ "iso-2022-jp", "ISO-2022-JP" },
	{ "euc-kr", "CP949" },
	{ "utf-16le", "UTF-16LE" },
	{ "utf-16be", "UTF-16BE" },
	{ "windows-1250", "CP1250" },
	{ "windows-1251", "CP1251" },
	{ "windows-1252", "CP1252" },
	{ "windows-1253", "CP1253" },
	{ "windows-1254", "CP1254" },
	{ "windows-1255", "CP1255" },
	{ "windows-1256", "CP1256" },
	{ "windows-1257", "CP1257" },
	{ "windows-1258", "CP1258" },
	{ "windows-874", "CP874" },
	{ "iso-8859-2", "ISO-8859-2" },
	{ "iso-8859-5", "ISO-8859-5" },
	{ "iso-8859-7", "ISO-8859-7" },
	{ "iso-8859-15", "ISO-8859-15" },
	{ "koi8-r", "KOI8-R" },
	{ "koi8-u", "KOI8-U" },
	{ "ibm866", "IBM866" },
	{ "macintosh", "MACINTOSH" },
};

static const struct label labels[] = {
	{ "utf8", "utf-8" },
	{ "unicode-1-1-utf-8", "utf-8" },
	{ "unicode11utf8", "utf-8" },
	{ "unicode20utf8", "utf-8" },
	{ "x-unicode20utf8", "utf-8" },
	{ "gb2312", "gbk" },
	{ "gb_2312", "gbk" },
	{ "gb_2312-80", "gbk" },
	{ "chinese", "gbk" },
	{ "csgb2312", "gbk" },
	{ "csiso58gb231280", "gbk" },
	{ "iso-ir-58", "gbk" },
	{ "x-gbk", "gbk" },
	{ "cp936", "gbk" },
	{ "ms936", "gbk" },
	{ "windows-936", "gbk" },
	{ "gb18030-2000", "gb18030" },
	{ "gb18030-2022", "gb18030" },
	{ "big5-hkscs", "big5" },
	{ "cn-big5", "big5" },
	{ "csbig5", "big5" },
	{ "x-x-big5", "big5" },
	{ "cseucpkdfmtjapanese", "euc-jp" },
	{ "x-euc-jp", "euc-jp" },
	{ "csshiftjis", "shift_jis" },
	{ "ms932", "shift_jis" },
	{ "ms_kanji", "shift_jis" },
	{ "shift-jis", "shift_jis" },
	{ "sjis", "shift_jis" },
	{ "windows-31j", "shift_jis" },
	{ "x-sjis", "shift_jis" },
	{ "csiso2022jp", "iso-2022-jp" },
	{ "cseuckr", "euc-kr" },
	{ "iso-ir-149", "euc-kr" },
	{ "korean", "euc-kr" },
	{ "ks_c_5601-1987", "euc-kr" },
	{ "ksc5601", "euc-kr" },
	{ "windows-949", "euc-kr" },
	{ "utf-16", "utf-16le" },
	{ "unicode", "utf-16le" },
	{ "ucs-2", "utf-16le" },
	{ "iso-10646-ucs-2", "utf-16le" },
	{ "unicodefffe", "utf-16be" },
	{ "ascii", "windows-1252" },
	{ "us-ascii", "windows-1252" },
	{ "ansi_x3.4-1968", "windows-1252" },
	{ "iso-8859-1", "windows-1252" },
	{ "iso8859-1", "windows-1252" },
	{ "iso_8859-1", "windows-1252" },
	{ "iso88591", "windows-1252" },
	{ "latin1", "windows-1252" },
	{ "l1", "windows-1252" },
	{ "cp1252", "windows-1252" },
	{ "x-cp1252", "windows-1252" },
	{ "cp819", "windows-1252" },
	{ "ibm819", "windows-1252" },
	{ "cp1250", "windows-1250" },
	{ "cp1251", "windows-1251" },
	{ "cp1253", "windows-1253" },
	{ "cp1254", "windows-1254" },
	{ "iso-8859-9", "windows-1254" },
	{ "latin5", "windows-1254" },
	{ "cp1255", "windows-1255" },
	{ "cp1256", "windows-1256" },
	{ "cp1257", "windows-1257" },
	{ "cp1258", "windows-1258" },
	{ "tis-620", "windows-874" },
	{ "iso-8859-11", "windows-874" },
	{ "latin2", "iso-8859-2" },
	{ "l2", "iso-8859-2" },
	{ "iso8859-2", "iso-8859-2" },
	{ "cyrillic", "iso-8859-5" },
	{ "greek", "iso-8859-7" },
	{ "latin-9", "iso-8859-15" },
	{ "l9", "iso-8859-15" },
	{ "koi", "koi8-r" },
	{ "koi8", "koi8-r" },
	{ "koi8_r", "koi8-r" },
	{ "cp866", "ibm866" },
	{ "866", "ibm866" },
	{ "mac", "macintosh" },
	{ "x-mac-roman", "macintosh" },
};

const char *charset_by_label(struct str label)
{
	label = str_trim(label);
	for (size_t i = 0; i < ARRAY_SIZE(sets); i++)
		if (str_ieq(label, str_c(sets[i].name)))
			return sets[i].name;
	for (size_t i = 0; i < ARRAY_SIZE(labels); i++)
		if (str_ieq(label, str_c(labels[i].label)))
			return labels[i].name;
	return NULL;
}

/* Value behind "charset" and '=' in s; also used inside meta's content attribute. */
struct str charset_of_content_type(struct str s)
{
	for (;;) {
		ssize_t at = str_ifind(s, STR("charset"));

		if (at < 0)
			return STR("");
		s = str_trim(str_from(s, (size_t)at + 7));
		if (s.len && s.ptr[0] == '=')
			break;
	}
	s = str_trim(str_from(s, 1));
	if (s.len && (s.ptr[0] == '"' || s.ptr[0] == '\'')) {
		ssize_t end = str_chr(str_from(s, 1), s.ptr[0]);

		return end < 0 ? STR("") : str_sub(s, 1, (size_t)end + 1);
	}
	size_t n = 0;

	while (n < s.len && !ascii_space(s.ptr[n]) && s.ptr[n] != ';' && s.ptr[n] != ',')
		n++;
	return str_sub(s, 0, n);
}

/* <meta charset=x> and <meta http-equiv=… content="…; charset=x">: the label is behind the
 * word charset in both. Comments are skipped. */
static const char *prescan(struct str body)
{
	struct str s = str_sub(body, 0, META_SCAN);

	for (;;) {
		ssize_t lt = str_chr(s, '<');

		if (lt < 0)
			return NULL;
		s = str_from(s, (size_t)lt);
		if (str_starts(s, STR("<!--"))) {
			ssize_t end = str_find(str_from(s, 2), STR("-->"));

			if (end < 0)
				return NULL;
			s = str_from(s, (size_t)end + 5);
			continue;
		}
		ssize_t gt = str_chr(s, '>');
		struct str tag = gt < 0 ? s : str_sub(s, 0, (size_t)gt);

		if (str_istarts(tag, STR("<meta")) && tag.len > 5 &&
		    (ascii_space(tag.ptr[5]) || tag.ptr[5] == '/')) {
			struct str label = charset_of_content_type(tag);

			while (label.len && (label.ptr[label.len - 1] == '"' ||
					     label.ptr[label.len - 1] == '\'' ||
					     label.ptr[label.len - 1] == '/'))
				label.len--;
			const char *name = charset_by_label(label);

			/* A page whose ASCII could be read is not UTF-16. */
			if (name && str_starts(str_c(name), STR("utf-16")))
				return "utf-8";
			if (name)
				return name;
		}
		s = str_from(s, 1);
	}
}

/* UTF-8 when it is well-formed (a cut at the end is no fault); else GB18030 when bytes beyond
 * ASCII pair up as there and mostly with one of their own kind, which accented Latin letters
 * do not; else windows-1252. */
static const char *guess(struct str body)
{
	struct str s = str_sub(body, 0, GUESS_SCAN);
	ssize_t bad = utf8_invalid_at(s);
	size_t leads = 0, pairs = 0, high_pairs = 0;

	if (bad < 0 || (s.len < body.len && (size_t)bad + 4 > s.len))
		return "utf-8";
	for (size_t i = 0; i < s.len; i++) {
		unsigned char c = (unsigned char)s.ptr[i];
		unsigned char next = i + 1 < s.len ? (unsigned char)s.ptr[i + 1] : 0;

		if (c < 0x80)
			continue;
		leads++;
		if (c == 0x80 || c == 0xff || next < 0x30 || next == 0x7f || next == 0xff)
			continue;
		pairs++;
		high_pairs += next >= 0x80;
		i++;
	}
	return leads >= 2 && pairs * 20 >= leads * 19 && high_pairs * 10 >= leads * 6
		       ? "gb18030"
		       : "windows-1252";
}

struct charset charset_detect(struct str body, struct str content_type)
{
	const char *name;

	if (str_starts(body, STR("\xef\xbb\xbf")))
		return (struct charset){ "utf-8", CHARSET_BOM, false };
	if (str_starts(body, STR("\xff\xfe")))
		return (struct charset){ "utf-16le", CHARSET_BOM, false };
	if (str_starts(body, STR("\xfe\xff")))
		return (struct charset){ "utf-16be", CHARSET_BOM, false };
	name = charset_by_label(charset_of_content_type(content_type));
	if (name)
		return (struct charset){ name, CHARSET_HEADER, true };
	name = prescan(body);
	if (name)
		return (struct charset){ name, CHARSET_META, true };
	return (struct charset){ guess(body), CHARSET_GUESS, false };
}

static const char *iconv_name(const char *name)
{
	for (size_t i = 0; name && i < ARRAY_SIZE(sets); i++)
		if (strcmp(sets[i].name, name) == 0)
			return sets[i].iconv;
	return NULL;
}

static struct str skip_bom(struct str s, const char *name)
{
	if (strcmp(name, "utf-8") == 0 && str_starts(s, STR("\xef\xbb\xbf")))
		return str_from(s, 3);
	if ((strcmp(name, "utf-16le") == 0 && str_starts(s, STR("\xff\xfe"))) ||
	    (strcmp(name, "utf-16be") == 0 && str_starts(s, STR("\xfe\xff"))))
		return str_from(s, 2);
	return s;
}

/* Runs iconv over s into out in pieces; on_bad writes for one unit that does not fit. */
static void convert(iconv_t cd, struct buf *out, struct str s, size_t unit,
		    void (*on_bad)(struct buf *out, struct str rest, size_t *ret_skip))
{
	char piece[4096];
	char *in = (char *)(uintptr_t)s.ptr;
	size_t left = s.len;

	while (left && !out->overflow) {
		char *p = piece;
		size_t room = sizeof(piece);
		size_t rc = iconv(cd, &in, &left, &p, &room);
		int err = errno;

		buf_add(out, piece, sizeof(piece) - room);
		if (rc != (size_t)-1 || err == E2BIG)
			continue;
		size_t skip = unit;

		on_bad(out, str_make(in, left), &skip);
		if (skip > left)
			skip = left;
		in += skip;
		left -= skip;
	}
}

static void replace(struct buf *out, struct str rest, size_t *ret_skip)
{
	utf8_append(out, UTF8_REPLACEMENT);
}

int charset_to_utf8(struct buf *out, struct str s, const char *name)
{
	const char *from = iconv_name(name);

	if (!from)
		return -1;
	s = skip_bom(s, name);
	if (strcmp(name, "utf-8") == 0) {
		utf8_sanitize(out, s);
		return 0;
	}
	iconv_t cd = iconv_open("UTF-8", from);

	if (cd == (iconv_t)-1)
		return -1;
	convert(cd, out, s, str_starts(str_c(name), STR("utf-16")) ? 2 : 1, replace);
	iconv_close(cd);
	return 0;
}

/* What a form does with a character that its set lacks. */
static void as_reference(struct buf *out, struct str rest, size_t *ret_skip)
{
	size_t at = 0;
	uint32_t cp = utf8_next(rest, &at);

	*ret_skip = at;
	buf_printf(out, "&#%u;", cp == UTF8_BAD ? UTF8_REPLACEMENT : cp);
}

int charset_from_utf8(struct buf *out, struct str utf8, const char *name)
{
	const char *to = iconv_name(name);

	if (!to)
		return -1;
	iconv_t cd = iconv_open(strcmp(name, "gbk") == 0 ? "GBK" : to, "UTF-8");

	if (cd == (iconv_t)-1)
		return -1;
	convert(cd, out, utf8, 1, as_reference);
	iconv_close(cd);
	return 0;
}
