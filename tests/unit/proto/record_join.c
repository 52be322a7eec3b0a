#include "proto/record_join.h"

#include "crypto/text.h"

#include "tests/unit/check.h"

/* Computed with Python's hashlib and integers. */
static const struct {
	const char *vkey;
	const char *recipient;
	const char *root;
	const char *digits;
} numbers[] = {
	{ "log.example.org+abcd", "age1newcomer", "",
	    "33516 32209 98655 76705 89352 57960" },
	{ "log.example.org+abce", "age1newcomer", "",
	    "79347 97484 41308 37257 02757 88492" },
	{ "log", "age1x", "", "05609 64655 89856 53228 27122 12022" },
	{ "log", "age1n7125", "", "00007 23532 56221 97456 69069 71138" },
	{ "log.example.org+abcd", "age1newcomer", "a root key",
	    "95947 58216 75928 09812 98899 60270" },
};

/* Bytes that count up from `from`. */
static void
count_up(uint8_t *out, size_t len, uint8_t from)
{
	for (size_t i = 0; i < len; i++)
		out[i] = (uint8_t)(from + i);
}

static void
digits_are_the_hash_mod_a_power_of_ten(void **state)
{
	struct wb_invite invite = { 0 };
	char digits[WB_JOIN_DIGITS_TEXT + 1];
	struct wb_key key;

	(void)state;
	count_up(invite.programme.b, WB_HASH_LEN, 0);
	count_up(invite.token, WB_TOKEN_LEN, 100);
	count_up(key.b, WB_KEY_LEN, 200);
	for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++) {
		invite.log_key = wb_span_text(numbers[i].vkey);
		wb_join_digits(digits, &invite, &key,
		    wb_span_text(numbers[i].recipient),
		    wb_span_text(numbers[i].root));
		assert_string_equal(digits, numbers[i].digits);
	}
}

static void
authenticator_is_an_hmac(void **state)
{
	static const char want[] = "2beb378f843c834c3665736a3a3f8d51"
				   "c7d897de1cc2f8681c8b5ec02662f6d6";
	uint8_t token[WB_TOKEN_LEN];
	struct wb_hash programme, made;
	char hex[2 * WB_HASH_LEN + 1];
	struct wb_key key;

	(void)state;
	count_up(programme.b, WB_HASH_LEN, 0);
	count_up(token, WB_TOKEN_LEN, 100);
	count_up(key.b, WB_KEY_LEN, 200);
	wb_join_authenticator(&made, token, &programme, &key,
	    wb_span_text("age1newcomer"), wb_span(NULL, 0));
	wb_hex_format(hex, wb_hash_span(&made));
	assert_string_equal(hex, want);
}

static struct wb_invite
good_invite(void)
{
	struct wb_invite invite = { .log_key = wb_span_text("log+1+2"),
		.recipient = wb_span_text("age1"),
		.expires = 1,
		.role = 1 };

	count_up(invite.programme.b, WB_HASH_LEN, 1);
	count_up(invite.token, WB_TOKEN_LEN, 1);
	return invite;
}

static void
no_programme(struct wb_invite *i)
{
	memset(&i->programme, 0, sizeof i->programme);
}
static void
no_token(struct wb_invite *i)
{
	memset(i->token, 0, sizeof i->token);
}
static void
no_log_key(struct wb_invite *i)
{
	i->log_key.len = 0;
}
static void
address_of_two_lines(struct wb_invite *i)
{
	i->url = wb_span_text("https://a/\nHost: b");
}
static void
no_recipient(struct wb_invite *i)
{
	i->recipient.len = 0;
}
static void
no_expiry(struct wb_invite *i)
{
	i->expires = 0;
}
static void
role_of_zero(struct wb_invite *i)
{
	i->role = 0;
}
static void
role_of_four(struct wb_invite *i)
{
	i->role = 4;
}
static void
as_it_is(struct wb_invite *i)
{
	(void)i;
}

static const struct {
	const char *name;
	void (*change)(struct wb_invite *i);
	enum wb_status want;
} rules[] = {
	{ "as it should be", as_it_is, WB_OK },
	{ "no programme", no_programme, WB_INVALID },
	{ "no token", no_token, WB_INVALID },
	{ "no log key", no_log_key, WB_INVALID },
	{ "an address of two lines", address_of_two_lines, WB_INVALID },
	{ "no recipient", no_recipient, WB_INVALID },
	{ "no expiry", no_expiry, WB_INVALID },
	{ "role 0", role_of_zero, WB_INVALID },
	{ "role 4", role_of_four, WB_INVALID },
};

static void
invitations_keep_their_rules(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof rules / sizeof rules[0]; i++) {
		struct wb_invite invite = good_invite();
		struct wb_error err = { 0 };
		struct wb_bytes out;

		wb_bytes_init(&out, 5000);
		rules[i].change(&invite);
		if (wb_invite_encode(&out, &invite, &err) != rules[i].want)
			fail_msg("%s: %s", rules[i].name, err.text);
		wb_bytes_clear(&out);
	}
}

static void
a_welcome_has_rosters_and_no_more_receipts(void **state)
{
	struct wb_span two[] = { wb_span_text("a"), wb_span_text("b") };
	struct wb_welcome welcome = { .rosters = two,
		.roster_count = 2,
		.receipts = two,
		.receipt_count = 2,
		.label = wb_span_text("K1") };
	struct wb_error err = { 0 };
	struct wb_bytes out;

	(void)state;
	wb_bytes_init(&out, 1000);
	assert_ok(wb_welcome_encode(&out, &welcome, &err), &err);
	welcome.roster_count = 1;
	assert_status(WB_INVALID, wb_welcome_encode(&out, &welcome, &err),
	    &err);
	welcome.receipt_count = 0;
	welcome.roster_count = 0;
	assert_status(WB_INVALID, wb_welcome_encode(&out, &welcome, &err),
	    &err);
	welcome.roster_count = 1;
	two[0].len = 0;
	assert_status(WB_INVALID, wb_welcome_encode(&out, &welcome, &err),
	    &err);
	wb_bytes_clear(&out);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(digits_are_the_hash_mod_a_power_of_ten),
		cmocka_unit_test(authenticator_is_an_hmac),
		cmocka_unit_test(invitations_keep_their_rules),
		cmocka_unit_test(a_welcome_has_rosters_and_no_more_receipts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
