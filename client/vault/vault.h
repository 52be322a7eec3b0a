/*
 * The encrypted file that holds everything a device knows: a SQLite database
 * whose every byte on the disk looks random (docs/formats.md).  Owns the file,
 * its keys and the database handle over it; knows no schema.
 *
 * One command at a time has a vault open.  A commit is durable when
 * wb_db_commit() returns, and the vault's own file is the only one that is
 * ever written, besides PATH.new while a vault is made or compacted.
 *
 * Not seen from the file alone: the whole file replaced by an older state of
 * the same vault.
 */
#ifndef WB_CLIENT_VAULT_VAULT_H
#define WB_CLIENT_VAULT_VAULT_H

#include <stdbool.h>
#include <stdint.h>

#include "base/bytes.h"
#include "base/db.h"
#include "base/error.h"
#include "base/random.h"
#include "crypto/aead.h"
#include "crypto/secret.h"

#define WB_VAULT_SLOTS 8 /* passphrases that one vault can have */
#define WB_VAULT_MARK_LEN 16
#define WB_VAULT_KEY_LEN 32

struct wb_file_ops;
struct wb_vault;

/* What opens a vault.  Borrowed for the call; the caller wipes both. */
struct wb_vault_key {
	struct wb_span passphrase; /* at least one byte */
	struct wb_span key_file; /* its contents; empty: none is used */
};

/*
 * The world outside, so that tests can break it.  NULL, here or in a member,
 * stands for the system's.  Must outlive the vault.
 */
struct wb_vault_env {
	const struct wb_file_ops *files;
	struct wb_random random; /* fill NULL: the kernel's */
	/*
	 * From passphrase to key: WB_VAULT_KEY_LEN bytes.  The format's is
	 * Argon2id, 3 passes over 256 MiB; tests hand in a cheaper one, and no
	 * vault says which was used.
	 */
	enum wb_status (*kdf)(struct wb_secret **out, struct wb_span input,
	    const uint8_t salt[WB_ARGON_SALT_LEN], struct wb_error *err);
};

/* What the file is made of, bytes on the disk. */
/* The next step of those; an old copy would be found rolled back. */
#define WB_VAULT_DAMAGED_NEXT                                               \
	"What was synced is safe. See what can still be read with waybill " \
	"list; then join again with a new vault."

struct wb_vault_stats {
	uint64_t used; /* header and records, without the room ahead */
	uint64_t live; /* what a compaction would keep */
	uint64_t dead; /* the rest of what is used: older states of pages */
	uint64_t records; /* commits since the last compaction */
};

/*
 * Makes an empty vault as PATH.new and renames it when it is durable, then
 * opens it.  WB_EXISTS: `path` is taken.  WB_LOCKED ("vault-busy"): another
 * command is making it.  WB_STORAGE: cannot be written.  WB_NO_MEMORY: not
 * 256 MiB to spare.  WB_INVALID: an empty passphrase.
 */
WB_MUST_CHECK enum wb_status wb_vault_create(struct wb_vault **out,
    const char *path, const struct wb_vault_key *key,
    const struct wb_vault_env *env, struct wb_error *err);

/*
 * Opens a vault for reading and writing, and writes nothing.  A last record
 * that is torn was never acknowledged and is passed over.
 *
 *   WB_NOT_FOUND  "vault-missing"   no such file
 *   WB_LOCKED     "vault-locked"    passphrase or key file do not fit
 *   WB_LOCKED     "vault-busy"      another command has it open
 *   WB_STORAGE    "not-a-vault"     too short, or of a size no vault has
 *   WB_STORAGE    "vault-damaged"   an acknowledged record is broken or gone
 *   WB_FORGED     "vault-altered"   whole records that do not follow another
 *   WB_STORAGE    "vault-io"        the medium fails
 *   WB_NO_MEMORY                    not 256 MiB to spare
 */
WB_MUST_CHECK enum wb_status wb_vault_open(struct wb_vault **out,
    const char *path, const struct wb_vault_key *key,
    const struct wb_vault_env *env, struct wb_error *err);

/*
 * Opens what can be read of a damaged or altered vault: the state before the
 * first bad record, read-only.  `*damage` is wb_vault_open()'s error, or
 * WB_OK in its status when nothing is wrong.
 */
WB_MUST_CHECK enum wb_status wb_vault_rescue(struct wb_vault **out,
    struct wb_error *damage, const char *path, const struct wb_vault_key *key,
    const struct wb_vault_env *env, struct wb_error *err);

/*
 * A database can only say that a page could not be read.  Where that was since
 * a page of the vault did not open, the error becomes WB_STORAGE
 * ("vault-damaged"); any other stays what it is.  Returns its status.
 */
enum wb_status wb_vault_explain(const struct wb_vault *vault, enum wb_status st,
    struct wb_error *err);

/* Closes the database, wipes the keys, unlocks the file; nulls. */
void wb_vault_close(struct wb_vault **vault);

/* The database; owned by the vault.  One thread at a time. */
struct wb_db *wb_vault_db(struct wb_vault *vault);

/* The WB_VAULT_MARK_LEN bytes of the slot whose passphrase opened it. */
const uint8_t *wb_vault_mark(const struct wb_vault *vault);

/*
 * The mark of slot `i`, 0 to WB_VAULT_SLOTS - 1.  A slot without a passphrase
 * has one too, and nothing in a vault says which slots have none.
 */
const uint8_t *wb_vault_slot_mark(const struct wb_vault *vault, unsigned i);

/*
 * Gives the vault a further passphrase: in the slot behind the one in use, so
 * that a second call replaces what the first one added.  A vault keeps no
 * list of its passphrases, hence no better choice.  Compacts.  `mark` gets the
 * slot's mark, or is NULL.  WB_EXISTS: that key opens the vault already.
 */
WB_MUST_CHECK enum wb_status wb_vault_add_slot(struct wb_vault *vault,
    uint8_t mark[WB_VAULT_MARK_LEN], const struct wb_vault_key *key,
    struct wb_error *err);

/*
 * Replaces the passphrase in use; its mark stays.  Compacts, so that the old
 * passphrase opens no part of the file.  Other passphrases go on working.
 */
WB_MUST_CHECK enum wb_status wb_vault_change_passphrase(struct wb_vault *vault,
    const struct wb_vault_key *key, struct wb_error *err);

/*
 * Writes the present state to PATH.new under fresh keys, renames it, and
 * destroys the old file's key slots.  Every purge must do so: the log keeps
 * what was deleted.  Not within a transaction.  Vaults compact themselves when
 * most of the file is dead.  WB_STORAGE: the old file is still in use, whole.
 */
WB_MUST_CHECK enum wb_status wb_vault_compact(struct wb_vault *vault,
    struct wb_error *err);

/*
 * Reads and authenticates every live page.  WB_STORAGE ("vault-damaged"): one
 * of them is broken.
 */
WB_MUST_CHECK enum wb_status wb_vault_check(struct wb_vault *vault,
    struct wb_error *err);

void wb_vault_stats(struct wb_vault_stats *out, const struct wb_vault *vault);

/*
 * Destroys a vault without its keys, in use or not: overwrites the key slots,
 * then removes the file and PATH.new.  A missing file is WB_OK.
 */
WB_MUST_CHECK enum wb_status wb_vault_destroy(const char *path,
    const struct wb_vault_env *env, struct wb_error *err);

#endif
