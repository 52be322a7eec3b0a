#include "client/trust/witnessed.h"

bool
wb_witnessed_wanted(const struct wb_device *device)
{
	struct wb_policy policy;

	return device->joined &&
	       wb_policy_parse(&policy, device->roster.policy, NULL) == WB_OK &&
	       wb_policy_has_quorum(&policy);
}

bool
wb_witnessed_by_quorum(struct wb_head *head, const struct wb_device *device,
    struct wb_span note)
{
	struct wb_policy policy;
	struct wb_note parsed;

	return wb_policy_parse(&policy, device->roster.policy, NULL) == WB_OK &&
	       wb_policy_has_quorum(&policy) &&
	       wb_checkpoint_open(head, NULL, note, &device->log, NULL) ==
		   WB_OK &&
	       wb_note_parse(&parsed, note, NULL) == WB_OK &&
	       wb_policy_met(&policy, wb_policy_cosigned(&policy, &parsed));
}

enum wb_status
wb_witnessed_note(struct wb_bytes *out, struct wb_head *head,
    struct wb_device *device, struct wb_error *err)
{
	struct wb_bytes note;
	enum wb_status st;

	wb_bytes_init(&note, WB_MAX_NOTE);
	st = wb_setting_get(&note, device->db, WB_SET_WITNESSED, err);
	if (st == WB_OK &&
	    !wb_witnessed_by_quorum(head, device, wb_bytes_span(&note)))
		st = wb_fail(err, WB_NOT_FOUND, "nothing is witnessed");
	if (st == WB_OK)
		st = wb_bytes_append(out, wb_bytes_span(&note), err);
	wb_bytes_clear(&note);
	return st;
}

enum wb_status
wb_witnessed_size(uint64_t *out, struct wb_device *device, struct wb_error *err)
{
	struct wb_head head;
	struct wb_bytes note;
	enum wb_status st;

	*out = 0;
	if (!device->joined)
		return WB_OK;
	wb_bytes_init(&note, WB_MAX_NOTE);
	st = wb_witnessed_note(&note, &head, device, err);
	if (st == WB_OK)
		*out = head.size;
	else if (st == WB_NOT_FOUND)
		st = wb_forgive(err);
	wb_bytes_clear(&note);
	return st;
}

enum wb_status
wb_witnessed_keep(struct wb_device *device, struct wb_span note,
    struct wb_error *err)
{
	return wb_setting_put(device->db, WB_SET_WITNESSED, note, err);
}
