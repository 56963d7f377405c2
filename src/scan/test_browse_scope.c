/* What the browser's interception does not see (sockets of pages, service workers, workers, peer
 * connections) has one way out as well: the relay, which carries to the scanned place only. */
#include <unistd.h>

#include "base/limits.h"
#include "base/map.h"
#include "base/test.h"
#include "net/connector.h"
#include "net/http.h"
#include "net/policy.h"
#include "scan/browse.h"
#include "scan/scan.h"
#include "scan/test_site.h"

static struct test_server *other;
static struct {
	pthread_mutex_t lock;
	unsigned inside, worker, service;
} seen = { .lock = PTHREAD_MUTEX_INITIALIZER };

static void count(unsigned *n)
{
	pthread_mutex_lock(&seen.lock);
	++*n;
	pthread_mutex_unlock(&seen.lock);
}

static void elsewhere(struct test_conn *c)
{
	while (test_read_request(c))
		test_writef(c, "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
}

static void application(struct web *w)
{
	unsigned port = test_server_port(other);
	if (web_is(w, "/")) {
		web_html(w,
			 "<!DOCTYPE html><title>Sockets</title><p>hello</p><script>"
			 "var out='127.0.0.1:%u';"
			 "new WebSocket('ws://'+location.host+'/inside');"
			 "['ws://'+out+'/a','ws://localhost:%u/b','ws://[::1]:%u/c','wss://'+out+'/d'].forEach(function(u){"
			 "try{new WebSocket(u)}catch(e){}});"
			 "navigator.serviceWorker.register('/service.js').catch(function(){});"
			 "new Worker('/worker.js');"
			 "try{new EventSource('http://'+out+'/e')}catch(e){}"
			 "navigator.sendBeacon('http://'+out+'/f','x');"
			 "var p=new RTCPeerConnection({iceServers:[{urls:'turn:'+out+'?transport=tcp',username:'u',credential:'c'}]});"
			 "p.createDataChannel('d');p.createOffer().then(function(o){p.setLocalDescription(o)});"
			 "</script>", port, port, port);
	} else if (web_is(w, "/inside")) {
		count(&seen.inside);
		web_text(w, "404 Not Found", "text/plain", "%s", "no");
	} else if (web_is(w, "/worker.js")) {
		count(&seen.worker);
		web_text(w, "200 OK", "application/javascript", "fetch('http://127.0.0.1:%u/w').catch(function(){});new WebSocket('ws://127.0.0.1:%u/x')",
			 port, port);
	} else if (web_is(w, "/service.js")) {
		if (str_eq(web_header(w, "Service-Worker"), STR("script")))
			count(&seen.service);
		web_text(w, "200 OK", "application/javascript", "self.oninstall=function(){fetch('http://127.0.0.1:%u/s')};new WebSocket('ws://127.0.0.1:%u/y')",
			 port, port);
	} else {
		web_text(w, "404 Not Found", "text/html", "<title>404</title>%s", "nothing");
	}
}

static void nothing_leaves_the_scope(void **state)
{
	struct site site;
	struct error e = { 0 };
	struct scan_browser_host *host = NULL;
	struct scan_summary sum = { 0 };
	struct str only = STR("hsts-weak");
	_cleanup_connector_ struct net_connector *c = NULL;
	_cleanup_policy_ struct net_policy *policy = net_policy_new();
	if (!scan_browser_there()) {
		print_message("SKIPPED: no Chromium on this machine\n");
		skip();
	}
	other = test_server_start(elsewhere, NULL, NULL);
	site_start(&site, application);
	net_policy_allow_own(policy);
	assert_ok(net_policy_scope_add(policy, STR("127.0.0.1"), test_server_port(site.server), &e));
	struct scan_options o = { .target = str_c(site.url), .mode = SCAN_STANDARD, .browser = SCAN_BROWSER_ON, .only_checks = &only,
				  .only_checks_len = 1 };
	assert_ok(net_connector_direct(&(struct net_direct_options){ .policy = policy }, &c, &e));
	assert_ok(scan_browser_start(&o, policy, NULL, NULL, &host, &e));
	struct scan_browser door = scan_browser_door(host);
	struct scan_events ev = { .browser = &door };
	assert_ok(scan_run(&o, c, NULL, &ev, &sum, &e));
	scan_browser_stop(host);
	scan_summary_free(&sum);
	assert_true(seen.inside > 0); /* sockets to the scanned place work */
	assert_int_equal(seen.service, 0); /* no worker that would outlive its page */
	assert_int_equal(test_server_connections(other), 0);
	site_stop(&site);
	test_server_stop(other);
}

int main(void)
{
	struct error e = { 0 };
	const struct CMUnitTest tests[] = { cmocka_unit_test(nothing_leaves_the_scope) };
	net_http_global_init(&e);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
