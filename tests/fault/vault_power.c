/*
 * Cuts the power.  A vault lives through commits, compactions and a second
 * passphrase on a file system that keeps every call; then the states that a
 * cut between any two calls could have left are made and opened.  What was
 * acknowledged must be there, and the vault must go on, through a second cut.
 *
 * usage: vault_power [--states N] [--commits N] [--seed N]
 *            [--without files|names]
 *   --without  a negative control: syncing files, or directories, does
 *              nothing.  Succeeds when that was found out.
 */
#include <getopt.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/fault/simfs.h"
#include "tests/fault/vaultkit.h"

#define PATH "dir/vault"

/* What simfs_acknowledge() is told: 1 the vault, 2 + n row n. */
#define TOLD_VAULT 1
#define TOLD_ROW 2

struct options {
	uint64_t states;
	uint64_t commits;
	uint64_t seed;
	const char *without;
};

/* Adds rows first to last; compacts and adds a passphrase on the way. */
static enum wb_status
live(struct simfs *fs, struct wb_vault *v, uint64_t first, uint64_t last,
    struct wb_error *err)
{
	struct wb_vault_key two = kit_key("two");
	enum wb_status st = WB_OK;

	for (uint64_t n = first; st == WB_OK && n <= last; n++) {
		st = kit_add(wb_vault_db(v), n, err);
		if (st == WB_OK)
			simfs_acknowledge(fs, TOLD_ROW + n);
		if (st == WB_OK && n % 11 == 10)
			st = wb_vault_compact(v, err);
		if (st == WB_OK && n == 17)
			st = wb_vault_add_slot(v, NULL, &two, err);
	}
	return st;
}

static enum wb_status
tell_a_story(struct simfs *fs, const struct options *o, struct wb_error *err)
{
	uint64_t seed = o->seed;
	struct wb_vault_env env = kit_env(simfs_ops(fs), &seed);
	struct wb_vault_key key = kit_key("p");
	struct wb_vault *v = NULL;
	enum wb_status st;

	st = wb_vault_create(&v, PATH, &key, &env, err);
	if (st == WB_OK) {
		simfs_acknowledge(fs, TOLD_VAULT);
		st = kit_begin(wb_vault_db(v), err);
	}
	if (st == WB_OK) {
		simfs_acknowledge(fs, TOLD_ROW);
		st = live(fs, v, 1, o->commits, err);
	}
	wb_vault_close(&v);
	return st;
}

/* Opens what is left; *row is the last row, -1 if there is no table. */
static bool
opens(struct wb_vault **v, struct simfs *fs, uint64_t *seed, uint64_t told,
    int64_t *row)
{
	struct wb_vault_env env = kit_env(simfs_ops(fs), seed);
	struct wb_vault_key key = kit_key("p");
	struct wb_error err = { 0 };
	enum wb_status st;
	uint64_t n;

	*row = -1;
	st = wb_vault_open(v, PATH, &key, &env, &err);
	if (st == WB_NOT_FOUND && told == 0)
		return true;
	if (st == WB_OK)
		st = wb_vault_check(*v, &err);
	if (st == WB_OK && kit_check(wb_vault_db(*v), &n, &err) == WB_OK)
		*row = (int64_t)n;
	else if (st == WB_OK && told >= TOLD_ROW)
		st = WB_FAILED;
	if (st != WB_OK)
		printf("  does not open: %s\n", err.text);
	return st == WB_OK;
}

static bool
row_fits(int64_t row, uint64_t told)
{
	int64_t least = (int64_t)told - TOLD_ROW;

	if (told < TOLD_ROW)
		return row <= 0;
	if (row == least || row == least + 1)
		return true;
	printf("  row %" PRId64 " is the last, but %" PRId64
	       " was acknowledged\n",
	    row, least);
	return false;
}

/* Goes on where the first cut left off, and cuts again. */
static bool
survives_again(struct simfs *fs, struct wb_vault **v, int64_t row,
    uint64_t *seed)
{
	struct simfs *again = NULL;
	struct wb_error err = { 0 };
	uint64_t told;
	size_t moment;
	bool ok;

	simfs_acknowledge(fs, TOLD_ROW + (uint64_t)row);
	moment = simfs_moments(fs);
	if (live(fs, *v, (uint64_t)row + 1, (uint64_t)row + 3, &err) != WB_OK) {
		printf("  does not go on: %s\n", err.text);
		return false;
	}
	wb_vault_close(v);
	moment += simfs_random(seed) % (simfs_moments(fs) + 1 - moment);
	again = simfs_after_loss(fs, moment,
	    (enum simfs_loss)(simfs_random(seed) % SIMFS_LOSE_KINDS), seed,
	    &told);
	ok = opens(v, again, seed, told, &row) && row_fits(row, told);
	wb_vault_close(v);
	simfs_free(&again);
	return ok;
}

static bool
survives(const struct simfs *story, size_t moment, enum simfs_loss loss,
    uint64_t *seed)
{
	struct wb_vault *v = NULL;
	struct simfs *fs;
	uint64_t told;
	int64_t row;
	bool ok;

	fs = simfs_after_loss(story, moment, loss, seed, &told);
	ok = opens(&v, fs, seed, told, &row) && row_fits(row, told);
	if (ok && row >= 0)
		ok = survives_again(fs, &v, row, seed);
	wb_vault_close(&v);
	simfs_free(&fs);
	if (!ok)
		printf("  cut at moment %zu, loss %d\n", moment, (int)loss);
	return ok;
}

static int
run(const struct options *o)
{
	struct simfs *story = simfs_new();
	struct wb_error err = { 0 };
	uint64_t seed = o->seed, lost = 0;
	size_t moments;
	bool control = o->without != NULL;

	simfs_lie_about_files(story, control && o->without[0] == 'f');
	simfs_lie_about_names(story, control && o->without[0] == 'n');
	if (wb_crypto_start(&err) != WB_OK ||
	    tell_a_story(story, o, &err) != WB_OK) {
		printf("no story to tell: %s\n", err.text);
		simfs_free(&story);
		return 1;
	}
	moments = simfs_moments(story) + 1;
	for (uint64_t i = 0; i < o->states; i++) {
		if (!survives(story, (size_t)(i % moments),
			(enum simfs_loss)((i / moments + i) % SIMFS_LOSE_KINDS),
			&seed))
			lost++;
		if (control && lost > 0)
			break;
	}
	printf("%" PRIu64 " states at %zu moments, each cut twice: %" PRIu64
	       " lost something\n",
	    o->states, moments, lost);
	simfs_free(&story);
	if (control)
		printf("without syncing %s: %s\n", o->without,
		    lost > 0 ? "found out, as it must be" : "NOT FOUND OUT");
	return (lost > 0) == control ? 0 : 1;
}

int
main(int argc, char **argv)
{
	static const struct option table[] = {
		{ "states", required_argument, NULL, 's' },
		{ "commits", required_argument, NULL, 'c' },
		{ "seed", required_argument, NULL, 'r' },
		{ "without", required_argument, NULL, 'w' },
		{ NULL, 0, NULL, 0 },
	};
	struct options o = { 500, 40, 1, NULL };
	int c;

	while ((c = getopt_long(argc, argv, "", table, NULL)) != -1) {
		if (c == 's')
			o.states = strtoull(optarg, NULL, 10);
		else if (c == 'c')
			o.commits = strtoull(optarg, NULL, 10);
		else if (c == 'r')
			o.seed = strtoull(optarg, NULL, 10) | 1;
		else if (c == 'w' && (strcmp(optarg, "files") == 0 ||
					 strcmp(optarg, "names") == 0))
			o.without = optarg;
		else
			return 2;
	}
	return run(&o);
}
