/* What "items" and "places" share: listing, and teaching one or a file. */
#ifndef WB_CLIENT_CMD_TEACH_H
#define WB_CLIENT_CMD_TEACH_H

#include "client/cmd/cmd.h"
#include "client/ledger/importing.h"
#include "client/team/change.h"

/* One run of "items add" or "places add". */
struct wb_teaching {
	struct wb_cmd *cmd;
	struct wb_change change;
	uint64_t added;
	uint64_t known;
	uint64_t faults; /* rows of a file that were left out */
};

/* How one kind of thing is listed and taught. */
struct wb_taught {
	const char *one; /* "item" */
	const char *many; /* "items": also the key in JSON */
	/* Prints all that this device knows; *count says how many. */
	enum wb_status (*list)(size_t *count, struct wb_cmd *cmd,
	    struct wb_arena *arena, struct wb_error *err);
	/* Teaches what the words and options of the line name. */
	enum wb_status (*line)(struct wb_teaching *t, struct wb_error *err);
	/* Teaches what a file named by --from lists. */
	enum wb_status (*file)(struct wb_teaching *t,
	    struct wb_import_list *list, struct wb_span csv,
	    struct wb_error *err);
};

WB_MUST_CHECK enum wb_status wb_teach_list(struct wb_cmd *cmd,
    const struct wb_taught *kind, struct wb_error *err);

/* WB_PARTIAL: rows were left out; each is named on stderr. */
WB_MUST_CHECK enum wb_status wb_teach_add(struct wb_cmd *cmd,
    const struct wb_taught *kind, struct wb_error *err);

/* Counts what one call of wb_change_add_item or _place came to. */
void wb_teach_count(struct wb_teaching *t, bool added);

#endif
