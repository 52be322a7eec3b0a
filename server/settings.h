/* What an operator may set; server/settings.c has every key and its default. */
#ifndef WB_SERVER_SETTINGS_H
#define WB_SERVER_SETTINGS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/file.h"
#include "base/listen.h"

#define WB_SETTINGS_FILE "waybilld.conf" /* in the log's folder */

struct wb_settings {
	char dir[WB_MAX_PATH];
	char store[WB_MAX_PATH]; /* "sqlite:PATH"; default in dir */
	char listen
	    [WB_MAX_LISTEN]; /* "127.0.0.1:8443", "[::1]:8443", "unix:PATH" */
	bool listen_public; /* allow an address that is not loopback */
	char admin[WB_MAX_LISTEN]; /* as listen; empty: none */
	uint32_t workers; /* 0: one a processor */
	uint32_t connections; /* at most so many at once */
	uint32_t request_seconds; /* absolute, for a whole request */
	char witness_proxy[WB_MAX_PATH]; /* "socks5h://…"; empty: direct */
	bool witness_local; /* also where only this network reaches */
	uint32_t witness_seconds; /* absolute, for one question to one */
	uint32_t witness_retry_seconds; /* longest pause after failures */
	bool without_witness; /* --without-witness: not in the file */
	uint32_t rate; /* reads a minute and member; 0: no bound */
};

/* Defaults, then DIR/waybilld.conf.  WB_INVALID names file and line. */
WB_MUST_CHECK enum wb_status wb_settings_load(struct wb_settings *out,
    const char *dir, struct wb_error *err);

/* Writes DIR/waybilld.conf: every key, explained, at its default. */
WB_MUST_CHECK enum wb_status wb_settings_write(const char *dir,
    struct wb_error *err);

/* WB_REFUSED: `listen` is not loopback or a unix socket, and not allowed. */
WB_MUST_CHECK enum wb_status wb_settings_check(const struct wb_settings *s,
    struct wb_error *err);

#endif
