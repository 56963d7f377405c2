/* Any bytes as a POC file: loaded or refused with a reason, never anything else. */
#include "base/check.h"
#include "base/limits.h"
#include "scan/template/template.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	_cleanup_(template_pack_freep) struct template_pack *p = template_pack_new();
	_cleanup_buf_ struct buf b = BUF_INIT(4 * MIB), bundle = BUF_INIT(4 * MIB);

	buf_c(&b, "id: a\ninfo: {name: n, author: a, severity: high}\n");
	buf_add(&b, data, size);
	buf_blob(&bundle, STR("one.yaml"));
	buf_blob(&bundle, buf_view(&b));
	buf_blob(&bundle, STR("two.yaml"));
	buf_blob(&bundle, str_make(data, size));
	template_pack_load(p, buf_view(&bundle));
	template_pack_seal(p, true);
	for (size_t i = 0; i < p->len; i++)
		check(p->list[i].ok || (p->list[i].reason_zh.len && p->list[i].reason_code));
	return 0;
}
