/* Shapes of other services: see textcompat.h. Positions are ours (code points from 0); where a service
 * gives the last character of a hit rather than the one behind it, so do we (Baidu). */
#include "app/textcompat.h"

#include "base/check.h"
#include "base/encode.h"
#include "base/limits.h"
#include "base/utf8.h"

/* ---- the tables ---- */

struct row {
	struct str label, cells[3];
};

/* The leaf, else its column, else "*". */
static struct row find(const char *tsv, struct str label, struct str sub)
{
	struct row best = { 0 };
	struct str rest = str_c(tsv), line;
	int have = -1;

	while (str_split(&rest, '\n', &line)) {
		struct row r = { 0 };
		struct str code;
		int rank;

		if (!line.len || line.ptr[0] == '#' || !str_split(&line, '\t', &code))
			continue;
		for (size_t i = 0; i < 3; i++)
			str_split(&line, '\t', &r.cells[i]);
		r.label = code;
		if (str_eq(code, STR("*")))
			rank = 0;
		else if (str_eq(code, label))
			rank = 1;
		else if (code.len == label.len + 1 + sub.len && sub.len && str_starts(code, label) &&
			 code.ptr[label.len] == '.' && str_ends(code, sub))
			rank = 2;
		else
			continue;
		if (rank > have) {
			best = r;
			have = rank;
		}
	}
	return best;
}

/* ---- requests ---- */

static struct str param(const json_t *query, const json_t *body, const char *name)
{
	struct str s = json_get_str(body, name);

	return s.len ? s : json_get_str(query, name);
}

/* Their services and strategies are scenes of ours where the name says so. */
static const char *scene_of(struct str service)
{
	static const struct {
		const char *word, *scene;
	} words[] = { { "ad_compliance", "ad" }, { "pgc", "news" },   { "comment", "comment" }, { "chat", "comment" },
		      { "nickname", "comment" }, { "article", "news" } };

	for (size_t i = 0; i < ARRAY_SIZE(words); i++)
		if (str_ihas(service, str_c(words[i].word)))
			return words[i].scene;
	return "";
}

static int aliyun_request(const json_t *query, const json_t *body, struct buf *plain, struct error *e)
{
	struct str given = param(query, body, "ServiceParameters");
	_cleanup_json_ json_t *v = given.len ? json_parse(given, NULL) : NULL;

	buf_str(plain, json_get_str(v, "content"));
	if (!plain->len)
		return error_field(e, "ServiceParameters", "text.empty", "ServiceParameters 中没有 content",
				   "there is no content in ServiceParameters");
	return 0;
}

static int tencent_request(const json_t *body, struct buf *plain, struct error *e)
{
	struct str content = json_get_str(body, "Content");

	if (!content.len || decode_base64(plain, content) < 0)
		return error_field(e, "Content", "text.empty", "Content 应为文本的 Base64", "Content must be the text in Base64");
	if (utf8_invalid_at(buf_view(plain)) >= 0)
		return error_field(e, "Content", "text.not-utf8", "Content 不是 UTF-8 编码的文本", "Content is no text in UTF-8");
	return 0;
}

int text_compat_request(enum text_vendor v, const json_t *query, const json_t *body, json_t **ret, struct error *e)
{
	_cleanup_buf_ struct buf plain = BUF_INIT(MIB);
	struct str text, scene = STR("");

	switch (v) {
	case TEXT_ALIYUN:
		if (aliyun_request(query, body, &plain, e) < 0)
			return -1;
		scene = str_c(scene_of(param(query, body, "Service")));
		break;
	case TEXT_TENCENT:
		if (tencent_request(body, &plain, e) < 0)
			return -1;
		scene = str_c(scene_of(json_get_str(body, "BizType")));
		break;
	case TEXT_BAIDU:
		text = param(query, body, "text");
		if (!text.len)
			return error_field(e, "text", "text.empty", "没有 text 参数", "there is no parameter text");
		buf_str(&plain, text);
		break;
	}
	*ret = json_object();
	json_put(*ret, "text", json_str(buf_view(&plain)));
	json_put(*ret, "scene", json_str(scene));
	return 0;
}

/* ---- answers ---- */

static const char *pick(struct str suggestion, const char *pass, const char *review, const char *block)
{
	return str_eq(suggestion, STR("block")) ? block : str_eq(suggestion, STR("review")) ? review : pass;
}

static bool flagged(const json_t *v)
{
	return !str_eq(json_get_str(v, "suggestion"), STR("pass"));
}

static double score(const json_t *v)
{
	return json_number_value(json_object_get(v, "score")) * 100;
}

static bool of_label(const json_t *hit, const json_t *label)
{
	return str_eq(json_get_str(hit, "label"), json_get_str(label, "label")) &&
	       str_eq(json_get_str(hit, "sub_label"), json_get_str(label, "sub_label")) && flagged(hit) &&
	       !str_eq(json_get_str(hit, "layer"), STR("model"));
}

static void add_once(struct buf *b, struct str s)
{
	struct str rest = buf_view(b), one;

	while (str_split(&rest, ',', &one))
		if (str_eq(one, s))
			return;
	if (b->len)
		buf_char(b, ',');
	buf_str(b, s);
}

static void label_words(const json_t *doc, const json_t *label, struct buf *out, json_t *list)
{
	size_t i;
	json_t *h;

	json_array_foreach(json_object_get(doc, "hits"), i, h) {
		struct str text = json_get_str(h, "text");
		size_t before = out->len;

		if (!of_label(h, label))
			continue;
		add_once(out, text);
		if (list && out->len != before)
			json_array_append_new(list, json_str(text));
	}
}

static json_t *aliyun_plus(const json_t *doc)
{
	json_t *data = json_object(), *list = json_array(), *l;
	size_t i;

	json_array_foreach(json_object_get(doc, "labels"), i, l) {
		_cleanup_buf_ struct buf words = BUF_INIT(64 * 1024);
		struct row r = find(compat_aliyun_tsv, json_get_str(l, "label"), json_get_str(l, "sub_label"));
		json_t *o;

		if (!flagged(l))
			continue;
		o = json_object();
		label_words(doc, l, &words, NULL);
		json_put(o, "Label", json_str(r.cells[1]));
		json_put(o, "Confidence", json_real(score(l)));
		json_put(o, "RiskWords", json_str(buf_view(&words)));
		json_put(o, "Description", json_str(json_get_str(l, "sub_label_zh").len ? json_get_str(l, "sub_label_zh") :
											 json_get_str(l, "label_zh")));
		json_array_append_new(list, o);
	}
	if (!json_array_size(list))
		json_array_append_new(list, json_pack("{s:s}", "Label", "nonLabel"));
	json_put(data, "Result", list);
	json_put(data, "RiskLevel", json_c(pick(json_get_str(doc, "suggestion"), "none", "medium", "high")));
	json_put(data, "Score", json_real(score(doc)));
	return data;
}

static json_t *aliyun_old(const json_t *doc)
{
	_cleanup_buf_ struct buf labels = BUF_INIT(4096), tips = BUF_INIT(64 * 1024), words = BUF_INIT(64 * 1024),
				 text = BUF_INIT(256 * 1024);
	_cleanup_json_ json_t *reason = json_object();
	json_t *data = json_object(), *l;
	size_t i;

	json_array_foreach(json_object_get(doc, "labels"), i, l) {
		struct row r = find(compat_aliyun_tsv, json_get_str(l, "label"), json_get_str(l, "sub_label"));
		_cleanup_buf_ struct buf tip = BUF_INIT(1024);

		if (!flagged(l))
			continue;
		add_once(&labels, r.cells[0]);
		buf_printf(&tip, "%.*s_%.*s", STR_ARG(json_get_str(l, "label_zh")), STR_ARG(json_get_str(l, "sub_label_zh")));
		add_once(&tips, buf_view(&tip));
		label_words(doc, l, &words, NULL);
	}
	json_put(reason, "riskLevel", json_c(pick(json_get_str(doc, "suggestion"), "none", "medium", "high")));
	json_put(reason, "riskTips", json_str(buf_view(&tips)));
	json_put(reason, "riskWords", json_str(buf_view(&words)));
	if (labels.len)
		json_write(&text, reason);
	json_put(data, "labels", json_str(buf_view(&labels)));
	json_put(data, "reason", json_str(buf_view(&text)));
	return data;
}

static json_t *aliyun(const json_t *query, const json_t *body, struct str action, const json_t *doc,
		      struct str request_id)
{
	struct str given = action.len ? action : param(query, body, "Action");
	struct str service = param(query, body, "Service");
	bool plus = str_ieq(given, STR("TextModerationPlus")) ||
		    (!given.len && (str_ends(service, STR("_pro")) || str_starts(service, STR("llm_"))));
	json_t *o = json_object();

	json_put(o, "Code", json_integer(200));
	json_put(o, "Message", json_c("OK"));
	json_put(o, "RequestId", json_str(request_id));
	json_put(o, "Data", plus ? aliyun_plus(doc) : aliyun_old(doc));
	return o;
}

static json_t *tencent_hits(const json_t *doc, const json_t *label)
{
	json_t *list = json_array(), *h;
	size_t i;

	json_array_foreach(json_object_get(doc, "hits"), i, h) {
		bool own = str_eq(json_get_str(h, "layer"), STR("lexicon"));

		if (of_label(h, label))
			json_array_append_new(list,
					      json_pack("{s:s,s:s#,s:s,s:[{s:I,s:I}]}", "Type", "Keyword", "Keyword",
							json_get_str(h, "text").ptr, (int)json_get_str(h, "text").len, "LibName",
							own ? "own" : "", "Positions", "Start",
							(json_int_t)json_get_int(h, "start", 0), "End",
							(json_int_t)json_get_int(h, "end", 0)));
	}
	return list;
}

static json_t *tencent_detail(const json_t *doc, const json_t *l, struct row r, json_t *all, struct buf *seen)
{
	_cleanup_buf_ struct buf words = BUF_INIT(64 * 1024);
	json_t *o = json_object(), *keywords = json_array();

	label_words(doc, l, &words, keywords);
	label_words(doc, l, seen, all);
	json_put(o, "Label", json_str(r.cells[0]));
	json_put(o, "SubLabel", json_str(r.cells[1]));
	json_put(o, "Suggestion", json_c(pick(json_get_str(l, "suggestion"), "Pass", "Review", "Block")));
	json_put(o, "Keywords", keywords);
	json_put(o, "Score", json_integer((json_int_t)(score(l) + .5)));
	json_put(o, "LibType", json_integer(str_eq(r.label, STR("*")) ? 2 : 1));
	json_put(o, "LibId", json_c(""));
	json_put(o, "LibName", json_c(""));
	json_put(o, "Tags", json_array());
	json_put(o, "HitInfos", tencent_hits(doc, l));
	return o;
}

static json_t *tencent(const json_t *body, const json_t *doc, struct str request_id)
{
	_cleanup_buf_ struct buf seen = BUF_INIT(64 * 1024);
	json_t *top = json_object(), *o = json_object(), *details = json_array(), *keywords = json_array(), *l;
	struct row worst = { .cells = { STR_INIT("Normal"), STR_INIT("") } };
	size_t i;

	json_array_foreach(json_object_get(doc, "labels"), i, l) {
		struct row r = find(compat_tencent_tsv, json_get_str(l, "label"), json_get_str(l, "sub_label"));

		if (!flagged(l))
			continue;
		if (!json_array_size(details))
			worst = r;
		json_array_append_new(details, tencent_detail(doc, l, r, keywords, &seen));
	}
	json_put(o, "BizType", json_str(json_get_str(body, "BizType")));
	json_put(o, "Suggestion", json_c(pick(json_get_str(doc, "suggestion"), "Pass", "Review", "Block")));
	json_put(o, "Label", json_str(worst.cells[0]));
	json_put(o, "SubLabel", json_str(worst.cells[1]));
	json_put(o, "Score", json_integer((json_int_t)(score(doc) + .5)));
	json_put(o, "Keywords", keywords);
	json_put(o, "DetailResults", details);
	json_put(o, "RiskDetails", json_array());
	json_put(o, "Extra", json_c(""));
	json_put(o, "DataId", json_str(json_get_str(body, "DataId")));
	json_put(o, "ContextText", json_c(""));
	json_put(o, "RequestId", json_str(request_id));
	json_put(top, "Response", o);
	return top;
}

static int64_t number(struct str s)
{
	int64_t n = 0;

	str_to_i64(s, &n);
	return n;
}

static json_t *baidu_hits(const json_t *doc, const json_t *l, const struct row *r)
{
	_cleanup_buf_ struct buf seen = BUF_INIT(64 * 1024);
	json_t *o = json_object(), *words = json_array(), *places = json_array(), *models = json_array(), *h;
	char label[16];
	size_t i;

	snprintf(label, sizeof(label), "%02lld%02lld00", (long long)number(r->cells[0]), (long long)number(r->cells[1]));
	label_words(doc, l, &seen, words);
	json_array_foreach(json_object_get(doc, "hits"), i, h) {
		json_int_t start = (json_int_t)json_get_int(h, "start", 0), last = (json_int_t)json_get_int(h, "end", 1) - 1;
		bool model = str_eq(json_get_str(h, "layer"), STR("model")) &&
			     str_eq(json_get_str(h, "label"), json_get_str(l, "label")) && flagged(h);

		if (model)
			json_array_append_new(models, json_pack("[I,I,f]", start, last, score(l) / 100));
		else if (of_label(h, l))
			json_array_append_new(places, json_pack("{s:s#,s:[[I,I]],s:s}", "keyword", json_get_str(h, "text").ptr,
								(int)json_get_str(h, "text").len, "positions", start, last,
								"label", label));
	}
	json_put(o, "datasetName", json_c(str_eq(r->label, STR("*")) ? "自定义词库" : "默认词库"));
	json_put(o, "words", words);
	json_put(o, "probability", json_real(score(l) / 100));
	json_put(o, "wordHitPositions", places);
	json_put(o, "modelHitPositions", models);
	return o;
}

static json_t *baidu(const json_t *doc, int64_t now)
{
	static const char *const names[] = { "", "合规", "不合规", "疑似" };
	struct str suggestion = json_get_str(doc, "suggestion");
	int type = str_eq(suggestion, STR("block")) ? 2 : str_eq(suggestion, STR("review")) ? 3 : 1;
	json_t *o = json_object(), *data = json_array(), *l;
	size_t i;

	json_array_foreach(json_object_get(doc, "labels"), i, l) {
		struct row r = find(compat_baidu_tsv, json_get_str(l, "label"), json_get_str(l, "sub_label"));
		int own = str_eq(json_get_str(l, "suggestion"), STR("block")) ? 2 : 3;
		json_t *v;

		if (!flagged(l))
			continue;
		v = json_object();
		json_put(v, "type", json_integer(number(r.cells[0])));
		json_put(v, "subType", json_integer(number(r.cells[1])));
		json_put(v, "conclusion", json_c(names[own]));
		json_put(v, "conclusionType", json_integer(own));
		json_put(v, "probability", json_real(score(l) / 100));
		json_put(v, "msg", json_str(r.cells[2]));
		json_put(v, "hits", json_pack("[o]", baidu_hits(doc, l, &r)));
		json_array_append_new(data, v);
	}
	json_put(o, "log_id", json_integer(now * 1000));
	json_put(o, "conclusion", json_c(names[type]));
	json_put(o, "conclusionType", json_integer(type));
	if (json_array_size(data))
		json_put(o, "data", data);
	else
		json_decref(data);
	return o;
}

json_t *text_compat_answer(enum text_vendor v, const json_t *query, const json_t *body, struct str action,
			   const json_t *doc, struct str request_id, int64_t now)
{
	return v == TEXT_ALIYUN ? aliyun(query, body, action, doc, request_id) :
	       v == TEXT_TENCENT ? tencent(body, doc, request_id) : baidu(doc, now);
}

/* ---- errors ---- */

/* A number in the answer of the check itself; a word where their gateway stands before it. */
static json_t *aliyun_code(int status)
{
	switch (status) {
	case 401:
		return json_c("InvalidAccessKeyId.NotFound");
	case 403:
		return json_c("NoPermission");
	case 503:
		return json_c("ServiceUnavailable");
	case 413:
	case 422:
		return json_integer(400);
	default:
		return status >= 500 ? json_c("InternalError") : json_integer(status);
	}
}

static const char *tencent_code(int status)
{
	return status == 401 ? "AuthFailure.SecretIdNotFound" :
	       status == 403 ? "AuthFailure.UnauthorizedOperation" :
	       status == 429 ? "RequestLimitExceeded" :
	       status >= 500 ? "InternalError" : "InvalidParameterValue";
}

static int baidu_code(int status)
{
	return status == 401 ? 110 : status == 403 ? 6 : status == 429 ? 18 : status == 503 ? 2 : status >= 500 ? 1 : 216100;
}

int text_compat_status(enum text_vendor v, int status)
{
	return v == TEXT_ALIYUN && (status == 401 || status == 403 || status >= 500) ? status : 200;
}

json_t *text_compat_error(enum text_vendor v, int status, const struct error *why, struct str request_id, int64_t now)
{
	json_t *o = json_object(), *r, *problem;

	switch (v) {
	case TEXT_ALIYUN:
		json_put(o, "Code", aliyun_code(status));
		json_put(o, "Message", json_c(why->zh));
		json_put(o, "RequestId", json_str(request_id));
		break;
	case TEXT_TENCENT:
		r = json_object();
		problem = json_object();
		json_put(problem, "Code", json_c(tencent_code(status)));
		json_put(problem, "Message", json_c(why->zh));
		json_put(r, "Error", problem);
		json_put(r, "RequestId", json_str(request_id));
		json_put(o, "Response", r);
		break;
	case TEXT_BAIDU:
		json_put(o, "log_id", json_integer(now * 1000));
		json_put(o, "error_code", json_integer(baidu_code(status)));
		json_put(o, "error_msg", json_c(why->zh));
		break;
	}
	return o;
}
