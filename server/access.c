#include "server/access.h"

#include <string.h>

#include "crypto/text.h"
#include "proto/ack.h"
#include "proto/envelope.h"

#define SCHEME "Waybill "
#define BUDGET ((size_t)64 << 10) /* bytes of memory for one statement */

static enum wb_status
unlike(struct wb_error *err, const char *text)
{
	return wb_advise(err, wb_fail(err, WB_INVALID, "%s", text),
	    "authorization", NULL);
}

/* Decodes the header; nothing is verified. */
static enum wb_status
decode(struct wb_envelope *envelope, struct wb_read *read,
    struct wb_arena *arena, struct wb_bytes *bytes, const char *header,
    struct wb_error *err)
{
	size_t prefix = strlen(SCHEME);

	if (header == NULL)
		return unlike(err, "this address is for members: "
				   "the request must be signed");
	if (strncmp(header, SCHEME, prefix) != 0 ||
	    strlen(header) > WB_MAX_AUTHORIZATION ||
	    wb_base64_parse(bytes, wb_span_text(header + prefix), NULL) !=
		WB_OK)
		return unlike(err, "the Authorization header is malformed");
	if (wb_envelope_decode(envelope, arena, wb_bytes_span(bytes), NULL) !=
		WB_OK ||
	    envelope->type != WB_STATEMENT_READ ||
	    wb_read_decode(read, arena, envelope->payload, NULL) != WB_OK)
		return unlike(err,
		    "the Authorization header holds no read statement");
	return WB_OK;
}

/* Is it about this request, to this log, now? */
static enum wb_status
check_subject(const struct wb_access *access, const struct wb_read *read,
    const char *method, const char *target, struct wb_error *err)
{
	int64_t ahead;

	if (!wb_key_equal(&read->log_key, access->log_key))
		return unlike(err, "the read is meant for another log");
	if (access->programme == NULL ||
	    !wb_hash_equal(&read->programme, access->programme))
		return unlike(err, "the read is meant for another programme");
	if (!wb_span_equal(read->method, wb_span_text(method)) ||
	    !wb_span_equal(read->path, wb_span_text(target)))
		return unlike(err, "the read is meant for another request");
	if (read->time > INT64_MAX / 2)
		return unlike(err, "the read's time is out of range");
	ahead = (int64_t)read->time - access->now;
	if (ahead > WB_ACCESS_SECONDS || ahead < -WB_ACCESS_SECONDS) {
		return wb_advise(err,
		    wb_fail(err, WB_INVALID,
			"the device's clock and the server's differ by more "
			"than %d minutes",
			WB_ACCESS_SECONDS / 60),
		    "clock", "Set the clock right, or use the Date header.");
	}
	return WB_OK;
}

static enum wb_status
check_signer(struct wb_reader *out, const struct wb_access *access,
    const struct wb_envelope *envelope, const struct wb_read *read,
    struct wb_error *err)
{
	enum wb_status st;

	out->key = read->signer;
	out->roles = access->roles(access->ctx, &read->signer);
	if (out->roles == 0) {
		return wb_advise(err,
		    wb_fail(err, WB_REFUSED,
			"this key is not an active member: it was revoked, or "
			"never let in"),
		    "revoked", "Ask a coordinator.");
	}
	if (!wb_rate_has(access->rate, &read->signer, access->ms)) {
		return wb_advise(err,
		    wb_fail(err, WB_NO_MEMORY, "this member asks too often"),
		    "rate", "Try again in a minute.");
	}
	st = wb_envelope_verify(envelope, WB_STATEMENT_READ, &read->signer,
	    err);
	if (st != WB_OK)
		return wb_advise(err, st, "signature", NULL);
	wb_rate_take(access->rate, &read->signer, access->ms);
	return WB_OK;
}

enum wb_status
wb_access_check(struct wb_reader *out, const struct wb_access *access,
    const char *header, const char *method, const char *target,
    struct wb_error *err)
{
	struct wb_envelope envelope;
	struct wb_reader reader;
	struct wb_arena arena;
	struct wb_bytes bytes;
	struct wb_read read;
	enum wb_status st;

	memset(out, 0, sizeof *out);
	wb_arena_init(&arena, BUDGET);
	wb_bytes_init(&bytes, WB_MAX_AUTHORIZATION);
	st = decode(&envelope, &read, &arena, &bytes, header, err);
	if (st == WB_OK)
		st = check_subject(access, &read, method, target, err);
	if (st == WB_OK)
		st = check_signer(&reader, access, &envelope, &read, err);
	if (st == WB_OK)
		*out = reader;
	wb_bytes_clear(&bytes);
	wb_arena_clear(&arena);
	return st;
}
