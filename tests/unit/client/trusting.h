/* The fixture's programme and a log of its own, for tests of trust. */
#ifndef WB_TESTS_UNIT_CLIENT_TRUSTING_H
#define WB_TESTS_UNIT_CLIENT_TRUSTING_H

#include "client/trust/trust.h"

#include "tests/unit/client/fake_log.h"
#include "tests/unit/client/fixture.h"

/* The fixture's programme and a log that begins with its roster. */
struct trusting {
	struct fixture f;
	struct fake_log *log;
};

/* For cmocka. */
int trusting_setup(void **state);
int trusting_teardown(void **state);
void trusting_seal(struct wb_bytes *out, struct trusting *s,
    enum wb_statement_type type, struct wb_span payload,
    const struct wb_signer *signer);

/* A note statement: the smallest that is logged. */
void trusting_make_note(struct wb_bytes *out, struct trusting *s, uint8_t which,
    const struct wb_hash *programme, const struct wb_signer *signer);
/* One of C1's, logged; its index. */
uint64_t trusting_add_note(struct trusting *s, struct fake_log *log,
    uint8_t which);

/* An entry, or that at an index, handed to a device under the newest head. */
enum wb_status trusting_take(struct trusting *s, struct wb_device *device,
    struct fake_log *log, const struct wb_entry *entry, struct wb_taken *taken);
enum wb_status trusting_take_at(struct trusting *s, struct wb_device *device,
    struct fake_log *log, uint64_t index);

/* It failed as evidence of that id. */
void trusting_fault(struct trusting *s, enum wb_status st, const char *id);
/* An entry that C1 must not take, whatever the log says. */
void trusting_refused(struct trusting *s, struct wb_span envelope,
    const char *id);

#endif
