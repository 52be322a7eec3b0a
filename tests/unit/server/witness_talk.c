#include "server/witness_talk.h"

#include "tests/unit/check.h"

#define NOTE_TIME 1700000000

static struct wb_vkey log_key, vkey;
static struct wb_signer log_signer, witness, other;
static struct wb_bytes note;

static int
setup(void **state)
{
	struct wb_head head = { .size = 7 };
	struct wb_error err = { 0 };
	uint64_t seed = 3;
	struct wb_random random = check_random(&seed);

	(void)state;
	assert_ok(wb_crypto_start(&err), &err);
	assert_ok(wb_signer_generate(&log_signer, random, &err), &err);
	assert_ok(wb_signer_generate(&witness, random, &err), &err);
	assert_ok(wb_signer_generate(&other, random, &err), &err);
	assert_ok(wb_vkey_make(&log_key, "log.example", WB_NOTE_ED25519,
		      &log_signer.key, &err),
	    &err);
	assert_ok(wb_vkey_make(&vkey, "witness.example", WB_NOTE_COSIGNATURE,
		      &witness.key, &err),
	    &err);
	wb_bytes_init(&note, WB_MAX_NOTE);
	assert_ok(wb_checkpoint_seal(&note, &head, &log_key, &log_signer, &err),
	    &err);
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	wb_bytes_clear(&note);
	wb_signer_clear(&log_signer);
	wb_signer_clear(&witness);
	wb_signer_clear(&other);
	return 0;
}

static void
add_line(struct wb_bytes *out, const struct wb_signer *signer)
{
	struct wb_error err = { 0 };
	struct wb_note parsed;

	assert_ok(wb_note_parse(&parsed, wb_bytes_span(&note), &err), &err);
	assert_ok(wb_note_cosign(out, parsed.text, &vkey, signer, NOTE_TIME,
		      &err),
	    &err);
}

static void
a_request_is_size_proof_blank_note(void **state)
{
	static const char front[] =
	    "old 3\n"
	    "AQAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n"
	    "AgAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n"
	    "\n";
	struct wb_proof proof = { .count = 2 };
	struct wb_error err = { 0 };
	struct wb_bytes body;

	(void)state;
	proof.hashes[0].b[0] = 1;
	proof.hashes[1].b[0] = 2;
	wb_bytes_init(&body, WB_MAX_WITNESS_BODY);
	assert_ok(wb_witness_request(&body, 3, &proof, wb_bytes_span(&note),
		      &err),
	    &err);
	assert_int_equal(body.len, strlen(front) + note.len);
	assert_memory_equal(body.data, front, strlen(front));
	assert_memory_equal(body.data + strlen(front), note.data, note.len);
	wb_bytes_reset(&body);
	proof.count = 0;
	assert_ok(wb_witness_request(&body, 0, &proof, wb_bytes_span(&note),
		      &err),
	    &err);
	assert_memory_equal(body.data, "old 0\n\n", strlen("old 0\n\n"));
	wb_bytes_clear(&body);
}

static const struct answer_row {
	const char *name;
	long status;
	const char *body;
	enum wb_witness_word word;
	uint64_t size;
} answer_rows[] = {
	{ "a size", 409, "12\n", WB_WITNESS_HAS_SEEN, 12 },
	{ "nothing seen", 409, "0\n", WB_WITNESS_HAS_SEEN, 0 },
	{ "a size without its newline", 409, "12", WB_WITNESS_FAILS, 0 },
	{ "a size and more", 409, "12\nold\n", WB_WITNESS_FAILS, 0 },
	{ "a leading zero", 409, "012\n", WB_WITNESS_FAILS, 0 },
	{ "a sign", 409, "-1\n", WB_WITNESS_FAILS, 0 },
	{ "past all logs", 409, "9223372036854775808\n", WB_WITNESS_FAILS, 0 },
	{ "no size", 409, "", WB_WITNESS_FAILS, 0 },
	{ "a wrong proof", 422, "", WB_WITNESS_DOUBTS_PROOF, 0 },
	{ "no signature lines", 200, "", WB_WITNESS_FAILS, 0 },
	{ "no note at all", 200, "<html>\n", WB_WITNESS_FAILS, 0 },
	{ "not understood", 400, "", WB_WITNESS_FAILS, 0 },
	{ "another key", 403, "", WB_WITNESS_FAILS, 0 },
	{ "an unknown log", 404, "", WB_WITNESS_FAILS, 0 },
	{ "too often", 429, "", WB_WITNESS_FAILS, 0 },
	{ "elsewhere", 302, "", WB_WITNESS_FAILS, 0 },
	{ "broken", 500, "7\n", WB_WITNESS_FAILS, 0 },
};

static void
each_answer_has_its_meaning(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof answer_rows / sizeof answer_rows[0];
	     i++) {
		const struct answer_row *row = &answer_rows[i];
		struct wb_witness_answer answer;

		print_message("  %s\n", row->name);
		wb_witness_read(&answer, row->status, wb_span_text(row->body),
		    wb_bytes_span(&note), &vkey);
		assert_int_equal(answer.word, row->word);
		assert_int_equal(answer.line.len, 0);
		if (row->word == WB_WITNESS_HAS_SEEN)
			assert_int_equal(answer.size, row->size);
		if (row->word == WB_WITNESS_FAILS)
			assert_non_null(answer.why);
	}
}

static void
of_several_lines_the_witnesss_own_is_taken(void **state)
{
	struct wb_witness_answer answer;
	struct wb_bytes lines;
	struct wb_span own;
	size_t at;

	(void)state;
	wb_bytes_init(&lines, WB_MAX_WITNESS_ANSWER);
	add_line(&lines, &other);
	at = lines.len;
	wb_witness_read(&answer, 200, wb_bytes_span(&lines),
	    wb_bytes_span(&note), &vkey);
	assert_int_equal(answer.word, WB_WITNESS_FAILS);
	add_line(&lines, &witness);
	own = wb_span_sub(wb_bytes_span(&lines), at, lines.len);
	wb_witness_read(&answer, 200, wb_bytes_span(&lines),
	    wb_bytes_span(&note), &vkey);
	assert_int_equal(answer.word, WB_WITNESS_COSIGNS);
	assert_true(wb_span_equal(answer.line, own));
	/* What no note may hold must not get into one. */
	assert_int_equal(wb_bytes_append_text(&lines, "not a signature\n",
			     NULL),
	    WB_OK);
	wb_witness_read(&answer, 200, wb_bytes_span(&lines),
	    wb_bytes_span(&note), &vkey);
	assert_int_equal(answer.word, WB_WITNESS_FAILS);
	wb_bytes_clear(&lines);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_request_is_size_proof_blank_note),
		cmocka_unit_test(each_answer_has_its_meaning),
		cmocka_unit_test(of_several_lines_the_witnesss_own_is_taken),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
