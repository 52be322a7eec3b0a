/*
 * The log of a vault's file: records behind the header, one for each commit,
 * and in memory where the newest state of each page lies.  Owns that map; the
 * file and the key belong to the caller and must outlive it.
 *
 * Between header and records lies a page of random bytes whose first are,
 * once a vault was closed, the sealed number of its records: what tells a last
 * record that was torn, and never acknowledged, from one damaged or cut off
 * later.
 *
 *	nonce 24 | sealed number of records 8 + 16
 */
#ifndef WB_CLIENT_VAULT_PAGELOG_H
#define WB_CLIENT_VAULT_PAGELOG_H

#include "base/bytes.h"
#include "base/error.h"
#include "base/file.h"
#include "base/random.h"
#include "client/vault/pagerec.h"
#include "client/vault/vault.h"

#define WB_PAGELOG_COUNT 4096 /* bytes between header and records */
#define WB_MAX_PAGELOG_PAGES (UINT32_C(1) << 24) /* 64 GiB of database */

struct wb_pagelog;

struct wb_pagelog_page {
	uint32_t number; /* from 1 */
	uint8_t *data; /* WB_PAGEREC_PAGE bytes, borrowed */
};

/* An empty log over a file with its header and WB_PAGELOG_COUNT bytes. */
WB_MUST_CHECK enum wb_status wb_pagelog_new(struct wb_pagelog **out,
    const struct wb_file_ops *files, int fd, struct wb_span key,
    struct wb_random random, struct wb_error *err);

/* Frees the map; leaves the file alone; nulls. */
void wb_pagelog_free(struct wb_pagelog **log);

/*
 * Reads every record's head and list, and the last one's pages.  Writes
 * nothing.  A torn last record is passed over, unless it was counted.  `damage` gets WB_OK or why the
 * log ends before the file does (WB_STORAGE "vault-damaged", WB_FORGED
 * "vault-altered"); it then holds the state before that, and nothing may be
 * appended.  WB_STORAGE: the medium fails.
 */
WB_MUST_CHECK enum wb_status wb_pagelog_scan(struct wb_pagelog *log,
    struct wb_error *damage, struct wb_error *err);

/* The database's length in pages. */
uint32_t wb_pagelog_total(const struct wb_pagelog *log);

/*
 * Reads and authenticates a page; one never written is zeros.  0, -EBADMSG:
 * it is damaged, or -errno.
 */
WB_MUST_CHECK int wb_pagelog_read(struct wb_pagelog *log, uint8_t *out,
    uint32_t number);

/*
 * Appends one commit: `pages` in ascending order, and the database's length
 * behind it.  With `durable` it is on the medium when 0 is returned, else
 * wb_pagelog_sync() must follow.  On failure the log and the map are as
 * before.  -ENOSPC: no room, and it may be tried again; any other error ends
 * writing for good (-EIO from then on).  -EROFS: read-only.
 */
WB_MUST_CHECK int wb_pagelog_append(struct wb_pagelog *log, uint32_t total,
    const struct wb_pagelog_page *pages, uint32_t n, bool durable);
WB_MUST_CHECK int wb_pagelog_sync(struct wb_pagelog *log);

/*
 * Notes how many records there are, for the next scan; not durable, for it
 * only ever says what is, and it may fail, unseen.
 */
void wb_pagelog_write_count(struct wb_pagelog *log);

/* Ends writing: what is on the medium is no longer known. */
void wb_pagelog_poison(struct wb_pagelog *log);

/* Ends writing: reading is all that is wanted, or allowed. */
void wb_pagelog_set_read_only(struct wb_pagelog *log);
bool wb_pagelog_is_read_only(const struct wb_pagelog *log);

/* Whether wb_pagelog_read() has met a damaged page. */
bool wb_pagelog_met_damage(const struct wb_pagelog *log);

void wb_pagelog_stats(struct wb_vault_stats *out, const struct wb_pagelog *log);

#endif
