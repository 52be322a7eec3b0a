#include "crypto/statement.h"

#include <stdio.h>
#include <string.h>

#define MAX_TYPE 128 /* bytes */
#define MAX_LENGTHS 32 /* characters of a decimal size and its blanks */

enum wb_status
wb_pae(struct wb_bytes *out, const char *type, struct wb_span payload,
    struct wb_error *err)
{
	enum wb_status st;

	st = wb_bytes_printf(out, err, "DSSEv1 %zu %s %zu ", strlen(type), type,
	    payload.len);
	return st != WB_OK ? st : wb_bytes_append(out, payload, err);
}

void
wb_statement_id(struct wb_hash *out, const char *type, struct wb_span payload)
{
	char before[MAX_LENGTHS], between[MAX_LENGTHS];
	struct wb_span parts[4];

	(void)snprintf(before, sizeof(before), "DSSEv1 %zu ", strlen(type));
	(void)snprintf(between, sizeof(between), " %zu ", payload.len);
	parts[0] = wb_span_text(before);
	parts[1] = wb_span_text(type);
	parts[2] = wb_span_text(between);
	parts[3] = payload;
	wb_sha256(out, parts, 4);
}

/* The bytes that signatures cover. */
static enum wb_status
signed_bytes(struct wb_bytes *pae, const char *type, struct wb_span payload,
    struct wb_error *err)
{
	if (payload.len > WB_MAX_STATEMENT)
		return wb_fail(err, WB_INVALID,
		    "a statement of %zu bytes is too large", payload.len);
	return wb_pae(pae, type, payload, err);
}

enum wb_status
wb_statement_sign(struct wb_signature *out, const struct wb_signer *signer,
    const char *type, struct wb_span payload, struct wb_error *err)
{
	enum wb_status st;
	struct wb_bytes pae;

	wb_bytes_init(&pae, WB_MAX_STATEMENT + MAX_TYPE + 2 * MAX_LENGTHS);
	st = signed_bytes(&pae, type, payload, err);
	if (st == WB_OK)
		wb_sign(out, signer, wb_bytes_span(&pae));
	wb_bytes_clear(&pae);
	return st;
}

enum wb_status
wb_statement_verify(const struct wb_signature *signature,
    const struct wb_key *key, const char *type, struct wb_span payload,
    struct wb_error *err)
{
	enum wb_status st;
	struct wb_bytes pae;

	wb_bytes_init(&pae, WB_MAX_STATEMENT + MAX_TYPE + 2 * MAX_LENGTHS);
	st = signed_bytes(&pae, type, payload, err);
	if (st == WB_OK && !wb_sign_verify(signature, key, wb_bytes_span(&pae)))
		st = wb_fail(err, WB_FORGED,
		    "a statement's signature is not valid");
	wb_bytes_clear(&pae);
	return st;
}
