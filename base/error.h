/*
 * Errors as values.  A function that can fail returns a wb_status and, through
 * its last parameter, one sentence made once, at the cause.  Only main, cmd
 * and httpd print it.
 */
#ifndef WB_BASE_ERROR_H
#define WB_BASE_ERROR_H

#define WB_MUST_CHECK __attribute__((warn_unused_result))
#define WB_PRINTF(f, a) __attribute__((format(printf, f, a)))

enum wb_status {
	WB_OK = 0,
	WB_FAILED, /* anything without a better name */
	WB_USAGE, /* the command line is wrong */
	WB_INVALID, /* input that is not what it must be */
	WB_PARTIAL, /* some of it was done; nothing is lost */
	WB_FORGED, /* evidence: signature, proof, hash or chain is wrong */
	WB_LOCKED, /* locked by another command, or wrong passphrase */
	WB_OFFLINE, /* no connection */
	WB_REFUSED, /* the server, or the roster, says no */
	WB_NEWER, /* made by a newer program */
	WB_STORAGE, /* disk full, read-only, damaged */
	WB_NOT_FOUND, /* no such thing */
	WB_EXISTS, /* it is there already */
	WB_NO_MEMORY, /* a budget or the machine is exhausted */
	WB_INTERRUPTED
};

#define WB_ERROR_TEXT 512
#define WB_ERROR_NEXT 256

/* On the caller's stack; needs no freeing.  Zero it before first use. */
struct wb_error {
	enum wb_status status;
	const char *id; /* stable and static, for --json; NULL: the status's */
	char text[WB_ERROR_TEXT]; /* what happened, UTF-8, one line */
	char next[WB_ERROR_NEXT]; /* what to do about it; may be empty */
};

/*
 * Records an error and returns `status`.  `err` may be NULL.  Control
 * characters in the result are replaced by '?', so that hostile input cannot
 * steer a terminal.
 */
enum wb_status wb_fail(struct wb_error *err, enum wb_status status,
    const char *format, ...) WB_PRINTF(3, 4);

/*
 * Gives an error already made a stable identifier (a string literal) and the
 * reader's next step.  Either may be NULL: left as it is.  Returns the
 * error's status, so that `return wb_advise(err, wb_fail(err, ...), ...)`
 * reads well; `status` is what is returned when `err` is NULL.
 */
enum wb_status wb_advise(struct wb_error *err, enum wb_status status,
    const char *id, const char *next);

/* "out of memory", WB_NO_MEMORY. */
enum wb_status wb_no_memory(struct wb_error *err);

/* Evidence that is wrong: WB_FORGED, with a stable identifier. */
enum wb_status wb_forged(struct wb_error *err, const char *id,
    const char *what);

/* Puts "context: " before the text of an error; returns `status`. */
enum wb_status wb_context(struct wb_error *err, enum wb_status status,
    const char *format, ...) WB_PRINTF(3, 4);

/*
 * Takes an error back that turned out to be none ("not found" where nothing
 * need be there).  Returns WB_OK.  `err` may be NULL.
 */
enum wb_status wb_forgive(struct wb_error *err);

/* The stable identifier: err->id, or the one of its status. Never NULL. */
const char *wb_error_id(const struct wb_error *err);

/* The process exit code of docs/man/waybill.1 for a status (0 to 130). */
int wb_status_exit(enum wb_status status);

/* A static analyzer does not see that these return their status: tell it. */
#ifdef __clang_analyzer__
/* NOLINTBEGIN(readability-identifier-naming): they stand for functions */
#define wb_fail(err, status, ...) \
	((void)(wb_fail)(err, status, __VA_ARGS__), (status))
#define wb_advise(err, status, id, next) \
	((void)(wb_advise)(err, status, id, next), (status))
/* NOLINTEND(readability-identifier-naming) */
#endif

#endif
