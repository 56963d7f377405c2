/* Passwords. The cost (2 passes over 64 MiB) is libsodium's "interactive" one, above
 * OWASP's minimum; a counting gate bounds how many run and how many wait. */
#include "app/password.h"

#include <pthread.h>
#include <sodium.h>

#include "base/encode.h"
#include "base/limits.h"
#include "base/utf8.h"

static const unsigned long long OPS = crypto_pwhash_OPSLIMIT_INTERACTIVE;
static const size_t MEM = crypto_pwhash_MEMLIMIT_INTERACTIVE;

/* The one piece of shared state: how many hash now and how many wait to. */
static pthread_mutex_t gate_lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t gate_free = PTHREAD_COND_INITIALIZER;
static unsigned gate_running, gate_waiting;

static int gate_enter(struct error *e)
{
	int r = 0;
	pthread_mutex_lock(&gate_lock);
	if (gate_waiting >= LIMIT_PASSWORD_WAITERS) {
		r = error_set(e, "auth.busy", "登录人数过多，请几秒后再试。",
			      "Too many people are logging in; try again in some seconds.");
	} else {
		gate_waiting++;
		while (gate_running >= LIMIT_PASSWORD_HASHES)
			pthread_cond_wait(&gate_free, &gate_lock);
		gate_waiting--;
		gate_running++;
	}
	pthread_mutex_unlock(&gate_lock);
	return r;
}

static void gate_leave(void)
{
	pthread_mutex_lock(&gate_lock);
	gate_running--;
	pthread_cond_signal(&gate_free);
	pthread_mutex_unlock(&gate_lock);
}

static const char *const common[] = { "1234567890", "0123456789", "password123", "qwertyuiop",
				      "1q2w3e4r5t", "administrator", "password1234", "admin123456",
				      "abc1234567", "woaini1314", "12345678910", "qwerty12345" };

static bool one_character(struct str s)
{
	for (size_t i = 1; i < s.len; i++)
		if (s.ptr[i] != s.ptr[0])
			return false;
	return true;
}

int app_password_check(struct str password, struct str email, struct error *e)
{
	if (utf8_count(password) < LIMIT_PASSWORD_MIN || password.len > LIMIT_PASSWORD_MAX * 4)
		return error_field(e, "password", "input.password-length",
				   "密码至少 %d 个字符，越长越好。", "A password has at least %d characters; longer is better.",
				   LIMIT_PASSWORD_MIN);
	bool weak = one_character(password) || str_ieq(password, email);
	for (size_t i = 0; i < sizeof(common) / sizeof(common[0]); i++)
		weak |= str_ieq(password, str_c(common[i]));
	if (weak)
		return error_field(e, "password", "input.password-weak", "这个密码太容易猜到，请换一个。",
				   "That password is too easy to guess; choose another.");
	return 0;
}

int app_password_hash(struct str password, char ret[APP_PASSWORD_HASH], struct error *e)
{
	_Static_assert(APP_PASSWORD_HASH >= crypto_pwhash_STRBYTES, "hash fits");
	if (gate_enter(e) < 0)
		return -1;
	int r = crypto_pwhash_str(ret, password.ptr, password.len, OPS, MEM);
	gate_leave();
	return r == 0 ? 0 : error_set(e, "auth.busy", "内存不足，请稍后再试。",
				      "Not enough memory; try again.");
}

int app_password_verify(struct str hash, struct str password, struct error *e)
{
	char text[APP_PASSWORD_HASH] = { 0 };
	unsigned char key[32], salt[crypto_pwhash_SALTBYTES] = { 0 };
	int r;
	if (gate_enter(e) < 0)
		return -1;
	if (str_empty(hash) || hash.len >= sizeof(text)) {
		/* only for the time it takes */
		(void)!crypto_pwhash(key, sizeof(key), password.ptr, password.len, salt, OPS, MEM,
				     crypto_pwhash_ALG_ARGON2ID13);
		r = 0;
	} else {
		memcpy(text, hash.ptr, hash.len);
		r = crypto_pwhash_str_verify(text, password.ptr, password.len) == 0;
	}
	gate_leave();
	return r;
}

void app_password_make(char ret[20])
{
	static const char set[] = "abcdefghjkmnpqrstuvwxyz23456789";
	for (int i = 0, n = 0; i < 19; i++)
		ret[i] = (i + 1) % 5 == 0 ? '-' : (n++, set[randombytes_uniform(sizeof(set) - 1)]);
	ret[19] = '\0';
}
