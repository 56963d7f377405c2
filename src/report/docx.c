/* DOCX: the package around word/document.xml, made in memory with libzip. All members
 * carry the time of the report, so that the same model gives the same bytes. */
#include <zip.h>

#include "base/check.h"
#include "base/clock.h"
#include "base/limits.h"
#include "report/report_docx_private.h"

#define XML "<?xml version=\"1.0\" encoding=\"UTF-8\" standalone=\"yes\"?>\n"
#define W "xmlns:w=\"http://schemas.openxmlformats.org/wordprocessingml/2006/main\""

struct package {
	zip_t *zip;
	time_t mtime;
	bool failed;
};

/* The bytes must live until the package is closed. */
static void add(struct package *p, const char *name, struct str bytes)
{
	zip_source_t *src = zip_source_buffer(p->zip, bytes.ptr, bytes.len, 0);
	zip_int64_t at = src ? zip_file_add(p->zip, name, src, ZIP_FL_ENC_UTF_8) : -1;

	if (at < 0) {
		zip_source_free(src);
		p->failed = true;
		return;
	}
	if (zip_set_file_compression(p->zip, (zip_uint64_t)at, ZIP_CM_DEFLATE, 6) != 0 ||
	    zip_file_set_mtime(p->zip, (zip_uint64_t)at, p->mtime, 0) != 0)
		p->failed = true;
}

static void simple_field(struct buf *b, const char *code)
{
	buf_printf(b, "<w:r><w:fldChar w:fldCharType=\"begin\"/></w:r><w:r><w:instrText "
		      "xml:space=\"preserve\"> %s </w:instrText></w:r><w:r><w:fldChar "
		      "w:fldCharType=\"separate\"/></w:r><w:r><w:t>1</w:t></w:r><w:r><w:fldChar "
		      "w:fldCharType=\"end\"/></w:r>", code);
}

static void plain_run(struct docx *d, struct buf *b, struct str s)
{
	buf_c(b, "<w:r><w:t xml:space=\"preserve\">");
	docx_text(d, b, s);
	buf_c(b, "</w:t></w:r>");
}

static void write_header(struct docx *d, struct buf *b)
{
	buf_c(b, XML "<w:hdr " W "><w:p><w:pPr><w:pStyle w:val=\"Header\"/></w:pPr>");
	plain_run(d, b, report_title(d->sink.ctx));
	buf_c(b, "<w:r><w:tab/></w:r>");
	plain_run(d, b, str_sub(report_target(d->sink.ctx), 0, 200));
	buf_c(b, "</w:p></w:hdr>");
}

static void write_footer(struct docx *d, struct buf *b)
{
	struct report_ctx *c = d->sink.ctx;

	buf_c(b, XML "<w:ftr " W "><w:p><w:pPr><w:pStyle w:val=\"Footer\"/></w:pPr>");
	plain_run(d, b, TS(c, "内部资料 · 非测评结论", "Confidential · not an assessment of conformity"));
	buf_c(b, "<w:r><w:tab/></w:r>");
	plain_run(d, b, TS(c, "第 ", "Page "));
	simple_field(b, "PAGE");
	plain_run(d, b, TS(c, " 页 / 共 ", " of "));
	simple_field(b, "NUMPAGES");
	plain_run(d, b, TS(c, " 页", ""));
	buf_c(b, "</w:p></w:ftr>");
}

static void write_core(struct docx *d, struct buf *b)
{
	const json_t *m = d->sink.ctx->model;
	struct str created = json_get_str(m, "created");
	int64_t ms;

	buf_c(b, XML "<cp:coreProperties "
		     "xmlns:cp=\"http://schemas.openxmlformats.org/package/2006/metadata/core-properties\" "
		     "xmlns:dc=\"http://purl.org/dc/elements/1.1/\" xmlns:dcterms=\"http://purl.org/dc/terms/\" "
		     "xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\"><dc:title>");
	docx_text(d, b, report_title(d->sink.ctx));
	buf_c(b, "</dc:title><dc:creator>");
	docx_text(d, b, json_get_str(m, "author"));
	buf_c(b, "</dc:creator>");
	if (clock_parse_rfc3339(created, &ms) == 0)
		buf_printf(b, "<dcterms:created xsi:type=\"dcterms:W3CDTF\">%.*sZ</dcterms:created>", 19,
			   created.ptr);
	buf_c(b, "</cp:coreProperties>");
}

static void write_numbering(const struct docx *d, struct buf *b)
{
	buf_c(b, docx_numbering_head);
	for (unsigned i = 1; i <= d->lists; i++)
		buf_printf(b, "<w:num w:numId=\"%u\"><w:abstractNumId w:val=\"1\"/><w:lvlOverride "
			      "w:ilvl=\"0\"><w:startOverride w:val=\"1\"/></w:lvlOverride></w:num>", i + 1);
	buf_c(b, "</w:numbering>");
}

static void write_document(struct docx *d)
{
	buf_c(d->out, XML "<w:document " W
			  " xmlns:r=\"http://schemas.openxmlformats.org/officeDocument/2006/relationships\">"
			  "<w:body>\n");
	report_write(d->sink.ctx, &d->sink);
	buf_c(d->out, "<w:sectPr><w:headerReference w:type=\"default\" r:id=\"rId4\"/><w:footerReference "
		      "w:type=\"default\" r:id=\"rId5\"/><w:pgSz w:w=\"11906\" w:h=\"16838\"/><w:pgMar "
		      "w:top=\"1304\" w:right=\"1134\" w:bottom=\"1134\" w:left=\"1134\" w:header=\"600\" "
		      "w:footer=\"500\" w:gutter=\"0\"/><w:titlePg/></w:sectPr></w:body></w:document>");
}

static int read_back(zip_source_t *src, struct buf *out)
{
	zip_stat_t st;
	char *room;

	if (zip_source_open(src) != 0 || zip_source_stat(src, &st) != 0)
		return -1;
	room = buf_reserve(out, st.size);
	if (!room)
		return 0; /* out->overflow tells */
	zip_int64_t n = zip_source_read(src, room, st.size);

	zip_source_close(src);
	if (n < 0 || (zip_uint64_t)n != st.size)
		return -1;
	out->len += (size_t)n;
	return 0;
}

/* Members in the order in which Word likes to find them. */
static int pack(struct package *p, const struct buf parts[5], struct buf *out)
{
	zip_source_t *src = zip_source_buffer_create(NULL, 0, 0, NULL);
	int r = -1;

	p->zip = src ? zip_open_from_source(src, ZIP_CREATE | ZIP_TRUNCATE, NULL) : NULL;
	if (!p->zip) {
		zip_source_free(src);
		return -1;
	}
	zip_source_keep(src);
	add(p, "[Content_Types].xml", str_c(docx_content_types));
	add(p, "_rels/.rels", str_c(docx_root_rels));
	add(p, "word/document.xml", buf_view(&parts[0]));
	add(p, "word/_rels/document.xml.rels", str_c(docx_document_rels));
	add(p, "word/styles.xml", str_c(docx_styles));
	add(p, "word/numbering.xml", buf_view(&parts[1]));
	add(p, "word/settings.xml", str_c(docx_settings));
	add(p, "word/header1.xml", buf_view(&parts[2]));
	add(p, "word/footer1.xml", buf_view(&parts[3]));
	add(p, "docProps/core.xml", buf_view(&parts[4]));
	if (p->failed || zip_close(p->zip) != 0)
		zip_discard(p->zip);
	else
		r = read_back(src, out);
	zip_source_free(src);
	return r;
}

static time_t time_of(const json_t *model)
{
	int64_t ms;

	if (clock_parse_rfc3339(json_get_str(model, "created"), &ms) < 0 &&
	    clock_parse_rfc3339(json_get_str(model, "finished"), &ms) < 0)
		return 315532800; /* 1980, where ZIP begins */
	return (time_t)(ms / 1000);
}

static int render(const json_t *model, const struct report_options *o, struct buf *out,
		  struct error *e)
{
	struct report_ctx c;
	struct buf parts[5];
	struct docx d = { .sink = { &docx_ops, &c }, .out = &parts[0], .clean = BUF_INIT(16 * MIB) };
	struct package p = { .mtime = time_of(model) };
	int r;

	if (report_ctx_open(&c, model, o->lang, e) < 0)
		return -1;
	for (size_t i = 0; i < ARRAY_SIZE(parts); i++)
		buf_init(&parts[i], LIMIT_REPORT_FILE);
	write_document(&d);
	write_numbering(&d, &parts[1]);
	write_header(&d, &parts[2]);
	write_footer(&d, &parts[3]);
	write_core(&d, &parts[4]);
	r = pack(&p, parts, out);
	if (r < 0)
		error_set(e, "report.bad-package", "生成 DOCX 失败", "the DOCX package could not be made");
	else if (parts[0].overflow || out->overflow)
		r = error_set(e, "report.too-large", "报告超过 %zu MB，请缩小范围后重试",
			      "the report is larger than %zu MB: narrow its scope", out->max / MIB);
	for (size_t i = 0; i < ARRAY_SIZE(parts); i++)
		buf_free(&parts[i]);
	buf_free(&d.clean);
	report_ctx_close(&c);
	return r;
}

const struct report_format report_format_docx = {
	.name = "docx", .extension = "docx",
	.media_type = "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
	.title = "Word 文档", .title_en = "Word document", .for_people = true, .render = render,
};
