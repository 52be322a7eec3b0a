/* What an HTTP answer means to a client; for client/remote*.c alone. */
#ifndef WB_CLIENT_REMOTE_ANSWER_H
#define WB_CLIENT_REMOTE_ANSWER_H

#include <curl/curl.h>

#include "base/bytes.h"
#include "base/error.h"

struct wb_answered {
	CURLcode code;
	long status; /* HTTP's */
	bool too_large; /* more than was asked for */
	struct wb_span body;
};

/*
 * The statuses of wb_remote_get.  A 429 or 503 is WB_OFFLINE with the id
 * "server-busy": the caller may try again.
 */
WB_MUST_CHECK enum wb_status wb_answer_judge(const struct wb_answered *answer,
    struct wb_error *err);

#endif
