/* Bundles between the vaults of a programme, and what verify makes of them. */
#include "client/bundle/bundle.h"

#include <stdlib.h>

#include "base/file.h"
#include "client/audit/audit_vault.h"
#include "client/journal/totals.h"
#include "client/trust/trust.h"
#include "crypto/commitment.h"
#include "crypto/padding.h"
#include "proto/wire.h"

#include "tests/unit/client/fake_log.h"
#include "tests/unit/client/fixture.h"
#include "tests/unit/tempdir.h"

#define MAX_FILE ((size_t)1 << 24)

struct scene {
	struct fixture f;
	struct check_dir dir;
};

static const struct fixture_record rice = { WB_KIND_DELIVERED, "rice", "sack",
	2500, "S-12", FIXTURE_TODAY };
static const struct fixture_record oil = { WB_KIND_DELIVERED, "oil", "litre",
	12000, "S-7", FIXTURE_TODAY };

static int
setup(void **state)
{
	struct scene *s = calloc(1, sizeof *s);

	assert_non_null(s);
	fixture_begin(&s->f, 7);
	check_dir_make(&s->dir);
	*state = s;
	return 0;
}

static int
teardown(void **state)
{
	struct scene *s = *state;

	check_dir_remove(&s->dir);
	fixture_end(&s->f);
	free(s);
	return 0;
}

static void
pack(struct wb_packed *out, struct scene *s, struct wb_device *from,
    const char *path, enum wb_bundle_purpose purpose, const char *to)
{
	assert_ok(wb_bundle_pack(out, from, path, purpose, to, &s->f.err),
	    &s->f.err);
}

static void
read_file(struct wb_bytes *out, struct scene *s, const char *path)
{
	wb_bytes_init(out, MAX_FILE);
	assert_ok(wb_file_read(out, wb_file_ops_system(), path, &s->f.err),
	    &s->f.err);
}

static int64_t
statements(struct scene *s, struct wb_device *device)
{
	return fixture_number(&s->f, device, "SELECT count(*) FROM statement");
}

/* ------------------------------------------------------------ transport */

/* What a coordinator holds is what K1 sent, once the log has it. */
static void
a_carried_batch_gives_the_same_totals(void **state)
{
	struct scene *s = *state;
	struct fixture *f = &s->f;
	struct wb_unpacked unpacked;
	struct wb_packed packed;
	struct wb_bytes envelope;
	struct wb_stmt *q;
	bool row;

	(void)fixture_save(f, &f->k1, &rice);
	(void)fixture_save(f, &f->k1, &oil);
	pack(&packed, s, &f->k1, s->dir.path, WB_PURPOSE_TRANSPORT, NULL);
	assert_int_equal(packed.contents, 1);
	assert_int_equal(packed.statements, 2); /* and the roster */
	assert_ok(wb_bundle_unpack(&unpacked, &f->coord, packed.path,
		      wb_span(NULL, 0), &f->err),
	    &f->err);
	assert_int_equal(unpacked.added, 1);
	assert_int_equal(unpacked.strange, 0);
	assert_int_equal(fixture_number(f, &f->coord,
			     "SELECT count(*) FROM content"),
	    1);
	assert_ok(wb_bundle_unpack(&unpacked, &f->coord, packed.path,
		      wb_span(NULL, 0), &f->err),
	    &f->err);
	assert_int_equal(unpacked.added, 0);

	/* The coordinator's sync logs it. */
	wb_bytes_init(&envelope, WB_MAX_ENVELOPE);
	assert_ok(wb_db_prepare(&q, f->coord.db,
		      "SELECT envelope FROM statement WHERE log_index IS NULL",
		      &f->err),
	    &f->err);
	assert_ok(wb_step(q, &row, &f->err), &f->err);
	assert_true(row);
	assert_ok(wb_bytes_append(&envelope, wb_column_blob(q, 0), &f->err),
	    &f->err);
	wb_stmt_done(q);
	fixture_log_entry(f, wb_bytes_span(&envelope), wb_span(NULL, 0));
	wb_bytes_clear(&envelope);
	assert_int_equal(fixture_open(f, f->next - 1), WB_BATCH_OPENED);
	assert_int_equal(fixture_number(f, &f->coord,
			     "SELECT sum(quantity) FROM line"),
	    fixture_number(f, &f->k1, "SELECT sum(quantity) FROM line"));
	assert_int_equal(fixture_number(f, &f->coord,
			     "SELECT count(*) FROM record"),
	    2);
}

/* Signed by K2 as an auditor; only a coordinator can open what it names. */
static void
keep_note(struct scene *s, struct wb_span file)
{
	struct fixture *f = &s->f;
	struct wb_shown note = { .programme = f->k2.programme,
		.signer = f->k2.signer.key };
	struct wb_bytes payload, bytes;
	struct wb_envelope envelope;
	struct wb_arena arena;
	int64_t row;

	wb_sha256_one(&note.content_hash, file);
	wb_bytes_init(&payload, WB_MAX_ENVELOPE);
	wb_bytes_init(&bytes, WB_MAX_ENVELOPE);
	wb_arena_init(&arena, WB_ARENA_BUDGET);
	assert_ok(wb_shown_encode(&payload, &note, &f->err), &f->err);
	assert_ok(wb_envelope_seal(&bytes, WB_STATEMENT_NOTE,
		      wb_bytes_span(&payload), &f->k2.signer, &f->err),
	    &f->err);
	assert_ok(wb_envelope_decode(&envelope, &arena, wb_bytes_span(&bytes),
		      &f->err),
	    &f->err);
	assert_ok(wb_statement_keep(&row, NULL, &f->k2, &envelope,
		      wb_bytes_span(&bytes), NULL, &f->err),
	    &f->err);
	assert_ok(wb_trust_content(&f->k2, row, file, &f->err), &f->err);
	wb_arena_clear(&arena);
	wb_bytes_clear(&payload);
	wb_bytes_clear(&bytes);
}

static void
a_note_is_carried_with_its_content(void **state)
{
	struct scene *s = *state;
	struct fixture *f = &s->f;
	struct wb_unpacked unpacked;
	struct wb_packed packed;

	fixture_make_auditor(f, &f->k2);
	keep_note(s, wb_span_text("an age file"));
	pack(&packed, s, &f->k2, s->dir.path, WB_PURPOSE_TRANSPORT, NULL);
	assert_int_equal(packed.contents, 1);
	assert_ok(wb_bundle_unpack(&unpacked, &f->coord, packed.path,
		      wb_span(NULL, 0), &f->err),
	    &f->err);
	assert_int_equal(unpacked.added, 1);
	assert_int_equal(fixture_number(f, &f->coord,
			     "SELECT count(*) FROM content c JOIN statement s"
			     " ON s.row = c.statement WHERE s.type = 5"
			     " AND c.file = CAST('an age file' AS BLOB)"),
	    1);
}

static void
packing_again_sends_no_second_batch(void **state)
{
	struct scene *s = *state;
	struct fixture *f = &s->f;
	struct wb_packed one, two;
	struct wb_unpacked unpacked;

	(void)fixture_save(f, &f->k1, &rice);
	pack(&one, s, &f->k1, s->dir.path, WB_PURPOSE_TRANSPORT, NULL);
	pack(&two, s, &f->k1, s->dir.path, WB_PURPOSE_TRANSPORT, NULL);
	assert_string_not_equal(one.path, two.path);
	assert_int_equal(one.statements, two.statements);
	assert_ok(wb_bundle_unpack(&unpacked, &f->coord, two.path,
		      wb_span(NULL, 0), &f->err),
	    &f->err);
	assert_int_equal(unpacked.added, 1);
	assert_ok(wb_bundle_unpack(&unpacked, &f->coord, one.path,
		      wb_span(NULL, 0), &f->err),
	    &f->err);
	assert_int_equal(unpacked.added, 0);
}

static void
a_courier_sees_sizes_of_few_kinds(void **state)
{
	struct scene *s = *state;
	struct fixture *f = &s->f;

	for (int i = 0; i < 20; i++) {
		struct wb_packed packed;
		struct wb_bytes file;

		(void)fixture_save(f, &f->k1, i % 2 == 0 ? &rice : &oil);
		pack(&packed, s, &f->k1, s->dir.path, WB_PURPOSE_TRANSPORT,
		    NULL);
		read_file(&file, s, packed.path);
		assert_int_equal(file.len, packed.bytes);
		assert_int_equal(file.len, wb_pad_content(file.len));
		wb_bytes_clear(&file);
	}
}

static void
a_bundle_opens_for_whom_it_is(void **state)
{
	struct scene *s = *state;
	struct fixture *f = &s->f;
	struct wb_unpacked unpacked;
	struct wb_packed packed;

	(void)fixture_save(f, &f->k1, &rice);
	pack(&packed, s, &f->k1, s->dir.path, WB_PURPOSE_TRANSPORT, NULL);
	assert_status(WB_REFUSED,
	    wb_bundle_unpack(&unpacked, &f->k2, packed.path, wb_span(NULL, 0),
		&f->err),
	    &f->err);
	assert_string_equal(wb_error_id(&f->err), "not-for-us");
	pack(&packed, s, &f->k1, s->dir.path, WB_PURPOSE_TRANSPORT, "c1");
	assert_ok(wb_bundle_unpack(&unpacked, &f->coord, packed.path,
		      wb_span(NULL, 0), &f->err),
	    &f->err);
	assert_int_equal(unpacked.added, 1);
}

static void
nobody_can_be_sealed_to_who_is_not_known(void **state)
{
	struct scene *s = *state;
	struct wb_packed packed;

	assert_status(WB_REFUSED,
	    wb_bundle_pack(&packed, &s->f.k1, s->dir.path, WB_PURPOSE_TRANSPORT,
		"K9", &s->f.err),
	    &s->f.err);
	assert_string_equal(wb_error_id(&s->f.err), "no-recipient");
}

#define AGE_LINE "age-encryption.org/"

static void
write_file(struct scene *s, const char *path, struct wb_span bytes)
{
	assert_ok(wb_file_write(wb_file_ops_system(), path, bytes, &s->f.err),
	    &s->f.err);
}

/* Not so in its first line, which tells that it is a sealed file at all. */
static void
assert_damaged(enum wb_status st, size_t at)
{
	assert_true(st == WB_FORGED || st == WB_REFUSED ||
		    (st == WB_INVALID && at < strlen(AGE_LINE)));
}

/* Altered in any byte or cut anywhere: refused, and nothing is taken. */
static void
damage_on_the_way_changes_nothing(void **state)
{
	struct scene *s = *state;
	struct fixture *f = &s->f;
	struct wb_unpacked unpacked;
	struct wb_packed packed;
	struct wb_bytes file;
	const char *path = packed.path;
	int64_t before;

	(void)fixture_save(f, &f->k1, &rice);
	pack(&packed, s, &f->k1, check_path(&s->dir, "x.wbx"),
	    WB_PURPOSE_TRANSPORT, NULL);
	read_file(&file, s, path);
	before = statements(s, &f->coord);
	for (size_t i = 0; i < file.len; i += i < 150 ? 1 : 97) {
		enum wb_status st;

		file.data[i] ^= 1;
		write_file(s, path, wb_bytes_span(&file));
		st = wb_bundle_unpack(&unpacked, &f->coord, path,
		    wb_span(NULL, 0), &f->err);
		assert_damaged(st, i);
		write_file(s, path, wb_span(file.data, i));
		st = wb_bundle_unpack(&unpacked, &f->coord, path,
		    wb_span(NULL, 0), &f->err);
		assert_damaged(st, i);
		assert_int_equal(unpacked.added, 0);
		file.data[i] ^= 1;
	}
	assert_int_equal(statements(s, &f->coord), before);
	assert_int_equal(fixture_number(f, &f->coord,
			     "SELECT count(*) FROM content"),
	    0);
	wb_bytes_clear(&file);
}

/* Appends a batch that names K1, by whoever signs it. */
static void
append_batch(struct wb_bytes *bundle, struct scene *s,
    const struct wb_signer *signer)
{
	struct fixture *f = &s->f;
	struct wb_batch batch = { .programme = f->k1.programme,
		.signer = f->k1.signer.key,
		.sequence = 1,
		.roster = f->k1.roster_id,
		.content_size = 1 };
	struct wb_bundle_item item = { .kind = WB_BUNDLE_STATEMENT };
	struct wb_bytes payload, envelope;

	batch.content_hash.b[0] = batch.records_root.b[0] = 1;
	wb_generator(&batch.totals, wb_span_text("delivered|rice|sack"));
	wb_bytes_init(&payload, WB_MAX_ENVELOPE);
	wb_bytes_init(&envelope, WB_MAX_ENVELOPE);
	assert_ok(wb_batch_encode(&payload, &batch, &f->err), &f->err);
	assert_ok(wb_envelope_seal(&envelope, WB_STATEMENT_BATCH,
		      wb_bytes_span(&payload), signer, &f->err),
	    &f->err);
	item.bytes = wb_bytes_span(&envelope);
	assert_ok(wb_bundle_item_append(bundle, &item, &f->err), &f->err);
	wb_bytes_clear(&payload);
	wb_bytes_clear(&envelope);
}

static void
only_what_members_signed_is_taken(void **state)
{
	struct scene *s = *state;
	struct fixture *f = &s->f;
	struct wb_bundle_item head = { .kind = WB_BUNDLE_HEAD,
		.programme = f->coord.programme,
		.purpose = wb_span_text("audit") };
	struct wb_bundle_item end = { .kind = WB_BUNDLE_CHECKSUM };
	const char *path = check_path(&s->dir, "forged.wbx");
	struct wb_unpacked unpacked;
	struct wb_bytes bundle;

	wb_bytes_init(&bundle, MAX_FILE);
	assert_ok(wb_bundle_item_append(&bundle, &head, &f->err), &f->err);
	append_batch(&bundle, s, &f->k2.signer);
	append_batch(&bundle, s, &f->log);
	wb_sha256_one(&end.checksum, wb_bytes_span(&bundle));
	assert_ok(wb_bundle_item_append(&bundle, &end, &f->err), &f->err);
	write_file(s, path, wb_bytes_span(&bundle));
	assert_ok(wb_bundle_unpack(&unpacked, &f->coord, path, wb_span(NULL, 0),
		      &f->err),
	    &f->err);
	assert_int_equal(unpacked.statements, 2);
	assert_int_equal(unpacked.strange, 2);
	assert_int_equal(unpacked.added, 0);
	wb_bytes_clear(&bundle);
}

/* ------------------------------------------------------------- evidence */

/* A log with what the coordinator keeps, and its head in the vault. */
static struct fake_log *
publish(struct scene *s)
{
	struct fixture *f = &s->f;
	struct fake_log *log = fake_log_new(&f->log, &f->coord.log);
	struct wb_bytes note;
	struct wb_stmt *q;
	bool row;

	assert_ok(wb_db_prepare(&q, f->coord.db,
		      "SELECT envelope FROM statement"
		      " WHERE log_index IS NOT NULL ORDER BY log_index",
		      &f->err),
	    &f->err);
	assert_ok(wb_step(q, &row, &f->err), &f->err);
	while (row) {
		(void)fake_log_add(log, wb_column_blob(q, 0), wb_span(NULL, 0));
		assert_ok(wb_step(q, &row, &f->err), &f->err);
	}
	wb_bytes_init(&note, WB_MAX_NOTE);
	fake_log_checkpoint(&note, log, log->size);
	assert_ok(wb_setting_put(f->coord.db, WB_SET_HEAD, wb_bytes_span(&note),
		      &f->err),
	    &f->err);
	wb_bytes_clear(&note);
	return log;
}

/* K1 gets a receipt for each entry that it keeps, each of its own head. */
static void
give_receipts(struct scene *s, struct fake_log *log)
{
	struct wb_device *k1 = &s->f.k1;

	for (uint64_t i = 0; i < log->size; i++) {
		struct wb_span bytes = wb_bytes_span(&log->entries[i].envelope);
		struct wb_bytes note;
		struct wb_entry entry;
		struct wb_head head;
		struct wb_stmt *q;
		bool row;

		assert_ok(wb_db_prepare(&q, k1->db,
			      "SELECT 1 FROM statement WHERE log_index = ?",
			      &s->f.err),
		    &s->f.err);
		wb_bind_int(q, 1, (int64_t)i);
		assert_ok(wb_step(q, &row, &s->f.err), &s->f.err);
		wb_stmt_done(q);
		if (!row)
			continue;
		wb_bytes_init(&note, WB_MAX_NOTE);
		fake_log_checkpoint(&note, log, i + 1);
		fake_log_head(&head, log, i + 1);
		fake_log_entry(&entry, log, i, i + 1);
		assert_ok(wb_trust_receipt(k1, &head, wb_bytes_span(&note),
			      bytes, i, &entry.proof, &s->f.err),
		    &s->f.err);
		assert_ok(wb_setting_put(k1->db, WB_SET_HEAD,
			      wb_bytes_span(&note), &s->f.err),
		    &s->f.err);
		wb_bytes_clear(&note);
	}
}

/* Two devices, three batches, an ack. */
static struct fake_log *
tell_story(struct scene *s)
{
	struct fixture *f = &s->f;

	(void)fixture_save(f, &f->k1, &rice);
	(void)fixture_send(f, &f->k1, false);
	(void)fixture_save(f, &f->k2, &oil);
	(void)fixture_send(f, &f->k2, false);
	(void)fixture_save(f, &f->k1, &oil);
	(void)fixture_send(f, &f->k1, false);
	fixture_ack(f, 1, WB_OUTCOME_OPENED);
	return publish(s);
}

static void
verify(struct wb_audit *out, struct scene *s, const char *path, bool open)
{
	const struct wb_audit_options options = {
		.programme = &s->f.coord.programme,
		.readers = &s->f.reader,
		.reader_count = open
	};

	assert_ok(wb_audit_bundle(out, path, &options, &s->f.err), &s->f.err);
	for (size_t i = 0; i < out->problem_count; i++)
		print_error("%s: %s\n", out->problems[i].id,
		    (const char *)out->problems[i].text.data);
}

static void
a_coordinators_evidence_is_good(void **state)
{
	struct scene *s = *state;
	struct fake_log *log = tell_story(s);
	struct wb_packed packed;
	struct wb_audit a;

	pack(&packed, s, &s->f.coord, check_path(&s->dir, "e.wbx"),
	    WB_PURPOSE_AUDIT, NULL);
	assert_int_equal(packed.contents, 3);
	verify(&a, s, packed.path, false);
	assert_int_equal(a.result, WB_AUDIT_GOOD);
	assert_int_equal(a.batches, 3);
	assert_int_equal(a.contents, 3);
	assert_int_equal(a.opened, 0);
	wb_audit_clear(&a);
	verify(&a, s, packed.path, true);
	assert_int_equal(a.result, WB_AUDIT_GOOD);
	assert_int_equal(a.opened, 3);
	wb_audit_clear(&a);
	fake_log_free(&log);
}

static void
evidence_without_contents_is_unchecked(void **state)
{
	struct scene *s = *state;
	struct fake_log *log = tell_story(s);
	struct wb_packed packed;
	struct wb_audit a;

	pack(&packed, s, &s->f.coord, check_path(&s->dir, "e.wbx"),
	    WB_PURPOSE_HEADERS, NULL);
	assert_int_equal(packed.contents, 0);
	verify(&a, s, packed.path, false);
	assert_int_equal(a.result, WB_AUDIT_UNCHECKED);
	assert_int_equal(a.batches, 3);
	wb_audit_clear(&a);
	fake_log_free(&log);
}

static void
a_field_devices_evidence_says_that_it_is_a_part(void **state)
{
	struct scene *s = *state;
	struct fake_log *log = tell_story(s);
	struct wb_packed packed;
	struct wb_audit a;

	give_receipts(s, log);
	pack(&packed, s, &s->f.k1, check_path(&s->dir, "e.wbx"),
	    WB_PURPOSE_AUDIT, NULL);
	verify(&a, s, packed.path, false);
	assert_int_equal(a.result, WB_AUDIT_UNCHECKED);
	assert_int_equal(a.problem_total, 0);
	assert_int_equal(a.batches, 2);
	assert_int_equal(a.entries, 4); /* the roster and the ack too */
	wb_audit_clear(&a);
	fake_log_free(&log);
}

static void
there_is_no_evidence_before_the_log(void **state)
{
	struct scene *s = *state;
	struct wb_packed packed;
	struct wb_audit a;
	bool made;

	assert_status(WB_NOT_FOUND,
	    wb_bundle_pack(&packed, &s->f.coord, check_path(&s->dir, "e.wbx"),
		WB_PURPOSE_AUDIT, NULL, &s->f.err),
	    &s->f.err);
	assert_ok(wb_file_exists(&made, wb_file_ops_system(),
		      check_path(&s->dir, "e.wbx"), &s->f.err),
	    &s->f.err);
	assert_false(made);
	assert_ok(wb_audit_vault(&a, &s->f.coord, NULL, &s->f.err), &s->f.err);
	assert_int_equal(a.result, WB_AUDIT_UNCHECKED);
	assert_int_equal(a.unchecked_count, 1);
	wb_audit_clear(&a);
}

static void
evidence_with_holes_is_not_written(void **state)
{
	struct scene *s = *state;
	struct fake_log *log = tell_story(s);
	struct wb_packed packed;
	struct wb_audit a;

	assert_ok(wb_db_exec(s->f.coord.db,
		      "UPDATE statement SET log_index = NULL"
		      " WHERE log_index = 4",
		      &s->f.err),
	    &s->f.err);
	assert_status(WB_PARTIAL,
	    wb_bundle_pack(&packed, &s->f.coord, check_path(&s->dir, "e.wbx"),
		WB_PURPOSE_AUDIT, NULL, &s->f.err),
	    &s->f.err);
	assert_ok(wb_audit_vault(&a, &s->f.coord, NULL, &s->f.err), &s->f.err);
	assert_int_equal(a.result, WB_AUDIT_UNCHECKED);
	assert_int_equal(a.problem_total, 0);
	wb_audit_clear(&a);
	fake_log_free(&log);
}

static void
a_vault_is_checked_like_a_file(void **state)
{
	struct scene *s = *state;
	struct fake_log *log = tell_story(s);
	struct wb_audit a;

	assert_ok(wb_audit_vault(&a, &s->f.coord, NULL, &s->f.err), &s->f.err);
	assert_int_equal(a.result, WB_AUDIT_GOOD);
	assert_int_equal(a.opened, 3);
	wb_audit_clear(&a);
	assert_ok(wb_db_exec(s->f.coord.db,
		      "UPDATE content SET file = zeroblob(length(file))"
		      " WHERE statement = (SELECT min(statement) FROM content)",
		      &s->f.err),
	    &s->f.err);
	assert_ok(wb_audit_vault(&a, &s->f.coord, NULL, &s->f.err), &s->f.err);
	assert_int_equal(a.result, WB_AUDIT_BAD);
	assert_int_equal(a.problem_total, 1);
	assert_string_equal(a.problems[0].id, "content");
	wb_audit_clear(&a);
	fake_log_free(&log);
}

static void
a_sealed_bundle_is_not_verified(void **state)
{
	struct scene *s = *state;
	const struct wb_audit_options options = { 0 };
	struct wb_packed packed;
	struct wb_audit a;

	pack(&packed, s, &s->f.k1, s->dir.path, WB_PURPOSE_TRANSPORT, NULL);
	assert_status(WB_REFUSED,
	    wb_audit_bundle(&a, packed.path, &options, &s->f.err), &s->f.err);
	assert_string_equal(wb_error_id(&s->f.err), "bundle-sealed");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_carried_batch_gives_the_same_totals),
		TEST(a_note_is_carried_with_its_content),
		TEST(packing_again_sends_no_second_batch),
		TEST(a_courier_sees_sizes_of_few_kinds),
		TEST(a_bundle_opens_for_whom_it_is),
		TEST(nobody_can_be_sealed_to_who_is_not_known),
		TEST(damage_on_the_way_changes_nothing),
		TEST(only_what_members_signed_is_taken),
		TEST(a_coordinators_evidence_is_good),
		TEST(evidence_without_contents_is_unchecked),
		TEST(a_field_devices_evidence_says_that_it_is_a_part),
		TEST(there_is_no_evidence_before_the_log),
		TEST(evidence_with_holes_is_not_written),
		TEST(a_vault_is_checked_like_a_file),
		TEST(a_sealed_bundle_is_not_verified),
	};
	struct wb_error err = { 0 };

	if (wb_crypto_start(&err) != WB_OK)
		return 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
