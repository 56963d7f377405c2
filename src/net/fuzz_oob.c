/* Packets from anywhere to the name server of the out-of-band listener; and bytes in which
 * tokens are looked for. */
#include <stddef.h>
#include <stdint.h>

#include "base/check.h"
#include "net/oob_server.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct oob_zone z;
	unsigned char out[LIMIT_OOB_DNS_ANSWER];
	char name[256], token[OOB_TOKEN_LEN + 1];
	unsigned type;
	check(oob_zone_set(&z, STR("oob.test"), size & 1 ? STR("192.0.2.7") : STR("2001:db8::1"), NULL) == 0);
	check(oob_dns_answer(&z, str_make(data, size), out, name, &type) <= sizeof(out));
	oob_token_find(str_make(data, size), token);
	return 0;
}
