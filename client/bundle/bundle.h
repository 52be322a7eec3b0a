/*
 * Bundles on drives: the same signed bytes that sync sends and receives, as a
 * file.  PROTOCOL.md, "Bundles".
 */
#ifndef WB_CLIENT_BUNDLE_BUNDLE_H
#define WB_CLIENT_BUNDLE_BUNDLE_H

#include "client/bundle/bundle_reader.h"
#include "client/device.h"

#define WB_MAX_SEALED_BUNDLE ((size_t)512 << 20) /* bytes: held in memory */

enum wb_bundle_purpose {
	WB_PURPOSE_TRANSPORT, /* sealed to the reader and the server */
	WB_PURPOSE_AUDIT, /* plain evidence, contents as ciphertext */
	WB_PURPOSE_HEADERS, /* plain evidence without contents */
	WB_PURPOSE_OPENINGS /* the same, with a challenge's answers */
};

struct wb_packed {
	char path[4096]; /* the file made */
	uint64_t statements;
	uint64_t contents;
	uint64_t bytes;
	bool noted; /* a note says that evidence was made */
	uint64_t
	    lacking; /* evidence ends before so many of the newest entries */
};

/*
 * Writes a bundle to `path` (a transport bundle into a folder gets a random
 * name), whole or not at all.  A transport bundle takes all that waits, which
 * is made into batches first; `to` NULL, or the label of one device.  Evidence
 * is there only once a note of it is kept, if this member's key signs notes:
 * `to` NULL, or who it is for.
 * WB_REFUSED, id "no-recipient": nobody here can seal to that label;
 * WB_NOT_FOUND, id "nothing-logged", and WB_PARTIAL, id "log-incomplete":
 * evidence asks for a sync before.  Where the server held entries back it ends
 * with the newest head that all entries are here of.
 */
WB_MUST_CHECK enum wb_status wb_bundle_pack(struct wb_packed *out,
    struct wb_device *device, const char *path, enum wb_bundle_purpose purpose,
    const char *to, struct wb_error *err);

/*
 * Evidence that ends in answers to a challenge: the bytes of n openings
 * (proto/record_tally.h).  As wb_bundle_pack.
 */
WB_MUST_CHECK enum wb_status wb_bundle_pack_openings(struct wb_packed *out,
    struct wb_device *device, const char *path, const struct wb_bytes *openings,
    size_t n, struct wb_error *err);

struct wb_unpacked {
	uint64_t statements; /* in the file */
	uint64_t added; /* new to this vault */
	uint64_t strange; /* not signed by an active member: left */
	uint64_t revoked; /* of those, signed by who is revoked */
	uint64_t admitted; /* batches of a revoked device that were let in */
	uint64_t opened;
	uint64_t disputed;
	uint64_t undecryptable;
};

/*
 * Takes what is new, plain or sealed; again is harmless.  The checksum is
 * checked first: an altered file is WB_FORGED, id "bundle-altered", and changes
 * nothing.  What is not in the log yet waits here for the next sync, which
 * sends it; only then are batches of others opened.  `admit` is empty, or the
 * label of a revoked member whose late batches are let in: see
 * client/bundle/bundle_admit.h.  WB_REFUSED, ids "not-for-us" and
 * "other-programme".
 */
WB_MUST_CHECK enum wb_status wb_bundle_unpack(struct wb_unpacked *out,
    struct wb_device *device, const char *path, struct wb_span admit,
    struct wb_error *err);

#endif
