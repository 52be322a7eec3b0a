/* Entries that a store has lost, put back from members' bundles. */
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>

#include "proto/wire.h"
#include "server/core.h"
#include "server/sequencer.h"
#include "server/store.h"

#include "tests/unit/server/programme.h"

#define MAX_TEST_BUNDLE ((size_t)8 << 20)
#define AT_ONCE 100 /* batches in one submission */
#define MANY 300 /* entries: more than are written at once */

struct scene {
	struct programme p;
	uint64_t next; /* sequence of K1's next batch */
	struct wb_bytes bundle[2];
};

static int
setup(void **state)
{
	struct scene *s = calloc(1, sizeof *s);

	assert_non_null(s);
	programme_make(&s->p);
	programme_open(&s->p);
	s->next = 1;
	for (size_t i = 0; i < 2; i++)
		wb_bytes_init(&s->bundle[i], MAX_TEST_BUNDLE);
	log_first_roster(&s->p);
	*state = s;
	return 0;
}

static int
teardown(void **state)
{
	struct scene *s = *state;

	programme_remove(&s->p);
	for (size_t i = 0; i < 2; i++)
		wb_bytes_clear(&s->bundle[i]);
	free(s);
	return 0;
}

/* Batches of K1, each with an ack of C1: every other entry looks back. */
static void
log_some(struct scene *s, size_t n)
{
	static struct sent all[2 * AT_ONCE];
	struct answered answered;

	for (size_t i = 0; i < n; i++) {
		make_batch(&all[2 * i], &s->p, K1, s->next++, 100);
		make_ack(&all[2 * i + 1], &s->p, C1, &all[2 * i].id,
		    WB_OUTCOME_OPENED);
	}
	submit(&answered, &s->p, all, 2 * n, 0);
	assert_ok(answered.status, &answered.err);
	assert_int_equal(answered.answer.results[2 * n - 1].reception,
	    WB_LOGGED);
	answered_clear(&answered);
	for (size_t i = 0; i < 2 * n; i++)
		sent_clear(&all[i]);
}

static void
log_batches(struct scene *s, size_t n)
{
	for (; n > AT_ONCE; n -= AT_ONCE)
		log_some(s, AT_ONCE);
	log_some(s, n);
}

static uint64_t
size_of(struct scene *s)
{
	struct wb_core_status status;

	assert_ok(wb_core_status(&status, s->p.core, &s->p.err), &s->p.err);
	return status.head.size;
}

static void
run(struct scene *s, const char *words)
{
	char command[2048];

	(void)snprintf(command, sizeof command, "cd '%s' && %s", s->p.dir.path,
	    words);
	assert_int_equal(system(command), 0);
}

/* While the log is closed: all of it as it is now. */
static void
back_up(struct scene *s)
{
	programme_close(&s->p);
	run(s, "rm -rf backup && cp -r log backup");
	programme_open(&s->p);
}

/* ---- bundles */

enum what {
	WHOLE,
	NO_CONTENT, /* headers */
	WRONG_CONTENT, /* cut */
	ALTERED, /* one byte of an entry, and the sum made right again */
	SHORT, /* without the last entry */
	PROOFS /* only the last two entries, each with its proof */
};

static void
add(struct wb_bytes *out, const struct wb_bundle_item *item)
{
	struct wb_error err = { 0 };

	assert_ok(wb_bundle_item_append(out, item, &err), &err);
}

static void
add_entry(struct wb_bytes *out, struct wb_entry *entry, struct wb_span content,
    enum what what)
{
	struct wb_bundle_item item = { .kind = WB_BUNDLE_ENTRY };
	uint8_t copy[WB_MAX_ROSTER];

	assert_in_range(entry->envelope.len, 1, sizeof copy);
	memcpy(copy, entry->envelope.data, entry->envelope.len);
	if (what == ALTERED)
		copy[entry->envelope.len - 1] ^= 1;
	item.entry = *entry;
	item.entry.envelope.data = copy;
	add(out, &item);
	if (content.len == 0 || what == NO_CONTENT)
		return;
	item = (struct wb_bundle_item){ .kind = WB_BUNDLE_CONTENT,
		.bytes = content };
	if (what == WRONG_CONTENT)
		item.bytes.len--;
	add(out, &item);
}

static void
end_bundle(struct wb_bytes *out)
{
	struct wb_bundle_item sum = { .kind = WB_BUNDLE_CHECKSUM };

	wb_sha256_one(&sum.checksum, wb_bytes_span(out));
	add(out, &sum);
}

/* What a coordinator's `pack` would write, from the feed. */
static void
pack(struct wb_bytes *out, struct scene *s, enum what what)
{
	struct wb_bundle_item item = { .kind = WB_BUNDLE_HEAD,
		.programme = s->p.id,
		.purpose = wb_span_text("audit") };
	uint64_t size = size_of(s), from = what == PROOFS ? size - 2 : 0;
	struct wb_feed page = { .next = from };
	struct wb_bytes note;
	struct wb_arena arena;

	wb_bytes_reset(out);
	add(out, &item);
	wb_bytes_init(&note, WB_MAX_NOTE);
	assert_ok(wb_feed_checkpoint(&note, s->p.core, &s->p.err), &s->p.err);
	add(out, &(struct wb_bundle_item){ .kind = WB_BUNDLE_CHECKPOINT,
		     .bytes = wb_bytes_span(&note) });
	while (page.next < size) {
		wb_arena_init(&arena, 4 * WB_ARENA_BUDGET);
		read_page(&page, &arena, &s->p, C1, page.next, true);
		for (size_t i = 0; i < page.entry_count; i++) {
			struct wb_entry *e = &page.entries[i];
			struct wb_span content = e->content;
			bool last = e->index + 1 == size;

			e->content = wb_span(NULL, 0);
			if (what != PROOFS)
				e->proof.count = 0;
			if (what != SHORT || !last)
				add_entry(out, e, content,
				    what == ALTERED && !last ? WHOLE : what);
		}
		wb_arena_clear(&arena);
	}
	end_bundle(out);
	wb_bytes_clear(&note);
}

/* ---- recovering */

static enum wb_status
recover(struct wb_recovered *out, struct scene *s, size_t n)
{
	static const char *const names[] = { "one.wbx", "two.wbx" };
	struct wb_recover_bundle bundles[2];

	for (size_t i = 0; i < n; i++)
		bundles[i] = (struct wb_recover_bundle){ names[i],
			wb_bytes_span(&s->bundle[i]) };
	return wb_core_recover(out, &s->p.settings, wb_clock_system(), NULL,
	    bundles, n, &s->p.err);
}

static void
expect_refusal(struct scene *s, size_t n, enum wb_status status, const char *id,
    const char *words)
{
	struct wb_recovered r;

	run(s, "cp log/store.db before.db");
	assert_status(status, recover(&r, s, n), &s->p.err);
	assert_string_equal(wb_error_id(&s->p.err), id);
	if (strstr(s->p.err.text, words) == NULL)
		fail_msg("\"%s\" is not in \"%s\"", words, s->p.err.text);
	/* Not one byte: the database has no journal left either. */
	run(s, "cmp log/store.db before.db");
}

static void
expect_good(struct scene *s, uint64_t size)
{
	programme_open(&s->p);
	assert_int_equal(size_of(s), size);
	log_batches(s, 1);
	assert_int_equal(size_of(s), size + 2);
	programme_close(&s->p);
	assert_ok(wb_core_check(&s->p.settings, NULL, &s->p.err), &s->p.err);
}

/* A backup, and so many batches since; then the disk is lost. */
static uint64_t
lose(struct scene *s, unsigned batches, enum what what)
{
	uint64_t size;

	log_batches(s, 2);
	back_up(s);
	log_batches(s, batches);
	size = size_of(s);
	pack(&s->bundle[0], s, what);
	programme_close(&s->p);
	return size;
}

static void
what_a_restored_store_lacks_is_put_back(void **state)
{
	struct scene *s = *state;
	struct wb_recovered r;
	uint64_t size = lose(s, MANY, WHOLE);

	run(s, "cp backup/store.db log/store.db");
	assert_status(WB_FORGED, programme_try(&s->p), &s->p.err);
	assert_string_equal(wb_error_id(&s->p.err), "store-behind-signer");
	assert_non_null(strstr(s->p.err.next, "waybilld recover"));
	assert_ok(recover(&r, s, 1), &s->p.err);
	assert_int_equal(r.before, 5);
	assert_int_equal(r.after, size);
	/* Again: nothing is missing any more. */
	assert_ok(recover(&r, s, 1), &s->p.err);
	assert_int_equal(r.before, size);
	assert_int_equal(r.after, size);
	expect_good(s, size);
}

static void
a_whole_folder_that_is_old_goes_on_from_the_bundle(void **state)
{
	struct scene *s = *state;
	struct wb_recovered r;
	uint64_t size = lose(s, 3, WHOLE);

	run(s, "rm -r log && cp -r backup log");
	assert_ok(recover(&r, s, 1), &s->p.err);
	assert_int_equal(r.after, size);
	expect_good(s, size);
}

static void
a_store_that_is_gone_is_made_anew(void **state)
{
	struct scene *s = *state;
	struct wb_recovered r;
	uint64_t size = lose(s, 3, WHOLE);

	run(s, "rm log/store.db");
	assert_ok(recover(&r, s, 1), &s->p.err);
	assert_int_equal(r.before, 0);
	assert_int_equal(r.after, size);
	expect_good(s, size);
}

static void
several_bundles_make_one_whole(void **state)
{
	struct scene *s = *state;
	struct wb_recovered r;
	uint64_t size = lose(s, 3, WHOLE);

	/* The newest two entries came after that bundle was made. */
	programme_open(&s->p);
	log_batches(s, 1);
	pack(&s->bundle[1], s, PROOFS);
	programme_close(&s->p);
	run(s, "cp backup/store.db log/store.db");
	expect_refusal(s, 1, WB_NOT_FOUND, "entries-missing", "the entry 11 ");
	assert_ok(recover(&r, s, 2), &s->p.err);
	assert_int_equal(r.after, size + 2);
	expect_good(s, size + 2);
}

static const enum what bare_rows[] = { NO_CONTENT, WRONG_CONTENT };

static void
an_entry_without_its_content_is_not_put_back(void **state)
{
	for (size_t i = 0; i < sizeof bare_rows / sizeof bare_rows[0]; i++) {
		struct scene *s = *state;
		struct wb_recovered r;
		uint64_t size = lose(s, 2, bare_rows[i]);

		programme_open(&s->p);
		pack(&s->bundle[1], s, WHOLE);
		programme_close(&s->p);
		run(s, "cp backup/store.db log/store.db");
		expect_refusal(s, 1, WB_NOT_FOUND, "entries-missing",
		    "the content of entry 5 ");
		assert_ok(recover(&r, s, 2), &s->p.err);
		assert_int_equal(r.after, size);
		expect_good(s, size);
		(void)teardown(state);
		(void)setup(state);
	}
}

static const struct bad_row {
	const char *name;
	enum what what;
} bad_rows[] = {
	{ "an altered entry", ALTERED },
	{ "one entry less than its head", SHORT },
};

static void
entries_must_lead_to_the_signed_head(void **state)
{
	for (size_t i = 0; i < sizeof bad_rows / sizeof bad_rows[0]; i++) {
		struct scene *s = *state;

		print_message("  %s\n", bad_rows[i].name);
		(void)lose(s, 2, bad_rows[i].what);
		run(s, "cp backup/store.db log/store.db");
		expect_refusal(s, 1, WB_FORGED, "entries-altered", "one.wbx: ");
		(void)teardown(state);
		(void)setup(state);
	}
}

static void
a_damaged_bundle_is_not_read(void **state)
{
	struct scene *s = *state;

	(void)lose(s, 2, WHOLE);
	s->bundle[0].data[s->bundle[0].len / 2] ^= 1;
	run(s, "cp backup/store.db log/store.db");
	expect_refusal(s, 1, WB_FORGED, "bundle-altered", "one.wbx: ");
}

static void
another_logs_bundle_is_refused(void **state)
{
	void *other = NULL;
	struct scene *s = *state;
	struct scene *t;

	(void)setup(&other);
	t = other;
	log_batches(t, 3);
	pack(&s->bundle[0], t, WHOLE);
	(void)teardown(&other);
	log_batches(s, 1);
	programme_close(&s->p);
	expect_refusal(s, 1, WB_FORGED, "not-this-log", "not this log's");
}

/* Two logs of one key, each gone on by itself. */
static void
fork_log(struct scene *s)
{
	(void)lose(s, MANY, WHOLE);
	run(s, "mv log first");
	run(s, "cp -r backup log");
	programme_open(&s->p);
	log_batches(s, 2);
}

static void
a_store_that_went_another_way_is_left_as_it_is(void **state)
{
	struct scene *s = *state;

	fork_log(s);
	programme_close(&s->p);
	expect_refusal(s, 1, WB_FORGED, "store-forked", "nothing was changed");
}

static void
two_heads_of_one_size_are_evidence(void **state)
{
	struct scene *s = *state;

	fork_log(s);
	log_batches(s, MANY - 2);
	pack(&s->bundle[1], s, WHOLE);
	programme_close(&s->p);
	run(s, "cp backup/store.db log/store.db");
	expect_refusal(s, 2, WB_FORGED, "log-fork", "two heads of");
}

static void
a_log_that_is_served_is_left_alone(void **state)
{
	struct scene *s = *state;
	struct wb_recovered r;

	log_batches(s, 1);
	pack(&s->bundle[0], s, WHOLE);
	assert_status(WB_LOCKED, recover(&r, s, 1), &s->p.err);
}

/* ---- memory that is short for the first statement of a group */

static atomic_uint short_for;

enum wb_status __real_wb_ids_reserve(struct wb_ids *ids, size_t more,
    struct wb_error *err);
enum wb_status __wrap_wb_ids_reserve(struct wb_ids *ids, size_t more,
    struct wb_error *err);

enum wb_status
__wrap_wb_ids_reserve(struct wb_ids *ids, size_t more, struct wb_error *err)
{
	if (more == WB_TREE_MAX_ADD && atomic_load(&short_for) > 0) {
		(void)atomic_fetch_sub(&short_for, 1);
		return wb_fail(err, WB_NO_MEMORY, "out of memory");
	}
	return __real_wb_ids_reserve(ids, more, err);
}

static void
want_of_memory_is_no_forgery(void **state)
{
	struct scene *s = *state;
	struct wb_recovered r;
	uint64_t size = lose(s, 2, WHOLE);

	atomic_store(&short_for, 1);
	assert_status(WB_NO_MEMORY,
	    wb_core_check(&s->p.settings, NULL, &s->p.err), &s->p.err);
	assert_string_equal(s->p.err.text, "out of memory");
	run(s, "cp backup/store.db log/store.db");
	atomic_store(&short_for, 1);
	expect_refusal(s, 1, WB_NO_MEMORY, "no-memory", "out of memory");
	assert_ok(recover(&r, s, 1), &s->p.err);
	expect_good(s, size);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(what_a_restored_store_lacks_is_put_back),
		TEST(a_whole_folder_that_is_old_goes_on_from_the_bundle),
		TEST(a_store_that_is_gone_is_made_anew),
		TEST(several_bundles_make_one_whole),
		TEST(an_entry_without_its_content_is_not_put_back),
		TEST(entries_must_lead_to_the_signed_head),
		TEST(a_damaged_bundle_is_not_read),
		TEST(another_logs_bundle_is_refused),
		TEST(a_store_that_went_another_way_is_left_as_it_is),
		TEST(two_heads_of_one_size_are_evidence),
		TEST(a_log_that_is_served_is_left_alone),
		TEST(want_of_memory_is_no_forgery),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
