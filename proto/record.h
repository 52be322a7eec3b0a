/*
 * A record: goods and place, the two byte strings that a field worker makes.
 * Linked by members' programs only; the server never sees this library.
 */
#ifndef WB_PROTO_RECORD_H
#define WB_PROTO_RECORD_H

#include "base/arena.h"
#include "crypto/hash.h"

#define WB_MAX_LINES 256 /* in one record */
#define WB_MAX_NOTE_TEXT 1000 /* bytes */
#define WB_MAX_RECORD 32768 /* bytes, each half */
#define WB_RECEIPT_CODE_LEN 16
#define WB_MAX_DAY 84005 /* 2199-12-31, in days since 1970-01-01 */
#define WB_QUANTITY_MAX (UINT64_C(1) << 40) /* thousandths */
#define WB_KIND_VOID 16 /* a kind's void is this much higher */

enum wb_kind {
	WB_KIND_RECEIVED = 1, /* into stock */
	WB_KIND_DELIVERED = 2,
	WB_KIND_TRANSFERRED = 3,
	WB_KIND_RETURNED = 4,
	WB_KIND_LOST = 5,
	WB_KIND_COUNTED = 6,
	WB_KIND_CONFIRMED = 7
};

enum wb_reason {
	WB_REASON_NONE = 0,
	WB_REASON_DAMAGED = 1,
	WB_REASON_EXPIRED = 2,
	WB_REASON_STOLEN = 3,
	WB_REASON_CONFISCATED = 4,
	WB_REASON_DESTROYED = 5, /* to protect */
	WB_REASON_ABANDONED = 6,
	WB_REASON_MISTYPED = 16,
	WB_REASON_WRONG_PLACE = 17,
	WB_REASON_COUNTED_AGAIN = 18,
	WB_REASON_OTHER = 19
};

struct wb_line {
	struct wb_span item;
	struct wb_span unit; /* may be empty: a unit of its own */
	uint64_t quantity; /* thousandths, 1 to WB_QUANTITY_MAX */
	struct wb_span lot;
	uint32_t expiry_day; /* days since 1970-01-01; 0: none */
	struct wb_span detail;
};

struct wb_goods {
	enum wb_kind kind; /* of the thing done, or voided */
	bool is_void;
	uint32_t day; /* days since 1970-01-01, 1 to WB_MAX_DAY */
	struct wb_line *lines;
	size_t line_count; /* 1 to WB_MAX_LINES */
	struct wb_hash amends; /* id of the record voided; zero: none */
	enum wb_reason reason;
	struct wb_span reference; /* consignment or mission */
};

struct wb_place {
	uint64_t number; /* the device's own, from 1 */
	struct wb_span from;
	struct wb_span to;
	uint32_t households;
	uint32_t people;
	struct wb_span code; /* 16 bytes or empty: a two-sided receipt */
	struct wb_span note; /* may have lines */
};

/* "delivered", "void-delivered": as in measures, commands and JSON. */
const char *wb_kind_text(enum wb_kind kind, bool is_void);
/* Plain kinds only ("delivered").  WB_INVALID lists those there are. */
WB_MUST_CHECK enum wb_status wb_kind_parse(enum wb_kind *out,
    struct wb_span text, struct wb_error *err);
const char *wb_reason_text(enum wb_reason reason);
WB_MUST_CHECK enum wb_status wb_reason_parse(enum wb_reason *out,
    struct wb_span text, struct wb_error *err);

/*
 * Encoding applies the rules that decoding demands, so nothing can be made
 * that cannot be read.  Rules: short texts (PROTOCOL.md), ranges, a void has
 * `amends` and a void's reason, a loss a loss's reason, others none.
 */
WB_MUST_CHECK enum wb_status wb_goods_encode(struct wb_bytes *out,
    const struct wb_goods *goods, struct wb_error *err);
WB_MUST_CHECK enum wb_status wb_goods_decode(struct wb_goods *out,
    struct wb_arena *arena, struct wb_span bytes, struct wb_error *err);
WB_MUST_CHECK enum wb_status wb_place_encode(struct wb_bytes *out,
    const struct wb_place *place, struct wb_error *err);
WB_MUST_CHECK enum wb_status wb_place_decode(struct wb_place *out,
    struct wb_arena *arena, struct wb_span bytes, struct wb_error *err);

/* Part: both halves, padded to the smallest reachable multiple of 32. */
WB_MUST_CHECK enum wb_status wb_part_encode(struct wb_bytes *out,
    struct wb_span goods, struct wb_span place, struct wb_error *err);
/* Views into the arena.  WB_INVALID: not canonical, wrongly padded. */
WB_MUST_CHECK enum wb_status wb_part_decode(struct wb_span *goods,
    struct wb_span *place, struct wb_arena *arena, struct wb_span bytes,
    struct wb_error *err);

#endif
