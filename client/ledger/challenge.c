#include "client/ledger/challenge.h"

#include <stdlib.h>
#include <string.h>

#define LIARS 20 /* one batch in so many */
#define MILLE 1000

struct ranked {
	uint8_t rank[WB_HASH_LEN];
	size_t at; /* in the list of those counted */
};

static int
compare_ranks(const void *a, const void *b)
{
	const struct ranked *x = a, *y = b;

	return memcmp(x->rank, y->rank, sizeof x->rank);
}

static int
compare_indices(const void *a, const void *b)
{
	const struct wb_tallied *x = a, *y = b;

	return (x->index > y->index) - (x->index < y->index);
}

static void
make_seed(struct wb_hash *out, const struct wb_challenge *c)
{
	static const char label[] = "waybill/challenge/v1";
	uint8_t with_nonce = c->nonce.len != 0;
	struct wb_hasher h;

	wb_hasher_init(&h);
	wb_hasher_add(&h, wb_span_text(label));
	wb_hasher_add(&h, wb_span(&with_nonce, 1));
	if (with_nonce == 0)
		wb_hasher_add(&h, wb_hash_span(&c->root));
	wb_hasher_add(&h, wb_hash_span(&c->tally));
	wb_hasher_add(&h, c->nonce);
	wb_hasher_final(&h, out);
}

static void
rank(struct ranked *out, const struct wb_hash *seed, uint64_t index, size_t at)
{
	struct wb_hasher h;
	uint8_t big_endian[8];
	struct wb_hash hash;

	for (size_t i = 0; i < sizeof big_endian; i++)
		big_endian[i] = (uint8_t)(index >> (8 * (7 - i)));
	wb_hasher_init(&h);
	wb_hasher_add(&h, wb_hash_span(seed));
	wb_hasher_add(&h, wb_span(big_endian, sizeof big_endian));
	wb_hasher_final(&h, &hash);
	memcpy(out->rank, hash.b, sizeof out->rank);
	out->at = at;
}

enum wb_status
wb_challenge_pick(struct wb_tallied **out, size_t *n,
    const struct wb_tallied *counted, size_t count, size_t want,
    const struct wb_challenge *challenge, struct wb_error *err)
{
	struct ranked *all = calloc(count + 1, sizeof *all);
	enum wb_status st = WB_OK;
	struct wb_hash seed;

	*n = want < count ? want : count;
	*out = calloc(*n + 1, sizeof **out);
	if (all == NULL || *out == NULL) {
		st = wb_fail(err, WB_NO_MEMORY, "out of memory");
		goto done;
	}
	make_seed(&seed, challenge);
	for (size_t i = 0; i < count; i++)
		rank(&all[i], &seed, counted[i].index, i);
	qsort(all, count, sizeof *all, compare_ranks);
	for (size_t i = 0; i < *n; i++)
		(*out)[i] = counted[all[i].at];
	qsort(*out, *n, sizeof **out, compare_indices);
done:
	if (st != WB_OK) {
		free(*out);
		*out = NULL;
		*n = 0;
	}
	free(all);
	return st;
}

unsigned
wb_challenge_power(size_t picks, size_t count)
{
	size_t liars = count / LIARS + (count % LIARS != 0), honest;
	double missed = 1;

	if (count == 0)
		return 0;
	honest = count - liars;
	/* All picks are honest: honest/count, then one fewer of each, … */
	for (size_t i = 0; i < picks && i < count; i++) {
		if (i >= honest)
			return MILLE;
		missed *= (double)(honest - i) / (double)(count - i);
	}
	return (unsigned)((1 - missed) * MILLE);
}
