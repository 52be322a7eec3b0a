#include "server/signer.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/folder.h"
#include "crypto/keyfile.h"

/*
 * The record has two slots, written in turn and far enough apart that a torn
 * write harms one only: mark, count, size, root, SHA-256 of these.
 */
#define SLOT_STRIDE 4096
#define SLOT_LEN (8 + 8 + 8 + 32 + 32)
#define RECORD_LEN ((size_t)2 * SLOT_STRIDE)

static const char slot_mark[8] = "wbhead1";

struct wb_log_signer {
	const struct wb_file_ops *ops;
	int fd; /* the record, -1 before it is open */
	struct wb_signer key;
	struct wb_vkey vkey;
	uint64_t count; /* of heads recorded; says which slot is next */
	struct wb_head record;
	bool
	    written; /* by this process: only then it is on the disk for sure */
	bool failed; /* a sync failed: what is on the disk is not known */
	char path[WB_MAX_PATH];
};

static void
empty_head(struct wb_head *out)
{
	out->size = 0;
	wb_merkle_root(&out->root, NULL, 0);
}

static void
format_slot(uint8_t out[SLOT_LEN], uint64_t count, const struct wb_head *head)
{
	struct wb_hash sum;

	memcpy(out, slot_mark, 8);
	wb_put_be64(out + 8, count);
	wb_put_be64(out + 16, head->size);
	memcpy(out + 24, head->root.b, WB_HASH_LEN);
	wb_sha256_one(&sum, wb_span(out, SLOT_LEN - WB_HASH_LEN));
	memcpy(out + SLOT_LEN - WB_HASH_LEN, sum.b, WB_HASH_LEN);
}

static bool
parse_slot(uint64_t *count, struct wb_head *head, const uint8_t in[SLOT_LEN])
{
	struct wb_hash sum;

	wb_sha256_one(&sum, wb_span(in, SLOT_LEN - WB_HASH_LEN));
	if (memcmp(in, slot_mark, 8) != 0 ||
	    memcmp(sum.b, in + SLOT_LEN - WB_HASH_LEN, WB_HASH_LEN) != 0)
		return false;
	*count = wb_get_be64(in + 8);
	head->size = wb_get_be64(in + 16);
	memcpy(head->root.b, in + 24, WB_HASH_LEN);
	return true;
}

static enum wb_status
must_not_exist(const struct wb_file_ops *ops, const char *path,
    struct wb_error *err)
{
	enum wb_status st;
	bool there;

	st = wb_file_exists(&there, ops, path, err);
	if (st == WB_OK && there)
		st = wb_fail(err, WB_EXISTS, "%s is there already", path);
	return st;
}

static enum wb_status
write_key(const char *path, const char *origin, const struct wb_file_ops *ops,
    struct wb_random random, struct wb_error *err)
{
	struct wb_bytes text;
	enum wb_status st;

	wb_bytes_init(&text, WB_MAX_KEYFILE);
	st = wb_keyfile_make(&text, origin, WB_NOTE_ED25519, random, err);
	if (st == WB_OK)
		st = wb_file_write(ops, path, wb_bytes_span(&text), err);
	wb_bytes_clear(&text);
	return st;
}

static enum wb_status
write_first_record(const char *path, const struct wb_file_ops *ops,
    struct wb_error *err)
{
	struct wb_bytes record;
	struct wb_head head;
	enum wb_status st;
	uint8_t *at;

	empty_head(&head);
	wb_bytes_init(&record, RECORD_LEN);
	st = wb_bytes_extend(&record, RECORD_LEN, &at, err);
	if (st == WB_OK) {
		format_slot(at, 0, &head);
		st = wb_file_write(ops, path, wb_bytes_span(&record), err);
	}
	wb_bytes_clear(&record);
	return st;
}

enum wb_status
wb_log_signer_create(const char *dir, const char *origin,
    const struct wb_file_ops *ops, struct wb_random random,
    struct wb_error *err)
{
	char key[WB_MAX_PATH], record[WB_MAX_PATH];
	enum wb_status st;

	st = wb_folder_path(key, dir, "log.key", err);
	if (st == WB_OK)
		st = wb_folder_path(record, dir, "signer", err);
	if (st == WB_OK)
		st = must_not_exist(ops, key, err);
	if (st == WB_OK)
		st = must_not_exist(ops, record, err);
	if (st == WB_OK)
		st = write_first_record(record, ops, err);
	return st == WB_OK ? write_key(key, origin, ops, random, err) : st;
}

static enum wb_status
read_key(struct wb_log_signer *s, const char *dir, struct wb_error *err)
{
	char path[WB_MAX_PATH];
	struct wb_bytes text;
	enum wb_status st;

	wb_bytes_init(&text, WB_MAX_KEYFILE);
	st = wb_folder_path(path, dir, "log.key", err);
	if (st == WB_OK)
		st = wb_file_read(&text, s->ops, path, err);
	if (st == WB_OK) {
		st = wb_keyfile_parse(&s->vkey, &s->key, wb_bytes_span(&text),
		    WB_NOTE_ED25519, err);
		if (st != WB_OK)
			st = wb_context(err, st, "%s", path);
	}
	wb_bytes_clear(&text);
	return st;
}

static enum wb_status
read_record(struct wb_log_signer *s, struct wb_error *err)
{
	struct wb_head head;
	uint8_t slot[SLOT_LEN];
	bool found = false;
	uint64_t count;

	s->fd = s->ops->open(s->ops->ctx, s->path, O_RDWR, 0);
	if (s->fd < 0) {
		return wb_advise(err, wb_file_fail(err, s->fd, "open", s->path),
		    "signer-missing",
		    "It says which head was signed last: put the newest copy "
		    "of it back beside log.key, and waybilld recover finds "
		    "what it lacks. Make no new one: the log could fork.");
	}
	for (int i = 0; i < 2; i++) {
		int rc = wb_file_pread_all(s->ops, s->fd, slot, sizeof slot,
		    (int64_t)i * SLOT_STRIDE);

		if (rc != 0 && rc != -ENODATA)
			return wb_file_fail(err, rc, "read", s->path);
		if (rc != 0 || !parse_slot(&count, &head, slot) ||
		    (found && count < s->count))
			continue;
		found = true;
		s->count = count;
		s->record = head;
	}
	if (found)
		return WB_OK;
	(void)wb_fail(err, WB_FORGED, "%s: the signer's record is damaged",
	    s->path);
	return wb_advise(err, WB_FORGED, "signer-damaged",
	    "do not make a new record: the log could fork");
}

enum wb_status
wb_log_signer_open(struct wb_log_signer **out, const char *dir,
    const struct wb_file_ops *ops, struct wb_error *err)
{
	struct wb_log_signer *s = calloc(1, sizeof *s);
	enum wb_status st;

	*out = NULL;
	if (s == NULL)
		return wb_fail(err, WB_NO_MEMORY, "out of memory");
	s->ops = ops;
	s->fd = -1;
	st = wb_folder_path(s->path, dir, "signer", err);
	if (st == WB_OK)
		st = read_key(s, dir, err);
	if (st == WB_OK)
		st = read_record(s, err);
	if (st == WB_OK) {
		*out = s;
		s = NULL;
	}
	wb_log_signer_close(&s);
	return st;
}

void
wb_log_signer_close(struct wb_log_signer **signer)
{
	struct wb_log_signer *s = *signer;

	if (s == NULL)
		return;
	if (s->fd >= 0)
		(void)s->ops->close(s->ops->ctx, s->fd);
	wb_signer_clear(&s->key);
	free(s);
	*signer = NULL;
}

const struct wb_vkey *
wb_log_signer_vkey(const struct wb_log_signer *signer)
{
	return &signer->vkey;
}

const struct wb_head *
wb_log_signer_record(const struct wb_log_signer *signer)
{
	return &signer->record;
}

static enum wb_status
check_continues(const struct wb_head *old, const struct wb_head *head,
    const struct wb_proof *proof, struct wb_error *err)
{
	enum wb_status st;

	if (head->size < old->size) {
		(void)wb_fail(err, WB_FORGED,
		    "the log has signed %llu entries, the store has %llu",
		    (unsigned long long)old->size,
		    (unsigned long long)head->size);
		return wb_advise(err, WB_FORGED, "store-behind-signer",
		    "Put the newest store back; or what members hold: waybilld "
		    "recover --dir DIR BUNDLE…");
	}
	if (old->size == 0 && head->size > 0)
		return WB_OK;
	st = WB_OK;
	if (head->size > old->size) {
		st = wb_consistency_verify(old->size, &old->root, head->size,
		    &head->root, proof, err);
	} else if (!wb_hash_equal(&head->root, &old->root)) {
		st = wb_fail(err, WB_FORGED,
		    "the store does not have the entries that were signed");
	}
	if (st != WB_OK)
		st = wb_advise(err, WB_FORGED, "store-forked",
		    "restore the store that belongs to this signer");
	return st;
}

static enum wb_status
write_record(struct wb_log_signer *s, const struct wb_head *head,
    struct wb_error *err)
{
	uint8_t slot[SLOT_LEN];
	int rc;

	format_slot(slot, s->count + 1, head);
	rc = wb_file_pwrite_all(s->ops, s->fd, wb_span(slot, sizeof slot),
	    (int64_t)((s->count + 1) % 2) * SLOT_STRIDE);
	if (rc == 0)
		rc = s->ops->fdatasync(s->ops->ctx, s->fd);
	if (rc != 0) {
		s->failed = true;
		return wb_file_fail(err, rc, "write", s->path);
	}
	s->count++;
	s->record = *head;
	s->written = true;
	return WB_OK;
}

enum wb_status
wb_log_signer_sign(struct wb_bytes *out, struct wb_log_signer *signer,
    const struct wb_head *head, const struct wb_proof *proof,
    struct wb_error *err)
{
	enum wb_status st;

	if (signer->failed) {
		return wb_fail(err, WB_STORAGE,
		    "%s could not be written; restart when the disk is sound",
		    signer->path);
	}
	st = check_continues(&signer->record, head, proof, err);
	if (st == WB_OK &&
	    (head->size > signer->record.size || !signer->written))
		st = write_record(signer, head, err);
	if (st != WB_OK)
		return st;
	return wb_checkpoint_seal(out, head, &signer->vkey, &signer->key, err);
}
