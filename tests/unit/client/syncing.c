#include "tests/unit/client/syncing.h"

#include <stdlib.h>

#include "crypto/statement.h"
#include "proto/wire.h"

void
syncing_begin(struct syncing *s)
{
	memset(s, 0, sizeof *s);
	fixture_begin(&s->f, 7);
	s->server = fake_server_new(fake_log_of(&s->f.coord, &s->f.log));
}

void
syncing_end(struct syncing *s)
{
	fake_server_free(&s->server);
	fixture_end(&s->f);
}

int
syncing_setup(void **state)
{
	struct syncing *s = calloc(1, sizeof *s);

	assert_non_null(s);
	syncing_begin(s);
	*state = s;
	return 0;
}

int
syncing_teardown(void **state)
{
	syncing_end(*state);
	free(*state);
	return 0;
}

static void
tell(void *ctx, const char *what, uint64_t done, uint64_t total)
{
	struct syncing *s = ctx;

	assert_true(*what != '\0');
	assert_true(done <= total);
	s->told++;
}

enum wb_status
syncing_run(struct syncing *s, struct wb_device *device)
{
	struct wb_sync_progress progress = { tell, s };
	struct wb_remote *remote = fake_server_connect(s->server, device);
	enum wb_status st;

	s->f.err = (struct wb_error){ 0 };
	s->told = 0;
	st = wb_sync(&s->done, device, remote, progress, &s->f.err);
	wb_remote_close(&remote);
	return st;
}

void
sync_ok(struct syncing *s, struct wb_device *device)
{
	assert_ok(syncing_run(s, device), &s->f.err);
}

void
sync_fails(struct syncing *s, struct wb_device *device, enum wb_status status,
    const char *id)
{
	assert_status(status, syncing_run(s, device), &s->f.err);
	assert_string_equal(wb_error_id(&s->f.err), id);
}

struct wb_states
syncing_states(struct syncing *s, struct wb_device *device)
{
	struct wb_states out;

	assert_ok(wb_journal_states(&out, device, &s->f.err), &s->f.err);
	return out;
}

int64_t
syncing_number(struct syncing *s, struct wb_device *device, const char *sql)
{
	return fixture_number(&s->f, device, sql);
}

/* Signed by the root. */
static void
keep_roster(struct syncing *s, struct wb_device *device, struct wb_roster *next)
{
	struct wb_bytes payload, bytes;
	struct wb_envelope envelope;
	struct wb_arena arena;
	int64_t row;

	next->version++;
	next->programme = s->f.coord.programme;
	next->previous = device->roster_id;
	assert_ok(wb_db_begin(device->db, &s->f.err), &s->f.err);
	wb_bytes_init(&payload, WB_MAX_ROSTER);
	wb_bytes_init(&bytes, WB_MAX_ROSTER);
	wb_arena_init(&arena, WB_ARENA_BUDGET);
	assert_ok(wb_roster_encode(&payload, next, &s->f.err), &s->f.err);
	assert_ok(wb_envelope_seal(&bytes, WB_STATEMENT_ROSTER,
		      wb_bytes_span(&payload), &s->f.root, &s->f.err),
	    &s->f.err);
	assert_ok(wb_envelope_decode(&envelope, &arena, wb_bytes_span(&bytes),
		      &s->f.err),
	    &s->f.err);
	assert_ok(wb_statement_keep(&row, NULL, device, &envelope,
		      wb_bytes_span(&bytes), NULL, &s->f.err),
	    &s->f.err);
	assert_ok(wb_db_commit(device->db, &s->f.err), &s->f.err);
	wb_arena_clear(&arena);
	wb_bytes_clear(&bytes);
	wb_bytes_clear(&payload);
	assert_ok(wb_device_reload(device, &s->f.err), &s->f.err);
}

void
syncing_keep_version(struct syncing *s, struct wb_device *device, uint32_t days)
{
	struct wb_roster next = device->roster;

	next.window_days = days;
	keep_roster(s, device, &next);
}

void
syncing_keep_state(struct syncing *s, struct wb_device *device,
    const struct wb_device *member, enum wb_member_state state)
{
	struct wb_roster next = device->roster;
	struct wb_member members[3];

	assert_int_equal(next.member_count, 3);
	memcpy(members, next.members, sizeof members);
	for (size_t i = 0; i < 3; i++)
		if (wb_key_equal(&members[i].key, &member->signer.key))
			members[i].state = state;
	next.members = members;
	keep_roster(s, device, &next);
}

void
syncing_revoke(struct syncing *s, struct wb_device *device,
    const struct wb_device *member)
{
	syncing_keep_state(s, device, member, WB_MEMBER_REVOKED);
}
