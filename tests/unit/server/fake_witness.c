#include "tests/unit/server/fake_witness.h"

#include <inttypes.h>
#include <stdio.h>

#include "base/listen.h"
#include "base/text.h"
#include "crypto/lines.h"
#include "crypto/merkle.h"

#define MAX_BODY (WB_MAX_NOTE + 8192)
#define COSIGNED_AT 1700000001 /* Unix seconds */

static void
on_head(void *ctx, struct wb_request *r, size_t *max_body)
{
	(void)ctx;
	(void)r;
	*max_body = MAX_BODY;
}

static void
answer(struct wb_request *r, unsigned status, const struct wb_bytes *text)
{
	const struct wb_answer a = { .status = status, .type = "text/plain" };
	struct wb_bytes body;

	wb_bytes_init(&body, MAX_BODY);
	if (text != NULL)
		(void)!wb_bytes_append(&body, wb_bytes_span(text), NULL);
	wb_request_answer(r, &a, &body);
	wb_bytes_clear(&body);
}

/* "old N", hashes, a blank line; `rest` is then the note. */
static bool
read_request(uint64_t *old, struct wb_proof *proof, struct wb_span *rest)
{
	struct wb_span line, prefix = wb_span_text("old ");

	proof->count = 0;
	if (!wb_line_take(&line, rest) || line.len < prefix.len ||
	    memcmp(line.data, prefix.data, prefix.len) != 0 ||
	    wb_text_uint(old, wb_span_sub(line, prefix.len, line.len), 0,
		INT64_MAX, NULL) != WB_OK)
		return false;
	while (wb_line_take(&line, rest) && line.len > 0) {
		if (proof->count == WB_MAX_PROOF ||
		    !wb_hash_parse(&proof->hashes[proof->count++], line))
			return false;
	}
	return true;
}

static unsigned
cosign(struct wb_bytes *out, struct fake_witness *w, struct wb_span note,
    const struct wb_head *head)
{
	struct wb_signer other = w->signer;
	struct wb_note parsed;
	uint64_t seed = 99;

	if (w->mood == WRONG_KEY &&
	    wb_signer_generate(&other, check_random(&seed), NULL) != WB_OK)
		return 500;
	if (wb_note_parse(&parsed, note, NULL) != WB_OK ||
	    wb_note_cosign(out, parsed.text, &w->vkey, &other, COSIGNED_AT,
		NULL) != WB_OK)
		return 500;
	if (w->mood == WRONG_KEY)
		wb_signer_clear(&other);
	w->facts.seen = head->size;
	w->root = head->root;
	wb_bytes_reset(&w->note);
	return wb_bytes_append(&w->note, note, NULL) == WB_OK ? 200 : 500;
}

static unsigned
conflict(struct wb_bytes *out, struct fake_witness *w, uint64_t size)
{
	w->facts.conflicts++;
	return wb_bytes_printf(out, NULL, "%" PRIu64 "\n", size) == WB_OK ? 409
									  : 500;
}

/* The rules of the specification, in its order. */
static unsigned
judge(struct wb_bytes *out, struct fake_witness *w, struct wb_span body)
{
	struct wb_proof proof;
	struct wb_head head;
	uint64_t old;

	if (!read_request(&old, &proof, &body))
		return 400;
	if (wb_checkpoint_open(&head, NULL, body, &w->log, NULL) != WB_OK)
		return 403;
	if (old > head.size)
		return 400;
	if (w->mood == BOASTFUL)
		return conflict(out, w, w->boast);
	if (w->mood == STUBBORN)
		return conflict(out, w, old);
	if (w->mood == SCEPTIC && old > 0)
		return 422;
	if (old != w->facts.seen)
		return conflict(out, w, w->facts.seen);
	if (old == head.size && !wb_hash_equal(&head.root, &w->root))
		return conflict(out, w, w->facts.seen);
	if (old == 0 || old == head.size)
		return proof.count == 0 ? cosign(out, w, body, &head) : 422;
	if (wb_consistency_verify(old, &w->root, head.size, &head.root, &proof,
		NULL) != WB_OK)
		return 422;
	return cosign(out, w, body, &head);
}

/* The head that a liar would like the log to have signed. */
static unsigned
forge(struct wb_bytes *out, const struct fake_witness *w)
{
	const struct wb_head head = { .size = w->boast };
	struct wb_signer other;
	struct wb_vkey vkey;
	uint64_t seed = 77;
	unsigned status = 500;

	if (wb_signer_generate(&other, check_random(&seed), NULL) != WB_OK)
		return status;
	if (wb_vkey_make(&vkey, w->log.name, WB_NOTE_ED25519, &other.key,
		NULL) == WB_OK &&
	    wb_checkpoint_seal(out, &head, &vkey, &other, NULL) == WB_OK)
		status = 200;
	wb_signer_clear(&other);
	return status;
}

static unsigned
show(struct wb_bytes *out, struct fake_witness *w)
{
	w->facts.shown++;
	if (w->shown == SHOWS_FORGERY)
		return forge(out, w);
	if (w->shown == SHOWS_NOTHING || w->note.len == 0)
		return 404;
	return wb_bytes_append(out, wb_bytes_span(&w->note), NULL) == WB_OK
		   ? 200
		   : 500;
}

static void
on_request(void *ctx, struct wb_request *r)
{
	const char *header = wb_request_header(r, "Waybill-Log");
	struct fake_witness *w = ctx;
	unsigned status = 404;
	struct wb_bytes out;
	bool silent;

	wb_bytes_init(&out, MAX_BODY);
	(void)pthread_mutex_lock(&w->lock);
	w->facts.asked++;
	w->facts.in_hand++;
	if (w->facts.in_hand > w->facts.together)
		w->facts.together = w->facts.in_hand;
	(void)snprintf(w->facts.header, sizeof w->facts.header, "%s",
	    header != NULL ? header : "");
	if (w->mood == STATUS)
		status = w->status;
	else if (wb_span_equal(wb_request_path(r),
		     wb_span_text("/add-checkpoint")))
		status = judge(&out, w, wb_bytes_span(wb_request_body(r)));
	else if (strcmp(wb_request_method(r), "GET") == 0)
		status = show(&out, w);
	silent = w->mood == SILENT;
	if (w->shown == SHOWS_LATER &&
	    strcmp(wb_request_method(r), "GET") == 0) {
		w->held = r;
		silent = true;
	}
	if (!silent)
		w->facts.in_hand--;
	(void)pthread_mutex_unlock(&w->lock);
	if (!silent)
		answer(r, status, &out);
	wb_bytes_clear(&out);
}

void
fake_witness_make(struct fake_witness *w, const char *name,
    const struct wb_vkey *log, struct wb_random random)
{
	struct wb_error err = { 0 };

	memset(w, 0, sizeof *w);
	(void)snprintf(w->name, sizeof w->name, "%s", name);
	assert_ok(wb_signer_generate(&w->signer, random, &err), &err);
	assert_ok(wb_vkey_make(&w->vkey, w->name, WB_NOTE_COSIGNATURE,
		      &w->signer.key, &err),
	    &err);
	w->log = *log;
	wb_bytes_init(&w->note, WB_MAX_NOTE);
	(void)pthread_mutex_init(&w->lock, NULL);
}

void
fake_witness_run(struct fake_witness *w)
{
	const struct wb_httpd_limits limits = { .connections = 16,
		.request_seconds = 600,
		.body_budget = 10 * MAX_BODY };
	const struct wb_httpd_hooks hooks = { .head = on_head,
		.request = on_request,
		.ctx = w };
	struct wb_error err = { 0 };
	struct wb_listen address;
	char where[64];
	int fd;

	(void)snprintf(where, sizeof where, "127.0.0.1:%u", w->port);
	assert_ok(wb_listen_parse(&address, where, &err), &err);
	assert_ok(wb_listen_open(&fd, &address, &err), &err);
	assert_ok(wb_httpd_start(&w->h, fd, &limits, &hooks, &err), &err);
	w->port = address.port;
	(void)snprintf(w->url, sizeof w->url, "http://127.0.0.1:%u", w->port);
}

void
fake_witness_stop(struct fake_witness *w)
{
	if (w->h != NULL)
		wb_httpd_stop(&w->h);
}

void
fake_witness_clear(struct fake_witness *w)
{
	fake_witness_stop(w);
	wb_bytes_clear(&w->note);
	wb_signer_clear(&w->signer);
	(void)pthread_mutex_destroy(&w->lock);
}

void
fake_witness_be(struct fake_witness *w, enum mood mood, unsigned status)
{
	(void)pthread_mutex_lock(&w->lock);
	w->mood = mood;
	w->status = status;
	(void)pthread_mutex_unlock(&w->lock);
}

void
fake_witness_show(struct fake_witness *w, enum shown shown)
{
	(void)pthread_mutex_lock(&w->lock);
	w->shown = shown;
	(void)pthread_mutex_unlock(&w->lock);
}

void
fake_witness_let_go(struct fake_witness *w)
{
	struct wb_request *r;
	struct wb_bytes out;
	unsigned status;

	wb_bytes_init(&out, MAX_BODY);
	(void)pthread_mutex_lock(&w->lock);
	r = w->held;
	assert_non_null(r);
	w->held = NULL;
	w->shown = SHOWS_ALL;
	w->facts.in_hand--;
	status = show(&out, w);
	(void)pthread_mutex_unlock(&w->lock);
	answer(r, status, &out);
	wb_bytes_clear(&out);
}

void
fake_witness_boast(struct fake_witness *w, uint64_t size, enum shown shown)
{
	(void)pthread_mutex_lock(&w->lock);
	w->boast = size;
	w->shown = shown;
	w->mood = BOASTFUL;
	(void)pthread_mutex_unlock(&w->lock);
}

struct witness_facts
fake_witness_facts(struct fake_witness *w)
{
	struct witness_facts facts;

	(void)pthread_mutex_lock(&w->lock);
	facts = w->facts;
	(void)pthread_mutex_unlock(&w->lock);
	return facts;
}
