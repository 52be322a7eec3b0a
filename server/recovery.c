#include "server/recovery.h"

#include <stdlib.h>
#include <string.h>

#include "crypto/merkle.h"
#include "proto/content_ref.h"
#include "server/unpack.h"

/* A bundle on its way through. */
struct taking {
	struct wb_recovery *r;
	struct wb_head head; /* the newest met; size 0: none yet */
	struct wb_head whole; /* what all entries without proofs lead to */
	struct wb_frontier frontier; /* of those */
	uint64_t last; /* index of the entry met last */
	bool has_last;
};

void
wb_recovery_init(struct wb_recovery *r, const struct wb_vkey *log,
    uint64_t from)
{
	*r = (struct wb_recovery){ .log = log, .from = from };
}

void
wb_recovery_clear(struct wb_recovery *r)
{
	free(r->entries);
	free(r->heads);
	*r = (struct wb_recovery){ 0 };
}

/* Room for `n` of `size` bytes each, zeroed. */
static enum wb_status
make_room(void **array, size_t *room, size_t n, size_t size,
    struct wb_error *err)
{
	size_t more = n < 64 ? 64 : n + n / 2;
	uint8_t *bigger;

	if (n <= *room)
		return WB_OK;
	bigger = more < SIZE_MAX / size ? realloc(*array, more * size) : NULL;
	if (bigger == NULL)
		return wb_fail(err, WB_NO_MEMORY, "out of memory");
	memset(bigger + *room * size, 0, (more - *room) * size);
	*array = bigger;
	*room = more;
	return WB_OK;
}

enum wb_status
wb_recovery_head(struct wb_recovery *r, const struct wb_head *head,
    struct wb_error *err)
{
	void *heads = r->heads;
	enum wb_status st;

	for (size_t i = 0; i < r->head_count; i++) {
		if (r->heads[i].size != head->size)
			continue;
		if (wb_hash_equal(&r->heads[i].root, &head->root))
			return WB_OK;
		return wb_advise(err,
		    wb_fail(err, WB_FORGED,
			"two heads of %llu entries were signed with the log's "
			"key, and they differ: the log was forked",
			(unsigned long long)head->size),
		    "log-fork",
		    "Keep all bundles: they prove it. Tell the coordinators.");
	}
	st = make_room(&heads, &r->head_room, r->head_count + 1,
	    sizeof *r->heads, err);
	r->heads = heads;
	if (st == WB_OK)
		r->heads[r->head_count++] = *head;
	return st;
}

static enum wb_status
take_checkpoint(struct taking *t, struct wb_span note, struct wb_error *err)
{
	enum wb_status st = wb_checkpoint_open(&t->head, NULL, note, t->r->log,
	    err);

	if (st == WB_OK)
		return wb_recovery_head(t->r, &t->head, err);
	return wb_advise(err,
	    wb_context(err, WB_FORGED, "a head in it is not this log's"),
	    "not-this-log", "Is it a bundle of this programme?");
}

static enum wb_status
altered(struct wb_error *err)
{
	return wb_advise(err,
	    wb_fail(err, WB_FORGED,
		"its entries do not lead to the head that the log signed"),
	    "entries-altered", "Ask for a bundle of another member.");
}

/* Under a head by its own proof; else one more of all from the first on. */
static enum wb_status
check_entry(struct taking *t, const struct wb_entry *e, struct wb_error *err)
{
	struct wb_hash leaf;

	wb_leaf_hash(&leaf, &e->envelope, 1);
	if (e->proof.count > 0) {
		return wb_inclusion_verify(&leaf, e->index, t->head.size,
			   &e->proof, &t->head.root, NULL) == WB_OK
			   ? WB_OK
			   : altered(err);
	}
	if (e->index != t->frontier.size)
		return altered(err);
	if (t->frontier.size == 0)
		t->whole = t->head;
	wb_frontier_add(&t->frontier, &leaf, NULL, NULL);
	return WB_OK;
}

/* A content that is not the one named is left: another bundle may have it. */
static bool
is_content_of(struct wb_span envelope, struct wb_span file)
{
	struct wb_content_ref ref;
	struct wb_envelope e;
	struct wb_arena arena;
	bool fits;

	wb_arena_init(&arena, WB_ARENA_BUDGET);
	fits = wb_envelope_decode(&e, &arena, envelope, NULL) == WB_OK &&
	       wb_content_ref_read(&ref, &arena, &e, NULL) == WB_OK &&
	       wb_content_ref_fits(&ref, file);
	wb_arena_clear(&arena);
	return fits;
}

static void
take_content(struct taking *t, struct wb_span file)
{
	struct wb_recovery *r = t->r;
	struct wb_upload *upload;

	if (!t->has_last || t->last < r->from || file.len == 0)
		return;
	upload = &r->entries[t->last - r->from];
	if (upload->content.len == 0 && is_content_of(upload->envelope, file))
		upload->content = file;
}

static enum wb_status
take_entry(struct taking *t, const struct wb_entry *e, struct wb_error *err)
{
	struct wb_recovery *r = t->r;
	enum wb_status st = check_entry(t, e, err);
	void *entries = r->entries;
	size_t at;

	t->last = e->index;
	t->has_last = st == WB_OK;
	if (st != WB_OK || e->index < r->from)
		return st;
	at = (size_t)(e->index - r->from);
	st = make_room(&entries, &r->room, at + 1, sizeof *r->entries, err);
	r->entries = entries;
	if (st != WB_OK)
		return st;
	if (at >= r->count)
		r->count = at + 1;
	r->entries[at].envelope = e->envelope;
	take_content(t, e->content);
	return WB_OK;
}

static enum wb_status
take_item(void *ctx, const struct wb_bundle_item *item, struct wb_error *err)
{
	struct taking *t = ctx;

	if (item->kind == WB_BUNDLE_CHECKPOINT)
		return take_checkpoint(t, item->bytes, err);
	if (item->kind == WB_BUNDLE_ENTRY)
		return take_entry(t, &item->entry, err);
	if (item->kind == WB_BUNDLE_CONTENT)
		take_content(t, item->bytes);
	return WB_OK;
}

enum wb_status
wb_recovery_take(struct wb_recovery *r, struct wb_span bundle,
    struct wb_error *err)
{
	struct taking t = { .r = r };
	struct wb_hash root;
	enum wb_status st = wb_unpack_each(bundle, take_item, &t, err);

	if (st != WB_OK || t.frontier.size == 0)
		return st;
	wb_frontier_root(&t.frontier, &root);
	if (t.frontier.size != t.whole.size ||
	    !wb_hash_equal(&root, &t.whole.root))
		return altered(err);
	return WB_OK;
}

uint64_t
wb_recovery_size(const struct wb_recovery *r)
{
	uint64_t size = 0;

	for (size_t i = 0; i < r->head_count; i++)
		if (r->heads[i].size > size)
			size = r->heads[i].size;
	return size;
}
