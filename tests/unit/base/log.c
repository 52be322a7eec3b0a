#include "base/log.h"

#include <unistd.h>

#include "tests/unit/check.h"

static int64_t
fixed_now(void *ctx)
{
	(void)ctx;
	return 1772356320;
}

struct fixture {
	int ends[2];
	struct wb_log log;
	char got[2 * WB_MAX_LOG_LINE];
};

static int
set_up(void **state)
{
	static struct fixture f;

	f = (struct fixture){ 0 };
	assert_int_equal(pipe(f.ends), 0);
	f.log.fd = f.ends[1];
	f.log.most = WB_LOG_INFO;
	f.log.clock = (struct wb_clock){ .now = fixed_now };
	*state = &f;
	return 0;
}

static int
tear_down(void **state)
{
	struct fixture *f = *state;

	(void)close(f->ends[0]);
	return 0;
}

/* Ends the log and gives all that was written. */
static const char *
written(struct fixture *f)
{
	ssize_t n;

	assert_int_equal(close(f->ends[1]), 0);
	n = read(f->ends[0], f->got, sizeof f->got - 1);
	assert_true(n >= 0);
	f->got[n] = '\0';
	return f->got;
}

static void
writes_time_level_and_message(void **state)
{
	struct fixture *f = *state;

	wb_log_write(&f->log, WB_LOG_ERROR, "no %s", "space");
	wb_log_write(&f->log, WB_LOG_WARNING, "%d", 7);
	wb_log_write(&f->log, WB_LOG_INFO, "ready");
	assert_string_equal(written(f), "2026-03-01T09:12:00Z error no space\n"
					"2026-03-01T09:12:00Z warning 7\n"
					"2026-03-01T09:12:00Z info ready\n");
}

static void
keeps_quiet_below_its_level(void **state)
{
	struct fixture *f = *state;

	wb_log_write(NULL, WB_LOG_ERROR, "nobody");
	wb_log_write(&f->log, WB_LOG_DEBUG, "detail");
	assert_string_equal(written(f), "");
}

static void
tells_details_when_asked(void **state)
{
	struct fixture *f = *state;

	f->log.most = WB_LOG_DEBUG;
	wb_log_write(&f->log, WB_LOG_DEBUG, "detail");
	assert_string_equal(written(f), "2026-03-01T09:12:00Z debug detail\n");
}

/* There is nobody to tell of it. */
static void
goes_on_when_a_line_cannot_be_written(void **state)
{
	struct fixture *f = *state;
	int end = f->log.fd;

	f->log.fd = -1;
	wb_log_write(&f->log, WB_LOG_ERROR, "lost");
	f->log.fd = end;
	wb_log_write(&f->log, WB_LOG_ERROR, "kept");
	assert_string_equal(written(f), "2026-03-01T09:12:00Z error kept\n");
}

static void
lets_nobody_forge_a_line_or_steer_a_terminal(void **state)
{
	struct fixture *f = *state;

	wb_log_write(&f->log, WB_LOG_INFO, "%s",
	    "a\nb\r\x1b[2J\x7f \xc2\x9b \xe2\x80\xae \xff 쌀");
	assert_string_equal(written(f),
	    "2026-03-01T09:12:00Z info a?b??[2J? ? ? ? 쌀\n");
}

static void
cuts_long_lines_and_ends_them(void **state)
{
	struct fixture *f = *state;
	char text[3000];
	const char *got;

	memset(text, 'x', sizeof text - 1);
	text[sizeof text - 1] = '\0';
	wb_log_write(&f->log, WB_LOG_WARNING, "%s", text);
	got = written(f);
	assert_true(strlen(got) > 900 && strlen(got) <= WB_MAX_LOG_LINE);
	assert_null(strchr(got, '?')); /* nothing but the text */
	assert_ptr_equal(strchr(got, '\n'), got + strlen(got) - 1);
}

int
main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		T(writes_time_level_and_message),
		T(keeps_quiet_below_its_level),
		T(tells_details_when_asked),
		T(goes_on_when_a_line_cannot_be_written),
		T(lets_nobody_forge_a_line_or_steer_a_terminal),
		T(cuts_long_lines_and_ends_them),
	};
#undef T

	return cmocka_run_group_tests(tests, NULL, NULL);
}
