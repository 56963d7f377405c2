/* Any bytes as the answer to a question. */
#include "base/check.h"
#include "base/limits.h"
#include "net/dns_private.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const uint16_t types[] = { DNS_TXT, DNS_A, DNS_AAAA };
	_cleanup_arena_ struct arena *a = arena_new(8 * MIB);
	struct str in = str_make((const char *)data, size);
	struct dns_name name;
	struct dns_answer got;

	check(dns_name_from_text(STR("a.example"), &name) == 0);
	for (size_t i = 0; i < ARRAY_SIZE(types); i++) {
		if (dns_read_answer(a, in, 0, &name, types[i], &got) < 0)
			continue;
		check(got.txt.len <= DNS_ANSWERS_MAX && got.addrs.len <= ARRAY_SIZE(got.addrs.ptr));
	}
	dns_name_from_text(in, &name);
	return 0;
}
