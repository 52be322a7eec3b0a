/*
 * What `waybill verify` and `waybill-verify` share: the options of an audit,
 * and how its outcome is said.  Links neither vault nor network.
 */
#ifndef WB_CLIENT_CMD_VERDICT_H
#define WB_CLIENT_CMD_VERDICT_H

#include <stdio.h>

#include "base/cli.h"
#include "base/json.h"
#include "client/audit/audit.h"

/* Rows of a table of options. */
#define WB_VERDICT_OPTIONS                                                    \
	{ "programme", 0, false, "ID",                                        \
		"the programme it must be of, as init or join printed it" },  \
	    { "tally", 0, false, NULL, "add up what the tallies in it say" }, \
	    { "nonce", 0, false, "HEX",                                       \
		    "a file of samples must have been drawn with this "       \
		    "nonce" },                                                \
	    { "samples", 0, false, "COUNT",                                   \
		    "so many samples were asked for (else 60 or all)" },      \
	{                                                                     \
		"sampled", 0, false, "N",                                     \
		    "the samples must be of the tally of log entry N"         \
	}

/*
 * Reads them; *programme and `nonce` hold what `out` points to.  The rest of
 * `out` is zero.  WB_USAGE.
 */
WB_MUST_CHECK enum wb_status wb_verdict_options(struct wb_audit_options *out,
    struct wb_hash *programme, uint8_t nonce[WB_MAX_NONCE],
    const struct wb_args *args, struct wb_error *err);

/* The option --programme ID; *given false: it was not.  WB_USAGE. */
WB_MUST_CHECK enum wb_status wb_verdict_programme(struct wb_hash *out,
    bool *given, const struct wb_args *args, struct wb_error *err);

/* The option --nonce HEX; empty where it was not given.  WB_USAGE. */
WB_MUST_CHECK enum wb_status wb_verdict_nonce(struct wb_span *out,
    uint8_t nonce[WB_MAX_NONCE], const struct wb_args *args,
    struct wb_error *err);

/* "good", "bad", "unchecked": as in JSON. */
const char *wb_verdict_text(const struct wb_audit *audit);
/* The same in one sentence, which all who tell it use. */
const char *wb_verdict_sentence(const struct wb_audit *audit);

/* In words, the verdict first. */
WB_MUST_CHECK enum wb_status wb_verdict_print(FILE *out,
    const struct wb_audit *audit, struct wb_error *err);

/* As one object; `file` names it there, where it is not NULL. */
WB_MUST_CHECK enum wb_status wb_verdict_json(struct wb_json *out,
    const char *file, const struct wb_audit *audit, struct wb_error *err);

/* The status whose exit code says it: WB_OK, WB_FORGED or WB_PARTIAL. */
enum wb_status wb_verdict_status(const struct wb_audit *audit);
/* Of several files: one that is bad decides, else what was not checked. */
enum wb_status wb_verdict_worse(enum wb_status a, enum wb_status b);

#endif
