/* A little programme for tests of the server: keys, rosters, statements. */
#ifndef WB_TESTS_UNIT_SERVER_PROGRAMME_H
#define WB_TESTS_UNIT_SERVER_PROGRAMME_H

#include <stdatomic.h>

#include "proto/ack.h"
#include "proto/batch.h"
#include "proto/roster.h"
#include "proto/tally.h"
#include "proto/transfer.h"
#include "server/core.h"
#include "server/feed.h"
#include "server/intake.h"

#include "tests/unit/check.h"
#include "tests/unit/tempdir.h"

#define ORIGIN "waybill.example/test"
#define PEOPLE 5

enum person {
	K1, /* field */
	K2, /* field */
	C1, /* coordinator */
	A1, /* auditor */
	STRANGER /* in no roster unless a test says so */
};

struct programme {
	struct check_dir dir;
	struct wb_settings settings;
	struct wb_core *core;
	struct wb_vkey vkey;
	uint64_t random_state;
	struct wb_random random;
	struct wb_signer root, people[PEOPLE];
	struct wb_member members[PEOPLE];
	size_t member_count;
	struct wb_roster roster; /* the newest made */
	struct wb_hash roster_id;
	struct wb_hash id; /* of the programme, once version 1 is made */
	int64_t now;
	bool real_ms; /* the monotonic clock runs */
	atomic_llong ahead_ms; /* so far, then, of the real one */
	struct wb_log *log; /* may be NULL */
	struct wb_error err;
};

/* A statement, ready to be sent. */
struct sent {
	struct wb_bytes envelope;
	struct wb_bytes content;
	struct wb_hash id;
};

/* The answer to a submission; views into `arena`. */
struct answered {
	enum wb_status status;
	struct wb_error err;
	struct wb_bytes body;
	struct wb_arena arena;
	struct wb_upload_answer answer;
	struct wb_head head;
};

/* Makes a log in a new folder; opens nothing. */
void programme_make(struct programme *p);
void programme_remove(struct programme *p);
void programme_open(struct programme *p);
void programme_close(struct programme *p);
/* Opens, and gives what wb_core_open says. */
enum wb_status programme_try(struct programme *p);

/* The next version, from `members`, signed by the root. */
void make_roster(struct sent *out, struct programme *p);
/* A batch with a content of `size` bytes, in the chain of nothing. */
void make_batch(struct sent *out, struct programme *p, enum person who,
    uint64_t sequence, size_t size);
/* A batch of which a test changed a field. */
void seal_batch(struct sent *out, struct programme *p, enum person who,
    const struct wb_batch *batch);
void fill_batch(struct wb_batch *out, struct programme *p, enum person who,
    uint64_t sequence, struct wb_span content);
void make_ack(struct sent *out, struct programme *p, enum person who,
    const struct wb_hash *statement, enum wb_outcome outcome);
void make_note(struct sent *out, struct programme *p, enum person who);
/* The first tally: of entries 0 and 1. */
void make_tally(struct sent *out, struct programme *p, enum person who);
void make_tally_of(struct sent *out, struct programme *p, enum person who,
    uint64_t first, uint64_t last, const struct wb_hash *previous);
void make_read(struct sent *out, struct programme *p, enum person who);
void sent_clear(struct sent *s);

/* The head of an answer, verified. */
void open_head(struct wb_head *out, struct programme *p,
    const struct wb_sent_head *head);

/* What an inclusion proof tells, by all leaves of the log. */
void known_of(struct wb_known_nodes *out, const struct wb_hash *leaves,
    uint64_t index, uint64_t size);

/* Sends statements in one submission and waits for the answer. */
void submit(struct answered *out, struct programme *p, const struct sent *s,
    size_t n, uint64_t seen);
/* One, by who knows so much of the log. */
void submit_knowing(struct answered *out, struct programme *p,
    const struct sent *s, const struct wb_holding *holding,
    const struct wb_known_nodes *known);
void submit_body(struct answered *out, struct programme *p, struct wb_span body,
    uint64_t seen);
void answered_clear(struct answered *a);

/* One statement: asserts what becomes of it; returns its index. */
uint64_t expect(struct programme *p, const struct sent *s,
    enum wb_reception reception, const char *reason);

/* The roster with everybody but the stranger, logged. */
void log_first_roster(struct programme *p);

struct wb_reader reader_of(struct programme *p, enum person who);

/* A page of the feed, decoded into the arena. */
void read_page(struct wb_feed *out, struct wb_arena *arena, struct programme *p,
    enum person who, uint64_t from, bool content);

/* For cmocka: one programme with a core that runs. */
int programme_set_up(void **state);
int programme_tear_down(void **state);

/* Entries under the newest head. */
uint64_t programme_size(struct programme *p);

#endif
