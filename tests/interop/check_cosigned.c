/*
 * check_cosigned FOLDER: a policy that demands the cosignature of a witness
 * written in Go is met by its note, and by no other.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "crypto/policy.h"
#include "crypto/secret.h"

static void
need(bool good, const char *what)
{
	if (good)
		return;
	(void)fprintf(stderr, "check_cosigned: %s\n", what);
	exit(1);
}

static void
read_file(struct wb_bytes *out, const char *folder, const char *name)
{
	struct wb_error err = { 0 };
	char path[WB_MAX_PATH];

	(void)snprintf(path, sizeof path, "%s/%s", folder, name);
	wb_bytes_init(out, WB_MAX_NOTE);
	need(wb_file_read(out, wb_file_ops_system(), path, &err) == WB_OK,
	    err.text);
}

static bool
met(const struct wb_policy *policy, const struct wb_bytes *b)
{
	struct wb_note note;

	return wb_note_parse(&note, wb_bytes_span(b), NULL) == WB_OK &&
	       wb_policy_met(policy, wb_policy_cosigned(policy, &note));
}

int
main(int argc, char **argv)
{
	struct wb_bytes log, witness, note, text;
	struct wb_policy policy;
	struct wb_error err = { 0 };
	struct wb_head head;

	need(argc == 2, "usage: check_cosigned FOLDER");
	need(wb_crypto_start(&err) == WB_OK, err.text);
	read_file(&log, argv[1], "vkey");
	read_file(&witness, argv[1], "go.vkey");
	read_file(&note, argv[1], "go.cosigned");
	wb_bytes_init(&text, WB_MAX_POLICY);
	need(wb_bytes_printf(&text, &err,
		 "log %.*s\nwitness go %.*s\nquorum go\n", (int)log.len,
		 (const char *)log.data, (int)witness.len,
		 (const char *)witness.data) == WB_OK &&
		 wb_policy_parse(&policy, wb_bytes_span(&text), &err) == WB_OK,
	    err.text);
	need(wb_checkpoint_open(&head, NULL, wb_bytes_span(&note), &policy.log,
		 &err) == WB_OK,
	    err.text);
	need(met(&policy, &note), "Go's cosignature is not accepted");
	note.data[strlen(policy.log.name) + 1] ^= 1; /* the size */
	need(!met(&policy, &note), "it is accepted of another head");
	(void)puts("a cosignature by Go is accepted, of its head alone");
	wb_bytes_clear(&text);
	wb_bytes_clear(&note);
	wb_bytes_clear(&witness);
	wb_bytes_clear(&log);
	return 0;
}
