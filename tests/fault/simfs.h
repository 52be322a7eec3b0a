/*
 * A file system in memory for one directory: it can fail at any call, fill up,
 * and above all lose power.  It keeps every call that it was given, and can
 * make the states that a power cut at any of them could have left: what was
 * synced, and any part of what was not, torn at 512 bytes.
 */
#ifndef WB_TESTS_FAULT_SIMFS_H
#define WB_TESTS_FAULT_SIMFS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/file.h"

#define SIMFS_SECTOR 512

struct simfs;

enum simfs_loss {
	SIMFS_LOSE_ALL, /* nothing that was not synced is there */
	SIMFS_LOSE_NONE, /* everything is */
	SIMFS_LOSE_SECTORS, /* each sector by chance */
	SIMFS_LOSE_FIRST, /* the end of it is there, the beginning not */
	SIMFS_LOSE_LAST, /* the beginning is there, the end not */
	SIMFS_LOSE_KINDS
};

struct simfs *simfs_new(void);
void simfs_free(struct simfs **fs);
const struct wb_file_ops *simfs_ops(struct simfs *fs);

/*
 * Calls that can fail count from 1 since the last simfs_fail().  The `nth`
 * gives -error, and with `forever` all after it; 0: none.
 */
void simfs_fail(struct simfs *fs, uint64_t nth, int error, bool forever);
/* Only calls of this name fail, e.g. "fdatasync"; NULL: all. */
void simfs_fail_only(struct simfs *fs, const char *call);
uint64_t simfs_calls(const struct simfs *fs);
bool simfs_failed(const struct simfs *fs); /* whether one has */

/* Bytes that all files together may have; 0: no limit. */
void simfs_set_space(struct simfs *fs, uint64_t bytes);

/* Negative controls: say that it was synced, and do not. */
void simfs_lie_about_files(struct simfs *fs, bool lie);
void simfs_lie_about_names(struct simfs *fs, bool lie);

/* Notes that the user was told about `value` from now on. */
void simfs_acknowledge(struct simfs *fs, uint64_t value);

/* Moments between calls: 0 to simfs_moments(), both included. */
size_t simfs_moments(const struct simfs *fs);

/*
 * What a power cut at that moment could have left, a new file system; *told is
 * the last value acknowledged before it, 0 if none.
 */
struct simfs *simfs_after_loss(const struct simfs *fs, size_t moment,
    enum simfs_loss loss, uint64_t *seed, uint64_t *told);

/*
 * Names there are; the bytes of one (NULL: no such file); a new file, durable.
 */
size_t simfs_names(const struct simfs *fs);
uint8_t *simfs_bytes(struct simfs *fs, const char *name, size_t *len);
void simfs_put(struct simfs *fs, const char *name, const uint8_t *data,
    size_t len);

/* A copy of what is there now, all of it durable. */
struct simfs *simfs_clone(const struct simfs *fs);

/* A number from a seed that moves on; the seed must not be 0. */
uint64_t simfs_random(uint64_t *seed);

#endif
