/* Notes of what was shown: made, kept, and read by who may. */
#include "client/disclosure/showing.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/file.h"
#include "client/bundle/bundle.h"
#include "proto/wire.h"

#include "tests/unit/client/showkit.h"
#include "tests/unit/tempdir.h"

static const struct showkit_record records[] = {
	{ "rice", "Farmhouse", "" },
	{ "insulin", "Chapel", "" },
};

static int
setup(void **state)
{
	struct fixture *f = calloc(1, sizeof *f);

	assert_non_null(f);
	fixture_begin(f, 7);
	showkit_save(f, &f->k1, records, 2);
	(void)showkit_send(f, &f->k1);
	showkit_head(f);
	*state = f;
	return 0;
}

static int
teardown(void **state)
{
	fixture_end(*state);
	free(*state);
	return 0;
}

static int64_t
notes_waiting(struct fixture *f, struct wb_device *device)
{
	return fixture_number(f, device,
	    "SELECT count(*) FROM statement s JOIN content c"
	    " ON c.statement = s.row WHERE type = 5 AND log_index IS NULL");
}

static bool
keep(struct fixture *f, struct wb_device *device, const char *to,
    const struct wb_hash *record)
{
	bool kept;

	assert_ok(wb_showing_keep(&kept, device,
		      record == NULL ? wb_span_text("audit") : WB_SHOWN_GOODS,
		      to, record, &f->err),
	    &f->err);
	return kept;
}

/* Logs what waits, as a sync does. */
static void
log_notes(struct fixture *f)
{
	struct wb_bytes envelope, file;
	struct wb_stmt *s;
	bool more = true;

	while (more) {
		wb_bytes_init(&envelope, WB_MAX_CONTENT);
		wb_bytes_init(&file, WB_MAX_CONTENT);
		assert_ok(wb_db_prepare(&s, f->coord.db,
			      "SELECT envelope, file FROM statement s"
			      " JOIN content c ON c.statement = s.row"
			      " WHERE type = 5 AND log_index IS NULL",
			      &f->err),
		    &f->err);
		assert_ok(wb_step(s, &more, &f->err), &f->err);
		if (more) {
			assert_ok(wb_bytes_append(&envelope,
				      wb_column_blob(s, 0), &f->err),
			    &f->err);
			assert_ok(wb_bytes_append(&file, wb_column_blob(s, 1),
				      &f->err),
			    &f->err);
			wb_stmt_done(s);
			fixture_log_entry(f, wb_bytes_span(&envelope),
			    wb_bytes_span(&file));
		}
		wb_bytes_clear(&file);
		wb_bytes_clear(&envelope);
	}
}

static void
a_note_is_read_again_with_who_and_when(void **state)
{
	struct fixture *f = *state;
	struct wb_showing_note *notes;
	struct wb_arena arena, other;
	struct wb_record first, second;
	uint64_t unread;
	size_t n;

	showkit_find(f, &first, &arena, "K1", 1);
	showkit_find(f, &second, &other, "K1", 2);
	assert_true(keep(f, &f->coord, "Red Cross", &first.id));
	assert_true(keep(f, &f->coord, NULL, &second.id));
	assert_true(keep(f, &f->coord, "Donor", NULL));
	assert_int_equal(notes_waiting(f, &f->coord), 3);
	assert_ok(wb_showings_of(&notes, &n, &unread, &arena, &f->coord,
		      &first.id, &f->err),
	    &f->err);
	assert_int_equal(n, 1);
	assert_int_equal(unread, 0);
	assert_false(notes[0].logged);
	assert_int_equal(notes[0].showing.day, FIXTURE_TODAY);
	assert_true(
	    wb_span_equal(notes[0].showing.to, wb_span_text("Red Cross")));
	assert_true(wb_span_equal(notes[0].showing.what, WB_SHOWN_GOODS));
	assert_true(wb_span_equal(notes[0].by, wb_span_text("C1")));

	/* Shown again, to the same: it is a note of its own. */
	assert_true(keep(f, &f->coord, "Red Cross", &first.id));
	log_notes(f);
	assert_int_equal(notes_waiting(f, &f->coord), 0);
	assert_ok(wb_showings_of(&notes, &n, &unread, &arena, &f->coord,
		      &first.id, &f->err),
	    &f->err);
	assert_int_equal(n, 2);
	assert_true(notes[0].logged);
	wb_arena_clear(&other);
	wb_arena_clear(&arena);
}

/* The server sees that something was shown, and no more. */
static void
a_note_tells_strangers_nothing(void **state)
{
	struct fixture *f = *state;
	struct wb_hash many = { { 7 } };
	struct wb_stmt *s;
	int64_t size = 0;
	bool more;

	assert_true(keep(f, &f->coord, "Red Cross", &many));
	assert_true(keep(f, &f->coord, NULL, NULL));
	assert_ok(wb_db_prepare(&s, f->coord.db,
		      "SELECT length(file), instr(file, 'Red Cross'),"
		      " instr(envelope, 'Red Cross') FROM statement s"
		      " JOIN content c ON c.statement = s.row WHERE type = 5",
		      &f->err),
	    &f->err);
	for (int i = 0; i < 2; i++) {
		assert_ok(wb_step(s, &more, &f->err), &f->err);
		assert_true(more);
		assert_int_equal(wb_column_int(s, 1), 0);
		assert_int_equal(wb_column_int(s, 2), 0);
		if (size != 0)
			assert_int_equal(wb_column_int(s, 0), size);
		size = wb_column_int(s, 0);
	}
	wb_stmt_done(s);
}

static void
who_signs_no_notes_makes_none(void **state)
{
	struct fixture *f = *state;
	struct wb_error err = { 0 };
	bool kept = true;

	assert_false(keep(f, &f->k1, "Red Cross", NULL));
	assert_int_equal(notes_waiting(f, &f->k1), 0);
	fixture_make_auditor(f, &f->k2);
	assert_true(keep(f, &f->k2, "Red Cross", NULL));
	assert_int_equal(notes_waiting(f, &f->k2), 1);
	/* A vault that was rolled back sends nothing any more. */
	assert_ok(wb_setting_put_number(f->coord.db, WB_SET_ROLLED_BACK, 1,
		      &f->err),
	    &f->err);
	assert_false(keep(f, &f->coord, "Red Cross", NULL));
	assert_ok(wb_setting_remove(f->coord.db, WB_SET_ROLLED_BACK, &f->err),
	    &f->err);
	assert_status(WB_INVALID,
	    wb_showing_keep(&kept, &f->coord, WB_SHOWN_GOODS, "two\nlines",
		NULL, &err),
	    &err);
	assert_false(kept);
	assert_string_equal(wb_error_id(&err), "bad-name");
	assert_int_equal(notes_waiting(f, &f->coord), 0);
}

/* Who holds no identity counts them; so is one that is no note counted. */
static void
what_cannot_be_read_is_counted(void **state)
{
	struct fixture *f = *state;
	const struct wb_hash record = { { 7 } };
	struct wb_showing_note *notes;
	struct wb_arena arena;
	uint64_t unread;
	size_t n;

	wb_arena_init(&arena, WB_ARENA_BUDGET);
	fixture_make_auditor(f, &f->k2);
	assert_true(keep(f, &f->k2, "Red Cross", &record));
	assert_ok(wb_showings_of(&notes, &n, &unread, &arena, &f->k2, &record,
		      &f->err),
	    &f->err);
	assert_int_equal(n, 0);
	assert_int_equal(unread, 1);
	assert_true(keep(f, &f->coord, "Red Cross", &record));
	assert_true(keep(f, &f->coord, "Donor", &record));
	assert_ok(wb_db_exec(f->coord.db,
		      "UPDATE content SET file = X'00' WHERE statement ="
		      " (SELECT max(row) FROM statement)",
		      &f->err),
	    &f->err);
	assert_ok(wb_showings_of(&notes, &n, &unread, &arena, &f->coord,
		      &record, &f->err),
	    &f->err);
	assert_int_equal(n, 1);
	assert_int_equal(unread, 1);
	wb_arena_clear(&arena);
}

/* Evidence for others is noted; what goes to the programme's own is not. */
static void
evidence_is_noted_before_it_has_its_name(void **state)
{
	static const enum wb_bundle_purpose purposes[] = { WB_PURPOSE_AUDIT,
		WB_PURPOSE_HEADERS };
	struct fixture *f = *state;
	char path[WB_MAX_PATH];
	struct wb_packed packed;
	struct wb_error err = { 0 };
	struct check_dir dir;
	bool there;

	check_dir_make(&dir);
	(void)snprintf(path, sizeof path, "%s/file.wbx", dir.path);
	for (int i = 0; i < 2; i++) {
		assert_ok(wb_bundle_pack(&packed, &f->coord, path, purposes[i],
			      "Donor", &f->err),
		    &f->err);
		assert_true(packed.noted);
		assert_int_equal(notes_waiting(f, &f->coord), i + 1);
	}
	assert_ok(wb_bundle_pack(&packed, &f->coord, path, WB_PURPOSE_TRANSPORT,
		      NULL, &f->err),
	    &f->err);
	assert_false(packed.noted);
	assert_int_equal(notes_waiting(f, &f->coord), 2);

	/* No note, no file. */
	(void)snprintf(path, sizeof path, "%s/none.wbx", dir.path);
	assert_status(WB_INVALID,
	    wb_bundle_pack(&packed, &f->coord, path, WB_PURPOSE_AUDIT,
		"two\nlines", &err),
	    &err);
	assert_ok(wb_file_exists(&there, wb_file_ops_system(), path, &f->err),
	    &f->err);
	assert_false(there);
	assert_int_equal(notes_waiting(f, &f->coord), 2);
	check_dir_remove(&dir);
}

int
main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(a_note_is_read_again_with_who_and_when),
		TEST(a_note_tells_strangers_nothing),
		TEST(who_signs_no_notes_makes_none),
		TEST(what_cannot_be_read_is_counted),
		TEST(evidence_is_noted_before_it_has_its_name),
	};
#undef TEST

	return cmocka_run_group_tests(tests, NULL, NULL);
}
