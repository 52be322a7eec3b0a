/*
 * age files from the shell, to try ours against other programs.
 *   age_file key SEED             prints identity and recipient
 *   age_file seal RECIPIENT...    standard input to standard output
 *   age_file open IDENTITY        the same, back
 * For tests alone: identities do not belong in arguments.
 */
#include <stdio.h>
#include <string.h>

#include "crypto/age.h"

#define MAX_FILE ((size_t)64 << 20)
#define READ 65536

static enum wb_status
read_all(struct wb_bytes *out, struct wb_error *err)
{
	enum wb_status st;
	uint8_t *at;
	size_t n;

	do {
		st = wb_bytes_extend(out, READ, &at, err);
		if (st != WB_OK)
			return st;
		n = fread(at, 1, READ, stdin);
		wb_bytes_truncate(out, out->len - READ + n);
	} while (n != 0);
	return WB_OK;
}

static enum wb_status
make_key(struct wb_bytes *out, const char *seed, struct wb_error *err)
{
	char text[WB_AGE_RECIPIENT_TEXT + 1];
	struct wb_secret *identity = NULL, *written = NULL;
	struct wb_recipient r;
	size_t len;
	enum wb_status st;

	st = wb_secret_new(&identity, WB_AGE_KEY_LEN, err);
	if (st != WB_OK)
		return st;
	len = strlen(seed) < WB_AGE_KEY_LEN ? strlen(seed) : WB_AGE_KEY_LEN;
	memcpy(wb_secret_data(identity), seed, len);
	wb_identity_recipient(&r, identity);
	wb_recipient_format(text, &r);
	st = wb_identity_format(&written, identity, err);
	if (st == WB_OK)
		st = wb_bytes_append(out, wb_secret_span(written), err);
	if (st == WB_OK)
		st = wb_bytes_printf(out, err, "\n%s\n", text);
	wb_secret_free(&identity);
	wb_secret_free(&written);
	return st;
}

static enum wb_status
seal(struct wb_bytes *out, struct wb_span plain, char **names, size_t n,
    struct wb_error *err)
{
	struct wb_recipient recipients[16];
	enum wb_status st = WB_OK;

	if (n > sizeof recipients / sizeof recipients[0])
		return wb_fail(err, WB_USAGE, "too many recipients");
	for (size_t i = 0; st == WB_OK && i < n; i++)
		st = wb_recipient_parse(&recipients[i], wb_span_text(names[i]),
		    err);
	if (st != WB_OK)
		return st;
	return wb_age_encrypt(out, plain, recipients, n, wb_random_system(),
	    err);
}

static enum wb_status
open_file(struct wb_bytes *out, struct wb_span file, const char *text,
    struct wb_error *err)
{
	struct wb_secret *identity = NULL;
	enum wb_status st;

	st = wb_identity_parse(&identity, wb_span_text(text), err);
	if (st == WB_OK)
		st = wb_age_decrypt(out, file, &identity, 1, err);
	wb_secret_free(&identity);
	return st;
}

static enum wb_status
run(struct wb_bytes *out, int argc, char **argv, struct wb_error *err)
{
	struct wb_bytes in;
	enum wb_status st;

	st = wb_crypto_start(err);
	if (st != WB_OK)
		return st;
	if (argc == 3 && strcmp(argv[1], "key") == 0)
		return make_key(out, argv[2], err);
	wb_bytes_init(&in, MAX_FILE);
	st = read_all(&in, err);
	if (st == WB_OK && argc >= 3 && strcmp(argv[1], "seal") == 0)
		st = seal(out, wb_bytes_span(&in), argv + 2, (size_t)argc - 2,
		    err);
	else if (st == WB_OK && argc == 3 && strcmp(argv[1], "open") == 0)
		st = open_file(out, wb_bytes_span(&in), argv[2], err);
	else if (st == WB_OK)
		st = wb_fail(err, WB_USAGE, "age_file key|seal|open ...");
	wb_bytes_clear(&in);
	return st;
}

int
main(int argc, char **argv)
{
	struct wb_error err = { 0 };
	struct wb_bytes out;
	enum wb_status st;

	wb_bytes_init(&out, MAX_FILE);
	st = run(&out, argc, argv, &err);
	if (st != WB_OK)
		fprintf(stderr, "age_file: %s\n", err.text);
	else if (out.len != 0 &&
		 fwrite(out.data, 1, out.len, stdout) != out.len)
		st = WB_STORAGE;
	wb_bytes_clear(&out);
	return wb_status_exit(st);
}
