/*
 * Verify: what an auditor can check with nothing but a programme id, and what
 * a member can check besides.  One bad entry never hides the rest.  Signs,
 * keeps and changes nothing, and needs no vault: that of a member is audited by
 * client/audit/audit_vault.h.
 */
#ifndef WB_CLIENT_AUDIT_AUDIT_H
#define WB_CLIENT_AUDIT_AUDIT_H

#include "base/arena.h"
#include "client/audit/audit_totals.h"
#include "crypto/note.h"
#include "crypto/secret.h"
#include "proto/record.h"
#include "proto/record_tally.h"

#define WB_MAX_AUDIT_NOTES 1024 /* problems, or sentences, that are kept */
#define WB_MAX_AUDIT_GAPS 4096 /* of all devices together, that are kept */

struct wb_reading;

enum wb_verdict_result {
	WB_AUDIT_GOOD, /* exit 0 */
	WB_AUDIT_BAD, /* exit 4 */
	WB_AUDIT_UNCHECKED /* exit 3: no pinned programme, or content missing */
};

/*
 * A problem found: a stable id and what it concerns.  `first` and `last` are
 * the numbers of batches of `device` for
 *   gap         batches are missing
 *   fork        two batches have one number
 *   chain       a batch does not name the one before it
 * and log indices for
 *   altered     the file is not as it was written (no index)
 *   form        an item of the file cannot be read
 *   programme   the file is of another programme than asked for
 *   no-roster   the log does not begin with the programme's first roster
 *   checkpoint  a log head is not signed by the programme's log
 *   root        the entries do not give the log head's root
 *   inclusion   an entry is not under its log head
 *   order       an entry stands at another index than its own
 *   missing     entries were left out
 *   empty-page  a server answers with none of the entries it has
 *   statement   an entry is not in the one form that it must have
 *   signature   an entry is not signed by whom it names
 *   signer      who signed an entry was not allowed to, then
 *   roster      a roster breaks the rules of succession
 *   withheld    a roster that is named is not in the log
 *   seen        a device's log head is not signed by the log, or is younger
 *   log-fork    a device or a witness was shown another log than this one
 *   cosignature a log head claims a witness who did not sign it
 *   content     a content is not the one its batch names
 *   vouched     an ack calls a batch in order that breaks a rule
 *   disclosure  a record that is shown is not of the batch before it
 *   tally-…     totals do not hold; see client/ledger/tallies.h and
 *               tally_check.h, "tally-content" (shown are not those signed)
 *               and "tally-form"
 *   challenge-… samples do not hold: "-totals", "-missing", "-unasked",
 *               "-nonce", "-tally", "-form"
 * or the id of client/ledger/opening.h that a content failed with.
 */
struct wb_audit_problem {
	const char *id;
	struct wb_span device; /* label; may be empty */
	uint64_t first;
	uint64_t last;
	struct wb_span text; /* one sentence */
};

struct wb_audit_gap {
	uint64_t first; /* numbers of batches that are missing, inclusive */
	uint64_t last;
};

/* One device that sent batches, and what is missing of them. */
struct wb_audit_device {
	struct wb_span label; /* as last named; may be empty */
	bool revoked;
	uint64_t distrust_from; /* log index; 0: trusted */
	uint64_t batches;
	uint64_t forks; /* batches whose number was taken */
	uint64_t suspect; /* batches from distrust_from on */
	uint64_t newest; /* number of its newest batch */
	uint64_t last_entry; /* log index where it was last heard */
	uint64_t missing; /* numbers, in all gaps */
	struct wb_audit_gap *gaps; /* the first; see WB_MAX_AUDIT_GAPS */
	size_t gap_count;
};

/* The record that a disclosure shows, and which its batch proves. */
struct wb_audit_disclosed {
	uint64_t index; /* of its batch in the log */
	struct wb_span device; /* label of who recorded it; may be empty */
	struct wb_hash id; /* the record's */
	struct wb_goods goods;
	bool has_place; /* else it was not shown */
	struct wb_place place;
};

/* A tally in the log, and whether it holds. */
struct wb_audited_tally {
	uint64_t index; /* its own, in the log */
	uint64_t first; /* what it covers, inclusive */
	uint64_t last;
	enum wb_verdict_result result;
	uint64_t batches; /* counted */
	uint64_t devices; /* of those */
	uint64_t excluded;
	uint64_t included; /* late */
	struct wb_total *totals; /* where its content could be read */
	size_t total_count;
};

/* Batches drawn at random from the newest tally; docs/tally.md. */
struct wb_audit_samples {
	uint64_t tally; /* its log index */
	uint64_t first; /* what it covers, inclusive */
	uint64_t last;
	uint64_t counted; /* batches that could be drawn */
	uint64_t *picks; /* log indices, where they were asked for */
	size_t pick_count;
	uint64_t answered; /* batches opened in the file */
	unsigned per_mille; /* chance to find one liar in twenty */
	bool witnessed; /* the tally is under a head that a quorum cosigned */
	uint8_t nonce[WB_MAX_NONCE];
	size_t nonce_len;
};

struct wb_audit {
	struct wb_arena arena;
	struct wb_arena tally_arena;
	enum wb_verdict_result result;
	struct wb_hash programme;
	uint64_t entries;
	uint64_t batches;
	uint64_t devices; /* that sent batches */
	uint64_t suspect; /* batches that the newest roster distrusts */
	uint64_t rosters;
	uint64_t contents; /* hashed and compared */
	uint64_t opened; /* records_root, commitment and records checked */
	char log[WB_MAX_KEY_NAME + 1]; /* its origin; empty: not known */
	struct wb_head head; /* newest, signed by the log; size 0: none */
	bool wants_witnesses; /* the newest roster's policy has a quorum */
	uint64_t witnessed; /* entries under a head that it has cosigned */
	struct wb_audit_device *coverage; /* `devices` of them */
	bool added_up; /* a reader was there: the sums are of what opened */
	struct wb_audit_sums sums;
	struct wb_audited_tally *tallies; /* the first WB_MAX_AUDIT_NOTES */
	uint64_t tally_count; /* of all in the log */
	struct wb_audit_samples samples;
	struct wb_audit_problem *problems; /* the first WB_MAX_AUDIT_NOTES */
	size_t problem_count;
	uint64_t problem_total;
	/* In the arena; NULL: none, or there are problems. */
	const struct wb_audit_disclosed *disclosed;
	/* Sentences: what was not checked, and why. */
	struct wb_span *unchecked;
	size_t unchecked_count;
	/* Sentences that change no verdict. */
	struct wb_span *notes;
	size_t note_count;
};

struct wb_audit_options {
	const struct wb_hash *programme; /* NULL: not pinned, never GOOD */
	struct wb_secret *const *readers; /* may be none: nothing is opened */
	size_t reader_count;
	int64_t now; /* Unix seconds: has the roster expired? */
	bool tallies; /* add them up; a file without contents is then good */
	size_t picks; /* draw so many samples from the newest tally */
	bool has_nonce; /* a file of answers must have been asked with it */
	struct wb_span nonce; /* of the challenge; at most WB_MAX_NONCE */
	size_t samples; /* so many answers were asked for; 0: not said */
	uint64_t sampled; /* log index of the tally meant; 0: not said */
	/* Who prepares the items of a bundle; NULL: the thread that calls.
	 * client/audit/audit_threads.h has another. */
	void (*read)(struct wb_reading *reading, size_t threads);
	size_t threads; /* for it; 0: one a core */
	size_t window; /* sizes whose roots are at hand; 0: the usual */
};

/*
 * A plain bundle.  A failure to read the file at all is an error (WB_REFUSED,
 * id "bundle-sealed": a transport bundle; WB_NEWER); a broken checksum or entry
 * is a problem found.  Clear with wb_audit_clear in any case.
 */
WB_MUST_CHECK enum wb_status wb_audit_bundle(struct wb_audit *out,
    const char *path, const struct wb_audit_options *options,
    struct wb_error *err);

/* The same of a bundle in memory. */
WB_MUST_CHECK enum wb_status wb_audit_bytes(struct wb_audit *out,
    struct wb_span bundle, const struct wb_audit_options *options,
    struct wb_error *err);

void wb_audit_clear(struct wb_audit *audit);

#endif
