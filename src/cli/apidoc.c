/* `zhanwei openapi` and `zhanwei apidoc`: what the route table says, for files and tools. */
#include <stdio.h>

#include "api/api.h"
#include "cli/cli.h"

static int put(const struct buf *b)
{
	bool ok = fwrite(b->ptr, 1, b->len, stdout) == b->len && fflush(stdout) == 0;
	return ok && !b->overflow ? CLI_OK : CLI_FAILED;
}

static int run_openapi(int argc, char **argv)
{
	_cleanup_buf_ struct buf out = BUF_INIT(64 * 1024 * 1024);
	_cleanup_json_ json_t *doc = api_openapi(cli_version());
	char *text = json_dumps(doc, JSON_INDENT(2));
	buf_c(&out, text);
	buf_char(&out, '\n');
	free(text);
	return put(&out);
}

static int run_apidoc(int argc, char **argv)
{
	_cleanup_buf_ struct buf out = BUF_INIT(64 * 1024 * 1024);
	api_reference(&out);
	return put(&out);
}

const struct cli_command cli_command_openapi = {
	.name = "openapi",
	.args = "",
	.help_zh = "打印接口的 OpenAPI 3.1 文档",
	.help_en = "print the OpenAPI 3.1 document of the API",
	.run = run_openapi,
};

const struct cli_command cli_command_apidoc = {
	.name = "apidoc",
	.args = "",
	.help_zh = "打印接口参考（docs/api.md 的内容）",
	.help_en = "print the API reference (what docs/api.md holds)",
	.hidden = true,
	.run = run_apidoc,
};
