/*
 * Memory runs out: every piece of work below is done with each nth allocation
 * failing, once, and from then on.  It may then fail with WB_NO_MEMORY and in
 * no other way, or not notice; nothing is lost of what it was given, and the
 * sanitizers find neither leak nor misuse.
 */
#include <stdio.h>

#include "base/conf.h"
#include "base/csv.h"
#include "base/json.h"
#include "crypto/age.h"
#include "crypto/note.h"
#include "crypto/tlogproof.h"

#include "tests/fault/scarce.h"
#include "tests/fuzz/fuzz.h"
#include "tests/unit/proto/again.h"

#define MAX_SEED 65536

static enum wb_status
work_bytes(struct wb_error *err)
{
	struct wb_bytes b;
	enum wb_status st = WB_OK;

	wb_bytes_init(&b, 4096);
	for (int i = 0; i < 100 && st == WB_OK; i++) {
		size_t before = b.len;

		st = wb_bytes_printf(&b, err, "%d sacks of rice\n", i);
		FUZZ_REQUIRE(st == WB_OK || b.len == before);
	}
	wb_bytes_clear(&b);
	return st;
}

static enum wb_status
work_arena(struct wb_error *err)
{
	struct wb_arena a;
	struct wb_span copy;
	enum wb_status st = WB_OK;

	wb_arena_init(&a, (size_t)1 << 20);
	for (int i = 0; i < 2000 && st == WB_OK; i++)
		st = wb_arena_copy(&copy, &a, wb_span_text("rice"), err);
	wb_arena_clear(&a);
	return st;
}

static enum wb_status
work_json(struct wb_error *err)
{
	struct wb_bytes out;
	struct wb_json j;
	enum wb_status st;

	wb_bytes_init(&out, 4096);
	wb_json_init(&j, wb_json_to_bytes(&out));
	wb_json_object(&j, NULL);
	for (int i = 0; i < 20; i++)
		wb_json_string(&j, "item", "\"rice\"\n");
	wb_json_close(&j);
	st = wb_json_finish(&j, err);
	wb_bytes_clear(&out);
	return st;
}

static enum wb_status
work_csv(struct wb_error *err)
{
	struct wb_csv csv;
	enum wb_status st;
	bool row = true;

	wb_csv_init(&csv,
	    wb_span_text("a,\"b \"\"c\"\"\"\n\"d\"\"\",e\n\"f\",\"g\n\"\n"));
	do
		st = wb_csv_next(&row, &csv, err);
	while (st == WB_OK && row);
	wb_csv_clear(&csv);
	return st;
}

static enum wb_status
work_conf(struct wb_error *err)
{
	static const struct wb_conf_key keys[] = {
		{ .name = "name", .kind = WB_CONF_TEXT, .value = "none" },
		{ .name = NULL },
	};
	struct wb_conf conf;
	enum wb_status st;

	wb_conf_init(&conf, keys);
	st = wb_conf_read(&conf, wb_span_text("name = store\n"), "f", err);
	wb_conf_clear(&conf);
	return st;
}

static enum wb_status
work_age(struct wb_error *err)
{
	struct wb_secret *identity = NULL, *text = NULL, *again = NULL;
	struct wb_bytes file, plain;
	struct wb_recipient r;
	uint64_t seed = 4;
	enum wb_status st;

	wb_bytes_init(&file, 4096);
	wb_bytes_init(&plain, 4096);
	st = wb_identity_generate(&identity, fuzz_random(&seed), err);
	if (st != WB_OK)
		goto done;
	wb_identity_recipient(&r, identity);
	st = wb_identity_format(&text, identity, err);
	if (st == WB_OK)
		st = wb_identity_parse(&again, wb_secret_span(text), err);
	if (st == WB_OK)
		st = wb_age_encrypt(&file, wb_span_text("rice"), &r, 1,
		    fuzz_random(&seed), err);
	FUZZ_REQUIRE(st == WB_OK || file.len == 0);
	if (st == WB_OK)
		st = wb_age_decrypt(&plain, wb_bytes_span(&file), &again, 1,
		    err);
	FUZZ_REQUIRE(st == WB_OK || plain.len == 0);
done:
	wb_secret_free(&identity);
	wb_secret_free(&text);
	wb_secret_free(&again);
	wb_bytes_clear(&file);
	wb_bytes_clear(&plain);
	return st;
}

static enum wb_status
work_note(struct wb_error *err)
{
	static const uint8_t seed[WB_SEED_LEN] = { 7 };
	struct wb_signer signer = { .secret = NULL };
	struct wb_head head = { .size = 5 }, read;
	struct wb_bytes note, text;
	struct wb_vkey key, again;
	enum wb_status st;

	wb_bytes_init(&note, WB_MAX_NOTE);
	wb_bytes_init(&text, WB_MAX_NOTE);
	st = wb_signer_from_seed(&signer, wb_span(seed, sizeof seed), err);
	if (st == WB_OK)
		st = wb_vkey_make(&key, "log.example", WB_NOTE_ED25519,
		    &signer.key, err);
	if (st == WB_OK)
		st = wb_vkey_format(&text, &key, err);
	if (st == WB_OK)
		st = wb_vkey_parse(&again, wb_bytes_span(&text), err);
	if (st == WB_OK)
		st = wb_checkpoint_seal(&note, &head, &again, &signer, err);
	if (st == WB_OK)
		st = wb_checkpoint_open(&read, NULL, wb_bytes_span(&note),
		    &again, err);
	FUZZ_REQUIRE(st != WB_OK || read.size == 5);
	wb_signer_clear(&signer);
	wb_bytes_clear(&note);
	wb_bytes_clear(&text);
	return st;
}

/* A message of a format that is known to be good, read and written. */
static struct {
	const struct again *codec;
	struct wb_span bytes;
} message;

static enum wb_status
work_codec(struct wb_error *err)
{
	struct wb_arena arena;
	struct wb_bytes out;
	enum wb_status st;

	wb_arena_init(&arena, WB_ARENA_BUDGET);
	wb_bytes_init(&out, WB_ARENA_BUDGET);
	st = message.codec->run(&out, &arena, message.bytes, err);
	wb_bytes_clear(&out);
	wb_arena_clear(&arena);
	return st;
}

/* The allocations that one run makes, or -1. */
static int
try_all(const char *name, enum wb_status (*work)(struct wb_error *err))
{
	int bad = 0;
	unsigned long n = 0;

	for (int forever = 0; forever < 2; forever++) {
		for (n = 1;; n++) {
			struct wb_error err = { 0 };
			enum wb_status st;

			bool failed;

			scarce_fail(n, forever != 0);
			st = work(&err);
			failed = scarce_failed();
			scarce_fail(0, false);
			if (st != WB_OK && (st != WB_NO_MEMORY || !failed)) {
				(void)printf("%s: allocation %lu%s: %s (%d)\n",
				    name, n, forever ? " and all after" : "",
				    err.text, (int)st);
				bad = 1;
			}
			if (!failed)
				break;
		}
	}
	(void)printf("%s: %lu allocations\n", name, n - 1);
	return bad ? -1 : (int)n - 1;
}

static int
try_codecs(const struct again *table)
{
	static uint8_t bytes[MAX_SEED];
	int rc = 0;

	for (; table->name != NULL; table++) {
		char path[512];
		unsigned byte;
		size_t len = 0;
		FILE *f;

		(void)snprintf(path, sizeof path, "%s/%s.hex", WB_GOLDEN,
		    table->name);
		f = fopen(path, "r");
		FUZZ_REQUIRE(f != NULL);
		while (len < sizeof bytes && fscanf(f, "%2x", &byte) == 1)
			bytes[len++] = (uint8_t)byte;
		(void)fclose(f);
		message.codec = table;
		message.bytes = wb_span(bytes, len);
		if (try_all(table->name, work_codec) <= 0)
			rc = 1;
	}
	return rc;
}

int
main(void)
{
	static const struct {
		const char *name;
		enum wb_status (*work)(struct wb_error *err);
	} works[] = {
		{ "bytes", work_bytes },
		{ "arena", work_arena },
		{ "json", work_json },
		{ "csv", work_csv },
		{ "conf", work_conf },
		{ "age", work_age },
		{ "note", work_note },
	};
	int rc = 0;

	if (LLVMFuzzerInitialize(NULL, NULL) != 0)
		return 1;
	for (size_t i = 0; i < sizeof works / sizeof works[0]; i++)
		if (try_all(works[i].name, works[i].work) <= 0)
			rc = 1;
	rc |= try_codecs(again_envelope);
	rc |= try_codecs(again_record);
	return rc;
}
