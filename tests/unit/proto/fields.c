/* Field numbers and types are the format: the listing beside this is frozen. */
#include <stdio.h>
#include <stdlib.h>

#include "proto/envelope.pb-c.h"
#include "proto/record.pb-c.h"

#include "tests/unit/check.h"

#define MAX_LISTING 20000

static const ProtobufCMessageDescriptor *const messages[] = {
	&waybill__envelope__descriptor,
	&waybill__roster__descriptor,
	&waybill__batch__descriptor,
	&waybill__ack__descriptor,
	&waybill__tally__descriptor,
	&waybill__note__descriptor,
	&waybill__read__descriptor,
	&waybill__upload__descriptor,
	&waybill__upload_answer__descriptor,
	&waybill__feed__descriptor,
	&waybill__annexes__descriptor,
	&waybill__enrolments__descriptor,
	&waybill__bundle_item__descriptor,
	&waybill__goods__descriptor,
	&waybill__place__descriptor,
	&waybill__part__descriptor,
	&waybill__content__descriptor,
	&waybill__disclosure__descriptor,
	&waybill__showing__descriptor,
	&waybill__tally_content__descriptor,
	&waybill__opening__descriptor,
	&waybill__padded__descriptor,
	&waybill__catalogue__descriptor,
	&waybill__places__descriptor,
	&waybill__names__descriptor,
	&waybill__invite__descriptor,
	&waybill__join_request__descriptor,
	&waybill__welcome__descriptor,
};

static const char *const types[] = {
	[PROTOBUF_C_TYPE_UINT32] = "uint32",
	[PROTOBUF_C_TYPE_UINT64] = "uint64",
	[PROTOBUF_C_TYPE_BOOL] = "bool",
	[PROTOBUF_C_TYPE_ENUM] = "enum",
	[PROTOBUF_C_TYPE_STRING] = "string",
	[PROTOBUF_C_TYPE_BYTES] = "bytes",
	[PROTOBUF_C_TYPE_MESSAGE] = "message",
};

static void
list_enum(struct wb_bytes *out, const ProtobufCEnumDescriptor *e)
{
	for (unsigned i = 0; i < e->n_values; i++)
		assert_int_equal(wb_bytes_printf(out, NULL, " %s=%d",
				     e->values[i].name, e->values[i].value),
		    WB_OK);
}

/* A message's fields, and those of the messages in it beneath them. */
static void
list_message(struct wb_bytes *out, const ProtobufCMessageDescriptor *m,
    const char *path)
{
	for (unsigned i = 0; i < m->n_fields; i++) {
		const ProtobufCFieldDescriptor *f = &m->fields[i];
		char name[100];

		(void)snprintf(name, sizeof name, "%s.%u", path, f->id);
		assert_int_equal(wb_bytes_printf(out, NULL, "%s %s%s %s", name,
				     f->label == PROTOBUF_C_LABEL_REPEATED
					 ? "repeated "
					 : "",
				     types[f->type], f->name),
		    WB_OK);
		if (f->type == PROTOBUF_C_TYPE_ENUM)
			list_enum(out, f->descriptor);
		assert_int_equal(wb_bytes_append_text(out, "\n", NULL), WB_OK);
		if (f->type == PROTOBUF_C_TYPE_MESSAGE)
			list_message(out, f->descriptor, name);
	}
}

static void
field_numbers_and_types_are_frozen(void **state)
{
	static char frozen[MAX_LISTING];
	struct wb_bytes listing;
	size_t n;
	FILE *f;

	(void)state;
	wb_bytes_init(&listing, MAX_LISTING);
	for (size_t i = 0; i < sizeof messages / sizeof messages[0]; i++)
		list_message(&listing, messages[i], messages[i]->short_name);
	f = fopen(WB_GOLDEN "/fields.txt", "r");
	assert_non_null(f);
	n = fread(frozen, 1, sizeof frozen, f);
	(void)fclose(f);
	if (!wb_span_equal(wb_bytes_span(&listing), wb_span(frozen, n))) {
		(void)fwrite(listing.data, 1, listing.len, stdout);
		fail_msg("the fields are no longer those of fields.txt");
	}
	wb_bytes_clear(&listing);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(field_numbers_and_types_are_frozen),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
