/*
 * What encryption costs: the client's tables and totals on a vault and on
 * plain SQLite (WAL, synchronous=FULL), in one run and one directory: commits
 * of one delivery, totals by item over all.  Prints times and ratios.
 * Opening is timed without the passphrase's Argon2id, which is slow on purpose.
 *
 * usage: vault_bench [--dir DIR] [--rows N] [--commits N]
 */
#include <fcntl.h>
#include <getopt.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "client/journal/totals.h"

#include "tests/fault/vaultkit.h"

#define BATCH 20000 /* rows a commit while the table is filled */
#define REPEATS 5 /* of commits */
#define READS 9
#define CACHE "PRAGMA cache_size=-32768"
#define ITEMS 40
#define PLACES 900
#define AS_TEXT(x) #x
#define TEXT(x) AS_TEXT(x)

/* Derived tables as the journal fills them: one delivery of one line. */
static const char *const fill_once[] = {
	"INSERT INTO device (key, label) SELECT zeroblob(31) || x'01', 'K1'",
	"WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n"
	" WHERE i < " TEXT(ITEMS) ") INSERT INTO measure (item, unit)"
				  " SELECT 'item ' || i, 'sack' FROM n",
	"WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n"
	" WHERE i < " TEXT(PLACES) ") INSERT INTO place (code)"
				   " SELECT 'S-' || i FROM n",
};
static const char insert_record[] =
    "INSERT INTO record (id, device, number, kind, day, reason, reference,"
    " from_place, to_place, households, people, note)"
    " VALUES (CAST(printf('%032d', ?1) AS BLOB), 1, ?1, 2, 19000 + ?1 / 2000,"
    " 0, 'M-' || ?1 / 100, '', 'S-' || (1 + ?1 % " TEXT(PLACES) "), 3, 12,"
								" '')";
static const char insert_line[] =
    "INSERT INTO line (record, device, kind, day, place, measure, quantity,"
    " first, lot, expiry_day, detail)"
    " VALUES (?2, 1, 2, 19000 + ?1 / 2000, 1 + ?1 % " TEXT(
	PLACES) ","
		" 1 + ?1 % " TEXT(
		    ITEMS) ", 500 + ?1 % 5000 * 500, 1, '', 0, '')";

struct side {
	const char *name;
	char path[300];
	bool vault;
	struct wb_vault *v;
	struct wb_db *db;
	double commits; /* a second */
	double cold; /* seconds */
	double warm;
	uint64_t rows; /* so far */
	int64_t sum; /* both sides must agree */
};

static const struct wb_vault_env env = { .kdf = kit_kdf };

static double
seconds(clockid_t clock)
{
	struct timespec t;

	(void)clock_gettime(clock, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static double
now(void)
{
	return seconds(CLOCK_MONOTONIC);
}

static void
close_side(struct side *s)
{
	if (!s->vault)
		wb_db_close(&s->db);
	wb_vault_close(&s->v);
	s->db = NULL;
}

static enum wb_status
open_side(struct side *s, bool create, struct wb_error *err)
{
	struct wb_vault_key key = kit_key("p");
	enum wb_status st;

	close_side(s);
	if (s->vault) {
		st = create ? wb_vault_create(&s->v, s->path, &key, &env, err)
			    : wb_vault_open(&s->v, s->path, &key, &env, err);
		if (st == WB_OK)
			s->db = wb_vault_db(s->v);
		return st;
	}
	st = wb_db_open(&s->db, s->path, WB_DB_WAL_FULL, NULL, err);
	return st == WB_OK ? wb_db_exec(s->db, CACHE, err) : st;
}

static enum wb_status
add_one(struct side *s, uint64_t n, struct wb_error *err)
{
	struct wb_stmt *stmt;
	enum wb_status st;

	st = wb_db_prepare(&stmt, s->db, insert_record, err);
	if (st != WB_OK)
		return st;
	wb_bind_int(stmt, 1, (int64_t)n);
	st = wb_run(stmt, err);
	if (st == WB_OK)
		st = wb_db_prepare(&stmt, s->db, insert_line, err);
	if (st != WB_OK)
		return st;
	wb_bind_int(stmt, 1, (int64_t)n);
	wb_bind_int(stmt, 2, wb_db_last_rowid(s->db));
	return wb_run(stmt, err);
}

static enum wb_status
add(struct side *s, uint64_t n, struct wb_error *err)
{
	enum wb_status st = wb_db_begin(s->db, err);

	for (uint64_t i = 0; st == WB_OK && i < n; i++)
		st = add_one(s, s->rows++, err);
	return st == WB_OK ? wb_db_commit(s->db, err) : st;
}

/* The programme's own totals, by item. */
static enum wb_status
aggregate(struct side *s, struct wb_error *err)
{
	const struct wb_totals_query all = { WB_BY_ITEM, INT64_MIN, INT64_MAX };
	struct wb_device device = { .db = s->db };
	struct wb_totals totals;
	enum wb_status st = wb_totals_read(&totals, &device, &all, err);

	s->sum = 0;
	if (st != WB_OK)
		return st;
	for (size_t i = 0; i < totals.row_count; i++)
		s->sum += totals.rows[i].net;
	wb_totals_clear(&totals);
	return WB_OK;
}

/* Takes the file out of the system's cache. */
static void
cool(const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);

	if (fd < 0)
		return;
	(void)fdatasync(fd);
	(void)posix_fadvise(fd, 0, 0, POSIX_FADV_DONTNEED);
	(void)close(fd);
}

static enum wb_status
measure_commits(struct side *s, uint64_t commits, struct wb_error *err)
{
	double from = now(), rate;
	enum wb_status st = WB_OK;

	for (uint64_t i = 0; st == WB_OK && i < commits; i++)
		st = add(s, 1, err);
	rate = (double)commits / (now() - from);
	if (rate > s->commits)
		s->commits = rate;
	return st;
}

static enum wb_status
measure_reads(struct side *s, struct wb_error *err)
{
	enum wb_status st;
	double from, cold, warm;

	close_side(s);
	cool(s->path);
	from = now();
	st = open_side(s, false, err);
	if (st == WB_OK)
		st = aggregate(s, err);
	cold = now() - from;
	/* Nothing waits for a disk here: CPU, which neighbours do not take. */
	from = seconds(CLOCK_PROCESS_CPUTIME_ID);
	if (st == WB_OK)
		st = aggregate(s, err);
	warm = seconds(CLOCK_PROCESS_CPUTIME_ID) - from;
	if (s->cold == 0 || cold < s->cold)
		s->cold = cold;
	if (s->warm == 0 || warm < s->warm)
		s->warm = warm;
	return st;
}

static enum wb_status
fill(struct side *s, uint64_t rows, struct wb_error *err)
{
	enum wb_status st = open_side(s, true, err);
	uint64_t n;

	if (st == WB_OK)
		st = wb_schema_create(s->db, err);
	for (size_t i = 0; st == WB_OK && i < 3; i++)
		st = wb_db_exec(s->db, fill_once[i], err);
	for (uint64_t i = 0; st == WB_OK && i < rows; i += n) {
		n = rows - i < BATCH ? rows - i : BATCH;
		st = add(s, n, err);
	}
	return st;
}

static enum wb_status
compare(struct side *sides, uint64_t rows, uint64_t commits,
    struct wb_error *err)
{
	enum wb_status st = WB_OK;

	for (int i = 0; st == WB_OK && i < 2; i++)
		st = fill(&sides[i], rows, err);
	/* In turns, so that both meet the same disk and the same neighbours. */
	for (int i = 0; st == WB_OK && i < 2 * REPEATS; i++)
		st = measure_commits(&sides[i % 2], commits / REPEATS, err);
	for (int i = 0; st == WB_OK && i < 2 * READS; i++)
		st = measure_reads(&sides[i % 2], err);
	if (st == WB_OK && sides[0].sum != sides[1].sum)
		st = wb_fail(err, WB_FAILED, "the two totals differ");
	return st;
}

static int
run(const char *dir, uint64_t rows, uint64_t commits)
{
	struct side sides[2] = { { .name = "plain" },
		{ .name = "vault", .vault = true } };
	struct wb_error err = { 0 };
	enum wb_status st;
	char extra[310];

	for (int i = 0; i < 2; i++)
		(void)snprintf(sides[i].path, sizeof sides[i].path,
		    "%s/vault_bench_%s", dir, sides[i].name);
	st = wb_crypto_start(&err);
	if (st == WB_OK)
		st = compare(sides, rows, commits, &err);
	for (int i = 0; i < 2; i++) {
		close_side(&sides[i]);
		(void)unlink(sides[i].path);
	}
	(void)snprintf(extra, sizeof extra, "%s-wal", sides[0].path);
	(void)unlink(extra);
	(void)snprintf(extra, sizeof extra, "%s-shm", sides[0].path);
	(void)unlink(extra);
	if (st != WB_OK) {
		fprintf(stderr, "vault_bench: %s\n", err.text);
		return 1;
	}
	printf("%" PRIu64 " rows, %" PRIu64 " commits, best of %d and %d\n",
	    rows, commits, READS, REPEATS);
	for (int i = 0; i < 2; i++)
		printf("%s  %7.0f commits/s  cold %.3f s  warm %.3f s\n",
		    sides[i].name, sides[i].commits, sides[i].cold,
		    sides[i].warm);
	printf("vault/plain  commits %.2f  cold %.2f  warm %.2f\n",
	    sides[1].commits / sides[0].commits, sides[1].cold / sides[0].cold,
	    sides[1].warm / sides[0].warm);
	return 0;
}

int
main(int argc, char **argv)
{
	static const struct option table[] = {
		{ "dir", required_argument, NULL, 'd' },
		{ "rows", required_argument, NULL, 'n' },
		{ "commits", required_argument, NULL, 'c' },
		{ NULL, 0, NULL, 0 },
	};
	uint64_t rows = 1000000, commits = 2500;
	const char *dir = ".";
	int c;

	while ((c = getopt_long(argc, argv, "", table, NULL)) != -1) {
		if (c == 'd' && strlen(optarg) < 200)
			dir = optarg;
		else if (c == 'n')
			rows = strtoull(optarg, NULL, 10);
		else if (c == 'c')
			commits = strtoull(optarg, NULL, 10);
		else
			return 2;
	}
	return run(dir, rows, commits);
}
