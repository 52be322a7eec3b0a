#include "crypto/secret.h"

#include <sodium.h>
#include <stdlib.h>
#include <string.h>

/* The handle lies on the ordinary heap; only the bytes are guarded. */
struct wb_secret {
	uint8_t *data;
	size_t len;
};

enum wb_status
wb_crypto_start(struct wb_error *err)
{
	if (sodium_init() < 0)
		return wb_fail(err, WB_FAILED,
		    "the cryptographic library does not start");
	return WB_OK;
}

enum wb_status
wb_secret_new(struct wb_secret **out, size_t len, struct wb_error *err)
{
	struct wb_secret *s;

	*out = NULL;
	if (len == 0 || len > WB_MAX_SECRET)
		return wb_fail(err, WB_INVALID,
		    "a secret of %zu bytes cannot be kept", len);
	s = malloc(sizeof *s);
	if (s == NULL)
		return wb_fail(err, WB_NO_MEMORY, "out of memory");
	*s = (struct wb_secret){ sodium_malloc(len), len };
	if (s->data == NULL) {
		free(s);
		return wb_fail(err, WB_NO_MEMORY,
		    "out of protected memory for keys");
	}
	memset(s->data, 0, len);
	*out = s;
	return WB_OK;
}

enum wb_status
wb_secret_copy(struct wb_secret **out, struct wb_span from,
    struct wb_error *err)
{
	enum wb_status st = wb_secret_new(out, from.len, err);

	if (st == WB_OK)
		memcpy((*out)->data, from.data, from.len);
	return st;
}

enum wb_status
wb_secret_random(struct wb_secret **out, size_t len, struct wb_random random,
    struct wb_error *err)
{
	enum wb_status st = wb_secret_new(out, len, err);

	if (st == WB_OK)
		wb_random_fill(random, (*out)->data, len);
	return st;
}

void
wb_secret_free(struct wb_secret **s)
{
	if (s == NULL || *s == NULL)
		return;
	sodium_free((*s)->data); /* wipes first */
	free(*s);
	*s = NULL;
}

uint8_t *
wb_secret_data(struct wb_secret *s)
{
	return s->data;
}

struct wb_span
wb_secret_span(const struct wb_secret *s)
{
	return wb_span(s->data, s->len);
}

bool
wb_equal(struct wb_span a, struct wb_span b)
{
	if (a.len != b.len)
		return false;
	return a.len == 0 || sodium_memcmp(a.data, b.data, a.len) == 0;
}
