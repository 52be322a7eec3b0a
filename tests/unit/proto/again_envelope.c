#include "proto/ack.h"
#include "proto/batch.h"
#include "proto/envelope.h"
#include "proto/roster.h"
#include "proto/tally.h"
#include "proto/transfer.h"
#include "proto/wire.h"

#include "tests/unit/proto/again.h"

/* A function of the table: decodes into a `type`, encodes from it. */
#define AGAIN(name, type, decode, encode)                                    \
	static enum wb_status again_##name(struct wb_bytes *out,             \
	    struct wb_arena *arena, struct wb_span in, struct wb_error *err) \
	{                                                                    \
		enum wb_status st;                                           \
		type m;                                                      \
                                                                             \
		(void)arena;                                                 \
		st = decode;                                                 \
		return st == WB_OK ? encode : st;                            \
	}

/* The same for a list of n elements. */
#define AGAIN_LIST(name, type, decode, encode)                               \
	static enum wb_status again_##name(struct wb_bytes *out,             \
	    struct wb_arena *arena, struct wb_span in, struct wb_error *err) \
	{                                                                    \
		enum wb_status st;                                           \
		type *m;                                                     \
		size_t n;                                                    \
                                                                             \
		st = decode(&m, &n, arena, in, err);                         \
		return st == WB_OK ? encode(out, m, n, err) : st;            \
	}

AGAIN(roster, struct wb_roster, wb_roster_decode(&m, arena, in, err),
    wb_roster_encode(out, &m, err))
AGAIN(batch, struct wb_batch, wb_batch_decode(&m, in, err),
    wb_batch_encode(out, &m, err))
AGAIN(ack, struct wb_ack, wb_ack_decode(&m, arena, in, err),
    wb_ack_encode(out, &m, err))
AGAIN(tally, struct wb_tally, wb_tally_decode(&m, arena, in, err),
    wb_tally_encode(out, &m, err))
AGAIN(note, struct wb_shown, wb_shown_decode(&m, in, err),
    wb_shown_encode(out, &m, err))
AGAIN(read, struct wb_read, wb_read_decode(&m, arena, in, err),
    wb_read_encode(out, &m, err))
AGAIN(answer, struct wb_upload_answer,
    wb_upload_answer_decode(&m, arena, in, NULL, err),
    wb_upload_answer_encode(out, &m, NULL, err))
AGAIN(feed, struct wb_feed, wb_feed_decode(&m, arena, in, NULL, err),
    wb_feed_encode(out, &m, NULL, err))

/* To somebody who has three hashes. */
static const struct wb_known_nodes *
known(void)
{
	static struct wb_known_nodes nodes;

	for (nodes.count = 0; nodes.count < 3; nodes.count++)
		wb_sha256_one(&nodes.hashes[nodes.count],
		    wb_span(&"abc"[nodes.count], 1));
	return &nodes;
}

AGAIN(answer_known, struct wb_upload_answer,
    wb_upload_answer_decode(&m, arena, in, known(), err),
    wb_upload_answer_encode(out, &m, known(), err))
AGAIN(feed_known, struct wb_feed, wb_feed_decode(&m, arena, in, known(), err),
    wb_feed_encode(out, &m, known(), err))
AGAIN_LIST(annexes, struct wb_annex, wb_annexes_decode, wb_annexes_encode)
AGAIN_LIST(enrolments, struct wb_enrolment, wb_enrolments_decode,
    wb_enrolments_encode)

/* A stream is encoded message by message. */
static enum wb_status
again_uploads(struct wb_bytes *out, struct wb_arena *arena, struct wb_span in,
    struct wb_error *err)
{
	struct wb_upload *uploads;
	enum wb_status st;
	size_t n;

	st = wb_uploads_decode(&uploads, &n, arena, in, err);
	for (size_t i = 0; st == WB_OK && i < n; i++)
		st = wb_upload_append(out, &uploads[i], err);
	return st;
}

/* Encoding adds the length before the item, which is taken off again. */
static enum wb_status
again_bundle(struct wb_bytes *out, struct wb_arena *arena, struct wb_span in,
    struct wb_error *err)
{
	struct wb_bundle_item item;
	struct wb_span message = { 0 }, stream;
	struct wb_bytes framed;
	enum wb_status st;
	bool more;

	st = wb_bundle_item_decode(&item, arena, in, err);
	if (st != WB_OK)
		return st;
	wb_bytes_init(&framed, out->max);
	st = wb_bundle_item_append(&framed, &item, err);
	stream = wb_bytes_span(&framed);
	if (st == WB_OK)
		st = wb_delimited_next(&message, &more, &stream, framed.len,
		    err);
	if (st == WB_OK)
		st = wb_bytes_append(out, message, err);
	wb_bytes_clear(&framed);
	return st;
}

/* Unknown types are carried, never made: their bytes stand as they came. */
static enum wb_status
again_statement(struct wb_bytes *out, struct wb_arena *arena, struct wb_span in,
    struct wb_error *err)
{
	struct wb_envelope e;
	enum wb_status st;

	st = wb_envelope_decode(&e, arena, in, err);
	if (st != WB_OK)
		return st;
	if (e.type == WB_STATEMENT_UNKNOWN)
		return wb_bytes_append(out, in, err);
	return wb_envelope_encode(out, e.type, e.payload, e.signatures,
	    e.signature_count, err);
}

const struct again again_envelope[] = {
	{ "envelope", again_statement },
	{ "roster", again_roster },
	{ "batch", again_batch },
	{ "ack", again_ack },
	{ "tally", again_tally },
	{ "note", again_note },
	{ "read", again_read },
	{ "uploads", again_uploads },
	{ "answer", again_answer },
	{ "answer_note", again_answer },
	{ "feed", again_feed },
	{ "feed_note", again_feed },
	{ "answer_known", again_answer_known },
	{ "feed_known", again_feed_known },
	{ "annexes", again_annexes },
	{ "enrolments", again_enrolments },
	{ "bundle_head", again_bundle },
	{ "bundle_checkpoint", again_bundle },
	{ "bundle_entry", again_bundle },
	{ "bundle_statement", again_bundle },
	{ "bundle_content", again_bundle },
	{ "bundle_annex", again_bundle },
	{ "bundle_consistency", again_bundle },
	{ "bundle_disclosure", again_bundle },
	{ "bundle_tally_content", again_bundle },
	{ "bundle_opening", again_bundle },
	{ "bundle_padding", again_bundle },
	{ "bundle_checksum", again_bundle },
	{ NULL, NULL },
};
