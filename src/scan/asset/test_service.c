/* Every rule of the service table against the faithful answers in tests/fixtures: its own
 * is recognised with its version, all others leave it silent. */
#include "scan/asset/asset.h"
#include "scan/asset/service.h"
#include "scan/asset/starttls.h"
#include "scan/asset/udp.h"

#include "base/check.h"
#include "base/limits.h"
#include "base/map.h"
#include "base/test.h"
#include "os/file.h"

static struct error e;

struct fixture {
	struct str rule, probe, version, also, bytes;
};

static int hex(char c)
{
	return ascii_digit(c) ? c - '0' : ascii_lower(c) - 'a' + 10;
}

static struct str unescape(struct arena *a, struct str s)
{
	char *out = arena_alloc(a, s.len + 1);
	size_t n = 0;

	for (size_t i = 0; i < s.len; i++) {
		if (s.ptr[i] != '\\' || i + 1 == s.len) {
			out[n++] = s.ptr[i];
			continue;
		}
		char c = s.ptr[++i];

		if (c == 'x') {
			out[n++] = (char)(hex(s.ptr[i + 1]) << 4 | hex(s.ptr[i + 2]));
			i += 2;
		} else {
			out[n++] = c == 'r' ? '\r' : c == 'n' ? '\n' : c == 't' ? '\t' : c == '0' ? '\0' : c;
		}
	}
	return str_make(out, n);
}

static size_t read_fixtures(struct arena *a, struct fixture *list, size_t max)
{
	char path[4096];
	_cleanup_buf_ struct buf b = BUF_INIT(4 * MIB);
	struct str rest, line;
	size_t n = 0;

	snprintf(path, sizeof(path), "%s/tests/fixtures/services.tsv", getenv("ZHANWEI_SOURCE"));
	assert_ok(os_file_read(path, &b, &e));
	rest = arena_str(a, buf_view(&b));
	str_split(&rest, '\n', &line);
	while (str_split(&rest, '\n', &line)) {
		struct str cell[5] = { 0 };

		for (int i = 0; i < 5; i++)
			str_split(&line, '\t', &cell[i]);
		if (!cell[0].len)
			continue;
		assert_true(n < max);
		list[n++] = (struct fixture){ cell[0], cell[1], cell[2], cell[3], unescape(a, cell[4]) };
	}
	return n;
}

static bool named(struct str list, const char *id)
{
	struct str part;

	while (str_split(&list, ',', &part))
		if (str_eq(part, str_c(id)))
			return true;
	return false;
}

static const struct service_rule *rule_of(struct str id)
{
	for (size_t i = 0; i < service_rules_len; i++)
		if (str_eq(str_c(service_rules[i].id), id))
			return &service_rules[i];
	return NULL;
}

static void test_fixtures(void **state)
{
	_cleanup_arena_ struct arena *a = arena_new(64 * MIB);
	struct fixture *list = arena_array(a, 1000, sizeof(*list));
	_cleanup_map_ struct map *proved = map_new();
	_cleanup_map_ struct map *services = map_new();
	struct service_set *set = NULL;
	size_t n = read_fixtures(a, list, 1000), wrong = 0;

	assert_ok(service_set_new(&set, &e));
	for (size_t i = 0; i < n; i++) {
		const struct fixture *f = &list[i];
		const struct service_rule *own = rule_of(f->rule);
		struct service_match m;
		bool ok = service_match(set, f->probe, f->bytes, a, &m);

		assert_non_null(own);
		if (!ok || m.rule != own || !str_eq(m.version, f->version)) {
			print_message("%.*s: took it for %s, version \"%.*s\"\n", STR_ARG(f->rule),
				      ok && m.rule ? m.rule->id : "nothing", STR_ARG(m.version));
			wrong++;
		}
		map_add(proved, f->rule);
		for (size_t k = 0; k < service_rules_len; k++) {
			const struct service_rule *r = &service_rules[k];
			bool family = r->generic && strcmp(r->service, own->service) == 0;

			if (r == own || family || named(f->also, r->id) || !service_rule_matches(set, k, f->bytes))
				continue;
			print_message("%s is not silent on the answer of %.*s\n", r->id, STR_ARG(f->rule));
			wrong++;
		}
	}
	for (size_t k = 0; k < service_rules_len; k++) {
		map_add(services, str_c(service_rules[k].service));
		if (map_has(proved, str_c(service_rules[k].id)))
			continue;
		print_message("%s has no fixture\n", service_rules[k].id);
		wrong++;
	}
	service_set_free(set);
	print_message("%zu rules, %zu services\n", service_rules_len, map_len(services));
	assert_int_equal(wrong, 0);
	assert_true(service_rules_len >= 150);
}

static void test_access_is_not_claimed(void **state)
{
	_cleanup_arena_ struct arena *a = arena_new(64 * MIB);
	static const struct {
		const char *check, *bytes;
		bool open;
	} cases[] = {
		{ "asset-redis-unauth", "-NOAUTH Authentication required.\\r\\n", false },
		{ "asset-redis-unauth", "-DENIED Redis is running in protected mode\\r\\n", false },
		{ "asset-redis-unauth", "$40\\r\\n# Server\\r\\nredis_version:6.0.9\\r\\n", true },
		{ "asset-vnc-noauth", "RFB 003.008\\n\\x01\\x02", false },
		{ "asset-vnc-noauth", "RFB 003.008\\n\\x02\\x02\\x10", false },
		{ "asset-vnc-noauth", "RFB 003.008\\n\\x02\\x02\\x01", true },
		{ "asset-vnc-noauth", "RFB 003.008\\n\\x01\\x01", true },
		{ "asset-ftp-anonymous", "220 ready\\r\\n331 Please specify the password.\\r\\n530 Login incorrect.\\r\\n", false },
		{ "asset-ftp-anonymous", "220 ready\\r\\n331 Please specify the password.\\r\\n230 Login successful.\\r\\n", true },
		{ "asset-zookeeper-unauth", "envi is not executed because it is not in the whitelist.\\n", false },
		{ "asset-zookeeper-unauth", "Environment:\\nzookeeper.version=3.4.14\\nhost.name=zk1\\n", true },
		{ "asset-elasticsearch-unauth", "HTTP/1.1 401 Unauthorized\\r\\n\\r\\n{\"cluster_name\":1}", false },
		{ "asset-elasticsearch-unauth",
		  "HTTP/1.1 200 OK\\r\\n\\r\\n{\"cluster_name\":\"es\",\"status\":\"green\",\"number_of_nodes\":1}", true },
		{ "asset-docker-unauth", "HTTP/1.1 200 OK\\r\\n\\r\\n<html>hello</html>", false },
		{ "asset-docker-unauth", "HTTP/1.1 200 OK\\r\\n\\r\\n[]\\n", true },
		{ "asset-rsync-list", "@RSYNCD: 31.0\\n@RSYNCD: EXIT\\n", false },
		{ "asset-rsync-list", "@RSYNCD: 31.0\\n@RSYNCD: 31.0\\nbackup         \\tnightly\\n@RSYNCD: EXIT\\n", true },
		{ "asset-smb1-enabled", "\\x00\\x00\\x00\\x23\\xfeSMB", false },
	};
	struct service_set *set = NULL;

	assert_ok(service_set_new(&set, &e));
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		bool open = false;

		for (size_t k = 0; k < service_accesses_len; k++)
			if (strcmp(service_accesses[k].check, cases[i].check) == 0)
				open |= service_access_proved(set, k, unescape(a, str_c(cases[i].bytes)), NULL);
		if (open != cases[i].open)
			fail_msg("%s on %s: %d", cases[i].check, cases[i].bytes, open);
	}
	service_set_free(set);
}

static void test_versions(void **state)
{
	static const char *const up[] = { "0.9", "1.0-beta", "1.0", "1.0.1", "1.2", "1.9.9", "1.10", "2.4.49", "2.4.50", "7.4p1", "7.4p2", "8.5p1", "9.8p1" };

	for (size_t i = 0; i < ARRAY_SIZE(up); i++)
		for (size_t k = 0; k < ARRAY_SIZE(up); k++)
			assert_int_equal(service_version_cmp(str_c(up[i]), str_c(up[k])), i < k ? -1 : i > k);
	assert_int_equal(service_version_cmp(STR("1.01"), STR("1.1")), 0);
	assert_int_equal(service_version_cmp(STR("1.3.5"), STR("1.3.5a")), -1);
}

static void test_ports(void **state)
{
	_cleanup_arena_ struct arena *a = arena_new(MIB);
	const struct asset_range *r;
	size_t n;

	assert_int_equal(service_ports_len, 1000);
	assert_ok(asset_ports_parse(STR("80, 443,8000-8100"), a, &r, &n, &e));
	assert_int_equal(n, 3);
	assert_int_equal(r[2].to, 8100);
	assert_ok(asset_ports_parse(STR("all"), a, &r, &n, &e));
	assert_int_equal(r[0].to, 65535);
	assert_ok(asset_ports_parse(STR("top"), a, &r, &n, &e));
	assert_int_equal(n, 0);
	assert_int_equal(asset_ports_parse(STR("0"), a, &r, &n, &e), -1);
	assert_int_equal(asset_ports_parse(STR("90-80"), a, &r, &n, &e), -1);
	assert_int_equal(asset_ports_parse(STR("80,x"), a, &r, &n, &e), -1);
	assert_int_equal(asset_ports_parse(STR("70000"), a, &r, &n, &e), -1);
}

/* Plays a server's part; TLS may begin after `said` was sent to it. */
static bool changes(const char *service, struct str *parts, size_t n, const char *said)
{
	enum asset_start s = asset_start_of(str_c(service));
	_cleanup_buf_ struct buf all = BUF_INIT(4 * KIB);

	for (unsigned i = 0; i < n; i++)
		for (size_t len = 0; len <= parts[i].len; len++) {
			_cleanup_buf_ struct buf say = BUF_INIT(KIB);
			int r = asset_start_step(s, i, str_sub(parts[i], 0, len), &say);

			if (r < 0)
				return false;
			buf_str(&all, buf_view(&say));
			if (r > 0)
				return str_has(buf_view(&all), str_c(said));
			if (say.len)
				break;
		}
	return false;
}

static void test_starttls(void **state)
{
	struct str smtp[] = { STR("220-mx\r\n220 mx ESMTP\r\n"), STR("250-mx\r\n250-STARTTLS\r\n250 SIZE 1\r\n"), STR("220 go\r\n") };
	struct str bare[] = { STR("220 mx ESMTP\r\n"), STR("250 mx\r\n") };
	struct str imap[] = { STR("* OK ready\r\n"), STR("* CAPABILITY IMAP4\r\na1 OK go\r\n") };
	struct str pop3[] = { STR("+OK ready\r\n"), STR("-ERR no\r\n") };
	struct str ftp[] = { STR("220 ready\r\n"), STR("234 go\r\n") };
	struct str ldap[] = { STR(""), STR("0\x0c\x02\x01\x01\x78\x07\x0a\x01\x00\x04\x00\x04\x00") };
	struct str refused[] = { STR(""), STR("0\x0c\x02\x01\x01\x78\x07\x0a\x01\x02\x04\x00\x04\x00") };
	struct str postgres[] = { STR(""), STR("S") }, plain[] = { STR(""), STR("N") };
	struct str mysql[] = { STR("\x1f\x00\x00\x00\x0a" "8.0.36\0\x01\x00\x00\x00" "12345678\0\xff\xff\xff\x02\x00\xff\xc7\x15\x00\x00") };

	assert_true(changes("smtp", smtp, 3, "EHLO zhanwei.invalid\r\nSTARTTLS\r\n"));
	assert_false(changes("smtp", bare, 2, ""));
	assert_true(changes("imap", imap, 2, "a1 STARTTLS\r\n"));
	assert_false(changes("pop3", pop3, 2, ""));
	assert_true(changes("ftp", ftp, 2, "AUTH TLS\r\n"));
	assert_true(changes("ldap", ldap, 2, "1.3.6.1.4.1.1466.20037"));
	assert_false(changes("ldap", refused, 2, ""));
	assert_true(changes("postgresql", postgres, 2, ""));
	assert_false(changes("postgresql", plain, 2, ""));
	assert_true(changes("mysql", mysql, 1, ""));
	assert_int_equal(asset_start_of(STR("http")), START_NONE);
}

static bool answers(const char *service, struct str bytes, const char *product, const char *version, bool open)
{
	_cleanup_arena_ struct arena *a = arena_new(MIB);

	for (size_t i = 0; i < udp_probes_len; i++) {
		struct udp_answer x = { .open = false };

		if (strcmp(udp_probes[i].service, service) != 0 || !udp_probes[i].read(bytes, a, &x))
			continue;
		return str_eq(x.product, str_c(product)) && str_eq(x.version, str_c(version)) && x.open == open;
	}
	return false;
}

static void test_udp(void **state)
{
	struct str bind = STR("zw\x85\0\0\x01\0\x01\0\0\0\0\x07version\x04" "bind\0\0\x10\0\x03\xc0\x0c\0\x10\0\x03\0\0\0\0\0\x09\x08" "9.18.24x");
	struct str snmp = STR("\x30\x2e\x02\x01\x01\x04\x06public\xa2\x21\x02\x04\0zwx\x02\x01\0\x02\x01\0\x30\x13\x30\x11"
			      "\x06\x08\x2b\x06\x01\x02\x01\x01\x01\0\x04\x05Linux");

	assert_true(answers("dns", bind, "BIND", "9.18.24x", false));
	assert_true(answers("dns", STR("zw\x81\x05\0\x01\0\0\0\0\0\0\x07version\x04" "bind\0\0\x10\0\x03"), "", "", false));
	assert_false(answers("dns", STR("zw\x01\0\0\x01\0\0\0\0\0\0"), "", "", false)); /* our own packet, sent back */
	assert_true(answers("snmp", snmp, "", "", true));
	assert_false(answers("snmp", str_sub(snmp, 0, snmp.len - 1), "", "", true));
	assert_true(answers("memcached", STR("zw\0\0\0\x01\0\0VERSION 1.6.18\r\n"), "memcached", "1.6.18", true));
	assert_true(answers("ssdp", STR("HTTP/1.1 200 OK\r\nSERVER: Linux UPnP/1.0 x\r\n\r\n"), "", "", false));
	for (size_t i = 0; i < udp_probes_len; i++) { /* none takes its own packet for an answer */
		_cleanup_arena_ struct arena *a = arena_new(MIB);
		struct udp_answer x = { .open = false };

		assert_false(udp_probes[i].read(udp_probes[i].packet, a, &x));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_fixtures),
		cmocka_unit_test(test_access_is_not_claimed),
		cmocka_unit_test(test_versions),
		cmocka_unit_test(test_ports),
		cmocka_unit_test(test_starttls),
		cmocka_unit_test(test_udp),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
