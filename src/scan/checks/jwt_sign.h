/* Signing tokens in the ways that careless servers take for good. */
#ifndef SCAN_CHECKS_JWT_SIGN_H
#define SCAN_CHECKS_JWT_SIGN_H
#include "base/arena.h"
#include "base/str.h"

#define JWT_KEYS 8

struct str jwt_base64url(struct arena *a, struct str s);
/* HMAC with SHA-256 over the text, as base64url. */
struct str jwt_mac(struct arena *a, struct str key, struct str text);
/* The public keys of a file (JSON Web Key Set, PEM) in the forms in which a program may have them
 * at hand as text: what an HMAC key is taken from when the algorithms are mixed up. */
size_t jwt_public_forms(struct arena *a, struct str file, struct str *list);
/* A token (RS256) signed with a key of our own that stands in its header. .ptr NULL on failure. */
struct str jwt_with_own_key(struct arena *a, struct str claims);
#endif
