#include "proto/envelope.h"

#include "crypto/statement.h"
#include "proto/wire.h"

#include "tests/unit/check.h"

static struct wb_signer alice, bob;

/* An envelope by alice, then by bob too if `both`, decoded into the arena. */
static void
make(struct wb_envelope *out, struct wb_arena *arena, bool both)
{
	const char *type = wb_statement_type_text(WB_STATEMENT_BATCH);
	struct wb_span payload = wb_span_text("payload"), kept;
	struct wb_signature signatures[2];
	struct wb_error err = { 0 };
	struct wb_bytes bytes;

	wb_bytes_init(&bytes, 1000);
	assert_ok(wb_statement_sign(&signatures[0], &alice, type, payload,
		      &err),
	    &err);
	assert_ok(wb_statement_sign(&signatures[1], &bob, type, payload, &err),
	    &err);
	assert_ok(wb_envelope_encode(&bytes, WB_STATEMENT_BATCH, payload,
		      signatures, both ? 2 : 1, &err),
	    &err);
	assert_ok(wb_arena_copy(&kept, arena, wb_bytes_span(&bytes), &err),
	    &err);
	assert_ok(wb_envelope_decode(out, arena, kept, &err), &err);
	wb_bytes_clear(&bytes);
}

static void
sealed_statements_verify_by_their_signer_alone(void **state)
{
	struct wb_error err = { 0 };
	struct wb_envelope e;
	struct wb_arena arena;
	struct wb_bytes bytes;
	struct wb_hash id;

	(void)state;
	wb_arena_init(&arena, WB_ARENA_BUDGET);
	wb_bytes_init(&bytes, 1000);
	assert_ok(wb_envelope_seal(&bytes, WB_STATEMENT_ACK,
		      wb_span_text("payload"), &alice, &err),
	    &err);
	assert_ok(wb_envelope_decode(&e, &arena, wb_bytes_span(&bytes), &err),
	    &err);
	assert_int_equal(e.type, WB_STATEMENT_ACK);
	assert_true(wb_span_equal(e.payload, wb_span_text("payload")));
	wb_statement_id(&id, wb_statement_type_text(WB_STATEMENT_ACK),
	    e.payload);
	assert_true(wb_hash_equal(&id, &e.id));
	assert_ok(wb_envelope_verify(&e, WB_STATEMENT_ACK, &alice.key, &err),
	    &err);
	assert_status(WB_FORGED,
	    wb_envelope_verify(&e, WB_STATEMENT_ACK, &bob.key, &err), &err);
	assert_status(WB_FORGED,
	    wb_envelope_verify(&e, WB_STATEMENT_BATCH, &alice.key, &err), &err);
	/* Nothing stands for a type that nobody knows. */
	e.type = WB_STATEMENT_UNKNOWN;
	assert_status(WB_FORGED,
	    wb_envelope_verify(&e, WB_STATEMENT_UNKNOWN, &alice.key, &err),
	    &err);
	wb_bytes_clear(&bytes);
	wb_arena_clear(&arena);
}

static void
two_signatures_are_not_one(void **state)
{
	struct wb_error err = { 0 };
	struct wb_envelope e;
	struct wb_arena arena;

	(void)state;
	wb_arena_init(&arena, WB_ARENA_BUDGET);
	make(&e, &arena, false);
	assert_ok(wb_envelope_verify(&e, WB_STATEMENT_BATCH, &alice.key, &err),
	    &err);
	make(&e, &arena, true);
	assert_status(WB_FORGED,
	    wb_envelope_verify(&e, WB_STATEMENT_BATCH, &alice.key, &err), &err);
	wb_arena_clear(&arena);
}

#define SIG64                              \
	"12345678123456781234567812345678" \
	"12345678123456781234567812345678"

static const struct {
	const char *name;
	const char *bytes;
	size_t len;
	enum wb_status want;
} forms[] = {
	{ "an unknown type is carried", "\x0a\1p\x12\1t\x1a\x42\x0a\x40" SIG64,
	    74, WB_OK },
	{ "no signature", "\x0a\1p\x12\1t", 6, WB_INVALID },
	{ "no type", "\x0a\1p\x1a\x42\x0a\x40" SIG64, 71, WB_INVALID },
	{ "a type with a newline", "\x0a\1p\x12\1\n\x1a\x42\x0a\x40" SIG64, 74,
	    WB_INVALID },
	{ "a type that is not UTF-8", "\x0a\1p\x12\1\xff\x1a\x42\x0a\x40" SIG64,
	    74, WB_INVALID },
	{ "a key id", "\x0a\1p\x12\1t\x1a\x45\x0a\x40" SIG64 "\x12\1k", 77,
	    WB_INVALID },
	{ "an empty signature", "\x0a\1p\x12\1t\x1a\0", 8, WB_INVALID },
	{ "a short signature", "\x0a\1p\x12\1t\x1a\x03\x0a\1s", 11,
	    WB_INVALID },
	{ "fields out of order", "\x12\1t\x0a\1p\x1a\x42\x0a\x40" SIG64, 74,
	    WB_INVALID },
	{ "a field twice", "\x0a\1p\x0a\1p\x12\1t\x1a\x42\x0a\x40" SIG64, 77,
	    WB_INVALID },
	{ "an empty payload written out", "\x0a\0\x12\1t\x1a\x42\x0a\x40" SIG64,
	    73, WB_INVALID },
	{ "a length that is not minimal",
	    "\x0a\x81\0p\x12\1t\x1a\x42\x0a\x40" SIG64, 75, WB_INVALID },
	{ "an unknown field inside a signature",
	    "\x0a\1p\x12\1t\x1a\x44\x0a\x40" SIG64 "\x20\1", 76, WB_INVALID },
	{ "nothing", "", 0, WB_INVALID },
};

static void
there_is_one_form_of_an_envelope(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof forms / sizeof forms[0]; i++) {
		struct wb_error err = { 0 };
		struct wb_envelope e;
		struct wb_arena arena;

		wb_arena_init(&arena, WB_ARENA_BUDGET);
		if (wb_envelope_decode(&e, &arena,
			wb_span(forms[i].bytes, forms[i].len),
			&err) != forms[i].want)
			fail_msg("%s: %s", forms[i].name, err.text);
		wb_arena_clear(&arena);
	}
}

static const struct {
	const char *name;
	enum wb_statement_type type;
	size_t payload; /* bytes */
	size_t signatures;
	enum wb_status want;
} sizes[] = {
	{ "small", WB_STATEMENT_BATCH, 300, 1, WB_OK },
	{ "above 16 KiB", WB_STATEMENT_BATCH, 16400, 1, WB_INVALID },
	{ "a large roster", WB_STATEMENT_ROSTER, 59000, 1, WB_OK },
	{ "too large a roster", WB_STATEMENT_ROSTER, 60000, 1, WB_INVALID },
	{ "64 signatures", WB_STATEMENT_ROSTER, 300, 64, WB_OK },
	{ "65 signatures", WB_STATEMENT_ROSTER, 300, 65, WB_INVALID },
	{ "no signature", WB_STATEMENT_ROSTER, 300, 0, WB_INVALID },
	{ "no type", WB_STATEMENT_UNKNOWN, 300, 1, WB_INVALID },
};

static void
envelopes_have_limits_both_ways(void **state)
{
	static uint8_t payload[60000];
	struct wb_signature signatures[65];

	(void)state;
	memset(signatures, 7, sizeof signatures);
	for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
		struct wb_error err = { 0 };
		struct wb_arena arena;
		struct wb_bytes out;
		struct wb_envelope e;

		wb_arena_init(&arena, WB_ARENA_BUDGET);
		wb_bytes_init(&out, 100000);
		if (wb_envelope_encode(&out, sizes[i].type,
			wb_span(payload, sizes[i].payload), signatures,
			sizes[i].signatures, &err) != sizes[i].want)
			fail_msg("%s: %s", sizes[i].name, err.text);
		if (sizes[i].want == WB_OK)
			assert_ok(wb_envelope_decode(&e, &arena,
				      wb_bytes_span(&out), &err),
			    &err);
		else
			assert_int_equal(out.len, 0);
		wb_bytes_clear(&out);
		wb_arena_clear(&arena);
	}
}

static int
start(void **state)
{
	uint64_t seed = 5;

	(void)state;
	if (wb_crypto_start(NULL) != WB_OK ||
	    wb_signer_generate(&alice, check_random(&seed), NULL) != WB_OK ||
	    wb_signer_generate(&bob, check_random(&seed), NULL) != WB_OK)
		return -1;
	return 0;
}

static int
stop(void **state)
{
	(void)state;
	wb_signer_clear(&alice);
	wb_signer_clear(&bob);
	return 0;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
		    sealed_statements_verify_by_their_signer_alone),
		cmocka_unit_test(two_signatures_are_not_one),
		cmocka_unit_test(there_is_one_form_of_an_envelope),
		cmocka_unit_test(envelopes_have_limits_both_ways),
	};

	return cmocka_run_group_tests(tests, start, stop);
}
