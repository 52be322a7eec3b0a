#include <inttypes.h>
#include <unistd.h>

#include "base/text.h"
#include "client/cmd/commands.h"
#include "client/cmd/sync_now.h"
#include "client/tally/tally_make.h"
#include "crypto/text.h"
#include "proto/wire.h"

#define MAX_ROWS 20 /* of exclusions in words */
#define MAX_PROPOSAL (2 * WB_MAX_CONTENT) /* bytes */

static void
tell(void *ctx, uint64_t done, uint64_t total)
{
	const struct wb_cmd *cmd = ctx;

	if (cmd->quiet || isatty(STDERR_FILENO) != 1)
		return;
	(void)fprintf(stderr, "\r\033[Kopening %" PRIu64 " of %" PRIu64 "%s",
	    done, total, done == total ? "\n" : "");
}

static enum wb_status
need_output(struct wb_cmd *cmd, size_t signers, struct wb_error *err)
{
	if (signers <= 1 || wb_args_has(cmd->args, "output"))
		return WB_OK;
	return wb_advise(err,
	    wb_fail(err, WB_USAGE,
		"a tally of this programme is signed by %zu coordinators",
		signers),
	    "needs-output",
	    "Name the file for the next one to sign: waybill tally -o FILE");
}

static enum wb_status
make(struct wb_tally_made *made, struct wb_cmd *cmd, struct wb_error *err)
{
	struct wb_span with[WB_MAX_TALLY_SIGNERS];
	struct wb_tally_wish wish = {
		.small_cells = wb_args_has(cmd->args, "small-cells"),
		.with = with,
		.with_count = wb_args_count(cmd->args, "with"),
		.progress = { tell, cmd },
	};
	size_t signers = cmd->device.roster.tally_threshold;
	enum wb_status st;

	if (wish.with_count >= WB_MAX_TALLY_SIGNERS)
		return wb_fail(err, WB_USAGE, "too many signers");
	for (size_t i = 0; i < wish.with_count; i++)
		with[i] = wb_span_text(wb_args_nth(cmd->args, "with", i));
	if (wish.with_count + 1 > signers)
		signers = wish.with_count + 1;
	st = need_output(cmd, signers, err);
	return st == WB_OK ? wb_tally_make(made, &cmd->device, &wish, err) : st;
}

static enum wb_status
cosign(struct wb_tally_made *made, struct wb_cmd *cmd, const char *path,
    struct wb_error *err)
{
	const struct wb_tally_wish wish = {
		.small_cells = wb_args_has(cmd->args, "small-cells"),
		.progress = { tell, cmd },
	};
	struct wb_bytes file;
	enum wb_status st;

	wb_bytes_init(&file, MAX_PROPOSAL);
	st = wb_cmd_read(&file, path, err);
	if (st == WB_OK)
		st = wb_tally_cosign(made, &cmd->device, wb_bytes_span(&file),
		    &wish, err);
	if (st == WB_OK && made->proposal.len != 0)
		st = need_output(cmd, made->tally.signer_count, err);
	wb_bytes_clear(&file);
	return st;
}

/* ------------------------------------------------------------ results */

/* Where it is in the log.  *kept false: it was overtaken, and dropped. */
static enum wb_status
find_index(bool *kept, bool *logged, uint64_t *index, struct wb_cmd *cmd,
    const struct wb_hash *id, struct wb_error *err)
{
	struct wb_stmt *q;
	enum wb_status st;

	*logged = false;
	st = wb_db_prepare(&q, cmd->device.db,
	    "SELECT log_index FROM statement WHERE id = ?", err);
	if (st != WB_OK)
		return st;
	wb_bind_blob(q, 1, wb_hash_span(id));
	st = wb_step(q, kept, err);
	if (st == WB_OK && *kept) {
		*logged = !wb_column_is_null(q, 0);
		*index = (uint64_t)wb_column_int(q, 0);
	}
	wb_stmt_done(q);
	return st;
}

static void
json_lists(struct wb_json *j, const struct wb_tally_content *c)
{
	wb_json_array(j, "included");
	for (size_t i = 0; i < c->included_count; i++)
		wb_json_uint(j, NULL, c->included[i]);
	wb_json_close(j);
	wb_json_array(j, "excluded");
	for (size_t i = 0; i < c->excluded_count; i++) {
		wb_json_object(j, NULL);
		wb_json_uint(j, "index", c->excluded[i].index);
		wb_json_string(j, "why", wb_exclusion_text(c->excluded[i].why));
		wb_json_close(j);
	}
	wb_json_close(j);
	wb_json_array(j, "totals");
	for (size_t i = 0; i < c->total_count; i++) {
		wb_json_object(j, NULL);
		wb_json_text(j, "measure", c->totals[i].measure);
		wb_json_qty_sum(j, "quantity", c->totals[i].quantity);
		wb_json_close(j);
	}
	wb_json_close(j);
}

static enum wb_status
print_json(struct wb_cmd *cmd, const struct wb_tally_made *m, bool logged,
    uint64_t index, struct wb_error *err)
{
	struct wb_json *j = &cmd->out;
	char id[2 * WB_HASH_LEN + 1];

	wb_hex_format(id, wb_hash_span(&m->id));
	wb_json_object(j, NULL);
	wb_json_int(j, "v", 1);
	wb_json_uint(j, "first", m->tally.first);
	wb_json_uint(j, "last", m->tally.last);
	wb_json_string(j, "id", id);
	wb_json_bool(j, "logged", logged);
	if (logged)
		wb_json_uint(j, "index", index);
	else
		wb_json_null(j, "index");
	wb_json_uint(j, "signatures", m->signatures);
	wb_json_uint(j, "signers", m->tally.signer_count);
	wb_json_uint(j, "batches", m->batches);
	wb_json_uint(j, "devices", m->devices);
	json_lists(j, &m->content);
	wb_json_close(j);
	return wb_json_finish(j, err);
}

static void
print_excluded(struct wb_cmd *cmd, const struct wb_tally_content *c)
{
	for (size_t i = 0; i < c->excluded_count && i < MAX_ROWS; i++) {
		wb_cmd_print(cmd, "left out: entry %" PRIu64 " (%s)\n",
		    c->excluded[i].index,
		    wb_exclusion_text(c->excluded[i].why));
	}
	if (c->excluded_count > MAX_ROWS)
		wb_cmd_print(cmd, "and %zu more: --json has them all\n",
		    c->excluded_count - MAX_ROWS);
}

static void
print_text(struct wb_cmd *cmd, const struct wb_tally_made *m, bool logged,
    uint64_t index)
{
	const struct wb_tally_content *c = &m->content;
	char quantity[WB_QTY_TEXT];

	wb_cmd_print(cmd,
	    "Entries %" PRIu64 " to %" PRIu64 ": %zu batch%s of %zu device%s, "
	    "%zu of them taken in late, %zu left out\n",
	    m->tally.first, m->tally.last, m->batches,
	    m->batches == 1 ? "" : "es", m->devices, m->devices == 1 ? "" : "s",
	    c->included_count, c->excluded_count);
	for (size_t i = 0; i < c->total_count; i++) {
		wb_cmd_print(cmd, "  %.*s: %s\n", (int)c->totals[i].measure.len,
		    (const char *)c->totals[i].measure.data,
		    wb_qty_format_sum(quantity, c->totals[i].quantity));
	}
	print_excluded(cmd, c);
	if (logged)
		wb_cmd_print(cmd, "In the log as entry %" PRIu64 ".\n", index);
	else if (m->proposal.len != 0) {
		wb_cmd_print(cmd,
		    "Signed by %zu of %zu. Next signs %.*s: waybill tally "
		    "--sign FILE\n",
		    m->signatures, m->tally.signer_count, (int)m->next.len,
		    (const char *)m->next.data);
	} else {
		wb_cmd_print(cmd, "Not in the log yet: the next sync sends "
				  "it.\n");
	}
}

/* What came of it is said even if the sync behind it was not all right. */
static enum wb_status
show(struct wb_cmd *cmd, const struct wb_tally_made *made, struct wb_error *err)
{
	bool kept = true, logged = false;
	enum wb_status st = WB_OK;
	uint64_t index = 0;

	if (made->proposal.len == 0)
		st = find_index(&kept, &logged, &index, cmd, &made->id, err);
	if (st != WB_OK || !kept)
		return st;
	if (cmd->json)
		return print_json(cmd, made, logged, index, err);
	print_text(cmd, made, logged, index);
	return WB_OK;
}

static enum wb_status
hand_over(struct wb_cmd *cmd, const struct wb_tally_made *made,
    struct wb_error *err)
{
	struct wb_error ignored = { 0 };
	enum wb_status st, shown;
	bool done;

	if (made->proposal.len != 0) {
		st = wb_cmd_write(wb_args_value(cmd->args, "output"),
		    wb_bytes_span(&made->proposal), err);
		return st == WB_OK ? show(cmd, made, err) : st;
	}
	st = wb_cmd_sync_now(&done, cmd, err);
	shown = show(cmd, made, &ignored);
	if (shown == WB_OK)
		shown = wb_cmd_sync_line(cmd, &ignored);
	if (st == WB_OK && shown != WB_OK)
		return wb_fail(err, shown, "%s", ignored.text);
	return st;
}

static enum wb_status
run(struct wb_cmd *cmd, struct wb_error *err)
{
	const char *proposal = wb_args_value(cmd->args, "sign");
	struct wb_tally_made made = { 0 };
	enum wb_status st;

	st = wb_cmd_may_write_bundle(wb_args_value(cmd->args, "output"), err);
	if (st == WB_OK)
		st = wb_cmd_open(cmd, err);
	if (st == WB_OK)
		st = wb_device_need_joined(&cmd->device, err);
	if (st == WB_OK)
		st = proposal == NULL ? make(&made, cmd, err)
				      : cosign(&made, cmd, proposal, err);
	if (st == WB_OK)
		st = hand_over(cmd, &made, err);
	wb_tally_made_clear(&made);
	return st;
}

static const struct wb_option options[] = {
	{ "small-cells", 0, false, NULL,
	    "publish also what few batches or devices show" },
	{ "with", 0, true, "LABEL",
	    "this coordinator signs too; else the first of the roster" },
	{ "sign", 0, false, "FILE",
	    "compute another coordinator's tally again, and sign it" },
	{ "output", 'o', false, "FILE",
	    "write the file for the next signer to FILE" },
	WB_OPTION_END,
};

const struct wb_subcommand wb_cmd_tally = {
	.help = {
		.name = "tally",
		.group = "See and check",
		.synopsis = "[--small-cells] [--sign FILE] [-o FILE]",
		.summary = "publish totals that anybody can check",
		.description =
		    "Adds up all opened batches from where the last tally "
		    "ended to the newest entry that\nis here, names those it "
		    "leaves out and why, signs it and sends it to the log. "
		    "Few\nbatches or devices would tell who did what: such "
		    "totals are refused. Coordinators\nonly; where the roster "
		    "asks for several, each computes it again before signing.",
		.examples = "waybill tally\n"
			    "waybill tally --sign tally.wbx -o tally2.wbx\n"
			    "waybill pack --headers-only public.wbx",
		.options = options,
	},
	.online = true,
	.unchanged = "Nothing was published.",
	.run = run,
};
