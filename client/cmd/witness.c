/* waybill witness: cosign what a log shows, so that it cannot show two. */
#include <signal.h>
#include <unistd.h>

#include "client/cmd/commands.h"
#include "client/witness/witness_http.h"

#define MAX_VKEY_TEXT 1024 /* bytes */
#define DRAIN 1500 /* ms for what is under way when asked to stop */
#define DEFAULT_LISTEN "127.0.0.1:8444"

static const struct wb_httpd_limits limits = {
	.connections = 64,
	.request_seconds = 20,
	.workers = WB_WITNESS_WORKERS,
	.body_budget = (size_t)8 << 20,
};

static enum wb_status
open_witness(struct wb_witness **out, struct wb_cmd *cmd, struct wb_error *err)
{
	char dir[WB_MAX_PATH];
	enum wb_status st = wb_cmd_dir(dir, cmd->args, err);

	*out = NULL;
	if (st != WB_OK)
		return st;
	return wb_witness_open(out, dir, wb_file_ops_system(), cmd->clock, err);
}

/* "key":VKEY. */
static void
put_vkey(struct wb_cmd *cmd, const char *key, const struct wb_vkey *vkey)
{
	struct wb_bytes text;

	wb_bytes_init(&text, MAX_VKEY_TEXT);
	if (wb_vkey_format(&text, vkey, NULL) == WB_OK) {
		if (cmd->json)
			wb_json_text(&cmd->out, key, wb_bytes_span(&text));
		else
			wb_cmd_print(cmd, "%.*s", (int)text.len,
			    (const char *)text.data);
	}
	wb_bytes_clear(&text);
}

static enum wb_status
parse_log(struct wb_vkey *out, const char *text, struct wb_error *err)
{
	enum wb_status st = wb_vkey_parse(out, wb_span_text(text), err);

	if (st == WB_OK && out->type != WB_NOTE_ED25519)
		st = wb_fail(err, WB_INVALID,
		    "'%s' is a witness's key, not a log's", out->name);
	if (st == WB_OK)
		return WB_OK;
	return wb_advise(err, wb_context(err, WB_USAGE, "the log's key"), NULL,
	    "Give the line that waybilld init printed.");
}

/* Before anything is made: the commonest slips. */
static enum wb_status
check_logs(struct wb_cmd *cmd, struct wb_error *err)
{
	size_t n = wb_args_count(cmd->args, "log");
	enum wb_status st = WB_OK;
	struct wb_vkey log;

	for (size_t i = 0; st == WB_OK && i < n; i++)
		st = parse_log(&log, wb_args_nth(cmd->args, "log", i), err);
	return st;
}

static enum wb_status
trust_logs(struct wb_witness *w, struct wb_cmd *cmd, struct wb_error *err)
{
	size_t n = wb_args_count(cmd->args, "log");
	enum wb_status st = WB_OK;
	struct wb_vkey log;

	for (size_t i = 0; st == WB_OK && i < n; i++) {
		st = parse_log(&log, wb_args_nth(cmd->args, "log", i), err);
		if (st == WB_OK)
			st = wb_witness_trust(w, &log, err);
	}
	return st;
}

static enum wb_status
tell_made(struct wb_cmd *cmd, const struct wb_vkey *vkey, const char *dir,
    struct wb_error *err)
{
	if (cmd->json) {
		wb_json_object(&cmd->out, NULL);
		wb_json_int(&cmd->out, "v", 1);
		wb_json_string(&cmd->out, "name", vkey->name);
		put_vkey(cmd, "vkey", vkey);
		wb_json_close(&cmd->out);
		return wb_json_finish(&cmd->out, err);
	}
	put_vkey(cmd, "vkey", vkey);
	wb_cmd_print(cmd, "\n");
	wb_cmd_say(cmd,
	    "The line above is its key: give it to the coordinator, who names "
	    "it in the\npolicy (waybill policy set), with the address at which "
	    "the server reaches it.\n");
	if (wb_args_count(cmd->args, "log") == 0) {
		wb_cmd_say(cmd,
		    "It knows no log: it will take the first that asks, and no "
		    "other.\n");
	}
	wb_cmd_say(cmd, "Next: waybill witness serve --dir %s\n", dir);
	return WB_OK;
}

static enum wb_status
run_init(struct wb_cmd *cmd, struct wb_error *err)
{
	const char *name = wb_args_value(cmd->args, "name");
	struct wb_witness *w = NULL;
	char dir[WB_MAX_PATH];
	enum wb_status st;

	if (name == NULL) {
		return wb_fail(err, WB_USAGE,
		    "a witness needs a name for ever: --name "
		    "witness.example.org/w1");
	}
	st = wb_cmd_dir(dir, cmd->args, err);
	if (st == WB_OK)
		st = check_logs(cmd, err);
	if (st == WB_OK)
		st = wb_witness_create(dir, name, wb_file_ops_system(),
		    cmd->random, err);
	if (st == WB_INVALID)
		st = wb_context(err, WB_USAGE, "--name");
	if (st == WB_OK)
		st = open_witness(&w, cmd, err);
	if (st == WB_OK)
		st = trust_logs(w, cmd, err);
	if (st == WB_OK)
		st = tell_made(cmd, wb_witness_vkey(w), dir, err);
	wb_witness_close(&w);
	return st;
}

static enum wb_status
run_trust(struct wb_cmd *cmd, struct wb_error *err)
{
	struct wb_witness *w = NULL;
	struct wb_vkey log;
	enum wb_status st = parse_log(&log, wb_args_word(cmd->args, 0), err);

	if (st == WB_OK)
		st = open_witness(&w, cmd, err);
	if (st == WB_OK)
		st = wb_witness_trust(w, &log, err);
	if (st == WB_OK && cmd->json) {
		wb_json_object(&cmd->out, NULL);
		wb_json_int(&cmd->out, "v", 1);
		wb_json_string(&cmd->out, "trusted", log.name);
		wb_json_close(&cmd->out);
		st = wb_json_finish(&cmd->out, err);
	} else if (st == WB_OK) {
		wb_cmd_print(cmd, "this witness cosigns for %s\n", log.name);
	}
	wb_witness_close(&w);
	return st;
}

static void
print_log(void *ctx, const struct wb_vkey *log, const struct wb_head *head)
{
	struct wb_cmd *cmd = ctx;

	if (!cmd->json) {
		wb_cmd_print(cmd, "%s: %llu entries cosigned\n", log->name,
		    (unsigned long long)head->size);
		return;
	}
	wb_json_object(&cmd->out, NULL);
	wb_json_string(&cmd->out, "origin", log->name);
	put_vkey(cmd, "vkey", log);
	wb_json_uint(&cmd->out, "size", head->size);
	wb_json_close(&cmd->out);
}

static enum wb_status
run_status(struct wb_cmd *cmd, struct wb_error *err)
{
	struct wb_witness *w;
	enum wb_status st = open_witness(&w, cmd, err);

	if (st != WB_OK)
		return st;
	if (cmd->json) {
		wb_json_object(&cmd->out, NULL);
		wb_json_int(&cmd->out, "v", 1);
		wb_json_string(&cmd->out, "name", wb_witness_vkey(w)->name);
		put_vkey(cmd, "vkey", wb_witness_vkey(w));
		wb_json_array(&cmd->out, "logs");
	} else {
		put_vkey(cmd, "vkey", wb_witness_vkey(w));
		wb_cmd_print(cmd, "\n");
	}
	st = wb_witness_logs(w, print_log, cmd, err);
	if (st == WB_OK && cmd->json) {
		wb_json_close(&cmd->out);
		wb_json_close(&cmd->out);
		st = wb_json_finish(&cmd->out, err);
	}
	wb_witness_close(&w);
	return st;
}

static enum wb_status
check_listen(const char *text, struct wb_cmd *cmd, struct wb_error *err)
{
	struct wb_listen address;
	enum wb_status st = wb_listen_parse(&address, text, err);

	if (st != WB_OK)
		return wb_context(err, WB_USAGE, "--listen");
	if (address.is_local || wb_args_has(cmd->args, "listen-public"))
		return WB_OK;
	return wb_advise(err,
	    wb_fail(err, WB_USAGE,
		"%s can be reached over the network without encryption", text),
	    "listen-public",
	    "Listen on 127.0.0.1 or a unix socket behind a reverse proxy or an "
	    "onion service; or add --listen-public.");
}

static void
count_log(void *ctx, const struct wb_vkey *log, const struct wb_head *head)
{
	size_t *count = ctx;

	(void)log;
	(void)head;
	++*count;
}

/* Whoever asks first would have it for good. */
static enum wb_status
must_know_a_log(struct wb_witness *w, struct wb_error *err)
{
	size_t count = 0;
	enum wb_status st = wb_witness_logs(w, count_log, &count, err);

	if (st != WB_OK || count > 0)
		return st;
	return wb_advise(err,
	    wb_fail(err, WB_USAGE,
		"this witness knows no log, and over a network anybody could "
		"be the first to ask it"),
	    "witness-log",
	    "Tell it the log's key, as waybilld init printed it: waybill "
	    "witness trust --dir DIR VKEY");
}

static enum wb_status
open_for_serving(struct wb_witness **out, struct wb_cmd *cmd,
    struct wb_error *err)
{
	enum wb_status st = open_witness(out, cmd, err);

	if (st == WB_OK && wb_args_has(cmd->args, "listen-public"))
		st = must_know_a_log(*out, err);
	return st == WB_OK ? wb_witness_lock(*out, err) : st;
}

static enum wb_status
announce(struct wb_cmd *cmd, const char *url, struct wb_error *err)
{
	if (cmd->json) {
		wb_json_object(&cmd->out, NULL);
		wb_json_int(&cmd->out, "v", 1);
		wb_json_string(&cmd->out, "listening", url);
		wb_json_close(&cmd->out);
		return wb_json_finish(&cmd->out, err);
	}
	wb_cmd_print(cmd, "listening on %s\n", url);
	if (fflush(stdout) != 0)
		return wb_fail(err, WB_STORAGE,
		    "cannot write to standard output");
	return WB_OK;
}

static enum wb_status
run_serve(struct wb_cmd *cmd, struct wb_error *err)
{
	const struct wb_log log = { .fd = STDERR_FILENO,
		.most = cmd->quiet ? WB_LOG_WARNING : WB_LOG_INFO,
		.clock = cmd->clock };
	const char *listen = wb_args_value(cmd->args, "listen");
	struct wb_witness_http http = { .log = &log };
	struct wb_httpd *server = NULL;
	struct wb_httpd_hooks hooks;
	char url[WB_MAX_LISTEN_URL];
	enum wb_status st;
	sigset_t ends;
	int got = 0;

	/* Before any thread: all of them inherit it, and sigwait has it. */
	(void)sigemptyset(&ends);
	(void)sigaddset(&ends, SIGTERM);
	(void)sigaddset(&ends, SIGINT);
	(void)sigprocmask(SIG_BLOCK, &ends, NULL);
	(void)signal(SIGPIPE, SIG_IGN);
	listen = listen == NULL ? DEFAULT_LISTEN : listen;
	st = check_listen(listen, cmd, err);
	if (st == WB_OK)
		st = open_for_serving(&http.witness, cmd, err);
	hooks = wb_witness_hooks(&http);
	if (st == WB_OK)
		st = wb_httpd_listen(&server, url, listen, &limits, &hooks,
		    err);
	if (st == WB_OK)
		st = announce(cmd, url, err);
	if (st == WB_OK)
		(void)sigwait(&ends, &got);
	if (server != NULL)
		wb_httpd_drain(server, DRAIN);
	wb_httpd_stop(&server);
	wb_witness_close(&http.witness);
	return st;
}

static const struct wb_option init_options[] = {
	{ "name", 0, false, "NAME",
	    "the witness's name for ever, as witness.example.org/w1" },
	{ "log", 0, true, "VKEY",
	    "cosign for this log only; else for the first that asks" },
	WB_OPTION_END,
};

const struct wb_subcommand wb_cmd_witness_init = {
	.help = {
		.name = "witness init",
		.group = "Witness",
		.synopsis = "--name NAME",
		.summary = "make a witness; prints its key",
		.description =
		    "A witness remembers how far it has seen a log, and "
		    "cosigns only what goes on from\nthere, so that the log "
		    "cannot show one history to some and another to others.\n"
		    "Its folder needs no vault and no passphrase. Never bring "
		    "it back from a backup:\na witness that forgot would sign "
		    "twice. Make a new one instead.",
		.examples = "waybill witness init --dir wit "
			    "--name witness.example.org/w1",
		.options = init_options,
	},
	.run = run_init,
};

const struct wb_subcommand wb_cmd_witness_trust = {
	.help = {
		.name = "witness trust",
		.group = "Witness",
		.synopsis = "VKEY",
		.summary = "let a witness cosign for one more log",
		.description = "VKEY is the log's key, as waybilld init prints "
			       "it. A witness that runs takes it\nat once.",
		.examples = "waybill witness trust --dir wit "
			    "example.org/aid+1234abcd+AQ...",
		.min_words = 1,
		.max_words = 1,
	},
	.run = run_trust,
};

static const struct wb_option serve_options[] = {
	{ "listen", 0, false, "ADDRESS",
	    "127.0.0.1:PORT (0: any), [::1]:PORT or unix:PATH (default "
	    "127.0.0.1:8444)" },
	{ "listen-public", 0, false, NULL,
	    "allow an address that a network reaches; it must know a log" },
	WB_OPTION_END,
};

const struct wb_subcommand wb_cmd_witness_serve = {
	.help = {
		.name = "witness serve",
		.group = "Witness",
		.synopsis = "",
		.summary = "answer the servers that ask, until SIGTERM",
		.examples =
		    "waybill witness serve --dir wit --listen 127.0.0.1:8444",
		.options = serve_options,
	},
	.run = run_serve,
};

const struct wb_subcommand wb_cmd_witness_status = {
	.help = {
		.name = "witness status",
		.group = "Witness",
		.synopsis = "",
		.summary = "show a witness's key, and what it has cosigned",
		.examples = "waybill witness status --dir wit --json",
	},
	.run = run_status,
};
