/* Time-based one-time passwords, RFC 6238: SHA-1, 6 digits, 30 s, one step of drift
 * either way (what every authenticator application speaks). */
#ifndef APP_TOTP_H
#define APP_TOTP_H
#include <stdint.h>

#include "base/buf.h"
#include "base/str.h"

#define TOTP_SECRET 20

/* The code of a time step (unix time / 30). */
unsigned totp_code(const unsigned char *secret, size_t len, int64_t step);
/* The step whose code this is, among those around now, or -1. */
int64_t totp_match(const unsigned char *secret, size_t len, struct str code, int64_t now_ms);
/* otpauth://totp/… for a QR code; secret in base32 upper case. */
void totp_uri(struct buf *out, struct str issuer, struct str account, struct str secret_base32);
#endif
