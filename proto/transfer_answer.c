/* The part of proto/transfer.h that is about answers with proofs. */
#include "proto/codec.h"
#include "proto/envelope.pb-c.h"
#include "proto/shared_hashes.h"
#include "proto/transfer_private.h"
#include "proto/wire.h"

#define MAX_REASON 64 /* bytes */

static void
check_head(struct wb_codec *c, const struct wb_sent_head *h)
{
	wb_codec_rule(c, h->note.len <= WB_MAX_NOTE,
	    "the checkpoint is too large");
	wb_codec_rule(c, h->note.len == 0 || h->head.size == 0,
	    "there are two heads");
}

/* Fills `m` and returns it, where the head is not a note. */
static Waybill__Seen *
put_sent_head(struct wb_codec *c, Waybill__Seen *m,
    const struct wb_sent_head *h)
{
	waybill__seen__init(m);
	check_head(c, h);
	if (h->head.size == 0)
		return NULL;
	m->size = h->head.size;
	m->root = wb_codec_put(h->head.root.b, WB_HASH_LEN);
	m->signature = wb_codec_put(h->signature.b, WB_SIGNATURE_LEN);
	return m;
}

static void
get_sent_head(struct wb_codec *c, struct wb_sent_head *out,
    ProtobufCBinaryData note, const Waybill__Seen *m)
{
	out->note = wb_codec_get_span(note);
	if (m != NULL) {
		wb_codec_rule(c, m->size != 0, "the head has no size");
		out->head.size = m->size;
		wb_codec_get_hash(c, &out->head.root, m->root, "the root");
		wb_codec_get(c, out->signature.b, WB_SIGNATURE_LEN,
		    m->signature, "the head's signature");
	}
	check_head(c, out);
}

static void
check_result(struct wb_codec *c, const struct wb_upload_result *r)
{
	wb_codec_rule(c,
	    r->reception >= WB_LOGGED && r->reception <= WB_TRY_LATER,
	    "a result is unknown");
	wb_codec_rule_text(c, r->reason, 0, MAX_REASON, "a reason");
}

static void
check_answer(struct wb_codec *c, const struct wb_upload_answer *a)
{
	wb_codec_rule(c, a->result_count <= WB_MAX_UPLOADS, "too many results");
	for (size_t i = 0; c->status == WB_OK && i < a->result_count; i++)
		check_result(c, &a->results[i]);
}

static struct wb_shared_hashes
begin_answer(struct wb_codec *c, const struct wb_upload_answer *a,
    const struct wb_known_nodes *known)
{
	size_t n = a->consistency.count;

	for (size_t i = 0; i < a->result_count; i++)
		n += a->results[i].proof.count;
	return wb_shared_begin(c, n, known);
}

enum wb_status
wb_upload_answer_encode(struct wb_bytes *out,
    const struct wb_upload_answer *answer, const struct wb_known_nodes *known,
    struct wb_error *err)
{
	Waybill__UploadAnswer m;
	Waybill__Seen head;
	struct wb_shared_hashes shared;
	struct wb_arena arena;
	struct wb_codec c = wb_codec_begin(&arena, "answer", err);

	waybill__upload_answer__init(&m);
	wb_arena_init(&arena, WB_ARENA_BUDGET);
	check_answer(&c, answer);
	shared = begin_answer(&c, answer, known);
	m.checkpoint = wb_codec_put_span(answer->head.note);
	m.head = put_sent_head(&c, &head, &answer->head);
	m.growth = wb_shared_put(&c, &shared, &m.n_growth,
	    &answer->consistency);
	m.results = wb_codec_messages(&c, &m.n_results, answer->result_count,
	    &waybill__upload_result__descriptor);
	for (size_t i = 0; i < m.n_results; i++) {
		const struct wb_upload_result *r = &answer->results[i];

		m.results[i]->reception = (Waybill__Reception)r->reception;
		m.results[i]->index = r->index;
		m.results[i]->reason = wb_codec_put_text(&c, r->reason);
		m.results[i]->path = wb_shared_put(&c, &shared,
		    &m.results[i]->n_path, &r->proof);
	}
	m.hashes = wb_shared_field(&shared);
	wb_codec_pack(&c, out, &m.base, WB_MAX_FEED_BODY);
	wb_arena_clear(&arena);
	return c.status;
}

static void
get_result(struct wb_codec *c, struct wb_upload_result *out,
    const Waybill__UploadResult *m, struct wb_shared_reader *shared)
{
	out->reception = (enum wb_reception)m->reception;
	out->index = m->index;
	wb_shared_get(c, &out->proof, shared, m->n_path, m->path);
	out->reason = wb_codec_get_text(m->reason);
}

enum wb_status
wb_upload_answer_decode(struct wb_upload_answer *out, struct wb_arena *arena,
    struct wb_span body, const struct wb_known_nodes *known,
    struct wb_error *err)
{
	struct wb_codec c = wb_codec_begin(arena, "answer", err);
	struct wb_upload_answer answer = { 0 };
	struct wb_shared_reader shared = { .known = known };
	const Waybill__UploadAnswer *m;

	m = wb_codec_unpack(&c, &waybill__upload_answer__descriptor, body,
	    WB_MAX_FEED_BODY);
	if (m == NULL)
		return c.status;
	get_sent_head(&c, &answer.head, m->checkpoint, m->head);
	shared.hashes = m->hashes;
	wb_shared_get(&c, &answer.consistency, &shared, m->n_growth, m->growth);
	wb_codec_rule(&c, m->n_results <= WB_MAX_UPLOADS, "too many results");
	answer.results = wb_codec_array(&c, &answer.result_count, m->n_results,
	    sizeof *answer.results);
	for (size_t i = 0; i < answer.result_count; i++)
		get_result(&c, &answer.results[i], m->results[i], &shared);
	wb_shared_end(&c, &shared);
	check_answer(&c, &answer);
	if (c.status == WB_OK)
		*out = answer;
	return c.status;
}

static void
check_feed(struct wb_codec *c, const struct wb_feed *f)
{
	wb_codec_rule(c,
	    f->entry_count <= WB_MAX_FEED_ENTRIES &&
		f->held_count <= WB_MAX_FEED_ENTRIES,
	    "too many entries");
	for (size_t i = 1; c->status == WB_OK && i < f->held_count; i++)
		wb_codec_rule(c, f->held[i - 1] < f->held[i],
		    "the entries are not in order");
}

static struct wb_shared_hashes
begin_feed(struct wb_codec *c, const struct wb_feed *f,
    const struct wb_known_nodes *known)
{
	size_t n = f->consistency.count;

	for (size_t i = 0; i < f->entry_count; i++)
		n += f->entries[i].proof.count;
	return wb_shared_begin(c, n, known);
}

/* In a feed, an entry's proof is places. */
static void
put_feed_entry(struct wb_codec *c, Waybill__Entry *m, const struct wb_entry *in,
    struct wb_shared_hashes *shared)
{
	wb_transfer_check_entry(c, in);
	m->index = in->index;
	m->envelope = wb_codec_put_span(in->envelope);
	m->content = wb_codec_put_span(in->content);
	m->path = wb_shared_put(c, shared, &m->n_path, &in->proof);
}

static void
get_feed_entry(struct wb_codec *c, struct wb_entry *out,
    const Waybill__Entry *m, struct wb_shared_reader *shared)
{
	wb_codec_rule(c, m->proof.len == 0, "a proof is not of a feed's form");
	out->index = m->index;
	out->envelope = wb_codec_get_span(m->envelope);
	out->content = wb_codec_get_span(m->content);
	wb_shared_get(c, &out->proof, shared, m->n_path, m->path);
	wb_transfer_check_entry(c, out);
}

enum wb_status
wb_feed_encode(struct wb_bytes *out, const struct wb_feed *feed,
    const struct wb_known_nodes *known, struct wb_error *err)
{
	Waybill__Feed m;
	Waybill__Seen head;
	struct wb_shared_hashes shared;
	struct wb_arena arena;
	struct wb_codec c = wb_codec_begin(&arena, "feed", err);

	waybill__feed__init(&m);
	wb_arena_init(&arena, WB_ARENA_BUDGET);
	check_feed(&c, feed);
	/* Who reads one has to tell disorder from a body that is no feed. */
	for (size_t i = 1; c.status == WB_OK && i < feed->entry_count; i++) {
		wb_codec_rule(&c,
		    feed->entries[i - 1].index < feed->entries[i].index,
		    "the entries are not in order");
	}
	shared = begin_feed(&c, feed, known);
	m.checkpoint = wb_codec_put_span(feed->head.note);
	m.head = put_sent_head(&c, &head, &feed->head);
	m.growth = wb_shared_put(&c, &shared, &m.n_growth, &feed->consistency);
	m.entries = wb_codec_messages(&c, &m.n_entries, feed->entry_count,
	    &waybill__entry__descriptor);
	for (size_t i = 0; i < m.n_entries; i++)
		put_feed_entry(&c, m.entries[i], &feed->entries[i], &shared);
	m.hashes = wb_shared_field(&shared);
	m.next = feed->next;
	m.held = feed->held;
	m.n_held = feed->held_count;
	wb_codec_pack(&c, out, &m.base, WB_MAX_FEED_BODY);
	wb_arena_clear(&arena);
	return c.status;
}

enum wb_status
wb_feed_decode(struct wb_feed *out, struct wb_arena *arena, struct wb_span body,
    const struct wb_known_nodes *known, struct wb_error *err)
{
	struct wb_codec c = wb_codec_begin(arena, "feed", err);
	struct wb_feed feed = { 0 };
	struct wb_shared_reader shared = { .known = known };
	const Waybill__Feed *m;

	m = wb_codec_unpack(&c, &waybill__feed__descriptor, body,
	    WB_MAX_FEED_BODY);
	if (m == NULL)
		return c.status;
	get_sent_head(&c, &feed.head, m->checkpoint, m->head);
	shared.hashes = m->hashes;
	wb_shared_get(&c, &feed.consistency, &shared, m->n_growth, m->growth);
	wb_codec_rule(&c, m->n_entries <= WB_MAX_FEED_ENTRIES,
	    "too many entries");
	feed.entries = wb_codec_array(&c, &feed.entry_count, m->n_entries,
	    sizeof *feed.entries);
	for (size_t i = 0; i < feed.entry_count; i++)
		get_feed_entry(&c, &feed.entries[i], m->entries[i], &shared);
	wb_shared_end(&c, &shared);
	feed.next = m->next;
	feed.held = m->held;
	feed.held_count = m->n_held;
	check_feed(&c, &feed);
	if (c.status == WB_OK)
		*out = feed;
	return c.status;
}
