/*
 * An audit on several threads: struct wb_audit_options.read.  Apart, because
 * glibc's threads bring its resolver with them, and waybill-verify shall have
 * no code that could ask a network for anything.
 */
#ifndef WB_CLIENT_AUDIT_AUDIT_THREADS_H
#define WB_CLIENT_AUDIT_AUDIT_THREADS_H

#include "client/audit/audit_reader.h"

#define WB_MAX_AUDIT_THREADS 4

/* `threads` 0: one a core that this process may use. */
void wb_read_on_threads(struct wb_reading *r, size_t threads);

#endif
