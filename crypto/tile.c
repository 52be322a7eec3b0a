#include "crypto/tile.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"

/* Indices come in groups of three digits, all but the last marked with x. */
static size_t
put_index(char *out, size_t room, uint64_t index)
{
	uint64_t unit = 1;
	size_t n = 0;

	while (index / unit >= 1000)
		unit *= 1000;
	for (; unit > 1; unit /= 1000)
		n += (size_t)snprintf(out + n, room - n, "x%03" PRIu64 "/",
		    index / unit % 1000);
	return n +
	       (size_t)snprintf(out + n, room - n, "%03" PRIu64, index % 1000);
}

void
wb_tile_format(char out[WB_MAX_TILE_PATH], const struct wb_tile *tile)
{
	const size_t room = WB_MAX_TILE_PATH;
	size_t n;

	assert(tile->level <= WB_MAX_TILE_LEVEL);
	assert(tile->width >= 1 && tile->width <= WB_TILE_WIDTH);
	if (tile->entries)
		n = (size_t)snprintf(out, room, "entries/");
	else
		n = (size_t)snprintf(out, room, "%u/", tile->level);
	n += put_index(out + n, room - n, tile->index);
	if (tile->width < WB_TILE_WIDTH)
		(void)snprintf(out + n, room - n, ".p/%u", tile->width);
}

/* Takes what comes before the next `end`, or all. */
static struct wb_span
take_until(struct wb_span *rest, char end)
{
	const uint8_t *at = NULL;
	struct wb_span part;

	if (rest->len > 0)
		at = memchr(rest->data, end, rest->len);
	part = *rest;
	if (at != NULL)
		part.len = (size_t)(at - rest->data);
	*rest = wb_span_sub(*rest, part.len + 1, rest->len);
	return part;
}

/* Any digits; leading zeros are what groups are padded with. */
static bool
add_digits(uint64_t *v, struct wb_span digits)
{
	for (size_t i = 0; i < digits.len; i++) {
		unsigned d = (unsigned)digits.data[i] - '0';

		if (d > 9 || *v > ((uint64_t)INT64_MAX - d) / 10)
			return false;
		*v = *v * 10 + d;
	}
	return true;
}

/* Lenient: the caller compares the result's one spelling with the path. */
static bool
read_path(struct wb_tile *t, struct wb_span path)
{
	struct wb_span first, group;
	uint64_t n = 0;

	first = take_until(&path, '/');
	t->entries = wb_span_equal(first, wb_span_text("entries"));
	if (!t->entries &&
	    wb_text_uint(&n, first, 0, WB_MAX_TILE_LEVEL, NULL) != WB_OK)
		return false;
	t->level = (unsigned)n;
	do {
		group = take_until(&path, '/');
		if (group.len > 0 && group.data[0] == 'x')
			group = wb_span_sub(group, 1, group.len);
		if (!add_digits(&t->index, wb_span_sub(group, 0, 3)))
			return false;
	} while (group.len == 3 && path.len > 0);
	n = WB_TILE_WIDTH;
	if (path.len > 0 &&
	    wb_text_uint(&n, path, 1, WB_TILE_WIDTH - 1, NULL) != WB_OK)
		return false;
	t->width = (unsigned)n;
	return true;
}

enum wb_status
wb_tile_parse(struct wb_tile *out, struct wb_span path, struct wb_error *err)
{
	struct wb_tile tile = { 0 };
	char spelt[WB_MAX_TILE_PATH];

	if (path.len >= WB_MAX_TILE_PATH || !read_path(&tile, path))
		return wb_fail(err, WB_INVALID, "not the path of a tile");
	wb_tile_format(spelt, &tile);
	if (!wb_span_equal(path, wb_span_text(spelt)))
		return wb_fail(err, WB_INVALID, "not the path of a tile");
	*out = tile;
	return WB_OK;
}
