#include "client/cmd/verdict.h"

#include <inttypes.h>

#include "base/text.h"
#include "client/cmd/disclosed.h"
#include "client/ledger/challenge.h"
#include "crypto/text.h"

#define MAX_ROWS 20 /* of totals in words */
#define S(n) ((n) == 1 ? "" : "s")

static const char *const result_texts[] = {
	[WB_AUDIT_GOOD] = "good",
	[WB_AUDIT_BAD] = "bad",
	[WB_AUDIT_UNCHECKED] = "unchecked",
};

static const char *const verdicts[] = {
	[WB_AUDIT_GOOD] = "GOOD: nothing was altered, left out or signed by "
			  "whom it should not be",
	[WB_AUDIT_BAD] = "BAD: this is not what the programme recorded",
	[WB_AUDIT_UNCHECKED] = "NOT CHECKED: no fault was found, but not all "
			       "could be looked at",
};

static const char good_record[] =
    "GOOD: the programme recorded this, and nothing of it was altered";

enum wb_status
wb_verdict_nonce(struct wb_span *out, uint8_t nonce[WB_MAX_NONCE],
    const struct wb_args *args, struct wb_error *err)
{
	const char *text = wb_args_value(args, "nonce");
	struct wb_span digits;

	*out = wb_span(NULL, 0);
	if (text == NULL)
		return WB_OK;
	digits = wb_span_text(text);
	if (digits.len / 2 > WB_MAX_NONCE || digits.len == 0 ||
	    wb_hex_parse(nonce, digits.len / 2, digits, err) != WB_OK)
		return wb_fail(err, WB_USAGE,
		    "--nonce takes 2 to 64 digits, two a byte: 0-9 and a-f");
	*out = wb_span(nonce, digits.len / 2);
	return WB_OK;
}

enum wb_status
wb_verdict_programme(struct wb_hash *out, bool *given,
    const struct wb_args *args, struct wb_error *err)
{
	const char *text = wb_args_value(args, "programme");

	*given = text != NULL;
	if (text != NULL && wb_hex_parse(out->b, sizeof out->b,
				wb_span_text(text), err) != WB_OK)
		return wb_fail(err, WB_USAGE,
		    "--programme takes the 64 digits of a programme's id");
	return WB_OK;
}

/* A number from 1 on; 0: it was not given. */
static enum wb_status
read_number(uint64_t *out, const char *option, uint64_t most,
    const struct wb_args *args, struct wb_error *err)
{
	const char *text = wb_args_value(args, option);

	*out = 0;
	if (text != NULL &&
	    wb_text_uint(out, wb_span_text(text), 1, most, err) != WB_OK)
		return wb_fail(err, WB_USAGE, "--%s takes 1 to %ju", option,
		    (uintmax_t)most);
	return WB_OK;
}

enum wb_status
wb_verdict_options(struct wb_audit_options *out, struct wb_hash *programme,
    uint8_t nonce[WB_MAX_NONCE], const struct wb_args *args,
    struct wb_error *err)
{
	uint64_t samples = 0;
	enum wb_status st;
	bool given = false;

	*out = (struct wb_audit_options){ 0 };
	st = wb_verdict_nonce(&out->nonce, nonce, args, err);
	if (st == WB_OK)
		st = read_number(&samples, "samples", WB_MAX_PICKS, args, err);
	if (st == WB_OK)
		st = read_number(&out->sampled, "sampled", INT64_MAX, args,
		    err);
	if (st == WB_OK)
		st = wb_verdict_programme(programme, &given, args, err);
	out->has_nonce = out->nonce.len != 0;
	out->samples = (size_t)samples;
	out->tallies = wb_args_has(args, "tally");
	out->programme = given ? programme : NULL;
	return st;
}

const char *
wb_verdict_text(const struct wb_audit *audit)
{
	return result_texts[audit->result];
}

const char *
wb_verdict_sentence(const struct wb_audit *audit)
{
	return audit->result == WB_AUDIT_GOOD && audit->disclosed != NULL
		   ? good_record
		   : verdicts[audit->result];
}

static void
print_counts(FILE *out, const struct wb_audit *a)
{
	(void)fprintf(out,
	    "%" PRIu64 " entr%s, %" PRIu64 " batch%s of %" PRIu64
	    " device%s, %" PRIu64 " roster%s\n",
	    a->entries, a->entries == 1 ? "y" : "ies", a->batches,
	    a->batches == 1 ? "" : "es", a->devices, S(a->devices), a->rosters,
	    S(a->rosters));
	(void)fprintf(out,
	    "%" PRIu64 " content%s compared, %" PRIu64 " of them opened\n",
	    a->contents, S(a->contents), a->opened);
	if (a->wants_witnesses) {
		(void)fprintf(out,
		    "%" PRIu64 " of %" PRIu64 " entries witnessed\n",
		    a->witnessed, a->head.size);
	}
}

static void
print_sentences(FILE *out, const char *kind, const struct wb_span *sentences,
    size_t n)
{
	for (size_t i = 0; i < n; i++)
		(void)fprintf(out, "%s: %.*s\n", kind, (int)sentences[i].len,
		    (const char *)sentences[i].data);
}

static void
print_totals(FILE *out, const struct wb_audit_sums *sums)
{
	char delivered[WB_QTY_TEXT], net[WB_QTY_TEXT];

	(void)fprintf(out,
	    "%" PRIu64 " record%s of %" PRIu64 " batch%s added up\n",
	    sums->records, S(sums->records), sums->batches,
	    sums->batches == 1 ? "" : "es");
	for (size_t i = 0; i < sums->row_count && i < MAX_ROWS; i++) {
		const struct wb_totals_row *r = &sums->rows[i];

		(void)fprintf(out, "  %.*s%s%.*s: %s delivered, net %s%s\n",
		    (int)r->item.len, (const char *)r->item.data,
		    r->unit.len == 0 ? "" : ", ", (int)r->unit.len,
		    (const char *)r->unit.data,
		    wb_qty_format_sum(delivered, r->delivered),
		    wb_qty_format(net, r->net),
		    r->too_large ? " (cut off: too large)" : "");
	}
	if (sums->row_count > MAX_ROWS)
		(void)fprintf(out, "  and %zu more: --json has them all\n",
		    sums->row_count - MAX_ROWS);
}

static void
print_tally(FILE *out, const struct wb_audited_tally *t)
{
	static const char *const words[] = {
		[WB_AUDIT_GOOD] = "holds",
		[WB_AUDIT_BAD] = "DOES NOT HOLD",
		[WB_AUDIT_UNCHECKED] = "was not added up",
	};
	char quantity[WB_QTY_TEXT];

	(void)fprintf(out, "the tally of entries %" PRIu64 " to %" PRIu64 " %s",
	    t->first, t->last, words[t->result]);
	if (t->batches + t->excluded != 0) {
		(void)fprintf(out,
		    ": %" PRIu64 " batch%s of %" PRIu64 " device%s, %" PRIu64
		    " taken in late, %" PRIu64 " left out",
		    t->batches, t->batches == 1 ? "" : "es", t->devices,
		    S(t->devices), t->included, t->excluded);
	}
	(void)fputc('\n', out);
	for (size_t i = 0; i < t->total_count && i < MAX_ROWS; i++) {
		(void)fprintf(out, "  %.*s: %s\n",
		    (int)t->totals[i].measure.len,
		    (const char *)t->totals[i].measure.data,
		    wb_qty_format_sum(quantity, t->totals[i].quantity));
	}
	if (t->total_count > MAX_ROWS)
		(void)fprintf(out, "  and %zu more: --json has them all\n",
		    t->total_count - MAX_ROWS);
}

static void
print_tallies(FILE *out, const struct wb_audit *a)
{
	uint64_t n = a->tally_count;

	for (uint64_t i = 0; i < n && i < WB_MAX_AUDIT_NOTES; i++)
		print_tally(out, &a->tallies[i]);
	if (n > WB_MAX_AUDIT_NOTES)
		(void)fprintf(out, "and %" PRIu64 " more tallies\n",
		    n - WB_MAX_AUDIT_NOTES);
}

static void
print_samples(FILE *out, const struct wb_audit_samples *s)
{
	if (s->answered == 0)
		return;
	(void)fprintf(out,
	    "%" PRIu64 " of the %" PRIu64 " batches of the tally of entry "
	    "%" PRIu64 " (of entries %" PRIu64 " to %" PRIu64 ") were opened "
	    "as\nsamples; where one batch in twenty lies, such a draw finds "
	    "it %u.%u times in a hundred\n",
	    s->answered, s->counted, s->tally, s->first, s->last,
	    s->per_mille / 10, s->per_mille % 10);
	if (!s->witnessed) {
		(void)fputs("no quorum of witnesses has cosigned that tally: "
			    "others may see another\n",
		    out);
	}
	if (s->nonce_len == 0) {
		(void)fputs("no nonce of an auditor went into the draw: who "
			    "chose the log head could try several\n",
		    out);
	}
}

static void
print_findings(FILE *out, const struct wb_audit *audit)
{
	uint64_t more = audit->problem_total - audit->problem_count;

	for (size_t i = 0; i < audit->problem_count; i++) {
		const struct wb_audit_problem *p = &audit->problems[i];

		(void)fprintf(out, "problem (%s): %.*s\n", p->id,
		    (int)p->text.len, (const char *)p->text.data);
	}
	if (more != 0)
		(void)fprintf(out, "and %" PRIu64 " more problem%s\n", more,
		    S(more));
	print_sentences(out, "not checked", audit->unchecked,
	    audit->unchecked_count);
	print_sentences(out, "note", audit->notes, audit->note_count);
}

enum wb_status
wb_verdict_print(FILE *out, const struct wb_audit *audit, struct wb_error *err)
{
	char programme[2 * WB_HASH_LEN + 1];
	enum wb_status st = WB_OK;

	wb_hex_format(programme, wb_hash_span(&audit->programme));
	(void)fprintf(out, "%s\nprogramme %s\n", wb_verdict_sentence(audit),
	    programme);
	if (audit->disclosed != NULL)
		st = wb_disclosed_print(out, audit->disclosed, err);
	else
		print_counts(out, audit);
	if (audit->disclosed != NULL && audit->witnessed != 0) {
		(void)fprintf(out,
		    "witnessed: enough of the programme's witnesses have "
		    "cosigned the log head that proves it\n");
	}
	if (audit->disclosed == NULL && audit->added_up)
		print_totals(out, &audit->sums);
	print_tallies(out, audit);
	print_samples(out, &audit->samples);
	print_findings(out, audit);
	return st;
}

static void
json_problem(struct wb_json *j, const struct wb_audit_problem *p)
{
	wb_json_object(j, NULL);
	wb_json_string(j, "id", p->id);
	if (p->device.len != 0)
		wb_json_text(j, "device", p->device);
	wb_json_uint(j, "first", p->first);
	wb_json_uint(j, "last", p->last);
	wb_json_text(j, "text", p->text);
	wb_json_close(j);
}

static void
json_sentences(struct wb_json *j, const char *key,
    const struct wb_span *sentences, size_t n)
{
	wb_json_array(j, key);
	for (size_t i = 0; i < n; i++)
		wb_json_text(j, NULL, sentences[i]);
	wb_json_close(j);
}

/* Empty where nothing could be opened; `counted` tells that from nothing. */
static void
json_totals(struct wb_json *j, const struct wb_audit *a)
{
	wb_json_uint(j, "counted", a->sums.batches);
	wb_json_uint(j, "left_out", a->sums.left_out);
	wb_json_uint(j, "left_out_suspect", a->sums.suspect);
	wb_json_uint(j, "records", a->sums.records);
	wb_json_uint(j, "voids", a->sums.voids);
	wb_json_array(j, "totals");
	for (size_t i = 0; i < a->sums.row_count; i++) {
		wb_json_object(j, NULL);
		wb_totals_json(j, &a->sums.rows[i]);
		wb_json_close(j);
	}
	wb_json_close(j);
}

static void
json_tally(struct wb_json *j, const struct wb_audited_tally *t)
{
	wb_json_object(j, NULL);
	wb_json_uint(j, "first", t->first);
	wb_json_uint(j, "last", t->last);
	wb_json_uint(j, "index", t->index);
	wb_json_string(j, "result", result_texts[t->result]);
	wb_json_uint(j, "batches", t->batches);
	wb_json_uint(j, "devices", t->devices);
	wb_json_uint(j, "excluded", t->excluded);
	wb_json_uint(j, "included", t->included);
	wb_json_array(j, "totals");
	for (size_t i = 0; i < t->total_count; i++) {
		wb_json_object(j, NULL);
		wb_json_text(j, "measure", t->totals[i].measure);
		wb_json_qty_sum(j, "quantity", t->totals[i].quantity);
		wb_json_close(j);
	}
	wb_json_close(j);
	wb_json_close(j);
}

static void
json_tallies(struct wb_json *j, const struct wb_audit *a)
{
	wb_json_array(j, "tallies");
	for (uint64_t i = 0; i < a->tally_count && i < WB_MAX_AUDIT_NOTES; i++)
		json_tally(j, &a->tallies[i]);
	wb_json_close(j);
}

static void
json_samples(struct wb_json *j, const struct wb_audit_samples *s)
{
	if (s->answered == 0)
		return;
	wb_json_object(j, "samples");
	wb_json_uint(j, "tally", s->tally);
	wb_json_uint(j, "first", s->first);
	wb_json_uint(j, "last", s->last);
	wb_json_uint(j, "opened", s->answered);
	wb_json_uint(j, "of", s->counted);
	wb_json_uint(j, "per_mille", s->per_mille);
	wb_json_bool(j, "nonce", s->nonce_len != 0);
	wb_json_bool(j, "witnessed", s->witnessed);
	wb_json_close(j);
}

/* null: the policy asks for no witness. */
static void
json_witnessed(struct wb_json *j, const struct wb_audit *a)
{
	if (!a->wants_witnesses) {
		wb_json_null(j, "witnessed");
		return;
	}
	wb_json_object(j, "witnessed");
	wb_json_uint(j, "size", a->witnessed);
	wb_json_uint(j, "of", a->head.size);
	wb_json_close(j);
}

enum wb_status
wb_verdict_json(struct wb_json *out, const char *file,
    const struct wb_audit *audit, struct wb_error *err)
{
	char programme[2 * WB_HASH_LEN + 1];

	wb_hex_format(programme, wb_hash_span(&audit->programme));
	wb_json_object(out, NULL);
	wb_json_int(out, "v", 1);
	if (file != NULL)
		wb_json_string(out, "file", file);
	wb_json_string(out, "result", result_texts[audit->result]);
	wb_json_string(out, "programme", programme);
	wb_json_uint(out, "entries", audit->entries);
	wb_json_uint(out, "batches", audit->batches);
	wb_json_uint(out, "devices", audit->devices);
	wb_json_uint(out, "suspect", audit->suspect);
	wb_json_uint(out, "rosters", audit->rosters);
	wb_json_uint(out, "contents", audit->contents);
	wb_json_uint(out, "opened", audit->opened);
	json_totals(out, audit);
	json_witnessed(out, audit);
	wb_disclosed_json(out, audit->disclosed);
	json_tallies(out, audit);
	json_samples(out, &audit->samples);
	wb_json_array(out, "problems");
	for (size_t i = 0; i < audit->problem_count; i++)
		json_problem(out, &audit->problems[i]);
	wb_json_close(out);
	wb_json_uint(out, "problem_total", audit->problem_total);
	json_sentences(out, "unchecked", audit->unchecked,
	    audit->unchecked_count);
	json_sentences(out, "notes", audit->notes, audit->note_count);
	wb_json_close(out);
	return wb_json_finish(out, err);
}

enum wb_status
wb_verdict_status(const struct wb_audit *audit)
{
	static const enum wb_status ends[] = {
		[WB_AUDIT_GOOD] = WB_OK,
		[WB_AUDIT_BAD] = WB_FORGED,
		[WB_AUDIT_UNCHECKED] = WB_PARTIAL,
	};

	return ends[audit->result];
}

enum wb_status
wb_verdict_worse(enum wb_status a, enum wb_status b)
{
	if (a == WB_FORGED || b == WB_FORGED)
		return WB_FORGED;
	if (a == WB_OK || (a == WB_PARTIAL && b != WB_OK))
		return b;
	return a;
}
