/* The auditor's notebook, and the order in which it looks at things. */
#include "client/audit/auditor.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/random.h"
#include "client/audit/audit_tally.h"
#include "proto/record_content.h"

#define BUDGET_NOTES ((size_t)32 << 20) /* and devices, and totals */
#define MAX_IDS (UINT32_C(1) << 20) /* of statements, in one set */
#define MAX_KEYS (UINT32_C(1) << 18) /* of members, in one set */
#define MAX_RUNS ((size_t)1 << 17) /* of all chains: 18 MiB */
#define BUDGET_OLD_HEADS ((size_t)2 << 20)

void
wb_auditor_init(struct wb_auditor *a, struct wb_audit *out,
    const struct wb_audit_options *options, struct wb_error *err)
{
	*a = (struct wb_auditor){ .out = out, .options = *options, .err = err };
	*out = (struct wb_audit){ 0 };
	wb_random_fill(wb_random_system(), a->key, sizeof a->key);
	wb_arena_init(&out->arena, BUDGET_NOTES);
	wb_arena_init(&a->scratch, WB_ARENA_BUDGET);
	wb_arena_init(&a->roster_arena, WB_ARENA_BUDGET);
	wb_arena_init(&a->opening, WB_MAX_CONTENT_BUDGET);
	wb_idset_init(&a->roster_ids, a->key, MAX_IDS);
	wb_idset_init(&a->named_ids, a->key, MAX_IDS);
	wb_idset_init(&a->revoked_keys, a->key, MAX_KEYS);
	wb_idset_init(&a->device_keys, a->key, MAX_KEYS);
	wb_idset_init(&a->admitted, a->key, MAX_IDS);
	a->run_room = MAX_RUNS;
	wb_bytes_init(&a->checkpoint, WB_MAX_NOTE);
	wb_history_init(&a->history,
	    options->window == 0 ? WB_AUDIT_WINDOW : options->window);
	wb_bytes_init(&a->old_heads, BUDGET_OLD_HEADS);
	for (size_t i = 0; i < WB_AUDIT_COSIGNED; i++)
		wb_bytes_init(&a->cosigned[i].note, WB_MAX_NOTE);
	if (options->programme != NULL)
		a->programme = *options->programme;
	out->problems = wb_arena_array(&out->arena, WB_MAX_AUDIT_NOTES,
	    sizeof *out->problems);
	out->unchecked = wb_arena_array(&out->arena, WB_MAX_AUDIT_NOTES,
	    sizeof *out->unchecked);
	out->notes = wb_arena_array(&out->arena, WB_MAX_AUDIT_NOTES,
	    sizeof *out->notes);
	if (options->tallies || options->picks != 0)
		wb_auditor_begin_tallies(a);
	if (options->reader_count != 0)
		wb_auditor_fail(a, wb_audit_totals_new(&a->totals, err));
	if (out->problems == NULL || out->unchecked == NULL ||
	    out->notes == NULL)
		wb_auditor_fail(a, wb_fail(err, WB_NO_MEMORY, "out of memory"));
}

void
wb_auditor_clear(struct wb_auditor *a)
{
	for (uint64_t i = 0; a->devices != NULL && i < a->out->devices; i++)
		wb_chain_clear(&a->devices[i].chain);
	free(a->devices);
	a->devices = NULL;
	free(a->revoked);
	a->revoked = NULL;
	wb_audit_totals_free(&a->totals);
	wb_auditor_clear_tallies(a);
	wb_history_clear(&a->history);
	wb_bytes_clear(&a->old_heads);
	wb_idset_clear(&a->roster_ids);
	wb_idset_clear(&a->named_ids);
	wb_idset_clear(&a->revoked_keys);
	wb_idset_clear(&a->device_keys);
	wb_idset_clear(&a->admitted);
	wb_bytes_clear(&a->checkpoint);
	for (size_t i = 0; i < WB_AUDIT_COSIGNED; i++)
		wb_bytes_clear(&a->cosigned[i].note);
	wb_arena_clear(&a->scratch);
	wb_arena_clear(&a->roster_arena);
	wb_arena_clear(&a->opening);
}

void
wb_auditor_fail(struct wb_auditor *a, enum wb_status status)
{
	if (a->status == WB_OK)
		a->status = status;
}

/* One sentence, which words from the file cannot make into several lines. */
WB_PRINTF(2, 0)
static struct wb_span
sentence(struct wb_auditor *a, const char *format, va_list args)
{
	struct wb_error made = { 0 };
	struct wb_span copy = { 0 };
	char text[WB_ERROR_TEXT];
	enum wb_status st;

	(void)vsnprintf(text, sizeof text, format, args);
	(void)wb_fail(&made, WB_FORGED, "%s", text);
	st = wb_arena_copy(&copy, &a->out->arena, wb_span_text(made.text),
	    a->err);
	if (st != WB_OK)
		wb_auditor_fail(a, st);
	return copy;
}

struct wb_about
wb_about_entry(const char *id, uint64_t index)
{
	return (struct wb_about){ .id = id, .first = index, .last = index };
}

void
wb_auditor_problem(struct wb_auditor *a, struct wb_about about,
    const char *format, ...)
{
	struct wb_audit *out = a->out;
	struct wb_audit_problem *p;
	va_list args;

	out->problem_total++;
	if (a->status != WB_OK || out->problem_count == WB_MAX_AUDIT_NOTES)
		return;
	p = &out->problems[out->problem_count++];
	*p = (struct wb_audit_problem){ .id = about.id,
		.first = about.first,
		.last = about.last };
	va_start(args, format);
	p->text = sentence(a, format, args);
	va_end(args);
	wb_auditor_fail(a,
	    wb_arena_copy(&p->device, &out->arena, about.device, a->err));
}

void
wb_auditor_altered(struct wb_auditor *a)
{
	struct wb_audit *out = a->out;
	struct wb_audit_problem first;
	size_t last;

	if (out->problem_count == WB_MAX_AUDIT_NOTES)
		out->problem_count--; /* makes room; it stays in the total */
	wb_auditor_problem(a, wb_about_entry("altered", 0),
	    "the file was altered or cut after it was written: its checksum "
	    "does not match");
	if (a->status != WB_OK)
		return;
	last = out->problem_count - 1;
	first = out->problems[last];
	memmove(&out->problems[1], out->problems, last * sizeof *out->problems);
	out->problems[0] = first;
}

void
wb_auditor_unchecked(struct wb_auditor *a, const char *format, ...)
{
	va_list args;

	if (a->status != WB_OK || a->out->unchecked_count == WB_MAX_AUDIT_NOTES)
		return;
	va_start(args, format);
	a->out->unchecked[a->out->unchecked_count++] = sentence(a, format,
	    args);
	va_end(args);
}

void
wb_auditor_note(struct wb_auditor *a, const char *format, ...)
{
	va_list args;

	if (a->status != WB_OK || a->out->note_count == WB_MAX_AUDIT_NOTES)
		return;
	va_start(args, format);
	a->out->notes[a->out->note_count++] = sentence(a, format, args);
	va_end(args);
}

const char *
wb_range_text(char out[WB_RANGE_TEXT], const char *one, const char *many,
    uint64_t first, uint64_t last)
{
	if (first == last) {
		(void)snprintf(out, WB_RANGE_TEXT, "%s %ju", one,
		    (uintmax_t)first);
	} else {
		(void)snprintf(out, WB_RANGE_TEXT, "%s %ju to %ju", many,
		    (uintmax_t)first, (uintmax_t)last);
	}
	return out;
}

static void
take_head(struct wb_auditor *a, const struct wb_bundle_item *item)
{
	a->disclosing = wb_span_equal(item->purpose,
	    wb_span_text("disclosure"));
	a->openings = wb_span_equal(item->purpose, wb_span_text("openings"));
	a->headers_only = a->openings ||
			  wb_span_equal(item->purpose, wb_span_text("headers"));
	if (a->openings)
		wb_auditor_begin_tallies(a);
	if (a->options.programme == NULL)
		a->programme = item->programme;
	else if (!wb_hash_equal(&a->programme, &item->programme))
		wb_auditor_problem(a, wb_about_entry("programme", 0),
		    "the file is of another programme than the one asked for");
}

/*
 * The statement is judged before its inclusion, because the log's key is in
 * the first of them.
 */
static void
take_entry(struct wb_auditor *a, const struct wb_prepared *p)
{
	a->out->entries++;
	wb_auditor_no_content(a);
	wb_auditor_no_tally_content(a);
	wb_auditor_place(a, p);
	wb_auditor_statement(a, p);
	wb_auditor_included(a, p);
	if (p->item.entry.content.len != 0)
		wb_auditor_content(a, p->item.entry.content, &p->content);
}

void
wb_auditor_take(struct wb_auditor *a, const struct wb_prepared *p)
{
	const struct wb_bundle_item *item = &p->item;

	if (p->why.status == WB_NO_MEMORY)
		wb_auditor_fail(a,
		    wb_fail(a->err, WB_NO_MEMORY, "%s", p->why.text));
	if (a->status != WB_OK)
		return;
	switch (item->kind) {
	case WB_BUNDLE_HEAD:
		take_head(a, item);
		break;
	case WB_BUNDLE_CHECKPOINT:
		wb_auditor_checkpoint(a, item->bytes);
		break;
	case WB_BUNDLE_CONSISTENCY:
		wb_auditor_consistency(a, &item->consistency);
		break;
	case WB_BUNDLE_ENTRY:
		take_entry(a, p);
		break;
	case WB_BUNDLE_CONTENT:
		wb_auditor_content(a, item->bytes, &p->content);
		break;
	case WB_BUNDLE_STATEMENT:
		a->unlogged++;
		break;
	case WB_BUNDLE_DISCLOSURE:
		wb_auditor_disclosure(a, item->bytes);
		break;
	case WB_BUNDLE_TALLY_CONTENT:
		wb_auditor_tally_content(a, item->bytes);
		break;
	case WB_BUNDLE_OPENING:
		wb_auditor_opening(a, item->bytes);
		break;
	case WB_BUNDLE_ANNEX:
	case WB_BUNDLE_PADDING:
	case WB_BUNDLE_CHECKSUM:
		break;
	}
}

enum wb_status
wb_auditor_end(struct wb_auditor *a)
{
	struct wb_audit *out = a->out;

	wb_auditor_no_content(a);
	wb_auditor_end_log(a);
	wb_auditor_end_seen(a);
	wb_auditor_end_rosters(a);
	wb_auditor_end_witness(a);
	wb_auditor_end_batches(a);
	wb_auditor_end_counting(a);
	wb_auditor_end_tallies(a);
	if (a->unlogged != 0) {
		wb_auditor_note(a,
		    a->unlogged == 1
			? "%ju statement is not in the log yet, and proves "
			  "nothing"
			: "%ju statements are not in the log yet, and prove "
			  "nothing",
		    (uintmax_t)a->unlogged);
	}
	if (a->options.programme == NULL) {
		wb_auditor_unchecked(a,
		    "no programme id was given: all this is true of a "
		    "programme, but nobody said that it is yours");
	}
	wb_auditor_end_disclosure(a);
	out->programme = a->programme;
	out->result = WB_AUDIT_GOOD;
	if (out->unchecked_count != 0)
		out->result = WB_AUDIT_UNCHECKED;
	if (out->problem_total != 0)
		out->result = WB_AUDIT_BAD;
	return a->status;
}
