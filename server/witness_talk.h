/*
 * What a witness is sent and what its answers mean (c2sp.org/tlog-witness,
 * add-checkpoint).  Pure: no connection, no log.
 */
#ifndef WB_SERVER_WITNESS_TALK_H
#define WB_SERVER_WITNESS_TALK_H

#include "crypto/merkle.h"
#include "crypto/note.h"

#define WB_MAX_WITNESS_BODY (WB_MAX_NOTE + 4096) /* bytes of a request */
#define WB_MAX_WITNESS_ANSWER ((size_t)16 << 10) /* bytes */

/*
 * Appends the body of a request: `note` is the checkpoint, `proof` leads to it
 * from `old`, the size of the newest that the witness cosigned (0: none).
 */
WB_MUST_CHECK enum wb_status wb_witness_request(struct wb_bytes *out,
    uint64_t old, const struct wb_proof *proof, struct wb_span note,
    struct wb_error *err);

enum wb_witness_word {
	WB_WITNESS_COSIGNS, /* `line` */
	WB_WITNESS_HAS_SEEN, /* another size than `old`: `size` */
	WB_WITNESS_DOUBTS_PROOF, /* what it has seen does not lead here */
	WB_WITNESS_FAILS /* all else: `why` */
};

struct wb_witness_answer {
	enum wb_witness_word word;
	struct wb_span line; /* its cosignature, verified; a view */
	uint64_t size;
	const char *why; /* static: for a log */
};

/* Reads an answer to a request with `note` to the witness with `vkey`. */
void wb_witness_read(struct wb_witness_answer *out, long status,
    struct wb_span body, struct wb_span note, const struct wb_vkey *vkey);

/*
 * The first valid cosignature by `vkey` among signature lines.  Empty: none.
 */
struct wb_span wb_witness_line(struct wb_span lines, struct wb_span note,
    const struct wb_vkey *vkey);

#endif
