/*
 * Sealed parts: a record's bytes under a one-way chain of keys that lives only
 * in memory (docs: PROTOCOL.md, "Record, part, batch").  Once a part is sealed
 * the device itself cannot open it again.
 */
#ifndef WB_CRYPTO_PART_H
#define WB_CRYPTO_PART_H

#include "crypto/hash.h"
#include "crypto/secret.h"
#include "crypto/sign.h"

#define WB_PART_KEY_LEN 32
#define WB_MARK_LEN 16
#define WB_PART_STEP 32 /* bytes; part plaintexts are padded to this */

/* One session's chain, at the key of the next part. */
struct wb_part_chain {
	struct wb_secret *key;
};

WB_MUST_CHECK enum wb_status wb_part_chain_init(struct wb_part_chain *chain,
    struct wb_span key, struct wb_error *err);
void wb_part_chain_clear(struct wb_part_chain *chain);

/*
 * Appends the sealed part to `sealed`, gives its record's seed, and moves the
 * chain on, wiping the key it had.  `plain` is padded already.
 */
WB_MUST_CHECK enum wb_status wb_part_seal(struct wb_bytes *sealed,
    struct wb_hash *seed, struct wb_part_chain *chain, struct wb_span plain,
    const struct wb_hash *programme, const struct wb_key *signer,
    struct wb_error *err);

/*
 * The reverse, in sealing order.  WB_FORGED: not the chain's next part; the
 * chain stays where it is.
 */
WB_MUST_CHECK enum wb_status wb_part_open(struct wb_bytes *plain,
    struct wb_hash *seed, struct wb_part_chain *chain, struct wb_span sealed,
    const struct wb_hash *programme, const struct wb_key *signer,
    struct wb_error *err);

#endif
