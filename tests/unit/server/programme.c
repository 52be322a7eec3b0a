#include "tests/unit/server/programme.h"

#include <pthread.h>

#include "crypto/commitment.h"
#include "crypto/statement.h"
#include "proto/envelope.h"
#include "proto/wire.h"

#define RECIPIENT "age1recipient"

static int64_t
clock_now(void *ctx)
{
	const struct programme *p = ctx;

	return p->now;
}

/* Not `now`, which a test may change while threads look here. */
static int64_t
clock_still(void *ctx)
{
	(void)ctx;
	return 0;
}

static int64_t
clock_real(void *ctx)
{
	struct programme *p = ctx;

	return wb_clock_ms(wb_clock_system()) + atomic_load(&p->ahead_ms);
}

static int32_t
clock_offset(void *ctx, int64_t at)
{
	(void)ctx;
	(void)at;
	return 0;
}

static void
add_member(struct programme *p, enum person who, unsigned role,
    const char *label)
{
	struct wb_member *m = &p->members[p->member_count++];

	*m = (struct wb_member){
		.key = p->people[who].key,
		.roles = 1U << role,
		.label = wb_span_text(label),
		.state = WB_MEMBER_ACTIVE,
	};
	if (role != WB_ROLE_FIELD)
		m->recipient = wb_span_text(RECIPIENT);
}

void
programme_make(struct programme *p)
{
	*p = (struct programme){ .random_state = 7, .now = 1700000000 };
	p->random = check_random(&p->random_state);
	assert_ok(wb_crypto_start(&p->err), &p->err);
	check_dir_make(&p->dir);
	(void)snprintf(p->settings.dir, sizeof p->settings.dir, "%s",
	    check_path(&p->dir, "log"));
	p->settings.workers = 2;
	assert_ok(wb_signer_generate(&p->root, p->random, &p->err), &p->err);
	for (int i = 0; i < PEOPLE; i++)
		assert_ok(wb_signer_generate(&p->people[i], p->random, &p->err),
		    &p->err);
	add_member(p, K1, WB_ROLE_FIELD, "K1");
	add_member(p, K2, WB_ROLE_FIELD, "K2");
	add_member(p, C1, WB_ROLE_COORDINATOR, "C1");
	add_member(p, A1, WB_ROLE_AUDITOR, "A1");
	assert_ok(wb_core_create(p->settings.dir, ORIGIN, NULL, &p->err),
	    &p->err);
}

void
programme_remove(struct programme *p)
{
	programme_close(p);
	wb_signer_clear(&p->root);
	for (int i = 0; i < PEOPLE; i++)
		wb_signer_clear(&p->people[i]);
	check_dir_remove(&p->dir);
}

enum wb_status
programme_try(struct programme *p)
{
	struct wb_clock clock = { .now = clock_now,
		.ms = p->real_ms ? clock_real : clock_still,
		.offset = clock_offset,
		.ctx = p };

	return wb_core_open(&p->core, &p->settings, clock, p->log, &p->err);
}

void
programme_open(struct programme *p)
{
	assert_ok(programme_try(p), &p->err);
	p->vkey = *wb_core_vkey(p->core);
}

void
programme_close(struct programme *p)
{
	wb_core_close(&p->core);
}

static void
sent_init(struct sent *s)
{
	memset(s, 0, sizeof *s);
	wb_bytes_init(&s->envelope, 1 << 17);
	wb_bytes_init(&s->content, 8 << 20);
}

void
sent_clear(struct sent *s)
{
	wb_bytes_clear(&s->envelope);
	wb_bytes_clear(&s->content);
}

static void
seal(struct sent *out, struct programme *p, enum wb_statement_type type,
    struct wb_bytes *payload, const struct wb_signer *signer)
{
	wb_statement_id(&out->id, wb_statement_type_text(type),
	    wb_bytes_span(payload));
	assert_ok(wb_envelope_seal(&out->envelope, type, wb_bytes_span(payload),
		      signer, &p->err),
	    &p->err);
	wb_bytes_clear(payload);
}

void
make_roster(struct sent *out, struct programme *p)
{
	static char policy[512];
	struct wb_bytes payload, vkey;

	sent_init(out);
	wb_bytes_init(&payload, WB_MAX_ROSTER);
	wb_bytes_init(&vkey, 400);
	assert_ok(wb_vkey_format(&vkey, &p->vkey, &p->err), &p->err);
	(void)snprintf(policy, sizeof policy, "log %.*s\nquorum none\n",
	    (int)vkey.len, (const char *)vkey.data);
	wb_bytes_clear(&vkey);
	p->roster.version++;
	if (p->roster.version > 1) {
		p->roster.programme = p->id;
		p->roster.previous = p->roster_id;
	}
	p->roster.threshold = 1;
	p->roster.roots = &p->root.key;
	p->roster.root_count = 1;
	p->roster.members = p->members;
	p->roster.member_count = p->member_count;
	p->roster.suite = wb_span_text("x25519");
	p->roster.reader = wb_span_text(RECIPIENT);
	if (p->roster.policy.len == 0)
		p->roster.policy = wb_span_text(policy);
	p->roster.tally_threshold = 1;
	assert_ok(wb_roster_encode(&payload, &p->roster, &p->err), &p->err);
	seal(out, p, WB_STATEMENT_ROSTER, &payload, &p->root);
	p->roster_id = out->id;
	if (p->roster.version == 1)
		p->id = out->id;
}

void
fill_batch(struct wb_batch *out, struct programme *p, enum person who,
    uint64_t sequence, struct wb_span content)
{
	*out = (struct wb_batch){
		.programme = p->id,
		.signer = p->people[who].key,
		.sequence = sequence,
		.roster = p->roster_id,
		.content_size = content.len,
		.seen = { .size = 1 },
	};
	wb_sha256_one(&out->content_hash, content);
	out->records_root = out->content_hash;
	out->seen.root = out->content_hash;
	out->seen_signature.b[0] = 1;
	if (sequence > 1)
		out->previous = out->content_hash;
	wb_generator(&out->totals, wb_span_text("a"));
}

void
seal_batch(struct sent *out, struct programme *p, enum person who,
    const struct wb_batch *batch)
{
	struct wb_bytes payload;

	wb_bytes_init(&payload, WB_MAX_ENVELOPE);
	assert_ok(wb_batch_encode(&payload, batch, &p->err), &p->err);
	seal(out, p, WB_STATEMENT_BATCH, &payload, &p->people[who]);
}

void
make_batch(struct sent *out, struct programme *p, enum person who,
    uint64_t sequence, size_t size)
{
	struct wb_batch batch;
	uint8_t *at;

	sent_init(out);
	assert_ok(wb_bytes_extend(&out->content, size, &at, &p->err), &p->err);
	wb_random_fill(p->random, at, size < 64 ? size : 64);
	fill_batch(&batch, p, who, sequence, wb_bytes_span(&out->content));
	seal_batch(out, p, who, &batch);
}

void
make_ack(struct sent *out, struct programme *p, enum person who,
    const struct wb_hash *statement, enum wb_outcome outcome)
{
	struct wb_verdict verdict = { *statement, outcome };
	struct wb_ack ack = { .programme = p->id,
		.signer = p->people[who].key,
		.verdicts = &verdict,
		.verdict_count = 1,
		.roster = p->roster_id };
	struct wb_bytes payload;

	sent_init(out);
	wb_bytes_init(&payload, WB_MAX_ENVELOPE);
	assert_ok(wb_ack_encode(&payload, &ack, &p->err), &p->err);
	seal(out, p, WB_STATEMENT_ACK, &payload, &p->people[who]);
}

/* Gives it a content that names its maker; the hash for its statement. */
static struct wb_hash
fill_content(struct sent *out, struct programme *p, enum person who)
{
	struct wb_hash hash;

	assert_ok(wb_bytes_append(&out->content,
		      wb_key_span(&p->people[who].key), &p->err),
	    &p->err);
	wb_sha256_one(&hash, wb_bytes_span(&out->content));
	return hash;
}

void
make_note(struct sent *out, struct programme *p, enum person who)
{
	struct wb_shown note = { .programme = p->id,
		.signer = p->people[who].key };
	struct wb_bytes payload;

	sent_init(out);
	note.content_hash = fill_content(out, p, who);
	wb_bytes_init(&payload, WB_MAX_ENVELOPE);
	assert_ok(wb_shown_encode(&payload, &note, &p->err), &p->err);
	seal(out, p, WB_STATEMENT_NOTE, &payload, &p->people[who]);
}

void
make_tally(struct sent *out, struct programme *p, enum person who)
{
	make_tally_of(out, p, who, 0, 1, &(struct wb_hash){ { 0 } });
}

void
make_tally_of(struct sent *out, struct programme *p, enum person who,
    uint64_t first, uint64_t last, const struct wb_hash *previous)
{
	struct wb_tally tally = { .programme = p->id,
		.signers = &p->people[who].key,
		.signer_count = 1,
		.first = first,
		.last = last,
		.previous = *previous,
		.totals_hash = p->id };
	struct wb_bytes payload;

	sent_init(out);
	tally.content_hash = fill_content(out, p, who);
	wb_bytes_init(&payload, WB_MAX_ENVELOPE);
	assert_ok(wb_tally_encode(&payload, &tally, &p->err), &p->err);
	seal(out, p, WB_STATEMENT_TALLY, &payload, &p->people[who]);
}

void
make_read(struct sent *out, struct programme *p, enum person who)
{
	struct wb_read read = { .programme = p->id,
		.signer = p->people[who].key,
		.log_key = p->vkey.key,
		.method = wb_span_text("GET"),
		.path = wb_span_text("/v1/feed"),
		.time = 1700000000 };
	struct wb_bytes payload;

	sent_init(out);
	wb_bytes_init(&payload, WB_MAX_ENVELOPE);
	assert_ok(wb_read_encode(&payload, &read, &p->err), &p->err);
	seal(out, p, WB_STATEMENT_READ, &payload, &p->people[who]);
}

struct waiting {
	pthread_mutex_t lock;
	pthread_cond_t done;
	bool is_done;
	struct answered *out;
};

static void
take_answer(void *ctx, enum wb_status status, struct wb_bytes *answer,
    const struct wb_error *err)
{
	struct waiting *w = ctx;

	(void)pthread_mutex_lock(&w->lock);
	w->out->status = status;
	w->out->err = *err;
	wb_bytes_move(&w->out->body, answer);
	w->is_done = true;
	(void)pthread_cond_signal(&w->done);
	(void)pthread_mutex_unlock(&w->lock);
}

void
open_head(struct wb_head *out, struct programme *p,
    const struct wb_sent_head *head)
{
	struct wb_span whole = head->note;
	struct wb_bytes note;

	wb_bytes_init(&note, WB_MAX_NOTE);
	if (whole.len == 0) {
		assert_ok(wb_checkpoint_join(&note, &head->head,
			      &head->signature, &p->vkey, &p->err),
		    &p->err);
		whole = wb_bytes_span(&note);
	}
	assert_ok(wb_checkpoint_open(out, NULL, whole, &p->vkey, &p->err),
	    &p->err);
	wb_bytes_clear(&note);
}

static void
submit_any(struct answered *out, struct programme *p, struct wb_span body,
    const struct wb_holding *holding, const struct wb_known_nodes *known)
{
	struct waiting w = { .out = out };
	struct wb_bytes copy;
	struct wb_error err = { 0 };
	enum wb_status st;

	memset(out, 0, sizeof *out);
	wb_bytes_init(&out->body, 1);
	wb_arena_init(&out->arena, WB_ARENA_BUDGET);
	wb_bytes_init(&copy, WB_MAX_UPLOAD_BODY);
	assert_ok(wb_bytes_append(&copy, body, &p->err), &p->err);
	(void)pthread_mutex_init(&w.lock, NULL);
	(void)pthread_cond_init(&w.done, NULL);
	st = wb_intake_submit(p->core, &copy, holding, take_answer, &w, &err);
	(void)pthread_mutex_lock(&w.lock);
	while (st == WB_OK && !w.is_done)
		(void)pthread_cond_wait(&w.done, &w.lock);
	(void)pthread_mutex_unlock(&w.lock);
	if (st != WB_OK) {
		out->status = st;
		out->err = err;
	}
	(void)pthread_mutex_destroy(&w.lock);
	(void)pthread_cond_destroy(&w.done);
	wb_bytes_clear(&copy);
	if (out->status != WB_OK)
		return;
	assert_ok(wb_upload_answer_decode(&out->answer, &out->arena,
		      wb_bytes_span(&out->body), known, &out->err),
	    &out->err);
	open_head(&out->head, p, &out->answer.head);
}

void
submit_body(struct answered *out, struct programme *p, struct wb_span body,
    uint64_t seen)
{
	const struct wb_holding holding = { .seen = seen };

	submit_any(out, p, body, &holding, NULL);
}

static void
add_upload(struct wb_bytes *body, struct programme *p, const struct sent *s)
{
	const struct wb_upload upload = { wb_bytes_span(&s->envelope),
		wb_bytes_span(&s->content) };

	assert_ok(wb_upload_append(body, &upload, &p->err), &p->err);
}

void
submit(struct answered *out, struct programme *p, const struct sent *s,
    size_t n, uint64_t seen)
{
	struct wb_bytes body;

	wb_bytes_init(&body, WB_MAX_UPLOAD_BODY);
	for (size_t i = 0; i < n; i++)
		add_upload(&body, p, &s[i]);
	submit_body(out, p, wb_bytes_span(&body), seen);
	wb_bytes_clear(&body);
}

void
submit_knowing(struct answered *out, struct programme *p, const struct sent *s,
    const struct wb_holding *holding, const struct wb_known_nodes *known)
{
	struct wb_bytes body;

	wb_bytes_init(&body, WB_MAX_UPLOAD_BODY);
	add_upload(&body, p, s);
	submit_any(out, p, wb_bytes_span(&body), holding, known);
	wb_bytes_clear(&body);
}

static enum wb_status
get_node(void *ctx, struct wb_hash *out, unsigned level, uint64_t index,
    struct wb_error *err)
{
	const struct wb_hash *leaves = *(const struct wb_hash *const *)ctx;

	(void)err;
	wb_merkle_root(out, leaves + (index << level), (size_t)1 << level);
	return WB_OK;
}

void
known_of(struct wb_known_nodes *out, const struct wb_hash *leaves,
    uint64_t index, uint64_t size)
{
	const struct wb_nodes nodes = { get_node, &leaves };
	struct wb_error err = { 0 };
	struct wb_proof proof;

	assert_ok(wb_inclusion_prove(&proof, index, size, nodes, &err), &err);
	assert_ok(wb_inclusion_known(out, &leaves[index], index, size, &proof,
		      &err),
	    &err);
}

void
answered_clear(struct answered *a)
{
	wb_bytes_clear(&a->body);
	wb_arena_clear(&a->arena);
}

static void
check_proof(const struct answered *a, const struct sent *s,
    const struct wb_upload_result *r)
{
	struct wb_span envelope = wb_bytes_span(&s->envelope);
	struct wb_error err = { 0 };
	struct wb_hash leaf;

	wb_leaf_hash(&leaf, &envelope, 1);
	assert_ok(wb_inclusion_verify(&leaf, r->index, a->head.size, &r->proof,
		      &a->head.root, &err),
	    &err);
}

uint64_t
expect(struct programme *p, const struct sent *s, enum wb_reception reception,
    const char *reason)
{
	const struct wb_upload_result *r;
	struct answered a;
	uint64_t index;

	submit(&a, p, s, 1, 0);
	assert_ok(a.status, &a.err);
	assert_int_equal(a.answer.result_count, 1);
	r = &a.answer.results[0];
	if (reason == NULL && r->reason.len > 0)
		print_error("refused: %.*s\n", (int)r->reason.len,
		    (const char *)r->reason.data);
	assert_int_equal(r->reception, reception);
	if (reason != NULL && !wb_span_equal(r->reason, wb_span_text(reason)))
		fail_msg("reason %.*s instead of %s", (int)r->reason.len,
		    (const char *)r->reason.data, reason);
	if (reason == NULL)
		check_proof(&a, s, r);
	index = r->index;
	answered_clear(&a);
	return index;
}

void
log_first_roster(struct programme *p)
{
	struct sent s;

	make_roster(&s, p);
	assert_int_equal(expect(p, &s, WB_LOGGED, NULL), 0);
	sent_clear(&s);
}

struct wb_reader
reader_of(struct programme *p, enum person who)
{
	return (struct wb_reader){ .key = p->people[who].key,
		.roles = wb_core_roles(p->core, &p->people[who].key) };
}

void
read_page(struct wb_feed *out, struct wb_arena *arena, struct programme *p,
    enum person who, uint64_t from, bool content)
{
	struct wb_reader reader = reader_of(p, who);
	const struct wb_feed_ask ask = { .from = from, .content = content };
	struct wb_bytes body;
	struct wb_span kept;
	struct wb_head head;

	wb_bytes_init(&body, WB_MAX_FEED_BODY);
	assert_ok(wb_feed_page(&body, p->core, &reader, &ask, &p->err),
	    &p->err);
	assert_ok(wb_arena_copy(&kept, arena, wb_bytes_span(&body), &p->err),
	    &p->err);
	wb_bytes_clear(&body);
	assert_ok(wb_feed_decode(out, arena, kept, NULL, &p->err), &p->err);
	open_head(&head, p, &out->head);
	for (size_t i = 0; i < out->entry_count; i++) {
		struct wb_hash leaf;

		wb_leaf_hash(&leaf, &out->entries[i].envelope, 1);
		assert_ok(wb_inclusion_verify(&leaf, out->entries[i].index,
			      head.size, &out->entries[i].proof, &head.root,
			      &p->err),
		    &p->err);
	}
}

int
programme_set_up(void **state)
{
	static struct programme p;

	programme_make(&p);
	programme_open(&p);
	*state = &p;
	return 0;
}

int
programme_tear_down(void **state)
{
	programme_remove(*state);
	return 0;
}

uint64_t
programme_size(struct programme *p)
{
	struct wb_core_status s;

	assert_ok(wb_core_status(&s, p->core, &p->err), &p->err);
	return s.head.size;
}
