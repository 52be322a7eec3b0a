/*
 * The outcome of an audit as a page for people who look rather than read: one
 * HTML file without script that loads nothing, and prints well.  Says nothing
 * that the audit did not find, and knows no vault and no file.
 */
#ifndef WB_CLIENT_REPORT_REPORT_H
#define WB_CLIENT_REPORT_REPORT_H

#include "client/audit/audit.h"

#define WB_MAX_REPORT ((size_t)4 << 20) /* bytes */
#define WB_REPORT_HEAD "<!DOCTYPE html>\n<html lang=\"en\" class=\"waybill\">"
#define WB_REPORT_ITEMS 20 /* shown one by one; then "others" */
#define WB_REPORT_PROBLEMS 100
#define WB_REPORT_DEVICES 40

/* Who said which programme it must be. */
enum wb_report_pin {
	WB_PIN_NONE, /* nobody: the file's own word */
	WB_PIN_OPTION, /* whoever made the report */
	WB_PIN_VAULT /* the member's vault that it was made with */
};

struct wb_report {
	const struct wb_audit *audit;
	enum wb_report_pin pin;
	struct wb_span file; /* its name; empty: a member's own vault */
	struct wb_hash file_hash; /* SHA-256 of all of it */
	struct wb_span programme_name; /* may be empty */
	bool tallies; /* they were added up */
	bool categories; /* the rows' groups are categories */
	int64_t now; /* Unix seconds */
	const char *version; /* of this program */
};

/*
 * Appends the page, which begins with WB_REPORT_HEAD.  The same report gives
 * the same bytes.  WB_NO_MEMORY: `out` is too small for it.
 */
WB_MUST_CHECK enum wb_status wb_report_write(struct wb_bytes *out,
    const struct wb_report *report, struct wb_error *err);

#endif
