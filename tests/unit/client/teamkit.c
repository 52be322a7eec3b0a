#include "tests/unit/client/teamkit.h"

static int64_t
now(void *ctx)
{
	return *(int64_t *)ctx;
}

static int32_t
no_offset(void *ctx, int64_t at)
{
	(void)ctx;
	(void)at;
	return 0;
}

static struct wb_clock
clock_of(struct team *t)
{
	return (struct wb_clock){ now, now, no_offset, &t->now };
}

void
team_create(struct team *t, struct wb_device *device, const char *name)
{
	struct wb_unlock unlock = { 0 };

	unlock.dir = check_path(&t->dir, name);
	unlock.key.passphrase = wb_span_text("a passphrase");
	assert_ok(wb_device_create(device, &unlock, clock_of(t),
		      check_random(&t->seed), &t->err),
	    &t->err);
}

int
team_begin(void **state)
{
	static struct team t;
	struct wb_founding founding = { .name = wb_span_text("Northern route"),
		.window_days = 7 };
	struct wb_bytes vkey_text;
	struct wb_signer log;
	struct wb_vkey vkey;

	t = (struct team){ .now = TEAM_NOW, .seed = 7 };
	check_dir_make(&t.dir);
	assert_ok(wb_crypto_start(&t.err), &t.err);
	team_create(&t, &t.coord, "coord");
	wb_bytes_init(&vkey_text, 1000);
	assert_ok(wb_signer_generate(&log, check_random(&t.seed), &t.err),
	    &t.err);
	assert_ok(wb_vkey_make(&vkey, "example.org/aid", WB_NOTE_ED25519,
		      &log.key, &t.err),
	    &t.err);
	assert_ok(wb_vkey_format(&vkey_text, &vkey, &t.err), &t.err);
	founding.log_key = wb_bytes_span(&vkey_text);
	assert_ok(wb_team_found(&t.coord, &founding, &t.err), &t.err);
	wb_bytes_clear(&vkey_text);
	wb_signer_clear(&log);
	*state = &t;
	return 0;
}

int
team_end(void **state)
{
	struct team *t = *state;

	wb_device_close(&t->coord);
	check_dir_remove(&t->dir);
	return 0;
}

void
paper_init(struct paper *p)
{
	wb_bytes_init(&p->invite, WB_MAX_INVITE_TEXT);
	wb_bytes_init(&p->request, WB_MAX_REQUEST);
	wb_bytes_init(&p->welcome, WB_MAX_WELCOME);
}

void
paper_clear(struct paper *p)
{
	wb_bytes_clear(&p->invite);
	wb_bytes_clear(&p->request);
	wb_bytes_clear(&p->welcome);
}

void
team_ask(struct team *t, struct paper *p, struct wb_device *device,
    enum wb_role role)
{
	assert_ok(wb_enrol_invite(&p->invite, &t->coord, role, &t->err),
	    &t->err);
	assert_ok(wb_join_request(&p->request, p->newcomer_digits, device,
		      wb_bytes_span(&p->invite), wb_span(NULL, 0), &t->err),
	    &t->err);
}

enum wb_status
paper_take(void *ctx, struct wb_span welcome, struct wb_error *err)
{
	struct paper *p = ctx;

	wb_bytes_reset(&p->welcome);
	return wb_bytes_append(&p->welcome, welcome, err);
}

enum wb_status
team_approve(struct team *t, struct paper *p, struct wb_span label)
{
	struct wb_candidate candidate;
	struct wb_arena arena;
	enum wb_status st;

	wb_arena_init(&arena, WB_ARENA_BUDGET);
	st = wb_enrol_candidate(&candidate, &arena, &t->coord,
	    wb_bytes_span(&p->request), label, &t->err);
	if (st == WB_OK) {
		assert_string_equal(candidate.digits, p->newcomer_digits);
		st = wb_enrol_approve(&t->coord, &candidate,
		    (struct wb_welcome_out){ paper_take, p }, &t->err);
	}
	wb_arena_clear(&arena);
	return st;
}

void
team_teach(struct team *t, const char *item, const char *place)
{
	struct wb_change change;
	bool added;

	assert_ok(wb_change_begin(&change, &t->coord, &t->err), &t->err);
	assert_ok(wb_change_add_item(&added, &change, wb_span_text(item),
		      wb_span_text("sack"), wb_span_text("food"), &t->err),
	    &t->err);
	assert_true(added);
	assert_ok(wb_change_add_place(&added, &change, wb_span_text(place),
		      wb_span_text("the mill"), NULL, &t->err),
	    &t->err);
	assert_ok(wb_change_apply(&change, &t->coord, &t->err), &t->err);
	wb_change_clear(&change);
}
