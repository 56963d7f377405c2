/* Any bytes as a page in any set: the result is always well-formed UTF-8 within its bound. */
#include "base/check.h"
#include "base/limits.h"
#include "base/utf8.h"
#include "net/charset.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char *const names[] = { "gbk",         "big5",         "shift_jis", "utf-16le",
					     "iso-2022-jp", "windows-1252", "utf-8",     "euc-kr" };
	struct str in = str_make((const char *)data, size);
	struct charset c = charset_detect(in, str_sub(in, 0, 80));
	_cleanup_buf_ struct buf out = BUF_INIT(MIB), back = BUF_INIT(4 * MIB);

	check(c.name);
	check(charset_to_utf8(&out, in, c.name) == 0);
	check(out.overflow || utf8_invalid_at(buf_view(&out)) < 0);
	buf_clear(&out);
	const char *name = names[size ? data[0] % ARRAY_SIZE(names) : 0];

	check(charset_to_utf8(&out, in, name) == 0);
	check(out.overflow || utf8_invalid_at(buf_view(&out)) < 0);
	charset_from_utf8(&back, in, name);
	return 0;
}
