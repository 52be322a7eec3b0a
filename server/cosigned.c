#include "server/cosigned.h"

#include <assert.h>
#include <string.h>

#include "server/witness_talk.h"

#define MAX_LINES ((size_t)WB_MAX_WITNESSES * WB_MAX_COSIGNATURE)

static uint32_t
bit(size_t i)
{
	return UINT32_C(1) << i;
}

static void
clear_head(struct wb_cosigned_head *h)
{
	wb_bytes_clear(&h->note);
	wb_bytes_clear(&h->lines);
	*h = (struct wb_cosigned_head){ 0 };
	wb_bytes_init(&h->note, WB_MAX_NOTE);
	wb_bytes_init(&h->lines, MAX_LINES);
}

void
wb_cosigned_reset(struct wb_cosigned *c, const struct wb_policy *policy)
{
	c->policy = *policy;
	for (size_t i = 0; i < WB_COSIGNED_HEADS; i++)
		clear_head(&c->heads[i]);
	for (size_t i = 0; i < WB_MAX_WITNESSES; i++) {
		wb_bytes_clear(&c->newest_lines[i]);
		wb_bytes_init(&c->newest_lines[i], WB_MAX_COSIGNATURE);
		c->newest[i] = (struct wb_store_cosignature){ 0 };
	}
	wb_bytes_clear(&c->note);
	wb_bytes_init(&c->note, WB_MAX_NOTE);
	c->witnessed = 0;
}

void
wb_cosigned_clear(struct wb_cosigned *c)
{
	static const struct wb_policy none;

	wb_cosigned_reset(c, &none);
}

/* Where the head of that size is, or WB_COSIGNED_HEADS. */
static size_t
find(const struct wb_cosigned *c, uint64_t size)
{
	size_t i = 0;

	while (i < WB_COSIGNED_HEADS && (size == 0 || c->heads[i].size != size))
		i++;
	return i;
}

/* The oldest that nobody is being asked for makes room: there is always one,
 * as each witness is asked for one head at a time. */
static enum wb_status
add_head(struct wb_cosigned_head **out, struct wb_cosigned *c, uint64_t size,
    struct wb_span note, struct wb_error *err)
{
	struct wb_cosigned_head *best = NULL;
	enum wb_status st;

	for (size_t i = 0; i < WB_COSIGNED_HEADS; i++) {
		struct wb_cosigned_head *h = &c->heads[i];

		if (h->flying == 0 && (best == NULL || h->size < best->size))
			best = h;
	}
	assert(best != NULL);
	clear_head(best);
	st = wb_bytes_append(&best->note, note, err);
	if (st != WB_OK)
		return st;
	best->size = size;
	*out = best;
	return WB_OK;
}

static unsigned
count_bits(uint32_t bits)
{
	unsigned n = 0;

	for (; bits != 0; bits &= bits - 1)
		n++;
	return n;
}

/* Nearer to a quorum; of equals the newer. */
static bool
is_better(const struct wb_cosigned_head *a, const struct wb_cosigned_head *b)
{
	unsigned x = count_bits(a->asked), y = count_bits(b->asked);

	return x != y ? x > y : a->size > b->size;
}

enum wb_status
wb_cosigned_ask(struct wb_cosigned_head **out, struct wb_cosigned *c, size_t i,
    uint64_t known, uint64_t size, struct wb_span note, struct wb_error *err)
{
	struct wb_cosigned_head *best = NULL;
	size_t same = find(c, size);
	enum wb_status st = WB_OK;

	for (size_t k = 0; k < WB_COSIGNED_HEADS; k++) {
		struct wb_cosigned_head *h = &c->heads[k];

		if (h->size > known && (h->asked & ~bit(i)) != 0 &&
		    (h->signed_by & bit(i)) == 0 &&
		    (best == NULL || is_better(h, best)))
			best = h;
	}
	if (best == NULL && same < WB_COSIGNED_HEADS)
		best = &c->heads[same];
	if (best == NULL)
		st = add_head(&best, c, size, note, err);
	if (st != WB_OK)
		return st;
	best->asked |= bit(i);
	best->flying |= bit(i);
	*out = best;
	return WB_OK;
}

static enum wb_status
keep_note(struct wb_cosigned *c, const struct wb_cosigned_head *h,
    struct wb_error *err)
{
	enum wb_status st;

	if (!wb_policy_has_quorum(&c->policy) || h->size < c->witnessed ||
	    !wb_policy_met(&c->policy, h->signed_by))
		return WB_OK;
	c->witnessed = 0;
	wb_bytes_reset(&c->note);
	st = wb_bytes_append(&c->note, wb_bytes_span(&h->note), err);
	if (st == WB_OK)
		st = wb_bytes_append(&c->note, wb_bytes_span(&h->lines), err);
	if (st == WB_OK)
		c->witnessed = h->size;
	else
		wb_bytes_reset(&c->note);
	return st;
}

static enum wb_status
keep_line(struct wb_cosigned *c, size_t i, uint64_t size, struct wb_span line,
    struct wb_error *err)
{
	struct wb_store_cosignature *newest = &c->newest[i];
	enum wb_status st;

	if (size < newest->size)
		return WB_OK;
	newest->size = 0;
	wb_bytes_reset(&c->newest_lines[i]);
	st = wb_bytes_append(&c->newest_lines[i], line, err);
	if (st != WB_OK)
		return st;
	memcpy(newest->witness, c->policy.witnesses[i].vkey.key.b,
	    sizeof newest->witness);
	newest->line = wb_bytes_span(&c->newest_lines[i]);
	newest->size = size;
	return WB_OK;
}

enum wb_status
wb_cosigned_answer(struct wb_cosigned *c, struct wb_cosigned_head *head,
    size_t i, struct wb_span line, struct wb_error *err)
{
	enum wb_status st = WB_OK;

	head->flying &= ~bit(i);
	if (line.len == 0) {
		if ((head->signed_by & bit(i)) == 0)
			head->asked &= ~bit(i);
		return WB_OK;
	}
	if (line.len > WB_MAX_COSIGNATURE)
		return wb_fail(err, WB_INVALID, "a cosignature is too long");
	if ((head->signed_by & bit(i)) == 0)
		st = wb_bytes_append(&head->lines, line, err);
	head->asked |= bit(i);
	head->signed_by |= bit(i);
	if (st == WB_OK)
		st = keep_line(c, i, head->size, line, err);
	return st == WB_OK ? keep_note(c, head, err) : st;
}

/* A note of before, if this policy too would have it for witnessed. */
static enum wb_status
recall_note(struct wb_cosigned *c, struct wb_span note, uint64_t size,
    struct wb_error *err)
{
	struct wb_note parsed;
	struct wb_head head;
	enum wb_status st;

	if (!wb_policy_has_quorum(&c->policy) ||
	    wb_checkpoint_open(&head, NULL, note, &c->policy.log, NULL) !=
		WB_OK ||
	    head.size > size || wb_note_parse(&parsed, note, NULL) != WB_OK ||
	    !wb_policy_met(&c->policy, wb_policy_cosigned(&c->policy, &parsed)))
		return WB_OK;
	st = wb_bytes_append(&c->note, note, err);
	if (st == WB_OK)
		c->witnessed = head.size;
	return st;
}

enum wb_status
wb_cosigned_recall(struct wb_cosigned *c, const struct wb_store_witnessed *kept,
    uint64_t size, struct wb_span note, struct wb_error *err)
{
	struct wb_cosigned_head *head = NULL;
	enum wb_status st = recall_note(c, kept->note, size, err);

	if (st == WB_OK)
		st = add_head(&head, c, size, note, err);
	for (size_t k = 0; st == WB_OK && k < kept->count; k++) {
		const struct wb_store_cosignature *old = &kept->lines[k];

		for (size_t i = 0; i < c->policy.witness_count; i++) {
			const struct wb_vkey *vkey =
			    &c->policy.witnesses[i].vkey;
			struct wb_span line;

			if (old->size != size ||
			    memcmp(vkey->key.b, old->witness,
				sizeof old->witness) != 0)
				continue;
			line = wb_witness_line(old->line, note, vkey);
			if (line.len != 0 && st == WB_OK)
				st = wb_cosigned_answer(c, head, i, line, err);
		}
	}
	return st;
}

bool
wb_cosigned_has(const struct wb_cosigned *c, size_t i, uint64_t size)
{
	size_t at = find(c, size);

	return at < WB_COSIGNED_HEADS && (c->heads[at].signed_by & bit(i)) != 0;
}

enum wb_status
wb_cosigned_lines(struct wb_bytes *out, const struct wb_cosigned *c,
    uint64_t size, struct wb_error *err)
{
	size_t at = find(c, size);

	if (at == WB_COSIGNED_HEADS)
		return WB_OK;
	return wb_bytes_append(out, wb_bytes_span(&c->heads[at].lines), err);
}

void
wb_cosigned_kept(struct wb_store_witnessed *out,
    struct wb_store_cosignature room[WB_MAX_WITNESSES],
    const struct wb_cosigned *c)
{
	*out = (struct wb_store_witnessed){ .lines = room,
		.note = wb_bytes_span(&c->note) };
	for (size_t i = 0; i < c->policy.witness_count; i++)
		if (c->newest[i].size != 0)
			room[out->count++] = c->newest[i];
}
