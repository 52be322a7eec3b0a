/*
 * The rules of a witness: what a log sends with add-checkpoint
 * (c2sp.org/tlog-witness), and whether the witness may cosign it.  No I/O and
 * no clock; what the witness remembers is handed in.
 */
#ifndef WB_CLIENT_WITNESS_ADD_CHECKPOINT_H
#define WB_CLIENT_WITNESS_ADD_CHECKPOINT_H

#include "crypto/lines.h"
#include "crypto/merkle.h"
#include "crypto/note.h"

/* "old N", proof lines, an empty line, a checkpoint. */
#define WB_MAX_ADD_CHECKPOINT \
	(WB_MAX_NOTE + (size_t)(WB_MAX_PROOF + 1) * (WB_HASH_BASE64 + 1))

/* What the answer's HTTP status says. */
enum wb_witness_verdict {
	WB_WITNESS_COSIGN = 200,
	WB_WITNESS_MALFORMED = 400,
	WB_WITNESS_UNSIGNED = 403, /* not by the log's key */
	WB_WITNESS_UNKNOWN_LOG = 404,
	WB_WITNESS_CONFLICT = 409, /* old is not what it cosigned last */
	WB_WITNESS_INCONSISTENT = 422
};

/* Views into the body.  Nothing is verified yet. */
struct wb_add_checkpoint {
	uint64_t old;
	struct wb_proof proof;
	struct wb_span checkpoint; /* the whole note */
	struct wb_note note; /* the same, taken apart */
	struct wb_span origin;
	struct wb_head head;
};

/* WB_INVALID: WB_WITNESS_MALFORMED. */
WB_MUST_CHECK enum wb_status wb_add_checkpoint_parse(struct wb_add_checkpoint
							 *out,
    struct wb_span body, struct wb_error *err);

/*
 * May a checkpoint of the log whose key is `log` be cosigned, by a witness
 * that cosigned `latest` last (size 0: none)?  The checks are made in the
 * order in which C2SP has them; what is wrong is said in `err`.  The origin is
 * the caller's to look up.
 */
enum wb_witness_verdict wb_add_checkpoint_judge(const struct wb_add_checkpoint
						    *request,
    const struct wb_vkey *log, const struct wb_head *latest,
    struct wb_error *err);

#endif
