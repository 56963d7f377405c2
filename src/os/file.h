/* Files and folders: whole reads with a limit, atomic writes, key and lock files,
 * private temporary folders. Paths are NUL-terminated, in the file system's bytes. */
#ifndef OS_FILE_H
#define OS_FILE_H
#include "base/buf.h"
#include "base/error.h"

/* Replaces the content of *ret (initialised by the caller; its max is the limit).
 * Only regular files, no following into devices or pipes: "file.not-regular";
 * "file.too-big"; "os.enoent" and the like. */
int os_file_read(const char *path, struct buf *ret, struct error *e);
/* The reader sees the old content or the new one, also after a power cut: temporary
 * file beside it, fsync, rename, fsync of the folder. A device or a pipe is written to. */
int os_file_write(const char *path, struct str bytes, mode_t mode, struct error *e);
/* mkdir -p; `mode` for what is made. An existing folder is fine. */
int os_dir_make(const char *path, mode_t mode, struct error *e);
/* Removes a folder and all below it, never following links or entering another file
 * system. Gives up with "file.too-many" after max_entries. A missing one is fine. */
int os_dir_remove(const char *path, size_t max_entries, struct error *e);
/* "DIR/PREFIXxxxxxx", mode 0700. dir NULL: $TMPDIR or /tmp. The caller frees the
 * string and removes the folder. */
int os_temp_dir(const char *dir, const char *prefix, char **ret, struct error *e);

#define OS_KEY_SIZE 32
/* Reads the secret key of this installation, or makes one of random bytes, mode 0600,
 * if the file is missing; two processes that start together get the same. Refuses a
 * key that others may read ("key.permissions"), of another owner, or of wrong size
 * ("key.malformed"). The file holds 64 hexadecimal digits and a newline. */
int os_key_load(const char *path, uint8_t ret[OS_KEY_SIZE], struct error *e);
/* Takes the lock of a data folder: fails at once with "lock.taken", naming the holder's
 * process id, when another process has it. Held until *ret_fd is closed; the kernel
 * lets it go when the process dies. Not inherited by exec; a forked child shares it. */
int os_lock_take(const char *path, int *ret_fd, struct error *e);
/* The secret must go when it is no longer needed: overwritten even by an optimiser. */
void os_wipe(void *p, size_t n);
#endif
