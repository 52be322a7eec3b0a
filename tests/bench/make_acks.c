/*
 * Makes a log grow by what does not concern a field device, for measuring what
 * its sync costs then: puts N acks on nothing into a coordinator's vault, which
 * its next sync sends.
 *
 *	make_acks FOLDER PASSPHRASE-FILE N
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "client/device.h"
#include "crypto/secret.h"
#include "proto/ack.h"
#include "proto/wire.h"

static void
must(enum wb_status st, const struct wb_error *err)
{
	if (st == WB_OK)
		return;
	(void)fprintf(stderr, "make_acks: %s\n", err->text);
	exit(1);
}

static void
open_device(struct wb_device *out, const char *dir, const char *path,
    struct wb_error *err)
{
	struct wb_unlock how = { .dir = dir };
	FILE *file = fopen(path, "r");
	char line[256];

	if (file == NULL || fgets(line, sizeof line, file) == NULL) {
		perror(path);
		exit(1);
	}
	(void)fclose(file);
	line[strcspn(line, "\n")] = '\0';
	how.key.passphrase = wb_span_text(line);
	must(wb_device_open(out, &how, wb_clock_system(), wb_random_system(),
		 err),
	    err);
}

static void
issue(struct wb_device *device, struct wb_error *err)
{
	struct wb_verdict verdict = { .outcome = WB_OUTCOME_UNDECRYPTABLE };
	const struct wb_ack ack = { .programme = device->programme,
		.signer = device->signer.key,
		.verdicts = &verdict,
		.verdict_count = 1,
		.roster = device->roster_id };
	struct wb_bytes payload;
	int64_t row;

	wb_random_fill(device->random, verdict.statement.b, WB_HASH_LEN);
	wb_bytes_init(&payload, WB_MAX_ENVELOPE);
	must(wb_ack_encode(&payload, &ack, err), err);
	must(wb_statement_issue(&row, device, WB_STATEMENT_ACK,
		 wb_bytes_span(&payload), err),
	    err);
	wb_bytes_clear(&payload);
}

int
main(int argc, char **argv)
{
	struct wb_error err = { 0 };
	struct wb_device device;

	if (argc != 4) {
		(void)fprintf(stderr,
		    "usage: make_acks FOLDER PASSPHRASE-FILE N\n");
		return 2;
	}
	must(wb_crypto_start(&err), &err);
	open_device(&device, argv[1], argv[2], &err);
	must(wb_db_begin(device.db, &err), &err);
	for (unsigned long n = strtoul(argv[3], NULL, 10); n > 0; n--)
		issue(&device, &err);
	must(wb_db_commit(device.db, &err), &err);
	wb_device_close(&device);
	return 0;
}
