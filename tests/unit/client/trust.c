/* What a member believes of heads and entries, told by logs honest or not. */
#include <stdio.h>

#include "tests/unit/client/trusting.h"

static enum wb_status
take_head(struct trusting *s, struct wb_device *device, struct fake_log *log,
    uint64_t size, const struct wb_proof *proof, bool *advanced)
{
	struct wb_bytes note;
	struct wb_head head;
	enum wb_status st;

	wb_bytes_init(&note, WB_MAX_NOTE);
	fake_log_checkpoint(&note, log, size);
	st = wb_trust_head(&head, advanced, device, wb_bytes_span(&note), proof,
	    &s->f.err);
	wb_bytes_clear(&note);
	return st;
}

/* ---- heads */

enum trick {
	HONEST,
	NO_PROOF,
	OTHER_HISTORY, /* differs from entry 2 on */
	OTHER_PROOF, /* one hash of it altered */
	OTHER_KEY
};

static const struct head_row {
	const char *name;
	uint64_t stored; /* 0: none */
	uint64_t size;
	enum trick trick;
	const char *want; /* id; NULL: taken */
	bool advanced;
} head_rows[] = {
	{ "the first head of all", 0, 5, HONEST, NULL, true },
	{ "the first one needs no proof", 0, 5, NO_PROOF, NULL, true },
	{ "an empty log is a beginning", 0, 0, HONEST, NULL, false },
	{ "the same head again", 5, 5, HONEST, NULL, false },
	{ "a longer log", 5, 9, HONEST, NULL, true },
	{ "one entry more", 8, 9, HONEST, NULL, true },
	{ "longer, without proof", 5, 9, NO_PROOF, "log-fork", false },
	{ "longer, an altered proof", 5, 9, OTHER_PROOF, "log-fork", false },
	{ "longer, another history", 5, 9, OTHER_HISTORY, "log-fork", false },
	{ "as long, another history", 5, 5, OTHER_HISTORY, "log-fork", false },
	{ "shorter, the same history", 9, 5, HONEST, "log-rolled-back", false },
	{ "shorter, without proof", 9, 5, NO_PROOF, "log-rolled-back", false },
	{ "shorter, another history", 9, 5, OTHER_HISTORY, "log-rolled-back",
	    false },
	{ "empty again", 9, 0, HONEST, "log-rolled-back", false },
	{ "signed by another key", 5, 9, OTHER_KEY, "head-signature", false },
	{ "the first, by another key", 0, 9, OTHER_KEY, "head-signature",
	    false },
};

static struct fake_log *
tricky_log(struct trusting *s, enum trick trick, struct wb_signer *stranger)
{
	struct fake_log *log = fake_log_copy(s->log,
	    trick == OTHER_HISTORY ? 2 : s->log->size);

	while (log->size < s->log->size)
		(void)trusting_add_note(s, log, (uint8_t)(100 + log->size));
	if (trick == OTHER_KEY)
		log->signer = stranger;
	return log;
}

static void
try_head(struct trusting *s, const struct head_row *row)
{
	uint64_t small = row->stored < row->size ? row->stored : row->size;
	uint64_t large = row->stored < row->size ? row->size : row->stored;
	struct wb_signer stranger;
	struct wb_head before, after;
	struct wb_signature signature;
	struct wb_proof proof;
	struct fake_log *log;
	bool advanced = false;
	enum wb_status st;

	assert_ok(wb_signer_generate(&stranger, s->f.coord.random, &s->f.err),
	    &s->f.err);
	log = tricky_log(s, row->trick, &stranger);
	assert_ok(wb_setting_remove(s->f.k1.db, WB_SET_HEAD, &s->f.err),
	    &s->f.err);
	if (row->stored != 0)
		assert_ok(take_head(s, &s->f.k1, s->log, row->stored, NULL,
			      NULL),
		    &s->f.err);
	assert_ok(wb_trust_newest(&before, &signature, &s->f.k1, &s->f.err),
	    &s->f.err);
	assert_int_equal(before.size, row->stored);
	fake_log_consist(&proof, log, small, large);
	if (row->trick == OTHER_PROOF)
		proof.hashes[0].b[7] ^= 1;
	st = take_head(s, &s->f.k1, log, row->size,
	    row->trick == NO_PROOF ? NULL : &proof, &advanced);
	if (row->want == NULL)
		assert_ok(st, &s->f.err);
	else
		trusting_fault(s, st, row->want);
	assert_int_equal(advanced, row->advanced);
	assert_ok(wb_trust_newest(&after, &signature, &s->f.k1, &s->f.err),
	    &s->f.err);
	assert_int_equal(after.size, row->advanced ? row->size : row->stored);
	fake_log_free(&log);
	wb_signer_clear(&stranger);
}

static void
heads_only_grow(void **state)
{
	struct trusting *s = *state;

	for (uint8_t i = 1; i < 9; i++)
		(void)trusting_add_note(s, s->log, i);
	for (size_t i = 0; i < sizeof head_rows / sizeof head_rows[0]; i++) {
		print_message("  %s\n", head_rows[i].name);
		try_head(s, &head_rows[i]);
	}
}

static void
a_head_that_is_only_checked_is_not_stored(void **state)
{
	struct wb_signature signature;
	struct trusting *s = *state;
	struct wb_bytes note;
	struct wb_head head;

	wb_bytes_init(&note, WB_MAX_NOTE);
	fake_log_checkpoint(&note, s->log, 1);
	assert_ok(wb_trust_check_head(&head, &s->f.k1, wb_bytes_span(&note),
		      NULL, &s->f.err),
	    &s->f.err);
	assert_int_equal(head.size, 1);
	assert_ok(wb_trust_newest(&head, &signature, &s->f.k1, &s->f.err),
	    &s->f.err);
	assert_int_equal(head.size, 0);
	wb_bytes_clear(&note);
}

/* ---- entries */

/* K1's batch, signed but not logged; its envelope and content. */
static void
make_batch(struct trusting *s, struct wb_bytes *envelope,
    struct wb_bytes *content)
{
	struct wb_stmt *q;
	uint64_t made;
	bool row;

	assert_ok(wb_queue_batch(&made, &s->f.k1, true, &s->f.err), &s->f.err);
	assert_ok(wb_db_prepare(&q, s->f.k1.db,
		      "SELECT s.envelope, c.file FROM statement s"
		      " JOIN content c ON c.statement = s.row"
		      " WHERE log_index IS NULL",
		      &s->f.err),
	    &s->f.err);
	assert_ok(wb_step(q, &row, &s->f.err), &s->f.err);
	assert_true(row);
	wb_bytes_init(envelope, WB_MAX_ENVELOPE);
	wb_bytes_init(content, WB_MAX_CONTENT);
	assert_ok(wb_bytes_append(envelope, wb_column_blob(q, 0), &s->f.err),
	    &s->f.err);
	assert_ok(wb_bytes_append(content, wb_column_blob(q, 1), &s->f.err),
	    &s->f.err);
	wb_stmt_done(q);
}

static void
a_batch_is_kept_and_entered_once(void **state)
{
	struct wb_bytes envelope, content;
	struct trusting *s = *state;
	struct wb_taken taken;
	struct wb_entry entry;

	make_batch(s, &envelope, &content);
	(void)fake_log_add(s->log, wb_bytes_span(&envelope),
	    wb_bytes_span(&content));
	fake_log_entry(&entry, s->log, 1, 2);
	assert_ok(trusting_take(s, &s->f.coord, s->log, &entry, &taken),
	    &s->f.err);
	assert_true(taken.is_new);
	assert_int_equal(taken.type, WB_STATEMENT_BATCH);
	assert_ok(trusting_take(s, &s->f.coord, s->log, &entry, &taken),
	    &s->f.err);
	assert_false(taken.is_new);
	assert_int_equal(fixture_number(&s->f, &s->f.coord,
			     "SELECT count(*) FROM batch JOIN statement"
			     " ON row = statement WHERE log_index = 1"),
	    1);
	wb_bytes_clear(&envelope);
	wb_bytes_clear(&content);
}

static void
only_who_lacks_the_rest_of_the_log_keeps_receipts(void **state)
{
	static const char kept[] =
	    "SELECT count(*) FROM statement WHERE receipt IS NOT NULL";
	struct trusting *s = *state;

	(void)trusting_add_note(s, s->log, 1);
	assert_ok(trusting_take_at(s, &s->f.coord, s->log, 1), &s->f.err);
	assert_ok(trusting_take_at(s, &s->f.k1, s->log, 1), &s->f.err);
	assert_int_equal(fixture_number(&s->f, &s->f.coord, kept), 0);
	assert_int_equal(fixture_number(&s->f, &s->f.k1, kept), 1);
}

/* What wb_trust_held gives; size 0 where nothing is. */
static struct wb_held
held_by(struct trusting *s, struct wb_device *device)
{
	struct wb_held held;

	assert_ok(wb_trust_held(&held, device, &s->f.err), &s->f.err);
	assert_int_equal(held.size == 0, held.known.count == 0);
	return held;
}

static void
the_newest_entry_with_its_receipt_is_named(void **state)
{
	struct trusting *s = *state;
	struct wb_known_nodes known;
	struct wb_held held;

	assert_int_equal(held_by(s, &s->f.k1).size, 0);
	for (uint8_t i = 1; i < 6; i++)
		(void)trusting_add_note(s, s->log, i);
	assert_ok(trusting_take_at(s, &s->f.k1, s->log, 4), &s->f.err);
	(void)trusting_add_note(s, s->log, 6);
	assert_ok(trusting_take_at(s, &s->f.k1, s->log, 2), &s->f.err);
	held = held_by(s, &s->f.k1);
	assert_int_equal(held.index, 4);
	assert_int_equal(held.size, 6);
	fake_log_known(&known, s->log, 4, 6);
	assert_int_equal(held.known.count, known.count);
	assert_memory_equal(held.known.hashes, known.hashes,
	    known.count * sizeof known.hashes[0]);
	/* Who follows the whole log keeps none. */
	assert_ok(trusting_take_at(s, &s->f.coord, s->log, 4), &s->f.err);
	assert_int_equal(held_by(s, &s->f.coord).size, 0);
}

static void
a_receipt_that_proves_nothing_is_not_named(void **state)
{
	static const char *const spoil[] = { "x'00'", "NULL",
		"(SELECT receipt FROM statement WHERE log_index = 1)" };
	struct trusting *s = *state;

	(void)trusting_add_note(s, s->log, 1);
	(void)trusting_add_note(s, s->log, 2);
	assert_ok(trusting_take_at(s, &s->f.k1, s->log, 1), &s->f.err);
	assert_ok(trusting_take_at(s, &s->f.k1, s->log, 2), &s->f.err);
	assert_int_equal(held_by(s, &s->f.k1).size, 3);
	for (size_t i = 0; i < sizeof spoil / sizeof spoil[0]; i++) {
		char sql[160];

		(void)snprintf(sql, sizeof sql,
		    "UPDATE statement SET receipt = %s WHERE log_index = 2",
		    spoil[i]);
		assert_ok(wb_db_exec(s->f.k1.db, sql, &s->f.err), &s->f.err);
		assert_int_equal(held_by(s, &s->f.k1).size, 0);
	}
}

static void
an_entry_must_be_under_the_head(void **state)
{
	struct trusting *s = *state;
	struct wb_bytes other;
	struct wb_taken taken;
	struct wb_entry entry;

	(void)trusting_add_note(s, s->log, 1);
	(void)trusting_add_note(s, s->log, 2);
	fake_log_entry(&entry, s->log, 1, 3);
	wb_bytes_init(&other, WB_MAX_ENVELOPE);
	trusting_make_note(&other, s, 3, &s->f.coord.programme,
	    &s->f.coord.signer);
	entry.envelope = wb_bytes_span(&other);
	trusting_fault(s, trusting_take(s, &s->f.coord, s->log, &entry, &taken),
	    "entry-inclusion");
	fake_log_entry(&entry, s->log, 1, 3);
	entry.index = 2;
	trusting_fault(s, trusting_take(s, &s->f.coord, s->log, &entry, &taken),
	    "entry-inclusion");
	fake_log_entry(&entry, s->log, 1, 3);
	entry.proof.hashes[0].b[0] ^= 1;
	trusting_fault(s, trusting_take(s, &s->f.coord, s->log, &entry, &taken),
	    "entry-inclusion");
	assert_false(wb_trust_is_entry_fault(&s->f.err));
	assert_int_equal(fixture_number(&s->f, &s->f.coord,
			     "SELECT count(*) FROM statement"),
	    1);
	wb_bytes_clear(&other);
}

static void
one_place_of_the_log_holds_one_entry(void **state)
{
	struct trusting *s = *state;
	struct fake_log *fork;

	(void)trusting_add_note(s, s->log, 1);
	fork = fake_log_copy(s->log, 1);
	(void)trusting_add_note(s, fork, 2);
	assert_ok(trusting_take_at(s, &s->f.k1, s->log, 1), &s->f.err);
	trusting_fault(s, trusting_take_at(s, &s->f.k1, fork, 1), "log-fork");
	assert_false(wb_trust_is_entry_fault(&s->f.err));
	fake_log_free(&fork);
}

static void
one_entry_has_one_place_in_the_log(void **state)
{
	struct trusting *s = *state;

	(void)trusting_add_note(s, s->log, 1);
	(void)trusting_add_note(s, s->log, 1);
	assert_ok(trusting_take_at(s, &s->f.k1, s->log, 1), &s->f.err);
	trusting_fault(s, trusting_take_at(s, &s->f.k1, s->log, 2),
	    "entry-repeated");
}

static void
an_entry_that_should_not_be_in_the_log_is_refused(void **state)
{
	struct trusting *s = *state;
	struct wb_bytes envelope;
	struct wb_hash other = s->f.coord.programme;

	wb_bytes_init(&envelope, WB_MAX_ENVELOPE);
	trusting_make_note(&envelope, s, 1, &s->f.coord.programme,
	    &s->f.k1.signer);
	trusting_refused(s, wb_bytes_span(&envelope), "entry-signature");
	other.b[0] ^= 1;
	trusting_make_note(&envelope, s, 2, &other, &s->f.coord.signer);
	trusting_refused(s, wb_bytes_span(&envelope), "entry-form");
	trusting_refused(s, wb_span_text("no envelope"), "entry-form");
	trusting_seal(&envelope, s, WB_STATEMENT_NOTE, wb_span_text("no note"),
	    &s->f.coord.signer);
	trusting_refused(s, wb_bytes_span(&envelope), "entry-form");
	trusting_seal(&envelope, s, WB_STATEMENT_READ, wb_span_text("a read"),
	    &s->f.coord.signer);
	trusting_refused(s, wb_bytes_span(&envelope), "entry-form");
	wb_bytes_clear(&envelope);
}

/* ---- receipts and contents */

static enum wb_status
take_receipt(struct trusting *s, struct wb_span envelope, uint64_t index)
{
	struct wb_proof proof;
	struct wb_bytes note;
	struct wb_head head;
	enum wb_status st;

	wb_bytes_init(&note, WB_MAX_NOTE);
	fake_log_head(&head, s->log, s->log->size);
	fake_log_checkpoint(&note, s->log, s->log->size);
	fake_log_include(&proof, s->log, index, s->log->size);
	st = wb_trust_receipt(&s->f.k1, &head, wb_bytes_span(&note), envelope,
	    index, &proof, &s->f.err);
	wb_bytes_clear(&note);
	return st;
}

static void
a_receipt_is_for_what_was_sent(void **state)
{
	struct wb_bytes envelope, content;
	struct trusting *s = *state;

	make_batch(s, &envelope, &content);
	(void)trusting_add_note(s, s->log, 1);
	(void)fake_log_add(s->log, wb_bytes_span(&envelope),
	    wb_bytes_span(&content));
	trusting_fault(s, take_receipt(s, wb_bytes_span(&envelope), 1),
	    "wrong-receipt");
	assert_int_equal(fixture_number(&s->f, &s->f.k1,
			     "SELECT count(*) FROM statement"
			     " WHERE log_index IS NULL"),
	    1);
	assert_ok(take_receipt(s, wb_bytes_span(&envelope), 2), &s->f.err);
	assert_int_equal(fixture_number(&s->f, &s->f.k1,
			     "SELECT count(*) FROM statement"
			     " WHERE log_index = 2 AND receipt IS NOT NULL"),
	    1);
	wb_bytes_clear(&envelope);
	wb_bytes_clear(&content);
}

static void
a_content_is_what_its_batch_names(void **state)
{
	struct wb_bytes envelope, content;
	struct trusting *s = *state;
	struct wb_taken taken;
	struct wb_entry entry;

	make_batch(s, &envelope, &content);
	(void)fake_log_add(s->log, wb_bytes_span(&envelope),
	    wb_bytes_span(&content));
	fake_log_entry(&entry, s->log, 1, 2);
	assert_ok(trusting_take(s, &s->f.coord, s->log, &entry, &taken),
	    &s->f.err);
	content.data[content.len / 2] ^= 1;
	trusting_fault(s,
	    wb_trust_content(&s->f.coord, taken.row, wb_bytes_span(&content),
		&s->f.err),
	    "content-altered");
	trusting_fault(s,
	    wb_trust_content(&s->f.coord, taken.row,
		wb_span_sub(entry.content, 0, entry.content.len - 1),
		&s->f.err),
	    "content-altered");
	for (int i = 0; i < 2; i++)
		assert_ok(wb_trust_content(&s->f.coord, taken.row,
			      entry.content, &s->f.err),
		    &s->f.err);
	assert_int_equal(fixture_number(&s->f, &s->f.coord,
			     "SELECT count(*) FROM content"),
	    1);
	wb_bytes_clear(&envelope);
	wb_bytes_clear(&content);
}

static void
a_content_is_what_its_note_names(void **state)
{
	struct trusting *s = *state;
	struct wb_span file = wb_span_text("an age file");
	struct wb_shown note = { .programme = s->f.coord.programme,
		.signer = s->f.coord.signer.key };
	struct wb_bytes payload, envelope;
	struct wb_taken taken;
	struct wb_entry entry;

	wb_sha256_one(&note.content_hash, file);
	wb_bytes_init(&payload, WB_MAX_ENVELOPE);
	wb_bytes_init(&envelope, WB_MAX_ENVELOPE);
	assert_ok(wb_shown_encode(&payload, &note, &s->f.err), &s->f.err);
	trusting_seal(&envelope, s, WB_STATEMENT_NOTE, wb_bytes_span(&payload),
	    &s->f.coord.signer);
	(void)fake_log_add(s->log, wb_bytes_span(&envelope), file);
	fake_log_entry(&entry, s->log, 1, 2);
	assert_ok(trusting_take(s, &s->f.coord, s->log, &entry, &taken),
	    &s->f.err);
	trusting_fault(s,
	    wb_trust_content(&s->f.coord, taken.row,
		wb_span_text("an age fils"), &s->f.err),
	    "content-altered");
	assert_ok(wb_trust_content(&s->f.coord, taken.row, file, &s->f.err),
	    &s->f.err);
	wb_bytes_clear(&payload);
	wb_bytes_clear(&envelope);
}

#define TEST(name) \
	cmocka_unit_test_setup_teardown(name, trusting_setup, trusting_teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(heads_only_grow),
		TEST(a_head_that_is_only_checked_is_not_stored),
		TEST(a_batch_is_kept_and_entered_once),
		TEST(only_who_lacks_the_rest_of_the_log_keeps_receipts),
		TEST(the_newest_entry_with_its_receipt_is_named),
		TEST(a_receipt_that_proves_nothing_is_not_named),
		TEST(an_entry_must_be_under_the_head),
		TEST(one_place_of_the_log_holds_one_entry),
		TEST(one_entry_has_one_place_in_the_log),
		TEST(an_entry_that_should_not_be_in_the_log_is_refused),
		TEST(a_receipt_is_for_what_was_sent),
		TEST(a_content_is_what_its_batch_names),
		TEST(a_content_is_what_its_note_names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
