#include "proto/shared_hashes.h"

#include <stdlib.h>
#include <string.h>

/*
 * The slot of a hash, or where one may go.  They are spread evenly as they
 * are: their first bytes lead there.
 */
static uint32_t *
slot_of(struct wb_shared_hashes *s, const struct wb_hash *hash)
{
	size_t i = (size_t)wb_get_be64(hash->b) & (s->slot_count - 1);

	while (s->slots[i] != 0 &&
	       !wb_hash_equal(&s->hashes[s->slots[i] - 1], hash))
		i = (i + 1) & (s->slot_count - 1);
	return &s->slots[i];
}

struct wb_shared_hashes
wb_shared_begin(struct wb_codec *c, size_t room,
    const struct wb_known_nodes *known)
{
	struct wb_shared_hashes s = { 0 };
	size_t slots = 8, n = known == NULL ? 0 : known->count;

	room += n;
	while (slots < 2 * room)
		slots *= 2;
	s.hashes = wb_codec_array(c, &s.room, room, sizeof *s.hashes);
	s.slots = wb_codec_array(c, &s.slot_count, slots, sizeof *s.slots);
	if (c->status != WB_OK)
		return s;
	/* Each takes a place, were two the same: who reads counts so. */
	for (size_t i = 0; i < n; i++) {
		s.hashes[i] = known->hashes[i];
		*slot_of(&s, &s.hashes[i]) = (uint32_t)++s.count;
	}
	s.known = n;
	return s;
}

static uint32_t
place_of(struct wb_shared_hashes *s, const struct wb_hash *hash)
{
	uint32_t *slot = slot_of(s, hash);

	if (*slot == 0) {
		s->hashes[s->count++] = *hash;
		*slot = (uint32_t)s->count;
	}
	return *slot - 1;
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
	if (s->count == s->known)
		return wb_codec_put_span(wb_span(NULL, 0));
	return wb_codec_put_span(
	    wb_span(s->hashes + s->known, (s->count - s->known) * WB_HASH_LEN));
}

/* NULL: nothing is there, or it is too early for it. */
static const uint8_t *
hash_at(struct wb_shared_reader *s, size_t place)
{
	size_t known = s->known == NULL ? 0 : s->known->count;
	size_t sent = s->hashes.len / WB_HASH_LEN;

	if (place < known)
		return s->known->hashes[place].b;
	place -= known;
	if (place == s->used && s->used < sent)
		s->used++;
	return place < s->used ? s->hashes.data + place * WB_HASH_LEN : NULL;
}

void
wb_shared_get(struct wb_codec *c, struct wb_proof *out,
    struct wb_shared_reader *s, size_t n, const uint32_t *places)
{
	out->count = 0;
	wb_codec_rule(c, n <= WB_MAX_PROOF, "a proof is too long");
	for (size_t i = 0; c->status == WB_OK && i < n; i++) {
		const uint8_t *hash = hash_at(s, places[i]);

		wb_codec_rule(c, hash != NULL,
		    "a proof names a hash that is not there, or too early");
		if (hash != NULL)
			memcpy(out->hashes[out->count++].b, hash, WB_HASH_LEN);
	}
}

static int
compare(const void *a, const void *b)
{
	return memcmp(a, b, WB_HASH_LEN);
}

/* Sorted, so that no choice of hashes makes it slow. */
static void
rule_once(struct wb_codec *c, const struct wb_shared_reader *s)
{
	size_t known = s->known == NULL ? 0 : s->known->count, n;
	struct wb_hash *all;

	if (s->used == 0)
		return;
	all = wb_codec_array(c, &n, known + s->used, sizeof *all);
	if (all == NULL)
		return;
	if (known != 0)
		memcpy(all, s->known->hashes, known * sizeof *all);
	memcpy(all + known, s->hashes.data, s->hashes.len);
	qsort(all, n, sizeof *all, compare);
	for (size_t i = 1; i < n; i++)
		wb_codec_rule(c, compare(&all[i - 1], &all[i]) != 0,
		    "a hash is sent that is there already");
}

void
wb_shared_end(struct wb_codec *c, const struct wb_shared_reader *s)
{
	wb_codec_rule(c, s->used * WB_HASH_LEN == s->hashes.len,
	    "there are hashes that no proof names");
	if (c->status == WB_OK)
		rule_once(c, s);
}
