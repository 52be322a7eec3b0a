/*
 * The rosters of the log: which programme this is, which version is in force,
 * and where in the log each version stands.  The rules themselves are in
 * proto/roster.  One thread adopts, and judges by what it adopted; all others
 * see what is committed and nothing else.
 */
#ifndef WB_SERVER_ROSTER_H
#define WB_SERVER_ROSTER_H

#include <pthread.h>

#include "crypto/note.h"
#include "proto/roster.h"
#include "server/ids.h"

struct wb_roster_version;

struct wb_rosters {
	struct wb_vkey log; /* this one: version 1 must name it */
	bool pinned; /* from the start, to `pin` */
	struct wb_hash pin;
	struct wb_roster_version *newest; /* the adopting thread's own */
	size_t count; /* versions, up to the newest */

	pthread_mutex_t lock; /* of all below */
	struct wb_roster_version *shown; /* committed; NULL: none yet */
	size_t shown_count;
	uint64_t *indexes; /* in the log, of version 1 and on */
	struct wb_key *ever; /* members of any version, each once */
	size_t ever_count, ever_room;
	struct wb_ids by_ever;
};

/* `programme` may be NULL: the first valid version 1 is taken. */
WB_MUST_CHECK enum wb_status wb_rosters_init(struct wb_rosters *r,
    const struct wb_vkey *log, const struct wb_hash *programme,
    struct wb_error *err);
void wb_rosters_clear(struct wb_rosters *r);

/* ---- for the adopting thread */

/*
 * What can be told of a version by its place alone, before it is decoded or
 * any signature checked: NULL, or the reason why it is refused.
 */
const char *wb_rosters_expect(const struct wb_rosters *r,
    const struct wb_envelope *envelope);

/* May this be the next version?  NULL: yes; otherwise the stable reason. */
const char *wb_rosters_judge(const struct wb_rosters *r,
    const struct wb_envelope *envelope, const struct wb_roster *next);

/*
 * Puts a version in force that was judged before, from its log index on: for
 * this thread at once, for all others when it is committed.
 */
WB_MUST_CHECK enum wb_status wb_rosters_adopt(struct wb_rosters *r,
    const struct wb_envelope *envelope, uint64_t index, struct wb_error *err);
void wb_rosters_committed(struct wb_rosters *r);
/* Takes back what was adopted since the last commit. */
void wb_rosters_abandon(struct wb_rosters *r);

/* The newest version adopted, and its programme.  NULL: none. */
const struct wb_roster *wb_rosters_newest(const struct wb_rosters *r);
const struct wb_hash *wb_rosters_programme(const struct wb_rosters *r);

/* NULL: not in the newest version. */
const struct wb_member *wb_rosters_find(const struct wb_rosters *r,
    const struct wb_key *key);

/* ---- for any thread: of what is committed */

/*
 * Was `key` ever a member, whatever became of it?  True while there is no
 * roster.  A version that was taken back still counts: too much here is
 * harmless, too little is not.
 */
bool wb_rosters_met(struct wb_rosters *r, const struct wb_key *key);

enum wb_vouching {
	WB_VOUCHED, /* a threshold of the roots in force signed it */
	WB_VOUCHED_BY_NOBODY, /* it follows, and they did not */
	WB_VOUCHED_ELSEWHERE /* it does not follow the version in force */
};

/*
 * Did roots sign what claims to be the next version?  Dear only where it
 * follows the one in force.  Without a roster the first is vouched for.
 */
enum wb_vouching wb_rosters_vouch(struct wb_rosters *r,
    const struct wb_envelope *envelope);

/* The bits of an active member's roles; 0: none such. */
unsigned wb_rosters_roles(struct wb_rosters *r, const struct wb_key *key);

struct wb_rosters_info {
	bool has_programme;
	struct wb_hash programme;
	uint64_t version; /* 0: none */
	uint64_t members; /* active */
};
void wb_rosters_info(struct wb_rosters_info *out, struct wb_rosters *r);

#define WB_MAX_NAMED (2 + WB_MAX_MEMBERS)

/* The hashes of annexes that the version in force names.  Returns how many. */
size_t wb_rosters_named(struct wb_hash out[WB_MAX_NAMED], struct wb_rosters *r);

/*
 * Appends the text of the policy in force, if the version in force is not
 * *version any more, and sets that.
 */
WB_MUST_CHECK enum wb_status wb_rosters_policy(struct wb_bytes *out,
    uint64_t *version, struct wb_rosters *r, struct wb_error *err);

/*
 * Up to `max` log indexes of rosters, ascending, from `from` on and below
 * `end`.  Returns how many.
 */
size_t wb_rosters_list(uint64_t *out, size_t max, struct wb_rosters *r,
    uint64_t from, uint64_t end);

#endif
