#include "tests/unit/client/fixture.h"

#include <stdio.h>
#include <string.h>

#include "crypto/statement.h"
#include "proto/record_annex.h"
#include "proto/wire.h"

#define SECONDS_A_DAY 86400
#define WHY_SIZE 64

static int64_t
clock_now(void *ctx)
{
	return ((struct fixture *)ctx)->now;
}

static int64_t
clock_ms(void *ctx)
{
	return ((struct fixture *)ctx)->now * 1000;
}

static int32_t
clock_offset(void *ctx, int64_t at)
{
	(void)ctx;
	(void)at;
	return 0;
}

static void
make_device(struct fixture *f, struct wb_device *device)
{
	memset(device, 0, sizeof *device);
	device->clock = (struct wb_clock){ clock_now, clock_ms, clock_offset,
		f };
	device->random = check_random(&f->seed);
	wb_arena_init(&device->arena, WB_ARENA_BUDGET);
	assert_ok(wb_db_open(&device->db, NULL, WB_DB_MEMORY, NULL, &f->err),
	    &f->err);
	assert_ok(wb_schema_create(device->db, &f->err), &f->err);
	assert_ok(wb_signer_generate(&device->signer, device->random, &f->err),
	    &f->err);
	assert_ok(wb_identity_generate(&device->identity, device->random,
		      &f->err),
	    &f->err);
	wb_identity_recipient(&device->recipient, device->identity);
	wb_random_fill(device->random, device->mark, WB_MARK_LEN);
}

/* The names annex, with the reader's identity, on the coordinator's device. */
static void
make_names(struct fixture *f, struct wb_hash *hash)
{
	struct wb_names names = { 0 };
	uint8_t salt[WB_ANNEX_SALT_LEN];
	struct wb_secret *text;
	struct wb_span reader;
	struct wb_bytes plain;

	wb_random_fill(f->coord.random, salt, sizeof salt);
	assert_ok(wb_identity_format(&text, f->reader, &f->err), &f->err);
	reader = wb_secret_span(text);
	names.salt = wb_span(salt, sizeof salt);
	names.readers = &reader;
	names.reader_count = 1;
	wb_bytes_init(&plain, WB_MAX_ANNEX_PLAIN);
	assert_ok(wb_names_encode(&plain, &names, &f->err), &f->err);
	assert_ok(wb_annex_put(hash, f->coord.db, WB_ANNEX_NAMES,
		      wb_bytes_span(&plain), &f->err),
	    &f->err);
	wb_bytes_clear(&plain);
	wb_secret_free(&text);
}

static bool
follows(const struct fixture *f, const struct wb_device *device,
    const struct wb_envelope *envelope)
{
	struct wb_batch batch;

	if (device == &f->coord || envelope->type != WB_STATEMENT_BATCH)
		return true;
	return wb_batch_decode(&batch, envelope->payload, NULL) == WB_OK &&
	       wb_key_equal(&batch.signer, &device->signer.key);
}

static void
keep_content(struct fixture *f, struct wb_device *device, int64_t row,
    struct wb_span content)
{
	struct wb_stmt *s;

	assert_ok(wb_db_prepare(&s, device->db,
		      "INSERT INTO content (statement, file) VALUES (?, ?)"
		      " ON CONFLICT DO NOTHING",
		      &f->err),
	    &f->err);
	wb_bind_int(s, 1, row);
	wb_bind_blob(s, 2, content);
	assert_ok(wb_run(s, &f->err), &f->err);
}

static void
give_entry(struct fixture *f, struct wb_device *device, struct wb_span bytes,
    struct wb_span content)
{
	const struct wb_logged logged = { .index = f->next };
	struct wb_envelope envelope;
	struct wb_arena arena;
	int64_t row;

	wb_arena_init(&arena, WB_ARENA_BUDGET);
	assert_ok(wb_envelope_decode(&envelope, &arena, bytes, &f->err),
	    &f->err);
	if (follows(f, device, &envelope)) {
		assert_ok(wb_statement_keep(&row, NULL, device, &envelope,
			      bytes, &logged, &f->err),
		    &f->err);
		assert_ok(wb_journal_statement(device, row, &envelope, &f->err),
		    &f->err);
		if (device == &f->coord && content.len != 0)
			keep_content(f, device, row, content);
		if (envelope.type == WB_STATEMENT_ROSTER)
			assert_ok(wb_device_reload(device, &f->err), &f->err);
	}
	wb_arena_clear(&arena);
}

void
fixture_log_entry(struct fixture *f, struct wb_span envelope,
    struct wb_span content)
{
	give_entry(f, &f->coord, envelope, content);
	give_entry(f, &f->k1, envelope, content);
	give_entry(f, &f->k2, envelope, content);
	f->next++;
}

static void
log_roster(struct fixture *f, const struct wb_roster *roster)
{
	struct wb_bytes payload, bytes;

	wb_bytes_init(&payload, WB_MAX_ROSTER);
	wb_bytes_init(&bytes, WB_MAX_ROSTER + 1024);
	assert_ok(wb_roster_encode(&payload, roster, &f->err), &f->err);
	assert_ok(wb_envelope_seal(&bytes, WB_STATEMENT_ROSTER,
		      wb_bytes_span(&payload), &f->root, &f->err),
	    &f->err);
	fixture_log_entry(f, wb_bytes_span(&bytes), wb_span(NULL, 0));
	wb_bytes_clear(&bytes);
	wb_bytes_clear(&payload);
}

static void
set_programme(struct fixture *f, struct wb_device *device,
    const struct wb_hash *id, struct wb_span vkey)
{
	assert_ok(wb_setting_put(device->db, WB_SET_PROGRAMME, wb_hash_span(id),
		      &f->err),
	    &f->err);
	assert_ok(wb_setting_put(device->db, WB_SET_LOG_KEY, vkey, &f->err),
	    &f->err);
}

static void
first_id(struct fixture *f, struct wb_hash *out, const struct wb_roster *roster)
{
	struct wb_bytes payload;

	wb_bytes_init(&payload, WB_MAX_ROSTER);
	assert_ok(wb_roster_encode(&payload, roster, &f->err), &f->err);
	wb_statement_id(out, wb_statement_type_text(WB_STATEMENT_ROSTER),
	    wb_bytes_span(&payload));
	wb_bytes_clear(&payload);
}

static void
found(struct fixture *f, uint32_t window_days)
{
	char recipient[WB_AGE_RECIPIENT_TEXT + 1];
	char reader[WB_AGE_RECIPIENT_TEXT + 1];
	struct wb_member members[3] = {
		{ .key = f->coord.signer.key,
		    .roles = 1U << WB_ROLE_COORDINATOR,
		    .label = wb_span_text("C1"),
		    .state = WB_MEMBER_ACTIVE },
		{ .key = f->k1.signer.key,
		    .roles = 1U << WB_ROLE_FIELD,
		    .label = wb_span_text("K1"),
		    .state = WB_MEMBER_ACTIVE },
		{ .key = f->k2.signer.key,
		    .roles = 1U << WB_ROLE_FIELD,
		    .label = wb_span_text("K2"),
		    .state = WB_MEMBER_ACTIVE },
	};
	struct wb_roster roster = { .version = 1,
		.threshold = 1,
		.roots = &f->root.key,
		.root_count = 1,
		.members = members,
		.member_count = 3,
		.suite = wb_span_text("x25519"),
		.tally_threshold = 1,
		.window_days = window_days,
		.open_catalogue = true };
	struct wb_recipient to;
	struct wb_bytes policy;
	struct wb_vkey vkey;
	struct wb_hash id;

	wb_identity_recipient(&to, f->reader);
	wb_recipient_format(reader, &to);
	wb_recipient_format(recipient, &f->coord.recipient);
	members[0].recipient = wb_span_text(recipient);
	roster.reader = wb_span_text(reader);
	make_names(f, &roster.names_hash);
	assert_ok(wb_vkey_make(&vkey, "example.org/aid", WB_NOTE_ED25519,
		      &f->log.key, &f->err),
	    &f->err);
	wb_bytes_init(&policy, WB_MAX_POLICY);
	assert_ok(wb_bytes_append_text(&policy, "log ", &f->err), &f->err);
	assert_ok(wb_vkey_format(&policy, &vkey, &f->err), &f->err);
	assert_ok(wb_bytes_append_text(&policy, "\nquorum none\n", &f->err),
	    &f->err);
	roster.policy = wb_bytes_span(&policy);
	first_id(f, &id, &roster);
	set_programme(f, &f->coord, &id,
	    wb_span_sub(roster.policy, 4, policy.len - 4 - 13));
	set_programme(f, &f->k1, &id,
	    wb_span_sub(roster.policy, 4, policy.len - 4 - 13));
	set_programme(f, &f->k2, &id,
	    wb_span_sub(roster.policy, 4, policy.len - 4 - 13));
	log_roster(f, &roster);
	wb_bytes_clear(&policy);
}

void
fixture_begin(struct fixture *f, uint32_t window_days)
{
	memset(f, 0, sizeof *f);
	f->seed = UINT64_C(0x2545f4914f6cdd1d);
	f->now = (int64_t)FIXTURE_TODAY * SECONDS_A_DAY + 9 * 3600;
	assert_ok(wb_crypto_start(&f->err), &f->err);
	make_device(f, &f->coord);
	make_device(f, &f->k1);
	make_device(f, &f->k2);
	assert_ok(wb_signer_generate(&f->log, f->coord.random, &f->err),
	    &f->err);
	assert_ok(wb_signer_generate(&f->root, f->coord.random, &f->err),
	    &f->err);
	assert_ok(wb_identity_generate(&f->reader, f->coord.random, &f->err),
	    &f->err);
	found(f, window_days);
}

void
fixture_end(struct fixture *f)
{
	wb_device_close(&f->coord);
	wb_device_close(&f->k1);
	wb_device_close(&f->k2);
	wb_signer_clear(&f->log);
	wb_signer_clear(&f->root);
	wb_secret_free(&f->reader);
}

/* Version + 1 with one member replaced; logged. */
static void
log_next_roster(struct fixture *f, struct wb_roster *next)
{
	next->version++;
	next->programme = f->coord.programme;
	next->previous = f->coord.roster_id;
	log_roster(f, next);
}

static void
change_member(struct fixture *f, const struct wb_member *changed)
{
	struct wb_roster next = f->coord.roster;
	struct wb_member members[3];

	assert_int_equal(next.member_count, 3);
	memcpy(members, next.members, sizeof members);
	for (size_t i = 0; i < 3; i++)
		if (wb_key_equal(&members[i].key, &changed->key))
			members[i] = *changed;
	next.members = members;
	log_next_roster(f, &next);
}

void
fixture_set_policy(struct fixture *f, const char *policy)
{
	struct wb_roster next = f->coord.roster;

	next.policy = wb_span_text(policy);
	log_next_roster(f, &next);
}

void
fixture_set_state(struct fixture *f, const struct wb_device *member,
    enum wb_member_state state)
{
	struct wb_member m = *wb_roster_find(&f->coord.roster,
	    &member->signer.key);

	m.state = state;
	change_member(f, &m);
}

void
fixture_distrust(struct fixture *f, const struct wb_device *member,
    uint64_t from)
{
	struct wb_member m = *wb_roster_find(&f->coord.roster,
	    &member->signer.key);

	m.state = WB_MEMBER_REVOKED;
	m.distrust_from = from;
	change_member(f, &m);
}

void
fixture_make_auditor(struct fixture *f, const struct wb_device *member)
{
	char recipient[WB_AGE_RECIPIENT_TEXT + 1];
	struct wb_member m = *wb_roster_find(&f->coord.roster,
	    &member->signer.key);

	wb_recipient_format(recipient, &member->recipient);
	m.recipient = wb_span_text(recipient);
	m.roles = 1U << WB_ROLE_AUDITOR;
	change_member(f, &m);
}

/* The next own batch that is not logged; false: none. */
static bool
next_batch(struct fixture *f, struct wb_device *from, struct wb_bytes *envelope,
    struct wb_bytes *content)
{
	struct wb_stmt *s;
	bool row;

	wb_bytes_reset(envelope);
	wb_bytes_reset(content);
	assert_ok(wb_db_prepare(&s, from->db,
		      "SELECT s.envelope, c.file FROM statement s"
		      " JOIN content c ON c.statement = s.row"
		      " WHERE s.log_index IS NULL ORDER BY s.row",
		      &f->err),
	    &f->err);
	assert_ok(wb_step(s, &row, &f->err), &f->err);
	if (!row)
		return false;
	assert_ok(wb_bytes_append(envelope, wb_column_blob(s, 0), &f->err),
	    &f->err);
	assert_ok(wb_bytes_append(content, wb_column_blob(s, 1), &f->err),
	    &f->err);
	wb_stmt_done(s);
	return true;
}

uint64_t
fixture_send(struct fixture *f, struct wb_device *from, bool empty)
{
	struct wb_bytes envelope, content;
	uint64_t made, sent = 0;

	assert_ok(wb_queue_batch(&made, from, empty, &f->err), &f->err);
	wb_bytes_init(&envelope, WB_MAX_ROSTER + 1024);
	wb_bytes_init(&content, WB_MAX_CONTENT);
	while (next_batch(f, from, &envelope, &content)) {
		fixture_log_entry(f, wb_bytes_span(&envelope),
		    wb_bytes_span(&content));
		sent++;
	}
	wb_bytes_clear(&content);
	wb_bytes_clear(&envelope);
	return sent;
}

static int64_t
statement_at(struct fixture *f, uint64_t log_index, struct wb_hash *id)
{
	struct wb_stmt *s;
	int64_t row;
	bool found;

	assert_ok(wb_db_prepare(&s, f->coord.db,
		      "SELECT row, id FROM statement WHERE log_index = ?",
		      &f->err),
	    &f->err);
	wb_bind_int(s, 1, (int64_t)log_index);
	assert_ok(wb_step(s, &found, &f->err), &f->err);
	assert_true(found);
	row = wb_column_int(s, 0);
	memcpy(id->b, wb_column_blob(s, 1).data, WB_HASH_LEN);
	wb_stmt_done(s);
	return row;
}

void
fixture_give_content(struct fixture *f, uint64_t log_index,
    struct wb_span content)
{
	struct wb_hash id;

	keep_content(f, &f->coord, statement_at(f, log_index, &id), content);
}

enum wb_batch_outcome
fixture_open(struct fixture *f, uint64_t log_index)
{
	enum wb_batch_outcome outcome;
	struct wb_hash id;
	int64_t row = statement_at(f, log_index, &id);

	assert_ok(wb_db_begin(f->coord.db, &f->err), &f->err);
	assert_ok(wb_journal_open(&outcome, &f->coord, row, &f->err), &f->err);
	assert_ok(wb_db_commit(f->coord.db, &f->err), &f->err);
	return outcome;
}

const char *
fixture_why(struct fixture *f, uint64_t log_index)
{
	static char why[WHY_SIZE];
	struct wb_span text;
	struct wb_stmt *s;
	bool found;

	assert_ok(wb_db_prepare(&s, f->coord.db,
		      "SELECT why FROM batch JOIN statement s"
		      " ON s.row = statement WHERE log_index = ?",
		      &f->err),
	    &f->err);
	wb_bind_int(s, 1, (int64_t)log_index);
	assert_ok(wb_step(s, &found, &f->err), &f->err);
	assert_true(found);
	text = wb_column_text(s, 0);
	(void)snprintf(why, sizeof why, "%.*s", (int)text.len,
	    (const char *)text.data);
	wb_stmt_done(s);
	return why;
}

void
fixture_ack_by(struct fixture *f, const struct wb_signer *signer,
    const struct wb_hash *id, enum wb_outcome outcome)
{
	struct wb_verdict verdict = { *id, outcome };
	struct wb_ack ack = { .programme = f->coord.programme,
		.signer = signer->key,
		.verdicts = &verdict,
		.verdict_count = 1,
		.roster = f->coord.roster_id };
	struct wb_bytes payload, bytes;

	wb_bytes_init(&payload, WB_MAX_ENVELOPE);
	wb_bytes_init(&bytes, WB_MAX_ENVELOPE);
	assert_ok(wb_ack_encode(&payload, &ack, &f->err), &f->err);
	assert_ok(wb_envelope_seal(&bytes, WB_STATEMENT_ACK,
		      wb_bytes_span(&payload), signer, &f->err),
	    &f->err);
	fixture_log_entry(f, wb_bytes_span(&bytes), wb_span(NULL, 0));
	wb_bytes_clear(&bytes);
	wb_bytes_clear(&payload);
}

void
fixture_ack_id(struct fixture *f, const struct wb_hash *id,
    enum wb_outcome outcome)
{
	fixture_ack_by(f, &f->coord.signer, id, outcome);
}

void
fixture_ack(struct fixture *f, uint64_t log_index, enum wb_outcome outcome)
{
	struct wb_hash id;

	(void)statement_at(f, log_index, &id);
	fixture_ack_id(f, &id, outcome);
}

static enum wb_status
save(struct fixture *f, struct wb_device *device,
    const struct fixture_record *record, const struct wb_hash *amends,
    struct wb_hash *id)
{
	struct wb_line line = { .item = wb_span_text(record->item),
		.unit = wb_span_text(record->unit),
		.quantity = record->quantity };
	struct wb_goods goods = { .kind = record->kind,
		.day = record->day,
		.lines = &line,
		.line_count = 1 };
	struct wb_place place = { .to = wb_span_text(record->to) };
	struct wb_sealing sealing;
	enum wb_status st;

	if (amends != NULL) {
		goods.is_void = true;
		goods.amends = *amends;
		goods.reason = WB_REASON_MISTYPED;
	} else if (record->kind == WB_KIND_LOST) {
		goods.reason = WB_REASON_DAMAGED;
	}
	assert_ok(wb_sealing_begin(&sealing, &f->err), &f->err);
	assert_ok(wb_db_begin(device->db, &f->err), &f->err);
	st = wb_queue_save(id, &sealing, device, &goods, &place, &f->err);
	if (st == WB_OK)
		assert_ok(wb_db_commit(device->db, &f->err), &f->err);
	else
		wb_db_rollback(device->db);
	wb_sealing_end(&sealing);
	return st;
}

struct wb_hash
fixture_save(struct fixture *f, struct wb_device *device,
    const struct fixture_record *record)
{
	struct wb_hash id;

	assert_ok(save(f, device, record, NULL, &id), &f->err);
	return id;
}

struct wb_hash
fixture_void(struct fixture *f, struct wb_device *device,
    const struct fixture_record *record, const struct wb_hash *id)
{
	struct wb_hash made;

	assert_ok(save(f, device, record, id, &made), &f->err);
	return made;
}

enum wb_status
fixture_try_void(struct fixture *f, struct wb_device *device,
    const struct fixture_record *record, const struct wb_hash *id)
{
	struct wb_hash made;

	return save(f, device, record, id, &made);
}

int64_t
fixture_number(struct fixture *f, struct wb_device *device, const char *sql)
{
	struct wb_stmt *s;
	int64_t value;
	bool row;

	assert_ok(wb_db_prepare(&s, device->db, sql, &f->err), &f->err);
	assert_ok(wb_step(s, &row, &f->err), &f->err);
	assert_true(row);
	value = wb_column_int(s, 0);
	wb_stmt_done(s);
	return value;
}
