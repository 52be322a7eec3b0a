#include "proto/batch.h"

#include "crypto/secret.h"
#include "proto/wire.h"

#include "tests/unit/proto/golden.h"

/* The golden batch: every field set, sequence 142. */
static struct wb_batch golden;

static void
as_it_is(struct wb_batch *b)
{
	(void)b;
}
static void
no_programme(struct wb_batch *b)
{
	memset(&b->programme, 0, sizeof b->programme);
}
static void
no_signer(struct wb_batch *b)
{
	memset(&b->signer, 0, sizeof b->signer);
}
static void
no_sequence(struct wb_batch *b)
{
	b->sequence = 0;
}
static void
first_with_one_before(struct wb_batch *b)
{
	b->sequence = 1;
}
static void
first(struct wb_batch *b)
{
	b->sequence = 1;
	memset(&b->previous, 0, sizeof b->previous);
}
static void
later_without_one_before(struct wb_batch *b)
{
	memset(&b->previous, 0, sizeof b->previous);
}
static void
no_roster(struct wb_batch *b)
{
	memset(&b->roster, 0, sizeof b->roster);
}
static void
nothing_seen(struct wb_batch *b)
{
	memset(&b->seen, 0, sizeof b->seen);
	memset(&b->seen_signature, 0, sizeof b->seen_signature);
}
static void
seen_without_signature(struct wb_batch *b)
{
	memset(&b->seen_signature, 0, sizeof b->seen_signature);
}
static void
seen_without_root(struct wb_batch *b)
{
	memset(&b->seen.root, 0, sizeof b->seen.root);
}
static void
no_content_size(struct wb_batch *b)
{
	b->content_size = 0;
}
static void
largest_content(struct wb_batch *b)
{
	b->content_size = WB_MAX_CONTENT;
}
static void
content_too_large(struct wb_batch *b)
{
	b->content_size = WB_MAX_CONTENT + 1;
}
static void
identity_as_totals(struct wb_batch *b)
{
	memset(&b->totals, 0, sizeof b->totals);
}
static void
totals_no_point(struct wb_batch *b)
{
	memset(&b->totals, 0xff, sizeof b->totals);
}

static const struct {
	const char *name;
	void (*change)(struct wb_batch *b);
	enum wb_status want;
} rules[] = {
	{ "as it should be", as_it_is, WB_OK },
	{ "no programme", no_programme, WB_INVALID },
	{ "no signer", no_signer, WB_INVALID },
	{ "no sequence number", no_sequence, WB_INVALID },
	{ "the first, with one before", first_with_one_before, WB_INVALID },
	{ "the first", first, WB_OK },
	{ "a later one, with none before", later_without_one_before,
	    WB_INVALID },
	{ "no roster", no_roster, WB_INVALID },
	{ "nothing seen", nothing_seen, WB_OK },
	{ "a head without signature", seen_without_signature, WB_INVALID },
	{ "a head without root", seen_without_root, WB_INVALID },
	{ "no size", no_content_size, WB_INVALID },
	{ "the largest content", largest_content, WB_OK },
	{ "too large a content", content_too_large, WB_INVALID },
	{ "the identity as totals", identity_as_totals, WB_INVALID },
	{ "totals off the group, for who adds them up", totals_no_point,
	    WB_OK },
};

static void
batches_keep_their_rules(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof rules / sizeof rules[0]; i++) {
		struct wb_batch batch = golden, again;
		struct wb_error err = { 0 };
		struct wb_bytes out;

		wb_bytes_init(&out, WB_MAX_ENVELOPE);
		rules[i].change(&batch);
		if (wb_batch_encode(&out, &batch, &err) != rules[i].want)
			fail_msg("%s: %s", rules[i].name, err.text);
		if (rules[i].want == WB_OK) {
			assert_ok(wb_batch_decode(&again, wb_bytes_span(&out),
				      &err),
			    &err);
			assert_int_equal(again.sequence, batch.sequence);
			assert_int_equal(again.seen.size, batch.seen.size);
		}
		wb_bytes_clear(&out);
	}
}

static int
start(void **state)
{
	struct wb_bytes bytes;
	enum wb_status st;

	(void)state;
	if (wb_crypto_start(NULL) != WB_OK)
		return -1;
	wb_bytes_init(&bytes, WB_MAX_ENVELOPE);
	golden_read(&bytes, "batch");
	st = wb_batch_decode(&golden, wb_bytes_span(&bytes), NULL);
	wb_bytes_clear(&bytes);
	return st == WB_OK ? 0 : -1;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(batches_keep_their_rules),
	};

	return cmocka_run_group_tests(tests, start, NULL);
}
