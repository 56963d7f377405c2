/* Generators of hostile answers; see struct hostile_case for what they read. */
#ifndef HOSTILE_GENERATE_H
#define HOSTILE_GENERATE_H
#include "cases.h"

enum after gen_raw(struct conn *c, const struct hostile_case *k);     /* head as it is */
enum after gen_repeat(struct conn *c, const struct hostile_case *k);  /* head, n units, tail */
enum after gen_page(struct conn *c, const struct hostile_case *k);    /* all three expanded */
enum after gen_trickle(struct conn *c, const struct hostile_case *k); /* head, n bytes at a time */
enum after gen_random(struct conn *c, const struct hostile_case *k);  /* head, n random bytes */
/* head, n MiB compressed, tail; unit: gzip|deflate|raw and any of tags cut crc flip. */
enum after gen_bomb(struct conn *c, const struct hostile_case *k);
enum after gen_double_bomb(struct conn *c, const struct hostile_case *k);
#endif
