#include "server/access.h"

#include <string.h>

#include "crypto/text.h"
#include "proto/ack.h"

#define SCHEME "Waybill "

static enum wb_status
unlike(struct wb_error *err, const char *text)
{
	return wb_advise(err, wb_fail(err, WB_INVALID, "%s", text),
	    "authorization", NULL);
}

/* What the header holds, beside what the request says itself. */
static enum wb_status
decode(struct wb_read *read, struct wb_signature *signature, const char *header,
    struct wb_error *err)
{
	size_t prefix = strlen(SCHEME), len;
	uint8_t token[WB_READ_TOKEN];

	if (header == NULL)
		return unlike(err, "this address is for members: "
				   "the request must be signed");
	if (strncmp(header, SCHEME, prefix) != 0 ||
	    !wb_base64_decode(token, sizeof token, &len,
		wb_span_text(header + prefix)) ||
	    len != sizeof token)
		return unlike(err, "the Authorization header is malformed");
	wb_read_token_split(read, signature, token);
	return WB_OK;
}

static enum wb_status
check_time(const struct wb_access *access, const struct wb_read *read,
    struct wb_error *err)
{
	int64_t ahead;

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
    const struct wb_read *read, const struct wb_signature *signature,
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
	st = wb_read_verify(read, signature, err);
	if (st == WB_INVALID)
		return unlike(err, "there can be no read of this address");
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
	struct wb_read read = { .log_key = *access->log_key,
		.method = wb_span_text(method),
		.path = wb_span_text(target) };
	struct wb_signature signature;
	struct wb_reader reader;
	enum wb_status st;

	memset(out, 0, sizeof *out);
	st = decode(&read, &signature, header, err);
	if (st == WB_OK && access->programme == NULL)
		st = unlike(err, "this server has no programme yet");
	if (st == WB_OK)
		st = check_time(access, &read, err);
	if (st == WB_OK) {
		read.programme = *access->programme;
		st = check_signer(&reader, access, &read, &signature, err);
	}
	if (st == WB_OK)
		*out = reader;
	return st;
}
