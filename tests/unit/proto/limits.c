/*
 * What no message may hold, one rule a row: the writer takes what just keeps
 * it, and refuses what just breaks it, with nothing appended.
 */
#include "proto/ack.h"
#include "proto/record.h"
#include "proto/record_annex.h"
#include "proto/record_content.h"
#include "proto/record_disclosure.h"
#include "proto/record_join.h"
#include "proto/record_tally.h"
#include "proto/roster.h"
#include "proto/transfer.h"
#include "proto/wire.h"

#include "tests/unit/proto/golden.h"

static uint8_t large[WB_MAX_WELCOME + 1]; /* never changed */
static const uint8_t salt[WB_ANNEX_SALT_LEN] = { 1 };

/* A rule: `bad` breaks it. */
struct rule {
	const char *name;
	enum wb_status (
	    *write)(struct wb_bytes *out, bool bad, struct wb_error *err);
};

static struct wb_span
of_size(size_t len)
{
	return wb_span(large, len);
}

static enum wb_status
verdict(struct wb_bytes *out, bool bad, struct wb_error *err)
{
	struct wb_verdict v = { { { 1 } }, bad ? 0 : WB_OUTCOME_OPENED };
	struct wb_ack ack = { { { 1 } }, { { 2 } }, &v, 1, { { 3 } } };

	return wb_ack_encode(out, &ack, err);
}

static enum wb_status
part_place(struct wb_bytes *out, bool bad, struct wb_error *err)
{
	return wb_part_encode(out, of_size(1), of_size(WB_MAX_RECORD + bad),
	    err);
}

static enum wb_status
two_items(struct wb_bytes *out, const char *item, const char *unit,
    struct wb_error *err)
{
	struct wb_item items[2] = {
		{ .item = wb_span_text("beans"), .unit = wb_span_text("sack") },
		{ .item = wb_span_text(item), .unit = wb_span_text(unit) },
	};
	struct wb_catalogue catalogue = { wb_span(salt, sizeof salt), items,
		2 };

	return wb_catalogue_encode(out, &catalogue, err);
}

static enum wb_status
items_by_name(struct wb_bytes *out, bool bad, struct wb_error *err)
{
	return two_items(out, bad ? "apples" : "rice", "sack", err);
}

static enum wb_status
items_by_unit(struct wb_bytes *out, bool bad, struct wb_error *err)
{
	return two_items(out, "beans", bad ? "bag" : "tin", err);
}

static enum wb_status
items_distinct(struct wb_bytes *out, bool bad, struct wb_error *err)
{
	return two_items(out, "beans", bad ? "sack" : "sacks", err);
}

static enum wb_status
person(struct wb_bytes *out, struct wb_person p, struct wb_error *err)
{
	struct wb_names names = { .salt = wb_span(salt, sizeof salt),
		.people = &p,
		.person_count = 1 };

	p.key.b[0] = 1;
	return wb_names_encode(out, &names, err);
}

static enum wb_status
distress_mark(struct wb_bytes *out, bool bad, struct wb_error *err)
{
	struct wb_person p = { .distress_mark = of_size(WB_MARK_LEN - bad) };

	return person(out, p, err);
}

static enum wb_status
person_root(struct wb_bytes *out, bool bad, struct wb_error *err)
{
	struct wb_person p = { .root = of_size(WB_KEY_LEN + bad) };

	return person(out, p, err);
}

static enum wb_status
two_people(struct wb_bytes *out, bool bad, struct wb_error *err)
{
	struct wb_person people[2] = { { .key = { { 1 } } },
		{ .key = { { bad ? 1 : 2 } } } };
	struct wb_names names = { .salt = wb_span(salt, sizeof salt),
		.people = people,
		.person_count = 2 };

	return wb_names_encode(out, &names, err);
}

static enum wb_status
session_parts(struct wb_bytes *out, bool bad, struct wb_error *err)
{
	const struct wb_manifest manifest = { { { 1 } }, { { 2 } }, 1,
		{ { 0 } }, { { 3 } } };
	struct wb_span parts[2] = { of_size(!bad), of_size(1) };
	struct wb_session session = { of_size(1), parts, 2 };
	struct wb_content content = { .seed = { { 1 } },
		.sessions = &session,
		.session_count = 1,
		.mark = { 1 } };
	struct wb_bytes bytes;
	enum wb_status st;

	wb_bytes_init(&bytes, 1000);
	assert_ok(wb_manifest_encode(&bytes, &manifest, err), err);
	content.manifest = wb_bytes_span(&bytes);
	st = wb_content_encode(out, &content, err);
	wb_bytes_clear(&bytes);
	return st;
}

static enum wb_status
text_with_a_nul(struct wb_bytes *out, bool bad, struct wb_error *err)
{
	struct wb_invite invite = { .programme = { { 1 } },
		.log_key = wb_span(bad ? "a\0b" : "a+b", 3),
		.token = { 1 },
		.recipient = wb_span_text("age1"),
		.expires = 1,
		.role = WB_ROLE_FIELD };

	return wb_invite_encode(out, &invite, err);
}

static enum wb_status
request_root(struct wb_bytes *out, bool bad, struct wb_error *err)
{
	struct wb_join_request request = { .key = { { 1 } },
		.recipient = wb_span_text("age1"),
		.authenticator = { { 1 } },
		.token_hash = { { 1 } },
		.root = of_size(WB_KEY_LEN - bad) };

	return wb_join_request_encode(out, &request, err);
}

static struct wb_welcome
a_welcome(struct wb_span *roster)
{
	return (struct wb_welcome){ .rosters = roster,
		.roster_count = 1,
		.label = wb_span_text("K1") };
}

static enum wb_status
welcome_roster(struct wb_bytes *out, bool bad, struct wb_error *err)
{
	struct wb_span roster = of_size(WB_MAX_ROSTER + bad);
	struct wb_welcome welcome = a_welcome(&roster);

	return wb_welcome_encode(out, &welcome, err);
}

static enum wb_status
welcome_catalogue(struct wb_bytes *out, bool bad, struct wb_error *err)
{
	struct wb_span roster = of_size(1);
	struct wb_welcome welcome = a_welcome(&roster);

	welcome.catalogue = of_size(WB_MAX_ANNEX_PLAIN + bad);
	return wb_welcome_encode(out, &welcome, err);
}

static enum wb_status
welcome_places(struct wb_bytes *out, bool bad, struct wb_error *err)
{
	struct wb_span roster = of_size(1);
	struct wb_welcome welcome = a_welcome(&roster);

	welcome.places = of_size(WB_MAX_ANNEX_PLAIN + bad);
	return wb_welcome_encode(out, &welcome, err);
}

static enum wb_status
welcome_names(struct wb_bytes *out, bool bad, struct wb_error *err)
{
	struct wb_span roster = of_size(1);
	struct wb_welcome welcome = a_welcome(&roster);

	welcome.names = of_size(WB_MAX_ANNEX_PLAIN + bad);
	return wb_welcome_encode(out, &welcome, err);
}

static enum wb_status
tally_included(struct wb_bytes *out, bool bad, struct wb_error *err)
{
	static uint64_t included[WB_MAX_EXCLUSIONS + 1];
	struct wb_tally_content content = { .included = included,
		.included_count = WB_MAX_EXCLUSIONS + bad,
		.salt = { { 1 } } };

	for (size_t i = 0; i < content.included_count; i++)
		included[i] = i;
	return wb_tally_content_encode(out, &content, err);
}

static enum wb_status
tally_excluded(struct wb_bytes *out, bool bad, struct wb_error *err)
{
	static struct wb_exclusion excluded[WB_MAX_EXCLUSIONS + 1];
	struct wb_tally_content content = { .excluded = excluded,
		.excluded_count = WB_MAX_EXCLUSIONS + bad,
		.salt = { { 1 } } };

	for (size_t i = 0; i < content.excluded_count; i++)
		excluded[i] = (struct wb_exclusion){ i, WB_EXCLUDED_DISPUTED };
	return wb_tally_content_encode(out, &content, err);
}

static enum wb_status
padded_body(struct wb_bytes *out, bool bad, struct wb_error *err)
{
	return wb_padded_encode(out, of_size(WB_MAX_TALLY_CONTENT + bad), err);
}

static enum wb_status
padded_nothing(struct wb_bytes *out, bool bad, struct wb_error *err)
{
	return wb_padded_encode(out, of_size(!bad), err);
}

static enum wb_status
upload_nothing(struct wb_bytes *out, bool bad, struct wb_error *err)
{
	struct wb_upload upload = { of_size(!bad), of_size(1) };

	return wb_upload_append(out, &upload, err);
}

static enum wb_status
upload_envelope(struct wb_bytes *out, bool bad, struct wb_error *err)
{
	struct wb_upload upload = { of_size(WB_MAX_ROSTER + bad), of_size(0) };

	return wb_upload_append(out, &upload, err);
}

static enum wb_status
upload_result(struct wb_bytes *out, bool bad, struct wb_error *err)
{
	struct wb_upload_result result = {
		.reception = bad ? 0 : WB_LOGGED,
	};
	struct wb_upload_answer answer = { .results = &result,
		.result_count = 1 };

	return wb_upload_answer_encode(out, &answer, NULL, err);
}

static enum wb_status
feed_entries(struct wb_bytes *out, bool bad, struct wb_error *err)
{
	static struct wb_entry entries[WB_MAX_FEED_ENTRIES + 1];
	struct wb_feed feed = { .entries = entries,
		.entry_count = WB_MAX_FEED_ENTRIES + bad };

	for (size_t i = 0; i < feed.entry_count; i++) {
		entries[i].index = i;
		entries[i].envelope = of_size(1);
	}
	return wb_feed_encode(out, &feed, NULL, err);
}

static enum wb_status
feed_held(struct wb_bytes *out, bool bad, struct wb_error *err)
{
	static uint64_t held[WB_MAX_FEED_ENTRIES + 1];
	struct wb_feed feed = { .held = held,
		.held_count = WB_MAX_FEED_ENTRIES + bad };

	for (size_t i = 0; i < feed.held_count; i++)
		held[i] = i;
	return wb_feed_encode(out, &feed, NULL, err);
}

static enum wb_status
bundle_entry(struct wb_bytes *out, bool bad, struct wb_error *err)
{
	struct wb_bundle_item item = { .kind = WB_BUNDLE_ENTRY };

	item.entry.envelope = of_size(WB_MAX_ROSTER + bad);
	return wb_bundle_item_append(out, &item, err);
}

static enum wb_status
bundle_annex(struct wb_bytes *out, bool bad, struct wb_error *err)
{
	struct wb_bundle_item item = { .kind = WB_BUNDLE_ANNEX };

	item.annex.hash.b[0] = 1;
	item.annex.file = of_size(WB_MAX_ANNEX + bad);
	return wb_bundle_item_append(out, &item, err);
}

static enum wb_status
bundle_bytes(struct wb_bytes *out, bool bad, struct wb_error *err)
{
	struct wb_bundle_item item = { .kind = WB_BUNDLE_DISCLOSURE,
		.bytes = of_size(WB_MAX_DISCLOSURE + bad) };

	return wb_bundle_item_append(out, &item, err);
}

static enum wb_status
bundle_nothing(struct wb_bytes *out, bool bad, struct wb_error *err)
{
	struct wb_bundle_item item = { .kind = WB_BUNDLE_CONTENT,
		.bytes = of_size(!bad) };

	return wb_bundle_item_append(out, &item, err);
}

static enum wb_status
bundle_no_proof(struct wb_bytes *out, bool bad, struct wb_error *err)
{
	struct wb_bundle_item item = { .kind = WB_BUNDLE_CONSISTENCY };

	item.consistency.count = !bad;
	return wb_bundle_item_append(out, &item, err);
}

static enum wb_status
bundle_kind(struct wb_bytes *out, bool bad, struct wb_error *err)
{
	struct wb_bundle_item item = {
		.kind = bad ? (enum wb_bundle_kind)99 : WB_BUNDLE_CHECKSUM,
		.checksum = { { 1 } },
	};

	return wb_bundle_item_append(out, &item, err);
}

static enum wb_status
enrolment_request(struct wb_bytes *out, bool bad, struct wb_error *err)
{
	struct wb_enrolment e = { { { 1 } }, 1, of_size(WB_MAX_ANNEX + bad),
		of_size(0) };

	return wb_enrolments_encode(out, &e, 1, err);
}

static enum wb_status
enrolment_welcome(struct wb_bytes *out, bool bad, struct wb_error *err)
{
	/* A whole body has the size of the largest welcome. */
	struct wb_enrolment e = { { { 1 } }, 1, of_size(0),
		of_size(bad ? WB_MAX_WELCOME + 1 : WB_MAX_WELCOME - 100) };

	return wb_enrolments_encode(out, &e, 1, err);
}

static const struct rule rules[] = {
	{ "a verdict has an outcome", verdict },
	{ "a place has a largest size", part_place },
	{ "items are in order", items_by_name },
	{ "items of one name are in order of units", items_by_unit },
	{ "no item stands there twice", items_distinct },
	{ "a distress mark has one length", distress_mark },
	{ "a person's root key has one length", person_root },
	{ "no two people have one key", two_people },
	{ "no part is empty", session_parts },
	{ "no text holds a NUL", text_with_a_nul },
	{ "a newcomer's root key has one length", request_root },
	{ "a welcome's rosters have a largest size", welcome_roster },
	{ "a welcome's catalogue has a largest size", welcome_catalogue },
	{ "a welcome's places have a largest size", welcome_places },
	{ "a welcome's names have a largest size", welcome_names },
	{ "not too many are counted late", tally_included },
	{ "not too many are left out", tally_excluded },
	{ "what is padded has a largest size", padded_body },
	{ "something is padded", padded_nothing },
	{ "an upload has a statement", upload_nothing },
	{ "an uploaded statement has a largest size", upload_envelope },
	{ "an upload's result is known", upload_result },
	{ "a page has not too many entries", feed_entries },
	{ "a page names not too many others", feed_held },
	{ "an entry has a largest size", bundle_entry },
	{ "an annex has a largest size", bundle_annex },
	{ "a disclosure has a largest size", bundle_bytes },
	{ "a content is not empty", bundle_nothing },
	{ "a proof of consistency is not empty", bundle_no_proof },
	{ "an item is of a kind", bundle_kind },
	{ "a request has a largest size", enrolment_request },
	{ "a welcome has a largest size", enrolment_welcome },
};

static void
rules_hold_to_the_last_byte(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof rules / sizeof rules[0]; i++) {
		struct wb_error err = { 0 };
		struct wb_bytes out;

		wb_bytes_init(&out, 2 * sizeof large);
		if (rules[i].write(&out, false, &err) != WB_OK)
			fail_msg("%s: %s", rules[i].name, err.text);
		assert_true(out.len > 0);
		wb_bytes_clear(&out);
		if (rules[i].write(&out, true, &err) != WB_INVALID)
			fail_msg("%s: broken and taken", rules[i].name);
		assert_int_equal(out.len, 0);
		wb_bytes_clear(&out);
	}
}

/* A varint of five bytes is -1 to protobuf, which writes it in ten. */
static void
bytes_that_grow_when_packed_are_not_canonical(void **state)
{
	static const uint8_t bytes[] = { 0x08, 0x02, 0x10, 0x0a, 0x1a, 0x09,
		0x0a, 0x04, 'R', 'i', 'c', 'e', 0x18, 0xe8, 0x07, 0x28, 0xff,
		0xff, 0xff, 0xff, 0x0f };
	const size_t before = sizeof bytes - 6; /* the reason's field */
	struct wb_error err = { 0 };
	struct wb_arena arena;
	struct wb_goods goods;

	(void)state;
	wb_arena_init(&arena, WB_ARENA_BUDGET);
	assert_ok(wb_goods_decode(&goods, &arena, wb_span(bytes, before), &err),
	    &err);
	assert_status(WB_INVALID,
	    wb_goods_decode(&goods, &arena, wb_span(bytes, sizeof bytes), &err),
	    &err);
	assert_non_null(strstr(err.text, "canonical"));
	wb_arena_clear(&arena);
}

/* Appends a field of bytes, `len` of them zero but for a one in each 32. */
static void
append_hashes(struct wb_bytes *out, uint8_t tag, size_t len)
{
	uint8_t head[] = { tag, (uint8_t)(len | 0x80), (uint8_t)(len >> 7) };
	uint8_t *at;

	assert_true(len >= 0x80 && len < 0x4000);
	assert_int_equal(wb_bytes_append(out, wb_span(head, sizeof head), NULL),
	    WB_OK);
	assert_int_equal(wb_bytes_extend(out, len, &at, NULL), WB_OK);
	for (size_t i = 0; i < len; i += WB_HASH_LEN)
		at[i] = 1;
}

/* The field behind `at` alone, as a bundle's proof of consistency. */
static struct wb_span
proof_item(struct wb_bytes *b, size_t at)
{
	b->data[at] = 0x3a;
	return wb_span_sub(wb_bytes_span(b), at, b->len);
}

static void
paths_of_hashes_are_whole_and_not_too_long(void **state)
{
	static const struct {
		size_t len;
		enum wb_status want;
	} rows[] = {
		{ 4 * WB_HASH_LEN, WB_OK },
		{ 5 * WB_HASH_LEN + 1, WB_INVALID },
		{ 64 * WB_HASH_LEN, WB_INVALID },
	};
	struct wb_disclosure d = { .leaf = 2,
		.goods = of_size(1),
		.goods_salt = { 1 },
		.path.count = 4 };
	struct wb_error err = { 0 };
	struct wb_bundle_item item;
	struct wb_bytes bytes;
	struct wb_arena arena;
	size_t before;

	(void)state;
	wb_bytes_init(&bytes, 10000);
	wb_arena_init(&arena, WB_ARENA_BUDGET);
	assert_ok(wb_disclosure_encode(&bytes, &d, &err), &err);
	before = bytes.len - 4 * WB_HASH_LEN - 3; /* the path's field */
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		wb_bytes_truncate(&bytes, before);
		append_hashes(&bytes, 0x32, rows[i].len);
		assert_status(rows[i].want,
		    wb_disclosure_decode(&d, &arena, wb_bytes_span(&bytes),
			&err),
		    &err);
		/* A proof between heads, as bundles have it. */
		assert_status(rows[i].want,
		    wb_bundle_item_decode(&item, &arena,
			proof_item(&bytes, before), &err),
		    &err);
	}
	wb_arena_clear(&arena);
	wb_bytes_clear(&bytes);
}

static void
every_reason_to_leave_a_batch_out_has_a_name(void **state)
{
	static const struct {
		int why;
		const char *text;
	} rows[] = {
		{ 0, "" },
		{ WB_EXCLUDED_DISPUTED, "disputed" },
		{ WB_EXCLUDED_UNDECRYPTABLE, "undecryptable" },
		{ WB_EXCLUDED_CLOSED, "not-yet-opened" },
		{ WB_EXCLUDED_DISTRUSTED, "distrusted-key" },
		{ WB_EXCLUDED_DISTRUSTED + 1, "" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		enum wb_exclusion_reason why =
		    (enum wb_exclusion_reason)rows[i].why;

		assert_string_equal(wb_exclusion_text(why), rows[i].text);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(rules_hold_to_the_last_byte),
		cmocka_unit_test(bytes_that_grow_when_packed_are_not_canonical),
		cmocka_unit_test(paths_of_hashes_are_whole_and_not_too_long),
		cmocka_unit_test(every_reason_to_leave_a_batch_out_has_a_name),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
