/* What the page does not show, and how its reader need not believe it. */
#include <string.h>

#include "client/report/report_private.h"
#include "crypto/text.h"

static void
sentences(struct wb_page *p, const char *heading, const struct wb_span *texts,
    size_t n)
{
	struct wb_html *h = &p->html;
	char number[WB_HTML_NUMBER];

	if (n == 0)
		return;
	wb_html_leaf(h, "h3", NULL, heading);
	wb_html_open(h, "ul");
	for (size_t i = 0; i < n && i < WB_REPORT_PROBLEMS; i++)
		wb_html_name(h, "li", texts[i]);
	wb_html_close(h);
	if (n > WB_REPORT_PROBLEMS)
		wb_page_say(p, "And %s more, which waybill verify lists.",
		    wb_html_number(number, n - WB_REPORT_PROBLEMS));
}

static void
limits_of_all(struct wb_page *p)
{
	struct wb_html *h = &p->html;

	wb_html_leaf(h, "h3", NULL, "What no such report can show");
	wb_html_open(h, "ul");
	wb_html_leaf(h, "li", NULL,
	    "That goods reached anybody. It shows what devices recorded and "
	    "that it was not changed since; a device can record what never "
	    "happened.");
	wb_html_leaf(h, "li", NULL,
	    "That everything was recorded. A device that sent nothing leaves "
	    "no gap, nor does what it has not sent yet.");
	if (p->report->audit->tally_count != 0) {
		wb_html_leaf(h, "li", NULL,
		    "That no device committed to less than nothing, to make "
		    "room for others: published totals hold then too. Samples "
		    "drawn at random find it, unless its coordinators helped.");
	}
	wb_html_leaf(h, "li", NULL,
	    "Where the goods went. Places are not in this page.");
	wb_html_leaf(h, "li", NULL,
	    "That nobody changed this page after it was made. It is not "
	    "signed: believe the check below, not the page.");
	wb_html_close(h);
}

void
wb_page_limits(struct wb_page *p)
{
	const struct wb_audit *a = p->report->audit;

	wb_page_section(p, "limits", "What this does not show");
	sentences(p, "Not checked", a->unchecked, a->unchecked_count);
	sentences(p, "Remarks", a->notes, a->note_count);
	limits_of_all(p);
	wb_html_close(&p->html);
}

/* ---- the reader's own check */

static bool
is_plain(struct wb_span name)
{
	static const char plain[] = "abcdefghijklmnopqrstuvwxyz"
				    "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-";

	for (size_t i = 0; i < name.len; i++)
		if (name.data[i] == '\0' || strchr(plain, name.data[i]) == NULL)
			return false;
	return name.len != 0 && name.data[0] != '-';
}

/* As a shell takes it for one word that is no option. */
static void
say_word(struct wb_html *h, struct wb_span name)
{
	if (is_plain(name)) {
		wb_html_text(h, name);
		return;
	}
	wb_html_say(h, name.len != 0 && name.data[0] == '-' ? "'./" : "'");
	for (size_t i = 0; i < name.len; i++) {
		size_t n = i;

		while (n < name.len && name.data[n] != '\'')
			n++;
		wb_html_text(h, wb_span_sub(name, i, n - i));
		if (n < name.len)
			wb_html_say(h, "'\\''");
		i = n;
	}
	wb_html_say(h, "'");
}

static void
say_command(struct wb_page *p, const char *program, struct wb_span file)
{
	char hex[2 * WB_HASH_LEN + 1];
	struct wb_html *h = &p->html;

	wb_hex_format(hex, wb_hash_span(&p->report->audit->programme));
	wb_html_open(h, "pre");
	wb_html_printf(h, "%s ", program);
	say_word(h, file);
	wb_html_printf(h, " --programme %s%s", hex,
	    p->report->tallies ? " --tally" : "");
	wb_html_close(h);
}

static void
check_file(struct wb_page *p, struct wb_span file)
{
	char hex[2 * WB_HASH_LEN + 1];
	struct wb_html *h = &p->html;

	wb_html_open(h, "li");
	wb_html_say(h, "Get the file itself. It must have this SHA-256:");
	wb_hex_format(hex, wb_hash_span(&p->report->file_hash));
	wb_html_leaf(h, "pre", NULL, hex);
	wb_html_say(h, "This shows it:");
	wb_html_open(h, "pre");
	wb_html_say(h, "sha256sum ");
	say_word(h, file);
	wb_html_close(h);
	wb_html_close(h);
}

static void
check_vault(struct wb_page *p)
{
	struct wb_html *h = &p->html;

	wb_html_open(h, "li");
	wb_html_say(h,
	    "This page was made from a member's own vault. Ask for the "
	    "evidence as a file, which the member makes so:");
	wb_html_leaf(h, "pre", NULL, "waybill pack --for-audit evidence.wbx");
	wb_html_close(h);
}

void
wb_page_check(struct wb_page *p)
{
	struct wb_span file = p->report->file;
	struct wb_html *h = &p->html;

	wb_page_section(p, "check", "Check it yourself");
	wb_page_say(p,
	    "It takes no account, no network and no trust in this page or in "
	    "who made it.");
	wb_html_open(h, "ol");
	if (file.len != 0) {
		check_file(p, file);
	} else {
		check_vault(p);
		file = wb_span_text("evidence.wbx");
	}
	wb_html_leaf(h, "li", NULL,
	    "Ask somebody in the programme whom you trust for its id, by "
	    "another way than this page came. Compare it with the one below.");
	wb_html_open(h, "li");
	wb_html_say(h, "Run either of these:");
	say_command(p, "waybill-verify", file);
	say_command(p, "waybill verify", file);
	wb_html_say(h,
	    "Each says GOOD and ends with 0, BAD and ends with 4, or that it "
	    "could not check everything and ends with 3.");
	wb_html_close(h);
	wb_html_close(h);
	wb_html_close(h);
}
