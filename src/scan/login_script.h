/* Recorded ways to log in: a few verbs, one a line, parsed once and run in Chromium or, when
 * there is none, over plain HTTP. Also takes a recording of Chromium's own Recorder panel
 * (JSON), which becomes the same steps.
 *
 *     goto /login
 *     fill #user ${user}
 *     fill input[name=pwd] ${password}
 *     click "text=登录"
 *     wait 500
 *     expect text "退出登录" */
#ifndef SCAN_LOGIN_SCRIPT_H
#define SCAN_LOGIN_SCRIPT_H
#include "base/arena.h"
#include "base/error.h"
#include "base/str.h"

enum login_verb {
	LOGIN_GOTO,	  /* a: address or path */
	LOGIN_FILL,	  /* a: element, b: text */
	LOGIN_CLICK,	  /* a: element */
	LOGIN_ENTER,	  /* a: element: the Enter key in it */
	LOGIN_SELECT,	  /* a: element, b: value or words of the option */
	LOGIN_CHECK,	  /* a: element: ticks a box */
	LOGIN_WAIT,	  /* ms > 0: so long; else a: until the element is there */
	LOGIN_EXPECT,	  /* what: "text", "url", "title", "element" or "status"; b: what must be there */
	LOGIN_EXPECT_NOT, /* the same, and it must not */
	LOGIN_HEADER,	  /* a: name, b: value, sent from now on */
	LOGIN_COOKIE,	  /* a: name, b: value */
};
#define LIMIT_LOGIN_STEPS 100
#define LIMIT_LOGIN_SCRIPT (64 * (size_t)1024)

struct login_step {
	enum login_verb verb;
	struct str a, b, what;
	unsigned ms, line;
};

/* "login.bad-script" with the line and what is wrong in it. */
int login_script_parse(struct arena *a, struct str text, const struct login_step **ret, size_t *ret_len,
		       struct error *e);
/* ${user} and ${password} replaced; anything else stays. */
struct str login_script_text(struct arena *a, struct str s, struct str user, struct str password);
const char *login_verb_name(enum login_verb v);
#endif
