#include "server/settings.h"

#include <stdio.h>
#include <string.h>

#include "base/conf.h"
#include "base/folder.h"

static const struct wb_conf_key keys[] = {
	{ .name = "listen",
	    .kind = WB_CONF_TEXT,
	    .value = "127.0.0.1:8443",
	    .help = "Where members are served: 127.0.0.1:PORT, [::1]:PORT or\n"
		    "unix:PATH.  TLS, or an onion service, comes from what\n"
		    "stands in front." },
	{ .name = "listen_public",
	    .kind = WB_CONF_BOOL,
	    .value = "no",
	    .help = "Allow listen to be an address that a network reaches,\n"
		    "without TLS.  Only inside a container or tunnel." },
	{ .name = "admin",
	    .kind = WB_CONF_TEXT,
	    .value = "",
	    .help = "Where /healthz, /readyz and /metrics are served, as\n"
		    "listen; always loopback or a unix socket.  Empty: "
		    "nowhere." },
	{ .name = "store",
	    .kind = WB_CONF_TEXT,
	    .value = "",
	    .help = "sqlite:PATH.  Empty: store.db in the log's folder." },
	{ .name = "workers",
	    .kind = WB_CONF_UINT,
	    .value = "0",
	    .min = 0,
	    .max = 64,
	    .help = "Threads that check signatures; 0: one a processor." },
	{ .name = "connections",
	    .kind = WB_CONF_UINT,
	    .value = "1024",
	    .min = 16,
	    .max = 16384,
	    .help = "At most so many at once.  Above three quarters of them\n"
		    "the oldest incomplete one makes room." },
	{ .name = "request_seconds",
	    .kind = WB_CONF_UINT,
	    .value = "60",
	    .min = 1,
	    .max = 3600,
	    .help = "A whole request may last so long, and a second more for\n"
		    "each 4096 bytes of its body; an idle connection too." },
	{ .name = "rate",
	    .kind = WB_CONF_UINT,
	    .value = "600",
	    .min = 0,
	    .max = 1000000,
	    .help = "Signed reads a minute and member, and 256 times as many\n"
		    "uploaded statements; 0: no bound." },
	{ .name = "witness_proxy",
	    .kind = WB_CONF_TEXT,
	    .value = "",
	    .help =
		"socks5h://HOST:PORT, such as Tor's: over this the roster's\n"
		"witnesses are asked, but for those on this machine.\n"
		"Empty: direct; onion addresses then cannot be reached." },
	{ .name = "witness_local",
	    .kind = WB_CONF_BOOL,
	    .value = "no",
	    .help = "Who changes the roster says where its witnesses are.  no: "
		    "they\n"
		    "are asked where the whole network reaches them, and at a\n"
		    "loopback address, PORT from 1024, no path.  yes: also in\n"
		    "private networks, on unix sockets and everywhere on this\n"
		    "machine." },
	{ .name = "witness_seconds",
	    .kind = WB_CONF_UINT,
	    .value = "30",
	    .min = 1,
	    .max = 600,
	    .help = "A witness has so long for one answer.  Nobody else waits\n"
		    "for it." },
	{ .name = "witness_retry_seconds",
	    .kind = WB_CONF_UINT,
	    .value = "300",
	    .min = 1,
	    .max = 86400,
	    .help =
		"A witness that failed is asked again after a second, then\n"
		"twice as long each time, but never more than this." },
	{ .name = NULL },
};

static enum wb_status
copy(char *out, size_t size, const struct wb_conf *conf, const char *key,
    struct wb_error *err)
{
	const char *text = wb_conf_text(conf, key);

	if (strlen(text) >= size)
		return wb_fail(err, WB_INVALID, "%s is longer than %zu bytes",
		    key, size - 1);
	memcpy(out, text, strlen(text) + 1);
	return WB_OK;
}

static enum wb_status
take(struct wb_settings *out, const struct wb_conf *conf, struct wb_error *err)
{
	enum wb_status st = copy(out->store, sizeof out->store, conf, "store",
	    err);

	if (st == WB_OK)
		st = copy(out->listen, sizeof out->listen, conf, "listen", err);
	if (st == WB_OK)
		st = copy(out->admin, sizeof out->admin, conf, "admin", err);
	if (st == WB_OK)
		st = copy(out->witness_proxy, sizeof out->witness_proxy, conf,
		    "witness_proxy", err);
	out->witness_local = wb_conf_bool(conf, "witness_local");
	out->witness_seconds = (uint32_t)wb_conf_uint(conf, "witness_seconds");
	out->witness_retry_seconds = (uint32_t)wb_conf_uint(conf,
	    "witness_retry_seconds");
	out->listen_public = wb_conf_bool(conf, "listen_public");
	out->workers = (uint32_t)wb_conf_uint(conf, "workers");
	out->connections = (uint32_t)wb_conf_uint(conf, "connections");
	out->request_seconds = (uint32_t)wb_conf_uint(conf, "request_seconds");
	out->rate = (uint32_t)wb_conf_uint(conf, "rate");
	return st;
}

enum wb_status
wb_settings_load(struct wb_settings *out, const char *dir, struct wb_error *err)
{
	const struct wb_file_ops *ops = wb_file_ops_system();
	char path[WB_MAX_PATH];
	struct wb_bytes text;
	struct wb_conf conf;
	bool exists = false;
	enum wb_status st;

	memset(out, 0, sizeof *out);
	wb_conf_init(&conf, keys);
	wb_bytes_init(&text, WB_MAX_CONF_FILE);
	st = wb_folder_path(path, dir, WB_SETTINGS_FILE, err);
	if (st != WB_OK)
		goto done;
	memcpy(out->dir, dir, strlen(dir) + 1);
	st = wb_file_exists(&exists, ops, path, err);
	if (st == WB_OK && exists)
		st = wb_file_read(&text, ops, path, err);
	if (st == WB_OK)
		st = wb_conf_read(&conf, wb_bytes_span(&text), path, err);
	if (st == WB_OK)
		st = take(out, &conf, err);
done:
	wb_bytes_clear(&text);
	wb_conf_clear(&conf);
	return st;
}

enum wb_status
wb_settings_write(const char *dir, struct wb_error *err)
{
	char path[WB_MAX_PATH];
	struct wb_bytes text;
	enum wb_status st;

	wb_bytes_init(&text, WB_MAX_CONF_FILE);
	st = wb_folder_path(path, dir, WB_SETTINGS_FILE, err);
	if (st == WB_OK)
		st = wb_conf_write_defaults(&text, keys, err);
	if (st == WB_OK)
		st = wb_file_write(wb_file_ops_system(), path,
		    wb_bytes_span(&text), err);
	wb_bytes_clear(&text);
	return st;
}

static enum wb_status
refuse_network(const char *what, const char *address, const char *next,
    struct wb_error *err)
{
	return wb_advise(err,
	    wb_fail(err, WB_REFUSED,
		"%s = %s can be reached over the network without encryption: "
		"waybilld speaks no TLS, a reverse proxy or an onion service "
		"in front of it does",
		what, address),
	    "listen-public", next);
}

enum wb_status
wb_settings_check(const struct wb_settings *s, struct wb_error *err)
{
	struct wb_listen address;
	enum wb_status st = wb_listen_parse(&address, s->listen, err);

	if (st != WB_OK)
		return st;
	if (!address.is_local && !s->listen_public) {
		return refuse_network("listen", s->listen,
		    "Listen on 127.0.0.1 or a unix socket; or set "
		    "listen_public = yes if nothing else is possible.",
		    err);
	}
	if (s->admin[0] == '\0')
		return WB_OK;
	st = wb_listen_parse(&address, s->admin, err);
	if (st == WB_OK && !address.is_local) {
		return refuse_network("admin", s->admin,
		    "Give the admin listener a loopback address or a unix "
		    "socket.",
		    err);
	}
	return st;
}
