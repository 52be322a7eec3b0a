/* A programme and three witnesses in this process, over real connections. */
#ifndef WB_TESTS_UNIT_SERVER_WITNESS_SCENE_H
#define WB_TESTS_UNIT_SERVER_WITNESS_SCENE_H

#include "server/witnesses.h"

#include "tests/unit/server/fake_witness.h"
#include "tests/unit/server/programme.h"

#define WITNESSES 3
#define POLICY 4096

struct scene {
	struct programme p;
	struct fake_witness w[WITNESSES];
	char policy[POLICY];
	uint64_t next; /* sequence of K1's next batch */
	int log_fd;
	struct wb_log log;
};

int scene_make(void **state);
int scene_remove(void **state);

/* All of them in the policy; `quorum` is its last lines. */
void write_policy(struct scene *s, const char *quorum);
/* A log with a roster of that policy, and some batches. */
void begin(struct scene *s, const char *quorum, unsigned batches);
void log_batch(struct scene *s);
uint64_t size_of(struct scene *s);

/* Cmocka's time limit ends what never comes true. */
void wait_until_witnessed(struct scene *s, uint64_t size);
void wait_until_open(struct scene *s);
void wait_until_asked(struct fake_witness *w, unsigned times);

/* How often words stand in the log. */
unsigned count_words(struct scene *s, const char *words);

/* Whose valid cosignatures a served note has; its head. */
uint32_t witnessed_by(struct wb_head *head, struct scene *s);
uint32_t checkpoint_by(struct wb_head *head, struct scene *s);

#endif
