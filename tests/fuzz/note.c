/*
 * The texts of a log: notes, keys, checkpoints, receipts, names of tiles,
 * policies, what a witness is asked.
 */
#include "crypto/note.h"

#include <string.h>

#include "client/witness/add_checkpoint.h"
#include "crypto/policy.h"
#include "crypto/tile.h"
#include "crypto/tlogproof.h"

#include "tests/fuzz/fuzz.h"

static const char origin[] = "fuzz.example/log";
static const uint8_t seed[WB_SEED_LEN] = { 7 };

static const struct wb_vkey *
log_key(void)
{
	static struct wb_vkey kept;
	struct wb_signer signer;

	if (kept.name[0] != '\0')
		return &kept;
	FUZZ_REQUIRE(wb_signer_from_seed(&signer, wb_span(seed, sizeof seed),
			 NULL) == WB_OK);
	FUZZ_REQUIRE(wb_vkey_make(&kept, origin, WB_NOTE_ED25519, &signer.key,
			 NULL) == WB_OK);
	wb_signer_clear(&signer);
	return &kept;
}

static void
read_key(struct wb_span text)
{
	struct wb_bytes again;
	struct wb_vkey key;

	if (wb_vkey_parse(&key, text, NULL) != WB_OK)
		return;
	wb_bytes_init(&again, WB_MAX_NOTE);
	FUZZ_REQUIRE(wb_vkey_format(&again, &key, NULL) == WB_OK);
	FUZZ_REQUIRE(key.name[0] != '\0');
	wb_bytes_clear(&again);
}

/* Nobody but the log signs for it, so that what verifies names a known head. */
static void
read_note(struct wb_span text)
{
	struct wb_bytes found;
	struct wb_note note;
	struct wb_head head;
	uint64_t time;
	enum wb_status st;

	if (wb_note_parse(&note, text, NULL) != WB_OK) {
		FUZZ_REQUIRE(wb_checkpoint_open(&head, NULL, text, log_key(),
				 NULL) == WB_INVALID);
		return;
	}
	FUZZ_REQUIRE(note.text.data == text.data && note.text.len < text.len);
	FUZZ_REQUIRE(note.text.data[note.text.len - 1] == '\n');
	wb_bytes_init(&found, WB_MAX_NOTE);
	st = wb_note_verify(&note, log_key(), &time, NULL);
	if (wb_note_find(&found, &note, log_key(), NULL) != WB_OK)
		FUZZ_REQUIRE(st != WB_OK);
	wb_bytes_clear(&found);
	st = wb_checkpoint_open(&head, NULL, text, log_key(), NULL);
	FUZZ_REQUIRE(st != WB_OK || head.size == 5);
}

static void
read_checkpoint(struct wb_span text)
{
	struct wb_bytes again;
	struct wb_head head;

	if (wb_checkpoint_parse(&head, text, origin, NULL) != WB_OK)
		return;
	wb_bytes_init(&again, WB_MAX_NOTE);
	FUZZ_REQUIRE(
	    wb_checkpoint_format(&again, origin, &head, NULL) == WB_OK);
	FUZZ_REQUIRE(wb_span_equal(wb_bytes_span(&again),
	    wb_span_sub(text, 0, again.len)));
	wb_bytes_clear(&again);
}

static void
read_receipt(struct wb_span text)
{
	const struct wb_hash leaf = { { 3 } };
	struct wb_tlog_proof p;
	struct wb_head head;
	enum wb_status st;
	uint64_t index;

	if (wb_tlog_proof_parse(&p, text, NULL) == WB_OK)
		FUZZ_REQUIRE(p.proof.count <= WB_MAX_PROOF);
	st = wb_tlog_proof_verify(&index, &head, text, &leaf, log_key(), NULL);
	FUZZ_REQUIRE(st != WB_OK || (index == 3 && head.size == 5));
}

static void
read_tile(struct wb_span text)
{
	char again[WB_MAX_TILE_PATH];
	struct wb_tile tile;

	if (wb_tile_parse(&tile, text, NULL) != WB_OK)
		return;
	wb_tile_format(again, &tile);
	FUZZ_REQUIRE(wb_span_equal(text, wb_span_text(again)));
}

/* More witnesses never make less of a quorum, and all make it. */
static void
read_policy(struct wb_span text)
{
	struct wb_policy p;
	bool met = true;

	if (wb_policy_parse(&p, text, NULL) != WB_OK)
		return;
	FUZZ_REQUIRE(p.log.type == WB_NOTE_ED25519);
	FUZZ_REQUIRE(wb_policy_met(&p, UINT32_MAX));
	FUZZ_REQUIRE(wb_policy_met(&p, 0) == !wb_policy_has_quorum(&p));
	for (uint32_t who = UINT32_MAX; who != 0; who >>= 1) {
		FUZZ_REQUIRE(met || !wb_policy_met(&p, who));
		met = wb_policy_met(&p, who);
	}
}

/* Only a head that the log signed is cosigned, and none that goes back. */
static void
read_request(struct wb_span text)
{
	struct wb_head latest = { .size = 0 };
	struct wb_add_checkpoint r;
	enum wb_witness_verdict verdict;

	if (wb_add_checkpoint_parse(&r, text, NULL) != WB_OK)
		return;
	FUZZ_REQUIRE(r.proof.count <= WB_MAX_PROOF && r.origin.len != 0);
	wb_merkle_root(&latest.root, NULL, 0);
	for (latest.size = 0; latest.size < 7; latest.size++) {
		verdict = wb_add_checkpoint_judge(&r, log_key(), &latest, NULL);
		FUZZ_REQUIRE(verdict != WB_WITNESS_COSIGN ||
			     (r.head.size == 5 && r.old == latest.size &&
				 latest.size == 0));
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static void (*const ways[])(struct wb_span) = { read_key, read_note,
		read_checkpoint, read_receipt, read_tile, read_policy,
		read_request };

	if (size != 0 && data[0] < sizeof ways / sizeof ways[0])
		ways[data[0]](wb_span(data + 1, size - 1));
	return 0;
}
