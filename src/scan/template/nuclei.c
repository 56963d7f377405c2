/* Templates in nuclei's YAML. What cannot be run is refused with a reason; nothing is
 * dropped silently. */
#include "base/limits.h"
#include "scan/template/nuclei_private.h"

static bool is_mine(const struct yaml *doc)
{
	return yaml_get(doc, "id") && yaml_get(doc, "info") && !yaml_get(doc, "rules");
}

/* ---- payloads ---- */

static int inline_values(struct template_pack *p, const struct yaml *v, struct template_payload *out, struct error *e)
{
	size_t n = yaml_items(v);
	if (n > LIMIT_TEMPLATE_PAYLOADS)
		return error_set(e, "template.too-many-payloads", "载荷过多。", "There are too many payloads.");
	struct template_text *list = arena_array(p->arena, n, sizeof(*list));
	for (size_t i = 0; i < n; i++)
		if (nuclei_text(p, nuclei_scalar(yaml_item(v, i)), &list[i], e) < 0)
			return -1;
	out->values = list;
	out->len = n;
	return 0;
}

static int line_values(struct template_pack *p, struct str text, struct template_payload *out, struct error *e)
{
	struct str rest = text, line;
	size_t n = 0;
	while (str_split(&rest, '\n', &line))
		n++;
	struct template_text *list = arena_array(p->arena, n, sizeof(*list));
	for (rest = text; str_split(&rest, '\n', &line);)
		if (str_trim(line).len && nuclei_text(p, str_trim(line), &list[out->len++], e) < 0)
			return -1;
	out->values = list;
	return 0;
}

static int payloads(struct template_pack *p, const struct template *t, const struct yaml *y, struct template_block *b,
		    struct error *e)
{
	size_t n = y && y->kind == YAML_MAP ? y->len : 0;
	struct template_payload *list = arena_array(p->arena, n, sizeof(*list));
	b->payloads = list;
	for (size_t i = 0; i < n; i++) {
		const struct yaml *v = y->pairs[i].value;
		struct template_payload *out = &list[b->payloads_len++];
		int r = 0;
		if (v->kind == YAML_LIST) {
			r = inline_values(p, v, out, e);
		} else if (str_chr(str_trim(nuclei_scalar(v)), '\n') >= 0) {
			r = line_values(p, nuclei_scalar(v), out, e);
		} else {
			const struct template_payload *file = template_file_list(p, t->path, str_trim(nuclei_scalar(v)), e);
			if (!file)
				return -1;
			*out = *file;
		}
		out->name = template_intern(p, y->pairs[i].key);
		if (r < 0)
			return -1;
		if (out->len == 0)
			return error_set(e, "template.empty-payload", "载荷 %.*s 没有值。", "The payload %.*s has no values.",
					 STR_ARG(out->name));
	}
	return 0;
}

static int attack(struct str name, enum template_attack *ret, struct error *e)
{
	static const char *const names[] = { "sniper", "batteringram", "pitchfork", "clusterbomb" };
	*ret = ATTACK_BATTERINGRAM;
	if (str_empty(name))
		return 0;
	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		if (str_ieq(name, str_c(names[i]))) {
			*ret = (enum template_attack)i;
			return 0;
		}
	return error_set(e, "template.bad-attack", "不支持的 attack “%.*s”。", "The attack \"%.*s\" is not supported.",
			 STR_ARG(str_sub(name, 0, 30)));
}

/* ---- blocks ---- */

/* Each language in its own words. */
static int unsupported(struct error *e, const char *zh, const char *en)
{
	error_set(e, "template.unsupported", "%s。", "%s.", zh);
	if (e)
		snprintf(e->en, sizeof(e->en), "%s.", en);
	return -1;
}

static int refuse_keys(const struct yaml *y, struct error *e)
{
	static const struct {
		const char *key, *zh, *en;
	} keys[] = {
		{ "fuzzing", "参数模糊测试（DAST）由内置检测完成", "fuzzing of parameters (DAST) is done by the built-in checks" },
		{ "pre-condition", "不支持 pre-condition", "pre-condition is not supported" },
		{ "global-matchers", "不支持 global-matchers", "global-matchers are not supported" },
		{ "digest-username", "不支持摘要认证", "digest authentication is not supported" },
		{ "signature", "不支持云服务签名", "signatures for clouds are not supported" },
		{ "race", "不支持并发竞争请求", "race requests are not supported" },
		{ "pipeline", "不支持流水线请求", "pipelined requests are not supported" },
	};
	for (size_t i = 0; i < ARRAY_SIZE(keys); i++) {
		const struct yaml *v = yaml_get(y, keys[i].key);
		if (v && !(v->kind == YAML_SCALAR && str_ieq(v->text, STR("false"))))
			return unsupported(e, keys[i].zh, keys[i].en);
	}
	return 0;
}

static int http_options(const struct yaml *y, struct template_block *b)
{
	int64_t most = yaml_int(y, "max-redirects", 10);
	b->redirects = yaml_bool(y, "host-redirects", false) ? REDIRECTS_SAME_HOST :
		       yaml_bool(y, "redirects", false)	     ? REDIRECTS_YES :
							       REDIRECTS_NO;
	b->max_redirects = most < 0 ? 0 : most > 10 || most == 0 ? 10 : (unsigned)most;
	b->no_cookies = yaml_bool(y, "disable-cookie", false);
	b->stop_at_first = yaml_bool(y, "stop-at-first-match", false);
	b->iterate_all = yaml_bool(y, "iterate-all", false);
	return 0;
}

static int block(struct template_pack *p, const struct template *t, const struct yaml *y, enum template_protocol protocol,
		 struct template_block *b, struct error *e)
{
	static int (*const requests[])(struct template_pack *, const struct yaml *, struct template_block *,
				       struct error *) = { nuclei_http_requests, nuclei_dns_requests, nuclei_tcp_requests,
							   nuclei_ssl_requests };
	b->protocol = protocol;
	b->name = template_intern(p, yaml_text(y, "id"));
	b->matchers_all = str_ieq(yaml_text(y, "matchers-condition"), STR("and"));
	if (!y || y->kind != YAML_MAP)
		return error_set(e, "template.bad-block", "请求块应为键值。", "A block must be a mapping.");
	if (refuse_keys(y, e) < 0 || http_options(y, b) < 0 || requests[protocol](p, y, b, e) < 0 ||
	    payloads(p, t, yaml_get(y, "payloads"), b, e) < 0 ||
	    attack(str_trim(yaml_text(y, "attack")), &b->attack, e) < 0)
		return -1;
	return nuclei_matchers(p, yaml_get(y, "matchers"), b, e) < 0 ||
			       nuclei_extractors(p, yaml_get(y, "extractors"), b, e) < 0 ? -1 : 0;
}

static const struct {
	const char *key;
	enum template_protocol protocol;
} protocols[] = { { "http", TEMPLATE_HTTP }, { "requests", TEMPLATE_HTTP }, { "dns", TEMPLATE_DNS },
		  { "tcp", TEMPLATE_TCP },   { "network", TEMPLATE_TCP },   { "ssl", TEMPLATE_SSL } };

/* In the order of the document, as they run when there is no flow. */
static int blocks(struct template_pack *p, const struct yaml *doc, struct template *t, struct error *e)
{
	size_t n = 0;
	for (size_t i = 0; i < ARRAY_SIZE(protocols); i++)
		n += yaml_items(yaml_get(doc, protocols[i].key));
	t->blocks = arena_array(p->arena, n, sizeof(*t->blocks));
	for (size_t k = 0; k < doc->len; k++)
		for (size_t i = 0; i < ARRAY_SIZE(protocols); i++) {
			const struct yaml *list = doc->pairs[k].value;
			if (!str_eq(doc->pairs[k].key, str_c(protocols[i].key)))
				continue;
			for (size_t j = 0; j < yaml_items(list) && t->blocks_len < n; j++)
				if (block(p, t, yaml_item(list, j), protocols[i].protocol, &t->blocks[t->blocks_len++], e) < 0)
					return -1;
		}
	return 0;
}

static int refuse_document(const struct yaml *doc, struct error *e)
{
	static const struct {
		const char *key, *zh, *en;
	} others[] = {
		{ "code", "不支持代码类模板", "Templates of the kind code are not supported" },	       { "javascript", "不支持JavaScript类模板", "Templates of the kind JavaScript are not supported" },
		{ "headless", "不支持浏览器类模板", "Templates of the kind headless are not supported" }, { "file", "不支持本地文件类模板", "Templates of the kind file are not supported" },
		{ "websocket", "不支持WebSocket类模板", "Templates of the kind WebSocket are not supported" }, { "whois", "不支持WHOIS类模板", "Templates of the kind WHOIS are not supported" },
		{ "workflows", "不支持工作流类模板", "Templates of the kind workflow are not supported" },
	};
	for (size_t i = 0; i < ARRAY_SIZE(others); i++)
		if (yaml_get(doc, others[i].key))
			return unsupported(e, others[i].zh, others[i].en);
	if (yaml_bool(doc, "self-contained", false))
		return error_set(e, "template.self-contained", "模板访问第三方地址（self-contained），不在扫描范围内。",
				 "The template asks third parties (self-contained), which are out of scope.");
	return 0;
}

static int variables(struct template_pack *p, const struct yaml *v, struct template *t, struct error *e)
{
	size_t n = v && v->kind == YAML_MAP ? v->len : 0;
	struct template_var *list = arena_array(p->arena, n, sizeof(*list));
	for (size_t i = 0; i < n; i++) {
		list[i].name = template_intern(p, v->pairs[i].key);
		if (nuclei_text(p, nuclei_scalar(v->pairs[i].value), &list[i].text, e) < 0)
			return -1;
	}
	t->vars = list;
	t->vars_len = n;
	return 0;
}

unsigned template_count_requests(const struct template *t)
{
	double sum = 0;
	for (size_t i = 0; i < t->blocks_len; i++) {
		const struct template_block *b = &t->blocks[i];
		double times = 1, longest = 0;
		for (size_t k = 0; k < b->payloads_len; k++) {
			times *= (double)b->payloads[k].len;
			longest = (double)b->payloads[k].len > longest ? (double)b->payloads[k].len : longest;
		}
		sum += (double)b->requests_len * (b->attack == ATTACK_CLUSTERBOMB || !b->payloads_len ? times : longest);
	}
	return sum > 1e9 ? 1000000000u : (unsigned)sum;
}

bool template_writes(const struct template *t)
{
	static const char *const methods[] = { "PUT", "DELETE", "MOVE", "COPY", "MKCOL", "PATCH" };
	for (size_t i = 0; i < t->blocks_len; i++)
		for (size_t k = 0; k < t->blocks[i].requests_len; k++) {
			const struct template_request *q = &t->blocks[i].requests[k];
			bool writes = str_ihas(q->body.text, STR("filename=\"")) || str_ihas(q->bytes.text, STR("filename=\""));
			for (size_t m = 0; m < ARRAY_SIZE(methods); m++)
				writes = writes || str_ieq(q->method.text, str_c(methods[m]));
			if (writes)
				return true;
		}
	return false;
}

static int load(struct template_pack *p, const struct yaml *doc, struct template *t, struct error *e)
{
	struct str id = str_trim(yaml_text(doc, "id"));
	for (size_t i = 0; i < id.len; i++)
		if (!ascii_alnum(id.ptr[i]) && !strchr("-_.:", id.ptr[i]))
			id.len = 0;
	if (str_empty(id) || id.len > 120)
		return error_set(e, "template.bad-id", "id 应由字母、数字、- _ . 组成，最长 120。",
				 "The id must be letters, digits, - _ . and at most 120 of them.");
	t->id = arena_str(p->arena, id);
	if (nuclei_info(p, yaml_get(doc, "info"), t, e) < 0 || refuse_document(doc, e) < 0 ||
	    variables(p, yaml_get(doc, "variables"), t, e) < 0 || blocks(p, doc, t, e) < 0)
		return -1;
	if (t->blocks_len == 0)
		return error_set(e, "template.no-request", "没有 http、dns、tcp 或 ssl 块。",
				 "There is no http, dns, tcp or ssl block.");
	struct str flow = str_trim(yaml_text(doc, "flow"));
	if (flow.len) {
		t->flow = template_flow_parse(p, t, flow, e);
		if (!t->flow)
			return -1;
	}
	t->max_requests = template_count_requests(t);
	if (template_writes(t))
		t->flags |= TEMPLATE_INTRUSIVE;
	return 0;
}

const struct template_loader template_loader_nuclei = { TEMPLATE_NUCLEI, is_mine, load };
