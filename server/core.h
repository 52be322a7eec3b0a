/*
 * Everything the server is, apart from HTTP: one programme's log, its store,
 * its signer and the roster in force.  Threads may call every function here
 * and in intake.h and feed.h at once.
 */
#ifndef WB_SERVER_CORE_H
#define WB_SERVER_CORE_H

#include "base/clock.h"
#include "base/log.h"
#include "crypto/hash.h"
#include "crypto/note.h"
#include "server/settings.h"

struct wb_core;

/*
 * Makes a new log in `dir` (0700): an empty store, the signer's record and, at
 * last, the log key.  `programme` may be NULL: the first valid version 1 is
 * taken.  The configuration is not the core's.  WB_EXISTS: there is one
 * already.
 */
WB_MUST_CHECK enum wb_status wb_core_create(const char *dir, const char *origin,
    const struct wb_hash *programme, struct wb_error *err);

/*
 * What somebody who asks has of this log, as they say: nothing of it is
 * believed, and what is wrong of it is of use to nobody.
 */
struct wb_holding {
	uint64_t seen; /* size of the newest head they verified; 0: none */
	uint64_t held; /* index of an entry whose inclusion proof they hold… */
	uint64_t under; /* …in the tree of that size, above it; 0: of none */
};

/*
 * Opens a log for serving: finishes a pending head, checks store against
 * signer (behind it: WB_FORGED, id "store-behind-signer"), starts the workers,
 * the writer and the asking of witnesses.  `dir` must not be served twice (WB_LOCKED).
 */
WB_MUST_CHECK enum wb_status wb_core_open(struct wb_core **out,
    const struct wb_settings *settings, struct wb_clock clock,
    struct wb_log *log, struct wb_error *err);

/*
 * Waits up to `ms` until it is known what the witnesses have seen: all were
 * asked, or enough agree for new entries to be logged.  WB_FORGED, ids
 * "behind-witness", "beside-witness": this log lacks what was witnessed, or
 * has something else, as a head that it signed shows, or as two witnesses say;
 * nothing new is signed, and the caller should close.
 */
WB_MUST_CHECK enum wb_status wb_core_settle(struct wb_core *core, unsigned ms,
    struct wb_error *err);

/*
 * WB_STORAGE, id "disk-failed": a sync failed, so that nobody knows what is on
 * the disk.  Nothing more is stored, and the caller should close.
 */
WB_MUST_CHECK enum wb_status wb_core_sound(struct wb_core *core,
    struct wb_error *err);

/* Answers what is queued, stops the threads, closes. */
void wb_core_close(struct wb_core **core);

/* The log's verifier key; its name is the origin. */
const struct wb_vkey *wb_core_vkey(const struct wb_core *core);

struct wb_core_status {
	struct wb_head head; /* newest signed */
	bool has_programme;
	struct wb_hash programme;
	uint64_t roster_version; /* 0: none yet */
	uint64_t members;
	uint64_t content_bytes;
	uint64_t queued; /* statements waiting */
	bool read_only; /* a sync failed: the server ends */
	uint64_t witnesses; /* in the roster's policy */
	uint64_t witnesses_sound; /* of these, have cosigned in this run */
	uint64_t witnessed; /* size of the newest head that met the quorum */
	bool needs_quorum; /* the policy asks for one */
	bool awaits_quorum; /* since the start: nothing can be logged */
};
WB_MUST_CHECK enum wb_status wb_core_status(struct wb_core_status *out,
    struct wb_core *core, struct wb_error *err);

/*
 * The roles of an active member of the newest roster, as the bits of struct
 * wb_member; 0: no such member, or no roster yet.  Cheap.
 */
unsigned wb_core_roles(struct wb_core *core, const struct wb_key *key);

/*
 * Reads the whole store again, beside a server or alone: every envelope,
 * signature, content, roster step, chain, tile and the signer's record.
 * Problems go to `log` as errors, gaps and forks in devices' chains (which are
 * no fault of the log) as warnings; WB_FORGED if there was a problem.
 */
WB_MUST_CHECK enum wb_status wb_core_check(const struct wb_settings *settings,
    const struct wb_log *log, struct wb_error *err);

struct wb_recover_bundle {
	const char *name; /* for words */
	struct wb_span bytes;
};

struct wb_recovered {
	uint64_t before; /* entries in the store */
	uint64_t after;
};

/*
 * Puts entries back that the store has lost, with their contents, from
 * members' evidence bundles: up to the largest head that the signer's record
 * or a bundle shows, and every head so shown must be the tree's.  All in one
 * transaction; signs nothing.  A store that is gone is made anew.  WB_NOT_FOUND,
 * id "entries-missing": more bundles are needed; WB_FORGED: something does not
 * fit together; the statuses of wb_recovery_take.  Then nothing was changed.
 */
WB_MUST_CHECK enum wb_status wb_core_recover(struct wb_recovered *out,
    const struct wb_settings *settings, struct wb_clock clock,
    struct wb_log *log, const struct wb_recover_bundle *bundles, size_t n,
    struct wb_error *err);

#endif
