/* Any bytes as an archive of templates: what comes out is a well-formed bundle whose paths stay
 * within the pack, and within the limits. */
#include "app/packzip.h"
#include "base/check.h"
#include "base/limits.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	_cleanup_buf_ struct buf bundle = BUF_INIT(LIMIT_PACK_UNPACKED + 8 * MIB);
	struct packzip_result r;
	struct str path, bytes;
	size_t files = 0;

	packzip_name(str_make((const char *)data, size), NULL);
	if (packzip_read(str_make((const char *)data, size), &bundle, &r, NULL) < 0)
		return 0;
	struct reader in = reader_of(buf_view(&bundle));
	while (in.ptr < in.end) {
		check(reader_blob(&in, &path) == 0 && reader_blob(&in, &bytes) == 0);
		check(packzip_name(path, NULL) == 0 && bytes.len <= LIMIT_PACK_FILE);
		files++;
	}
	check(files == r.files && files > 0);
	return 0;
}
