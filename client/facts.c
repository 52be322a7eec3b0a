/* What client/device.h keeps: settings, statements, annexes. */
#include <inttypes.h>
#include <stdio.h>

#include "client/device.h"
#include "proto/wire.h"

#define NUMBER_TEXT 24 /* any uint64_t and a NUL */

enum wb_status
wb_setting_get(struct wb_bytes *out, struct wb_db *db, const char *name,
    struct wb_error *err)
{
	struct wb_stmt *s;
	enum wb_status st;
	bool row;

	st = wb_db_prepare(&s, db, "SELECT value FROM setting WHERE name = ?",
	    err);
	if (st != WB_OK)
		return st;
	wb_bind_text(s, 1, wb_span_text(name));
	st = wb_step(s, &row, err);
	if (st != WB_OK)
		return st;
	if (!row)
		return wb_fail(err, WB_NOT_FOUND, "\"%s\" is not set", name);
	st = wb_bytes_append(out, wb_column_blob(s, 0), err);
	wb_stmt_done(s);
	return st;
}

enum wb_status
wb_setting_put(struct wb_db *db, const char *name, struct wb_span value,
    struct wb_error *err)
{
	struct wb_stmt *s;
	enum wb_status st;

	st = wb_db_prepare(&s, db,
	    "INSERT INTO setting (name, value) VALUES (?, ?)"
	    " ON CONFLICT (name) DO UPDATE SET value = excluded.value",
	    err);
	if (st != WB_OK)
		return st;
	wb_bind_text(s, 1, wb_span_text(name));
	wb_bind_blob(s, 2, value);
	return wb_run(s, err);
}

/* Written by us alone, so anything but digits is damage. */
static enum wb_status
read_number(uint64_t *out, const struct wb_bytes *text, const char *name,
    struct wb_error *err)
{
	uint64_t value = 0;

	for (size_t i = 0; i < text->len; i++) {
		unsigned digit = (unsigned)text->data[i] - '0';

		if (digit > 9 || value > (UINT64_MAX - digit) / 10)
			return wb_fail(err, WB_STORAGE,
			    "the vault's \"%s\" is no number", name);
		value = value * 10 + digit;
	}
	*out = value;
	return WB_OK;
}

enum wb_status
wb_setting_get_number(uint64_t *out, struct wb_db *db, const char *name,
    uint64_t absent, struct wb_error *err)
{
	struct wb_bytes text;
	enum wb_status st;

	wb_bytes_init(&text, NUMBER_TEXT);
	st = wb_setting_get(&text, db, name, err);
	if (st == WB_OK) {
		st = read_number(out, &text, name, err);
	} else if (st == WB_NOT_FOUND) {
		*out = absent;
		st = WB_OK;
	}
	wb_bytes_clear(&text);
	return st;
}

enum wb_status
wb_setting_put_number(struct wb_db *db, const char *name, uint64_t value,
    struct wb_error *err)
{
	char text[NUMBER_TEXT];

	(void)snprintf(text, sizeof text, "%" PRIu64, value);
	return wb_setting_put(db, name, wb_span_text(text), err);
}

enum wb_status
wb_setting_remove(struct wb_db *db, const char *name, struct wb_error *err)
{
	struct wb_stmt *s;
	enum wb_status st;

	st = wb_db_prepare(&s, db, "DELETE FROM setting WHERE name = ?", err);
	if (st != WB_OK)
		return st;
	wb_bind_text(s, 1, wb_span_text(name));
	return wb_run(s, err);
}

/* What is known of a statement already; row 0: nothing. */
struct known {
	int64_t row;
	bool logged;
	int64_t log_index;
};

static enum wb_status
find_statement(struct known *out, struct wb_db *db, const struct wb_hash *id,
    struct wb_error *err)
{
	struct wb_stmt *s;
	enum wb_status st;
	bool row;

	*out = (struct known){ 0 };
	st = wb_db_prepare(&s, db,
	    "SELECT row, log_index FROM statement WHERE id = ?", err);
	if (st != WB_OK)
		return st;
	wb_bind_blob(s, 1, wb_hash_span(id));
	st = wb_step(s, &row, err);
	if (st != WB_OK || !row)
		return st;
	out->row = wb_column_int(s, 0);
	out->logged = !wb_column_is_null(s, 1);
	out->log_index = wb_column_int(s, 1);
	wb_stmt_done(s);
	return WB_OK;
}

static enum wb_status
fail_fork(struct wb_error *err)
{
	return wb_advise(err,
	    wb_fail(err, WB_FORGED,
		"the log shows two different entries at one place"),
	    "log-fork", WB_KEEP_EVIDENCE);
}

static void
bind_logged(struct wb_stmt *s, int i, const struct wb_logged *logged)
{
	if (logged == NULL)
		return;
	wb_bind_int(s, i, (int64_t)logged->index);
	if (logged->receipt.len != 0)
		wb_bind_blob(s, i + 1, logged->receipt);
}

static enum wb_status
insert_statement(struct wb_device *device, const struct wb_envelope *envelope,
    struct wb_span bytes, const struct wb_logged *logged, struct wb_error *err)
{
	struct wb_stmt *s;
	enum wb_status st;

	st = wb_db_prepare(&s, device->db,
	    "INSERT INTO statement (type, id, envelope, heard, log_index,"
	    " receipt) VALUES (?, ?, ?, ?, ?, ?)",
	    err);
	if (st != WB_OK)
		return st;
	wb_bind_int(s, 1, envelope->type);
	wb_bind_blob(s, 2, wb_hash_span(&envelope->id));
	wb_bind_blob(s, 3, bytes);
	wb_bind_int(s, 4, wb_clock_now(device->clock));
	bind_logged(s, 5, logged);
	st = wb_run(s, err);
	return st == WB_EXISTS ? fail_fork(err) : st;
}

/* A receipt is kept as it came first: it proves as much as a later one. */
static enum wb_status
complete_statement(struct wb_db *db, const struct known *known,
    const struct wb_logged *logged, struct wb_error *err)
{
	struct wb_stmt *s;
	enum wb_status st;

	if (logged == NULL)
		return WB_OK;
	if (known->logged && known->log_index != (int64_t)logged->index)
		return fail_fork(err);
	st = wb_db_prepare(&s, db,
	    "UPDATE statement SET log_index = coalesce(log_index, ?),"
	    " receipt = coalesce(receipt, ?) WHERE row = ?",
	    err);
	if (st != WB_OK)
		return st;
	bind_logged(s, 1, logged);
	wb_bind_int(s, 3, known->row);
	st = wb_run(s, err);
	return st == WB_EXISTS ? fail_fork(err) : st;
}

enum wb_status
wb_statement_is_here(bool *here, struct wb_device *device,
    const struct wb_hash *id, struct wb_error *err)
{
	struct wb_stmt *s;
	enum wb_status st;

	st = wb_db_prepare(&s, device->db,
	    "SELECT 1 FROM statement WHERE id = ?", err);
	if (st != WB_OK)
		return st;
	wb_bind_blob(s, 1, wb_hash_span(id));
	st = wb_step(s, here, err);
	wb_stmt_done(s);
	return st;
}

enum wb_status
wb_statement_keep(int64_t *row, bool *is_new, struct wb_device *device,
    const struct wb_envelope *envelope, struct wb_span bytes,
    const struct wb_logged *logged, struct wb_error *err)
{
	struct known known;
	enum wb_status st;

	if (logged != NULL && logged->index > INT64_MAX)
		return wb_fail(err, WB_INVALID, "a log index out of range");
	st = find_statement(&known, device->db, &envelope->id, err);
	if (st != WB_OK)
		return st;
	if (known.row != 0) {
		st = complete_statement(device->db, &known, logged, err);
	} else {
		st = insert_statement(device, envelope, bytes, logged, err);
	}
	if (st != WB_OK)
		return st;
	*row = known.row != 0 ? known.row : wb_db_last_rowid(device->db);
	if (is_new != NULL)
		*is_new = known.row == 0;
	return WB_OK;
}

enum wb_status
wb_statement_issue(int64_t *row, struct wb_device *device,
    enum wb_statement_type type, struct wb_span payload, struct wb_error *err)
{
	struct wb_envelope envelope;
	struct wb_arena arena;
	struct wb_bytes bytes;
	enum wb_status st;

	wb_bytes_init(&bytes, WB_MAX_ENVELOPE);
	wb_arena_init(&arena, WB_ARENA_BUDGET);
	st = wb_envelope_seal(&bytes, type, payload, &device->signer, err);
	if (st == WB_OK)
		st = wb_envelope_decode(&envelope, &arena,
		    wb_bytes_span(&bytes), err);
	if (st == WB_OK)
		st = wb_statement_keep(row, NULL, device, &envelope,
		    wb_bytes_span(&bytes), NULL, err);
	wb_arena_clear(&arena);
	wb_bytes_clear(&bytes);
	return st;
}

enum wb_status
wb_annex_get(struct wb_bytes *out, struct wb_db *db, const struct wb_hash *hash,
    struct wb_error *err)
{
	struct wb_stmt *s;
	enum wb_status st;
	bool row;

	st = wb_db_prepare(&s, db, "SELECT plain FROM annex WHERE hash = ?",
	    err);
	if (st != WB_OK)
		return st;
	wb_bind_blob(s, 1, wb_hash_span(hash));
	st = wb_step(s, &row, err);
	if (st != WB_OK)
		return st;
	if (!row)
		return wb_fail(err, WB_NOT_FOUND, "that list is not here yet");
	st = wb_bytes_append(out, wb_column_blob(s, 0), err);
	wb_stmt_done(s);
	return st;
}

enum wb_status
wb_annex_put(struct wb_hash *hash, struct wb_db *db, enum wb_annex_kind kind,
    struct wb_span plain, struct wb_error *err)
{
	struct wb_stmt *s;
	enum wb_status st;

	wb_sha256_one(hash, plain);
	st = wb_db_prepare(&s, db,
	    "INSERT INTO annex (hash, kind, plain) VALUES (?, ?, ?)"
	    " ON CONFLICT (hash) DO NOTHING",
	    err);
	if (st != WB_OK)
		return st;
	wb_bind_blob(s, 1, wb_hash_span(hash));
	wb_bind_int(s, 2, kind);
	wb_bind_blob(s, 3, plain);
	return wb_run(s, err);
}
