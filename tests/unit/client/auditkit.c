#include "tests/unit/client/auditkit.h"

#include "client/audit/audit_threads.h"

void
kit_story(struct kit *k)
{
	kit_begin(k);
	kit_log_batch(k, KIT_K1, KIT_CONTENT);
	kit_log_batch(k, KIT_K2, KIT_CONTENT);
	kit_log_batch(k, KIT_K1, KIT_CONTENT);
	kit_log_ack(k, KIT_C1, &k->entries[1].id, WB_OUTCOME_OPENED);
}

static void
assert_same_spans(const struct wb_span *a, size_t n, const struct wb_span *b,
    size_t m)
{
	assert_int_equal(n, m);
	for (size_t i = 0; i < n; i++)
		assert_true(wb_span_equal(a[i], b[i]));
}

static void
assert_same(const struct wb_audit *a, const struct wb_audit *b)
{
	assert_int_equal(a->result, b->result);
	assert_int_equal(a->entries, b->entries);
	assert_int_equal(a->batches, b->batches);
	assert_int_equal(a->contents, b->contents);
	assert_int_equal(a->problem_total, b->problem_total);
	assert_int_equal(a->problem_count, b->problem_count);
	for (size_t i = 0; i < a->problem_count; i++) {
		const struct wb_audit_problem *p = &a->problems[i];
		const struct wb_audit_problem *q = &b->problems[i];

		assert_string_equal(p->id, q->id);
		assert_true(wb_span_equal(p->device, q->device));
		assert_int_equal(p->first, q->first);
		assert_int_equal(p->last, q->last);
		assert_true(wb_span_equal(p->text, q->text));
	}
	assert_same_spans(a->unchecked, a->unchecked_count, b->unchecked,
	    b->unchecked_count);
	assert_same_spans(a->notes, a->note_count, b->notes, b->note_count);
}

void
kit_audit(struct wb_audit *out, struct kit *k, const struct wb_bytes *bundle)
{
	const struct wb_audit_options ways[] = {
		{ .programme = &k->programme },
		{ .programme = &k->programme,
		    .read = wb_read_on_threads,
		    .threads = 3 },
		{ .programme = &k->programme, .window = 1 },
	};
	struct wb_audit other;

	assert_ok(wb_audit_bytes(out, wb_bytes_span(bundle), &ways[0], &k->err),
	    &k->err);
	for (size_t i = 1; i < sizeof ways / sizeof ways[0]; i++) {
		assert_ok(wb_audit_bytes(&other, wb_bytes_span(bundle),
			      &ways[i], &k->err),
		    &k->err);
		assert_same(out, &other);
		wb_audit_clear(&other);
	}
}

void
kit_show(const struct wb_audit *a)
{
	for (size_t i = 0; i < a->problem_count; i++)
		print_error("%s: %s\n", a->problems[i].id,
		    (const char *)a->problems[i].text.data);
	for (size_t i = 0; i < a->unchecked_count; i++)
		print_error("unchecked: %s\n",
		    (const char *)a->unchecked[i].data);
}

void
kit_expect(struct wb_audit *a, enum wb_verdict_result result)
{
	if (a->result != result)
		kit_show(a);
	assert_int_equal(a->result, result);
}
