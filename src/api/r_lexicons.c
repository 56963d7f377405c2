/* Word lists and their entries. */
#include "api/api_private.h"
#include "app/lexicon.h"
#include "base/limits.h"

static const struct api_field new_fields[] = {
	API_LINE("name", API_REQUIRED, 1, LIMIT_SITE_NAME, "名称", "Name"),
	API_STR("note", 0, 0, 500, "备注", "Note"),
	API_BOOL("personal", 0, "个人词库：只对自己的检测有效", "Personal: for one's own checks only"),
	API_END,
};
static const struct api_schema new_schema = { "LexiconNew", new_fields, false };
static const struct api_field change_fields[] = {
	API_LINE("name", 0, 1, LIMIT_SITE_NAME, "名称", "Name"),
	API_STR("note", 0, 0, 500, "备注", "Note"),
	API_BOOL("enabled", 0, "启用", "Enabled"),
	API_END,
};
static const struct api_schema change_schema = { "LexiconUpdate", change_fields, false };
static const struct api_field fields[] = {
	API_ID("id", API_REQUIRED, "标识", "Id"),
	API_STR("name", API_REQUIRED, 0, 0, "名称", "Name"),
	API_STR("note", API_REQUIRED, 0, 0, "备注", "Note"),
	API_BOOL("personal", API_REQUIRED, "个人词库", "Personal"),
	API_BOOL("enabled", API_REQUIRED, "启用", "Enabled"),
	API_INT("version", API_REQUIRED, 0, 0, "版本号", "Version"),
	API_INT("entries", API_REQUIRED, 0, 0, "词条数", "Entries"),
	API_STR("created_by", API_REQUIRED, 0, 0, "创建人", "Who made it"),
	API_TIME("created", API_REQUIRED, "创建时间", "When"),
	API_TIME("updated", API_REQUIRED, "修改时间", "Last change"),
	API_END,
};
static const struct api_schema schema = { "Lexicon", fields, true };

#define ENTRY_FIELDS(required)                                                                                     \
	API_LINE("term", required, 1, 400, "词或规则，写法见词库说明", "Term or rule, as the lexicon's reference says"), \
	API_ENUM("kind", 0, "deny|allow", "拦截词或放行词，默认 deny", "Denied or allowed; deny by default"),           \
	API_LINE("label", 0, 0, 40, "标签代码或自定义标签", "Label code or a custom label"),                            \
	API_ENUM("level", 0, "block|review|weak", "级别，默认 review", "Level; review by default"),                     \
	API_LINE("match", 0, 0, 8, "匹配方式 g p s w x", "How to match: g p s w x"),                                   \
	API_LINE("context", 0, 0, 1000, "条件", "Conditions"), API_LINE("reason", 0, 0, 300, "原因", "Reason"),         \
	API_LINE("article", 0, 0, 300, "依据", "Legal basis"), API_LINE("advice", 0, 0, 300, "建议", "Advice"),         \
	API_LINE("replacement", 0, 0, 100, "替换为", "Replacement"), API_LINE("note", 0, 0, 500, "备注", "Note"),       \
	API_TIME("until", API_NULL, "到期时间", "When it expires")
static const struct api_field entry_new_fields[] = { ENTRY_FIELDS(API_REQUIRED), API_END };
static const struct api_schema entry_new_schema = { "LexiconEntryNew", entry_new_fields, false };
static const struct api_field entry_change_fields[] = { ENTRY_FIELDS(0), API_END };
static const struct api_schema entry_change_schema = { "LexiconEntryUpdate", entry_change_fields, false };
static const struct api_field entries_new_fields[] = {
	API_LIST("entries", API_REQUIRED, &entry_new_schema, 1, LIMIT_LEXICON_EDIT, "词条", "Entries"),
	API_LINE("note", 0, 0, 200, "这次修改的说明", "What this change is about"),
	API_END,
};
static const struct api_schema entries_new_schema = { "LexiconEntriesNew", entries_new_fields, false };
static const struct api_field quick_fields[] = {
	ENTRY_FIELDS(API_REQUIRED),
	API_ID("lexicon_id", 0, "加入哪个词库；不填为我的词库", "Into which lexicon; one's own when absent"),
	API_END,
};
static const struct api_schema quick_schema = { "LexiconEntryQuick", quick_fields, false };
static const struct api_field entry_fields[] = {
	API_ID("id", API_REQUIRED, "标识", "Id"),
	ENTRY_FIELDS(API_REQUIRED),
	API_INT("version", API_REQUIRED, 0, 0, "自哪个版本起", "Since which version"),
	API_STR("by", API_REQUIRED, 0, 0, "谁改的", "By whom"),
	API_TIME("created", API_REQUIRED, "何时", "When"),
	API_END,
};
static const struct api_schema entry_schema = { "LexiconEntry", entry_fields, true };
static const struct api_field edit_fields[] = {
	API_ID("id", 0, "第一个词条的标识", "Id of the first entry"),
	API_LIST("items", API_REQUIRED, &entry_schema, 0, 0, "词条", "Entries"),
	API_INT("added", API_REQUIRED, 0, 0, "新增", "Added"),
	API_INT("changed", API_REQUIRED, 0, 0, "修改", "Changed"),
	API_INT("removed", API_REQUIRED, 0, 0, "删除", "Removed"),
	API_OBJECT("lexicon", API_REQUIRED, &schema, "词库", "The lexicon"),
	API_END,
};
static const struct api_schema edit_schema = { "LexiconEdit", edit_fields, true };
static const struct api_field import_fields[] = {
	API_STR("file_base64", API_REQUIRED, 4, 0, "XLSX（第一张工作表）或制表符分隔的 UTF-8 文本，首行可为列名", "XLSX (its first sheet) or tab-separated text in UTF-8; the first row may name the columns"),
	API_LINE("name", 0, 0, 200, "文件名", "File name"),
	API_ENUM("mode", 0, "merge|replace", "合并，或替换全部", "Merge, or replace everything"),
	API_ENUM("kind", 0, "deny|allow", "未给出时的类型", "Kind of rows without one"),
	API_LINE("label", 0, 0, 40, "未给出时的标签", "Label of rows without one"),
	API_ENUM("level", 0, "block|review|weak", "未给出时的级别", "Level of rows without one"),
	API_BOOL("dry_run", 0, "只检查不保存", "Check only"),
	API_END,
};
static const struct api_schema import_schema = { "LexiconImport", import_fields, false };
static const struct api_field row_error_fields[] = {
	API_INT("row", API_REQUIRED, 0, 0, "行号", "Row"),
	API_STR("term", API_REQUIRED, 0, 0, "词", "Term"),
	API_STR("field", API_REQUIRED, 0, 0, "列", "Column"),
	API_STR("code", API_REQUIRED, 0, 0, "错误码", "Code"),
	API_STR("detail", API_REQUIRED, 0, 0, "说明", "What is wrong"),
	API_STR("detail_en", API_REQUIRED, 0, 0, "英文说明", "In English"),
	API_END,
};
static const struct api_schema row_error_schema = { "LexiconRowError", row_error_fields, true };
static const struct api_field imported_fields[] = {
	API_BOOL("saved", API_REQUIRED, "已保存", "Saved"),
	API_INT("good", API_REQUIRED, 0, 0, "可用的行", "Good rows"),
	API_INT("bad", API_REQUIRED, 0, 0, "有问题的行", "Bad rows"),
	API_INT("added", API_REQUIRED, 0, 0, "新增", "Added"),
	API_INT("changed", API_REQUIRED, 0, 0, "修改", "Changed"),
	API_INT("removed", API_REQUIRED, 0, 0, "删除", "Removed"),
	API_LIST("errors", API_REQUIRED, &row_error_schema, 0, 0, "有问题的行，最多 200 条", "Bad rows, 200 at most"),
	API_OBJECT("lexicon", API_REQUIRED, &schema, "词库", "The lexicon"),
	API_END,
};
static const struct api_schema imported_schema = { "LexiconImported", imported_fields, true };
static const struct api_field ids_fields[] = {
	API_ARRAY("ids", API_REQUIRED, API_T_ID, 1, LIMIT_LEXICON_EDIT, "词条", "Entries"),
	API_END,
};
static const struct api_schema ids_schema = { "LexiconEntryIds", ids_fields, false };
static const struct api_field version_fields[] = {
	API_INT("version", API_REQUIRED, 0, 0, "版本号", "Version"),
	API_STR("action", API_REQUIRED, 0, 0, "做了什么", "What was done"),
	API_INT("added", API_REQUIRED, 0, 0, "新增", "Added"),
	API_INT("changed", API_REQUIRED, 0, 0, "修改", "Changed"),
	API_INT("removed", API_REQUIRED, 0, 0, "删除", "Removed"),
	API_INT("entries", API_REQUIRED, 0, 0, "之后的词条数", "Entries after it"),
	API_STR("note", API_REQUIRED, 0, 0, "说明", "Note"),
	API_ANY("by", API_NULL, 0, "谁", "By whom: {id, name}"),
	API_TIME("created", API_REQUIRED, "何时", "When"),
	API_END,
};
static const struct api_schema version_schema = { "LexiconVersion", version_fields, true };
static const struct api_field change_item_fields[] = {
	API_ENUM("change", API_REQUIRED, "added|changed|removed", "怎么变的", "What happened"),
	API_OBJECT("before", API_NULL, &entry_schema, "之前", "Before"),
	API_OBJECT("after", API_NULL, &entry_schema, "之后", "After"),
	API_END,
};
static const struct api_schema change_item_schema = { "LexiconChange", change_item_fields, true };
static const struct api_field version_query_fields[] = {
	API_INT("version", API_REQUIRED, 0, INT64_C(1) << 40, "版本号", "Version"), API_END };
static const struct api_schema version_query_schema = { "LexiconVersionQuery", version_query_fields, false };
static const struct api_schema restore_schema = { "LexiconRestore", version_query_fields, false };
static const struct api_field entry_query_fields[] = {
	API_LINE("q", 0, 0, 100, "词、原因或备注包含", "Term, reason or note contains"),
	API_LINE("kind", 0, 0, 20, "类型", "Kind"),
	API_LINE("label", 0, 0, 200, "标签", "Label"),
	API_LINE("level", 0, 0, 40, "级别", "Level"),
	API_ENUM("sort", 0, "created|-created|term|-term|label|-label", "排序", "Order"),
	API_END,
};
static const struct api_schema entry_query_schema = { "LexiconEntryQuery", entry_query_fields, false };
static const struct api_field export_query_fields[] = {
	API_ENUM("format", API_REQUIRED, "tsv|xlsx", "格式", "Format"), API_END };
static const struct api_schema export_query_schema = { "LexiconExportQuery", export_query_fields, false };

static int list(struct api_request *r, struct error *e)
{
	json_t *items;

	if (app_lexicon_list(&r->call, &items, e) < 0)
		return -1;
	api_reply_items(r, items);
	return 0;
}

static int get(struct api_request *r, struct error *e)
{
	json_t *v;

	if (app_lexicon_get(&r->call, api_param(r, "lexicon"), &v, e) < 0)
		return -1;
	api_reply(r, v);
	return 0;
}

static int add(struct api_request *r, struct error *e)
{
	json_t *v;

	if (app_lexicon_add(&r->call, r->body, &v, e) < 0)
		return -1;
	api_reply(r, v);
	api_reply_location(r, "/lexicons/%s", json_string_value(json_object_get(v, "id")));
	return 0;
}

static int change(struct api_request *r, struct error *e)
{
	json_t *v;

	if (app_lexicon_change(&r->call, api_param(r, "lexicon"), r->body, &v, e) < 0)
		return -1;
	api_reply(r, v);
	return 0;
}

static int delete(struct api_request *r, struct error *e)
{
	if (app_lexicon_delete(&r->call, api_param(r, "lexicon"), e) < 0)
		return -1;
	api_reply(r, NULL);
	return 0;
}

static int entry_list(struct api_request *r, struct error *e)
{
	struct store_entry_filter f = { .q = api_query_str(r, "q"), .kind = api_query_str(r, "kind"),
					.label = api_query_str(r, "label"), .level = api_query_str(r, "level") };
	struct store_page page;
	json_t *items;

	if (api_page(r, &page, e) < 0 ||
	    app_entry_list(&r->call, api_param(r, "lexicon"), &f, &page, &items, e) < 0)
		return -1;
	api_reply_page(r, items, &page);
	return 0;
}

static int entry_add(struct api_request *r, struct error *e)
{
	json_t *v;

	if (app_entry_add(&r->call, api_param(r, "lexicon"), r->body, &v, e) < 0)
		return -1;
	api_reply(r, v);
	return 0;
}

static int entry_change(struct api_request *r, struct error *e)
{
	json_t *v;

	if (app_entry_change(&r->call, api_param(r, "lexicon"), api_param(r, "entry"), r->body, &v, e) < 0)
		return -1;
	api_reply(r, v);
	return 0;
}

static int entry_delete(struct api_request *r, struct error *e)
{
	if (app_entry_delete(&r->call, api_param(r, "lexicon"), api_param(r, "entry"), e) < 0)
		return -1;
	api_reply(r, NULL);
	return 0;
}

static int entry_delete_many(struct api_request *r, struct error *e)
{
	json_t *v;

	if (app_entry_delete_many(&r->call, api_param(r, "lexicon"), r->body, &v, e) < 0)
		return -1;
	api_reply(r, v);
	return 0;
}

static int quick(struct api_request *r, struct error *e)
{
	json_t *v;

	if (app_entry_quick(&r->call, r->body, &v, e) < 0)
		return -1;
	api_reply(r, v);
	return 0;
}

static int import(struct api_request *r, struct error *e)
{
	json_t *v;

	if (app_lexicon_import(&r->call, api_param(r, "lexicon"), r->body, &v, e) < 0)
		return -1;
	api_reply(r, v);
	return 0;
}

static int export(struct api_request *r, struct error *e)
{
	_cleanup_buf_ struct buf b = BUF_INIT(LIMIT_EXPORT);
	struct str format = api_query_str(r, "format"), name;

	if (app_lexicon_export(&r->call, api_param(r, "lexicon"), format, &b, &name, e) < 0)
		return -1;
	api_reply_file(r, name,
		       str_eq(format, STR("xlsx")) ? "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet" :
						     "text/tab-separated-values; charset=utf-8",
		       &b);
	return 0;
}

static int versions(struct api_request *r, struct error *e)
{
	struct store_page page;
	json_t *items;

	if (api_page(r, &page, e) < 0 ||
	    app_lexicon_versions(&r->call, api_param(r, "lexicon"), &page, &items, e) < 0)
		return -1;
	api_reply_page(r, items, &page);
	return 0;
}

static int changes(struct api_request *r, struct error *e)
{
	json_t *items;

	if (app_lexicon_changes(&r->call, api_param(r, "lexicon"), api_query_int(r, "version", 0), &items, e) < 0)
		return -1;
	api_reply_items(r, items);
	return 0;
}

static int restore(struct api_request *r, struct error *e)
{
	json_t *v;

	if (app_lexicon_restore(&r->call, api_param(r, "lexicon"), json_get_int(r->body, "version", -1), &v, e) < 0)
		return -1;
	api_reply(r, v);
	return 0;
}

static const struct api_route routes[] = {
	{ HTTP_GET, "/lexicons", list, PERM_LEXICON_READ, API_LISTS, .reply = &schema, .zh = "词库列表", .en = "Lexicons",
	  .note_zh = "本租户的，以及自己的个人词库。", .note_en = "The tenant's, and one's own." },
	{ HTTP_POST, "/lexicons", add, PERM_LEXICON_WRITE, 0, 201, .body = &new_schema, .reply = &schema,
	  .makes = "lexicon", .example = "{\"name\":\"竞品名称\"}", .zh = "新建词库", .en = "Make a lexicon" },
	{ HTTP_POST, "/lexicons/quick", quick, PERM_LEXICON_WRITE, 0, .body = &quick_schema, .reply = &edit_schema,
	  .example = "{\"term\":\"路口交通\",\"kind\":\"allow\"}", .zh = "一键加入词库", .en = "Add a term in one click",
	  .note_zh = "不给 lexicon_id 时加入自己的“我的词库”，没有则新建。",
	  .note_en = "Without lexicon_id into one's own lexicon, which is made when there is none." },
	{ HTTP_GET, "/lexicons/{lexicon}", get, PERM_LEXICON_READ, API_ETAG, .reply = &schema, .zh = "词库详情",
	  .en = "One lexicon" },
	{ HTTP_PATCH, "/lexicons/{lexicon}", change, PERM_LEXICON_WRITE, API_ETAG, .body = &change_schema,
	  .reply = &schema, .example = "{\"enabled\":false}", .zh = "编辑词库", .en = "Change a lexicon" },
	{ HTTP_DELETE, "/lexicons/{lexicon}", delete, PERM_LEXICON_WRITE, API_ETAG, 204, .zh = "删除词库",
	  .en = "Delete a lexicon" },
	{ HTTP_GET, "/lexicons/{lexicon}/entries", entry_list, PERM_LEXICON_READ, API_LISTS,
	  .query = &entry_query_schema, .reply = &entry_schema, .zh = "词条列表", .en = "Entries of a lexicon" },
	{ HTTP_POST, "/lexicons/{lexicon}/entries", entry_add, PERM_LEXICON_WRITE, 0, 201, .body = &entries_new_schema,
	  .body_max = 2 * MIB, .reply = &edit_schema, .makes = "entry",
	  .example = "{\"entries\":[{\"term\":\"某某山寨\",\"label\":\"ad.diversion\",\"level\":\"block\"}]}",
	  .zh = "新增词条", .en = "Add entries", .note_zh = "同词同类型的词条被替换；有一条编译不通过则全部不保存。",
	  .note_en = "An entry of the same term and kind is replaced; when one does not compile nothing is saved." },
	{ HTTP_PATCH, "/lexicons/{lexicon}/entries/{entry}", entry_change, PERM_LEXICON_WRITE, 0,
	  .body = &entry_change_schema, .reply = &entry_schema, .example = "{\"level\":\"review\"}", .zh = "编辑词条",
	  .en = "Change an entry" },
	{ HTTP_DELETE, "/lexicons/{lexicon}/entries/{entry}", entry_delete, PERM_LEXICON_WRITE, 0, 204,
	  .zh = "删除词条", .en = "Delete an entry" },
	{ HTTP_POST, "/lexicons/{lexicon}/entries/delete", entry_delete_many, PERM_LEXICON_WRITE, 0, .body = &ids_schema,
	  .reply = &edit_schema, .example = "{\"ids\":[\"01arz3ndektsv4rrffq69g5fav\"]}", .zh = "批量删除词条",
	  .en = "Delete several entries" },
	{ HTTP_POST, "/lexicons/{lexicon}/import", import, PERM_LEXICON_WRITE, 0, .body = &import_schema,
	  .body_max = LIMIT_API_BODY_FILE, .reply = &imported_schema,
	  .example = "{\"file_base64\":\"dGVybQlsYWJlbArmn5DmnJ/ljp8JYWQuZGl2ZXJzaW9uCg==\",\"dry_run\":true}",
	  .zh = "导入词条", .en = "Import entries", .note_zh = "可用的行入库，有问题的行逐条说明。",
	  .note_en = "Good rows are taken, bad ones are listed with the reason." },
	{ HTTP_GET, "/lexicons/{lexicon}/export", export, PERM_LEXICON_READ, API_FILE, .query = &export_query_schema,
	  .zh = "导出词条", .en = "Export entries" },
	{ HTTP_GET, "/lexicons/{lexicon}/versions", versions, PERM_LEXICON_READ, API_LISTS, .reply = &version_schema,
	  .zh = "词库版本", .en = "Versions of a lexicon" },
	{ HTTP_GET, "/lexicons/{lexicon}/changes", changes, PERM_LEXICON_READ, API_LISTS, .query = &version_query_schema,
	  .reply = &change_item_schema, .zh = "一个版本改了什么", .en = "What a version changed" },
	{ HTTP_POST, "/lexicons/{lexicon}/restore", restore, PERM_LEXICON_WRITE, 0, .body = &restore_schema,
	  .reply = &edit_schema, .example = "{\"version\":0}", .zh = "恢复到较早的版本", .en = "Back to an earlier version",
	  .note_zh = "成为新版本，历史不丢；0 为空词库。", .note_en = "Becomes a new version; 0 is the empty lexicon." },
	API_ROUTES_END,
};
const struct api_resource api_r_lexicons = { "lexicons", "词库", "Lexicons", routes };
