/*
 * Records of the fixture's devices, sealed together and logged under a signed
 * head, and disclosures of them.
 */
#ifndef WB_TESTS_UNIT_CLIENT_SHOWKIT_H
#define WB_TESTS_UNIT_CLIENT_SHOWKIT_H

#include "client/audit/audit.h"
#include "client/disclosure/disclosure.h"
#include "client/ledger/opening.h"
#include "proto/record_disclosure.h"
#include "proto/transfer.h"

#include "tests/unit/client/fixture.h"

#define SHOWKIT_ITEMS 16 /* of one bundle */

struct showkit_record {
	const char *item;
	const char *to;
	const char *note;
};

/* Seven, and an eighth: with it a tree has 32 leaves. */
extern const struct showkit_record showkit_seven[8];

/* For cmocka_unit_test_setup_teardown(): *state is a struct fixture. */
int showkit_setup(void **state);
int showkit_teardown(void **state);

/* One session of `n` deliveries; each is of 2.5 sacks to 41 people. */
void showkit_save(struct fixture *f, struct wb_device *device,
    const struct showkit_record *records, size_t n);

/* Sends what waits; C1 opens it and says so.  Gives the batch's log index. */
uint64_t showkit_send(struct fixture *f, struct wb_device *device);

/* The log signs the tree of all that C1 has. */
void showkit_head(struct fixture *f);

/* What C1 finds under that number; cleared with the arena. */
void showkit_find(struct fixture *f, struct wb_record *out,
    struct wb_arena *arena, const char *label, uint64_t number);

/* `out` is initialised here. */
void showkit_disclose(struct fixture *f, struct wb_bytes *out,
    const char *label, uint64_t number, bool goods_only);

/* By somebody with nothing but the programme's id. */
void showkit_audit(struct fixture *f, struct wb_audit *out,
    const struct wb_bytes *bundle);

/* The batch at `index` with all its secrets, in the arena. */
void showkit_open(struct fixture *f, struct wb_opened_batch *out,
    struct wb_arena *arena, uint64_t index);

/* A bundle taken apart, to be put together otherwise. */
struct showkit_items {
	struct wb_arena arena;
	struct wb_bundle_item items[SHOWKIT_ITEMS]; /* without the checksum */
	size_t count;
};
void showkit_take_apart(struct fixture *f, struct showkit_items *out,
    const struct wb_bytes *bundle);
/* Under a good checksum; `out` is initialised here. */
void showkit_join(struct fixture *f, struct wb_bytes *out,
    const struct showkit_items *items);
/* The first item of that kind. */
size_t showkit_item(const struct showkit_items *items,
    enum wb_bundle_kind kind);
/* The Disclosure in a bundle, in the arena. */
void showkit_read(struct fixture *f, struct wb_disclosure *out,
    struct wb_arena *arena, const struct wb_bytes *bundle);

#endif
