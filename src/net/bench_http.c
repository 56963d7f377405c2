/* Requests per second and processor time of the HTTP client on a keep-alive server:
 *     bench_http URL REQUESTS PARALLEL */
#include <stdio.h>
#include <sys/resource.h>

#include "base/clock.h"
#include "base/limits.h"
#include "net/http.h"

struct run {
	struct http_client *client;
	struct http_request q;
	uint64_t left, done, failed, bytes;
};

static void finished(void *ctx, struct http_response *r)
{
	struct run *run = ctx;

	run->done++;
	run->failed += r->status != 200;
	run->bytes += r->body.len;
	http_response_free(r);
	if (run->left && run->left--)
		http_submit(run->client, &run->q, finished, run, NULL);
}

static double cpu_us(void)
{
	struct rusage u;

	getrusage(RUSAGE_SELF, &u);
	return (double)(u.ru_utime.tv_sec + u.ru_stime.tv_sec) * 1e6 +
	       (double)(u.ru_utime.tv_usec + u.ru_stime.tv_usec);
}

int main(int argc, char **argv)
{
	_cleanup_arena_ struct arena *a = arena_new(MIB);
	_cleanup_policy_ struct net_policy *policy = net_policy_new();
	_cleanup_connector_ struct net_connector *connector = NULL;
	struct net_direct_options direct = { .policy = policy };
	struct http_header headers[] = { { STR("User-Agent"), STR("bench") },
					 { STR("Accept"), STR("*/*") } };
	struct error e = { 0 };
	struct url u;
	uint64_t n = 0, parallel = 0;

	if (argc != 4 || str_to_u64(str_c(argv[2]), &n) < 0 ||
	    str_to_u64(str_c(argv[3]), &parallel) < 0)
		return fprintf(stderr, "usage: bench_http URL REQUESTS PARALLEL\n"), 2;
	net_policy_allow_own(policy);
	if (url_parse(a, str_c(argv[1]), NULL, 0, &u, &e) < 0 ||
	    net_connector_direct(&direct, &connector, &e) < 0)
		return fprintf(stderr, "%s\n", e.en), 2;
	struct http_client_options o = { .connector = connector,
					 .max_parallel = (unsigned)parallel,
					 .default_headers = headers,
					 .ndefault_headers = 2 };
	struct run run = { .q = { .url = &u }, .left = n };

	if (http_client_new(&o, &run.client, &e) < 0)
		return fprintf(stderr, "%s\n", e.en), 2;
	double cpu = cpu_us();
	int64_t from = clock_mono_us(&clock_system);

	for (uint64_t i = 0; i < parallel && run.left; i++, run.left--)
		http_submit(run.client, &run.q, finished, &run, NULL);
	while (http_client_run(run.client, 1000))
		;
	double seconds = (double)(clock_mono_us(&clock_system) - from) / 1e6;
	struct rusage usage;

	getrusage(RUSAGE_SELF, &usage);
	printf("%llu requests, %llu failed, %.1f MB, %.0f requests/s, %.1f us CPU per request, "
	       "peak %ld KB\n",
	       (unsigned long long)run.done, (unsigned long long)run.failed,
	       (double)run.bytes / 1e6, (double)run.done / seconds,
	       (cpu_us() - cpu) / (double)run.done, usage.ru_maxrss);
	http_client_free(run.client);
	return run.failed > 0;
}
