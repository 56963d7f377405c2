/* Aliases of nothing, told by a name server inside the test. Zone example.com; everything below
 * gone.example is not there; the domain lapsed.net is not registered. */
#include "base/test.h"

#include <arpa/inet.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <sys/socket.h>

#include "base/limits.h"
#include "net/resolver.h"
#include "scan/asset/names_private.h"

static struct server {
	int fd;
	uint16_t port;
	bool wildcard;
	atomic_bool stop;
	pthread_t thread;
} server;

static const struct {
	const char *name, *to; /* "": has an address */
} zone[] = {
	{ "www.example.com", "" },
	{ "old.example.com", "shop.lapsed.net" },
	{ "app.example.com", "ours-2019.azurewebsites.net" },
	{ "dev.example.com", "box7.example.com" },
	{ "blog.example.com", "ours.github.io" },
	{ "ours.github.io", "" },
	{ "mail.example.com", "www.example.com" },
	{ "example.com", "" }, { "net", "" }, { "com", "" },
};

static void put16(struct buf *b, unsigned v)
{
	buf_char(b, (char)(v >> 8));
	buf_char(b, (char)v);
}

static void put_name(struct buf *b, struct str name)
{
	struct str label;
	while (str_split(&name, '.', &label)) {
		buf_char(b, (char)label.len);
		buf_str(b, label);
	}
	buf_char(b, 0);
}

static const char *target_of(struct str name, bool *known)
{
	for (size_t i = 0; i < ARRAY_SIZE(zone); i++)
		if (str_ieq(name, str_c(zone[i].name))) {
			*known = true;
			return zone[i].to;
		}
	*known = server.wildcard && str_iends(name, STR(".example.com"));
	return *known ? "all.lapsed.net" : "";
}

static void answer(struct buf *out, struct str q)
{
	_cleanup_buf_ struct buf name = BUF_INIT(300), body = BUF_INIT(4000);
	unsigned count = 0, type = (unsigned char)q.ptr[q.len - 3];
	size_t at = 12;
	while (at < q.len && q.ptr[at]) {
		buf_printf(&name, "%s%.*s", name.len ? "." : "", q.ptr[at], q.ptr + at + 1);
		at += 1 + (size_t)q.ptr[at];
	}
	struct str asked = buf_view(&name);
	bool known;
	const char *to = target_of(asked, &known);
	for (int hops = 0; known && *to && hops < 4; hops++) {
		_cleanup_buf_ struct buf data = BUF_INIT(300);
		put_name(&data, str_c(to));
		put_name(&body, asked);
		put16(&body, NET_DNS_CNAME), put16(&body, 1), put16(&body, 0), put16(&body, 60), put16(&body, (unsigned)data.len);
		buf_str(&body, buf_view(&data));
		count++;
		asked = str_c(to);
		to = target_of(asked, &known);
	}
	if (known && type == NET_DNS_A) {
		put_name(&body, asked);
		put16(&body, NET_DNS_A), put16(&body, 1), put16(&body, 0), put16(&body, 60), put16(&body, 4);
		buf_add(&body, "\177\0\0\1", 4);
		count++;
	}
	buf_add(out, q.ptr, 2);
	put16(out, known ? 0x8180 : 0x8183);
	put16(out, 1), put16(out, count), put16(out, 0), put16(out, 0);
	buf_add(out, q.ptr + 12, q.len - 12);
	buf_str(out, buf_view(&body));
}

static void *serve(void *arg)
{
	while (!atomic_load(&server.stop)) {
		struct pollfd p = { .fd = server.fd, .events = POLLIN };
		struct sockaddr_in from;
		socklen_t len = sizeof(from);
		char q[512];
		ssize_t n = poll(&p, 1, 20) > 0 ? recvfrom(server.fd, q, sizeof(q), 0, (struct sockaddr *)&from, &len) : 0;
		_cleanup_buf_ struct buf b = BUF_INIT(8000);
		if (n < 17)
			continue;
		answer(&b, str_make(q, (size_t)n));
		sendto(server.fd, b.ptr, b.len, 0, (struct sockaddr *)&from, len);
	}
	return NULL;
}

static void on_finding(void *ctx, const struct scan_finding *f)
{
	buf_printf(ctx, "%.*s %.*s %u\n", STR_ARG(f->url), STR_ARG(f->parameter), (unsigned)f->severity);
}

static void look(bool wildcard, struct buf *found)
{
	struct sockaddr_in sin = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t len = sizeof(sin);
	char text[40];
	_cleanup_arena_ struct arena *a = arena_new(64 * MIB);
	_cleanup_resolver_ struct net_resolver *r = NULL;
	struct asset_events events = { .ctx = found, .finding = on_finding };
	server = (struct server){ .fd = socket(AF_INET, SOCK_DGRAM, 0), .wildcard = wildcard };
	assert_ok(bind(server.fd, (struct sockaddr *)&sin, sizeof(sin)));
	assert_ok(getsockname(server.fd, (struct sockaddr *)&sin, &len));
	assert_ok(pthread_create(&server.thread, NULL, serve, NULL));
	snprintf(text, sizeof(text), "127.0.0.1:%u", ntohs(sin.sin_port));
	assert_ok(net_resolver_new(str_c(text), &r, NULL));
	struct names n = { .resolver = r, .events = &events, .arena = a, .domain = STR("example.com") };
	struct names_list none = { 0 };
	struct str links[] = { STR("old.example.com"), STR("app.example.com"), STR("dev.example.com"), STR("blog.example.com"), STR("mail.example.com") };
	names_subdomains(&n, &none, links, ARRAY_SIZE(links));
	atomic_store(&server.stop, true);
	pthread_join(server.thread, NULL);
	close(server.fd);
}

static void aliases_of_nothing(void **state)
{
	_cleanup_buf_ struct buf found = BUF_INIT(64 * KIB);
	look(false, &found);
	struct str t = buf_view(&found);
	assert_true(str_has(t, STR("dns://old.example.com/ shop.lapsed.net 3\n")));
	assert_true(str_has(t, STR("dns://app.example.com/ ours-2019.azurewebsites.net 3\n")));
	assert_true(str_has(t, STR("dns://dev.example.com/ box7.example.com 1\n")));
	assert_false(str_has(t, STR("blog.example.com")));
	assert_false(str_has(t, STR("mail.example.com")));
	assert_false(str_has(t, STR("*.")));
}

static void every_name_is_one(void **state)
{
	_cleanup_buf_ struct buf found = BUF_INIT(64 * KIB);
	look(true, &found);
	assert_true(str_has(buf_view(&found), STR("dns://*.example.com/ all.lapsed.net 3\n")));
	assert_false(str_has(buf_view(&found), STR("dns://api.example.com/")));
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(aliases_of_nothing), cmocka_unit_test(every_name_is_one) };
	return cmocka_run_group_tests(tests, NULL, NULL);
}
