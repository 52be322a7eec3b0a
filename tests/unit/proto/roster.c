#include "proto/roster.h"

#include "crypto/note.h"
#include "crypto/statement.h"

#include "tests/unit/proto/golden.h"

#define SIGNERS 12
#define AGE "age1xtlz8wlcd63zegsv3d5cpmavnw9us43t8ugjvkaxtpg8clsr2pqqtpxhnc"

static struct wb_signer signers[SIGNERS];
static char vkey[300];

/* A roster that may be changed, with room for its parts. */
struct fixture {
	struct wb_roster roster;
	struct wb_key roots[WB_MAX_ROOTS + 1];
	struct wb_member members[4];
	char policy[1000];
};

/* Version 1: roots 0 to 2, any two of them; K1 (key 3) and C1 (key 4). */
static void
first(struct fixture *f)
{
	struct wb_roster *r = &f->roster;

	memset(f, 0, sizeof *f);
	for (size_t i = 0; i < 3; i++)
		f->roots[i] = signers[i].key;
	f->members[0] = (struct wb_member){ .key = signers[3].key,
		.roles = 1U << WB_ROLE_FIELD,
		.label = wb_span_text("K1"),
		.state = WB_MEMBER_ACTIVE };
	f->members[1] = (struct wb_member){ .key = signers[4].key,
		.roles = 1U << WB_ROLE_COORDINATOR,
		.recipient = wb_span_text(AGE),
		.label = wb_span_text("C1"),
		.state = WB_MEMBER_ACTIVE };
	(void)snprintf(f->policy, sizeof f->policy, "log %s\nquorum none\n",
	    vkey);
	r->version = 1;
	r->threshold = 2;
	r->roots = f->roots;
	r->root_count = 3;
	r->members = f->members;
	r->member_count = 2;
	r->suite = wb_span_text("x25519");
	r->reader = wb_span_text(AGE);
	r->policy = wb_span_text(f->policy);
}

static const struct wb_hash now_id = { { 9 } }, programme = { { 8 } };

/* Version 2, which follows. */
static void
second(struct fixture *f)
{
	first(f);
	f->roster.version = 2;
	f->roster.programme = programme;
	f->roster.previous = now_id;
}

static enum wb_status
encode_and_decode(struct fixture *f, struct wb_error *err)
{
	struct wb_bytes out;
	struct wb_arena arena;
	struct wb_roster again;
	enum wb_status st;

	wb_bytes_init(&out, 100000);
	wb_arena_init(&arena, WB_ARENA_BUDGET);
	st = wb_roster_encode(&out, &f->roster, err);
	if (st == WB_OK) {
		st = wb_roster_decode(&again, &arena, wb_bytes_span(&out), err);
		assert_int_equal(st, WB_OK);
		assert_int_equal(again.members[1].roles, f->members[1].roles);
	}
	wb_arena_clear(&arena);
	wb_bytes_clear(&out);
	return st;
}

static void
no_change(struct fixture *f)
{
	(void)f;
}
static void
no_version(struct fixture *f)
{
	f->roster.version = 0;
}
static void
first_with_programme(struct fixture *f)
{
	f->roster.programme = programme;
}
static void
first_with_previous(struct fixture *f)
{
	f->roster.previous = now_id;
}
static void
second_without_previous(struct fixture *f)
{
	f->roster.version = 2;
	f->roster.programme = programme;
}
static void
no_roots(struct fixture *f)
{
	f->roster.root_count = 0;
}
static void
too_many_roots(struct fixture *f)
{
	f->roster.root_count = WB_MAX_ROOTS + 1;
}
static void
same_root_twice(struct fixture *f)
{
	f->roots[1] = f->roots[0];
}
static void
bad_root(struct fixture *f)
{
	memset(&f->roots[1], 1, sizeof f->roots[1]);
	f->roots[1].b[0] = 2;
}
static void
threshold_of_zero(struct fixture *f)
{
	f->roster.threshold = 0;
}
static void
threshold_out_of_reach(struct fixture *f)
{
	f->roster.threshold = 4;
}
static void
same_key_twice(struct fixture *f)
{
	f->members[1].key = f->members[0].key;
}
static void
member_is_root(struct fixture *f)
{
	f->members[1].key = f->roots[0];
}
static void
same_label_in_other_case(struct fixture *f)
{
	f->members[1].label = wb_span_text("k1");
}
static void
no_label(struct fixture *f)
{
	f->members[1].label = wb_span_text("");
}
static void
long_label(struct fixture *f)
{
	f->members[1].label = wb_span_text("123456789012345678901234567890123");
}
static void
label_with_direction_character(struct fixture *f)
{
	f->members[1].label = wb_span_text("C\xe2\x80\xae"
					   "1");
}
static void
no_role(struct fixture *f)
{
	f->members[1].roles = 0;
}
static void
unknown_role(struct fixture *f)
{
	f->members[1].roles |= 1U << 4;
}
static void
all_roles(struct fixture *f)
{
	f->members[1].roles = 2 | 4 | 8;
}
static void
field_member_with_recipient(struct fixture *f)
{
	f->members[0].recipient = wb_span_text(AGE);
}
static void
coordinator_without_recipient(struct fixture *f)
{
	f->members[1].recipient = wb_span_text("");
}
static void
no_state(struct fixture *f)
{
	f->members[1].state = (enum wb_member_state)0;
}
static void
unknown_state(struct fixture *f)
{
	f->members[1].state = (enum wb_member_state)3;
}
static void
bad_member_key(struct fixture *f)
{
	memset(&f->members[1].key, 0, WB_KEY_LEN);
}
static void
other_suite(struct fixture *f)
{
	f->roster.suite = wb_span_text("x25519 ");
}
static void
no_reader(struct fixture *f)
{
	f->roster.reader = wb_span_text("");
}
static void
no_policy(struct fixture *f)
{
	f->roster.policy = wb_span_text("");
}
static void
no_quorum(struct fixture *f)
{
	f->roster.policy.len -= strlen("quorum none\n");
}

static const struct {
	const char *name;
	void (*change)(struct fixture *f);
	enum wb_status want;
} rules[] = {
	{ "as it should be", no_change, WB_OK },
	{ "no version", no_version, WB_INVALID },
	{ "version 1 with a programme", first_with_programme, WB_INVALID },
	{ "version 1 with one before", first_with_previous, WB_INVALID },
	{ "version 2 with none before", second_without_previous, WB_INVALID },
	{ "no roots", no_roots, WB_INVALID },
	{ "too many roots", too_many_roots, WB_INVALID },
	{ "a root twice", same_root_twice, WB_INVALID },
	{ "a root off the curve", bad_root, WB_INVALID },
	{ "a threshold of zero", threshold_of_zero, WB_INVALID },
	{ "a threshold out of reach", threshold_out_of_reach, WB_INVALID },
	{ "a member's key twice", same_key_twice, WB_INVALID },
	{ "a root key as a member's", member_is_root, WB_INVALID },
	{ "labels that sound the same", same_label_in_other_case, WB_INVALID },
	{ "no label", no_label, WB_INVALID },
	{ "a long label", long_label, WB_INVALID },
	{ "a label that turns", label_with_direction_character, WB_INVALID },
	{ "no role", no_role, WB_INVALID },
	{ "an unknown role", unknown_role, WB_INVALID },
	{ "all roles", all_roles, WB_OK },
	{ "a recipient for the field", field_member_with_recipient,
	    WB_INVALID },
	{ "no recipient for a coordinator", coordinator_without_recipient,
	    WB_INVALID },
	{ "no state", no_state, WB_INVALID },
	{ "an unknown state", unknown_state, WB_INVALID },
	{ "a key of zeros", bad_member_key, WB_INVALID },
	{ "another suite", other_suite, WB_INVALID },
	{ "no reader", no_reader, WB_INVALID },
	{ "no policy", no_policy, WB_INVALID },
	{ "a policy that breaks a rule of its own", no_quorum, WB_INVALID },
};

static void
one_version_keeps_its_rules(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof rules / sizeof rules[0]; i++) {
		struct wb_error err = { 0 };
		struct fixture f;

		first(&f);
		rules[i].change(&f);
		if (encode_and_decode(&f, &err) != rules[i].want)
			fail_msg("%s: %s", rules[i].name, err.text);
	}
}

/* Signs a roster by the signers named by digits ("02": 0 and 2). */
static void
sign_by(struct wb_envelope *out, struct wb_signature *signatures,
    struct wb_bytes *payload, const struct fixture *f, const char *who)
{
	const char *type = wb_statement_type_text(WB_STATEMENT_ROSTER);
	struct wb_error err = { 0 };

	wb_bytes_init(payload, 100000);
	assert_ok(wb_roster_encode(payload, &f->roster, &err), &err);
	*out = (struct wb_envelope){ .type = WB_STATEMENT_ROSTER,
		.payload = wb_bytes_span(payload),
		.signatures = signatures,
		.signature_count = strlen(who) };
	for (size_t i = 0; who[i] != '\0'; i++)
		assert_ok(wb_statement_sign(&signatures[i],
			      &signers[who[i] - '0'], type, out->payload, &err),
		    &err);
}

static const struct {
	const char *name;
	const char *by;
	enum wb_status want;
} first_signatures[] = {
	{ "two of three", "02", WB_OK },
	{ "all three", "210", WB_OK },
	{ "one of three", "1", WB_FORGED },
	{ "the same one twice", "11", WB_FORGED },
	{ "enough, and one twice", "010", WB_FORGED },
	{ "enough, and a stranger", "015", WB_FORGED },
	{ "one and a member", "13", WB_FORGED },
};

static void
the_first_version_is_signed_by_its_own_roots(void **state)
{
	(void)state;
	for (size_t i = 0;
	     i < sizeof first_signatures / sizeof first_signatures[0]; i++) {
		struct wb_signature signatures[8];
		struct wb_error err = { 0 };
		struct wb_envelope e;
		struct wb_bytes payload;
		struct fixture f;

		first(&f);
		sign_by(&e, signatures, &payload, &f, first_signatures[i].by);
		if (wb_roster_check_first(&e, &f.roster, &err) !=
		    first_signatures[i].want)
			fail_msg("%s: %s", first_signatures[i].name, err.text);
		f.roster.version = 2;
		assert_status(WB_INVALID,
		    wb_roster_check_first(&e, &f.roster, &err), &err);
		wb_bytes_clear(&payload);
	}
}

static void
new_roots(struct fixture *f) /* 2, 5, 6: any two */
{
	f->roots[0] = signers[2].key;
	f->roots[1] = signers[5].key;
	f->roots[2] = signers[6].key;
}
static void
higher_threshold(struct fixture *f)
{
	f->roster.threshold = 3;
}
static void
skipped_version(struct fixture *f)
{
	f->roster.version = 3;
}
static void
other_previous(struct fixture *f)
{
	f->roster.previous.b[0] ^= 1;
}
static void
other_programme(struct fixture *f)
{
	f->roster.programme.b[0] ^= 1;
}
static void
without_members(struct fixture *f)
{
	f->roster.member_count = 0;
}
static void
revoking_k1(struct fixture *f)
{
	f->members[0].state = WB_MEMBER_REVOKED;
}

static const struct {
	const char *name;
	void (*change)(struct fixture *f);
	const char *by;
	enum wb_status want;
} steps[] = {
	{ "two of three", no_change, "01", WB_OK },
	{ "one of three", no_change, "0", WB_FORGED },
	{ "new roots, by two of both", new_roots, "0215", WB_OK },
	{ "new roots, one key in both", new_roots, "025", WB_OK },
	{ "new roots, by the old alone", new_roots, "012", WB_FORGED },
	{ "new roots, by the new alone", new_roots, "256", WB_FORGED },
	{ "new roots, and a stranger", new_roots, "02157", WB_FORGED },
	{ "a higher threshold, reached", higher_threshold, "012", WB_OK },
	{ "a higher threshold, not reached", higher_threshold, "01",
	    WB_FORGED },
	{ "a skipped version", skipped_version, "012", WB_INVALID },
	{ "another version before", other_previous, "012", WB_INVALID },
	{ "another programme", other_programme, "012", WB_INVALID },
	{ "members may be omitted", without_members, "012", WB_OK },
	{ "a member is revoked", revoking_k1, "012", WB_OK },
};

static void
each_version_follows_the_one_before(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof steps / sizeof steps[0]; i++) {
		struct wb_signature signatures[8];
		struct wb_error err = { 0 };
		struct wb_envelope e;
		struct wb_bytes payload;
		struct fixture now, next;

		first(&now);
		second(&next);
		steps[i].change(&next);
		sign_by(&e, signatures, &payload, &next, steps[i].by);
		if (wb_roster_check_step(&now.roster, &now_id, &programme, &e,
			&next.roster, &err) != steps[i].want)
			fail_msg("%s: %s", steps[i].name, err.text);
		wb_bytes_clear(&payload);
	}
}

/* What one version alone says of a next one: enough of its roots signed. */
static const struct {
	const char *name;
	const char *by;
	bool want;
} approvals[] = {
	{ "two of three", "02", true },
	{ "all three, of which two were asked", "210", true },
	{ "one of three", "1", false },
	{ "the same one twice", "11", false },
	{ "a stranger first", "520", true },
	{ "nobody", "", false },
};

static void
a_version_has_signed_when_enough_of_its_roots_have(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof approvals / sizeof approvals[0]; i++) {
		struct wb_signature signatures[2 * WB_MAX_ROOTS + 1];
		struct wb_envelope e;
		struct wb_bytes payload;
		struct fixture now, next;

		first(&now);
		second(&next);
		sign_by(&e, signatures, &payload, &next, approvals[i].by);
		if (wb_roster_has_signed(&now.roster, &e) != approvals[i].want)
			fail_msg("%s", approvals[i].name);
		/* Past what both versions can have nothing is verified. */
		e.signature_count = 2 * WB_MAX_ROOTS + 1;
		assert_false(wb_roster_has_signed(&now.roster, &e));
		wb_bytes_clear(&payload);
	}
}

static void
nothing_follows_the_last_version(void **state)
{
	struct wb_signature signatures[8];
	struct wb_error err = { 0 };
	struct wb_envelope e;
	struct wb_bytes payload;
	struct fixture now, next;

	(void)state;
	first(&now);
	second(&next);
	sign_by(&e, signatures, &payload, &next, "01");
	now.roster.version = UINT64_MAX;
	next.roster.version = 0;
	assert_status(WB_INVALID,
	    wb_roster_check_step(&now.roster, &now_id, &programme, &e,
		&next.roster, &err),
	    &err);
	wb_bytes_clear(&payload);
}

static void
k1_as_root(struct fixture *f)
{
	f->roots[0] = signers[3].key;
	f->roster.member_count = 0;
}

static const struct {
	const char *name;
	void (*change)(struct fixture *f);
	enum wb_status want;
} returns[] = {
	{ "active again", no_change, WB_INVALID },
	{ "still revoked", revoking_k1, WB_OK },
	{ "omitted", without_members, WB_OK },
	{ "as a root", k1_as_root, WB_INVALID },
};

static void
revoked_keys_never_return(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof returns / sizeof returns[0]; i++) {
		struct wb_signature signatures[8];
		struct wb_error err = { 0 };
		struct wb_envelope e;
		struct wb_bytes payload;
		struct fixture now, next;

		first(&now);
		now.members[0].state = WB_MEMBER_REVOKED;
		second(&next);
		returns[i].change(&next);
		if (wb_roster_check_revoked(&now.roster, &next.roster, &err) !=
		    returns[i].want)
			fail_msg("%s: %s", returns[i].name, err.text);
		/* Whoever signs it. */
		sign_by(&e, signatures, &payload, &next,
		    returns[i].change == k1_as_root ? "123" : "01");
		if (wb_roster_check_step(&now.roster, &now_id, &programme, &e,
			&next.roster, &err) != returns[i].want)
			fail_msg("%s: %s", returns[i].name, err.text);
		wb_bytes_clear(&payload);
	}
}

static void
another_type_is_no_roster(void **state)
{
	struct wb_signature signatures[8];
	struct wb_error err = { 0 };
	struct wb_envelope e;
	struct wb_bytes payload;
	struct fixture f;

	(void)state;
	first(&f);
	sign_by(&e, signatures, &payload, &f, "012");
	e.type = WB_STATEMENT_BATCH;
	assert_status(WB_FORGED, wb_roster_check_first(&e, &f.roster, &err),
	    &err);
	wb_bytes_clear(&payload);
}

static void
members_are_found_and_asked(void **state)
{
	struct fixture f;
	const struct wb_member *m;

	(void)state;
	first(&f);
	m = wb_roster_find(&f.roster, &signers[4].key);
	assert_ptr_equal(m, &f.members[1]);
	assert_null(wb_roster_find(&f.roster, &signers[0].key));
	assert_ptr_equal(wb_roster_find_label(&f.roster, wb_span_text("c1")),
	    m);
	assert_null(wb_roster_find_label(&f.roster, wb_span_text("")));
	assert_true(wb_member_may(m, WB_ROLE_COORDINATOR));
	assert_false(wb_member_may(m, WB_ROLE_FIELD));
	assert_false(wb_member_may(NULL, WB_ROLE_FIELD));
	f.members[1].state = WB_MEMBER_REVOKED;
	assert_true(wb_member_is(m, WB_ROLE_COORDINATOR));
	assert_false(wb_member_may(m, WB_ROLE_COORDINATOR));
}

static void
a_roster_names_its_log(void **state)
{
	struct wb_error err = { 0 };
	struct wb_vkey log;
	struct fixture f;

	(void)state;
	first(&f);
	assert_ok(wb_roster_log(&log, &f.roster, &err), &err);
	assert_string_equal(log.name, "log.example.org");
	assert_true(wb_key_equal(&log.key, &signers[11].key));
	no_quorum(&f);
	assert_status(WB_INVALID, wb_roster_log(&log, &f.roster, &err), &err);
}

/* Policies are opaque bytes to their own format, and UTF-8 to protobuf. */
static void
policies_are_utf8(void **state)
{
	struct wb_error err = { 0 };
	struct wb_roster roster;
	struct wb_arena arena;
	struct wb_bytes bytes;
	uint8_t *at;

	(void)state;
	wb_bytes_init(&bytes, 10000);
	wb_arena_init(&arena, WB_ARENA_BUDGET);
	golden_read(&bytes, "roster");
	at = memmem(bytes.data, bytes.len, "# the", 5);
	assert_non_null(at);
	at[1] = 0xff;
	assert_status(WB_INVALID,
	    wb_roster_decode(&roster, &arena, wb_bytes_span(&bytes), &err),
	    &err);
	wb_arena_clear(&arena);
	wb_bytes_clear(&bytes);
}

static int
start(void **state)
{
	struct wb_bytes text;
	struct wb_vkey key;
	uint64_t seed = 21;

	(void)state;
	if (wb_crypto_start(NULL) != WB_OK)
		return -1;
	for (size_t i = 0; i < SIGNERS; i++)
		if (wb_signer_generate(&signers[i], check_random(&seed),
			NULL) != WB_OK)
			return -1;
	wb_bytes_init(&text, sizeof vkey - 1);
	if (wb_vkey_make(&key, "log.example.org", WB_NOTE_ED25519,
		&signers[11].key, NULL) != WB_OK ||
	    wb_vkey_format(&text, &key, NULL) != WB_OK)
		return -1;
	memcpy(vkey, text.data, text.len);
	wb_bytes_clear(&text);
	return 0;
}

static int
stop(void **state)
{
	(void)state;
	for (size_t i = 0; i < SIGNERS; i++)
		wb_signer_clear(&signers[i]);
	return 0;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(one_version_keeps_its_rules),
		cmocka_unit_test(the_first_version_is_signed_by_its_own_roots),
		cmocka_unit_test(each_version_follows_the_one_before),
		cmocka_unit_test(
		    a_version_has_signed_when_enough_of_its_roots_have),
		cmocka_unit_test(nothing_follows_the_last_version),
		cmocka_unit_test(revoked_keys_never_return),
		cmocka_unit_test(another_type_is_no_roster),
		cmocka_unit_test(members_are_found_and_asked),
		cmocka_unit_test(a_roster_names_its_log),
		cmocka_unit_test(policies_are_utf8),
	};

	return cmocka_run_group_tests(tests, start, stop);
}
