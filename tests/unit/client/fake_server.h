/*
 * A server in this process, with the real codecs and a log in memory, which
 * can be told to fail or to lie.
 */
#ifndef WB_TESTS_UNIT_CLIENT_FAKE_SERVER_H
#define WB_TESTS_UNIT_CLIENT_FAKE_SERVER_H

#include "client/remote/remote.h"

#include "tests/unit/client/fake_log.h"

#define FAKE_MAX_ANNEXES 64
#define FAKE_NONE UINT64_MAX

struct fake_server {
	struct fake_log *log; /* owned */
	struct wb_annex annexes[FAKE_MAX_ANNEXES];
	struct wb_bytes files[FAKE_MAX_ANNEXES];
	size_t annex_count;
	struct wb_error err;

	/* NULL, or told when it begins and ends to work on a request. */
	void (*at_work)(bool begins);

	uint64_t requests; /* so far */
	uint64_t page; /* entries in a page of the feed */
	uint64_t named; /* questions that named an entry whose proof is held */
	size_t spared; /* bytes that were not sent because of them */

	struct wb_bytes witnessed; /* what it shows as such; empty: 404 */
	unsigned grows; /* so many questions after it find the log longer */
	unsigned growing; /* of these, how many are to come */

	/* How it fails: at that request (from 1), before or after its work. */
	uint64_t fail_at; /* 0: never */
	bool fail_after;
	unsigned busy; /* so many statements are put off */
	const char *refuse; /* NULL, or the reason why… */
	uint64_t refuse_at; /* …that one, or (0) each statement is refused */
	uint64_t statements; /* uploaded so far */
	const char *no_annexes; /* NULL, or the id with which it takes none */

	/* How it lies. */
	uint64_t freeze; /* shows no more than so many entries; FAKE_NONE */
	uint64_t withhold; /* leaves that entry out of feeds; FAKE_NONE */
	uint64_t
	    empty_from; /* its pages advance, and bring nothing; FAKE_NONE */
	uint64_t old_from; /* the same, and bring an entry from before */
	bool hide_own; /* shows nobody their own batches */
	bool hold_all; /* only names them, though asked to show them */
	bool wrong_receipt; /* proves another entry than was sent */
	bool alter_content; /* flips a bit of each */
	bool no_content; /* has none */
	uint64_t no_content_at; /* nor of that entry; FAKE_NONE */
	uint64_t no_roster_from; /* shows no roster from there on; FAKE_NONE */
	bool ignore_held; /* sends all hashes, whatever the asker has */
	bool turn_held; /* takes the hashes that the asker has for each other */
	bool fork; /* from the next upload on, readers see another log */
	struct fake_log *reads; /* owned: shown to readers in its place */
};

/* Takes over the log. */
struct fake_server *fake_server_new(struct fake_log *log);
void fake_server_free(struct fake_server **server);

/* A connection of that device; close before the server goes. */
struct wb_remote *fake_server_connect(struct fake_server *server,
    struct wb_device *device);

#endif
