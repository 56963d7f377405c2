/* Gathers a folder of templates into one block of bytes, so that they can travel into a
 * jail: paths as they open from here, sorted; only regular files, links are never followed.
 * Text files beside them come along as payload lists. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>

#include "base/limits.h"
#include "base/vec.h"
#include "os/file.h"
#include "scan/template/template.h"

#define BUNDLE_DEPTH 24
#define BUNDLE_FILES 200000

struct gatherer {
	struct buf *out;
	struct error *e;
	size_t files;
	bool lists_only; /* payload lists, no templates */
};

static bool ends_any(const char *name, const char *const *ends)
{
	for (; *ends; ends++)
		if (str_iends(str_c(name), str_c(*ends)))
			return true;
	return false;
}

static bool wanted(const struct gatherer *g, const char *name)
{
	static const char *const templates[] = { ".yaml", ".yml", NULL };
	static const char *const lists[] = { ".txt", ".list", ".lst", ".dict", NULL };
	return (!g->lists_only && ends_any(name, templates)) || ends_any(name, lists);
}

static int full(struct error *e)
{
	return error_set(e, "template.too-big", "规则包过大（上限 %zu MiB）。", "The templates are too big (limit %zu MiB).",
			 (size_t)(LIMIT_TEMPLATE_BUNDLE / MIB));
}

/* One file, opened below its folder without following a link. */
static int add_file(struct gatherer *g, int dir, const char *name, const char *path)
{
	_cleanup_close_ int fd = openat(dir, name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK);
	struct stat st;
	if (fd < 0)
		return errno == ELOOP ? 0 : error_os(g->e, errno, path);
	if (fstat(fd, &st) < 0)
		return error_os(g->e, errno, path);
	if (!S_ISREG(st.st_mode) || st.st_size > (off_t)LIMIT_TEMPLATE_FILE)
		return 0;
	if (++g->files > BUNDLE_FILES || g->out->len + (size_t)st.st_size + 64 * KIB > g->out->max)
		return full(g->e);
	buf_blob(g->out, str_c(path));
	size_t head = g->out->len, size = 0;
	buf_u32(g->out, 0);
	for (;;) {
		char *to = buf_reserve(g->out, 64 * KIB);
		ssize_t n = to ? read(fd, to, 64 * KIB) : 0;
		if (n < 0)
			return error_os(g->e, errno, path);
		if (n == 0)
			break;
		g->out->len += (size_t)n;
		size += (size_t)n;
	}
	if (g->out->overflow || size > UINT32_MAX)
		return full(g->e);
	for (int i = 0; i < 4; i++)
		g->out->ptr[head + (size_t)i] = (char)(size >> (8 * i) & 0xff);
	return 0;
}

static int by_name(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static int add_dir(struct gatherer *g, int fd, const char *path, unsigned depth);

static int add_entry(struct gatherer *g, int dir, const char *folder, const char *name, unsigned depth)
{
	struct stat st;
	char path[4096];
	bool slash = folder[0] && folder[strlen(folder) - 1] != '/';
	if (snprintf(path, sizeof(path), "%s%s%s", folder, slash ? "/" : "", name) >= (int)sizeof(path) ||
	    fstatat(dir, name, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return 0;
	if (S_ISREG(st.st_mode))
		return wanted(g, name) ? add_file(g, dir, name, path) : 0;
	if (!S_ISDIR(st.st_mode) || depth == 0)
		return 0;
	int fd = openat(dir, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	return fd < 0 ? 0 : add_dir(g, fd, path, depth - 1);
}

/* Takes fd. */
static int add_dir(struct gatherer *g, int fd, const char *path, unsigned depth)
{
	VEC(char *) names = { 0 };
	DIR *d = fdopendir(fd);
	int r = 0;
	if (!d) {
		close(fd);
		return error_os(g->e, errno, path);
	}
	for (struct dirent *en; (en = readdir(d)) && names.len < BUNDLE_FILES;)
		if (en->d_name[0] != '.')
			*vec_push(&names) = str_dup(str_c(en->d_name));
	if (names.len)
		vec_sort(&names, by_name);
	for (size_t i = 0; i < names.len; i++) {
		if (r == 0)
			r = add_entry(g, dirfd(d), path, names.ptr[i], depth);
		free(names.ptr[i]);
	}
	vec_free(&names);
	closedir(d);
	return r;
}

/* The usual layout keeps shared lists in `helpers` at the top of the collection: when the
 * folder is part of one, they belong to the same pack. */
static int add_helpers(struct gatherer *g, const char *dir)
{
	char up[4096];
	if (snprintf(up, sizeof(up), "%s", dir) >= (int)sizeof(up))
		return 0;
	for (int i = 0; i < 8; i++) {
		char *slash = strrchr(up, '/');
		char path[4200];
		if (!slash || slash == up)
			return 0;
		*slash = 0;
		snprintf(path, sizeof(path), "%s/.nuclei-ignore", up);
		if (access(path, R_OK) != 0)
			continue;
		snprintf(path, sizeof(path), "%s/helpers", up);
		int fd = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
		g->lists_only = true;
		return fd < 0 ? 0 : add_dir(g, fd, path, BUNDLE_DEPTH);
	}
	return 0;
}

int template_bundle_add(struct buf *bundle, const char *path, struct error *e)
{
	struct gatherer g = { .out = bundle, .e = e };
	struct stat st;
	char clean[4096];
	size_t n = strlen(path);
	while (n > 1 && path[n - 1] == '/')
		n--;
	if (n == 0 || n >= sizeof(clean))
		return error_set(e, "template.bad-path", "路径有误。", "The path is wrong.");
	memcpy(clean, path, n);
	clean[n] = 0;
	if (stat(clean, &st) < 0)
		return error_os(e, errno, clean);
	if (S_ISREG(st.st_mode))
		return add_file(&g, AT_FDCWD, clean, clean) < 0 ? -1 : add_helpers(&g, clean);
	int fd = open(clean, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return error_os(e, errno, clean);
	return add_dir(&g, fd, clean, BUNDLE_DEPTH) < 0 ? -1 : add_helpers(&g, clean);
}
