#include "tests/fault/vaultkit.h"

#include <string.h>

#include "crypto/hash.h"

#include "tests/fault/simfs.h"

#define BODY_MAX 3000

enum wb_status
kit_kdf(struct wb_secret **out, struct wb_span input,
    const uint8_t salt[WB_ARGON_SALT_LEN], struct wb_error *err)
{
	enum wb_status st = wb_secret_new(out, WB_VAULT_KEY_LEN, err);

	if (st == WB_OK)
		wb_hmac_sha256(wb_secret_data(*out),
		    wb_span(salt, WB_ARGON_SALT_LEN), &input, 1);
	return st;
}

static void
fill(void *ctx, uint8_t *out, size_t len)
{
	uint64_t *seed = ctx, word;

	for (size_t i = 0; i < len; i += 4) {
		word = simfs_random(seed);
		memcpy(out + i, &word, len - i < 4 ? len - i : 4);
	}
}

struct wb_vault_env
kit_env(const struct wb_file_ops *files, uint64_t *seed)
{
	return (struct wb_vault_env){ files, { fill, seed }, kit_kdf };
}

struct wb_vault_key
kit_key(const char *passphrase)
{
	return (
	    struct wb_vault_key){ wb_span_text(passphrase), wb_span(NULL, 0) };
}

/* A length and a byte for each row. */
static struct wb_span
body(uint8_t *buf, uint64_t n)
{
	size_t len = (size_t)(n * 37 % BODY_MAX);

	memset(buf, (int)('A' + n % 26), len);
	return wb_span(buf, len);
}

static enum wb_status
insert(struct wb_db *db, uint64_t n, struct wb_error *err)
{
	uint8_t buf[BODY_MAX];
	struct wb_stmt *s;
	enum wb_status st;

	st = wb_db_prepare(&s, db, "INSERT INTO t (n, body) VALUES (?1, ?2)",
	    err);
	if (st != WB_OK)
		return st;
	wb_bind_int(s, 1, (int64_t)n);
	wb_bind_blob(s, 2, body(buf, n));
	return wb_run(s, err);
}

enum wb_status
kit_begin(struct wb_db *db, struct wb_error *err)
{
	enum wb_status st;

	st = wb_db_begin(db, err);
	if (st == WB_OK)
		st = wb_db_exec(db,
		    "CREATE TABLE t (n INTEGER PRIMARY KEY, body BLOB, "
		    "seen INTEGER NOT NULL DEFAULT 0)",
		    err);
	if (st == WB_OK)
		st = insert(db, 0, err);
	if (st == WB_OK)
		return wb_db_commit(db, err);
	wb_db_rollback(db);
	return st;
}

enum wb_status
kit_add(struct wb_db *db, uint64_t n, struct wb_error *err)
{
	struct wb_stmt *s;
	enum wb_status st;

	st = wb_db_begin(db, err);
	if (st != WB_OK)
		return st;
	st = insert(db, n, err);
	if (st == WB_OK)
		st = wb_db_prepare(&s, db,
		    "UPDATE t SET seen = ?1 WHERE n % 7 = ?1 % 7 AND n < ?1",
		    err);
	if (st == WB_OK) {
		wb_bind_int(s, 1, (int64_t)n);
		st = wb_run(s, err);
	}
	if (st == WB_OK)
		return wb_db_commit(db, err);
	wb_db_rollback(db);
	return st;
}

static enum wb_status
check_order(struct wb_db *db, struct wb_error *err)
{
	struct wb_stmt *s;
	enum wb_status st;
	bool row, ok;

	st = wb_db_prepare(&s, db, "PRAGMA integrity_check", err);
	if (st == WB_OK)
		st = wb_step(s, &row, err);
	if (st != WB_OK)
		return st;
	ok = row && wb_span_equal(wb_column_text(s, 0), wb_span_text("ok"));
	wb_stmt_done(s);
	return ok ? WB_OK : wb_fail(err, WB_FAILED, "the integrity is gone");
}

enum wb_status
kit_check(struct wb_db *db, uint64_t *n, struct wb_error *err)
{
	uint8_t buf[BODY_MAX];
	uint64_t next = 0;
	struct wb_stmt *s;
	enum wb_status st;
	bool row;

	*n = 0;
	st = check_order(db, err);
	if (st == WB_OK)
		st = wb_db_prepare(&s, db, "SELECT n, body FROM t ORDER BY n",
		    err);
	while (st == WB_OK) {
		st = wb_step(s, &row, err);
		if (st != WB_OK || !row)
			break;
		if (wb_column_int(s, 0) != (int64_t)next ||
		    !wb_span_equal(wb_column_blob(s, 1), body(buf, next))) {
			wb_stmt_done(s);
			st = wb_fail(err, WB_FAILED, "row %d is wrong",
			    (int)next);
			break;
		}
		next++;
	}
	if (st == WB_OK && next == 0)
		st = wb_fail(err, WB_FAILED, "there are no rows");
	if (st == WB_OK)
		*n = next - 1;
	return st;
}
