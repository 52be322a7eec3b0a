/*
 * A core without a log, for tests of HTTP: every call answers with its name
 * and what it was asked, or with the error that the test has set.
 */
#ifndef WB_TESTS_CORE_FAKE_H
#define WB_TESTS_CORE_FAKE_H

#include <pthread.h>

#include "server/core.h"

struct wb_core {
	struct wb_vkey vkey;
	struct wb_core_status status;
	struct wb_key member; /* the only one */
	unsigned roles;
	enum wb_status fails; /* what all calls give; WB_OK: nothing */
	const char *id; /* of that error */
	unsigned calls; /* that reached the core */
	pthread_t answering; /* of the last submission */
	bool submitted;
};

#endif
