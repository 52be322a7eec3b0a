#include "client/audit/audit_threads.h"

#include "tests/unit/client/logkit.h"

#define CONTENT 100 /* bytes; the auditor does not open it */

/*
 * The story of every test: 0 roster, 1 K1's first batch, 2 K2's first, 3 K1's
 * second, 4 an ack of the first.
 */
static void
story(struct kit *k)
{
	kit_begin(k);
	kit_log_batch(k, KIT_K1, CONTENT);
	kit_log_batch(k, KIT_K2, CONTENT);
	kit_log_batch(k, KIT_K1, CONTENT);
	kit_log_ack(k, KIT_C1, &k->entries[1].id, WB_OUTCOME_OPENED);
}

static void
assert_same_spans(const struct wb_span *a, size_t n, const struct wb_span *b,
    size_t m)
{
	assert_int_equal(n, m);
	for (size_t i = 0; i < n; i++)
		assert_true(wb_span_equal(a[i], b[i]));
}

static void
assert_same(const struct wb_audit *a, const struct wb_audit *b)
{
	assert_int_equal(a->result, b->result);
	assert_int_equal(a->entries, b->entries);
	assert_int_equal(a->batches, b->batches);
	assert_int_equal(a->contents, b->contents);
	assert_int_equal(a->problem_total, b->problem_total);
	assert_int_equal(a->problem_count, b->problem_count);
	for (size_t i = 0; i < a->problem_count; i++) {
		const struct wb_audit_problem *p = &a->problems[i];
		const struct wb_audit_problem *q = &b->problems[i];

		assert_string_equal(p->id, q->id);
		assert_true(wb_span_equal(p->device, q->device));
		assert_int_equal(p->first, q->first);
		assert_int_equal(p->last, q->last);
		assert_true(wb_span_equal(p->text, q->text));
	}
	assert_same_spans(a->unchecked, a->unchecked_count, b->unchecked,
	    b->unchecked_count);
	assert_same_spans(a->notes, a->note_count, b->notes, b->note_count);
}

/*
 * Alone; on three threads; and with hardly any root at hand, so that heads are
 * compared in a second reading: all find the same in the same words.
 */
static void
audit(struct wb_audit *out, struct kit *k, const struct wb_bytes *bundle)
{
	const struct wb_audit_options ways[] = {
		{ .programme = &k->programme },
		{ .programme = &k->programme,
		    .read = wb_read_on_threads,
		    .threads = 3 },
		{ .programme = &k->programme, .window = 1 },
	};
	struct wb_audit other;

	assert_ok(wb_audit_bytes(out, wb_bytes_span(bundle), &ways[0], &k->err),
	    &k->err);
	for (size_t i = 1; i < sizeof ways / sizeof ways[0]; i++) {
		assert_ok(wb_audit_bytes(&other, wb_bytes_span(bundle),
			      &ways[i], &k->err),
		    &k->err);
		assert_same(out, &other);
		wb_audit_clear(&other);
	}
}

static void
show(const struct wb_audit *a)
{
	for (size_t i = 0; i < a->problem_count; i++)
		print_error("%s: %s\n", a->problems[i].id,
		    (const char *)a->problems[i].text.data);
	for (size_t i = 0; i < a->unchecked_count; i++)
		print_error("unchecked: %s\n",
		    (const char *)a->unchecked[i].data);
}

static void
expect(struct wb_audit *a, enum wb_verdict_result result)
{
	if (a->result != result)
		show(a);
	assert_int_equal(a->result, result);
}

static void
an_honest_log_is_good(void **state)
{
	struct wb_bytes bundle;
	struct wb_audit a;
	struct kit k;

	(void)state;
	story(&k);
	kit_bundle(&k, &bundle);
	audit(&a, &k, &bundle);
	expect(&a, WB_AUDIT_GOOD);
	assert_int_equal(a.entries, 5);
	assert_int_equal(a.batches, 3);
	assert_int_equal(a.devices, 2);
	assert_int_equal(a.rosters, 1);
	assert_int_equal(a.contents, 3);
	assert_int_equal(a.opened, 0);
	assert_int_equal(a.problem_total, 0);
	assert_int_equal(a.note_count, 0);
	assert_true(wb_hash_equal(&a.programme, &k.programme));
	wb_audit_clear(&a);
	wb_bytes_clear(&bundle);
	kit_end(&k);
}

static void
nothing_is_good_without_a_programme(void **state)
{
	const struct wb_audit_options none = { 0 };
	struct wb_bytes bundle;
	struct wb_audit a;
	struct kit k;

	(void)state;
	story(&k);
	kit_bundle(&k, &bundle);
	assert_ok(wb_audit_bytes(&a, wb_bytes_span(&bundle), &none, &k.err),
	    &k.err);
	expect(&a, WB_AUDIT_UNCHECKED);
	assert_int_equal(a.unchecked_count, 1);
	assert_true(wb_hash_equal(&a.programme, &k.programme));
	wb_audit_clear(&a);
	wb_bytes_clear(&bundle);
	kit_end(&k);
}

static void
a_bundle_without_contents_is_unchecked(void **state)
{
	const char *const purposes[] = { "audit", "headers" };

	(void)state;
	for (size_t p = 0; p < 2; p++) {
		struct wb_bytes bundle;
		struct wb_audit a;
		struct kit k;

		story(&k);
		kit_item_head(&k, &bundle, purposes[p]);
		kit_item_checkpoint(&k, &bundle, k.count);
		for (size_t i = 0; i < k.count; i++)
			kit_item_entry(&k, &bundle, i, 0);
		kit_item_checksum(&k, &bundle);
		audit(&a, &k, &bundle);
		expect(&a, WB_AUDIT_UNCHECKED);
		assert_int_equal(a.contents, 0);
		assert_int_equal(a.unchecked_count, 1);
		wb_audit_clear(&a);
		wb_bytes_clear(&bundle);
		kit_end(&k);
	}
}

static void
entries_with_receipts_alone_are_no_whole_log(void **state)
{
	struct wb_bytes bundle;
	struct wb_audit a;
	struct kit k;

	(void)state;
	story(&k);
	kit_item_head(&k, &bundle, "audit");
	kit_item_checkpoint(&k, &bundle, 1);
	kit_item_entry(&k, &bundle, 0, 1);
	kit_item_checkpoint(&k, &bundle, 2);
	kit_item_entry(&k, &bundle, 1, 2);
	kit_item_content(&k, &bundle, 1);
	kit_item_checkpoint(&k, &bundle, 5);
	kit_item_entry(&k, &bundle, 3, 5);
	kit_item_content(&k, &bundle, 3);
	kit_item_entry(&k, &bundle, 4, 5);
	kit_item_checksum(&k, &bundle);
	audit(&a, &k, &bundle);
	expect(&a, WB_AUDIT_UNCHECKED);
	assert_int_equal(a.problem_total, 0);
	assert_int_equal(a.unchecked_count, 1);
	assert_int_equal(a.entries, 4);
	assert_int_equal(a.note_count, 1); /* seen of size 3 is not here */
	wb_audit_clear(&a);
	wb_bytes_clear(&bundle);
	kit_end(&k);
}

/* ---- what a damaged file shows */

static void
every_flipped_bit_is_bad(void **state)
{
	struct wb_bytes bundle;
	struct wb_audit a;
	struct kit k;

	(void)state;
	kit_begin(&k);
	kit_log_batch(&k, KIT_K1, CONTENT);
	kit_bundle(&k, &bundle);
	for (size_t bit = 0; bit < bundle.len * 8; bit++) {
		bundle.data[bit / 8] ^= (uint8_t)(1U << bit % 8);
		audit(&a, &k, &bundle);
		expect(&a, WB_AUDIT_BAD);
		assert_string_equal(a.problems[0].id, "altered");
		wb_audit_clear(&a);
		bundle.data[bit / 8] ^= (uint8_t)(1U << bit % 8);
	}
	wb_bytes_clear(&bundle);
	kit_end(&k);
}

static void
every_truncation_is_bad(void **state)
{
	struct wb_bytes bundle;
	struct wb_audit a;
	struct kit k;

	(void)state;
	kit_begin(&k);
	kit_log_batch(&k, KIT_K1, CONTENT);
	kit_bundle(&k, &bundle);
	while (bundle.len > 7) {
		wb_bytes_truncate(&bundle, bundle.len - 1);
		audit(&a, &k, &bundle);
		expect(&a, WB_AUDIT_BAD);
		wb_audit_clear(&a);
	}
	wb_bytes_clear(&bundle);
	kit_end(&k);
}

/* Who took the wrong file is not told that the record was forged. */
static void
other_files_are_no_evidence(void **state)
{
	static const char database[16] = "SQLite format 3";
	const struct {
		struct wb_span bytes;
		enum wb_status status;
		const char *says;
	} rows[] = {
		{ wb_span(NULL, 0), WB_INVALID, "it is empty" },
		{ wb_span_text("a,b\r\n1,\t2\n"), WB_INVALID, "it is a text" },
		{ wb_span("\x05\x0a\x03\x08", 4), WB_INVALID,
		    "it is another kind of file" },
		{ wb_span(database, sizeof database), WB_INVALID,
		    "it is a database" },
		{ wb_span_text("age-encryption.org/v1\n-> X25519"), WB_REFUSED,
		    "is sealed" },
	};
	const struct wb_audit_options none = { 0 };
	struct wb_error err = { 0 };
	struct wb_audit a;

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		assert_int_equal(wb_audit_bytes(&a, rows[i].bytes, &none, &err),
		    rows[i].status);
		assert_non_null(strstr(err.text, rows[i].says));
		assert_string_equal(wb_error_id(&err),
		    rows[i].status == WB_REFUSED ? "bundle-sealed"
						 : "not-a-bundle");
		wb_audit_clear(&a);
	}
}

static void
what_follows_the_checksum_is_bad(void **state)
{
	struct wb_bytes bundle;
	struct wb_audit a;
	struct kit k;

	(void)state;
	story(&k);
	kit_bundle(&k, &bundle);
	kit_item_content(&k, &bundle, 1);
	kit_item_checksum(&k, &bundle);
	audit(&a, &k, &bundle);
	expect(&a, WB_AUDIT_BAD);
	assert_string_equal(a.problems[0].id, "form");
	wb_audit_clear(&a);
	wb_bytes_clear(&bundle);
	kit_end(&k);
}

static void
damage_is_found_where_it_is(void **state)
{
	struct wb_bytes bundle;
	struct wb_audit a;
	struct kit k;

	(void)state;
	story(&k);
	kit_bundle(&k, &bundle);
	/* The last byte of the ack's signature, before the checksum. */
	bundle.data[bundle.len - 35 - 3] ^= 1;
	audit(&a, &k, &bundle);
	expect(&a, WB_AUDIT_BAD);
	assert_int_equal(a.entries, 5);
	assert_int_equal(a.contents, 3);
	wb_audit_clear(&a);
	wb_bytes_clear(&bundle);
	kit_end(&k);
}

/* ---- lies under a good checksum, told by whoever holds the log's key */

static void
forge_signature(struct kit *k)
{
	struct wb_bytes *e = &k->entries[2].envelope;

	e->data[e->len - 1] ^= 1; /* of the signature */
}

static void
alter_payload(struct kit *k)
{
	struct wb_bytes *e = &k->entries[2].envelope;

	e->data[e->len - 160] ^= 1; /* of records_root */
}

/* Logs the device's next batch with something wrong in its header. */
static void
log_wrong(struct kit *k, enum kit_key signer,
    void (*spoil)(struct kit *k, struct wb_batch *header))
{
	struct wb_span content = wb_span_text("another content");
	struct wb_batch header = kit_header(k, signer, content);

	kit_see(k, &header, k->count);
	spoil(k, &header);
	kit_log_header(k, &header, signer, content);
}

static void
skip_number(struct kit *k, struct wb_batch *header)
{
	(void)k;
	header->sequence += 2;
}

static void
leave_gap(struct kit *k)
{
	log_wrong(k, KIT_K1, skip_number);
}

static void
repeat_number(struct kit *k, struct wb_batch *header)
{
	header->sequence--;
	header->previous = k->entries[1].id;
}

static void
fork_chain(struct kit *k)
{
	log_wrong(k, KIT_K1, repeat_number);
}

static void
name_other(struct kit *k, struct wb_batch *header)
{
	header->previous = k->entries[1].id;
}

static void
break_chain(struct kit *k)
{
	log_wrong(k, KIT_K1, name_other);
}

static void
see_other_root(struct kit *k, struct wb_batch *header)
{
	struct wb_bytes text;

	header->seen.root.b[0] ^= 1;
	wb_bytes_init(&text, WB_MAX_NOTE);
	assert_ok(wb_checkpoint_format(&text, k->vkey.name, &header->seen,
		      &k->err),
	    &k->err);
	wb_sign(&header->seen_signature, &k->keys[KIT_LOG],
	    wb_bytes_span(&text));
	wb_bytes_clear(&text);
}

static void
show_another_log(struct kit *k)
{
	log_wrong(k, KIT_K1, see_other_root);
}

static void
invent_head(struct kit *k, struct wb_batch *header)
{
	(void)k;
	header->seen_signature.b[5] ^= 1;
}

static void
see_unsigned(struct kit *k)
{
	log_wrong(k, KIT_K1, invent_head);
}

static void
see_the_future(struct kit *k, struct wb_batch *header)
{
	header->seen.size += 5;
	see_other_root(k, header); /* signs it */
}

static void
see_younger(struct kit *k)
{
	log_wrong(k, KIT_K1, see_the_future);
}

static void
name_programme(struct kit *k, struct wb_batch *header)
{
	(void)k;
	header->programme.b[0] ^= 1;
}

static void
other_programme(struct kit *k)
{
	log_wrong(k, KIT_K1, name_programme);
}

static void
name_roster(struct kit *k, struct wb_batch *header)
{
	(void)k;
	header->roster.b[0] ^= 1;
}

static void
withhold_roster(struct kit *k)
{
	log_wrong(k, KIT_K1, name_roster);
}

static void
stranger_signs(struct kit *k)
{
	kit_log_batch(k, KIT_STRANGER, CONTENT);
}

static void
auditor_sends(struct kit *k)
{
	kit_log_batch(k, KIT_A1, CONTENT);
}

static void
field_acks(struct kit *k)
{
	kit_log_ack(k, KIT_K1, &k->entries[1].id, WB_OUTCOME_OPENED);
}

static void
sign_for_another(struct kit *k)
{
	struct wb_span content = wb_span_text("another content");
	struct wb_batch header = kit_header(k, KIT_K1, content);

	kit_log_header(k, &header, KIT_K2, content);
}

static void
revoked_signs(struct kit *k)
{
	k->members[1].state = WB_MEMBER_REVOKED;
	kit_log_roster(k, 1);
	kit_log_batch(k, KIT_K1, CONTENT);
}

static void
skip_version(struct kit *k)
{
	k->roster.version++;
	kit_log_roster(k, 1);
}

static void
lack_threshold(struct kit *k)
{
	k->roster.threshold = 2;
	kit_log_roster(k, 1);
}

static void
bring_back(struct kit *k)
{
	k->members[1].state = WB_MEMBER_REVOKED;
	kit_log_roster(k, 1);
	k->roster.member_count = 1; /* omitted, as it may be */
	kit_log_roster(k, 1);
	k->roster.member_count = 4;
	k->members[1].state = WB_MEMBER_ACTIVE;
	kit_log_roster(k, 1);
}

static void
exchange_content(struct kit *k)
{
	k->entries[1].content.data[0] ^= 1;
}

static void
log_a_read(struct kit *k)
{
	const enum kit_key signer = KIT_K1;

	kit_log(k, WB_STATEMENT_READ, wb_span_text("x"), &signer, 1);
}

static void
drop_device(struct kit *k)
{
	kit_log_batch(k, KIT_K2, CONTENT); /* 5: K2's second */
	k->sequence[KIT_K2] = 4; /* 3 and 4 never came */
	k->newest[KIT_K2] = k->roster_id;
	kit_log_batch(k, KIT_K2, CONTENT);
}

static const struct lie {
	const char *name;
	void (*tell)(struct kit *k);
	const char *id;
	const char *device;
	uint64_t first;
	uint64_t last;
	uint64_t problems; /* in all */
} lies[] = {
	{ "altered payload, logged anew", alter_payload, "signature", "K2", 2,
	    2, 2 },
	{ "forged signature", forge_signature, "signature", "K2", 2, 2, 2 },
	{ "gap", leave_gap, "gap", "K1", 3, 4, 1 },
	{ "gap in the middle", drop_device, "gap", "K2", 3, 4, 1 },
	{ "fork", fork_chain, "fork", "K1", 2, 2, 1 },
	{ "chain", break_chain, "chain", "K1", 3, 3, 1 },
	{ "fork of the log", show_another_log, "log-fork", "", 5, 5, 1 },
	{ "invented head", see_unsigned, "seen", "", 5, 5, 1 },
	{ "younger head", see_younger, "seen", "", 5, 5, 1 },
	{ "other programme", other_programme, "programme", "", 5, 5, 1 },
	{ "withheld roster", withhold_roster, "withheld", "", 0, 0, 1 },
	{ "stranger", stranger_signs, "signer", "", 5, 5, 1 },
	{ "wrong role", auditor_sends, "signer", "A1", 5, 5, 1 },
	{ "field device acks", field_acks, "signer", "K1", 5, 5, 1 },
	{ "signed for another", sign_for_another, "signature", "K1", 5, 5, 1 },
	{ "revoked", revoked_signs, "signer", "K1", 6, 6, 1 },
	{ "version skipped", skip_version, "roster", "", 5, 5, 1 },
	{ "threshold not reached", lack_threshold, "roster", "", 5, 5, 1 },
	{ "revoked key returns", bring_back, "roster", "", 7, 7, 1 },
	{ "content exchanged", exchange_content, "content", "", 1, 1, 1 },
	{ "a read in the log", log_a_read, "statement", "", 5, 5, 1 },
};

/* The log's key signs each lie, so the tree and the checksum are in order. */
static void
finds_each_lie_of_a_log(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof lies / sizeof lies[0]; i++) {
		const struct lie *lie = &lies[i];
		struct wb_bytes bundle;
		struct wb_audit a;
		struct kit k;

		story(&k);
		lie->tell(&k);
		kit_bundle(&k, &bundle);
		audit(&a, &k, &bundle);
		if (a.problem_total != lie->problems ||
		    strcmp(a.problems[0].id, lie->id) != 0) {
			print_error("%s\n", lie->name);
			show(&a);
		}
		assert_int_equal(a.result, WB_AUDIT_BAD);
		assert_int_equal(a.problem_total, lie->problems);
		assert_string_equal(a.problems[0].id, lie->id);
		assert_string_equal((const char *)a.problems[0].device.data,
		    lie->device);
		assert_int_equal(a.problems[0].first, lie->first);
		assert_int_equal(a.problems[0].last, lie->last);
		wb_audit_clear(&a);
		wb_bytes_clear(&bundle);
		kit_end(&k);
	}
}

/* ---- lies of the file: the log is honest, the bundle is not */

struct order {
	const char *name;
	size_t entries[6]; /* in this order; SIZE_MAX ends it */
	const char *id;
	uint64_t first;
	uint64_t last;
};

#define END SIZE_MAX

static const struct order orders[] = {
	{ "withheld leaf", { 0, 1, 3, 4, END }, "missing", 2, 2 },
	{ "withheld tail", { 0, 1, 2, END }, "missing", 3, 4 },
	{ "reordered", { 0, 2, 1, 3, 4, END }, "missing", 1, 1 },
	{ "repeated", { 0, 1, 2, 2, 3, END }, "order", 2, 2 },
	{ "without its first", { 1, 2, 3, 4, END }, "missing", 0, 0 },
	{ "empty", { END }, "no-roster", 0, 0 },
};

static void
finds_what_a_bundle_leaves_out(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof orders / sizeof orders[0]; i++) {
		const struct order *o = &orders[i];
		struct wb_bytes bundle;
		struct wb_audit a;
		struct kit k;
		bool found = false;

		story(&k);
		kit_item_head(&k, &bundle, "audit");
		kit_item_checkpoint(&k, &bundle, k.count);
		for (size_t j = 0; o->entries[j] != END; j++) {
			kit_item_entry(&k, &bundle, o->entries[j], 0);
			kit_item_content(&k, &bundle, o->entries[j]);
		}
		kit_item_checksum(&k, &bundle);
		audit(&a, &k, &bundle);
		for (size_t j = 0; j < a.problem_count; j++)
			found |= strcmp(a.problems[j].id, o->id) == 0 &&
				 a.problems[j].first == o->first &&
				 a.problems[j].last == o->last;
		if (!found) {
			print_error("%s\n", o->name);
			show(&a);
		}
		assert_true(found);
		assert_int_equal(a.result, WB_AUDIT_BAD);
		wb_audit_clear(&a);
		wb_bytes_clear(&bundle);
		kit_end(&k);
	}
}

static void
another_programme_is_bad(void **state)
{
	struct wb_audit_options options = { 0 };
	struct wb_hash other;
	struct wb_bytes bundle;
	struct wb_audit a;
	struct kit k;

	(void)state;
	story(&k);
	kit_bundle(&k, &bundle);
	other = k.programme;
	other.b[31] ^= 1;
	options.programme = &other;
	assert_ok(wb_audit_bytes(&a, wb_bytes_span(&bundle), &options, &k.err),
	    &k.err);
	expect(&a, WB_AUDIT_BAD);
	assert_string_equal(a.problems[0].id, "programme");
	wb_audit_clear(&a);
	wb_bytes_clear(&bundle);
	kit_end(&k);
}

static void
a_head_by_another_key_is_bad(void **state)
{
	struct wb_bytes bundle, note;
	struct wb_head head;
	struct wb_vkey vkey;
	struct wb_audit a;
	struct kit k;

	(void)state;
	story(&k);
	kit_item_head(&k, &bundle, "audit");
	kit_root(&k, &head, k.count);
	assert_ok(wb_vkey_make(&vkey, k.vkey.name, WB_NOTE_ED25519,
		      &k.keys[KIT_STRANGER].key, &k.err),
	    &k.err);
	wb_bytes_init(&note, WB_MAX_NOTE);
	assert_ok(wb_checkpoint_seal(&note, &head, &vkey, &k.keys[KIT_STRANGER],
		      &k.err),
	    &k.err);
	kit_item(&k, &bundle,
	    &(struct wb_bundle_item){ .kind = WB_BUNDLE_CHECKPOINT,
		.bytes = wb_bytes_span(&note) });
	for (size_t i = 0; i < k.count; i++)
		kit_item_entry(&k, &bundle, i, 0);
	kit_item_checksum(&k, &bundle);
	audit(&a, &k, &bundle);
	expect(&a, WB_AUDIT_BAD);
	assert_string_equal(a.problems[0].id, "checkpoint");
	wb_audit_clear(&a);
	wb_bytes_clear(&note);
	wb_bytes_clear(&bundle);
	kit_end(&k);
}

static void
a_wrong_proof_is_bad(void **state)
{
	struct wb_bytes bundle;
	struct wb_audit a;
	struct kit k;

	(void)state;
	story(&k);
	kit_item_head(&k, &bundle, "audit");
	kit_item_checkpoint(&k, &bundle, 5);
	kit_item_entry(&k, &bundle, 0, 5);
	kit_item_entry(&k, &bundle, 1, 4); /* of a smaller tree */
	kit_item_checksum(&k, &bundle);
	audit(&a, &k, &bundle);
	expect(&a, WB_AUDIT_BAD);
	assert_string_equal(a.problems[0].id, "inclusion");
	assert_int_equal(a.problems[0].first, 1);
	wb_audit_clear(&a);
	wb_bytes_clear(&bundle);
	kit_end(&k);
}

/* A coordinator lets a late, honest record in; then it is no problem. */
static void
an_admitted_batch_of_a_revoked_key_is_good(void **state)
{
	struct wb_span content = wb_span_text("late");
	struct wb_bytes bundle;
	struct wb_batch header;
	struct wb_audit a;
	struct wb_hash id;
	struct kit k;

	(void)state;
	story(&k);
	header = kit_header(&k, KIT_K1, content);
	k.members[1].state = WB_MEMBER_REVOKED;
	kit_log_roster(&k, 1);
	kit_log_header(&k, &header, KIT_K1, content); /* for its id */
	id = k.entries[--k.count].id;
	wb_bytes_clear(&k.entries[k.count].envelope);
	wb_bytes_clear(&k.entries[k.count].content);
	kit_log_ack(&k, KIT_C1, &id, WB_OUTCOME_ADMIT);
	kit_log_header(&k, &header, KIT_K1, content);
	kit_bundle(&k, &bundle);
	audit(&a, &k, &bundle);
	expect(&a, WB_AUDIT_GOOD);
	assert_int_equal(a.batches, 4);
	wb_audit_clear(&a);
	wb_bytes_clear(&bundle);
	kit_end(&k);
}

/* The server may log a device's batches as couriers bring them. */
static void
batches_out_of_order_are_good(void **state)
{
	struct wb_span one = wb_span_text("one"), two = wb_span_text("two");
	struct wb_batch first, second;
	struct wb_bytes bundle;
	struct wb_audit a;
	struct kit k;

	(void)state;
	kit_begin(&k);
	first = kit_header(&k, KIT_K1, one);
	kit_log_header(&k, &first, KIT_K1, one);
	second = kit_header(&k, KIT_K1, two);
	wb_bytes_clear(&k.entries[--k.count].envelope);
	wb_bytes_clear(&k.entries[k.count].content);
	kit_log_header(&k, &second, KIT_K1, two);
	kit_log_header(&k, &first, KIT_K1, one);
	kit_bundle(&k, &bundle);
	audit(&a, &k, &bundle);
	expect(&a, WB_AUDIT_GOOD);
	wb_audit_clear(&a);
	wb_bytes_clear(&bundle);
	kit_end(&k);
}

static void
an_expired_roster_is_a_note(void **state)
{
	struct wb_audit_options options = { .now = 2000 };
	struct wb_bytes bundle;
	struct wb_audit a;
	struct kit k;

	(void)state;
	story(&k);
	k.roster.expires = 1000;
	kit_log_roster(&k, 1);
	kit_bundle(&k, &bundle);
	options.programme = &k.programme;
	assert_ok(wb_audit_bytes(&a, wb_bytes_span(&bundle), &options, &k.err),
	    &k.err);
	expect(&a, WB_AUDIT_GOOD);
	assert_int_equal(a.note_count, 1);
	wb_audit_clear(&a);
	wb_bytes_clear(&bundle);
	kit_end(&k);
}

/* Told apart, and no fault of the file: it changes no verdict. */
static void
what_is_distrusted_is_counted_apart(void **state)
{
	const struct {
		uint64_t from; /* entries 1 and 3 are K1's */
		uint64_t suspect;
		const char *says;
	} rows[] = {
		{ 0, 0, NULL },
		{ 1, 2, "from entry 1 on suspect: 2 batches here" },
		{ 3, 1, "from entry 3 on suspect: 1 batch here" },
		{ 4, 0, "from entry 4 on suspect: 0 batches here" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct wb_bytes bundle;
		struct wb_audit a;
		struct kit k;

		story(&k);
		for (size_t m = 0; m < k.roster.member_count; m++) {
			if (!wb_key_equal(&k.members[m].key,
				&k.keys[KIT_K1].key))
				continue;
			k.members[m].state = WB_MEMBER_REVOKED;
			k.members[m].distrust_from = rows[i].from;
		}
		kit_log_roster(&k, 1);
		kit_bundle(&k, &bundle);
		audit(&a, &k, &bundle);
		expect(&a, WB_AUDIT_GOOD);
		assert_int_equal(a.suspect, rows[i].suspect);
		assert_int_equal(a.batches, 3);
		assert_int_equal(a.note_count, rows[i].says == NULL ? 0 : 1);
		if (rows[i].says != NULL)
			assert_non_null(strstr((const char *)a.notes[0].data,
			    rows[i].says));
		wb_audit_clear(&a);
		wb_bytes_clear(&bundle);
		kit_end(&k);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_honest_log_is_good),
		cmocka_unit_test(nothing_is_good_without_a_programme),
		cmocka_unit_test(a_bundle_without_contents_is_unchecked),
		cmocka_unit_test(entries_with_receipts_alone_are_no_whole_log),
		cmocka_unit_test(every_flipped_bit_is_bad),
		cmocka_unit_test(every_truncation_is_bad),
		cmocka_unit_test(what_is_distrusted_is_counted_apart),
		cmocka_unit_test(other_files_are_no_evidence),
		cmocka_unit_test(what_follows_the_checksum_is_bad),
		cmocka_unit_test(damage_is_found_where_it_is),
		cmocka_unit_test(finds_each_lie_of_a_log),
		cmocka_unit_test(finds_what_a_bundle_leaves_out),
		cmocka_unit_test(another_programme_is_bad),
		cmocka_unit_test(a_head_by_another_key_is_bad),
		cmocka_unit_test(a_wrong_proof_is_bad),
		cmocka_unit_test(an_admitted_batch_of_a_revoked_key_is_good),
		cmocka_unit_test(batches_out_of_order_are_good),
		cmocka_unit_test(an_expired_roster_is_a_note),
	};
	struct wb_error err = { 0 };

	if (wb_crypto_start(&err) != WB_OK)
		return 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
