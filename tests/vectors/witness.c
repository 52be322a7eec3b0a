/* What another witness answered to the same requests. */
#include <stdlib.h>

#include "client/witness/add_checkpoint.h"
#include "crypto/secret.h"
#include "crypto/text.h"

#include "tests/unit/check.h"
#include "tests/vectors/vectors.h"

#define ARCHIVE "notes"
#define FILE_NAME "notes/add-checkpoint-transcripts.json"
#define REQUESTS 10

#define LOG_A                 \
	"sigsum.org/v1/tree/" \
	"4d6d8825a6bb689d459628312889dfbb0bcd41b5211d9e1ce768b0ff0309e562"
#define LOG_A_KEY \
	"ffdc2d4d98e4124d3feaf788c0c2f9abfd796083d1f0495437f302ec79cf100f"
#define SUMDB "go.sum database tree"
#define SUMDB_KEY \
	"sum.golang.org+033de0ae+Ac4zctda0e5eza+HJyk9SxEdh+s3Ux18htTTAD8OuAn8"

/* The two logs of the transcripts; one's key has another name than it has. */
struct log {
	const char *origin;
	struct wb_vkey vkey;
	struct wb_head latest;
};

static void
find_logs(struct log logs[2])
{
	struct wb_error err = { 0 };
	struct wb_key key;

	logs[0].origin = LOG_A;
	assert_ok(wb_hex_parse(key.b, sizeof key.b, wb_span_text(LOG_A_KEY),
		      &err),
	    &err);
	assert_ok(wb_vkey_make(&logs[0].vkey, LOG_A, WB_NOTE_ED25519, &key,
		      &err),
	    &err);
	logs[1].origin = SUMDB;
	assert_ok(wb_vkey_parse(&logs[1].vkey, wb_span_text(SUMDB_KEY), &err),
	    &err);
	for (size_t i = 0; i < 2; i++) {
		logs[i].latest.size = 0;
		wb_merkle_root(&logs[i].latest.root, NULL, 0);
	}
}

static enum wb_witness_verdict
ask(struct log logs[2], struct wb_span body, uint64_t *latest)
{
	struct wb_add_checkpoint request;
	enum wb_witness_verdict verdict;
	struct wb_error err = { 0 };
	struct log *log = NULL;

	if (wb_add_checkpoint_parse(&request, body, &err) != WB_OK)
		return WB_WITNESS_MALFORMED;
	for (size_t i = 0; i < 2; i++)
		if (wb_span_equal(request.origin, wb_span_text(logs[i].origin)))
			log = &logs[i];
	if (log == NULL)
		return WB_WITNESS_UNKNOWN_LOG;
	verdict = wb_add_checkpoint_judge(&request, &log->vkey, &log->latest,
	    &err);
	if (verdict == WB_WITNESS_COSIGN)
		log->latest = request.head;
	*latest = log->latest.size;
	return verdict;
}

/* That witness said 403 of an unknown log; C2SP has said 404 since. */
static enum wb_witness_verdict
wanted(const json_t *test)
{
	if (strstr(vectors_text(test, "assert"), "unknown log") != NULL)
		return WB_WITNESS_UNKNOWN_LOG;
	return (enum wb_witness_verdict)json_integer_value(
	    json_object_get(test, "status"));
}

static void
requests_are_answered_as_another_witness_did(void **state)
{
	json_t *root = vectors_json(ARCHIVE, FILE_NAME);
	const json_t *all = json_object_get(root, "requests"), *test;
	enum wb_witness_verdict verdict;
	struct log logs[2];
	size_t i, conflicts = 0;
	uint64_t latest = 0;

	(void)state;
	find_logs(logs);
	json_array_foreach(all, i, test)
	{
		verdict = ask(logs, wb_span_text(vectors_text(test, "body")),
		    &latest);
		if (verdict != wanted(test))
			fail_msg("request %zu: %d, not %d", i, (int)verdict,
			    (int)wanted(test));
		if (verdict != WB_WITNESS_CONFLICT)
			continue;
		/* == "3\n" */
		assert_int_equal(latest,
		    strtoull(vectors_text(test, "assert") + 4, NULL, 10));
		conflicts++;
	}
	assert_int_equal(i, REQUESTS);
	assert_int_equal(conflicts, 2);
	assert_int_equal(logs[0].latest.size, 5);
	assert_int_equal(logs[1].latest.size, 35225469);
	json_decref(root);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(requests_are_answered_as_another_witness_did),
	};

	if (vectors_folder(ARCHIVE) == NULL)
		return VECTORS_SKIP;
	if (wb_crypto_start(NULL) != WB_OK)
		return 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
