#include "crypto/tlogproof.h"

#include <inttypes.h>

#include "base/text.h"
#include "crypto/lines.h"
#include "crypto/text.h"

static const char magic[] = "c2sp.org/tlog-proof@v1";
static const char extra_word[] = "extra ";
static const char index_word[] = "index ";

enum wb_status
wb_tlog_proof_format(struct wb_bytes *out, uint64_t index,
    const struct wb_proof *proof, struct wb_span checkpoint,
    struct wb_error *err)
{
	enum wb_status st;

	st = wb_bytes_printf(out, err, "%s\n%s%" PRIu64 "\n", magic, index_word,
	    index);
	for (size_t i = 0; st == WB_OK && i < proof->count; i++)
		st = wb_hash_line(out, &proof->hashes[i], err);
	if (st == WB_OK)
		st = wb_bytes_append_text(out, "\n", err);
	if (st == WB_OK)
		st = wb_bytes_append(out, checkpoint, err);
	return st;
}

/* Strips `word` from the front of `line`, if it is there. */
static bool
strip(struct wb_span *line, const char *word)
{
	const struct wb_span w = wb_span_text(word);

	if (!wb_span_equal(wb_span_sub(*line, 0, w.len), w))
		return false;
	*line = wb_span_sub(*line, w.len, line->len);
	return true;
}

static bool
is_base64(struct wb_span text)
{
	size_t len;

	return wb_base64_size(&len, text) && len > 0;
}

static bool
read_lines(struct wb_tlog_proof *p, struct wb_span text)
{
	struct wb_span line;

	if (!wb_line_take(&line, &text) ||
	    !wb_span_equal(line, wb_span_text(magic)) ||
	    !wb_line_take(&line, &text))
		return false;
	if (strip(&line, extra_word) &&
	    (!is_base64(line) || !wb_line_take(&line, &text)))
		return false;
	if (!strip(&line, index_word) ||
	    wb_text_uint(&p->index, line, 0, INT64_MAX, NULL) != WB_OK)
		return false;
	for (p->proof.count = 0;; p->proof.count++) {
		if (!wb_line_take(&line, &text))
			return false;
		if (line.len == 0)
			break;
		if (p->proof.count == WB_MAX_PROOF ||
		    !wb_hash_parse(&p->proof.hashes[p->proof.count], line))
			return false;
	}
	p->checkpoint = text;
	return text.len > 0;
}

enum wb_status
wb_tlog_proof_parse(struct wb_tlog_proof *out, struct wb_span text,
    struct wb_error *err)
{
	if (text.len > WB_MAX_TLOG_PROOF || !read_lines(out, text))
		return wb_fail(err, WB_INVALID, "a receipt is malformed");
	return WB_OK;
}

enum wb_status
wb_tlog_proof_verify(uint64_t *index, struct wb_head *head, struct wb_span text,
    const struct wb_hash *leaf, const struct wb_vkey *log, struct wb_error *err)
{
	struct wb_tlog_proof p;
	struct wb_head h;
	enum wb_status st;

	st = wb_tlog_proof_parse(&p, text, err);
	if (st != WB_OK)
		return st;
	st = wb_checkpoint_open(&h, NULL, p.checkpoint, log, err);
	if (st != WB_OK)
		return st;
	st = wb_inclusion_verify(leaf, p.index, h.size, &p.proof, &h.root, err);
	if (st != WB_OK)
		return st;
	if (index != NULL)
		*index = p.index;
	if (head != NULL)
		*head = h;
	return WB_OK;
}
