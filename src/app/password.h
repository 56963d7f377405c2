/* Passwords: argon2id (libsodium), at most LIMIT_PASSWORD_HASHES at once, so that a
 * flood of log-ins can take neither all memory nor all job threads. */
#ifndef APP_PASSWORD_H
#define APP_PASSWORD_H
#include "app/context.h"

#define APP_PASSWORD_HASH 128

/* 0, or -1 with "input.password-…" naming what is missing. */
int app_password_check(struct str password, struct str email, struct error *e);
/* "auth.busy" when too many are waiting. */
int app_password_hash(struct str password, char ret[APP_PASSWORD_HASH], struct error *e);
/* 1 right, 0 wrong, negative "auth.busy". hash empty: takes as long and gives 0. */
int app_password_verify(struct str hash, struct str password, struct error *e);
/* 16 characters that are easy to read aloud; about 79 bits. */
void app_password_make(char ret[20]);
#endif
