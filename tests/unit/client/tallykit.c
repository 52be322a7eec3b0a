#include "tests/unit/client/tallykit.h"

#include <string.h>

#include "proto/wire.h"

static struct wb_scalar
scalar(uint8_t n)
{
	return (struct wb_scalar){ { n } };
}

void
tallykit_batch(struct tallykit *t, enum kit_key key, uint64_t value)
{
	struct kit *k = &t->k;
	struct wb_measured sum = { .quantity = value };
	struct wb_span content = wb_span_text("sealed");
	struct wb_batch header = kit_header(k, key, content);
	struct wb_scalar blinding = scalar((uint8_t)(k->count + 1));

	wb_generator(&sum.generator, wb_span_text(TALLYKIT_MEASURE));
	assert_ok(wb_commit(&header.totals, &blinding, &sum, 1, &k->err),
	    &k->err);
	t->values[k->count] = value;
	t->blindings[k->count] = blinding.b[0];
	kit_log_header(k, &header, key, content);
}

void
tallykit_ack(struct tallykit *t, size_t index, enum wb_outcome outcome)
{
	kit_log_ack(&t->k, KIT_C1, &t->k.entries[index].id, outcome);
}

void
tallykit_begin(struct tallykit *t)
{
	memset(t, 0, sizeof *t);
	kit_begin(&t->k);
	tallykit_batch(t, KIT_K1, 2500);
	tallykit_batch(t, KIT_K2, 1000);
	tallykit_batch(t, KIT_K1, 500);
	tallykit_batch(t, KIT_K2, 700);
	tallykit_ack(t, 1, WB_OUTCOME_OPENED);
	tallykit_ack(t, 2, WB_OUTCOME_OPENED);
	tallykit_ack(t, 3, WB_OUTCOME_OPENED);
	tallykit_ack(t, 3, WB_OUTCOME_DISPUTED);
	tallykit_batch(t, KIT_K1, 300);
	tallykit_ack(t, 9, WB_OUTCOME_UNDECRYPTABLE);
}

void
tallykit_end(struct tallykit *t)
{
	for (size_t i = 0; i < t->k.count; i++)
		wb_bytes_clear(&t->shown[i]);
	kit_end(&t->k);
}

static void
start(struct tallykit *t, struct kit_tally *out, uint64_t first)
{
	memset(out, 0, sizeof *out);
	out->signers[0] = t->k.keys[KIT_C1].key;
	out->header = (struct wb_tally){ .programme = t->k.programme,
		.signers = out->signers,
		.signer_count = 1,
		.first = first,
		.last = t->k.count - 1,
		.content_hash.b = { 1 } };
	out->content = (struct wb_tally_content){ .included = out->included,
		.excluded = out->excluded,
		.totals = out->totals,
		.total_count = 1,
		.salt.b = { 7 } };
	out->totals[0].measure = wb_span_text(TALLYKIT_MEASURE);
}

void
tallykit_count(struct tallykit *t, struct kit_tally *tally, size_t index)
{
	struct wb_scalar blinding = scalar(t->blindings[index]);

	tally->totals[0].quantity += t->values[index];
	wb_scalar_add(&tally->content.blinding, &blinding);
}

void
tallykit_uncount(struct tallykit *t, struct kit_tally *tally, size_t index)
{
	tally->totals[0].quantity -= t->values[index];
	tally->content.blinding.b[0] -= t->blindings[index];
}

void
tallykit_first(struct tallykit *t, struct kit_tally *out)
{
	static const struct wb_exclusion excluded[] = {
		{ 3, WB_EXCLUDED_DISPUTED },
		{ 4, WB_EXCLUDED_CLOSED },
		{ 9, WB_EXCLUDED_UNDECRYPTABLE },
	};

	start(t, out, 0);
	memcpy(out->excluded, excluded, sizeof excluded);
	out->content.excluded_count = 3;
	tallykit_count(t, out, 1);
	tallykit_count(t, out, 2);
}

void
tallykit_go_on(struct tallykit *t)
{
	tallykit_ack(t, 4, WB_OUTCOME_OPENED);
	tallykit_ack(t, 9, WB_OUTCOME_OPENED);
	tallykit_batch(t, KIT_K2, 40);
	tallykit_ack(t, 14, WB_OUTCOME_OPENED);
}

void
tallykit_second(struct tallykit *t, struct kit_tally *out)
{
	start(t, out, 11);
	out->header.previous = t->k.entries[11].id;
	out->included[0] = 4;
	out->included[1] = 9;
	out->content.included_count = 2;
	tallykit_count(t, out, 4);
	tallykit_count(t, out, 9);
	tallykit_count(t, out, 14);
}

void
tallykit_log(struct tallykit *t, struct kit_tally *tally,
    const enum kit_key *signers, size_t n)
{
	struct kit *k = &t->k;
	struct wb_bytes *shown = &t->shown[k->count];
	struct wb_bytes payload;

	wb_bytes_init(shown, WB_MAX_TALLY_CONTENT);
	assert_ok(wb_tally_content_encode(shown, &tally->content, &k->err),
	    &k->err);
	wb_sha256_one(&tally->header.totals_hash, wb_bytes_span(shown));
	wb_bytes_init(&payload, WB_MAX_ENVELOPE);
	assert_ok(wb_tally_encode(&payload, &tally->header, &k->err), &k->err);
	kit_log(k, WB_STATEMENT_TALLY, wb_bytes_span(&payload), signers, n);
	wb_bytes_clear(&payload);
}

void
tallykit_bundle(struct tallykit *t, struct wb_bytes *bundle,
    const char *purpose)
{
	kit_item_head(&t->k, bundle, purpose);
	kit_item_checkpoint(&t->k, bundle, t->k.count);
	for (size_t i = 0; i < t->k.count; i++) {
		kit_item_entry(&t->k, bundle, i, 0);
		if (t->shown[i].len != 0)
			kit_item(&t->k, bundle,
			    &(struct wb_bundle_item){
				.kind = WB_BUNDLE_TALLY_CONTENT,
				.bytes = wb_bytes_span(&t->shown[i]) });
	}
}

void
tallykit_opening(struct tallykit *t, struct wb_bytes *bundle, size_t index,
    uint64_t value, const char *nonce)
{
	struct wb_total total = { wb_span_text(TALLYKIT_MEASURE), value };
	struct wb_batch_opening opening = { .index = index,
		.totals = &total,
		.total_count = 1,
		.blinding = scalar(t->blindings[index]),
		.nonce = wb_span_text(nonce) };
	struct wb_bytes bytes;

	wb_bytes_init(&bytes, WB_MAX_TALLY_CONTENT);
	assert_ok(wb_batch_opening_encode(&bytes, &opening, &t->k.err),
	    &t->k.err);
	kit_item(&t->k, bundle,
	    &(struct wb_bundle_item){ .kind = WB_BUNDLE_OPENING,
		.bytes = wb_bytes_span(&bytes) });
	wb_bytes_clear(&bytes);
}

static void
verify(struct tallykit *t, struct wb_audit *out, struct wb_bytes *bundle,
    struct wb_audit_options options)
{
	options.programme = &t->k.programme;
	options.tallies = true;
	kit_item_checksum(&t->k, bundle);
	assert_ok(wb_audit_bytes(out, wb_bytes_span(bundle), &options,
		      &t->k.err),
	    &t->k.err);
	wb_bytes_clear(bundle);
}

void
tallykit_verify(struct tallykit *t, struct wb_audit *out,
    struct wb_bytes *bundle, const char *nonce)
{
	struct wb_audit_options options = { .has_nonce = nonce != NULL };

	if (nonce != NULL)
		options.nonce = wb_span_text(nonce);
	verify(t, out, bundle, options);
}

void
tallykit_verify_samples(struct tallykit *t, struct wb_audit *out,
    struct wb_bytes *bundle, size_t samples, uint64_t sampled)
{
	const struct wb_audit_options options = { .samples = samples,
		.sampled = sampled };

	verify(t, out, bundle, options);
}

bool
tallykit_found(const struct wb_audit *a, const char *id)
{
	for (size_t i = 0; i < a->problem_count; i++)
		if (strcmp(a->problems[i].id, id) == 0)
			return true;
	return false;
}
