#include "tests/unit/client/vaultworld.h"

#include <stdlib.h>

void
world_set_up(struct world *w)
{
	*w = (struct world){ .fs = simfs_new(), .seed = 11 };
	w->env = kit_env(simfs_ops(w->fs), &w->seed);
}

void
world_tear_down(struct world *w)
{
	wb_vault_close(&w->v);
	simfs_free(&w->fs);
}

enum wb_status
world_reopen(struct world *w)
{
	struct wb_vault_key key = kit_key("p");

	wb_vault_close(&w->v);
	w->err = (struct wb_error){ 0 };
	return wb_vault_open(&w->v, WORLD_PATH, &key, &w->env, &w->err);
}

void
world_create(struct world *w)
{
	struct wb_vault_key key = kit_key("p");

	assert_ok(wb_vault_create(&w->v, WORLD_PATH, &key, &w->env, &w->err),
	    &w->err);
	assert_ok(kit_begin(wb_vault_db(w->v), &w->err), &w->err);
}

size_t
world_log_end(struct world *w)
{
	struct wb_vault_stats stats;

	wb_vault_stats(&stats, w->v);
	return (size_t)stats.used;
}

int
sample_make(void **state)
{
	struct sample *s = calloc(1, sizeof *s);
	struct wb_error err = { 0 };
	struct world w;
	uint8_t *data;
	size_t len;

	assert_non_null(s);
	assert_ok(wb_crypto_start(&err), &err);
	world_set_up(&w);
	s->at[0] = SAMPLE_FRONT;
	world_create(&w);
	s->records = 1;
	for (uint64_t n = 1; n <= SAMPLE_ROWS; n++) {
		s->at[s->records++] = world_log_end(&w);
		assert_ok(kit_add(wb_vault_db(w.v), n, &w.err), &w.err);
	}
	s->end = world_log_end(&w);
	data = simfs_bytes(w.fs, "vault", &s->len);
	s->data = malloc(s->len);
	assert_non_null(s->data);
	memcpy(s->data, data, s->len);
	wb_vault_close(&w.v);
	data = simfs_bytes(w.fs, "vault", &len);
	assert_int_equal(len, s->len);
	memcpy(s->front, data, sizeof s->front);
	world_tear_down(&w);
	*state = s;
	return 0;
}

int
sample_free(void **state)
{
	struct sample *s = *state;

	free(s->data);
	free(s);
	return 0;
}

int64_t
world_rows(struct world *w)
{
	uint64_t n;

	w->err = (struct wb_error){ 0 };
	return kit_check(wb_vault_db(w->v), &n, &w->err) == WB_OK ? (int64_t)n
								  : -1;
}
