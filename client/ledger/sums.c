#include "client/ledger/sums.h"

#include <stdlib.h>

#define HALF (INT64_C(1) << 32)

void
wb_sum_add(struct wb_sum *sum, uint64_t quantity)
{
	sum->high += (int64_t)(quantity >> 32);
	sum->low += (int64_t)(quantity & UINT32_MAX);
}

void
wb_sum_subtract(struct wb_sum *sum, uint64_t quantity)
{
	sum->high -= (int64_t)(quantity >> 32);
	sum->low -= (int64_t)(quantity & UINT32_MAX);
}

int64_t
wb_sum_value(bool *too_large, const struct wb_sum *sum)
{
	int64_t high = sum->high + sum->low / HALF;
	int64_t rest = sum->low % HALF;

	if (rest < 0) {
		rest += HALF;
		high--;
	}
	if (high >= INT32_MIN && high <= INT32_MAX)
		return high * HALF + rest;
	*too_large = true;
	return high < 0 ? INT64_MIN : INT64_MAX;
}

static int
compare_items(const void *a, const void *b)
{
	const struct wb_item *x = a, *y = b;
	int order = wb_span_compare(x->item, y->item);

	return order != 0 ? order : wb_span_compare(x->unit, y->unit);
}

static int
compare_rows(const void *a, const void *b)
{
	const struct wb_totals_row *x = a, *y = b;
	int order = wb_span_compare(x->group, y->group);

	if (order == 0)
		order = wb_span_compare(x->item, y->item);
	return order != 0 ? order : wb_span_compare(x->unit, y->unit);
}

void
wb_totals_sort(struct wb_totals_row *rows, size_t n)
{
	if (n > 0)
		qsort(rows, n, sizeof *rows, compare_rows);
}

void
wb_totals_categorise(struct wb_totals_row *rows, size_t n,
    const struct wb_catalogue *catalogue)
{
	if (catalogue->item_count == 0)
		return;
	for (size_t i = 0; i < n; i++) {
		struct wb_item key = { .item = rows[i].item,
			.unit = rows[i].unit };
		const struct wb_item *item = bsearch(&key, catalogue->items,
		    catalogue->item_count, sizeof key, compare_items);

		if (item != NULL)
			rows[i].group = item->category;
	}
	wb_totals_sort(rows, n);
}

void
wb_totals_json(struct wb_json *j, const struct wb_totals_row *row)
{
	wb_json_text(j, "item", row->item);
	wb_json_text(j, "unit", row->unit);
	wb_json_qty_sum(j, "received", row->received);
	wb_json_qty_sum(j, "delivered", row->delivered);
	wb_json_qty_sum(j, "lost", row->lost);
	wb_json_qty_sum(j, "returned", row->returned);
	wb_json_qty_sum(j, "voided", row->voided);
	wb_json_qty(j, "net", row->net);
	wb_json_uint(j, "records", row->records);
	if (row->too_large)
		wb_json_bool(j, "too_large", true);
}
