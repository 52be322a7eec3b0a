#include "client/report/report.h"

#include <fcntl.h>
#include <inttypes.h>
#include <string.h>

#include "client/cmd/auditing.h"
#include "client/cmd/commands.h"
#include "client/cmd/verdict.h"
#include "client/team/annexes.h"

#define CHUNK 65536 /* bytes read at once */
#define MAX_NAME 1024 /* bytes, of a programme's name */

/* What a report is made of, besides the audit. */
struct making {
	struct wb_audit audit;
	struct wb_report report;
	struct wb_arena arena; /* the catalogue: rows name its categories */
	struct wb_bytes name;
	struct wb_bytes page;
};

static enum wb_status
hash_open(struct wb_hash *out, int fd, const char *path, struct wb_error *err)
{
	const struct wb_file_ops *ops = wb_file_ops_system();
	struct wb_hasher hasher;
	uint8_t chunk[CHUNK];
	ssize_t n;

	wb_hasher_init(&hasher);
	while ((n = ops->read(ops->ctx, fd, chunk, sizeof chunk)) > 0)
		wb_hasher_add(&hasher, wb_span(chunk, (size_t)n));
	if (n < 0)
		return wb_file_fail(err, (int)n, "read", path);
	wb_hasher_final(&hasher, out);
	return WB_OK;
}

static enum wb_status
hash_file(struct wb_hash *out, const char *path, struct wb_error *err)
{
	const struct wb_file_ops *ops = wb_file_ops_system();
	enum wb_status st;
	int fd;

	fd = ops->open(ops->ctx, path, O_RDONLY, 0);
	if (fd < 0)
		return wb_file_fail(err, fd, "read", path);
	st = hash_open(out, fd, path, err);
	(void)ops->close(ops->ctx, fd);
	return st;
}

/* The hash shown must be that of what was audited. */
static enum wb_status
audit_and_hash(struct making *m, struct wb_cmd *cmd, const char *path,
    struct wb_error *err)
{
	struct wb_hash before;
	enum wb_status st = WB_OK;

	if (path != NULL)
		st = hash_file(&before, path, err);
	if (st == WB_OK)
		st = wb_cmd_audit(&m->audit, cmd, path, err);
	if (path == NULL || st != WB_OK)
		return st;
	st = hash_file(&m->report.file_hash, path, err);
	if (st == WB_OK && !wb_hash_equal(&before, &m->report.file_hash))
		return wb_fail(err, WB_FAILED,
		    "%s was changed while it was read", path);
	return st;
}

/* What a member knows of the programme, and a stranger does not. */
static enum wb_status
add_known(struct making *m, struct wb_cmd *cmd, struct wb_error *err)
{
	struct wb_audit_sums *sums = &m->audit.sums;
	struct wb_device *device = &cmd->device;
	struct wb_catalogue catalogue;
	enum wb_status st;

	if (!device->joined ||
	    !wb_hash_equal(&device->programme, &m->audit.programme))
		return WB_OK;
	st = wb_setting_get(&m->name, device->db, WB_SET_NAME, err);
	if (st == WB_NOT_FOUND)
		st = wb_forgive(err);
	if (st == WB_OK)
		st = wb_annexes_catalogue(&catalogue, &m->arena, device, err);
	if (st != WB_OK)
		return st;
	m->report.programme_name = wb_bytes_span(&m->name);
	wb_totals_categorise(sums->rows, sums->row_count, &catalogue);
	for (size_t i = 0; i < sums->row_count; i++)
		m->report.categories |= sums->rows[i].group.len != 0;
	return WB_OK;
}

static enum wb_status
make(struct making *m, struct wb_cmd *cmd, struct wb_error *err)
{
	const char *path = wb_args_word(cmd->args, 0);
	struct wb_report *r = &m->report;
	enum wb_status st;

	wb_arena_init(&m->arena, WB_MAX_ANNEX_BUDGET);
	wb_bytes_init(&m->name, MAX_NAME);
	wb_bytes_init(&m->page, WB_MAX_REPORT);
	st = audit_and_hash(m, cmd, path, err);
	if (st == WB_OK)
		st = add_known(m, cmd, err);
	if (st != WB_OK)
		return st;
	if (path != NULL) {
		const char *slash = strrchr(path, '/');

		r->file = wb_span_text(slash == NULL ? path : slash + 1);
	}
	r->audit = &m->audit;
	r->pin = wb_args_has(cmd->args, "programme") ? WB_PIN_OPTION
		 : cmd->device.joined		     ? WB_PIN_VAULT
						     : WB_PIN_NONE;
	r->tallies = wb_args_has(cmd->args, "tally");
	r->now = wb_clock_now(cmd->clock);
	r->version = WB_VERSION;
	return wb_report_write(&m->page, r, err);
}

static enum wb_status
print(struct wb_cmd *cmd, const struct making *m, struct wb_error *err)
{
	const char *path = wb_args_value(cmd->args, "output");
	struct wb_json *j = &cmd->out;

	if (cmd->json) {
		wb_json_object(j, NULL);
		wb_json_int(j, "v", 1);
		wb_json_string(j, "file", path);
		wb_json_string(j, "result", wb_verdict_text(&m->audit));
		wb_json_uint(j, "problem_total", m->audit.problem_total);
		wb_json_bool(j, "totals", m->audit.added_up);
		wb_json_uint(j, "bytes", m->page.len);
		wb_json_close(j);
		return wb_json_finish(j, err);
	}
	wb_cmd_print(cmd, "%s\n", path);
	wb_cmd_say(cmd, "%s\n", wb_verdict_sentence(&m->audit));
	if (m->audit.added_up) {
		wb_cmd_say(cmd,
		    "The page shows totals in clear, to whoever has it. Places "
		    "are not in it.\n");
	}
	return WB_OK;
}

static enum wb_status
run(struct wb_cmd *cmd, struct wb_error *err)
{
	const char *out = wb_args_value(cmd->args, "output");
	struct making m = { 0 };
	enum wb_status st;

	if (out == NULL)
		return wb_fail(err, WB_USAGE, "-o says where the page goes");
	st = wb_cmd_may_write(out, WB_REPORT_HEAD, err);
	if (st == WB_OK)
		st = make(&m, cmd, err);
	if (st == WB_OK)
		st = wb_cmd_write(out, wb_bytes_span(&m.page), err);
	if (st == WB_OK)
		st = print(cmd, &m, err);
	if (st == WB_OK)
		st = wb_verdict_status(&m.audit);
	wb_bytes_clear(&m.page);
	wb_bytes_clear(&m.name);
	wb_arena_clear(&m.arena);
	wb_audit_clear(&m.audit);
	return st;
}

static const struct wb_option options[] = {
	{ "output", 'o', false, "FILE.html", "where the page goes" },
	WB_AUDIT_OPTIONS,
	WB_OPTION_END,
};

const struct wb_subcommand wb_cmd_make_report = {
	.help = {
		.name = "report",
		.group = "See and check",
		.synopsis = "[FILE] -o FILE.html",
		.summary = "check evidence, and show it as a page to look at",
		.description =
		    "Does what verify does and writes the outcome as one HTML "
		    "file: verdict, totals\nwith charts, devices and gaps, "
		    "problems, what was not checked, and how its\nreader "
		    "checks it. It holds no script, loads nothing and prints "
		    "well. Totals are\nin it where this vault's keys open the "
		    "contents; places never are. Ends as\nverify does, and a "
		    "bad file gets its page too.",
		.examples = "waybill report evidence.wbx --programme 5f1c\xe2\x80\xa6 -o report.html\n"
			    "waybill report evidence.wbx -P passphrase -o report.html\n"
			    "waybill report -o report.html",
		.options = options,
		.max_words = 1,
	},
	.run = run,
};
