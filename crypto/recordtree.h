/*
 * The salted tree over a batch's manifest and records, whose root stands in
 * the header: any record half can be shown alone, and an index tells nothing.
 */
#ifndef WB_CRYPTO_RECORDTREE_H
#define WB_CRYPTO_RECORDTREE_H

#include "crypto/hash.h"
#include "crypto/merkle.h"

#define WB_MAX_BATCH_RECORDS 65536
#define WB_SALT_LEN WB_HASH_LEN

enum wb_record_half {
	WB_HALF_GOODS = 1,
	WB_HALF_PLACE = 2
};

/* The two leaf hashes of one record.  goods is the record's id. */
struct wb_record_leaves {
	struct wb_hash goods;
	struct wb_hash place;
};

/* Salt of a record's half, from the record's seed. */
void wb_record_salt(uint8_t out[WB_SALT_LEN], const struct wb_hash *seed,
    enum wb_record_half half);

/* RFC 6962 leaf hash of "waybill/record/v1" 00 salt bytes. */
void wb_record_leaf(struct wb_hash *out, const uint8_t salt[WB_SALT_LEN],
    struct wb_span bytes);

/* Both leaves of a record, from its seed. */
void wb_record_leaves(struct wb_record_leaves *out, const struct wb_hash *seed,
    struct wb_span goods, struct wb_span place);

/* Number of leaves of a tree over n records: 16, 32, … */
size_t wb_record_tree_size(size_t n);

/*
 * All leaves in their final order, for the root and for paths: *leaves has
 * wb_record_tree_size(n) elements, malloc'ed, the caller frees it.  `seed` is
 * the batch's, `manifest` the manifest's bytes.  WB_INVALID: too many records.
 */
WB_MUST_CHECK enum wb_status wb_record_tree(struct wb_hash **leaves,
    const struct wb_hash *seed, struct wb_span manifest,
    const struct wb_record_leaves *records, size_t n, struct wb_error *err);

/*
 * Where the record with this goods leaf stands in `leaves`, which are those of
 * wb_record_tree(n): the index of its goods, and their path to the root.
 * WB_NOT_FOUND: nowhere.
 */
WB_MUST_CHECK enum wb_status wb_record_path(uint32_t *leaf,
    struct wb_proof *path, const struct wb_hash *leaves, size_t n,
    const struct wb_hash *goods, struct wb_error *err);

/* records_root alone. */
WB_MUST_CHECK enum wb_status wb_record_root(struct wb_hash *out,
    const struct wb_hash *seed, struct wb_span manifest,
    const struct wb_record_leaves *records, size_t n, struct wb_error *err);

#endif
