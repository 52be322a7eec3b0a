#include "client/cmd/cmd.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "client/bundle/bundle_reader.h"
#include "client/cmd/terminal.h"

#define SHORT_PASSPHRASE 12 /* bytes */

struct wb_span
wb_cmd_option(const struct wb_cmd *cmd, const char *name)
{
	const char *value = wb_args_value(cmd->args, name);

	return value == NULL ? wb_span(NULL, 0) : wb_span_text(value);
}

struct wb_span
wb_cmd_word(const struct wb_cmd *cmd, size_t i)
{
	const char *word = wb_args_word(cmd->args, i);

	return word == NULL ? wb_span(NULL, 0) : wb_span_text(word);
}

enum wb_status
wb_cmd_dir(char out[WB_MAX_PATH], const struct wb_args *args,
    struct wb_error *err)
{
	const char *dir = wb_args_value(args, "dir");
	const char *data = getenv("XDG_DATA_HOME");
	const char *home = getenv("HOME");
	int n;

	if (dir != NULL && *dir == '\0')
		return wb_fail(err, WB_USAGE, "--dir names no folder");
	if (dir == NULL)
		dir = getenv("WAYBILL_DIR");
	if (dir != NULL && *dir != '\0')
		n = snprintf(out, WB_MAX_PATH, "%s", dir);
	else if (data != NULL && *data == '/')
		n = snprintf(out, WB_MAX_PATH, "%s/waybill", data);
	else if (home != NULL && *home == '/')
		n = snprintf(out, WB_MAX_PATH, "%s/.local/share/waybill", home);
	else
		return wb_fail(err, WB_USAGE,
		    "there is no home folder; name one with --dir DIR");
	if (n < 0 || n >= WB_MAX_PATH)
		return wb_fail(err, WB_USAGE, "the folder's name is too long");
	return WB_OK;
}

static enum wb_status
vault_path(char out[WB_MAX_PATH], struct wb_cmd *cmd, struct wb_error *err)
{
	enum wb_status st = wb_cmd_dir(out, cmd->args, err);
	size_t used;
	int n;

	if (st != WB_OK)
		return st;
	used = strlen(out);
	n = snprintf(out + used, WB_MAX_PATH - used, "/%s", WB_VAULT_FILE);
	if (n < 0 || (size_t)n >= WB_MAX_PATH - used)
		return wb_fail(err, WB_USAGE, "the folder's name is too long");
	return WB_OK;
}

enum wb_status
wb_cmd_has_vault(bool *out, struct wb_cmd *cmd, struct wb_error *err)
{
	char path[WB_MAX_PATH];
	enum wb_status st = vault_path(path, cmd, err);

	if (st != WB_OK)
		return st;
	return wb_file_exists(out, wb_file_ops_system(), path, err);
}

void
wb_cmd_discard(struct wb_cmd *cmd)
{
	char path[WB_MAX_PATH];

	wb_device_close(&cmd->device);
	if (vault_path(path, cmd, NULL) == WB_OK)
		(void)unlink(path);
}

/* From a file: one trailing newline is dropped. */
static enum wb_status
passphrase_from_file(struct wb_bytes *out, const char *path,
    struct wb_error *err)
{
	enum wb_status st = wb_file_read(out, wb_file_ops_system(), path, err);

	if (st != WB_OK) {
		return wb_advise(err,
		    wb_context(err, st, "the passphrase file"), NULL,
		    "Check the name after -P, --passphrase-file or in "
		    "WAYBILL_PASSPHRASE_FILE.");
	}
	if (out->len != 0 && out->data[out->len - 1] == '\n')
		wb_bytes_truncate(out, out->len - 1);
	if (out->len == 0) {
		return wb_advise(err,
		    wb_fail(err, WB_USAGE, "the passphrase file is empty"),
		    NULL, "Put the passphrase into it, on one line.");
	}
	return WB_OK;
}

static enum wb_status
passphrase_from_terminal(struct wb_bytes *out, bool fresh, struct wb_error *err)
{
	struct wb_bytes again;
	enum wb_status st;

	st = wb_terminal_ask(out,
	    fresh ? "New passphrase (long is better than odd): "
		  : "Passphrase: ",
	    true, err);
	if (st == WB_OK && out->len == 0)
		st = wb_fail(err, WB_USAGE, "a passphrase cannot be empty");
	if (st != WB_OK || !fresh)
		return st;
	wb_bytes_init(&again, WB_MAX_PASSPHRASE);
	st = wb_terminal_ask(&again, "The same once more: ", true, err);
	if (st == WB_OK && !wb_equal(wb_bytes_span(out), wb_bytes_span(&again)))
		st = wb_fail(err, WB_USAGE,
		    "the two passphrases are not the same; nothing was made");
	wb_bytes_clear(&again);
	return st;
}

static enum wb_status
read_passphrase(struct wb_bytes *out, struct wb_cmd *cmd, bool fresh,
    struct wb_error *err)
{
	const char *path = wb_args_value(cmd->args, "passphrase-file");

	if (path == NULL)
		path = getenv("WAYBILL_PASSPHRASE_FILE");
	if (path != NULL && *path != '\0')
		return passphrase_from_file(out, path, err);
	if (cmd->no_input) {
		return wb_advise(err,
		    wb_fail(err, WB_LOCKED, "a passphrase is needed"),
		    "passphrase-needed",
		    "Give it in a file: --passphrase-file FILE");
	}
	return passphrase_from_terminal(out, fresh, err);
}

/* In guarded memory from here on: the key is half a second away. */
static enum wb_status
passphrase(struct wb_secret **out, struct wb_cmd *cmd, bool fresh,
    struct wb_error *err)
{
	struct wb_bytes text;
	enum wb_status st;

	wb_bytes_init(&text, WB_MAX_PASSPHRASE);
	st = read_passphrase(&text, cmd, fresh, err);
	if (st == WB_OK)
		st = wb_secret_copy(out, wb_bytes_span(&text), err);
	wb_bytes_clear(&text);
	return st;
}

/* It takes half a second and more on purpose: say so where somebody waits. */
static void
say_unlocking(const struct wb_cmd *cmd, const char *text)
{
	if (!cmd->quiet && isatty(STDERR_FILENO) == 1)
		(void)fputs(text, stderr);
}

static uint64_t
count_commits(const struct wb_cmd *cmd)
{
	struct wb_vault_stats stats = { 0 };

	if (cmd->device.vault != NULL)
		wb_vault_stats(&stats, cmd->device.vault);
	return stats.records;
}

bool
wb_cmd_changed(const struct wb_cmd *cmd)
{
	return count_commits(cmd) != cmd->commits;
}

enum unlocking {
	UNLOCK_NEW,
	UNLOCK_WHOLE,
	UNLOCK_TO_READ
};

static enum wb_status
unlock(struct wb_cmd *cmd, enum unlocking what, struct wb_error *err)
{
	const bool fresh = what == UNLOCK_NEW;
	const char *key_path = wb_args_value(cmd->args, "key-file");
	struct wb_unlock how = { 0 };
	char dir[WB_MAX_PATH];
	struct wb_secret *phrase = NULL;
	struct wb_bytes key_file;
	enum wb_status st;

	wb_bytes_init(&key_file, WB_MAX_KEY_FILE);
	st = wb_cmd_dir(dir, cmd->args, err);
	if (st == WB_OK && key_path != NULL)
		st = wb_file_read(&key_file, wb_file_ops_system(), key_path,
		    err);
	if (st == WB_OK)
		st = passphrase(&phrase, cmd, fresh, err);
	if (st != WB_OK)
		goto done;
	how.key.passphrase = wb_secret_span(phrase);
	if (fresh && how.key.passphrase.len < SHORT_PASSPHRASE) {
		wb_cmd_warn(cmd,
		    "this passphrase is short: whoever gets the device can "
		    "try them all. Six words taken by chance are better.");
	}
	how.dir = dir;
	how.key.key_file = wb_bytes_span(&key_file);
	how.damage = what == UNLOCK_TO_READ ? &cmd->damage : NULL;
	say_unlocking(cmd, "Unlocking…");
	if (fresh) {
		st = wb_device_create(&cmd->device, &how, cmd->clock,
		    cmd->random, err);
	} else {
		st = wb_device_open(&cmd->device, &how, cmd->clock, cmd->random,
		    err);
	}
	say_unlocking(cmd, "\r\033[K");
	if (st == WB_OK)
		cmd->commits = count_commits(cmd);
done:
	wb_secret_free(&phrase);
	wb_bytes_clear(&key_file);
	return st;
}

/* Before anything is asked: is there something to unlock? */
static enum wb_status
need_vault(struct wb_cmd *cmd, struct wb_error *err)
{
	char dir[WB_MAX_PATH];
	enum wb_status st;
	bool there;

	st = wb_cmd_has_vault(&there, cmd, err);
	if (st != WB_OK || there)
		return st;
	st = wb_cmd_dir(dir, cmd->args, err);
	if (st != WB_OK)
		return st;
	return wb_advise(err,
	    wb_fail(err, WB_NOT_FOUND, "there is no vault in %s", dir),
	    "no-vault",
	    "To found a programme: waybill init. To join one: waybill join "
	    "INVITATION. Or name another folder: --dir DIR");
}

static enum wb_status
open_once(struct wb_cmd *cmd, enum unlocking what, struct wb_error *err)
{
	enum wb_status st;

	if (cmd->device.vault != NULL) {
		cmd->commits = count_commits(cmd);
		return WB_OK;
	}
	st = need_vault(cmd, err);
	return st == WB_OK ? unlock(cmd, what, err) : st;
}

enum wb_status
wb_cmd_open(struct wb_cmd *cmd, struct wb_error *err)
{
	return open_once(cmd, UNLOCK_WHOLE, err);
}

enum wb_status
wb_cmd_open_to_read(struct wb_cmd *cmd, struct wb_error *err)
{
	return open_once(cmd, UNLOCK_TO_READ, err);
}

enum wb_status
wb_cmd_create(struct wb_cmd *cmd, struct wb_error *err)
{
	bool there;
	enum wb_status st = wb_cmd_has_vault(&there, cmd, err);

	if (st != WB_OK)
		return st;
	if (there) {
		return wb_advise(err,
		    wb_fail(err, WB_EXISTS,
			"there is a vault in this folder already"),
		    "vault-exists", "Name another folder: --dir DIR");
	}
	return unlock(cmd, UNLOCK_NEW, err);
}

enum wb_status
wb_cmd_confirm(bool *yes, struct wb_cmd *cmd, const char *question,
    const char *instead, struct wb_error *err)
{
	struct wb_bytes answer;
	enum wb_status st;

	*yes = false;
	if (cmd->no_input || cmd->json) {
		return wb_fail(err, WB_USAGE,
		    "this needs an answer; with %s, give %s",
		    cmd->json ? "--json" : "--no-input", instead);
	}
	wb_bytes_init(&answer, WB_MAX_PASSPHRASE);
	st = wb_terminal_ask(&answer, question, false, err);
	if (st == WB_OK)
		*yes = answer.len != 0 &&
		       (answer.data[0] == 'y' || answer.data[0] == 'Y');
	wb_bytes_clear(&answer);
	return st;
}

enum wb_status
wb_cmd_read(struct wb_bytes *out, const char *path, struct wb_error *err)
{
	if (strcmp(path, "-") == 0)
		return wb_file_read_fd(out, wb_file_ops_system(), STDIN_FILENO,
		    "standard input", err);
	return wb_file_read(out, wb_file_ops_system(), path, err);
}

static bool
is_vault_name(const char *path)
{
	const char *slash = strrchr(path, '/');

	return strcmp(slash == NULL ? path : slash + 1, WB_VAULT_FILE) == 0;
}

/* Empty ones hold nothing that could be lost. */
static enum wb_status
begins_with(bool *out, const char *path, const char *head, struct wb_error *err)
{
	const struct wb_file_ops *ops = wb_file_ops_system();
	struct wb_span want = wb_span_text(head);
	uint8_t found[WB_MAX_SAVED_TEXT];
	int fd = ops->open(ops->ctx, path, O_RDONLY, 0);
	ssize_t n;

	if (fd < 0)
		return wb_file_fail(err, fd, "look into", path);
	if (want.len > sizeof found)
		want.len = sizeof found;
	n = ops->pread(ops->ctx, fd, found, want.len, 0);
	(void)ops->close(ops->ctx, fd);
	if (n < 0)
		return wb_file_fail(err, (int)n, "look into", path);
	*out = n == 0 || wb_span_equal(wb_span(found, (size_t)n), want);
	return WB_OK;
}

enum wb_status
wb_cmd_may_write(const char *path, const char *head, struct wb_error *err)
{
	const struct wb_file_ops *ops = wb_file_ops_system();
	struct wb_file_info info;
	enum wb_status st = WB_OK;
	bool same = false;
	int rc;

	if (path == NULL || strcmp(path, "-") == 0)
		return WB_OK;
	rc = ops->stat(ops->ctx, path, &info);
	if (rc == -ENOENT && !is_vault_name(path))
		return WB_OK;
	if (rc != 0 && rc != -ENOENT)
		return wb_file_fail(err, rc, "write", path);
	if (rc == 0 && info.kind == WB_FILE_REGULAR && !is_vault_name(path))
		st = begins_with(&same, path, head, err);
	if (st != WB_OK || same)
		return st;
	return wb_advise(err,
	    wb_fail(err, WB_EXISTS,
		is_vault_name(path)
		    ? "%s is the name of a vault; nothing was written"
		    : "%s is there already and is something else; nothing was "
		      "written",
		path),
	    "file-exists", "Give another file name.");
}

enum wb_status
wb_cmd_may_write_bundle(const char *path, struct wb_error *err)
{
	enum wb_status st = wb_cmd_may_write(path, WB_CMD_AGE_HEAD, err);
	struct wb_bundle_reader *old = NULL;

	if (st == WB_EXISTS &&
	    wb_bundle_reader_open(&old, path, NULL) == WB_OK &&
	    wb_bundle_reader_check(old, NULL) == WB_OK)
		st = wb_forgive(err);
	wb_bundle_reader_close(&old);
	return st;
}

enum wb_status
wb_cmd_write(const char *path, struct wb_span content, struct wb_error *err)
{
	if (path != NULL && strcmp(path, "-") != 0)
		return wb_file_write(wb_file_ops_system(), path, content, err);
	if (fwrite(content.data, 1, content.len, stdout) != content.len ||
	    fflush(stdout) != 0)
		return wb_fail(err, WB_STORAGE,
		    "cannot write to standard output");
	return WB_OK;
}

void
wb_cmd_print_added(struct wb_cmd *cmd, const char *what, uint64_t added,
    uint64_t known)
{
	if (!cmd->json) {
		wb_cmd_print(cmd,
		    "%" PRIu64 " %s%s added, %" PRIu64 " known already\n",
		    added, what, added == 1 ? "" : "s", known);
		return;
	}
	wb_json_object(&cmd->out, NULL);
	wb_json_int(&cmd->out, "v", 1);
	wb_json_uint(&cmd->out, "added", added);
	wb_json_uint(&cmd->out, "known", known);
	wb_json_close(&cmd->out);
	if (wb_json_finish(&cmd->out, NULL) != WB_OK)
		return; /* main looks at stdout before it ends */
}
