/* Any bytes, in any pieces: the reader gives frames inside its limit or an error, and
 * what it gives does not depend on where the stream was cut. The first byte chooses
 * the piece size. */
#include <stdlib.h>

#include "base/check.h"
#include "os/frame.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define MAX_BODY 2000

/* A sum over all frames, and how it ended. */
static uint64_t read_in_pieces(struct str rest, size_t piece)
{
	struct os_frame_reader r;
	uint64_t sum = 0;
	uint32_t type;
	struct str body;
	int n = 0;

	os_frame_reader_init(&r, MAX_BODY);
	while (rest.len > 0 && n == 0) {
		struct str part = str_sub(rest, 0, piece);

		check(os_frame_reader_feed(&r, part, NULL) == 0);
		rest = str_from(rest, part.len);
		r.eof = rest.len == 0;
		while ((n = os_frame_reader_next(&r, &type, &body, NULL)) == 1) {
			check(body.len <= MAX_BODY);
			sum = sum * 31 + str_hash(body) + type;
		}
	}
	os_frame_reader_free(&r);
	return sum * 3 + (n < 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (size < 1)
		return 0;
	struct str all = str_make(data + 1, size - 1);

	check(read_in_pieces(all, (size_t)data[0] + 1) == read_in_pieces(all, 4096));
	return 0;
}
