#include "tests/unit/client/enduring.h"

#include <sqlite3.h>
#include <stdlib.h>

#define PATH "dir/vault"

void
enduring_begin(struct enduring *e)
{
	memset(e, 0, sizeof *e);
	syncing_begin(&e->s);
	check_dir_make(&e->dir);
	e->s.server->at_work = scarce_hold;
}

static void
forget(struct enduring *e)
{
	enduring_close(e);
	simfs_free(&e->fs);
	free(e->image);
	e->image = NULL;
	wb_db_close(&e->coord);
}

void
enduring_end(struct enduring *e)
{
	forget(e);
	check_dir_remove(&e->dir);
	syncing_end(&e->s);
}

static void
copy(struct wb_db *to, struct wb_db *from)
{
	sqlite3 *handle = wb_db_handle(to);
	sqlite3_backup *b = sqlite3_backup_init(handle, "main",
	    wb_db_handle(from), "main");

	if (b == NULL)
		print_error("%s\n", sqlite3_errmsg(handle));
	assert_non_null(b);
	assert_int_equal(sqlite3_backup_step(b, -1), SQLITE_DONE);
	assert_int_equal(sqlite3_backup_finish(b), SQLITE_OK);
}

static void
new_disk(struct enduring *e)
{
	simfs_free(&e->fs);
	e->fs = simfs_new();
	e->seed = 77;
	e->env = kit_env(simfs_ops(e->fs), &e->seed);
}

void
enduring_keep(struct enduring *e, const struct wb_device *device)
{
	struct wb_vault_key key = kit_key("p");
	struct wb_vault *vault;
	const uint8_t *data;

	forget(e);
	new_disk(e);
	e->home = device;
	assert_ok(wb_vault_create(&vault, PATH, &key, &e->env, &e->err),
	    &e->err);
	copy(wb_vault_db(vault), device->db);
	wb_vault_close(&vault);
	data = simfs_bytes(e->fs, "vault", &e->image_len);
	e->image = malloc(e->image_len);
	assert_non_null(e->image);
	memcpy(e->image, data, e->image_len);
	assert_ok(wb_db_open(&e->coord, NULL, WB_DB_MEMORY, NULL, &e->err),
	    &e->err);
	copy(e->coord, e->s.f.coord.db);
	e->log_size = e->s.server->log->size;
	e->annex_count = e->s.server->annex_count;
}

/* As wb_device_open() does, but for the path and the key. */
static void
open_device(struct enduring *e)
{
	struct wb_vault_key key = kit_key("p");
	struct wb_device *d = &e->device;

	*d = (struct wb_device){ .clock = e->home->clock,
		.random = e->env.random };
	wb_arena_init(&d->arena, WB_ARENA_BUDGET);
	assert_ok(wb_vault_open(&d->vault, PATH, &key, &e->env, &e->err),
	    &e->err);
	d->db = wb_vault_db(d->vault);
	memcpy(d->mark, wb_vault_mark(d->vault), WB_MARK_LEN);
	assert_ok(wb_signer_from_seed(&d->signer,
		      wb_signer_seed(&e->home->signer), &e->err),
	    &e->err);
	assert_ok(wb_secret_copy(&d->identity,
		      wb_secret_span(e->home->identity), &e->err),
	    &e->err);
	d->recipient = e->home->recipient;
	assert_ok(wb_device_reload(d, &e->err), &e->err);
}

static void
reset_server(struct enduring *e)
{
	struct fake_server *s = e->s.server;

	fake_log_cut(s->log, e->log_size);
	while (s->annex_count > e->annex_count)
		wb_bytes_clear(&s->files[--s->annex_count]);
	s->requests = 0;
	s->statements = 0;
}

void
enduring_open(struct enduring *e)
{
	enduring_close(e);
	new_disk(e);
	reset_server(e);
	simfs_put(e->fs, "vault", e->image, e->image_len);
	e->told = 0;
	e->untold = 0;
	open_device(e);
}

void
enduring_close(struct enduring *e)
{
	if (e->device.vault != NULL)
		wb_device_close(&e->device);
}

static void
expect_integrity(struct enduring *e)
{
	struct wb_stmt *q;
	bool row;

	assert_ok(wb_db_prepare(&q, e->device.db, "PRAGMA integrity_check",
		      &e->err),
	    &e->err);
	assert_ok(wb_step(q, &row, &e->err), &e->err);
	assert_true(wb_span_equal(wb_column_text(q, 0), wb_span_text("ok")));
	wb_stmt_done(q);
	assert_ok(wb_db_prepare(&q, e->device.db, "PRAGMA foreign_key_check",
		      &e->err),
	    &e->err);
	assert_ok(wb_step(q, &row, &e->err), &e->err);
	assert_false(row);
	assert_ok(wb_vault_check(e->device.vault, &e->err), &e->err);
}

void
enduring_reopen(struct enduring *e)
{
	enduring_close(e);
	open_device(e);
	expect_integrity(e);
}

enum wb_status
enduring_sync(struct enduring *e)
{
	struct wb_sync_progress progress = { 0 };
	struct wb_remote *remote;
	enum wb_status st;

	scarce_hold(true);
	remote = fake_server_connect(e->s.server, &e->device);
	scarce_hold(false);
	st = wb_sync(&e->s.done, &e->device, remote, progress, &e->err);
	wb_remote_close(&remote);
	return st;
}

struct wb_device *
enduring_coordinator(struct enduring *e)
{
	struct wb_device *c = &e->s.f.coord;

	copy(c->db, e->coord);
	assert_ok(wb_device_reload(c, &e->err), &e->err);
	return c;
}

int64_t
enduring_number(struct enduring *e, const char *sql)
{
	return fixture_number(&e->s.f, &e->device, sql);
}
