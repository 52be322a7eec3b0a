#include "tests/unit/client/logkit.h"

#include <stdio.h>
#include <stdlib.h>

#include "crypto/commitment.h"
#include "crypto/statement.h"
#include "proto/wire.h"

#define MAX_BUNDLE ((size_t)1 << 30)

static void
add_member(struct kit *k, enum kit_key key, const char *label, unsigned role)
{
	struct wb_member *m = &k->members[k->roster.member_count++];

	*m = (struct wb_member){ .key = k->keys[key].key,
		.roles = 1U << role,
		.label = wb_span_text(label),
		.state = WB_MEMBER_ACTIVE };
	if (role != WB_ROLE_FIELD)
		m->recipient = wb_span_text("age1somebody");
}

static void
make_roster(struct kit *k)
{
	struct wb_bytes policy;

	wb_bytes_init(&policy, sizeof k->policy);
	assert_ok(wb_bytes_append_text(&policy, "log ", &k->err), &k->err);
	assert_ok(wb_vkey_format(&policy, &k->vkey, &k->err), &k->err);
	assert_ok(wb_bytes_append_text(&policy, "\nquorum none\n", &k->err),
	    &k->err);
	(void)snprintf(k->policy, sizeof k->policy, "%.*s", (int)policy.len,
	    (const char *)policy.data);
	wb_bytes_clear(&policy);
	k->roots[0] = k->keys[KIT_ROOT1].key;
	k->roots[1] = k->keys[KIT_ROOT2].key;
	k->roster = (struct wb_roster){ .threshold = 1,
		.roots = k->roots,
		.root_count = 2,
		.members = k->members,
		.suite = wb_span_text("x25519"),
		.reader = wb_span_text("age1reader"),
		.policy = wb_span_text(k->policy),
		.tally_threshold = 1 };
	add_member(k, KIT_C1, "C1", WB_ROLE_COORDINATOR);
	add_member(k, KIT_K1, "K1", WB_ROLE_FIELD);
	add_member(k, KIT_K2, "K2", WB_ROLE_FIELD);
	add_member(k, KIT_A1, "A1", WB_ROLE_AUDITOR);
}

void
kit_begin(struct kit *k)
{
	memset(k, 0, sizeof *k);
	k->seed = 20260306;
	k->random = check_random(&k->seed);
	k->entries = calloc(KIT_ENTRIES, sizeof *k->entries);
	assert_non_null(k->entries);
	for (int i = 0; i < KIT_KEYS; i++)
		assert_ok(wb_signer_generate(&k->keys[i], k->random, &k->err),
		    &k->err);
	assert_ok(wb_vkey_make(&k->vkey, "example.org/aid", WB_NOTE_ED25519,
		      &k->keys[KIT_LOG].key, &k->err),
	    &k->err);
	make_roster(k);
	kit_log_roster(k, 1);
}

void
kit_end(struct kit *k)
{
	for (size_t i = 0; i < k->count; i++) {
		wb_bytes_clear(&k->entries[i].envelope);
		wb_bytes_clear(&k->entries[i].content);
	}
	free(k->entries);
	for (int i = 0; i < KIT_KEYS; i++)
		wb_signer_clear(&k->keys[i]);
}

void
kit_log(struct kit *k, enum wb_statement_type type, struct wb_span payload,
    const enum kit_key *signers, size_t n)
{
	struct kit_entry *e = &k->entries[k->count++];
	struct wb_signature signatures[WB_MAX_SIGNATURES];

	assert_true(k->count <= KIT_ENTRIES);
	for (size_t i = 0; i < n; i++)
		assert_ok(wb_statement_sign(&signatures[i],
			      &k->keys[signers[i]],
			      wb_statement_type_text(type), payload, &k->err),
		    &k->err);
	wb_bytes_init(&e->envelope, WB_MAX_ROSTER);
	wb_bytes_init(&e->content, WB_MAX_CONTENT);
	assert_ok(wb_envelope_encode(&e->envelope, type, payload, signatures, n,
		      &k->err),
	    &k->err);
	wb_statement_id(&e->id, wb_statement_type_text(type), payload);
}

void
kit_log_roster(struct kit *k, size_t signers)
{
	const enum kit_key roots[] = { KIT_ROOT1, KIT_ROOT2 };
	struct wb_bytes payload;

	k->roster.version++;
	k->roster.programme = k->programme;
	k->roster.previous = k->roster_id;
	wb_bytes_init(&payload, WB_MAX_ROSTER);
	assert_ok(wb_roster_encode(&payload, &k->roster, &k->err), &k->err);
	kit_log(k, WB_STATEMENT_ROSTER, wb_bytes_span(&payload), roots,
	    signers);
	wb_bytes_clear(&payload);
	k->roster_id = k->entries[k->count - 1].id;
	if (k->roster.version == 1)
		k->programme = k->roster_id;
}

struct wb_batch
kit_header(struct kit *k, enum kit_key device, struct wb_span content)
{
	struct wb_batch b = { .programme = k->programme,
		.signer = k->keys[device].key,
		.sequence = k->sequence[device] + 1,
		.previous = k->newest[device],
		.roster = k->roster_id,
		.content_size = content.len };

	wb_sha256_one(&b.content_hash, content);
	wb_sha256_one(&b.records_root, wb_span_text("records"));
	wb_generator(&b.totals, wb_span_text("delivered|rice|sack"));
	return b;
}

void
kit_log_header(struct kit *k, const struct wb_batch *header,
    enum kit_key signer, struct wb_span content)
{
	struct wb_bytes payload;

	wb_bytes_init(&payload, WB_MAX_ENVELOPE);
	assert_ok(wb_batch_encode(&payload, header, &k->err), &k->err);
	kit_log(k, WB_STATEMENT_BATCH, wb_bytes_span(&payload), &signer, 1);
	wb_bytes_clear(&payload);
	assert_ok(wb_bytes_append(&k->entries[k->count - 1].content, content,
		      &k->err),
	    &k->err);
	k->sequence[signer] = header->sequence;
	k->newest[signer] = k->entries[k->count - 1].id;
}

void
kit_log_batch(struct kit *k, enum kit_key device, size_t size)
{
	struct wb_batch header;
	struct wb_bytes content;
	uint8_t *at;

	wb_bytes_init(&content, WB_MAX_CONTENT);
	assert_ok(wb_bytes_extend(&content, size, &at, &k->err), &k->err);
	wb_random_fill(k->random, at, size);
	header = kit_header(k, device, wb_bytes_span(&content));
	kit_see(k, &header, k->count);
	kit_log_header(k, &header, device, wb_bytes_span(&content));
	wb_bytes_clear(&content);
}

void
kit_log_ack(struct kit *k, enum kit_key signer, const struct wb_hash *on,
    enum wb_outcome outcome)
{
	struct wb_verdict verdict = { *on, outcome };
	struct wb_ack ack = { .programme = k->programme,
		.signer = k->keys[signer].key,
		.verdicts = &verdict,
		.verdict_count = 1,
		.roster = k->roster_id };
	struct wb_bytes payload;

	wb_bytes_init(&payload, WB_MAX_ENVELOPE);
	assert_ok(wb_ack_encode(&payload, &ack, &k->err), &k->err);
	kit_log(k, WB_STATEMENT_ACK, wb_bytes_span(&payload), &signer, 1);
	wb_bytes_clear(&payload);
}

static struct wb_hash *
leaves(const struct kit *k, size_t size)
{
	struct wb_hash *out = calloc(size + 1, sizeof *out);

	assert_non_null(out);
	for (size_t i = 0; i < size; i++) {
		struct wb_span bytes = wb_bytes_span(&k->entries[i].envelope);

		wb_leaf_hash(&out[i], &bytes, 1);
	}
	return out;
}

void
kit_root(const struct kit *k, struct wb_head *out, size_t size)
{
	struct wb_hash *all = leaves(k, size);

	out->size = size;
	wb_merkle_root(&out->root, all, size);
	free(all);
}

void
kit_sign_head(struct kit *k, struct wb_bytes *note, const struct wb_head *head)
{
	assert_ok(wb_checkpoint_seal(note, head, &k->vkey, &k->keys[KIT_LOG],
		      &k->err),
	    &k->err);
}

void
kit_see(struct kit *k, struct wb_batch *header, size_t size)
{
	struct wb_bytes text;

	kit_root(k, &header->seen, size);
	wb_bytes_init(&text, WB_MAX_NOTE);
	assert_ok(wb_checkpoint_format(&text, k->vkey.name, &header->seen,
		      &k->err),
	    &k->err);
	wb_sign(&header->seen_signature, &k->keys[KIT_LOG],
	    wb_bytes_span(&text));
	wb_bytes_clear(&text);
}

static enum wb_status
get_node(void *ctx, struct wb_hash *out, unsigned level, uint64_t index,
    struct wb_error *err)
{
	const struct wb_hash *all = ctx;
	size_t width = (size_t)1 << level;

	(void)err;
	wb_merkle_root(out, all + index * width, width);
	return WB_OK;
}

void
kit_prove(struct kit *k, struct wb_proof *out, size_t index, size_t size)
{
	struct wb_hash *all = leaves(k, size);

	assert_ok(wb_inclusion_prove(out, index, size,
		      (struct wb_nodes){ get_node, all }, &k->err),
	    &k->err);
	free(all);
}

void
kit_item(struct kit *k, struct wb_bytes *bundle,
    const struct wb_bundle_item *item)
{
	assert_ok(wb_bundle_item_append(bundle, item, &k->err), &k->err);
}

void
kit_item_head(struct kit *k, struct wb_bytes *bundle, const char *purpose)
{
	wb_bytes_init(bundle, MAX_BUNDLE);
	kit_item(k, bundle,
	    &(struct wb_bundle_item){ .kind = WB_BUNDLE_HEAD,
		.programme = k->programme,
		.purpose = wb_span_text(purpose) });
}

void
kit_item_checkpoint(struct kit *k, struct wb_bytes *bundle, size_t size)
{
	struct wb_head head;
	struct wb_bytes note;

	kit_root(k, &head, size);
	wb_bytes_init(&note, WB_MAX_NOTE);
	kit_sign_head(k, &note, &head);
	kit_item(k, bundle,
	    &(struct wb_bundle_item){ .kind = WB_BUNDLE_CHECKPOINT,
		.bytes = wb_bytes_span(&note) });
	wb_bytes_clear(&note);
}

void
kit_item_entry(struct kit *k, struct wb_bytes *bundle, size_t index,
    size_t size)
{
	struct wb_bundle_item item = { .kind = WB_BUNDLE_ENTRY,
		.entry = { .index = index,
		    .envelope = wb_bytes_span(&k->entries[index].envelope) } };

	if (size != 0)
		kit_prove(k, &item.entry.proof, index, size);
	kit_item(k, bundle, &item);
}

void
kit_item_content(struct kit *k, struct wb_bytes *bundle, size_t index)
{
	if (k->entries[index].content.len == 0)
		return;
	kit_item(k, bundle,
	    &(struct wb_bundle_item){ .kind = WB_BUNDLE_CONTENT,
		.bytes = wb_bytes_span(&k->entries[index].content) });
}

void
kit_item_checksum(struct kit *k, struct wb_bytes *bundle)
{
	struct wb_bundle_item item = { .kind = WB_BUNDLE_CHECKSUM };

	wb_sha256_one(&item.checksum, wb_bytes_span(bundle));
	kit_item(k, bundle, &item);
}

void
kit_bundle(struct kit *k, struct wb_bytes *bundle)
{
	kit_item_head(k, bundle, "audit");
	kit_item_checkpoint(k, bundle, k->count);
	for (size_t i = 0; i < k->count; i++) {
		kit_item_entry(k, bundle, i, 0);
		kit_item_content(k, bundle, i);
	}
	kit_item_checksum(k, bundle);
}
