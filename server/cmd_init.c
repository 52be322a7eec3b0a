/* waybilld init: a new, empty log. */
#include <string.h>

#include "crypto/text.h"
#include "server/cmd.h"

static const struct wb_option options[] = {
	{ "origin", 0, false, "NAME",
	    "the log's name for ever, as example.org/aid" },
	{ "programme", 0, false, "HEX",
	    "serve that programme only; else the first that comes" },
	WB_OPTION_END,
};

static enum wb_status
tell(struct wb_run *run, const char *dir, const struct wb_vkey *vkey,
    struct wb_error *err)
{
	struct wb_bytes text;
	enum wb_status st;

	wb_bytes_init(&text, 1024);
	st = wb_vkey_format(&text, vkey, err);
	if (st != WB_OK)
		goto done;
	if (run->json) {
		wb_json_object(&run->out, NULL);
		wb_json_int(&run->out, "v", 1);
		wb_json_text(&run->out, "log_key", wb_bytes_span(&text));
		wb_json_string(&run->out, "origin", vkey->name);
		wb_json_close(&run->out);
		st = wb_json_finish(&run->out, err);
	} else {
		wb_run_print(run, "%.*s\n", (int)text.len,
		    (const char *)text.data);
	}
	wb_run_say(run,
	    "Made a log in %s.  The line above is its key: give it to the\n"
	    "coordinator (waybill init --server URL --log-key KEY), by a way\n"
	    "that nobody can alter.  Keep a copy of %s/log.key apart.\n"
	    "Next: waybilld serve --dir %s\n",
	    dir, dir, dir);
done:
	wb_bytes_clear(&text);
	return st;
}

/* The configuration first: a log without one would be hard to find later. */
static enum wb_status
make(struct wb_settings *settings, struct wb_run *run, const char *dir,
    const struct wb_hash *programme, struct wb_error *err)
{
	enum wb_status st = wb_core_create(dir,
	    wb_args_value(run->args, "origin"), programme, err);

	if (st == WB_OK)
		st = wb_settings_write(dir, err);
	return st == WB_OK ? wb_run_settings(settings, run, err) : st;
}

static enum wb_status
init(struct wb_run *run, struct wb_error *err)
{
	const char *hex = wb_args_value(run->args, "programme");
	const char *dir = wb_args_value(run->args, "dir");
	struct wb_settings settings;
	struct wb_core *core = NULL;
	struct wb_hash programme;
	enum wb_status st;

	if (dir == NULL || wb_args_value(run->args, "origin") == NULL)
		return wb_fail(err, WB_USAGE, "init needs --dir and --origin");
	if (hex != NULL && wb_hex_parse(programme.b, sizeof programme.b,
			       wb_span_text(hex), NULL) != WB_OK)
		return wb_fail(err, WB_USAGE,
		    "--programme takes 64 hexadecimal digits");
	st = make(&settings, run, dir, hex != NULL ? &programme : NULL, err);
	if (st == WB_OK)
		st = wb_core_open(&core, &settings, run->clock, &run->log, err);
	if (st == WB_OK)
		st = tell(run, dir, wb_core_vkey(core), err);
	wb_core_close(&core);
	return st;
}

const struct wb_server_command wb_serve_init = {
	.help = { .name = "init",
	    .group = "Set up",
	    .synopsis = "",
	    .summary = "make a new log; prints its key",
	    .examples = "waybilld init --dir srv --origin example.org/aid",
	    .options = options },
	.run = init
};
