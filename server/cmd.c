#include "server/cmd.h"

#include <sys/mman.h>
#include <sys/stat.h>

#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "crypto/text.h"

void
wb_run_print(const struct wb_run *run, const char *format, ...)
{
	va_list args;

	(void)run;
	va_start(args, format);
	(void)vprintf(format, args);
	va_end(args);
}

void
wb_run_say(const struct wb_run *run, const char *format, ...)
{
	va_list args;

	if (run->quiet)
		return;
	va_start(args, format);
	(void)vfprintf(stderr, format, args);
	va_end(args);
}

enum wb_status
wb_run_override(char *out, size_t size, const struct wb_run *run,
    const char *option, struct wb_error *err)
{
	const char *value = wb_args_value(run->args, option);

	if (value == NULL)
		return WB_OK;
	if (strlen(value) >= size)
		return wb_fail(err, WB_USAGE, "--%s is too long", option);
	memcpy(out, value, strlen(value) + 1);
	return WB_OK;
}

/* What would else be a complaint about some file of it. */
static enum wb_status
need_log(const char *dir, struct wb_error *err)
{
	char path[WB_MAX_PATH];
	int n = snprintf(path, sizeof path, "%s/log.key", dir);
	enum wb_status st;
	bool there;

	if (n < 0 || (size_t)n >= sizeof path)
		return wb_fail(err, WB_USAGE, "--dir is too long");
	st = wb_file_exists(&there, wb_file_ops_system(), path, err);
	if (st != WB_OK || there)
		return st;
	return wb_advise(err,
	    wb_fail(err, WB_NOT_FOUND, "there is no log in %s", dir), "no-log",
	    "Make one: waybilld init --dir DIR --origin NAME. Or name another "
	    "folder: --dir DIR");
}

enum wb_status
wb_run_settings(struct wb_settings *out, const struct wb_run *run,
    struct wb_error *err)
{
	const char *dir = wb_args_value(run->args, "dir");
	enum wb_status st;

	if (dir == NULL) {
		return wb_advise(err,
		    wb_fail(err, WB_USAGE, "which log? --dir is missing"), NULL,
		    "Give the log's folder: --dir DIR");
	}
	st = need_log(dir, err);
	if (st == WB_OK)
		st = wb_settings_load(out, dir, err);
	if (st == WB_OK)
		st = wb_run_override(out->store, sizeof out->store, run,
		    "store", err);
	return st;
}

enum wb_status
wb_run_map(struct wb_span *out, const char *path, struct wb_error *err)
{
	void *data = MAP_FAILED;
	struct stat info = { 0 };
	int fd = open(path, O_RDONLY | O_CLOEXEC);

	if (fd >= 0 && fstat(fd, &info) == 0 && S_ISREG(info.st_mode) &&
	    info.st_size > 0)
		data = mmap(NULL, (size_t)info.st_size, PROT_READ, MAP_PRIVATE,
		    fd, 0);
	if (fd >= 0)
		(void)close(fd);
	if (data == MAP_FAILED)
		return wb_fail(err, WB_NOT_FOUND,
		    "cannot read %s, or it is empty", path);
	*out = wb_span(data, (size_t)info.st_size);
	return WB_OK;
}

void
wb_run_unmap(struct wb_span *file)
{
	if (file->len > 0) {
		/* NOLINTNEXTLINE(performance-no-int-to-ptr): it was const */
		(void)munmap((void *)(uintptr_t)file->data, file->len);
	}
	*file = wb_span(NULL, 0);
}

void
wb_run_hash(struct wb_json *j, const char *key, const struct wb_hash *hash)
{
	char text[2 * WB_HASH_LEN + 1];

	wb_hex_format(text, wb_hash_span(hash));
	wb_json_string(j, key, text);
}
