/* What a member believes of a log, told by logs that are honest or not. */
#include "client/trust/trust.h"

#include <stdlib.h>

#include "crypto/statement.h"

#include "tests/unit/client/fake_log.h"
#include "tests/unit/client/fixture.h"

#define MAX_MEMBERS 8

/* The fixture's programme and a log that begins with its roster. */
struct scene {
	struct fixture f;
	struct fake_log *log;
};

static void
add_kept(struct scene *s, struct wb_device *device, uint64_t index)
{
	struct wb_stmt *q;
	bool row;

	assert_ok(wb_db_prepare(&q, device->db,
		      "SELECT envelope FROM statement WHERE log_index = ?",
		      &s->f.err),
	    &s->f.err);
	wb_bind_int(q, 1, (int64_t)index);
	assert_ok(wb_step(q, &row, &s->f.err), &s->f.err);
	assert_true(row);
	(void)fake_log_add(s->log, wb_column_blob(q, 0), wb_span(NULL, 0));
	wb_stmt_done(q);
}

static int
setup(void **state)
{
	struct scene *s = calloc(1, sizeof *s);

	assert_non_null(s);
	fixture_begin(&s->f, 7);
	s->log = fake_log_new(&s->f.log, &s->f.coord.log);
	add_kept(s, &s->f.coord, 0);
	*state = s;
	return 0;
}

static int
teardown(void **state)
{
	struct scene *s = *state;

	fake_log_free(&s->log);
	fixture_end(&s->f);
	free(s);
	return 0;
}

static void
seal(struct wb_bytes *out, struct scene *s, enum wb_statement_type type,
    struct wb_span payload, const struct wb_signer *signer)
{
	wb_bytes_reset(out);
	assert_ok(wb_envelope_seal(out, type, payload, signer, &s->f.err),
	    &s->f.err);
}

/* A note statement: the smallest that is logged. */
static void
make_note(struct wb_bytes *out, struct scene *s, uint8_t which,
    const struct wb_hash *programme, const struct wb_signer *signer)
{
	struct wb_shown note = { .programme = *programme,
		.signer = s->f.coord.signer.key };
	struct wb_bytes payload;

	note.content_hash.b[0] = 1;
	note.content_hash.b[1] = which;
	wb_bytes_init(&payload, WB_MAX_ENVELOPE);
	assert_ok(wb_shown_encode(&payload, &note, &s->f.err), &s->f.err);
	seal(out, s, WB_STATEMENT_NOTE, wb_bytes_span(&payload), signer);
	wb_bytes_clear(&payload);
}

static uint64_t
add_note(struct scene *s, struct fake_log *log, uint8_t which)
{
	struct wb_bytes envelope;
	uint64_t index;

	wb_bytes_init(&envelope, WB_MAX_ENVELOPE);
	make_note(&envelope, s, which, &s->f.coord.programme,
	    &s->f.coord.signer);
	index = fake_log_add(log, wb_bytes_span(&envelope), wb_span(NULL, 0));
	wb_bytes_clear(&envelope);
	return index;
}

static enum wb_status
take_head(struct scene *s, struct wb_device *device, struct fake_log *log,
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

static enum wb_status
take_entry(struct scene *s, struct wb_device *device, struct fake_log *log,
    const struct wb_entry *entry, struct wb_taken *taken)
{
	struct wb_bytes note;
	struct wb_head head;
	enum wb_status st;

	wb_bytes_init(&note, WB_MAX_NOTE);
	fake_log_head(&head, log, log->size);
	fake_log_checkpoint(&note, log, log->size);
	s->f.err = (struct wb_error){ 0 };
	st = wb_trust_entry(taken, device, &head, wb_bytes_span(&note), entry,
	    &s->f.err);
	wb_bytes_clear(&note);
	return st;
}

static enum wb_status
take_at(struct scene *s, struct wb_device *device, struct fake_log *log,
    uint64_t index)
{
	struct wb_taken taken;
	struct wb_entry entry;

	fake_log_entry(&entry, log, index, log->size);
	return take_entry(s, device, log, &entry, &taken);
}

static void
assert_fault(struct scene *s, enum wb_status st, const char *id)
{
	assert_int_equal(st, WB_FORGED);
	assert_string_equal(wb_error_id(&s->f.err), id);
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
tricky_log(struct scene *s, enum trick trick, struct wb_signer *stranger)
{
	struct fake_log *log = fake_log_copy(s->log,
	    trick == OTHER_HISTORY ? 2 : s->log->size);

	while (log->size < s->log->size)
		(void)add_note(s, log, (uint8_t)(100 + log->size));
	if (trick == OTHER_KEY)
		log->signer = stranger;
	return log;
}

static void
try_head(struct scene *s, const struct head_row *row)
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
		assert_fault(s, st, row->want);
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
	struct scene *s = *state;

	for (uint8_t i = 1; i < 9; i++)
		(void)add_note(s, s->log, i);
	for (size_t i = 0; i < sizeof head_rows / sizeof head_rows[0]; i++) {
		print_message("  %s\n", head_rows[i].name);
		try_head(s, &head_rows[i]);
	}
}

static void
a_head_that_is_only_checked_is_not_stored(void **state)
{
	struct wb_signature signature;
	struct scene *s = *state;
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
make_batch(struct scene *s, struct wb_bytes *envelope, struct wb_bytes *content)
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
	struct scene *s = *state;
	struct wb_taken taken;
	struct wb_entry entry;

	make_batch(s, &envelope, &content);
	(void)fake_log_add(s->log, wb_bytes_span(&envelope),
	    wb_bytes_span(&content));
	fake_log_entry(&entry, s->log, 1, 2);
	assert_ok(take_entry(s, &s->f.coord, s->log, &entry, &taken),
	    &s->f.err);
	assert_true(taken.is_new);
	assert_int_equal(taken.type, WB_STATEMENT_BATCH);
	assert_ok(take_entry(s, &s->f.coord, s->log, &entry, &taken),
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
	struct scene *s = *state;

	(void)add_note(s, s->log, 1);
	assert_ok(take_at(s, &s->f.coord, s->log, 1), &s->f.err);
	assert_ok(take_at(s, &s->f.k1, s->log, 1), &s->f.err);
	assert_int_equal(fixture_number(&s->f, &s->f.coord, kept), 0);
	assert_int_equal(fixture_number(&s->f, &s->f.k1, kept), 1);
}

static void
an_entry_must_be_under_the_head(void **state)
{
	struct scene *s = *state;
	struct wb_bytes other;
	struct wb_taken taken;
	struct wb_entry entry;

	(void)add_note(s, s->log, 1);
	(void)add_note(s, s->log, 2);
	fake_log_entry(&entry, s->log, 1, 3);
	wb_bytes_init(&other, WB_MAX_ENVELOPE);
	make_note(&other, s, 3, &s->f.coord.programme, &s->f.coord.signer);
	entry.envelope = wb_bytes_span(&other);
	assert_fault(s, take_entry(s, &s->f.coord, s->log, &entry, &taken),
	    "entry-inclusion");
	fake_log_entry(&entry, s->log, 1, 3);
	entry.index = 2;
	assert_fault(s, take_entry(s, &s->f.coord, s->log, &entry, &taken),
	    "entry-inclusion");
	fake_log_entry(&entry, s->log, 1, 3);
	entry.proof.hashes[0].b[0] ^= 1;
	assert_fault(s, take_entry(s, &s->f.coord, s->log, &entry, &taken),
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
	struct scene *s = *state;
	struct fake_log *fork;

	(void)add_note(s, s->log, 1);
	fork = fake_log_copy(s->log, 1);
	(void)add_note(s, fork, 2);
	assert_ok(take_at(s, &s->f.k1, s->log, 1), &s->f.err);
	assert_fault(s, take_at(s, &s->f.k1, fork, 1), "log-fork");
	assert_false(wb_trust_is_entry_fault(&s->f.err));
	fake_log_free(&fork);
}

static void
one_entry_has_one_place_in_the_log(void **state)
{
	struct scene *s = *state;

	(void)add_note(s, s->log, 1);
	(void)add_note(s, s->log, 1);
	assert_ok(take_at(s, &s->f.k1, s->log, 1), &s->f.err);
	assert_fault(s, take_at(s, &s->f.k1, s->log, 2), "entry-repeated");
}

static void
expect_refused(struct scene *s, struct wb_span envelope, const char *id)
{
	uint64_t index = fake_log_add(s->log, envelope, wb_span(NULL, 0));
	int64_t before = fixture_number(&s->f, &s->f.coord,
	    "SELECT count(*) FROM statement");

	assert_fault(s, take_at(s, &s->f.coord, s->log, index), id);
	assert_true(wb_trust_is_entry_fault(&s->f.err));
	assert_int_equal(fixture_number(&s->f, &s->f.coord,
			     "SELECT count(*) FROM statement"),
	    before);
}

static void
an_entry_that_should_not_be_in_the_log_is_refused(void **state)
{
	struct scene *s = *state;
	struct wb_bytes envelope;
	struct wb_hash other = s->f.coord.programme;

	wb_bytes_init(&envelope, WB_MAX_ENVELOPE);
	make_note(&envelope, s, 1, &s->f.coord.programme, &s->f.k1.signer);
	expect_refused(s, wb_bytes_span(&envelope), "entry-signature");
	other.b[0] ^= 1;
	make_note(&envelope, s, 2, &other, &s->f.coord.signer);
	expect_refused(s, wb_bytes_span(&envelope), "entry-form");
	expect_refused(s, wb_span_text("no envelope"), "entry-form");
	seal(&envelope, s, WB_STATEMENT_NOTE, wb_span_text("no note"),
	    &s->f.coord.signer);
	expect_refused(s, wb_bytes_span(&envelope), "entry-form");
	seal(&envelope, s, WB_STATEMENT_READ, wb_span_text("a read"),
	    &s->f.coord.signer);
	expect_refused(s, wb_bytes_span(&envelope), "entry-form");
	wb_bytes_clear(&envelope);
}

/* ---- rosters */

/* A version that would follow C1's, to be edited and then signed. */
struct draft {
	struct wb_roster roster;
	struct wb_member members[MAX_MEMBERS];
	struct wb_hash id;
};

static void
draft_next(struct draft *d, const struct scene *s, const struct draft *before)
{
	d->roster = before != NULL ? before->roster : s->f.coord.roster;
	assert_true(d->roster.member_count <= MAX_MEMBERS);
	memcpy(d->members, d->roster.members,
	    d->roster.member_count * sizeof d->members[0]);
	d->roster.members = d->members;
	d->roster.version++;
	d->roster.programme = s->f.coord.programme;
	d->roster.previous = before != NULL ? before->id : s->f.coord.roster_id;
}

static void
draft_sign(struct wb_bytes *out, struct scene *s, struct draft *d,
    const struct wb_signer *signer)
{
	struct wb_bytes payload;

	wb_bytes_init(out, WB_MAX_ROSTER);
	wb_bytes_init(&payload, WB_MAX_ROSTER);
	assert_ok(wb_roster_encode(&payload, &d->roster, &s->f.err), &s->f.err);
	wb_statement_id(&d->id, wb_statement_type_text(WB_STATEMENT_ROSTER),
	    wb_bytes_span(&payload));
	seal(out, s, WB_STATEMENT_ROSTER, wb_bytes_span(&payload), signer);
	wb_bytes_clear(&payload);
}

/* By a root of the version before and by one of its own. */
static void
draft_sign_both(struct wb_bytes *out, struct scene *s, struct draft *d,
    const struct wb_signer *one, const struct wb_signer *two)
{
	const char *type = wb_statement_type_text(WB_STATEMENT_ROSTER);
	struct wb_signature signatures[2];
	struct wb_bytes payload;

	draft_sign(out, s, d, one);
	wb_bytes_reset(out);
	wb_bytes_init(&payload, WB_MAX_ROSTER);
	assert_ok(wb_roster_encode(&payload, &d->roster, &s->f.err), &s->f.err);
	assert_ok(wb_statement_sign(&signatures[0], one, type,
		      wb_bytes_span(&payload), &s->f.err),
	    &s->f.err);
	assert_ok(wb_statement_sign(&signatures[1], two, type,
		      wb_bytes_span(&payload), &s->f.err),
	    &s->f.err);
	assert_ok(wb_envelope_encode(out, WB_STATEMENT_ROSTER,
		      wb_bytes_span(&payload), signatures, 2, &s->f.err),
	    &s->f.err);
	wb_bytes_clear(&payload);
}

static void
a_roster_follows_the_one_before(void **state)
{
	struct scene *s = *state;
	struct draft second, third;
	struct wb_bytes envelope;

	draft_next(&second, s, NULL);
	draft_sign(&envelope, s, &second, &s->f.root);
	(void)fake_log_add(s->log, wb_bytes_span(&envelope), wb_span(NULL, 0));
	wb_bytes_clear(&envelope);
	assert_ok(take_at(s, &s->f.k1, s->log, 1), &s->f.err);
	draft_next(&third, s, &second);
	draft_sign(&envelope, s, &third, &s->f.root);
	(void)fake_log_add(s->log, wb_bytes_span(&envelope), wb_span(NULL, 0));
	wb_bytes_clear(&envelope);
	assert_ok(take_at(s, &s->f.k1, s->log, 2), &s->f.err);
	assert_ok(wb_device_reload(&s->f.k1, &s->f.err), &s->f.err);
	assert_int_equal(s->f.k1.roster.version, 3);
}

enum roster_trick {
	BY_A_STRANGER,
	TWO_STEPS,
	VERSION_ONE,
	OTHER_PREVIOUS
};

static void
try_wrong_roster(struct scene *s, enum roster_trick trick)
{
	struct wb_bytes envelope;
	struct draft d;

	draft_next(&d, s, NULL);
	if (trick == TWO_STEPS)
		d.roster.version++;
	if (trick == OTHER_PREVIOUS)
		d.roster.previous.b[0] ^= 1;
	if (trick == VERSION_ONE) {
		d.roster.version = 1;
		memset(&d.roster.programme, 0, sizeof d.roster.programme);
		memset(&d.roster.previous, 0, sizeof d.roster.previous);
		d.roster.window_days++;
	}
	draft_sign(&envelope, s, &d,
	    trick == BY_A_STRANGER ? &s->f.k1.signer : &s->f.root);
	expect_refused(s, wb_bytes_span(&envelope), "roster-step");
	wb_bytes_clear(&envelope);
}

static void
a_roster_that_does_not_follow_is_refused(void **state)
{
	struct scene *s = *state;

	try_wrong_roster(s, BY_A_STRANGER);
	try_wrong_roster(s, TWO_STEPS);
	try_wrong_roster(s, VERSION_ONE);
	try_wrong_roster(s, OTHER_PREVIOUS);
}

/* K2 is revoked in version 2, left out of 3, and back in 4. */
static void
make_return(struct scene *s, struct wb_bytes envelopes[3])
{
	struct draft second, third, fourth;

	draft_next(&second, s, NULL);
	second.members[2].state = WB_MEMBER_REVOKED;
	draft_sign(&envelopes[0], s, &second, &s->f.root);
	draft_next(&third, s, &second);
	third.roster.member_count = 2;
	draft_sign(&envelopes[1], s, &third, &s->f.root);
	draft_next(&fourth, s, &third);
	fourth.roster.member_count = 3;
	fourth.members[2] = second.members[2];
	fourth.members[2].state = WB_MEMBER_ACTIVE;
	draft_sign(&envelopes[2], s, &fourth, &s->f.root);
}

static void
a_revoked_key_never_returns(void **state)
{
	struct wb_bytes envelopes[3];
	struct scene *s = *state;

	make_return(s, envelopes);
	for (uint64_t i = 0; i < 2; i++) {
		(void)fake_log_add(s->log, wb_bytes_span(&envelopes[i]),
		    wb_span(NULL, 0));
		assert_ok(take_at(s, &s->f.coord, s->log, i + 1), &s->f.err);
	}
	expect_refused(s, wb_bytes_span(&envelopes[2]), "roster-step");
	for (size_t i = 0; i < 3; i++)
		wb_bytes_clear(&envelopes[i]);
}

static void
first_roster(struct wb_bytes *out, struct scene *s)
{
	wb_bytes_init(out, WB_MAX_ROSTER);
	assert_ok(wb_bytes_append(out,
		      wb_bytes_span(&s->log->entries[0].envelope), &s->f.err),
	    &s->f.err);
}

/* A device that knows the programme's id and log, and nothing else yet. */
static void
forget_rosters(struct scene *s, struct wb_device *device)
{
	assert_ok(wb_db_exec(device->db,
		      "DELETE FROM device; DELETE FROM statement", &s->f.err),
	    &s->f.err);
}

static void
a_chain_of_rosters_is_taken_whole_and_again(void **state)
{
	struct scene *s = *state;
	struct wb_bytes first, second;
	struct wb_span chain[2];
	struct draft d;

	first_roster(&first, s);
	draft_next(&d, s, NULL);
	draft_sign(&second, s, &d, &s->f.root);
	chain[0] = wb_bytes_span(&first);
	chain[1] = wb_bytes_span(&second);
	forget_rosters(s, &s->f.k1);
	for (int i = 0; i < 2; i++)
		assert_ok(wb_trust_rosters(&s->f.k1, &s->f.coord.programme,
			      chain, 2, &s->f.err),
		    &s->f.err);
	assert_int_equal(fixture_number(&s->f, &s->f.k1,
			     "SELECT count(*) FROM statement"),
	    2);
	assert_int_equal(fixture_number(&s->f, &s->f.k1,
			     "SELECT count(*) FROM device"),
	    3);
	wb_bytes_clear(&first);
	wb_bytes_clear(&second);
}

/*
 * Version 2, which the log has, took a root key away.  Its holder signs another
 * version 2, whose reader is his own, and lets a courier carry it.
 */
static void
a_chain_that_leaves_the_known_one_changes_nothing(void **state)
{
	struct scene *s = *state;
	struct wb_bytes first, second, other;
	struct wb_span chain[2];
	struct wb_signer root;
	struct draft good, bad;

	assert_ok(wb_signer_generate(&root, s->f.coord.random, &s->f.err),
	    &s->f.err);
	first_roster(&first, s);
	draft_next(&good, s, NULL);
	good.roster.roots = &root.key;
	good.roster.window_days = 3;
	draft_sign_both(&second, s, &good, &s->f.root, &root);
	(void)fake_log_add(s->log, wb_bytes_span(&second), wb_span(NULL, 0));
	assert_ok(take_at(s, &s->f.k1, s->log, 1), &s->f.err);
	draft_next(&bad, s, NULL);
	bad.roster.window_days = 30;
	draft_sign(&other, s, &bad, &s->f.root);
	chain[0] = wb_bytes_span(&first);
	chain[1] = wb_bytes_span(&other);
	assert_ok(wb_trust_rosters(&s->f.k1, &s->f.coord.programme, chain, 2,
		      &s->f.err),
	    &s->f.err);
	assert_ok(wb_device_reload(&s->f.k1, &s->f.err), &s->f.err);
	assert_int_equal(s->f.k1.roster.version, 2);
	assert_int_equal(s->f.k1.roster.window_days, 3);
	/* One that goes on from what is known is taken. */
	draft_next(&bad, s, &good);
	bad.roster.window_days = 4;
	wb_bytes_clear(&other);
	draft_sign(&other, s, &bad, &root);
	chain[0] = wb_bytes_span(&second);
	chain[1] = wb_bytes_span(&other);
	assert_ok(wb_trust_rosters(&s->f.k1, &s->f.coord.programme, chain, 2,
		      &s->f.err),
	    &s->f.err);
	assert_ok(wb_device_reload(&s->f.k1, &s->f.err), &s->f.err);
	assert_int_equal(s->f.k1.roster.window_days, 4);
	wb_bytes_clear(&first);
	wb_bytes_clear(&second);
	wb_bytes_clear(&other);
	wb_signer_clear(&root);
}

static void
a_chain_from_a_welcome_gets_its_places_from_the_log(void **state)
{
	struct scene *s = *state;
	struct wb_bytes first;
	struct wb_span chain[1];

	first_roster(&first, s);
	chain[0] = wb_bytes_span(&first);
	forget_rosters(s, &s->f.k1);
	assert_ok(wb_trust_rosters(&s->f.k1, &s->f.coord.programme, chain, 1,
		      &s->f.err),
	    &s->f.err);
	assert_ok(take_at(s, &s->f.k1, s->log, 0), &s->f.err);
	assert_int_equal(fixture_number(&s->f, &s->f.k1,
			     "SELECT count(*) FROM statement"
			     " WHERE log_index = 0 AND receipt IS NOT NULL"),
	    1);
	wb_bytes_clear(&first);
}

static void
expect_no_chain(struct scene *s, const struct wb_span *chain, size_t n,
    const struct wb_hash *programme)
{
	forget_rosters(s, &s->f.k1);
	assert_fault(s,
	    wb_trust_rosters(&s->f.k1, programme, chain, n, &s->f.err),
	    "roster-step");
}

static void
the_first_roster_is_entry_0_and_names_its_log(void **state)
{
	struct scene *s = *state;
	struct fake_log *late = fake_log_copy(s->log, 0);

	forget_rosters(s, &s->f.k1);
	(void)add_note(s, late, 1);
	(void)fake_log_add(late, wb_bytes_span(&s->log->entries[0].envelope),
	    wb_span(NULL, 0));
	assert_fault(s, take_at(s, &s->f.k1, late, 1), "roster-step");
	s->f.k1.log.key = s->f.k1.signer.key;
	assert_fault(s, take_at(s, &s->f.k1, s->log, 0), "roster-step");
	s->f.k1.log.key = s->f.coord.log.key;
	assert_ok(take_at(s, &s->f.k1, s->log, 0), &s->f.err);
	fake_log_free(&late);
}

static void
a_broken_chain_of_rosters_is_refused(void **state)
{
	struct wb_bytes first, parts[3];
	struct scene *s = *state;
	struct wb_hash other = s->f.coord.programme;
	struct wb_span chain[4];

	first_roster(&first, s);
	make_return(s, parts);
	chain[0] = wb_bytes_span(&first);
	for (size_t i = 0; i < 3; i++)
		chain[i + 1] = wb_bytes_span(&parts[i]);
	expect_no_chain(s, chain, 4, &s->f.coord.programme);
	expect_no_chain(s, chain + 1, 1, &s->f.coord.programme);
	other.b[0] ^= 1;
	expect_no_chain(s, chain, 1, &other);
	chain[1] = chain[2];
	expect_no_chain(s, chain, 2, &s->f.coord.programme);
	wb_bytes_clear(&first);
	for (size_t i = 0; i < 3; i++)
		wb_bytes_clear(&parts[i]);
}

/* ---- receipts and contents */

static enum wb_status
take_receipt(struct scene *s, struct wb_span envelope, uint64_t index)
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
	struct scene *s = *state;

	make_batch(s, &envelope, &content);
	(void)add_note(s, s->log, 1);
	(void)fake_log_add(s->log, wb_bytes_span(&envelope),
	    wb_bytes_span(&content));
	assert_fault(s, take_receipt(s, wb_bytes_span(&envelope), 1),
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
	struct scene *s = *state;
	struct wb_taken taken;
	struct wb_entry entry;

	make_batch(s, &envelope, &content);
	(void)fake_log_add(s->log, wb_bytes_span(&envelope),
	    wb_bytes_span(&content));
	fake_log_entry(&entry, s->log, 1, 2);
	assert_ok(take_entry(s, &s->f.coord, s->log, &entry, &taken),
	    &s->f.err);
	content.data[content.len / 2] ^= 1;
	assert_fault(s,
	    wb_trust_content(&s->f.coord, taken.row, wb_bytes_span(&content),
		&s->f.err),
	    "content-altered");
	assert_fault(s,
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
	struct scene *s = *state;
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
	seal(&envelope, s, WB_STATEMENT_NOTE, wb_bytes_span(&payload),
	    &s->f.coord.signer);
	(void)fake_log_add(s->log, wb_bytes_span(&envelope), file);
	fake_log_entry(&entry, s->log, 1, 2);
	assert_ok(take_entry(s, &s->f.coord, s->log, &entry, &taken),
	    &s->f.err);
	assert_fault(s,
	    wb_trust_content(&s->f.coord, taken.row,
		wb_span_text("an age fils"), &s->f.err),
	    "content-altered");
	assert_ok(wb_trust_content(&s->f.coord, taken.row, file, &s->f.err),
	    &s->f.err);
	wb_bytes_clear(&payload);
	wb_bytes_clear(&envelope);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(heads_only_grow),
		TEST(a_head_that_is_only_checked_is_not_stored),
		TEST(a_batch_is_kept_and_entered_once),
		TEST(only_who_lacks_the_rest_of_the_log_keeps_receipts),
		TEST(an_entry_must_be_under_the_head),
		TEST(one_place_of_the_log_holds_one_entry),
		TEST(one_entry_has_one_place_in_the_log),
		TEST(an_entry_that_should_not_be_in_the_log_is_refused),
		TEST(a_roster_follows_the_one_before),
		TEST(a_roster_that_does_not_follow_is_refused),
		TEST(a_revoked_key_never_returns),
		TEST(a_chain_of_rosters_is_taken_whole_and_again),
		TEST(a_chain_that_leaves_the_known_one_changes_nothing),
		TEST(a_chain_from_a_welcome_gets_its_places_from_the_log),
		TEST(the_first_roster_is_entry_0_and_names_its_log),
		TEST(a_broken_chain_of_rosters_is_refused),
		TEST(a_receipt_is_for_what_was_sent),
		TEST(a_content_is_what_its_batch_names),
		TEST(a_content_is_what_its_note_names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
