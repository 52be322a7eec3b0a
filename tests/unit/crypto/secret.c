#include "crypto/secret.h"

#include <sys/wait.h>

#include <stdio.h>
#include <unistd.h>

#include "tests/unit/check.h"

static void
new_secrets_are_zero(void **state)
{
	struct wb_error err = { 0 };
	struct wb_secret *s = NULL;

	(void)state;
	assert_ok(wb_secret_new(&s, 40, &err), &err);
	assert_int_equal(wb_secret_span(s).len, 40);
	for (size_t i = 0; i < 40; i++)
		assert_int_equal(wb_secret_data(s)[i], 0);
	wb_secret_free(&s);
	assert_null(s);
	wb_secret_free(&s);
	wb_secret_free(NULL);
}

static void
sizes_are_bounded(void **state)
{
	struct wb_error err = { 0 };
	struct wb_secret *s = NULL;

	(void)state;
	assert_status(WB_INVALID, wb_secret_new(&s, 0, &err), &err);
	assert_null(s);
	assert_status(WB_INVALID, wb_secret_new(&s, WB_MAX_SECRET + 1, &err),
	    &err);
	assert_null(s);
	assert_ok(wb_secret_new(&s, WB_MAX_SECRET, &err), &err);
	wb_secret_free(&s);
}

static void
copies_stand_alone(void **state)
{
	struct wb_error err = { 0 };
	uint8_t original[] = "the spring behind the school";
	struct wb_secret *s = NULL;

	(void)state;
	assert_ok(wb_secret_copy(&s, wb_span(original, sizeof original), &err),
	    &err);
	assert_true(
	    wb_equal(wb_secret_span(s), wb_span(original, sizeof original)));
	wb_wipe(original, sizeof original);
	assert_false(
	    wb_equal(wb_secret_span(s), wb_span(original, sizeof original)));
	wb_secret_free(&s);
}

static void
random_secrets_come_from_the_generator(void **state)
{
	uint64_t seed = 7, again = 7;
	struct wb_error err = { 0 };
	struct wb_secret *s = NULL;
	uint8_t want[32];

	(void)state;
	assert_ok(wb_secret_random(&s, sizeof want, check_random(&seed), &err),
	    &err);
	wb_random_fill(check_random(&again), want, sizeof want);
	assert_memory_equal(wb_secret_data(s), want, sizeof want);
	wb_secret_free(&s);
}

static void
comparison_needs_equal_lengths(void **state)
{
	(void)state;
	assert_true(wb_equal(wb_span(NULL, 0), wb_span(NULL, 0)));
	assert_true(wb_equal(wb_span_text("ab"), wb_span_text("ab")));
	assert_false(wb_equal(wb_span_text("ab"), wb_span_text("abc")));
	assert_false(wb_equal(wb_span_text("ab"), wb_span_text("aB")));
}

/* A child that reads behind a secret must not live to report success. */
static void
reading_past_the_end_kills_the_process(void **state)
{
	struct wb_error err = { 0 };
	struct wb_secret *s = NULL;
	int status = 0;
	pid_t child;

	(void)state;
	assert_ok(wb_secret_new(&s, 64, &err), &err);
	child = fork();
	assert_true(child >= 0);
	if (child == 0) {
		volatile const uint8_t *past = wb_secret_data(s) + 64;

		if (freopen("/dev/null", "w", stderr) == NULL)
			_exit(0);
		(void)*past;
		_exit(0);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_false(WIFEXITED(status) && WEXITSTATUS(status) == 0);
	wb_secret_free(&s);
}

static int
start(void **state)
{
	(void)state;
	return wb_crypto_start(NULL) == WB_OK ? 0 : -1;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(new_secrets_are_zero),
		cmocka_unit_test(sizes_are_bounded),
		cmocka_unit_test(copies_stand_alone),
		cmocka_unit_test(random_secrets_come_from_the_generator),
		cmocka_unit_test(comparison_needs_equal_lengths),
		cmocka_unit_test(reading_past_the_end_kills_the_process),
	};

	return cmocka_run_group_tests(tests, start, NULL);
}
