/*
 * Every operation of a vault with every call that it makes failing: each
 * allocation and each call of the file system, that one alone, and all from
 * there on.
 */
#include <errno.h>
#include <string.h>

#include "tests/fault/scarce.h"
#include "tests/unit/client/vaultworld.h"

enum before {
	NOTHING, /* no vault */
	CLOSED,
	DAMAGED, /* closed; a record amidst it is broken */
	OPEN
};

/* What may have changed where an operation failed. */
enum after {
	AS_BEFORE,
	A_VAULT, /* there is one, or none */
	A_ROW,
	A_KEY, /* "new" opens it in the place of "p" */
	MORE_KEYS, /* "new" opens it too */
	NO_VAULT /* there is none, or one */
};

struct operation {
	const char *name;
	enum wb_status (*run)(struct world *w);
	enum before before;
	enum after after;
};

/* What fails; 0: memory. */
static const struct trouble {
	const char *name;
	int error;
	enum wb_status status;
} troubles[] = {
	{ "no memory", 0, WB_NO_MEMORY },
	{ "input or output error", EIO, WB_STORAGE },
	{ "full disk", ENOSPC, WB_STORAGE },
};

struct attempt {
	const struct operation *operation;
	const struct trouble *trouble;
	bool forever;
	uint64_t nth;
};

static enum wb_status
create(struct world *w)
{
	struct wb_vault_key key = kit_key("p");

	return wb_vault_create(&w->v, WORLD_PATH, &key, &w->env, &w->err);
}

static enum wb_status
open(struct world *w)
{
	return world_reopen(w);
}

static enum wb_status
rescue(struct world *w)
{
	struct wb_vault_key key = kit_key("p");
	struct wb_error damage;
	enum wb_status st;

	st = wb_vault_rescue(&w->v, &damage, WORLD_PATH, &key, &w->env,
	    &w->err);
	if (st == WB_OK)
		assert_string_equal(wb_error_id(&damage), "vault-damaged");
	wb_vault_close(&w->v);
	return st;
}

static enum wb_status
add(struct world *w)
{
	return kit_add(wb_vault_db(w->v), SAMPLE_ROWS + 1, &w->err);
}

static enum wb_status
read_all(struct world *w)
{
	struct wb_stmt *q;
	enum wb_status st;
	int64_t n = 0;
	bool row = false;

	st = wb_db_prepare(&q, wb_vault_db(w->v),
	    "SELECT n, body FROM t ORDER BY body", &w->err);
	do {
		if (st == WB_OK)
			st = wb_step(q, &row, &w->err);
		n += row;
	} while (st == WB_OK && row);
	if (st == WB_OK)
		assert_int_equal(n, SAMPLE_ROWS + 1);
	return st;
}

static enum wb_status
compact(struct world *w)
{
	return wb_vault_compact(w->v, &w->err);
}

static enum wb_status
check(struct world *w)
{
	return wb_vault_check(w->v, &w->err);
}

static enum wb_status
change_passphrase(struct world *w)
{
	struct wb_vault_key key = kit_key("new");

	return wb_vault_change_passphrase(w->v, &key, &w->err);
}

static enum wb_status
add_slot(struct world *w)
{
	struct wb_vault_key key = kit_key("new");

	return wb_vault_add_slot(w->v, NULL, &key, &w->err);
}

/* What fails in closing fails unseen. */
static enum wb_status
add_and_close(struct world *w)
{
	enum wb_status st = add(w);

	wb_vault_close(&w->v);
	return st;
}

static enum wb_status
destroy(struct world *w)
{
	return wb_vault_destroy(WORLD_PATH, &w->env, &w->err);
}

static void
arm(struct world *w, const struct attempt *a)
{
	if (a->trouble->error == 0)
		scarce_fail(a->nth, a->forever);
	else
		simfs_fail(w->fs, a->nth, a->trouble->error, a->forever);
}

static bool
disarm(struct world *w)
{
	bool failed = scarce_failed() || simfs_failed(w->fs);

	scarce_fail(0, false);
	simfs_fail(w->fs, 0, 0, false);
	return failed;
}

static void
set_out(struct world *w, const struct sample *s, enum before before)
{
	uint8_t *data;
	size_t len;

	world_set_up(w);
	if (before == NOTHING)
		return;
	simfs_put(w->fs, "vault", s->data, s->len);
	data = simfs_bytes(w->fs, "vault", &len);
	memcpy(data, s->front, sizeof s->front);
	if (before == DAMAGED)
		data[s->at[SAMPLE_ROWS / 2]] ^= 1;
	if (before == OPEN)
		assert_ok(world_reopen(w), &w->err);
}

/* Random bytes do not stand eight times in a row, or spell SQL. */
static void
expect_no_plaintext(struct world *w)
{
	static const char *const names[] = { "vault", "vault.new" };
	const uint8_t *data;
	size_t len, run;

	for (size_t i = 0; i < 2; i++) {
		data = simfs_bytes(w->fs, names[i], &len);
		run = 1;
		for (size_t at = 1; at < len; at++) {
			run = data[at] == data[at - 1] ? run + 1 : 1;
			assert_true(run < 8);
		}
		if (len != 0)
			assert_null(memmem(data, len, "TABLE", 5));
	}
}

/*
 * What the same command could go on with: everything after a lack of memory,
 * and where a sync failed perhaps nothing.  Gives the rows then.
 */
static int64_t
go_on(struct world *w, const struct attempt *a, int64_t told)
{
	bool may_stop = a->trouble->error != 0;
	int64_t rows = world_rows(w);
	enum wb_status st;

	if (rows != -1)
		assert_int_equal(rows, told);
	else
		assert_true(may_stop && w->err.status == WB_STORAGE);
	st = kit_add(wb_vault_db(w->v), (uint64_t)told + 1, &w->err);
	if (st == WB_OK)
		return told + 1;
	assert_status(WB_STORAGE, st, &w->err);
	assert_true(may_stop);
	return told;
}

static enum wb_status
open_with(struct world *w, const char *passphrase)
{
	struct wb_vault_key key = kit_key(passphrase);

	wb_vault_close(&w->v);
	w->err = (struct wb_error){ 0 };
	return wb_vault_open(&w->v, WORLD_PATH, &key, &w->env, &w->err);
}

/* The vault is there with `least` rows; `most`: not all acknowledged. */
static void
expect_rows(struct world *w, int64_t least, int64_t most)
{
	int64_t rows = world_rows(w);

	assert_in_range(rows, least, most);
	assert_int_equal(simfs_names(w->fs), 1);
	assert_ok(kit_add(wb_vault_db(w->v), (uint64_t)rows + 1, &w->err),
	    &w->err);
	expect_no_plaintext(w);
}

static void
expect_vault_or_none(struct world *w, bool there)
{
	enum wb_status st = world_reopen(w);

	if (st == WB_NOT_FOUND && !there)
		st = create(w);
	assert_ok(st, &w->err);
	assert_int_equal(simfs_names(w->fs), 1);
	assert_ok(kit_begin(wb_vault_db(w->v), &w->err), &w->err);
	expect_no_plaintext(w);
}

/* The next command finds what was acknowledged. */
static void
expect_after(struct world *w, enum after after, enum wb_status st, int64_t rows)
{
	bool old, fresh;

	switch (after) {
	case A_VAULT:
		expect_vault_or_none(w, st == WB_OK);
		return;
	case NO_VAULT:
		/* Its key slots may be gone; the second try ends it. */
		assert_ok(destroy(w), &w->err);
		assert_int_equal(simfs_names(w->fs), 0);
		return;
	case A_KEY:
	case MORE_KEYS:
		fresh = open_with(w, "new") == WB_OK;
		old = open_with(w, "p") == WB_OK;
		assert_true(after == A_KEY ? old != fresh : old);
		assert_true(fresh || st != WB_OK);
		if (!old)
			assert_ok(open_with(w, "new"), &w->err);
		expect_rows(w, rows, rows + 1);
		return;
	case A_ROW:
	case AS_BEFORE:
		assert_ok(world_reopen(w), &w->err);
		expect_rows(w, rows, rows + 1);
		return;
	}
}

/* True: there was such a call. */
static bool
attempt(const struct sample *s, const struct attempt *a)
{
	const struct operation *o = a->operation;
	int64_t rows = SAMPLE_ROWS;
	enum wb_status st;
	struct world w;
	bool failed;

	set_out(&w, s, o->before);
	arm(&w, a);
	w.err = (struct wb_error){ 0 };
	st = o->run(&w);
	failed = disarm(&w);
	if (st != WB_OK) {
		assert_true(failed);
		assert_status(a->trouble->status, st, &w.err);
		assert_true(w.err.text[0] != '\0');
		/* What SQLite was asked for, it words itself. */
		if (st == WB_STORAGE && o->after != A_ROW && o->run != read_all)
			assert_string_equal(wb_error_id(&w.err), "vault-io");
	}
	expect_no_plaintext(&w);
	if (o->after == A_ROW && st == WB_OK)
		rows++;
	if (o->before == OPEN && w.v != NULL)
		rows = go_on(&w, a, rows);
	if (o->before == DAMAGED)
		assert_status(WB_STORAGE, world_reopen(&w), &w.err);
	else
		expect_after(&w, o->after, st, rows);
	world_tear_down(&w);
	return failed;
}

static void
every_call_of_every_operation_may_fail(void **state)
{
	static const struct operation operations[] = {
		{ "create", create, NOTHING, A_VAULT },
		{ "open", open, CLOSED, AS_BEFORE },
		{ "rescue", rescue, DAMAGED, AS_BEFORE },
		{ "add", add, OPEN, A_ROW },
		{ "read", read_all, OPEN, AS_BEFORE },
		{ "compact", compact, OPEN, AS_BEFORE },
		{ "check", check, OPEN, AS_BEFORE },
		{ "change passphrase", change_passphrase, OPEN, A_KEY },
		{ "add slot", add_slot, OPEN, MORE_KEYS },
		{ "add and close", add_and_close, OPEN, A_ROW },
		{ "destroy", destroy, CLOSED, NO_VAULT },
	};
	struct attempt a;

	for (size_t i = 0; i < sizeof operations / sizeof operations[0]; i++) {
		for (size_t k = 0; k < sizeof troubles / sizeof troubles[0];
		     k++) {
			for (int forever = 0; forever < 2; forever++) {
				a = (struct attempt){ &operations[i],
					&troubles[k], forever == 1, 1 };
				while (attempt(*state, &a))
					a.nth++;
				print_message("%s, %s%s: %d calls\n",
				    a.operation->name, a.trouble->name,
				    a.forever ? " for good" : "",
				    (int)a.nth - 1);
			}
		}
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_call_of_every_operation_may_fail),
	};

	scarce_start();
	return cmocka_run_group_tests(tests, sample_make, sample_free);
}
