#include "tests/unit/starve.h"

#include "tests/fault/scarce.h"
#include "tests/unit/check.h"

#define MOST 100000 /* allocations of one work: more is a loop without end */

/* Whether an allocation failed, so that there is another one to try. */
static bool
starve_once(const struct starve_work *work, void *ctx, unsigned long nth,
    bool forever)
{
	struct wb_error err = { 0 };
	enum wb_status st;
	bool failed;

	scarce_fail(nth, forever);
	st = work->run(ctx, &err);
	failed = scarce_failed();
	scarce_fail(0, false);
	if (st != WB_OK && (st != WB_NO_MEMORY || !failed)) {
		fail_msg("%s, allocation %lu%s: %s (%d)", work->name, nth,
		    forever ? " and all after" : "", err.text, (int)st);
	}
	if (st != WB_OK && (err.status != st || err.text[0] == '\0'))
		fail_msg("%s, allocation %lu: no word", work->name, nth);
	return failed;
}

void
starve_each(const struct starve_work *works, size_t n, void *ctx)
{
	for (size_t i = 0; i < n; i++) {
		for (int forever = 0; forever < 2; forever++) {
			unsigned long nth = 1;

			while (starve_once(&works[i], ctx, nth, forever != 0))
				assert_true(++nth < MOST);
			if (nth == 1)
				fail_msg("%s: no allocation", works[i].name);
		}
	}
}

/* How much it appends where there is enough room. */
static size_t
whole(const struct starve_writer *writer, size_t most, void *ctx)
{
	struct wb_error err = { 0 };
	struct wb_bytes out;
	size_t len;

	wb_bytes_init(&out, most);
	assert_ok(writer->write(&out, ctx, &err), &err);
	len = out.len;
	wb_bytes_clear(&out);
	assert_true(len > 0);
	return len;
}

void
starve_rooms(const struct starve_writer *writers, size_t n, size_t most,
    void *ctx)
{
	for (size_t i = 0; i < n; i++) {
		size_t need = whole(&writers[i], most, ctx);

		for (size_t room = 0; room < need; room++) {
			struct wb_error err = { 0 };
			struct wb_bytes out;

			wb_bytes_init(&out, room);
			if (writers[i].write(&out, ctx, &err) != WB_NO_MEMORY)
				fail_msg("%s in %zu of %zu bytes: %s",
				    writers[i].name, room, need, err.text);
			assert_true(out.len <= room);
			wb_bytes_clear(&out);
		}
	}
}
