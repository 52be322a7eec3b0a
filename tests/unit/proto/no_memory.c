/*
 * Memory runs out under every codec (starve.h), and so does the budget of a
 * message: that is the message's fault, and for good.
 */
#include "crypto/note.h"
#include "crypto/secret.h"
#include "proto/ack.h"
#include "proto/envelope.h"
#include "proto/roster.h"
#include "proto/wire.h"

#include "tests/unit/proto/again.h"
#include "tests/unit/proto/golden.h"
#include "tests/unit/starve.h"

static const struct again *const tables[] = { again_envelope, again_record };

struct message {
	const struct again *codec;
	struct wb_span bytes; /* the golden file's */
};

static enum wb_status
read_and_write(void *ctx, struct wb_error *err)
{
	const struct message *m = ctx;
	struct wb_arena arena;
	struct wb_bytes out;
	enum wb_status st;

	wb_arena_init(&arena, WB_ARENA_BUDGET);
	wb_bytes_init(&out, WB_ARENA_BUDGET);
	st = m->codec->run(&out, &arena, m->bytes, err);
	if (st == WB_OK)
		assert_true(wb_span_equal(wb_bytes_span(&out), m->bytes));
	wb_bytes_clear(&out);
	wb_arena_clear(&arena);
	return st;
}

static enum wb_status
read_and_write_into(struct wb_bytes *out, void *ctx, struct wb_error *err)
{
	const struct message *m = ctx;
	struct wb_arena arena;
	enum wb_status st;

	wb_arena_init(&arena, WB_ARENA_BUDGET);
	st = m->codec->run(out, &arena, m->bytes, err);
	wb_arena_clear(&arena);
	return st;
}

static void
each_golden(void (*test)(struct message *m))
{
	for (size_t t = 0; t < sizeof tables / sizeof tables[0]; t++)
		for (const struct again *a = tables[t]; a->name != NULL; a++) {
			struct message m = { .codec = a };
			struct wb_bytes golden;

			wb_bytes_init(&golden, WB_ARENA_BUDGET);
			golden_read(&golden, a->name);
			m.bytes = wb_bytes_span(&golden);
			test(&m);
			wb_bytes_clear(&golden);
		}
}

static void
check_memory(struct message *m)
{
	const struct starve_work work = { m->codec->name, read_and_write };

	starve_each(&work, 1, m);
}

static void
every_allocation_of_a_codec_may_fail(void **state)
{
	(void)state;
	each_golden(check_memory);
}

static void
check_room(struct message *m)
{
	const struct starve_writer writer = { m->codec->name,
		read_and_write_into };

	starve_rooms(&writer, 1, WB_ARENA_BUDGET, m);
}

static void
encodings_say_when_there_is_no_room(void **state)
{
	(void)state;
	each_golden(check_room);
}

/* Budgets in steps of what the smallest allocation takes. */
static void
check_budget(struct message *m)
{
	enum wb_status st = WB_INVALID;

	for (size_t budget = 0; st != WB_OK; budget += 16) {
		struct wb_error err = { 0 };
		struct wb_arena arena;
		struct wb_bytes out;

		assert_true(budget <= WB_ARENA_BUDGET);
		wb_arena_init(&arena, budget);
		wb_bytes_init(&out, WB_ARENA_BUDGET);
		st = m->codec->run(&out, &arena, m->bytes, &err);
		if (st != WB_OK && st != WB_INVALID)
			fail_msg("%s with %zu bytes: %s", m->codec->name,
			    budget, err.text);
		assert_true(arena.used <= budget);
		wb_bytes_clear(&out);
		wb_arena_clear(&arena);
	}
}

static void
a_message_past_its_budget_is_invalid(void **state)
{
	(void)state;
	each_golden(check_budget);
}

static struct wb_signer signer;

static enum wb_status
work_seal(void *ctx, struct wb_error *err)
{
	const struct wb_span payload = wb_span_text("rice");
	struct wb_envelope envelope;
	struct wb_arena arena;
	struct wb_bytes out;
	enum wb_status st;

	(void)ctx;
	wb_arena_init(&arena, WB_ARENA_BUDGET);
	wb_bytes_init(&out, WB_MAX_ENVELOPE);
	st = wb_envelope_seal(&out, WB_STATEMENT_NOTE, payload, &signer, err);
	if (st == WB_OK)
		st = wb_envelope_decode(&envelope, &arena, wb_bytes_span(&out),
		    err);
	if (st == WB_OK)
		st = wb_envelope_verify(&envelope, WB_STATEMENT_NOTE,
		    &signer.key, err);
	wb_bytes_clear(&out);
	wb_arena_clear(&arena);
	return st;
}

static enum wb_status
work_token(void *ctx, struct wb_error *err)
{
	struct wb_read read = {
		.programme = { { 1 } },
		.log_key = { { 2 } },
		.method = wb_span_text("GET"),
		.path = wb_span_text("/v1/feed"),
		.time = 1795000000,
	};
	uint8_t token[WB_READ_TOKEN];

	(void)ctx;
	read.signer = signer.key;
	return wb_read_token(token, &read, &signer, err);
}

/* So many members that each piece of one begins a block of the arena. */
static struct wb_member members[WB_MAX_MEMBERS];
static char labels[WB_MAX_MEMBERS][8];
static char policy[500];

static struct wb_roster
largest_roster(struct wb_key *root)
{
	static const char reader[] = "age1xtlz8wlcd63zegsv3d5cpmavnw9us43t8ugjv"
				     "kaxtpg8clsr2pqqtpxhnc";
	struct wb_error err = { 0 };
	struct wb_bytes text;
	struct wb_vkey log;
	uint64_t seed = 12;

	wb_bytes_init(&text, sizeof policy - 1);
	assert_ok(wb_vkey_make(&log, "log.example", WB_NOTE_ED25519, root,
		      &err),
	    &err);
	assert_ok(wb_bytes_append_text(&text, "log ", &err), &err);
	assert_ok(wb_vkey_format(&text, &log, &err), &err);
	assert_ok(wb_bytes_append_text(&text, "\nquorum none\n", &err), &err);
	memcpy(policy, text.data, text.len);
	wb_bytes_clear(&text);
	for (size_t i = 0; i < WB_MAX_MEMBERS; i++) {
		struct wb_signer s;

		assert_ok(wb_signer_generate(&s, check_random(&seed), &err),
		    &err);
		(void)snprintf(labels[i], sizeof labels[i], "K%zu", i);
		members[i] = (struct wb_member){ .key = s.key,
			.roles = 1U << WB_ROLE_FIELD,
			.label = wb_span_text(labels[i]),
			.state = WB_MEMBER_ACTIVE };
		wb_signer_clear(&s);
	}
	return (struct wb_roster){ .version = 1,
		.threshold = 1,
		.roots = root,
		.root_count = 1,
		.members = members,
		.member_count = WB_MAX_MEMBERS,
		.suite = wb_span_text("x25519"),
		.reader = wb_span_text(reader),
		.policy = wb_span_text(policy) };
}

static enum wb_status
work_roster(void *ctx, struct wb_error *err)
{
	const struct wb_roster *roster = ctx;
	struct wb_bytes out;
	enum wb_status st;

	wb_bytes_init(&out, WB_MAX_ROSTER);
	st = wb_roster_encode(&out, roster, err);
	assert_int_equal(out.len != 0, st == WB_OK);
	wb_bytes_clear(&out);
	return st;
}

static void
every_allocation_of_the_largest_roster_may_fail(void **state)
{
	const struct starve_work work = { "the largest roster", work_roster };
	struct wb_error err = { 0 };
	struct wb_roster roster;
	uint64_t seed = 13;

	(void)state;
	assert_ok(wb_signer_generate(&signer, check_random(&seed), &err), &err);
	roster = largest_roster(&signer.key);
	starve_each(&work, 1, &roster);
	wb_signer_clear(&signer);
}

static void
every_allocation_of_a_statement_may_fail(void **state)
{
	static const struct starve_work works[] = {
		{ "a sealed envelope", work_seal },
		{ "a token to read with", work_token },
	};
	const uint8_t seed[WB_SEED_LEN] = { 1 };
	struct wb_error err = { 0 };

	(void)state;
	assert_ok(wb_signer_from_seed(&signer, wb_span(seed, sizeof seed),
		      &err),
	    &err);
	starve_each(works, sizeof works / sizeof works[0], NULL);
	wb_signer_clear(&signer);
}

static int
start(void **state)
{
	(void)state;
	return wb_crypto_start(NULL) == WB_OK ? 0 : -1;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_allocation_of_a_codec_may_fail),
		cmocka_unit_test(encodings_say_when_there_is_no_room),
		cmocka_unit_test(a_message_past_its_budget_is_invalid),
		cmocka_unit_test(
		    every_allocation_of_the_largest_roster_may_fail),
		cmocka_unit_test(every_allocation_of_a_statement_may_fail),
	};

	return cmocka_run_group_tests(tests, start, NULL);
}
