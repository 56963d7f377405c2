/* Finding the route of a path. The table is small and const: a walk over it costs less
 * than the JSON that follows, and needs no start-up. */
#include "api/api_private.h"
#include "api/resources.h"
#include "base/id.h"

#define X(name) extern const struct api_resource api_r_##name;
API_RESOURCES(X)
#undef X

const struct api_resource *const api_resources[] = {
#define X(name) &api_r_##name,
	API_RESOURCES(X)
#undef X
		NULL,
};

/* Literal segments win over ids, so "/findings/stats" is not a finding. */
static bool match(const char *path, struct str given, struct route_match *m, unsigned *literals)
{
	struct str rest = str_c(path), want, have;
	m->n = 0;
	m->bad_id = false;
	*literals = 0;
	for (;;) {
		bool more = str_split(&rest, '/', &want), also = str_split(&given, '/', &have);
		if (!more || !also)
			return more == also;
		if (!str_starts(want, STR("{"))) {
			if (!str_eq(want, have))
				return false;
			++*literals;
			continue;
		}
		m->names[m->n] = str_sub(want, 1, want.len - 1);
		m->params[m->n++] = have;
		m->bad_id |= !id_valid(have);
		if (str_empty(have))
			return false;
	}
}

/* Cheaply: whether the part before the first id can be the same. Most routes end here. */
static bool may_match(const char *path, struct str given)
{
	size_t i = 0;
	while (path[i] && path[i] != '{' && i < given.len && path[i] == given.ptr[i])
		i++;
	return !path[i] || path[i] == '{';
}

static void allow(struct route_match *ret, enum http_method method)
{
	size_t at = strlen(ret->allow);
	if (!strstr(ret->allow, http_method_name(method)))
		snprintf(ret->allow + at, sizeof(ret->allow) - at, "%s%s", at ? ", " : "",
			 http_method_name(method));
}

void route_find(enum http_method method, struct str path, struct route_match *ret)
{
	unsigned best = 0;
	enum http_method wanted = method == HTTP_HEAD ? HTTP_GET : method;
	*ret = (struct route_match){ 0 };
	for (size_t i = 0; api_resources[i]; i++) {
		for (const struct api_route *r = api_resources[i]->routes; r->path; r++) {
			struct route_match m;
			unsigned literals;
			if (!may_match(r->path, path) || !match(r->path, path, &m, &literals))
				continue;
			ret->path_known = true;
			allow(ret, r->method);
			if (r->method == HTTP_GET)
				allow(ret, HTTP_HEAD);
			if (r->method != wanted || (ret->route && literals <= best))
				continue;
			best = literals;
			ret->route = r;
			ret->n = m.n;
			ret->bad_id = m.bad_id;
			memcpy(ret->names, m.names, sizeof(m.names));
			memcpy(ret->params, m.params, sizeof(m.params));
		}
	}
}

const struct api_route *route_getter(const struct api_route *r)
{
	for (size_t i = 0; api_resources[i]; i++)
		for (const struct api_route *g = api_resources[i]->routes; g->path; g++)
			if (g->method == HTTP_GET && strcmp(g->path, r->path) == 0)
				return g;
	return NULL;
}
