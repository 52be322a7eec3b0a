#include "client/audit/audit_server.h"

#include "client/sync/sync.h"

#include "tests/unit/client/fake_server.h"
#include "tests/unit/client/fixture.h"

static const struct fixture_record rice = { WB_KIND_DELIVERED, "rice", "sack",
	2500, "S-12", 20500 };

struct scene {
	struct fixture f;
	struct fake_server *server;
};

static void
sync_device(struct scene *s, struct wb_device *device)
{
	struct wb_remote *remote = fake_server_connect(s->server, device);
	struct wb_synced done;

	assert_ok(wb_sync(&done, device, remote, (struct wb_sync_progress){ 0 },
		      &s->f.err),
	    &s->f.err);
	wb_remote_close(&remote);
}

/* Two batches, opened; the coordinator knows all of the log. */
static void
begin(struct scene *s)
{
	fixture_begin(&s->f, 7);
	s->server = fake_server_new(fake_log_of(&s->f.coord, &s->f.log));
	(void)fixture_save(&s->f, &s->f.k1, &rice);
	sync_device(s, &s->f.k1);
	(void)fixture_save(&s->f, &s->f.k2, &rice);
	sync_device(s, &s->f.k2);
	sync_device(s, &s->f.coord);
	sync_device(s, &s->f.coord);
}

static void
end(struct scene *s)
{
	fake_server_free(&s->server);
	fixture_end(&s->f);
}

static enum wb_status
audit(struct wb_audit *out, struct scene *s, struct wb_device *device,
    bool contents)
{
	const struct wb_audit_options options = { 0 };
	struct wb_audit_server server = { .device = device,
		.remote = fake_server_connect(s->server, device),
		.contents = contents };
	enum wb_status st;

	s->f.err = (struct wb_error){ 0 };
	st = wb_audit_server(out, &server, &options, &s->f.err);
	wb_remote_close(&server.remote);
	return st;
}

static bool
found(const struct wb_audit *a, const char *id)
{
	for (size_t i = 0; i < a->problem_count; i++) {
		if (strcmp(a->problems[i].id, id) == 0)
			return true;
		print_error("%s: %s\n", a->problems[i].id,
		    (const char *)a->problems[i].text.data);
	}
	return false;
}

static void
an_honest_server_is_good(void **state)
{
	struct wb_audit a;
	struct scene s;

	(void)state;
	begin(&s);
	s.server->page = 2; /* entries at once */
	assert_ok(audit(&a, &s, &s.f.coord, true), &s.f.err);
	(void)found(&a, "");
	assert_int_equal(a.result, WB_AUDIT_GOOD);
	assert_int_equal(a.entries, s.server->log->size);
	assert_int_equal(a.batches, 2);
	assert_int_equal(a.opened, 2);
	wb_audit_clear(&a);
	assert_ok(audit(&a, &s, &s.f.coord, false), &s.f.err);
	assert_int_equal(a.result, WB_AUDIT_UNCHECKED);
	assert_int_equal(a.unchecked_count, 1);
	assert_int_equal(a.contents, 0);
	wb_audit_clear(&a);
	end(&s);
}

static void
a_field_member_is_told_to_take_a_file(void **state)
{
	struct wb_audit a;
	struct scene s;

	(void)state;
	begin(&s);
	assert_status(WB_FAILED, audit(&a, &s, &s.f.k1, false), &s.f.err);
	assert_string_equal(wb_error_id(&s.f.err), "not-whole-log");
	wb_audit_clear(&a);
	end(&s);
}

static void
leave_out(struct scene *s)
{
	s->server->withhold = 2;
}

/* As long, of the same entries in another order, and signed by the log. */
static void
show_another_log(struct scene *s)
{
	struct fake_log *log = s->server->log;
	struct fake_log *fork = fake_log_copy(log, log->size - 2);

	for (uint64_t i = log->size; i > log->size - 2; i--) {
		const struct fake_entry *e = &log->entries[i - 1];

		(void)fake_log_add(fork, wb_bytes_span(&e->envelope),
		    wb_bytes_span(&e->content));
	}
	fake_log_free(&s->server->log);
	s->server->log = fork;
}

static void
stand_still(struct scene *s)
{
	s->server->freeze = 2;
}

static void
alter_contents(struct scene *s)
{
	for (uint64_t i = 0; i < s->server->log->size; i++)
		if (s->server->log->entries[i].content.len != 0)
			s->server->log->entries[i].content.data[9] ^= 1;
}

static void
finds_what_a_server_does(void **state)
{
	const struct {
		void (*lie)(struct scene *s);
		const char *id;
	} rows[] = {
		{ leave_out, "missing" },
		{ stand_still, "log-rolled-back" },
		{ show_another_log, "log-fork" },
		{ alter_contents, "content" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct wb_audit a;
		struct scene s;

		begin(&s);
		rows[i].lie(&s);
		assert_ok(audit(&a, &s, &s.f.coord, true), &s.f.err);
		assert_int_equal(a.result, WB_AUDIT_BAD);
		assert_true(found(&a, rows[i].id));
		wb_audit_clear(&a);
		end(&s);
	}
}

/* However long the log is that it claims: one such page is enough. */
static void
asks_no_more_of_a_server_whose_pages_bring_nothing(void **state)
{
	(void)state;
	for (int old = 0; old < 2; old++) {
		struct wb_audit a;
		struct scene s;

		begin(&s);
		s.server->page = 1;
		if (old)
			s.server->old_from = 1;
		else
			s.server->empty_from = 1;
		s.server->requests = 0;
		assert_ok(audit(&a, &s, &s.f.coord, true), &s.f.err);
		assert_int_equal(a.result, WB_AUDIT_BAD);
		assert_true(found(&a, "empty-page"));
		/* What is witnessed, a good page, and the one without. */
		assert_int_equal(s.server->requests, 3);
		wb_audit_clear(&a);
		end(&s);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_honest_server_is_good),
		cmocka_unit_test(a_field_member_is_told_to_take_a_file),
		cmocka_unit_test(finds_what_a_server_does),
		cmocka_unit_test(
		    asks_no_more_of_a_server_whose_pages_bring_nothing),
	};

	return wb_crypto_start(NULL) == WB_OK
		   ? cmocka_run_group_tests(tests, NULL, NULL)
		   : 1;
}
