/*
 * Which log and which witnesses are trusted (c2sp.org/tlog-policy), and
 * whether a checkpoint has the cosignatures that a policy asks for.  Exactly
 * one log; at most WB_MAX_WITNESSES witnesses.  Asks nobody: that is for
 * server/witnesses.
 */
#ifndef WB_CRYPTO_POLICY_H
#define WB_CRYPTO_POLICY_H

#include "crypto/note.h"

#define WB_MAX_POLICY 8192 /* bytes of text */
#define WB_MAX_WITNESSES 32
#define WB_MAX_POLICY_GROUPS 32
#define WB_MAX_POLICY_URL 500 /* bytes */
#define WB_MAX_POLICY_NAME 100 /* bytes, of a witness or group */

struct wb_policy_witness {
	char name[WB_MAX_POLICY_NAME + 1]; /* in this policy alone */
	struct wb_vkey vkey; /* WB_NOTE_COSIGNATURE */
	char url[WB_MAX_POLICY_URL + 1]; /* may be empty: it is not asked */
};

/* `needed` of its members, each a witness or a group named before. */
struct wb_policy_group {
	char name[WB_MAX_POLICY_NAME + 1];
	uint32_t needed; /* 1 to the number of members */
	uint32_t witnesses; /* a bit each, by index */
	uint32_t groups; /* a bit each, by index; all smaller than its own */
};

struct wb_policy {
	struct wb_vkey log; /* WB_NOTE_ED25519 */
	struct wb_policy_witness witnesses[WB_MAX_WITNESSES];
	size_t witness_count;
	struct wb_policy_group groups[WB_MAX_POLICY_GROUPS];
	size_t group_count;
	uint32_t quorum_witness; /* a bit, where the quorum is one witness */
	uint32_t quorum_group; /* a bit, where it is a group; both 0: none */
};

/*
 * Reads a policy.  WB_INVALID, with the number of the line: an unknown kind of
 * line, a name twice or not yet defined, a key twice, no log or several, no
 * quorum or several, a threshold that cannot be met.  WB_NEWER: a key of a
 * type not spoken.
 */
WB_MUST_CHECK enum wb_status wb_policy_parse(struct wb_policy *out,
    struct wb_span text, struct wb_error *err);

/* Does it ask for any witness at all? */
bool wb_policy_has_quorum(const struct wb_policy *policy);

/* Do these witnesses (a bit each, by index) make its quorum?  None: true. */
bool wb_policy_met(const struct wb_policy *policy, uint32_t witnesses);

/*
 * Whose valid cosignatures a note carries, a bit each.  A line that claims a
 * witness's key and is wrong counts as none.  The log's own signature is not
 * looked at: wb_checkpoint_open.
 */
uint32_t wb_policy_cosigned(const struct wb_policy *policy,
    const struct wb_note *note);

#endif
