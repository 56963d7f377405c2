/* `zhanwei report FILE`: renders a saved result (the JSON of `zhanwei scan` or a
 * report's "model") as a document. Makes no decision and sends nothing. */
#include <errno.h>
#include <stdio.h>

#include "base/limits.h"
#include "cli/cli.h"
#include "cli/options.h"
#include "os/file.h"
#include "report/report.h"

struct args {
	struct str format, out, lang;
};

static const struct cli_option table[] = {
	CLI_CHOICE(0, "format", struct args, format, "html|pdf|docx|json|sarif|model",
		   "输出格式，默认按输出文件的扩展名，否则 html",
		   "format; by the extension of the output file, else html"),
	CLI_STR('o', "output", struct args, out, "FILE", "写到文件，默认标准输出",
		"write to FILE instead of standard output"),
	CLI_CHOICE(0, "lang", struct args, lang, "zh|en", "报告语言，默认 zh", "language of the report"),
	CLI_END,
};

static int fail(int code, const struct error *e)
{
	fprintf(stderr, "%s\n%s\n", e->zh, e->en);
	return code;
}

static const struct report_format *pick(const struct args *a)
{
	ssize_t dot = str_rchr(a->out, '.');

	if (a->format.len)
		return report_format_find(a->format);
	if (dot >= 0 && report_format_find(str_from(a->out, (size_t)dot + 1)))
		return report_format_find(str_from(a->out, (size_t)dot + 1));
	return report_format_find(STR("html"));
}

static int put(const struct args *a, struct str bytes, struct error *e)
{
	_cleanup_free_ char *path = NULL;

	if (a->out.len) {
		path = str_dup(a->out);
		return os_file_write(path, bytes, 0644, e);
	}
	if (fwrite(bytes.ptr, 1, bytes.len, stdout) != bytes.len || fflush(stdout) != 0)
		return error_os(e, errno, "stdout");
	return 0;
}

static int render(const struct args *a, const char *path, struct error *e)
{
	_cleanup_buf_ struct buf in = BUF_INIT(LIMIT_REPORT_FILE), out = BUF_INIT(LIMIT_REPORT_FILE);
	_cleanup_json_ json_t *model = NULL;

	if (os_file_read(path, &in, e) < 0)
		return -1;
	model = json_parse(buf_view(&in), e);
	if (!model || report_render(pick(a), model, lang_parse(a->lang), &out, e) < 0)
		return -1;
	return put(a, buf_view(&out), e);
}

static int run(int argc, char **argv)
{
	struct args a = { 0 };
	struct str file;
	size_t files = 0;
	struct error e = { 0 };
	int code;
	if (!cli_begin(&cli_command_report, table, &a, argc, argv, &file, 1, &files, &code))
		return code;

	if (files != 1) {
		fputs("请给出一个结果文件，例如 zhanwei report scan.json -o report.pdf\n"
		      "Name one result file, e.g. zhanwei report scan.json -o report.pdf\n",
		      stderr);
		return CLI_USAGE;
	}
	_cleanup_free_ char *path = str_dup(file);

	return render(&a, path, &e) < 0 ? fail(CLI_FAILED, &e) : CLI_OK;
}

const struct cli_command cli_command_report = {
	.name = "report",
	.args = "FILE [--format html|pdf|docx|json|sarif] [-o OUT] [--lang zh|en]",
	.help_zh = "把保存的扫描结果（JSON）生成报告",
	.help_en = "render a saved scan result (JSON) as a report",
	.run = run,
};
