/* Log heads: the second half of note.h. */
#include <assert.h>
#include <inttypes.h>
#include <string.h>

#include "base/text.h"
#include "crypto/lines.h"
#include "crypto/note.h"

#define MAX_SIZE INT64_MAX /* what a database column holds */

enum wb_status
wb_checkpoint_format(struct wb_bytes *out, const char *origin,
    const struct wb_head *head, struct wb_error *err)
{
	enum wb_status st;

	st = wb_bytes_printf(out, err, "%s\n%" PRIu64 "\n", origin, head->size);
	return st != WB_OK ? st : wb_hash_line(out, &head->root, err);
}

static bool
read_head(struct wb_head *head, struct wb_span *origin, struct wb_span text)
{
	struct wb_span line;

	if (!wb_line_take(origin, &text) || origin->len == 0 ||
	    !wb_line_take(&line, &text) ||
	    wb_text_uint(&head->size, line, 0, MAX_SIZE, NULL) != WB_OK ||
	    !wb_line_take(&line, &text) || !wb_hash_parse(&head->root, line))
		return false;
	while (wb_line_take(&line, &text))
		if (line.len == 0)
			return false;
	return text.len == 0;
}

enum wb_status
wb_checkpoint_parse(struct wb_head *out, struct wb_span text,
    const char *origin, struct wb_error *err)
{
	struct wb_span name;
	struct wb_head head;

	if (!read_head(&head, &name, text))
		return wb_fail(err, WB_INVALID, "a checkpoint is malformed");
	if (origin != NULL && !wb_span_equal(name, wb_span_text(origin)))
		return wb_fail(err, WB_INVALID,
		    "a checkpoint is of another log than '%s'", origin);
	*out = head;
	return WB_OK;
}

/* The log's 64 bytes, of a note that is verified. */
static enum wb_status
copy_signature(struct wb_signature *out, const struct wb_note *note,
    const struct wb_vkey *vkey, struct wb_error *err)
{
	struct wb_bytes b;
	enum wb_status st;

	wb_bytes_init(&b, WB_MAX_NOTE);
	st = wb_note_find(&b, note, vkey, err);
	if (st == WB_OK) {
		assert(b.len == WB_SIGNATURE_LEN);
		memcpy(out->b, b.data, WB_SIGNATURE_LEN);
	}
	wb_bytes_clear(&b);
	return st;
}

enum wb_status
wb_checkpoint_open(struct wb_head *out, struct wb_signature *signature,
    struct wb_span note, const struct wb_vkey *vkey, struct wb_error *err)
{
	struct wb_head head;
	struct wb_note n;
	enum wb_status st;

	if (vkey->type != WB_NOTE_ED25519)
		return wb_fail(err, WB_INVALID,
		    "'%s' is a witness's key, not a log's", vkey->name);
	st = wb_note_parse(&n, note, err);
	if (st == WB_OK)
		st = wb_note_verify(&n, vkey, NULL, err);
	if (st == WB_OK)
		st = wb_checkpoint_parse(&head, n.text, vkey->name, err);
	if (st == WB_OK && signature != NULL)
		st = copy_signature(signature, &n, vkey, err);
	if (st == WB_OK)
		*out = head;
	return st;
}

enum wb_status
wb_checkpoint_seal(struct wb_bytes *out, const struct wb_head *head,
    const struct wb_vkey *vkey, const struct wb_signer *signer,
    struct wb_error *err)
{
	struct wb_bytes text;
	enum wb_status st;

	wb_bytes_init(&text, WB_MAX_NOTE);
	st = wb_checkpoint_format(&text, vkey->name, head, err);
	if (st == WB_OK)
		st = wb_bytes_append(out, wb_bytes_span(&text), err);
	if (st == WB_OK)
		st = wb_bytes_append_text(out, "\n", err);
	if (st == WB_OK)
		st = wb_note_sign(out, wb_bytes_span(&text), vkey, signer, err);
	wb_bytes_clear(&text);
	return st;
}

enum wb_status
wb_checkpoint_join(struct wb_bytes *out, const struct wb_head *head,
    const struct wb_signature *signature, const struct wb_vkey *vkey,
    struct wb_error *err)
{
	enum wb_status st;

	st = wb_checkpoint_format(out, vkey->name, head, err);
	if (st == WB_OK)
		st = wb_bytes_append_text(out, "\n", err);
	return st == WB_OK ? wb_note_line(out, vkey, signature, err) : st;
}

bool
wb_checkpoint_split(struct wb_head *head, struct wb_signature *signature,
    struct wb_span note, const struct wb_vkey *vkey)
{
	struct wb_bytes again;
	struct wb_note n;
	enum wb_status st;
	bool same = false;

	wb_bytes_init(&again, WB_MAX_NOTE);
	st = wb_note_parse(&n, note, NULL);
	if (st == WB_OK)
		st = wb_checkpoint_parse(head, n.text, vkey->name, NULL);
	if (st == WB_OK)
		st = copy_signature(signature, &n, vkey, NULL);
	if (st == WB_OK)
		st = wb_checkpoint_join(&again, head, signature, vkey, NULL);
	if (st == WB_OK)
		same = wb_span_equal(wb_bytes_span(&again), note);
	wb_bytes_clear(&again);
	return same;
}
