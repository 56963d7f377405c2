/* Passive: a name that points to a service where nobody holds the site any more (CWE-350): the
 * service says so in its own words, with the status and header it always uses. Whoever
 * registers the site there speaks under this name. */
#include "scan/checks/passive_private.h"

static const struct {
	const char *service, *own; /* "own": the service's own domain, which is nobody's to take */
	int status;
	const char *text, *header, *value; /* a header that must contain value, or NULL */
} marks[] = {
	{ "GitHub Pages", "github.io", 404, "There isn't a GitHub Pages site here", "server", "GitHub.com" },
	{ "阿里云 OSS", "aliyuncs.com", 404, "<Code>NoSuchBucket</Code>", "server", "AliyunOSS" },
	{ "腾讯云 COS", "myqcloud.com", 404, "<Code>NoSuchBucket</Code>", "server", "tencent-cos" },
	{ "华为云 OBS", "myhuaweicloud.com", 404, "<Code>NoSuchBucket</Code>", "server", "OBS" },
	{ "百度云 BOS", "bcebos.com", 404, "NoSuchBucket", "server", "BceBos" },
	{ "Amazon S3", "amazonaws.com", 404, "<Code>NoSuchBucket</Code>", "server", "AmazonS3" },
	{ "Google Cloud Storage", "googleapis.com", 404, "<Code>NoSuchBucket</Code>", "x-guploader-uploadid", "" },
	{ "Heroku", "herokuapp.com", 404, "herokucdn.com/error-pages/no-such-app.html", NULL, NULL },
	{ "Azure App Service", "azurewebsites.net", 404, "404 Web Site not found", NULL, NULL },
	{ "Netlify", "netlify.app", 404, "Not Found - Request ID:", "server", "Netlify" },
	{ "Surge", "surge.sh", 404, "project not found", "server", "SurgeCDN" },
	{ "Bitbucket", "bitbucket.io", 404, "Repository not found", "server", "AtlassianEdge" },
	{ "Ghost", "ghost.io", 404, "The thing you were looking for is no longer here", NULL, NULL },
	{ "Shopify", "myshopify.com", 404, "Sorry, this shop is currently unavailable", "x-shopid", "" },
	{ "Tumblr", "tumblr.com", 404, "Whatever you were looking for doesn't currently exist at this address", NULL, NULL },
	{ "Vercel", "vercel.app", 404, "DEPLOYMENT_NOT_FOUND", "server", "Vercel" },
	{ "七牛云 Kodo", "clouddn.com", 404, "no such domain", "server", "openresty" },
	{ "又拍云", "upcdn.net", 404, "bucket not exist", NULL, NULL },
};

static void look(struct scan_ctx *c, const struct scan_exchange *x)
{
	struct str body = str_sub(x->text.len ? x->text : x->body, 0, 16384);

	/* only what stands at the root of the name speaks for the name */
	if (x->status < 400 || !str_eq(x->path, STR("/")))
		return;
	for (size_t i = 0; i < ARRAY_SIZE(marks); i++) {
		ssize_t at = marks[i].status == x->status && !str_iends(x->host, str_c(marks[i].own)) ?
				     str_find(body, str_c(marks[i].text)) :
				     -1;
		struct str h = marks[i].header ? scan_header_get(&x->headers, marks[i].header) : STR("");

		if (at < 0 || !h.ptr || (marks[i].header && !str_ihas(h, str_c(marks[i].value))))
			continue;
		scan_report(c, &(struct scan_report){
				       .exchange = x,
				       .proof = str_make((x->text.len ? x->text : x->body).ptr + at, strlen(marks[i].text)),
				       .parameter = str_c(marks[i].service),
				       .confidence_set = true,
				       .confidence = CONFIDENCE_FIRM,
				       .detail_zh = arena_printf(scan_ctx_arena(c), "域名 %.*s 指向 %s，但那里已没有对应的站点。",
								 STR_ARG(x->host), marks[i].service),
				       .detail_en = arena_printf(scan_ctx_arena(c), "%.*s points to %s, where its site no longer exists.",
								 STR_ARG(x->host), marks[i].service) });
		return;
	}
}

const struct scan_check check_subdomain_takeover = {
	.id = "subdomain-takeover",
	.title_zh = "域名指向无人持有的云服务，可被接管",
	.title_en = "Name points to a service that nobody holds: takeover",
	.severity = SEVERITY_HIGH,
	.cwe = 350,
	.owasp = "A05:2021",
	.flags = SCAN_MISSING_TOO,
	.place = PLACE_SITE,
	.on_exchange = look,
};
