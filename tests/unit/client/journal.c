#include "client/journal/journal.h"

#include "tests/unit/client/forge.h"

static struct wb_line line = { .quantity = 2500 };

/* A delivery of rice; `n` makes its number and its bytes its own. */
static struct forge_record
delivery(uint64_t n)
{
	line.item = wb_span_text("rice");
	line.unit = wb_span_text("sack");
	return (struct forge_record){ .goods = { .kind = WB_KIND_DELIVERED,
					  .day = FIXTURE_TODAY,
					  .lines = &line,
					  .line_count = 1 },
		.place = { .number = n, .to = wb_span_text("S-12") } };
}

static struct forge_record
void_of(const struct wb_hash *id, uint64_t n)
{
	struct forge_record r = delivery(n);

	r.goods.is_void = true;
	r.goods.amends = *id;
	r.goods.reason = WB_REASON_MISTYPED;
	return r;
}

/* Logs a forged batch and has it opened. */
static enum wb_batch_outcome
send(struct fixture *f, struct forged *forged)
{
	uint64_t at = f->next;

	fixture_log_entry(f, wb_bytes_span(&forged->envelope),
	    wb_bytes_span(&forged->file));
	return fixture_open(f, at);
}

static void
expect(struct fixture *f, struct forged *forged, enum wb_batch_outcome outcome,
    const char *why)
{
	int64_t records = fixture_number(f, &f->coord,
	    "SELECT count(*) FROM record");
	int64_t lines = fixture_number(f, &f->coord,
	    "SELECT count(*) FROM line");

	assert_int_equal(send(f, forged), outcome);
	assert_string_equal(fixture_why(f, f->next - 1), why);
	if (outcome != WB_BATCH_OPENED) {
		assert_int_equal(fixture_number(f, &f->coord,
				     "SELECT count(*) FROM record"),
		    records);
		assert_int_equal(fixture_number(f, &f->coord,
				     "SELECT count(*) FROM line"),
		    lines);
	}
	forged_clear(forged);
}

/* The statement id of a device's newest batch. */
static struct wb_hash
newest_id(struct fixture *f, struct wb_device *device)
{
	struct wb_hash id = { { 0 } };
	struct wb_stmt *s;
	bool row;

	assert_ok(wb_db_prepare(&s, device->db,
		      "SELECT id FROM statement JOIN batch ON statement = row"
		      " ORDER BY row DESC LIMIT 1",
		      &f->err),
	    &f->err);
	assert_ok(wb_step(s, &row, &f->err), &f->err);
	assert_true(row);
	memcpy(id.b, wb_column_blob(s, 0).data, WB_HASH_LEN);
	wb_stmt_done(s);
	return id;
}

static void
a_record_counts_once(void **state)
{
	struct forge_record records[] = { delivery(1), delivery(2) };
	struct forged forged;
	struct fixture f;

	(void)state;
	fixture_begin(&f, 0);
	forge(&forged, &f, &f.k1, 1, records, 2, FORGE_NOTHING, true);
	expect(&f, &forged, WB_BATCH_OPENED, "");
	forge(&forged, &f, &f.k1, 2, records, 2, FORGE_NOTHING, true);
	expect(&f, &forged, WB_BATCH_DISPUTED, "repeated-record");
	/* Opening again changes nothing. */
	assert_int_equal(fixture_open(&f, 1), WB_BATCH_OPENED);
	assert_int_equal(fixture_open(&f, 2), WB_BATCH_DISPUTED);
	assert_int_equal(fixture_number(&f, &f.coord,
			     "SELECT count(*) FROM record"),
	    2);
	fixture_end(&f);
}

static void
one_number_has_one_batch(void **state)
{
	struct forge_record records[] = { delivery(1), delivery(2) };
	struct forged forged;
	struct fixture f;

	(void)state;
	fixture_begin(&f, 0);
	forge(&forged, &f, &f.k1, 1, records, 2, FORGE_NOTHING, false);
	expect(&f, &forged, WB_BATCH_OPENED, "");
	forge(&forged, &f, &f.k1, 1, records, 2, FORGE_NOTHING, false);
	expect(&f, &forged, WB_BATCH_DISPUTED, "fork");
	/* Another device has numbers of its own. */
	forge(&forged, &f, &f.k2, 1, records, 2, FORGE_NOTHING, false);
	expect(&f, &forged, WB_BATCH_OPENED, "");
	fixture_end(&f);
}

static void
each_bad_batch_has_its_reason_and_stops_no_other(void **state)
{
	struct forge_record records[] = { delivery(1), delivery(2) };
	struct wb_signer own, other;
	struct forged forged;
	struct fixture f;

	(void)state;
	fixture_begin(&f, 0);
	forge(&forged, &f, &f.k1, 1, records, 2, FORGE_READER, false);
	expect(&f, &forged, WB_BATCH_UNDECRYPTABLE, "undecryptable");
	forge(&forged, &f, &f.k1, 2, records, 2, FORGE_TOTALS, false);
	expect(&f, &forged, WB_BATCH_DISPUTED, "commitment");
	forge(&forged, &f, &f.k1, 3, records, 2, FORGE_NOTHING, false);
	forged.envelope.data[forged.envelope.len - 1] ^= 1;
	expect(&f, &forged, WB_BATCH_DISPUTED, "signature");

	assert_ok(wb_signer_generate(&other, f.coord.random, &f.err), &f.err);
	own = f.k2.signer;
	f.k2.signer = other;
	forge(&forged, &f, &f.k2, 1, records, 2, FORGE_NOTHING, false);
	f.k2.signer = own;
	expect(&f, &forged, WB_BATCH_DISPUTED, "unknown-signer");
	wb_signer_clear(&other);

	forge(&forged, &f, &f.k1, 4, records, 2, FORGE_NOTHING, false);
	expect(&f, &forged, WB_BATCH_OPENED, "");
	fixture_end(&f);
}

static void
a_revoked_device_is_heard_only_when_admitted(void **state)
{
	struct forge_record records[] = { delivery(1), delivery(2) };
	struct forged before, after, admitted, late;
	struct wb_hash id;
	struct fixture f;

	(void)state;
	fixture_begin(&f, 0);
	forge(&before, &f, &f.k1, 1, records, 2, FORGE_NOTHING, false);
	forge(&after, &f, &f.k1, 2, records, 2, FORGE_NOTHING, false);
	forge(&admitted, &f, &f.k1, 3, records, 2, FORGE_NOTHING, false);
	forge(&late, &f, &f.k1, 4, records, 2, FORGE_NOTHING, false);
	fixture_log_entry(&f, wb_bytes_span(&before.envelope),
	    wb_bytes_span(&before.file));
	fixture_set_state(&f, &f.k1, WB_MEMBER_REVOKED);
	/* What is in the log from before stays valid. */
	assert_int_equal(fixture_open(&f, 1), WB_BATCH_OPENED);
	expect(&f, &after, WB_BATCH_DISPUTED, "revoked");
	id = forged_id(&admitted, &f);
	fixture_ack_id(&f, &id, WB_OUTCOME_ADMIT);
	expect(&f, &admitted, WB_BATCH_OPENED, "");
	/* An admission after the fact does not count. */
	fixture_log_entry(&f, wb_bytes_span(&late.envelope),
	    wb_bytes_span(&late.file));
	fixture_ack(&f, f.next - 1, WB_OUTCOME_ADMIT);
	assert_int_equal(fixture_open(&f, f.next - 2), WB_BATCH_DISPUTED);
	forged_clear(&late);
	forged_clear(&before);
	fixture_end(&f);
}

/* The server should not log them; if it does, they do not count. */
static void
an_auditors_batch_does_not_count(void **state)
{
	struct forge_record records[] = { delivery(1), delivery(2) };
	struct forged forged;
	struct fixture f;

	(void)state;
	fixture_begin(&f, 0);
	fixture_make_auditor(&f, &f.k2);
	forge(&forged, &f, &f.k2, 1, records, 2, FORGE_NOTHING, false);
	expect(&f, &forged, WB_BATCH_DISPUTED, "wrong-role");
	fixture_end(&f);
}

static void
a_void_must_fit_its_record(void **state)
{
	struct wb_line other = { .quantity = 2501 }, twice[2];
	struct forge_record records[] = { delivery(1), delivery(2) };
	struct forge_record bad[2];
	struct forged forged;
	struct wb_hash id, unknown = { { 9 } };
	struct fixture f;

	(void)state;
	fixture_begin(&f, 0);
	forge(&forged, &f, &f.k1, 1, records, 2, FORGE_NOTHING, false);
	id = forged.ids[0];
	expect(&f, &forged, WB_BATCH_OPENED, "");
	other.item = wb_span_text("rice");
	other.unit = wb_span_text("sack");
	twice[0] = line;
	twice[1] = line;

	bad[0] = delivery(3);
	bad[1] = void_of(&unknown, 4);
	forge(&forged, &f, &f.k1, 2, bad, 2, FORGE_NOTHING, false);
	expect(&f, &forged, WB_BATCH_DISPUTED, "void-unknown");
	bad[1] = void_of(&id, 4);
	bad[1].goods.kind = WB_KIND_RECEIVED;
	forge(&forged, &f, &f.k1, 3, bad, 2, FORGE_NOTHING, false);
	expect(&f, &forged, WB_BATCH_DISPUTED, "void-unequal");
	bad[1] = void_of(&id, 4);
	bad[1].goods.lines = &other;
	forge(&forged, &f, &f.k1, 4, bad, 2, FORGE_NOTHING, false);
	expect(&f, &forged, WB_BATCH_DISPUTED, "void-unequal");
	bad[1].goods.lines = twice;
	bad[1].goods.line_count = 2;
	forge(&forged, &f, &f.k1, 5, bad, 2, FORGE_NOTHING, false);
	expect(&f, &forged, WB_BATCH_DISPUTED, "void-unequal");
	bad[1] = void_of(&id, 4);
	forge(&forged, &f, &f.k2, 1, bad, 2, FORGE_NOTHING, false);
	expect(&f, &forged, WB_BATCH_DISPUTED, "void-not-allowed");
	bad[0] = void_of(&id, 3);
	forge(&forged, &f, &f.k1, 6, bad, 2, FORGE_NOTHING, false);
	expect(&f, &forged, WB_BATCH_DISPUTED, "void-twice");
	assert_int_equal(fixture_number(&f, &f.coord,
			     "SELECT count(voided) FROM record"),
	    0);
	bad[0] = delivery(3);
	forge(&forged, &f, &f.coord, 1, bad, 2, FORGE_NOTHING, false);
	expect(&f, &forged, WB_BATCH_OPENED, "");
	forge(&forged, &f, &f.k1, 7, bad, 2, FORGE_NOTHING, false);
	expect(&f, &forged, WB_BATCH_DISPUTED, "void-twice");
	assert_int_equal(fixture_number(&f, &f.coord,
			     "SELECT count(*) FROM record r JOIN record v"
			     " ON v.row = r.voided WHERE v.amends = r.id"),
	    1);
	fixture_end(&f);
}

/* Window mode: what is wrong is refused when it is saved. */
static void
own_voids_are_checked_when_saved(void **state)
{
	static const struct fixture_record rice = { WB_KIND_DELIVERED, "rice",
		"sack", 2500, "S-12", FIXTURE_TODAY };
	static const struct fixture_record more = { WB_KIND_DELIVERED, "rice",
		"sack", 2501, "S-12", FIXTURE_TODAY };
	struct wb_hash id, unknown = { { 9 } };
	struct fixture f;

	(void)state;
	fixture_begin(&f, 7);
	id = fixture_save(&f, &f.k1, &rice);
	assert_int_equal(fixture_try_void(&f, &f.k1, &more, &id), WB_FORGED);
	assert_string_equal(wb_error_id(&f.err), "void-unequal");
	assert_int_equal(fixture_try_void(&f, &f.k1, &rice, &unknown),
	    WB_FORGED);
	assert_string_equal(wb_error_id(&f.err), "void-unknown");
	(void)fixture_void(&f, &f.k1, &rice, &id);
	assert_int_equal(fixture_try_void(&f, &f.k1, &rice, &id), WB_FORGED);
	assert_string_equal(wb_error_id(&f.err), "void-twice");
	assert_int_equal(fixture_number(&f, &f.k1, "SELECT count(*) FROM part"),
	    2);
	fixture_end(&f);
}

/* Two void the same record; the log, not the hand, says who was first. */
static void
a_void_in_the_log_goes_before_an_own_one(void **state)
{
	static const struct fixture_record rice = { WB_KIND_DELIVERED, "rice",
		"sack", 2500, "S-12", FIXTURE_TODAY };
	const char *voided = "SELECT sum(quantity) FROM line WHERE kind = 18";
	struct wb_hash id;
	struct fixture f;

	(void)state;
	fixture_begin(&f, 7);
	id = fixture_save(&f, &f.k1, &rice);
	assert_int_equal(fixture_send(&f, &f.k1, false), 1);
	assert_int_equal(fixture_open(&f, 1), WB_BATCH_OPENED);
	(void)fixture_void(&f, &f.coord, &rice, &id);
	assert_int_equal(fixture_number(&f, &f.coord, voided), 2500);
	(void)fixture_void(&f, &f.k1, &rice, &id);
	assert_int_equal(fixture_send(&f, &f.k1, false), 1);
	assert_int_equal(fixture_open(&f, 2), WB_BATCH_OPENED);
	assert_int_equal(fixture_number(&f, &f.coord, voided), 2500);
	assert_int_equal(fixture_send(&f, &f.coord, false), 1);
	assert_int_equal(fixture_open(&f, 3), WB_BATCH_DISPUTED);
	assert_string_equal(fixture_why(&f, 3), "void-twice");
	assert_int_equal(fixture_number(&f, &f.coord, voided), 2500);
	fixture_end(&f);
}

static void
a_dispute_is_never_taken_back(void **state)
{
	static const struct fixture_record rice = { WB_KIND_DELIVERED, "rice",
		"sack", 2500, "S-12", FIXTURE_TODAY };
	static const struct {
		enum wb_outcome said[3];
		size_t n;
		int64_t holds;
	} rows[] = {
		{ { WB_OUTCOME_UNDECRYPTABLE }, 1, 2 },
		{ { WB_OUTCOME_UNDECRYPTABLE, WB_OUTCOME_OPENED }, 2, 1 },
		{ { WB_OUTCOME_OPENED, WB_OUTCOME_UNDECRYPTABLE }, 2, 1 },
		{ { WB_OUTCOME_OPENED, WB_OUTCOME_DISPUTED }, 2, 3 },
		{ { WB_OUTCOME_DISPUTED, WB_OUTCOME_OPENED }, 2, 3 },
		{ { WB_OUTCOME_ADMIT, WB_OUTCOME_OPENED }, 2, 1 },
		{ { WB_OUTCOME_ADMIT }, 1, 0 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct fixture f;

		fixture_begin(&f, 0);
		(void)fixture_save(&f, &f.k1, &rice);
		assert_int_equal(fixture_send(&f, &f.k1, false), 1);
		for (size_t k = 0; k < rows[i].n; k++)
			fixture_ack(&f, 1, rows[i].said[k]);
		assert_int_equal(fixture_number(&f, &f.k1,
				     "SELECT acked FROM batch"),
		    rows[i].holds);
		fixture_end(&f);
	}
}

/* Anybody's signature is easily made; a hostile server would log it. */
static void
only_coordinators_give_verdicts(void **state)
{
	static const struct fixture_record rice = { WB_KIND_DELIVERED, "rice",
		"sack", 2500, "S-12", FIXTURE_TODAY };
	struct wb_signer stranger;
	struct wb_states states;
	struct wb_hash id;
	struct fixture f;

	(void)state;
	fixture_begin(&f, 7);
	assert_ok(wb_signer_generate(&stranger, f.coord.random, &f.err),
	    &f.err);
	(void)fixture_save(&f, &f.k1, &rice);
	assert_int_equal(fixture_send(&f, &f.k1, false), 1);
	id = newest_id(&f, &f.k1);
	fixture_ack_by(&f, &stranger, &id, WB_OUTCOME_OPENED);
	fixture_ack_by(&f, &f.k2.signer, &id, WB_OUTCOME_DISPUTED);
	fixture_ack_by(&f, &f.k1.signer, &id, WB_OUTCOME_ADMIT);
	assert_int_equal(fixture_number(&f, &f.k1,
			     "SELECT count(*) FROM verdict"),
	    0);
	assert_ok(wb_journal_states(&states, &f.k1, &f.err), &f.err);
	assert_int_equal(states.stored, 1);
	fixture_ack_by(&f, &f.coord.signer, &id, WB_OUTCOME_OPENED);
	assert_ok(wb_journal_states(&states, &f.k1, &f.err), &f.err);
	assert_int_equal(states.opened, 1);
	wb_signer_clear(&stranger);
	fixture_end(&f);
}

/* A revoked coordinator says no more, though its key still signs. */
static void
a_revoked_coordinator_gives_no_verdict(void **state)
{
	static const struct fixture_record rice = { WB_KIND_DELIVERED, "rice",
		"sack", 2500, "S-12", FIXTURE_TODAY };
	struct wb_hash id;
	struct fixture f;

	(void)state;
	fixture_begin(&f, 7);
	(void)fixture_save(&f, &f.k1, &rice);
	assert_int_equal(fixture_send(&f, &f.k1, false), 1);
	id = newest_id(&f, &f.k1);
	fixture_set_state(&f, &f.coord, WB_MEMBER_REVOKED);
	fixture_ack_by(&f, &f.coord.signer, &id, WB_OUTCOME_OPENED);
	assert_int_equal(fixture_number(&f, &f.k1,
			     "SELECT count(*) FROM verdict"),
	    0);
	fixture_end(&f);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_record_counts_once),
		cmocka_unit_test(one_number_has_one_batch),
		cmocka_unit_test(
		    each_bad_batch_has_its_reason_and_stops_no_other),
		cmocka_unit_test(a_revoked_device_is_heard_only_when_admitted),
		cmocka_unit_test(an_auditors_batch_does_not_count),
		cmocka_unit_test(a_void_must_fit_its_record),
		cmocka_unit_test(own_voids_are_checked_when_saved),
		cmocka_unit_test(a_void_in_the_log_goes_before_an_own_one),
		cmocka_unit_test(a_dispute_is_never_taken_back),
		cmocka_unit_test(only_coordinators_give_verdicts),
		cmocka_unit_test(a_revoked_coordinator_gives_no_verdict),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
