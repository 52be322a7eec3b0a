/*
 * The auditor at work: takes the items of a bundle, wherever they come from,
 * one after the other, and says at the end what it found.  For audit*.c alone.
 */
#ifndef WB_CLIENT_AUDIT_AUDITOR_H
#define WB_CLIENT_AUDIT_AUDITOR_H

#include "client/audit/audit.h"
#include "client/audit/prepared.h"
#include "client/ledger/chain.h"
#include "client/ledger/history.h"
#include "client/ledger/idset.h"
#include "crypto/note.h"
#include "proto/content_ref.h"
#include "proto/roster.h"
#include "proto/transfer.h"

#define WB_AUDIT_SEEN 256 /* heads remembered as signed by the log */
#define WB_AUDIT_WINDOW ((size_t)16384) /* newest roots at hand */
#define WB_AUDIT_COSIGNED 8 /* notes kept that witnesses may have signed */

/* A note with more signatures than the log's. */
struct wb_audit_cosigned {
	struct wb_bytes note;
	struct wb_head claimed; /* what it says, verified at the end */
	bool early; /* it came before any roster */
	bool passed; /* the tree had that size, and then: */
	struct wb_hash root;
};

/* A key that was revoked, as last named; rosters need not name it for ever. */
struct wb_audit_revoked {
	char label[WB_MAX_LABEL + 1];
	uint64_t distrust_from; /* log index; 0: trusted */
};

/* One device that sent batches. */
struct wb_audited_device {
	struct wb_key key;
	char label[WB_MAX_LABEL + 1]; /* as last named */
	uint64_t distrust_from; /* log index; 0: trusted */
	struct wb_chain chain;
	uint64_t batches;
	uint64_t forks;
	uint64_t apart; /* batches that its chain had no room for */
	uint64_t last_entry; /* log index of the newest */
	uint64_t suspect; /* batches from distrust_from on */
};

struct wb_auditor {
	struct wb_audit *out;
	struct wb_audit_options options;
	enum wb_status status; /* the first failure of this machine sticks */
	struct wb_error *err; /* and is written here */
	struct wb_hash programme; /* pinned, or the file's own word */
	bool headers_only; /* by the file's own word */
	bool disclosing; /* the same: it shows one record and no more */
	bool openings; /* the same: it answers a challenge */
	bool unfetched; /* contents were not asked for */
	bool own; /* nobody but this device chose what is here */
	bool partial; /* the log is known to go on where the source ends */
	uint64_t unlogged; /* statements that are not in the log */
	struct wb_arena scratch; /* one entry's */
	uint8_t key[WB_SHORT_KEY_LEN]; /* of all sets of ids */

	/* audit_roster.c */
	struct wb_arena roster_arena; /* holds `roster` */
	struct wb_roster roster; /* in force; version 0: none yet */
	struct wb_hash roster_id;
	struct wb_idset roster_ids; /* accepted ones */
	struct wb_idset named_ids; /* named by statements before they came */
	uint64_t withheld; /* of those: not accepted yet */
	struct wb_idset revoked_keys; /* all ever revoked, and by number: */
	struct wb_audit_revoked *revoked;
	size_t revoked_room;
	struct wb_vkey log; /* once there is a roster */

	/* audit_log.c */
	struct wb_bytes checkpoint; /* the newest, a signed note */
	bool head_good; /* `head` is read from it, and signed by the log */
	bool head_bad; /* it is not the log's, and that was said */
	uint64_t unproven; /* entries that came under no head at all */
	struct wb_head head;
	struct wb_head head_before; /* the one before; size 0: none */
	uint64_t bare; /* entries without a proof since that checkpoint */
	struct wb_history history;
	bool broken; /* an entry is missing: the tree tells no more */
	uint64_t expected; /* index of the next entry without a proof */
	uint64_t after; /* one more than the index of the last with one */

	/* audit_seen.c */
	struct wb_head seen[WB_AUDIT_SEEN]; /* signed by the log; by size */
	struct wb_signature seen_signatures[WB_AUDIT_SEEN];
	bool can_return; /* the source can be read a second time */
	struct wb_bytes old_heads; /* for that */
	struct wb_frontier again; /* the tree in it */
	size_t compared; /* of the old heads */
	uint64_t suspect_from; /* log index; UINT64_MAX: nothing is */
	uint64_t too_old; /* heads that had no place there */
	uint64_t unseen; /* heads that could not be compared */

	/* audit_witness.c */
	struct wb_audit_cosigned cosigned[WB_AUDIT_COSIGNED]; /* the last */
	uint64_t cosigned_total;

	/* audit_batch.c */
	struct wb_idset device_keys;
	struct wb_audited_device *devices; /* by number */
	size_t device_room;
	size_t run_room; /* for chains */
	struct wb_idset admitted; /* statement ids */
	bool waiting; /* for the content of the entry below */
	uint64_t waiting_index;
	struct wb_content_ref wanted;
	bool is_batch; /* it is this: */
	struct wb_hash batch_id;
	uint32_t batch_device; /* its place in `devices` */
	bool batch_uncounted; /* its number may be, or is, another's */
	struct wb_batch batch;
	struct wb_arena opening; /* one content's */
	struct wb_audit_totals *totals; /* NULL: nothing can be opened */
	struct wb_audit_tallies *tallies; /* NULL: not asked for */
	uint64_t tallies_unseen;
	uint64_t missing_contents;
	uint64_t undecryptable;
};

/* `err` must outlive the auditor.  Clear it in any case. */
void wb_auditor_init(struct wb_auditor *a, struct wb_audit *out,
    const struct wb_audit_options *options, struct wb_error *err);
/* The next item; one that could be read. */
void wb_auditor_take(struct wb_auditor *a, const struct wb_prepared *p);
/* The file does not end in the hash of all before it: the first problem. */
void wb_auditor_altered(struct wb_auditor *a);
/* What can be said at the end only, and the verdict. */
WB_MUST_CHECK enum wb_status wb_auditor_end(struct wb_auditor *a);
void wb_auditor_clear(struct wb_auditor *a);

/* What a problem is about; see struct wb_audit_problem. */
struct wb_about {
	const char *id;
	struct wb_span device;
	uint64_t first;
	uint64_t last;
};
struct wb_about wb_about_entry(const char *id, uint64_t index);
void wb_auditor_problem(struct wb_auditor *a, struct wb_about about,
    const char *format, ...) WB_PRINTF(3, 4);
void wb_auditor_unchecked(struct wb_auditor *a, const char *format, ...)
    WB_PRINTF(2, 3);
void wb_auditor_note(struct wb_auditor *a, const char *format, ...)
    WB_PRINTF(2, 3);
/* "entry 3", or "entries 3 to 5", of a word that takes an s or of entries. */
#define WB_RANGE_TEXT 64
const char *wb_range_text(char out[WB_RANGE_TEXT], const char *one,
    const char *many, uint64_t first, uint64_t last);
/* Keeps a failure of this machine, unless there is one already. */
void wb_auditor_fail(struct wb_auditor *a, enum wb_status status);

/* Log heads, and the places of entries under them. */
void wb_auditor_checkpoint(struct wb_auditor *a, struct wb_span note);
void wb_auditor_consistency(struct wb_auditor *a, const struct wb_proof *proof);
void wb_auditor_read_head(struct wb_auditor *a); /* once the key is known */
void wb_auditor_place(struct wb_auditor *a, const struct wb_prepared *p);
void wb_auditor_included(struct wb_auditor *a, const struct wb_prepared *p);
void wb_auditor_end_log(struct wb_auditor *a);

/* What devices saw of it. */
void wb_auditor_seen(struct wb_auditor *a, uint64_t index,
    const struct wb_batch *batch);
void wb_auditor_end_seen(struct wb_auditor *a);
/*
 * Where the source can be read again: true if it must be, from its beginning,
 * each entry to wb_auditor_again, and then wb_auditor_returned.
 */
bool wb_auditor_return(struct wb_auditor *a);
void wb_auditor_again(struct wb_auditor *a, const struct wb_entry *entry);
void wb_auditor_returned(struct wb_auditor *a);

/* Cosignatures, by the policy of the newest roster. */
void wb_auditor_cosigned(struct wb_auditor *a, struct wb_span note);
void wb_auditor_end_witness(struct wb_auditor *a);
/* The tree has grown by one: its older roots are not kept. */
void wb_auditor_grown(struct wb_auditor *a);

/* A record shown, behind the entry of its batch. */
void wb_auditor_disclosure(struct wb_auditor *a, struct wb_span bytes);
void wb_auditor_end_disclosure(struct wb_auditor *a);

/* Rosters, and whom they name. */
void wb_auditor_roster(struct wb_auditor *a, uint64_t index,
    const struct wb_envelope *envelope);
void wb_auditor_names_roster(struct wb_auditor *a, const struct wb_hash *id);
void wb_auditor_end_rosters(struct wb_auditor *a);
/* NULL: never revoked. */
const struct wb_audit_revoked *wb_auditor_revoked(const struct wb_auditor *a,
    const struct wb_key *key);
/* As it is called now, or was last; empty: unknown.  A view. */
struct wb_span wb_auditor_label(const struct wb_auditor *a,
    const struct wb_key *key);

/* One entry's statement, by the roster in force. */
void wb_auditor_statement(struct wb_auditor *a, const struct wb_prepared *p);

/* The entry at `index` names a content, which may follow it. */
void wb_auditor_want(struct wb_auditor *a, uint64_t index,
    const struct wb_content_ref *content);

/* Batches that are in order themselves: their chains and contents. */
void wb_auditor_batch(struct wb_auditor *a, uint64_t index,
    const struct wb_hash *id, const struct wb_batch *batch);
void wb_auditor_content(struct wb_auditor *a, struct wb_span file,
    const struct wb_hash *hash);
void wb_auditor_no_content(struct wb_auditor *a);
/* NULL: it sent no batch yet. */
struct wb_audited_device *wb_auditor_device(const struct wb_auditor *a,
    const struct wb_key *key);
void wb_auditor_relabel(struct wb_auditor *a);
void wb_auditor_end_batches(struct wb_auditor *a);

/* Totals of what was opened; audit_counting.c.  `opened`: the batch waiting. */
void wb_auditor_count(struct wb_auditor *a,
    const struct wb_opened_batch *opened);
void wb_auditor_verdict(struct wb_auditor *a, uint64_t index,
    const struct wb_verdict *verdict);
/* Hands over the devices, the head and the totals. */
void wb_auditor_end_counting(struct wb_auditor *a);

#endif
