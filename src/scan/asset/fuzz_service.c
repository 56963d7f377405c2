/* Any bytes as what an open port says, to every probe; and as facts from a jailed child. */
#include "base/check.h"
#include "base/limits.h"
#include "scan/asset/asset_private.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct service_set *set;
	_cleanup_arena_ struct arena *a = arena_new(16 * MIB);
	struct str in = str_make((const char *)data, size > 4096 ? 4096 : size);
	struct service_match m;
	struct asset_options o;
	struct asset_fact f;

	if (!set)
		check(service_set_new(&set, NULL) == 0);
	for (size_t i = 0; i < service_probes_len; i++)
		if (service_match(set, str_c(service_probes[i].id), in, a, &m))
			check(m.rule && m.version.len <= 1024 && m.product.len <= 1024);
	for (size_t i = 0; i < service_accesses_len; i++)
		service_access_proved(set, i, in, NULL);
	service_version_cmp(in, STR("1.2.3"));
	asset_printable(a, in, 2048);
	asset_fact_decode(in, &f);
	asset_options_decode(in, a, &o);
	return 0;
}
