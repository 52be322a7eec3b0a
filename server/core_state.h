/* What the core's files share; for core*.c, intake*.c and feed*.c only. */
#ifndef WB_SERVER_CORE_STATE_H
#define WB_SERVER_CORE_STATE_H

#include <pthread.h>
#include <stdatomic.h>

#include "proto/transfer.h"
#include "server/core.h"
#include "server/sequencer.h"
#include "server/signer.h"
#include "server/store.h"

#define WB_CORE_READERS 8 /* handles kept for reading */

struct wb_intake;
struct wb_witnesses;

struct wb_core {
	struct wb_settings settings;
	struct wb_clock clock;
	struct wb_log *log;
	const struct wb_file_ops *files;
	int lock_fd;
	char where[WB_MAX_PATH + 16]; /* of the store */
	struct wb_log_signer *signer; /* the writer's */
	struct wb_store *store; /* the writing handle, under store_lock */
	pthread_mutex_t store_lock;
	struct wb_sequencer *sequencer; /* the writer's */
	struct wb_intake *intake;
	struct wb_witnesses *witnesses;
	atomic_bool read_only;
	pthread_mutex_t lock; /* of all below */
	struct wb_error why; /* of read_only */
	struct wb_head head; /* newest signed */
	struct wb_bytes checkpoint;
	uint64_t content_bytes;
	struct wb_store *readers[WB_CORE_READERS];
	size_t reader_count;
};

/* "sqlite:PATH" of the settings, or the default in their folder. */
void wb_core_where(char out[WB_MAX_PATH + 16],
    const struct wb_settings *settings);

/*
 * Locked and read; nothing is signed and no thread started.  With `make_store`
 * a store that is not there is made.
 */
WB_MUST_CHECK enum wb_status wb_core_prepare(struct wb_core **out,
    const struct wb_settings *settings, struct wb_clock clock,
    struct wb_log *log, bool make_store, struct wb_error *err);

/* Signs what the store has committed, and makes it what readers see. */
WB_MUST_CHECK enum wb_status wb_core_publish(struct wb_core *core,
    const struct wb_store_head *head, struct wb_error *err);

/* A sync failed: nothing more is stored, until a new process looks. */
void wb_core_poison(struct wb_core *core, const struct wb_error *why);

/* The same if that is what `why` says of the store. */
void wb_core_poison_if(struct wb_core *core, const struct wb_error *why);

/* The newest signed head, and (unless NULL) its note, appended. */
WB_MUST_CHECK enum wb_status wb_core_published(struct wb_head *head,
    struct wb_bytes *checkpoint, struct wb_core *core, struct wb_error *err);

/* The same as answers carry it; a view into `note`, which it may fill. */
WB_MUST_CHECK enum wb_status wb_core_sent_head(struct wb_sent_head *out,
    struct wb_head *head, struct wb_bytes *note, struct wb_core *core,
    struct wb_error *err);

/* A handle for reading, to be given back by the same thread. */
WB_MUST_CHECK enum wb_status wb_core_borrow(struct wb_store **out,
    struct wb_core *core, struct wb_error *err);
void wb_core_return(struct wb_core *core, struct wb_store *store);

/* Fails where the sender has verified a larger log than this. */
WB_MUST_CHECK enum wb_status wb_core_check_holding(const struct wb_holding *h,
    uint64_t size, struct wb_error *err);
/* What the sender knows by it, once checked. */
WB_MUST_CHECK enum wb_status wb_core_known(struct wb_known_nodes *out,
    struct wb_core *core, struct wb_store *store, const struct wb_holding *h,
    struct wb_error *err);

WB_MUST_CHECK enum wb_status wb_intake_start(struct wb_core *core,
    struct wb_error *err);
void wb_intake_stop(struct wb_core *core);
uint64_t wb_intake_waiting(struct wb_core *core);

#endif
