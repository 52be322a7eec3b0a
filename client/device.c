#include "client/device.h"

#include <stdio.h>
#include <string.h>

#include "base/folder.h"

_Static_assert(WB_MARK_LEN == WB_VAULT_MARK_LEN, "one mark, two names");

static void
begin(struct wb_device *out, struct wb_clock clock, struct wb_random random)
{
	memset(out, 0, sizeof *out);
	out->clock = clock;
	out->random = random;
	wb_arena_init(&out->arena, WB_ARENA_BUDGET);
}

static void
take_vault(struct wb_device *device)
{
	device->db = wb_vault_db(device->vault);
	memcpy(device->mark, wb_vault_mark(device->vault), WB_MARK_LEN);
}

static enum wb_status
make_keys(struct wb_device *device, struct wb_error *err)
{
	enum wb_status st;

	st = wb_signer_generate(&device->signer, device->random, err);
	if (st == WB_OK)
		st = wb_identity_generate(&device->identity, device->random,
		    err);
	if (st == WB_OK)
		wb_identity_recipient(&device->recipient, device->identity);
	return st;
}

static enum wb_status
store_keys(struct wb_device *device, struct wb_error *err)
{
	enum wb_status st = wb_db_begin(device->db, err);

	if (st != WB_OK)
		return st;
	st = wb_setting_put(device->db, WB_SET_SEED,
	    wb_signer_seed(&device->signer), err);
	if (st == WB_OK)
		st = wb_setting_put(device->db, WB_SET_IDENTITY,
		    wb_secret_span(device->identity), err);
	if (st == WB_OK)
		return wb_db_commit(device->db, err);
	wb_db_rollback(device->db);
	return st;
}

static enum wb_status
load_keys(struct wb_device *device, struct wb_error *err)
{
	struct wb_bytes seed, identity;
	enum wb_status st;

	wb_bytes_init(&seed, WB_SEED_LEN);
	wb_bytes_init(&identity, WB_AGE_KEY_LEN);
	st = wb_setting_get(&seed, device->db, WB_SET_SEED, err);
	if (st == WB_OK)
		st = wb_signer_from_seed(&device->signer, wb_bytes_span(&seed),
		    err);
	if (st == WB_OK)
		st = wb_setting_get(&identity, device->db, WB_SET_IDENTITY,
		    err);
	if (st == WB_OK)
		st = wb_secret_copy(&device->identity, wb_bytes_span(&identity),
		    err);
	if (st == WB_OK)
		wb_identity_recipient(&device->recipient, device->identity);
	else if (st == WB_NOT_FOUND)
		st = wb_fail(err, WB_STORAGE, "this vault holds no keys");
	wb_bytes_clear(&identity);
	wb_bytes_clear(&seed);
	return st;
}

enum wb_status
wb_device_create(struct wb_device *out, const struct wb_unlock *unlock,
    struct wb_clock clock, struct wb_random random, struct wb_error *err)
{
	char path[WB_MAX_PATH];
	enum wb_status st;

	begin(out, clock, random);
	st = wb_folder_path(path, unlock->dir, WB_VAULT_FILE, err);
	if (st == WB_OK)
		st = wb_file_make_dir(wb_file_ops_system(), unlock->dir, err);
	if (st == WB_OK)
		st = wb_vault_create(&out->vault, path, &unlock->key, NULL,
		    err);
	if (st != WB_OK)
		return st;
	take_vault(out);
	st = wb_schema_create(out->db, err);
	if (st == WB_OK)
		st = make_keys(out, err);
	if (st == WB_OK)
		st = store_keys(out, err);
	if (st == WB_OK)
		return WB_OK;
	wb_device_close(out);
	/* Half a vault would stand in the way of the next try. */
	if (wb_vault_destroy(path, NULL, NULL) != WB_OK)
		return wb_context(err, st, "%s is of no use", path);
	return st;
}

/* As any other where it is whole. */
static enum wb_status
open_to_read(struct wb_vault **out, const char *path,
    const struct wb_unlock *unlock, struct wb_error *err)
{
	struct wb_error *damage = unlock->damage;
	enum wb_status st;

	*damage = (struct wb_error){ 0 };
	st = wb_vault_open(out, path, &unlock->key, NULL, damage);
	if (st == WB_OK)
		return WB_OK;
	if (strcmp(wb_error_id(damage), "vault-damaged") == 0 ||
	    strcmp(wb_error_id(damage), "vault-altered") == 0)
		return wb_vault_rescue(out, damage, path, &unlock->key, NULL,
		    err);
	if (err != NULL)
		*err = *damage;
	return st;
}

enum wb_status
wb_device_open(struct wb_device *out, const struct wb_unlock *unlock,
    struct wb_clock clock, struct wb_random random, struct wb_error *err)
{
	char path[WB_MAX_PATH];
	enum wb_status st;

	begin(out, clock, random);
	st = wb_folder_path(path, unlock->dir, WB_VAULT_FILE, err);
	if (st != WB_OK)
		return st;
	if (unlock->damage == NULL)
		st = wb_vault_open(&out->vault, path, &unlock->key, NULL, err);
	else
		st = open_to_read(&out->vault, path, unlock, err);
	if (st == WB_NOT_FOUND) {
		return wb_advise(err,
		    wb_fail(err, WB_NOT_FOUND, "there is no vault in %s",
			unlock->dir),
		    "no-vault",
		    "make one with `waybill init` (a new programme) or "
		    "`waybill join` (an invitation)");
	}
	if (st != WB_OK)
		return st;
	take_vault(out);
	st = wb_schema_check(out->db, err);
	if (st == WB_OK)
		st = load_keys(out, err);
	if (st == WB_OK)
		st = wb_device_reload(out, err);
	if (st != WB_OK) {
		st = wb_vault_explain(out->vault, st, err);
		wb_device_close(out);
	}
	return st;
}

void
wb_device_close(struct wb_device *device)
{
	if (device->vault != NULL)
		wb_vault_close(&device->vault);
	else
		wb_db_close(&device->db);
	wb_signer_clear(&device->signer);
	wb_secret_free(&device->identity);
	wb_arena_clear(&device->arena);
	wb_wipe(device, sizeof *device);
}

/* Makes `bytes` the device's roster, in its own arena. */
static enum wb_status
set_roster(struct wb_device *device, struct wb_span bytes, struct wb_error *err)
{
	struct wb_envelope envelope;
	enum wb_status st;

	wb_arena_clear(&device->arena);
	st = wb_envelope_decode(&envelope, &device->arena, bytes, err);
	if (st != WB_OK)
		return st;
	device->roster_id = envelope.id;
	return wb_roster_decode(&device->roster, &device->arena,
	    envelope.payload, err);
}

static enum wb_status
load_logged_roster(bool *found, struct wb_device *device, struct wb_error *err)
{
	struct wb_stmt *s;
	enum wb_status st;

	st = wb_db_prepare(&s, device->db,
	    "SELECT envelope FROM statement WHERE type = ?"
	    " AND log_index IS NOT NULL ORDER BY log_index DESC LIMIT 1",
	    err);
	if (st != WB_OK)
		return st;
	wb_bind_int(s, 1, WB_STATEMENT_ROSTER);
	st = wb_step(s, found, err);
	if (st != WB_OK || !*found)
		return st;
	st = set_roster(device, wb_column_blob(s, 0), err);
	wb_stmt_done(s);
	return st;
}

/* Takes one that is not logged yet if it follows the newest so far. */
static enum wb_status
follow_roster(bool *found, struct wb_device *device, struct wb_span bytes,
    struct wb_error *err)
{
	struct wb_envelope envelope;
	struct wb_roster next;
	struct wb_arena arena;
	enum wb_status st;
	bool follows;

	wb_arena_init(&arena, WB_ARENA_BUDGET);
	st = wb_envelope_decode(&envelope, &arena, bytes, err);
	if (st == WB_OK)
		st = wb_roster_decode(&next, &arena, envelope.payload, err);
	if (st == WB_OK) {
		follows = *found ? wb_hash_equal(&next.previous,
				       &device->roster_id)
				 : next.version == 1;
		*found = *found || follows;
		if (follows)
			st = set_roster(device, bytes, err);
	}
	wb_arena_clear(&arena);
	return st;
}

/*
 * The newest: the last in the log, and what was made on top of it here.  Of
 * two that follow the same one, the log decides; the other is passed over.
 */
static enum wb_status
load_roster(bool *found, struct wb_device *device, struct wb_error *err)
{
	struct wb_stmt *s;
	enum wb_status st;
	bool row;

	st = load_logged_roster(found, device, err);
	if (st != WB_OK)
		return st;
	st = wb_db_prepare(&s, device->db,
	    "SELECT envelope FROM statement WHERE type = ?"
	    " AND log_index IS NULL ORDER BY row",
	    err);
	if (st != WB_OK)
		return st;
	wb_bind_int(s, 1, WB_STATEMENT_ROSTER);
	while ((st = wb_step(s, &row, err)) == WB_OK && row) {
		st = follow_roster(found, device, wb_column_blob(s, 0), err);
		if (st != WB_OK)
			break;
	}
	wb_stmt_done(s);
	return st;
}

static enum wb_status
load_log_key(struct wb_device *device, struct wb_error *err)
{
	struct wb_bytes text;
	enum wb_status st;

	wb_bytes_init(&text, WB_MAX_POLICY);
	st = wb_setting_get(&text, device->db, WB_SET_LOG_KEY, err);
	if (st == WB_OK)
		st = wb_vkey_parse(&device->log, wb_bytes_span(&text), err);
	wb_bytes_clear(&text);
	return st;
}

static enum wb_status
load_programme(bool *found, struct wb_device *device, struct wb_error *err)
{
	struct wb_bytes id;
	enum wb_status st;

	*found = false;
	wb_bytes_init(&id, WB_HASH_LEN);
	st = wb_setting_get(&id, device->db, WB_SET_PROGRAMME, err);
	if (st == WB_OK && id.len == WB_HASH_LEN) {
		memcpy(device->programme.b, id.data, WB_HASH_LEN);
		*found = true;
	} else if (st == WB_OK) {
		st = wb_fail(err, WB_STORAGE,
		    "the vault names no whole programme id");
	} else if (st == WB_NOT_FOUND) {
		st = WB_OK;
	}
	wb_bytes_clear(&id);
	return st;
}

/* Into a device whose programme and roster are not set. */
static enum wb_status
load(struct wb_device *device, struct wb_error *err)
{
	enum wb_status st;
	bool found;

	st = load_programme(&found, device, err);
	if (st != WB_OK || !found)
		return st;
	st = load_roster(&found, device, err);
	if (st != WB_OK || !found)
		return st;
	st = load_log_key(device, err);
	if (st != WB_OK)
		return wb_context(err, st, "the log's key");
	device->self = wb_roster_find(&device->roster, &device->signer.key);
	device->joined = true;
	return WB_OK;
}

enum wb_status
wb_device_reload(struct wb_device *device, struct wb_error *err)
{
	struct wb_device next = *device;
	enum wb_status st;

	next.joined = false;
	next.self = NULL;
	memset(&next.roster, 0, sizeof next.roster);
	wb_arena_init(&next.arena, WB_ARENA_BUDGET);
	st = load(&next, err);
	if (st == WB_OK) {
		wb_arena_clear(&device->arena);
		*device = next;
	} else {
		wb_arena_clear(&next.arena);
	}
	return st;
}

enum wb_status
wb_device_need_joined(const struct wb_device *device, struct wb_error *err)
{
	if (device->joined)
		return WB_OK;
	return wb_advise(err,
	    wb_fail(err, WB_FAILED, "this device is in no programme yet"),
	    "not-joined",
	    "Take an invitation with `waybill join`, or found a programme "
	    "with `waybill init`.");
}

enum wb_status
wb_device_need_coordinator(const struct wb_device *device, struct wb_error *err)
{
	enum wb_status st = wb_device_need_joined(device, err);

	if (st != WB_OK)
		return st;
	if (wb_member_may(device->self, WB_ROLE_COORDINATOR))
		return WB_OK;
	return wb_advise(err,
	    wb_fail(err, WB_FAILED, "only a coordinator can do this"),
	    "not-coordinator", "Ask a coordinator of the programme.");
}

enum wb_status
wb_device_need_newest(const struct wb_device *device, struct wb_error *err)
{
	enum wb_status st;
	uint64_t since;

	st = wb_setting_get_number(&since, device->db, WB_SET_ROLLED_BACK, 0,
	    err);
	if (st != WB_OK || since == 0)
		return st;
	return wb_advise(err,
	    wb_fail(err, WB_FORGED,
		"this vault is older than what the log has of this device: it "
		"was put back from a copy"),
	    "vault-rolled-back",
	    "Its records are kept: `waybill list` shows them. Ask for an "
	    "invitation, join with a new folder (--dir NEW-FOLDER), and log "
	    "there again what was not sent.");
}
