/*
 * A vault in a file system that is no more than memory, and a sample of one
 * that tests spoil copies of.
 */
#ifndef WB_TESTS_UNIT_CLIENT_VAULTWORLD_H
#define WB_TESTS_UNIT_CLIENT_VAULTWORLD_H

#include "client/vault/keyslots.h"
#include "client/vault/pagelog.h"
#include "client/vault/vault.h"

#include "tests/fault/simfs.h"
#include "tests/fault/vaultkit.h"
#include "tests/unit/check.h"

#define WORLD_PATH "dir/vault"
#define SAMPLE_ROWS 24
#define SAMPLE_MAX_RECORDS (SAMPLE_ROWS + 8)
#define SAMPLE_FRONT \
	(WB_KEYSLOTS_HEADER + WB_PAGELOG_COUNT) /* before records */

/* A vault of one record a row, made once; tests work on copies. */
struct sample {
	uint8_t *data;
	size_t len; /* with the room at its end */
	size_t at[SAMPLE_MAX_RECORDS]; /* where each record begins */
	size_t records;
	size_t end; /* of the last record */
	uint8_t front[SAMPLE_FRONT]; /* once it was closed */
};

struct world {
	struct simfs *fs;
	uint64_t seed;
	struct wb_vault_env env;
	struct wb_vault *v;
	struct wb_error err;
};

void world_set_up(struct world *w);
void world_tear_down(struct world *w);

/* The vault at WORLD_PATH, with its table; and that vault again. */
void world_create(struct world *w);
enum wb_status world_reopen(struct world *w);

/* Where the last record ends, from what the vault says of itself. */
size_t world_log_end(struct world *w);

/* Rows that can be read, or -1 where there is no table yet. */
int64_t world_rows(struct world *w);

/* For cmocka_run_group_tests(): *state is a struct sample. */
int sample_make(void **state);
int sample_free(void **state);

#endif
