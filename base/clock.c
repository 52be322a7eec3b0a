#include "base/clock.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#define DAY_SECONDS INT64_C(86400)
#define TIME_MAX INT64_C(253402300799) /* 9999-12-31T23:59:59Z */
#define DAYS_400_YEARS 146097

struct date {
	uint32_t year;
	unsigned month; /* 1 to 12 */
	unsigned day; /* 1 to 31 */
};

static int64_t
system_now(void *ctx)
{
	(void)ctx;
	return (int64_t)time(NULL);
}

static int64_t
system_ms(void *ctx)
{
	struct timespec ts = { 0 };

	(void)ctx;
	(void)clock_gettime(CLOCK_MONOTONIC, &ts);
	return (int64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

static int32_t
system_offset(void *ctx, int64_t at)
{
	time_t t = (time_t)at;
	struct tm tm;

	(void)ctx;
	return localtime_r(&t, &tm) == NULL ? 0 : (int32_t)tm.tm_gmtoff;
}

struct wb_clock
wb_clock_system(void)
{
	return (struct wb_clock){ system_now, system_ms, system_offset, NULL };
}

int64_t
wb_clock_now(struct wb_clock clock)
{
	return clock.now(clock.ctx);
}

int64_t
wb_clock_ms(struct wb_clock clock)
{
	return clock.ms(clock.ctx);
}

static int64_t
clamp(int64_t v, int64_t max)
{
	return v < 0 ? 0 : v > max ? max : v;
}

uint32_t
wb_clock_today(struct wb_clock clock)
{
	int64_t now = clamp(clock.now(clock.ctx), TIME_MAX);

	now += clock.offset(clock.ctx, now);
	return (uint32_t)clamp(now / DAY_SECONDS, WB_DAY_MAX);
}

static bool
is_leap(uint32_t year)
{
	return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
}

static unsigned
month_days(uint32_t year, unsigned month)
{
	static const uint8_t days[] = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31,
		30, 31 };

	return month == 2 && is_leap(year) ? 29U : days[month - 1];
}

/* Days from 1 January of year 1 to 1 January of `year`. */
static int64_t
days_before_year(uint32_t year)
{
	int64_t y = (int64_t)year - 1;

	return y * 365 + y / 4 - y / 100 + y / 400;
}

static struct date
date_of(uint32_t day)
{
	int64_t since_year_1 = days_before_year(1970) + day;
	/* Up to two years early, never late. */
	struct date d = { (uint32_t)(since_year_1 * 400 / DAYS_400_YEARS), 1,
		1 };
	int64_t rest;

	while (days_before_year(d.year + 1) <= since_year_1)
		d.year++;
	rest = since_year_1 - days_before_year(d.year);
	for (; rest >= month_days(d.year, d.month); d.month++)
		rest -= month_days(d.year, d.month);
	d.day += (unsigned)rest;
	return d;
}

static uint32_t
day_of(struct date d)
{
	int64_t n = days_before_year(d.year) - days_before_year(1970);

	for (unsigned m = 1; m < d.month; m++)
		n += month_days(d.year, m);
	return (uint32_t)(n + d.day - 1);
}

/* The number in `len` digits, or UINT32_MAX. */
static uint32_t
number(const uint8_t *at, size_t len)
{
	uint32_t v = 0;

	for (size_t i = 0; i < len; i++) {
		if (at[i] < '0' || at[i] > '9')
			return UINT32_MAX;
		v = v * 10 + at[i] - '0';
	}
	return v;
}

enum wb_status
wb_day_parse(uint32_t *out, struct wb_span text, struct wb_error *err)
{
	struct date d;

	if (text.len != 10 || text.data[4] != '-' || text.data[7] != '-')
		return wb_fail(err, WB_INVALID,
		    "a date must be written like 2026-03-01");
	d.year = number(text.data, 4);
	d.month = number(text.data + 5, 2);
	d.day = number(text.data + 8, 2);
	if (d.year < 1970 || d.year > 2199 || d.month < 1 || d.month > 12 ||
	    d.day < 1 || d.day > month_days(d.year, d.month))
		return wb_fail(err, WB_INVALID,
		    "there is no such day between 1970-01-01 and 2199-12-31");
	*out = day_of(d);
	return WB_OK;
}

const char *
wb_day_format(char out[WB_DAY_TEXT], uint32_t day)
{
	struct date d = date_of(day);

	(void)snprintf(out, WB_DAY_TEXT, "%04" PRIu32 "-%02u-%02u", d.year,
	    d.month % 100, d.day % 100);
	return out;
}

const char *
wb_day_month(char out[WB_DAY_TEXT], uint32_t day)
{
	struct date d = date_of(day);

	(void)snprintf(out, WB_DAY_TEXT, "%04" PRIu32 "-%02u", d.year,
	    d.month % 100);
	return out;
}

/* A week belongs to the year that its Thursday is in (ISO 8601). */
const char *
wb_day_week(char out[WB_DAY_TEXT], uint32_t day)
{
	/*
	 * 1970-01-01 was a Thursday; Monday counts 0.  The last day of all is a
	 * Sunday, so no week's Thursday is past it.
	 */
	int64_t weekday = ((int64_t)day + 3) % 7;
	int64_t thursday = (int64_t)day - weekday + 3;
	uint32_t year;
	int64_t first;

	year = date_of((uint32_t)thursday).year;
	first = days_before_year(year) - days_before_year(1970);
	(void)snprintf(out, WB_DAY_TEXT, "%04" PRIu32 "-W%02u", year,
	    (unsigned)((thursday - first) / 7 + 1) % 100);
	return out;
}

const char *
wb_time_format(char out[WB_TIME_TEXT], int64_t at)
{
	char day[WB_DAY_TEXT];
	unsigned s;

	at = clamp(at, TIME_MAX);
	s = (unsigned)(at % DAY_SECONDS);
	(void)wb_day_format(day, (uint32_t)(at / DAY_SECONDS));
	(void)snprintf(out, WB_TIME_TEXT, "%.10sT%02u:%02u:%02uZ", day,
	    s / 3600 % 24, s / 60 % 60, s % 60);
	return out;
}
