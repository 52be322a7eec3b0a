/* Configuration files: what is accepted is within what the table allows. */
#include "base/conf.h"

#include "base/text.h"

#include "tests/fuzz/fuzz.h"

static const struct wb_conf_key keys[] = {
	{ .name = "name", .kind = WB_CONF_TEXT, .value = "none", .help = "A." },
	{ .name = "limit",
	    .kind = WB_CONF_UINT,
	    .value = "5",
	    .min = 3,
	    .max = 4000000000,
	    .help = "B." },
	{ .name = "open", .kind = WB_CONF_BOOL, .value = "no", .help = "C." },
	{ .name = NULL },
};

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct wb_error err = { 0 };
	struct wb_conf conf;
	enum wb_status st;

	wb_conf_init(&conf, keys);
	st = wb_conf_read(&conf, wb_span(data, size), "file", &err);
	if (st == WB_OK) {
		uint64_t limit = wb_conf_uint(&conf, "limit");

		FUZZ_REQUIRE(limit >= 3 && limit <= 4000000000);
		FUZZ_REQUIRE(
		    wb_text_is_utf8(wb_span_text(wb_conf_text(&conf, "name"))));
		(void)wb_conf_bool(&conf, "open");
	} else {
		FUZZ_REQUIRE(err.text[0] != '\0');
	}
	wb_conf_clear(&conf);
	return 0;
}
