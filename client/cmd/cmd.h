/*
 * What every command shares: its place in the table, the common options, the
 * device it opens, and the two streams it talks on (stdout = result, stderr =
 * talk).  Only commands and main print.
 */
#ifndef WB_CLIENT_CMD_CMD_H
#define WB_CLIENT_CMD_CMD_H

#include <stdio.h>

#include "base/cli.h"
#include "base/file.h"
#include "base/json.h"
#include "client/device.h"

#define WB_MAX_PASSPHRASE 4096 /* bytes */
#define WB_MAX_KEY_FILE 65536 /* bytes */
#define WB_CMD_AGE_HEAD "age-encryption.org/v1\n" /* of sealed files */
/* Said where something was shown and a note of it kept. */
#define WB_CMD_NOTED                                                           \
	"A note of what was shown, sealed to the coordinators, goes with the " \
	"next sync.\n"
#define WB_MAX_SAVED_TEXT 160 /* bytes */

/* One run of one command. */
struct wb_cmd {
	const struct wb_args *args;
	bool json; /* --json */
	bool quiet; /* --quiet, or --json: no talk */
	bool no_input; /* --no-input: never prompt */
	char saved[WB_MAX_SAVED_TEXT]; /* see wb_cmd_note_saved */
	struct wb_json out; /* to stdout, with --json */
	struct wb_device device; /* after wb_cmd_open or wb_cmd_create */
	struct wb_error damage; /* of a vault that was opened to read */
	uint64_t commits; /* of the vault, when it was unlocked */
	struct wb_clock clock;
	struct wb_random random;
};

struct wb_subcommand {
	struct wb_command help;
	bool online; /* talks to the server: its no is one of the server's */
	/* Said of a failure that left all as it was; NULL: it only reads. */
	const char *unchanged;
	/* WB_OK, or the status whose exit code the program ends with. */
	enum wb_status (*run)(struct wb_cmd *cmd, struct wb_error *err);
};

/* In the order of the help; a NULL ends it.  client/main.c has the table. */
extern const struct wb_subcommand *const wb_subcommands[];

/*
 * Runs one command and sees to it that its failure has the right status and
 * words.  The device stays open; the caller closes it.
 */
WB_MUST_CHECK enum wb_status wb_cmd_run(struct wb_cmd *cmd,
    const struct wb_subcommand *sub, struct wb_error *err);
/*
 * Behind it: a full disk behind stdout must not look like success; what went
 * wrong is told.  Returns the status to end with.
 */
WB_MUST_CHECK enum wb_status wb_cmd_finish(struct wb_cmd *cmd,
    enum wb_status st, struct wb_error *err);

/*
 * Unlocks the device in --dir, asking for the passphrase on the terminal
 * where no file gives it.  One that is open already stays so.
 */
WB_MUST_CHECK enum wb_status wb_cmd_open(struct wb_cmd *cmd,
    struct wb_error *err);
/*
 * The same for commands that only read: a damaged vault is opened too, as far
 * as it can be read, and main reports the damage behind the result.
 */
WB_MUST_CHECK enum wb_status wb_cmd_open_to_read(struct wb_cmd *cmd,
    struct wb_error *err);
/* Makes a new one; a passphrase from the terminal is asked twice. */
WB_MUST_CHECK enum wb_status wb_cmd_create(struct wb_cmd *cmd,
    struct wb_error *err);
/* Closes and removes a vault that this command made and could not finish. */
void wb_cmd_discard(struct wb_cmd *cmd);
/* Has anything been written to the vault since it was unlocked? */
bool wb_cmd_changed(const struct wb_cmd *cmd);
/* Is there a vault in --dir? */
WB_MUST_CHECK enum wb_status wb_cmd_has_vault(bool *out, struct wb_cmd *cmd,
    struct wb_error *err);
/* The folder: --dir, WAYBILL_DIR, or the XDG data home. */
WB_MUST_CHECK enum wb_status wb_cmd_dir(char out[WB_MAX_PATH],
    const struct wb_args *args, struct wb_error *err);

/* Result text to stdout. */
void wb_cmd_print(struct wb_cmd *cmd, const char *format, ...) WB_PRINTF(2, 3);
/*
 * Gives an error of the command what its cause did not: the next step, and
 * that all is as it was.  While cmd->device is open.
 */
void wb_cmd_advise(struct wb_cmd *cmd, const struct wb_subcommand *sub,
    struct wb_error *err);

/* Talk to stderr, unless --quiet. */
void wb_cmd_say(struct wb_cmd *cmd, const char *format, ...) WB_PRINTF(2, 3);
/* A warning to stderr, also with --quiet; not with --json. */
void wb_cmd_warn(struct wb_cmd *cmd, const char *format, ...) WB_PRINTF(2, 3);
/* An error: words to stderr, or an object with --json. */
void wb_cmd_report(struct wb_cmd *cmd, const struct wb_error *err);

/*
 * From here on something is safe on the disk, whatever else fails: the error
 * then begins with it ("K1-7 is saved").
 */
void wb_cmd_note_saved(struct wb_cmd *cmd, const char *format, ...)
    WB_PRINTF(2, 3);

/*
 * Asks "question [y/N] " on the terminal.  --no-input and --json: WB_USAGE,
 * naming the option that answers instead.
 */
WB_MUST_CHECK enum wb_status wb_cmd_confirm(bool *yes, struct wb_cmd *cmd,
    const char *question, const char *instead, struct wb_error *err);

/* Reads a file, or standard input for "-", of at most out->max bytes. */
WB_MUST_CHECK enum wb_status wb_cmd_read(struct wb_bytes *out, const char *path,
    struct wb_error *err);
/*
 * May a result be put there?  Not over a vault, a folder, or a file that does
 * not begin with `head`, as those do that the command writes: WB_EXISTS.  For
 * commands that change something before they write.  "-" and NULL always may.
 */
WB_MUST_CHECK enum wb_status wb_cmd_may_write(const char *path,
    const char *head, struct wb_error *err);
/* The same for bundles, plain or sealed: over an older one that is whole. */
WB_MUST_CHECK enum wb_status wb_cmd_may_write_bundle(const char *path,
    struct wb_error *err);
/* Writes a file durably (0600), or standard output for "-" and for NULL. */
WB_MUST_CHECK enum wb_status wb_cmd_write(const char *path,
    struct wb_span content, struct wb_error *err);

/* "3 items added, 2 known already", as words or JSON. */
void wb_cmd_print_added(struct wb_cmd *cmd, const char *what, uint64_t added,
    uint64_t known);

/* "4 not sent · oldest 2 d · last success today 09:12", to stderr. */
WB_MUST_CHECK enum wb_status wb_cmd_sync_line(struct wb_cmd *cmd,
    struct wb_error *err);

/* The value of an option as a span; empty where it was not given. */
struct wb_span wb_cmd_option(const struct wb_cmd *cmd, const char *name);
/* The i-th word as a span; empty past the last. */
struct wb_span wb_cmd_word(const struct wb_cmd *cmd, size_t i);

#endif
