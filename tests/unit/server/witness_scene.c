#include "tests/unit/server/witness_scene.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "crypto/policy.h"

void
write_policy(struct scene *s, const char *quorum)
{
	struct wb_bytes text;

	wb_bytes_init(&text, POLICY - 1);
	assert_ok(wb_bytes_append_text(&text, "log ", &s->p.err), &s->p.err);
	assert_ok(wb_vkey_format(&text, &s->p.vkey, &s->p.err), &s->p.err);
	for (int i = 0; i < WITNESSES; i++) {
		assert_ok(wb_bytes_printf(&text, &s->p.err, "\nwitness w%d ",
			      i),
		    &s->p.err);
		assert_ok(wb_vkey_format(&text, &s->w[i].vkey, &s->p.err),
		    &s->p.err);
		assert_ok(wb_bytes_printf(&text, &s->p.err, " %s", s->w[i].url),
		    &s->p.err);
	}
	assert_ok(wb_bytes_printf(&text, &s->p.err, "\n%s\n", quorum),
	    &s->p.err);
	memset(s->policy, 0, sizeof s->policy);
	memcpy(s->policy, text.data, text.len);
	s->p.roster.policy = wb_span_text(s->policy);
	wb_bytes_clear(&text);
}

int
scene_make(void **state)
{
	struct scene *s = calloc(1, sizeof *s);

	assert_non_null(s);
	programme_make(&s->p);
	s->p.real_ms = true;
	s->p.settings.witness_seconds = 20;
	s->p.settings.witness_retry_seconds = 0; /* no pauses */
	s->next = 1;
	s->log_fd = open(check_path(&s->p.dir, "words"),
	    O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	assert_true(s->log_fd >= 0);
	s->log = (struct wb_log){ s->log_fd, WB_LOG_INFO, wb_clock_system() };
	s->p.log = &s->log;
	programme_open(&s->p);
	for (int i = 0; i < WITNESSES; i++) {
		char name[32];

		(void)snprintf(name, sizeof name, "witness.example/w%d", i);
		fake_witness_make(&s->w[i], name, &s->p.vkey, s->p.random);
		fake_witness_run(&s->w[i]);
	}
	*state = s;
	return 0;
}

int
scene_remove(void **state)
{
	struct scene *s = *state;

	programme_remove(&s->p);
	for (int i = 0; i < WITNESSES; i++)
		fake_witness_clear(&s->w[i]);
	(void)close(s->log_fd);
	free(s);
	return 0;
}

void
log_batch(struct scene *s)
{
	struct sent batch;

	make_batch(&batch, &s->p, K1, s->next++, 100);
	(void)expect(&s->p, &batch, WB_LOGGED, NULL);
	sent_clear(&batch);
}

void
begin(struct scene *s, const char *quorum, unsigned batches)
{
	write_policy(s, quorum);
	log_first_roster(&s->p);
	for (unsigned i = 0; i < batches; i++)
		log_batch(s);
}

uint64_t
size_of(struct scene *s)
{
	struct wb_core_status status;

	assert_ok(wb_core_status(&status, s->p.core, &s->p.err), &s->p.err);
	return status.head.size;
}

void
wait_until_witnessed(struct scene *s, uint64_t size)
{
	struct wb_core_status status = { 0 };

	do {
		(void)usleep(1000);
		assert_ok(wb_core_status(&status, s->p.core, &s->p.err),
		    &s->p.err);
	} while (status.witnessed < size);
	assert_int_equal(status.witnessed, size);
}

void
wait_until_open(struct scene *s)
{
	while (wb_witnesses_allow(s->p.core, NULL) != WB_OK)
		(void)usleep(1000);
}

void
wait_until_asked(struct fake_witness *w, unsigned times)
{
	while (fake_witness_facts(w).asked < times)
		(void)usleep(1000);
}

unsigned
count_words(struct scene *s, const char *words)
{
	static char text[1 << 16];
	ssize_t n = pread(s->log_fd, text, sizeof text - 1, 0);
	unsigned found = 0;

	assert_true(n >= 0);
	text[n] = '\0';
	for (const char *at = text; (at = strstr(at, words)) != NULL; at++)
		found++;
	return found;
}

/* Whose valid cosignatures a served note has; its head. */
static uint32_t
cosigners(struct wb_head *head, struct scene *s, struct wb_span note)
{
	struct wb_policy policy;
	struct wb_note parsed;

	assert_ok(wb_policy_parse(&policy, wb_span_text(s->policy), &s->p.err),
	    &s->p.err);
	assert_ok(wb_checkpoint_open(head, NULL, note, &s->p.vkey, &s->p.err),
	    &s->p.err);
	assert_ok(wb_note_parse(&parsed, note, &s->p.err), &s->p.err);
	return wb_policy_cosigned(&policy, &parsed);
}

uint32_t
witnessed_by(struct wb_head *head, struct scene *s)
{
	struct wb_bytes note;
	uint32_t mask;

	wb_bytes_init(&note, WB_MAX_NOTE);
	assert_ok(wb_feed_witnessed(&note, s->p.core, &s->p.err), &s->p.err);
	mask = cosigners(head, s, wb_bytes_span(&note));
	wb_bytes_clear(&note);
	return mask;
}

uint32_t
checkpoint_by(struct wb_head *head, struct scene *s)
{
	struct wb_bytes note;
	uint32_t mask;

	wb_bytes_init(&note, WB_MAX_NOTE);
	assert_ok(wb_feed_checkpoint(&note, s->p.core, &s->p.err), &s->p.err);
	mask = cosigners(head, s, wb_bytes_span(&note));
	wb_bytes_clear(&note);
	return mask;
}
