/* Out-of-band helpers of POCs, names of hosts, and pages that delete themselves: what a POC
 * uploads to prove that it could prints a marker once and is gone. */
#include "scan/template/expr_private.h"

EXPR_FN(fn_resolve)
{
	struct str type = n == 2 ? arg_str(env, &args[1]) : STR("a"), found = STR("");

	if (env->resolve && !env->resolve(env->ctx, arg_str(env, &args[0]), type, &found))
		return expr_fail(env, "the name does not resolve");
	return expr_ret_str(env, found, ret);
}

EXPR_FN(fn_new_oob)
{
	if (!env->oob_make || !env->oob_make(env->ctx, ret))
		return expr_fail(env, "no out-of-band server");
	return 0;
}

static int wait(struct expr_env *env, const struct value *oob, struct str protocol,
		const struct value *seconds, struct value *ret)
{
	int64_t s;

	if (arg_int(env, seconds, 0, 60, &s) < 0)
		return -1;
	*ret = value_of_bool(false);
	if (!env->oob_wait || !env->oob_wait(env->ctx, oob, protocol, (double)s, ret))
		return expr_fail(env, "no out-of-band server");
	return 0;
}

/* reverse.wait(5) */
EXPR_FN(fn_oob_wait)
{
	return wait(env, &args[0], STR(""), &args[1], ret);
}

/* oobCheck(oob, oob.ProtocolDNS, 5), oobCheck(oob.ProtocolDNS, 5), oobCheck("dns", 5) */
EXPR_FN(fn_oob_check)
{
	struct value own = { 0 };

	if (n == 3 && args[0].type != VALUE_STR)
		return wait(env, &args[0], arg_str(env, &args[1]), &args[2], ret);
	/* which one is not said: the one that is called oob */
	if (env->get)
		env->get(env->ctx, STR("oob"), &own);
	return wait(env, &own, arg_str(env, &args[0]), &args[1], ret);
}

EXPR_FN(fn_oob_evidence)
{
	*ret = value_of_str(STR(""));
	return 0;
}

/* The marker as the inside of a string literal. */
static void marker(struct buf *b, struct str s, const char *quote)
{
	for (size_t i = 0; i < s.len; i++) {
		if (s.ptr[i] == '"')
			buf_c(b, quote);
		else if (s.ptr[i] >= ' ' && s.ptr[i] != '\\' && s.ptr[i] != '$')
			buf_char(b, s.ptr[i]);
	}
}

static int once(struct expr_env *env, const struct value *arg, const char *before,
		const char *quote, const char *after, struct value *ret)
{
	struct buf b = EXPR_BUF;

	buf_c(&b, before);
	marker(&b, arg_str(env, arg), quote);
	buf_c(&b, after);
	return expr_ret_buf(env, &b, ret);
}

EXPR_FN(fn_jsp_once)
{
	return once(env, &args[0], "<% out.print(\"", "\\\"",
		    "\"); new java.io.File(application.getRealPath(request.getServletPath()))"
		    ".delete(); %>",
		    ret);
}
EXPR_FN(fn_php_once)
{
	return once(env, &args[0], "<?php echo \"", "\\\"", "\"; unlink(__FILE__); ?>", ret);
}
EXPR_FN(fn_aspx_once)
{
	return once(env, &args[0], "<%@ Page Language=\"C#\" %><% Response.Write(\"", "\\\"",
		    "\"); System.IO.File.Delete(Request.PhysicalPath); %>", ret);
}
EXPR_FN(fn_asp_once)
{
	return once(env, &args[0], "<% Response.Write(\"", "\"\"",
		    "\") : CreateObject(\"Scripting.FileSystemObject\").DeleteFile "
		    "Server.MapPath(Request.ServerVariables(\"SCRIPT_NAME\")) %>",
		    ret);
}
