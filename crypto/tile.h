/* Names of tiles in a log, c2sp.org/tlog-tiles. */
#ifndef WB_CRYPTO_TILE_H
#define WB_CRYPTO_TILE_H

#include "base/bytes.h"
#include "base/error.h"

#define WB_TILE_WIDTH 256 /* hashes or entries in a full tile */
#define WB_MAX_TILE_LEVEL 5
#define WB_MAX_TILE_PATH 64 /* bytes, with the NUL */

struct wb_tile {
	bool entries; /* an entry bundle; level is then 0 */
	unsigned level; /* 0 to WB_MAX_TILE_LEVEL */
	uint64_t index;
	unsigned width; /* 1 to 256; less than 256: a partial tile */
};

/* "0/x001/x234/067", "entries/000.p/12": what follows "/tile/". */
void wb_tile_format(char out[WB_MAX_TILE_PATH], const struct wb_tile *tile);

/* WB_INVALID: not the one canonical name of a tile. */
WB_MUST_CHECK enum wb_status wb_tile_parse(struct wb_tile *out,
    struct wb_span path, struct wb_error *err);

#endif
