#include "client/vault/vault.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "client/vault/keyslots.h"
#include "client/vault/pagelog.h"
#include "client/vault/vaultfile.h"
#include "client/vault/vfs.h"

#define ARGON_PASSES 3
#define ARGON_MEMORY ((size_t)256 << 20)

/* Compacted by itself when the dead outweighs the living. */
#define DEAD_FLOOR ((uint64_t)4 << 20)
#define DEAD_RATIO 2

/* With no other reader there is no need to look whether pages changed. */
#define PRAGMAS                                                 \
	"PRAGMA page_size=4096; PRAGMA locking_mode=EXCLUSIVE;" \
	"PRAGMA cache_size=-32768"

#define COPY_PAGES 256 /* in one record of a compaction */

struct wb_vault {
	struct wb_vault_env env;
	struct wb_vaultfile file;
	struct wb_secret *keys; /* a struct wb_keyslots */
	unsigned slot; /* the one in use */
	struct wb_pagelog *log;
	struct wb_vfs *vfs;
	struct wb_db *db;
	uint64_t compact_at; /* bytes dead */
};

static struct wb_keyslots *
slots_of(struct wb_secret *keys)
{
	return (struct wb_keyslots *)(void *)wb_secret_data(keys);
}

static struct wb_keyslots *
keyslots(const struct wb_vault *v)
{
	return slots_of(v->keys);
}

static struct wb_span
vault_key(struct wb_secret *keys)
{
	return wb_span(slots_of(keys)->vault_key, WB_VAULT_KEY_LEN);
}

static enum wb_status
kdf_argon2id(struct wb_secret **out, struct wb_span input,
    const uint8_t salt[WB_ARGON_SALT_LEN], struct wb_error *err)
{
	return wb_argon2id(out, WB_VAULT_KEY_LEN, input, salt, ARGON_PASSES,
	    ARGON_MEMORY, err);
}

static struct wb_vault_env
whole_env(const struct wb_vault_env *env)
{
	struct wb_vault_env whole = { 0 };

	if (env != NULL)
		whole = *env;
	if (whole.files == NULL)
		whole.files = wb_file_ops_system();
	if (whole.random.fill == NULL)
		whole.random = wb_random_system();
	if (whole.kdf == NULL)
		whole.kdf = kdf_argon2id;
	return whole;
}

/* The root: KDF(passphrase || SHA-256 of the key file, or zeros). */
static enum wb_status
derive_root(struct wb_secret **out, const struct wb_vault_env *env,
    const struct wb_vault_key *key, const uint8_t *salt, struct wb_error *err)
{
	struct wb_secret *input = NULL;
	struct wb_hash file = { 0 };
	enum wb_status st;
	uint8_t *at;

	*out = NULL;
	if (key->passphrase.len == 0)
		return wb_fail(err, WB_INVALID, "the passphrase is empty");
	st = wb_secret_new(&input, key->passphrase.len + WB_HASH_LEN, err);
	if (st != WB_OK)
		return st;
	at = wb_secret_data(input);
	memcpy(at, key->passphrase.data, key->passphrase.len);
	if (key->key_file.len > 0)
		wb_sha256_one(&file, key->key_file);
	memcpy(at + key->passphrase.len, file.b, WB_HASH_LEN);
	wb_wipe(&file, sizeof file);
	st = env->kdf(out, wb_secret_span(input), salt, err);
	wb_secret_free(&input);
	return st;
}

/* The vault without file and keys. */
static enum wb_status
vault_new(struct wb_vault **out, const char *path,
    const struct wb_vault_env *env, struct wb_error *err)
{
	struct wb_vault *v = calloc(1, sizeof *v);
	enum wb_status st;

	*out = v;
	if (v == NULL)
		return wb_fail(err, WB_NO_MEMORY, "out of memory");
	v->env = whole_env(env);
	v->compact_at = DEAD_FLOOR;
	st = wb_vaultfile_init(&v->file, path, v->env.files, v->env.random,
	    err);
	if (st == WB_OK)
		st = wb_secret_new(&v->keys, sizeof(struct wb_keyslots), err);
	return st;
}

void
wb_vault_close(struct wb_vault **vault)
{
	struct wb_vault *v = *vault;

	if (v == NULL)
		return;
	wb_db_close(&v->db);
	wb_vfs_free(&v->vfs);
	if (v->log != NULL)
		wb_pagelog_write_count(v->log);
	wb_pagelog_free(&v->log);
	wb_secret_free(&v->keys);
	wb_vaultfile_clear(&v->file);
	free(v);
	*vault = NULL;
}

static void
on_commit(void *ctx)
{
	struct wb_vault *v = ctx;
	struct wb_vault_stats stats;

	wb_vault_stats(&stats, v);
	if (stats.dead < v->compact_at || stats.dead < DEAD_RATIO * stats.live)
		return;
	/* The commit is safe either way; not again before it grew as much. */
	if (wb_vault_compact(v, NULL) == WB_OK)
		v->compact_at = DEAD_FLOOR;
	else
		v->compact_at = stats.dead * 2;
}

enum wb_status
wb_vault_explain(const struct wb_vault *vault, enum wb_status st,
    struct wb_error *err)
{
	if (st == WB_STORAGE && wb_pagelog_met_damage(vault->log)) {
		return wb_advise(err,
		    wb_fail(err, WB_STORAGE, "%s is damaged", vault->file.path),
		    "vault-damaged", WB_VAULT_DAMAGED_NEXT);
	}
	return st;
}

/* Opens the database over the log. */
static enum wb_status
attach(struct wb_vault *v, struct wb_error *err)
{
	struct wb_vfs_events events = { on_commit, v };
	enum wb_status st;

	st = wb_vfs_new(&v->vfs, &v->log, v->env.random, events, err);
	if (st == WB_OK)
		st = wb_db_open(&v->db, WB_VFS_DATABASE, WB_DB_VAULT,
		    wb_vfs_name(v->vfs), err);
	if (st == WB_OK)
		st = wb_db_exec(v->db, PRAGMAS, err);
	if (st == WB_STORAGE && !wb_pagelog_met_damage(v->log))
		return wb_advise(err, st, "vault-io", NULL);
	return wb_vault_explain(v, st, err);
}

/* Fresh keys, one slot of which the passphrase opens. */
static enum wb_status
make_keys(struct wb_vault *v, const struct wb_vault_key *key,
    struct wb_error *err)
{
	struct wb_keyslots *keys = keyslots(v);
	struct wb_secret *root = NULL;
	enum wb_status st;
	uint8_t byte;

	wb_keyslots_init(keys, v->env.random);
	st = derive_root(&root, &v->env, key, keys->salt, err);
	if (st != WB_OK)
		return st;
	wb_random_fill(v->env.random, &byte, 1);
	v->slot = byte % WB_VAULT_SLOTS;
	wb_keyslots_set(keys, v->slot, wb_secret_data(root));
	wb_secret_free(&root);
	return WB_OK;
}

static enum wb_status
make_file(struct wb_vault *v, struct wb_error *err)
{
	const struct wb_vaultfile *f = &v->file;
	bool renamed = false;
	enum wb_status st;
	int rc;

	st = wb_vaultfile_make_new(&v->file.fd, f, err);
	if (st != WB_OK)
		return st;
	/* Again under the lock: another command may just have made it. */
	st = wb_vaultfile_check_free(f, err);
	if (st == WB_OK) {
		rc = wb_vaultfile_put_front(f, f->fd, keyslots(v));
		if (rc == 0)
			rc = f->files->fdatasync(f->files->ctx, f->fd);
		if (rc != 0)
			st = wb_vaultfile_fail(err, rc, "write", f->path_new);
	}
	if (st == WB_OK)
		st = wb_vaultfile_publish(f, &renamed, err);
	if (st != WB_OK && !renamed)
		(void)f->files->unlink(f->files->ctx, f->path_new);
	return st;
}

enum wb_status
wb_vault_create(struct wb_vault **out, const char *path,
    const struct wb_vault_key *key, const struct wb_vault_env *env,
    struct wb_error *err)
{
	struct wb_vault *v = NULL;
	enum wb_status st;

	*out = NULL;
	st = vault_new(&v, path, env, err);
	if (st == WB_OK)
		st = wb_vaultfile_check_free(&v->file, err);
	if (st == WB_OK)
		st = make_keys(v, key, err);
	if (st == WB_OK)
		st = make_file(v, err);
	if (st == WB_OK)
		st = wb_pagelog_new(&v->log, v->env.files, v->file.fd,
		    vault_key(v->keys), v->env.random, err);
	if (st == WB_OK)
		st = attach(v, err);
	if (st == WB_OK) {
		*out = v;
		v = NULL;
	}
	wb_vault_close(&v);
	return st;
}

/* From header and passphrase to the keys. */
static enum wb_status
unlock(struct wb_vault *v, struct wb_error *damage, const uint8_t *header,
    const struct wb_vault_key *key, struct wb_error *err)
{
	struct wb_secret *root = NULL;
	struct wb_error e = { 0 };
	enum wb_status st;

	st = derive_root(&root, &v->env, key, header, err);
	if (st != WB_OK)
		return st;
	st = wb_keyslots_open(keyslots(v), &v->slot, header,
	    wb_secret_data(root), &e);
	wb_secret_free(&root);
	if (st == WB_STORAGE) {
		*damage = e;
		return WB_OK;
	}
	if (st != WB_OK && err != NULL)
		*err = e;
	return st;
}

/* All of opening, for both ways; `damage` as for wb_vault_rescue(). */
static enum wb_status
open_vault(struct wb_vault *v, struct wb_error *damage,
    const struct wb_vault_key *key, bool read_only, struct wb_error *err)
{
	uint8_t header[WB_KEYSLOTS_HEADER];
	struct wb_error log_damage = { 0 };
	enum wb_status st;

	st = wb_vaultfile_open(&v->file, header, read_only, err);
	if (st == WB_OK)
		st = unlock(v, damage, header, key, err);
	if (st == WB_OK)
		st = wb_pagelog_new(&v->log, v->env.files, v->file.fd,
		    vault_key(v->keys), v->env.random, err);
	if (st == WB_OK)
		st = wb_pagelog_scan(v->log, &log_damage, err);
	if (st == WB_OK && damage->status == WB_OK)
		*damage = log_damage;
	return st;
}

enum wb_status
wb_vault_open(struct wb_vault **out, const char *path,
    const struct wb_vault_key *key, const struct wb_vault_env *env,
    struct wb_error *err)
{
	struct wb_error damage = { 0 };
	struct wb_vault *v = NULL;
	enum wb_status st;

	*out = NULL;
	st = vault_new(&v, path, env, err);
	if (st == WB_OK)
		st = open_vault(v, &damage, key, false, err);
	if (st == WB_OK && damage.status != WB_OK) {
		if (err != NULL)
			*err = damage;
		st = damage.status;
	}
	if (st == WB_OK)
		st = attach(v, err);
	if (st == WB_OK) {
		/* What an interrupted compaction left. */
		wb_vaultfile_destroy_new(&v->file);
		*out = v;
		v = NULL;
	}
	wb_vault_close(&v);
	return st;
}

enum wb_status
wb_vault_rescue(struct wb_vault **out, struct wb_error *damage,
    const char *path, const struct wb_vault_key *key,
    const struct wb_vault_env *env, struct wb_error *err)
{
	struct wb_vault *v = NULL;
	enum wb_status st;

	*out = NULL;
	*damage = (struct wb_error){ 0 };
	st = vault_new(&v, path, env, err);
	if (st == WB_OK)
		st = open_vault(v, damage, key, true, err);
	if (st == WB_OK) {
		wb_pagelog_set_read_only(v->log);
		st = attach(v, err);
	}
	if (st == WB_OK) {
		*out = v;
		v = NULL;
	}
	wb_vault_close(&v);
	return st;
}

struct wb_db *
wb_vault_db(struct wb_vault *vault)
{
	return vault->db;
}

const uint8_t *
wb_vault_mark(const struct wb_vault *vault)
{
	return wb_vault_slot_mark(vault, vault->slot);
}

const uint8_t *
wb_vault_slot_mark(const struct wb_vault *vault, unsigned i)
{
	return keyslots(vault)->slot[i].mark;
}

void
wb_vault_stats(struct wb_vault_stats *out, const struct wb_vault *vault)
{
	wb_pagelog_stats(out, vault->log);
}

enum wb_status
wb_vault_check(struct wb_vault *vault, struct wb_error *err)
{
	uint32_t total = wb_pagelog_total(vault->log);
	uint8_t page[WB_PAGEREC_PAGE];
	int rc = 0;

	for (uint32_t n = 1; rc == 0 && n <= total; n++)
		rc = wb_pagelog_read(vault->log, page, n);
	wb_wipe(page, sizeof page);
	if (rc == -EBADMSG) {
		return wb_advise(err,
		    wb_fail(err, WB_STORAGE,
			"%s is damaged: a page does not open",
			vault->file.path),
		    "vault-damaged", WB_VAULT_DAMAGED_NEXT);
	}
	return rc == 0 ? WB_OK
		       : wb_vaultfile_fail(err, rc, "read", vault->file.path);
}

/* All pages of `from`, in records of COPY_PAGES, not yet durable. */
static int
copy_pages(struct wb_pagelog *to, struct wb_pagelog *from)
{
	uint32_t total = wb_pagelog_total(from), number = 1, n;
	struct wb_pagelog_page pages[COPY_PAGES];
	uint8_t *buf = malloc((size_t)COPY_PAGES * WB_PAGEREC_PAGE);
	int rc = buf == NULL ? -ENOMEM : 0;

	while (rc == 0 && number <= total) {
		for (n = 0; rc == 0 && n < COPY_PAGES && number <= total; n++) {
			pages[n].number = number++;
			pages[n].data = buf + (size_t)n * WB_PAGEREC_PAGE;
			rc = wb_pagelog_read(from, pages[n].data,
			    pages[n].number);
		}
		if (rc == 0)
			rc = wb_pagelog_append(to, total, pages, n, false);
	}
	if (buf != NULL)
		wb_wipe(buf, (size_t)COPY_PAGES * WB_PAGEREC_PAGE);
	free(buf);
	return rc;
}

/* The present state under `keys`, durable in the file `fd`. */
static enum wb_status
write_copy(struct wb_pagelog **out, const struct wb_vault *v, int fd,
    struct wb_secret *keys, struct wb_error *err)
{
	enum wb_status st;
	int rc;

	st = wb_pagelog_new(out, v->env.files, fd, vault_key(keys),
	    v->env.random, err);
	if (st != WB_OK)
		return st;
	rc = wb_vaultfile_put_front(&v->file, fd, slots_of(keys));
	if (rc == 0)
		rc = copy_pages(*out, v->log);
	if (rc == 0)
		rc = wb_pagelog_sync(*out);
	if (rc == 0)
		return WB_OK;
	wb_pagelog_free(out);
	return wb_vaultfile_fail(err, rc, "write", v->file.path_new);
}

/* Puts a file under `keys`, which it takes over, in the vault's place. */
static enum wb_status
rebuild(struct wb_vault *v, struct wb_secret *keys, struct wb_error *err)
{
	struct wb_pagelog *log = NULL;
	bool renamed = false;
	enum wb_status st;
	int fd = -1;

	wb_keyslots_step(slots_of(keys), v->env.random);
	st = wb_vaultfile_make_new(&fd, &v->file, err);
	if (st == WB_OK)
		st = write_copy(&log, v, fd, keys, err);
	if (st == WB_OK)
		st = wb_vaultfile_publish(&v->file, &renamed, err);
	if (!renamed) {
		if (fd >= 0) {
			wb_vaultfile_destroy_new(&v->file);
			(void)v->env.files->close(v->env.files->ctx, fd);
		}
		wb_pagelog_free(&log);
		wb_secret_free(&keys);
		return st;
	}
	/* Not known which of the two a power cut would leave: no more. */
	if (st != WB_OK)
		wb_pagelog_poison(log);
	else
		wb_vaultfile_shred(&v->file);
	wb_pagelog_free(&v->log);
	wb_secret_free(&v->keys);
	wb_vaultfile_adopt(&v->file, fd);
	v->log = log;
	v->keys = keys;
	return st;
}

/* The keys, for a rebuild to change. */
static enum wb_status
copy_keys(struct wb_secret **out, const struct wb_vault *v,
    struct wb_error *err)
{
	*out = NULL;
	/* So is one whose header does not tell all keys. */
	if (wb_pagelog_is_read_only(v->log))
		return wb_fail(err, WB_STORAGE,
		    "a damaged vault can only be read");
	return wb_secret_copy(out, wb_secret_span(v->keys), err);
}

enum wb_status
wb_vault_compact(struct wb_vault *vault, struct wb_error *err)
{
	struct wb_secret *keys = NULL;
	enum wb_status st;

	st = copy_keys(&keys, vault, err);
	return st == WB_OK ? rebuild(vault, keys, err) : st;
}

/* Gives slot `i` a passphrase, and rebuilds. */
static enum wb_status
set_slot(struct wb_vault *v, unsigned i, const struct wb_vault_key *key,
    struct wb_error *err)
{
	struct wb_secret *keys = NULL, *root = NULL;
	enum wb_status st;

	st = copy_keys(&keys, v, err);
	if (st == WB_OK)
		st = derive_root(&root, &v->env, key, slots_of(keys)->salt,
		    err);
	if (st == WB_OK && wb_keyslots_find(slots_of(keys),
			       wb_secret_data(root)) != WB_VAULT_SLOTS)
		st = wb_fail(err, WB_EXISTS,
		    "that passphrase opens this vault already");
	if (st == WB_OK) {
		wb_keyslots_set(slots_of(keys), i, wb_secret_data(root));
		st = rebuild(v, keys, err);
		keys = NULL;
	}
	wb_secret_free(&root);
	wb_secret_free(&keys);
	return st;
}

enum wb_status
wb_vault_add_slot(struct wb_vault *vault, uint8_t mark[WB_VAULT_MARK_LEN],
    const struct wb_vault_key *key, struct wb_error *err)
{
	unsigned i = (vault->slot + 1) % WB_VAULT_SLOTS;
	enum wb_status st = set_slot(vault, i, key, err);

	if (st == WB_OK && mark != NULL)
		memcpy(mark, wb_vault_slot_mark(vault, i), WB_VAULT_MARK_LEN);
	return st;
}

enum wb_status
wb_vault_change_passphrase(struct wb_vault *vault,
    const struct wb_vault_key *key, struct wb_error *err)
{
	return set_slot(vault, vault->slot, key, err);
}

enum wb_status
wb_vault_destroy(const char *path, const struct wb_vault_env *env,
    struct wb_error *err)
{
	struct wb_vault_env whole = whole_env(env);
	struct wb_vaultfile f;
	enum wb_status st;

	st = wb_vaultfile_init(&f, path, whole.files, whole.random, err);
	if (st == WB_OK)
		st = wb_vaultfile_destroy(&f, err);
	wb_vaultfile_clear(&f);
	return st;
}
