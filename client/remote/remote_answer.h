/* What an HTTP answer means to a client; for client/remote*.c alone. */
#ifndef WB_CLIENT_REMOTE_ANSWER_H
#define WB_CLIENT_REMOTE_ANSWER_H

#include "base/fetch.h"

/*
 * The statuses of wb_remote_get.  A 429 or 503 is WB_OFFLINE with the id
 * "server-busy": the caller may try again.
 */
WB_MUST_CHECK enum wb_status wb_answer_judge(const struct wb_fetched *answer,
    struct wb_error *err);

#endif
