/* What hooks may ask of a request. */
#include <string.h>
#include <strings.h>

#include "base/httpd_private.h"

const char *
wb_request_method(const struct wb_request *r)
{
	return r->method;
}

const char *
wb_request_target(const struct wb_request *r)
{
	return r->target;
}

struct wb_span
wb_request_path(const struct wb_request *r)
{
	return wb_span(r->target, strcspn(r->target, "?"));
}

bool
wb_request_query(struct wb_span *out, const struct wb_request *r,
    const char *name)
{
	const char *p = r->target + strcspn(r->target, "?");
	size_t len = strlen(name), found = 0;

	while (*p != '\0') {
		size_t n = strcspn(++p, "&"); /* past the ? or & */

		if (n > len && memcmp(p, name, len) == 0 && p[len] == '=') {
			*out = wb_span(p + len + 1, n - len - 1);
			found++;
		}
		p += n;
	}
	return found == 1;
}

struct look {
	const char *name;
	const char *value;
	unsigned count;
};

static enum MHD_Result
see(void *ctx, enum MHD_ValueKind kind, const char *name, const char *value)
{
	struct look *look = ctx;

	(void)kind;
	if (strcasecmp(name, look->name) == 0) {
		look->value = value;
		look->count++;
	}
	return MHD_YES;
}

const char *
wb_request_header(struct wb_request *r, const char *name)
{
	struct look look = { .name = name };

	(void)MHD_get_connection_values(r->connection, MHD_HEADER_KIND, see,
	    &look);
	return look.count == 1 ? look.value : NULL;
}

struct wb_bytes *
wb_request_body(struct wb_request *r)
{
	return &r->body;
}

void *
wb_request_tag(struct wb_request *r)
{
	return r->tag;
}
