/* The two languages of everything that a person reads; Chinese comes first. */
#ifndef BASE_LANG_H
#define BASE_LANG_H
#include "base/str.h"

enum lang { LANG_ZH, LANG_EN };

/* "zh", "zh-CN", "en", "en-GB" …; everything else is Chinese. */
static inline enum lang lang_parse(struct str s)
{
	return str_istarts(s, STR("en")) ? LANG_EN : LANG_ZH;
}
static inline const char *lang_name(enum lang l)
{
	return l == LANG_EN ? "en" : "zh";
}
static inline const char *lang_pick(enum lang l, const char *zh, const char *en)
{
	return l == LANG_EN ? en : zh;
}
#endif
