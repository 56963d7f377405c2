/* Any bytes as a template file: loading never crashes, and what loads can be sealed with all
 * of its patterns checked. */
#include "base/limits.h"
#include "scan/template/template.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct buf b;
	struct template_pack *p = template_pack_new();

	buf_init(&b, 1 * MIB);
	buf_blob(&b, STR("a/b/one.yaml"));
	buf_blob(&b, str_make((const char *)data, size < 256 * KIB ? size : 256 * KIB));
	buf_blob(&b, STR("a/list.txt"));
	buf_blob(&b, STR("one\ntwo\n"));
	template_pack_load(p, buf_view(&b));
	template_pack_seal(p, true);
	template_pack_free(p);
	buf_free(&b);
	return 0;
}
