/* waybilld serve: the log, over HTTP, until a signal comes. */
#include <sys/resource.h>

#include <malloc.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "server/cmd.h"
#include "server/routes.h"

#define READERS 2 /* threads that read the store for HTTP */
#define BODIES ((size_t)256 << 20) /* bytes of all bodies together */
#define DRAIN 1500 /* ms for what is under way when asked to stop */
#define SETTLE 2500 /* ms for witnesses to answer before we listen */
#define LOOK_MS 250 /* between two looks whether they have answered */
#define ADMIN_ANSWERS ((size_t)1 << 20) /* bytes held at once */
#define WATCH_SECONDS 1 /* between two looks whether the disk has failed */
#define KEPT_FREE (2 << 20) /* bytes a thread's heap may hold unused */
#define OWN_PAGES (4 << 20) /* bytes that get pages of their own */
#define SPARE_FILES 128 /* descriptors besides connections */

static const struct wb_option options[] = {
	{ "listen", 0, false, "ADDRESS",
	    "127.0.0.1:PORT (0: any), [::1]:PORT or unix:PATH" },
	{ "admin", 0, false, "ADDRESS", "where /metrics and the like are" },
	{ "without-witness", 0, false, NULL,
	    "log although no quorum of witnesses answers" },
	WB_OPTION_END,
};

/* All that serves; zero before use. */
struct server {
	struct wb_settings settings;
	struct wb_core *core;
	struct wb_routes *routes;
	struct wb_httpd *http;
	struct wb_httpd *admin;
};

/* What one body leaves is for the next: giving it back costs page faults. */
static void
keep_memory(void)
{
	(void)mallopt(M_TRIM_THRESHOLD, KEPT_FREE);
	(void)mallopt(M_MMAP_THRESHOLD, OWN_PAGES);
}

/* A soft limit of 1024 descriptors is fewer than we may need. */
static void
allow_files(unsigned connections)
{
	struct rlimit files;

	if (getrlimit(RLIMIT_NOFILE, &files) != 0 ||
	    files.rlim_cur >= connections + SPARE_FILES)
		return;
	files.rlim_cur = connections + SPARE_FILES;
	if (files.rlim_cur > files.rlim_max)
		files.rlim_cur = files.rlim_max;
	(void)setrlimit(RLIMIT_NOFILE, &files);
}

static enum wb_status
start(struct server *s, char url[WB_MAX_LISTEN_URL], struct wb_run *run,
    struct wb_error *err)
{
	const struct wb_httpd_limits limits = {
		.connections = s->settings.connections,
		.request_seconds = s->settings.request_seconds,
		.workers = READERS,
		.body_budget = BODIES
	};
	const struct wb_httpd_limits few = { .connections = 16,
		.request_seconds = s->settings.request_seconds,
		.body_budget = ADMIN_ANSWERS };
	struct wb_httpd_hooks hooks;
	char admin[WB_MAX_LISTEN_URL];
	enum wb_status st;

	st = wb_core_open(&s->core, &s->settings, run->clock, &run->log, err);
	if (st == WB_OK)
		st = wb_core_settle(s->core, SETTLE, err);
	if (st == WB_OK)
		st = wb_routes_new(&s->routes, s->core, &s->settings,
		    run->clock, err);
	if (st != WB_OK)
		return st;
	hooks = wb_routes_public(s->routes);
	st = wb_httpd_listen(&s->http, url, s->settings.listen, &limits, &hooks,
	    err);
	if (st != WB_OK || s->settings.admin[0] == '\0')
		return st;
	wb_routes_watch(s->routes, s->http);
	hooks = wb_routes_admin(s->routes);
	st = wb_httpd_listen(&s->admin, admin, s->settings.admin, &few, &hooks,
	    err);
	if (st == WB_OK)
		wb_run_say(run, "admin pages on %s\n", admin);
	return st;
}

/*
 * In this order nobody calls what is gone: HTTP takes nothing more, the core
 * answers what it has, HTTP sends that and ends.
 */
static void
stop(struct server *s)
{
	wb_httpd_stop(&s->admin);
	if (s->http != NULL)
		wb_httpd_drain(s->http, DRAIN);
	wb_core_close(&s->core);
	wb_httpd_stop(&s->http);
	wb_routes_free(&s->routes);
}

static enum wb_status
announce(struct wb_run *run, const char *url, struct wb_error *err)
{
	if (run->json) {
		wb_json_object(&run->out, NULL);
		wb_json_int(&run->out, "v", 1);
		wb_json_string(&run->out, "listening", url);
		wb_json_close(&run->out);
		return wb_json_finish(&run->out, err);
	}
	wb_run_print(run, "listening on %s\n", url);
	if (fflush(stdout) != 0)
		return wb_fail(err, WB_STORAGE,
		    "cannot write to standard output");
	return WB_OK;
}

static enum wb_status
tell_of_witnesses(bool *waits, struct wb_run *run, struct server *s,
    struct wb_error *err)
{
	struct wb_core_status status;
	enum wb_status st = wb_core_status(&status, s->core, err);

	*waits = st == WB_OK && status.awaits_quorum;
	if (st != WB_OK)
		return st;
	if (s->settings.without_witness && status.needs_quorum) {
		wb_run_say(run,
		    "Warning: without its witnesses this log cannot know "
		    "whether it lost entries.\nDo this only if they are gone "
		    "for good, and give the roster another policy.\n");
	} else if (*waits) {
		wb_run_say(run,
		    "Waiting for a quorum of witnesses (%u of %u have "
		    "answered): until then\nmembers can read, and nothing is "
		    "logged.\n",
		    (unsigned)status.witnesses_sound,
		    (unsigned)status.witnesses);
	}
	return WB_OK;
}

/* Until a signal; or until a witness objects, while we wait for them; or until
 * the disk has failed. */
static enum wb_status
wait_for_end(struct wb_run *run, struct server *s, const sigset_t *ends,
    struct wb_error *err)
{
	const struct timespec look = { .tv_nsec = LOOK_MS * 1000000L };
	const struct timespec watch = { .tv_sec = WATCH_SECONDS };
	struct wb_core_status status = { 0 };
	bool waits;
	enum wb_status st = tell_of_witnesses(&waits, run, s, err);

	while (st == WB_OK &&
	       sigtimedwait(ends, NULL, waits ? &look : &watch) <= 0) {
		st = wb_core_sound(s->core, err);
		if (st != WB_OK || !waits)
			continue;
		st = wb_core_settle(s->core, 0, err);
		if (st == WB_OK)
			st = wb_core_status(&status, s->core, err);
		waits = status.awaits_quorum;
		if (st == WB_OK && !waits)
			wb_run_say(run, "A quorum of witnesses agrees: "
					"the log is open.\n");
	}
	return st;
}

static enum wb_status
load(struct wb_settings *out, const struct wb_run *run, struct wb_error *err)
{
	enum wb_status st = wb_run_settings(out, run, err);

	if (st == WB_OK)
		st = wb_run_override(out->listen, sizeof out->listen, run,
		    "listen", err);
	if (st == WB_OK)
		st = wb_run_override(out->admin, sizeof out->admin, run,
		    "admin", err);
	if (st == WB_OK)
		st = wb_settings_check(out, err);
	out->without_witness = wb_args_has(run->args, "without-witness");
	return st == WB_INVALID && wb_args_has(run->args, "listen") ? WB_USAGE
								    : st;
}

static enum wb_status
serve(struct wb_run *run, struct wb_error *err)
{
	char url[WB_MAX_LISTEN_URL];
	static struct server s;
	enum wb_status st;
	sigset_t ends;

	/* Before any thread: all of them inherit it, and sigwait has it. */
	(void)sigemptyset(&ends);
	(void)sigaddset(&ends, SIGTERM);
	(void)sigaddset(&ends, SIGINT);
	(void)sigprocmask(SIG_BLOCK, &ends, NULL);
	(void)signal(SIGPIPE, SIG_IGN);
	st = load(&s.settings, run, err);
	if (st != WB_OK)
		return st;
	allow_files(s.settings.connections);
	keep_memory();
	st = start(&s, url, run, err);
	if (st == WB_OK)
		st = announce(run, url, err);
	if (st == WB_OK)
		st = wait_for_end(run, &s, &ends, err);
	stop(&s);
	return st;
}

const struct wb_server_command wb_serve_serve = {
	.help = { .name = "serve",
	    .group = "Every day",
	    .synopsis = "",
	    .summary = "serve the log over HTTP until SIGTERM",
	    .examples = "waybilld serve --dir srv --listen 127.0.0.1:8443",
	    .options = options },
	.run = serve
};
