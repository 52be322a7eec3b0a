/* What a power cut leaves; tests/fault/simfs.h has the contract. */
#include <stdlib.h>
#include <string.h>

#include "tests/fault/simfs_private.h"

/* One write that was not synced: the sectors of it that are there. */
static void
store_part(struct file *f, const struct call *c, enum simfs_loss loss,
    uint64_t *seed)
{
	size_t half = c->len / 2, from, len;
	bool there;

	for (from = 0; from < c->len; from += len) {
		len = SIMFS_SECTOR - (size_t)((c->at + from) % SIMFS_SECTOR);
		if (len > c->len - from)
			len = c->len - from;
		there = loss == SIMFS_LOSE_NONE ||
			(loss == SIMFS_LOSE_SECTORS &&
			    simfs_random(seed) % 2 == 0) ||
			(loss == SIMFS_LOSE_FIRST && from >= half) ||
			(loss == SIMFS_LOSE_LAST && from < half);
		if (there)
			simfs_store(f, c->data + from, len, c->at + from);
	}
}

static bool
persists(enum simfs_loss loss, uint64_t *seed)
{
	return loss == SIMFS_LOSE_NONE ||
	       (loss != SIMFS_LOSE_ALL && simfs_random(seed) % 2 == 0);
}

/* The call with which the file was last synced before `moment`, + 1. */
static size_t
synced_until(const struct simfs *fs, size_t moment, int file)
{
	size_t last = 0;

	for (size_t i = 0; i < moment; i++) {
		if (fs->calls[i].kind == CALL_SYNC && fs->calls[i].file == file)
			last = i + 1;
	}
	return last;
}

static void
replay_file(struct simfs *to, const struct simfs *from, size_t moment, int file,
    enum simfs_loss loss, uint64_t *seed)
{
	size_t synced = synced_until(from, moment, file);
	const struct call *c;

	for (size_t i = 0; i < moment; i++) {
		c = &from->calls[i];
		if (c->file != file)
			continue;
		if (c->kind == CALL_WRITE && i < synced)
			simfs_store(&to->files[file], c->data, c->len, c->at);
		else if (c->kind == CALL_WRITE)
			store_part(&to->files[file], c, loss, seed);
		else if (c->kind == CALL_TRUNCATE &&
			 (i < synced || persists(loss, seed)))
			simfs_resize(&to->files[file], (size_t)c->at);
	}
}

/*
 * Names persist in the order in which they were changed, as journals have it:
 * all up to the last sync, and some more.
 */
static void
replay_names(struct simfs *to, const struct simfs *from, size_t moment,
    enum simfs_loss loss, uint64_t *seed)
{
	const struct call *c;
	size_t synced = 0;

	for (size_t i = 0; i < moment; i++) {
		if (from->calls[i].kind == CALL_SYNC_NAMES)
			synced = i + 1;
	}
	for (size_t i = 0; i < moment; i++) {
		c = &from->calls[i];
		if (c->kind != CALL_LINK && c->kind != CALL_RENAME &&
		    c->kind != CALL_UNLINK)
			continue;
		if (i >= synced && !persists(loss, seed))
			return;
		if (c->kind == CALL_LINK)
			simfs_set_name(to, c->name, c->file);
		else
			simfs_drop_name(to, c->name);
		if (c->kind == CALL_RENAME)
			simfs_set_name(to, c->to, c->file);
	}
}

/* A file with a past: its bytes are durable, and its name will be. */
static void
put(struct simfs *fs, const char *name, const uint8_t *data, size_t len)
{
	int file = simfs_new_file(fs);
	struct call *c;

	simfs_set_name(fs, name, file);
	simfs_copy_name(simfs_note(fs, CALL_LINK, file)->name, name);
	c = simfs_note(fs, CALL_WRITE, file);
	c->len = len;
	c->data = simfs_must(malloc(len + 1));
	if (len > 0)
		memcpy(c->data, data, len);
	simfs_store(&fs->files[file], c->data, len, 0);
	(void)simfs_note(fs, CALL_SYNC, file);
}

void
simfs_put(struct simfs *fs, const char *name, const uint8_t *data, size_t len)
{
	put(fs, name, data, len);
	(void)simfs_note(fs, CALL_SYNC_NAMES, DIRECTORY);
}

struct simfs *
simfs_clone(const struct simfs *fs)
{
	struct simfs *to = simfs_new();
	const struct file *f;

	for (size_t i = 0; i < fs->names_n; i++) {
		f = &fs->files[fs->names[i].file];
		put(to, fs->names[i].name, f->data, f->len);
	}
	(void)simfs_note(to, CALL_SYNC_NAMES, DIRECTORY);
	return to;
}

struct simfs *
simfs_after_loss(const struct simfs *fs, size_t moment, enum simfs_loss loss,
    uint64_t *seed, uint64_t *told)
{
	struct simfs *left = simfs_new(), *to;

	*told = 0;
	for (size_t i = 0; i < moment; i++) {
		if (fs->calls[i].kind == CALL_ACKNOWLEDGE)
			*told = fs->calls[i].at;
	}
	left->files_n = fs->files_n;
	replay_names(left, fs, moment, loss, seed);
	/* Only files that still have a name matter. */
	for (size_t i = 0; i < left->names_n; i++)
		replay_file(left, fs, moment, left->names[i].file, loss, seed);
	to = simfs_clone(left);
	simfs_free(&left);
	return to;
}
