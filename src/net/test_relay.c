/* The browser's way out: carries what the policy lets through for our own processes, and
 * nothing for other users of the machine. */
#include <arpa/inet.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/test.h"
#include "net/policy.h"
#include "net/relay.h"

static int listener(uint16_t *port)
{
	struct sockaddr_in a = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t n = sizeof(a);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	assert_int_equal(bind(fd, (struct sockaddr *)&a, sizeof(a)), 0);
	assert_int_equal(listen(fd, 8), 0);
	assert_int_equal(getsockname(fd, (struct sockaddr *)&a, &n), 0);
	*port = ntohs(a.sin_port);
	return fd;
}

/* The relay's answer to a request for 127.0.0.1:port, -1 when it hangs up before; the
 * connection stays open when ret_fd is given. */
static int ask(uint16_t relay, uint16_t port, int *ret_fd)
{
	struct sockaddr_in a = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK), .sin_port = htons(relay) };
	unsigned char request[10] = { 5, 1, 0, 1, 127, 0, 0, 1, (unsigned char)(port >> 8), (unsigned char)port }, got[10];
	int code = -1, fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (connect(fd, (struct sockaddr *)&a, sizeof(a)) == 0 && send(fd, "\5\1\0", 3, MSG_NOSIGNAL) == 3 &&
	    recv(fd, got, 2, MSG_WAITALL) == 2 && send(fd, request, 10, MSG_NOSIGNAL) == 10 &&
	    recv(fd, got, 10, MSG_WAITALL) == 10)
		code = got[1];
	if (ret_fd)
		*ret_fd = fd;
	else
		close(fd);
	return code;
}

static void carries_within_the_scope_only(void **state)
{
	struct net_policy *p = net_policy_new();
	_cleanup_(net_relay_stopp) struct net_relay *r = NULL;
	uint16_t port, other;
	int server = listener(&port), outside = listener(&other), fd, far;
	char got[5] = "";
	net_policy_allow_own(p);
	assert_ok(net_policy_scope_add(p, STR("127.0.0.1"), port, NULL));
	assert_ok(net_relay_start(p, &r, NULL));
	assert_int_equal(ask(net_relay_port(r), other, NULL), 2);
	assert_int_equal(ask(net_relay_port(r), port, &fd), 0);
	far = accept(server, NULL, NULL);
	assert_int_equal(send(fd, "ping", 4, 0), 4);
	assert_int_equal(recv(far, got, 4, MSG_WAITALL), 4);
	assert_string_equal(got, "ping");
	assert_int_equal(net_relay_opened(r), 1);
	assert_int_equal(net_relay_refused(r), 1);
	close(fd);
	close(far);
	close(server);
	close(outside);
	net_relay_stop(take_ptr(r));
	net_policy_free(p);
}

static void serves_no_other_user(void **state)
{
	struct net_policy *p = net_policy_new();
	struct net_relay *r = NULL;
	uint16_t port;
	int server, status = 0;
	pid_t pid;
	if (geteuid() != 0) {
		net_policy_free(p);
		skip(); /* nobody else to be */
	}
	server = listener(&port);
	net_policy_allow_own(p);
	assert_ok(net_relay_start(p, &r, NULL));
	pid = fork();
	assert_true(pid >= 0);
	if (pid == 0)
		_exit(setresuid(54321, 54321, 54321) != 0 ? 2 : ask(net_relay_port(r), port, NULL) < 0 ? 0 : 1);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	if (WEXITSTATUS(status) != 2)
		assert_int_equal(WEXITSTATUS(status), 0);
	assert_int_equal(net_relay_opened(r), 0);
	net_relay_stop(r);
	close(server);
	net_policy_free(p);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(carries_within_the_scope_only),
		cmocka_unit_test(serves_no_other_user),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
