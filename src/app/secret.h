/* Secrets at rest: XSalsa20-Poly1305 (libsodium secretbox) under the 0600 key file,
 * bound to a purpose so that a sealed value cannot be moved to another place. */
#ifndef APP_SECRET_H
#define APP_SECRET_H
#include "app/context.h"
#include "base/buf.h"

/* purpose: "smtp-password", "totp:USERID" … Appends text ("s1.…", base64url). */
void app_seal(const struct app *app, struct str purpose, struct str plain, struct buf *out);
/* Appends the plain bytes. "secret.bad" when the key or the purpose is another, or
 * the text was changed. */
int app_unseal(const struct app *app, struct str purpose, struct str sealed, struct buf *out,
	       struct error *e);
/* Keyed hash (BLAKE2b-256, hex) for tokens we must recognise but not keep. */
void app_token_hash(const struct app *app, const char *purpose, struct str token,
		    char ret_hex[65]);
#endif
