/* Lies under a good checksum: each is found, and under its name. */
#include "client/ledger/chain.h"

#include "tests/unit/client/auditkit.h"

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
	kit_log_batch(k, KIT_STRANGER, KIT_CONTENT);
}

static void
auditor_sends(struct kit *k)
{
	kit_log_batch(k, KIT_A1, KIT_CONTENT);
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
	kit_log_batch(k, KIT_K1, KIT_CONTENT);
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
	kit_log_batch(k, KIT_K2, KIT_CONTENT); /* 5: K2's second */
	k->sequence[KIT_K2] = 4; /* 3 and 4 never came */
	k->newest[KIT_K2] = k->roster_id;
	kit_log_batch(k, KIT_K2, KIT_CONTENT);
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

		kit_story(&k);
		lie->tell(&k);
		kit_bundle(&k, &bundle);
		kit_audit(&a, &k, &bundle);
		if (a.problem_total != lie->problems ||
		    strcmp(a.problems[0].id, lie->id) != 0) {
			print_error("%s\n", lie->name);
			kit_show(&a);
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

		kit_story(&k);
		kit_item_head(&k, &bundle, "audit");
		kit_item_checkpoint(&k, &bundle, k.count);
		for (size_t j = 0; o->entries[j] != END; j++) {
			kit_item_entry(&k, &bundle, o->entries[j], 0);
			kit_item_content(&k, &bundle, o->entries[j]);
		}
		kit_item_checksum(&k, &bundle);
		kit_audit(&a, &k, &bundle);
		for (size_t j = 0; j < a.problem_count; j++)
			found |= strcmp(a.problems[j].id, o->id) == 0 &&
				 a.problems[j].first == o->first &&
				 a.problems[j].last == o->last;
		if (!found) {
			print_error("%s\n", o->name);
			kit_show(&a);
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
	kit_story(&k);
	kit_bundle(&k, &bundle);
	other = k.programme;
	other.b[31] ^= 1;
	options.programme = &other;
	assert_ok(wb_audit_bytes(&a, wb_bytes_span(&bundle), &options, &k.err),
	    &k.err);
	kit_expect(&a, WB_AUDIT_BAD);
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
	kit_story(&k);
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
	kit_audit(&a, &k, &bundle);
	kit_expect(&a, WB_AUDIT_BAD);
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
	kit_story(&k);
	kit_item_head(&k, &bundle, "audit");
	kit_item_checkpoint(&k, &bundle, 5);
	kit_item_entry(&k, &bundle, 0, 5);
	kit_item_entry(&k, &bundle, 1, 4); /* of a smaller tree */
	kit_item_checksum(&k, &bundle);
	kit_audit(&a, &k, &bundle);
	kit_expect(&a, WB_AUDIT_BAD);
	assert_string_equal(a.problems[0].id, "inclusion");
	assert_int_equal(a.problems[0].first, 1);
	wb_audit_clear(&a);
	wb_bytes_clear(&bundle);
	kit_end(&k);
}

/* Its chain is told as far as there is room, and the rest is said. */
static void
too_many_gaps_do_not_end_the_audit(void **state)
{
	const struct wb_span content = wb_span_text("content");
	struct wb_batch header;
	struct wb_bytes bundle;
	struct wb_audit a;
	struct kit k;

	(void)state;
	kit_begin(&k);
	for (uint64_t i = 0; i < WB_MAX_CHAIN_RUNS + 3; i++) {
		header = kit_header(&k, KIT_K1, content);
		header.sequence = 2 * (WB_MAX_CHAIN_RUNS + 3 - i);
		header.previous.b[0] = 1;
		kit_log_header(&k, &header, KIT_K1, content);
	}
	header = kit_header(&k, KIT_K2, content);
	kit_log_header(&k, &header, KIT_K2, content);
	kit_bundle(&k, &bundle);
	assert_ok(wb_audit_bytes(&a, wb_bytes_span(&bundle),
		      &(struct wb_audit_options){ .programme = &k.programme },
		      &k.err),
	    &k.err);
	assert_int_equal(a.result, WB_AUDIT_BAD);
	assert_int_equal(a.batches, WB_MAX_CHAIN_RUNS + 4);
	assert_int_equal(a.problem_total, WB_MAX_CHAIN_RUNS);
	assert_string_equal(a.problems[0].id, "gap");
	assert_int_equal(a.unchecked_count, 1);
	assert_memory_equal(a.unchecked[0].data, "3 batches of K1 ", 16);
	wb_audit_clear(&a);
	wb_bytes_clear(&bundle);
	kit_end(&k);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(finds_each_lie_of_a_log),
		cmocka_unit_test(finds_what_a_bundle_leaves_out),
		cmocka_unit_test(another_programme_is_bad),
		cmocka_unit_test(a_head_by_another_key_is_bad),
		cmocka_unit_test(a_wrong_proof_is_bad),
		cmocka_unit_test(too_many_gaps_do_not_end_the_audit),
	};
	struct wb_error err = { 0 };

	if (wb_crypto_start(&err) != WB_OK)
		return 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
