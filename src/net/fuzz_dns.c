/* Any bytes as the answer to a question. */
#include "base/check.h"
#include "base/limits.h"
#include "net/dns_private.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const uint16_t types[] = { DNS_TXT, DNS_A, DNS_AAAA, NET_DNS_NS, NET_DNS_MX, NET_DNS_SOA,
					  NET_DNS_CAA, NET_DNS_CNAME, NET_DNS_DNSKEY };
	struct str zone[32];
	size_t names = 0, records = 0;
	int soa = 0, rcode = 0;
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
	dns_read_zone(a, in, 0, zone, ARRAY_SIZE(zone), &names, &soa, &rcode, &records);
	check(names <= ARRAY_SIZE(zone));
	dns_name_from_text(in, &name);
	return 0;
}
