#include "crypto/commitment.h"

#include "crypto/secret.h"

#include "tests/unit/check.h"

#define MEASURES 3

static struct wb_point generators[MEASURES];
static const struct wb_scalar zero;
static const struct wb_point identity;

static int
start(void **state)
{
	(void)state;
	if (wb_crypto_start(NULL) != WB_OK)
		return 1;
	wb_generator(&generators[0], wb_span_text("delivered|rice|kg"));
	wb_generator(&generators[1], wb_span_text("delivered|tarp|piece"));
	wb_generator(&generators[2], wb_span_text("void-delivered|rice|kg"));
	return 0;
}

static const struct {
	const char *kind, *item, *unit, *want;
} texts[] = {
	{ "delivered", "rice", "kg", "delivered|rice|kg" },
	{ "void-delivered", "rice", "", "void-delivered|rice|" },
	{ "lost", "a|b", "50%", "lost|a%7Cb|50%25" },
	{ "lost", "%7C", "|", "lost|%257C|%7C" },
};

static void
measures_have_one_text_each(void **state)
{
	struct wb_bytes b;

	(void)state;
	wb_bytes_init(&b, 1000);
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		wb_bytes_reset(&b);
		assert_int_equal(wb_measure_text(&b, texts[i].kind,
				     wb_span_text(texts[i].item),
				     wb_span_text(texts[i].unit), NULL),
		    WB_OK);
		assert_true(wb_span_equal(wb_bytes_span(&b),
		    wb_span_text(texts[i].want)));
	}
	wb_bytes_clear(&b);
}

static void
measures_have_a_generator_each(void **state)
{
	(void)state;
	for (size_t i = 0; i < MEASURES; i++) {
		assert_true(wb_point_is_valid(&generators[i]));
		for (size_t j = 0; j < i; j++)
			assert_false(
			    wb_point_equal(&generators[i], &generators[j]));
	}
}

/* What a tally rests on: sums of commitments commit to sums. */
static void
commitments_add_up(void **state)
{
	struct wb_measured sums[MEASURES] = { 0 }, total[MEASURES] = { 0 };
	struct wb_scalar r, blinding = zero;
	struct wb_point c, sum = identity;
	struct wb_hash seed = { "seed" };
	struct wb_error err = { 0 };

	(void)state;
	for (size_t m = 0; m < MEASURES; m++)
		total[m].generator = sums[m].generator = generators[m];
	for (uint8_t i = 0; i < 20; i++) {
		seed.b[31] = i;
		wb_blinding(&r, &seed);
		wb_scalar_add(&blinding, &r);
		for (size_t m = 0; m < MEASURES; m++) {
			sums[m].quantity = i % (m + 2) == 0
					       ? 0
					       : (UINT64_C(1) << 40) -
						     i * (m + 1);
			total[m].quantity += sums[m].quantity;
		}
		assert_ok(wb_commit(&c, &r, sums, MEASURES, &err), &err);
		assert_ok(wb_point_add(&sum, &c, &err), &err);
	}
	assert_ok(wb_commit(&c, &blinding, total, MEASURES, &err), &err);
	assert_true(wb_point_equal(&c, &sum));
	total[1].quantity++;
	assert_ok(wb_commit(&c, &blinding, total, MEASURES, &err), &err);
	assert_false(wb_point_equal(&c, &sum));
}

/* r = 0 and v = 0 are what libsodium will not multiply by. */
static void
zero_terms_count_for_nothing(void **state)
{
	struct wb_measured one = { generators[0], 1 };
	struct wb_measured both[2] = { { generators[0], 1 },
		{ generators[1], 0 } };
	struct wb_error err = { 0 };
	struct wb_point a, b;

	(void)state;
	assert_ok(wb_commit(&a, &zero, &one, 1, &err), &err);
	assert_true(wb_point_equal(&a, &generators[0]));
	assert_ok(wb_commit(&b, &zero, both, 2, &err), &err);
	assert_true(wb_point_equal(&a, &b));
}

/* The group's order l, and l - 1 = -1 (RFC 9496 section 4). */
static const struct wb_scalar order = { { 0xed, 0xd3, 0xf5, 0x5c, 0x1a, 0x63,
    0x12, 0x58, 0xd6, 0x9c, 0xf7, 0xa2, 0xde, 0xf9, 0xde, 0x14, 0, 0, 0, 0, 0,
    0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x10 } };

static void
the_identity_is_never_a_commitment(void **state)
{
	struct wb_scalar one = { { 1 } }, minus_one = order;
	struct wb_measured sum = { identity, 1 };
	struct wb_error err = { 0 };
	struct wb_point p, back;

	(void)state;
	minus_one.b[0]--;
	assert_false(wb_point_is_valid(&identity));
	assert_status(WB_INVALID, wb_commit(&p, &zero, NULL, 0, &err), &err);
	assert_status(WB_INVALID, wb_commit(&p, &order, NULL, 0, &err), &err);
	assert_status(WB_INVALID, wb_commit(&p, &one, &sum, 1, &err), &err);
	/* B + -1·B, with B itself handed in as a generator. */
	assert_ok(wb_commit(&sum.generator, &one, NULL, 0, &err), &err);
	assert_status(WB_INVALID, wb_commit(&p, &minus_one, &sum, 1, &err),
	    &err);
	p = sum.generator;
	assert_status(WB_INVALID, wb_point_add(&p, &identity, &err), &err);
	/* A running sum may pass through it. */
	assert_ok(wb_commit(&back, &minus_one, NULL, 0, &err), &err);
	assert_ok(wb_point_add(&p, &back, &err), &err);
	assert_true(wb_point_equal(&p, &identity));
	assert_ok(wb_point_add(&p, &back, &err), &err);
	assert_true(wb_point_equal(&p, &back));
}

static void
what_is_no_point_is_refused(void **state)
{
	struct wb_point bad = { { 1 } }, sum = generators[0];
	struct wb_measured m = { bad, 1 };
	struct wb_scalar one = { { 1 } };
	struct wb_error err = { 0 };
	struct wb_point p;

	(void)state;
	assert_false(wb_point_is_valid(&bad));
	assert_status(WB_INVALID, wb_point_add(&sum, &bad, &err), &err);
	assert_true(wb_point_equal(&sum, &generators[0]));
	assert_status(WB_INVALID, wb_point_add(&bad, &sum, &err), &err);
	assert_status(WB_INVALID, wb_commit(&p, &one, &m, 1, &err), &err);
}

/* Computed from protocol.md with Python's hmac and whole numbers. */
static void
blinding_is_the_mac_mod_l(void **state)
{
	static const struct wb_scalar want = { { 0xa9, 0xf5, 0x52, 0x91, 0xf1,
	    0x5a, 0xef, 0x8b, 0x6e, 0x86, 0xdf, 0x13, 0x67, 0x7c, 0x50, 0xea,
	    0xc3, 0xd1, 0x50, 0x75, 0x15, 0x7f, 0x69, 0xf4, 0x6d, 0xea, 0xcd,
	    0x3f, 0x35, 0x73, 0xba, 0x06 } };
	const struct wb_hash seed = { "record seed" };
	struct wb_scalar r;

	(void)state;
	wb_blinding(&r, &seed);
	assert_memory_equal(r.b, want.b, sizeof(r.b));
}

static void
scalars_add_modulo_the_order(void **state)
{
	struct wb_scalar one = { { 1 } }, sum = order;

	(void)state;
	sum.b[0]--;
	wb_scalar_add(&sum, &one);
	assert_memory_equal(sum.b, zero.b, sizeof(sum.b));
	wb_scalar_add(&sum, &one);
	assert_memory_equal(sum.b, one.b, sizeof(sum.b));
}

static void
a_number_below_the_order_has_one_form(void **state)
{
	struct wb_scalar s = order, high = { { [31] = 0xff } };

	(void)state;
	assert_false(wb_scalar_is_reduced(&s));
	s.b[0]--;
	assert_true(wb_scalar_is_reduced(&s));
	assert_true(wb_scalar_is_reduced(&zero));
	assert_false(wb_scalar_is_reduced(&high));
}

static void
messages_expand_to_sizes_that_are_defined(void **state)
{
	static uint8_t out[255 * 64 + 1];
	const struct wb_span m = wb_span_text("m"), dst = wb_span(out, 255);
	struct wb_error err = { 0 };

	(void)state;
	assert_ok(wb_expand_message(out, sizeof(out) - 1, m,
		      wb_span_text("dst"), &err),
	    &err);
	assert_ok(wb_expand_message(out + 300, 64, m, dst, &err), &err);
	assert_status(WB_INVALID,
	    wb_expand_message(out, sizeof(out), m, wb_span_text("dst"), &err),
	    &err);
	assert_status(WB_INVALID,
	    wb_expand_message(out + 300, 64, m, wb_span(out, 256), &err), &err);
	assert_status(WB_INVALID,
	    wb_expand_message(out, 64, m, wb_span(NULL, 0), &err), &err);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(measures_have_one_text_each),
		cmocka_unit_test(measures_have_a_generator_each),
		cmocka_unit_test(commitments_add_up),
		cmocka_unit_test(zero_terms_count_for_nothing),
		cmocka_unit_test(the_identity_is_never_a_commitment),
		cmocka_unit_test(what_is_no_point_is_refused),
		cmocka_unit_test(blinding_is_the_mac_mod_l),
		cmocka_unit_test(scalars_add_modulo_the_order),
		cmocka_unit_test(a_number_below_the_order_has_one_form),
		cmocka_unit_test(messages_expand_to_sizes_that_are_defined),
	};

	return cmocka_run_group_tests(tests, start, NULL);
}
