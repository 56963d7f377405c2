/* Fuzz: any bytes as a model file. The sum is made right, so that what lies behind it is reached; a
 * file that is taken must score without touching anything outside. */
#include <stdlib.h>

#include "base/arena.h"
#include "comply/model_private.h"

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t n);

static struct lang *pack(void)
{
	static struct lang *l;
	struct error e = { 0 };
	struct arena *a = arena_new(1 << 20);
	if (!l && lang_open(lang_pack_dir(a), &l, &e) < 0)
		abort();
	arena_free(a);
	return l;
}

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t n)
{
	struct comply_model *m;
	size_t behind = offsetof(struct model_header, checksum) + sizeof(uint64_t);
	char *file = aligned_alloc(64, (n + 63) / 64 * 64 + 64);
	memcpy(file, data, n);
	if (n > behind) {
		uint64_t sum = model_checksum(str_make(file + behind, n - behind));
		memcpy(file + behind - sizeof(sum), &sum, sizeof(sum));
	}
	if (comply_model_open_bytes(pack(), str_make(file, n), &m, NULL) == 0) {
		struct arena *a = arena_new(1 << 20);
		struct fold_text t;
		float p[MODEL_ROW + 1];
		fold_text(pack(), STR("加微信 weixin 看百家乐 13800000000 abc123def 吧"), a, &t);
		comply_model_score(m, &t, 0, t.len, p);
		arena_free(a);
		comply_model_close(m);
	}
	free(file);
	return 0;
}
