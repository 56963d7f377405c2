/* What an input does decides what is sent to it: an input that does nothing costs little and is still
 * asked by time; a text in quotes inside of a function is found though most payloads were left out; the
 * same input under many addresses of one program is tried on a few of them. */
#include <stdio.h>

#include "base/check.h"
#include "base/limits.h"
#include "base/test.h"
#include "scan/test_site.h"

static unsigned quiet, quiet_waits, shaped, safe, front;

/* lower('…') = 'bob' of a database that joins texts by ||: 1 a row, 0 none, -1 a syntax error. */
static int rows(const char *v)
{
	int a, b;
	char tail[8];
	if (strcmp(v, "bob") == 0 || strcmp(v, "bob'||'") == 0)
		return 1;
	if (sscanf(v, "bob') AND ('%d'='%d%7s", &a, &b, tail) == 2)
		return a == b;
	return strchr(v, '\'') ? -1 : 0;
}

static void handle(struct web *w)
{
	char v[4096];
	if (web_is(w, "/")) {
		web_html(w, "<title>Home</title><a href='/quiet?kind=abc'>q</a> <a href='/shaped?name=bob'>s</a> <a href='/safe?name=bob'>t</a>");
	} else if (web_is(w, "/quiet")) {
		web_param(w, "kind", v, sizeof(v));
		quiet++;
		quiet_waits += strstr(v, "SLEEP(") != NULL;
		web_html(w, "<title>Q</title><p>Thank you, that was noted.</p>");
	} else if (web_is(w, "/shaped")) {
		shaped++;
		web_html(w, rows(web_param(w, "name", v, sizeof(v))) == 1 ? "<title>S</title><p>There is such a person in the books.</p>"
									  : "<title>S</title><p>Nobody.</p>");
	} else if (web_is(w, "/safe")) {
		safe++;
		web_html(w, strcmp(web_param(w, "name", v, sizeof(v)), "bob") == 0 ? "<title>S</title><p>There is such a person in the books.</p>"
										   : "<title>S</title><p>Nobody.</p>");
	} else {
		web_text(w, "404 Not Found", "text/html", "<p>no such page</p>");
	}
}

static void inputs_get_what_they_may_react_to(void **state)
{
	struct site site;
	quiet = quiet_waits = shaped = safe = 0;
	site_start(&site, handle);
	site_scan(&site, (struct scan_options){ .mode = SCAN_STANDARD });
	assert_true(site.sum.complete);
	/* one that does nothing: little, but asked to wait */
	assert_in_range(quiet, 10, 45);
	assert_in_range(quiet_waits, 1, 6);
	/* a database behind a function, errors kept to itself */
	assert_true(site_found(&site, "sqli-boolean", "/shaped name"));
	/* a choice: no more than it takes to see that it is no language */
	assert_false(site_found(&site, "sqli", "/safe"));
	assert_in_range(safe, 10, 66);
	site_stop(&site);
}

/* One program, thirty addresses, the same page. */
static void controller(struct web *w)
{
	struct buf b;
	if (web_is(w, "/index.php")) {
		front += web_has(w, "theme");
		buf_init(&b, 64 * KIB);
		buf_c(&b, "<title>Log in</title><p>Please log in to see this.</p>");
		for (unsigned i = 0; i < 30; i++)
			buf_printf(&b, "<a href='/index.php?route=page%c%c&amp;theme=dark'>p</a> ", (char)('a' + i / 6), (char)('a' + i % 6));
		web_html(w, "%s", b.ptr);
		buf_free(&b);
	} else if (web_is(w, "/")) {
		web_html(w, "<title>Home</title><a href='/index.php?route=pageaa&amp;theme=dark'>x</a>");
	} else {
		web_text(w, "404 Not Found", "text/html", "<p>no such page</p>");
	}
}

static void one_input_of_one_program_is_tried_on_a_few_pages(void **state)
{
	struct site site;
	front = 0;
	site_start(&site, controller);
	site_scan(&site, (struct scan_options){ .mode = SCAN_STANDARD, .concurrency = 2 });
	assert_true(site.sum.complete);
	/* thirty pages, each with an input that does nothing: far less than they would cost alone */
	assert_in_range(front, 60, 30 * 16);
	site_stop(&site);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(inputs_get_what_they_may_react_to),
		cmocka_unit_test(one_input_of_one_program_is_tried_on_a_few_pages),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
