/* What the server does not log, and the reason that it gives. */
#include "crypto/statement.h"
#include "proto/envelope.h"
#include "server/intake.h"

#include "tests/unit/server/programme.h"

static void
bad_signature(struct sent *out, struct programme *p)
{
	make_batch(out, p, K1, 1, 100);
	out->envelope.data[out->envelope.len - 1] ^= 1;
}

static void
malformed(struct sent *out, struct programme *p)
{
	make_batch(out, p, K1, 1, 100);
	wb_bytes_truncate(&out->envelope, out->envelope.len - 1);
}

static void
unknown_signer(struct sent *out, struct programme *p)
{
	make_batch(out, p, STRANGER, 1, 100);
}

static void
revoked(struct sent *out, struct programme *p)
{
	struct sent roster;

	p->members[K2].state = WB_MEMBER_REVOKED;
	make_roster(&roster, p);
	(void)expect(p, &roster, WB_LOGGED, NULL);
	sent_clear(&roster);
	make_batch(out, p, K2, 1, 100);
}

static void
wrong_role(struct sent *out, struct programme *p)
{
	make_batch(out, p, A1, 1, 100);
}

static void
ack_by_field(struct sent *out, struct programme *p)
{
	make_ack(out, p, K1, &p->id, WB_OUTCOME_ADMIT);
}

static void
tally_by_auditor(struct sent *out, struct programme *p)
{
	make_tally(out, p, A1);
}

static void
note_by_field(struct sent *out, struct programme *p)
{
	make_note(out, p, K1);
}

static void
read_statement(struct sent *out, struct programme *p)
{
	make_read(out, p, C1);
}

static void
other_programme(struct sent *out, struct programme *p)
{
	struct wb_hash id = p->id;

	p->id.b[0] ^= 1;
	make_batch(out, p, K1, 1, 100);
	p->id = id;
}

static void
no_content(struct sent *out, struct programme *p)
{
	make_batch(out, p, K1, 1, 100);
	wb_bytes_clear(&out->content);
}

static void
other_content(struct sent *out, struct programme *p)
{
	make_batch(out, p, K1, 1, 100);
	out->content.data[99] ^= 1;
}

static void
short_content(struct sent *out, struct programme *p)
{
	make_batch(out, p, K1, 1, 100);
	wb_bytes_truncate(&out->content, 99);
}

static void
ack_with_content(struct sent *out, struct programme *p)
{
	make_ack(out, p, C1, &p->id, WB_OUTCOME_ADMIT);
	assert_ok(wb_bytes_append_text(&out->content, "x", &p->err), &p->err);
}

static void
note_without_content(struct sent *out, struct programme *p)
{
	make_note(out, p, C1);
	wb_bytes_clear(&out->content);
}

static void
note_with_longer_content(struct sent *out, struct programme *p)
{
	make_note(out, p, C1);
	assert_ok(wb_bytes_append_text(&out->content, "x", &p->err), &p->err);
}

static void
tally_without_content(struct sent *out, struct programme *p)
{
	make_tally(out, p, C1);
	wb_bytes_clear(&out->content);
}

static void
tally_with_other_content(struct sent *out, struct programme *p)
{
	make_tally(out, p, C1);
	out->content.data[0] ^= 1;
}

static void
roster_again_one(struct sent *out, struct programme *p)
{
	p->roster.version = 0;
	p->roster.programme = p->roster.previous = (struct wb_hash){ 0 };
	p->roster.window_days = 3;
	make_roster(out, p);
}

static void
roster_skips(struct sent *out, struct programme *p)
{
	p->roster.version++;
	make_roster(out, p);
}

static void
roster_of_other_root(struct sent *out, struct programme *p)
{
	struct wb_signer root = p->root;

	p->root = p->people[STRANGER];
	make_roster(out, p);
	p->root = root;
}

static void
refuses_with_a_stable_reason(void **state)
{
	static const struct {
		const char *reason;
		void (*make)(struct sent *, struct programme *);
	} rows[] = {
		{ "malformed", malformed },
		{ "bad-signature", bad_signature },
		{ "unknown-signer", unknown_signer },
		{ "wrong-role", wrong_role },
		{ "wrong-role", ack_by_field },
		{ "wrong-role", tally_by_auditor },
		{ "wrong-role", note_by_field },
		{ "wrong-type", read_statement },
		{ "wrong-programme", other_programme },
		{ "content-missing", no_content },
		{ "content-mismatch", other_content },
		{ "content-mismatch", short_content },
		{ "content-mismatch", ack_with_content },
		{ "content-missing", note_without_content },
		{ "content-mismatch", note_with_longer_content },
		{ "content-missing", tally_without_content },
		{ "content-mismatch", tally_with_other_content },
		{ "revoked", revoked },
		{ "roster-version", roster_skips },
		{ "wrong-programme", roster_again_one },
	};
	struct programme *p = *state;
	uint64_t size;

	log_first_roster(p);
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct sent s;

		rows[i].make(&s, p);
		size = programme_size(p);
		(void)expect(p, &s, WB_NOT_LOGGED, rows[i].reason);
		assert_int_equal(programme_size(p), size);
		sent_clear(&s);
	}
}

static void
refuses_a_roster_that_the_roots_did_not_sign(void **state)
{
	struct programme *p = *state;
	struct sent s;

	log_first_roster(p);
	roster_of_other_root(&s, p);
	(void)expect(p, &s, WB_NOT_LOGGED, "roster-signatures");
	sent_clear(&s);
}

/* Anybody can make one whose keys take long to check. */
static void
reads_no_roster_that_the_roots_did_not_sign(void **state)
{
	struct wb_bytes bytes;
	struct programme *p = *state;
	struct wb_span payload;
	struct sent s = { 0 };

	log_first_roster(p);
	/* It follows the version in force, and nothing follows that. */
	wb_bytes_init(&bytes, 128);
	assert_ok(wb_bytes_append_text(&bytes, "\n ", &p->err), &p->err);
	assert_ok(wb_bytes_append(&bytes, wb_hash_span(&p->id), &p->err),
	    &p->err);
	assert_ok(wb_bytes_append_text(&bytes, "\x10\x02\x1a ", &p->err),
	    &p->err);
	assert_ok(wb_bytes_append(&bytes, wb_hash_span(&p->id), &p->err),
	    &p->err);
	payload = wb_bytes_span(&bytes);
	wb_bytes_init(&s.envelope, (size_t)1 << 14);
	assert_ok(wb_envelope_seal(&s.envelope, WB_STATEMENT_ROSTER, payload,
		      &p->people[STRANGER], &p->err),
	    &p->err);
	(void)expect(p, &s, WB_NOT_LOGGED, "roster-signatures");
	wb_bytes_reset(&s.envelope);
	assert_ok(wb_envelope_seal(&s.envelope, WB_STATEMENT_ROSTER, payload,
		      &p->root, &p->err),
	    &p->err);
	(void)expect(p, &s, WB_NOT_LOGGED, "malformed");
	wb_bytes_clear(&bytes);
	sent_clear(&s);
}

static void
logs_nothing_before_a_roster(void **state)
{
	struct programme *p = *state;
	struct sent s;

	p->id.b[0] = 1;
	p->roster_id = p->id;
	make_batch(&s, p, K1, 1, 100);
	(void)expect(p, &s, WB_NOT_LOGGED, "no-programme");
	sent_clear(&s);
}

static void
refuses_a_roster_that_names_another_log(void **state)
{
	struct programme *p = *state;
	struct wb_vkey ours = p->vkey;
	struct sent s;

	assert_ok(wb_vkey_make(&p->vkey, "other.example", WB_NOTE_ED25519,
		      &ours.key, &p->err),
	    &p->err);
	make_roster(&s, p);
	p->vkey = ours;
	(void)expect(p, &s, WB_NOT_LOGGED, "wrong-log");
	sent_clear(&s);
}

int
main(void)
{
#define T(f)                                                 \
	cmocka_unit_test_setup_teardown(f, programme_set_up, \
	    programme_tear_down)
	const struct CMUnitTest tests[] = {
		T(refuses_with_a_stable_reason),
		T(refuses_a_roster_that_the_roots_did_not_sign),
		T(reads_no_roster_that_the_roots_did_not_sign),
		T(logs_nothing_before_a_roster),
		T(refuses_a_roster_that_names_another_log),
	};
#undef T

	return cmocka_run_group_tests(tests, NULL, NULL);
}
