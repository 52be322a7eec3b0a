/* What an audit says of witnesses. */
#include <stdio.h>

#include "client/audit/audit.h"

#include "tests/unit/client/logkit.h"

#define WITNESSES 2
#define CONTENT 100 /* bytes; the auditor does not open it */

static struct wb_signer signers[WITNESSES];
static struct wb_vkey vkeys[WITNESSES];

/* 0 roster, 1 one with the policy, 2 and 3 batches: four entries. */
static void
story(struct kit *k, const char *quorum)
{
	static char policy[2000];
	struct wb_bytes text;
	char name[40];

	kit_begin(k);
	wb_bytes_init(&text, sizeof policy - 1);
	assert_ok(wb_bytes_append_text(&text, "log ", &k->err), &k->err);
	assert_ok(wb_vkey_format(&text, &k->vkey, &k->err), &k->err);
	for (size_t i = 0; i < WITNESSES; i++) {
		assert_ok(wb_signer_generate(&signers[i], k->random, &k->err),
		    &k->err);
		(void)snprintf(name, sizeof name, "example.net/w%zu", i);
		assert_ok(wb_vkey_make(&vkeys[i], name, WB_NOTE_COSIGNATURE,
			      &signers[i].key, &k->err),
		    &k->err);
		assert_ok(wb_bytes_printf(&text, &k->err, "\nwitness w%zu ", i),
		    &k->err);
		assert_ok(wb_vkey_format(&text, &vkeys[i], &k->err), &k->err);
	}
	assert_ok(wb_bytes_printf(&text, &k->err, "\n%s", quorum), &k->err);
	memcpy(policy, text.data, text.len);
	policy[text.len] = '\0';
	wb_bytes_clear(&text);
	k->roster.policy = wb_span_text(policy);
	kit_log_roster(k, 1);
	kit_log_batch(k, KIT_K1, CONTENT);
	kit_log_batch(k, KIT_K2, CONTENT);
}

static void
finish(struct kit *k)
{
	for (size_t i = 0; i < WITNESSES; i++)
		wb_signer_clear(&signers[i]);
	kit_end(k);
}

/* A head that stands in a bundle. */
struct shown {
	size_t size; /* 0: none */
	unsigned by; /* cosigned by these witnesses, a bit each */
	unsigned forged; /* lines that claim these, and are wrong */
	bool other; /* of another tree; the log signed it all the same */
	bool unsigned_; /* the log did not sign it */
};

static void
put_head(struct kit *k, struct wb_bytes *bundle, const struct shown *shown)
{
	struct wb_bundle_item item = { .kind = WB_BUNDLE_CHECKPOINT };
	struct wb_bytes note, text;
	struct wb_head head;

	if (shown->size == 0)
		return;
	wb_bytes_init(&note, WB_MAX_NOTE);
	wb_bytes_init(&text, WB_MAX_NOTE);
	kit_root(k, &head, shown->size);
	if (shown->other)
		head.root.b[0] ^= 1;
	kit_sign_head(k, &note, &head);
	if (shown->unsigned_)
		note.data[note.len - 8] ^= 1;
	assert_ok(wb_checkpoint_format(&text, k->vkey.name, &head, &k->err),
	    &k->err);
	for (size_t i = 0; i < WITNESSES; i++) {
		if ((shown->by & 1U << i) == 0)
			continue;
		if ((shown->forged & 1U << i) != 0)
			text.data[0] ^= 1;
		assert_ok(wb_note_cosign(&note, wb_bytes_span(&text), &vkeys[i],
			      &signers[i], 1700000000, &k->err),
		    &k->err);
		if ((shown->forged & 1U << i) != 0)
			text.data[0] ^= 1;
	}
	item.bytes = wb_bytes_span(&note);
	kit_item(k, bundle, &item);
	wb_bytes_clear(&text);
	wb_bytes_clear(&note);
}

/* Heads of a log of four entries, and what is said of them. */
static const struct {
	const char *why, *quorum;
	struct shown before, newest;
	bool wanted;
	uint64_t witnessed;
	const char *problem; /* NULL: none */
	const char *note; /* part of it; NULL: no such note */
} cases[] = {
	{ "nobody is asked for", "quorum none\n", { 0 }, { .size = 4, .by = 3 },
	    false, 0, NULL, NULL },
	{ "the newest head", "quorum w0\n", { 0 }, { .size = 4, .by = 1 }, true,
	    4, NULL, NULL },
	{ "an older head", "quorum w0\n", { .size = 3, .by = 1 }, { .size = 4 },
	    true, 3, NULL,
	    "0 of the policy's 2 witnesses cosigned it; of the "
	    "entries, 3 are" },
	{ "an older head, and the newest by others", "quorum w0\n",
	    { .size = 3, .by = 1 }, { .size = 4, .by = 2 }, true, 3, NULL,
	    "entries is not witnessed: 1 of" },
	{ "too few", "group g all w0 w1\nquorum g\n", { 0 },
	    { .size = 4, .by = 1 }, true, 0, NULL, "is not witnessed: 1 of" },
	{ "enough", "group g all w0 w1\nquorum g\n", { 0 },
	    { .size = 4, .by = 3 }, true, 4, NULL, NULL },
	{ "nobody", "quorum w0\n", { 0 }, { .size = 4 }, true, 0, NULL,
	    "is not witnessed: 0 of" },
	{ "one who must is forged", "quorum w0\n", { 0 },
	    { .size = 4, .by = 1, .forged = 1 }, true, 0, "cosignature",
	    "is not witnessed: 0 of" },
	{ "one more is forged", "quorum w0\n", { 0 },
	    { .size = 4, .by = 3, .forged = 2 }, true, 4, "cosignature", NULL },
	{ "another history", "quorum w0\n",
	    { .size = 3, .by = 1, .other = true }, { .size = 4 }, true, 0,
	    "log-fork", "is not witnessed" },
	{ "a head that the log did not sign", "quorum w0\n",
	    { .size = 3, .by = 1, .unsigned_ = true }, { .size = 4 }, true, 0,
	    "checkpoint", "is not witnessed" },
};

static void
check(const char *why, const struct wb_audit *audit, const char *problem,
    const char *note)
{
	bool noted = false;

	if (audit->problem_total != (problem != NULL) ||
	    (problem != NULL && strcmp(audit->problems[0].id, problem) != 0))
		fail_msg("%s: %s", why,
		    audit->problem_total == 0
			? "no problem"
			: (const char *)audit->problems[0].text.data);
	for (size_t i = 0; i < audit->note_count; i++)
		noted = noted || (note != NULL && memmem(audit->notes[i].data,
						      audit->notes[i].len, note,
						      strlen(note)) != NULL);
	if (noted != (note != NULL) || (note == NULL && audit->note_count != 0))
		fail_msg("%s: %zu notes", why, audit->note_count);
	assert_int_equal(audit->result,
	    problem == NULL ? WB_AUDIT_GOOD : WB_AUDIT_BAD);
}

static void
cosignatures_are_judged_by_the_policy(void **state)
{
	struct wb_audit_options options = { 0 };
	struct wb_audit audit;
	struct wb_bytes bundle;
	struct kit k;

	(void)state;
	/* Roots older than the window are not kept. */
	for (size_t i = 0; i < 2 * sizeof cases / sizeof cases[0]; i++) {
		story(&k, cases[i / 2].quorum);
		options.programme = &k.programme;
		options.window = i % 2;
		wb_bytes_init(&bundle, 1 << 20);
		kit_item_head(&k, &bundle, "audit");
		put_head(&k, &bundle, &cases[i / 2].before);
		put_head(&k, &bundle, &cases[i / 2].newest);
		for (size_t n = 0; n < k.count; n++) {
			kit_item_entry(&k, &bundle, n, 0);
			kit_item_content(&k, &bundle, n);
		}
		kit_item_checksum(&k, &bundle);
		assert_ok(wb_audit_bytes(&audit, wb_bytes_span(&bundle),
			      &options, &k.err),
		    &k.err);
		check(cases[i / 2].why, &audit, cases[i / 2].problem,
		    cases[i / 2].note);
		assert_int_equal(audit.wants_witnesses, cases[i / 2].wanted);
		assert_int_equal(audit.witnessed, cases[i / 2].witnessed);
		wb_audit_clear(&audit);
		wb_bytes_clear(&bundle);
		finish(&k);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(cosignatures_are_judged_by_the_policy),
	};

	if (wb_crypto_start(NULL) != WB_OK)
		return 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
