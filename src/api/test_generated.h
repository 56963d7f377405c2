/* What the makers of samples share with the generated tests. */
#ifndef API_TEST_GENERATED_H
#define API_TEST_GENERATED_H
#include "api/test_world.h"

#define X(kind, fn) void fn(struct world *w, const struct who *who, char id[ID_LEN + 1]);
#include "api/test_samples.h"
TEST_SAMPLES(X)
#undef X
#endif
