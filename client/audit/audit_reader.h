/*
 * The items of a bundle on their way to the auditor, who takes them in their
 * order whatever the number of threads that prepare them: what is found, and in
 * which words, does not depend on it.
 */
#ifndef WB_CLIENT_AUDIT_AUDIT_READER_H
#define WB_CLIENT_AUDIT_AUDIT_READER_H

#include "client/audit/auditor.h"
#include "client/bundle/bundle_reader.h"

/* One bundle being read. */
struct wb_reading {
	struct wb_auditor *a;
	struct wb_bundle_reader *reader;
	struct wb_error fault; /* why nothing further can be framed */
	bool ended; /* the checksum came last */
};

/*
 * All items.  What is wrong with the file is a problem found, what fails here
 * sticks to the auditor.
 */
void wb_audit_read(struct wb_auditor *a, struct wb_bundle_reader *reader);

/* For those who do it: on the thread that calls. */
void wb_read_alone(struct wb_reading *r);
/* The next item's bytes; false: no more. */
bool wb_reading_frame(struct wb_bundle_frame *out, struct wb_reading *r);
/* Takes it, once prepared, or says what is wrong with it. */
void wb_reading_judge(struct wb_reading *r, const struct wb_bundle_frame *frame,
    const struct wb_prepared *p);

#endif
