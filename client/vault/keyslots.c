#include "client/vault/keyslots.h"

#include <string.h>

#include "crypto/hash.h"

#define KEY WB_VAULT_KEY_LEN
#define TAG WB_AEAD_TAG_LEN
#define NONCE WB_XCHACHA_NONCE_LEN

#define SLOTS_AT WB_ARGON_SALT_LEN
#define SLOT_SECRET (KEY + WB_VAULT_MARK_LEN)
#define SLOT_LEN (NONCE + 4 + TAG + SLOT_SECRET + TAG)
#define TABLE_AT (SLOTS_AT + WB_VAULT_SLOTS * SLOT_LEN)
#define TABLE_LEN (WB_KEYSLOTS_HEADER - TABLE_AT - NONCE - TAG)
#define ROW_LEN (KEY + KEY + WB_VAULT_MARK_LEN)

_Static_assert(4 + WB_VAULT_SLOTS * ROW_LEN <= TABLE_LEN, "the table fits");

static void
derive(uint8_t out[KEY], const uint8_t key[KEY], const char *label)
{
	struct wb_span part = wb_span_text(label);

	wb_hmac_sha256(out, wb_span(key, KEY), &part, 1);
}

static void
step_key(uint8_t key[KEY], uint32_t generations)
{
	uint8_t next[KEY];

	while (generations-- > 0) {
		derive(next, key, "waybill vault next slot key");
		memcpy(key, next, KEY);
	}
	wb_wipe(next, sizeof next);
}

static void
count_key(uint8_t out[KEY], const uint8_t root[KEY])
{
	derive(out, root, "waybill vault count key");
}

static void
slot_key(uint8_t out[KEY], const uint8_t root[KEY], uint32_t generation)
{
	derive(out, root, "waybill vault slot key");
	step_key(out, generation);
}

void
wb_keyslots_init(struct wb_keyslots *k, struct wb_random random)
{
	wb_random_fill(random, k, sizeof *k);
	k->generation = 0;
}

void
wb_keyslots_set(struct wb_keyslots *k, unsigned i, const uint8_t root[KEY])
{
	count_key(k->slot[i].count_key, root);
	slot_key(k->slot[i].slot_key, root, k->generation);
}

unsigned
wb_keyslots_find(const struct wb_keyslots *k, const uint8_t root[KEY])
{
	uint8_t key[KEY];
	unsigned i;

	count_key(key, root);
	for (i = 0; i < WB_VAULT_SLOTS; i++) {
		if (wb_equal(wb_span(key, KEY),
			wb_span(k->slot[i].count_key, KEY)))
			break;
	}
	wb_wipe(key, sizeof key);
	return i;
}

void
wb_keyslots_step(struct wb_keyslots *k, struct wb_random random)
{
	k->generation++;
	for (unsigned i = 0; i < WB_VAULT_SLOTS; i++)
		step_key(k->slot[i].slot_key, 1);
	wb_random_fill(random, k->vault_key, KEY);
}

static void
seal_slot(uint8_t *out, const struct wb_keyslots *k, unsigned i,
    struct wb_random random)
{
	uint8_t *count = out + NONCE, *secret = count + 4 + TAG;

	wb_random_fill(random, out, NONCE);
	wb_put_be32(count, k->generation);
	wb_xchacha_seal(count, wb_span(count, 4), wb_span(NULL, 0), out,
	    wb_span(k->slot[i].count_key, KEY));
	memcpy(secret, k->vault_key, KEY);
	memcpy(secret + KEY, k->slot[i].mark, WB_VAULT_MARK_LEN);
	wb_xchacha_seal(secret, wb_span(secret, SLOT_SECRET), wb_span(NULL, 0),
	    out, wb_span(k->slot[i].slot_key, KEY));
}

void
wb_keyslots_seal(uint8_t out[WB_KEYSLOTS_HEADER], const struct wb_keyslots *k,
    struct wb_random random)
{
	uint8_t *nonce = out + TABLE_AT, *table = nonce + NONCE, *row;

	memcpy(out, k->salt, WB_ARGON_SALT_LEN);
	for (unsigned i = 0; i < WB_VAULT_SLOTS; i++)
		seal_slot(out + SLOTS_AT + (size_t)i * SLOT_LEN, k, i, random);
	wb_random_fill(random, nonce, NONCE);
	memset(table, 0, TABLE_LEN);
	wb_put_be32(table, k->generation);
	for (unsigned i = 0; i < WB_VAULT_SLOTS; i++) {
		row = table + 4 + (size_t)i * ROW_LEN;
		memcpy(row, k->slot[i].count_key, KEY);
		memcpy(row + KEY, k->slot[i].slot_key, KEY);
		memcpy(row + KEY + KEY, k->slot[i].mark, WB_VAULT_MARK_LEN);
	}
	wb_xchacha_seal(table, wb_span(table, TABLE_LEN),
	    wb_span(out, TABLE_AT), nonce, wb_span(k->vault_key, KEY));
}

/* Opens one slot into `k`, if this root does. */
static bool
open_slot(struct wb_keyslots *k, unsigned i, const uint8_t *in,
    const uint8_t root[KEY])
{
	const uint8_t *count = in + NONCE, *sealed = count + 4 + TAG;
	uint8_t key[KEY], plain[SLOT_SECRET], generation[4];
	bool ok;

	count_key(key, root);
	ok = wb_xchacha_open(generation, wb_span(count, 4 + TAG),
	    wb_span(NULL, 0), in, wb_span(key, KEY));
	ok = ok && wb_get_be32(generation) <= WB_MAX_GENERATION;
	if (ok) {
		slot_key(key, root, wb_get_be32(generation));
		ok = wb_xchacha_open(plain, wb_span(sealed, SLOT_SECRET + TAG),
		    wb_span(NULL, 0), in, wb_span(key, KEY));
	}
	if (ok) {
		memcpy(k->vault_key, plain, KEY);
		memcpy(k->slot[i].mark, plain + KEY, WB_VAULT_MARK_LEN);
	}
	wb_wipe(key, sizeof key);
	wb_wipe(plain, sizeof plain);
	return ok;
}

static bool
open_table(struct wb_keyslots *k, const uint8_t in[WB_KEYSLOTS_HEADER])
{
	const uint8_t *nonce = in + TABLE_AT;
	uint8_t table[TABLE_LEN];
	const uint8_t *row;
	bool ok;

	ok = wb_xchacha_open(table, wb_span(nonce + NONCE, TABLE_LEN + TAG),
	    wb_span(in, TABLE_AT), nonce, wb_span(k->vault_key, KEY));
	for (unsigned i = 0; ok && i < WB_VAULT_SLOTS; i++) {
		row = table + 4 + (size_t)i * ROW_LEN;
		memcpy(k->slot[i].count_key, row, KEY);
		memcpy(k->slot[i].slot_key, row + KEY, KEY);
		memcpy(k->slot[i].mark, row + KEY + KEY, WB_VAULT_MARK_LEN);
	}
	if (ok)
		k->generation = wb_get_be32(table);
	wb_wipe(table, sizeof table);
	return ok;
}

enum wb_status
wb_keyslots_open(struct wb_keyslots *k, unsigned *slot,
    const uint8_t in[WB_KEYSLOTS_HEADER], const uint8_t root[KEY],
    struct wb_error *err)
{
	unsigned i;

	for (i = 0; i < WB_VAULT_SLOTS; i++) {
		if (open_slot(k, i, in + SLOTS_AT + (size_t)i * SLOT_LEN, root))
			break;
	}
	if (i == WB_VAULT_SLOTS) {
		return wb_advise(err,
		    wb_fail(err, WB_LOCKED,
			"the passphrase or the key file does not fit"),
		    "vault-locked", "Try again, and mind the key file.");
	}
	*slot = i;
	memcpy(k->salt, in, WB_ARGON_SALT_LEN);
	if (!open_table(k, in)) {
		return wb_advise(err,
		    wb_fail(err, WB_STORAGE,
			"the vault's header is damaged; its records may be "
			"whole"),
		    "vault-damaged", WB_VAULT_DAMAGED_NEXT);
	}
	return WB_OK;
}
