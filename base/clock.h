/*
 * Time as a value that is handed in, so that tests and simulations own it; and
 * calendar days, held as days since 1970-01-01.  Knows the Gregorian calendar
 * and ISO 8601, no locale.
 */
#ifndef WB_BASE_CLOCK_H
#define WB_BASE_CLOCK_H

#include "base/bytes.h"
#include "base/error.h"

#define WB_DAY_MAX UINT32_C(84005) /* 2199-12-31 */
#define WB_DAY_TEXT 16 /* any day, week or month, and a NUL */
#define WB_TIME_TEXT 21 /* "2026-03-01T09:12:00Z" and a NUL */

struct wb_clock {
	int64_t (*now)(void *ctx); /* Unix seconds */
	int64_t (*ms)(
	    void *ctx); /* monotonic; only differences mean anything */
	/* Seconds east of UTC where the user is, at that Unix second. */
	int32_t (*offset)(void *ctx, int64_t at);
	void *ctx;
};

struct wb_clock wb_clock_system(void);

int64_t wb_clock_now(struct wb_clock clock);
int64_t wb_clock_ms(struct wb_clock clock);
/* The calendar day where the user is: what a delivery of today is dated. */
uint32_t wb_clock_today(struct wb_clock clock);

/*
 * RFC 3339 in UTC: "2026-03-01T09:12:00Z".  Times before 1970 or after 9999 are
 * written as the nearest within.  Returns `out`.
 */
const char *wb_time_format(char out[WB_TIME_TEXT], int64_t at);

/*
 * Reads "2026-03-01": a real day from 1970-01-01 to 2199-12-31, exactly ten
 * characters.  `*out` is written only on WB_OK.  WB_INVALID.
 */
WB_MUST_CHECK enum wb_status wb_day_parse(uint32_t *out, struct wb_span text,
    struct wb_error *err);

/* Each is total and returns `out`. */
const char *wb_day_format(char out[WB_DAY_TEXT], uint32_t day);
const char *wb_day_week(char out[WB_DAY_TEXT], uint32_t day); /* "2026-W09" */
const char *wb_day_month(char out[WB_DAY_TEXT], uint32_t day); /* "2026-03" */

#endif
