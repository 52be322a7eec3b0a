/*
 * The heads that witnesses were shown, and what cosignatures each has: until
 * the policy's quorum is met, which the newest such note is kept for.  In
 * memory, one caller at a time; what is worth keeping goes to the store.
 */
#ifndef WB_SERVER_COSIGNED_H
#define WB_SERVER_COSIGNED_H

#include "crypto/policy.h"
#include "server/store.h"

/* One for each witness that is being asked, and some that all can share. */
#define WB_COSIGNED_HEADS (WB_MAX_WITNESSES + 8)

struct wb_cosigned_head {
	uint64_t size; /* 0: free */
	struct wb_bytes note; /* as the log signed it */
	struct wb_bytes lines; /* the witnesses' */
	uint32_t asked; /* witnesses that were shown it, a bit each */
	uint32_t flying; /* of these, not yet answered */
	uint32_t signed_by; /* of these, cosigned */
};

/* Members are private but for policy, witnessed and note. */
struct wb_cosigned {
	struct wb_policy policy;
	struct wb_cosigned_head heads[WB_COSIGNED_HEADS];
	struct wb_store_cosignature newest[WB_MAX_WITNESSES]; /* size 0: none */
	struct wb_bytes newest_lines[WB_MAX_WITNESSES];
	uint64_t witnessed; /* size of the newest that met the quorum; 0 */
	struct wb_bytes note; /* that note, cosignatures and all */
};

/* Zero before the first use.  Begins anew under a policy. */
void wb_cosigned_reset(struct wb_cosigned *c, const struct wb_policy *policy);
void wb_cosigned_clear(struct wb_cosigned *c);

/*
 * What the store has kept, as far as it is good under the policy.  `note` is
 * the log's newest, of `size`.
 */
WB_MUST_CHECK enum wb_status wb_cosigned_recall(struct wb_cosigned *c,
    const struct wb_store_witnessed *kept, uint64_t size, struct wb_span note,
    struct wb_error *err);

/*
 * Which head to show witness `i`, that has seen `known`: one that most others
 * were shown already, so that a quorum comes together while heads go by; else
 * the newest, of `size`.
 */
WB_MUST_CHECK enum wb_status wb_cosigned_ask(struct wb_cosigned_head **out,
    struct wb_cosigned *c, size_t i, uint64_t known, uint64_t size,
    struct wb_span note, struct wb_error *err);

/* It answered: with a cosignature, or (`line` empty) with none. */
WB_MUST_CHECK enum wb_status wb_cosigned_answer(struct wb_cosigned *c,
    struct wb_cosigned_head *head, size_t i, struct wb_span line,
    struct wb_error *err);

bool wb_cosigned_has(const struct wb_cosigned *c, size_t i, uint64_t size);

/* Appends all cosignatures there are for exactly that head. */
WB_MUST_CHECK enum wb_status wb_cosigned_lines(struct wb_bytes *out,
    const struct wb_cosigned *c, uint64_t size, struct wb_error *err);

/* What the store should keep; views. */
void wb_cosigned_kept(struct wb_store_witnessed *out,
    struct wb_store_cosignature room[WB_MAX_WITNESSES],
    const struct wb_cosigned *c);

#endif
