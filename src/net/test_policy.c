/* Which addresses may be reached: never, only when listed, always. */
#include "base/test.h"

#include <netinet/in.h>

#include "base/check.h"
#include "net/policy.h"

static int check_text(const struct net_policy *p, const char *addr, struct error *e)
{
	struct sockaddr_storage ss;
	socklen_t len;

	assert_ok(net_addr_parse(str_c(addr), 80, &ss, &len));
	return net_policy_check_addr(p, (struct sockaddr *)&ss, e);
}

static const struct {
	const char *addr, *class;
} vectors[] = {
	{ "8.8.8.8", "public" },
	{ "1.1.1.1", "public" },
	{ "223.255.255.255", "public" },
	{ "172.15.255.255", "public" },
	{ "172.32.0.0", "public" },
	{ "100.63.255.255", "public" },
	{ "100.128.0.0", "public" },
	{ "2606:4700::1", "public" },
	{ "240e:0:1::1", "public" },
	{ "127.0.0.1", "loopback" },
	{ "127.255.255.254", "loopback" },
	{ "::1", "loopback" },
	{ "10.0.0.1", "private" },
	{ "172.16.0.1", "private" },
	{ "172.31.255.255", "private" },
	{ "192.168.1.1", "private" },
	{ "100.64.0.1", "private" },
	{ "fc00::1", "private" },
	{ "fd12:3456::1", "private" },
	{ "fec0::1", "private" },
	{ "169.254.0.1", "link-local" },
	{ "169.254.169.253", "link-local" },
	{ "fe80::1", "link-local" },
	{ "febf::1", "link-local" },
	{ "169.254.169.254", "metadata" },
	{ "169.254.170.2", "metadata" },
	{ "100.100.100.200", "metadata" },
	{ "192.0.0.192", "metadata" },
	{ "168.63.129.16", "metadata" },
	{ "fd00:ec2::254", "metadata" },
	{ "fd20:ce::254", "metadata" },
	{ "224.0.0.1", "multicast" },
	{ "239.255.255.250", "multicast" },
	{ "255.255.255.255", "multicast" },
	{ "ff02::1", "multicast" },
	{ "0.0.0.0", "unspecified" },
	{ "0.1.2.3", "unspecified" },
	{ "240.0.0.1", "unspecified" },
	{ "::", "unspecified" },
	{ "192.0.2.1", "special" },
	{ "198.18.0.1", "special" },
	{ "203.0.113.9", "special" },
	{ "2001:db8::1", "special" },
	{ "100::1", "special" },
	{ "4000::1", "special" },
	/* IPv4 in disguise */
	{ "::ffff:127.0.0.1", "loopback" },
	{ "::ffff:169.254.169.254", "metadata" },
	{ "::ffff:8.8.8.8", "public" },
	{ "::ffff:0:10.0.0.1", "private" },
	{ "64:ff9b::10.0.0.1", "private" },
	{ "64:ff9b::a9fe:a9fe", "metadata" },
	{ "64:ff9b::8.8.8.8", "public" },
	{ "64:ff9b:1::7f00:1", "loopback" },
	{ "2002:7f00:1::", "loopback" },
	{ "2002:a9fe:a9fe::1", "metadata" },
	{ "2002:808:808::1", "public" },
	{ "2001:0:808:808:0:0:80ff:fffe", "loopback" }, /* Teredo of 127.0.0.1 */
	{ "::127.0.0.1", "loopback" },
	{ "2606:4700::5efe:192.168.0.1", "private" },
};

static void every_class(void **state)
{
	(void)state;
	_cleanup_policy_ struct net_policy *p = net_policy_new();

	for (size_t i = 0; i < ARRAY_SIZE(vectors); i++) {
		struct sockaddr_storage ss;
		struct error e = { 0 };
		socklen_t len;
		char code[48];

		assert_ok(net_addr_parse(str_c(vectors[i].addr), 80, &ss, &len));
		const char *got = net_addr_class_name(net_addr_classify((struct sockaddr *)&ss));

		if (strcmp(got, vectors[i].class) != 0)
			fail_msg("%s is %s, want %s", vectors[i].addr, got, vectors[i].class);
		int rc = net_policy_check_addr(p, (struct sockaddr *)&ss, &e);

		snprintf(code, sizeof(code), "policy.%s", got);
		assert_int_equal(rc, strcmp(got, "public") == 0 ? 0 : -1);
		if (rc < 0)
			assert_string_equal(e.code, code);
	}
}

static void listing_opens_only_what_is_listed(void **state)
{
	(void)state;
	_cleanup_policy_ struct net_policy *p = net_policy_new();
	struct error e = { 0 };

	assert_ok(net_policy_allow_cidr(p, STR("10.1.0.0/16"), &e));
	assert_ok(net_policy_allow_cidr(p, STR(" 127.0.0.1 "), &e));
	assert_ok(net_policy_allow_cidr(p, STR("fd12::/16"), &e));
	assert_ok(check_text(p, "10.1.255.1", &e));
	assert_ok(check_text(p, "127.0.0.1", &e));
	assert_ok(check_text(p, "::ffff:10.1.2.3", &e));
	assert_ok(check_text(p, "fd12::9", &e));
	assert_int_equal(check_text(p, "10.2.0.1", &e), -1);
	assert_int_equal(check_text(p, "127.0.0.2", &e), -1);
	assert_int_equal(check_text(p, "fd13::9", &e), -1);
	/* The widest list does not open what is never allowed. */
	assert_ok(net_policy_allow_cidr(p, STR("128.0.0.0/1"), &e));
	assert_int_equal(check_text(p, "169.254.169.254", &e), -1);
	assert_string_equal(e.code, "policy.metadata");
	assert_int_equal(check_text(p, "169.254.1.1", &e), -1);
	assert_string_equal(e.code, "policy.link-local");
	static const char *const bad[] = {
		"",     "10.0.0.0/33",    "10.0.0.0/-1", "10.0.0/8",
		"x",    "169.254.0.0/16", "0.0.0.0/0",   "224.0.0.0/4",
		"::/0", "fe80::/10",      "10.0.0.0/",   "10.0.0.0/8/8"
	};

	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		if (net_policy_allow_cidr(p, str_c(bad[i]), &e) == 0)
			fail_msg("%s was taken", bad[i]);
		assert_string_equal(e.code, "policy.bad-cidr");
	}
}

static void own_targets(void **state)
{
	(void)state;
	_cleanup_policy_ struct net_policy *p = net_policy_new();
	struct error e = { 0 };

	net_policy_allow_own(p);
	assert_ok(check_text(p, "127.0.0.1", &e));
	assert_ok(check_text(p, "192.168.3.4", &e));
	assert_ok(check_text(p, "::1", &e));
	assert_int_equal(check_text(p, "169.254.169.254", &e), -1);
	assert_int_equal(check_text(p, "100.100.100.200", &e), -1);
	assert_int_equal(check_text(p, "fe80::1", &e), -1);
}

static void hosts_before_resolving(void **state)
{
	(void)state;
	_cleanup_policy_ struct net_policy *p = net_policy_new();
	static const char *const v[][2] = {
		{ "example.com", "" },
		{ "localhost", "policy.loopback" },
		{ "LOCALHOST.", "policy.loopback" },
		{ "x.localhost", "policy.loopback" },
		{ "metadata.google.internal", "policy.metadata" },
		{ "0x7f.1", "policy.loopback" },
		{ "2852039166", "policy.metadata" },
		{ "[::1]", "policy.loopback" },
		{ "::ffff:a9fe:a9fe", "policy.metadata" },
		{ "10.0.0.1", "policy.private" },
		{ "a b", "policy.bad-host" },
		{ "", "policy.bad-host" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(v); i++) {
		struct error e = { 0 };

		net_policy_check_host(p, str_c(v[i][0]), 80, &e);
		assert_string_equal(e.code, v[i][1]);
	}
	struct error e = { 0 };

	assert_ok(net_policy_scope_add(p, STR("Example.com"), 443, &e));
	assert_true(net_policy_has_scope(p));
	assert_ok(net_policy_check_host(p, STR("example.COM"), 443, &e));
	assert_ok(net_policy_check_host(p, STR("example.com."), 443, &e));
	assert_int_equal(net_policy_check_host(p, STR("example.com"), 80, &e), -1);
	assert_string_equal(e.code, "policy.out-of-scope");
	assert_int_equal(net_policy_check_host(p, STR("www.example.com"), 443, &e), -1);
	/* Scope does not open addresses. */
	assert_ok(net_policy_scope_add(p, STR("127.0.0.1"), 80, &e));
	assert_int_equal(net_policy_check_host(p, STR("127.1"), 80, &e), -1);
	assert_string_equal(e.code, "policy.loopback");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_class),
		cmocka_unit_test(listing_opens_only_what_is_listed),
		cmocka_unit_test(own_targets),
		cmocka_unit_test(hosts_before_resolving),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
