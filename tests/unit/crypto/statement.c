#include "crypto/statement.h"

#include "tests/unit/check.h"

#define TYPE "application/vnd.waybill.ack.v1+protobuf"

static struct wb_signer signer;

static int
start(void **state)
{
	const uint8_t seed[WB_SEED_LEN] = { 7 };

	(void)state;
	return wb_crypto_start(NULL) != WB_OK ||
	       wb_signer_from_seed(&signer, wb_span(seed, sizeof(seed)),
		   NULL) != WB_OK;
}

static int
stop(void **state)
{
	(void)state;
	wb_signer_clear(&signer);
	return 0;
}

/* The example of DSSE's protocol.md. */
static void
encodes_as_dsse_says(void **state)
{
	struct wb_error err = { 0 };
	struct wb_bytes b;

	(void)state;
	wb_bytes_init(&b, 1000);
	assert_ok(wb_pae(&b, "http://example.com/HelloWorld",
		      wb_span_text("hello world"), &err),
	    &err);
	assert_true(wb_span_equal(wb_bytes_span(&b),
	    wb_span_text("DSSEv1 29 http://example.com/HelloWorld 11 hello "
			 "world")));
	wb_bytes_clear(&b);
}

static void
the_id_is_the_hash_of_the_encoding(void **state)
{
	static const size_t sizes[] = { 0, 1, 9, 10, 60000 };
	static uint8_t payload[WB_MAX_STATEMENT];
	struct wb_hash want, got;
	struct wb_error err = { 0 };
	struct wb_bytes b;

	(void)state;
	wb_bytes_init(&b, 100000);
	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		struct wb_span s = wb_span(payload, sizes[i]);

		wb_bytes_reset(&b);
		assert_ok(wb_pae(&b, TYPE, s, &err), &err);
		wb_sha256_one(&want, wb_bytes_span(&b));
		wb_statement_id(&got, TYPE, s);
		assert_true(wb_hash_equal(&want, &got));
	}
	wb_bytes_clear(&b);
}

static void
a_signature_holds_for_its_payload_type_and_key_alone(void **state)
{
	struct wb_span s = wb_span_text("payload");
	struct wb_key other = signer.key;
	struct wb_error err = { 0 };
	struct wb_signature sig;

	(void)state;
	other.b[0] ^= 1;
	assert_ok(wb_statement_sign(&sig, &signer, TYPE, s, &err), &err);
	assert_ok(wb_statement_verify(&sig, &signer.key, TYPE, s, &err), &err);
	assert_status(WB_FORGED,
	    wb_statement_verify(&sig, &signer.key, TYPE "x", s, &err), &err);
	assert_status(WB_FORGED,
	    wb_statement_verify(&sig, &signer.key, TYPE,
		wb_span_text("Payload"), &err),
	    &err);
	assert_status(WB_FORGED,
	    wb_statement_verify(&sig, &other, TYPE, s, &err), &err);
	sig.b[40] ^= 1;
	assert_status(WB_FORGED,
	    wb_statement_verify(&sig, &signer.key, TYPE, s, &err), &err);
}

static void
the_largest_statement_is_signed_and_no_larger(void **state)
{
	static uint8_t payload[WB_MAX_STATEMENT + 1];
	struct wb_error err = { 0 };
	struct wb_signature sig;

	(void)state;
	assert_ok(wb_statement_sign(&sig, &signer, TYPE,
		      wb_span(payload, WB_MAX_STATEMENT), &err),
	    &err);
	assert_status(WB_INVALID,
	    wb_statement_sign(&sig, &signer, TYPE,
		wb_span(payload, sizeof(payload)), &err),
	    &err);
	assert_status(WB_INVALID,
	    wb_statement_verify(&sig, &signer.key, TYPE,
		wb_span(payload, sizeof(payload)), &err),
	    &err);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(encodes_as_dsse_says),
		cmocka_unit_test(the_id_is_the_hash_of_the_encoding),
		cmocka_unit_test(
		    a_signature_holds_for_its_payload_type_and_key_alone),
		cmocka_unit_test(the_largest_statement_is_signed_and_no_larger),
	};

	return cmocka_run_group_tests(tests, start, stop);
}
