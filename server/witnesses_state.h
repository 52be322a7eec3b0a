/* What the two halves of server/witnesses share; for witnesses*.c only. */
#ifndef WB_SERVER_WITNESSES_STATE_H
#define WB_SERVER_WITNESSES_STATE_H

#include "base/fetch.h"
#include "server/core_state.h"
#include "server/cosigned.h"

#define WB_MAX_WITNESS_HEADER 1024 /* bytes */

#define WB_WITNESS_LOCAL_HINT \
	" (if it is meant to be there: witness_local = yes)"

enum wb_witnesses_gate {
	WB_WITNESSES_AWAITED, /* for a quorum, at the start */
	WB_WITNESSES_AGREE,
	WB_WITNESSES_OBJECT /* the log is behind or beside what was witnessed */
};

/* One witness of the policy. */
struct wb_witness {
	struct wb_target target;
	bool can_be_asked; /* it has an address that can be used */
	struct wb_fetch *fetch;
	struct wb_bytes body; /* of the request under way */
	struct wb_cosigned_head *head; /* asked for; NULL: nothing */
	uint64_t old; /* what we said that it has seen */
	uint64_t known; /* what it has seen, as far as it told */
	const char *objection; /* asked to show it; NULL: it has none */
	uint64_t claim; /* entries that it objects with */
	bool doubts; /* objected last, and could not show why */
	bool sound; /* has cosigned a head of ours in this run */
	bool tried; /* has answered or failed once */
	unsigned fails; /* in a row */
	unsigned conflicts; /* in a row */
	int64_t due; /* not to be asked before */
	const char *trouble; /* logged last; NULL: none */
};

struct wb_witnesses {
	struct wb_core *core;
	struct wb_fetcher *fetcher;
	char header[WB_MAX_WITNESS_HEADER]; /* Waybill-Log */
	uint64_t version; /* of the roster whose policy this is */
	struct wb_witness each[WB_MAX_WITNESSES];
	int64_t started;
	bool agreed; /* a quorum has; the gate may still wait for objections */
	int64_t held_until; /* by those, then, at most */
	int64_t saved;
	bool unsaved;
	pthread_t thread;
	bool has_thread;
	atomic_bool stop;
	atomic_int gate; /* enum wb_witnesses_gate */
	pthread_mutex_t lock; /* of all below; only the thread writes it */
	pthread_cond_t news; /* gate or `settled` changed */
	struct wb_cosigned cosigned;
	bool settled; /* every witness was tried */
	size_t sound; /* witnesses that have cosigned in this run */
	struct wb_error why; /* of objecting */
};

/* Its answer is awaited. */
bool wb_witness_is_asked(const struct wb_witness *x);

/* Shows witness `i` a head, unless it is busy, put off, or has it. */
void wb_witness_show(struct wb_witnesses *w, size_t i);

/* Takes its answer, once its request is finished. */
void wb_witness_hear(struct wb_witnesses *w, size_t i);

/* It does not cosign: says why, once, and leaves it alone for a while. */
void wb_witness_complain(struct wb_witnesses *w, size_t i, const char *trouble);

void wb_witnesses_set(struct wb_witnesses *w, enum wb_witnesses_gate gate);

#endif
