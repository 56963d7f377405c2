/* Archives of templates: see packzip.h. Two passes: the first looks at names and sizes of all
 * entries and refuses, the second reads. Sizes that the archive claims are not believed: what
 * is read is counted. */
#include "app/packzip.h"

#include <sys/stat.h>
#include <zip.h>

#include "base/check.h"
#include "base/limits.h"
#include "base/map.h"
#include "base/utf8.h"

struct entry {
	struct str name;
	bool wanted;
};

struct archive {
	zip_t *zip;
	struct arena *arena;
	struct entry *entries;
	size_t n;
	struct str root; /* "folder/" that every wanted file begins with; "" none */
	uint64_t claimed;
};

int packzip_name(struct str name, struct error *e)
{
	struct str rest = name, part;
	unsigned depth = 0;

	if (!name.len || name.len > LIMIT_PACK_PATH)
		return error_set(e, "pack.bad-name", "包内有过长或为空的文件名", "a file name in the pack is empty or too long");
	if (utf8_invalid_at(name) >= 0)
		return error_set(e, "pack.bad-name", "包内有编码错误的文件名", "a file name in the pack is malformed UTF-8");
	for (size_t i = 0; i < name.len; i++)
		if ((unsigned char)name.ptr[i] < 0x20 || name.ptr[i] == 0x7f)
			return error_set(e, "pack.bad-name", "包内有带控制字符的文件名",
					 "a file name in the pack holds control characters");
	if (name.ptr[0] == '/' || str_chr(name, '\\') >= 0)
		return error_set(e, "pack.escapes", "“%.*s”不是包内的相对路径，整个包被拒绝",
				 "\"%.*s\" is no path within the pack: the pack is refused", STR_ARG(name));
	while (str_split(&rest, '/', &part)) {
		if (!part.len || str_eq(part, STR("..")) || str_eq(part, STR(".")) ||
		    (part.len > 1 && part.ptr[1] == ':'))
			return error_set(e, "pack.escapes", "“%.*s”会离开规则包，整个包被拒绝",
					 "\"%.*s\" would leave the pack: the pack is refused", STR_ARG(name));
		if (++depth > LIMIT_PACK_DEPTH)
			return error_set(e, "pack.too-deep", "“%.*s”的目录层数超过 %d", "\"%.*s\" lies deeper than %d folders",
					 STR_ARG(name), LIMIT_PACK_DEPTH);
	}
	return 0;
}

/* Templates and the word lists that they name; nothing hidden. */
static bool wanted(struct str name)
{
	static const struct str ends[] = { STR_INIT(".yaml"), STR_INIT(".yml"),  STR_INIT(".txt"),
					   STR_INIT(".list"), STR_INIT(".lst"), STR_INIT(".dict") };
	struct str rest = name, part;

	while (str_split(&rest, '/', &part))
		if (part.len && part.ptr[0] == '.')
			return false;
	for (size_t i = 0; i < ARRAY_SIZE(ends); i++)
		if (str_iends(name, ends[i]))
			return true;
	return false;
}

/* Regular files and folders only; archives made on other systems carry no mode. */
static int check_kind(struct archive *a, size_t i, struct str name, struct error *e)
{
	zip_uint8_t system = 0;
	zip_uint32_t attributes = 0;
	mode_t mode;

	if (zip_file_get_external_attributes(a->zip, i, 0, &system, &attributes) < 0 ||
	    system != ZIP_OPSYS_UNIX)
		return 0;
	mode = (mode_t)(attributes >> 16);
	if ((mode & S_IFMT) == 0 || S_ISREG(mode) || S_ISDIR(mode))
		return 0;
	return error_set(e, "pack.link", "“%.*s”是链接或特殊文件，整个包被拒绝",
			 "\"%.*s\" is a link or a special file: the pack is refused", STR_ARG(name));
}

static int check_size(struct archive *a, const zip_stat_t *st, struct str name, struct error *e)
{
	if ((st->valid & ZIP_STAT_ENCRYPTION_METHOD) && st->encryption_method != ZIP_EM_NONE)
		return error_set(e, "pack.encrypted", "规则包加了密码", "the pack is encrypted");
	if (!(st->valid & ZIP_STAT_SIZE))
		return error_set(e, "pack.bad-zip", "压缩包已损坏", "the archive is damaged");
	if (st->size > MIB && (st->valid & ZIP_STAT_COMP_SIZE) &&
	    st->size / (st->comp_size ? st->comp_size : 1) > LIMIT_PACK_RATIO)
		return error_set(e, "pack.bomb", "“%.*s”的压缩比不可信，整个包被拒绝",
				 "\"%.*s\" is packed beyond belief: the pack is refused", STR_ARG(name));
	if (st->size > LIMIT_PACK_FILE)
		return error_set(e, "pack.file-too-large", "“%.*s”超过 %zu MiB", "\"%.*s\" has more than %zu MiB",
				 STR_ARG(name), LIMIT_PACK_FILE / MIB);
	a->claimed += st->size;
	if (a->claimed > LIMIT_PACK_UNPACKED)
		return error_set(e, "pack.too-large", "解压后超过 %zu MiB", "unpacked it has more than %zu MiB",
				 LIMIT_PACK_UNPACKED / MIB);
	return 0;
}

static struct str fold(struct arena *a, struct str s)
{
	char *p = arena_cstr(a, s);

	for (size_t i = 0; i < s.len; i++)
		p[i] = ascii_lower(p[i]);
	return str_make(p, s.len);
}

static int look_entry(struct archive *a, size_t i, struct map *seen, struct error *e)
{
	struct entry *en = &a->entries[i];
	zip_stat_t st;
	const char *name;
	struct str plain, key;

	zip_stat_init(&st);
	name = zip_get_name(a->zip, i, ZIP_FL_ENC_GUESS);
	if (!name || zip_stat_index(a->zip, i, 0, &st) < 0)
		return error_set(e, "pack.bad-zip", "压缩包已损坏", "the archive is damaged");
	plain = en->name = arena_str(a->arena, str_c(name));
	if (plain.len > 1 && plain.ptr[plain.len - 1] == '/')
		plain.len--;
	if (packzip_name(plain, e) < 0 || check_kind(a, i, plain, e) < 0)
		return -1;
	if (plain.len != en->name.len)
		return 0; /* a folder */
	key = fold(a->arena, plain);
	if (!map_add(seen, key))
		return error_set(e, "pack.case-collision", "包内有两个文件都叫“%.*s”（不分大小写）",
				 "two files of the pack are called \"%.*s\" (ignoring case)", STR_ARG(plain));
	en->wanted = wanted(plain);
	return en->wanted ? check_size(a, &st, plain, e) : 0;
}

static void find_root(struct archive *a)
{
	struct str root = STR("");
	bool first = true;

	for (size_t i = 0; i < a->n; i++) {
		ssize_t slash = str_chr(a->entries[i].name, '/');
		struct str here = str_sub(a->entries[i].name, 0, slash < 0 ? 0 : (size_t)slash + 1);

		if (!a->entries[i].wanted)
			continue;
		if (!here.len || (!first && !str_eq(root, here)))
			return;
		root = here;
		first = false;
	}
	a->root = root;
}

static int read_entry(struct archive *a, size_t i, struct buf *bundle, struct error *e)
{
	struct str path = str_from(a->entries[i].name, a->root.len);
	zip_file_t *f = zip_fopen_index(a->zip, i, 0);
	size_t head, size = 0;
	zip_int64_t got = f ? 0 : -1;

	buf_blob(bundle, path);
	head = bundle->len;
	buf_u32(bundle, 0);
	while (f && size <= LIMIT_PACK_FILE) {
		char *to = buf_reserve(bundle, 64 * KIB);

		got = to ? zip_fread(f, to, 64 * KIB) : -1;
		if (got <= 0)
			break;
		bundle->len += (size_t)got;
		size += (size_t)got;
	}
	if (f && zip_fclose(f) != 0)
		got = -1; /* its checksum is wrong */
	if (bundle->overflow || size > LIMIT_PACK_FILE)
		return error_set(e, "pack.too-large", "解压后超过 %zu MiB", "unpacked it has more than %zu MiB",
				 LIMIT_PACK_UNPACKED / MIB);
	if (got < 0)
		return error_set(e, "pack.bad-zip", "“%.*s”无法解压，压缩包已损坏",
				 "\"%.*s\" does not unpack: the archive is damaged", STR_ARG(path));
	for (int b = 0; b < 4; b++)
		bundle->ptr[head + (size_t)b] = (char)(size >> (8 * b) & 0xff);
	return 0;
}

static int read_all(struct archive *a, struct buf *bundle, struct packzip_result *ret, struct error *e)
{
	_cleanup_map_ struct map *seen = map_new();
	struct packzip_result out = { 0 };

	for (size_t i = 0; i < a->n; i++)
		if (look_entry(a, i, seen, e) < 0)
			return -1;
	find_root(a);
	for (size_t i = 0; i < a->n; i++) {
		if (!a->entries[i].wanted) {
			out.ignored += a->entries[i].name.ptr[a->entries[i].name.len - 1] != '/';
			continue;
		}
		if (read_entry(a, i, bundle, e) < 0)
			return -1;
		out.files++;
	}
	if (!out.files)
		return error_set(e, "pack.empty", "压缩包里没有规则文件（.yaml 或 .yml）",
				 "the archive holds no template (.yaml or .yml)");
	*ret = out;
	return 0;
}

int packzip_read(struct str zip, struct buf *bundle, struct packzip_result *ret, struct error *e)
{
	_cleanup_arena_ struct arena *arena = arena_new(128 * MIB);
	struct archive a = { .arena = arena, .root = STR("") };
	zip_error_t why;
	zip_source_t *source;
	zip_int64_t n;
	int r;

	zip_error_init(&why);
	source = zip_source_buffer_create(zip.ptr, zip.len, 0, &why);
	a.zip = source ? zip_open_from_source(source, ZIP_RDONLY, &why) : NULL;
	zip_error_fini(&why);
	if (!a.zip) {
		if (source)
			zip_source_free(source);
		return error_set(e, "pack.bad-zip", "不是有效的 ZIP 压缩包", "it is no valid ZIP archive");
	}
	n = zip_get_num_entries(a.zip, 0);
	if (n < 0 || n > LIMIT_PACK_FILES) {
		r = error_set(e, "pack.too-many-files", "包内超过 %d 个文件", "the pack holds more than %d files",
			      LIMIT_PACK_FILES);
	} else {
		a.n = (size_t)n;
		a.entries = arena_array(arena, a.n + 1, sizeof(*a.entries));
		r = read_all(&a, bundle, ret, e);
	}
	zip_discard(a.zip);
	return r;
}
