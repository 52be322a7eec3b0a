#include "server/core.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/folder.h"
#include "crypto/text.h"
#include "server/core_state.h"
#include "server/witnesses.h"

static void
default_store(char out[WB_MAX_PATH + 16], const char *dir)
{
	(void)snprintf(out, WB_MAX_PATH + 16, "sqlite:%s/store.db", dir);
}

void
wb_core_where(char out[WB_MAX_PATH + 16], const struct wb_settings *settings)
{
	if (settings->store[0] == '\0')
		default_store(out, settings->dir);
	else
		(void)snprintf(out, WB_MAX_PATH + 16, "%s", settings->store);
}

static enum wb_status
write_programme(const char *dir, const struct wb_hash *programme,
    const struct wb_file_ops *ops, struct wb_error *err)
{
	char path[WB_MAX_PATH], text[2 * WB_HASH_LEN + 2];
	enum wb_status st;

	if (programme == NULL)
		return WB_OK;
	st = wb_folder_path(path, dir, "programme", err);
	if (st != WB_OK)
		return st;
	wb_hex_format(text, wb_hash_span(programme));
	text[(size_t)2 * WB_HASH_LEN] = '\n';
	return wb_file_write(ops, path, wb_span(text, sizeof text - 1), err);
}

static enum wb_status
read_programme(struct wb_hash *out, bool *pinned, const char *dir,
    const struct wb_file_ops *ops, struct wb_error *err)
{
	char path[WB_MAX_PATH];
	struct wb_bytes text;
	enum wb_status st;

	*pinned = false;
	wb_bytes_init(&text, (size_t)2 * WB_HASH_LEN + 1);
	st = wb_folder_path(path, dir, "programme", err);
	if (st == WB_OK)
		st = wb_file_exists(pinned, ops, path, err);
	if (st == WB_OK && *pinned)
		st = wb_file_read(&text, ops, path, err);
	if (st == WB_OK && *pinned) {
		st = wb_hex_parse(out->b, WB_HASH_LEN,
		    wb_span_sub(wb_bytes_span(&text), 0,
			(size_t)2 * WB_HASH_LEN),
		    err);
	}
	wb_bytes_clear(&text);
	return st;
}

/* The store first and the key last: without a key there is no log yet. */
enum wb_status
wb_core_create(const char *dir, const char *origin,
    const struct wb_hash *programme, struct wb_error *err)
{
	const struct wb_file_ops *ops = wb_file_ops_system();
	char where[WB_MAX_PATH + 16], key[WB_MAX_PATH];
	struct wb_store *store = NULL;
	enum wb_status st;
	bool there;

	st = wb_file_make_dir(ops, dir, err);
	if (st == WB_OK)
		st = wb_folder_path(key, dir, "log.key", err);
	if (st == WB_OK)
		st = wb_file_exists(&there, ops, key, err);
	if (st == WB_OK && there)
		st = wb_fail(err, WB_EXISTS, "there is a log in %s already",
		    dir);
	default_store(where, dir);
	if (st == WB_OK)
		st = wb_store_open(&store, where, WB_STORE_CREATE, err);
	wb_store_close(&store);
	if (st == WB_OK)
		st = write_programme(dir, programme, ops, err);
	return st == WB_OK ? wb_log_signer_create(dir, origin, ops,
				 wb_random_system(), err)
			   : st;
}

enum wb_status
wb_core_publish(struct wb_core *core, const struct wb_store_head *head,
    struct wb_error *err)
{
	const struct wb_head *signed_head = wb_log_signer_record(core->signer);
	struct wb_proof proof = { .count = 0 };
	enum wb_status st = WB_OK;
	struct wb_bytes note;

	wb_bytes_init(&note, WB_MAX_NOTE);
	if (signed_head->size < head->head.size)
		st = wb_tree_extend(&proof, wb_sequencer_tree(core->sequencer),
		    core->store, signed_head->size, head->head.size, err);
	if (st == WB_OK)
		st = wb_log_signer_sign(&note, core->signer, &head->head,
		    &proof, err);
	if (st == WB_OK) {
		(void)pthread_mutex_lock(&core->lock);
		core->head = head->head;
		core->content_bytes = head->content_bytes;
		wb_bytes_move(&core->checkpoint, &note);
		(void)pthread_mutex_unlock(&core->lock);
		wb_witnesses_notify(core);
	}
	wb_bytes_clear(&note);
	return st;
}

static enum wb_status
make_sequencer(struct wb_core *core, struct wb_error *err)
{
	struct wb_hash programme;
	enum wb_status st;
	bool pinned;

	st = read_programme(&programme, &pinned, core->settings.dir,
	    core->files, err);
	if (st == WB_OK) {
		st = wb_sequencer_new(&core->sequencer,
		    wb_log_signer_vkey(core->signer),
		    pinned ? &programme : NULL, err);
	}
	return st == WB_OK
		   ? wb_sequencer_load(core->sequencer, core->store, err)
		   : st;
}

void
wb_core_poison(struct wb_core *core, const struct wb_error *why)
{
	(void)pthread_mutex_lock(&core->lock);
	if (!atomic_load(&core->read_only))
		core->why = *why;
	atomic_store(&core->read_only, true);
	(void)pthread_mutex_unlock(&core->lock);
}

void
wb_core_poison_if(struct wb_core *core, const struct wb_error *why)
{
	if (why != NULL && strcmp(wb_error_id(why), "store-poisoned") == 0)
		wb_core_poison(core, why);
}

enum wb_status
wb_core_sound(struct wb_core *core, struct wb_error *err)
{
	struct wb_error why;

	if (!atomic_load(&core->read_only))
		return WB_OK;
	(void)pthread_mutex_lock(&core->lock);
	why = core->why;
	(void)pthread_mutex_unlock(&core->lock);
	return wb_advise(err,
	    wb_fail(err, WB_STORAGE,
		"the disk failed (%s), and nothing more is stored; all that "
		"was acknowledged is safe",
		why.text),
	    "disk-failed",
	    "See that the disk is sound, and start waybilld again.");
}

/* A head that was committed and not signed is signed now. */
static enum wb_status
finish_pending(struct wb_core *core, struct wb_error *err)
{
	struct wb_store_head head;
	uint64_t recorded = wb_log_signer_record(core->signer)->size;
	enum wb_status st = wb_store_head(&head, core->store, err);

	if (st == WB_OK)
		st = wb_core_publish(core, &head, err);
	if (st == WB_OK && recorded < head.head.size) {
		wb_log_write(core->log, WB_LOG_WARNING,
		    "signed a head that was left pending: %llu entries",
		    (unsigned long long)head.head.size);
	}
	return st;
}

static enum wb_status
open_store(struct wb_core *core, bool make, struct wb_error *err)
{
	enum wb_status st = wb_store_open(&core->store, core->where,
	    WB_STORE_WRITE, err);

	if (st != WB_NOT_FOUND || !make)
		return st;
	return wb_store_open(&core->store, core->where, WB_STORE_CREATE, err);
}

static enum wb_status
read_parts(struct wb_core *core, bool make_store, struct wb_error *err)
{
	enum wb_status st = wb_folder_lock(&core->lock_fd, core->files,
	    core->settings.dir, "being served", err);

	if (st == WB_OK)
		st = wb_log_signer_open(&core->signer, core->settings.dir,
		    core->files, err);
	if (st == WB_OK)
		st = open_store(core, make_store, err);
	return st == WB_OK ? make_sequencer(core, err) : st;
}

enum wb_status
wb_core_prepare(struct wb_core **out, const struct wb_settings *settings,
    struct wb_clock clock, struct wb_log *log, bool make_store,
    struct wb_error *err)
{
	struct wb_core *core = calloc(1, sizeof *core);
	enum wb_status st;

	*out = NULL;
	if (core == NULL)
		return wb_fail(err, WB_NO_MEMORY, "out of memory");
	core->settings = *settings;
	core->clock = clock;
	core->log = log;
	core->files = wb_file_ops_system();
	core->lock_fd = -1;
	wb_core_where(core->where, settings);
	wb_bytes_init(&core->checkpoint, WB_MAX_NOTE);
	(void)pthread_mutex_init(&core->lock, NULL);
	(void)pthread_mutex_init(&core->store_lock, NULL);
	st = read_parts(core, make_store, err);
	if (st == WB_OK) {
		*out = core;
		core = NULL;
	}
	wb_core_close(&core);
	return st;
}

enum wb_status
wb_core_open(struct wb_core **out, const struct wb_settings *settings,
    struct wb_clock clock, struct wb_log *log, struct wb_error *err)
{
	enum wb_status st = wb_core_prepare(out, settings, clock, log, false,
	    err);

	if (st == WB_OK)
		st = finish_pending(*out, err);
	if (st == WB_OK)
		st = wb_witnesses_start(*out, err);
	if (st == WB_OK)
		st = wb_intake_start(*out, err);
	if (st != WB_OK)
		wb_core_close(out);
	return st;
}

void
wb_core_close(struct wb_core **core)
{
	struct wb_core *c = *core;

	if (c == NULL)
		return;
	wb_intake_stop(c);
	wb_witnesses_stop(c);
	while (c->reader_count > 0)
		wb_store_close(&c->readers[--c->reader_count]);
	wb_sequencer_free(&c->sequencer);
	wb_store_close(&c->store);
	wb_log_signer_close(&c->signer);
	if (c->lock_fd >= 0)
		(void)c->files->close(c->files->ctx, c->lock_fd);
	wb_bytes_clear(&c->checkpoint);
	(void)pthread_mutex_destroy(&c->lock);
	(void)pthread_mutex_destroy(&c->store_lock);
	free(c);
	*core = NULL;
}

const struct wb_vkey *
wb_core_vkey(const struct wb_core *core)
{
	return wb_log_signer_vkey(core->signer);
}

unsigned
wb_core_roles(struct wb_core *core, const struct wb_key *key)
{
	return wb_rosters_roles(wb_sequencer_rosters(core->sequencer), key);
}

enum wb_status
wb_core_status(struct wb_core_status *out, struct wb_core *core,
    struct wb_error *err)
{
	struct wb_rosters_info info;

	(void)err;
	wb_rosters_info(&info, wb_sequencer_rosters(core->sequencer));
	*out = (struct wb_core_status){
		.has_programme = info.has_programme,
		.programme = info.programme,
		.roster_version = info.version,
		.members = info.members,
		.queued = wb_intake_waiting(core),
		.read_only = atomic_load(&core->read_only),
	};
	(void)pthread_mutex_lock(&core->lock);
	out->head = core->head;
	out->content_bytes = core->content_bytes;
	(void)pthread_mutex_unlock(&core->lock);
	wb_witnesses_status(out, core);
	return WB_OK;
}

enum wb_status
wb_core_published(struct wb_head *head, struct wb_bytes *checkpoint,
    struct wb_core *core, struct wb_error *err)
{
	enum wb_status st = WB_OK;

	(void)pthread_mutex_lock(&core->lock);
	*head = core->head;
	if (checkpoint != NULL)
		st = wb_bytes_append(checkpoint,
		    wb_bytes_span(&core->checkpoint), err);
	(void)pthread_mutex_unlock(&core->lock);
	return st;
}

enum wb_status
wb_core_sent_head(struct wb_sent_head *out, struct wb_head *head,
    struct wb_bytes *note, struct wb_core *core, struct wb_error *err)
{
	struct wb_sent_head sent = { 0 };
	enum wb_status st = wb_core_published(head, note, core, err);

	if (st != WB_OK)
		return st;
	if (head->size == 0 || !wb_checkpoint_split(&sent.head, &sent.signature,
				   wb_bytes_span(note), wb_core_vkey(core)))
		sent = (struct wb_sent_head){ .note = wb_bytes_span(note) };
	*out = sent;
	return WB_OK;
}

enum wb_status
wb_core_borrow(struct wb_store **out, struct wb_core *core,
    struct wb_error *err)
{
	*out = NULL;
	(void)pthread_mutex_lock(&core->lock);
	if (core->reader_count > 0)
		*out = core->readers[--core->reader_count];
	(void)pthread_mutex_unlock(&core->lock);
	return *out != NULL
		   ? WB_OK
		   : wb_store_open(out, core->where, WB_STORE_READ, err);
}

void
wb_core_return(struct wb_core *core, struct wb_store *store)
{
	(void)pthread_mutex_lock(&core->lock);
	if (store != NULL && core->reader_count < WB_CORE_READERS) {
		core->readers[core->reader_count++] = store;
		store = NULL;
	}
	(void)pthread_mutex_unlock(&core->lock);
	wb_store_close(&store);
}

enum wb_status
wb_core_check_holding(const struct wb_holding *h, uint64_t size,
    struct wb_error *err)
{
	uint64_t most = h->seen > h->under ? h->seen : h->under;

	if (most <= size)
		return WB_OK;
	(void)wb_fail(err, WB_FORGED,
	    "the sender has seen a larger log: %llu entries, not %llu",
	    (unsigned long long)most, (unsigned long long)size);
	return wb_advise(err, WB_FORGED, "log-rolled-back",
	    "this server has lost entries: keep your receipts");
}

enum wb_status
wb_core_known(struct wb_known_nodes *out, struct wb_core *core,
    struct wb_store *store, const struct wb_holding *h, struct wb_error *err)
{
	out->count = 0;
	if (h->under == 0)
		return WB_OK;
	return wb_tree_known(out, wb_sequencer_tree(core->sequencer), store,
	    h->held, h->under, err);
}
