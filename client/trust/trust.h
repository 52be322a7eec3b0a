/*
 * What a member believes of the log: heads only grow, rosters follow each
 * other, entries are under a verified head.  Everything that arrives, over the
 * network or on a drive, comes in through here and nowhere else.
 *
 * Whether a signer was a member at an entry's index is not asked here: the
 * journal judges that of each batch, so that one bad batch stops nothing.
 */
#ifndef WB_CLIENT_TRUST_H
#define WB_CLIENT_TRUST_H

#include "client/device.h"
#include "proto/transfer.h"

/* WB_FORGED with a stable id and what to do with evidence. */
enum wb_status wb_trust_evidence(struct wb_error *err, const char *id,
    const char *what);

/* A head that the log signed; WB_FORGED, id "head-signature": it did not. */
WB_MUST_CHECK enum wb_status wb_trust_open_head(struct wb_head *out,
    const struct wb_device *device, struct wb_span checkpoint,
    struct wb_error *err);

/*
 * Takes a newer head: the log's signature, and consistency with the newest
 * head verified before, from which `consistency` leads; it may be NULL where
 * none came.  An equal head is harmless (*advanced, which may be NULL, is then
 * false), a smaller one never: each question names the newest head that is
 * known here.  In the caller's transaction.  WB_FORGED, ids "head-signature",
 * "log-fork", "log-rolled-back".
 */
WB_MUST_CHECK enum wb_status wb_trust_head(struct wb_head *out, bool *advanced,
    struct wb_device *device, struct wb_span checkpoint,
    const struct wb_proof *consistency, struct wb_error *err);

/* The same checks; stores nothing.  For several answers to one question. */
WB_MUST_CHECK enum wb_status wb_trust_check_head(struct wb_head *out,
    struct wb_device *device, struct wb_span checkpoint,
    const struct wb_proof *consistency, struct wb_error *err);

/* The newest verified head; size 0 where there is none.  For `seen`. */
WB_MUST_CHECK enum wb_status wb_trust_newest(struct wb_head *out,
    struct wb_signature *signature, struct wb_device *device,
    struct wb_error *err);

/* An entry whose place in the log this vault can prove. */
struct wb_held {
	uint64_t index;
	uint64_t size; /* of the tree that it is proven in; 0: there is none */
	struct wb_known_nodes known; /* what the proof tells */
};

/*
 * The newest entry here, by the receipt that came with it.  For questions: what
 * it proves need not be sent again.  None with who follows the whole log.
 */
WB_MUST_CHECK enum wb_status wb_trust_held(struct wb_held *out,
    struct wb_device *device, struct wb_error *err);

/*
 * For who follows the whole log: notes the root that it had at each size, as
 * far as all entries are here, and compares what each batch's device had seen.
 * `found` is the first of these that saw another history which the log signed
 * too: WB_FORGED, id "log-fork"; else its status is WB_OK.  Each batch is
 * compared once.  In the caller's transaction.
 */
WB_MUST_CHECK enum wb_status wb_trust_past(struct wb_error *found,
    struct wb_device *device, struct wb_error *err);

/*
 * Does this member keep every entry of the log?  Then receipts are not kept:
 * the entries themselves prove more.  Coordinators and auditors.
 */
bool wb_trust_whole_log(const struct wb_device *device);

/* An entry that was taken. */
struct wb_taken {
	int64_t row; /* in the table statement */
	bool is_new; /* not in this vault before */
	enum wb_statement_type type;
};

/*
 * Takes one entry: inclusion under `head`, canonical form, roster rules at its
 * index, its signer's own signature; keeps it (with its receipt, unless this
 * member follows the whole log) and enters it into the derived tables, in the
 * caller's transaction.  `checkpoint` is the note that `head` was read from.
 * One that is known already at that index is harmless.
 *
 * WB_FORGED, of the log: "entry-inclusion" (not under the head), "log-fork"
 * (another statement is known at that index), "entry-repeated" (the statement
 * is known at another).  WB_FORGED, of this one entry, which the server should
 * not have logged (see wb_trust_is_entry_fault): "entry-form",
 * "entry-signature", "roster-step".
 */
WB_MUST_CHECK enum wb_status wb_trust_entry(struct wb_taken *out,
    struct wb_device *device, const struct wb_head *head,
    struct wb_span checkpoint, const struct wb_entry *entry,
    struct wb_error *err);

/* Is it one of the three of a single entry, so that the rest can go on? */
bool wb_trust_is_entry_fault(const struct wb_error *err);

/*
 * Keeps the content of a statement that was taken as `row`.  WB_FORGED, id
 * "content-altered": not the file that it names.
 */
WB_MUST_CHECK enum wb_status wb_trust_content(struct wb_device *device,
    int64_t row, struct wb_span file, struct wb_error *err);

/*
 * Checks the server's word that `envelope`, a statement that is kept here, is
 * at `index` under `head`, and keeps index and receipt, in the caller's
 * transaction.  WB_FORGED, ids "wrong-receipt", "log-fork", "entry-repeated".
 */
WB_MUST_CHECK enum wb_status wb_trust_receipt(struct wb_device *device,
    const struct wb_head *head, struct wb_span checkpoint,
    struct wb_span envelope, uint64_t index, const struct wb_proof *proof,
    struct wb_error *err);

/*
 * The roster in force for the entry at `index`: the newest whose own index is
 * smaller.  Decoded into the arena.  WB_NOT_FOUND: none.
 */
WB_MUST_CHECK enum wb_status wb_trust_roster_at(struct wb_roster *out,
    struct wb_arena *arena, struct wb_device *device, uint64_t index,
    struct wb_error *err);

/*
 * Takes a chain of roster envelopes that are not, or not known to be, logged
 * (a welcome, a bundle): from `programme` on, each step checked, in the
 * caller's transaction.  What does not go on from the newest version here is
 * left for the log to settle.  WB_FORGED, id "roster-step".
 */
WB_MUST_CHECK enum wb_status wb_trust_rosters(struct wb_device *device,
    const struct wb_hash *programme, const struct wb_span *envelopes, size_t n,
    struct wb_error *err);

#endif
