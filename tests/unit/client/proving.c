#include "client/bundle/proving.h"

#include "client/trust/trust.h"

#include "tests/unit/client/showkit.h"

static void
entry_leaf(struct fixture *f, struct wb_hash *out, uint64_t index)
{
	struct wb_span envelope;
	struct wb_stmt *s;
	bool row;

	assert_ok(wb_db_prepare(&s, f->coord.db,
		      "SELECT envelope FROM statement WHERE log_index = ?",
		      &f->err),
	    &f->err);
	wb_bind_int(s, 1, (int64_t)index);
	assert_ok(wb_step(s, &row, &f->err), &f->err);
	assert_true(row);
	envelope = wb_column_blob(s, 0);
	wb_leaf_hash(out, &envelope, 1);
	wb_stmt_done(s);
}

/* Each alone, and all at once, in logs of every shape. */
static void
every_entry_can_be_proven_in_logs_of_every_size(void **state)
{
	static struct wb_proof proofs[20];
	struct fixture *f = *state;
	uint64_t indices[20];

	for (uint64_t size = 1; size <= 18; size++) {
		struct wb_signature signature;
		struct wb_hash leaf;
		struct wb_head head;

		showkit_head(f);
		assert_ok(wb_trust_newest(&head, &signature, &f->coord,
			      &f->err),
		    &f->err);
		assert_int_equal(head.size, size);
		for (uint64_t i = 0; i < size; i++)
			indices[i] = i;
		assert_ok(wb_prove_entries(proofs, &f->coord, &head, indices,
			      (size_t)size, &f->err),
		    &f->err);
		for (uint64_t i = 0; i < size; i++) {
			entry_leaf(f, &leaf, i);
			assert_ok(wb_inclusion_verify(&leaf, i, size,
				      &proofs[i], &head.root, &f->err),
			    &f->err);
		}
		fixture_ack_id(f, &(struct wb_hash){ { (uint8_t)size } },
		    WB_OUTCOME_OPENED);
	}
}

int
main(void)
{
#define TEST(name) \
	cmocka_unit_test_setup_teardown(name, showkit_setup, showkit_teardown)
	const struct CMUnitTest tests[] = {
		TEST(every_entry_can_be_proven_in_logs_of_every_size),
	};
#undef TEST

	return cmocka_run_group_tests(tests, NULL, NULL);
}
