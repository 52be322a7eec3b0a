/*
 * The SQLite VFS of one vault: a database file that is a page log.  What SQLite
 * writes is gathered in memory and becomes one record when it syncs.  Journals,
 * WALs, temporary files: opening anything but the database fails.
 */
#ifndef WB_CLIENT_VAULT_VFS_H
#define WB_CLIENT_VAULT_VFS_H

#include "base/error.h"
#include "base/random.h"
#include "client/vault/pagelog.h"

/* What the database is called; it is not a path. */
#define WB_VFS_DATABASE "vault"

struct wb_vfs;

struct wb_vfs_events {
	/* After each durable commit. */
	void (*committed)(void *ctx);
	void *ctx;
};

/*
 * Registers a VFS under a name of its own.  `log` is looked at anew with each
 * call, so that a compaction can put another log in its place.
 */
WB_MUST_CHECK enum wb_status wb_vfs_new(struct wb_vfs **out,
    struct wb_pagelog *const *log, struct wb_random random,
    struct wb_vfs_events events, struct wb_error *err);

/* For wb_db_open(). */
const char *wb_vfs_name(const struct wb_vfs *vfs);

/* After the database is closed: unregisters, wipes, frees, nulls. */
void wb_vfs_free(struct wb_vfs **vfs);

#endif
