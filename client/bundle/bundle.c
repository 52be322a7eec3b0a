/* Writing bundles; client/bundle/bundle.h has the contract. */
#include "client/bundle/bundle.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>

#include "base/file.h"
#include "client/bundle/evidence.h"
#include "client/disclosure/showing.h"
#include "client/queue.h"
#include "client/team/annexes.h"
#include "crypto/padding.h"
#include "crypto/text.h"

#define FLUSH_AT ((size_t)256 << 10) /* bytes of a plain bundle held back */
#define CHECKSUM_ITEM 35 /* bytes */
#define NAME_BYTES 8 /* of a random file name */
#define PADDING_STEP ((size_t)1 << 20) /* bytes of one item, where many */
#define MAX_FRAME 12 /* bytes around the zeros of a padding item */

/* A bundle on its way to a file, or gathered to be sealed. */
struct packing {
	const struct wb_file_ops *ops;
	struct wb_packed *out;
	struct wb_device *device;
	enum wb_bundle_purpose purpose;
	const char *to; /* a label, or who evidence is for; may be NULL */
	char made[WB_MAX_PATH]; /* PATH.new; plain bundles only */
	int fd; /* -1: all of it stays in `waiting` */
	int64_t written;
	struct wb_bytes waiting;
	struct wb_hasher hasher;
	const struct wb_bytes *openings; /* put behind all else */
	size_t opening_count;
};

static enum wb_status
flush(struct packing *p, struct wb_error *err)
{
	int rc = wb_file_pwrite_all(p->ops, p->fd, wb_bytes_span(&p->waiting),
	    p->written);

	if (rc != 0)
		return wb_file_fail(err, rc, "write", p->made);
	p->written += (int64_t)p->waiting.len;
	wb_bytes_reset(&p->waiting);
	return WB_OK;
}

static enum wb_status
put(struct packing *p, const struct wb_bundle_item *item, struct wb_error *err)
{
	size_t at = p->waiting.len;
	enum wb_status st = wb_bundle_item_append(&p->waiting, item, err);

	if (st != WB_OK)
		return st;
	p->out->statements += item->kind == WB_BUNDLE_STATEMENT ||
			      item->kind == WB_BUNDLE_ENTRY;
	p->out->contents += item->kind == WB_BUNDLE_CONTENT;
	wb_hasher_add(&p->hasher,
	    wb_span_sub(wb_bytes_span(&p->waiting), at, p->waiting.len - at));
	if (p->fd >= 0 && p->waiting.len >= FLUSH_AT)
		st = flush(p, err);
	return st;
}

static enum wb_status
put_checksum(struct packing *p, struct wb_error *err)
{
	struct wb_bundle_item item = { .kind = WB_BUNDLE_CHECKSUM };

	wb_hasher_final(&p->hasher, &item.checksum);
	return put(p, &item, err);
}

static enum wb_status
put_evidence(struct packing *p, struct wb_evidence *evidence,
    struct wb_error *err)
{
	struct wb_bundle_item item;
	enum wb_status st;
	bool more = true;

	do {
		st = wb_evidence_next(&item, &more, evidence, err);
		if (st == WB_OK && more)
			st = put(p, &item, err);
	} while (st == WB_OK && more);
	return st;
}

/* ---------------------------------------------------------- plain files */

static enum wb_status
begin_file(struct packing *p, const char *path, struct wb_error *err)
{
	int n = snprintf(p->out->path, sizeof p->out->path, "%s", path);
	int rc;

	if (n < 0 || (size_t)n >= sizeof p->out->path)
		return wb_fail(err, WB_INVALID, "the file's name is too long");
	n = snprintf(p->made, sizeof p->made, "%s.new", p->out->path);
	if (n < 0 || (size_t)n >= sizeof p->made)
		return wb_fail(err, WB_INVALID, "the file's name is too long");
	rc = p->ops->open(p->ops->ctx, p->made, O_WRONLY | O_CREAT | O_TRUNC,
	    0600);
	if (rc < 0)
		return wb_file_fail(err, rc, "create", p->made);
	p->fd = rc;
	return WB_OK;
}

static enum wb_status
end_file(struct packing *p, struct wb_error *err)
{
	enum wb_status st = flush(p, err);
	int rc;

	if (st != WB_OK)
		return st;
	rc = p->ops->fsync(p->ops->ctx, p->fd);
	if (rc != 0)
		return wb_file_fail(err, rc, "write", p->made);
	rc = p->ops->rename(p->ops->ctx, p->made, p->out->path);
	if (rc == 0)
		rc = wb_file_sync_parent(p->ops, p->out->path);
	if (rc != 0)
		return wb_file_fail(err, rc, "write", p->out->path);
	p->out->bytes = (uint64_t)p->written;
	return WB_OK;
}

/* The file is whole or it is not there. */
static void
close_file(struct packing *p, enum wb_status st)
{
	if (p->fd < 0)
		return;
	(void)p->ops->close(p->ops->ctx, p->fd);
	if (st != WB_OK)
		(void)p->ops->unlink(p->ops->ctx, p->made);
	p->fd = -1;
}

/*
 * A server that shows a newer head and not the entries must not keep a member
 * from showing those that are here.
 */
static enum wb_status
end_where_whole(struct packing *p, struct wb_evidence *evidence,
    struct wb_error *err)
{
	uint64_t lacking = wb_evidence_lacking(evidence);
	enum wb_status st;

	if (lacking == 0)
		return WB_OK;
	/* Samples are drawn by the newest head. */
	st = p->opening_count != 0 ? WB_NOT_FOUND
				   : wb_evidence_step_back(evidence, err);
	if (st == WB_NOT_FOUND) {
		return wb_advise(err,
		    wb_fail(err, WB_PARTIAL,
			"%ju entries of the log are not here yet, so nothing "
			"was written",
			(uintmax_t)lacking),
		    "log-incomplete", "Sync first: waybill sync");
	}
	p->out->lacking = lacking;
	return st;
}

/* First, so that nothing that breaks off later leaves evidence unnoted. */
static enum wb_status
keep_note(struct packing *p, struct wb_error *err)
{
	return wb_showing_keep(&p->out->noted, p->device,
	    wb_span_text(wb_evidence_purpose(p->purpose)), p->to, NULL, err);
}

static enum wb_status
pack_plain(struct packing *p, const char *path, struct wb_error *err)
{
	struct wb_evidence *evidence = NULL;
	enum wb_status st;

	wb_bytes_init(&p->waiting, FLUSH_AT + WB_MAX_BUNDLE_ITEM + MAX_FRAME);
	st = wb_evidence_open(&evidence, p->device, p->purpose, err);
	if (st == WB_OK)
		st = end_where_whole(p, evidence, err);
	if (st == WB_OK)
		st = begin_file(p, path, err);
	if (st == WB_OK)
		st = keep_note(p, err);
	if (st == WB_OK)
		st = put_evidence(p, evidence, err);
	for (size_t i = 0; st == WB_OK && i < p->opening_count; i++) {
		st = put(p,
		    &(struct wb_bundle_item){ .kind = WB_BUNDLE_OPENING,
			.bytes = wb_bytes_span(&p->openings[i]) },
		    err);
	}
	if (st == WB_OK)
		st = put_checksum(p, err);
	if (st == WB_OK)
		st = end_file(p, err);
	close_file(p, st);
	wb_evidence_close(&evidence);
	return st;
}

/* --------------------------------------------------------- sealed files */

/* The recipient of a member: field members' stand in the names annex. */
static enum wb_status
find_recipient(struct wb_recipient *out, struct wb_device *device,
    const char *label, struct wb_error *err)
{
	const struct wb_member *m = wb_roster_find_label(&device->roster,
	    wb_span_text(label));
	struct wb_span text = { 0 };
	struct wb_names names;
	struct wb_arena arena;
	enum wb_status st = WB_OK;

	wb_arena_init(&arena, WB_ARENA_BUDGET * 2);
	if (m != NULL && m->state == WB_MEMBER_ACTIVE)
		text = m->recipient;
	if (m != NULL && m->state == WB_MEMBER_ACTIVE && text.len == 0) {
		st = wb_annexes_names(&names, &arena, device, err);
		for (size_t i = 0; st == WB_OK && i < names.person_count; i++)
			if (wb_key_equal(&names.people[i].key, &m->key))
				text = names.people[i].recipient;
		if (st == WB_NOT_FOUND)
			st = WB_OK;
	}
	if (st == WB_OK && text.len == 0) {
		st = wb_advise(err,
		    wb_fail(err, WB_REFUSED,
			"nothing can be sealed to %s: no such active member, "
			"or only coordinators know how",
			label),
		    "no-recipient", "See who there is: waybill people");
	}
	if (st == WB_OK)
		st = wb_recipient_parse(out, text, err);
	wb_arena_clear(&arena);
	return st;
}

static enum wb_status
find_recipients(struct wb_recipient out[2], size_t *n, struct wb_device *device,
    const char *to, struct wb_error *err)
{
	const struct wb_roster *r = &device->roster;
	enum wb_status st;

	*n = 1;
	if (to != NULL)
		return find_recipient(&out[0], device, to, err);
	st = wb_recipient_parse(&out[0], r->reader, err);
	if (st != WB_OK || r->transport.len == 0)
		return st;
	*n = 2;
	return wb_recipient_parse(&out[1], r->transport, err);
}

static size_t
length_size(size_t len)
{
	size_t n = 1;

	for (; len >= 0x80; len >>= 7)
		n++;
	return n;
}

/* Bytes of a padding item of `zeros`, with its length before it. */
static size_t
padding_size(size_t zeros)
{
	size_t item = 1 + length_size(zeros) + zeros;

	return length_size(item) + item;
}

/*
 * The zeros with which `plain` bytes become a file to `n` recipients of the
 * smallest padded size that can be reached; 0: it has it already.
 */
static size_t
find_zeros(size_t plain, size_t n)
{
	size_t size = wb_age_size(plain, n), target = wb_pad_content(size);

	if (size == target)
		return 0;
	for (;; target = wb_pad_content(target + 1)) {
		size_t room = target - size;
		size_t least = room > (size_t)2 * MAX_FRAME + room / 4096
				   ? room - (size_t)2 * MAX_FRAME - room / 4096
				   : 1;

		for (size_t z = least; z < room; z++)
			if (wb_age_size(plain + padding_size(z), n) == target)
				return z;
	}
}

static enum wb_status
put_zeros(struct packing *p, size_t zeros, struct wb_error *err)
{
	struct wb_bundle_item item = { .kind = WB_BUNDLE_PADDING };
	struct wb_bytes padding;
	enum wb_status st;

	wb_bytes_init(&padding, zeros);
	st = wb_bytes_extend(&padding, zeros, NULL, err);
	item.bytes = wb_bytes_span(&padding);
	if (st == WB_OK)
		st = put(p, &item, err);
	wb_bytes_clear(&padding);
	return st;
}

/* One item has its largest size, so a large bundle takes several. */
static enum wb_status
put_padding(struct packing *p, size_t recipients, struct wb_error *err)
{
	enum wb_status st = WB_OK;
	size_t size, zeros;

	for (;;) {
		size = wb_age_size(p->waiting.len, recipients);
		if (st != WB_OK ||
		    wb_pad_content(size) - size < 2 * PADDING_STEP)
			break;
		st = put_zeros(p, PADDING_STEP, err);
	}
	if (st != WB_OK)
		return st;
	zeros = find_zeros(p->waiting.len + CHECKSUM_ITEM, recipients);
	return zeros == 0 ? WB_OK : put_zeros(p, zeros, err);
}

static enum wb_status
put_annexes(struct packing *p, struct wb_error *err)
{
	struct wb_annex *annexes;
	struct wb_arena arena;
	enum wb_status st;
	size_t n;

	wb_arena_init(&arena, WB_MAX_FEED_BUDGET);
	st = wb_annexes_seal(&annexes, &n, &arena, p->device, err);
	for (size_t i = 0; st == WB_OK && i < n; i++) {
		st = put(p,
		    &(struct wb_bundle_item){ .kind = WB_BUNDLE_ANNEX,
			.annex = annexes[i] },
		    err);
	}
	wb_arena_clear(&arena);
	return st;
}

/* A folder gets a file whose name says nothing. */
static enum wb_status
name_file(struct packing *p, const char *path, struct wb_error *err)
{
	char name[2 * NAME_BYTES + 1] = "";
	uint8_t bytes[NAME_BYTES];
	struct wb_file_info info;
	bool folder;
	int n;

	folder = p->ops->stat(p->ops->ctx, path, &info) == 0 &&
		 info.kind == WB_FILE_DIRECTORY;
	wb_random_fill(p->device->random, bytes, sizeof bytes);
	wb_hex_format(name, wb_span(bytes, sizeof bytes));
	n = folder ? snprintf(p->out->path, sizeof p->out->path, "%s/%s.wbx",
			 path, name)
		   : snprintf(p->out->path, sizeof p->out->path, "%s", path);
	if (n < 0 || (size_t)n >= sizeof p->out->path)
		return wb_fail(err, WB_INVALID, "the file's name is too long");
	return WB_OK;
}

static enum wb_status
gather(struct packing *p, size_t recipients, struct wb_error *err)
{
	struct wb_evidence *evidence = NULL;
	enum wb_status st;

	st = wb_evidence_open(&evidence, p->device, WB_PURPOSE_TRANSPORT, err);
	if (st == WB_OK)
		st = put_evidence(p, evidence, err);
	if (st == WB_OK)
		st = put_annexes(p, err);
	if (st == WB_OK)
		st = put_padding(p, recipients, err);
	if (st == WB_OK)
		st = put_checksum(p, err);
	wb_evidence_close(&evidence);
	return st;
}

static enum wb_status
pack_sealed(struct packing *p, const char *path, struct wb_error *err)
{
	struct wb_recipient recipients[2];
	struct wb_bytes file;
	enum wb_status st;
	uint64_t made;
	size_t n;

	wb_bytes_init(&file, WB_MAX_SEALED_BUNDLE);
	wb_bytes_init(&p->waiting, WB_MAX_SEALED_BUNDLE);
	st = find_recipients(recipients, &n, p->device, p->to, err);
	if (st == WB_OK)
		st = name_file(p, path, err);
	if (st == WB_OK)
		st = wb_queue_batch(&made, p->device, false, err);
	if (st == WB_OK)
		st = gather(p, n, err);
	if (st == WB_OK)
		st = wb_age_encrypt(&file, wb_bytes_span(&p->waiting),
		    recipients, n, p->device->random, err);
	if (st == WB_OK)
		st = wb_file_write(p->ops, p->out->path, wb_bytes_span(&file),
		    err);
	p->out->bytes = file.len;
	wb_bytes_clear(&file);
	return st;
}

static enum wb_status
pack(struct packing *p, const char *path, struct wb_error *err)
{
	enum wb_status st = wb_device_need_joined(p->device, err);

	*p->out = (struct wb_packed){ 0 };
	if (st != WB_OK)
		return st;
	wb_hasher_init(&p->hasher);
	st = p->purpose == WB_PURPOSE_TRANSPORT ? pack_sealed(p, path, err)
						: pack_plain(p, path, err);
	wb_bytes_clear(&p->waiting);
	return st;
}

enum wb_status
wb_bundle_pack(struct wb_packed *out, struct wb_device *device,
    const char *path, enum wb_bundle_purpose purpose, const char *to,
    struct wb_error *err)
{
	struct packing p = { .ops = wb_file_ops_system(),
		.out = out,
		.device = device,
		.purpose = purpose,
		.to = to,
		.fd = -1 };

	return pack(&p, path, err);
}

enum wb_status
wb_bundle_pack_openings(struct wb_packed *out, struct wb_device *device,
    const char *path, const struct wb_bytes *openings, size_t n,
    struct wb_error *err)
{
	struct packing p = { .ops = wb_file_ops_system(),
		.out = out,
		.device = device,
		.purpose = WB_PURPOSE_OPENINGS,
		.fd = -1,
		.openings = openings,
		.opening_count = n };

	return pack(&p, path, err);
}
