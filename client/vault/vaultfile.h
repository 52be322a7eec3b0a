/*
 * A vault's file as the file system sees it: its name, its lock, the header at
 * its front, and how another file takes its place.  Knows neither records nor
 * passphrases.
 */
#ifndef WB_CLIENT_VAULT_VAULTFILE_H
#define WB_CLIENT_VAULT_VAULTFILE_H

#include "base/bytes.h"
#include "base/error.h"
#include "base/file.h"
#include "base/random.h"
#include "client/vault/keyslots.h"
#include "client/vault/pagelog.h"

struct wb_vaultfile {
	const struct wb_file_ops *files;
	struct wb_random random;
	char *path;
	char *path_new; /* PATH.new */
	int fd; /* locked; -1: not open */
};

/* Opens nothing yet.  WB_INVALID: the path is too long. */
WB_MUST_CHECK enum wb_status wb_vaultfile_init(struct wb_vaultfile *f,
    const char *path, const struct wb_file_ops *files, struct wb_random random,
    struct wb_error *err);

/* Closes and frees; harmless for one that is all zeros but for fd -1. */
void wb_vaultfile_clear(struct wb_vaultfile *f);

/* WB_EXISTS: something has that name. */
WB_MUST_CHECK enum wb_status wb_vaultfile_check_free(const struct wb_vaultfile
							 *f,
    struct wb_error *err);

/* Opens and locks PATH and reads its header; statuses as wb_vault_open(). */
WB_MUST_CHECK enum wb_status wb_vaultfile_open(struct wb_vaultfile *f,
    uint8_t header[WB_KEYSLOTS_HEADER], bool read_only, struct wb_error *err);

/* PATH.new: opened, locked and emptied.  The caller owns *fd. */
WB_MUST_CHECK enum wb_status wb_vaultfile_make_new(int *fd,
    const struct wb_vaultfile *f, struct wb_error *err);

/* The header, and the random page before the records.  0 or -errno. */
WB_MUST_CHECK int wb_vaultfile_put_front(const struct wb_vaultfile *f, int fd,
    const struct wb_keyslots *keys);

/*
 * Renames PATH.new, which must be durable, over PATH and syncs the directory.
 * On failure *renamed says whether the rename was done.
 */
WB_MUST_CHECK enum wb_status wb_vaultfile_publish(const struct wb_vaultfile *f,
    bool *renamed, struct wb_error *err);

/* Closes the file that was open and takes over `fd` in its place. */
void wb_vaultfile_adopt(struct wb_vaultfile *f, int fd);

/* Overwrites the key slots of the open file; it may fail, unseen. */
void wb_vaultfile_shred(const struct wb_vaultfile *f);

/*
 * Overwrites the key slots of PATH.new, if there is one, and removes it; it
 * may fail, unseen.
 */
void wb_vaultfile_destroy_new(const struct wb_vaultfile *f);

/* The same for PATH and PATH.new, durably. */
WB_MUST_CHECK enum wb_status wb_vaultfile_destroy(const struct wb_vaultfile *f,
    struct wb_error *err);

/* wb_file_fail(), with the id "vault-io" where the medium is at fault. */
enum wb_status wb_vaultfile_fail(struct wb_error *err, int negative_errno,
    const char *verb, const char *path);

#endif
