/*
 * Where other people's test vectors lie, and how to read them.  The build
 * unpacks the archives before the tests run (unpack.cmake).  Everything here
 * ends the test when a vector is not as it must be.
 */
#ifndef WB_TESTS_VECTORS_VECTORS_H
#define WB_TESTS_VECTORS_VECTORS_H

#include <jansson.h>

#include "base/bytes.h"

#define VECTORS_SKIP 77 /* main returns it: ctest then says "skipped" */

/*
 * The folder into which NAME.tar.gz was unpacked, valid until the next call;
 * NULL, and a line saying so, if that archive was not there.
 */
const char *vectors_folder(const char *archive);

/* A file of an unpacked archive; clear `out` yourself. */
void vectors_read(struct wb_bytes *out, const char *archive, const char *path);

/* The same as JSON; json_decref it. */
json_t *vectors_json(const char *archive, const char *path);

/* A member that must be a text; borrowed from `object`. */
const char *vectors_text(const json_t *object, const char *key);

/* Replaces `out` with the bytes that the member `key` gives as hexadecimal. */
struct wb_span vectors_hex(struct wb_bytes *out, const json_t *object,
    const char *key);

/* The same from base64. */
struct wb_span vectors_base64(struct wb_bytes *out, const json_t *object,
    const char *key);

#endif
