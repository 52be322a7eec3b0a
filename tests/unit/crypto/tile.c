#include "crypto/tile.h"

#include "tests/unit/check.h"

static const struct {
	const char *path;
	struct wb_tile tile;
} good[] = {
	{ "0/000", { false, 0, 0, 256 } },
	{ "5/000", { false, 5, 0, 256 } },
	{ "0/x001/x234/067", { false, 0, 1234067, 256 } },
	{ "1/x001/000", { false, 1, 1000, 256 } },
	{ "1/999.p/255", { false, 1, 999, 255 } },
	{ "entries/000.p/1", { true, 0, 0, 1 } },
	{ "entries/x123/x456/789", { true, 0, 123456789, 256 } },
	{ "0/x009/x223/x372/x036/x854/x775/807.p/255",
	    { false, 0, INT64_MAX, 255 } },
};

static const struct {
	const char *why, *path;
} bad[] = {
	{ "nothing", "" },
	{ "no index", "0" },
	{ "no index either", "0/" },
	{ "a level too high", "6/000" },
	{ "a level with a zero before it", "00/000" },
	{ "a signed level", "+1/000" },
	{ "a level of another word", "data/000" },
	{ "a leading slash", "/0/000" },
	{ "the folder", "tile/0/000" },
	{ "a short group", "0/00" },
	{ "a long group", "0/0000" },
	{ "a group without its x", "0/001/000" },
	{ "an x on the last group", "0/x001" },
	{ "a needless group", "0/x000/001" },
	{ "a letter", "0/00a" },
	{ "an upper-case x", "0/X001/000" },
	{ "too large an index", "0/x009/x223/x372/x036/x854/x775/808" },
	{ "far too large an index", "0/x999/x999/x999/x999/x999/x999/x999" },
	{ "an empty width", "0/000.p/" },
	{ "a width of nothing", "0/000.p/0" },
	{ "a full width spelt out", "0/000.p/256" },
	{ "a width with a zero before it", "0/000.p/01" },
	{ "another suffix", "0/000.q/1" },
	{ "a suffix twice", "0/000.p/1.p/1" },
	{ "a trailing slash", "0/000/" },
	{ "a way out", "0/../000" },
	{ "a query", "0/000?x" },
	{ "a path longer than any tile's",
	    "0/000.p/0000000000000000000000000000000000000000000000000000001" },
};

static void
paths_and_tiles_stand_for_each_other(void **state)
{
	char path[WB_MAX_TILE_PATH];
	struct wb_error err = { 0 };
	struct wb_tile t;

	(void)state;
	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		wb_tile_format(path, &good[i].tile);
		assert_string_equal(path, good[i].path);
		assert_ok(wb_tile_parse(&t, wb_span_text(path), &err), &err);
		assert_int_equal(t.level, good[i].tile.level);
		assert_int_equal(t.index, good[i].tile.index);
		assert_int_equal(t.width, good[i].tile.width);
		assert_int_equal(t.entries, good[i].tile.entries);
	}
}

static void
no_other_spelling_is_a_tile(void **state)
{
	char longest[WB_MAX_TILE_PATH];
	struct wb_error err = { 0 };
	struct wb_tile t;

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		if (wb_tile_parse(&t, wb_span_text(bad[i].path), &err) !=
		    WB_INVALID)
			fail_msg("%s was taken", bad[i].why);
	}
	memset(longest, '0', sizeof(longest));
	assert_status(WB_INVALID,
	    wb_tile_parse(&t, wb_span(longest, sizeof(longest)), &err), &err);
	assert_status(WB_INVALID, wb_tile_parse(&t, wb_span("0/000", 6), &err),
	    &err);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(paths_and_tiles_stand_for_each_other),
		cmocka_unit_test(no_other_spelling_is_a_tile),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
