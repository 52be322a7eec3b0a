#include "client/vault/pagelog.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "client/vault/keyslots.h"

#define FIRST_RECORD (WB_KEYSLOTS_HEADER + WB_PAGELOG_COUNT)
#define SMALLEST_RECORD WB_PAGEREC_ALIGN
#define WRITE_SIZE ((size_t)256 << 10)

/*
 * The file grows by whole steps of random bytes, so that most commits change
 * no metadata: one flush of the medium instead of two.
 */
#define GROW_STEP ((uint64_t)64 << 10)

/* How many records there were when the vault was last closed. */
#define COUNT_LABEL "waybill vault record count"
#define COUNT_LEN (WB_XCHACHA_NONCE_LEN + 8 + WB_AEAD_TAG_LEN)

#define MAX_LIST \
	((size_t)WB_MAX_PAGELOG_PAGES * 4 + WB_AEAD_TAG_LEN + WB_PAGEREC_ALIGN)

struct place {
	uint64_t at; /* in the file; 0: never written */
	uint32_t record; /* index of its nonce */
	uint32_t index; /* in its record */
};

struct nonce {
	uint8_t b[WB_PAGEREC_NONCE];
};

struct wb_pagelog {
	const struct wb_file_ops *files;
	int fd;
	struct wb_span key;
	struct wb_random random;

	struct place *map; /* by page number - 1 */
	size_t map_cap;
	struct nonce *nonces; /* by record number - 1 */
	size_t nonces_cap;
	uint32_t records;
	uint32_t total;
	uint32_t live;
	struct wb_hash chain; /* over all records */
	uint64_t end; /* behind the last record */
	uint64_t size; /* of the file */
	bool poisoned;
	bool read_only;
	bool met_damage;
	uint64_t counted; /* records, as the file says */
	bool grown; /* since the file says so */

	struct wb_bytes out; /* a record on its way to the file */
	uint8_t sealed[WB_PAGEREC_SEALED]; /* a page on its way back */
};

/* A record as it was found in the file. */
struct found {
	struct wb_pagerec_head head;
	uint8_t sealed[WB_PAGEREC_HEAD]; /* the head; its nonce comes first */
	struct wb_bytes list; /* opened */
	uint64_t at;
};

enum verdict {
	FOUND_RECORD,
	FOUND_NONE, /* the end, or bytes without meaning */
	FOUND_TORN, /* a true head before bytes without meaning */
	FOUND_STRAY /* a true head that belongs elsewhere */
};

enum wb_status
wb_pagelog_new(struct wb_pagelog **out, const struct wb_file_ops *files, int fd,
    struct wb_span key, struct wb_random random, struct wb_error *err)
{
	struct wb_pagelog *log = calloc(1, sizeof *log);

	*out = log;
	if (log == NULL)
		return wb_fail(err, WB_NO_MEMORY, "out of memory");
	log->files = files;
	log->fd = fd;
	log->key = key;
	log->random = random;
	log->end = FIRST_RECORD;
	log->size = FIRST_RECORD;
	wb_bytes_init(&log->out, MAX_LIST + WB_PAGEREC_HEAD + WRITE_SIZE +
				     WB_PAGEREC_SEALED + GROW_STEP);
	return WB_OK;
}

void
wb_pagelog_free(struct wb_pagelog **log)
{
	if (*log == NULL)
		return;
	wb_bytes_clear(&(*log)->out);
	free((*log)->nonces);
	free((*log)->map);
	free(*log);
	*log = NULL;
}

uint32_t
wb_pagelog_total(const struct wb_pagelog *log)
{
	return log->total;
}

void
wb_pagelog_poison(struct wb_pagelog *log)
{
	log->poisoned = true;
}

void
wb_pagelog_set_read_only(struct wb_pagelog *log)
{
	log->read_only = true;
}

bool
wb_pagelog_is_read_only(const struct wb_pagelog *log)
{
	return log->read_only;
}

void
wb_pagelog_stats(struct wb_vault_stats *out, const struct wb_pagelog *log)
{
	out->records = log->records;
	out->live = FIRST_RECORD + (uint64_t)log->live * WB_PAGEREC_SEALED;
	out->used = log->end;
	out->dead = log->end - out->live;
}

/* Room for `want` elements of `size` bytes; false: no memory. */
static bool
grow(void **array, size_t *cap, size_t want, size_t size)
{
	size_t n = *cap < 256 ? 256 : *cap;
	void *p;

	if (want <= *cap)
		return true;
	while (n < want)
		n *= 2;
	p = realloc(*array, n * size);
	if (p == NULL)
		return false;
	*array = p;
	*cap = n;
	return true;
}

/* Makes room for one more record, so that taking it in cannot fail. */
static bool
reserve(struct wb_pagelog *log, uint32_t total)
{
	void *map = log->map, *nonces = log->nonces;
	size_t had = log->map_cap;
	bool ok;

	ok = grow(&map, &log->map_cap, total, sizeof *log->map);
	log->map = map;
	if (log->map_cap > had)
		memset(log->map + had, 0,
		    (log->map_cap - had) * sizeof *log->map);
	ok = ok && grow(&nonces, &log->nonces_cap, (size_t)log->records + 1,
		       sizeof *log->nonces);
	log->nonces = nonces;
	return ok;
}

static void
forget(struct wb_pagelog *log, uint32_t number)
{
	struct place *p = &log->map[number - 1];

	if (p->at != 0)
		log->live--;
	*p = (struct place){ 0 };
}

/* Takes the i-th page of the record at `at` into the map, after reserve(). */
static void
take_page(struct wb_pagelog *log, uint64_t at,
    const struct wb_pagerec_head *head, uint32_t i, uint32_t number)
{
	forget(log, number);
	log->map[number - 1] = (struct place){
		.at = at + wb_pagerec_page_at(head->pages, i),
		.record = log->records,
		.index = i,
	};
	log->live++;
}

/* Then the record as a whole. */
static void
take_record(struct wb_pagelog *log, uint64_t at,
    const struct wb_pagerec_head *head, const uint8_t *nonce)
{
	for (uint32_t n = head->total + 1; n <= log->total; n++)
		forget(log, n);
	memcpy(log->nonces[log->records].b, nonce, WB_PAGEREC_NONCE);
	log->records++;
	log->total = head->total;
	log->end = at + wb_pagerec_size(head->pages);
}

int
wb_pagelog_read(struct wb_pagelog *log, uint8_t *out, uint32_t number)
{
	struct place p = { 0 };
	int rc;

	if (number >= 1 && number <= log->total)
		p = log->map[number - 1];
	if (p.at == 0) {
		memset(out, 0, WB_PAGEREC_PAGE);
		return 0;
	}
	rc = wb_file_pread_all(log->files, log->fd, log->sealed,
	    sizeof log->sealed, (int64_t)p.at);
	if (rc != 0 && rc != -ENODATA)
		return rc;
	if (rc == 0 && wb_pagerec_open_page(out, log->sealed, number, p.index,
			   log->nonces[p.record].b, log->key))
		return 0;
	log->met_damage = true;
	return -EBADMSG;
}

bool
wb_pagelog_met_damage(const struct wb_pagelog *log)
{
	return log->met_damage;
}

static uint32_t
list_number(const struct found *f, uint32_t i)
{
	return wb_get_be32(f->list.data + (size_t)i * 4);
}

/* Whether the numbers ascend within the database. */
static bool
list_is_sound(const struct found *f)
{
	uint32_t last = 0;

	for (uint32_t i = 0; i < f->head.pages; i++) {
		if (list_number(f, i) <= last ||
		    list_number(f, i) > f->head.total)
			return false;
		last = list_number(f, i);
	}
	return true;
}

/* Reads and opens the list of the record whose head is in `f`. */
static int
read_list(struct wb_pagelog *log, enum verdict *out, struct found *f)
{
	size_t len = wb_pagerec_list_size(f->head.pages);
	struct wb_hash chain = log->chain;
	uint8_t *list;
	int rc;

	if (wb_bytes_extend(&f->list, len, &list, NULL) != WB_OK)
		return -ENOMEM;
	rc = wb_file_pread_all(log->files, log->fd, list, len,
	    (int64_t)(f->at + WB_PAGEREC_HEAD));
	if (rc != 0)
		return rc;
	wb_pagerec_chain(&chain, f->sealed, wb_bytes_span(&f->list));
	if (!wb_pagerec_open_list(list, f->head.pages, f->sealed, log->key) ||
	    !list_is_sound(f))
		return 0;
	log->chain = chain;
	*out = FOUND_RECORD;
	return 0;
}

/* What lies at f->at, where the record behind log->chain should. */
static int
probe(struct wb_pagelog *log, enum verdict *out, struct found *f,
    uint64_t sequence)
{
	int rc;

	*out = FOUND_NONE;
	wb_bytes_reset(&f->list);
	if (f->at + SMALLEST_RECORD > log->size)
		return 0;
	rc = wb_file_pread_all(log->files, log->fd, f->sealed, sizeof f->sealed,
	    (int64_t)f->at);
	if (rc != 0 || !wb_pagerec_open_head(&f->head, f->sealed, log->key))
		return rc;
	*out = FOUND_STRAY;
	if (f->head.sequence != sequence ||
	    !wb_hash_equal(&f->head.chain, &log->chain))
		return 0;
	*out = FOUND_TORN;
	if (f->head.total > WB_MAX_PAGELOG_PAGES ||
	    f->head.pages > WB_MAX_PAGELOG_PAGES ||
	    wb_pagerec_size(f->head.pages) > log->size - f->at)
		return 0;
	return read_list(log, out, f);
}

static int
take_found(struct wb_pagelog *log, const struct found *f)
{
	if (!reserve(log, f->head.total))
		return -ENOMEM;
	for (uint32_t i = 0; i < f->head.pages; i++)
		take_page(log, f->at, &f->head, i, list_number(f, i));
	take_record(log, f->at, &f->head, f->sealed);
	return 0;
}

/* Whether all pages of a record are whole; *out says so. */
static int
check_pages(struct wb_pagelog *log, bool *out, const struct found *f)
{
	uint8_t page[WB_PAGEREC_PAGE];
	int rc = 0;

	*out = true;
	for (uint32_t i = 0; rc == 0 && *out && i < f->head.pages; i++) {
		rc = wb_file_pread_all(log->files, log->fd, log->sealed,
		    sizeof log->sealed,
		    (int64_t)(f->at + wb_pagerec_page_at(f->head.pages, i)));
		*out = rc == 0 &&
		       wb_pagerec_open_page(page, log->sealed,
			   list_number(f, i), i, f->sealed, log->key);
	}
	wb_wipe(page, sizeof page);
	return rc;
}

/*
 * Takes records in as long as they are good.  Each waits for the head of the
 * next: that proves that it was acknowledged and cannot be torn, and only the
 * last one's pages need to be read.  At the end `f` is what was found at
 * log->end.
 */
static int
take_all(struct wb_pagelog *log, enum verdict *out, struct found *f)
{
	struct found last = { .at = FIRST_RECORD };
	bool waits = false, whole = true;
	int rc;

	wb_bytes_init(&last.list, MAX_LIST);
	for (;;) {
		f->at = waits ? last.at + wb_pagerec_size(last.head.pages)
			      : FIRST_RECORD;
		rc = probe(log, out, f, (uint64_t)log->records + waits + 1);
		if (rc == 0 && waits && *out == FOUND_NONE)
			rc = check_pages(log, &whole, &last);
		if (rc == 0 && waits && whole)
			rc = take_found(log, &last);
		if (rc != 0 || *out != FOUND_RECORD)
			break;
		waits = true;
		last.head = f->head;
		last.at = f->at;
		memcpy(last.sealed, f->sealed, sizeof last.sealed);
		wb_bytes_move(&last.list, &f->list);
	}
	if (!whole)
		log->chain = last.head.chain;
	wb_bytes_clear(&last.list);
	return rc;
}

/* Whether a true head lies anywhere behind the log's end. */
static int
search_behind(struct wb_pagelog *log, bool *out)
{
	uint64_t at = log->end + WB_PAGEREC_ALIGN;
	uint8_t *buf = malloc(WRITE_SIZE);
	struct wb_pagerec_head head;
	size_t len, i;
	int rc = buf == NULL ? -ENOMEM : 0;

	*out = false;
	while (rc == 0 && !*out && at + SMALLEST_RECORD <= log->size) {
		len = WRITE_SIZE;
		if (len > log->size - at)
			len = (size_t)(log->size - at);
		rc = wb_file_pread_all(log->files, log->fd, buf, len,
		    (int64_t)at);
		for (i = 0; rc == 0 && !*out && i + WB_PAGEREC_HEAD <= len;
		     i += WB_PAGEREC_ALIGN)
			*out = wb_pagerec_open_head(&head, buf + i, log->key);
		at += len;
	}
	free(buf);
	return rc;
}

/* Another key's, a torn or an absent count says nothing: 0. */
static int
read_count(struct wb_pagelog *log)
{
	uint8_t in[COUNT_LEN], count[8];
	int rc;

	log->counted = 0;
	rc = wb_file_pread_all(log->files, log->fd, in, sizeof in,
	    WB_KEYSLOTS_HEADER);
	if (rc == 0 &&
	    wb_xchacha_open(count,
		wb_span(in + WB_XCHACHA_NONCE_LEN, 8 + WB_AEAD_TAG_LEN),
		wb_span_text(COUNT_LABEL), in, log->key))
		log->counted = wb_get_be64(count);
	return rc == -ENODATA ? 0 : rc;
}

void
wb_pagelog_write_count(struct wb_pagelog *log)
{
	uint8_t out[COUNT_LEN], *count = out + WB_XCHACHA_NONCE_LEN;

	if (!log->grown || log->poisoned)
		return;
	wb_random_fill(log->random, out, WB_XCHACHA_NONCE_LEN);
	wb_put_be64(count, log->records);
	wb_xchacha_seal(count, wb_span(count, 8), wb_span_text(COUNT_LABEL),
	    out, log->key);
	if (wb_file_pwrite_all(log->files, log->fd, wb_span(out, sizeof out),
		WB_KEYSLOTS_HEADER) == 0)
		log->grown = false;
}

#define READ_BEFORE                                                            \
	"`waybill list` and `show` read what comes before. Join again with a " \
	"new folder, and log again what was not sent"

static void
report(struct wb_error *damage, const struct wb_pagelog *log, bool stray,
    bool more)
{
	unsigned saves = (unsigned)log->records;

	if (stray) {
		(void)wb_advise(damage,
		    wb_fail(damage, WB_FORGED,
			"the vault was altered: what stands behind its save "
			"%u belongs elsewhere",
			saves),
		    "vault-altered", "Keep the file as evidence. " READ_BEFORE);
	} else if (more) {
		(void)wb_advise(damage,
		    wb_fail(damage, WB_STORAGE,
			"the vault is damaged behind its save %u, and later "
			"ones follow",
			saves),
		    "vault-damaged", READ_BEFORE);
	} else {
		(void)wb_advise(damage,
		    wb_fail(damage, WB_STORAGE,
			"the vault is damaged or cut off: it had %" PRIu64
			" saves, and %u can be read",
			log->counted, saves),
		    "vault-damaged", READ_BEFORE);
	}
}

enum wb_status
wb_pagelog_scan(struct wb_pagelog *log, struct wb_error *damage,
    struct wb_error *err)
{
	struct wb_file_info info;
	struct found f = { 0 };
	enum verdict verdict;
	bool more = false;
	int rc;

	wb_bytes_init(&f.list, MAX_LIST);
	damage->status = WB_OK;
	rc = log->files->fstat(log->files->ctx, log->fd, &info);
	if (rc == 0) {
		log->size = (uint64_t)info.size;
		rc = take_all(log, &verdict, &f);
	}
	if (rc == 0)
		rc = search_behind(log, &more);
	if (rc == 0)
		rc = read_count(log);
	wb_bytes_clear(&f.list);
	if (rc == -ENOMEM)
		return wb_fail(err, WB_NO_MEMORY, "out of memory");
	if (rc != 0) {
		return wb_advise(err,
		    wb_fail(err, WB_STORAGE, "cannot read the vault: %s",
			strerror(-rc)),
		    "vault-io", NULL);
	}
	if (verdict == FOUND_STRAY || more || log->size < FIRST_RECORD ||
	    log->counted > log->records)
		report(damage, log, verdict == FOUND_STRAY, more);
	return WB_OK;
}

/* Writes out what has gathered; *at moves on. */
static int
flush(struct wb_pagelog *log, uint64_t *at)
{
	int rc = wb_file_pwrite_all(log->files, log->fd,
	    wb_bytes_span(&log->out), (int64_t)*at);

	*at += log->out.len;
	wb_bytes_reset(&log->out);
	return rc;
}

/* Head and list, sealed, at the front of log->out; `chain` takes them in. */
static int
seal_front(struct wb_pagelog *log, struct wb_hash *chain,
    const struct wb_pagerec_head *head, const uint8_t *nonce,
    const struct wb_pagelog_page *pages)
{
	size_t list_len = wb_pagerec_list_size(head->pages);
	uint8_t *front, *list;

	wb_bytes_reset(&log->out);
	if (wb_bytes_extend(&log->out, WB_PAGEREC_HEAD + list_len, &front,
		NULL) != WB_OK)
		return -ENOMEM;
	list = front + WB_PAGEREC_HEAD;
	for (uint32_t i = 0; i < head->pages; i++)
		wb_put_be32(list + (size_t)i * 4, pages[i].number);
	wb_pagerec_seal_head(front, nonce, head, log->key);
	wb_pagerec_seal_list(list, head->pages, nonce, log->key);
	wb_pagerec_chain(chain, front, wb_span(list, list_len));
	return 0;
}

static int
write_record(struct wb_pagelog *log, struct wb_hash *chain,
    const struct wb_pagerec_head *head, const uint8_t *nonce,
    const struct wb_pagelog_page *pages)
{
	uint64_t at = log->end;
	uint8_t *sealed;
	int rc;

	rc = seal_front(log, chain, head, nonce, pages);
	for (uint32_t i = 0; rc == 0 && i < head->pages; i++) {
		if (wb_bytes_extend(&log->out, WB_PAGEREC_SEALED, &sealed,
			NULL) != WB_OK)
			return -ENOMEM;
		wb_pagerec_seal_page(sealed, pages[i].data, pages[i].number, i,
		    nonce, log->key);
		if (log->out.len >= WRITE_SIZE)
			rc = flush(log, &at);
	}
	return rc == 0 ? flush(log, &at) : rc;
}

/* Random bytes behind `end` for records to come; not needed, so may fail. */
static void
make_room(struct wb_pagelog *log, uint64_t end)
{
	uint64_t at = end;
	size_t len = (size_t)(GROW_STEP - end % GROW_STEP);
	uint8_t *room;

	log->size = end;
	if (wb_bytes_extend(&log->out, len, &room, NULL) != WB_OK)
		return;
	wb_random_fill(log->random, room, len);
	if (flush(log, &at) == 0)
		log->size = at;
}

/*
 * After a failed write: takes the record away again, so that no later command
 * finds one that was not acknowledged and builds on it, though the medium may
 * have refused it.  Only a full disk is no reason to stop.
 */
static int
undo(struct wb_pagelog *log, int rc)
{
	bool again = true;

	if (rc == -EDQUOT || rc == -EFBIG)
		rc = -ENOSPC;
	if (rc != -ENOSPC && rc != -ENOMEM)
		again = false;
	wb_bytes_reset(&log->out);
	if (log->files->ftruncate(log->files->ctx, log->fd,
		(int64_t)log->end) != 0)
		again = false;
	log->size = log->end;
	if (!again)
		log->poisoned = true;
	return rc;
}

int
wb_pagelog_sync(struct wb_pagelog *log)
{
	return log->files->fdatasync(log->files->ctx, log->fd);
}

int
wb_pagelog_append(struct wb_pagelog *log, uint32_t total,
    const struct wb_pagelog_page *pages, uint32_t n, bool durable)
{
	struct wb_pagerec_head head = { (uint64_t)log->records + 1, n, total,
		log->chain };
	uint64_t at = log->end, end = at + wb_pagerec_size(n);
	uint8_t nonce[WB_PAGEREC_NONCE];
	struct wb_hash chain = log->chain;
	int rc;

	if (log->read_only)
		return -EROFS;
	if (log->poisoned)
		return -EIO;
	if (total > WB_MAX_PAGELOG_PAGES)
		return -ENOSPC;
	if (!reserve(log, total))
		return -ENOMEM;
	wb_random_fill(log->random, nonce, sizeof nonce);
	rc = write_record(log, &chain, &head, nonce, pages);
	if (rc != 0)
		return undo(log, rc);
	if (durable && end > log->size)
		make_room(log, end);
	if (durable && wb_pagelog_sync(log) != 0)
		return undo(log, -EIO);
	if (end > log->size)
		log->size = end;
	for (uint32_t i = 0; i < n; i++)
		take_page(log, at, &head, i, pages[i].number);
	take_record(log, at, &head, nonce);
	log->chain = chain;
	log->grown = true;
	return 0;
}
