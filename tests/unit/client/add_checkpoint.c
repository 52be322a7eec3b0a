#include "client/witness/add_checkpoint.h"

#include "tests/unit/client/witnesskit.h"

#define SIG "\n\n\xE2\x80\x94 example.org/aid AAAAAAAAAAAAAAAAAAAA\n"
#define ROOT "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="
#define GOOD "example.org/aid\n7\n" ROOT SIG

/* Each to a witness that cosigned 5 entries, of which it knows the log. */
static const struct {
	const char *why;
	struct asked asked;
	enum wb_witness_verdict want;
} requests[] = {
	{ "more entries", { .old = 5, .size = 7 }, WB_WITNESS_COSIGN },
	{ "the same again", { .old = 5, .size = 5 }, WB_WITNESS_COSIGN },
	{ "nothing", { .raw = "" }, WB_WITNESS_MALFORMED },
	{ "no old size", { .raw = "\n" GOOD }, WB_WITNESS_MALFORMED },
	{ "old of nothing", { .raw = "old \n\n" GOOD }, WB_WITNESS_MALFORMED },
	{ "an old size with a sign", { .raw = "old +5\n\n" GOOD },
	    WB_WITNESS_MALFORMED },
	{ "an old size with a zero before it", { .raw = "old 05\n\n" GOOD },
	    WB_WITNESS_MALFORMED },
	{ "two blanks after old", { .raw = "old  5\n\n" GOOD },
	    WB_WITNESS_MALFORMED },
	{ "another word than old", { .raw = "new 5\n\n" GOOD },
	    WB_WITNESS_MALFORMED },
	{ "a carriage return", { .raw = "old 5\r\n\r\n" GOOD },
	    WB_WITNESS_MALFORMED },
	{ "no empty line", { .raw = "old 5\n" GOOD }, WB_WITNESS_MALFORMED },
	{ "a proof that is no hash", { .raw = "old 5\nAAAA\n\n" GOOD },
	    WB_WITNESS_MALFORMED },
	{ "no checkpoint", { .raw = "old 5\n\n" }, WB_WITNESS_MALFORMED },
	{ "no blank line behind the text",
	    { .raw = "old 5\n\nexample.org/aid\n7\n" ROOT "\n" },
	    WB_WITNESS_MALFORMED },
	{ "a size that is none",
	    { .raw = "old 5\n\nexample.org/aid\n-7\n" ROOT SIG },
	    WB_WITNESS_MALFORMED },
	{ "the old size is the larger", { .old = 6, .size = 5 },
	    WB_WITNESS_MALFORMED },
	{ "another's signature", { .old = 5, .size = 7, .signer = KIT_OTHER },
	    WB_WITNESS_UNSIGNED },
	{ "no signature",
	    { .raw = "old 5\n\nexample.org/aid\n7\n" ROOT "\n\n" },
	    WB_WITNESS_UNSIGNED },
	{ "a signature that is no base64",
	    { .raw = "old 5\n\nexample.org/aid\n7\n" ROOT
		     "\n\n\xE2\x80\x94 example.org/aid AAAAAAAAAAAAAAA\n" },
	    WB_WITNESS_UNSIGNED },
	{ "a signature altered", { .old = 5, .size = 7, .bad_signature = true },
	    WB_WITNESS_UNSIGNED },
	{ "a bad signature and a bad old size",
	    { .old = 9, .size = 7, .bad_signature = true },
	    WB_WITNESS_UNSIGNED },
	{ "from the start", { .old = 0, .size = 7 }, WB_WITNESS_CONFLICT },
	{ "from before", { .old = 4, .size = 7 }, WB_WITNESS_CONFLICT },
	{ "back", { .old = 4, .size = 4 }, WB_WITNESS_CONFLICT },
	{ "from what it has not seen", { .old = 6, .size = 7 },
	    WB_WITNESS_CONFLICT },
	{ "from before, beside what it saw",
	    { .old = 4, .size = 7, .spoilt = 1 }, WB_WITNESS_CONFLICT },
	{ "no proof", { .old = 5, .size = 7, .no_proof = true },
	    WB_WITNESS_INCONSISTENT },
	{ "too long a proof", { .old = 5, .size = 7, .extra_proof = true },
	    WB_WITNESS_INCONSISTENT },
	{ "a proof of the same size",
	    { .old = 5, .size = 5, .extra_proof = true },
	    WB_WITNESS_INCONSISTENT },
	{ "another root", { .old = 5, .size = 7, .wrong_root = true },
	    WB_WITNESS_INCONSISTENT },
	{ "another root of the same size",
	    { .old = 5, .size = 5, .wrong_root = true },
	    WB_WITNESS_INCONSISTENT },
	{ "another history, with its proof",
	    { .old = 5, .size = 7, .spoilt = 1 }, WB_WITNESS_INCONSISTENT },
};

/* By a witness that knows the one log, and cosigned `latest` of it. */
static enum wb_witness_verdict
judge(struct witness_kit *k, const struct asked *asked, uint64_t latest)
{
	enum wb_witness_verdict verdict = WB_WITNESS_MALFORMED;
	struct wb_add_checkpoint request;
	struct wb_error why = { 0 };
	struct wb_bytes body;
	struct wb_head head;

	kit_head(&head, k, latest);
	kit_body(&body, k, asked);
	if (wb_add_checkpoint_parse(&request, wb_bytes_span(&body), &why) ==
	    WB_OK)
		verdict = wb_add_checkpoint_judge(&request, &k->vkeys[KIT_LOG],
		    &head, &why);
	assert_int_equal(why.text[0] == '\0', verdict == WB_WITNESS_COSIGN);
	wb_bytes_clear(&body);
	return verdict;
}

static void
each_request_gets_the_status_that_c2sp_says(void **state)
{
	for (size_t i = 0; i < sizeof requests / sizeof requests[0]; i++) {
		enum wb_witness_verdict got = judge(*state, &requests[i].asked,
		    5);

		if (got != requests[i].want)
			fail_msg("%s: %d", requests[i].why, (int)got);
	}
}

static const struct {
	const char *why;
	struct asked asked;
	enum wb_witness_verdict want;
} first_requests[] = {
	{ "an empty log", { .old = 0, .size = 0 }, WB_WITNESS_COSIGN },
	{ "entries", { .old = 0, .size = 7 }, WB_WITNESS_COSIGN },
	{ "an empty log with a root", { .old = 0, .wrong_root = true },
	    WB_WITNESS_INCONSISTENT },
	{ "a proof from nothing", { .old = 0, .size = 7, .extra_proof = true },
	    WB_WITNESS_INCONSISTENT },
	{ "from what it has not seen", { .old = 5, .size = 7 },
	    WB_WITNESS_CONFLICT },
};

static void
a_log_begins_with_an_old_size_of_0(void **state)
{
	for (size_t i = 0; i < sizeof first_requests / sizeof first_requests[0];
	     i++) {
		if (judge(*state, &first_requests[i].asked, 0) !=
		    first_requests[i].want)
			fail_msg("%s", first_requests[i].why);
	}
}

static void
proofs_have_at_most_63_hashes(void **state)
{
	struct wb_add_checkpoint request;
	struct wb_error err = { 0 };
	struct wb_bytes body;

	(void)state;
	for (int n = 63; n <= 64; n++) {
		wb_bytes_init(&body, WB_MAX_ADD_CHECKPOINT);
		assert_ok(wb_bytes_append_text(&body, "old 5\n", &err), &err);
		for (int i = 0; i < n; i++)
			assert_ok(wb_bytes_append_text(&body, ROOT "\n", &err),
			    &err);
		assert_ok(wb_bytes_append_text(&body, "\n" GOOD, &err), &err);
		assert_status(n == 63 ? WB_OK : WB_INVALID,
		    wb_add_checkpoint_parse(&request, wb_bytes_span(&body),
			&err),
		    &err);
		wb_bytes_clear(&body);
	}
}

static int
start(void **state)
{
	static struct witness_kit kit;

	if (wb_crypto_start(NULL) != WB_OK)
		return 1;
	kit_begin(&kit);
	*state = &kit;
	return 0;
}

static int
stop(void **state)
{
	kit_end(*state);
	return 0;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_request_gets_the_status_that_c2sp_says),
		cmocka_unit_test(a_log_begins_with_an_old_size_of_0),
		cmocka_unit_test(proofs_have_at_most_63_hashes),
	};

	return cmocka_run_group_tests(tests, start, stop);
}
