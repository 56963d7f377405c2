/* The out-of-band listener: hits that carry a token are told, noise is not, hostile packets
 * do no harm, and a name in the zone has its address. */
#include <arpa/inet.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "base/check.h"
#include "base/limits.h"
#include "base/test.h"
#include "net/oob_server.h"

static size_t question(unsigned char *out, const char *name, unsigned type)
{
	static const unsigned char head[] = { 0x12, 0x34, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0 };
	size_t n = sizeof(head);
	memcpy(out, head, n);
	struct str rest = str_c(name), part;
	while (str_split(&rest, '.', &part)) {
		out[n++] = (unsigned char)part.len;
		memcpy(out + n, part.ptr, part.len);
		n += part.len;
	}
	out[n++] = 0;
	out[n++] = 0;
	out[n++] = (unsigned char)type;
	out[n++] = 0;
	out[n++] = 1;
	return n;
}

static void names_in_the_zone_have_its_address(void **state)
{
	struct oob_zone z;
	unsigned char q[300], out[LIMIT_OOB_DNS_ANSWER];
	char name[256];
	unsigned type;
	assert_ok(oob_zone_set(&z, STR("oob.test"), STR("192.0.2.7"), NULL));
	size_t n = question(q, "ABC.oob.TEST", 1);
	size_t m = oob_dns_answer(&z, str_make(q, n), out, name, &type);
	assert_string_equal(name, "abc.oob.test");
	assert_int_equal(m, n + 16);
	assert_int_equal(out[2] & 0x84, 0x84);
	assert_int_equal(out[7], 1);
	assert_memory_equal(out + m - 4, "\xc0\x00\x02\x07", 4);
	n = question(q, "abc.oob.test", 28); /* no such record: an empty answer */
	oob_dns_answer(&z, str_make(q, n), out, name, &type);
	assert_int_equal(out[7], 0);
	assert_int_equal(out[3], 0);
	n = question(q, "www.other.test", 1);
	oob_dns_answer(&z, str_make(q, n), out, name, &type);
	assert_int_equal(out[3], 5); /* refused */
	n = question(q, "xoob.test", 1);
	oob_dns_answer(&z, str_make(q, n), out, name, &type);
	assert_int_equal(out[3], 5);
	for (size_t cut = 0; cut < n; cut++) /* torn packets get no answer */
		assert_int_equal(oob_dns_answer(&z, str_make(q, cut), out, name, &type), 0);
	assert_false(oob_zone_set(&z, STR("x"), STR("no address"), NULL) == 0);
}

struct seen {
	unsigned n, kinds;
	char token[OOB_TOKEN_LEN + 1];
};

static void note(void *arg, const struct oob_hit *h)
{
	struct seen *s = arg;
	s->n++;
	s->kinds |= (unsigned)h->kind;
	snprintf(s->token, sizeof(s->token), "%.*s", STR_ARG(h->token));
}

static int connected(uint16_t port, int type)
{
	struct sockaddr_in a = { .sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	int fd = socket(AF_INET, type, 0);
	assert_true(fd >= 0 && connect(fd, (struct sockaddr *)&a, sizeof(a)) == 0);
	return fd;
}

static struct seen wait_for(struct oob_server *s, const char *prefix, unsigned n)
{
	struct seen seen = { 0 };
	uint64_t after = 0;
	for (int i = 0; i < 100 && seen.n < n; i++) {
		oob_server_poll(s, str_c(prefix), &after, note, &seen);
		usleep(20000);
	}
	return seen;
}

static void hits_are_told_and_noise_is_not(void **state)
{
	struct oob_server *s;
	char prefix[OOB_PREFIX_LEN + 1], token[OOB_TOKEN_LEN + 1], line[300];
	unsigned char q[300];
	assert_ok(oob_server_start(&(struct oob_options){ .http = STR("127.0.0.1:0"), .dns = STR("127.0.0.1:0"), .domain = STR("oob.test"),
							  .address = STR("127.0.0.1") }, &s, NULL));
	oob_prefix_make(prefix);
	oob_token_make(prefix, 7, token);
	int udp = connected(oob_server_dns_port(s), SOCK_DGRAM);
	snprintf(line, sizeof(line), "x.%s.oob.test", token);
	size_t n = question(q, line, 1);
	assert_int_equal(send(udp, q, n, 0), n);
	assert_true(recv(udp, q, sizeof(q), 0) > 12);
	assert_int_equal(send(udp, "\xff\xff", 2, 0), 2);
	int noise = connected(oob_server_http_port(s), SOCK_STREAM);
	assert_int_equal(send(noise, "GET / HTTP/1.0\r\n\r\n", 18, 0), 18);
	assert_true(recv(noise, line, sizeof(line), 0) > 0);
	close(noise);
	int http = connected(oob_server_http_port(s), SOCK_STREAM);
	snprintf(line, sizeof(line), "GET /%s HTTP/1.1\r\nHost: x\r\n\r\n", token);
	assert_true(send(http, line, strlen(line), 0) > 0);
	assert_true(recv(http, line, sizeof(line), 0) > 0);
	assert_true(strncmp(line, "HTTP/1.1 200", 12) == 0);
	close(http);
	int ldap = connected(oob_server_http_port(s), SOCK_STREAM);
	assert_int_equal(send(ldap, "0\x0c\x02\x01\x01`\x07\x02\x01\x03\x04\x00\x80\x00", 14, 0), 14);
	assert_int_equal(recv(ldap, line, sizeof(line), 0), 14);
	assert_true(send(ldap, token, OOB_TOKEN_LEN, 0) > 0);
	struct seen seen = wait_for(s, prefix, 3);
	assert_int_equal(seen.n, 3);
	assert_int_equal(seen.kinds, OOB_DNS | OOB_HTTP | OOB_LDAP);
	assert_string_equal(seen.token, token);
	close(ldap);
	close(udp);
	oob_server_stop(s);
	assert_false(oob_server_start(&(struct oob_options){ .http = STR("nowhere") }, &s, NULL) == 0);
}

static int64_t cpu_ms(void)
{
	struct timespec t;
	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

/* No descriptor is left for a connection that waits: the listener rests instead of spinning,
 * and serves it when there is one again. */
static void without_descriptors_it_rests(void **state)
{
	struct oob_server *s;
	struct rlimit before, few;
	char line[100];
	int taken[256], n = 0;
	assert_ok(oob_server_start(&(struct oob_options){ .http = STR("127.0.0.1:0"), .domain = STR("oob.test"), .address = STR("127.0.0.1") },
				   &s, NULL));
	int client = connected(oob_server_http_port(s), SOCK_STREAM), other = socket(AF_INET, SOCK_STREAM, 0);
	usleep(1000 * 100); /* that one is accepted */
	assert_int_equal(getrlimit(RLIMIT_NOFILE, &before), 0);
	few = before;
	few.rlim_cur = 64;
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &few), 0);
	while (n < 256 && (taken[n] = dup(client)) >= 0)
		n++;
	struct sockaddr_in a = { .sin_family = AF_INET, .sin_port = htons(oob_server_http_port(s)), .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	assert_int_equal(connect(other, (struct sockaddr *)&a, sizeof(a)), 0);
	int64_t from = cpu_ms();
	usleep(1000 * 600);
	assert_true(cpu_ms() - from < 150);
	while (n > 0)
		close(taken[--n]);
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &before), 0);
	assert_int_equal(send(other, "GET / HTTP/1.0\r\n\r\n", 18, 0), 18);
	assert_true(recv(other, line, sizeof(line), 0) > 0);
	close(other);
	close(client);
	oob_server_stop(s);
}

/* One address gets its share, not everything. */
static void one_source_has_bounds(void **state)
{
	struct oob_server *s;
	unsigned char q[300], in[300];
	int fd[40], shut = 0, answers = 0;
	assert_ok(oob_server_start(&(struct oob_options){ .http = STR("127.0.0.1:0"), .dns = STR("127.0.0.1:0"), .domain = STR("oob.test"),
							  .address = STR("127.0.0.1") }, &s, NULL));
	for (int i = 0; i < 40; i++)
		fd[i] = connected(oob_server_http_port(s), SOCK_STREAM);
	usleep(1000 * 300);
	for (int i = 0; i < 40; i++) {
		shut += recv(fd[i], in, sizeof(in), MSG_DONTWAIT) == 0;
		close(fd[i]);
	}
	assert_int_equal(shut, 40 - 24);
	usleep(1000 * 1100);
	int udp = connected(oob_server_dns_port(s), SOCK_DGRAM);
	size_t n = question(q, "a.oob.test", 1);
	for (int i = 0; i < 900; i++)
		send(udp, q, n, 0);
	usleep(1000 * 300);
	while (recv(udp, in, sizeof(in), MSG_DONTWAIT) > 0)
		answers++;
	assert_in_range(answers, 1, 400); /* two seconds at most */
	close(udp);
	oob_server_stop(s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(names_in_the_zone_have_its_address),
		cmocka_unit_test(hits_are_told_and_noise_is_not),
		cmocka_unit_test(without_descriptors_it_rests),
		cmocka_unit_test(one_source_has_bounds),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
