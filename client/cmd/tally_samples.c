#include "client/tally/tally_samples.h"

#include <inttypes.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/text.h"
#include "client/cmd/commands.h"
#include "client/cmd/verdict.h"
#include "client/ledger/challenge.h"
#include "crypto/text.h"

/* What is asked for. */
struct asked {
	uint64_t picks;
	uint8_t bytes[WB_MAX_NONCE];
	struct wb_span nonce;
};

static enum wb_status
read_options(struct asked *out, struct wb_cmd *cmd, struct wb_error *err)
{
	struct wb_span count = wb_cmd_option(cmd, "number");
	enum wb_status st = WB_OK;

	out->picks = WB_USUAL_PICKS;
	if (count.len != 0)
		st = wb_text_uint(&out->picks, count, 1, WB_MAX_PICKS, err);
	if (st != WB_OK)
		return wb_context(err, WB_USAGE, "-n");
	return wb_verdict_nonce(&out->nonce, out->bytes, cmd->args, err);
}

/* The tally of samples, from a vault or a file. */
struct shown {
	uint64_t tally; /* log index */
	const struct wb_head *head;
	uint64_t counted;
	unsigned per_mille;
	bool witnessed;
	const uint64_t *picks;
	size_t count;
};

static enum wb_status
print_json(struct wb_cmd *cmd, const struct shown *s, const char *path,
    const struct asked *asked, struct wb_error *err)
{
	char root[2 * WB_HASH_LEN + 1], nonce[2 * WB_MAX_NONCE + 1];
	struct wb_json *j = &cmd->out;

	wb_hex_format(root, wb_hash_span(&s->head->root));
	wb_hex_format(nonce, asked->nonce);
	wb_json_object(j, NULL);
	wb_json_int(j, "v", 1);
	if (path != NULL)
		wb_json_string(j, "file", path);
	wb_json_uint(j, "tally", s->tally);
	wb_json_object(j, "head");
	wb_json_uint(j, "size", s->head->size);
	wb_json_string(j, "root", root);
	wb_json_close(j);
	wb_json_string(j, "nonce", nonce);
	wb_json_bool(j, "witnessed", s->witnessed);
	wb_json_uint(j, "of", s->counted);
	wb_json_uint(j, "per_mille", s->per_mille);
	wb_json_array(j, "picks");
	for (size_t i = 0; i < s->count; i++)
		wb_json_uint(j, NULL, s->picks[i]);
	wb_json_close(j);
	wb_json_close(j);
	return wb_json_finish(j, err);
}

static void
print_words(struct wb_cmd *cmd, const struct shown *s,
    const struct asked *asked)
{
	for (size_t i = 0; i < s->count; i++)
		wb_cmd_print(cmd, "%" PRIu64 "\n", s->picks[i]);
	wb_cmd_say(cmd,
	    "%zu of the %" PRIu64 " batches that the tally of entry %" PRIu64
	    " counts, drawn by the\n%s, as the log of %" PRIu64
	    " entries has it. Where one batch in twenty\nlies, such a draw "
	    "finds it %u.%u times in a hundred.\n",
	    s->count, s->counted, s->tally,
	    asked->nonce.len != 0 ? "nonce" : "log's head", s->head->size,
	    s->per_mille / 10, s->per_mille % 10);
	if (!s->witnessed) {
		wb_cmd_warn(cmd,
		    "no quorum of witnesses has cosigned that tally: a server "
		    "that lies could show others another one");
	}
	if (asked->nonce.len == 0) {
		wb_cmd_warn(cmd,
		    "without a nonce, who makes the log's heads could try "
		    "several: an auditor draws with --nonce HEX");
	}
}

static enum wb_status
show(struct wb_cmd *cmd, const struct shown *s, const char *path,
    const struct asked *asked, struct wb_error *err)
{
	if (cmd->json)
		return print_json(cmd, s, path, asked, err);
	if (path == NULL)
		print_words(cmd, s, asked);
	else
		wb_cmd_print(cmd, "%s\n", path);
	return WB_OK;
}

static enum wb_status
show_samples(struct wb_cmd *cmd, const struct wb_tally_samples *samples,
    const char *path, const struct asked *asked, struct wb_error *err)
{
	struct shown s = { .tally = samples->tally,
		.head = &samples->head,
		.counted = samples->counted,
		.per_mille = samples->per_mille,
		.witnessed = samples->witnessed,
		.count = samples->pick_count };
	uint64_t *picks = calloc(samples->pick_count + 1, sizeof *picks);
	enum wb_status st;

	if (picks == NULL)
		return wb_fail(err, WB_NO_MEMORY, "out of memory");
	for (size_t i = 0; i < samples->pick_count; i++)
		picks[i] = samples->picks[i].index;
	s.picks = picks;
	st = show(cmd, &s, path, asked, err);
	free(picks);
	return st;
}

/* ----------------------------------------------------------- challenge */

static enum wb_status
draw_from_file(struct wb_cmd *cmd, const char *path, const struct asked *asked,
    struct wb_error *err)
{
	struct wb_audit_options options = { .tallies = true,
		.now = wb_clock_now(cmd->clock),
		.nonce = asked->nonce,
		.picks = (size_t)asked->picks };
	struct wb_audit audit = { 0 };
	struct wb_hash programme;
	enum wb_status st;
	bool given;

	st = wb_verdict_programme(&programme, &given, cmd->args, err);
	if (st != WB_OK)
		return st;
	options.programme = given ? &programme : NULL;
	st = wb_audit_bundle(&audit, path, &options, err);
	if (st == WB_OK && audit.problem_total == 0 &&
	    audit.samples.pick_count != 0) {
		const struct shown s = { .tally = audit.samples.tally,
			.head = &audit.head,
			.counted = audit.samples.counted,
			.per_mille = audit.samples.per_mille,
			.witnessed = audit.samples.witnessed,
			.picks = audit.samples.picks,
			.count = audit.samples.pick_count };

		st = show(cmd, &s, NULL, asked, err);
	} else if (st == WB_OK) {
		st = wb_advise(err,
		    wb_fail(err,
			audit.problem_total != 0 ? WB_FORGED : WB_NOT_FOUND,
			audit.problem_total != 0
			    ? "the file is not what the programme recorded"
			    : "the file has no tally that samples could be "
			      "drawn from"),
		    audit.problem_total != 0 ? "bad-evidence" : "no-tally",
		    "Look at it: waybill verify FILE --programme ID --tally");
	}
	wb_audit_clear(&audit);
	return st;
}

static enum wb_status
run_challenge(struct wb_cmd *cmd, struct wb_error *err)
{
	const char *path = wb_args_word(cmd->args, 0);
	struct wb_tally_samples samples = { 0 };
	struct asked asked;
	enum wb_status st = read_options(&asked, cmd, err);

	if (st != WB_OK || path != NULL)
		return st == WB_OK ? draw_from_file(cmd, path, &asked, err)
				   : st;
	st = wb_cmd_open(cmd, err);
	if (st == WB_OK)
		st = wb_tally_draw(&samples, &cmd->device, (size_t)asked.picks,
		    asked.nonce, err);
	if (st == WB_OK)
		st = show_samples(cmd, &samples, NULL, &asked, err);
	wb_tally_samples_clear(&samples);
	return st;
}

static const struct wb_option challenge_options[] = {
	{ "number", 'n', false, "COUNT", "draw so many batches (default 60)" },
	{ "nonce", 0, false, "HEX", "draw by these digits" },
	{ "programme", 0, false, "ID", "the programme that FILE must be of" },
	WB_OPTION_END,
};

const struct wb_subcommand wb_cmd_tally_challenge = {
	.help = {
		.name = "tally challenge",
		.group = "See and check",
		.synopsis = "[FILE] [-n COUNT] [--nonce HEX]",
		.summary = "draw batches for a coordinator to open",
		.description =
		    "Prints the log indices of batches that the newest tally "
		    "counts, drawn by the nonce\nor, without one, by the log's "
		    "head. 60 find, 95 times in a hundred, that one batch\nin "
		    "twenty lies. Note the number of the tally's entry; then "
		    "choose the nonce yourself,\nby chance, and send it to a "
		    "coordinator.",
		.examples =
		    "waybill tally challenge public.wbx --programme "
		    "5f1c\xe2\x80\xa6 -n 60 --nonce 9f02c1\n"
		    "waybill tally challenge -n 60",
		.options = challenge_options,
		.max_words = 1,
	},
	.run = run_challenge,
};

/* -------------------------------------------------------------- answer */

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
check_target(const char *path, struct wb_error *err)
{
	if (path != NULL)
		return wb_cmd_may_write_bundle(path, err);
	return wb_advise(err, wb_fail(err, WB_USAGE, "-o is missing"),
	    "needs-output", "Name the file: waybill tally answer -o FILE");
}

static enum wb_status
run_answer(struct wb_cmd *cmd, struct wb_error *err)
{
	const char *path = wb_args_value(cmd->args, "output");
	struct wb_tally_samples samples = { 0 };
	struct asked asked;
	enum wb_status st = read_options(&asked, cmd, err);

	if (st == WB_OK)
		st = check_target(path, err);
	if (st == WB_OK)
		st = wb_cmd_open(cmd, err);
	if (st == WB_OK) {
		st = wb_tally_answer(&samples, &cmd->device, path,
		    (size_t)asked.picks, asked.nonce,
		    (struct wb_tally_progress){ tell, cmd }, err);
	}
	if (st == WB_OK) {
		wb_cmd_warn(cmd,
		    "the file shows what single batches reported, in clear: "
		    "give it to the auditor alone");
		st = show_samples(cmd, &samples, path, &asked, err);
	}
	wb_tally_samples_clear(&samples);
	return st;
}

static const struct wb_option answer_options[] = {
	{ "number", 'n', false, "COUNT", "as the auditor asked (default 60)" },
	{ "nonce", 0, false, "HEX", "as the auditor asked" },
	{ "output", 'o', false, "FILE", "write the answer to FILE" },
	WB_OPTION_END,
};

const struct wb_subcommand wb_cmd_tally_answer = {
	.help = {
		.name = "tally answer",
		.group = "See and check",
		.synopsis = "[-n COUNT] [--nonce HEX] -o FILE",
		.summary = "open the batches that an auditor drew",
		.description =
		    "Writes evidence that shows the totals of each batch "
		    "drawn, which waybill verify\ncompares with what its "
		    "device committed to. The file is not encrypted and shows "
		    "what\nsingle devices reported. Coordinators only; sync "
		    "first.",
		.examples =
		    "waybill tally answer -n 60 --nonce 9f02c1 -o openings.wbx\n"
		    "waybill verify openings.wbx --programme 5f1c\xe2\x80\xa6 "
		    "--nonce 9f02c1 --samples 60 --sampled 812",
		.options = answer_options,
	},
	.run = run_answer,
};
