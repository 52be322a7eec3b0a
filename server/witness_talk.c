#include "server/witness_talk.h"

#include <inttypes.h>

#include "base/text.h"
#include "crypto/lines.h"

enum wb_status
wb_witness_request(struct wb_bytes *out, uint64_t old,
    const struct wb_proof *proof, struct wb_span note, struct wb_error *err)
{
	enum wb_status st = wb_bytes_printf(out, err, "old %" PRIu64 "\n", old);

	for (size_t i = 0; st == WB_OK && i < proof->count; i++)
		st = wb_hash_line(out, &proof->hashes[i], err);
	if (st == WB_OK)
		st = wb_bytes_append_text(out, "\n", err);
	return st == WB_OK ? wb_bytes_append(out, note, err) : st;
}

/* Is this line, below this note's text, a good cosignature? */
static bool
is_cosignature(struct wb_span line, struct wb_span text,
    const struct wb_vkey *vkey)
{
	const struct wb_note alone = { .text = text, .signatures = line };

	return wb_note_verify(&alone, vkey, NULL, NULL) == WB_OK;
}

/* Form first: a note of bad lines could not be served. */
struct wb_span
wb_witness_line(struct wb_span lines, struct wb_span note,
    const struct wb_vkey *vkey)
{
	struct wb_span none = { 0 }, line, text;
	struct wb_note parsed, whole;
	struct wb_bytes joined;
	enum wb_status st;

	if (wb_note_parse(&parsed, note, NULL) != WB_OK)
		return none;
	text = parsed.text;
	wb_bytes_init(&joined, WB_MAX_NOTE + WB_MAX_WITNESS_ANSWER);
	st = wb_bytes_append(&joined, note, NULL);
	if (st == WB_OK)
		st = wb_bytes_append(&joined, lines, NULL);
	if (st == WB_OK)
		st = wb_note_parse(&whole, wb_bytes_span(&joined), NULL);
	wb_bytes_clear(&joined);
	while (st == WB_OK && wb_line_take(&line, &lines)) {
		line.len++; /* its newline is a part of it */
		if (is_cosignature(line, text, vkey))
			return line;
	}
	return none;
}

static void
fail(struct wb_witness_answer *out, const char *why)
{
	out->word = WB_WITNESS_FAILS;
	out->why = why;
}

static void
read_size(struct wb_witness_answer *out, struct wb_span body)
{
	struct wb_span line;

	out->word = WB_WITNESS_HAS_SEEN;
	if (!wb_line_take(&line, &body) || body.len != 0 ||
	    wb_text_uint(&out->size, line, 0, INT64_MAX, NULL) != WB_OK)
		fail(out, "it says 409 and no size");
}

void
wb_witness_read(struct wb_witness_answer *out, long status, struct wb_span body,
    struct wb_span note, const struct wb_vkey *vkey)
{
	*out = (struct wb_witness_answer){ .word = WB_WITNESS_COSIGNS };
	switch (status) {
	case 200:
		out->line = wb_witness_line(body, note, vkey);
		if (out->line.len == 0)
			fail(out, "its answer has no valid cosignature by the "
				  "key that the policy names");
		break;
	case 400:
		fail(out, "it does not understand the request (400)");
		break;
	case 403:
		fail(out, "it does not accept this log's signature (403): it "
			  "knows the log's name with another key");
		break;
	case 404:
		fail(out, "it does not know this log (404): whoever runs it "
			  "must add the log's key");
		break;
	case 409:
		read_size(out, body);
		break;
	case 422:
		out->word = WB_WITNESS_DOUBTS_PROOF;
		break;
	default:
		fail(out, "it, or what stands before it, does not work");
		break;
	}
}
