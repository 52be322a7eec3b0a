/*
 * One uploaded statement on its way into the log, and all that can be judged
 * of it alone: form, content, and that its signers signed it.  Whether they
 * may is the sequencer's to say.  Pure but for the gate; any thread.
 */
#ifndef WB_SERVER_ITEM_H
#define WB_SERVER_ITEM_H

#include "proto/envelope.h"
#include "proto/transfer.h"

struct wb_item {
	struct wb_span envelope; /* views into the request's body */
	struct wb_span content;
	enum wb_statement_type type;
	struct wb_hash id; /* of the statement */
	struct wb_hash leaf; /* of the envelope, in the tree */
	/* Good where type is not a roster. */
	struct wb_hash programme;
	struct wb_key signer; /* a tally: its first */
	uint64_t sequence; /* a batch's */
	bool admits; /* an ack, which lets something in */
	/* The verdict; open while `decided` is false. */
	bool decided;
	enum wb_reception reception;
	uint64_t index;
	const char *reason; /* static; NULL unless refused */
};

/*
 * Asked of every signer before anything dear is done for it: NULL, or the
 * reason of a refusal.
 */
struct wb_item_gate {
	void *ctx;
	const char *(*ask)(void *ctx, const struct wb_key *signer,
	    const struct wb_hash *statement);
};

/*
 * Fills in what the upload says, or decides its refusal.  `arena` is for
 * scratch; nothing points into it afterwards.  A roster's signatures are not
 * looked at: its keys are the sequencer's knowledge.  `gate` NULL: open.
 */
void wb_item_verify(struct wb_item *out, const struct wb_upload *upload,
    const struct wb_item_gate *gate, struct wb_arena *arena);

void wb_item_refuse(struct wb_item *item, const char *reason);
/* Nothing is said of it: the same may do another time. */
void wb_item_put_off(struct wb_item *item);
void wb_item_accept(struct wb_item *item, enum wb_reception reception,
    uint64_t index);

#endif
