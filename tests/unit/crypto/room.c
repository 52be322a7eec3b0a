/* What appends to a buffer of a given size (starve.h). */
#include "crypto/commitment.h"
#include "crypto/lines.h"
#include "crypto/note.h"
#include "crypto/statement.h"
#include "crypto/tlogproof.h"

#include "tests/unit/check.h"
#include "tests/unit/starve.h"

#define LOG "example.org/aid"
#define TEXT "example.org/aid\n1\nAA==\n"

struct world {
	struct wb_signer signer;
	struct wb_vkey log;
	struct wb_vkey witness;
	struct wb_head head;
	struct wb_signature signature;
	struct wb_proof proof;
	struct wb_bytes note; /* a checkpoint */
	struct wb_error err;
};

static enum wb_status
vkey(struct wb_bytes *out, void *ctx, struct wb_error *err)
{
	const struct world *w = ctx;

	return wb_vkey_format(out, &w->log, err);
}

static enum wb_status
hash_line(struct wb_bytes *out, void *ctx, struct wb_error *err)
{
	const struct world *w = ctx;

	return wb_hash_line(out, &w->head.root, err);
}

static enum wb_status
sign(struct wb_bytes *out, void *ctx, struct wb_error *err)
{
	const struct world *w = ctx;

	return wb_note_sign(out, wb_span_text(TEXT), &w->log, &w->signer, err);
}

static enum wb_status
cosign(struct wb_bytes *out, void *ctx, struct wb_error *err)
{
	const struct world *w = ctx;

	return wb_note_cosign(out, wb_span_text(TEXT), &w->witness, &w->signer,
	    1795000000, err);
}

static enum wb_status
format(struct wb_bytes *out, void *ctx, struct wb_error *err)
{
	const struct world *w = ctx;

	return wb_checkpoint_format(out, LOG, &w->head, err);
}

static enum wb_status
seal(struct wb_bytes *out, void *ctx, struct wb_error *err)
{
	const struct world *w = ctx;

	return wb_checkpoint_seal(out, &w->head, &w->log, &w->signer, err);
}

static enum wb_status
join(struct wb_bytes *out, void *ctx, struct wb_error *err)
{
	const struct world *w = ctx;

	return wb_checkpoint_join(out, &w->head, &w->signature, &w->log, err);
}

static enum wb_status
find(struct wb_bytes *out, void *ctx, struct wb_error *err)
{
	const struct world *w = ctx;
	struct wb_note note;
	enum wb_status st;

	st = wb_note_parse(&note, wb_bytes_span(&w->note), err);
	return st == WB_OK ? wb_note_find(out, &note, &w->log, err) : st;
}

static enum wb_status
receipt(struct wb_bytes *out, void *ctx, struct wb_error *err)
{
	const struct world *w = ctx;

	return wb_tlog_proof_format(out, 7, &w->proof, wb_bytes_span(&w->note),
	    err);
}

static enum wb_status
pae(struct wb_bytes *out, void *ctx, struct wb_error *err)
{
	(void)ctx;
	return wb_pae(out, "type", wb_span_text("payload"), err);
}

static enum wb_status
measure(struct wb_bytes *out, void *ctx, struct wb_error *err)
{
	(void)ctx;
	return wb_measure_text(out, "delivered", wb_span_text("a|b%c"),
	    wb_span_text("sack|%"), err);
}

static const struct starve_writer writers[] = {
	{ "a verifier key", vkey },
	{ "a hash's line", hash_line },
	{ "a note's signature", sign },
	{ "a cosignature", cosign },
	{ "a checkpoint's text", format },
	{ "a checkpoint", seal },
	{ "a checkpoint put together", join },
	{ "a signature found", find },
	{ "a receipt", receipt },
	{ "what a statement signs", pae },
	{ "a measure", measure },
};

static void
world_make(struct world *w)
{
	uint64_t seed = 5;

	memset(w, 0, sizeof *w);
	assert_ok(wb_crypto_start(&w->err), &w->err);
	assert_ok(wb_signer_generate(&w->signer, check_random(&seed), &w->err),
	    &w->err);
	assert_ok(wb_vkey_make(&w->log, LOG, WB_NOTE_ED25519, &w->signer.key,
		      &w->err),
	    &w->err);
	assert_ok(wb_vkey_make(&w->witness, "w.example", WB_NOTE_COSIGNATURE,
		      &w->signer.key, &w->err),
	    &w->err);
	w->head.size = 12;
	w->proof.count = 3;
	wb_bytes_init(&w->note, WB_MAX_NOTE);
	assert_ok(seal(&w->note, w, &w->err), &w->err);
}

static void
world_clear(struct world *w)
{
	wb_bytes_clear(&w->note);
	wb_signer_clear(&w->signer);
}

static void
writes_all_or_says_that_there_is_no_room(void **state)
{
	struct world w;

	(void)state;
	world_make(&w);
	starve_rooms(writers, sizeof writers / sizeof writers[0], WB_MAX_NOTE,
	    &w);
	world_clear(&w);
}

static void
a_checkpoint_that_the_log_alone_signed_comes_apart(void **state)
{
	struct wb_signature signature;
	struct wb_bytes again;
	struct wb_head head;
	struct world w;

	(void)state;
	world_make(&w);
	wb_bytes_init(&again, WB_MAX_NOTE);
	assert_true(wb_checkpoint_split(&head, &signature,
	    wb_bytes_span(&w.note), &w.log));
	assert_int_equal(head.size, 12);
	assert_ok(wb_checkpoint_join(&again, &head, &signature, &w.log, &w.err),
	    &w.err);
	assert_true(
	    wb_span_equal(wb_bytes_span(&again), wb_bytes_span(&w.note)));
	/* Of another log, cut, or signed by a witness too: it stays whole. */
	assert_false(wb_checkpoint_split(&head, &signature,
	    wb_bytes_span(&w.note), &w.witness));
	assert_false(wb_checkpoint_split(&head, &signature,
	    wb_span(w.note.data, w.note.len - 1), &w.log));
	assert_ok(cosign(&w.note, &w, &w.err), &w.err);
	assert_false(wb_checkpoint_split(&head, &signature,
	    wb_bytes_span(&w.note), &w.log));
	wb_bytes_clear(&again);
	world_clear(&w);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(writes_all_or_says_that_there_is_no_room),
		cmocka_unit_test(
		    a_checkpoint_that_the_log_alone_signed_comes_apart),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
