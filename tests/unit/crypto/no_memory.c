/* Memory runs out under everything in crypto/ that allocates (starve.h). */
#include <stdlib.h>

#include "crypto/aead.h"
#include "crypto/age.h"
#include "crypto/commitment.h"
#include "crypto/keyfile.h"
#include "crypto/part.h"
#include "crypto/policy.h"
#include "crypto/recordtree.h"
#include "crypto/statement.h"
#include "crypto/tlogproof.h"

#include "tests/fault/scarce.h"
#include "tests/unit/check.h"
#include "tests/unit/starve.h"

#define LOG "log.example"
#define TYPE "application/example"

int __real_crypto_pwhash_argon2id(unsigned char *out, unsigned long long len,
    const char *passphrase, unsigned long long passphrase_len,
    const unsigned char *salt, unsigned long long passes, size_t memory,
    int algorithm);
int __wrap_crypto_pwhash_argon2id(unsigned char *out, unsigned long long len,
    const char *passphrase, unsigned long long passphrase_len,
    const unsigned char *salt, unsigned long long passes, size_t memory,
    int algorithm);
int __real_sodium_init(void);
int __wrap_sodium_init(void);

/* libsodium allocates the memory within. */
int
__wrap_crypto_pwhash_argon2id(unsigned char *out, unsigned long long len,
    const char *passphrase, unsigned long long passphrase_len,
    const unsigned char *salt, unsigned long long passes, size_t memory,
    int algorithm)
{
	if (scarce_refuses())
		return -1;
	return __real_crypto_pwhash_argon2id(out, len, passphrase,
	    passphrase_len, salt, passes, memory, algorithm);
}

static bool no_start; /* libsodium does not start */

int
__wrap_sodium_init(void)
{
	return no_start ? -1 : __real_sodium_init();
}

/* What the works begin from; made while there is memory. */
static struct wb_signer signer;
static struct wb_vkey log_key, witness_key;
static const struct wb_head head = { 5, { { 1 } } };
static const uint8_t seed_bytes[WB_SEED_LEN] = { 7 };

static enum wb_status
work_secrets(void *ctx, struct wb_error *err)
{
	struct wb_secret *made = NULL, *copy = NULL, *key = NULL;
	const uint8_t salt[WB_ARGON_SALT_LEN] = { 1 };
	uint64_t seed = 3;
	enum wb_status st;

	(void)ctx;
	st = wb_secret_random(&made, 32, check_random(&seed), err);
	if (st == WB_OK)
		st = wb_secret_copy(&copy, wb_secret_span(made), err);
	if (st == WB_OK)
		st = wb_argon2id(&key, 32, wb_secret_span(copy), salt, 1,
		    (size_t)8 << 10, err);
	assert_true(st == WB_OK || key == NULL);
	wb_secret_free(&made);
	wb_secret_free(&copy);
	wb_secret_free(&key);
	return st;
}

static enum wb_status
work_age(void *ctx, struct wb_error *err)
{
	static const uint8_t plain[5000];
	const struct wb_span kept = wb_span_text("kept");
	struct wb_secret *identity = NULL, *text = NULL, *again = NULL;
	struct wb_bytes file, out;
	struct wb_recipient r;
	uint64_t seed = 4;
	enum wb_status st;

	(void)ctx;
	wb_bytes_init(&file, 8192);
	wb_bytes_init(&out, 8192);
	st = wb_identity_generate(&identity, check_random(&seed), err);
	if (st != WB_OK)
		goto done;
	wb_identity_recipient(&r, identity);
	st = wb_identity_format(&text, identity, err);
	if (st == WB_OK)
		st = wb_identity_parse(&again, wb_secret_span(text), err);
	if (st == WB_OK)
		st = wb_bytes_append(&out, kept, err);
	if (st != WB_OK)
		goto done;
	st = wb_age_encrypt(&file, wb_span(plain, sizeof plain), &r, 1,
	    check_random(&seed), err);
	assert_true(st == WB_OK || file.len == 0);
	if (st == WB_OK) {
		st = wb_age_decrypt(&out, wb_bytes_span(&file), &again, 1, err);
		assert_int_equal(out.len,
		    kept.len + (st == WB_OK ? sizeof plain : 0));
	}
	assert_memory_equal(out.data, kept.data, kept.len);
done:
	wb_secret_free(&identity);
	wb_secret_free(&text);
	wb_secret_free(&again);
	wb_bytes_clear(&file);
	wb_bytes_clear(&out);
	return st;
}

static enum wb_status
work_keys(void *ctx, struct wb_error *err)
{
	struct wb_signer read = { .secret = NULL };
	struct wb_vkey vkey;
	struct wb_bytes text;
	uint64_t seed = 5;
	enum wb_status st;

	(void)ctx;
	wb_bytes_init(&text, WB_MAX_KEYFILE);
	st = wb_keyfile_make(&text, LOG, WB_NOTE_ED25519, check_random(&seed),
	    err);
	if (st == WB_OK)
		st = wb_keyfile_parse(&vkey, &read, wb_bytes_span(&text),
		    WB_NOTE_ED25519, err);
	assert_int_equal(read.secret != NULL, st == WB_OK);
	wb_signer_clear(&read);
	wb_bytes_clear(&text);
	return st;
}

static enum wb_status
work_checkpoint(void *ctx, struct wb_error *err)
{
	struct wb_signature signature;
	struct wb_head read = { 0 };
	struct wb_bytes note, joined;
	enum wb_status st;

	(void)ctx;
	wb_bytes_init(&note, WB_MAX_NOTE);
	wb_bytes_init(&joined, WB_MAX_NOTE);
	st = wb_checkpoint_seal(&note, &head, &log_key, &signer, err);
	if (st == WB_OK)
		st = wb_checkpoint_open(&read, &signature, wb_bytes_span(&note),
		    &log_key, err);
	if (st == WB_OK)
		st = wb_checkpoint_join(&joined, &read, &signature, &log_key,
		    err);
	if (st == WB_OK) {
		assert_int_equal(read.size, head.size);
		assert_true(wb_span_equal(wb_bytes_span(&joined),
		    wb_bytes_span(&note)));
		/* Without memory it stays whole, which is always right. */
		if (wb_checkpoint_split(&read, &signature, wb_bytes_span(&note),
			&log_key))
			assert_int_equal(read.size, head.size);
	}
	wb_bytes_clear(&note);
	wb_bytes_clear(&joined);
	return st;
}

static enum wb_status
work_cosignature(void *ctx, struct wb_error *err)
{
	static struct wb_policy policy;
	struct wb_bytes text, note;
	struct wb_note n;
	uint64_t time = 0;
	enum wb_status st;

	(void)ctx;
	policy.witness_count = 1;
	policy.witnesses[0].vkey = witness_key;
	wb_bytes_init(&text, WB_MAX_NOTE);
	wb_bytes_init(&note, WB_MAX_NOTE);
	st = wb_checkpoint_format(&text, LOG, &head, err);
	if (st == WB_OK)
		st = wb_checkpoint_seal(&note, &head, &log_key, &signer, err);
	if (st == WB_OK)
		st = wb_note_cosign(&note, wb_bytes_span(&text), &witness_key,
		    &signer, 1700000000, err);
	if (st == WB_OK)
		st = wb_note_parse(&n, wb_bytes_span(&note), err);
	if (st == WB_OK)
		st = wb_note_verify(&n, &witness_key, &time, err);
	if (st == WB_OK) {
		assert_int_equal(time, 1700000000);
		assert_in_range(wb_policy_cosigned(&policy, &n), 0, 1);
	}
	wb_bytes_clear(&text);
	wb_bytes_clear(&note);
	return st;
}

static enum wb_status
work_receipt(void *ctx, struct wb_error *err)
{
	const struct wb_hash leaf = { { 9 } };
	const struct wb_head one = { 1, leaf };
	const struct wb_proof proof = { .count = 0 };
	struct wb_bytes note, receipt;
	enum wb_status st;

	(void)ctx;
	wb_bytes_init(&note, WB_MAX_NOTE);
	wb_bytes_init(&receipt, WB_MAX_TLOG_PROOF);
	st = wb_checkpoint_seal(&note, &one, &log_key, &signer, err);
	if (st == WB_OK)
		st = wb_tlog_proof_format(&receipt, 0, &proof,
		    wb_bytes_span(&note), err);
	if (st == WB_OK)
		st = wb_tlog_proof_verify(NULL, NULL, wb_bytes_span(&receipt),
		    &leaf, &log_key, err);
	wb_bytes_clear(&note);
	wb_bytes_clear(&receipt);
	return st;
}

static enum wb_status
work_statement(void *ctx, struct wb_error *err)
{
	const struct wb_span payload = wb_span_text("rice");
	struct wb_signature signature;
	struct wb_bytes measure;
	enum wb_status st;

	(void)ctx;
	wb_bytes_init(&measure, 1000);
	st = wb_statement_sign(&signature, &signer, TYPE, payload, err);
	if (st == WB_OK)
		st = wb_statement_verify(&signature, &signer.key, TYPE, payload,
		    err);
	if (st == WB_OK)
		st = wb_measure_text(&measure, "delivered",
		    wb_span_text("rice%"), wb_span_text("sack|"), err);
	wb_bytes_clear(&measure);
	return st;
}

static enum wb_status
work_part(void *ctx, struct wb_error *err)
{
	static const uint8_t plain[WB_PART_STEP] = { 'a' };
	const struct wb_span key = wb_span(seed_bytes, WB_PART_KEY_LEN);
	struct wb_part_chain to = { NULL }, from = { NULL };
	struct wb_hash programme = { { 2 } }, seed, again;
	struct wb_bytes sealed, out;
	enum wb_status st;

	(void)ctx;
	wb_bytes_init(&sealed, 1000);
	wb_bytes_init(&out, 1000);
	st = wb_part_chain_init(&to, key, err);
	if (st == WB_OK)
		st = wb_part_chain_init(&from, key, err);
	if (st == WB_OK)
		st = wb_part_seal(&sealed, &seed, &to,
		    wb_span(plain, sizeof plain), &programme, &signer.key, err);
	if (st == WB_OK)
		st = wb_part_open(&out, &again, &from, wb_bytes_span(&sealed),
		    &programme, &signer.key, err);
	if (st == WB_OK)
		assert_true(wb_hash_equal(&seed, &again));
	wb_part_chain_clear(&to);
	wb_part_chain_clear(&from);
	wb_bytes_clear(&sealed);
	wb_bytes_clear(&out);
	return st;
}

static enum wb_status
work_record_tree(void *ctx, struct wb_error *err)
{
	const struct wb_record_leaves record = { { { 1 } }, { { 2 } } };
	const struct wb_hash seed = { { 3 } };
	const struct wb_span manifest = wb_span_text("manifest");
	struct wb_hash *leaves = NULL, root;
	enum wb_status st;

	(void)ctx;
	st = wb_record_tree(&leaves, &seed, manifest, &record, 1, err);
	if (st == WB_OK)
		st = wb_record_root(&root, &seed, manifest, &record, 1, err);
	free(leaves);
	return st;
}

static const struct starve_work works[] = {
	{ "secrets", work_secrets },
	{ "age", work_age },
	{ "keys in files", work_keys },
	{ "checkpoints", work_checkpoint },
	{ "cosignatures", work_cosignature },
	{ "receipts", work_receipt },
	{ "statements", work_statement },
	{ "parts", work_part },
	{ "record trees", work_record_tree },
};

static void
every_allocation_may_fail(void **state)
{
	(void)state;
	starve_each(works, sizeof works / sizeof works[0], NULL);
}

static void
nothing_begins_without_libsodium(void **state)
{
	struct wb_error err = { 0 };

	(void)state;
	no_start = true;
	assert_status(WB_FAILED, wb_crypto_start(&err), &err);
	no_start = false;
	assert_ok(wb_crypto_start(&err), &err);
}

static int
start(void **state)
{
	(void)state;
	return wb_crypto_start(NULL) != WB_OK ||
	       wb_signer_from_seed(&signer,
		   wb_span(seed_bytes, sizeof seed_bytes), NULL) != WB_OK ||
	       wb_vkey_make(&log_key, LOG, WB_NOTE_ED25519, &signer.key,
		   NULL) != WB_OK ||
	       wb_vkey_make(&witness_key, "w.example", WB_NOTE_COSIGNATURE,
		   &signer.key, NULL) != WB_OK;
}

static int
stop(void **state)
{
	(void)state;
	wb_signer_clear(&signer);
	return 0;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_allocation_may_fail),
		cmocka_unit_test(nothing_begins_without_libsodium),
	};

	return cmocka_run_group_tests(tests, start, stop);
}
