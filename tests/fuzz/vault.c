/*
 * A vault's file that somebody had in their hands.  The first byte says what
 * the rest does to an honest one:
 *
 *	0	takes the place of all records
 *	1	takes the place of the whole file
 *	2	edits it: 8 bytes each: what 1, byte 1, offset 2, from 2, length 2
 *
 * Whatever opens, and whose pages are all authentic, is a state that the vault
 * was once in.
 */
#include "client/vault/vault.h"

#include <stdlib.h>
#include <string.h>

#include "client/vault/keyslots.h"
#include "client/vault/pagelog.h"

#include "tests/fault/simfs.h"
#include "tests/fault/vaultkit.h"
#include "tests/fuzz/fuzz.h"

#define ROWS 3
#define EDIT 8 /* bytes */
#define UNIT 16 /* bytes: offsets and lengths of edits are in these */
#define FRONT (WB_KEYSLOTS_HEADER + WB_PAGELOG_COUNT)
#define SPARE ((size_t)64 << 10) /* bytes that edits may add */

static struct {
	struct simfs *fs; /* owns the bytes */
	uint8_t *bytes;
	size_t len;
} honest;

static struct wb_vault *
open_vault(struct simfs *fs, bool rescue)
{
	const struct wb_vault_key key = kit_key("open");
	struct wb_vault *vault = NULL;
	struct wb_vault_env env;
	struct wb_error damage;
	uint64_t seed = 9;

	env = kit_env(simfs_ops(fs), &seed);
	if (rescue)
		(void)!wb_vault_rescue(&vault, &damage, "v", &key, &env, NULL);
	else
		(void)!wb_vault_open(&vault, "v", &key, &env, NULL);
	return vault;
}

static void
make_honest(void)
{
	const struct wb_vault_key key = kit_key("open");
	struct simfs *fs = simfs_new();
	struct wb_vault *vault = NULL;
	struct wb_vault_env env;
	uint64_t seed = 9;

	env = kit_env(simfs_ops(fs), &seed);
	FUZZ_REQUIRE(wb_vault_create(&vault, "v", &key, &env, NULL) == WB_OK);
	FUZZ_REQUIRE(kit_begin(wb_vault_db(vault), NULL) == WB_OK);
	for (uint64_t n = 1; n <= ROWS; n++)
		FUZZ_REQUIRE(kit_add(wb_vault_db(vault), n, NULL) == WB_OK);
	wb_vault_close(&vault);
	honest.bytes = simfs_bytes(fs, "v", &honest.len);
	honest.fs = fs;
}

static bool
has_table(struct wb_db *db)
{
	struct wb_stmt *s;

	if (wb_db_prepare(&s, db, "SELECT n FROM t", NULL) != WB_OK)
		return false;
	wb_stmt_done(s);
	return true;
}

static void
look(struct simfs *fs, bool rescue)
{
	struct wb_vault *vault = open_vault(fs, rescue);
	struct wb_error err = { 0 };
	uint64_t n;

	if (vault != NULL && has_table(wb_vault_db(vault)) &&
	    wb_vault_check(vault, &err) == WB_OK) {
		FUZZ_REQUIRE(kit_check(wb_vault_db(vault), &n, &err) == WB_OK);
		FUZZ_REQUIRE(n <= ROWS);
	}
	wb_vault_close(&vault);
}

static void
try_file(const uint8_t *bytes, size_t len)
{
	struct simfs *fs = simfs_new();

	simfs_put(fs, "v", bytes, len);
	look(fs, false);
	look(fs, true);
	simfs_free(&fs);
}

static size_t
be16(const uint8_t *in)
{
	return (size_t)in[0] << 8 | in[1];
}

/* One edit; *len within the room that the honest file and SPARE give. */
static void
edit(uint8_t *file, size_t *len, const uint8_t e[EDIT])
{
	size_t at = be16(e + 2) * UNIT % (*len + 1);
	size_t from = be16(e + 4) * UNIT % (*len + 1);
	size_t n = be16(e + 6) * UNIT;

	switch (e[0]) {
	case 0: /* one byte changes */
		if (at < *len)
			file[at] ^= e[1];
		break;
	case 1: /* the rest is cut off */
		*len = at;
		break;
	case 2: /* a piece moves over another */
		n = n > *len - at ? *len - at : n;
		n = n > *len - from ? *len - from : n;
		memmove(file + at, file + from, n);
		break;
	case 3: /* a piece comes again at the end */
		n = n > *len - from ? *len - from : n;
		if (*len + n > honest.len + SPARE)
			break;
		memmove(file + *len, file + from, n);
		*len += n;
		break;
	default:
		break;
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	uint8_t *file;
	size_t len;

	if (honest.bytes == NULL)
		make_honest();
	if (size == 0 || size > SPARE)
		return 0;
	file = malloc(honest.len + SPARE);
	FUZZ_REQUIRE(file != NULL);
	memcpy(file, honest.bytes, honest.len);
	len = honest.len;
	if (data[0] == 0) {
		len = FRONT + size - 1;
		memcpy(file + FRONT, data + 1, size - 1);
	} else if (data[0] == 1) {
		len = size - 1;
		memcpy(file, data + 1, len);
	} else {
		for (size_t at = 1; at + EDIT <= size; at += EDIT)
			edit(file, &len, data + at);
	}
	try_file(file, len);
	free(file);
	return 0;
}
