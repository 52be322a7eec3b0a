/*
 * What the auditor knows of tallies and of samples drawn from them.  Exists
 * only where it was asked for: it keeps something of each batch that no tally
 * has counted yet.  For audit*.c alone.
 */
#ifndef WB_CLIENT_AUDIT_AUDIT_TALLY_H
#define WB_CLIENT_AUDIT_AUDIT_TALLY_H

#include "client/audit/audit.h"
#include "client/ledger/tallies.h"

struct wb_auditor;

/* An answer to a challenge, as far as it was right. */
struct wb_answered {
	uint64_t index; /* of the batch */
};

struct wb_audit_tallies {
	struct wb_tallies *rules;
	bool holes; /* entries are missing: the rules know too little */
	uint64_t settled; /* tallies found to hold or not, of all in the log */
	struct wb_arena arena; /* one content's, or one answer's */

	/* The tally whose content may follow its entry. */
	bool pending;
	struct wb_hash id;
	struct wb_tally tally; /* without its signers */
	struct wb_tally_scope scope;

	/* The newest that stands in the chain of tallies. */
	struct wb_tallied *counted;
	size_t counted_count;
	struct wb_hash newest;
	uint64_t newest_index;
	uint64_t newest_first; /* what it covers, inclusive */
	uint64_t newest_last;

	/* Answers to a challenge; audit_challenge.c. */
	struct wb_answered *answers;
	size_t answer_count;
	size_t answer_room;
	uint8_t nonce[WB_MAX_NONCE];
	size_t nonce_len;
};

/* Harmless where no tallies were asked for. */
void wb_auditor_begin_tallies(struct wb_auditor *a);
void wb_auditor_clear_tallies(struct wb_auditor *a);

/* Entries that are in order, as they come; see client/ledger/tallies.h. */
void wb_auditor_tally_roster(struct wb_auditor *a, uint64_t index);
void wb_auditor_tally_batch(struct wb_auditor *a, uint64_t index,
    const struct wb_hash *id, const struct wb_batch *batch);
void wb_auditor_tally_ack(struct wb_auditor *a, uint64_t index,
    const struct wb_ack *ack);
/* `proper`: signed by as many coordinators as must be. */
void wb_auditor_tally(struct wb_auditor *a, uint64_t index,
    const struct wb_hash *id, const struct wb_tally *tally, bool proper);

/* The content of the tally that came last: in clear, or its age file. */
void wb_auditor_tally_content(struct wb_auditor *a, struct wb_span content);
void wb_auditor_tally_file(struct wb_auditor *a, struct wb_span file);
/* The next entry is there, or the end. */
void wb_auditor_no_tally_content(struct wb_auditor *a);
void wb_auditor_end_tallies(struct wb_auditor *a);

/* One batch's totals, as a challenge asked for them. */
void wb_auditor_opening(struct wb_auditor *a, struct wb_span opening);
void wb_auditor_end_challenge(struct wb_auditor *a);

#endif
