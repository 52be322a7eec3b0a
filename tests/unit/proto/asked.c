/*
 * What is asked of a statement before it is read, or instead: where a roster
 * stands in its chain, who may read, who signed a tally.
 */
#include "crypto/secret.h"
#include "crypto/statement.h"
#include "proto/ack.h"
#include "proto/roster.h"
#include "proto/tally.h"
#include "proto/wire.h"

#include "tests/unit/check.h"

#define P31 "PPPPPPPPPPPPPPPPPPPPPPPPPPPPPPP"
#define Q31 "QQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQ"
#define PROGRAMME "\x0a\x20P" P31
#define PREVIOUS "\x1a\x20Q" Q31

static struct wb_signer alice, bob;

static const struct {
	const char *name;
	const char *bytes;
	size_t len;
	uint64_t version; /* 0: no roster begins like this */
	bool programme, previous;
} places[] = {
	{ "the first", "\x10\1", 2, 1, false, false },
	{ "a later one", PROGRAMME "\x10\2" PREVIOUS, 70, 2, true, true },
	{ "with more behind", PROGRAMME "\x10\2" PREVIOUS "\x20\x05", 72, 2,
	    true, true },
	{ "a version of two bytes", PROGRAMME "\x10\x80\1", 37, 128, true,
	    false },
	{ "nothing", "", 0, 0, false, false },
	{ "no version", PROGRAMME PREVIOUS, 68, 0, false, false },
	{ "version 0", "\x10\0", 2, 0, false, false },
	{ "a version cut short", "\x10\x80", 2, 0, false, false },
	{ "a version without an end",
	    "\x10\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff", 12, 0, false,
	    false },
	{ "a programme cut short", "\x0a\x20PP", 4, 0, false, false },
	{ "a programme of 31 bytes", "\x0a\x1f" P31 "\x10\2", 35, 0, false,
	    false },
	{ "a version before of 31 bytes",
	    PROGRAMME "\x10\2\x1a\x1f" Q31 "\x20\1", 71, 2, true, false },
};

static void
a_rosters_place_is_read_off_its_front(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof places / sizeof places[0]; i++) {
		struct wb_error err = { 0 };
		struct wb_roster_place place;

		print_message("  %s\n", places[i].name);
		assert_status(places[i].version == 0 ? WB_INVALID : WB_OK,
		    wb_roster_place(&place,
			wb_span(places[i].bytes, places[i].len), &err),
		    &err);
		assert_int_equal(place.version, places[i].version);
		if (places[i].version == 0)
			continue;
		assert_int_equal(place.programme.b[0],
		    places[i].programme ? 'P' : 0);
		assert_int_equal(place.previous.b[31],
		    places[i].previous ? 'Q' : 0);
	}
}

static void
a_place_follows_one_version_of_one_programme(void **state)
{
	const struct wb_hash programme = { { 1 } }, now_id = { { 2 } };
	const struct wb_roster_place next = { programme, 8, now_id };
	struct wb_roster now = { .version = 7 };
	struct wb_roster_place other = next;

	(void)state;
	assert_true(wb_roster_place_follows(&next, &now, &now_id, &programme));
	other.version = 9;
	assert_false(
	    wb_roster_place_follows(&other, &now, &now_id, &programme));
	assert_false(
	    wb_roster_place_follows(&next, &now, &programme, &programme));
	assert_false(wb_roster_place_follows(&next, &now, &now_id, &now_id));
	now.version = UINT64_MAX;
	other.version = 0;
	assert_false(
	    wb_roster_place_follows(&other, &now, &now_id, &programme));
}

static void
a_token_reads_for_its_signer_alone(void **state)
{
	struct wb_read read = {
		.programme = { { 1 } },
		.signer = alice.key,
		.log_key = { { 2 } },
		.method = wb_span_text("GET"),
		.path = wb_span_text("/v1/feed"),
		.time = 1795000000,
	};
	struct wb_read sent = read;
	struct wb_signature signature;
	uint8_t token[WB_READ_TOKEN];
	struct wb_error err = { 0 };

	(void)state;
	assert_ok(wb_read_token(token, &read, &alice, &err), &err);
	memset(&sent.signer, 0, sizeof sent.signer);
	sent.time = 0;
	wb_read_token_split(&sent, &signature, token);
	assert_true(wb_key_equal(&sent.signer, &alice.key));
	assert_int_equal(sent.time, read.time);
	assert_ok(wb_read_verify(&sent, &signature, &err), &err);
	sent.path = wb_span_text("/v1/feed?from=1");
	assert_status(WB_FORGED, wb_read_verify(&sent, &signature, &err), &err);
	sent.path = wb_span_text("");
	assert_status(WB_INVALID, wb_read_verify(&sent, &signature, &err),
	    &err);
	sent = read;
	sent.signer = bob.key;
	assert_status(WB_FORGED, wb_read_verify(&sent, &signature, &err), &err);
}

static void
a_tally_is_signed_by_each_signer_in_turn(void **state)
{
	const char *type = wb_statement_type_text(WB_STATEMENT_TALLY);
	struct wb_key signers[2] = { alice.key, bob.key };
	struct wb_tally tally = { .signers = signers, .signer_count = 2 };
	struct wb_signature signatures[2];
	struct wb_envelope envelope = { .type = WB_STATEMENT_TALLY,
		.payload = wb_span_text("payload"),
		.signatures = signatures,
		.signature_count = 2 };
	struct wb_error err = { 0 };

	(void)state;
	assert_ok(wb_statement_sign(&signatures[0], &alice, type,
		      envelope.payload, &err),
	    &err);
	assert_ok(wb_statement_sign(&signatures[1], &bob, type,
		      envelope.payload, &err),
	    &err);
	assert_ok(wb_tally_verify(&envelope, &tally, &err), &err);
	signatures[0] = signatures[1];
	assert_status(WB_FORGED, wb_tally_verify(&envelope, &tally, &err),
	    &err);
	envelope.signature_count = 1;
	assert_status(WB_FORGED, wb_tally_verify(&envelope, &tally, &err),
	    &err);
}

static int
start(void **state)
{
	uint64_t seed = 11;

	(void)state;
	return wb_crypto_start(NULL) != WB_OK ||
	       wb_signer_generate(&alice, check_random(&seed), NULL) != WB_OK ||
	       wb_signer_generate(&bob, check_random(&seed), NULL) != WB_OK;
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
		cmocka_unit_test(a_rosters_place_is_read_off_its_front),
		cmocka_unit_test(a_place_follows_one_version_of_one_programme),
		cmocka_unit_test(a_token_reads_for_its_signer_alone),
		cmocka_unit_test(a_tally_is_signed_by_each_signer_in_turn),
	};

	return cmocka_run_group_tests(tests, start, stop);
}
