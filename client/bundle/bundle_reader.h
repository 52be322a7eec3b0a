/*
 * Reads plain bundles item by item, for unpack and verify alike.  Memory does
 * not grow with the file.  PROTOCOL.md, "Bundles".  Knows no vault; who sealed
 * a bundle for transport opens it first.
 */
#ifndef WB_CLIENT_BUNDLE_BUNDLE_READER_H
#define WB_CLIENT_BUNDLE_BUNDLE_READER_H

#include "proto/transfer.h"

#define WB_MAX_BUNDLE ((size_t)4 << 30) /* bytes, plain */

struct wb_bundle_reader;

/*
 * Opens a file and looks what it is, but not whether it is whole.  WB_REFUSED,
 * id "bundle-sealed": a transport bundle, or something else that is sealed;
 * WB_INVALID, id "not-a-bundle": neither its beginning nor its end is that of a
 * bundle; else the statuses of wb_file_read.
 */
WB_MUST_CHECK enum wb_status wb_bundle_reader_open(struct wb_bundle_reader *
						       *out,
    const char *path, struct wb_error *err);
/* The same of bytes, which must outlive the reader. */
WB_MUST_CHECK enum wb_status wb_bundle_reader_open_bytes(struct wb_bundle_reader
							     **out,
    struct wb_span bytes, struct wb_error *err);

/*
 * Compares the checksum, reading what was not read yet; the place of the next
 * item stays.  WB_FORGED, id "bundle-altered": altered or cut short.
 */
WB_MUST_CHECK enum wb_status wb_bundle_reader_check(struct wb_bundle_reader
							*reader,
    struct wb_error *err);
/* The same as an answer, for those who look at altered files too. */
WB_MUST_CHECK enum wb_status wb_bundle_reader_intact(bool *out,
    struct wb_bundle_reader *reader, struct wb_error *err);

/*
 * The next item but the checksum; views are valid until the next call.  The
 * head is the first and only the first.  *more false at the end.  WB_NEWER;
 * WB_INVALID, id "bundle-form": with *more true, reading can go on behind the
 * item.
 */
WB_MUST_CHECK enum wb_status wb_bundle_reader_next(struct wb_bundle_item *out,
    bool *more, struct wb_bundle_reader *reader, struct wb_error *err);

/*
 * The same in parts, for who decodes items elsewhere: the next item's bytes,
 * valid until the next call.  *more false: there is none; that is right only
 * behind the checksum, else it is wb_bundle_fail_end.  WB_INVALID: nothing
 * further can be framed.
 */
struct wb_bundle_frame {
	struct wb_span bytes; /* without their length */
	bool first;
	bool last; /* the file ends here */
	/*
	 * A content, hashed on the way where the file's own hash is made at the
	 * same time: both together cost little more than one.
	 */
	bool hashed;
	struct wb_hash content;
};
WB_MUST_CHECK enum wb_status wb_bundle_reader_frame(struct wb_bundle_frame *out,
    bool *more, struct wb_bundle_reader *reader, struct wb_error *err);
/* May it stand there?  *more false: it is the checksum, and the end. */
WB_MUST_CHECK enum wb_status wb_bundle_frame_check(bool *more,
    const struct wb_bundle_frame *frame, const struct wb_bundle_item *item,
    struct wb_error *err);
enum wb_status wb_bundle_fail_end(struct wb_error *err);

/* Back to before the head.  What was altered since is found no more. */
void wb_bundle_reader_rewind(struct wb_bundle_reader *reader);
void wb_bundle_reader_close(struct wb_bundle_reader **reader);

/*
 * The envelope of an item that is a statement or an entry (a statement too;
 * its place is for sync); else empty.  A view.
 */
struct wb_span wb_bundle_item_statement(const struct wb_bundle_item *item);

#endif
