/* Any bytes as the first flight of a TLS server, and every prefix of a few. */
#include "base/check.h"
#include "net/tlsdeep.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct str in = str_make((const char *)data, size);
	struct tls_flight f = { 0 };
	int r = tls_flight_read(in, &f);

	check(r >= -1 && r <= 1);
	if (r == 1)
		check(f.hello || f.alert || f.done);
	for (size_t n = 0; n < size && n < 64; n++)
		tls_flight_read(str_sub(in, 0, n), &f);
	return 0;
}
