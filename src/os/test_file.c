/* What an operator would notice: limits hold, writes are whole, keys stay secret and
 * the same, one server per data folder, cleaning never leaves its folder. */
#include "os/file.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/test.h"

static char *dir;

static const char *below(const char *name)
{
	static char paths[8][512];
	static unsigned next;
	char *p = paths[next++ % 8];

	snprintf(p, sizeof(paths[0]), "%s/%s", dir, name);
	return p;
}

static int setup(void **state)
{
	return os_temp_dir(NULL, "zw-file-", &dir, NULL);
}

static int teardown(void **state)
{
	int r = os_dir_remove(dir, 1000, NULL);

	free(dir);
	return r;
}

static mode_t mode_of(const char *path)
{
	struct stat st;

	assert_ok(lstat(path, &st));
	return st.st_mode & 07777;
}

static void reads_whole_files_up_to_the_limit(void **state)
{
	_cleanup_buf_ struct buf b = BUF_INIT(10);
	struct error e = { 0 };

	assert_ok(os_file_write(below("ten"), STR("0123456789"), 0644, &e));
	assert_ok(os_file_read(below("ten"), &b, &e));
	assert_str(buf_view(&b), STR("0123456789"));
	assert_int_equal(mode_of(below("ten")), 0644);
	assert_ok(os_file_write(below("ten"), STR("01234567890"), 0600, &e));
	assert_int_equal(os_file_read(below("ten"), &b, &e), -1);
	assert_string_equal(e.code, "file.too-big");
	assert_str(buf_view(&b), STR("0123456789")); /* untouched on failure */
	assert_ok(os_file_write(below("empty"), STR(""), 0600, &e));
	assert_ok(os_file_read(below("empty"), &b, &e));
	assert_int_equal(b.len, 0);
	assert_int_equal(os_file_read(below("missing"), &b, &e), -1);
	assert_string_equal(e.code, "os.enoent");
	assert_int_equal(os_file_read(dir, &b, &e), -1);
	assert_string_equal(e.code, "file.not-regular");
	assert_ok(mkfifo(below("fifo"), 0600)); /* must not wait for a writer */
	assert_int_equal(os_file_read(below("fifo"), &b, &e), -1);
	assert_string_equal(e.code, "file.not-regular");
}

static void writing_leaves_nothing_half_done(void **state)
{
	struct error e = { 0 };

	assert_int_equal(os_file_write(below("no/such/folder/x"), STR("x"), 0600, &e), -1);
	assert_string_equal(e.code, "os.enoent");
	/* A target that cannot be replaced: the temporary file goes away too. */
	assert_ok(os_dir_make(below("w/taken/full"), 0700, &e));
	assert_int_equal(os_file_write(below("w/taken"), STR("x"), 0600, &e), -1);
	/* A device is written to, not replaced: `-o /dev/null` by root. */
	struct stat st;
	assert_int_equal(symlink("/dev/null", below("device")), 0);
	assert_ok(os_file_write(below("device"), STR("x"), 0600, &e));
	assert_int_equal(lstat(below("device"), &st), 0);
	assert_true(S_ISLNK(st.st_mode));
	assert_int_equal(unlink(below("device")), 0);
	assert_ok(rmdir(below("w/taken/full")));
	assert_ok(rmdir(below("w/taken")));
	assert_ok(rmdir(below("w"))); /* empty: nothing was left */
}

static void makes_folders_as_needed(void **state)
{
	struct error e = { 0 };

	assert_ok(os_dir_make(below("a/b//c/"), 0700, &e));
	assert_ok(os_dir_make(below("a/b/c"), 0700, &e));
	assert_int_equal(mode_of(below("a/b")), 0700);
	assert_ok(os_file_write(below("a/file"), STR("x"), 0600, &e));
	assert_int_equal(os_dir_make(below("a/file/d"), 0700, &e), -1);
	assert_string_equal(e.code, "os.enotdir");
	assert_ok(os_dir_make("/", 0700, &e));
}

static void removal_is_bounded_and_stays_inside(void **state)
{
	struct error e = { 0 };
	char name[64];

	assert_ok(os_dir_make(below("keep"), 0700, &e));
	assert_ok(os_file_write(below("keep/me"), STR("x"), 0600, &e));
	assert_ok(os_dir_make(below("gone/deep/er"), 0700, &e));
	assert_ok(symlink(below("keep"), below("gone/deep/link")));
	for (int i = 0; i < 20; i++) {
		snprintf(name, sizeof(name), "gone/deep/%d", i);
		assert_ok(os_file_write(below(name), STR("x"), 0600, &e));
	}
	assert_int_equal(os_dir_remove(below("gone"), 5, &e), -1);
	assert_string_equal(e.code, "file.too-many");
	assert_ok(os_dir_remove(below("gone"), 100, &e));
	assert_int_equal(access(below("gone"), F_OK), -1);
	assert_ok(access(below("keep/me"), F_OK));
	assert_ok(os_dir_remove(below("gone"), 100, &e)); /* nothing to do */
	/* A link in place of the folder is not followed. */
	assert_ok(symlink(below("keep"), below("alias")));
	assert_int_equal(os_dir_remove(below("alias"), 100, &e), -1);
	assert_ok(access(below("keep/me"), F_OK));
}

static void key_is_made_once_and_stays_secret(void **state)
{
	uint8_t a[OS_KEY_SIZE], b[OS_KEY_SIZE], zero[OS_KEY_SIZE] = { 0 };
	struct error e = { 0 };
	mode_t old = umask(0);

	assert_ok(os_key_load(below("key"), a, &e));
	umask(old);
	assert_int_equal(mode_of(below("key")), 0600);
	assert_ok(os_key_load(below("key"), b, &e));
	assert_memory_equal(a, b, sizeof(a));
	assert_memory_not_equal(a, zero, sizeof(a));
	/* Open to others: refused, until somebody decides. */
	assert_ok(chmod(below("key"), 0640));
	assert_int_equal(os_key_load(below("key"), b, &e), -1);
	assert_string_equal(e.code, "key.permissions");
	/* Damaged in any way: refused, never replaced. */
	static const char *const bad[] = { "", "abc", "zz", "00112233\n" };

	for (size_t i = 0; i < 4; i++) {
		assert_ok(os_file_write(below("bad"), str_c(bad[i]), 0600, &e));
		assert_int_equal(os_key_load(below("bad"), b, &e), -1);
		assert_string_equal(e.code, "key.malformed");
	}
	char big[4096];

	memset(big, 'a', sizeof(big));
	assert_ok(os_file_write(below("bad"), str_make(big, sizeof(big)), 0600, &e));
	assert_int_equal(os_key_load(below("bad"), b, &e), -1);
	assert_string_equal(e.code, "key.malformed");
}

static void processes_that_start_together_get_one_key(void **state)
{
	int p[2];
	uint8_t first[OS_KEY_SIZE], other[OS_KEY_SIZE];

	assert_ok(pipe(p));
	for (int i = 0; i < 8; i++) {
		if (fork() == 0) {
			uint8_t key[OS_KEY_SIZE];

			if (os_key_load(below("race"), key, NULL) < 0)
				memset(key, i, sizeof(key));
			_exit(write(p[1], key, sizeof(key)) != sizeof(key));
		}
	}
	for (int i = 0; i < 8; i++) {
		assert_int_equal(read(p[0], i ? other : first, OS_KEY_SIZE), OS_KEY_SIZE);
		if (i)
			assert_memory_equal(first, other, OS_KEY_SIZE);
		wait(NULL);
	}
	close(p[0]);
	close(p[1]);
}

static void one_process_holds_the_lock(void **state)
{
	struct error e = { 0 };
	int a = -1, b = -1, p[2];
	char pid[32];

	assert_ok(os_lock_take(below("lock"), &a, &e));
	assert_int_equal(os_lock_take(below("lock"), &b, &e), -1);
	assert_string_equal(e.code, "lock.taken");
	snprintf(pid, sizeof(pid), "%ld", (long)getpid());
	assert_non_null(strstr(e.en, pid));
	close(a);
	assert_ok(os_lock_take(below("lock"), &b, &e));
	close(b);
	/* kill -9 of the holder frees it. */
	assert_ok(pipe(p));
	pid_t child = fork();

	if (child == 0) {
		if (os_lock_take(below("lock"), &a, NULL) == 0 && write(p[1], "l", 1) == 1)
			pause();
		_exit(1);
	}
	assert_int_equal(read(p[0], pid, 1), 1);
	assert_int_equal(os_lock_take(below("lock"), &b, &e), -1);
	kill(child, SIGKILL);
	waitpid(child, NULL, 0);
	assert_ok(os_lock_take(below("lock"), &b, &e));
	close(b);
	close(p[0]);
	close(p[1]);
}

static void temporary_folders_are_private(void **state)
{
	char *a = NULL, *b = NULL;

	assert_ok(os_temp_dir(dir, "t-", &a, NULL));
	assert_ok(os_temp_dir(dir, "t-", &b, NULL));
	assert_string_not_equal(a, b);
	assert_int_equal(mode_of(a), 0700);
	free(a);
	free(b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads_whole_files_up_to_the_limit),
		cmocka_unit_test(writing_leaves_nothing_half_done),
		cmocka_unit_test(makes_folders_as_needed),
		cmocka_unit_test(removal_is_bounded_and_stays_inside),
		cmocka_unit_test(key_is_made_once_and_stays_secret),
		cmocka_unit_test(processes_that_start_together_get_one_key),
		cmocka_unit_test(one_process_holds_the_lock),
		cmocka_unit_test(temporary_folders_are_private),
	};
	return cmocka_run_group_tests(tests, setup, teardown);
}
