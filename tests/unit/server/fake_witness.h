/* A witness in this process, honest or not (c2sp.org/tlog-witness). */
#ifndef WB_TESTS_UNIT_SERVER_FAKE_WITNESS_H
#define WB_TESTS_UNIT_SERVER_FAKE_WITNESS_H

#include <pthread.h>

#include "base/httpd.h"
#include "crypto/note.h"

#include "tests/unit/check.h"

enum mood {
	HONEST,
	SILENT, /* takes requests and never answers */
	STATUS, /* answers with `status` and nothing else */
	WRONG_KEY, /* cosigns with another key */
	STUBBORN, /* says 409 and the size that it was told */
	SCEPTIC /* accepts no proof that says anything */
};

struct witness_facts {
	uint64_t seen; /* size cosigned last; 0: nothing */
	unsigned asked;
	unsigned conflicts; /* answered with 409 */
	unsigned together; /* requests in hand at once, at most */
	unsigned in_hand;
	char header[512]; /* Waybill-Log, as it came */
};

struct fake_witness {
	struct wb_httpd *h;
	uint16_t port; /* 0: not yet listening */
	char name[64];
	char url[64];
	struct wb_signer signer;
	struct wb_vkey vkey;
	struct wb_vkey log;
	pthread_mutex_t lock; /* of all below */
	enum mood mood;
	unsigned status;
	struct wb_hash root; /* of the head cosigned last */
	struct witness_facts facts;
};

void fake_witness_make(struct fake_witness *w, const char *name,
    const struct wb_vkey *log, struct wb_random random);
/* On the port of before, if there was one. */
void fake_witness_run(struct fake_witness *w);
void fake_witness_stop(struct fake_witness *w);
void fake_witness_clear(struct fake_witness *w);

void fake_witness_be(struct fake_witness *w, enum mood mood, unsigned status);
/* As they are now. */
struct witness_facts fake_witness_facts(struct fake_witness *w);

#endif
