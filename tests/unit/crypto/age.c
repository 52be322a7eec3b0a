#include "crypto/age.h"

#include "crypto/age_stream.h"
#include "crypto/padding.h"
#include "crypto/text.h"

#include "tests/unit/check.h"

#define MAX_TEST_FILE ((size_t)1 << 20)
#define PEOPLE 3

/* Three holders of keys, and somebody who gets nothing. */
static struct wb_secret *identities[PEOPLE + 1];
static struct wb_recipient recipients[PEOPLE + 1];

static int
make_people(void **state)
{
	uint64_t seed = 42;

	(void)state;
	if (wb_crypto_start(NULL) != WB_OK)
		return -1;
	for (size_t i = 0; i <= PEOPLE; i++) {
		if (wb_identity_generate(&identities[i], check_random(&seed),
			NULL) != WB_OK)
			return -1;
		wb_identity_recipient(&recipients[i], identities[i]);
	}
	return 0;
}

static int
free_people(void **state)
{
	(void)state;
	for (size_t i = 0; i <= PEOPLE; i++)
		wb_secret_free(&identities[i]);
	return 0;
}

static void
encrypt(struct wb_bytes *file, struct wb_span plain, size_t n, uint64_t seed)
{
	struct wb_error err = { 0 };

	wb_bytes_init(file, MAX_TEST_FILE);
	assert_ok(wb_age_encrypt(file, plain, recipients, n,
		      check_random(&seed), &err),
	    &err);
}

/* The key pair of age's own documentation and tests. */
static const char known_identity[] =
    "AGE-SECRET-KEY-"
    "1GFPYYSJZGFPYYSJZGFPYYSJZGFPYYSJZGFPYYSJZGFPYYSJZGFPQ4EGAEX";
static const char known_recipient[] =
    "age1zvkyg2lqzraa2lnjvqej32nkuu0ues2s82hzrye869xeexvn73equnujwj";

static void
keys_are_written_as_age_writes_them(void **state)
{
	char text[WB_AGE_RECIPIENT_TEXT + 1];
	struct wb_secret *identity = NULL, *written = NULL;
	struct wb_recipient r, read;
	struct wb_error err = { 0 };

	(void)state;
	assert_ok(wb_identity_parse(&identity, wb_span_text(known_identity),
		      &err),
	    &err);
	for (size_t i = 0; i < WB_AGE_KEY_LEN; i++)
		assert_int_equal(wb_secret_data(identity)[i], 0x42);
	wb_identity_recipient(&r, identity);
	wb_recipient_format(text, &r);
	assert_string_equal(text, known_recipient);
	assert_ok(wb_recipient_parse(&read, wb_span_text(text), &err), &err);
	assert_memory_equal(read.b, r.b, sizeof r.b);
	assert_ok(wb_identity_format(&written, identity, &err), &err);
	assert_true(wb_span_equal(wb_secret_span(written),
	    wb_span_text(known_identity)));
	wb_secret_free(&identity);
	wb_secret_free(&written);
}

static void
every_changed_character_of_a_key_is_noticed(void **state)
{
	char text[] =
	    "age1zvkyg2lqzraa2lnjvqej32nkuu0ues2s82hzrye869xeexvn73equnujwj";
	struct wb_recipient r;

	(void)state;
	for (size_t i = 0; i < WB_AGE_RECIPIENT_TEXT; i++) {
		char old = text[i];

		for (int c = 0; c < 256; c++) {
			text[i] = (char)c;
			if (text[i] == old)
				continue;
			assert_int_equal(wb_recipient_parse(&r,
					     wb_span(text,
						 WB_AGE_RECIPIENT_TEXT),
					     NULL),
			    WB_INVALID);
		}
		text[i] = old;
	}
}

static const struct {
	const char *name;
	const char *text;
} no_recipients[] = {
	{ "nothing", "" },
	{ "upper case",
	    "AGE1ZVKYG2LQZRAA2LNJVQEJ32NKUU0UES2S82HZRYE869XEEXVN73EQUNUJWJ" },
	{ "mixed case",
	    "age1Zvkyg2lqzraa2lnjvqej32nkuu0ues2s82hzrye869xeexvn73equnujwj" },
	{ "cut short",
	    "age1zvkyg2lqzraa2lnjvqej32nkuu0ues2s82hzrye869xeexvn73equnujw" },
	{ "one more",
	    "age1zvkyg2lqzraa2lnjvqej32nkuu0ues2s82hzrye869xeexvn73equnujwjq" },
	{ "newline behind", "age1zvkyg2lqzraa2lnjvqej32nkuu0ues2s82hzrye869xeex"
			    "vn73equnujwj\n" },
	/* The checksum is right; four bits that carry nothing are not zero. */
	{ "padding bits set",
	    "age1qqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqpfwgqrs" },
	{ "an identity",
	    "AGE-SECRET-KEY-"
	    "1GFPYYSJZGFPYYSJZGFPYYSJZGFPYYSJZGFPYYSJZGFPYYSJZGFPQ4EGAEX" },
};

static void
recipients_are_read_strictly(void **state)
{
	struct wb_recipient r = { { 7 } };

	(void)state;
	for (size_t i = 0; i < sizeof no_recipients / sizeof no_recipients[0];
	     i++) {
		if (wb_recipient_parse(&r, wb_span_text(no_recipients[i].text),
			NULL) != WB_INVALID)
			fail_msg("%s", no_recipients[i].name);
		assert_int_equal(r.b[0], 7);
	}
}

static void
identities_are_read_strictly(void **state)
{
	char brace[sizeof known_identity];
	char lower[] = "age-secret-key-1gfpyysjzgfpyysjzgfpyysjzgfpyysjzgfpyysj"
		       "zgfpyysjzgfpq4egaex";
	struct wb_secret *identity = NULL;

	(void)state;
	assert_int_equal(wb_identity_parse(&identity, wb_span_text(lower),
			     NULL),
	    WB_INVALID);
	assert_null(identity);
	memcpy(brace, known_identity, sizeof brace);
	brace[20] = '{'; /* which follows z */
	assert_int_equal(wb_identity_parse(&identity, wb_span_text(brace),
			     NULL),
	    WB_INVALID);
	assert_null(identity);
	assert_int_equal(wb_identity_parse(&identity,
			     wb_span_text(known_recipient), NULL),
	    WB_INVALID);
	assert_null(identity);
}

static const size_t sizes[] = { 0, 1, 100, 65535, 65536, 65537, 131072,
	200000 };

static void
every_recipient_opens_what_was_sealed(void **state)
{
	static uint8_t plain[200000];
	struct wb_error err = { 0 };
	struct wb_bytes file, out;
	uint64_t seed = 5;

	(void)state;
	wb_random_fill(check_random(&seed), plain, sizeof plain);
	wb_bytes_init(&out, MAX_TEST_FILE);
	for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
		size_t n = 1 + i % PEOPLE;

		encrypt(&file, wb_span(plain, sizes[i]), n, 6);
		assert_int_equal(file.len, wb_age_size(sizes[i], n));
		for (size_t who = 0; who < n; who++) {
			wb_bytes_reset(&out);
			assert_ok(wb_bytes_append_text(&out, "kept", &err),
			    &err);
			assert_ok(wb_age_decrypt(&out, wb_bytes_span(&file),
				      &identities[who], 1, &err),
			    &err);
			assert_memory_equal(out.data, "kept", 4);
			assert_true(
			    wb_span_equal(wb_span_sub(wb_bytes_span(&out), 4,
					      SIZE_MAX),
				wb_span(plain, sizes[i])));
		}
		wb_bytes_clear(&file);
	}
	wb_bytes_clear(&out);
}

/* Tries to open; whatever comes of it, nothing else may be in the buffer. */
static enum wb_status
open_status(struct wb_span file, struct wb_secret *const *keys, size_t n)
{
	struct wb_error err = { 0 };
	struct wb_bytes out;
	enum wb_status st;

	wb_bytes_init(&out, MAX_TEST_FILE);
	assert_ok(wb_bytes_append_text(&out, "kept", &err), &err);
	st = wb_age_decrypt(&out, file, keys, n, &err);
	if (st != WB_OK) {
		assert_int_equal(err.status, st);
		assert_true(
		    wb_span_equal(wb_bytes_span(&out), wb_span_text("kept")));
	}
	wb_bytes_clear(&out);
	return st;
}

static void
nobody_else_opens_it(void **state)
{
	struct wb_bytes file;

	(void)state;
	encrypt(&file, wb_span_text("12 sacks"), PEOPLE, 7);
	assert_int_equal(open_status(wb_bytes_span(&file), &identities[PEOPLE],
			     1),
	    WB_NOT_FOUND);
	assert_int_equal(open_status(wb_bytes_span(&file), NULL, 0),
	    WB_NOT_FOUND);
	assert_int_equal(open_status(wb_bytes_span(&file), identities,
			     PEOPLE + 1),
	    WB_OK);
	wb_bytes_clear(&file);
}

static void
every_flipped_bit_is_noticed(void **state)
{
	struct wb_bytes file;

	(void)state;
	encrypt(&file, wb_span_text("12 sacks"), 2, 8);
	for (size_t bit = 0; bit < 8 * file.len; bit++) {
		file.data[bit / 8] ^= (uint8_t)(1U << bit % 8);
		if (open_status(wb_bytes_span(&file), identities, 1) == WB_OK)
			fail_msg("bit %zu", bit);
		file.data[bit / 8] ^= (uint8_t)(1U << bit % 8);
	}
	assert_int_equal(open_status(wb_bytes_span(&file), identities, 1),
	    WB_OK);
	wb_bytes_clear(&file);
}

static void
every_cut_or_added_byte_is_noticed(void **state)
{
	struct wb_error err = { 0 };
	struct wb_bytes file;

	(void)state;
	encrypt(&file, wb_span_text("12 sacks"), 2, 9);
	for (size_t len = 0; len < file.len; len++)
		assert_int_not_equal(open_status(wb_span(file.data, len),
					 identities, 1),
		    WB_OK);
	assert_ok(wb_bytes_append_text(&file, "x", &err), &err);
	assert_int_equal(open_status(wb_bytes_span(&file), identities, 1),
	    WB_FORGED);
	wb_bytes_clear(&file);
}

/* The second chunk is forged: the first must not come out either. */
static void
no_chunk_comes_out_before_all_are_known_good(void **state)
{
	static const uint8_t plain[70000];
	struct wb_bytes file;

	(void)state;
	encrypt(&file, wb_span(plain, sizeof plain), 1, 10);
	file.data[file.len - 1] ^= 1;
	assert_int_equal(open_status(wb_bytes_span(&file), identities, 1),
	    WB_FORGED);
	wb_bytes_clear(&file);
}

static void
opening_respects_the_cap(void **state)
{
	struct wb_error err = { 0 };
	struct wb_bytes file, out;

	(void)state;
	encrypt(&file, wb_span_text("12 sacks"), 1, 11);
	wb_bytes_init(&out, 7);
	assert_status(WB_NO_MEMORY,
	    wb_age_decrypt(&out, wb_bytes_span(&file), identities, 1, &err),
	    &err);
	assert_int_equal(out.len, 0);
	wb_bytes_clear(&out);
	wb_bytes_clear(&file);
}

/* Little-endian u of points of order 1, 2, 4 and 8, and beyond p. */
static const char *const low_order[] = {
	"0000000000000000000000000000000000000000000000000000000000000000",
	"0100000000000000000000000000000000000000000000000000000000000000",
	"e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800",
	"5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1157",
	"ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
	"edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
	"eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
};

static void
nothing_is_sealed_to_a_key_of_low_order(void **state)
{
	struct wb_recipient two[2] = { recipients[0] };
	struct wb_error err = { 0 };
	struct wb_bytes out;
	uint64_t seed = 12;

	(void)state;
	wb_bytes_init(&out, MAX_TEST_FILE);
	assert_ok(wb_bytes_append_text(&out, "kept", &err), &err);
	for (size_t i = 0; i < sizeof low_order / sizeof low_order[0]; i++) {
		assert_ok(wb_hex_parse(two[1].b, WB_AGE_KEY_LEN,
			      wb_span_text(low_order[i]), &err),
		    &err);
		assert_status(WB_INVALID,
		    wb_age_encrypt(&out, wb_span_text("12 sacks"), two, 2,
			check_random(&seed), &err),
		    &err);
		assert_true(
		    wb_span_equal(wb_bytes_span(&out), wb_span_text("kept")));
	}
	wb_bytes_clear(&out);
}

static void
recipients_are_counted(void **state)
{
	static struct wb_recipient many[WB_MAX_AGE_RECIPIENTS + 1];
	struct wb_error err = { 0 };
	struct wb_bytes out;
	uint64_t seed = 13;

	(void)state;
	for (size_t i = 0; i <= WB_MAX_AGE_RECIPIENTS; i++)
		many[i] = recipients[0];
	wb_bytes_init(&out, MAX_TEST_FILE);
	assert_status(WB_INVALID,
	    wb_age_encrypt(&out, wb_span_text("x"), many, 0,
		check_random(&seed), &err),
	    &err);
	assert_status(WB_INVALID,
	    wb_age_encrypt(&out, wb_span_text("x"), many,
		WB_MAX_AGE_RECIPIENTS + 1, check_random(&seed), &err),
	    &err);
	assert_ok(wb_age_encrypt(&out, wb_span_text("x"), many,
		      WB_MAX_AGE_RECIPIENTS, check_random(&seed), &err),
	    &err);
	assert_int_equal(open_status(wb_bytes_span(&out), identities, 1),
	    WB_OK);
	wb_bytes_clear(&out);
}

/* A header of `n` stanzas of 98 bytes and of any type, without an end. */
static void
append_stanzas(struct wb_bytes *b, const char *type, size_t n)
{
	static const char body[] =
	    "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";

	assert_int_equal(wb_bytes_append_text(b, "age-encryption.org/v1\n",
			     NULL),
	    WB_OK);
	for (size_t i = 0; i < n; i++)
		assert_int_equal(wb_bytes_printf(b, NULL, "-> %s %s\n%s\n",
				     type, body, body),
		    WB_OK);
	assert_int_equal(wb_bytes_printf(b, NULL, "--- %s\n", body), WB_OK);
	assert_int_equal(wb_bytes_extend(b, 32, NULL, NULL), WB_OK);
}

static const struct {
	const char *name;
	const char *type;
	size_t stanzas;
	enum wb_status status;
} headers[] = {
	{ "none", "grease", 0, WB_INVALID },
	{ "one of another type", "grease", 1, WB_NOT_FOUND },
	{ "a passphrase", "scrypt", 1, WB_NOT_FOUND },
	{ "two passphrases", "scrypt", 2, WB_INVALID },
	{ "a low-order share", "X25519", 1, WB_INVALID },
	{ "as many others as there is room for", "grease", 2673, WB_NOT_FOUND },
	{ "one more than there is room for", "grease", 2675, WB_INVALID },
	{ "too many recipients", "X25519", WB_MAX_AGE_RECIPIENTS + 1,
	    WB_INVALID },
};

static void
headers_are_bounded(void **state)
{
	struct wb_bytes b;

	(void)state;
	wb_bytes_init(&b, MAX_TEST_FILE);
	for (size_t i = 0; i < sizeof headers / sizeof headers[0]; i++) {
		wb_bytes_reset(&b);
		append_stanzas(&b, headers[i].type, headers[i].stanzas);
		if (open_status(wb_bytes_span(&b), identities, 1) !=
		    headers[i].status)
			fail_msg("%s", headers[i].name);
	}
	wb_bytes_clear(&b);
}

/* A body of one whole line, behind which there must be another. */
static void
a_body_ends_in_a_line_that_is_not_full(void **state)
{
	static const char column[] =
	    "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";
	struct wb_bytes b;

	(void)state;
	assert_int_equal(strlen(column), 64);
	wb_bytes_init(&b, MAX_TEST_FILE);
	assert_int_equal(wb_bytes_printf(&b, NULL,
			     "age-encryption.org/v1\n-> grease\n%s\n", column),
	    WB_OK);
	assert_int_equal(open_status(wb_bytes_span(&b), identities, 1),
	    WB_INVALID);
	assert_int_equal(wb_bytes_printf(&b, NULL, "\n--- %.43s\n", column),
	    WB_OK);
	assert_int_equal(wb_bytes_extend(&b, 32, NULL, NULL), WB_OK);
	assert_int_equal(open_status(wb_bytes_span(&b), identities, 1),
	    WB_NOT_FOUND);
	wb_bytes_clear(&b);
}

/* Sizes that no plaintext has: without a tag, or with an empty last chunk. */
static void
no_chunks_open_of_an_impossible_size(void **state)
{
	static const size_t impossible[] = { 0, 15, WB_AGE_CHUNK + 17,
		WB_AGE_CHUNK + 32 };
	static uint8_t sealed[WB_AGE_CHUNK + 32], out[sizeof sealed];
	const uint8_t key[32] = { 1 };
	struct wb_span k = wb_span(key, sizeof key);

	(void)state;
	wb_age_stream_seal(sealed, wb_span(out, WB_AGE_CHUNK), k);
	assert_true(
	    wb_age_stream_open(out, wb_span(sealed, WB_AGE_CHUNK + 16), k));
	for (size_t i = 0; i < sizeof impossible / sizeof impossible[0]; i++)
		assert_false(
		    wb_age_stream_open(out, wb_span(sealed, impossible[i]), k));
}

/* What protobuf makes of a message with such a field. */
static size_t
with_field(size_t size, size_t zeros)
{
	size_t prefix = 1;

	if (zeros == 0)
		return size;
	for (size_t v = zeros; v >= 0x80; v >>= 7)
		prefix++;
	return size + 1 + prefix + zeros;
}

/* Could any number of zeros make a file of exactly `target` bytes? */
static bool
is_reachable(size_t size, size_t n, size_t target)
{
	if (wb_age_size(size, n) == target)
		return true;
	/* The file is a little larger than the message: try all near it. */
	for (size_t zeros = 1; zeros <= target; zeros++) {
		size_t made = wb_age_size(with_field(size, zeros), n);

		if (made + 64 < target)
			zeros += (target - made) / 2;
		else if (made >= target)
			return made == target;
	}
	return false;
}

/* Every size to 200 KiB: exact, of a known size, and the smallest that can. */
static void
padding_reaches_the_smallest_size_it_can(void **state)
{
	(void)state;
	for (size_t size = 0; size <= (size_t)200 << 10; size++) {
		size_t bare = wb_age_size(size, 1);
		size_t made = wb_age_size(with_field(size,
					      wb_age_padding(size, 1)),
		    1);

		assert_true(made >= bare);
		assert_int_equal(wb_pad_content(made), made);
		for (size_t t = wb_pad_content(bare); t < made;
		     t = wb_pad_content(t + 1))
			assert_false(is_reachable(size, 1, t));
	}
}

/* The gaps that no padding can fill, found where they must be. */
static void
padding_steps_over_what_cannot_be_had(void **state)
{
	size_t full = 2048 - wb_age_size(0, 1);

	(void)state;
	assert_int_equal(wb_age_padding(full, 1), 0);
	assert_int_equal(wb_age_padding(full - 3, 1), 1);
	for (size_t gap = 1; gap <= 2; gap++) {
		size_t size = full - gap;

		assert_int_equal(wb_age_size(with_field(size,
						 wb_age_padding(size, 1)),
				     1),
		    4096);
	}
	for (size_t n = 2; n <= 20; n++)
		assert_int_equal(wb_pad_content(
				     wb_age_size(with_field(100,
						     wb_age_padding(100, n)),
					 n)),
		    wb_age_size(with_field(100, wb_age_padding(100, n)), n));
	/* 80 KiB would leave 14 bytes for a second chunk: less than a tag. */
	assert_int_equal(wb_pad_content(wb_age_size(65000, 166)), 80 << 10);
	assert_int_equal(wb_age_size(with_field(65000,
					 wb_age_padding(65000, 166)),
			     166),
	    82 << 10);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(keys_are_written_as_age_writes_them),
		cmocka_unit_test(every_changed_character_of_a_key_is_noticed),
		cmocka_unit_test(recipients_are_read_strictly),
		cmocka_unit_test(identities_are_read_strictly),
		cmocka_unit_test(every_recipient_opens_what_was_sealed),
		cmocka_unit_test(nobody_else_opens_it),
		cmocka_unit_test(every_flipped_bit_is_noticed),
		cmocka_unit_test(every_cut_or_added_byte_is_noticed),
		cmocka_unit_test(no_chunk_comes_out_before_all_are_known_good),
		cmocka_unit_test(opening_respects_the_cap),
		cmocka_unit_test(nothing_is_sealed_to_a_key_of_low_order),
		cmocka_unit_test(recipients_are_counted),
		cmocka_unit_test(headers_are_bounded),
		cmocka_unit_test(a_body_ends_in_a_line_that_is_not_full),
		cmocka_unit_test(no_chunks_open_of_an_impossible_size),
		cmocka_unit_test(padding_reaches_the_smallest_size_it_can),
		cmocka_unit_test(padding_steps_over_what_cannot_be_had),
	};

	return cmocka_run_group_tests(tests, make_people, free_people);
}
