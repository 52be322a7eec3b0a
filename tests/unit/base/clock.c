#include "base/clock.h"

#include <stdio.h>
#include <time.h>

#include "tests/unit/check.h"

#define COUNT(a) (sizeof(a) / sizeof(a)[0])

static void
parses_only_real_days(void **state)
{
	static const struct {
		const char *text;
		enum wb_status want;
		uint32_t day;
	} rows[] = {
		{ "1970-01-01", WB_OK, 0 },
		{ "1970-12-31", WB_OK, 364 },
		{ "2000-02-29", WB_OK, 11016 },
		{ "2026-03-01", WB_OK, 20513 },
		{ "2199-12-31", WB_OK, WB_DAY_MAX },
		{ "1969-12-31", WB_INVALID, 0 },
		{ "2200-01-01", WB_INVALID, 0 },
		{ "2100-02-29", WB_INVALID, 0 },
		{ "2026-02-29", WB_INVALID, 0 },
		{ "2026-04-31", WB_INVALID, 0 },
		{ "2026-00-10", WB_INVALID, 0 },
		{ "2026-13-01", WB_INVALID, 0 },
		{ "2026-01-00", WB_INVALID, 0 },
		{ "2026-1-01", WB_INVALID, 0 },
		{ "2026-01-1", WB_INVALID, 0 },
		{ "2026-01-01 ", WB_INVALID, 0 },
		{ "2026/01/01", WB_INVALID, 0 },
		{ "2026-01/01", WB_INVALID, 0 },
		{ "01-01-2026", WB_INVALID, 0 },
		{ "2026-01-1x", WB_INVALID, 0 },
		{ "+026-01-01", WB_INVALID, 0 },
		{ "20260101", WB_INVALID, 0 },
		{ "", WB_INVALID, 0 },
	};
	struct wb_error err = { 0 };

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		uint32_t day = 4711;

		assert_status(rows[i].want,
		    wb_day_parse(&day, wb_span_text(rows[i].text), &err), &err);
		assert_int_equal(day,
		    rows[i].want == WB_OK ? rows[i].day : 4711);
	}
}

static void
agrees_with_the_system_on_every_day(void **state)
{
	char want[WB_DAY_TEXT];
	char got[WB_DAY_TEXT];
	struct tm tm;
	uint32_t back;
	time_t t;

	(void)state;
	for (uint32_t day = 0; day <= WB_DAY_MAX; day++) {
		t = (time_t)day * 86400;
		assert_non_null(gmtime_r(&t, &tm));
		assert_true(strftime(want, sizeof want, "%Y-%m-%d", &tm) > 0);
		assert_string_equal(wb_day_format(got, day), want);
		assert_int_equal(wb_day_parse(&back, wb_span_text(got), NULL),
		    WB_OK);
		assert_int_equal(back, day);
		assert_true(strftime(want, sizeof want, "%G-W%V", &tm) > 0);
		assert_string_equal(wb_day_week(got, day), want);
		assert_true(strftime(want, sizeof want, "%Y-%m", &tm) > 0);
		assert_string_equal(wb_day_month(got, day), want);
	}
}

static void
formats_any_day_without_overflow(void **state)
{
	char out[WB_DAY_TEXT];

	(void)state;
	assert_string_equal(wb_day_format(out, UINT32_MAX), "11761191-01-20");
	assert_string_equal(wb_day_month(out, UINT32_MAX), "11761191-01");
	assert_true(strlen(wb_day_week(out, UINT32_MAX)) < WB_DAY_TEXT);
}

static void
a_time_past_all_calendars_is_in_utc(void **state)
{
	struct wb_clock clock = wb_clock_system();

	(void)state;
	assert_int_equal(clock.offset(clock.ctx, INT64_MAX), 0);
}

static void
formats_times_in_utc(void **state)
{
	static const struct {
		int64_t at;
		const char *text;
	} rows[] = {
		{ 0, "1970-01-01T00:00:00Z" },
		{ 1772356320, "2026-03-01T09:12:00Z" },
		{ 86399, "1970-01-01T23:59:59Z" },
		{ -1, "1970-01-01T00:00:00Z" },
		{ INT64_MAX, "9999-12-31T23:59:59Z" },
	};
	char out[WB_TIME_TEXT];

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++)
		assert_string_equal(wb_time_format(out, rows[i].at),
		    rows[i].text);
}

struct fixed {
	int64_t now;
	int32_t offset;
};

static int64_t
fixed_now(void *ctx)
{
	return ((struct fixed *)ctx)->now;
}

static int32_t
fixed_offset(void *ctx, int64_t at)
{
	(void)at;
	return ((struct fixed *)ctx)->offset;
}

static void
today_is_the_day_where_the_user_is(void **state)
{
	static const struct {
		int64_t now;
		int32_t offset;
		uint32_t day;
	} rows[] = {
		{ 0, 0, 0 },
		{ 86400 - 1, 0, 0 },
		{ 86400 - 20700, 20700, 1 }, /* midnight in Kathmandu */
		{ 86400 - 20701, 20700, 0 },
		{ 86400, -3600, 0 },
		{ 0, -3600, 0 },
		{ INT64_MAX, 0, WB_DAY_MAX },
		{ INT64_MIN, 0, 0 },
	};
	struct fixed fixed;
	struct wb_clock clock = { fixed_now, fixed_now, fixed_offset, &fixed };

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		fixed = (struct fixed){ rows[i].now, rows[i].offset };
		assert_int_equal(wb_clock_today(clock), rows[i].day);
	}
}

static void
the_systems_clock_goes_forward(void **state)
{
	struct wb_clock clock = wb_clock_system();
	int64_t ms = wb_clock_ms(clock);

	(void)state;
	assert_true(wb_clock_ms(clock) >= ms);
	assert_true(wb_clock_now(clock) > 1700000000);
	assert_true(wb_clock_today(clock) > 19000);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(parses_only_real_days),
		cmocka_unit_test(agrees_with_the_system_on_every_day),
		cmocka_unit_test(formats_any_day_without_overflow),
		cmocka_unit_test(a_time_past_all_calendars_is_in_utc),
		cmocka_unit_test(formats_times_in_utc),
		cmocka_unit_test(today_is_the_day_where_the_user_is),
		cmocka_unit_test(the_systems_clock_goes_forward),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
