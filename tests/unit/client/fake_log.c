#include "tests/unit/client/fake_log.h"

#include <stdlib.h>

#define MAX_ENTRY ((size_t)4 << 20) /* bytes */

struct fake_log *
fake_log_new(struct wb_signer *signer, const struct wb_vkey *vkey)
{
	struct fake_log *log = calloc(1, sizeof *log);

	assert_non_null(log);
	log->signer = signer;
	log->vkey = *vkey;
	return log;
}

void
fake_log_free(struct fake_log **log)
{
	if (*log == NULL)
		return;
	fake_log_cut(*log, 0);
	free(*log);
	*log = NULL;
}

struct fake_log *
fake_log_copy(const struct fake_log *log, uint64_t size)
{
	struct fake_log *copy = fake_log_new(log->signer, &log->vkey);

	for (uint64_t i = 0; i < size; i++)
		(void)fake_log_add(copy,
		    wb_bytes_span(&log->entries[i].envelope),
		    wb_bytes_span(&log->entries[i].content));
	return copy;
}

struct fake_log *
fake_log_of(struct wb_device *device, struct wb_signer *signer)
{
	struct fake_log *log = fake_log_new(signer, &device->log);
	struct wb_stmt *q;
	bool row;

	assert_ok(wb_db_prepare(&q, device->db,
		      "SELECT envelope FROM statement"
		      " WHERE log_index IS NOT NULL ORDER BY log_index",
		      &log->err),
	    &log->err);
	assert_ok(wb_step(q, &row, &log->err), &log->err);
	while (row) {
		(void)fake_log_add(log, wb_column_blob(q, 0), wb_span(NULL, 0));
		assert_ok(wb_step(q, &row, &log->err), &log->err);
	}
	return log;
}

uint64_t
fake_log_add(struct fake_log *log, struct wb_span envelope,
    struct wb_span content)
{
	struct fake_entry *e = &log->entries[log->size];

	assert_true(log->size < FAKE_LOG_MAX);
	wb_bytes_init(&e->envelope, MAX_ENTRY);
	wb_bytes_init(&e->content, MAX_ENTRY);
	assert_ok(wb_bytes_append(&e->envelope, envelope, &log->err),
	    &log->err);
	assert_ok(wb_bytes_append(&e->content, content, &log->err), &log->err);
	wb_leaf_hash(&log->leaves[log->size], &envelope, 1);
	return log->size++;
}

void
fake_log_cut(struct fake_log *log, uint64_t size)
{
	while (log->size > size) {
		log->size--;
		wb_bytes_clear(&log->entries[log->size].envelope);
		wb_bytes_clear(&log->entries[log->size].content);
	}
}

void
fake_log_head(struct wb_head *out, struct fake_log *log, uint64_t size)
{
	assert_true(size <= log->size);
	out->size = size;
	wb_merkle_root(&out->root, log->leaves, size);
}

void
fake_log_checkpoint(struct wb_bytes *out, struct fake_log *log, uint64_t size)
{
	struct wb_head head;

	fake_log_head(&head, log, size);
	wb_bytes_reset(out);
	assert_ok(wb_checkpoint_seal(out, &head, &log->vkey, log->signer,
		      &log->err),
	    &log->err);
}

static enum wb_status
get_node(void *ctx, struct wb_hash *out, unsigned level, uint64_t index,
    struct wb_error *err)
{
	struct fake_log *log = ctx;

	(void)err;
	wb_merkle_root(out, &log->leaves[index << level], (size_t)1 << level);
	return WB_OK;
}

void
fake_log_include(struct wb_proof *out, struct fake_log *log, uint64_t index,
    uint64_t size)
{
	struct wb_nodes nodes = { get_node, log };

	assert_ok(wb_inclusion_prove(out, index, size, nodes, &log->err),
	    &log->err);
}

void
fake_log_known(struct wb_known_nodes *out, struct fake_log *log, uint64_t index,
    uint64_t size)
{
	struct wb_proof proof;

	fake_log_include(&proof, log, index, size);
	assert_ok(wb_inclusion_known(out, &log->leaves[index], index, size,
		      &proof, &log->err),
	    &log->err);
}

void
fake_log_consist(struct wb_proof *out, struct fake_log *log, uint64_t size1,
    uint64_t size2)
{
	struct wb_nodes nodes = { get_node, log };

	out->count = 0;
	if (size1 == 0 || size1 >= size2)
		return;
	assert_ok(wb_consistency_prove(out, size1, size2, nodes, &log->err),
	    &log->err);
}

void
fake_log_entry(struct wb_entry *out, struct fake_log *log, uint64_t index,
    uint64_t size)
{
	out->index = index;
	out->envelope = wb_bytes_span(&log->entries[index].envelope);
	out->content = wb_bytes_span(&log->entries[index].content);
	fake_log_include(&out->proof, log, index, size);
}
