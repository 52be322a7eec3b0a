/*
 * A programme in memory: a coordinator C1, a field device K1, a second one K2,
 * and a log that is no more than a counter.  Everything comes from fixed seeds.
 */
#ifndef WB_TESTS_UNIT_CLIENT_FIXTURE_H
#define WB_TESTS_UNIT_CLIENT_FIXTURE_H

#include "client/device.h"
#include "client/journal/journal.h"
#include "client/queue.h"
#include "proto/ack.h"
#include "proto/batch.h"

#include "tests/unit/check.h"

#define FIXTURE_TODAY 20518 /* 2026-03-06 */

struct fixture {
	uint64_t seed;
	int64_t now; /* Unix seconds; the clock of all */
	struct wb_signer log;
	struct wb_signer root; /* signs rosters */
	struct wb_secret *reader; /* identity */
	struct wb_device coord;
	struct wb_device k1;
	struct wb_device k2;
	uint64_t next; /* log index of the next entry */
	struct wb_error err;
};

/* Founds the programme and logs its roster.  window_days 0: sealed mode. */
void fixture_begin(struct fixture *f, uint32_t window_days);
void fixture_end(struct fixture *f);

/* Version + 1 of the roster with a member's state changed; logged. */
void fixture_set_state(struct fixture *f, const struct wb_device *member,
    enum wb_member_state state);
/* The same: revoked, and suspect from that log index on. */
void fixture_distrust(struct fixture *f, const struct wb_device *member,
    uint64_t from);
/* The same, making a field member an auditor and no more. */
void fixture_make_auditor(struct fixture *f, const struct wb_device *member);

/* The same with another policy. */
void fixture_set_policy(struct fixture *f, const char *policy);

/*
 * Logs an envelope: every device that follows it (C1 all, others rosters, acks
 * and their own) keeps it at the next index.  `content` may be empty.
 */
void fixture_log_entry(struct fixture *f, struct wb_span envelope,
    struct wb_span content);

/* C1 gets the content of the entry at that index, which came without. */
void fixture_give_content(struct fixture *f, uint64_t log_index,
    struct wb_span content);

/* Makes a device's batches and logs them; gives how many. */
uint64_t fixture_send(struct fixture *f, struct wb_device *from, bool empty);

/* C1 opens one batch by its log index; the outcome, and why (static). */
enum wb_batch_outcome fixture_open(struct fixture *f, uint64_t log_index);
const char *fixture_why(struct fixture *f, uint64_t log_index);

/* C1 says so of the entry at `log_index`, in the log. */
void fixture_ack(struct fixture *f, uint64_t log_index,
    enum wb_outcome outcome);
/* The same of a statement by its id, logged already or not. */
void fixture_ack_id(struct fixture *f, const struct wb_hash *id,
    enum wb_outcome outcome);
/* The same, said by anybody. */
void fixture_ack_by(struct fixture *f, const struct wb_signer *signer,
    const struct wb_hash *id, enum wb_outcome outcome);

/* One record of one line; saved in its own transaction and session. */
struct fixture_record {
	enum wb_kind kind;
	const char *item;
	const char *unit;
	uint64_t quantity; /* thousandths */
	const char *to;
	uint32_t day;
};
struct wb_hash fixture_save(struct fixture *f, struct wb_device *device,
    const struct fixture_record *record);
/* The void of such a record. */
struct wb_hash fixture_void(struct fixture *f, struct wb_device *device,
    const struct fixture_record *record, const struct wb_hash *id);
/* As fixture_void, but hands the status on; a refusal is rolled back. */
enum wb_status fixture_try_void(struct fixture *f, struct wb_device *device,
    const struct fixture_record *record, const struct wb_hash *id);

/* The first column of the first row of a query on a device's database. */
int64_t fixture_number(struct fixture *f, struct wb_device *device,
    const char *sql);

#endif
