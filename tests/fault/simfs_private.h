/* What the files tests/fault/simfs*.c share. */
#ifndef WB_TESTS_FAULT_SIMFS_PRIVATE_H
#define WB_TESTS_FAULT_SIMFS_PRIVATE_H

#include "tests/fault/simfs.h"

#define MAX_FILES 4096 /* inodes, never reused */
#define MAX_NAMES 8
#define MAX_FDS 32
#define DIRECTORY (-2)

enum kind {
	CALL_WRITE,
	CALL_TRUNCATE,
	CALL_SYNC,
	CALL_LINK, /* name now means file */
	CALL_RENAME,
	CALL_UNLINK,
	CALL_SYNC_NAMES,
	CALL_ACKNOWLEDGE
};

struct call {
	enum kind kind;
	int file;
	char name[256];
	char to[256];
	uint64_t at; /* or the length, or what was acknowledged */
	uint8_t *data;
	size_t len;
};

struct file {
	uint8_t *data;
	size_t len;
	size_t cap;
	int locked_by; /* descriptor + 1 */
};

struct name {
	char name[256];
	int file;
};

struct simfs {
	struct wb_file_ops ops;
	struct file files[MAX_FILES];
	int files_n;
	struct name names[MAX_NAMES];
	size_t names_n;
	int fds[MAX_FDS]; /* -1 free */
	struct call *calls;
	size_t calls_n;
	size_t calls_cap;
	uint64_t counted;
	uint64_t fail_nth;
	int fail_error;
	bool fail_forever;
	bool failed;
	const char *fail_only;
	uint64_t space;
	bool lie_files;
	bool lie_names;
};

void *simfs_must(void *p);
void simfs_copy_name(char to[256], const char *name);
struct call *simfs_note(struct simfs *fs, enum kind kind, int file);
void simfs_resize(struct file *f, size_t len);
void simfs_store(struct file *f, const uint8_t *data, size_t len, uint64_t at);
void simfs_set_name(struct simfs *fs, const char *name, int file);
void simfs_drop_name(struct simfs *fs, const char *name);
int simfs_new_file(struct simfs *fs);

#endif
