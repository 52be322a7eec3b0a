/*
 * A change of the roster: begin with a copy of the newest version, edit it and
 * its annexes, commit it as the next version.  Everything that people,
 * items, places and policies need goes through here.
 */
#ifndef WB_CLIENT_CHANGE_H
#define WB_CLIENT_CHANGE_H

#include "client/device.h"
#include "client/team/annexes.h"

struct wb_change {
	struct wb_arena arena; /* holds all below, and what is added to it */
	struct wb_roster roster;
	struct wb_catalogue catalogue;
	struct wb_names names;
	bool catalogue_changed;
	bool names_changed;
	bool places_changed; /* places, or who may know them */
	size_t member_room; /* elements that fit before an array is copied */
	size_t root_room;
	size_t person_room;
	size_t item_room;
	size_t place_room;
};

/* Clear with wb_change_clear.  WB_REFUSED: not a coordinator. */
WB_MUST_CHECK enum wb_status wb_change_begin(struct wb_change *out,
    struct wb_device *device, struct wb_error *err);

/*
 * This device's root key, which signs rosters and nothing else; made when
 * there is none and `make` is set.  WB_REFUSED: there is none.  Clear with
 * wb_signer_clear.
 */
WB_MUST_CHECK enum wb_status wb_change_root(struct wb_signer *out,
    struct wb_device *device, bool make, struct wb_error *err);

/*
 * Encodes annexes that changed, signs, checks by the rules of the roster, keeps
 * it in the caller's transaction and loads the device's roster again.  The
 * first version has `first` set.
 */
WB_MUST_CHECK enum wb_status wb_change_commit(struct wb_change *change,
    struct wb_device *device, bool first, struct wb_error *err);

/* The same in a transaction of its own. */
WB_MUST_CHECK enum wb_status wb_change_apply(struct wb_change *change,
    struct wb_device *device, struct wb_error *err);

void wb_change_clear(struct wb_change *change);

/* Room for one more in the arrays: a zeroed element at the end. */
WB_MUST_CHECK enum wb_status wb_change_add_member(struct wb_member **out,
    struct wb_change *change, struct wb_error *err);
WB_MUST_CHECK enum wb_status wb_change_add_root(struct wb_change *change,
    const struct wb_key *key, struct wb_error *err);
WB_MUST_CHECK enum wb_status wb_change_add_person(struct wb_person **out,
    struct wb_change *change, struct wb_error *err);

/*
 * Teaches an item; a known one (item and unit) gets the category if one is
 * given.  *added: was new, or its category changed.
 */
WB_MUST_CHECK enum wb_status wb_change_add_item(bool *added,
    struct wb_change *change, struct wb_span item, struct wb_span unit,
    struct wb_span category, struct wb_error *err);

/*
 * Teaches a place, to `only` (a person) among those whose own it is, or with
 * NULL to all field members, also where it was somebody's own before.
 */
WB_MUST_CHECK enum wb_status wb_change_add_place(bool *added,
    struct wb_change *change, struct wb_span code, struct wb_span meaning,
    struct wb_person *only, struct wb_error *err);

/* A fresh reader identity: the newest epoch, and the roster's reader. */
WB_MUST_CHECK enum wb_status wb_change_new_reader(struct wb_change *change,
    struct wb_device *device, struct wb_error *err);

#endif
