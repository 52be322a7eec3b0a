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
	BOASTFUL, /* says 409 and `boast` */
	SCEPTIC /* accepts no proof that says anything */
};

/* What it answers to who asks for what it has seen. */
enum shown {
	SHOWS_ALL, /* the head that it cosigned last */
	SHOWS_NOTHING,
	SHOWS_LATER, /* the same, when it is let go */
	SHOWS_FORGERY /* a head of `boast` entries, of another key */
};

struct witness_facts {
	uint64_t seen; /* size cosigned last; 0: nothing */
	unsigned asked;
	unsigned conflicts; /* answered with 409 */
	unsigned shown; /* times it was asked for what it has seen */
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
	uint64_t boast; /* entries */
	enum shown shown;
	struct wb_request *held; /* SHOWS_LATER: to be answered; or NULL */
	struct wb_bytes note; /* cosigned last */
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
/* It claims to have seen so many entries, and can show that or not. */
void fake_witness_boast(struct fake_witness *w, uint64_t size,
    enum shown shown);
/* Shows now what it was asked for.  It must hold that back. */
void fake_witness_let_go(struct fake_witness *w);
void fake_witness_show(struct fake_witness *w, enum shown shown);
/* As they are now. */
struct witness_facts fake_witness_facts(struct fake_witness *w);

#endif
