/* RFC 9496's appendix, expand_message_xmd, and hashing to the group. */
#include <sodium.h>
#include <stdlib.h>

#include "crypto/commitment.h"
#include "crypto/lines.h"
#include "crypto/secret.h"
#include "crypto/text.h"

#include "tests/unit/check.h"
#include "tests/vectors/vectors.h"

#define ARCHIVE "ristretto"
#define MAX_FIELD ((size_t)1 << 16)
#define MULTIPLES 16
#define BAD 29
#define FROM_BYTES 11

/* What the appendix holds. */
static struct wb_point multiples[MULTIPLES], bad[BAD], outputs[FROM_BYTES];
static uint8_t inputs[FROM_BYTES][64];

/* Reads the hexadecimal digits of a line, which are spaced out. */
static size_t
read_digits(uint8_t *out, size_t room, struct wb_span line)
{
	size_t n;

	assert_int_equal(sodium_hex2bin(out, room, (const char *)line.data,
			     line.len, " ", &n, NULL),
	    0);
	return n;
}

static bool
begins(struct wb_span line, const char *word)
{
	struct wb_span w = wb_span_text(word);

	return wb_span_equal(wb_span_sub(line, 0, w.len), w);
}

/* "B[ 0]: …" */
static size_t
read_multiples(struct wb_span *rest)
{
	struct wb_span line;
	size_t n = 0;

	while (wb_line_take(&line, rest) && !begins(line, "A.2."))
		if (begins(line, "B[") && n < MULTIPLES && line.len > 7)
			n += read_digits(multiples[n].b, WB_POINT_LEN,
				 wb_span_sub(line, 7, line.len)) /
			     WB_POINT_LEN;
	return n;
}

/* Lines of 64 digits behind a blank, among comments. */
static size_t
read_bad(struct wb_span *rest)
{
	struct wb_span line;
	size_t n = 0;

	while (wb_line_take(&line, rest) && !begins(line, "A.3."))
		if (line.len == 72 && n < BAD && line.data[1] != '#')
			n += read_digits(bad[n].b, WB_POINT_LEN, line) /
			     WB_POINT_LEN;
	return n;
}

/* "I: …" on two lines, then "O: …", for one or for several inputs. */
static size_t
read_from_bytes(struct wb_span *rest)
{
	size_t n = 0, done = 0;
	struct wb_span line;

	while (wb_line_take(&line, rest) && !begins(line, "A.4.")) {
		if (begins(line, "I: ") && n < FROM_BYTES) {
			read_digits(inputs[n], 32, wb_span_sub(line, 3, 64));
			assert_true(wb_line_take(&line, rest));
			read_digits(inputs[n++] + 32, 32, line);
		} else if (begins(line, "O: ")) {
			assert_true(done < n);
			read_digits(outputs[done].b, WB_POINT_LEN,
			    wb_span_sub(line, 3, line.len));
			for (done++; done < n; done++)
				outputs[done] = outputs[done - 1];
		}
	}
	return n;
}

static void
read_appendix(void)
{
	struct wb_bytes b;
	struct wb_span rest;

	wb_bytes_init(&b, MAX_FIELD);
	vectors_read(&b, ARCHIVE, "rfc9496/appendix-A.txt");
	rest = wb_bytes_span(&b);
	assert_int_equal(read_multiples(&rest), MULTIPLES);
	assert_int_equal(read_bad(&rest), BAD);
	assert_int_equal(read_from_bytes(&rest), FROM_BYTES);
	wb_bytes_clear(&b);
}

static void
multiples_of_the_base_point_are_those_of_the_rfc(void **state)
{
	struct wb_scalar one = { { 1 } };
	struct wb_error err = { 0 };
	struct wb_point sum = { { 0 } }, p;

	(void)state;
	read_appendix();
	assert_false(wb_point_is_valid(&multiples[0]));
	for (uint8_t i = 1; i < MULTIPLES; i++) {
		struct wb_scalar s = { { i } };

		assert_ok(wb_commit(&p, &s, NULL, 0, &err), &err);
		assert_true(wb_point_equal(&p, &multiples[i]));
		assert_true(wb_point_is_valid(&p));
		/* The same as a sum, and as a quantity of B. */
		assert_ok(wb_point_add(&sum, &multiples[1], &err), &err);
		assert_true(wb_point_equal(&sum, &multiples[i]));
		if (i > 1) {
			struct wb_measured m = { multiples[1],
				(uint64_t)i - 1 };

			assert_ok(wb_commit(&p, &one, &m, 1, &err), &err);
			assert_true(wb_point_equal(&p, &multiples[i]));
		}
	}
}

static void
bad_encodings_are_refused(void **state)
{
	struct wb_error err = { 0 };
	struct wb_point sum;

	(void)state;
	read_appendix();
	for (size_t i = 0; i < BAD; i++) {
		sum = multiples[1];
		assert_false(wb_point_is_valid(&bad[i]));
		assert_status(WB_INVALID, wb_point_add(&sum, &bad[i], &err),
		    &err);
		assert_true(wb_point_equal(&sum, &multiples[1]));
	}
}

/* Tests the library below us: wb_hash_to_ristretto ends in this call. */
static void
bytes_lead_to_the_points_of_the_rfc(void **state)
{
	struct wb_point p;

	(void)state;
	read_appendix();
	for (size_t i = 0; i < FROM_BYTES; i++) {
		assert_int_equal(crypto_core_ristretto255_from_hash(p.b,
				     inputs[i]),
		    0);
		assert_true(wb_point_equal(&p, &outputs[i]));
	}
}

static void
messages_expand_as_rfc_9380_says(void **state)
{
	json_t *root = vectors_json(ARCHIVE,
	    "cfrg-h2c/poc/vectors/expand_message_xmd_SHA512_38.json");
	struct wb_span dst = wb_span_text(vectors_text(root, "DST"));
	struct wb_error err = { 0 };
	uint8_t out[MAX_FIELD];
	const json_t *test;
	struct wb_bytes b;
	size_t i;

	(void)state;
	wb_bytes_init(&b, MAX_FIELD);
	json_array_foreach(json_object_get(root, "tests"), i, test)
	{
		size_t len = strtoul(vectors_text(test, "len_in_bytes"), NULL,
		    16);
		struct wb_span want = vectors_hex(&b, test, "uniform_bytes");

		assert_int_equal(len, want.len);
		assert_ok(wb_expand_message(out, len,
			      wb_span_text(vectors_text(test, "msg")), dst,
			      &err),
		    &err);
		assert_memory_equal(out, want.data, len);
	}
	assert_int_equal(i, 10);
	wb_bytes_clear(&b);
	json_decref(root);
}

/* BlindedElement = Blind * hash_to_ristretto255(Input); "a,b": two of each. */
static size_t
check_blinded(const json_t *test, struct wb_span dst)
{
	const char *input = vectors_text(test, "Input");
	const char *blind = vectors_text(test, "Blind");
	const char *want = vectors_text(test, "BlindedElement");
	uint8_t bytes[256], scalar[WB_SCALAR_LEN];
	struct wb_point p, element;
	size_t n = 0;

	for (;; input++, blind++, want++) {
		struct wb_span hex = { (const uint8_t *)input,
			strcspn(input, ",") };

		assert_int_equal(wb_hex_parse(bytes, hex.len / 2, hex, NULL),
		    WB_OK);
		wb_hash_to_ristretto(&p, wb_span(bytes, hex.len / 2), dst);
		assert_int_equal(wb_hex_parse(scalar, sizeof(scalar),
				     wb_span(blind, 64), NULL),
		    WB_OK);
		assert_int_equal(wb_hex_parse(element.b, WB_POINT_LEN,
				     wb_span(want, 64), NULL),
		    WB_OK);
		assert_int_equal(crypto_scalarmult_ristretto255(p.b, scalar,
				     p.b),
		    0);
		assert_true(wb_point_equal(&p, &element));
		n++;
		input += hex.len;
		blind += 64;
		want += 64;
		if (*input == '\0')
			return n;
	}
}

static void
messages_hash_to_the_group_as_in_rfc_9497(void **state)
{
	json_t *root = vectors_json(ARCHIVE,
	    "cfrg-voprf/poc/vectors/allVectors.json");
	const json_t *suite, *test;
	size_t i, j, n = 0;
	struct wb_bytes b;

	(void)state;
	wb_bytes_init(&b, MAX_FIELD);
	json_array_foreach(root, i, suite)
	{
		if (strcmp(vectors_text(suite, "identifier"),
			"ristretto255-SHA512") != 0)
			continue;
		json_array_foreach(json_object_get(suite, "vectors"), j, test)
		{
			n += check_blinded(test,
			    vectors_hex(&b, suite, "groupDST"));
		}
	}
	assert_int_equal(n, 10);
	wb_bytes_clear(&b);
	json_decref(root);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
		    multiples_of_the_base_point_are_those_of_the_rfc),
		cmocka_unit_test(bad_encodings_are_refused),
		cmocka_unit_test(bytes_lead_to_the_points_of_the_rfc),
		cmocka_unit_test(messages_expand_as_rfc_9380_says),
		cmocka_unit_test(messages_hash_to_the_group_as_in_rfc_9497),
	};

	if (vectors_folder(ARCHIVE) == NULL)
		return VECTORS_SKIP;
	if (wb_crypto_start(NULL) != WB_OK)
		return 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
