/*
 * This installation: its unlocked vault, its keys, its programme and the
 * newest roster it knows.  One command opens one device, works, and closes it.
 */
#ifndef WB_CLIENT_DEVICE_H
#define WB_CLIENT_DEVICE_H

#include "base/clock.h"
#include "base/db.h"
#include "base/random.h"
#include "client/schema.h"
#include "client/vault/vault.h"
#include "crypto/age.h"
#include "crypto/note.h"
#include "crypto/part.h"
#include "crypto/sign.h"
#include "proto/roster.h"

#define WB_VAULT_FILE "waybill.vault" /* in the device's directory */

/* Names in the table `setting`. */
#define WB_SET_PROGRAMME "programme" /* 32 bytes: the programme's id */
#define WB_SET_NAME "programme-name" /* text */
#define WB_SET_LOG_KEY "log-key" /* vkey text */
#define WB_SET_URL "url" /* text; absent: drives only */
#define WB_SET_SEED "signing-seed" /* 32 bytes */
#define WB_SET_ROOT_SEED "root-seed" /* 32 bytes; coordinators only */
#define WB_SET_IDENTITY "identity" /* 32 bytes, age X25519 */
#define WB_SET_INVITE "invite" /* while joining: the Invite's bytes */
#define WB_SET_HEAD "head" /* newest verified checkpoint, a signed note */
#define WB_SET_HEAD_WHOLE "head-whole" /* newest with all entries here */
#define WB_SET_WITNESSED "witnessed" /* newest head with a quorum, a note */
#define WB_SET_PROXY "proxy" /* SOCKS URL; absent: direct */
#define WB_SET_FEED_NEXT "feed-next" /* decimal: next log index to ask for */
#define WB_SET_FRONTIER "frontier" /* tree of the table past */
#define WB_SET_CONTENT_FROM \
	"content-from" /* decimal: log index of the first \
					      that may lack its content */
#define WB_SET_LAST_SYNC "last-sync" /* decimal, Unix seconds */
#define WB_SET_TOLD "troubles-told" /* decimal: log index not told of yet */
#define WB_SET_PURGED "purged" /* present: the vault is to be compacted */
#define WB_SET_ROLLED_BACK "rolled-back" /* present: must join again */

/*
 * What to do with an evidence problem: it goes with every WB_FORGED that says
 * something of the log, the server or another member.
 */
#define WB_KEEP_EVIDENCE                                                      \
	"What you recorded is safe in this vault: keep it as it is. Write "   \
	"what it knows to a file, `waybill pack --for-audit FILE`, and show " \
	"that to a coordinator in person."

/* The same where a content did not come, or is not the right one. */
#define WB_CONTENT_KEPT                                                    \
	"Nothing is lost: who sent it keeps it until it was opened. Sync " \
	"again later; if this stays, ask the sender for a drive "          \
	"(`waybill pack FILE`)."

struct wb_device {
	struct wb_vault *vault; /* owned; NULL: simulated, in memory */
	struct wb_db *db; /* the vault's */
	struct wb_clock clock;
	struct wb_random random;
	struct wb_signer signer; /* this device's key; owned */
	struct wb_secret *identity; /* age identity; owned */
	struct wb_recipient recipient;
	uint8_t mark[WB_MARK_LEN]; /* of the passphrase in use */
	bool joined; /* programme and roster below are set */
	struct wb_hash programme;
	struct wb_vkey log;
	struct wb_arena arena; /* holds the roster */
	struct wb_roster roster; /* newest known */
	struct wb_hash roster_id; /* its statement id */
	const struct wb_member *self; /* NULL: the newest roster lacks us */
};

/* How to unlock; spans are borrowed. */
struct wb_unlock {
	const char *dir;
	struct wb_vault_key key;
	/*
	 * NULL: a damaged or altered vault is not opened.  Else what can be
	 * read of it is, and this says what is wrong, or WB_OK.
	 */
	struct wb_error *damage;
};

/*
 * Makes the directory and a vault with fresh keys and an empty schema.
 * WB_EXISTS: there is a vault already.  Clear with wb_device_close.
 */
WB_MUST_CHECK enum wb_status wb_device_create(struct wb_device *out,
    const struct wb_unlock *unlock, struct wb_clock clock,
    struct wb_random random, struct wb_error *err);

/*
 * Opens it.  Statuses of wb_vault_open; WB_NOT_FOUND, id "no-vault": nothing
 * here, with the commands that make one.
 */
WB_MUST_CHECK enum wb_status wb_device_open(struct wb_device *out,
    const struct wb_unlock *unlock, struct wb_clock clock,
    struct wb_random random, struct wb_error *err);

/* Closes, wipes; harmless on a zeroed struct. */
void wb_device_close(struct wb_device *device);

/*
 * Loads programme, log key and newest roster again after they changed.  On
 * failure those known before stay.
 */
WB_MUST_CHECK enum wb_status wb_device_reload(struct wb_device *device,
    struct wb_error *err);

/* WB_FAILED, id "not-joined" or "not-coordinator", with what to do. */
WB_MUST_CHECK enum wb_status wb_device_need_joined(const struct wb_device
						       *device,
    struct wb_error *err);
WB_MUST_CHECK enum wb_status wb_device_need_coordinator(const struct wb_device
							    *device,
    struct wb_error *err);

/*
 * A vault that was found to be rolled back (WB_SET_ROLLED_BACK) never speaks
 * for its device again: it would use a number of its chain twice.  WB_FORGED,
 * id "vault-rolled-back", with what to do.
 */
WB_MUST_CHECK enum wb_status wb_device_need_newest(const struct wb_device
						       *device,
    struct wb_error *err);

/* Settings.  WB_NOT_FOUND: absent.  `out` is appended to. */
WB_MUST_CHECK enum wb_status wb_setting_get(struct wb_bytes *out,
    struct wb_db *db, const char *name, struct wb_error *err);
WB_MUST_CHECK enum wb_status wb_setting_put(struct wb_db *db, const char *name,
    struct wb_span value, struct wb_error *err);
WB_MUST_CHECK enum wb_status wb_setting_get_number(uint64_t *out,
    struct wb_db *db, const char *name, uint64_t absent, struct wb_error *err);
WB_MUST_CHECK enum wb_status wb_setting_put_number(struct wb_db *db,
    const char *name, uint64_t value, struct wb_error *err);
WB_MUST_CHECK enum wb_status wb_setting_remove(struct wb_db *db,
    const char *name, struct wb_error *err);

/* Is it in this vault, logged or not? */
WB_MUST_CHECK enum wb_status wb_statement_is_here(bool *here,
    struct wb_device *device, const struct wb_hash *id, struct wb_error *err);

/* Where the log has a statement, and what proves it. */
struct wb_logged {
	uint64_t index;
	struct wb_span receipt; /* empty with who follows the whole log */
};

/*
 * Keeps a statement, in the caller's transaction; *row gets its row whether it
 * was known or is new (*is_new, may be NULL).  `logged` (NULL: nothing of it is
 * known) is added where it was not known before.  WB_FORGED, id "log-fork":
 * the log has it at another index, or another statement at this one.
 */
WB_MUST_CHECK enum wb_status wb_statement_keep(int64_t *row, bool *is_new,
    struct wb_device *device, const struct wb_envelope *envelope,
    struct wb_span bytes, const struct wb_logged *logged, struct wb_error *err);

/*
 * Signs a payload with this device's key and keeps it for the next sync, in
 * the caller's transaction.  The same one again is kept once.
 */
WB_MUST_CHECK enum wb_status wb_statement_issue(int64_t *row,
    struct wb_device *device, enum wb_statement_type type,
    struct wb_span payload, struct wb_error *err);

/* Annexes in plaintext.  WB_NOT_FOUND: not here (yet). */
WB_MUST_CHECK enum wb_status wb_annex_get(struct wb_bytes *out,
    struct wb_db *db, const struct wb_hash *hash, struct wb_error *err);
WB_MUST_CHECK enum wb_status wb_annex_put(struct wb_hash *hash,
    struct wb_db *db, enum wb_annex_kind kind, struct wb_span plain,
    struct wb_error *err);

#endif
