#include "tests/unit/server/core_fake.h"

#include <inttypes.h>
#include <stdlib.h>

#include "server/feed.h"
#include "server/intake.h"

#include "tests/unit/check.h"

const struct wb_vkey *
wb_core_vkey(const struct wb_core *core)
{
	return &core->vkey;
}

enum wb_status
wb_core_status(struct wb_core_status *out, struct wb_core *core,
    struct wb_error *err)
{
	if (core->fails != WB_OK)
		return wb_fail(err, core->fails, "/secret/path is broken");
	*out = core->status;
	return WB_OK;
}

unsigned
wb_core_roles(struct wb_core *core, const struct wb_key *key)
{
	return wb_key_equal(key, &core->member) ? core->roles : 0;
}

static enum wb_status
say(struct wb_bytes *out, struct wb_core *core, const char *text,
    struct wb_error *err)
{
	core->calls++;
	if (core->fails != WB_OK)
		return wb_advise(err,
		    wb_fail(err, core->fails, "/secret/path is broken"),
		    core->id, NULL);
	return wb_bytes_append_text(out, text, err);
}

static void
say_holding(struct wb_bytes *out, const char *word, const struct wb_holding *h)
{
	struct wb_error err = { 0 };

	assert_ok(wb_bytes_printf(out, &err, "%s seen=%" PRIu64, word, h->seen),
	    &err);
	if (h->under != 0) {
		assert_ok(wb_bytes_printf(out, &err,
			      " held=%" PRIu64 " under=%" PRIu64, h->held,
			      h->under),
		    &err);
	}
}

struct submission {
	struct wb_core *core;
	struct wb_bytes body;
	wb_intake_done *done;
	void *ctx;
};

/* Gives the body back, from a thread of its own. */
static void *
answer(void *ctx)
{
	struct submission *s = ctx;
	struct wb_error err = { 0 };

	s->done(s->ctx, WB_OK, &s->body, &err);
	wb_bytes_clear(&s->body);
	free(s);
	return NULL;
}

enum wb_status
wb_intake_submit(struct wb_core *core, struct wb_bytes *body,
    const struct wb_holding *holding, wb_intake_done *done, void *ctx,
    struct wb_error *err)
{
	struct wb_bytes unused;
	struct submission *s;
	enum wb_status st;

	wb_bytes_init(&unused, 64);
	st = say(&unused, core, "", err);
	wb_bytes_clear(&unused);
	if (st != WB_OK)
		return st;
	if (core->submitted)
		(void)pthread_join(core->answering, NULL);
	s = calloc(1, sizeof *s);
	assert_non_null(s);
	*s = (struct submission){ .core = core, .done = done, .ctx = ctx };
	wb_bytes_init(&s->body, body->max + 64);
	say_holding(&s->body, "entries", holding);
	assert_ok(wb_bytes_append_text(&s->body, " ", err), err);
	assert_ok(wb_bytes_append(&s->body, wb_bytes_span(body), err), err);
	wb_bytes_clear(body);
	core->submitted = true;
	assert_int_equal(pthread_create(&core->answering, NULL, answer, s), 0);
	return WB_OK;
}

enum wb_status
wb_feed_checkpoint(struct wb_bytes *out, struct wb_core *core,
    struct wb_error *err)
{
	return say(out, core, "checkpoint", err);
}

enum wb_status
wb_feed_witnessed(struct wb_bytes *out, struct wb_core *core,
    struct wb_error *err)
{
	return say(out, core, "witnessed", err);
}

enum wb_status
wb_feed_page(struct wb_bytes *out, struct wb_core *core,
    const struct wb_reader *reader, const struct wb_feed_ask *ask,
    struct wb_error *err)
{
	enum wb_status st = say(out, core, "page", err);

	if (st == WB_OK)
		st = wb_bytes_printf(out, err, " roles=%u from=%" PRIu64,
		    reader->roles, ask->from);
	if (st != WB_OK)
		return st;
	say_holding(out, "", &ask->holding);
	return wb_bytes_printf(out, err, " content=%d own=%d", ask->content,
	    ask->own);
}

enum wb_status
wb_feed_rosters(struct wb_bytes *out, struct wb_core *core, uint64_t from,
    uint64_t seen, struct wb_error *err)
{
	enum wb_status st = say(out, core, "rosters", err);

	return st != WB_OK ? st
			   : wb_bytes_printf(out, err,
				 " from=%" PRIu64 " seen=%" PRIu64, from, seen);
}

enum wb_status
wb_feed_content(struct wb_bytes *out, struct wb_core *core, uint64_t index,
    const struct wb_hash *hash, struct wb_error *err)
{
	enum wb_status st = say(out, core, "content", err);

	return st != WB_OK ? st
			   : wb_bytes_printf(out, err, " %02x at=%" PRIu64,
				 hash->b[0], index);
}

enum wb_status
wb_feed_tile(struct wb_bytes *out, struct wb_core *core,
    const struct wb_tile *tile, struct wb_error *err)
{
	enum wb_status st = say(out, core, "tile", err);

	return st != WB_OK
		   ? st
		   : wb_bytes_printf(out, err,
			 " entries=%d level=%u index=%" PRIu64 " width=%u",
			 tile->entries, tile->level, tile->index, tile->width);
}

enum wb_status
wb_feed_annexes(struct wb_bytes *out, struct wb_core *core,
    const struct wb_hash *hash, struct wb_error *err)
{
	(void)hash;
	return say(out, core, "annexes", err);
}

enum wb_status
wb_feed_put_annexes(struct wb_core *core, const struct wb_reader *reader,
    struct wb_span body, struct wb_error *err)
{
	struct wb_bytes unused;
	enum wb_status st;

	(void)reader;
	(void)body;
	wb_bytes_init(&unused, 64);
	st = say(&unused, core, "", err);
	wb_bytes_clear(&unused);
	return st;
}

enum wb_status
wb_feed_put_enrolments(struct wb_core *core, const struct wb_reader *reader,
    struct wb_span body, struct wb_error *err)
{
	return wb_feed_put_annexes(core, reader, body, err);
}

enum wb_status
wb_feed_enrolments(struct wb_bytes *out, struct wb_core *core,
    const struct wb_reader *reader, const struct wb_hash *token_hash,
    struct wb_error *err)
{
	enum wb_status st = say(out, core, "enrolments", err);

	return st != WB_OK ? st
			   : wb_bytes_printf(out, err, " roles=%u one=%d",
				 reader->roles, token_hash != NULL);
}
