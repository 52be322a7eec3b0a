#include "proto/record.h"
#include "proto/record_annex.h"
#include "proto/record_content.h"
#include "proto/record_disclosure.h"
#include "proto/record_join.h"
#include "proto/record_tally.h"

#include "tests/unit/proto/again.h"

/* A function of the table: decodes into a `type`, encodes from it. */
#define AGAIN(name, type, codec)                                             \
	static enum wb_status again_##name(struct wb_bytes *out,             \
	    struct wb_arena *arena, struct wb_span in, struct wb_error *err) \
	{                                                                    \
		enum wb_status st;                                           \
		type m;                                                      \
                                                                             \
		st = codec##_decode(&m, arena, in, err);                     \
		return st == WB_OK ? codec##_encode(out, &m, err) : st;      \
	}

AGAIN(goods, struct wb_goods, wb_goods)
AGAIN(place, struct wb_place, wb_place)
AGAIN(content, struct wb_content, wb_content)
AGAIN(disclosure, struct wb_disclosure, wb_disclosure)
AGAIN(showing, struct wb_showing, wb_showing)
AGAIN(catalogue, struct wb_catalogue, wb_catalogue)
AGAIN(places, struct wb_places, wb_places)
AGAIN(names, struct wb_names, wb_names)
AGAIN(invite, struct wb_invite, wb_invite)
AGAIN(join_request, struct wb_join_request, wb_join_request)
AGAIN(welcome, struct wb_welcome, wb_welcome)
AGAIN(tally_content, struct wb_tally_content, wb_tally_content)
AGAIN(opening, struct wb_batch_opening, wb_batch_opening)

static enum wb_status
again_padded(struct wb_bytes *out, struct wb_arena *arena, struct wb_span in,
    struct wb_error *err)
{
	struct wb_span body;
	enum wb_status st;

	st = wb_padded_decode(&body, arena, in, err);
	return st == WB_OK ? wb_padded_encode(out, body, err) : st;
}

static enum wb_status
again_part(struct wb_bytes *out, struct wb_arena *arena, struct wb_span in,
    struct wb_error *err)
{
	struct wb_span goods, place;
	enum wb_status st;

	st = wb_part_decode(&goods, &place, arena, in, err);
	return st == WB_OK ? wb_part_encode(out, goods, place, err) : st;
}

static enum wb_status
again_manifest(struct wb_bytes *out, struct wb_arena *arena, struct wb_span in,
    struct wb_error *err)
{
	struct wb_manifest m;
	enum wb_status st;

	(void)arena;
	st = wb_manifest_decode(&m, in, err);
	return st == WB_OK ? wb_manifest_encode(out, &m, err) : st;
}

const struct again again_record[] = {
	{ "goods", again_goods },
	{ "place", again_place },
	{ "part", again_part },
	{ "manifest", again_manifest },
	{ "content", again_content },
	{ "disclosure", again_disclosure },
	{ "showing", again_showing },
	{ "catalogue", again_catalogue },
	{ "places", again_places },
	{ "names", again_names },
	{ "invite", again_invite },
	{ "join_request", again_join_request },
	{ "welcome", again_welcome },
	{ "tally_content", again_tally_content },
	{ "opening", again_opening },
	{ "padded", again_padded },
	{ NULL, NULL },
};
