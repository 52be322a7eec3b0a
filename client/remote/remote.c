#include "client/remote/remote.h"

#include <stdlib.h>

struct wb_remote {
	struct wb_carrier carrier;
};

enum wb_status
wb_remote_over(struct wb_remote **out, const struct wb_carrier *carrier,
    struct wb_error *err)
{
	struct wb_remote *remote = calloc(1, sizeof *remote);

	*out = remote;
	if (remote == NULL)
		return wb_fail(err, WB_NO_MEMORY, "out of memory");
	remote->carrier = *carrier;
	return WB_OK;
}

void
wb_remote_close(struct wb_remote **remote)
{
	if (*remote == NULL)
		return;
	if ((*remote)->carrier.close != NULL)
		(*remote)->carrier.close((*remote)->carrier.ctx);
	free(*remote);
	*remote = NULL;
}

const char *
wb_remote_route(const struct wb_remote *remote)
{
	return remote->carrier.route;
}

enum wb_status
wb_remote_get(struct wb_bytes *out, struct wb_remote *remote, const char *path,
    bool as_member, size_t max, struct wb_error *err)
{
	const struct wb_ask ask = { .method = "GET",
		.path = path,
		.as_member = as_member,
		.max = max };

	return remote->carrier.ask(remote->carrier.ctx, out, &ask, err);
}

enum wb_status
wb_remote_post(struct wb_bytes *out, struct wb_remote *remote, const char *path,
    struct wb_span body, bool as_member, size_t max, struct wb_error *err)
{
	const struct wb_ask ask = { .method = "POST",
		.path = path,
		.body = body,
		.as_member = as_member,
		.max = max };

	return remote->carrier.ask(remote->carrier.ctx, out, &ask, err);
}

enum wb_status
wb_remote_start_post(struct wb_remote *remote, int64_t tag, const char *path,
    struct wb_bytes *body, struct wb_error *err)
{
	return remote->carrier.start(remote->carrier.ctx, tag, path, body, err);
}

enum wb_status
wb_remote_next(int64_t *tag, struct wb_bytes *body, bool *more,
    struct wb_remote *remote, struct wb_error *err)
{
	return remote->carrier.next(remote->carrier.ctx, tag, body, more, err);
}
