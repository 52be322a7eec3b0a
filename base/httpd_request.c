/* One request: framing, hooks, answer. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/httpd_private.h"
#include "base/json.h"

#define ERROR_BODY (6 * (size_t)WB_ERROR_TEXT + 256) /* bytes, escaped */
#define FIRST_BODY ((size_t)64 << 10) /* bytes reserved before they come */

static struct peer *
peer_of(struct MHD_Connection *connection)
{
	const union MHD_ConnectionInfo *info =
	    MHD_get_connection_info(connection,
		MHD_CONNECTION_INFO_SOCKET_CONTEXT);

	return info == NULL ? NULL : info->socket_context;
}

/* The first thing MHD tells of a request: its line has come. */
void *
httpd_on_target(void *ctx, const char *target,
    struct MHD_Connection *connection)
{
	struct wb_request *r = calloc(1, sizeof *r);
	struct peer *p = peer_of(connection);
	size_t len = strlen(target);

	if (r == NULL || p == NULL) {
		free(r);
		return NULL;
	}
	r->h = ctx;
	r->connection = connection;
	r->peer = p;
	r->too_long = len >= sizeof r->target;
	if (!r->too_long)
		memcpy(r->target, target, len + 1);
	p->request = r;
	p->phase = PHASE_READING;
	p->since = httpd_now();
	p->deadline = httpd_deadline(r->h, 0);
	return r;
}

/* MHD lets repeated headers pass: they are counted here. */
struct framing {
	unsigned lengths;
	unsigned encodings;
	uint64_t length;
	bool bad;
};

static bool
parse_length(uint64_t *out, const char *text)
{
	uint64_t v = 0;

	if (*text == '\0' || strlen(text) > 15)
		return false;
	for (; *text != '\0'; text++) {
		if (*text < '0' || *text > '9')
			return false;
		v = v * 10 + (uint64_t)(*text - '0');
	}
	*out = v;
	return true;
}

static enum MHD_Result
see_header(void *ctx, enum MHD_ValueKind kind, const char *name,
    const char *value)
{
	struct framing *f = ctx;

	(void)kind;
	if (strcasecmp(name, MHD_HTTP_HEADER_CONTENT_LENGTH) == 0) {
		f->lengths++;
		if (value == NULL || !parse_length(&f->length, value))
			f->bad = true;
	} else if (strcasecmp(name, MHD_HTTP_HEADER_TRANSFER_ENCODING) == 0) {
		f->encodings++;
	}
	return MHD_YES;
}

/* What ends a connection at once: what follows may not be what it seems. */
static void
refuse_and_close(struct wb_request *r, unsigned status, const char *id,
    const char *text)
{
	struct wb_answer answer = { .status = status, .close = true };
	struct wb_error err = { .id = id };

	(void)wb_fail(&err, WB_INVALID, "%s", text);
	wb_request_refuse(r, &answer, &err);
}

static void
check_framing(struct wb_request *r)
{
	struct framing f = { 0 };
	bool post = strcmp(r->method, "POST") == 0;

	(void)MHD_get_connection_values(r->connection, MHD_HEADER_KIND,
	    see_header, &f);
	r->declared = f.length;
	if (r->too_long) {
		refuse_and_close(r, 414, "too-long", "the path is too long");
	} else if (f.bad || f.lengths > 1 ||
		   (f.encodings > 0 && f.lengths > 0)) {
		refuse_and_close(r, 400, "framing",
		    "the length of the body is not stated once and plainly");
	} else if (f.encodings > 0 || (post && f.lengths == 0)) {
		refuse_and_close(r, 411, "length-required",
		    "a body needs a Content-Length and no Transfer-Encoding");
	} else if (atomic_load(&r->h->draining)) {
		refuse_and_close(r, 503, "stopping",
		    "the server is being stopped; nothing was done");
	}
}

static enum MHD_Result send_answer(struct wb_request *r);

/* The header is complete. */
static enum MHD_Result
begin(struct wb_request *r, const char *method)
{
	struct wb_error err = { 0 };

	r->begun = true;
	(void)snprintf(r->method, sizeof r->method, "%s", method);
	check_framing(r);
	if (r->answered)
		return send_answer(r);
	r->h->hooks.head(r->h->hooks.ctx, r, &r->max_body);
	r->discard = r->answered;
	if (r->declared > r->max_body && !r->answered)
		refuse_and_close(r, 413, "too-large",
		    "the body is larger than this address takes");
	if (r->answered && r->declared > r->max_body) {
		r->answer.close = r->answer.close || r->declared > 0;
		return send_answer(r);
	}
	r->peer->deadline = httpd_deadline(r->h, r->declared);
	wb_bytes_init(&r->body, (size_t)r->declared);
	if (r->discard || r->declared == 0)
		return MHD_YES;
	return wb_bytes_reserve(&r->body,
		   r->declared < FIRST_BODY ? (size_t)r->declared : FIRST_BODY,
		   &err) == WB_OK
		   ? MHD_YES
		   : MHD_NO;
}

/* A piece of the body.  False: this connection had better end. */
static bool
take(struct wb_request *r, struct wb_span piece)
{
	struct wb_httpd *h = r->h;
	struct wb_error err = { 0 };

	if (r->discard)
		return true;
	if (!httpd_make_room(h, r->peer, piece.len))
		return false;
	h->held += piece.len;
	r->charged += piece.len;
	return wb_bytes_append(&r->body, piece, &err) == WB_OK;
}

/* Everything is there: hand it over, and answer now or later. */
static enum MHD_Result
complete(struct wb_request *r)
{
	struct wb_httpd *h = r->h;
	bool answered;

	if (!r->handed && !r->discard && atomic_load(&h->draining)) {
		refuse_and_close(r, 503, "stopping",
		    "the server is being stopped; nothing was done");
	} else if (!r->handed && !r->discard) {
		r->handed = true;
		r->peer->phase = PHASE_WAITING;
		(void)pthread_mutex_lock(&h->lock);
		h->busy++;
		(void)pthread_mutex_unlock(&h->lock);
		h->hooks.request(h->hooks.ctx, r);
	}
	(void)pthread_mutex_lock(&h->lock);
	answered = r->answered;
	if (!answered) {
		r->parked = true;
		MHD_suspend_connection(r->connection);
	}
	(void)pthread_mutex_unlock(&h->lock);
	return answered ? send_answer(r) : MHD_YES;
}

/* NOLINTBEGIN(readability-function-size): the library's parameters */
enum MHD_Result
httpd_on_request(void *ctx, struct MHD_Connection *connection, const char *url,
    const char *method, const char *version, const char *upload,
    size_t *upload_len, void **request)
{
	struct wb_request *r = *request;
	size_t len = *upload_len;

	(void)ctx;
	(void)connection;
	(void)url;
	(void)version;
	if (r == NULL || r->peer->evicted)
		return MHD_NO;
	if (!r->begun)
		return begin(r, method);
	if (len == 0)
		return complete(r);
	*upload_len = 0;
	return take(r, wb_span(upload, len)) ? MHD_YES : MHD_NO;
}
/* NOLINTEND(readability-function-size) */

/* What a browser might take for something else than it is said to be. */
static bool
is_text(const char *type)
{
	return type != NULL && (strncmp(type, "text/", 5) == 0 ||
				   strcmp(type, "application/json") == 0);
}

/* No cache keeps the answer to a POST. */
static const char *
cache_rule(const struct wb_request *r)
{
	if (r->answer.cache == NULL && strcmp(r->method, "POST") != 0)
		return "no-store";
	return r->answer.cache;
}

static bool
add_headers(struct MHD_Response *response, const struct wb_request *r)
{
	const struct wb_answer *a = &r->answer;
	char seconds[16];
	struct {
		const char *name;
		const char *value;
	} headers[] = {
		{ "Content-Type", a->type },
		{ "Cache-Control", cache_rule(r) },
		{ "X-Content-Type-Options",
		    is_text(a->type) ? "nosniff" : NULL },
		{ "Allow", a->allow },
		{ "WWW-Authenticate", a->challenge },
		{ "Retry-After", a->retry_after > 0 ? seconds : NULL },
		{ "Connection", a->close ? "close" : NULL },
	};

	(void)snprintf(seconds, sizeof seconds, "%u", a->retry_after);
	for (size_t i = 0; i < sizeof headers / sizeof headers[0]; i++) {
		if (headers[i].value != NULL &&
		    MHD_add_response_header(response, headers[i].name,
			headers[i].value) != MHD_YES)
			return false;
	}
	return true;
}

/*
 * The answer takes the body's place in the budget.  Where no room can be made
 * it is sent all the same: it is there already, and the next makes it go.
 */
static void
charge_answer(struct wb_request *r)
{
	struct wb_httpd *h = r->h;

	wb_bytes_clear(&r->body);
	h->held -= r->charged;
	(void)httpd_make_room(h, r->peer, r->answer_body.len);
	r->charged = r->answer_body.len;
	h->held += r->charged;
}

/* The body stays the request's, which outlives the response. */
static enum MHD_Result
send_answer(struct wb_request *r)
{
	struct MHD_Response *response =
	    MHD_create_response_from_buffer(r->answer_body.len,
		r->answer_body.data, MHD_RESPMEM_PERSISTENT);
	enum MHD_Result result = MHD_NO;

	if (response == NULL)
		return MHD_NO;
	if (add_headers(response, r))
		result = MHD_queue_response(r->connection, r->answer.status,
		    response);
	MHD_destroy_response(response);
	charge_answer(r);
	r->peer->phase = PHASE_SENDING;
	r->peer->since = httpd_now();
	r->peer->deadline = httpd_deadline(r->h, r->answer_body.len);
	return result;
}

void
httpd_on_over(void *ctx, struct MHD_Connection *connection, void **request,
    enum MHD_RequestTerminationCode why)
{
	struct wb_request *r = *request;
	struct wb_httpd *h = ctx;

	(void)connection;
	(void)why;
	if (r == NULL)
		return;
	*request = NULL;
	h->requests++;
	if (h->hooks.over != NULL)
		h->hooks.over(h->hooks.ctx, r, r->answer.status);
	h->held -= r->charged;
	r->peer->request = NULL;
	r->peer->phase = PHASE_IDLE;
	r->peer->since = httpd_now();
	r->peer->deadline = httpd_deadline(h, 0);
	if (r->handed) {
		(void)pthread_mutex_lock(&h->lock);
		if (--h->busy == 0)
			(void)pthread_cond_broadcast(&h->calm);
		(void)pthread_mutex_unlock(&h->lock);
	}
	wb_bytes_clear(&r->body);
	wb_bytes_clear(&r->answer_body);
	free(r);
}

void
wb_request_answer(struct wb_request *r, const struct wb_answer *answer,
    struct wb_bytes *body)
{
	struct MHD_Connection *connection = r->connection;
	struct wb_httpd *h = r->h;
	bool parked;

	(void)pthread_mutex_lock(&h->lock);
	r->answer = *answer;
	if (body != NULL)
		wb_bytes_move(&r->answer_body, body);
	r->answered = true;
	parked = r->parked;
	(void)pthread_mutex_unlock(&h->lock);
	/* Without the lock, which the loop wants as soon as it is woken. */
	if (!parked)
		return;
	MHD_resume_connection(connection);
	/*
	 * MHD's own signal is lost when it comes between its look for resumed
	 * connections and its reading of signals.
	 */
	httpd_wake(h);
}

static enum wb_status
error_body(struct wb_bytes *out, const struct wb_error *error)
{
	struct wb_json j;

	wb_json_init(&j, wb_json_to_bytes(out));
	wb_json_object(&j, NULL);
	wb_json_int(&j, "v", 1);
	wb_json_object(&j, "error");
	wb_json_string(&j, "id", wb_error_id(error));
	wb_json_string(&j, "text", error->text);
	wb_json_close(&j);
	wb_json_close(&j);
	return wb_json_finish(&j, NULL);
}

void
wb_request_refuse(struct wb_request *r, const struct wb_answer *answer,
    const struct wb_error *error)
{
	struct wb_answer a = *answer;
	struct wb_bytes body;

	wb_bytes_init(&body, ERROR_BODY);
	a.type = "application/json";
	if (error_body(&body, error) != WB_OK)
		wb_bytes_clear(&body);
	wb_request_answer(r, &a, &body);
	wb_bytes_clear(&body);
}

bool
wb_request_defer(struct wb_request *r)
{
	struct wb_httpd *h = r->h;
	bool room;

	(void)pthread_mutex_lock(&h->lock);
	room = !h->resting && h->worker_count > 0 &&
	       h->queued < h->limits.connections;
	if (room) {
		*h->queue_end = r;
		h->queue_end = &r->next;
		h->queued++;
		(void)pthread_cond_signal(&h->work);
	}
	(void)pthread_mutex_unlock(&h->lock);
	return room;
}
