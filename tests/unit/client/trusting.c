#include "tests/unit/client/trusting.h"

#include <stdlib.h>

static void
add_kept(struct trusting *s, struct wb_device *device, uint64_t index)
{
	struct wb_stmt *q;
	bool row;

	assert_ok(wb_db_prepare(&q, device->db,
		      "SELECT envelope FROM statement WHERE log_index = ?",
		      &s->f.err),
	    &s->f.err);
	wb_bind_int(q, 1, (int64_t)index);
	assert_ok(wb_step(q, &row, &s->f.err), &s->f.err);
	assert_true(row);
	(void)fake_log_add(s->log, wb_column_blob(q, 0), wb_span(NULL, 0));
	wb_stmt_done(q);
}

int
trusting_setup(void **state)
{
	struct trusting *s = calloc(1, sizeof *s);

	assert_non_null(s);
	fixture_begin(&s->f, 7);
	s->log = fake_log_new(&s->f.log, &s->f.coord.log);
	add_kept(s, &s->f.coord, 0);
	*state = s;
	return 0;
}

int
trusting_teardown(void **state)
{
	struct trusting *s = *state;

	fake_log_free(&s->log);
	fixture_end(&s->f);
	free(s);
	return 0;
}

void
trusting_seal(struct wb_bytes *out, struct trusting *s,
    enum wb_statement_type type, struct wb_span payload,
    const struct wb_signer *signer)
{
	wb_bytes_reset(out);
	assert_ok(wb_envelope_seal(out, type, payload, signer, &s->f.err),
	    &s->f.err);
}

/* A note statement: the smallest that is logged. */
void
trusting_make_note(struct wb_bytes *out, struct trusting *s, uint8_t which,
    const struct wb_hash *programme, const struct wb_signer *signer)
{
	struct wb_shown note = { .programme = *programme,
		.signer = s->f.coord.signer.key };
	struct wb_bytes payload;

	note.content_hash.b[0] = 1;
	note.content_hash.b[1] = which;
	wb_bytes_init(&payload, WB_MAX_ENVELOPE);
	assert_ok(wb_shown_encode(&payload, &note, &s->f.err), &s->f.err);
	trusting_seal(out, s, WB_STATEMENT_NOTE, wb_bytes_span(&payload),
	    signer);
	wb_bytes_clear(&payload);
}

uint64_t
trusting_add_note(struct trusting *s, struct fake_log *log, uint8_t which)
{
	struct wb_bytes envelope;
	uint64_t index;

	wb_bytes_init(&envelope, WB_MAX_ENVELOPE);
	trusting_make_note(&envelope, s, which, &s->f.coord.programme,
	    &s->f.coord.signer);
	index = fake_log_add(log, wb_bytes_span(&envelope), wb_span(NULL, 0));
	wb_bytes_clear(&envelope);
	return index;
}

enum wb_status
trusting_take(struct trusting *s, struct wb_device *device,
    struct fake_log *log, const struct wb_entry *entry, struct wb_taken *taken)
{
	struct wb_bytes note;
	struct wb_head head;
	enum wb_status st;

	wb_bytes_init(&note, WB_MAX_NOTE);
	fake_log_head(&head, log, log->size);
	fake_log_checkpoint(&note, log, log->size);
	s->f.err = (struct wb_error){ 0 };
	st = wb_trust_entry(taken, device, &head, wb_bytes_span(&note), entry,
	    &s->f.err);
	wb_bytes_clear(&note);
	return st;
}

enum wb_status
trusting_take_at(struct trusting *s, struct wb_device *device,
    struct fake_log *log, uint64_t index)
{
	struct wb_taken taken;
	struct wb_entry entry;

	fake_log_entry(&entry, log, index, log->size);
	return trusting_take(s, device, log, &entry, &taken);
}

void
trusting_fault(struct trusting *s, enum wb_status st, const char *id)
{
	assert_int_equal(st, WB_FORGED);
	assert_string_equal(wb_error_id(&s->f.err), id);
}

void
trusting_refused(struct trusting *s, struct wb_span envelope, const char *id)
{
	uint64_t index = fake_log_add(s->log, envelope, wb_span(NULL, 0));
	int64_t before = fixture_number(&s->f, &s->f.coord,
	    "SELECT count(*) FROM statement");

	trusting_fault(s, trusting_take_at(s, &s->f.coord, s->log, index), id);
	assert_true(wb_trust_is_entry_fault(&s->f.err));
	assert_int_equal(fixture_number(&s->f, &s->f.coord,
			     "SELECT count(*) FROM statement"),
	    before);
}
