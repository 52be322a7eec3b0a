/* A programme in memory, a server for it, and a sync between the two. */
#ifndef WB_TESTS_UNIT_CLIENT_SYNCING_H
#define WB_TESTS_UNIT_CLIENT_SYNCING_H

#include "client/sync/sync.h"

#include "tests/unit/client/fake_server.h"
#include "tests/unit/client/fixture.h"

#define RICE                                                           \
	&(const struct fixture_record)                                 \
	{                                                              \
		WB_KIND_DELIVERED, "rice", "sack", 2500, "S-12", 20500 \
	}

struct syncing {
	struct fixture f;
	struct fake_server *server;
	struct wb_synced done; /* of the last sync */
	uint64_t told; /* how often the last sync told of progress */
};

void syncing_begin(struct syncing *s);
void syncing_end(struct syncing *s);
/* The same for cmocka. */
int syncing_setup(void **state);
int syncing_teardown(void **state);

/* What C1 has in its vault, as a log. */
struct fake_log *syncing_log(struct syncing *s);

/* One sync: its status, that it was good, or how it failed. */
enum wb_status syncing_run(struct syncing *s, struct wb_device *device);
void sync_ok(struct syncing *s, struct wb_device *device);
void sync_fails(struct syncing *s, struct wb_device *device,
    enum wb_status status, const char *id);

/* A next version of the roster is kept there, not logged. */
void syncing_keep_version(struct syncing *s, struct wb_device *device,
    uint32_t window_days);

/* The same, in which that member is in that state. */
void syncing_keep_state(struct syncing *s, struct wb_device *device,
    const struct wb_device *member, enum wb_member_state state);

/* The same, in which that member is revoked. */
void syncing_revoke(struct syncing *s, struct wb_device *device,
    const struct wb_device *member);

struct wb_states syncing_states(struct syncing *s, struct wb_device *device);
int64_t syncing_number(struct syncing *s, struct wb_device *device,
    const char *sql);

#endif
