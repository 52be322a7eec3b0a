#include "client/audit/audit_server.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "client/audit/auditor.h"
#include "client/team/annexes.h"
#include "client/trust/trust.h"

#define MAX_PATH 128 /* characters of the path that asks for a page */

struct reading {
	struct wb_auditor *a;
	const struct wb_audit_server *server;
	struct wb_head
	    known; /* newest that this vault verified; size 0: none */
	struct wb_head
	    head; /* as the first page has it: read so far, no further */
	bool begun; /* there was a first page */
	bool again; /* the second reading; see audit_seen.c */
	uint64_t from;
	struct wb_prepared prepared;
	struct wb_bytes body;
	struct wb_bytes note;
	struct wb_arena arena;
	struct wb_feed feed; /* views into body and arena */
};

static void
take(struct reading *r, const struct wb_bundle_item *item)
{
	wb_prepare_item(&r->prepared, item);
	wb_auditor_take(r->a, &r->prepared);
}

/* A page that cannot be read says nothing; it is the server's fault. */
static enum wb_status
ask(struct reading *r, struct wb_error *err)
{
	struct wb_error why = { 0 };
	char path[MAX_PATH];
	enum wb_status st;

	(void)snprintf(path, sizeof path,
	    "/v1/feed?from=%" PRIu64 "&seen=%" PRIu64 "&own=1%s", r->from,
	    r->known.size,
	    r->server->contents && !r->again ? "&content=1" : "");
	wb_bytes_reset(&r->body);
	wb_arena_clear(&r->arena);
	st = wb_remote_get(&r->body, r->server->remote, path, true,
	    WB_MAX_FEED_BODY, err);
	if (st != WB_OK)
		return st;
	st = wb_feed_decode(&r->feed, &r->arena, wb_bytes_span(&r->body), NULL,
	    &why);
	if (st == WB_OK || st == WB_NO_MEMORY)
		return st == WB_OK ? st : wb_fail(err, st, "%s", why.text);
	wb_auditor_problem(r->a, wb_about_entry("form", r->from),
	    "the server answers with what nobody can read: %s", why.text);
	return WB_PARTIAL;
}

/* The head that all is judged by; does it go on from what is known here? */
static enum wb_status
begin(struct reading *r, struct wb_error *err)
{
	const struct wb_sent_head *sent = &r->feed.head;
	struct wb_device *device = r->server->device;
	struct wb_span note = sent->note;
	struct wb_error why = { 0 };
	enum wb_status st = WB_OK;

	if (note.len == 0) {
		st = wb_checkpoint_join(&r->note, &sent->head, &sent->signature,
		    &device->log, err);
		note = wb_bytes_span(&r->note);
	}
	if (st != WB_OK)
		return st;
	take(r, &(struct wb_bundle_item){ .kind = WB_BUNDLE_HEAD,
		    .programme = device->programme,
		    .purpose = wb_span_text(
			r->server->contents ? "audit" : "headers") });
	take(r, &(struct wb_bundle_item){ .kind = WB_BUNDLE_CHECKPOINT,
		    .bytes = note });
	r->begun = true;
	st = wb_checkpoint_open(&r->head, NULL, note, &device->log, &why);
	if (st == WB_OK)
		st = wb_trust_check_head(&r->head, device, note,
		    &r->feed.consistency, &why);
	if (st == WB_NO_MEMORY || st == WB_STORAGE)
		return wb_fail(err, st, "%s", why.text);
	if (st != WB_OK) {
		wb_auditor_problem(r->a, wb_about_entry(wb_error_id(&why), 0),
		    "%s", why.text);
	}
	return WB_OK;
}

/* The tree that the entries make must hold what this vault has verified. */
static void
compare_known(struct reading *r)
{
	const struct wb_frontier *tree = &r->a->history.tree;
	struct wb_hash root;

	if (r->again || tree->size != r->known.size)
		return;
	wb_frontier_root(tree, &root);
	if (wb_hash_equal(&root, &r->known.root))
		return;
	wb_auditor_problem(r->a, wb_about_entry("log-fork", r->known.size),
	    "the server's first %ju entries are not those that it showed this "
	    "vault before",
	    (uintmax_t)r->known.size);
}

/* What is behind the first page's head is for another time. */
static void
take_page(struct reading *r)
{
	for (size_t i = 0; i < r->feed.entry_count; i++) {
		struct wb_bundle_item item = { .kind = WB_BUNDLE_ENTRY,
			.entry = r->feed.entries[i] };

		if (item.entry.index >= r->head.size)
			break;
		item.entry.proof.count = 0; /* the tree shows it, with all */
		if (r->again)
			wb_auditor_again(r->a, &item.entry);
		else
			take(r, &item);
		if (item.entry.index == r->a->history.tree.size - 1)
			compare_known(r);
	}
}

/*
 * A log has no end that could be waited for: who signs a long one and brings
 * nothing of it is asked no more.
 */
static bool
brings_entries(struct reading *r)
{
	const struct wb_feed *f = &r->feed;

	if (f->next <= r->from)
		return false; /* the end */
	for (size_t i = 0; i < f->entry_count; i++) {
		if (f->entries[i].index >= r->from &&
		    f->entries[i].index < f->next)
			return true;
	}
	wb_auditor_problem(r->a, wb_about_entry("empty-page", r->from),
	    "the server's page from entry %ju on has no entry, though its log "
	    "has %ju: nothing more was asked for",
	    (uintmax_t)r->from, (uintmax_t)r->head.size);
	return false;
}

/* A server that stops early has left out the rest, as the auditor will say. */
static enum wb_status
read_all(struct reading *r, struct wb_error *err)
{
	const struct wb_sync_progress *progress = &r->server->progress;
	enum wb_status st = WB_OK;

	r->from = 0;
	while (st == WB_OK && r->a->status == WB_OK &&
	       (!r->begun || r->from < r->head.size)) {
		st = ask(r, err);
		if (st == WB_OK && !r->begun)
			st = begin(r, err);
		if (st != WB_OK || !brings_entries(r))
			break;
		take_page(r);
		r->from = r->feed.next;
		if (progress->tell != NULL && r->from <= r->head.size)
			progress->tell(progress->ctx, "reading", r->from,
			    r->head.size);
	}
	return st == WB_PARTIAL ? WB_OK : st;
}

/* Before the entries, which then reach at least as far; there may be none. */
static enum wb_status
ask_witnessed(struct reading *r, struct wb_error *err)
{
	enum wb_status st;

	wb_bytes_reset(&r->body);
	st = wb_remote_get(&r->body, r->server->remote, "/v1/witnessed", false,
	    WB_MAX_NOTE, err);
	if (st == WB_NOT_FOUND)
		return wb_forgive(err);
	if (st == WB_OK)
		wb_auditor_cosigned(r->a, wb_bytes_span(&r->body));
	return st;
}

static enum wb_status
audit(struct reading *r, struct wb_error *err)
{
	struct wb_signature unused;
	enum wb_status st;

	wb_prepared_init(&r->prepared);
	wb_bytes_init(&r->body, WB_MAX_FEED_BODY);
	wb_bytes_init(&r->note, WB_MAX_NOTE);
	wb_arena_init(&r->arena, WB_MAX_FEED_BUDGET);
	st = wb_trust_newest(&r->known, &unused, r->server->device, err);
	if (st == WB_OK)
		st = ask_witnessed(r, err);
	if (st == WB_OK)
		st = read_all(r, err);
	if (st == WB_OK && wb_auditor_return(r->a)) {
		r->again = true;
		st = read_all(r, err);
		if (st == WB_OK)
			wb_auditor_returned(r->a);
	}
	wb_prepared_clear(&r->prepared);
	wb_bytes_clear(&r->body);
	wb_bytes_clear(&r->note);
	wb_arena_clear(&r->arena);
	return st == WB_OK ? wb_auditor_end(r->a) : st;
}

static enum wb_status
may_read(const struct wb_audit_server *server, struct wb_error *err)
{
	enum wb_status st = wb_device_need_joined(server->device, err);

	if (st != WB_OK)
		return st;
	if (!wb_trust_whole_log(server->device)) {
		return wb_advise(err,
		    wb_fail(err, WB_FAILED,
			"the server shows its whole log to coordinators and "
			"auditors only"),
		    "not-whole-log",
		    "Evidence of all of it is in a file: waybill verify FILE");
	}
	return server->contents
		   ? wb_device_need_coordinator(server->device, err)
		   : WB_OK;
}

enum wb_status
wb_audit_server(struct wb_audit *out, const struct wb_audit_server *server,
    const struct wb_audit_options *options, struct wb_error *err)
{
	struct wb_audit_options how = *options;
	struct wb_secret **readers = NULL;
	struct reading r = { .server = server };
	struct wb_auditor a;
	enum wb_status st = may_read(server, err);

	*out = (struct wb_audit){ 0 };
	how.programme = &server->device->programme;
	how.reader_count = 0;
	how.now = wb_clock_now(server->device->clock);
	if (st == WB_OK && server->contents)
		st = wb_annexes_readers(&readers, &how.reader_count,
		    server->device, err);
	if (st != WB_OK)
		return st;
	how.readers = readers;
	wb_auditor_init(&a, out, &how, err);
	a.can_return = true;
	a.unfetched = !server->contents;
	r.a = &a;
	st = audit(&r, err);
	wb_auditor_clear(&a);
	wb_annexes_free_readers(&readers, how.reader_count);
	return st;
}
