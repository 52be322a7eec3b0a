#include "server/rate.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#define MINUTE 60000 /* ms */
#define PROBES 8 /* places a key may stand at */

/* Holds `per_minute` tokens of MINUTE units each when full. */
struct bucket {
	struct wb_key key;
	int64_t left; /* units */
	int64_t at; /* ms, when `left` was true */
	bool used;
};

struct wb_rate {
	pthread_mutex_t lock;
	int64_t per_minute; /* at most 2^32: no product below overflows */
	struct bucket buckets[WB_RATE_KEYS];
};

enum wb_status
wb_rate_new(struct wb_rate **out, uint32_t per_minute, struct wb_error *err)
{
	struct wb_rate *rate = calloc(1, sizeof *rate);

	*out = NULL;
	if (rate == NULL)
		return wb_fail(err, WB_NO_MEMORY, "out of memory");
	(void)pthread_mutex_init(&rate->lock, NULL);
	rate->per_minute = per_minute;
	*out = rate;
	return WB_OK;
}

void
wb_rate_free(struct wb_rate **rate)
{
	if (*rate == NULL)
		return;
	(void)pthread_mutex_destroy(&(*rate)->lock);
	free(*rate);
	*rate = NULL;
}

/*
 * The key's bucket, filled up to `ms`; a new one takes a free place, or that
 * of the key that has been quiet for longest.
 */
static struct bucket *
find(struct wb_rate *rate, const struct wb_key *key, int64_t ms)
{
	const int64_t full = rate->per_minute * MINUTE;
	size_t first = wb_get_be32(key->b);
	struct bucket *best = NULL;

	for (size_t i = 0; i < PROBES; i++) {
		struct bucket *b = &rate->buckets[(first + i) % WB_RATE_KEYS];

		if (b->used && wb_key_equal(&b->key, key)) {
			int64_t since = ms - b->at;

			since = since > MINUTE ? MINUTE : since;
			b->left += since * rate->per_minute;
			b->left = b->left > full ? full : b->left;
			b->at = ms;
			return b;
		}
		if (best == NULL ||
		    (best->used && (!b->used || b->at < best->at)))
			best = b;
	}
	*best = (struct bucket){ *key, full, ms, true };
	return best;
}

bool
wb_rate_has(struct wb_rate *rate, const struct wb_key *key, int64_t ms)
{
	bool has;

	if (rate->per_minute == 0)
		return true;
	(void)pthread_mutex_lock(&rate->lock);
	has = find(rate, key, ms)->left >= MINUTE;
	(void)pthread_mutex_unlock(&rate->lock);
	return has;
}

void
wb_rate_take(struct wb_rate *rate, const struct wb_key *key, int64_t ms)
{
	struct bucket *b;

	if (rate->per_minute == 0)
		return;
	(void)pthread_mutex_lock(&rate->lock);
	b = find(rate, key, ms);
	b->left = b->left > MINUTE ? b->left - MINUTE : 0;
	(void)pthread_mutex_unlock(&rate->lock);
}
