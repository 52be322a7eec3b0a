/*
 * A witness over HTTP: POST /add-checkpoint, and GET /HASH/checkpoint for who
 * wants to see what it cosigned last (HASH: SHA-256 of the log's origin, in
 * hexadecimal).
 */
#ifndef WB_CLIENT_WITNESS_WITNESS_HTTP_H
#define WB_CLIENT_WITNESS_WITNESS_HTTP_H

#include "base/httpd.h"
#include "base/log.h"
#include "client/witness/witness.h"

/* The asker's own verifier key, for a witness that knows no log yet. */
#define WB_WITNESS_LOG_HEADER "Waybill-Log"

/* One worker and no more: a witness is for one thread at a time. */
#define WB_WITNESS_WORKERS 1

struct wb_witness_http {
	struct wb_witness *witness;
	const struct wb_log *log;
};

/* `http` must outlive the server. */
struct wb_httpd_hooks wb_witness_hooks(struct wb_witness_http *http);

#endif
