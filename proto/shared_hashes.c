#include "proto/shared_hashes.h"

#include <string.h>

struct wb_shared_hashes
wb_shared_begin(struct wb_codec *c, size_t room)
{
	struct wb_shared_hashes s = { 0 };
	size_t slots = 8;

	while (slots < 2 * room)
		slots *= 2;
	s.hashes = wb_codec_array(c, &s.room, room, sizeof *s.hashes);
	s.slots = wb_codec_array(c, &s.slot_count, slots, sizeof *s.slots);
	return s;
}

/* Hashes are spread evenly as they are: their first bytes lead to a slot. */
static uint32_t
place_of(struct wb_shared_hashes *s, const struct wb_hash *hash)
{
	size_t i = (size_t)wb_get_be64(hash->b) & (s->slot_count - 1);

	for (; s->slots[i] != 0; i = (i + 1) & (s->slot_count - 1)) {
		if (wb_hash_equal(&s->hashes[s->slots[i] - 1], hash))
			return s->slots[i] - 1;
	}
	s->hashes[s->count++] = *hash;
	s->slots[i] = (uint32_t)s->count;
	return (uint32_t)s->count - 1;
}

uint32_t *
wb_shared_put(struct wb_codec *c, struct wb_shared_hashes *s, size_t *n,
    const struct wb_proof *proof)
{
	uint32_t *places = NULL;

	*n = 0;
	wb_codec_rule(c, proof->count <= WB_MAX_PROOF, "a proof is too long");
	if (proof->count == 0)
		return NULL;
	places = wb_codec_array(c, n, proof->count, sizeof *places);
	for (size_t i = 0; i < *n; i++)
		places[i] = place_of(s, &proof->hashes[i]);
	return places;
}

ProtobufCBinaryData
wb_shared_field(const struct wb_shared_hashes *s)
{
	return wb_codec_put_span(wb_span(s->hashes, s->count * WB_HASH_LEN));
}

void
wb_shared_get(struct wb_codec *c, struct wb_proof *out,
    struct wb_shared_reader *s, size_t n, const uint32_t *places)
{
	size_t there = s->hashes.len / WB_HASH_LEN;

	out->count = 0;
	wb_codec_rule(c, n <= WB_MAX_PROOF, "a proof is too long");
	for (size_t i = 0; c->status == WB_OK && i < n; i++) {
		if (places[i] == s->used && s->used < there)
			s->used++;
		wb_codec_rule(c, places[i] < s->used,
		    "a proof names a hash that is not there, or too early");
		if (c->status == WB_OK) {
			memcpy(out->hashes[out->count++].b,
			    s->hashes.data + (size_t)places[i] * WB_HASH_LEN,
			    WB_HASH_LEN);
		}
	}
}

void
wb_shared_end(struct wb_codec *c, const struct wb_shared_reader *s)
{
	wb_codec_rule(c, s->used * WB_HASH_LEN == s->hashes.len,
	    "there are hashes that no proof names");
}
