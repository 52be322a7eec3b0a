/*
 * emit_log FOLDER: writes a log as our code makes it, for other people's code
 * to check: a cosigned checkpoint, tiles, and of every entry its receipt and
 * the consistency proof from the tree that ended with it.
 *
 *   vkey  witness.vkey  checkpoint  tile/L/N[.p/W]  receipt/INDEX  consistency/SIZE
 */
#include <sys/stat.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "client/witness/witness.h"
#include "crypto/secret.h"
#include "crypto/tile.h"
#include "crypto/tlogproof.h"

#define LEAVES 700 /* two full tiles and a partial one */
#define LEVELS 10
#define MAX_PATH 512

static const char *folder;
static struct wb_hash nodes[LEVELS][LEAVES];

/* Any failure is the end of the test. */
static void
need(enum wb_status st, const struct wb_error *err)
{
	if (st == WB_OK)
		return;
	(void)fprintf(stderr, "emit_log: %s\n", err->text);
	exit(1);
}

/* Writes FOLDER/path, and the folders above it. */
static void
write_file(const char *path, struct wb_span s)
{
	char name[MAX_PATH];
	size_t root = strlen(folder);
	FILE *f;

	(void)snprintf(name, sizeof(name), "%s/%s", folder, path);
	for (char *at = strchr(name + root, '/'); at != NULL;
	     at = strchr(at + 1, '/')) {
		*at = '\0';
		(void)mkdir(name, 0777);
		*at = '/';
	}
	f = fopen(name, "wb");
	if (f == NULL || fwrite(s.data, 1, s.len, f) != s.len ||
	    fclose(f) != 0) {
		perror(name);
		exit(1);
	}
}

static void
remember(void *ctx, unsigned level, uint64_t index, const struct wb_hash *hash)
{
	(void)ctx;
	nodes[level][index] = *hash;
}

static enum wb_status
get_node(void *ctx, struct wb_hash *out, unsigned level, uint64_t index,
    struct wb_error *err)
{
	(void)ctx;
	(void)err;
	*out = nodes[level][index];
	return WB_OK;
}

static const struct wb_nodes tree = { get_node, NULL };

static void
grow(struct wb_head *head)
{
	struct wb_frontier f = { .size = 0 };
	struct wb_span part;
	struct wb_hash leaf;
	char entry[32];

	for (int i = 0; i < LEAVES; i++) {
		(void)snprintf(entry, sizeof(entry), "entry %d", i);
		part = wb_span_text(entry);
		wb_leaf_hash(&leaf, &part, 1);
		wb_frontier_add(&f, &leaf, remember, NULL);
	}
	head->size = f.size;
	wb_frontier_root(&f, &head->root);
}

static void
write_tiles(void)
{
	char path[MAX_PATH], name[WB_MAX_TILE_PATH];

	for (unsigned level = 0; LEAVES >> (8 * level) > 0; level++) {
		size_t width = LEAVES >> (8 * level);

		for (size_t at = 0; at < width; at += WB_TILE_WIDTH) {
			struct wb_tile t = { false, level, at / WB_TILE_WIDTH,
				WB_TILE_WIDTH };

			if (width - at < WB_TILE_WIDTH)
				t.width = (unsigned)(width - at);
			wb_tile_format(name, &t);
			(void)snprintf(path, sizeof(path), "tile/%s", name);
			write_file(path, wb_span(&nodes[8 * level][at],
					     t.width * sizeof(struct wb_hash)));
		}
	}
}

static int64_t
now(void *ctx)
{
	(void)ctx;
	return 1700000000;
}

/* Asks a witness, as a server does, and appends what it answers. */
static void
ask_witness(struct wb_bytes *note, const struct wb_vkey *log)
{
	const struct wb_file_ops *ops = wb_file_ops_system();
	const struct wb_clock clock = { .now = now };
	struct wb_witness_answer answer;
	struct wb_witness *witness;
	struct wb_error err = { 0 };
	struct wb_bytes text;
	char dir[MAX_PATH];

	wb_bytes_init(&text, WB_MAX_ADD_CHECKPOINT);
	(void)snprintf(dir, sizeof(dir), "%s/witness", folder);
	need(wb_witness_create(dir, "example.net/witness", ops,
		 wb_random_system(), &err),
	    &err);
	need(wb_witness_open(&witness, dir, ops, clock, &err), &err);
	need(wb_vkey_format(&text, wb_witness_vkey(witness), &err), &err);
	write_file("witness.vkey", wb_bytes_span(&text));
	need(wb_witness_trust(witness, log, &err), &err);
	wb_bytes_reset(&text);
	need(wb_bytes_append_text(&text, "old 0\n\n", &err), &err);
	need(wb_bytes_append(&text, wb_bytes_span(note), &err), &err);
	need(wb_witness_add_checkpoint(&answer, witness, wb_bytes_span(&text),
		 NULL, &err),
	    &err);
	need(answer.verdict == WB_WITNESS_COSIGN ? WB_OK : WB_FAILED,
	    &answer.why);
	need(wb_bytes_append(note, wb_bytes_span(&answer.body), &err), &err);
	wb_bytes_clear(&answer.body);
	wb_witness_close(&witness);
	wb_bytes_clear(&text);
}

/* By the log, and by a witness. */
static void
make_checkpoint(struct wb_bytes *out, const struct wb_head *head)
{
	const uint8_t seed[WB_SEED_LEN] = "a seed that is for tests alone";
	struct wb_error err = { 0 };
	struct wb_signer signer;
	struct wb_bytes text;
	struct wb_vkey log;

	wb_bytes_init(&text, WB_MAX_NOTE);
	need(wb_signer_from_seed(&signer, wb_span(seed, sizeof(seed)), &err),
	    &err);
	need(wb_vkey_make(&log, "example.org/waybill", WB_NOTE_ED25519,
		 &signer.key, &err),
	    &err);
	need(wb_vkey_format(&text, &log, &err), &err);
	write_file("vkey", wb_bytes_span(&text));
	need(wb_checkpoint_seal(out, head, &log, &signer, &err), &err);
	ask_witness(out, &log);
	wb_signer_clear(&signer);
	wb_bytes_clear(&text);
}

static void
write_proofs(struct wb_span checkpoint)
{
	struct wb_error err = { 0 };
	struct wb_proof proof;
	char path[MAX_PATH];
	struct wb_bytes b;

	wb_bytes_init(&b, WB_MAX_TLOG_PROOF);
	for (unsigned i = 0; i < LEAVES; i++) {
		wb_bytes_reset(&b);
		need(wb_inclusion_prove(&proof, i, LEAVES, tree, &err), &err);
		need(wb_tlog_proof_format(&b, i, &proof, checkpoint, &err),
		    &err);
		(void)snprintf(path, sizeof(path), "receipt/%u", i);
		write_file(path, wb_bytes_span(&b));
		wb_bytes_reset(&b);
		need(wb_consistency_prove(&proof, i + 1, LEAVES, tree, &err),
		    &err);
		for (size_t k = 0; k < proof.count; k++)
			need(wb_hash_line(&b, &proof.hashes[k], &err), &err);
		(void)snprintf(path, sizeof(path), "consistency/%u", i + 1);
		write_file(path, wb_bytes_span(&b));
	}
	wb_bytes_clear(&b);
}

int
main(int argc, char **argv)
{
	struct wb_error err = { 0 };
	struct wb_bytes checkpoint;
	struct wb_head head;

	if (argc != 2) {
		(void)fprintf(stderr, "usage: emit_log FOLDER\n");
		return 2;
	}
	folder = argv[1];
	need(wb_crypto_start(&err), &err);
	wb_bytes_init(&checkpoint, WB_MAX_NOTE);
	grow(&head);
	write_tiles();
	make_checkpoint(&checkpoint, &head);
	write_file("checkpoint", wb_bytes_span(&checkpoint));
	write_proofs(wb_bytes_span(&checkpoint));
	wb_bytes_clear(&checkpoint);
	return 0;
}
