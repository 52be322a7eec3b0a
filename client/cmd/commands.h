/* The subcommands: one file each in this folder. */
#ifndef WB_CLIENT_CMD_COMMANDS_H
#define WB_CLIENT_CMD_COMMANDS_H

#include "client/cmd/cmd.h"

extern const struct wb_subcommand wb_cmd_log;
extern const struct wb_subcommand wb_cmd_again;
extern const struct wb_subcommand wb_cmd_fix;
extern const struct wb_subcommand wb_cmd_list;
extern const struct wb_subcommand wb_cmd_status;
extern const struct wb_subcommand wb_cmd_sync;
extern const struct wb_subcommand wb_cmd_show;
extern const struct wb_subcommand wb_cmd_totals;
extern const struct wb_subcommand wb_cmd_make_report;
extern const struct wb_subcommand wb_cmd_import;
extern const struct wb_subcommand wb_cmd_init;
extern const struct wb_subcommand wb_cmd_pack;
extern const struct wb_subcommand wb_cmd_unpack;
extern const struct wb_subcommand wb_cmd_verify;
extern const struct wb_subcommand wb_cmd_disclose;
extern const struct wb_subcommand wb_cmd_tally;
extern const struct wb_subcommand wb_cmd_tally_challenge;
extern const struct wb_subcommand wb_cmd_tally_answer;
extern const struct wb_subcommand wb_cmd_invite;
extern const struct wb_subcommand wb_cmd_join;
extern const struct wb_subcommand wb_cmd_approve;
extern const struct wb_subcommand wb_cmd_revoke;
extern const struct wb_subcommand wb_cmd_people;
extern const struct wb_subcommand wb_cmd_items;
extern const struct wb_subcommand wb_cmd_items_add;
extern const struct wb_subcommand wb_cmd_places;
extern const struct wb_subcommand wb_cmd_places_add;
extern const struct wb_subcommand wb_cmd_policy;
extern const struct wb_subcommand wb_cmd_policy_set;
extern const struct wb_subcommand wb_cmd_key;
extern const struct wb_subcommand wb_cmd_key_export_reader;
extern const struct wb_subcommand wb_cmd_witness_init;
extern const struct wb_subcommand wb_cmd_witness_trust;
extern const struct wb_subcommand wb_cmd_witness_serve;
extern const struct wb_subcommand wb_cmd_witness_status;
extern const struct wb_subcommand wb_cmd_help;
extern const struct wb_subcommand wb_cmd_version;

/*
 * What is done every day, by numbers: unlocks once and asks until `q`, the end
 * of input, or a vault that takes nothing any more.
 */
WB_MUST_CHECK enum wb_status wb_cmd_menu(struct wb_cmd *cmd,
    struct wb_error *err);

/* Help of one command; of NULL, the list of all. */
WB_MUST_CHECK enum wb_status wb_cmd_help_of(struct wb_cmd *cmd,
    const struct wb_command *command, struct wb_error *err);

#endif
