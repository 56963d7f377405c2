/* Any datagram as the answer to every probe. */
#include "base/check.h"
#include "base/limits.h"
#include "scan/asset/udp.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct str in = str_make((const char *)data, size > 4096 ? 4096 : size);

	for (size_t i = 0; i < udp_probes_len; i++) {
		_cleanup_arena_ struct arena *a = arena_new(MIB);
		struct udp_answer x = { .open = false };

		if (udp_probes[i].read(in, a, &x))
			check(x.info.len <= 2048 && x.version.len <= 1024 && x.product.len <= 64);
	}
	return 0;
}
