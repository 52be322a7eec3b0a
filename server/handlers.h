/* One function an address: from a request that was let in to an answer. */
#ifndef WB_SERVER_HANDLERS_H
#define WB_SERVER_HANDLERS_H

#include "base/httpd.h"
#include "server/feed.h"

/* A request on its way through; lives in the request's tag. */
struct wb_call {
	const struct wb_route *route; /* NULL: none fitted */
	struct wb_core *core;
	struct wb_request *request;
	struct wb_reader reader; /* roles 0: not a member, or not asked */
	struct wb_span rest; /* of the path, where the pattern has a star */
	const char *type; /* Content-Type; static; NULL: bytes of ours */
	const char *cache; /* Cache-Control; static; NULL: no-store */
};

/* Each appends the body of a 200 to `out`. */
WB_MUST_CHECK enum wb_status wb_get_checkpoint(struct wb_call *call,
    struct wb_bytes *out, struct wb_error *err);
WB_MUST_CHECK enum wb_status wb_get_witnessed(struct wb_call *call,
    struct wb_bytes *out, struct wb_error *err);
WB_MUST_CHECK enum wb_status wb_get_tile(struct wb_call *call,
    struct wb_bytes *out, struct wb_error *err);
WB_MUST_CHECK enum wb_status wb_get_entries_tile(struct wb_call *call,
    struct wb_bytes *out, struct wb_error *err);
WB_MUST_CHECK enum wb_status wb_get_rosters(struct wb_call *call,
    struct wb_bytes *out, struct wb_error *err);
WB_MUST_CHECK enum wb_status wb_get_feed(struct wb_call *call,
    struct wb_bytes *out, struct wb_error *err);
WB_MUST_CHECK enum wb_status wb_get_content(struct wb_call *call,
    struct wb_bytes *out, struct wb_error *err);
WB_MUST_CHECK enum wb_status wb_get_annexes(struct wb_call *call,
    struct wb_bytes *out, struct wb_error *err);
WB_MUST_CHECK enum wb_status wb_post_annexes(struct wb_call *call,
    struct wb_bytes *out, struct wb_error *err);
WB_MUST_CHECK enum wb_status wb_get_enrolment(struct wb_call *call,
    struct wb_bytes *out, struct wb_error *err);
WB_MUST_CHECK enum wb_status wb_get_enrolments(struct wb_call *call,
    struct wb_bytes *out, struct wb_error *err);
WB_MUST_CHECK enum wb_status wb_post_enrolments(struct wb_call *call,
    struct wb_bytes *out, struct wb_error *err);

/*
 * POST /v1/entries answers by itself, later, from a thread of the core's.
 * On another status than WB_OK the caller answers.
 */
WB_MUST_CHECK enum wb_status wb_post_entries(struct wb_call *call,
    struct wb_error *err);

/* Answers with the error: its status, id and words made fit for HTTP. */
void wb_answer_error(struct wb_request *r, const struct wb_error *err);

#endif
