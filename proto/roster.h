/*
 * Who may do what: the roster's codec and its rules, which are those of TUF's
 * root metadata (version + 1, thresholds of the old and of the new roots).
 * Both programs judge by this one module.  Holds no log and no clock.
 */
#ifndef WB_PROTO_ROSTER_H
#define WB_PROTO_ROSTER_H

#include "crypto/policy.h"
#include "proto/envelope.h"

#define WB_MAX_MEMBERS 512
#define WB_MAX_ROOTS 16
#define WB_MAX_LABEL 32 /* bytes */

enum wb_role {
	WB_ROLE_FIELD = 1,
	WB_ROLE_COORDINATOR = 2,
	WB_ROLE_AUDITOR = 3
};

enum wb_member_state {
	WB_MEMBER_ACTIVE = 1,
	WB_MEMBER_REVOKED = 2
};

struct wb_member {
	struct wb_key key;
	unsigned roles; /* bit 1 << role, see wb_member_is */
	struct wb_span recipient; /* age1…; empty for field members */
	struct wb_span label; /* "K7" */
	enum wb_member_state state;
	uint64_t distrust_from; /* log index; 0: trusted throughout */
	struct wb_hash places_hash; /* zero: none */
};

/* A hash that is all zero stands for an empty field. */
struct wb_roster {
	struct wb_hash programme; /* zero in version 1 */
	uint64_t version;
	struct wb_hash previous; /* statement id; zero in version 1 */
	uint64_t expires; /* Unix seconds; 0: never */
	uint32_t threshold;
	struct wb_key *roots;
	size_t root_count;
	struct wb_member *members;
	size_t member_count;
	struct wb_span suite; /* "x25519" */
	struct wb_span reader; /* age1… */
	struct wb_span transport; /* age1…; may be empty */
	struct wb_span policy; /* tlog-policy text */
	struct wb_hash catalogue_hash;
	struct wb_hash names_hash;
	uint32_t tally_threshold;
	uint32_t window_days; /* 0: sealed mode */
	bool open_catalogue;
};

/* Appends the payload.  WB_INVALID: what wb_roster_decode would refuse. */
WB_MUST_CHECK enum wb_status wb_roster_encode(struct wb_bytes *out,
    const struct wb_roster *roster, struct wb_error *err);

/*
 * Every rule that can be told from one version alone: sizes, valid and
 * distinct keys, distinct labels (letters ignore case), a threshold the roots
 * can reach, recipients only for coordinators and auditors, known roles, and
 * those of wb_policy_parse.  Views into the arena.  WB_INVALID says which rule.
 */
WB_MUST_CHECK enum wb_status wb_roster_decode(struct wb_roster *out,
    struct wb_arena *arena, struct wb_span payload, struct wb_error *err);

/* Where a version stands in its chain; all are as in struct wb_roster. */
struct wb_roster_place {
	struct wb_hash programme;
	uint64_t version;
	struct wb_hash previous;
};

/*
 * Read off the front of a payload, without looking at the rest: to be asked
 * before anything dear is done for a stranger's roster.  WB_INVALID: no
 * roster begins like this.
 */
WB_MUST_CHECK enum wb_status wb_roster_place(struct wb_roster_place *out,
    struct wb_span payload, struct wb_error *err);

/* Is it the next after `now`, whose statement id is `now_id`? */
bool wb_roster_place_follows(const struct wb_roster_place *place,
    const struct wb_roster *now, const struct wb_hash *now_id,
    const struct wb_hash *programme);

/*
 * Is `next` (decoded from `envelope`) version 1 of a programme, signed by its
 * own threshold?  The programme id is then envelope->id.  WB_FORGED,
 * WB_INVALID.
 */
WB_MUST_CHECK enum wb_status wb_roster_check_first(const struct wb_envelope
						       *envelope,
    const struct wb_roster *next, struct wb_error *err);

/*
 * Has a threshold of `now`'s roots signed the envelope?  Asked before its
 * payload is decoded, where strangers send rosters: that checks each key in
 * it, and costs fifty times as much.
 */
bool wb_roster_has_signed(const struct wb_roster *now,
    const struct wb_envelope *envelope);

/*
 * Does `next` follow `now`, whose statement id is `now_id`, in `programme`?
 * Version + 1, previous, signatures by the thresholds of both; a revoked key
 * never returns.  WB_FORGED: signatures; WB_INVALID: another rule.
 */
WB_MUST_CHECK enum wb_status wb_roster_check_step(const struct wb_roster *now,
    const struct wb_hash *now_id, const struct wb_hash *programme,
    const struct wb_envelope *envelope, const struct wb_roster *next,
    struct wb_error *err);

/*
 * A revoked key never returns, even after versions that omit it: nothing that
 * `earlier` (any older version) revoked stands in `next` but as revoked.
 * wb_roster_check_step asks it of the version before; who holds more versions
 * asks it of each.  WB_INVALID.
 */
WB_MUST_CHECK enum wb_status wb_roster_check_revoked(const struct wb_roster
							 *earlier,
    const struct wb_roster *next, struct wb_error *err);

/* NULL: not in this version. */
const struct wb_member *wb_roster_find(const struct wb_roster *roster,
    const struct wb_key *key);
const struct wb_member *wb_roster_find_label(const struct wb_roster *roster,
    struct wb_span label);
bool wb_member_is(const struct wb_member *m, enum wb_role role);
/* NULL-safe: in the roster, active, and of this role. */
bool wb_member_may(const struct wb_member *m, enum wb_role role);

/* The log that its policy names.  WB_INVALID, WB_NEWER: wb_policy_parse. */
WB_MUST_CHECK enum wb_status wb_roster_log(struct wb_vkey *out,
    const struct wb_roster *roster, struct wb_error *err);

#endif
