/*
 * What one item of evidence says for itself, whatever stood before it: its
 * parts, its hashes, whether its own signer signed it.  Most of the work of an
 * audit, and pure, so that any thread can do it ahead of the auditor, who alone
 * knows what the item means where it stands.
 */
#ifndef WB_CLIENT_AUDIT_PREPARED_H
#define WB_CLIENT_AUDIT_PREPARED_H

#include "client/bundle/bundle_reader.h"
#include "proto/ack.h"
#include "proto/batch.h"
#include "proto/envelope.h"
#include "proto/transfer.h"

/* How far it was good. */
enum wb_prepared_state {
	WB_PREPARED_GOOD, /* what there is to find out alone */
	WB_PREPARED_NO_ITEM, /* no item of a bundle; nothing else is known */
	WB_PREPARED_NO_STATEMENT, /* an entry whose envelope cannot be read */
	WB_PREPARED_NO_PAYLOAD, /* its payload is not of its type's form */
	WB_PREPARED_UNSIGNED /* not signed by the one signer it names */
};

struct wb_prepared {
	enum wb_prepared_state state;
	struct wb_error why; /* where it was not good */
	struct wb_bundle_item item;
	struct wb_hash leaf; /* of an entry */
	struct wb_hash content; /* SHA-256 of a content, an entry's too */
	struct wb_envelope envelope; /* of an entry */
	/* Of three types of statement; others are for the auditor. */
	union {
		struct wb_batch batch;
		struct wb_ack ack;
		struct wb_shown note;
	} body;
	struct wb_arena arena; /* holds what is not in the frame */
};

void wb_prepared_init(struct wb_prepared *p);
void wb_prepared_clear(struct wb_prepared *p);

/* From one item's bytes, which must outlive what is prepared. */
void wb_prepare(struct wb_prepared *p, const struct wb_bundle_frame *frame);
/* From an item decoded already, which must as well. */
void wb_prepare_item(struct wb_prepared *p, const struct wb_bundle_item *item);

#endif
