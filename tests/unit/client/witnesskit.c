#include "tests/unit/client/witnesskit.h"

void
kit_begin(struct witness_kit *k)
{
	static const char *const names[KIT_LOGS] = { "example.org/aid",
		"example.net/other" };
	struct wb_bytes text;

	memset(k, 0, sizeof *k);
	k->seed = 88172645463325252u;
	wb_bytes_init(&text, sizeof k->vkey_texts[0] - 1);
	for (size_t i = 0; i < KIT_LOGS; i++) {
		assert_ok(wb_signer_generate(&k->signers[i],
			      check_random(&k->seed), &k->err),
		    &k->err);
		assert_ok(wb_vkey_make(&k->vkeys[i], names[i], WB_NOTE_ED25519,
			      &k->signers[i].key, &k->err),
		    &k->err);
		wb_bytes_reset(&text);
		assert_ok(wb_vkey_format(&text, &k->vkeys[i], &k->err),
		    &k->err);
		memcpy(k->vkey_texts[i], text.data, text.len);
	}
	wb_bytes_clear(&text);
	for (uint8_t i = 0; i < KIT_LEAVES; i++)
		k->leaves[i].b[0] = i;
}

void
kit_end(struct witness_kit *k)
{
	for (size_t i = 0; i < KIT_LOGS; i++)
		wb_signer_clear(&k->signers[i]);
}

void
kit_head(struct wb_head *out, struct witness_kit *k, uint64_t size)
{
	out->size = size;
	wb_merkle_root(&out->root, k->leaves, size);
}

static enum wb_status
get_node(void *ctx, struct wb_hash *out, unsigned level, uint64_t index,
    struct wb_error *err)
{
	struct witness_kit *k = ctx;

	(void)err;
	wb_merkle_root(out, k->leaves + (index << level), (size_t)1 << level);
	return WB_OK;
}

void
kit_body(struct wb_bytes *out, struct witness_kit *k, const struct asked *a)
{
	const struct wb_nodes nodes = { get_node, k };
	struct wb_proof proof = { .count = 0 };
	struct wb_vkey vkey = k->vkeys[a->log];
	struct wb_head head = { .size = a->size };
	uint8_t *at;

	wb_bytes_init(out, 2 * WB_MAX_ADD_CHECKPOINT);
	if (a->raw != NULL) {
		assert_ok(wb_bytes_append_text(out, a->raw, &k->err), &k->err);
		return;
	}
	k->leaves[1].b[1] = (uint8_t)a->spoilt;
	wb_merkle_root(&head.root, k->leaves, a->size);
	if (a->old != 0 && a->old < a->size && !a->no_proof)
		assert_ok(wb_consistency_prove(&proof, a->old, a->size, nodes,
			      &k->err),
		    &k->err);
	k->leaves[1].b[1] = 0;
	if (a->wrong_root)
		head.root.b[31] ^= 1;
	if (a->extra_proof)
		proof.count++;
	assert_ok(wb_bytes_printf(out, &k->err, "old %llu\n",
		      (unsigned long long)a->old),
	    &k->err);
	for (size_t i = 0; i < proof.count; i++)
		assert_ok(wb_hash_line(out, &proof.hashes[i], &k->err),
		    &k->err);
	assert_ok(wb_bytes_append_text(out, "\n", &k->err), &k->err);
	assert_ok(wb_checkpoint_seal(out, &head, &vkey, &k->signers[a->signer],
		      &k->err),
	    &k->err);
	at = memchr(out->data + out->len - 20, '=', 20);
	if (a->bad_signature)
		at[-4] = at[-4] == 'A' ? 'B' : 'A';
}
