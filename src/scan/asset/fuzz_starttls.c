/* What a server says before TLS, whole and byte by byte. */
#include "base/check.h"
#include "base/limits.h"
#include "scan/asset/starttls.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct str in = str_make((const char *)data, size > 8192 ? 8192 : size);

	if (in.len < 1)
		return 0;
	enum asset_start s = (enum asset_start)((unsigned char)in.ptr[0] % (START_MYSQL + 1));

	in = str_from(in, 1);
	for (unsigned stage = 0; stage < 4; stage++)
		for (size_t n = 0; n <= in.len; n = n < 64 ? n + 1 : n + 512) {
			_cleanup_buf_ struct buf say = BUF_INIT(KIB);
			int r = asset_start_step(s, stage, str_sub(in, 0, n), &say);

			check(r >= -1 && r <= 1 && !say.overflow);
		}
	return 0;
}
