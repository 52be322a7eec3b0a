#include "client/witness/witness.h"

#include <sys/stat.h>

#include <pthread.h>

#include "base/db.h"
#include "crypto/keyfile.h"

#include "tests/unit/client/witnesskit.h"
#include "tests/unit/tempdir.h"

#define NOW 1767139200
#define NAME "witness.example.org/w1"

struct world {
	struct check_dir dir;
	struct wb_error err;
	struct wb_witness *witness;
	struct witness_kit kit;
	int64_t now;
};

/* Lets the next commit fail, as a full disk does. */
static bool commit_fails;

enum wb_status __wrap_wb_db_commit(struct wb_db *db, struct wb_error *err);
enum wb_status __real_wb_db_commit(struct wb_db *db, struct wb_error *err);

enum wb_status
__wrap_wb_db_commit(struct wb_db *db, struct wb_error *err)
{
	if (!commit_fails)
		return __real_wb_db_commit(db, err);
	wb_db_rollback(db);
	return wb_fail(err, WB_STORAGE, "the disk is full");
}

static int64_t
world_now(void *ctx)
{
	return ((struct world *)ctx)->now;
}

static struct wb_clock
world_clock(struct world *w)
{
	return (struct wb_clock){ .now = world_now, .ctx = w };
}

static void
open_again(struct world *w)
{
	wb_witness_close(&w->witness);
	assert_ok(wb_witness_open(&w->witness, w->dir.path,
		      wb_file_ops_system(), world_clock(w), &w->err),
	    &w->err);
}

/* A witness that was told no log. */
static void
begin(struct world *w)
{
	memset(w, 0, sizeof *w);
	kit_begin(&w->kit);
	w->now = NOW;
	check_dir_make(&w->dir);
	assert_ok(wb_witness_create(w->dir.path, NAME, wb_file_ops_system(),
		      check_random(&w->kit.seed), &w->err),
	    &w->err);
	open_again(w);
}

static void
begin_with_log(struct world *w)
{
	begin(w);
	assert_ok(wb_witness_trust(w->witness, &w->kit.vkeys[KIT_LOG], &w->err),
	    &w->err);
}

static void
end(struct world *w)
{
	wb_witness_close(&w->witness);
	kit_end(&w->kit);
	check_dir_remove(&w->dir);
}

/* Asks; *line (may be NULL) gets the body of the answer. */
static enum wb_witness_verdict
ask(struct wb_bytes *line, struct world *w, const struct asked *a)
{
	struct wb_witness_answer answer;
	enum wb_witness_verdict verdict;
	struct wb_bytes body;

	kit_body(&body, &w->kit, a);
	assert_ok(wb_witness_add_checkpoint(&answer, w->witness,
		      wb_bytes_span(&body), NULL, &w->err),
	    &w->err);
	verdict = answer.verdict;
	assert_int_equal(answer.why.text[0] == '\0',
	    verdict == WB_WITNESS_COSIGN);
	assert_int_equal(answer.body.len != 0,
	    verdict == WB_WITNESS_COSIGN || verdict == WB_WITNESS_CONFLICT);
	if (line != NULL)
		wb_bytes_move(line, &answer.body);
	wb_bytes_clear(&answer.body);
	wb_bytes_clear(&body);
	return verdict;
}

/* What a client does with the answer: behind the note, and verify. */
static void
cosignatures_verify_and_bear_the_time(void **state)
{
	static const struct asked first = { .old = 0, .size = 5 };
	const struct wb_vkey *vkey;
	struct wb_bytes line, body;
	struct wb_note note;
	struct wb_head head;
	struct wb_span at;
	struct world w;
	uint64_t time;

	(void)state;
	begin_with_log(&w);
	wb_bytes_init(&line, 1000);
	assert_int_equal(ask(&line, &w, &first), WB_WITNESS_COSIGN);
	kit_body(&body, &w.kit, &first);
	assert_ok(wb_bytes_append(&body, wb_bytes_span(&line), &w.err), &w.err);
	at = wb_span_sub(wb_bytes_span(&body), strlen("old 0\n\n"), body.len);
	assert_ok(wb_note_parse(&note, at, &w.err), &w.err);
	vkey = wb_witness_vkey(w.witness);
	assert_string_equal(vkey->name, NAME);
	assert_ok(wb_note_verify(&note, vkey, &time, &w.err), &w.err);
	assert_int_equal(time, NOW);
	assert_ok(wb_checkpoint_open(&head, NULL, at, &w.kit.vkeys[KIT_LOG],
		      &w.err),
	    &w.err);
	assert_int_equal(head.size, 5);
	wb_bytes_clear(&body);
	wb_bytes_clear(&line);
	end(&w);
}

static void
nothing_is_cosigned_without_a_clock(void **state)
{
	static const struct asked first = { .old = 0, .size = 5 };
	struct wb_witness_answer answer;
	struct wb_bytes body;
	struct world w;

	(void)state;
	begin_with_log(&w);
	w.now = 0;
	kit_body(&body, &w.kit, &first);
	assert_status(WB_FAILED,
	    wb_witness_add_checkpoint(&answer, w.witness, wb_bytes_span(&body),
		NULL, &w.err),
	    &w.err);
	assert_int_equal(answer.body.len, 0);
	wb_bytes_clear(&answer.body);
	wb_bytes_clear(&body);
	end(&w);
}

/* The answer may be lost; what was cosigned may not. */
static void
a_crash_after_the_commit_forgets_nothing(void **state)
{
	static const struct asked first = { .old = 0, .size = 5 },
				  next = { .old = 5, .size = 7 },
				  back = { .old = 0, .size = 7 },
				  fork = { .old = 0, .size = 7, .spoilt = 1 },
				  same = { .old = 7, .size = 7 };
	struct wb_bytes line;
	struct world w;

	(void)state;
	begin_with_log(&w);
	wb_bytes_init(&line, 1000);
	assert_int_equal(ask(NULL, &w, &first), WB_WITNESS_COSIGN);
	assert_int_equal(ask(NULL, &w, &next), WB_WITNESS_COSIGN);
	open_again(&w); /* nobody heard that */
	assert_int_equal(ask(NULL, &w, &fork), WB_WITNESS_CONFLICT);
	assert_int_equal(ask(&line, &w, &back), WB_WITNESS_CONFLICT);
	assert_true(wb_span_equal(wb_bytes_span(&line), wb_span_text("7\n")));
	assert_int_equal(ask(NULL, &w, &same), WB_WITNESS_COSIGN);
	wb_bytes_clear(&line);
	end(&w);
}

static void
what_cannot_be_kept_is_not_cosigned(void **state)
{
	static const struct asked first = { .old = 0, .size = 5 },
				  fork = { .old = 0, .size = 5, .spoilt = 1 };
	struct wb_witness_answer answer;
	struct wb_bytes body;
	struct world w;

	(void)state;
	begin_with_log(&w);
	kit_body(&body, &w.kit, &first);
	commit_fails = true;
	assert_status(WB_STORAGE,
	    wb_witness_add_checkpoint(&answer, w.witness, wb_bytes_span(&body),
		NULL, &w.err),
	    &w.err);
	commit_fails = false;
	assert_int_equal(answer.body.len, 0);
	/* So that another history is still possible. */
	assert_int_equal(ask(NULL, &w, &fork), WB_WITNESS_COSIGN);
	wb_bytes_clear(&answer.body);
	wb_bytes_clear(&body);
	end(&w);
}

/* One of two witnesses' processes, each with its own handle. */
struct racer {
	pthread_t thread;
	struct world *w;
	struct wb_bytes body;
	enum wb_witness_verdict verdict;
};

static void *
race(void *ctx)
{
	struct wb_witness_answer answer;
	struct racer *r = ctx;
	struct wb_witness *witness;
	struct wb_error err = { 0 };

	if (wb_witness_open(&witness, r->w->dir.path, wb_file_ops_system(),
		world_clock(r->w), &err) != WB_OK)
		return NULL;
	if (wb_witness_add_checkpoint(&answer, witness, wb_bytes_span(&r->body),
		NULL, &err) == WB_OK)
		r->verdict = answer.verdict;
	wb_bytes_clear(&answer.body);
	wb_witness_close(&witness);
	return NULL;
}

static void
of_two_histories_at_once_one_is_cosigned(void **state)
{
	struct racer racers[4];
	struct world w;
	size_t won;

	(void)state;
	for (int round = 0; round < 20; round++) {
		begin_with_log(&w);
		won = 0;
		for (unsigned i = 0; i < 4; i++) {
			const struct asked a = { .size = 5 + i, .spoilt = i };

			racers[i] = (struct racer){ .w = &w };
			kit_body(&racers[i].body, &w.kit, &a);
		}
		for (size_t i = 0; i < 4; i++)
			assert_int_equal(pthread_create(&racers[i].thread, NULL,
					     race, &racers[i]),
			    0);
		for (size_t i = 0; i < 4; i++) {
			assert_int_equal(pthread_join(racers[i].thread, NULL),
			    0);
			wb_bytes_clear(&racers[i].body);
			won += racers[i].verdict == WB_WITNESS_COSIGN;
			assert_true(racers[i].verdict == WB_WITNESS_COSIGN ||
				    racers[i].verdict == WB_WITNESS_CONFLICT);
		}
		assert_int_equal(won, 1);
		end(&w);
	}
}

/* Who offers which key to a witness that was told no log. */
static const struct {
	const char *why;
	const char *offered; /* NULL: none; "L", "O": that log's key */
	struct asked asked;
	enum wb_witness_verdict want;
} offers[] = {
	{ "its own key", "L", { .size = 5 }, WB_WITNESS_COSIGN },
	{ "no key", NULL, { .size = 5 }, WB_WITNESS_UNKNOWN_LOG },
	{ "no key at all", "log", { .size = 5 }, WB_WITNESS_UNKNOWN_LOG },
	{ "a witness's key", "W", { .size = 5 }, WB_WITNESS_UNKNOWN_LOG },
	{ "a key of another name", "O", { .size = 5 }, WB_WITNESS_UNKNOWN_LOG },
	{ "a key that did not sign", "L", { .size = 5, .signer = KIT_OTHER },
	    WB_WITNESS_UNSIGNED },
	{ "an old size not known", "L", { .old = 3, .size = 5 },
	    WB_WITNESS_CONFLICT },
};

static void
count_log(void *ctx, const struct wb_vkey *log, const struct wb_head *head)
{
	(void)log;
	(void)head;
	(*(size_t *)ctx)++;
}

static struct wb_witness_answer
offer(struct world *w, const struct asked *a, const char *offered)
{
	struct wb_witness_answer answer;
	struct wb_bytes body, vkey;
	struct wb_vkey other;
	char text[400] = "";

	wb_bytes_init(&vkey, sizeof text - 1);
	if (offered != NULL && *offered == 'W') {
		assert_ok(wb_vkey_make(&other, w->kit.vkeys[a->log].name,
			      WB_NOTE_COSIGNATURE, &w->kit.signers[a->log].key,
			      &w->err),
		    &w->err);
		assert_ok(wb_vkey_format(&vkey, &other, &w->err), &w->err);
		memcpy(text, vkey.data, vkey.len);
		offered = text;
	} else if (offered != NULL && offered[1] == '\0') {
		offered =
		    w->kit.vkey_texts[*offered == 'L' ? KIT_LOG : KIT_OTHER];
	}
	kit_body(&body, &w->kit, a);
	assert_ok(wb_witness_add_checkpoint(&answer, w->witness,
		      wb_bytes_span(&body), offered, &w->err),
	    &w->err);
	wb_bytes_clear(&answer.body);
	wb_bytes_clear(&vkey);
	wb_bytes_clear(&body);
	return answer;
}

static void
a_witness_without_a_log_takes_the_first_that_asks(void **state)
{
	struct world w;
	size_t logs;

	(void)state;
	for (size_t i = 0; i < sizeof offers / sizeof offers[0]; i++) {
		struct wb_witness_answer answer;

		begin(&w);
		answer = offer(&w, &offers[i].asked, offers[i].offered);
		if (answer.verdict != offers[i].want)
			fail_msg("%s: %d", offers[i].why, (int)answer.verdict);
		logs = 0;
		assert_ok(wb_witness_logs(w.witness, count_log, &logs, &w.err),
		    &w.err);
		assert_int_equal(logs, offers[i].want == WB_WITNESS_COSIGN);
		assert_int_equal(answer.first_use,
		    offers[i].want == WB_WITNESS_COSIGN);
		end(&w);
	}
}

static void
no_other_log_is_taken_after_it(void **state)
{
	static const struct asked own = { .old = 0, .size = 5 },
				  next = { .old = 5, .size = 7 },
				  other = { .log = KIT_OTHER,
					  .signer = KIT_OTHER,
					  .size = 5 },
				  thief = { .old = 5,
					  .size = 7,
					  .signer = KIT_OTHER };
	struct wb_witness_answer answer;
	struct wb_vkey forged;
	struct world w;

	(void)state;
	begin(&w);
	assert_int_equal(offer(&w, &own, "L").verdict, WB_WITNESS_COSIGN);
	open_again(&w);
	assert_int_equal(offer(&w, &other, "O").verdict,
	    WB_WITNESS_UNKNOWN_LOG);
	/* The same name with another key, offered with it. */
	assert_ok(wb_vkey_make(&forged, w.kit.vkeys[KIT_LOG].name,
		      WB_NOTE_ED25519, &w.kit.signers[KIT_OTHER].key, &w.err),
	    &w.err);
	assert_int_equal(offer(&w, &thief, "O").verdict, WB_WITNESS_UNSIGNED);
	assert_status(WB_EXISTS, wb_witness_trust(w.witness, &forged, &w.err),
	    &w.err);
	answer = offer(&w, &next, NULL);
	assert_int_equal(answer.verdict, WB_WITNESS_COSIGN);
	assert_false(answer.first_use);
	/* Its keeper may add one. */
	assert_ok(wb_witness_trust(w.witness, &w.kit.vkeys[KIT_OTHER], &w.err),
	    &w.err);
	assert_ok(wb_witness_trust(w.witness, &w.kit.vkeys[KIT_OTHER], &w.err),
	    &w.err);
	assert_int_equal(offer(&w, &other, NULL).verdict, WB_WITNESS_COSIGN);
	end(&w);
}

static void
a_witness_that_was_told_a_log_believes_nobody(void **state)
{
	static const struct asked other = { .log = KIT_OTHER,
		.signer = KIT_OTHER,
		.size = 5 };
	struct world w;

	(void)state;
	begin_with_log(&w);
	assert_int_equal(offer(&w, &other, "O").verdict,
	    WB_WITNESS_UNKNOWN_LOG);
	assert_status(WB_INVALID,
	    wb_witness_trust(w.witness, wb_witness_vkey(w.witness), &w.err),
	    &w.err);
	end(&w);
}

/* For monitors: the log's signature and ours, and no line of a stranger. */
static void
what_it_cosigned_last_is_shown(void **state)
{
	static const struct asked first = { .old = 0, .size = 5 };
	static const char stranger[] = "\xE2\x80\x94 x AAAAAAAAAAAA\n";
	struct wb_witness_answer answer;
	struct wb_bytes body, out;
	struct wb_hash origin;
	struct wb_head head;
	struct wb_note note;
	struct world w;

	(void)state;
	begin_with_log(&w);
	wb_bytes_init(&out, WB_MAX_NOTE);
	wb_sha256_one(&origin, wb_span_text("example.org/aid"));
	assert_status(WB_NOT_FOUND,
	    wb_witness_checkpoint(&out, w.witness, &origin, &w.err), &w.err);
	kit_body(&body, &w.kit, &first);
	assert_ok(wb_bytes_append_text(&body, stranger, &w.err), &w.err);
	assert_ok(wb_witness_add_checkpoint(&answer, w.witness,
		      wb_bytes_span(&body), NULL, &w.err),
	    &w.err);
	assert_ok(wb_witness_checkpoint(&out, w.witness, &origin, &w.err),
	    &w.err);
	assert_ok(wb_checkpoint_open(&head, NULL, wb_bytes_span(&out),
		      &w.kit.vkeys[KIT_LOG], &w.err),
	    &w.err);
	assert_ok(wb_note_parse(&note, wb_bytes_span(&out), &w.err), &w.err);
	assert_ok(wb_note_verify(&note, wb_witness_vkey(w.witness), NULL,
		      &w.err),
	    &w.err);
	assert_null(memmem(out.data, out.len, stranger, strlen(stranger)));
	assert_true(out.len > answer.body.len &&
		    memcmp(out.data + out.len - answer.body.len,
			answer.body.data, answer.body.len) == 0);
	wb_bytes_clear(&answer.body);
	wb_bytes_clear(&body);
	wb_bytes_clear(&out);
	end(&w);
}

static void
its_key_is_for_its_keeper_alone(void **state)
{
	struct stat st;
	struct world w;

	(void)state;
	begin(&w);
	assert_int_equal(stat(check_path(&w.dir, "witness.key"), &st), 0);
	assert_int_equal(st.st_mode & 0777, 0600);
	assert_status(WB_EXISTS,
	    wb_witness_create(w.dir.path, NAME, wb_file_ops_system(),
		check_random(&w.kit.seed), &w.err),
	    &w.err);
	end(&w);
}

static enum wb_status
open_fails(struct world *w)
{
	wb_witness_close(&w->witness);
	return wb_witness_open(&w->witness, w->dir.path, wb_file_ops_system(),
	    world_clock(w), &w->err);
}

/* A new memory would let the same key sign another history. */
static void
a_lost_memory_is_never_replaced(void **state)
{
	struct world w;
	struct stat st;

	(void)state;
	begin_with_log(&w);
	wb_witness_close(&w.witness);
	assert_int_equal(remove(check_path(&w.dir, "witness.db")), 0);
	assert_status(WB_STORAGE, open_fails(&w), &w.err);
	assert_string_equal(wb_error_id(&w.err), "witness-memory");
	assert_int_not_equal(stat(check_path(&w.dir, "witness.db"), &st), 0);
	/* An empty file is no memory either. */
	assert_ok(wb_file_write(wb_file_ops_system(),
		      check_path(&w.dir, "witness.db"), wb_span(NULL, 0),
		      &w.err),
	    &w.err);
	assert_status(WB_STORAGE, open_fails(&w), &w.err);
	assert_int_equal(remove(check_path(&w.dir, "witness.key")), 0);
	assert_status(WB_NOT_FOUND, open_fails(&w), &w.err);
	end(&w);
}

static int
start(void **state)
{
	(void)state;
	return wb_crypto_start(NULL) != WB_OK;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(cosignatures_verify_and_bear_the_time),
		cmocka_unit_test(nothing_is_cosigned_without_a_clock),
		cmocka_unit_test(a_crash_after_the_commit_forgets_nothing),
		cmocka_unit_test(what_cannot_be_kept_is_not_cosigned),
		cmocka_unit_test(of_two_histories_at_once_one_is_cosigned),
		cmocka_unit_test(
		    a_witness_without_a_log_takes_the_first_that_asks),
		cmocka_unit_test(no_other_log_is_taken_after_it),
		cmocka_unit_test(a_witness_that_was_told_a_log_believes_nobody),
		cmocka_unit_test(what_it_cosigned_last_is_shown),
		cmocka_unit_test(its_key_is_for_its_keeper_alone),
		cmocka_unit_test(a_lost_memory_is_never_replaced),
	};

	return cmocka_run_group_tests(tests, start, NULL);
}
