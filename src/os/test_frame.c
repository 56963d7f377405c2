/* Frames come out as they went in, however the stream was cut; lies about length cost
 * nothing; descriptors pass and never leak. */
#include "os/frame.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/limits.h"
#include "base/mem.h"
#include "base/test.h"
#include "os/fdpass.h"

#define COUNT 200

/* A small generator with a fixed seed: failures can be repeated. */
static uint32_t next_random(uint32_t *x)
{
	*x ^= *x << 13;
	*x ^= *x >> 17;
	*x ^= *x << 5;
	return *x;
}

static void random_body(uint32_t *x, struct buf *b)
{
	size_t n = next_random(x) % 8 == 0 ? 0 : next_random(x) % 3000;

	buf_clear(b);
	for (size_t i = 0; i < n; i++)
		buf_char(b, (char)next_random(x));
}

static void fill_writer(struct os_frame_writer *w, uint32_t seed)
{
	_cleanup_buf_ struct buf body = BUF_INIT(4096);

	for (uint32_t i = 0; i < COUNT; i++) {
		random_body(&seed, &body);
		assert_ok(os_frame_writer_add(w, i * 7, buf_view(&body), NULL));
	}
}

/* Takes all frames that are whole and compares them with the generator's. */
static void drain(struct os_frame_reader *r, uint32_t *seed, uint32_t *count)
{
	_cleanup_buf_ struct buf want = BUF_INIT(4096);
	struct str got;
	uint32_t type;
	int n;

	while ((n = os_frame_reader_next(r, &type, &got, NULL)) == 1) {
		random_body(seed, &want);
		assert_int_equal(type, *count * 7);
		assert_true(str_eq(got, buf_view(&want)));
		++*count;
	}
	assert_int_equal(n, 0);
}

static void any_split_gives_the_same_frames(void **state)
{
	for (uint32_t round = 1; round <= 40; round++) {
		struct os_frame_writer w;
		struct os_frame_reader r;
		uint32_t seed = round * 2654435761u, cut = round, count = 0, check_seed = seed;

		os_frame_writer_init(&w, MIB);
		os_frame_reader_init(&r, 4096);
		fill_writer(&w, seed);
		struct str rest = buf_view(&w.out);

		while (rest.len > 0) {
			/* From single bytes to pieces with several frames. */
			size_t n = next_random(&cut) % (round % 4 == 0 ? 3 : 9000) + 1;
			struct str piece = str_sub(rest, 0, n);

			assert_ok(os_frame_reader_feed(&r, piece, NULL));
			drain(&r, &check_seed, &count);
			rest = str_from(rest, piece.len);
		}
		assert_int_equal(count, COUNT);
		os_frame_reader_free(&r);
		os_frame_writer_free(&w);
	}
}

static void nonblocking_ends_meet_through_a_full_pipe(void **state)
{
	struct os_frame_writer w;
	struct os_frame_reader r;
	uint32_t seed = 12345, count = 0;
	int p[2], flushed;

	assert_ok(pipe2(p, O_NONBLOCK | O_CLOEXEC));
	os_frame_writer_init(&w, MIB);
	os_frame_reader_init(&r, 4096);
	fill_writer(&w, seed);
	do {
		flushed = os_frame_writer_flush(&w, p[1], NULL);
		assert_true(flushed >= 0);
		if (flushed)
			close(p[1]);
		while (!r.eof && os_frame_reader_fill(&r, p[0], NULL) == 1)
			drain(&r, &seed, &count);
	} while (!flushed);
	assert_int_equal(os_frame_writer_pending(&w), 0);
	assert_true(r.eof);
	assert_int_equal(count, COUNT);
	close(p[0]);
	os_frame_reader_free(&r);
	os_frame_writer_free(&w);
}

struct sender {
	int fd;
	struct str body;
};

static void *send_one(void *arg)
{
	struct sender *s = arg;

	os_frame_send(s->fd, 42, s->body, 10000, NULL);
	os_frame_send(s->fd, 43, STR(""), 10000, NULL);
	close(s->fd);
	return NULL;
}

static void blocking_pair(bool sockets)
{
	_cleanup_free_ char *big = mem_alloc(3 * MIB);
	_cleanup_buf_ struct buf body = BUF_INIT(4 * MIB);
	uint32_t type = 0;
	pthread_t t;
	int p[2];

	if (sockets)
		assert_ok(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, p));
	else
		assert_ok(pipe2(p, O_CLOEXEC));
	memset(big, 'b', 3 * MIB);
	struct sender s = { p[1], str_make(big, 3 * MIB) };

	assert_ok(pthread_create(&t, NULL, send_one, &s));
	assert_int_equal(os_frame_recv(p[0], 4 * MIB, 10000, &type, &body, NULL), 1);
	assert_int_equal(type, 42);
	assert_true(str_eq(buf_view(&body), s.body));
	assert_int_equal(os_frame_recv(p[0], 4 * MIB, 10000, &type, &body, NULL), 1);
	assert_int_equal(type, 43);
	assert_int_equal(body.len, 0);
	assert_int_equal(os_frame_recv(p[0], 4 * MIB, 10000, &type, &body, NULL), 0);
	pthread_join(t, NULL);
	close(p[0]);
}

static void blocking_pair_carries_big_frames(void **state)
{
	blocking_pair(true);
	blocking_pair(false);
}

static void lies_and_silence_are_errors(void **state)
{
	static const char huge[] = { '\xff', '\xff', '\xff', '\x7f', 1, 0, 0, 0 };
	_cleanup_buf_ struct buf body = BUF_INIT(1024);
	struct os_frame_reader r;
	struct error e = { 0 };
	struct str got;
	uint32_t type;
	int p[2];

	assert_ok(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, p));
	/* Silence. */
	assert_int_equal(os_frame_recv(p[0], 1024, 30, &type, &body, &e), -1);
	assert_string_equal(e.code, "frame.timeout");
	/* More than allowed. */
	assert_int_equal(write(p[1], huge, sizeof(huge)), sizeof(huge));
	assert_int_equal(os_frame_recv(p[0], 1024, 1000, &type, &body, &e), -1);
	assert_string_equal(e.code, "frame.too-long");
	assert_true(body.cap <= 1025);
	/* Half a head, then the end. */
	assert_int_equal(write(p[1], huge, 3), 3);
	close(p[1]);
	assert_int_equal(os_frame_recv(p[0], 1024, 1000, &type, &body, &e), -1);
	assert_string_equal(e.code, "frame.closed");
	/* Writing to nobody is an error, not a signal. */
	assert_int_equal(os_frame_send(p[0], 1, STR("x"), 1000, &e), -1);
	assert_string_equal(e.code, "frame.closed");
	close(p[0]);

	os_frame_reader_init(&r, 100);
	assert_ok(os_frame_reader_feed(&r, str_make(huge, sizeof(huge)), NULL));
	assert_int_equal(os_frame_reader_next(&r, &type, &got, &e), -1);
	assert_string_equal(e.code, "frame.too-long");
	os_frame_reader_free(&r);
}

static void a_slow_reader_gives_back_pressure(void **state)
{
	struct os_frame_writer w;
	struct error e = { 0 };

	os_frame_writer_init(&w, 100);
	assert_ok(os_frame_writer_add(&w, 1, STR("0123456789"), NULL));
	assert_int_equal(os_frame_writer_pending(&w), 18);
	for (int i = 0; i < 4; i++)
		assert_ok(os_frame_writer_add(&w, 1, STR("0123456789"), NULL));
	assert_int_equal(os_frame_writer_add(&w, 1, STR("0123456789"), &e), -1);
	assert_string_equal(e.code, "frame.full");
	assert_int_equal(os_frame_writer_pending(&w), 90); /* what was there is whole */
	os_frame_writer_free(&w);
}

static int count_fds(void)
{
	int n = 0;

	for (int fd = 0; fd < 256; fd++)
		n += fcntl(fd, F_GETFD) >= 0;
	return n;
}

static void descriptors_pass_and_never_leak(void **state)
{
	_cleanup_buf_ struct buf body = BUF_INIT(64);
	int before = count_fds(), sv[2], p[2], got[4];
	struct error e = { 0 };
	size_t n = 0;

	assert_ok(os_fdpass_pair(sv, NULL));
	assert_ok(pipe2(p, O_CLOEXEC));
	assert_ok(os_fdpass_send(sv[0], STR("two"), p, 2, 1000, NULL));
	assert_int_equal(os_fdpass_recv(sv[1], &body, got, 4, &n, 1000, NULL), 1);
	assert_str(buf_view(&body), STR("two"));
	assert_int_equal(n, 2);
	assert_true(fcntl(got[0], F_GETFD) & FD_CLOEXEC);
	assert_int_equal(write(got[1], "x", 1), 1);
	close(got[0]);
	close(got[1]);
	/* More descriptors or bytes than expected: refused, closed. */
	assert_ok(os_fdpass_send(sv[0], STR("two"), p, 2, 1000, NULL));
	assert_int_equal(os_fdpass_recv(sv[1], &body, got, 1, &n, 1000, &e), -1);
	assert_string_equal(e.code, "fdpass.too-many");
	char long_text[100];

	memset(long_text, 'l', sizeof(long_text));
	assert_ok(os_fdpass_send(sv[0], str_make(long_text, sizeof(long_text)), p, 2, 1000, NULL));
	assert_int_equal(os_fdpass_recv(sv[1], &body, got, 4, &n, 1000, &e), -1);
	assert_string_equal(e.code, "fdpass.too-long");
	/* Silence, then the end. */
	assert_int_equal(os_fdpass_recv(sv[1], &body, got, 4, &n, 20, &e), -1);
	assert_string_equal(e.code, "fdpass.timeout");
	close(sv[0]);
	assert_int_equal(os_fdpass_recv(sv[1], &body, got, 4, &n, 1000, &e), 0);
	assert_int_equal(os_fdpass_send(sv[1], STR("x"), NULL, 0, 1000, &e), -1);
	assert_string_equal(e.code, "fdpass.closed");
	close(sv[1]);
	close(p[0]);
	close(p[1]);
	assert_int_equal(count_fds(), before);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(any_split_gives_the_same_frames),
		cmocka_unit_test(nonblocking_ends_meet_through_a_full_pipe),
		cmocka_unit_test(blocking_pair_carries_big_frames),
		cmocka_unit_test(lies_and_silence_are_errors),
		cmocka_unit_test(a_slow_reader_gives_back_pressure),
		cmocka_unit_test(descriptors_pass_and_never_leak),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
