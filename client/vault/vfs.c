#include "client/vault/vfs.h"

#include <errno.h>
#include <sqlite3.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PAGE WB_PAGEREC_PAGE
#define SLAB_PAGES 64 /* pages taken from the system at once */
#define KEPT_SLABS 16 /* and kept for the next commit, 4 MiB */

struct wb_vfs {
	sqlite3_vfs base;
	struct wb_pagelog *const *log;
	struct wb_random random;
	struct wb_vfs_events events;
	char name[32];
	bool opened;
	bool dirty; /* written to or cut since the last commit */
	uint32_t total; /* pages, with what was written since */
	/* Written since the last commit, by number. */
	struct wb_pagelog_page *pages;
	size_t n;
	size_t cap;
	/* Their contents, in order of arrival. */
	uint8_t **slabs;
	size_t slabs_n;
	size_t slabs_cap;
	size_t used; /* pages of the slabs */
};

struct vault_file {
	sqlite3_file base; /* first: SQLite knows only this */
	struct wb_vfs *vfs;
};

static struct wb_vfs *
vfs_of(sqlite3_file *file)
{
	return ((struct vault_file *)(void *)file)->vfs;
}

/* SQLite's word for -errno. */
static int
code(int rc, int otherwise)
{
	switch (rc) {
	case 0:
		return SQLITE_OK;
	case -ENOSPC:
		return SQLITE_FULL;
	case -ENOMEM:
		return SQLITE_NOMEM;
	case -EROFS:
		return SQLITE_READONLY;
	case -EBADMSG:
		return SQLITE_CORRUPT;
	default:
		return otherwise;
	}
}

/* Forgets what was written since the last commit. */
static void
drop(struct wb_vfs *v)
{
	for (size_t i = 0; i < v->used; i++)
		wb_wipe(v->slabs[i / SLAB_PAGES] + i % SLAB_PAGES * PAGE, PAGE);
	while (v->slabs_n > KEPT_SLABS)
		free(v->slabs[--v->slabs_n]);
	v->used = 0;
	v->n = 0;
	v->dirty = false;
	v->total = wb_pagelog_total(*v->log);
}

/* Where `number` is among the pages written, or would be. */
static size_t
position(const struct wb_vfs *v, uint32_t number)
{
	size_t low = 0, high = v->n, mid;

	if (v->n == 0 || v->pages[v->n - 1].number < number)
		return v->n;
	while (low < high) {
		mid = low + (high - low) / 2;
		if (v->pages[mid].number < number)
			low = mid + 1;
		else
			high = mid;
	}
	return low;
}

static const uint8_t *
written(const struct wb_vfs *v, uint32_t number)
{
	size_t i = position(v, number);

	return i < v->n && v->pages[i].number == number ? v->pages[i].data
							: NULL;
}

/* Doubles an array that is full; false: no memory. */
static bool
grow(void **array, size_t *cap, size_t size)
{
	size_t n = *cap == 0 ? SLAB_PAGES : *cap * 2;
	void *p = realloc(*array, n * size);

	if (p == NULL)
		return false;
	*array = p;
	*cap = n;
	return true;
}

/* Memory for one more page, or NULL. */
static uint8_t *
page_new(struct wb_vfs *v)
{
	void *slabs = v->slabs;
	uint8_t *slab;

	if (v->used == v->slabs_n * SLAB_PAGES) {
		if (v->slabs_n == v->slabs_cap &&
		    !grow(&slabs, &v->slabs_cap, sizeof *v->slabs))
			return NULL;
		v->slabs = slabs;
		slab = malloc((size_t)SLAB_PAGES * PAGE);
		if (slab == NULL)
			return NULL;
		v->slabs[v->slabs_n++] = slab;
	}
	slab = v->slabs[v->used / SLAB_PAGES] + v->used % SLAB_PAGES * PAGE;
	v->used++;
	return slab;
}

/* Where the contents of `number` go, a new place if it has none; or NULL. */
static uint8_t *
page_for(struct wb_vfs *v, uint32_t number)
{
	size_t i = position(v, number);
	void *pages = v->pages;
	uint8_t *data;

	if (i < v->n && v->pages[i].number == number)
		return v->pages[i].data;
	if (v->n == v->cap && !grow(&pages, &v->cap, sizeof *v->pages))
		return NULL;
	v->pages = pages;
	data = page_new(v);
	if (data == NULL)
		return NULL;
	memmove(&v->pages[i + 1], &v->pages[i], (v->n - i) * sizeof *v->pages);
	v->pages[i] = (struct wb_pagelog_page){ number, data };
	v->n++;
	return data;
}

/* A first page that says so could never be opened again. */
static bool
wants_wal(const uint8_t *page)
{
	return page[18] > 1 || page[19] > 1;
}

static int
file_write(sqlite3_file *file, const void *in, int len, sqlite3_int64 at)
{
	struct wb_vfs *v = vfs_of(file);
	uint32_t number;
	uint8_t *data;

	if (len != PAGE || at < 0 || at % PAGE != 0 ||
	    (at == 0 && wants_wal(in)))
		return SQLITE_IOERR_WRITE;
	if (at / PAGE >= WB_MAX_PAGELOG_PAGES)
		return SQLITE_FULL;
	number = (uint32_t)(at / PAGE) + 1;
	data = page_for(v, number);
	if (data == NULL)
		return SQLITE_IOERR_NOMEM;
	memcpy(data, in, PAGE);
	v->dirty = true;
	if (number > v->total)
		v->total = number;
	return SQLITE_OK;
}

/* One page, or a part of it that begins at `from`. */
static int
read_page(struct wb_vfs *v, uint8_t *out, uint32_t number, size_t from,
    size_t len)
{
	const uint8_t *held = v->n == 0 ? NULL : written(v, number);
	uint8_t page[PAGE];
	int rc;

	if (held != NULL) {
		memcpy(out, held + from, len);
		return 0;
	}
	if (len == PAGE)
		return wb_pagelog_read(*v->log, out, number);
	rc = wb_pagelog_read(*v->log, page, number);
	if (rc == 0)
		memcpy(out, page + from, len);
	wb_wipe(page, sizeof page);
	return rc;
}

static int
file_read(sqlite3_file *file, void *out, int len, sqlite3_int64 at)
{
	struct wb_vfs *v = vfs_of(file);
	size_t from = (size_t)(at % PAGE);
	int rc;

	/* SQLite reads pages, and the first page's header. */
	if (len < 0 || at < 0 || from + (size_t)len > PAGE)
		return SQLITE_IOERR_READ;
	if (at / PAGE >= v->total) {
		memset(out, 0, (size_t)len);
		return SQLITE_IOERR_SHORT_READ;
	}
	rc = read_page(v, out, (uint32_t)(at / PAGE) + 1, from, (size_t)len);
	return code(rc, SQLITE_IOERR_READ);
}

static int
file_truncate(sqlite3_file *file, sqlite3_int64 size)
{
	struct wb_vfs *v = vfs_of(file);

	if (size < 0 || size % PAGE != 0 || size / PAGE > v->total)
		return SQLITE_IOERR_TRUNCATE;
	v->total = (uint32_t)(size / PAGE);
	v->n = position(v, v->total + 1);
	v->dirty = true;
	return SQLITE_OK;
}

/*
 * The commit point.  After one that failed SQLite writes the old pages back.
 * The log has them still, so that nothing is lost if that fails as well; but
 * SQLite then reads no more of them before the vault is opened again.
 */
static int
commit(struct wb_vfs *v)
{
	int rc;

	if (!v->dirty)
		return SQLITE_OK;
	rc = wb_pagelog_append(*v->log, v->total, v->pages, (uint32_t)v->n,
	    true);
	drop(v);
	if (rc == 0)
		v->events.committed(v->events.ctx);
	return code(rc, SQLITE_IOERR_FSYNC);
}

static int
file_sync(sqlite3_file *file, int flags)
{
	(void)flags;
	return commit(vfs_of(file));
}

static int
file_control(sqlite3_file *file, int op, void *arg)
{
	(void)arg;
	return op == SQLITE_FCNTL_SYNC ? commit(vfs_of(file)) : SQLITE_NOTFOUND;
}

static int
file_size(sqlite3_file *file, sqlite3_int64 *out)
{
	*out = (sqlite3_int64)vfs_of(file)->total * PAGE;
	return SQLITE_OK;
}

static int
file_close(sqlite3_file *file)
{
	struct wb_vfs *v = vfs_of(file);

	drop(v);
	v->opened = false;
	return SQLITE_OK;
}

/* The vault's own lock is held for as long as it is open. */
static int
file_lock(sqlite3_file *file, int level)
{
	(void)file;
	(void)level;
	return SQLITE_OK;
}

static int
file_check_lock(sqlite3_file *file, int *out)
{
	(void)file;
	*out = 0;
	return SQLITE_OK;
}

static int
file_sector_size(sqlite3_file *file)
{
	(void)file;
	return WB_PAGEREC_ALIGN;
}

static int
file_characteristics(sqlite3_file *file)
{
	(void)file;
	return SQLITE_IOCAP_POWERSAFE_OVERWRITE;
}

/* Version 1: no shared memory, so no WAL; no memory map. */
static const sqlite3_io_methods methods = {
	.iVersion = 1,
	.xClose = file_close,
	.xRead = file_read,
	.xWrite = file_write,
	.xTruncate = file_truncate,
	.xSync = file_sync,
	.xFileSize = file_size,
	.xLock = file_lock,
	.xUnlock = file_lock,
	.xCheckReservedLock = file_check_lock,
	.xFileControl = file_control,
	.xSectorSize = file_sector_size,
	.xDeviceCharacteristics = file_characteristics,
};

static int
vfs_open(sqlite3_vfs *base, const char *name, sqlite3_file *file, int flags,
    int *flags_out)
{
	struct vault_file *f = (struct vault_file *)(void *)file;
	struct wb_vfs *v = base->pAppData;

	f->base.pMethods = NULL;
	if ((flags & SQLITE_OPEN_MAIN_DB) == 0 || v->opened || name == NULL ||
	    strcmp(name, WB_VFS_DATABASE) != 0)
		return SQLITE_CANTOPEN;
	f->base.pMethods = &methods;
	f->vfs = v;
	v->opened = true;
	drop(v);
	if (wb_pagelog_is_read_only(*v->log))
		flags = (flags & ~SQLITE_OPEN_READWRITE) | SQLITE_OPEN_READONLY;
	if (flags_out != NULL)
		*flags_out = flags;
	return SQLITE_OK;
}

static int
vfs_delete(sqlite3_vfs *base, const char *name, int sync)
{
	(void)base;
	(void)name;
	(void)sync;
	return SQLITE_IOERR_DELETE;
}

/* No journal is ever there. */
static int
vfs_access(sqlite3_vfs *base, const char *name, int flags, int *out)
{
	(void)base;
	(void)name;
	(void)flags;
	*out = 0;
	return SQLITE_OK;
}

static int
vfs_full_path(sqlite3_vfs *base, const char *name, int len, char *out)
{
	size_t n = strlen(name) + 1;

	(void)base;
	if (n > (size_t)len)
		return SQLITE_CANTOPEN;
	memcpy(out, name, n);
	return SQLITE_OK;
}

static int
vfs_randomness(sqlite3_vfs *base, int len, char *out)
{
	struct wb_vfs *v = base->pAppData;

	wb_random_fill(v->random, out, (size_t)len);
	return len;
}

static int
vfs_sleep(sqlite3_vfs *base, int microseconds)
{
	(void)base;
	return microseconds;
}

static int
vfs_time(sqlite3_vfs *base, double *out)
{
	sqlite3_vfs *system = sqlite3_vfs_find(NULL);

	(void)base;
	return system->xCurrentTime(system, out);
}

static int
vfs_last_error(sqlite3_vfs *base, int len, char *out)
{
	(void)base;
	(void)len;
	(void)out;
	return 0;
}

enum wb_status
wb_vfs_new(struct wb_vfs **out, struct wb_pagelog *const *log,
    struct wb_random random, struct wb_vfs_events events, struct wb_error *err)
{
	static atomic_uint serial;
	struct wb_vfs *v = calloc(1, sizeof *v);

	*out = NULL;
	if (v == NULL)
		return wb_fail(err, WB_NO_MEMORY, "out of memory");
	(void)snprintf(v->name, sizeof v->name, "wb-vault-%u",
	    atomic_fetch_add(&serial, 1U));
	v->log = log;
	v->random = random;
	v->events = events;
	v->base = (sqlite3_vfs){
		.iVersion = 1,
		.szOsFile = sizeof(struct vault_file),
		.mxPathname = 255,
		.zName = v->name,
		.pAppData = v,
		.xOpen = vfs_open,
		.xDelete = vfs_delete,
		.xAccess = vfs_access,
		.xFullPathname = vfs_full_path,
		.xRandomness = vfs_randomness,
		.xSleep = vfs_sleep,
		.xCurrentTime = vfs_time,
		.xGetLastError = vfs_last_error,
	};
	if (sqlite3_vfs_register(&v->base, 0) != SQLITE_OK) {
		free(v);
		return wb_fail(err, WB_NO_MEMORY, "out of memory");
	}
	*out = v;
	return WB_OK;
}

const char *
wb_vfs_name(const struct wb_vfs *vfs)
{
	return vfs->name;
}

void
wb_vfs_free(struct wb_vfs **vfs)
{
	struct wb_vfs *v = *vfs;

	if (v == NULL)
		return;
	drop(v);
	(void)sqlite3_vfs_unregister(&v->base);
	while (v->slabs_n > 0)
		free(v->slabs[--v->slabs_n]);
	free(v->slabs);
	free(v->pages);
	free(v);
	*vfs = NULL;
}
