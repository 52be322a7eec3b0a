/*
 * How much each member asks: a bucket a key, that fills with time.  A bucket
 * is looked into before a signature is checked and emptied only after, so
 * that nobody can use up what is another's.  Any thread may call.
 */
#ifndef WB_SERVER_RATE_H
#define WB_SERVER_RATE_H

#include <stdbool.h>
#include <stdint.h>

#include "crypto/sign.h"

#define WB_RATE_KEYS 1024 /* remembered: twice the members of a roster */

struct wb_rate;

/* `per_minute` 0: no bound.  WB_NO_MEMORY. */
WB_MUST_CHECK enum wb_status wb_rate_new(struct wb_rate **out,
    uint32_t per_minute, struct wb_error *err);
void wb_rate_free(struct wb_rate **rate);

/* May `key` ask once more at `ms` (monotonic milliseconds)? */
bool wb_rate_has(struct wb_rate *rate, const struct wb_key *key, int64_t ms);

/* It did. */
void wb_rate_take(struct wb_rate *rate, const struct wb_key *key, int64_t ms);

#endif
