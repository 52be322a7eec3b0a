/*
 * Writes what field devices would send, for load generators: a programme's
 * first roster, then N batches of its devices in turns, each device's chain
 * right, as u32be length and the body of a POST to /v1/entries.
 *
 *	make_batches LOG_KEY FILE BATCHES [DELIVERIES [DEVICES]]
 *
 * Batches are sealed as a device seals them and would open; but sealing costs
 * more than taking in, so each device seals its records once and sends them
 * again in each of its batches under a new seed, tree, age file and header.
 * The server, which is blind, has the same work.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "client/ledger/opening.h"
#include "crypto/recordtree.h"
#include "crypto/statement.h"
#include "proto/batch.h"
#include "proto/roster.h"
#include "proto/transfer.h"

#define MAX_DELIVERIES 400 /* in a batch */
#define FIRST_DAY 20500
#define MAX_FILE ((size_t)128 << 10) /* bytes of a content */

struct device {
	struct wb_signer signer;
	uint64_t sequence;
	struct wb_hash previous;
	uint8_t mark[WB_MARK_LEN];
	struct wb_bytes key_file;
	struct wb_bytes parts; /* sealed, one behind the other */
	struct wb_span part[MAX_DELIVERIES];
	struct wb_record_leaves leaves[MAX_DELIVERIES];
	struct wb_point sum; /* of the records' commitments */
};

struct maker {
	FILE *out;
	size_t deliveries;
	size_t devices;
	struct device *device;
	struct wb_signer root;
	struct wb_secret *reader;
	struct wb_recipient to;
	struct wb_hash programme;
	struct wb_measures *measures;
	struct wb_error err;
};

static void
must(enum wb_status st, const struct maker *m)
{
	if (st == WB_OK)
		return;
	(void)fprintf(stderr, "make_batches: %s\n", m->err.text);
	exit(1);
}

static void
write_body(struct maker *m, struct wb_span envelope, struct wb_span content)
{
	const struct wb_upload upload = { envelope, content };
	struct wb_bytes body;
	uint8_t len[4];

	wb_bytes_init(&body, WB_MAX_UPLOAD_BODY);
	must(wb_upload_append(&body, &upload, &m->err), m);
	len[0] = (uint8_t)(body.len >> 24);
	len[1] = (uint8_t)(body.len >> 16);
	len[2] = (uint8_t)(body.len >> 8);
	len[3] = (uint8_t)body.len;
	if (fwrite(len, 1, 4, m->out) != 4 ||
	    fwrite(body.data, 1, body.len, m->out) != body.len) {
		perror("make_batches");
		exit(1);
	}
	wb_bytes_clear(&body);
}

static void
write_roster(struct maker *m, const char *log_key)
{
	static struct wb_member members[WB_MAX_MEMBERS];
	static char labels[WB_MAX_MEMBERS][WB_MAX_LABEL];
	char policy[512], reader[WB_AGE_RECIPIENT_TEXT + 1];
	struct wb_roster r = { .version = 1,
		.threshold = 1,
		.roots = &m->root.key,
		.root_count = 1,
		.members = members,
		.member_count = m->devices,
		.suite = wb_span_text("x25519"),
		.tally_threshold = 1 };
	struct wb_bytes payload, envelope;

	for (size_t i = 0; i < m->devices; i++) {
		(void)snprintf(labels[i], sizeof labels[i], "K%zu", i + 1);
		members[i] = (struct wb_member){ .key = m->device[i].signer.key,
			.roles = 1U << WB_ROLE_FIELD,
			.label = wb_span_text(labels[i]),
			.state = WB_MEMBER_ACTIVE };
	}
	(void)snprintf(policy, sizeof policy, "log %s\nquorum none\n", log_key);
	r.policy = wb_span_text(policy);
	wb_recipient_format(reader, &m->to);
	r.reader = wb_span_text(reader);
	wb_bytes_init(&payload, WB_MAX_ROSTER);
	wb_bytes_init(&envelope, 2 * WB_MAX_ROSTER);
	must(wb_roster_encode(&payload, &r, &m->err), m);
	wb_statement_id(&m->programme,
	    wb_statement_type_text(WB_STATEMENT_ROSTER),
	    wb_bytes_span(&payload));
	must(wb_envelope_seal(&envelope, WB_STATEMENT_ROSTER,
		 wb_bytes_span(&payload), &m->root, &m->err),
	    m);
	write_body(m, wb_bytes_span(&envelope), wb_span(NULL, 0));
	wb_bytes_clear(&envelope);
	wb_bytes_clear(&payload);
}

/* One or two lines, a place, a few people. */
static void
describe(struct wb_goods *goods, struct wb_place *place,
    struct wb_line lines[2], char code[16], size_t n)
{
	static const char *const items[] = { "rice", "lentils", "tarpaulin",
		"cooking oil", "blanket" };
	static const char *const units[] = { "sack", "kg", "piece", "bottle",
		"piece" };

	for (size_t i = 0; i < 2; i++) {
		lines[i] = (struct wb_line){ .item = wb_span_text(
						 items[(n + 2 * i) % 5]),
			.unit = wb_span_text(units[(n + 2 * i) % 5]),
			.quantity = 500 * (1 + n % 40) };
	}
	(void)snprintf(code, 16, "S-%zu", 1 + n % 90);
	*goods = (struct wb_goods){ .kind = WB_KIND_DELIVERED,
		.day = (uint32_t)(FIRST_DAY + n / 40),
		.lines = lines,
		.line_count = 1 + n % 2 };
	*place = (struct wb_place){ .number = n + 1,
		.to = wb_span_text(code),
		.households = (uint32_t)(1 + n % 9) };
}

/* Seals the n-th record of a device into its parts. */
static void
seal_record(struct maker *m, struct device *d, struct wb_part_chain *chain,
    size_t n)
{
	struct wb_bytes goods_bytes, place_bytes, plain;
	size_t from = d->parts.len;
	struct wb_line lines[2];
	struct wb_goods goods;
	struct wb_place place;
	struct wb_hash seed;
	struct wb_point c;
	char code[16];

	wb_bytes_init(&goods_bytes, WB_MAX_RECORD);
	wb_bytes_init(&place_bytes, WB_MAX_RECORD);
	wb_bytes_init(&plain, WB_MAX_RECORD);
	describe(&goods, &place, lines, code, n);
	must(wb_goods_encode(&goods_bytes, &goods, &m->err), m);
	must(wb_place_encode(&place_bytes, &place, &m->err), m);
	must(wb_part_encode(&plain, wb_bytes_span(&goods_bytes),
		 wb_bytes_span(&place_bytes), &m->err),
	    m);
	must(wb_part_seal(&d->parts, &seed, chain, wb_bytes_span(&plain),
		 &m->programme, &d->signer.key, &m->err),
	    m);
	d->part[n] = wb_span(NULL, d->parts.len - from);
	wb_record_leaves(&d->leaves[n], &seed, wb_bytes_span(&goods_bytes),
	    wb_bytes_span(&place_bytes));
	must(wb_record_commitment(&c, m->measures, &goods, &seed, &m->err), m);
	if (n == 0)
		d->sum = c;
	else
		must(wb_point_add(&d->sum, &c, &m->err), m);
	wb_bytes_clear(&plain);
	wb_bytes_clear(&place_bytes);
	wb_bytes_clear(&goods_bytes);
}

static void
seal_records(struct maker *m, struct device *d)
{
	uint8_t key[WB_PART_KEY_LEN + WB_MARK_LEN];
	struct wb_part_chain chain;
	size_t at = 0;

	wb_random_fill(wb_random_system(), key, sizeof key);
	memcpy(d->mark, key + WB_PART_KEY_LEN, WB_MARK_LEN);
	wb_bytes_init(&d->key_file, MAX_FILE);
	wb_bytes_init(&d->parts, MAX_FILE);
	must(wb_age_encrypt(&d->key_file, wb_span(key, sizeof key), &m->to, 1,
		 wb_random_system(), &m->err),
	    m);
	must(wb_part_chain_init(&chain, wb_span(key, WB_PART_KEY_LEN), &m->err),
	    m);
	for (size_t i = 0; i < m->deliveries; i++)
		seal_record(m, d, &chain, i);
	wb_part_chain_clear(&chain);
	for (size_t i = 0; i < m->deliveries; i++) {
		d->part[i] = wb_span(d->parts.data + at, d->part[i].len);
		at += d->part[i].len;
	}
}

/* The age file, and what the header says of it. */
static void
seal_content(struct wb_bytes *file, struct wb_batch *b, struct maker *m,
    struct device *d)
{
	struct wb_session session = { wb_bytes_span(&d->key_file), d->part,
		m->deliveries };
	struct wb_content content = { .sessions = &session,
		.session_count = 1 };
	const struct wb_manifest manifest = { m->programme, d->signer.key,
		b->sequence, b->previous, b->roster };
	struct wb_bytes text, plain;
	struct wb_scalar blinding;

	wb_bytes_init(&text, WB_MAX_ENVELOPE);
	wb_bytes_init(&plain, MAX_FILE);
	must(wb_manifest_encode(&text, &manifest, &m->err), m);
	content.manifest = wb_bytes_span(&text);
	memcpy(content.mark, d->mark, WB_MARK_LEN);
	wb_random_fill(wb_random_system(), content.seed.b, WB_HASH_LEN);
	must(wb_content_encode(&plain, &content, &m->err), m);
	must(wb_age_encrypt(file, wb_bytes_span(&plain), &m->to, 1,
		 wb_random_system(), &m->err),
	    m);
	wb_sha256_one(&b->content_hash, wb_bytes_span(file));
	b->content_size = file->len;
	must(wb_record_root(&b->records_root, &content.seed, content.manifest,
		 d->leaves, m->deliveries, &m->err),
	    m);
	wb_blinding(&blinding, &content.seed);
	must(wb_commit(&b->totals, &blinding, NULL, 0, &m->err), m);
	must(wb_point_add(&b->totals, &d->sum, &m->err), m);
	wb_bytes_clear(&plain);
	wb_bytes_clear(&text);
}

static void
write_batch(struct maker *m, struct device *d, uint64_t n)
{
	struct wb_batch b = { .programme = m->programme,
		.signer = d->signer.key,
		.sequence = ++d->sequence,
		.previous = d->previous,
		.roster = m->programme,
		.seen.size = n };
	struct wb_bytes file, payload, envelope;

	/* The server cannot judge what a device saw; only its size counts. */
	wb_random_fill(wb_random_system(), b.seen.root.b, WB_HASH_LEN);
	wb_random_fill(wb_random_system(), &b.seen_signature,
	    sizeof b.seen_signature);
	wb_bytes_init(&file, MAX_FILE);
	wb_bytes_init(&payload, WB_MAX_ENVELOPE);
	wb_bytes_init(&envelope, WB_MAX_ENVELOPE);
	seal_content(&file, &b, m, d);
	must(wb_batch_encode(&payload, &b, &m->err), m);
	wb_statement_id(&d->previous,
	    wb_statement_type_text(WB_STATEMENT_BATCH),
	    wb_bytes_span(&payload));
	must(wb_envelope_seal(&envelope, WB_STATEMENT_BATCH,
		 wb_bytes_span(&payload), &d->signer, &m->err),
	    m);
	write_body(m, wb_bytes_span(&envelope), wb_bytes_span(&file));
	wb_bytes_clear(&envelope);
	wb_bytes_clear(&payload);
	wb_bytes_clear(&file);
}

static void
start(struct maker *m)
{
	static const uint8_t key[WB_SHORT_KEY_LEN];
	struct wb_random random = wb_random_system();

	must(wb_crypto_start(&m->err), m);
	must(wb_measures_new(&m->measures, key, &m->err), m);
	must(wb_signer_generate(&m->root, random, &m->err), m);
	must(wb_identity_generate(&m->reader, random, &m->err), m);
	wb_identity_recipient(&m->to, m->reader);
	m->device = calloc(m->devices, sizeof *m->device);
	if (m->device == NULL)
		exit(1);
	for (size_t i = 0; i < m->devices; i++)
		must(wb_signer_generate(&m->device[i].signer, random, &m->err),
		    m);
}

static void
finish(struct maker *m)
{
	for (size_t i = 0; i < m->devices; i++) {
		wb_signer_clear(&m->device[i].signer);
		wb_bytes_clear(&m->device[i].parts);
		wb_bytes_clear(&m->device[i].key_file);
	}
	free(m->device);
	wb_signer_clear(&m->root);
	wb_secret_free(&m->reader);
	wb_measures_free(&m->measures);
}

int
main(int argc, char **argv)
{
	struct maker m = { .deliveries = 50, .devices = 200 };
	uint64_t batches;

	if (argc < 4 || argc > 6)
		return 2;
	batches = strtoull(argv[3], NULL, 10);
	if (argc > 4)
		m.deliveries = strtoul(argv[4], NULL, 10);
	if (argc > 5)
		m.devices = strtoul(argv[5], NULL, 10);
	if (m.deliveries < 1 || m.deliveries > MAX_DELIVERIES ||
	    m.devices < 1 || m.devices > WB_MAX_MEMBERS)
		return 2;
	m.out = fopen(argv[2], "wb");
	if (m.out == NULL) {
		perror("make_batches");
		return 1;
	}
	start(&m);
	write_roster(&m, argv[1]);
	for (size_t i = 0; i < m.devices; i++)
		seal_records(&m, &m.device[i]);
	for (uint64_t n = 0; n < batches; n++)
		write_batch(&m, &m.device[n % m.devices], n + 1);
	if (fclose(m.out) != 0)
		return 1;
	finish(&m);
	return 0;
}
