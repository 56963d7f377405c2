/* What the makers of samples share with the generated tests. */
#ifndef API_TEST_GENERATED_H
#define API_TEST_GENERATED_H
#include "api/test_world.h"

struct samples {
	struct world *w;
	const struct who *who;
	struct map *ids; /* kind -> char[27] */
};
/* An id of that kind, of this person's tenant; made at the first time. */
void sample(struct samples *s, struct str kind, char out[ID_LEN + 1]);

#define X(kind, fn) void fn(struct samples *s, char id[ID_LEN + 1]);
#include "api/test_samples.h"
TEST_SAMPLES(X)
#undef X
#endif
