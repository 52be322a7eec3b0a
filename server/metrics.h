/*
 * What the operator's own tools may ask on the admin listener: /healthz,
 * /readyz, /metrics.  Numbers only: no key, label, address or hash.
 */
#ifndef WB_SERVER_METRICS_H
#define WB_SERVER_METRICS_H

#include "base/httpd.h"
#include "server/core.h"

struct wb_metrics;

/* What a count is of; both static. */
struct wb_metrics_route {
	const char *method;
	const char *path;
};

WB_MUST_CHECK enum wb_status wb_metrics_new(struct wb_metrics **out,
    struct wb_core *core, const struct wb_metrics_route *routes, size_t n,
    struct wb_error *err);
void wb_metrics_free(struct wb_metrics **metrics);

/* A request on the i-th route is over; `status` 0: cut off.  Any thread. */
void wb_metrics_note(struct wb_metrics *metrics, size_t route, unsigned status);

/* The server whose connections are counted; NULL: none. */
void wb_metrics_watch(struct wb_metrics *metrics, struct wb_httpd *httpd);

struct wb_httpd_hooks wb_metrics_hooks(struct wb_metrics *metrics);

#endif
