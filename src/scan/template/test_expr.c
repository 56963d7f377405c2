/* The expression language: golden tables of every function, both syntaxes, mixed text, hostile
 * input. Expected values were made by Python's hashlib, hmac, base64 and struct. */
#include "base/test.h"

#include "base/limits.h"
#include "base/vec.h"
#include "scan/template/expr_private.h"

struct world {
	uint64_t seed;
	int64_t now_ms;
	unsigned slept;
	int calls;
};

static bool get(void *ctx, struct str name, struct value *ret)
{
	static const struct value_pair headers[] = {
		{ STR_INIT("Content-Type"), { .type = VALUE_STR, .str = STR_INIT("text/html") } },
		{ STR_INIT("Server"), { .type = VALUE_STR, .str = STR_INIT("nginx") } },
	};
	static const struct value items[] = { { .type = VALUE_STR, .str = STR_INIT("a") },
					      { .type = VALUE_STR, .str = STR_INIT("b") } };
	static const struct {
		const char *name, *text;
	} texts[] = {
		{ "body", "<title>Hello World</title> version 1.2.3 {{7*7}}" },
		{ "response.body", "<title>Hello World</title> version 1.2.3 {{7*7}}" },
		{ "header", "Server: nginx\r\nX-A: b\r\n" },
		{ "evil", "{{md5('x')}}" },
		{ "empty", "" },
		{ "num_text", "41" },
		{ "zh", "\xe8\x87\xb4\xe8\xbf\x9c OA" },
		{ "bin", "\xff\xfe\x80" },
		{ "interactsh-url", "abc.oast.example" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(texts); i++)
		if (str_eq(str_c(texts[i].name), name)) {
			*ret = value_of_str(str_c(texts[i].text));
			return true;
		}
	if (str_eq(name, STR("status_code")) || str_eq(name, STR("response.status")))
		*ret = value_of_num(200);
	else if (str_eq(name, STR("duration")))
		*ret = value_of_num(6.25);
	else if (str_eq(name, STR("r1")))
		*ret = value_of_int(999999999);
	else if (str_eq(name, STR("yes")))
		*ret = value_of_bool(true);
	else if (str_eq(name, STR("response.headers")))
		*ret = (struct value){ .type = VALUE_MAP, .map = { headers, 2 } };
	else if (str_eq(name, STR("list")))
		*ret = (struct value){ .type = VALUE_LIST, .list = { items, 2 } };
	else
		return false;
	return true;
}

static bool call(void *ctx, struct str name, const struct value *args, size_t n, struct value *ret)
{
	struct world *w = ctx;

	w->calls++;
	*ret = value_of_bool(str_eq(name, STR("r0")));
	return str_eq(name, STR("r0")) || str_eq(name, STR("r1")) || str_eq(name, STR("http"));
}

static uint64_t chance(void *ctx)
{
	struct world *w = ctx;

	w->seed = w->seed * 6364136223846793005ULL + 1442695040888963407ULL;
	return w->seed >> 16 ^ w->seed << 20;
}

static int64_t now(void *ctx)
{
	return ((struct world *)ctx)->now_ms;
}

static void slept(void *ctx, unsigned ms)
{
	((struct world *)ctx)->slept += ms;
}

static struct expr_env env_of(struct arena *a, struct world *w)
{
	return (struct expr_env){ .arena = a, .ctx = w, .get = get, .call = call,
				  .random = chance, .now_ms = now, .sleep_ms = slept };
}

struct row {
	const char *src, *want; /* want NULL: does not compile or fails */
};

static void run_rows(const struct row *rows, size_t n, enum expr_syntax syntax)
{
	int failed = 0;

	for (size_t i = 0; i < n; i++) {
		_cleanup_arena_ struct arena *a = arena_new(64 * MIB);
		struct world w = { .now_ms = 1732259045000, .seed = 7 };
		struct expr_env env = env_of(a, &w);
		struct error e = { 0 };
		struct expr *x;
		struct value v;
		int rc = expr_compile(a, str_c(rows[i].src), syntax, &x, &e);
		const char *why = rc < 0 ? e.en : "";
		if (rc == 0) {
			rc = expr_eval(x, &env, &v);
			why = env.problem ? env.problem : "";
		}
		struct str got = rc == 0 ? value_text(a, &v) : STR("(failed)");
		if ((rc < 0) != !rows[i].want || (rc == 0 && !str_eq(got, str_c(rows[i].want)))) {
			print_error("%s\n  gave %.*s %s\n  want %s\n", rows[i].src, STR_ARG(got),
				    why, rows[i].want ? rows[i].want : "(failed)");
			failed++;
		}
	}
	assert_int_equal(failed, 0);
}
#define RUN(rows, syntax) run_rows(rows, ARRAY_SIZE(rows), syntax)

static void operators(void **state)
{
	static const struct row rows[] = {
		{ "1+2*3", "7" }, { "(1+2)*3", "9" }, { "2**3", "8" }, { "7%4", "3" },
		{ "7/2", "3.5" }, { "6/2", "3" }, { "-3+5", "2" }, { "1 == 1.0", "true" },
		{ "'a'+'b'", "ab" }, { "'a'+1", "a1" }, { "1+'a'", "1a" }, { "'5' == 5", "false" },
		{ "status_code == 200", "true" }, { "status_code==200&&1<2", "true" },
		{ "status_code != 200 || 2 >= 2", "true" }, { "!yes", "false" },
		{ "!(1==2)", "true" }, { "'abc' < 'abd'", "true" }, { "'a' < 1", NULL },
		{ "1 && yes", NULL }, { "yes && 1", NULL }, { "false && nothing", "false" },
		{ "true || nothing", "true" }, { "nothing || true", NULL },
		{ "yes ? 'x' : 'y'", "x" }, { "1 in (1,2)", "true" }, { "'c' in ('a','b')", "false" },
		{ "'abc' =~ '^a.c$'", "true" }, { "'abc' !~ 'b'", "false" },
		{ "6 & 3", "2" }, { "6 | 3", "7" }, { "6 ^ 3", "5" }, { "1 << 4", "16" },
		{ "256 >> 4", "16" }, { "1/0", NULL }, { "1%0", NULL }, { "'it\\'s'", "it's" },
		{ "\"a\\\"b\"", "a\"b" }, { "'a\\nb'", "a\nb" }, { "'\\d+'", "\\d+" },
		{ "0x1F", "31" }, { "1e3", "1000" }, { "0.5", "0.5" }, { "[status_code] == 200", "true" },
		{ "", NULL }, { "1 +", NULL }, { "(1", NULL }, { "1)", NULL }, { "foo(", NULL },
		{ "'abc", NULL }, { "1 2", NULL }, { "nosuch(1)", NULL }, { "md5()", NULL },
		{ "md5('a','b')", NULL }, { "duration>=6 && duration<=16", "true" },
		{ "yes == true", "true" }, { "body == ''", "false" }, { "empty == ''", "true" },
		{ "r0() && !r1()", "true" }, { "1==1&&2==2&&3==3&&4==5", "false" },
		{ "contains(body, \"{{num_text}}\")", "false" },
		{ "concat('{{num_text}}','!')", "41!" }, { "concat('{{nothing}}','!')", "{{nothing}}!" },
		{ "to_number(num_text)+1", "42" }, { "inside == 1", NULL },
	};
	RUN(rows, EXPR_DSL);
}

static void text_functions(void **state)
{
	static const struct row rows[] = {
		{ "contains(body, 'Hello')", "true" }, { "contains(body, 'hello')", "false" },
		{ "contains(tolower(body), 'hello')", "true" }, { "contains(status_code, '20')", "true" },
		{ "contains_all(body,'Hello','World')", "true" },
		{ "contains_all(body,'Hello','Mars')", "false" },
		{ "containsany(body,'Mars','World')", "true" }, { "contains_any(body,'x1','x2')", "false" },
		{ "starts_with(body,'no','<title>')", "true" }, { "starts_with(body,'no')", "false" },
		{ "ends_with(body,'7}}')", "true" }, { "ends_with('ab','b','c')", "true" },
		{ "line_starts_with(header,'X-A')", "true" }, { "line_starts_with(header,'-A')", "false" },
		{ "line_ends_with(header,'nginx\\r')", "true" }, { "line_ends_with('a\nb','c')", "false" },
		{ "equals_any(status_code, 200, 404)", "true" }, { "equals_any('a','b')", "false" },
		{ "concat('a',1,true,2.5)", "a1true2.5" }, { "concat()", "" },
		{ "count('abcabc','bc')", "2" }, { "count('abc','')", "4" }, { "count('','x')", "0" },
		{ "index('hello',0)", "h" }, { "index('hello',5)", NULL }, { "index(list,1)", "b" },
		{ "index(list,2)", NULL }, { "index('x','a')", NULL },
		{ "join(',', 'a', 'b', 1)", "a,b,1" }, { "join('-', split('a,b,c', ','))", "a-b-c" },
		{ "join(',', 'a')", NULL }, { "len('abc')", "3" }, { "len(list)", "2" }, { "len(zh)", "9" },
		{ "padding('ab','x',5,'prefix')", "xxxab" }, { "padding('ab','xy',7,'suffix')", "abxyxyx" },
		{ "padding('abc','x',2,'prefix')", "abc" }, { "padding('a','x',3,'middle')", NULL },
		{ "padding('a','',3,'prefix')", NULL }, { "remove_bad_chars('abcabc','bc')", "aa" },
		{ "repeat('ab',3)", "ababab" }, { "repeat('a',0)", "" }, { "repeat('a','x')", NULL },
		{ "replace('aXbX','X','-')", "a-b-" }, { "replace('ab','','.')", ".a.b." },
		{ "reverse('abc')", "cba" }, { "reverse('\xe4\xbd\xa0\xe5\xa5\xbd')", "\xe5\xa5\xbd\xe4\xbd\xa0" },
		{ "sort('cab')", "abc" }, { "sort('b','a','c')", "[a b c]" },
		{ "uniq('aabbcb')", "abc" }, { "uniq('a','b','a')", "[a b]" },
		{ "split('a,b,c',',')", "[a b c]" }, { "split('a,b,c',',',2)", "[a b,c]" },
		{ "split('abcdef',2)", "[ab cd ef]" }, { "split('abc',9)", "[abc]" },
		{ "substr('abcdef',2)", "cdef" }, { "substr('abcdef',1,3)", "bc" },
		{ "substr('abc',4)", NULL }, { "substr('abc',2,1)", NULL }, { "substr('',0)", NULL },
		{ "to_lower('ABC \xc3\x89')", "abc \xc3\xa9" }, { "toupper('abc')", "ABC" },
		{ "to_title('hello world')", "Hello World" }, { "trim('xxaxx','x')", "a" },
		{ "trim_left('xxaxx','x')", "axx" }, { "trim_right('xxaxx','x')", "xxa" },
		{ "trim_prefix('abc','ab')", "c" }, { "trim_suffix('abc','bc')", "a" },
		{ "trim_space('  a b ')", "a b" }, { "trim_prefix('abc','x')", "abc" },
		{ "to_string(12)", "12" }, { "to_string(1.5)", "1.5" }, { "to_string(true)", "true" },
		{ "print_debug('x')", "true" }, { "to_lower(bin) == bin", "true" },
		{ "regex('t[i]tle', body)", "true" }, { "regex('^$', body)", "false" },
		{ "regex('(?i)hello', body)", "true" }, { "regex('(', body)", NULL },
		{ "regex_all('[0-9]','a1','b2')", "true" }, { "regex_all('[0-9]','a1','b')", "false" },
		{ "regex_any('[0-9]','a','b2')", "true" }, { "regex_any('[0-9]','a','b')", "false" },
		{ "replace_regex('a12b3','[0-9]+','#')", "a#b#" },
		{ "replace_regex('ab','(a)(b)','$2$1')", "ba" }, { "replace_regex('x','x','$$')", "$" },
		{ "replace_regex('john','(?P<n>j.)','<${n}>')", "<jo>hn" },
		{ "replace_regex('abc','','-')", "-a-b-c-" },
	};
	RUN(rows, EXPR_DSL);
}

static void code_functions(void **state)
{
	static const struct row rows[] = {
		{ "base64('hello')", "aGVsbG8=" }, { "base64_decode('aGVsbG8=')", "hello" },
		{ "base64decode('!!')", NULL }, { "base64_py('hello')", "aGVsbG8=\n" },
		{ "len(base64_py(repeat('a',60)))", "82" }, { "hex_encode('AB')", "4142" },
		{ "hex_encode('AB','x')", "\\x41\\x42" }, { "hex_decode('4142')", "AB" },
		{ "hex_decode('4')", NULL }, { "url_encode('a b&c=/?')", "a%20b%26c%3D%2F%3F" },
		{ "url_encode(\"!'()*~-_.\")", "!'()*~-_." }, { "url_encode('a-b',true)", "a%2Db" },
		{ "url_decode('a%20b+c%zz')", "a b+c%zz" }, { "urldecode('%41')", "A" },
		{ "html_escape('<a b=\"c\">&')", "&lt;a b=&#34;c&#34;&gt;&amp;" },
		{ "html_escape('ab',true)", "&#97;&#98;" }, { "html_unescape('&lt;a&#39;&amp;')", "<a'&" },
		{ "json_minify('{ \"b\" : 1, \"a\":[1, 2] }')", "{\"a\":[1,2],\"b\":1}" },
		{ "json_minify('{')", NULL },
		{ "json_prettify('{\"a\":[1,{}],\"b\":\"x,y\"}')",
		  "{\n    \"a\": [\n        1,\n        {}\n    ],\n    \"b\": \"x,y\"\n}" },
		{ "unpack('>I', hex_decode('0000012c'))", "300" },
		{ "unpack('<H', hex_decode('2c01'))", "300" }, { "unpack('b', hex_decode('ff'))", "-1" },
		{ "unpack('B', hex_decode('ff'))", "255" }, { "unpack('>q', hex_decode('ffffffffffffffff'))", "-1" },
		{ "unpack('>I', 'ab')", NULL }, { "unpack('>IH', 'abcdef')", NULL },
		{ "hex_encode(xor('abc','k'))", "0a0908" }, { "xor('a','')", NULL },
		{ "gzip_decode(gzip('hello'))", "hello" }, { "zlib_decode(zlib('hello'))", "hello" },
		{ "inflate(deflate('hello'))", "hello" }, { "gzip_decode('nonsense')", NULL },
		{ "zlib_decode(hex_decode('789ccb48cdc9c907000 62c0215'))", NULL },
		{ "zlib_decode(hex_decode('789ccb48cdc9c90700062c0215'))", "hello" },
		{ "inflate(deflate(repeat('a',100)), 10)", "aaaaaaaaaa" },
		{ "gzip_mtime(gzip('x'))", "0" }, { "gzip_mtime(hex_decode('1f8b0800010000000003'))", "1" },
		{ "starts_with(zip('a.txt','hello'),'PK')", "true" }, { "contains(zip('a.txt','x'),'a.txt')", "true" },
		{ "zip('a','b','c')", NULL },
	};
	RUN(rows, EXPR_DSL);
}

static void hash_functions(void **state)
{
	static const struct row rows[] = {
		{ "md5('zhanwei')", "61512b949d663a92f5adcd289bf235d7" }, { "sha1('zhanwei')", "a2c981b9d3cec4489abb07b535cb9013e5367601" },
		{ "sha256('zhanwei')", "2ccce3336b7551e3a0cb248d8f4b75691e42ce333330633ca46cfaa7620e3100" }, { "sha512('zhanwei')", "bc846dec2b509d7d5befe7712cb919d58e7580f16516b315137fcfe90141e3f167381ec59613b7bce58dc5963587fa993d9ddf5e68e445c0f96ce74b6716aa6f" },
		{ "md5(1234)", "81dc9bdb52d04dc20036dbd8313ed055" },
		{ "hmac('sha1','data','k')", "970dc226f21e3c274024b9a9f5ccbf8fe4acaaa0" }, { "hmac('sha-256','data','k')", "98755ce7a0d431b5d7b8ec8e343ada3bcaa4f6c44ca468cffcbaa9c273634dd7" },
		{ "hmac('sha512','data','k')", "35147d6a9f273e3c3edd49a4f6c16614c9c94a56d04036fc67b19f3cd91c0856dbcc62dfc896e903d5391cfa3e73ae9ee6ccb9a225b1eaf0db2625fb9210211c" }, { "hmac('crc','data','k')", NULL },
		{ "mmh3('hello')", "613153351" }, { "mmh3('')", "0" }, { "mmh3('a')", "1009084850" },
		{ "mmh3('abc')", "-1277324294" }, { "mmh3('abcd')", "1139631978" },
		{ "hex_encode(aes_cbc('hello','0123456789abcdef','fedcba9876543210'))", "7bedceb0655f38941069789f36462091" },
		{ "aes_cbc('hello','short','fedcba9876543210')", NULL },
		{ "len(aes_gcm('0123456789abcdef','hello'))", "33" }, { "aes_gcm('k','x')", NULL },
		{ "generate_jwt('{\"sub\":\"1234567890\",\"name\":\"John Doe\"}','HS256','secret')", "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJuYW1lIjoiSm9obiBEb2UiLCJzdWIiOiIxMjM0NTY3ODkwIn0.LmURJCzy7NfJBggkWYrAZ8XNzFxMhrDgBJUmBcffhSw" },
		{ "generate_jwt('{\"a\":1}','hs512','k')", "eyJhbGciOiJIUzUxMiIsInR5cCI6IkpXVCJ9.eyJhIjoxfQ.-n3PwVqpG1R1RM-MY6sjfZvyEUiBqEm9I8bHrn-E8juR-CTbah1vcBY08ahuc-Bri_fILL8eYBI4sX6q9JMAzg" },
		{ "generate_jwt('{\"a\":1}','none')", "eyJhbGciOiJub25lIiwidHlwIjoiSldUIn0.eyJhIjoxfQ." }, { "generate_jwt('x','HS256','k')", NULL },
		{ "generate_jwt('{}','XX1','k')", NULL }, { "rsa_encrypt('a','b')", NULL },
		/* a public key as an interface hands it out */
		{ "len(rsa_encrypt('secret','MIGfMA0GCSqGSIb3DQEBAQUAA4GNADCBiQKBgQDB46TC3g05a/oY1QorySvPXbmJYcqeNFFYnTfH7Y+ZuLsrEpGkuTrXaIEun0IN"
		  "HtXHLn2QF18bks+4zSouVKQ3qOMTMuDZ34GSPQHQ6U3bU2pt3NX7GW+p99rGQG+dK49Gda5Rzzp+gDiKkfOr7HQFM8dpcPO1nHL/rCrD+5PqUwIDAQAB'))", "128" },
	};
	RUN(rows, EXPR_DSL);
}

static void number_functions(void **state)
{
	static const struct row rows[] = {
		{ "to_number('12')", "12" }, { "to_number('1.5')", "1.5" }, { "to_number('x')", NULL },
		{ "to_bool('true')", "true" }, { "to_bool('0')", "false" }, { "to_bool(1)", "true" },
		{ "to_bool(2)", "false" }, { "dec_to_hex(255)", "ff" }, { "hex_to_dec('ff')", "255" },
		{ "hex_to_dec('0xff')", "255" }, { "hex_to_dec('zz')", NULL }, { "oct_to_dec('17')", "15" },
		{ "bin_to_dec('0b101')", "5" }, { "bin_to_dec('2')", NULL },
		{ "ip_format('127.0.0.1',1)", "127.0.0.1" }, { "ip_format('127.0.0.1',2)", "127.1" },
		{ "ip_format('127.0.0.1',4)", "0x7f.0x0.0x0.0x1" }, { "ip_format('127.0.0.1',5)", "2130706433" },
		{ "ip_format('127.0.0.1',8)", "[::ffff:7f00:1]" }, { "ip_format('127.0.0.1',12)", NULL },
		{ "ip_format('x',1)", NULL },
		{ "compare_versions('1.2.3','< 1.2.10')", "true" }, { "compare_versions('1.2','>=1.2.0')", "true" },
		{ "compare_versions('v2.0.0','> 1.0','< 3')", "true" }, { "compare_versions('2.0.0','>1.0, <2')", "false" },
		{ "compare_versions('1.0','= 1.0.0')", "true" }, { "compare_versions('1.0','!= 1.0.1')", "true" },
		{ "compare_versions('1.4.9','~> 1.4.2')", "true" }, { "compare_versions('1.5.0','~> 1.4.2')", "false" },
		{ "compare_versions('1.9','~> 1.4')", "true" }, { "compare_versions('2.0','~> 1.4')", "false" },
		{ "compare_versions('1.0.0-beta','< 1.0.0')", "false" },
		{ "compare_versions('1.0.0-beta','< 1.0.0-rc1')", "true" },
		{ "compare_versions('1.0.0-beta.2','> 1.0.0-beta.1')", "true" },
		{ "compare_versions('1.0','> 1.0.0-rc1')", "true" }, { "compare_versions('1.2.3+build','1.2.3')", "true" },
		{ "compare_versions('','< 1')", NULL }, { "compare_versions('x.y','< 1')", NULL },
		{ "compare_versions('1.0','< ')", NULL }, { "compareversions('10.0','> 9.9.9.9')", "true" },
	};
	RUN(rows, EXPR_DSL);
}

static void time_functions(void **state)
{
	static const struct row rows[] = {
		{ "date_time('%Y-%M-%D %H:%m:%S')", "2024-11-22 07:04:05" },
		{ "date_time('%Y/%M/%D', 0)", "1970/01/01" }, { "date_time('2006-01-02 15:04:05', '86399')", "1970-01-01 23:59:59" },
		{ "date_time('Mon, 02 Jan 2006', 0)", "Thu, 01 Jan 1970" }, { "date_time('%Q')", NULL },
		{ "date_time('%Y%M', unix_time())", "202411" }, { "unix_time()", "1732259045" },
		{ "unix_time(10)", "1732259055" }, { "to_unix_time('2024-11-22 07:04:05')", "1732259045" },
		{ "to_unix_time('2024-11-22T15:04:05+08:00')", "1732259045" }, { "to_unix_time('1970-01-02')", "86400" },
		{ "to_unix_time('02/01/1970','02/01/2006')", "86400" }, { "to_unix_time('12')", "12" },
		{ "to_unix_time('soon')", NULL }, { "wait_for(2)", "true" }, { "wait_for(600)", NULL },
	};
	RUN(rows, EXPR_DSL);
}

static void chance_functions(void **state)
{
	static const struct row rows[] = {
		{ "len(rand_base(8))", "8" }, { "regex('^[ab]{20}$', rand_base(20,'ab'))", "true" },
		{ "regex('^[xy]$', rand_char('xy'))", "true" }, { "len(rand_char())", "1" },
		{ "regex('^[a-zA-Z]{30}$', rand_text_alpha(30))", "true" },
		{ "regex('^[ab]{9}$', rand_text_alpha(9,'cdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ'))", "true" },
		{ "regex('^[a-zA-Z0-9]{30}$', rand_text_alphanumeric(30))", "true" },
		{ "regex('^[0-9]{5}$', randtextnumeric(5))", "true" },
		{ "regex('^[12]{50}$', rand_text_numeric(50,'34567890'))", "true" },
		{ "rand_text_numeric(5,'0123456789')", NULL }, { "rand_base(99999999)", NULL },
		{ "rand_int(5,6)", "5" }, { "rand_int(10,20) >= 10 && rand_int(10,20) < 20", "true" },
		{ "rand_int(5,5)", NULL }, { "regex('^10[.]1[.]2[.][0-9]+$', rand_ip('10.1.2.0/24'))", "true" },
		{ "rand_ip('10.0.0.7/32')", "10.0.0.7" }, { "rand_ip('x')", NULL },
	};
	RUN(rows, EXPR_DSL);
}

static void java_gadget(void **state)
{
	static const struct row rows[] = {
		{ "starts_with(generate_java_gadget('dns','http://{{interactsh-url}}','base64'),'rO0ABXNyABFqYXZhLnV0aWwuSGFzaE1hcA')", "true" },
		{ "contains(generate_java_gadget('dns','http://{{interactsh-url}}','raw'),'abc.oast.example')", "true" },
		{ "len(generate_java_gadget('dns','http://h.example','raw'))", "276" },
		/* other chains are never made: the command is not in the object, the host is */
		{ "contains(generate_java_gadget('commons-collections3.1','wget http://{{interactsh-url}}','raw'),'wget')", "false" },
		{ "contains(generate_java_gadget('commons-collections3.1','wget http://{{interactsh-url}}','raw'),'java.net.URL')", "true" },
		{ "generate_java_gadget('groovy1','id','raw')", NULL },
		{ "generate_dotnet_gadget('a','b','c','d')", NULL }, { "public_ip()", NULL },
		{ "resolve('x.example')", "" },
	};
	RUN(rows, EXPR_DSL);
}

static void cel(void **state)
{
	static const struct row rows[] = {
		{ "response.status == 200 && response.body.bcontains(b\"Hello\")", "true" },
		{ "response.body.bcontains(bytes(string(r1)))", "false" },
		{ "response.headers[\"content-type\"].contains(\"html\")", "true" },
		{ "response.headers['nope'] == ''", "true" }, { "\"server\" in response.headers", "true" },
		{ "!(\"x-none\" in response.headers)", "true" },
		{ "\"tit.e\".bmatches(response.body)", "true" }, { "r'H\\w+o'.rmatches(response.body)", "true" },
		{ "\"<title>(?P<t>.+?)</title>\".bsubmatch(response.body)[\"t\"]", "Hello World" },
		{ "\"(?P<t>nope)\".bsubmatch(response.body)[\"t\"]", "" },
		{ "response.body.icontains('HELLO')", "true" }, { "response.body.ibcontains(b'hELLO')", "true" },
		{ "response.body.startsWith('<t')", "true" }, { "'abc'.endsWith('bc')", "true" },
		{ "'abc'.matches('^a')", "true" }, { "r1*r1", "999999998000000001" }, { "string(r1+1)", "1000000000" },
		{ "7/2", "3" }, { "-7/2", "-3" }, { "7.0/2.0", "3" }, { "7.5/2", "3.75" }, { "1/0", NULL },
		{ "'a' + 'b'", "ab" }, { "[1,2]+[3]", "[1 2 3]" }, { "[1,2,3][1]", "2" }, { "{'a': 5}['a']", "5" },
		{ "2 in [1,2]", "true" }, { "true ? 'x' : 'y'", "x" }, { "nothing || true", "true" },
		{ "true || nothing", "true" }, { "nothing && false", "false" }, { "nothing && true", NULL },
		{ "size('abc')", "3" }, { "'abc'.size()", "3" }, { "len('ab')", "2" }, { "length('abcd')", "4" },
		{ "b'\\xff\\x41'.bcontains(b'A')", "true" }, { "hex(b'\\xff\\x00')", "ff00" }, { "'\\u4f60'", "\xe4\xbd\xa0" },
		{ "'''a'b'''", "a'b" }, { "r'\\d'", "\\d" }, { "'\\x41'", "A" }, { "'\\101'", "A" },
		{ "md5('zhanwei')", "61512b949d663a92f5adcd289bf235d7" }, { "sha1('zhanwei')", "a2c981b9d3cec4489abb07b535cb9013e5367601" }, { "base64('a b')", "YSBi" },
		{ "base64Decode('YSBi')", "a b" }, { "urlencode('a b/c')", "a+b%2Fc" }, { "urldecode('a+b%2Fc')", "a b/c" },
		{ "hexdecode('4142')", "AB" }, { "substr('abcdef',1,3)", "bcd" }, { "substr('ab',1,3)", NULL },
		{ "replaceAll('aXb','X','-')", "a-b" }, { "toUpper('ab')", "AB" }, { "toLower('AB')", "ab" },
		{ "year()", "2024" }, { "shortyear()", "24" }, { "month()", "11" }, { "day()", "22" },
		{ "timestamp_second()", "1732259045" }, { "sleep(3)", "true" }, { "versionCompare('1.2','<','1.10')", "true" },
		{ "versionCompare('2.0','<=','1.10')", "false" }, { "decimal('ab',',')", "97,98" }, { "printable('a\\x01b')", "ab" },
		{ "trim(' a ')", "a" }, { "repeat('ab',2)", "abab" }, { "faviconHash('')", "-1840324437" },
		{ "randomInt(5,6)", "5" }, { "'^[a-z]{6}$'.rmatches(randomLowercase(6))", "true" },
		{ "r0() && !r1()", "true" }, { "r1() || r0()", "true" }, { "int('12')+1", "13" },
		{ "hex(pkcs7Pad('ab',4))", "61620202" }, { "hex(zeroPad('ab',4))", "61620000" },
		{ "hex(aesECB('hello','0123456789abcdef'))", "674c7ef38e78cabd9cec9c125823a639" }, { "aesECB('x','k')", NULL },
		{ "phpDelete('m\"1')", "<?php echo \"m\\\"1\"; unlink(__FILE__); ?>" },
		{ "ysoserial('CommonsCollections1','id','hex')", NULL }, { "newReverse()", NULL },
		{ "jndi(1,2)", NULL }, { "'a'.b", NULL }, { "response.body[", NULL }, { "// only a comment", NULL },
		{ "1 == 1 // and so on", "true" }, { "zh.contains('OA')", "true" }, { "1 =~ 2", NULL },
		{ "toUintString('\\x01\\x00','ltr')", "256" }, { "'a.a'.bcount('abaXaca')", "2" },
	};
	RUN(rows, EXPR_CEL);
}

static void mixed_text(void **state)
{
	static const struct row rows[] = {
		{ "plain", "plain" }, { "/a?x={{num_text}}&y={{status_code}}", "/a?x=41&y=200" },
		{ "{{md5(num_text)}}", "3416a75f4cea9109507cacd8e2f2aefc" },
		{ "{{md5(\"{{num_text}}\")}}", "3416a75f4cea9109507cacd8e2f2aefc" },
		{ "{{md5({{num_text}})}}", "3416a75f4cea9109507cacd8e2f2aefc" },
		{ "{{7*7}}", "{{7*7}}" }, { "{{'7'*7}}", "{{'7'*7}}" }, { "{{evil}}", "{{md5('x')}}" },
		{ "{{concat(evil,'!')}}", "{{md5('x')}}!" }, { "{{nothing}}", "{{nothing}}" },
		{ "{{ num_text }}", "41" }, { "a{{b", "a{{b" }, { "a}}b", "a}}b" }, { "{{}}", "{{}}" },
		{ "{{{num_text}}}", "{41}" }, { "{{interactsh-url}}", "abc.oast.example" },
		{ "{{base64('a}}b')}}", "YX19Yg==" }, { "{{to_lower(\"A'B\")}}", "a'b" },
		{ "{{config.__class__.__init__}}", "{{config.__class__.__init__}}" },
		{ "{{constructor.constructor('alert(1)')()}}", "{{constructor.constructor('alert(1)')()}}" },
		{ "{{url_encode(concat('a','{{num_text}}'))}}{{num_text}}", "a4141" },
		{ "{%{{num_text}}%}", "{%41%}" }, { "{{''.join(num_text)}}", "{{''.join(num_text)}}" },
	};
	int failed = 0;

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		_cleanup_arena_ struct arena *a = arena_new(16 * MIB);
		_cleanup_buf_ struct buf out = BUF_INIT(1 * MIB);
		struct world w = { .seed = 3 };
		struct expr_env env = env_of(a, &w);
		struct expr_text *t;
		assert_ok(expr_text_compile(a, str_c(rows[i].src), EXPR_DSL, &t, NULL));
		assert_ok(expr_text_render(t, &env, &out));
		if (!str_eq(buf_view(&out), str_c(rows[i].want))) {
			print_error("%s gave %.*s\n", rows[i].src, STR_ARG(buf_view(&out)));
			failed++;
		}
	}
	assert_int_equal(failed, 0);
}

static void cel_text(void **state)
{
	_cleanup_arena_ struct arena *a = arena_new(16 * MIB);
	_cleanup_buf_ struct buf out = BUF_INIT(1 * MIB);
	struct world w = { .seed = 3 };
	struct expr_env env = env_of(a, &w);
	struct expr_text *t;

	assert_ok(expr_text_compile(a, STR("{{response.headers['Server']}}/{{r1}}/{{none}}/{{evil}}"), EXPR_CEL, &t, NULL));
	assert_ok(expr_text_render(t, &env, &out));
	assert_str_c(buf_view(&out), "nginx/999999999/{{none}}/{{md5('x')}}");
	assert_int_equal(env.unresolved, 1);
	assert_str_c(env.first_unresolved, "none");
}

static void bounded(void **state)
{
	_cleanup_arena_ struct arena *a = arena_new(64 * MIB);
	_cleanup_buf_ struct buf b = BUF_INIT(1 * MIB);
	struct world w = { .seed = 3 };
	struct expr_env env = env_of(a, &w);
	struct error e;
	struct expr *x;
	struct value v;

	for (int i = 0; i < 5000; i++)
		buf_c(&b, "(");
	assert_int_equal(expr_compile(a, buf_view(&b), EXPR_DSL, &x, &e), -1);
	buf_clear(&b);
	for (int i = 0; i < 5000; i++)
		buf_c(&b, "!");
	assert_int_equal(expr_compile(a, buf_view(&b), EXPR_DSL, &x, &e), -1);
	buf_clear(&b);
	for (int i = 0; i < 3000; i++)
		buf_c(&b, "1-");
	buf_c(&b, "1");
	assert_int_equal(expr_compile(a, buf_view(&b), EXPR_DSL, &x, &e), -1);
	buf_clear(&b);
	for (int i = 0; i < 2000; i++)
		buf_c(&b, "contains(body,'x') || ");
	buf_c(&b, "true");
	assert_ok(expr_compile(a, buf_view(&b), EXPR_DSL, &x, &e));
	assert_true(expr_test(x, &env));
	buf_clear(&b);
	for (int i = 0; i < 3000; i++)
		buf_c(&b, "{{md5(\"");
	struct expr_text *t;
	if (expr_text_compile(a, buf_view(&b), EXPR_DSL, &t, &e) == 0) {
		buf_clear(&b);
		assert_ok(expr_text_render(t, &env, &b));
	}
	assert_ok(expr_compile(a, STR("repeat(repeat(repeat('aaaaaaaaaa',1000),1000),1000)"), EXPR_DSL, &x, &e));
	assert_int_equal(expr_eval(x, &env, &v), -1);
	assert_ok(expr_compile(a, STR("len(inflate(deflate(repeat('a',8000000))))"), EXPR_DSL, &x, &e));
	env.steps = 0;
	expr_eval(x, &env, &v);
}

static void mentions(void **state)
{
	_cleanup_arena_ struct arena *a = arena_new(16 * MIB);
	const struct expr_literal *lit;
	const struct expr_use *use;
	struct expr *x;

	assert_ok(expr_compile(a, STR("contains(tolower(body_2),\"a{{num}}\") && jarm(Host) == r0()"), EXPR_DSL, &x, NULL));
	size_t n = expr_vars(x, a, &use);
	assert_int_equal(n, 7);
	assert_str_c(use[0].name, "contains");
	assert_str_c(use[1].name, "to_lower");
	assert_str_c(use[2].name, "body_2");
	assert_str_c(use[3].name, "num");
	assert_non_null(use[4].unsupported);
	assert_str_c(use[5].name, "Host");
	assert_false(use[6].known);
	assert_ok(expr_compile(a, STR("status_code==200 && contains_any(body,'abc','defg') && contains(to_lower(header),'powered')"), EXPR_DSL, &x, NULL));
	assert_int_equal(expr_literals(x, a, &lit), 1);
	assert_str_c(lit[0].text, "powered");
	assert_str_c(lit[0].part, "header");
	assert_true(lit[0].nocase);
	assert_ok(expr_compile(a, STR("contains(body,'abc') || regex('foo(bar|baz)+x', body)"), EXPR_DSL, &x, NULL));
	assert_int_equal(expr_literals(x, a, &lit), 2);
	assert_str_c(lit[1].text, "foo");
	assert_ok(expr_compile(a, STR("contains(body,'abc') || status_code == 200"), EXPR_DSL, &x, NULL));
	assert_int_equal(expr_literals(x, a, &lit), 0);
	assert_ok(expr_compile(a, STR("!contains(body,'abc')"), EXPR_DSL, &x, NULL));
	assert_int_equal(expr_literals(x, a, &lit), 0);
	assert_string_equal(expr_function(STR("tolower")), "to_lower");
	assert_null(expr_function(STR("alert")));
}

static void every_function_has_a_row(void **state)
{
	unsigned min, max;
	size_t n = 0;

	for (; expr_function_name(n, &min, &max); n++)
		assert_true(min <= max);
	assert_true(n > 130);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(operators),	    cmocka_unit_test(text_functions),
		cmocka_unit_test(code_functions),   cmocka_unit_test(hash_functions),
		cmocka_unit_test(number_functions), cmocka_unit_test(time_functions),
		cmocka_unit_test(chance_functions), cmocka_unit_test(java_gadget),
		cmocka_unit_test(cel),		    cmocka_unit_test(mixed_text),
		cmocka_unit_test(cel_text),	    cmocka_unit_test(bounded),
		cmocka_unit_test(mentions),	    cmocka_unit_test(every_function_has_a_row),
	};

	setenv("TZ", "UTC", 1);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
