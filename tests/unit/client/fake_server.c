#include "tests/unit/client/fake_server.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "crypto/text.h"
#include "proto/ack.h"
#include "proto/batch.h"
#include "proto/wire.h"

#include "tests/unit/client/fake_statement.h"

#define MAX_BODY WB_MAX_FEED_BODY

/* A connection: who asks, and uploads that wait to be answered. */
struct link {
	struct fake_server *server;
	struct wb_device *device;
	struct {
		int64_t tag;
		char path[256];
		bool fails;
		struct wb_bytes body;
	} waiting[WB_MAX_IN_FLIGHT];
	size_t waiting_count;
};

struct fake_server *
fake_server_new(struct fake_log *log)
{
	struct fake_server *server = calloc(1, sizeof *server);

	assert_non_null(server);
	server->log = log;
	server->page = 3;
	wb_bytes_init(&server->witnessed, WB_MAX_NOTE);
	server->freeze = FAKE_NONE;
	server->withhold = FAKE_NONE;
	server->empty_from = FAKE_NONE;
	server->old_from = FAKE_NONE;
	server->no_content_at = FAKE_NONE;
	server->no_roster_from = FAKE_NONE;
	return server;
}

void
fake_server_free(struct fake_server **server)
{
	if (*server == NULL)
		return;
	for (size_t i = 0; i < (*server)->annex_count; i++)
		wb_bytes_clear(&(*server)->files[i]);
	wb_bytes_clear(&(*server)->witnessed);
	fake_log_free(&(*server)->reads);
	fake_log_free(&(*server)->log);
	free(*server);
	*server = NULL;
}

/* ---- what is in a log */

static uint64_t
find_id(const struct fake_log *log, const struct wb_hash *id)
{
	struct fake_described d;

	for (uint64_t i = 0; i < log->size; i++) {
		fake_describe_at(&d, log, i);
		if (wb_hash_equal(&d.id, id))
			return i;
	}
	return FAKE_NONE;
}

static uint64_t
newest_roster(const struct fake_log *log)
{
	struct fake_described d;

	for (uint64_t i = log->size; i > 0; i--) {
		fake_describe_at(&d, log, i - 1);
		if (d.type == WB_STATEMENT_ROSTER)
			return i - 1;
	}
	return FAKE_NONE;
}

/* "" where the key is an active member of the newest roster. */
static const char *
why_not(struct wb_member *out, const struct fake_log *log,
    const struct wb_key *key)
{
	const char *why = "no-programme";
	uint64_t at = newest_roster(log);
	const struct wb_member *m;
	struct wb_envelope envelope;
	struct wb_roster roster;
	struct wb_arena arena;

	if (at == FAKE_NONE)
		return why;
	wb_arena_init(&arena, WB_ARENA_BUDGET);
	assert_int_equal(wb_envelope_decode(&envelope, &arena,
			     wb_bytes_span(&log->entries[at].envelope), NULL),
	    WB_OK);
	assert_int_equal(wb_roster_decode(&roster, &arena, envelope.payload,
			     NULL),
	    WB_OK);
	m = wb_roster_find(&roster, key);
	why = m == NULL ? "unknown-signer" : "";
	if (m != NULL && m->state != WB_MEMBER_ACTIVE)
		why = "revoked";
	if (m != NULL)
		out->roles = m->roles;
	wb_arena_clear(&arena);
	return why;
}

/* ---- reading */

static uint64_t
query(const char *path, const char *name)
{
	const char *at = strstr(path, name);

	return at == NULL ? 0 : strtoull(at + strlen(name), NULL, 10);
}

static struct fake_log *
shown(struct fake_server *s)
{
	return s->reads != NULL ? s->reads : s->log;
}

static uint64_t
shown_size(struct fake_server *s)
{
	uint64_t size = shown(s)->size;

	return size < s->freeze ? size : s->freeze;
}

static bool
is_on(const struct fake_described *ack, const struct fake_log *log,
    const struct wb_key *key)
{
	struct fake_described d;
	uint64_t at;

	for (size_t i = 0; i < ack->ack.verdict_count; i++) {
		at = find_id(log, &ack->verdicts[i].statement);
		if (at == FAKE_NONE)
			continue;
		fake_describe_at(&d, log, at);
		if (wb_key_equal(&d.signer, key))
			return true;
	}
	return false;
}

static bool
may_see(const struct fake_log *log, uint64_t index, const struct wb_key *key,
    const struct wb_member *member)
{
	struct fake_described d;

	if (wb_member_is(member, WB_ROLE_COORDINATOR) ||
	    wb_member_is(member, WB_ROLE_AUDITOR))
		return true;
	fake_describe_at(&d, log, index);
	return d.type == WB_STATEMENT_ROSTER || wb_key_equal(&d.signer, key) ||
	       (d.type == WB_STATEMENT_ACK && is_on(&d, log, key));
}

/* What the asker has, by the entry that the path names. */
static void
read_known(struct wb_known_nodes *out, struct fake_server *s,
    struct fake_log *log, const char *path)
{
	uint64_t held = query(path, "held="), under = query(path, "under=");

	out->count = 0;
	if (strstr(path, "&held=") == NULL)
		return;
	s->named++;
	if (strstr(path, "&under=") == NULL)
		under = query(path, "seen=");
	assert_true(held < under);
	if (s->ignore_held || under > log->size)
		return;
	fake_log_known(out, log, held, under);
	for (size_t i = 0; s->turn_held && i < out->count / 2; i++) {
		struct wb_hash *other = &out->hashes[out->count - 1 - i];
		struct wb_hash h = out->hashes[i];

		out->hashes[i] = *other;
		*other = h;
	}
}

/* In one of the two forms, by turns. */
static void
send_head(struct wb_sent_head *out, const struct fake_server *s,
    struct wb_span note)
{
	struct wb_sent_head parts = { 0 };

	*out = (struct wb_sent_head){ .note = note };
	if (s->requests % 2 == 0 &&
	    wb_checkpoint_split(&parts.head, &parts.signature, note,
		&s->log->vkey) &&
	    parts.head.size != 0)
		*out = parts;
}

static void
encode_feed(struct wb_bytes *out, struct fake_server *s,
    const struct wb_feed *feed, const char *path)
{
	struct wb_known_nodes known;
	struct wb_bytes whole;

	wb_bytes_init(&whole, MAX_BODY);
	read_known(&known, s, shown(s), path);
	assert_ok(wb_feed_encode(&whole, feed, NULL, &s->err), &s->err);
	assert_ok(wb_feed_encode(out, feed, &known, &s->err), &s->err);
	s->spared += whole.len - out->len;
	wb_bytes_clear(&whole);
}

/* Appends a feed of these indexes. */
static void
answer_feed(struct wb_bytes *out, struct fake_server *s, const uint64_t *at,
    size_t n, const char *path, struct wb_feed feed, bool content)
{
	struct fake_log *log = shown(s);
	uint64_t seen = query(path, "seen=");
	struct wb_bytes note;
	uint64_t size = shown_size(s);

	feed.entry_count = n;
	feed.entries = calloc(n + 1, sizeof feed.entries[0]);
	assert_non_null(feed.entries);
	wb_bytes_init(&note, WB_MAX_NOTE);
	fake_log_checkpoint(&note, log, size);
	send_head(&feed.head, s, wb_bytes_span(&note));
	if (seen <= log->size)
		fake_log_consist(&feed.consistency, log, seen, size);
	for (size_t i = 0; i < n; i++) {
		fake_log_entry(&feed.entries[i], log, at[i], size);
		if (!content || at[i] == s->no_content_at)
			feed.entries[i].content = wb_span(NULL, 0);
	}
	encode_feed(out, s, &feed, path);
	wb_bytes_clear(&note);
	free(feed.entries);
}

static void
get_rosters(struct wb_bytes *out, struct fake_server *s, const char *path)
{
	uint64_t at[FAKE_LOG_MAX], from = query(path, "from=");
	struct fake_described d;
	size_t n = 0;

	if (s->growing != 0) {
		s->growing--;
		(void)fake_log_add(s->log,
		    wb_bytes_span(&s->log->entries[1].envelope),
		    wb_span(NULL, 0));
	}
	for (uint64_t i = from; i < shown_size(s); i++) {
		fake_describe_at(&d, shown(s), i);
		if (d.type == WB_STATEMENT_ROSTER && i < s->no_roster_from)
			at[n++] = i;
	}
	answer_feed(out, s, at, n, path,
	    (struct wb_feed){ .next = shown_size(s) }, false);
}

/* As the real one, to anybody. */
static enum wb_status
get_witnessed(struct wb_bytes *out, struct fake_server *s, struct wb_error *err)
{
	s->growing = s->grows;
	if (s->witnessed.len == 0)
		return wb_fail(err, WB_NOT_FOUND, "nothing is witnessed");
	return wb_bytes_append(out, wb_bytes_span(&s->witnessed), err);
}

static bool
is_own_batch(struct fake_server *s, uint64_t index, const struct wb_key *key)
{
	struct fake_described d;

	fake_describe_at(&d, shown(s), index);
	return d.type == WB_STATEMENT_BATCH && wb_key_equal(&d.signer, key);
}

static bool
is_hidden_roster(struct fake_server *s, uint64_t index)
{
	struct fake_described d;

	fake_describe_at(&d, shown(s), index);
	return d.type == WB_STATEMENT_ROSTER && index >= s->no_roster_from;
}

static enum wb_status
get_content(struct wb_bytes *out, struct fake_server *s, const char *path,
    struct wb_error *err)
{
	uint64_t at = query(path, "at=");
	const struct wb_bytes *file;

	if (s->no_content || at == s->no_content_at || at >= shown_size(s))
		return wb_fail(err, WB_NOT_FOUND, "no such content");
	file = &shown(s)->entries[at].content;
	assert_ok(wb_bytes_append(out, wb_bytes_span(file), &s->err), &s->err);
	if (s->alter_content)
		out->data[out->len / 2] ^= 1;
	return WB_OK;
}

static void
get_feed(struct wb_bytes *out, struct fake_server *s, const struct wb_key *key,
    const struct wb_member *member, const char *path)
{
	uint64_t at[FAKE_LOG_MAX], held[FAKE_LOG_MAX];
	uint64_t seen = query(path, "seen="), i = query(path, "from=");
	bool field = member->roles == 1U << WB_ROLE_FIELD;
	struct wb_feed feed = { .held = held };
	size_t n = 0;

	for (; i < shown_size(s) && n < s->page; i++) {
		bool own = is_own_batch(s, i, key);

		if (i == s->withhold || (own && s->hide_own) ||
		    is_hidden_roster(s, i) ||
		    !may_see(shown(s), i, key, member))
			continue;
		if (field && own && i < seen &&
		    (s->hold_all || query(path, "own=") == 0))
			held[feed.held_count++] = i;
		else
			at[n++] = i;
	}
	feed.next = i;
	if (query(path, "from=") >= s->empty_from ||
	    query(path, "from=") >= s->old_from) {
		feed.next = query(path, "from=") + 1;
		at[0] = 0;
		n = s->old_from != FAKE_NONE;
	}
	answer_feed(out, s, at, n, path, feed,
	    strstr(path, "content=1") != NULL && !s->no_content);
}

static enum wb_status
get_annexes(struct wb_bytes *out, struct fake_server *s, const char *hex,
    struct wb_error *err)
{
	struct wb_annex found[FAKE_MAX_ANNEXES];
	struct wb_hash hash;
	size_t n = 0;

	assert_ok(wb_hex_parse(hash.b, sizeof hash.b, wb_span_text(hex),
		      &s->err),
	    &s->err);
	for (size_t i = s->annex_count; i > 0; i--)
		if (wb_hash_equal(&s->annexes[i - 1].hash, &hash))
			found[n++] = s->annexes[i - 1];
	if (n == 0)
		return wb_fail(err, WB_NOT_FOUND, "no such annex");
	assert_ok(wb_annexes_encode(out, found, n, &s->err), &s->err);
	return WB_OK;
}

static enum wb_status
post_annexes(struct fake_server *s, struct wb_span body, struct wb_error *err)
{
	struct wb_annex *annexes;
	struct wb_arena arena;
	size_t n;

	if (s->no_annexes != NULL)
		return wb_advise(err, wb_fail(err, WB_REFUSED, "it takes none"),
		    s->no_annexes, NULL);
	wb_arena_init(&arena, WB_ARENA_BUDGET);
	assert_ok(wb_annexes_decode(&annexes, &n, &arena, body, &s->err),
	    &s->err);
	for (size_t i = 0; i < n; i++) {
		struct wb_bytes *file = &s->files[s->annex_count];

		assert_true(s->annex_count < FAKE_MAX_ANNEXES);
		wb_bytes_init(file, WB_MAX_ANNEX);
		assert_ok(wb_bytes_append(file, annexes[i].file, &s->err),
		    &s->err);
		s->annexes[s->annex_count].hash = annexes[i].hash;
		s->annexes[s->annex_count++].file = wb_bytes_span(file);
	}
	wb_arena_clear(&arena);
	return WB_OK;
}

static enum wb_status
no_connection(struct wb_error *err)
{
	return wb_fail(err, WB_OFFLINE, "no connection");
}

static enum wb_status
serve(struct link *l, struct wb_bytes *out, const struct wb_ask *ask,
    struct wb_error *err)
{
	struct fake_server *s = l->server;
	const struct wb_key *key = &l->device->signer.key;
	struct wb_member member = { 0 };
	const char *why = why_not(&member, s->log, key);

	if (ask->as_member && *why != '\0')
		return wb_advise(err, wb_fail(err, WB_REFUSED, "no member"),
		    "revoked", NULL);
	if (strncmp(ask->path, "/v1/roster?", 11) == 0)
		get_rosters(out, s, ask->path);
	else if (strcmp(ask->path, "/v1/witnessed") == 0)
		return get_witnessed(out, s, err);
	else if (strncmp(ask->path, "/v1/feed?", 9) == 0)
		get_feed(out, s, key, &member, ask->path);
	else if (strncmp(ask->path, "/v1/content/", 12) == 0)
		return get_content(out, s, ask->path, err);
	else if (strcmp(ask->path, "/v1/annexes") == 0)
		return post_annexes(s, ask->body, err);
	else if (strncmp(ask->path, "/v1/annexes/", 12) == 0)
		return get_annexes(out, s, ask->path + 12, err);
	else
		return wb_fail(err, WB_NOT_FOUND, "no such address");
	return WB_OK;
}

/* Does this request fail, and is its work done all the same? */
static bool
is_doomed(struct fake_server *s)
{
	return ++s->requests == s->fail_at;
}

static void
work(const struct fake_server *s, bool begins)
{
	if (s->at_work != NULL)
		s->at_work(begins);
}

static enum wb_status
reply(struct link *l, struct wb_bytes *out, const struct wb_ask *request,
    struct wb_error *err)
{
	struct wb_bytes lost;

	if (!is_doomed(l->server))
		return serve(l, out, request, err);
	wb_bytes_init(&lost, MAX_BODY);
	if (l->server->fail_after)
		(void)serve(l, &lost, request, err);
	wb_bytes_clear(&lost);
	return no_connection(err);
}

static enum wb_status
ask(void *ctx, struct wb_bytes *out, const struct wb_ask *request,
    struct wb_error *err)
{
	struct link *l = ctx;
	enum wb_status st;

	work(l->server, true);
	st = reply(l, out, request, err);
	work(l->server, false);
	return st;
}

/* ---- uploads */

static void
alter(struct fake_entry *e)
{
	if (e->content.len != 0)
		e->content.data[e->content.len / 2] ^= 1;
}

static const char *
refusal(struct fake_server *s, const struct fake_described *d)
{
	struct wb_member member;
	uint64_t at = newest_roster(s->log);
	struct fake_described newest = { 0 };

	if (s->refuse != NULL &&
	    (s->refuse_at == 0 || s->statements == s->refuse_at))
		return s->refuse;
	if (d->type != WB_STATEMENT_ROSTER)
		return why_not(&member, s->log, &d->signer);
	if (at != FAKE_NONE)
		fake_describe_at(&newest, s->log, at);
	return d->version == newest.version + 1 ? "" : "roster-version";
}

static void
accept(struct wb_upload_result *r, struct fake_server *s,
    const struct wb_upload *upload)
{
	struct fake_described d;
	const char *why;

	s->statements++;
	fake_describe(&d, upload->envelope);
	if (s->busy > 0) {
		s->busy--;
		r->reception = WB_TRY_LATER;
		return;
	}
	r->index = find_id(s->log, &d.id);
	r->reception = WB_KNOWN;
	if (r->index != FAKE_NONE)
		return;
	r->index = 0;
	why = refusal(s, &d);
	if (*why != '\0') {
		r->reception = WB_NOT_LOGGED;
		r->reason = wb_span_text(why);
		return;
	}
	r->reception = WB_LOGGED;
	r->index = fake_log_add(s->log, upload->envelope, upload->content);
	if (s->alter_content)
		alter(&s->log->entries[r->index]);
}

static void
prove(struct wb_upload_result *r, struct fake_server *s)
{
	uint64_t at = r->index;

	if (r->reception != WB_LOGGED && r->reception != WB_KNOWN)
		return;
	if (s->wrong_receipt)
		at = at == 0 ? 1 : at - 1;
	fake_log_include(&r->proof, s->log, at, s->log->size);
	r->index = at;
}

static void
fork_reads(struct fake_server *s)
{
	s->fork = false;
	s->reads = fake_log_copy(s->log, s->log->size);
	(void)fake_log_add(s->log, wb_span_text("one"), wb_span(NULL, 0));
	(void)fake_log_add(s->reads, wb_span_text("two"), wb_span(NULL, 0));
}

static void
serve_uploads(struct wb_bytes *out, struct fake_server *s, struct wb_span body,
    const char *path)
{
	struct wb_upload_answer answer = { 0 };
	struct wb_known_nodes known;
	struct wb_upload *uploads;
	struct wb_arena arena;
	struct wb_bytes note;
	size_t n;

	wb_arena_init(&arena, WB_ARENA_BUDGET);
	wb_bytes_init(&note, WB_MAX_NOTE);
	assert_ok(wb_uploads_decode(&uploads, &n, &arena, body, &s->err),
	    &s->err);
	answer.results = wb_arena_array(&arena, n, sizeof answer.results[0]);
	answer.result_count = n;
	assert_non_null(answer.results);
	for (size_t i = 0; i < n; i++)
		accept(&answer.results[i], s, &uploads[i]);
	if (s->fork)
		fork_reads(s);
	for (size_t i = 0; i < n; i++)
		prove(&answer.results[i], s);
	fake_log_checkpoint(&note, s->log, s->log->size);
	send_head(&answer.head, s, wb_bytes_span(&note));
	fake_log_consist(&answer.consistency, s->log, query(path, "seen="),
	    s->log->size);
	read_known(&known, s, s->log, path);
	assert_ok(wb_upload_answer_encode(out, &answer, &known, &s->err),
	    &s->err);
	wb_bytes_clear(&note);
	wb_arena_clear(&arena);
}

static enum wb_status
start(void *ctx, int64_t tag, const char *path, struct wb_bytes *body,
    struct wb_error *err)
{
	struct link *l = ctx;
	size_t i = l->waiting_count;

	(void)err;
	assert_true(i < WB_MAX_IN_FLIGHT);
	assert_int_equal(strncmp(path, "/v1/entries?", 12), 0);
	l->waiting[i].tag = tag;
	(void)snprintf(l->waiting[i].path, sizeof l->waiting[i].path, "%s",
	    path);
	l->waiting[i].fails = is_doomed(l->server);
	wb_bytes_move(&l->waiting[i].body, body);
	l->waiting_count++;
	return WB_OK;
}

/* The last one first: the order of answers means nothing. */
static enum wb_status
next(void *ctx, int64_t *tag, struct wb_bytes *body, bool *more,
    struct wb_error *err)
{
	struct link *l = ctx;
	struct wb_bytes answer;
	bool fails;
	size_t i;

	wb_bytes_reset(body);
	*more = l->waiting_count > 0;
	if (!*more)
		return WB_OK;
	work(l->server, true);
	i = --l->waiting_count;
	*tag = l->waiting[i].tag;
	fails = l->waiting[i].fails;
	wb_bytes_init(&answer, MAX_BODY);
	if (!fails || l->server->fail_after)
		serve_uploads(&answer, l->server,
		    wb_bytes_span(&l->waiting[i].body), l->waiting[i].path);
	wb_bytes_clear(&l->waiting[i].body);
	if (!fails)
		assert_ok(wb_bytes_append(body, wb_bytes_span(&answer),
			      &l->server->err),
		    &l->server->err);
	wb_bytes_clear(&answer);
	work(l->server, false);
	return fails ? no_connection(err) : WB_OK;
}

static void
close_link(void *ctx)
{
	struct link *l = ctx;

	assert_int_equal(l->waiting_count, 0);
	free(l);
}

struct wb_remote *
fake_server_connect(struct fake_server *server, struct wb_device *device)
{
	struct wb_carrier carrier = { .ask = ask,
		.start = start,
		.next = next,
		.close = close_link,
		.route = "direct" };
	struct link *l = calloc(1, sizeof *l);
	struct wb_remote *remote;

	assert_non_null(l);
	l->server = server;
	l->device = device;
	for (size_t i = 0; i < WB_MAX_IN_FLIGHT; i++)
		wb_bytes_init(&l->waiting[i].body, MAX_BODY);
	carrier.ctx = l;
	assert_ok(wb_remote_over(&remote, &carrier, &server->err),
	    &server->err);
	return remote;
}
