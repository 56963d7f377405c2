/* Headers every answer carries, and who may be asked as: the Host allow-list against DNS
 * re-binding, and the origin check against requests forged by other sites. */
#include "api/api_private.h"

#include <arpa/inet.h>
#include <ifaddrs.h>
#include <netinet/in.h>

#include "api/assets.h"
#include "app/settings.h"
#include "base/limits.h"
#include "base/mem.h"

void security_headers(struct http_exchange *x, bool console)
{
	http_reply_header(x, "X-Content-Type-Options", STR("nosniff"));
	http_reply_header(x, "Referrer-Policy", STR("same-origin"));
	http_reply_header(x, "X-Frame-Options", STR("DENY"));
	http_reply_header(x, "Cross-Origin-Opener-Policy", STR("same-origin"));
	http_reply_header(x, "Cross-Origin-Resource-Policy", STR("same-origin"));
	http_reply_header(x, "Permissions-Policy",
			  STR("camera=(), microphone=(), geolocation=(), payment=(), usb=()"));
	http_reply_header(x, "Content-Security-Policy",
			  console ? STR(ASSETS_CSP) :
				    STR("default-src 'none'; frame-ancestors 'none'; sandbox"));
}

/* "Host" without its port, in lower case, brackets of IPv6 taken off. */
static struct str host_name(struct str host, char *out, size_t n)
{
	struct str h = str_trim(host);
	if (str_starts(h, STR("["))) {
		ssize_t end = str_chr(h, ']');
		h = end > 0 ? str_sub(h, 1, (size_t)end) : STR("");
	} else {
		ssize_t colon = str_chr(h, ':');
		h = colon >= 0 ? str_sub(h, 0, (size_t)colon) : h;
	}
	if (h.len >= n)
		return STR("");
	for (size_t i = 0; i < h.len; i++)
		out[i] = ascii_lower(h.ptr[i]);
	return str_make(out, h.len);
}

static void add(struct api *a, struct str host)
{
	char name[256];
	struct str h = host_name(host, name, sizeof(name));
	if (str_empty(h))
		return;
	a->hosts = mem_resize(a->hosts, a->n_hosts + 1, sizeof(*a->hosts));
	a->hosts[a->n_hosts++] = str_dup(h);
}

/* This machine's own addresses: nobody can point a foreign name at us by them. */
static void add_addresses(struct api *a)
{
	struct ifaddrs *list;
	char text[INET6_ADDRSTRLEN + 2];
	if (getifaddrs(&list) < 0)
		return;
	for (struct ifaddrs *i = list; i; i = i->ifa_next) {
		if (i->ifa_addr && i->ifa_addr->sa_family == AF_INET) {
			inet_ntop(AF_INET, &((struct sockaddr_in *)(void *)i->ifa_addr)->sin_addr, text,
				  sizeof(text));
			add(a, str_c(text));
		} else if (i->ifa_addr && i->ifa_addr->sa_family == AF_INET6) {
			text[0] = '[';
			inet_ntop(AF_INET6, &((struct sockaddr_in6 *)(void *)i->ifa_addr)->sin6_addr,
				  text + 1, INET6_ADDRSTRLEN);
			text[strlen(text) + 1] = '\0';
			text[strlen(text)] = ']';
			add(a, str_c(text));
		}
	}
	freeifaddrs(list);
}

static struct str url_host(struct str url)
{
	ssize_t at = str_find(url, STR("//"));
	struct str rest = at < 0 ? STR("") : str_from(url, (size_t)at + 2);
	ssize_t slash = str_chr(rest, '/');
	return slash < 0 ? rest : str_sub(rest, 0, (size_t)slash);
}

int hosts_load(struct api *a, struct store_conn *db, struct error *e)
{
	_cleanup_arena_ struct arena *arena = arena_new(4 * MIB);
	struct app_settings s;
	if (app_settings_load(a->app, db, arena, &s, e) < 0)
		return -1;
	pthread_rwlock_wrlock(&a->hosts_lock);
	for (size_t i = 0; i < a->n_hosts; i++)
		free(a->hosts[i]);
	a->n_hosts = 0;
	add(a, STR("localhost"));
	add(a, STR("127.0.0.1"));
	add(a, STR("[::1]"));
	add_addresses(a);
	for (size_t i = 0; i < s.allowed_hosts.len; i++)
		add(a, s.allowed_hosts.ptr[i]);
	add(a, url_host(s.public_url));
	a->https = str_istarts(s.public_url, STR("https://"));
	pthread_rwlock_unlock(&a->hosts_lock);
	return 0;
}

bool host_allowed(struct api *a, struct str host)
{
	char name[256];
	bool found = false;
	struct str h = host_name(host, name, sizeof(name));
	pthread_rwlock_rdlock(&a->hosts_lock);
	for (size_t i = 0; !found && !str_empty(h) && i < a->n_hosts; i++)
		found = str_eq(str_c(a->hosts[i]), h);
	pthread_rwlock_unlock(&a->hosts_lock);
	return found;
}

bool origin_allowed(struct api *a, struct http_exchange *x)
{
	struct str origin = http_header(x, "Origin"), site = http_header(x, "Sec-Fetch-Site");
	if (!str_empty(origin))
		return str_ieq(url_host(origin), http_header(x, "Host")) ||
		       (a->https && host_allowed(a, url_host(origin)));
	return str_empty(site) || str_eq(site, STR("same-origin")) || str_eq(site, STR("none"));
}
