/* Keys that say where a page of a list ended: the sorted column's value, then the id. */
#include "store/page.h"

struct str store_page_key(struct arena *a, struct str value, struct str id)
{
	return arena_printf(a, "%.*s\x1f%.*s", STR_ARG(value), STR_ARG(id));
}

bool store_page_split(struct str key, struct str *ret_value, struct str *ret_id)
{
	ssize_t at = str_rchr(key, '\x1f');
	if (at < 0)
		return false;
	*ret_value = str_sub(key, 0, (size_t)at);
	*ret_id = str_from(key, (size_t)at + 1);
	return true;
}
