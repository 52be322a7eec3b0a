#include "server/tree.h"

#include <stdio.h>

#include "server/ids.h"

#include "tests/unit/check.h"
#include "tests/unit/tempdir.h"

struct fixture {
	struct check_dir dir;
	char where[CHECK_PATH_SIZE + 8];
	struct wb_store *store;
	struct wb_tree *tree;
	struct wb_error err;
};

static int
set_up(void **state)
{
	static struct fixture f;

	f = (struct fixture){ 0 };
	check_dir_make(&f.dir);
	(void)snprintf(f.where, sizeof f.where, "sqlite:%s",
	    check_path(&f.dir, "store.db"));
	assert_ok(wb_store_open(&f.store, f.where, WB_STORE_CREATE, &f.err),
	    &f.err);
	assert_ok(wb_tree_new(&f.tree, &f.err), &f.err);
	*state = &f;
	return 0;
}

static int
tear_down(void **state)
{
	struct fixture *f = *state;

	wb_tree_free(&f->tree);
	wb_store_close(&f->store);
	check_dir_remove(&f->dir);
	return 0;
}

static void
leaf_of(struct wb_hash *out, uint64_t i)
{
	uint8_t number[8];

	wb_put_be64(number, i);
	wb_sha256_one(out, wb_span(number, sizeof number));
}

/* Adds leaves up to `size` and stores their tiles, group by group. */
static void
grow_to(struct fixture *f, uint64_t size)
{
	struct wb_store_tile tiles[WB_TREE_MAX_CHANGED];
	struct wb_store_group group;
	struct wb_head head;
	struct wb_hash leaf;

	wb_tree_head(&head, f->tree);
	for (uint64_t i = head.size; i < size; i++) {
		leaf_of(&leaf, i);
		wb_tree_add(f->tree, &leaf);
		if ((i + 1 - head.size) % 1000 != 0 && i + 1 < size)
			continue;
		group = (struct wb_store_group){ .tiles = tiles };
		group.tile_count = wb_tree_changed(tiles, f->tree);
		wb_tree_head(&group.head, f->tree);
		assert_ok(wb_store_commit(f->store, &group, &f->err), &f->err);
		wb_tree_committed(f->tree);
	}
}

static void
check_inclusion(struct fixture *f, uint64_t i, const struct wb_head *head)
{
	struct wb_proof proof;
	struct wb_hash leaf;

	leaf_of(&leaf, i);
	assert_ok(wb_tree_include(&proof, f->tree, f->store, i, head->size,
		      &f->err),
	    &f->err);
	assert_ok(wb_inclusion_verify(&leaf, i, head->size, &proof, &head->root,
		      &f->err),
	    &f->err);
}

static void
proves_every_index_of_every_size(void **state)
{
	static const uint64_t sizes[] = { 1, 2, 3, 255, 256, 257, 511, 512, 513,
		1000, 66000 };
	struct fixture *f = *state;
	struct wb_head heads[sizeof sizes / sizeof sizes[0]];
	struct wb_proof proof;

	for (size_t n = 0; n < sizeof sizes / sizeof sizes[0]; n++) {
		struct wb_head *head = &heads[n];
		uint64_t step = sizes[n] > 2000 ? 61 : 1;

		grow_to(f, sizes[n]);
		wb_tree_head(head, f->tree);
		assert_int_equal(head->size, sizes[n]);
		for (uint64_t i = 0; i < sizes[n]; i += step)
			check_inclusion(f, i, head);
		check_inclusion(f, sizes[n] - 1, head);
		for (size_t m = 0; m <= n; m++) {
			assert_ok(wb_tree_extend(&proof, f->tree, f->store,
				      sizes[m], sizes[n], &f->err),
			    &f->err);
			assert_ok(wb_consistency_verify(sizes[m],
				      &heads[m].root, sizes[n], &head->root,
				      &proof, &f->err),
			    &f->err);
		}
	}
}

static void
proves_the_same_after_loading(void **state)
{
	static const uint64_t sizes[] = { 1, 255, 256, 257, 65536, 65537 };
	struct fixture *f = *state;
	struct wb_head head, loaded;

	for (size_t n = 0; n < sizeof sizes / sizeof sizes[0]; n++) {
		grow_to(f, sizes[n]);
		wb_tree_head(&head, f->tree);
		wb_tree_free(&f->tree);
		assert_ok(wb_tree_new(&f->tree, &f->err), &f->err);
		assert_ok(wb_tree_load(f->tree, f->store, &head, &f->err),
		    &f->err);
		wb_tree_head(&loaded, f->tree);
		assert_true(wb_hash_equal(&loaded.root, &head.root));
		for (uint64_t i = 0; i < sizes[n]; i += 1 + sizes[n] / 300)
			check_inclusion(f, i, &head);
	}
}

static void
forgets_leaves_that_were_not_committed(void **state)
{
	struct fixture *f = *state;
	struct wb_head before, after;
	struct wb_hash leaf;

	grow_to(f, 300);
	wb_tree_head(&before, f->tree);
	leaf_of(&leaf, 99999);
	for (int i = 0; i < 700; i++)
		wb_tree_add(f->tree, &leaf);
	assert_ok(wb_tree_load(f->tree, f->store, &before, &f->err), &f->err);
	wb_tree_head(&after, f->tree);
	assert_true(wb_hash_equal(&before.root, &after.root));
	grow_to(f, 900);
	wb_tree_head(&after, f->tree);
	for (uint64_t i = 0; i < 900; i++)
		check_inclusion(f, i, &after);
}

static void
refuses_tiles_that_do_not_lead_to_the_head(void **state)
{
	struct fixture *f = *state;
	struct wb_head head;

	grow_to(f, 300);
	wb_tree_head(&head, f->tree);
	head.root.b[0] ^= 1;
	assert_status(WB_FORGED,
	    wb_tree_load(f->tree, f->store, &head, &f->err), &f->err);
	head.size = 1000;
	assert_status(WB_STORAGE,
	    wb_tree_load(f->tree, f->store, &head, &f->err), &f->err);
}

static void
finds_ids_and_takes_additions_back(void **state)
{
	const uint64_t n = 5000;
	static size_t places[100];
	struct fixture *f = *state;
	struct wb_ids ids;
	uint64_t value;
	size_t at;

	wb_ids_init(&ids, 12345);
	for (uint64_t i = 0; i < n; i++) {
		struct wb_hash id;

		leaf_of(&id, i);
		assert_ok(wb_ids_reserve(&ids, 1, &f->err), &f->err);
		(void)wb_ids_add(&ids, wb_ids_tag(&id), i);
	}
	assert_ok(wb_ids_reserve(&ids, 100, &f->err), &f->err);
	for (uint64_t i = 0; i < 100; i++) {
		struct wb_hash id;

		leaf_of(&id, n + i);
		places[i] = wb_ids_add(&ids, wb_ids_tag(&id), n + i);
	}
	for (size_t i = 100; i > 0; i--)
		wb_ids_undo(&ids, places[i - 1]);
	for (uint64_t i = 0; i < n + 100; i++) {
		struct wb_hash id;
		bool found = false;

		leaf_of(&id, i);
		at = 0;
		while (wb_ids_next(&ids, wb_ids_tag(&id), &at, &value))
			found |= value == i;
		assert_int_equal(found, i < n);
	}
	wb_ids_clear(&ids);
	at = 0;
	assert_false(wb_ids_next(&ids, 1, &at, &value));
}

int
main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		T(proves_every_index_of_every_size),
		T(proves_the_same_after_loading),
		T(forgets_leaves_that_were_not_committed),
		T(refuses_tiles_that_do_not_lead_to_the_head),
		T(finds_ids_and_takes_additions_back),
	};
#undef T

	return cmocka_run_group_tests(tests, NULL, NULL);
}
