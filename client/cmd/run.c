#include "client/cmd/cmd.h"

enum wb_status
wb_cmd_run(struct wb_cmd *cmd, const struct wb_subcommand *sub,
    struct wb_error *err)
{
	enum wb_status st = sub->run(cmd, err);

	if (st == WB_REFUSED && !sub->online)
		st = WB_FAILED; /* no server was asked */
	if (cmd->device.vault != NULL)
		st = wb_vault_explain(cmd->device.vault, st, err);
	if (st == WB_OK && cmd->damage.status != WB_OK) {
		*err = cmd->damage; /* behind what could be read */
		st = err->status;
	}
	if (st != WB_OK && err->text[0] != '\0') {
		err->status = st; /* of several, the one that decides */
		wb_cmd_advise(cmd, sub, err);
	}
	return st;
}

enum wb_status
wb_cmd_finish(struct wb_cmd *cmd, enum wb_status st, struct wb_error *err)
{
	if (fflush(stdout) != 0 && st == WB_OK) {
		st = wb_advise(err,
		    wb_fail(err, WB_STORAGE, "cannot write to standard output"),
		    NULL,
		    "What was saved before is safe. Look where the output "
		    "goes to.");
	}
	if (st != WB_OK && st != WB_PARTIAL && cmd->saved[0] != '\0') {
		st = wb_context(err, st, "%s", cmd->saved);
		(void)wb_advise(err, st, NULL,
		    "Do not enter it again; see: waybill list");
	}
	if (st != WB_OK && err->text[0] != '\0') {
		err->status = st;
		wb_cmd_report(cmd, err);
	}
	return st;
}
