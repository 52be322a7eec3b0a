#include "crypto/policy.h"

#include <inttypes.h>
#include <stdio.h>

#include "crypto/secret.h"
#include "crypto/text.h"

#include "tests/unit/check.h"

#define WITNESSES (WB_MAX_WITNESSES + 1)
#define KEY_TEXT 400
#define ML_DSA "example.net/pq+5f68aa4f+BgAA"

/* The last vkey is the log's; the text of each as policies name it. */
static struct wb_signer signers[WITNESSES + 1];
static struct wb_vkey vkeys[WITNESSES + 1];
static char texts[WITNESSES + 1][KEY_TEXT];
static char alias[KEY_TEXT]; /* the first witness's key by another name */

static void
make_key(struct wb_vkey *vkey, char text[KEY_TEXT], const char *name,
    enum wb_note_type type, const struct wb_key *key)
{
	struct wb_error err = { 0 };
	struct wb_bytes b;

	wb_bytes_init(&b, KEY_TEXT - 1);
	assert_ok(wb_vkey_make(vkey, name, type, key, &err), &err);
	assert_ok(wb_vkey_format(&b, vkey, &err), &err);
	memcpy(text, b.data, b.len);
	wb_bytes_clear(&b);
}

static int
start(void **state)
{
	struct wb_vkey other;
	uint64_t seed = 417;
	char name[40];

	(void)state;
	if (wb_crypto_start(NULL) != WB_OK)
		return 1;
	for (size_t i = 0; i <= WITNESSES; i++) {
		if (wb_signer_generate(&signers[i], check_random(&seed),
			NULL) != WB_OK)
			return 1;
		(void)snprintf(name, sizeof name, "example.net/w%zu", i);
		make_key(&vkeys[i], texts[i],
		    i == WITNESSES ? "example.org/aid" : name,
		    i == WITNESSES ? WB_NOTE_ED25519 : WB_NOTE_COSIGNATURE,
		    &signers[i].key);
	}
	make_key(&other, alias, "example.net/other", WB_NOTE_COSIGNATURE,
	    &signers[0].key);
	return 0;
}

static int
stop(void **state)
{
	(void)state;
	for (size_t i = 0; i <= WITNESSES; i++)
		wb_signer_clear(&signers[i]);
	return 0;
}

/*
 * In a policy of these tests $L stands for the log's key, $0 to $9 for those
 * of witnesses, $A for the key of $0 by another name, $N for the longest name
 * and $U for the longest address.
 */
static const char *
expand(char *out, size_t room, const char *text)
{
	size_t len = 0;

	for (; *text != '\0'; text++) {
		const char *word = NULL;

		assert_true(len + 600 < room);
		if (*text != '$') {
			out[len++] = *text;
			continue;
		}
		switch (*++text) {
		case 'N':
			memset(out + len, 'n', WB_MAX_POLICY_NAME);
			len += WB_MAX_POLICY_NAME;
			continue;
		case 'U':
			memset(out + len, 'u', WB_MAX_POLICY_URL);
			len += WB_MAX_POLICY_URL;
			continue;
		case 'L':
			word = texts[WITNESSES];
			break;
		case 'A':
			word = alias;
			break;
		default:
			word = texts[*text - '0'];
		}
		memcpy(out + len, word, strlen(word));
		len += strlen(word);
	}
	out[len] = '\0';
	return out;
}

static enum wb_status
parse(struct wb_policy *policy, const char *text, struct wb_error *err)
{
	char policy_text[WB_MAX_POLICY + 1000];

	return wb_policy_parse(policy,
	    wb_span_text(expand(policy_text, sizeof policy_text, text)), err);
}

#define LOG "log $L\n"
#define NONE "quorum none\n"
#define ABC "witness a $0\nwitness b $1\nwitness c $2\n"

static const struct {
	const char *why, *policy;
	enum wb_status want;
} rules[] = {
	{ "a log and no witness", LOG NONE, WB_OK },
	{ "a log with its address", "log $L https://log.example/\n" NONE,
	    WB_OK },
	{ "blanks and tabs", " \tlog\t $L \t\n\tquorum  none \n", WB_OK },
	{ "empty lines and comments", "\n \t\n# a\n\t#b\n" LOG NONE, WB_OK },
	{ "letters of other scripts in a comment", "# जल\n" LOG NONE, WB_OK },
	{ "letters of other scripts in a name",
	    LOG "witness \xE0\xA4\x9C $0\nquorum \xE0\xA4\x9C\n", WB_OK },
	{ "any byte from 0x80", LOG "witness \xff $0 \xfe\nquorum \xff\n",
	    WB_OK },
	{ "any order of independent lines", NONE ABC LOG, WB_OK },
	{ "no newline at the end", LOG "quorum none", WB_OK },
	{ "a witness that must sign", LOG "witness a $0\nquorum a\n", WB_OK },
	{ "a witness with an address",
	    LOG "witness a $0 http://127.0.0.1:1/\nquorum a\n", WB_OK },
	{ "a witness nobody needs", LOG ABC NONE, WB_OK },
	{ "all of a group", LOG ABC "group g all a b c\nquorum g\n", WB_OK },
	{ "any of a group", LOG ABC "group g any a b c\nquorum g\n", WB_OK },
	{ "some of a group", LOG ABC "group g 3 a b c\nquorum g\n", WB_OK },
	{ "a group of one", LOG ABC "group g 1 a\nquorum g\n", WB_OK },
	{ "groups in groups",
	    LOG ABC "group g any a b\ngroup h all g c\nquorum h\n", WB_OK },
	{ "the longest name", LOG "witness $N $0\nquorum $N\n", WB_OK },
	{ "the longest address", LOG "witness a $0 $U\nquorum a\n", WB_OK },
	{ "a name that is a keyword",
	    LOG "witness log $0\ngroup all any log\nquorum all\n", WB_OK },

	{ "nothing", "", WB_INVALID },
	{ "no log", NONE, WB_INVALID },
	{ "a log in a comment", "# " LOG NONE, WB_INVALID },
	{ "two logs", LOG LOG NONE, WB_INVALID },
	{ "a log without a key", "log\n" NONE, WB_INVALID },
	{ "a log with a key that is none", "log log.example\n" NONE,
	    WB_INVALID },
	{ "a log with a witness's key", "log $0\n" NONE, WB_INVALID },
	{ "a log with too many words", "log $L a b\n" NONE, WB_INVALID },
	{ "no quorum", LOG, WB_INVALID },
	{ "two quorums", LOG NONE NONE, WB_INVALID },
	{ "a quorum of nothing", LOG "quorum\n", WB_INVALID },
	{ "a quorum of two", LOG ABC "quorum a b\n", WB_INVALID },
	{ "a quorum of a stranger", LOG ABC "quorum d\n", WB_INVALID },
	{ "a quorum named below it", LOG "quorum a\n" ABC, WB_INVALID },
	{ "names of another case", LOG ABC "quorum A\n", WB_INVALID },
	{ "an unknown line", LOG NONE "logs $L\n", WB_INVALID },
	{ "a keyword of another case", "Log $L\n" NONE, WB_INVALID },
	{ "a witness without a name", LOG "witness\n" NONE, WB_INVALID },
	{ "a witness without a key", LOG "witness a\n" NONE, WB_INVALID },
	{ "a witness with a log's key", LOG "witness a $L\n" NONE, WB_INVALID },
	{ "a witness with too many words", LOG "witness a $0 b c\n" NONE,
	    WB_INVALID },
	{ "a witness named none", LOG "witness none $0\n" NONE, WB_INVALID },
	{ "a witness's name twice", LOG "witness a $0\nwitness a $1\n" NONE,
	    WB_INVALID },
	{ "a witness's key twice", LOG "witness a $0\nwitness b $0\n" NONE,
	    WB_INVALID },
	{ "a witness's key twice by two names",
	    LOG "witness a $0\nwitness b $A\n" NONE, WB_INVALID },
	{ "a name too long", LOG "witness $Nn $0\n" NONE, WB_INVALID },
	{ "an address too long", LOG "witness a $0 $Uu\n" NONE, WB_INVALID },
	{ "a group without a name", LOG ABC "group\n" NONE, WB_INVALID },
	{ "a group named none", LOG ABC "group none any a\n" NONE, WB_INVALID },
	{ "a group with a witness's name", LOG ABC "group a any b\n" NONE,
	    WB_INVALID },
	{ "a witness with a group's name",
	    LOG ABC "group g any a\nwitness g $3\n" NONE, WB_INVALID },
	{ "a group's name twice", LOG ABC "group g any a\ngroup g any b\n" NONE,
	    WB_INVALID },
	{ "a group without a threshold", LOG ABC "group g\n" NONE, WB_INVALID },
	{ "a group that says not how many", LOG ABC "group g a b\n" NONE,
	    WB_INVALID },
	{ "a group of nobody", LOG "group g all\n" NONE, WB_INVALID },
	{ "any of nobody", LOG "group g any\n" NONE, WB_INVALID },
	{ "a threshold of none", LOG ABC "group g 0 a\n" NONE, WB_INVALID },
	{ "a threshold of too many", LOG ABC "group g 3 a b\n" NONE,
	    WB_INVALID },
	{ "a threshold with a sign", LOG ABC "group g +1 a\n" NONE,
	    WB_INVALID },
	{ "a threshold with a zero before it", LOG ABC "group g 01 a\n" NONE,
	    WB_INVALID },
	{ "a threshold in another base", LOG ABC "group g 0x1 a\n" NONE,
	    WB_INVALID },
	{ "a threshold past 32 bits", LOG ABC "group g 4294967297 a b\n" NONE,
	    WB_INVALID },
	{ "a member named below", LOG ABC "group g any h\ngroup h any a\n" NONE,
	    WB_INVALID },
	{ "a group in itself", LOG ABC "group g any g\n" NONE, WB_INVALID },
	{ "nobody in a group", LOG ABC "group g any none\n" NONE, WB_INVALID },
	{ "a member twice", LOG ABC "group g all a a\n" NONE, WB_INVALID },
	{ "a member of two groups",
	    LOG ABC "group g any a b\ngroup h any a c\n" NONE, WB_INVALID },
	{ "a group in two groups",
	    LOG ABC "group g any a\ngroup h any g\ngroup i any g\n" NONE,
	    WB_INVALID },
	{ "a carriage return", LOG "quorum none\r\n", WB_INVALID },
	{ "a delete", LOG NONE "#\x7f\n", WB_INVALID },
	{ "a vertical tab", LOG "quorum\vnone\n", WB_INVALID },
	{ "a key that only newer programs know",
	    LOG "witness a " ML_DSA "\n" NONE, WB_NEWER },
};

static void
policies_keep_every_rule(void **state)
{
	struct wb_policy policy;

	(void)state;
	for (size_t i = 0; i < sizeof rules / sizeof rules[0]; i++) {
		struct wb_error err = { 0 };

		if (parse(&policy, rules[i].policy, &err) != rules[i].want)
			fail_msg("%s: %s", rules[i].why, err.text);
		if (rules[i].want == WB_OK)
			assert_true(wb_key_equal(&policy.log.key,
			    &signers[WITNESSES].key));
		else
			assert_true(err.text[0] != '\0');
	}
}

static void
a_nul_is_a_control_character(void **state)
{
	char text[KEY_TEXT * 2];
	struct wb_policy policy;
	struct wb_error err = { 0 };

	(void)state;
	(void)expand(text, sizeof text + 600, LOG NONE "#.\n");
	text[strlen(text) - 2] = '\0';
	assert_status(WB_INVALID,
	    wb_policy_parse(&policy, wb_span(text, strlen(text) + 2), &err),
	    &err);
}

static void
errors_name_the_line(void **state)
{
	struct wb_policy policy;
	struct wb_error err = { 0 };

	(void)state;
	assert_status(WB_INVALID,
	    parse(&policy, "# one\n\n" LOG "quorum w\n", &err), &err);
	assert_string_equal(err.text,
	    "line 4 of the policy: no line above it is of a witness or group "
	    "'w'");
}

static void
what_a_policy_says_is_read(void **state)
{
	struct wb_policy policy;
	struct wb_error err = { 0 };

	(void)state;
	assert_ok(parse(&policy,
		      LOG ABC "witness d $3 http://d/\ngroup g 2 a c d\n"
			      "group h all g b\nquorum h\n",
		      &err),
	    &err);
	assert_string_equal(policy.log.name, "example.org/aid");
	assert_int_equal(policy.witness_count, 4);
	assert_string_equal(policy.witnesses[3].name, "d");
	assert_string_equal(policy.witnesses[3].url, "http://d/");
	assert_string_equal(policy.witnesses[2].url, "");
	assert_int_equal(policy.witnesses[3].vkey.id, vkeys[3].id);
	assert_int_equal(policy.group_count, 2);
	assert_string_equal(policy.groups[0].name, "g");
	assert_int_equal(policy.groups[0].needed, 2);
	assert_int_equal(policy.groups[0].witnesses, 0xd);
	assert_int_equal(policy.groups[0].groups, 0);
	assert_int_equal(policy.groups[1].needed, 2);
	assert_int_equal(policy.groups[1].witnesses, 0x2);
	assert_int_equal(policy.groups[1].groups, 0x1);
	assert_int_equal(policy.quorum_witness, 0);
	assert_int_equal(policy.quorum_group, 0x2);
}

/* `who`: a bit each of the witnesses a, b, c. */
static const struct {
	const char *why, *policy;
	uint32_t who;
	bool has_quorum, met;
} quorums[] = {
	{ "none is needed, none is there", LOG ABC NONE, 0, false, true },
	{ "none is needed, all are there", LOG ABC NONE, 7, false, true },
	{ "a signed", LOG ABC "quorum a\n", 1, true, true },
	{ "others than a signed", LOG ABC "quorum a\n", 6, true, false },
	{ "none of all", LOG ABC "group g all a b c\nquorum g\n", 0, true,
	    false },
	{ "two of all", LOG ABC "group g all a b c\nquorum g\n", 5, true,
	    false },
	{ "all of all", LOG ABC "group g all a b c\nquorum g\n", 7, true,
	    true },
	{ "none of any", LOG ABC "group g any a b\nquorum g\n", 4, true,
	    false },
	{ "one of any", LOG ABC "group g any a b\nquorum g\n", 2, true, true },
	{ "one of two", LOG ABC "group g 2 a b c\nquorum g\n", 4, true, false },
	{ "two of two", LOG ABC "group g 2 a b c\nquorum g\n", 6, true, true },
	{ "a group fails in a group",
	    LOG ABC "group g all a b\ngroup h 2 g c\nquorum h\n", 5, true,
	    false },
	{ "a group holds in a group",
	    LOG ABC "group g all a b\ngroup h 2 g c\nquorum h\n", 7, true,
	    true },
	{ "a group is met that is not the quorum",
	    LOG ABC "group g any a\ngroup h any b c\nquorum h\n", 1, true,
	    false },
	{ "strangers are there", LOG "witness a $0\nquorum a\n", ~UINT32_C(1),
	    true, false },
};

static void
quorums_are_counted(void **state)
{
	struct wb_policy policy;
	struct wb_error err = { 0 };

	(void)state;
	for (size_t i = 0; i < sizeof quorums / sizeof quorums[0]; i++) {
		assert_ok(parse(&policy, quorums[i].policy, &err), &err);
		if (wb_policy_has_quorum(&policy) != quorums[i].has_quorum ||
		    wb_policy_met(&policy, quorums[i].who) != quorums[i].met)
			fail_msg("%s", quorums[i].why);
	}
}

static enum wb_status
parse_many(struct wb_policy *policy, size_t witnesses, size_t groups,
    struct wb_error *err)
{
	struct wb_bytes b;
	enum wb_status st;

	wb_bytes_init(&b, 2 * (size_t)WB_MAX_POLICY);
	assert_ok(wb_bytes_printf(&b, err, "log %s\nquorum none\n",
		      texts[WITNESSES]),
	    err);
	for (size_t i = 0; i < witnesses; i++)
		assert_ok(wb_bytes_printf(&b, err, "witness w%zu %s\n", i,
			      texts[i]),
		    err);
	for (size_t i = 0; i < groups; i++)
		assert_ok(wb_bytes_printf(&b, err, "group g%zu any w%zu\n", i,
			      i),
		    err);
	st = wb_policy_parse(policy, wb_bytes_span(&b), err);
	wb_bytes_clear(&b);
	return st;
}

static void
sizes_have_an_end(void **state)
{
	static char comment[WB_MAX_POLICY + 2] = "#";
	struct wb_policy policy;
	struct wb_error err = { 0 };

	(void)state;
	assert_ok(parse_many(&policy, 32, 32, &err), &err);
	assert_int_equal(policy.witness_count, 32);
	assert_int_equal(policy.group_count, 32);
	assert_int_equal(policy.groups[31].witnesses, UINT32_C(1) << 31);
	assert_status(WB_INVALID, parse_many(&policy, 33, 0, &err), &err);
	assert_non_null(strstr(err.text, "more than 32 witnesses"));
	memset(comment + 1, 'a', sizeof comment - 2);
	assert_status(WB_INVALID,
	    wb_policy_parse(&policy, wb_span_text(comment), &err), &err);
	assert_non_null(strstr(err.text, "longer than"));
}

static void
there_are_not_too_many_groups(void **state)
{
	struct wb_policy policy;
	struct wb_error err = { 0 };
	struct wb_bytes b;

	(void)state;
	wb_bytes_init(&b, WB_MAX_POLICY);
	assert_ok(wb_bytes_printf(&b, &err,
		      "log %s\nquorum none\nwitness w %s\ngroup g0 any w\n",
		      texts[WITNESSES], texts[0]),
	    &err);
	for (int i = 1; i <= WB_MAX_POLICY_GROUPS; i++) {
		assert_ok(wb_policy_parse(&policy, wb_bytes_span(&b), &err),
		    &err);
		assert_ok(wb_bytes_printf(&b, &err, "group g%d any g%d\n", i,
			      i - 1),
		    &err);
	}
	assert_status(WB_INVALID,
	    wb_policy_parse(&policy, wb_bytes_span(&b), &err), &err);
	wb_bytes_clear(&b);
}

/* A checkpoint that witnesses 0 and 1 signed, and how that is spoilt. */
static const struct {
	const char *why;
	uint64_t time;
	char from, to; /* in the line of witness 1 */
	uint32_t want;
} cosigned[] = {
	{ "both are valid", 1700000000, 0, 0, 3 },
	{ "a line claims the key and is wrong", 1700000000, 'A', 'B', 1 },
	{ "the longest time", INT64_MAX, 0, 0, 3 },
	{ "no time", 0, 0, 0, 1 },
	{ "a time past 63 bits", (uint64_t)INT64_MAX + 1, 0, 0, 1 },
};

/* As wb_note_cosign, which lets no cosignature be without its time. */
static void
cosign(struct wb_bytes *note, struct wb_span text, size_t witness,
    uint64_t time)
{
	uint8_t raw[4 + 8 + WB_SIGNATURE_LEN];
	struct wb_error err = { 0 };
	struct wb_signature signature;
	struct wb_bytes message;

	wb_bytes_init(&message, 1000);
	assert_ok(wb_bytes_printf(&message, &err,
		      "cosignature/v1\ntime %" PRIu64 "\n", time),
	    &err);
	assert_ok(wb_bytes_append(&message, text, &err), &err);
	wb_sign(&signature, &signers[witness], wb_bytes_span(&message));
	wb_put_be32(raw, vkeys[witness].id);
	wb_put_be64(raw + 4, time);
	memcpy(raw + 12, signature.b, WB_SIGNATURE_LEN);
	assert_ok(wb_bytes_printf(note, &err, "— %s ", vkeys[witness].name),
	    &err);
	assert_ok(wb_base64_append(note, wb_span(raw, sizeof raw), &err), &err);
	assert_ok(wb_bytes_append_text(note, "\n", &err), &err);
	wb_bytes_clear(&message);
}

static void
only_valid_cosignatures_count(void **state)
{
	static const struct wb_head head = { 42, { "the root" } };
	struct wb_policy policy;
	struct wb_error err = { 0 };
	struct wb_bytes text, note;
	struct wb_note n;

	(void)state;
	wb_bytes_init(&text, 1000);
	wb_bytes_init(&note, WB_MAX_NOTE);
	assert_ok(parse(&policy, LOG ABC "quorum a\n", &err), &err);
	assert_ok(wb_checkpoint_format(&text, "example.org/aid", &head, &err),
	    &err);
	for (size_t i = 0; i < sizeof cosigned / sizeof cosigned[0]; i++) {
		char *at;

		wb_bytes_reset(&note);
		assert_ok(wb_checkpoint_seal(&note, &head, &vkeys[WITNESSES],
			      &signers[WITNESSES], &err),
		    &err);
		assert_ok(wb_note_cosign(&note, wb_bytes_span(&text), &vkeys[0],
			      &signers[0], 1, &err),
		    &err);
		cosign(&note, wb_bytes_span(&text), 1, cosigned[i].time);
		at = memrchr(note.data, cosigned[i].from, note.len);
		if (at != NULL && cosigned[i].from != 0)
			*at = cosigned[i].to;
		assert_ok(wb_note_parse(&n, wb_bytes_span(&note), &err), &err);
		if (wb_policy_cosigned(&policy, &n) != cosigned[i].want)
			fail_msg("%s", cosigned[i].why);
	}
	wb_bytes_clear(&note);
	wb_bytes_clear(&text);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(policies_keep_every_rule),
		cmocka_unit_test(a_nul_is_a_control_character),
		cmocka_unit_test(errors_name_the_line),
		cmocka_unit_test(what_a_policy_says_is_read),
		cmocka_unit_test(quorums_are_counted),
		cmocka_unit_test(sizes_have_an_end),
		cmocka_unit_test(there_are_not_too_many_groups),
		cmocka_unit_test(only_valid_cosignatures_count),
	};

	return cmocka_run_group_tests(tests, start, stop);
}
