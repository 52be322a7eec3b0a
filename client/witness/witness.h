/*
 * A witness in its folder: its key (witness.key), and what it cosigned of each
 * log (witness.db).  What it answers is on the disk before it is said.  The
 * rules are those of add_checkpoint; HTTP is in witness_http.
 *
 * Logs are told to it (wb_witness_trust).  One that was told none takes the
 * first that shows it a checkpoint together with its key, and no other after
 * it.  It then vouches that this log shows everybody one history, not that it
 * is the right log; clients know their log from the roster.
 */
#ifndef WB_CLIENT_WITNESS_WITNESS_H
#define WB_CLIENT_WITNESS_WITNESS_H

#include "base/clock.h"
#include "base/file.h"
#include "client/witness/add_checkpoint.h"

#define WB_MAX_WITNESSED_LOGS 1000

struct wb_witness;

/*
 * Makes the folder, where it is missing, and a witness in it.  WB_EXISTS: it
 * has one.
 */
WB_MUST_CHECK enum wb_status wb_witness_create(const char *dir,
    const char *name, const struct wb_file_ops *ops, struct wb_random random,
    struct wb_error *err);

/*
 * WB_NOT_FOUND: no witness there.  WB_STORAGE: its memory is gone or damaged.
 * One thread at a time may use it; several processes may.
 */
WB_MUST_CHECK enum wb_status wb_witness_open(struct wb_witness **out,
    const char *dir, const struct wb_file_ops *ops, struct wb_clock clock,
    struct wb_error *err);
void wb_witness_close(struct wb_witness **w);

/*
 * For who answers logs: nobody else does so from this folder until it is
 * closed.  WB_LOCKED: somebody does.
 */
WB_MUST_CHECK enum wb_status wb_witness_lock(struct wb_witness *w,
    struct wb_error *err);

const struct wb_vkey *wb_witness_vkey(const struct wb_witness *w);

/* WB_EXISTS: its name is known with another key; WB_INVALID: no log's key. */
WB_MUST_CHECK enum wb_status wb_witness_trust(struct wb_witness *w,
    const struct wb_vkey *log, struct wb_error *err);

struct wb_witness_answer {
	enum wb_witness_verdict verdict;
	struct wb_bytes body; /* 200: the cosignature; 409: the size */
	struct wb_span origin; /* a view into the body that was judged */
	bool first_use; /* the log was not known before */
	struct wb_error why; /* of all but 200 */
};

/*
 * Judges the body of add-checkpoint; `offered` (may be NULL) is the key that
 * the asker names, for a witness that knows no log.  WB_OK with the verdict;
 * anything else is a failure of the witness, and nothing was cosigned.  Clear
 * answer->body, which is initialised in any case.
 */
WB_MUST_CHECK enum wb_status wb_witness_add_checkpoint(struct wb_witness_answer
							   *answer,
    struct wb_witness *w, struct wb_span body, const char *offered,
    struct wb_error *err);

/* Appends what it cosigned last of the log whose origin has that SHA-256. */
WB_MUST_CHECK enum wb_status wb_witness_checkpoint(struct wb_bytes *out,
    struct wb_witness *w, const struct wb_hash *origin, struct wb_error *err);

/* Tells `each` the key of every log and the last head it cosigned. */
WB_MUST_CHECK enum wb_status wb_witness_logs(struct wb_witness *w,
    void (*each)(void *ctx, const struct wb_vkey *log,
	const struct wb_head *head),
    void *ctx, struct wb_error *err);

#endif
