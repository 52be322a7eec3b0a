/* waybilld recover: puts back what the store has lost, from members' bundles. */
#include <inttypes.h>

#include "server/cmd.h"

#define MAX_BUNDLES 64

static enum wb_status
print_recovered(struct wb_run *run, const struct wb_recovered *r,
    struct wb_error *err)
{
	struct wb_json *j = &run->out;

	if (!run->json) {
		wb_run_print(run,
		    "%" PRIu64 " entries put back; the log has %" PRIu64 "\n",
		    r->after - r->before, r->after);
		return WB_OK;
	}
	wb_json_object(j, NULL);
	wb_json_int(j, "v", 1);
	wb_json_uint(j, "recovered", r->after - r->before);
	wb_json_uint(j, "entries", r->after);
	wb_json_close(j);
	return wb_json_finish(j, err);
}

static void
say_next(struct wb_run *run, const struct wb_recovered *r, const char *dir)
{
	if (r->after > r->before) {
		wb_run_say(run,
		    "Next: waybilld verify --dir %s; then serve "
		    "it.\n",
		    dir);
		return;
	}
	wb_run_say(run,
	    "Neither these bundles nor the signer's record show more than the "
	    "store has.\nIf a witness or a member has seen more: ask whoever "
	    "synced last for a bundle\n(waybill pack --for-audit FILE), and "
	    "recover with that one too. Do not serve before.\n");
}

static enum wb_status
recover(struct wb_run *run, struct wb_error *err)
{
	struct wb_recover_bundle bundles[MAX_BUNDLES] = { 0 };
	struct wb_settings settings;
	struct wb_recovered result;
	enum wb_status st;
	const char *name;
	size_t n = 0;

	st = wb_run_settings(&settings, run, err);
	while (st == WB_OK && n < MAX_BUNDLES &&
	       (name = wb_args_word(run->args, n)) != NULL) {
		bundles[n].name = name;
		st = wb_run_map(&bundles[n++].bytes, name, err);
	}
	if (st == WB_OK)
		st = wb_core_recover(&result, &settings, run->clock, &run->log,
		    bundles, n, err);
	for (size_t i = 0; i < n; i++)
		wb_run_unmap(&bundles[i].bytes);
	if (st == WB_OK)
		say_next(run, &result, settings.dir);
	return st == WB_OK ? print_recovered(run, &result, err) : st;
}

const struct wb_server_command wb_serve_recover = {
	.help = { .name = "recover",
	    .group = "Set up",
	    .synopsis = "BUNDLE...",
	    .summary = "put back what a restored store lacks, from bundles",
	    .description =
		"Takes evidence bundles of members (waybill pack "
		"--for-audit) and puts\nthe entries back that the "
		"store lacks, up to the last signed head,\nor changes "
		"nothing.  The log must not be served meanwhile.",
	    .examples = "waybilld recover --dir srv c1.wbx c2.wbx",
	    .min_words = 1,
	    .max_words = MAX_BUNDLES },
	.run = recover
};
