/* What a disclosure proves, and when none is made. */
#include "client/disclosure/disclosure.h"

#include "client/trust/witnessed.h"
#include "crypto/note.h"

#include "tests/unit/client/showkit.h"

static void
expect_good(struct fixture *f, struct wb_audit *a,
    const struct wb_bytes *bundle)
{
	showkit_audit(f, a, bundle);
	for (size_t i = 0; i < a->problem_count; i++)
		print_error("%s: %s\n", a->problems[i].id,
		    (const char *)a->problems[i].text.data);
	assert_int_equal(a->result, WB_AUDIT_GOOD);
	assert_non_null(a->disclosed);
}

static void
a_record_proves_itself_with_its_place_or_without(void **state)
{
	struct fixture *f = *state;
	struct wb_bytes bundle;
	struct wb_audit a;

	showkit_save(f, &f->k1, showkit_seven, 3);
	(void)showkit_send(f, &f->k1);
	showkit_head(f);
	showkit_disclose(f, &bundle, "K1", 1, false);
	expect_good(f, &a, &bundle);
	assert_int_equal(a.disclosed->goods.line_count, 1);
	assert_true(wb_span_equal(a.disclosed->goods.lines[0].item,
	    wb_span_text("rice")));
	assert_true(wb_span_equal(a.disclosed->device, wb_span_text("K1")));
	assert_true(a.disclosed->has_place);
	assert_int_equal(a.disclosed->place.number, 1);
	assert_true(
	    wb_span_equal(a.disclosed->place.to, wb_span_text("Farmhouse")));
	wb_audit_clear(&a);
	wb_bytes_clear(&bundle);

	showkit_disclose(f, &bundle, "k1", 3, true);
	expect_good(f, &a, &bundle);
	assert_true(wb_span_equal(a.disclosed->goods.lines[0].item,
	    wb_span_text("insulin")));
	assert_false(a.disclosed->has_place);
	assert_int_equal(a.disclosed->place.number, 0);
	assert_int_equal(a.disclosed->place.to.len, 0);
	wb_audit_clear(&a);
	wb_bytes_clear(&bundle);
}

static void
the_batches_around_it_are_not_missing(void **state)
{
	struct fixture *f = *state;
	struct wb_bytes bundle;
	struct wb_audit a;

	for (size_t i = 0; i < 3; i++) {
		showkit_save(f, &f->k1, &showkit_seven[i], 1);
		(void)showkit_send(f, &f->k1);
	}
	showkit_head(f);
	showkit_disclose(f, &bundle, "K1", 2, true);
	expect_good(f, &a, &bundle);
	assert_int_equal(a.batches, 1);
	assert_int_equal(a.entries, 2); /* the roster and the batch */
	wb_audit_clear(&a);
	wb_bytes_clear(&bundle);
}

/* Who was revoked, and let in by a coordinator, is proven with that ack. */
static void
what_was_let_in_is_proven_by_who_let_it_in(void **state)
{
	struct fixture *f = *state;
	struct wb_envelope envelope;
	struct wb_arena arena;
	struct wb_bytes bundle;
	struct wb_audit a;
	struct wb_stmt *s;
	uint64_t made;
	bool row;

	showkit_save(f, &f->k1, showkit_seven, 1);
	assert_ok(wb_queue_batch(&made, &f->k1, false, &f->err), &f->err);
	fixture_set_state(f, &f->k1, WB_MEMBER_REVOKED);
	wb_arena_init(&arena, WB_ARENA_BUDGET);
	assert_ok(wb_db_prepare(&s, f->k1.db,
		      "SELECT envelope FROM statement WHERE log_index IS NULL",
		      &f->err),
	    &f->err);
	assert_ok(wb_step(s, &row, &f->err), &f->err);
	assert_ok(wb_envelope_decode(&envelope, &arena, wb_column_blob(s, 0),
		      &f->err),
	    &f->err);
	wb_stmt_done(s);
	fixture_ack_id(f, &envelope.id, WB_OUTCOME_ADMIT);
	(void)showkit_send(f, &f->k1);
	showkit_head(f);
	showkit_disclose(f, &bundle, "K1", 1, true);
	expect_good(f, &a, &bundle);
	assert_int_equal(a.entries, 4); /* two rosters, the ack, the batch */
	wb_audit_clear(&a);
	wb_bytes_clear(&bundle);
	wb_arena_clear(&arena);
}

/* ------------------------------------------------------ under which head */

static void
set_policy(struct fixture *f, const struct wb_vkey *witness)
{
	struct wb_bytes text;

	wb_bytes_init(&text, 4096);
	assert_ok(wb_bytes_append_text(&text, "log ", &f->err), &f->err);
	assert_ok(wb_vkey_format(&text, &f->coord.log, &f->err), &f->err);
	assert_ok(wb_bytes_append_text(&text, "\nwitness w ", &f->err),
	    &f->err);
	assert_ok(wb_vkey_format(&text, witness, &f->err), &f->err);
	assert_ok(wb_bytes_append(&text, wb_span("\nquorum w\n", 11), &f->err),
	    &f->err);
	fixture_set_policy(f, (const char *)text.data);
	wb_bytes_clear(&text);
}

/* The newest head, cosigned or not, as it is kept. */
static void
take_note(struct fixture *f, struct wb_bytes *out, const struct wb_vkey *vkey,
    const struct wb_signer *witness)
{
	struct wb_note note;

	wb_bytes_init(out, WB_MAX_NOTE);
	assert_ok(wb_setting_get(out, f->coord.db, WB_SET_HEAD, &f->err),
	    &f->err);
	if (witness == NULL)
		return;
	/* What is signed is a view of the note that is added to. */
	assert_ok(wb_bytes_reserve(out, 1000, &f->err), &f->err);
	assert_ok(wb_note_parse(&note, wb_bytes_span(out), &f->err), &f->err);
	assert_ok(wb_note_cosign(out, note.text, vkey, witness, 1700000000,
		      &f->err),
	    &f->err);
}

static void
expect_head(struct fixture *f, uint64_t number, const struct wb_bytes *want,
    bool witnessed)
{
	struct showkit_items items;
	struct wb_bytes bundle;
	struct wb_audit a;

	showkit_disclose(f, &bundle, "K1", number, true);
	expect_good(f, &a, &bundle);
	showkit_take_apart(f, &items, &bundle);
	assert_true(
	    wb_span_equal(items
			      .items[showkit_item(&items, WB_BUNDLE_CHECKPOINT)]
			      .bytes,
		wb_bytes_span(want)));
	assert_int_equal(a.witnessed, witnessed ? a.head.size : 0);
	wb_arena_clear(&items.arena);
	wb_audit_clear(&a);
	wb_bytes_clear(&bundle);
}

/* A witness's name under what it did not sign. */
static void
expect_forged_cosignature(struct fixture *f, uint64_t number)
{
	struct showkit_items items;
	struct wb_bundle_item *head;
	struct wb_bytes bundle, note;
	struct wb_audit a;

	showkit_disclose(f, &bundle, "K1", number, true);
	showkit_take_apart(f, &items, &bundle);
	wb_bytes_clear(&bundle);
	head = &items.items[showkit_item(&items, WB_BUNDLE_CHECKPOINT)];
	wb_bytes_init(&note, WB_MAX_NOTE);
	assert_ok(wb_bytes_append(&note, head->bytes, &f->err), &f->err);
	note.data[note.len - 12] ^= 1; /* in the last line's base64 */
	head->bytes = wb_bytes_span(&note);
	showkit_join(f, &bundle, &items);
	showkit_audit(f, &a, &bundle);
	assert_int_equal(a.result, WB_AUDIT_BAD);
	assert_string_equal(a.problems[0].id, "cosignature");
	assert_null(a.disclosed);
	wb_audit_clear(&a);
	wb_bytes_clear(&note);
	wb_bytes_clear(&bundle);
	wb_arena_clear(&items.arena);
}

static void
a_witnessed_head_proves_it_before_a_newer_one(void **state)
{
	struct fixture *f = *state;
	struct wb_bytes witnessed, newest;
	struct wb_signer witness;
	struct wb_vkey vkey;

	assert_ok(wb_signer_generate(&witness, f->coord.random, &f->err),
	    &f->err);
	assert_ok(wb_vkey_make(&vkey, "example.net/w", WB_NOTE_COSIGNATURE,
		      &witness.key, &f->err),
	    &f->err);
	set_policy(f, &vkey);
	showkit_save(f, &f->k1, showkit_seven, 1);
	(void)showkit_send(f, &f->k1);
	showkit_head(f);
	take_note(f, &witnessed, &vkey, &witness);
	assert_ok(wb_witnessed_keep(&f->coord, wb_bytes_span(&witnessed),
		      &f->err),
	    &f->err);
	showkit_save(f, &f->k1, showkit_seven, 1);
	(void)showkit_send(f, &f->k1);
	showkit_head(f);
	take_note(f, &newest, NULL, NULL);
	expect_head(f, 1, &witnessed, true);
	expect_head(f, 2, &newest, false); /* no witness has seen it yet */
	expect_forged_cosignature(f, 1);
	wb_bytes_clear(&newest);
	wb_bytes_clear(&witnessed);
	wb_signer_clear(&witness);
}

/* A server that holds entries back hinders nobody to prove the others. */
static void
entries_held_back_leave_an_older_head(void **state)
{
	struct fixture *f = *state;
	struct wb_bytes whole;

	showkit_save(f, &f->k1, showkit_seven, 1);
	(void)showkit_send(f, &f->k1);
	showkit_head(f);
	take_note(f, &whole, NULL, NULL);
	assert_ok(wb_setting_put(f->coord.db, WB_SET_HEAD_WHOLE,
		      wb_bytes_span(&whole), &f->err),
	    &f->err);
	fixture_ack_id(f, &(struct wb_hash){ { 7 } }, WB_OUTCOME_OPENED);
	showkit_head(f);
	assert_ok(wb_db_exec(f->coord.db,
		      "UPDATE statement SET log_index = NULL"
		      " WHERE log_index = 3",
		      &f->err),
	    &f->err);
	expect_head(f, 1, &whole, false);
	wb_bytes_clear(&whole);
}

/* Shown, because it was recorded; true is another question. */
static void
what_is_suspect_is_shown_and_not_called_good(void **state)
{
	static const struct {
		const char *what;
		uint64_t after; /* entries behind its batch, from where on */
		enum wb_verdict_result result;
	} rows[] = {
		{ "from its batch on", 0, WB_AUDIT_UNCHECKED },
		{ "from the entry behind it on", 1, WB_AUDIT_GOOD },
	};
	struct fixture *f = *state;

	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct wb_bytes bundle;
		struct wb_audit a;
		uint64_t index;

		print_message("%s\n", rows[i].what);
		fixture_end(f);
		fixture_begin(f, 7);
		showkit_save(f, &f->k1, showkit_seven, 3);
		index = showkit_send(f, &f->k1);
		fixture_distrust(f, &f->k1, index + rows[i].after);
		showkit_head(f);
		showkit_disclose(f, &bundle, "K1", 1, false);
		showkit_audit(f, &a, &bundle);
		assert_int_equal(a.problem_total, 0);
		assert_int_equal(a.result, rows[i].result);
		assert_int_equal(a.suspect, rows[i].after == 0);
		assert_int_equal(a.unchecked_count, rows[i].after == 0);
		assert_non_null(a.disclosed);
		if (a.unchecked_count != 0) {
			assert_non_null(
			    strstr((const char *)a.unchecked[0].data,
				"suspect"));
		}
		wb_audit_clear(&a);
		wb_bytes_clear(&bundle);
	}
}

/* -------------------------------------------------------------- refusals */

static void
refuse(struct fixture *f, struct wb_device *device,
    const struct wb_record *record, enum wb_status want, const char *id)
{
	struct wb_error err = { 0 };
	struct wb_bytes out;

	wb_bytes_init(&out, WB_MAX_CONTENT);
	assert_status(want,
	    wb_disclosure_make(&out, device, record, true, &err), &err);
	assert_string_equal(wb_error_id(&err), id);
	assert_int_equal(out.len, 0);
	wb_bytes_clear(&out);
	(void)f;
}

static void
what_cannot_be_proven_is_not_shown(void **state)
{
	struct fixture *f = *state;
	struct wb_record record;
	struct wb_arena arena;

	showkit_save(f, &f->k1, showkit_seven, 1);
	(void)showkit_send(f, &f->k1);
	showkit_head(f);
	showkit_find(f, &record, &arena, "K1", 1);
	refuse(f, &f->k1, &record, WB_FAILED, "not-coordinator");
	record.state = WB_RECORD_HERE;
	refuse(f, &f->coord, &record, WB_FAILED, "not-logged");
	record.state = WB_RECORD_OPENED;
	record.disputed = true;
	refuse(f, &f->coord, &record, WB_FAILED, "disputed");
	record.disputed = false;
	/* A note of it could never be logged. */
	assert_ok(wb_setting_put_number(f->coord.db, WB_SET_ROLLED_BACK, 1,
		      &f->err),
	    &f->err);
	refuse(f, &f->coord, &record, WB_FORGED, "vault-rolled-back");
	assert_ok(wb_setting_remove(f->coord.db, WB_SET_ROLLED_BACK, &f->err),
	    &f->err);

	/* Another entry than the log has; one that is missing; no content. */
	assert_ok(wb_db_exec(f->coord.db,
		      "UPDATE statement SET envelope = X'00'"
		      " WHERE log_index = 2",
		      &f->err),
	    &f->err);
	refuse(f, &f->coord, &record, WB_FORGED, "log-fork");
	assert_ok(wb_db_exec(f->coord.db,
		      "UPDATE statement SET log_index = NULL"
		      " WHERE log_index = 2",
		      &f->err),
	    &f->err);
	refuse(f, &f->coord, &record, WB_PARTIAL, "log-incomplete");
	assert_ok(wb_db_exec(f->coord.db, "DELETE FROM content", &f->err),
	    &f->err);
	refuse(f, &f->coord, &record, WB_PARTIAL, "content-missing");
	wb_arena_clear(&arena);
}

int
main(void)
{
#define TEST(name) \
	cmocka_unit_test_setup_teardown(name, showkit_setup, showkit_teardown)
	const struct CMUnitTest tests[] = {
		TEST(a_record_proves_itself_with_its_place_or_without),
		TEST(the_batches_around_it_are_not_missing),
		TEST(what_was_let_in_is_proven_by_who_let_it_in),
		TEST(a_witnessed_head_proves_it_before_a_newer_one),
		TEST(entries_held_back_leave_an_older_head),
		TEST(what_is_suspect_is_shown_and_not_called_good),
		TEST(what_cannot_be_proven_is_not_shown),
	};
#undef TEST

	return cmocka_run_group_tests(tests, NULL, NULL);
}
