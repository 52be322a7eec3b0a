/* The part of client/trust/trust.h that judges log heads. */
#include "client/trust/trust.h"
#include "client/trust/trust_private.h"

enum wb_status
wb_trust_evidence(struct wb_error *err, const char *id, const char *what)
{
	return wb_advise(err, wb_fail(err, WB_FORGED, "%s", what), id,
	    WB_KEEP_EVIDENCE);
}

enum wb_status
wb_trust_open_head(struct wb_head *out, const struct wb_device *device,
    struct wb_span checkpoint, struct wb_error *err)
{
	enum wb_status st;

	st = wb_checkpoint_open(out, NULL, checkpoint, &device->log, err);
	if (st == WB_OK || st == WB_NO_MEMORY)
		return st;
	return wb_trust_evidence(err, "head-signature",
	    "the log's newest head is not signed by the log of this "
	    "programme");
}

static bool
is_consistent(const struct wb_head *small, const struct wb_head *large,
    const struct wb_proof *proof)
{
	/* Everything follows an empty log. */
	if (small->size == 0)
		return true;
	return proof != NULL &&
	       wb_consistency_verify(small->size, &small->root, large->size,
		   &large->root, proof, NULL) == WB_OK;
}

static enum wb_status
check_head(const struct wb_head *stored, const struct wb_head *head,
    const struct wb_proof *consistency, struct wb_error *err)
{
	bool follows;

	if (head->size >= stored->size) {
		follows = head->size == stored->size
			      ? wb_hash_equal(&head->root, &stored->root)
			      : is_consistent(stored, head, consistency);
		if (follows)
			return WB_OK;
		return wb_trust_evidence(err, "log-fork",
		    "the log does not continue the one that this device "
		    "knows: the server shows two histories");
	}
	/* Of the same history or not: whoever asked had said what is known. */
	return wb_trust_evidence(err, "log-rolled-back",
	    "the log is shorter than it was before: entries were taken back");
}

/* `stored` has size 0 where there is none. */
static enum wb_status
judge_head(struct wb_head *out, struct wb_head *stored,
    struct wb_device *device, struct wb_span checkpoint,
    const struct wb_proof *consistency, struct wb_error *err)
{
	struct wb_signature signature;
	enum wb_status st;

	st = wb_trust_newest(stored, &signature, device, err);
	if (st == WB_OK)
		st = wb_trust_open_head(out, device, checkpoint, err);
	if (st != WB_OK || stored->size == 0)
		return st;
	/* A log that is empty again proves nothing by being a beginning. */
	if (out->size == 0)
		return wb_trust_evidence(err, "log-rolled-back",
		    "the log is empty: all entries were taken back");
	return check_head(stored, out, consistency, err);
}

enum wb_status
wb_trust_check_head(struct wb_head *out, struct wb_device *device,
    struct wb_span checkpoint, const struct wb_proof *consistency,
    struct wb_error *err)
{
	struct wb_head stored;

	return judge_head(out, &stored, device, checkpoint, consistency, err);
}

enum wb_status
wb_trust_head(struct wb_head *out, bool *advanced, struct wb_device *device,
    struct wb_span checkpoint, const struct wb_proof *consistency,
    struct wb_error *err)
{
	struct wb_head stored;
	enum wb_status st;
	bool newer;

	st = judge_head(out, &stored, device, checkpoint, consistency, err);
	if (st != WB_OK)
		return st;
	newer = out->size > stored.size;
	if (advanced != NULL)
		*advanced = newer;
	if (!newer)
		return WB_OK;
	return wb_setting_put(device->db, WB_SET_HEAD, checkpoint, err);
}
