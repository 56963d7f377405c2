/* A site of 1,000,000 pages on loopback, for measuring what a long crawl needs: the start
 * page links to 1,000 sections, each section to 1,000 pages.
 *
 *     build/src/scan/bench_big_site &      prints its address and serves until it is ended
 *     zhanwei scan URL --i-own-this-target --max-pages 1000000 … */
#include <signal.h>
#include <stdio.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/limits.h"
#include "net/test_server.h"

static void word(char out[4], unsigned n)
{
	for (int i = 2; i >= 0; i--, n /= 26)
		out[i] = (char)('a' + n % 26);
	out[3] = 0;
}

static void links(struct buf *b, const char *prefix)
{
	char w[4];
	for (unsigned i = 0; i < 1000; i++) {
		word(w, i);
		buf_printf(b, "<li><a href=\"%s%s\">%s</a></li>\n", prefix, w, w);
	}
}

static void page(struct buf *b, struct str path)
{
	char prefix[64];
	buf_c(b, "<!doctype html><html lang=en><head><meta charset=utf-8><title>Big site</title></head><body><ul>\n");
	if (str_eq(path, STR("/"))) {
		links(b, "/s-");
	} else if (str_starts(path, STR("/s-")) && path.len == 6) {
		snprintf(prefix, sizeof(prefix), "%.*s/p-", STR_ARG(path));
		links(b, prefix);
	} else if (str_starts(path, STR("/s-")) && path.len == 12) {
		buf_printf(b, "<p>This is page %.*s of a big site.</p><p><a href=\"/\">home</a></p>", STR_ARG(path));
	}
	buf_c(b, "</ul></body></html>\n");
}

static void serve(struct test_conn *c)
{
	while (test_read_request(c)) {
		struct str line = buf_view(&c->request), path;
		struct buf b;
		str_split(&line, ' ', &path);
		str_split(&line, ' ', &path);
		bool known = str_eq(path, STR("/")) || (str_starts(path, STR("/s-")) && (path.len == 6 || path.len == 12));
		buf_init(&b, 1 * MIB);
		page(&b, path);
		test_writef(c, "HTTP/1.1 %s\r\nContent-Type: text/html; charset=utf-8\r\nContent-Length: %zu\r\n\r\n",
			    known ? "200 OK" : "404 Not Found", b.len);
		test_write(c, buf_view(&b));
		buf_free(&b);
	}
}

int main(void)
{
	signal(SIGPIPE, SIG_IGN);
	struct test_server *s = test_server_start(serve, NULL, NULL);
	printf("http://127.0.0.1:%u/\n", test_server_port(s));
	fflush(stdout);
	pause();
	test_server_stop(s);
	return 0;
}
