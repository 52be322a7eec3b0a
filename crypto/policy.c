#include "crypto/policy.h"

#include <string.h>

#include "base/text.h"

struct reader {
	struct wb_policy *policy;
	bool has_log, has_quorum;
	uint32_t member_witnesses, member_groups; /* of any group already */
	struct wb_error *err;
};

/* A bit for what a name stands for; both 0: for nothing yet. */
struct named {
	uint32_t witness, group;
};

static bool
is_word(struct wb_span word, const char *text)
{
	return wb_span_equal(word, wb_span_text(text));
}

/* The last line's newline may be missing: editors leave it out. */
static struct wb_span
take_line(struct wb_span *rest)
{
	const uint8_t *end = memchr(rest->data, '\n', rest->len);
	struct wb_span line = *rest;

	if (end != NULL)
		line.len = (size_t)(end - rest->data);
	*rest = wb_span_sub(*rest, line.len + 1, rest->len);
	return line;
}

static bool
is_blank(uint8_t c)
{
	return c == ' ' || c == '\t';
}

/* The next word of a line; empty at its end. */
static struct wb_span
take_word(struct wb_span *line)
{
	size_t start = 0, end;
	struct wb_span word;

	while (start < line->len && is_blank(line->data[start]))
		start++;
	end = start;
	while (end < line->len && !is_blank(line->data[end]))
		end++;
	word = wb_span_sub(*line, start, end - start);
	*line = wb_span_sub(*line, end, line->len);
	return word;
}

static enum wb_status
end_line(struct wb_span line, struct wb_error *err)
{
	struct wb_span more = take_word(&line);

	if (more.len == 0)
		return WB_OK;
	return wb_fail(err, WB_INVALID, "there is '%.*s' too much",
	    (int)more.len, (const char *)more.data);
}

static struct named
find(const struct wb_policy *p, struct wb_span name)
{
	for (size_t i = 0; i < p->witness_count; i++)
		if (is_word(name, p->witnesses[i].name))
			return (struct named){ .witness = UINT32_C(1) << i };
	for (size_t i = 0; i < p->group_count; i++)
		if (is_word(name, p->groups[i].name))
			return (struct named){ .group = UINT32_C(1) << i };
	return (struct named){ 0 };
}

/* A name that was given before: of a group's member, or of the quorum. */
static enum wb_status
refer(struct named *out, const struct reader *r, struct wb_span name)
{
	*out = find(r->policy, name);
	if (out->witness != 0 || out->group != 0)
		return WB_OK;
	return wb_fail(r->err, WB_INVALID,
	    "no line above it is of a witness or group '%.*s'", (int)name.len,
	    (const char *)name.data);
}

/* A name that is given here: `out` has WB_MAX_POLICY_NAME + 1 bytes of 0. */
static enum wb_status
define(char *out, const struct reader *r, struct wb_span name)
{
	struct named known = find(r->policy, name);

	if (name.len == 0 || name.len > WB_MAX_POLICY_NAME) {
		return wb_fail(r->err, WB_INVALID,
		    "a witness or group needs a name of at most %d bytes",
		    WB_MAX_POLICY_NAME);
	}
	if (is_word(name, "none"))
		return wb_fail(r->err, WB_INVALID,
		    "'none' is not the name of a witness or group");
	if (known.witness != 0 || known.group != 0) {
		return wb_fail(r->err, WB_INVALID,
		    "the name '%.*s' is given twice", (int)name.len,
		    (const char *)name.data);
	}
	memcpy(out, name.data, name.len);
	return WB_OK;
}

static enum wb_status
read_key(struct wb_vkey *out, enum wb_note_type type, struct wb_span text,
    struct wb_error *err)
{
	enum wb_status st = wb_vkey_parse(out, text, err);

	if (st != WB_OK || out->type == type)
		return st;
	return wb_fail(err, WB_INVALID,
	    type == WB_NOTE_ED25519 ? "'%s' is a witness's key, not a log's"
				    : "'%s' is a log's key, not a witness's",
	    out->name);
}

/* log <vkey> [<url>]; where the log is asked stands in each one's settings. */
static enum wb_status
read_log(struct reader *r, struct wb_span line)
{
	enum wb_status st;

	if (r->has_log)
		return wb_fail(r->err, WB_INVALID,
		    "only one log can be trusted");
	r->has_log = true;
	st = read_key(&r->policy->log, WB_NOTE_ED25519, take_word(&line),
	    r->err);
	(void)take_word(&line);
	return st != WB_OK ? st : end_line(line, r->err);
}

/* witness <name> <vkey> [<url>] */
static enum wb_status
read_witness(struct reader *r, struct wb_span line)
{
	struct wb_policy *p = r->policy;
	struct wb_policy_witness *w = &p->witnesses[p->witness_count];
	struct wb_span name, url;
	enum wb_status st;

	if (p->witness_count == WB_MAX_WITNESSES)
		return wb_fail(r->err, WB_INVALID,
		    "there are more than %d witnesses", WB_MAX_WITNESSES);
	name = take_word(&line);
	st = define(w->name, r, name);
	if (st == WB_OK)
		st = read_key(&w->vkey, WB_NOTE_COSIGNATURE, take_word(&line),
		    r->err);
	if (st != WB_OK)
		return st;
	for (size_t i = 0; i < p->witness_count; i++) {
		if (wb_key_equal(&p->witnesses[i].vkey.key, &w->vkey.key)) {
			return wb_fail(r->err, WB_INVALID,
			    "'%s' has the key of '%s'", w->name,
			    p->witnesses[i].name);
		}
	}
	url = take_word(&line);
	if (url.len > WB_MAX_POLICY_URL) {
		return wb_fail(r->err, WB_INVALID,
		    "the address of '%s' is longer than %d bytes", w->name,
		    WB_MAX_POLICY_URL);
	}
	if (url.len != 0)
		memcpy(w->url, url.data, url.len);
	p->witness_count++;
	return end_line(line, r->err);
}

/*
 * Each name is a member once, in all groups together: no witness may count in
 * two ways.
 */
static enum wb_status
read_members(uint64_t *count, struct reader *r, struct wb_policy_group *group,
    struct wb_span line)
{
	struct wb_span name;
	struct named member;
	enum wb_status st;

	for (*count = 0; (name = take_word(&line)).len != 0; ++*count) {
		st = refer(&member, r, name);
		if (st != WB_OK)
			return st;
		if ((member.witness & r->member_witnesses) != 0 ||
		    (member.group & r->member_groups) != 0) {
			return wb_fail(r->err, WB_INVALID,
			    "'%.*s' is a member twice", (int)name.len,
			    (const char *)name.data);
		}
		r->member_witnesses |= member.witness;
		r->member_groups |= member.group;
		group->witnesses |= member.witness;
		group->groups |= member.group;
	}
	return WB_OK;
}

/* group <name> all|any|<k> <name>... */
static enum wb_status
read_group(struct reader *r, struct wb_span line)
{
	struct wb_policy *p = r->policy;
	struct wb_policy_group *group = &p->groups[p->group_count];
	struct wb_span name = take_word(&line), needed = take_word(&line);
	uint64_t members, k = 1;
	enum wb_status st;

	if (p->group_count == WB_MAX_POLICY_GROUPS)
		return wb_fail(r->err, WB_INVALID,
		    "there are more than %d groups", WB_MAX_POLICY_GROUPS);
	st = define(group->name, r, name);
	if (st == WB_OK)
		st = read_members(&members, r, group, line);
	if (st != WB_OK)
		return st;
	if (is_word(needed, "all"))
		k = members;
	else if (!is_word(needed, "any") &&
		 wb_text_uint(&k, needed, 1, UINT32_MAX, NULL) != WB_OK) {
		return wb_fail(r->err, WB_INVALID,
		    "after the group's name there must be all, any or how many "
		    "of its members are needed");
	}
	if (k == 0 || k > members) {
		return wb_fail(r->err, WB_INVALID,
		    "the group '%s' has fewer members than it needs",
		    group->name);
	}
	group->needed = (uint32_t)k;
	p->group_count++;
	return WB_OK;
}

/* quorum <name>|none */
static enum wb_status
read_quorum(struct reader *r, struct wb_span line)
{
	struct wb_span name = take_word(&line);
	struct named quorum = { 0 };
	enum wb_status st = WB_OK;

	if (r->has_quorum)
		return wb_fail(r->err, WB_INVALID,
		    "there is more than one quorum line");
	r->has_quorum = true;
	if (!is_word(name, "none"))
		st = refer(&quorum, r, name);
	if (st != WB_OK)
		return st;
	r->policy->quorum_witness = quorum.witness;
	r->policy->quorum_group = quorum.group;
	return end_line(line, r->err);
}

static enum wb_status
read_line(struct reader *r, struct wb_span line)
{
	static const struct {
		const char *word;
		enum wb_status (*read)(struct reader *r, struct wb_span line);
	} kinds[] = {
		{ "log", read_log },
		{ "witness", read_witness },
		{ "group", read_group },
		{ "quorum", read_quorum },
	};
	struct wb_span word;

	for (size_t i = 0; i < line.len; i++) {
		if ((line.data[i] < ' ' && line.data[i] != '\t') ||
		    line.data[i] == 0x7f)
			return wb_fail(r->err, WB_INVALID,
			    "there is a control character in it");
	}
	word = take_word(&line);
	if (word.len == 0 || word.data[0] == '#')
		return WB_OK;
	for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++)
		if (is_word(word, kinds[i].word))
			return kinds[i].read(r, line);
	return wb_fail(r->err, WB_INVALID,
	    "it begins with '%.*s', not log, witness, group or quorum",
	    (int)word.len, (const char *)word.data);
}

enum wb_status
wb_policy_parse(struct wb_policy *out, struct wb_span text,
    struct wb_error *err)
{
	struct reader r = { .policy = out, .err = err };
	enum wb_status st;

	memset(out, 0, sizeof *out);
	if (text.len > WB_MAX_POLICY)
		return wb_fail(err, WB_INVALID,
		    "the policy is longer than %d bytes", WB_MAX_POLICY);
	for (size_t line = 1; text.len != 0; line++) {
		st = read_line(&r, take_line(&text));
		if (st != WB_OK)
			return wb_context(err, st, "line %zu of the policy",
			    line);
	}
	if (!r.has_log)
		return wb_fail(err, WB_INVALID, "the policy names no log");
	if (!r.has_quorum) {
		return wb_fail(err, WB_INVALID,
		    "the policy has no quorum line; without witnesses it is "
		    "\"quorum none\"");
	}
	return WB_OK;
}

bool
wb_policy_has_quorum(const struct wb_policy *policy)
{
	return (policy->quorum_witness | policy->quorum_group) != 0;
}

bool
wb_policy_met(const struct wb_policy *policy, uint32_t witnesses)
{
	uint32_t groups = 0;

	for (size_t i = 0; i < policy->group_count; i++) {
		const struct wb_policy_group *g = &policy->groups[i];
		int members = __builtin_popcount(g->witnesses & witnesses) +
			      __builtin_popcount(g->groups & groups);

		if ((uint32_t)members >= g->needed)
			groups |= UINT32_C(1) << i;
	}
	return !wb_policy_has_quorum(policy) ||
	       (witnesses & policy->quorum_witness) != 0 ||
	       (groups & policy->quorum_group) != 0;
}

uint32_t
wb_policy_cosigned(const struct wb_policy *policy, const struct wb_note *note)
{
	uint32_t witnesses = 0;
	uint64_t time;

	/* A cosignature of a log head has a time, and it fits 63 bits. */
	for (size_t i = 0; i < policy->witness_count; i++) {
		if (wb_note_verify(note, &policy->witnesses[i].vkey, &time,
			NULL) == WB_OK &&
		    time != 0 && time <= INT64_MAX)
			witnesses |= UINT32_C(1) << i;
	}
	return witnesses;
}
