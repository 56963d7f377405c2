/* What a scan writes on a site: an application that keeps whatever it is sent (files under the
 * name they come with, in the folder the form names; texts in the file the form names; comments)
 * and remembers each. */
#include <pthread.h>
#include <stdio.h>

#include "base/limits.h"
#include "base/test.h"
#include "scan/check.h"
#include "scan/form.h"
#include "scan/test_site.h"

#define MAX_KEPT 4000

static struct {
	pthread_mutex_t lock;
	char files[MAX_KEPT][300], folders[MAX_KEPT][300], texts[MAX_KEPT][300];
	char comments[MAX_KEPT][400];
	size_t files_len, folders_len, texts_len, comments_len;
	bool puts;
} kept = { .lock = PTHREAD_MUTEX_INITIALIZER };

static void keep(char list[][300], size_t *n, struct str s)
{
	pthread_mutex_lock(&kept.lock);
	if (*n < MAX_KEPT)
		snprintf(list[(*n)++], 300, "%.*s", STR_ARG(s));
	pthread_mutex_unlock(&kept.lock);
}

/* Value (or file name) of a part. */
static struct str part(struct str body, const char *name, bool file)
{
	char want[80];
	snprintf(want, sizeof(want), "name=\"%s\"", name);
	ssize_t at = str_find(body, str_c(want));
	if (at < 0)
		return STR("");
	struct str rest = str_from(body, (size_t)at + strlen(want));
	ssize_t head = str_find(rest, STR("\r\n\r\n"));
	struct str in = file ? str_sub(rest, 0, head < 0 ? 0 : (size_t)head) : str_from(rest, head < 0 ? rest.len : (size_t)head + 4);
	if (file) {
		ssize_t f = str_find(in, STR("filename=\""));
		in = f < 0 ? STR("") : str_from(in, (size_t)f + 10);
	}
	ssize_t end = file ? str_chr(in, '"') : str_find(in, STR("\r\n--"));
	return str_sub(in, 0, end < 0 ? in.len : (size_t)end);
}

static void uploaded(struct web *w)
{
	struct str name = part(w->body, "pic", true), folder = part(w->body, "folder", false);
	char shown[600], safe[600];
	keep(kept.folders, &kept.folders_len, folder);
	if (name.len)
		keep(kept.files, &kept.files_len, name);
	snprintf(shown, sizeof(shown), "%.*s", STR_ARG(name));
	web_html(w, "<title>U</title><p>Thank you for %s</p>", web_escape(shown, "<>&\"'", safe, sizeof(safe)));
}

static void comments(struct web *w)
{
	struct buf b;
	char v[300], safe[900];
	buf_init(&b, 4 * MIB);
	pthread_mutex_lock(&kept.lock);
	if (str_eq(w->method, STR("POST")) && kept.comments_len < MAX_KEPT)
		snprintf(kept.comments[kept.comments_len++], 400, "%s", web_param(w, "message", v, sizeof(v)));
	for (size_t i = kept.comments_len > 20 ? kept.comments_len - 20 : 0; i < kept.comments_len; i++)
		buf_printf(&b, "<li>%s</li>", web_escape(kept.comments[i], "<>&\"'", safe, sizeof(safe)));
	pthread_mutex_unlock(&kept.lock);
	web_html(w, "<title>C</title><ul>%.*s</ul><form action=/comments method=post><input name=who value=ann>"
		    "<textarea name=message></textarea><input type=submit value=Send></form>", (int)b.len, b.ptr ? b.ptr : "");
	buf_free(&b);
}

static void application(struct web *w)
{
	char v[600];
	if (web_is(w, "/")) {
		web_html(w, "<title>Home</title><a href=/up>up</a><a href=/edit>edit</a><a href=/comments>c</a>");
	} else if (web_is(w, "/up") && str_eq(w->method, STR("GET"))) {
		web_html(w, "<title>Upload</title><form action=/up method=post enctype=multipart/form-data>"
			    "<input name=folder value=pics><input name=title value=cat><input type=file name=pic><input type=submit value=Send></form>");
	} else if (web_is(w, "/up")) {
		uploaded(w);
	} else if (web_is(w, "/edit") && str_eq(w->method, STR("GET"))) {
		web_html(w, "<title>Edit</title><form action=/edit method=post><input name=file value=notes.txt>"
			    "<textarea name=content>hello</textarea><input type=submit value=Save></form>");
	} else if (web_is(w, "/edit")) {
		web_param(w, "file", v, sizeof(v));
		keep(kept.texts, &kept.texts_len, str_c(v));
		web_html(w, "<title>Saved</title><p>saved</p>");
	} else if (web_is(w, "/comments")) {
		comments(w);
	} else if (str_eq(w->method, STR("PUT")) && kept.puts) {
		web_text(w, "201 Created", "text/plain", "%s", "");
	} else {
		web_text(w, "404 Not Found", "text/html", "<title>404</title><p>nothing here</p>");
	}
}

static void forget(void)
{
	kept.files_len = kept.folders_len = kept.texts_len = kept.comments_len = 0;
}

static size_t bad(char list[][300], size_t n, bool any_separator)
{
	size_t count = 0;
	for (size_t i = 0; i < n; i++) {
		struct str s = str_c(list[i]);
		bool absolute = (list[i][0] == '/' && list[i][1] != '/') || str_istarts(s, STR("file:")) || str_istarts(s, STR("php:")) || str_istarts(s, STR("c:"));
		bool wrong = str_has(s, STR("..")) || (any_separator ? strpbrk(list[i], "/\\") != NULL : absolute);
		if (wrong)
			print_message("written: %s\n", list[i]);
		count += wrong;
	}
	return count;
}

static size_t distinct(char list[][300], size_t n)
{
	size_t count = 0;
	for (size_t i = 0; i < n; i++) {
		bool again = false;
		for (size_t k = 0; k < i; k++)
			again = again || strcmp(list[i], list[k]) == 0;
		count += !again;
	}
	return count;
}

static void everything_on(void **state)
{
	struct site s;
	forget();
	site_start(&s, application);
	site_scan(&s, (struct scan_options){ .mode = SCAN_DEEP, .intrusive = true, .browser = SCAN_BROWSER_OFF });
	print_message("%zu files (%zu names), %zu texts, %zu comments, %llu requests\n", kept.files_len, distinct(kept.files, kept.files_len),
		      kept.texts_len, kept.comments_len, (unsigned long long)s.requests);
	assert_true(kept.files_len > 10);
	assert_true(kept.files_len <= 33);
	assert_true(kept.folders_len > kept.files_len); /* the other fields are probed, with no file */
	assert_int_equal(bad(kept.files, kept.files_len, true), 0);
	assert_int_equal(bad(kept.folders, kept.folders_len, true), 0);
	assert_int_equal(bad(kept.texts, kept.texts_len, false), 0);
	assert_true(site_found(&s, "left-behind", "/up pic"));
	assert_true(site_found(&s, "left-behind", "/comments message"));
	site_stop(&s);
}

/* Without leave to change things no file goes out; the other fields of its form are probed. */
static void careful(void **state)
{
	struct site s;
	forget();
	site_start(&s, application);
	site_scan(&s, (struct scan_options){ .mode = SCAN_STANDARD, .browser = SCAN_BROWSER_OFF });
	print_message("%zu files (%zu names), %zu texts, %zu comments, %llu requests\n", kept.files_len, distinct(kept.files, kept.files_len),
		      kept.texts_len, kept.comments_len, (unsigned long long)s.requests);
	assert_int_equal(kept.files_len, 0);
	assert_true(kept.folders_len > 0);
	assert_int_equal(bad(kept.folders, kept.folders_len, true), 0);
	assert_int_equal(bad(kept.texts, kept.texts_len, false), 0);
	site_stop(&s);
}

static const char *state_of(const struct site *s, const char *id)
{
	for (size_t i = 0; i < s->sum.checks_len; i++)
		if (strcmp(s->sum.checks[i].check->id, id) == 0)
			return s->sum.checks[i].state;
	return "";
}

/* Naming a check, or a finding of it, is no leave to change things or to try passwords. */
static void named_without_leave(void **state)
{
	struct site s;
	char url[80];
	const struct str only[] = { STR("file-upload"), STR("http-put"), STR("default-credentials") };
	forget();
	kept.puts = true;
	site_start(&s, application);
	snprintf(url, sizeof(url), "%sup", s.url);
	site_scan(&s, (struct scan_options){ .mode = SCAN_STANDARD, .browser = SCAN_BROWSER_OFF, .only_checks = only, .only_checks_len = 3 });
	assert_int_equal(kept.files_len, 0);
	for (size_t i = 0; i < 3; i++)
		assert_string_equal(state_of(&s, only[i].ptr), "intrusive");
	struct scan_retest again = { .check = STR("file-upload"), .method = STR("POST"), .url = str_c(url) };
	site_scan(&s, (struct scan_options){ .mode = SCAN_DEEP, .browser = SCAN_BROWSER_OFF, .retest = &again, .retest_len = 1 });
	assert_int_equal(kept.files_len, 0);
	assert_string_equal(state_of(&s, "file-upload"), "intrusive");
	kept.puts = false;
	site_stop(&s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(everything_on),
		cmocka_unit_test(careful),
		cmocka_unit_test(named_without_leave),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
