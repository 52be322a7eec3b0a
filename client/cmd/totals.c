#include "client/journal/totals.h"

#include <inttypes.h>

#include "base/text.h"
#include "client/cmd/commands.h"
#include "client/cmd/saving.h"
#include "client/cmd/sync_line.h"
#include "client/cmd/table.h"

#define COLUMNS 9

static const struct wb_table_column columns[COLUMNS] = {
	{ "Item", false },
	{ "Unit", false },
	{ "Delivered", true },
	{ "Voided", true },
	{ "Net", true },
	{ "Received", true },
	{ "Lost", true },
	{ "Returned", true },
	{ "Records", true },
};

/* Also the names of the groups' members in JSON. */
static const char *const by_names[] = {
	[WB_BY_ITEM] = "item",
	[WB_BY_CATEGORY] = "category",
	[WB_BY_PLACE] = "place",
	[WB_BY_DAY] = "day",
	[WB_BY_WEEK] = "week",
	[WB_BY_MONTH] = "month",
	[WB_BY_DEVICE] = "device",
};

static enum wb_status
read_by(enum wb_totals_by *out, struct wb_cmd *cmd, struct wb_error *err)
{
	struct wb_span by = wb_cmd_option(cmd, "by");

	*out = WB_BY_ITEM;
	if (!wb_args_has(cmd->args, "by"))
		return WB_OK;
	for (size_t i = 0; i < sizeof by_names / sizeof by_names[0]; i++) {
		if (wb_span_equal(by, wb_span_text(by_names[i]))) {
			*out = (enum wb_totals_by)i;
			return WB_OK;
		}
	}
	return wb_fail(err, WB_USAGE,
	    "--by: item, category, place, day, week, month or device");
}

static enum wb_status
read_bound(int64_t *out, struct wb_cmd *cmd, const char *option,
    struct wb_error *err)
{
	enum wb_status st;
	uint32_t day = 0;

	if (!wb_args_has(cmd->args, option))
		return WB_OK;
	st = wb_cmd_day(&day, option, wb_cmd_option(cmd, option), err);
	if (st == WB_OK)
		*out = day;
	return st;
}

static enum wb_status
read_query(struct wb_totals_query *out, struct wb_cmd *cmd,
    struct wb_error *err)
{
	enum wb_status st;

	*out = (struct wb_totals_query){ .from_day = INT64_MIN,
		.to_day = INT64_MAX };
	st = read_by(&out->by, cmd, err);
	if (st == WB_OK)
		st = read_bound(&out->from_day, cmd, "from", err);
	if (st == WB_OK)
		st = read_bound(&out->to_day, cmd, "to", err);
	if (st == WB_OK && out->from_day > out->to_day)
		st = wb_fail(err, WB_USAGE, "--from is after --to");
	return st;
}

/* ---- JSON */

static void
put_row(struct wb_json *j, enum wb_totals_by by,
    const struct wb_totals_row *row)
{
	wb_json_object(j, NULL);
	if (by != WB_BY_ITEM)
		wb_json_text(j, by_names[by], row->group);
	wb_totals_json(j, row);
	wb_json_close(j);
}

static void
put_device(struct wb_json *j, const struct wb_covered_device *d)
{
	char when[WB_TIME_TEXT];

	wb_json_object(j, NULL);
	wb_json_text(j, "label", d->label);
	wb_json_uint(j, "batches", d->batches);
	wb_json_uint(j, "forked", d->forked);
	wb_json_array(j, "missing");
	for (size_t i = 0; i < d->missing_count; i++) {
		wb_json_object(j, NULL);
		wb_json_uint(j, "first", d->missing[i].first);
		wb_json_uint(j, "last", d->missing[i].last);
		wb_json_close(j);
	}
	wb_json_close(j);
	wb_json_string(j, "last_heard",
	    d->last_heard == 0 ? NULL : wb_time_format(when, d->last_heard));
	wb_json_close(j);
}

/* From a log index on, and not in the totals. */
static void
put_distrusted(struct wb_json *j, const struct wb_covered_device *d)
{
	if (d->distrust_from == 0)
		return;
	wb_json_object(j, NULL);
	wb_json_text(j, "label", d->label);
	wb_json_uint(j, "from", d->distrust_from);
	wb_json_uint(j, "batches", d->suspect);
	wb_json_close(j);
}

static void
put_coverage(struct wb_json *j, const struct wb_coverage *c)
{
	wb_json_object(j, "coverage");
	wb_json_array(j, "devices");
	for (size_t i = 0; i < c->device_count; i++)
		put_device(j, &c->devices[i]);
	wb_json_close(j);
	wb_json_uint(j, "unopened", c->unopened);
	wb_json_uint(j, "waiting", c->waiting);
	wb_json_uint(j, "undecryptable", c->undecryptable);
	wb_json_uint(j, "disputed", c->disputed);
	wb_json_array(j, "distrusted");
	for (size_t i = 0; i < c->device_count; i++)
		put_distrusted(j, &c->devices[i]);
	wb_json_close(j);
	wb_json_bool(j, "complete", c->complete);
	wb_json_close(j);
}

static enum wb_status
print_json(struct wb_cmd *cmd, enum wb_totals_by by, const struct wb_totals *t,
    const struct wb_coverage *c, struct wb_error *err)
{
	struct wb_json *j = &cmd->out;

	wb_json_object(j, NULL);
	wb_json_int(j, "v", 1);
	wb_json_array(j, "rows");
	for (size_t i = 0; i < t->row_count; i++)
		put_row(j, by, &t->rows[i]);
	wb_json_close(j);
	put_coverage(j, c);
	wb_json_close(j);
	return wb_json_finish(j, err);
}

/* ---- text */

static enum wb_status
add_row(struct wb_table *t, const struct wb_totals_row *r, struct wb_error *err)
{
	char qty[6][WB_QTY_TEXT], records[32];
	struct wb_span cells[COLUMNS] = {
		r->item,
		r->unit,
		wb_span_text(wb_qty_format_sum(qty[0], r->delivered)),
		wb_span_text(wb_qty_format_sum(qty[1], r->voided)),
		wb_span_text(wb_qty_format(qty[2], r->net)),
		wb_span_text(wb_qty_format_sum(qty[3], r->received)),
		wb_span_text(wb_qty_format_sum(qty[4], r->lost)),
		wb_span_text(wb_qty_format_sum(qty[5], r->returned)),
	};

	(void)snprintf(records, sizeof records, "%" PRIu64, r->records);
	cells[COLUMNS - 1] = wb_span_text(records);
	return wb_table_add(t, cells, err);
}

static bool
has_too_large(const struct wb_totals *t)
{
	for (size_t i = 0; i < t->row_count; i++) {
		if (t->rows[i].too_large)
			return true;
	}
	return false;
}

static enum wb_status
print_rows(struct wb_cmd *cmd, enum wb_totals_by by, const struct wb_totals *t,
    struct wb_error *err)
{
	enum wb_status st = WB_OK;
	struct wb_table table;

	wb_table_init(&table, columns, COLUMNS);
	for (size_t i = 0; st == WB_OK && i < t->row_count; i++) {
		const struct wb_totals_row *r = &t->rows[i];

		if (by != WB_BY_ITEM && (i == 0 || !wb_span_equal(r->group,
						       t->rows[i - 1].group))) {
			st = wb_table_heading(&table,
			    r->group.len == 0 ? wb_span_text("(none)")
					      : r->group,
			    err);
		}
		if (st == WB_OK)
			st = add_row(&table, r, err);
	}
	if (st == WB_OK)
		wb_table_print(&table, stdout);
	if (has_too_large(t)) {
		wb_cmd_print(cmd,
		    "Some sums are larger than can be shown: a record says far "
		    "more than is possible.\n");
	}
	if (t->row_count == 0)
		wb_cmd_print(cmd, "No records to add up.\n");
	wb_table_clear(&table);
	return st;
}

static void
print_device(struct wb_cmd *cmd, const struct wb_covered_device *d)
{
	char when[WB_WHEN_TEXT];

	wb_cmd_print(cmd, "  %.*s: %" PRIu64 " batch%s", (int)d->label.len,
	    d->label.len == 0 ? "" : (const char *)d->label.data, d->batches,
	    d->batches == 1 ? "" : "es");
	if (d->last_heard == 0)
		wb_cmd_print(cmd, ", silent so far");
	else
		wb_cmd_print(cmd, ", last word %s",
		    wb_cmd_when(when, cmd->clock, d->last_heard));
	for (size_t i = 0; i < d->missing_count; i++) {
		wb_cmd_print(cmd, "%s %" PRIu64 "-%" PRIu64,
		    i == 0 ? ", MISSING" : ",", d->missing[i].first,
		    d->missing[i].last);
	}
	if (d->forked != 0)
		wb_cmd_print(cmd, ", FORKED at %" PRIu64 " numbers", d->forked);
	if (d->distrust_from != 0) {
		wb_cmd_print(cmd,
		    ", SUSPECT from entry %" PRIu64 ": %" PRIu64
		    " batch%s not added up",
		    d->distrust_from, d->suspect, d->suspect == 1 ? "" : "es");
	}
	wb_cmd_print(cmd, "\n");
}

static void
print_coverage(struct wb_cmd *cmd, const struct wb_coverage *c)
{
	wb_cmd_print(cmd, "\nCoverage: %s\n",
	    c->complete ? "complete - no gap, nothing undecryptable or disputed"
			: "NOT COMPLETE");
	if (c->unopened != 0)
		wb_cmd_print(cmd, "  %" PRIu64 " batches are not opened yet\n",
		    c->unopened);
	if (c->waiting != 0) {
		wb_cmd_print(cmd,
		    "  %" PRIu64 " of them take back records, and wait for an "
		    "earlier batch: waybill status\n",
		    c->waiting);
	}
	if (c->undecryptable != 0)
		wb_cmd_print(cmd, "  %" PRIu64 " batches cannot be decrypted\n",
		    c->undecryptable);
	if (c->disputed != 0) {
		wb_cmd_print(cmd,
		    "  %" PRIu64 " batches are disputed and not counted\n",
		    c->disputed);
	}
	for (size_t i = 0; i < c->device_count; i++)
		print_device(cmd, &c->devices[i]);
	if (!wb_member_may(cmd->device.self, WB_ROLE_COORDINATOR)) {
		wb_cmd_print(cmd,
		    "  These are this device's own records, as far as it can "
		    "still read them.\n");
	}
}

/* Who seals what it saves has nothing to add up. */
static enum wb_status
need_content(const struct wb_device *device, struct wb_error *err)
{
	if (device->self != NULL &&
	    !wb_member_is(device->self, WB_ROLE_FIELD) &&
	    !wb_member_is(device->self, WB_ROLE_COORDINATOR)) {
		return wb_advise(err,
		    wb_fail(err, WB_FAILED,
			"an auditor reads no contents, so it cannot add them "
			"up"),
		    "no-content",
		    "Coordinators have the totals. To check the log: waybill "
		    "verify");
	}
	if (device->roster.window_days != 0 ||
	    wb_member_may(device->self, WB_ROLE_COORDINATOR))
		return WB_OK;
	return wb_advise(err,
	    wb_fail(err, WB_FAILED,
		"this programme seals a record when it is saved: this device "
		"cannot read its records back, so it cannot add them up"),
	    "sealed", "They are safe. Coordinators have the totals");
}

static enum wb_status
print_totals(struct wb_cmd *cmd, const struct wb_totals_query *query,
    struct wb_error *err)
{
	struct wb_coverage coverage = { 0 };
	struct wb_totals totals = { 0 };
	enum wb_status st;

	st = wb_totals_read(&totals, &cmd->device, query, err);
	if (st == WB_OK)
		st = wb_coverage_read(&coverage, &cmd->device, err);
	if (st == WB_OK && cmd->json) {
		st = print_json(cmd, query->by, &totals, &coverage, err);
	} else if (st == WB_OK) {
		st = print_rows(cmd, query->by, &totals, err);
		if (st == WB_OK)
			print_coverage(cmd, &coverage);
	}
	wb_coverage_clear(&coverage);
	wb_totals_clear(&totals);
	return st;
}

static enum wb_status
run(struct wb_cmd *cmd, struct wb_error *err)
{
	struct wb_totals_query query;
	enum wb_status st = read_query(&query, cmd, err);

	if (st == WB_OK)
		st = wb_cmd_open_to_read(cmd, err);
	if (st == WB_OK)
		st = wb_device_need_joined(&cmd->device, err);
	if (st == WB_OK)
		st = need_content(&cmd->device, err);
	return st == WB_OK ? print_totals(cmd, &query, err) : st;
}

static const struct wb_option options[] = {
	{ "by", 0, false, "GROUP",
	    "item (default), category, place, day, week, month or device" },
	{ "from", 0, false, "DAY", "only from this day on" },
	{ "to", 0, false, "DAY", "only to this day, inclusive" },
	WB_OPTION_END,
};

const struct wb_subcommand wb_cmd_totals = {
	.help = {
		.name = "totals",
		.group = "See and check",
		.synopsis = "[--by GROUP] [--from DAY] [--to DAY]",
		.summary = "add up the aid, and say what the sums cover",
		.description =
		    "Delivered is gross; voided is what was taken back; net "
		    "is the difference.\nCoverage tells which devices are in "
		    "the sums and what is missing of them.\nDevices that were "
		    "silent are listed and do not make it incomplete.",
		.examples = "waybill totals\n"
			    "waybill totals --by place --from 2026-03-01\n"
			    "waybill totals --by month --json",
		.options = options,
	},
	.run = run,
};
