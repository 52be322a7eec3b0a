/*
 * The small grammar that the log's text formats share: lines that end in a
 * newline, and hashes in base64.
 */
#ifndef WB_CRYPTO_LINES_H
#define WB_CRYPTO_LINES_H

#include "crypto/hash.h"

#define WB_HASH_BASE64 44 /* characters of a hash */

/*
 * Takes the first line of `rest` into `line`, without its newline.  False: no
 * newline is left, and nothing was taken.
 */
WB_MUST_CHECK bool wb_line_take(struct wb_span *line, struct wb_span *rest);

/* Reads WB_HASH_BASE64 characters of strict base64. */
WB_MUST_CHECK bool wb_hash_parse(struct wb_hash *out, struct wb_span text);

/* Appends a hash in base64 and a newline. */
WB_MUST_CHECK enum wb_status wb_hash_line(struct wb_bytes *out,
    const struct wb_hash *hash, struct wb_error *err);

#endif
