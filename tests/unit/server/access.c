#include "server/access.h"

#include "crypto/statement.h"
#include "crypto/text.h"
#include "proto/ack.h"
#include "proto/envelope.h"
#include "proto/roster.h"

#include "tests/unit/check.h"

#define NOW INT64_C(1772352000)
#define TARGET "/v1/feed?from=3&seen=2&held=1"
#define FIELD (1U << WB_ROLE_FIELD)

/* One read and one log, which a row of the table then spoils. */
struct world {
	struct wb_signer device;
	struct wb_signer stranger;
	struct wb_key log_key;
	struct wb_hash programme;
	struct wb_rate *rate;
	struct wb_read read;
	struct wb_access access;
	enum wb_statement_type type;
	const struct wb_signer *signs;
	const char *target;
	const char *prefix;
	const char *suffix;
	size_t token_len;
	bool no_header;
};

static unsigned
roles_of(void *ctx, const struct wb_key *key)
{
	struct world *w = ctx;

	return wb_key_equal(key, &w->device.key) ? FIELD : 0;
}

static void
world_make(struct world *w)
{
	struct wb_error err = { 0 };
	uint64_t seed = 7;

	memset(w, 0, sizeof *w);
	assert_ok(wb_crypto_start(&err), &err);
	assert_ok(wb_signer_generate(&w->device, check_random(&seed), &err),
	    &err);
	assert_ok(wb_signer_generate(&w->stranger, check_random(&seed), &err),
	    &err);
	memset(&w->log_key, 3, sizeof w->log_key);
	memset(&w->programme, 4, sizeof w->programme);
	assert_ok(wb_rate_new(&w->rate, 2, &err), &err);
	w->read = (struct wb_read){ .programme = w->programme,
		.signer = w->device.key,
		.log_key = w->log_key,
		.method = wb_span_text("GET"),
		.path = wb_span_text(TARGET),
		.time = NOW };
	w->access = (struct wb_access){ .log_key = &w->log_key,
		.programme = &w->programme,
		.roles = roles_of,
		.ctx = w,
		.rate = w->rate,
		.now = NOW,
		.ms = 1000 };
	w->type = WB_STATEMENT_READ;
	w->signs = &w->device;
	w->target = TARGET;
	w->token_len = WB_READ_TOKEN;
	w->prefix = "Waybill ";
	w->suffix = "";
}

static void
world_clear(struct world *w)
{
	wb_signer_clear(&w->device);
	wb_signer_clear(&w->stranger);
	wb_rate_free(&w->rate);
}

static void
sign(uint8_t *token, struct world *w, struct wb_error *err)
{
	struct wb_signature other;
	struct wb_bytes payload;

	assert_ok(wb_read_token(token, &w->read, w->signs, err), err);
	if (w->type == WB_STATEMENT_READ)
		return;
	wb_bytes_init(&payload, 8192);
	assert_ok(wb_read_encode(&payload, &w->read, err), err);
	assert_ok(wb_statement_sign(&other, w->signs,
		      wb_statement_type_text(w->type), wb_bytes_span(&payload),
		      err),
	    err);
	memcpy(token + WB_READ_TOKEN - WB_SIGNATURE_LEN, other.b,
	    WB_SIGNATURE_LEN);
	wb_bytes_clear(&payload);
}

/* Signs the world's read and asks with it. */
static enum wb_status
ask(struct world *w, struct wb_reader *reader, struct wb_error *err)
{
	uint8_t token[WB_READ_TOKEN + 1] = { 0 };
	struct wb_bytes header;
	enum wb_status st;

	wb_bytes_init(&header, 65536);
	sign(token, w, err);
	assert_ok(wb_bytes_append_text(&header, w->prefix, err), err);
	assert_ok(wb_base64_append(&header, wb_span(token, w->token_len), err),
	    err);
	assert_ok(wb_bytes_append_text(&header, w->suffix, err), err);
	assert_ok(wb_bytes_append(&header, wb_span("", 1), err), err);
	st = wb_access_check(reader, &w->access,
	    w->no_header ? NULL : (const char *)header.data, "GET", w->target,
	    err);
	wb_bytes_clear(&header);
	return st;
}

static void
nothing(struct world *w)
{
	(void)w;
}
static void
behind_by_ten_minutes(struct world *w)
{
	w->read.time -= WB_ACCESS_SECONDS;
}
static void
ahead_by_ten_minutes(struct world *w)
{
	w->read.time += WB_ACCESS_SECONDS;
}
static void
behind_by_more(struct world *w)
{
	w->read.time -= WB_ACCESS_SECONDS + 1;
}
static void
ahead_by_more(struct world *w)
{
	w->read.time += WB_ACCESS_SECONDS + 1;
}
static void
at_the_end_of_time(struct world *w)
{
	w->read.time = UINT64_MAX;
}
static void
without_header(struct world *w)
{
	w->no_header = true;
}
static void
with_other_scheme(struct world *w)
{
	w->prefix = "Bearer ";
}
static void
with_lower_case_scheme(struct world *w)
{
	w->prefix = "waybill ";
}
static void
with_something_behind(struct world *w)
{
	w->suffix = " x";
}
static void
with_a_byte_less(struct world *w)
{
	w->token_len--;
}
static void
with_a_byte_more(struct world *w)
{
	w->token_len++;
}
static void
with_a_path_too_long_to_sign(struct world *w)
{
	static char path[1000];

	memset(path, 'a', sizeof path - 1);
	w->target = path;
}
static void
as_another_statement(struct world *w)
{
	w->type = WB_STATEMENT_NOTE;
}
static void
for_another_log(struct world *w)
{
	w->read.log_key.b[31] ^= 1;
}
static void
for_another_programme(struct world *w)
{
	w->read.programme.b[0] ^= 1;
}
static void
before_any_programme(struct world *w)
{
	w->access.programme = NULL;
}
static void
with_another_method(struct world *w)
{
	w->read.method = wb_span_text("POST");
}
static void
with_another_query(struct world *w)
{
	w->read.path = wb_span_text("/v1/feed?from=3&seen=2&held=0");
}
static void
with_a_shorter_path(struct world *w)
{
	w->read.path = wb_span_text("/v1/feed");
}
static void
by_a_stranger(struct world *w)
{
	w->read.signer = w->stranger.key;
	w->signs = &w->stranger;
}
static void
signed_by_another(struct world *w)
{
	w->signs = &w->stranger;
}

static const struct row {
	const char *what;
	void (*spoil)(struct world *w);
	enum wb_status status;
	const char *id;
} rows[] = {
	{ "as it should be", nothing, WB_OK, NULL },
	{ "ten minutes behind", behind_by_ten_minutes, WB_OK, NULL },
	{ "ten minutes ahead", ahead_by_ten_minutes, WB_OK, NULL },
	{ "more behind", behind_by_more, WB_INVALID, "clock" },
	{ "more ahead", ahead_by_more, WB_INVALID, "clock" },
	{ "at the end of time", at_the_end_of_time, WB_INVALID,
	    "authorization" },
	{ "no header", without_header, WB_INVALID, "authorization" },
	{ "another scheme", with_other_scheme, WB_INVALID, "authorization" },
	{ "scheme in lower case", with_lower_case_scheme, WB_INVALID,
	    "authorization" },
	{ "something behind it", with_something_behind, WB_INVALID,
	    "authorization" },
	{ "a byte less", with_a_byte_less, WB_INVALID, "authorization" },
	{ "a byte more", with_a_byte_more, WB_INVALID, "authorization" },
	{ "a path too long to sign", with_a_path_too_long_to_sign, WB_INVALID,
	    "authorization" },
	{ "another kind of statement", as_another_statement, WB_FORGED,
	    "signature" },
	{ "another log", for_another_log, WB_FORGED, "signature" },
	{ "another programme", for_another_programme, WB_FORGED, "signature" },
	{ "no programme yet", before_any_programme, WB_INVALID,
	    "authorization" },
	{ "another method", with_another_method, WB_FORGED, "signature" },
	{ "another query", with_another_query, WB_FORGED, "signature" },
	{ "a shorter path", with_a_shorter_path, WB_FORGED, "signature" },
	{ "not a member", by_a_stranger, WB_REFUSED, "revoked" },
	{ "another's signature", signed_by_another, WB_FORGED, "signature" },
};

static void
lets_in_only_a_members_read_of_this_request(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct wb_error err = { 0 };
		struct wb_reader reader;
		struct world w;

		print_message("  %s\n", rows[i].what);
		world_make(&w);
		rows[i].spoil(&w);
		assert_status(rows[i].status, ask(&w, &reader, &err), &err);
		if (rows[i].id != NULL)
			assert_string_equal(wb_error_id(&err), rows[i].id);
		assert_int_equal(reader.roles,
		    rows[i].status == WB_OK ? FIELD : 0);
		if (rows[i].status == WB_OK)
			assert_true(wb_key_equal(&reader.key, &w.device.key));
		world_clear(&w);
	}
}

static void
counts_what_a_member_asks_but_not_what_is_forged_in_its_name(void **state)
{
	struct wb_error err = { 0 };
	struct wb_reader reader;
	struct world w;

	(void)state;
	world_make(&w);
	w.signs = &w.stranger;
	for (int i = 0; i < 10; i++)
		assert_status(WB_FORGED, ask(&w, &reader, &err), &err);
	w.signs = &w.device;
	assert_ok(ask(&w, &reader, &err), &err);
	assert_ok(ask(&w, &reader, &err), &err);
	assert_status(WB_NO_MEMORY, ask(&w, &reader, &err), &err);
	assert_string_equal(wb_error_id(&err), "rate");
	w.access.ms += 30000;
	assert_ok(ask(&w, &reader, &err), &err);
	assert_status(WB_NO_MEMORY, ask(&w, &reader, &err), &err);
	world_clear(&w);
}

static void
keeps_a_bucket_for_each_of_many_keys(void **state)
{
	struct wb_error err = { 0 };
	uint64_t seed = 9;
	struct wb_rate *rate;
	struct wb_key first, key;

	(void)state;
	assert_ok(wb_rate_new(&rate, 1, &err), &err);
	wb_random_fill(check_random(&seed), &first, sizeof first);
	wb_rate_take(rate, &first, 0);
	assert_false(wb_rate_has(rate, &first, 1));
	for (int i = 0; i < 400; i++) {
		wb_random_fill(check_random(&seed), &key, sizeof key);
		assert_true(wb_rate_has(rate, &key, 2));
		wb_rate_take(rate, &key, 2);
		assert_false(wb_rate_has(rate, &key, 2));
	}
	assert_false(wb_rate_has(rate, &first, 3));
	assert_true(wb_rate_has(rate, &first, 60000));
	wb_rate_free(&rate);
	assert_ok(wb_rate_new(&rate, 0, &err), &err);
	for (int i = 0; i < 10; i++) {
		wb_rate_take(rate, &first, 0);
		assert_true(wb_rate_has(rate, &first, 0));
	}
	wb_rate_free(&rate);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(lets_in_only_a_members_read_of_this_request),
		cmocka_unit_test(
		    counts_what_a_member_asks_but_not_what_is_forged_in_its_name),
		cmocka_unit_test(keeps_a_bucket_for_each_of_many_keys),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
