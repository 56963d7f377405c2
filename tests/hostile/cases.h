/* The hostile answers: one table. A case owns a whole origin (an address of
 * 127.0.0.0/8), so that start page, robots.txt and every other path answer alike,
 * unless `only` names the path that does. */
#ifndef HOSTILE_CASES_H
#define HOSTILE_CASES_H
#include "base/buf.h"
#include "base/str.h"

struct conn;

/* What happens once the bytes are out. */
enum after {
	AFTER_CLOSE, /* orderly end */
	AFTER_MORE,  /* ask the generator again */
	AFTER_RESET, /* RST */
	AFTER_HALF,  /* shut our side, keep the connection */
	AFTER_HOLD,  /* say nothing more, keep the connection open */
	AFTER_NEXT,  /* wait for the next request on it */
};

struct hostile_case {
	const char *name;
	/* Appends to conn's output; asked again, after `pause_ms`, while it gives AFTER_MORE. */
	enum after (*make)(struct conn *c, const struct hostile_case *k);
	/* As the generator reads them: usually head, then unit n times (-1: for ever), then
	 * tail. In unit and, for pages, in all three: '@' is a number that grows, '^' the path
	 * that was asked for, '~' random hexadecimal digits. */
	struct str head, unit, tail;
	int64_t n;
	enum after after;
	const char *only; /* path that answers so; others give a small page that links there */
	int pause_ms;
	bool early; /* answers before anything was asked */
};

extern const struct hostile_case hostile_cases[];
extern const size_t hostile_cases_len;

/* For generators. */
struct conn {
	int fd;
	const struct hostile_case *k;
	char request[16 * 1024];
	size_t request_len;
	char path[2048];
	struct buf out;
	size_t sent;
	uint64_t step;     /* calls of the generator for this request */
	uint64_t count;    /* units written */
	uint64_t produced; /* bytes in all */
	int64_t wake_ms;
	enum after after;
	bool answering, holding;
	int64_t idle_since_ms;
};
#endif
