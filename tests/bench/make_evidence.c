/*
 * Writes evidence of as many batches as wanted, without holding them: for
 * measuring how verify's memory grows.  Prints the programme's id.
 *
 *	make_evidence FILE BATCHES [CONTENT-BYTES [BATCHES-PER-HEAD]]
 *
 * Two devices in turns; as many batches in a row saw the same head of the log.
 */
#include <stdio.h>
#include <stdlib.h>

#include "crypto/text.h"
#include "proto/wire.h"

#include "tests/unit/client/logkit.h"

struct maker {
	struct kit kit;
	struct wb_frontier tree;
	FILE *items; /* all behind the checkpoint, which comes before them */
	struct wb_batch seen; /* its head is the one that devices saw last */
	uint64_t next; /* index of the next entry */
};

static void
write_item(struct maker *m, const struct wb_bundle_item *item)
{
	struct wb_bytes bytes;

	wb_bytes_init(&bytes, WB_MAX_BUNDLE_ITEM);
	kit_item(&m->kit, &bytes, item);
	assert_int_equal(fwrite(bytes.data, 1, bytes.len, m->items), bytes.len);
	wb_bytes_clear(&bytes);
}

/* The kit's entry, which then leaves it. */
static void
write_entry(struct maker *m, size_t at)
{
	struct kit_entry *e = &m->kit.entries[at];
	struct wb_span envelope = wb_bytes_span(&e->envelope);
	struct wb_hash leaf;

	wb_leaf_hash(&leaf, &envelope, 1);
	wb_frontier_add(&m->tree, &leaf, NULL, NULL);
	write_item(m,
	    &(struct wb_bundle_item){ .kind = WB_BUNDLE_ENTRY,
		.entry = { .index = m->next++, .envelope = envelope } });
	if (e->content.len != 0) {
		write_item(m,
		    &(struct wb_bundle_item){ .kind = WB_BUNDLE_CONTENT,
			.bytes = wb_bytes_span(&e->content) });
	}
	if (at == 0)
		return;
	wb_bytes_clear(&e->envelope);
	wb_bytes_clear(&e->content);
	m->kit.count--;
}

static void
see(struct maker *m)
{
	struct wb_bytes text;

	m->seen.seen.size = m->tree.size;
	wb_frontier_root(&m->tree, &m->seen.seen.root);
	wb_bytes_init(&text, WB_MAX_NOTE);
	assert_ok(wb_checkpoint_format(&text, m->kit.vkey.name, &m->seen.seen,
		      &m->kit.err),
	    &m->kit.err);
	wb_sign(&m->seen.seen_signature, &m->kit.keys[KIT_LOG],
	    wb_bytes_span(&text));
	wb_bytes_clear(&text);
}

static void
write_batches(struct maker *m, size_t batches, size_t size, size_t per_head)
{
	struct kit *k = &m->kit;
	struct wb_bytes content;
	uint8_t *at;

	wb_bytes_init(&content, WB_MAX_CONTENT);
	assert_ok(wb_bytes_extend(&content, size, &at, &k->err), &k->err);
	wb_random_fill(k->random, at, size);
	write_entry(m, 0);
	for (size_t i = 0; i < batches; i++) {
		enum kit_key device = i % 2 == 0 ? KIT_K1 : KIT_K2;
		struct wb_batch header;

		wb_put_be64(at, i);
		if (i % per_head == 0)
			see(m);
		header = kit_header(k, device, wb_bytes_span(&content));
		header.seen = m->seen.seen;
		header.seen_signature = m->seen.seen_signature;
		kit_log_header(k, &header, device, wb_bytes_span(&content));
		write_entry(m, 1);
	}
	wb_bytes_clear(&content);
}

/* Head and checkpoint, the items, and the hash of all. */
static void
put_together(struct maker *m, const char *path)
{
	struct wb_bundle_item end = { .kind = WB_BUNDLE_CHECKSUM };
	struct wb_head head = { .size = m->tree.size };
	struct wb_hasher hasher;
	struct wb_bytes front, note;
	static uint8_t part[1 << 16];
	FILE *out = fopen(path, "wb");
	size_t n;

	assert_non_null(out);
	wb_frontier_root(&m->tree, &head.root);
	wb_bytes_init(&note, WB_MAX_NOTE);
	kit_sign_head(&m->kit, &note, &head);
	kit_item_head(&m->kit, &front, "audit");
	kit_item(&m->kit, &front,
	    &(struct wb_bundle_item){ .kind = WB_BUNDLE_CHECKPOINT,
		.bytes = wb_bytes_span(&note) });
	wb_hasher_init(&hasher);
	wb_hasher_add(&hasher, wb_bytes_span(&front));
	assert_int_equal(fwrite(front.data, 1, front.len, out), front.len);
	rewind(m->items);
	while ((n = fread(part, 1, sizeof part, m->items)) != 0) {
		wb_hasher_add(&hasher, wb_span(part, n));
		assert_int_equal(fwrite(part, 1, n, out), n);
	}
	wb_hasher_final(&hasher, &end.checksum);
	wb_bytes_reset(&front);
	kit_item(&m->kit, &front, &end);
	assert_int_equal(fwrite(front.data, 1, front.len, out), front.len);
	assert_int_equal(fclose(out), 0);
	wb_bytes_clear(&front);
	wb_bytes_clear(&note);
}

static size_t
number(int argc, char **argv, int i, size_t absent)
{
	return i < argc ? strtoul(argv[i], NULL, 10) : absent;
}

int
main(int argc, char **argv)
{
	size_t batches = number(argc, argv, 2, 0);
	size_t size = number(argc, argv, 3, 512);
	size_t per_head = number(argc, argv, 4, 32);
	struct maker m = { .items = tmpfile() };
	char programme[2 * WB_HASH_LEN + 1];

	if (argc < 3 || batches == 0 || size < 8 || size > WB_MAX_CONTENT ||
	    per_head == 0 || m.items == NULL || wb_crypto_start(NULL) != WB_OK)
		return 2;
	kit_begin(&m.kit);
	write_batches(&m, batches, size, per_head);
	put_together(&m, argv[1]);
	wb_hex_format(programme, wb_hash_span(&m.kit.programme));
	(void)printf("%s\n", programme);
	(void)fclose(m.items);
	kit_end(&m.kit);
	return 0;
}
