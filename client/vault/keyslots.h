/*
 * The 4 KiB header of a vault's file: a salt, eight key slots and the sealed
 * table from which the next header is made.  Bytes in, bytes out.
 *
 *	salt	16	for the passphrase's Argon2id, for the vault's life
 *	slots	8 * 108	nonce 24 | sealed generation 4 + 16 |
 *			sealed vault key 32, mark 16, + 16
 *	table	3216	nonce 24 | sealed under the vault key, with all before
 *			it as associated data: generation 4, for each slot
 *			count key 32, slot key 32, mark 16; zeros
 *
 * A passphrase's root gives two keys.  The count key opens a slot's
 * generation, and only that; the slot key, hashed once a generation, opens the
 * vault key.  Each compaction is a generation: it can renew the slots of
 * passphrases that are not at hand, while no key that the new file holds opens
 * the old one.  A fresh salt could do the second but not the first.
 *
 * A slot without a passphrase has random keys like any other, so that even the
 * holder of a vault key cannot count the passphrases.
 */
#ifndef WB_CLIENT_VAULT_KEYSLOTS_H
#define WB_CLIENT_VAULT_KEYSLOTS_H

#include "base/bytes.h"
#include "base/error.h"
#include "base/random.h"
#include "client/vault/vault.h"
#include "crypto/aead.h"

#define WB_KEYSLOTS_HEADER 4096 /* bytes */
#define WB_MAX_GENERATION (UINT32_C(1) << 24) /* compactions of one vault */

/* What a header holds.  Secret: lives in guarded memory only. */
struct wb_keyslots {
	uint8_t vault_key[WB_VAULT_KEY_LEN];
	uint8_t salt[WB_ARGON_SALT_LEN];
	uint32_t generation;
	struct {
		uint8_t count_key[WB_VAULT_KEY_LEN];
		uint8_t slot_key[WB_VAULT_KEY_LEN];
		uint8_t mark[WB_VAULT_MARK_LEN];
	} slot[WB_VAULT_SLOTS];
};

/* Salt, keys and marks of a new vault: all random. */
void wb_keyslots_init(struct wb_keyslots *k, struct wb_random random);

/* Lets the passphrase with this root open slot `i`. */
void wb_keyslots_set(struct wb_keyslots *k, unsigned i,
    const uint8_t root[WB_VAULT_KEY_LEN]);

/* The slot that this root opens, or WB_VAULT_SLOTS. */
unsigned wb_keyslots_find(const struct wb_keyslots *k,
    const uint8_t root[WB_VAULT_KEY_LEN]);

/* The next generation, with a fresh vault key. */
void wb_keyslots_step(struct wb_keyslots *k, struct wb_random random);

/* The header's bytes. */
void wb_keyslots_seal(uint8_t out[WB_KEYSLOTS_HEADER],
    const struct wb_keyslots *k, struct wb_random random);

/*
 * Tries the root on all slots; *slot is the one it opened.  WB_LOCKED: none.
 * WB_STORAGE: the vault key and that slot's mark are in `k`, but the rest of
 * the header is damaged, and no new header can be made from `k`.
 */
WB_MUST_CHECK enum wb_status wb_keyslots_open(struct wb_keyslots *k,
    unsigned *slot, const uint8_t in[WB_KEYSLOTS_HEADER],
    const uint8_t root[WB_VAULT_KEY_LEN], struct wb_error *err);

#endif
