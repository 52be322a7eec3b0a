/*
 * Annexes of a roster, known to members only: the catalogue of items, the
 * places a field member may use, and the coordinators' names.
 */
#ifndef WB_PROTO_RECORD_ANNEX_H
#define WB_PROTO_RECORD_ANNEX_H

#include "base/arena.h"
#include "crypto/hash.h"
#include "crypto/sign.h"

#define WB_MAX_CATALOGUE_ITEMS 20000
#define WB_MAX_PLACES 20000
#define WB_MAX_READERS 64 /* reader epochs */
#define WB_MAX_PEOPLE 2048
#define WB_MAX_LANGUAGE 35 /* bytes of a BCP 47 tag */
#define WB_MAX_ITEM_LABELS 16 /* languages */
#define WB_MAX_ANNEX_PLAIN ((size_t)3 << 20) /* bytes */
/* What a reader's arena needs for the largest: many small texts. */
#define WB_MAX_ANNEX_BUDGET ((size_t)64 << 20)
#define WB_ANNEX_SALT_LEN 32

struct wb_item_label {
	struct wb_span language;
	struct wb_span text;
};

struct wb_item {
	struct wb_span item;
	struct wb_span unit;
	struct wb_span category; /* may be empty */
	struct wb_item_label *labels;
	size_t label_count;
};

struct wb_catalogue {
	struct wb_span salt; /* WB_ANNEX_SALT_LEN random bytes */
	struct wb_item *items; /* sorted by item, then unit; distinct */
	size_t item_count;
};

struct wb_place_code {
	struct wb_span code;
	struct wb_span meaning; /* in the names annex only */
};

struct wb_places {
	struct wb_span salt;
	struct wb_place_code *places; /* sorted by code; distinct */
	size_t place_count;
};

struct wb_person {
	struct wb_key key;
	struct wb_span name; /* may be empty */
	struct wb_span recipient; /* age1… */
	struct wb_span distress_mark; /* 16 bytes or empty */
	struct wb_span *places; /* codes meant for this member alone */
	size_t place_count;
	struct wb_span root; /* a coordinator's root key, 32 bytes; or empty */
};

struct wb_names {
	struct wb_span salt;
	struct wb_span *readers; /* AGE-SECRET-KEY-1…, newest last */
	size_t reader_count;
	struct wb_person *people;
	size_t person_count;
	struct wb_place_code *places; /* all, with meanings */
	size_t place_count;
};

/* An annex's hash in the roster is the SHA-256 of the bytes made here. */
WB_MUST_CHECK enum wb_status wb_catalogue_encode(struct wb_bytes *out,
    const struct wb_catalogue *catalogue, struct wb_error *err);
WB_MUST_CHECK enum wb_status wb_catalogue_decode(struct wb_catalogue *out,
    struct wb_arena *arena, struct wb_span bytes, struct wb_error *err);
WB_MUST_CHECK enum wb_status wb_places_encode(struct wb_bytes *out,
    const struct wb_places *places, struct wb_error *err);
WB_MUST_CHECK enum wb_status wb_places_decode(struct wb_places *out,
    struct wb_arena *arena, struct wb_span bytes, struct wb_error *err);
WB_MUST_CHECK enum wb_status wb_names_encode(struct wb_bytes *out,
    const struct wb_names *names, struct wb_error *err);
WB_MUST_CHECK enum wb_status wb_names_decode(struct wb_names *out,
    struct wb_arena *arena, struct wb_span bytes, struct wb_error *err);

#endif
