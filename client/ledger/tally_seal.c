#include "client/ledger/tally_seal.h"

#include "proto/record_tally.h"
#include "proto/wire.h"

enum wb_status
wb_tally_seal(struct wb_bytes *out, struct wb_span content,
    const struct wb_recipient *reader, struct wb_random random,
    struct wb_error *err)
{
	struct wb_bytes padded;
	enum wb_status st;

	wb_bytes_init(&padded, WB_MAX_CONTENT);
	st = wb_padded_encode(&padded, content, err);
	if (st == WB_OK)
		st = wb_age_encrypt(out, wb_bytes_span(&padded), reader, 1,
		    random, err);
	wb_bytes_clear(&padded);
	return st;
}

enum wb_status
wb_tally_unseal(struct wb_bytes *out, struct wb_span file,
    struct wb_secret *const *readers, size_t n, struct wb_error *err)
{
	struct wb_bytes padded;
	struct wb_arena arena;
	struct wb_span body;
	enum wb_status st;

	wb_bytes_init(&padded, WB_MAX_CONTENT);
	wb_arena_init(&arena, 2 * WB_MAX_CONTENT + WB_ARENA_BUDGET);
	st = wb_age_decrypt(&padded, file, readers, n, err);
	if (st == WB_OK)
		st = wb_padded_decode(&body, &arena, wb_bytes_span(&padded),
		    err);
	if (st == WB_OK)
		st = wb_bytes_append(out, body, err);
	if (st == WB_INVALID || st == WB_FORGED) {
		if (err != NULL)
			err->status = WB_FORGED;
		st = wb_advise(err, WB_FORGED, "tally-form", NULL);
	}
	wb_arena_clear(&arena);
	wb_bytes_clear(&padded);
	return st;
}
