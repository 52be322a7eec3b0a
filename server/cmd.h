/*
 * What the commands of waybilld share.  stdout = result, stderr = talk; only
 * these files and main print.
 */
#ifndef WB_SERVER_CMD_H
#define WB_SERVER_CMD_H

#include "base/cli.h"
#include "base/clock.h"
#include "base/json.h"
#include "base/log.h"
#include "server/core.h"

/* One run of one command. */
struct wb_run {
	const struct wb_args *args;
	bool json;
	bool quiet;
	struct wb_json out; /* to stdout, with --json */
	struct wb_clock clock;
	struct wb_log log; /* to stderr */
};

struct wb_server_command {
	struct wb_command help;
	/* WB_OK, or the status whose exit code the program ends with. */
	enum wb_status (*run)(struct wb_run *run, struct wb_error *err);
};

extern const struct wb_server_command wb_serve_init;
extern const struct wb_server_command wb_serve_serve;
extern const struct wb_server_command wb_serve_status;
extern const struct wb_server_command wb_serve_check;
extern const struct wb_server_command wb_serve_verify;
extern const struct wb_server_command wb_serve_unpack;
extern const struct wb_server_command wb_serve_recover;

/* Result text to stdout. */
void wb_run_print(const struct wb_run *run, const char *format, ...)
    WB_PRINTF(2, 3);
/* Talk to stderr, unless --quiet. */
void wb_run_say(const struct wb_run *run, const char *format, ...)
    WB_PRINTF(2, 3);

/* Copies an option's value, where it was given, over a setting. */
WB_MUST_CHECK enum wb_status wb_run_override(char *out, size_t size,
    const struct wb_run *run, const char *option, struct wb_error *err);

/* The settings of --dir, with --store over the file's. */
WB_MUST_CHECK enum wb_status wb_run_settings(struct wb_settings *out,
    const struct wb_run *run, struct wb_error *err);

/*
 * A whole file as memory that is read when it is looked at: a bundle may be
 * larger than what should be held.  WB_NOT_FOUND: cannot be read, or empty.
 */
WB_MUST_CHECK enum wb_status wb_run_map(struct wb_span *out, const char *path,
    struct wb_error *err);
void wb_run_unmap(struct wb_span *file);

/* "hash" of the log, programme and so on, as 64 digits of JSON. */
void wb_run_hash(struct wb_json *j, const char *key,
    const struct wb_hash *hash);

#endif
