/*
 * What can be asked over HTTP: one table of method, path, who may, largest
 * body and handler; and the admin listener's three pages.
 */
#ifndef WB_SERVER_ROUTES_H
#define WB_SERVER_ROUTES_H

#include "base/clock.h"
#include "base/httpd.h"
#include "server/core.h"

struct wb_routes;

/* All borrowed, and to outlive the routes.  WB_NO_MEMORY. */
WB_MUST_CHECK enum wb_status wb_routes_new(struct wb_routes **out,
    struct wb_core *core, const struct wb_settings *settings,
    struct wb_clock clock, struct wb_error *err);
void wb_routes_free(struct wb_routes **routes);

/* For wb_httpd_start: the public listener, and the admin's. */
struct wb_httpd_hooks wb_routes_public(struct wb_routes *routes);
struct wb_httpd_hooks wb_routes_admin(struct wb_routes *routes);

/* Whose connections /metrics counts; NULL: nobody's. */
void wb_routes_watch(struct wb_routes *routes, struct wb_httpd *httpd);

#endif
