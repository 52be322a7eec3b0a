/*
 * A device of a programme whose vault lies on a disk that fails, on a machine
 * whose memory runs out: kept once, and brought back as it was for each try.
 */
#ifndef WB_TESTS_UNIT_CLIENT_ENDURING_H
#define WB_TESTS_UNIT_CLIENT_ENDURING_H

#include "tests/fault/scarce.h"
#include "tests/fault/simfs.h"
#include "tests/fault/vaultkit.h"
#include "tests/unit/client/syncing.h"
#include "tests/unit/tempdir.h"

struct enduring {
	struct syncing s;
	struct check_dir dir;
	const struct wb_device *home; /* whose vault it is */
	uint8_t *image; /* the vault's file, as it was kept */
	size_t image_len;
	struct wb_db *coord; /* what C1 knew then */
	uint64_t log_size;
	size_t annex_count;
	/* One try. */
	struct simfs *fs;
	uint64_t seed;
	struct wb_vault_env env;
	struct wb_device device;
	uint64_t told; /* times that it was done, as it said itself */
	uint64_t untold; /* and that it failed */
	struct wb_error err;
};

/* A programme of which nothing is kept yet. */
void enduring_begin(struct enduring *e);
void enduring_end(struct enduring *e);

/* From now on this device, and the server, are as they are now. */
void enduring_keep(struct enduring *e, const struct wb_device *device);

/* Everything is as it was kept, and the vault open. */
void enduring_open(struct enduring *e);
/* The next command opens the vault as it was left; it is whole. */
void enduring_reopen(struct enduring *e);
void enduring_close(struct enduring *e);

/* One sync of it with the server, whose own memory is not counted. */
enum wb_status enduring_sync(struct enduring *e);

/* C1 in the programme, who knows what it knew when the vault was kept. */
struct wb_device *enduring_coordinator(struct enduring *e);

/* A number from its database. */
int64_t enduring_number(struct enduring *e, const char *sql);

#endif
