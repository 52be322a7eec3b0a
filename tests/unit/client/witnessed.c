/* What is witnessed: by whom, of which history, by which policy. */
#include "client/trust/witnessed.h"

#include <stdio.h>

#include "client/audit/audit_vault.h"
#include "client/journal/records.h"
#include "client/sync/sync.h"
#include "crypto/tlogproof.h"

#include "tests/unit/client/fake_server.h"
#include "tests/unit/client/fixture.h"

#define WITNESSES 3
#define RICE                                                           \
	&(const struct fixture_record)                                 \
	{                                                              \
		WB_KIND_DELIVERED, "rice", "sack", 2500, "S-12", 20500 \
	}

struct scene {
	struct fixture f;
	struct fake_server *server;
	struct wb_synced done; /* of the last sync */
	struct wb_signer signers[WITNESSES];
	struct wb_vkey vkeys[WITNESSES];
};

/* The log, all witnesses, and `rest`. */
static void
set_policy(struct scene *s, const char *rest)
{
	struct wb_bytes text;

	wb_bytes_init(&text, WB_MAX_POLICY);
	assert_ok(wb_bytes_append_text(&text, "log ", &s->f.err), &s->f.err);
	assert_ok(wb_vkey_format(&text, &s->f.coord.log, &s->f.err), &s->f.err);
	for (size_t i = 0; i < WITNESSES; i++) {
		assert_ok(wb_bytes_printf(&text, &s->f.err, "\nwitness w%zu ",
			      i),
		    &s->f.err);
		assert_ok(wb_vkey_format(&text, &s->vkeys[i], &s->f.err),
		    &s->f.err);
	}
	assert_ok(wb_bytes_append(&text, wb_span("\n", 1), &s->f.err),
	    &s->f.err);
	assert_ok(wb_bytes_append_text(&text, rest, &s->f.err), &s->f.err);
	assert_ok(wb_bytes_append(&text, wb_span("", 1), &s->f.err), &s->f.err);
	fixture_set_policy(&s->f, (const char *)text.data);
	wb_bytes_clear(&text);
}

static void
begin(struct scene *s, const char *policy)
{
	char name[40];

	memset(s, 0, sizeof *s);
	fixture_begin(&s->f, 7);
	for (size_t i = 0; i < WITNESSES; i++) {
		assert_ok(wb_signer_generate(&s->signers[i], s->f.coord.random,
			      &s->f.err),
		    &s->f.err);
		(void)snprintf(name, sizeof name, "example.net/w%zu", i);
		assert_ok(wb_vkey_make(&s->vkeys[i], name, WB_NOTE_COSIGNATURE,
			      &s->signers[i].key, &s->f.err),
		    &s->f.err);
	}
	set_policy(s, policy);
	s->server = fake_server_new(fake_log_of(&s->f.coord, &s->f.log));
}

static void
end(struct scene *s)
{
	for (size_t i = 0; i < WITNESSES; i++)
		wb_signer_clear(&s->signers[i]);
	fake_server_free(&s->server);
	fixture_end(&s->f);
}

static enum wb_status
run(struct scene *s, struct wb_device *device)
{
	struct wb_sync_progress progress = { 0 };
	struct wb_remote *remote = fake_server_connect(s->server, device);
	enum wb_status st;

	s->f.err = (struct wb_error){ 0 };
	st = wb_sync(&s->done, device, remote, progress, &s->f.err);
	wb_remote_close(&remote);
	return st;
}

/* The server shows that head of `log`, cosigned by these (a bit each). */
static void
show(struct scene *s, struct fake_log *log, uint64_t size, unsigned by)
{
	struct wb_bytes text;
	struct wb_head head;

	wb_bytes_init(&text, 1000);
	fake_log_head(&head, log, size);
	assert_ok(wb_checkpoint_format(&text, log->vkey.name, &head, &s->f.err),
	    &s->f.err);
	fake_log_checkpoint(&s->server->witnessed, log, size);
	for (size_t i = 0; i < WITNESSES; i++) {
		if ((by & 1U << i) != 0)
			assert_ok(wb_note_cosign(&s->server->witnessed,
				      wb_bytes_span(&text), &s->vkeys[i],
				      &s->signers[i], 1700000000, &s->f.err),
			    &s->f.err);
	}
	wb_bytes_clear(&text);
}

static void
check_states(struct scene *s, struct wb_device *device, uint64_t stored,
    uint64_t witnessed, uint64_t opened)
{
	struct wb_states states;

	assert_ok(wb_journal_states(&states, device, &s->f.err), &s->f.err);
	assert_int_equal(states.here, 0);
	assert_int_equal(states.stored, stored);
	assert_int_equal(states.witnessed, witnessed);
	assert_int_equal(states.opened, opened);
}

static void
check_record(struct scene *s, uint64_t number, enum wb_record_state state)
{
	struct wb_arena arena;
	struct wb_record r;

	wb_arena_init(&arena, WB_ARENA_BUDGET);
	assert_ok(wb_records_find(&r, &arena, &s->f.k1, wb_span(NULL, 0),
		      number, &s->f.err),
	    &s->f.err);
	assert_int_equal(r.state, state);
	wb_arena_clear(&arena);
}

static void
save_and_send(struct scene *s)
{
	(void)fixture_save(&s->f, &s->f.k1, RICE);
	assert_ok(run(s, &s->f.k1), &s->f.err);
}

/* Who cosigned what, and how much of a log of three is then witnessed. */
static const struct {
	const char *why, *policy;
	uint64_t size;
	unsigned by;
	uint64_t want;
} heads[] = {
	{ "no policy with a quorum", "quorum none\n", 3, 7, 0 },
	{ "the newest head, by the one that must", "quorum w0\n", 3, 1, 3 },
	{ "the newest head, by another", "quorum w0\n", 3, 6, 0 },
	{ "the newest head, by nobody", "quorum w0\n", 3, 0, 0 },
	{ "an older head", "quorum w0\n", 2, 1, 2 },
	{ "the first head", "quorum w0\n", 1, 1, 1 },
	{ "one of two", "group g 2 w0 w1 w2\nquorum g\n", 3, 2, 0 },
	{ "two of two", "group g 2 w0 w1 w2\nquorum g\n", 3, 6, 3 },
};

static void
a_quorum_of_the_policy_is_needed(void **state)
{
	struct scene s;

	(void)state;
	for (size_t i = 0; i < sizeof heads / sizeof heads[0]; i++) {
		begin(&s, heads[i].policy);
		save_and_send(&s);
		assert_int_equal(s.server->log->size, 3);
		show(&s, s.server->log, heads[i].size, heads[i].by);
		assert_ok(run(&s, &s.f.k1), &s.f.err);
		if (s.done.witnessed != heads[i].want)
			fail_msg("%s: %d", heads[i].why, (int)s.done.witnessed);
		end(&s);
	}
}

static void
records_are_stored_then_witnessed_then_opened(void **state)
{
	struct scene s;

	(void)state;
	begin(&s, "quorum w0\n");
	save_and_send(&s);
	check_states(&s, &s.f.k1, 1, 0, 0);
	check_record(&s, 1, WB_RECORD_STORED);
	show(&s, s.server->log, s.server->log->size, 1);
	save_and_send(&s); /* behind what is witnessed */
	check_states(&s, &s.f.k1, 1, 1, 0);
	check_record(&s, 1, WB_RECORD_WITNESSED);
	check_record(&s, 2, WB_RECORD_STORED);
	assert_ok(wb_journal_rebuild(&s.f.k1, NULL, NULL, &s.f.err), &s.f.err);
	check_states(&s, &s.f.k1, 1, 1, 0);
	assert_ok(run(&s, &s.f.coord), &s.f.err);
	assert_ok(run(&s, &s.f.k1), &s.f.err);
	check_states(&s, &s.f.k1, 0, 0, 2);
	end(&s);
}

static void
a_new_policy_counts_at_once(void **state)
{
	struct scene s;
	uint64_t size;

	(void)state;
	begin(&s, "quorum w0\n");
	save_and_send(&s);
	show(&s, s.server->log, 3, 1);
	assert_ok(run(&s, &s.f.k1), &s.f.err);
	check_states(&s, &s.f.k1, 0, 1, 0);
	s.f.next = s.server->log->size;
	set_policy(&s, "quorum w1\n");
	check_states(&s, &s.f.k1, 1, 0, 0);
	assert_ok(wb_witnessed_size(&size, &s.f.k1, &s.f.err), &s.f.err);
	assert_int_equal(size, 0);
	set_policy(&s, "group g any w0 w1\nquorum g\n");
	check_states(&s, &s.f.k1, 0, 1, 0);
	set_policy(&s, "quorum none\n");
	check_states(&s, &s.f.k1, 1, 0, 0);
	end(&s);
}

static void
what_is_witnessed_is_never_taken_back(void **state)
{
	struct scene s;

	(void)state;
	begin(&s, "quorum w0\n");
	save_and_send(&s);
	show(&s, s.server->log, 3, 1);
	assert_ok(run(&s, &s.f.k1), &s.f.err);
	show(&s, s.server->log, 2, 1);
	assert_ok(run(&s, &s.f.k1), &s.f.err);
	assert_int_equal(s.done.witnessed, 3);
	wb_bytes_reset(&s.server->witnessed); /* 404 */
	assert_ok(run(&s, &s.f.k1), &s.f.err);
	check_states(&s, &s.f.k1, 0, 1, 0);
	end(&s);
}

/* The log of the witnesses is signed by the log, but is another. */
static void
another_history_is_evidence(void **state)
{
	struct fake_log *other;
	struct scene s;

	(void)state;
	for (uint64_t size = 2; size <= 5; size++) {
		begin(&s, "quorum w0\n");
		save_and_send(&s);
		other = fake_log_copy(s.server->log, 3);
		other->leaves[1].b[0] ^= 1;
		while (other->size < 5)
			(void)fake_log_add(other,
			    wb_bytes_span(&other->entries[1].envelope),
			    wb_span(NULL, 0));
		show(&s, other, size, 1);
		assert_status(size == 5 ? WB_OK : WB_FORGED, run(&s, &s.f.k1),
		    &s.f.err);
		if (size != 5)
			assert_string_equal(wb_error_id(&s.f.err), "log-fork");
		/* Up to size 5 the server can prove nothing: it is not taken. */
		check_states(&s, &s.f.k1, 1, 0, 0);
		fake_log_free(&other);
		end(&s);
	}
}

static void
a_note_that_the_log_did_not_sign_says_nothing(void **state)
{
	struct scene s;

	(void)state;
	begin(&s, "quorum w0\n");
	save_and_send(&s);
	show(&s, s.server->log, 3, 1);
	*(char *)memchr(s.server->witnessed.data, '3',
	    s.server->witnessed.len) = '2';
	assert_ok(run(&s, &s.f.k1), &s.f.err);
	check_states(&s, &s.f.k1, 1, 0, 0);
	end(&s);
}

/* However often it grows between two questions, up to a bound. */
static void
a_log_that_grows_meanwhile_is_followed(void **state)
{
	struct scene s;

	(void)state;
	for (unsigned grows = 0; grows < 6; grows++) {
		begin(&s, "quorum w0\n");
		save_and_send(&s);
		show(&s, s.server->log, 2, 1);
		s.server->grows = grows;
		assert_ok(run(&s, &s.f.k1), &s.f.err);
		if (grows <= 2)
			assert_int_equal(s.done.witnessed, 2);
		end(&s);
	}
}

/* The fixture's rosters came without; a welcome brings them. */
static void
give_receipts(struct scene *s, struct wb_device *device)
{
	struct fake_log *log = s->server->log;
	struct wb_bytes note, receipt;
	struct wb_entry entry;
	struct wb_stmt *q;
	bool row;

	for (uint64_t i = 0; i < 2; i++) {
		wb_bytes_init(&note, WB_MAX_NOTE);
		wb_bytes_init(&receipt, WB_MAX_TLOG_PROOF);
		fake_log_checkpoint(&note, log, log->size);
		fake_log_entry(&entry, log, i, log->size);
		assert_ok(wb_tlog_proof_format(&receipt, i, &entry.proof,
			      wb_bytes_span(&note), &s->f.err),
		    &s->f.err);
		assert_ok(wb_db_prepare(&q, device->db,
			      "UPDATE statement SET receipt = ?"
			      " WHERE log_index = ?",
			      &s->f.err),
		    &s->f.err);
		wb_bind_blob(q, 1, wb_bytes_span(&receipt));
		wb_bind_int(q, 2, (int64_t)i);
		assert_ok(wb_step(q, &row, &s->f.err), &s->f.err);
		wb_bytes_clear(&receipt);
		wb_bytes_clear(&note);
	}
}

/* It keeps no tree to compare with, but what it keeps it has verified. */
static void
a_field_device_says_what_it_knows_to_be_witnessed(void **state)
{
	struct wb_audit a;
	struct scene s;
	uint64_t size;

	(void)state;
	begin(&s, "quorum w0\n");
	save_and_send(&s);
	(void)fixture_save(&s.f, &s.f.k2, RICE);
	assert_ok(run(&s, &s.f.k2), &s.f.err);
	save_and_send(&s);
	size = s.server->log->size - 1;
	show(&s, s.server->log, size, 1);
	assert_ok(run(&s, &s.f.k1), &s.f.err);
	give_receipts(&s, &s.f.k1);
	assert_ok(wb_audit_vault(&a, &s.f.k1, NULL, &s.f.err), &s.f.err);
	for (size_t i = 0; i < a.problem_count; i++)
		print_error("%s\n", (const char *)a.problems[i].text.data);
	assert_int_equal(a.problem_total, 0);
	assert_true(a.entries < s.server->log->size);
	assert_true(a.wants_witnesses);
	assert_int_equal(a.witnessed, size);
	wb_audit_clear(&a);
	end(&s);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_quorum_of_the_policy_is_needed),
		cmocka_unit_test(records_are_stored_then_witnessed_then_opened),
		cmocka_unit_test(a_new_policy_counts_at_once),
		cmocka_unit_test(what_is_witnessed_is_never_taken_back),
		cmocka_unit_test(another_history_is_evidence),
		cmocka_unit_test(a_note_that_the_log_did_not_sign_says_nothing),
		cmocka_unit_test(a_log_that_grows_meanwhile_is_followed),
		cmocka_unit_test(
		    a_field_device_says_what_it_knows_to_be_witnessed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
