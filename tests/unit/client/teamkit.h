/*
 * A programme that C1 has just founded, on real vaults, and the files by which
 * others join it.
 */
#ifndef WB_TESTS_UNIT_CLIENT_TEAMKIT_H
#define WB_TESTS_UNIT_CLIENT_TEAMKIT_H

#include "client/team/change.h"
#include "client/team/enrol.h"
#include "client/team/join.h"
#include "client/team/team.h"

#include "tests/unit/check.h"
#include "tests/unit/tempdir.h"

#define TEAM_NOW INT64_C(1790000000)

struct team {
	struct check_dir dir;
	int64_t now;
	uint64_t seed;
	struct wb_device coord;
	struct wb_error err;
};

/* For cmocka_run_group_tests(): *state is a struct team. */
int team_begin(void **state);
int team_end(void **state);

/* A device of nobody yet. */
void team_create(struct team *t, struct wb_device *device, const char *name);

/* One file on its way, handed over. */
struct paper {
	struct wb_bytes invite;
	struct wb_bytes request;
	struct wb_bytes welcome;
	char newcomer_digits[WB_JOIN_DIGITS_TEXT + 1];
};

void paper_init(struct paper *p);
void paper_clear(struct paper *p);
/* A struct wb_welcome_out that keeps it; ctx is a struct paper. */
enum wb_status paper_take(void *ctx, struct wb_span welcome,
    struct wb_error *err);

/* The device is invited and asks to join; C1 approves under that label. */
void team_ask(struct team *t, struct paper *p, struct wb_device *device,
    enum wb_role role);
enum wb_status team_approve(struct team *t, struct paper *p,
    struct wb_span label);

/* C1 adds an item in sacks, and a place that is the mill. */
void team_teach(struct team *t, const char *item, const char *place);

#endif
