/*
 * The items of a bundle on their way to the auditor, who takes them in their
 * order whatever the number of threads that prepare them: what is found, and in
 * which words, does not depend on it.
 */
#ifndef WB_CLIENT_AUDIT_READER_H
#define WB_CLIENT_AUDIT_READER_H

#include "client/evidence/auditor.h"
#include "client/evidence/bundle_reader.h"

/*
 * All items, on options.threads threads.  What is wrong with the file is a
 * problem found, what fails here sticks to the auditor.
 */
void wb_audit_read(struct wb_auditor *a, struct wb_bundle_reader *reader);

#endif
