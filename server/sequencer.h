/*
 * The rules of what becomes the next entry: a statement known already is not
 * logged again; everything else is judged against the roster at its own index.
 * Holds the log's state in memory (rosters, ids, devices, tree) and gathers
 * what one commit adds.  Writes nothing itself.  One thread at a time, except
 * for the rosters and proofs from the tree.
 */
#ifndef WB_SERVER_SEQUENCER_H
#define WB_SERVER_SEQUENCER_H

#include "server/ids.h"
#include "server/item.h"
#include "server/roster.h"
#include "server/store.h"
#include "server/tree.h"

struct wb_sequencer;

/* `pinned` NULL: the first valid roster makes the programme. */
WB_MUST_CHECK enum wb_status wb_sequencer_new(struct wb_sequencer **out,
    const struct wb_vkey *log, const struct wb_hash *pinned,
    struct wb_error *err);
void wb_sequencer_free(struct wb_sequencer **s);

/* Reads the state of a store, once, at first.  WB_FORGED: tiles do not lead to its head. */
WB_MUST_CHECK enum wb_status wb_sequencer_load(struct wb_sequencer *s,
    struct wb_store *store, struct wb_error *err);

/*
 * Decides an item, and makes it the next entry if it may be that.  The item
 * must stay until commit or abandon.  At most WB_TREE_MAX_ADD may be offered
 * in between.  `store` is read only.  WB_NO_MEMORY: the item is still open and
 * nothing was changed.  On any other failure the group must be abandoned.
 */
WB_MUST_CHECK enum wb_status wb_sequencer_offer(struct wb_sequencer *s,
    struct wb_store *store, struct wb_item *item, struct wb_error *err);

/* What is to be committed: views, good until the next call.  May be empty. */
void wb_sequencer_group(struct wb_store_group *out, struct wb_sequencer *s);

void wb_sequencer_committed(struct wb_sequencer *s);
/* Back to what the store has. */
WB_MUST_CHECK enum wb_status wb_sequencer_abandon(struct wb_sequencer *s,
    struct wb_store *store, struct wb_error *err);

/*
 * Can a statement be in the log, or come into it, by what is logged so far?
 * Its signer was a member once, or an ack admits it.  Any thread.
 */
bool wb_sequencer_knows(struct wb_sequencer *s, const struct wb_key *signer,
    const struct wb_hash *statement);

struct wb_rosters *wb_sequencer_rosters(struct wb_sequencer *s);
struct wb_tree *wb_sequencer_tree(struct wb_sequencer *s);

#endif
