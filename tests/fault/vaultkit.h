/*
 * What all tests of the vault share: a world for it to live in, and numbered
 * rows whose content anybody can check.
 */
#ifndef WB_TESTS_FAULT_VAULTKIT_H
#define WB_TESTS_FAULT_VAULTKIT_H

#include "base/random.h"
#include "client/vault/vault.h"

/* A key derivation that is fast and no good: one HMAC. */
enum wb_status kit_kdf(struct wb_secret **out, struct wb_span input,
    const uint8_t salt[WB_ARGON_SALT_LEN], struct wb_error *err);

/* Repeats itself from *seed, which must outlive it. */
struct wb_vault_env kit_env(const struct wb_file_ops *files, uint64_t *seed);

struct wb_vault_key kit_key(const char *passphrase);

/* Makes the table, row 0 in it. */
enum wb_status kit_begin(struct wb_db *db, struct wb_error *err);

/* Adds row n in a transaction of its own, changing rows before it too. */
enum wb_status kit_add(struct wb_db *db, uint64_t n, struct wb_error *err);

/*
 * The number of rows behind row 0 to *n, after checking that they are 1 to *n
 * and whole, and that SQLite finds its file in order.
 */
enum wb_status kit_check(struct wb_db *db, uint64_t *n, struct wb_error *err);

#endif
