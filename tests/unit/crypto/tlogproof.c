#include "crypto/tlogproof.h"

#include "crypto/secret.h"

#include "tests/unit/check.h"

#define LEAVES 5
#define HASH "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n"
#define FIRST "c2sp.org/tlog-proof@v1\n"

static struct wb_hash leaves[LEAVES];
static struct wb_signer signer;
static struct wb_vkey vkey;

static enum wb_status
get_node(void *ctx, struct wb_hash *out, unsigned level, uint64_t index,
    struct wb_error *err)
{
	(void)ctx;
	(void)err;
	wb_merkle_root(out, leaves + (index << level), (size_t)1 << level);
	return WB_OK;
}

/* The receipt of leaf 3 of 5. */
static void
make_receipt(struct wb_bytes *out)
{
	const struct wb_nodes nodes = { get_node, NULL };
	struct wb_head head = { .size = LEAVES };
	struct wb_bytes checkpoint;
	struct wb_proof proof;

	wb_bytes_init(out, WB_MAX_TLOG_PROOF);
	wb_bytes_init(&checkpoint, WB_MAX_NOTE);
	wb_merkle_root(&head.root, leaves, LEAVES);
	assert_int_equal(wb_inclusion_prove(&proof, 3, LEAVES, nodes, NULL),
	    WB_OK);
	assert_int_equal(wb_checkpoint_seal(&checkpoint, &head, &vkey, &signer,
			     NULL),
	    WB_OK);
	assert_int_equal(wb_tlog_proof_format(out, 3, &proof,
			     wb_bytes_span(&checkpoint), NULL),
	    WB_OK);
	wb_bytes_clear(&checkpoint);
}

static int
start(void **state)
{
	const uint8_t seed[WB_SEED_LEN] = { 9 };

	(void)state;
	for (size_t i = 0; i < LEAVES; i++)
		leaves[i].b[0] = (uint8_t)i;
	return wb_crypto_start(NULL) != WB_OK ||
	       wb_signer_from_seed(&signer, wb_span(seed, sizeof(seed)),
		   NULL) != WB_OK ||
	       wb_vkey_make(&vkey, "example.org/log", WB_NOTE_ED25519,
		   &signer.key, NULL) != WB_OK;
}

static int
stop(void **state)
{
	(void)state;
	wb_signer_clear(&signer);
	return 0;
}

static void
a_receipt_proves_its_leaf_alone(void **state)
{
	struct wb_error err = { 0 };
	struct wb_head head;
	uint64_t index = 99;
	struct wb_bytes b;

	(void)state;
	make_receipt(&b);
	assert_status(WB_FORGED,
	    wb_tlog_proof_verify(&index, &head, wb_bytes_span(&b), &leaves[2],
		&vkey, &err),
	    &err);
	assert_int_equal(index, 99);
	assert_ok(wb_tlog_proof_verify(&index, &head, wb_bytes_span(&b),
		      &leaves[3], &vkey, &err),
	    &err);
	assert_int_equal(index, 3);
	assert_int_equal(head.size, LEAVES);
	assert_ok(wb_tlog_proof_verify(NULL, NULL, wb_bytes_span(&b),
		      &leaves[3], &vkey, &err),
	    &err);
	wb_bytes_clear(&b);
}

static void
another_logs_receipt_is_not_found(void **state)
{
	struct wb_vkey other;
	struct wb_error err = { 0 };
	struct wb_bytes b;

	(void)state;
	make_receipt(&b);
	assert_ok(wb_vkey_make(&other, "example.org/other", WB_NOTE_ED25519,
		      &signer.key, &err),
	    &err);
	assert_status(WB_NOT_FOUND,
	    wb_tlog_proof_verify(NULL, NULL, wb_bytes_span(&b), &leaves[3],
		&other, &err),
	    &err);
	wb_bytes_clear(&b);
}

static void
every_flipped_bit_is_noticed(void **state)
{
	struct wb_error err = { 0 };
	struct wb_bytes b;

	(void)state;
	make_receipt(&b);
	for (size_t i = 0; i < b.len * 8; i++) {
		b.data[i / 8] ^= (uint8_t)(1U << i % 8);
		if (wb_tlog_proof_verify(NULL, NULL, wb_bytes_span(&b),
			&leaves[3], &vkey, &err) == WB_OK)
			fail_msg("bit %zu does not matter", i);
		b.data[i / 8] ^= (uint8_t)(1U << i % 8);
	}
	wb_bytes_clear(&b);
}

static const struct {
	const char *why, *text;
	enum wb_status want;
} forms[] = {
	{ "no hashes", FIRST "index 0\n\nnote\n", WB_OK },
	{ "an extra line", FIRST "extra AAAA\nindex 0\n\nnote\n", WB_OK },
	{ "two hashes", FIRST "index 7\n" HASH HASH "\nnote\n", WB_OK },
	{ "nothing", "", WB_INVALID },
	{ "a first line alone", FIRST, WB_INVALID },
	{ "an extra line alone", FIRST "extra AAAA\n", WB_INVALID },
	{ "another version", "c2sp.org/tlog-proof@v2\nindex 0\n\nnote\n",
	    WB_INVALID },
	{ "two extra lines", FIRST "extra AAAA\nextra AAAA\nindex 0\n\nnote\n",
	    WB_INVALID },
	{ "an empty extra line", FIRST "extra \nindex 0\n\nnote\n",
	    WB_INVALID },
	{ "no index", FIRST HASH "\nnote\n", WB_INVALID },
	{ "an index with a zero before it", FIRST "index 01\n\nnote\n",
	    WB_INVALID },
	{ "a short hash", FIRST "index 0\nAAAA\n\nnote\n", WB_INVALID },
	{ "no blank line", FIRST "index 0\n" HASH, WB_INVALID },
	{ "no checkpoint", FIRST "index 0\n\n", WB_INVALID },
};

static void
receipts_have_one_form(void **state)
{
	struct wb_tlog_proof p;
	struct wb_error err = { 0 };

	(void)state;
	for (size_t i = 0; i < sizeof(forms) / sizeof(forms[0]); i++) {
		if (wb_tlog_proof_parse(&p, wb_span_text(forms[i].text),
			&err) != forms[i].want)
			fail_msg("%s", forms[i].why);
	}
}

static void
proofs_have_at_most_63_hashes(void **state)
{
	struct wb_error err = { 0 };
	struct wb_tlog_proof p;
	struct wb_bytes b;

	(void)state;
	wb_bytes_init(&b, WB_MAX_TLOG_PROOF);
	for (size_t n = WB_MAX_PROOF; n <= WB_MAX_PROOF + 1; n++) {
		wb_bytes_reset(&b);
		assert_ok(wb_bytes_append_text(&b, FIRST "index 0\n", &err),
		    &err);
		for (size_t i = 0; i < n; i++)
			assert_ok(wb_bytes_append_text(&b, HASH, &err), &err);
		assert_ok(wb_bytes_append_text(&b, "\nnote\n", &err), &err);
		assert_status(n > WB_MAX_PROOF ? WB_INVALID : WB_OK,
		    wb_tlog_proof_parse(&p, wb_bytes_span(&b), &err), &err);
	}
	wb_bytes_clear(&b);
}

static void
receipts_have_a_largest_size(void **state)
{
	static char text[WB_MAX_TLOG_PROOF + 1];
	static const char head[] = FIRST "index 0\n\n";
	struct wb_tlog_proof p;
	struct wb_error err = { 0 };

	(void)state;
	memset(text, 'a', sizeof(text));
	memcpy(text, head, sizeof(head) - 1);
	assert_ok(wb_tlog_proof_parse(&p, wb_span(text, sizeof(text) - 1),
		      &err),
	    &err);
	assert_status(WB_INVALID,
	    wb_tlog_proof_parse(&p, wb_span(text, sizeof(text)), &err), &err);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_receipt_proves_its_leaf_alone),
		cmocka_unit_test(another_logs_receipt_is_not_found),
		cmocka_unit_test(every_flipped_bit_is_noticed),
		cmocka_unit_test(receipts_have_one_form),
		cmocka_unit_test(proofs_have_at_most_63_hashes),
		cmocka_unit_test(receipts_have_a_largest_size),
	};

	return cmocka_run_group_tests(tests, start, stop);
}
