/* Reads a directory of fingerprints (the Wappalyzer JSON shape): bytes only, bounded; what
 * they mean is found out by the engine in its jail. */
#include "cli/fingerprints.h"

#include <dirent.h>
#include <stdio.h>

#include "base/limits.h"
#include "base/vec.h"
#include "os/file.h"

#define LIMIT_FINGERPRINT_FILE (7 * MIB) /* one frame to the jail; the largest public set has 3 MiB in all */
#define LIMIT_FINGERPRINT_FILES 100

static int by_name(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static int add_file(struct cli_fingerprints *f, const char *path, struct error *e)
{
	struct buf b;
	size_t len;
	buf_init(&b, LIMIT_FINGERPRINT_FILE);
	if (os_file_read(path, &b, e) < 0) {
		buf_free(&b);
		return -1;
	}
	char *bytes = buf_take(&b, &len);
	f->files[f->len++] = str_make(bytes, len);
	return 0;
}

static int add_folder(struct cli_fingerprints *f, const char *folder, struct error *e)
{
	VEC(char *) names = { 0 };
	char path[2048];
	struct dirent *d;
	int r = 0;
	DIR *dir = opendir(folder);
	while (dir && (d = readdir(dir))) {
		if (d->d_name[0] != '.' && str_ends(str_c(d->d_name), STR(".json")))
			*vec_push(&names) = str_dup(str_c(d->d_name));
	}
	if (dir)
		closedir(dir);
	if (names.len)
		vec_sort(&names, by_name);
	for (size_t i = 0; i < names.len; i++) {
		bool meta = strcmp(names.ptr[i], "categories.json") == 0 || strcmp(names.ptr[i], "groups.json") == 0 ||
			    strcmp(names.ptr[i], "package.json") == 0;
		snprintf(path, sizeof(path), "%s/%s", folder, names.ptr[i]);
		if (r == 0 && !meta && f->len < LIMIT_FINGERPRINT_FILES)
			r = add_file(f, path, e);
		free(names.ptr[i]);
	}
	vec_free(&names);
	return r;
}

int cli_fingerprints_read(struct str dir, struct cli_fingerprints *ret, struct error *e)
{
	char folder[1024], below[1100];
	*ret = (struct cli_fingerprints){ 0 };
	if (!dir.len)
		return 0;
	snprintf(folder, sizeof(folder), "%.*s", STR_ARG(str_sub(dir, 0, sizeof(folder) - 1)));
	snprintf(below, sizeof(below), "%s/technologies", folder);
	ret->files = mem_array(LIMIT_FINGERPRINT_FILES, sizeof(*ret->files));
	if (add_folder(ret, folder, e) < 0 || add_folder(ret, below, e) < 0) {
		cli_fingerprints_free(ret);
		return -1;
	}
	if (ret->len)
		return 0;
	cli_fingerprints_free(ret);
	return error_field(e, "fingerprints", "cli.no-fingerprints", "目录“%.*s”里没有指纹文件（*.json）。",
			   "There are no fingerprint files (*.json) in \"%.*s\".", STR_ARG(dir));
}

void cli_fingerprints_free(struct cli_fingerprints *f)
{
	for (size_t i = 0; i < f->len; i++)
		free((void *)(uintptr_t)f->files[i].ptr);
	free(f->files);
	*f = (struct cli_fingerprints){ 0 };
}
