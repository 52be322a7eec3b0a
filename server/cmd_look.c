/* waybilld status, check, verify: looks that change nothing. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "crypto/text.h"
#include "proto/envelope.h"
#include "server/cmd.h"
#include "server/signer.h"
#include "server/store.h"

/* What can be told of a log beside the process that serves it. */
struct look {
	struct wb_settings settings;
	struct wb_log_signer *signer;
	struct wb_store *store;
	struct wb_store_head stored;
	bool has_programme;
	struct wb_hash programme;
	struct wb_arena arena; /* of `kept` */
	struct wb_store_witnessed kept;
	uint64_t witnessed; /* size of the newest with a quorum; 0: none */
};

/* The programme is the statement id of entry 0. */
static enum wb_status
find_programme(struct look *look, struct wb_error *err)
{
	struct wb_store_entry entry;
	struct wb_envelope envelope;
	struct wb_arena arena;
	struct wb_span bytes;
	enum wb_status st;

	if (look->stored.head.size == 0)
		return WB_OK;
	wb_arena_init(&arena, WB_ARENA_BUDGET);
	st = wb_store_entry(&entry, &bytes, NULL, &arena, look->store, 0, err);
	if (st == WB_OK)
		st = wb_envelope_decode(&envelope, &arena, bytes, err);
	if (st == WB_OK) {
		look->has_programme = true;
		look->programme = envelope.id;
	}
	wb_arena_clear(&arena);
	return st;
}

static enum wb_status
find_witnessed(struct look *look, struct wb_error *err)
{
	struct wb_head head;
	enum wb_status st = wb_store_witnessed(&look->kept, &look->arena,
	    look->store, err);

	if (st == WB_OK && look->kept.note.len > 0) {
		st = wb_checkpoint_open(&head, NULL, look->kept.note,
		    wb_log_signer_vkey(look->signer), err);
		if (st == WB_OK)
			look->witnessed = head.size;
	}
	return st;
}

static enum wb_status
look_open(struct look *look, const struct wb_run *run, struct wb_error *err)
{
	const struct wb_file_ops *ops = wb_file_ops_system();
	char where[WB_MAX_PATH + 16];
	enum wb_status st = wb_run_settings(&look->settings, run, err);

	wb_arena_init(&look->arena, WB_ARENA_BUDGET);
	if (st == WB_OK)
		st = wb_log_signer_open(&look->signer, look->settings.dir, ops,
		    err);
	if (st != WB_OK)
		return st;
	if (look->settings.store[0] != '\0')
		(void)snprintf(where, sizeof where, "%s", look->settings.store);
	else
		(void)snprintf(where, sizeof where, "sqlite:%s/store.db",
		    look->settings.dir);
	st = wb_store_open(&look->store, where, WB_STORE_READ, err);
	if (st == WB_OK)
		st = wb_store_head(&look->stored, look->store, err);
	if (st == WB_OK)
		st = find_witnessed(look, err);
	return st == WB_OK ? find_programme(look, err) : st;
}

static void
look_close(struct look *look)
{
	wb_store_close(&look->store);
	wb_log_signer_close(&look->signer);
	wb_arena_clear(&look->arena);
}

/* A line of a note is a dash, the name and the rest. */
static struct wb_span
name_in(struct wb_span line)
{
	const struct wb_span dash = wb_span_text("\u2014 ");
	struct wb_span name = wb_span_sub(line, dash.len, line.len);
	const uint8_t *end = memchr(name.data, ' ', name.len);

	if (end != NULL)
		name.len = (size_t)(end - name.data);
	return name;
}

static void
print_witnesses(struct wb_run *run, const struct look *look)
{
	if (look->witnessed > 0)
		wb_run_print(run, "witnessed  %" PRIu64 "\n", look->witnessed);
	for (size_t i = 0; i < look->kept.count; i++) {
		struct wb_span name = name_in(look->kept.lines[i].line);

		wb_run_print(run, "           %" PRIu64 " by %.*s\n",
		    look->kept.lines[i].size, (int)name.len,
		    (const char *)name.data);
	}
}

static void
write_witnesses(struct wb_json *j, const struct look *look)
{
	wb_json_uint(j, "witnessed", look->witnessed);
	wb_json_array(j, "witnesses");
	for (size_t i = 0; i < look->kept.count; i++) {
		wb_json_object(j, NULL);
		wb_json_text(j, "name", name_in(look->kept.lines[i].line));
		wb_json_uint(j, "size", look->kept.lines[i].size);
		wb_json_close(j);
	}
	wb_json_close(j);
}

static enum wb_status
print_look(struct wb_run *run, const struct look *look, struct wb_error *err)
{
	const struct wb_head *head = wb_log_signer_record(look->signer);
	char id[2 * WB_HASH_LEN + 1] = "none yet";
	struct wb_json *j = &run->out;

	if (!run->json) {
		if (look->has_programme)
			wb_hex_format(id, wb_hash_span(&look->programme));
		wb_run_print(run,
		    "log        %s\nprogramme  %s\nentries    %" PRIu64
		    "\ncontent    %" PRIu64 " bytes\nlisten     %s "
		    "(as configured)\n",
		    wb_log_signer_vkey(look->signer)->name, id, head->size,
		    look->stored.content_bytes, look->settings.listen);
		print_witnesses(run, look);
		return WB_OK;
	}
	wb_json_object(j, NULL);
	wb_json_int(j, "v", 1);
	wb_json_string(j, "origin", wb_log_signer_vkey(look->signer)->name);
	if (look->has_programme)
		wb_run_hash(j, "programme", &look->programme);
	else
		wb_json_null(j, "programme");
	wb_json_uint(j, "entries", head->size);
	wb_run_hash(j, "root", &head->root);
	wb_json_uint(j, "content_bytes", look->stored.content_bytes);
	write_witnesses(j, look);
	wb_json_string(j, "listen", look->settings.listen);
	wb_json_close(j);
	return wb_json_finish(j, err);
}

static enum wb_status
status(struct wb_run *run, struct wb_error *err)
{
	struct look look = { 0 };
	enum wb_status st = look_open(&look, run, err);

	if (st == WB_OK)
		st = print_look(run, &look, err);
	look_close(&look);
	return st;
}

static enum wb_status
print_good(struct wb_run *run, const char *words, struct wb_error *err)
{
	if (!run->json) {
		wb_run_print(run, "%s\n", words);
		return WB_OK;
	}
	wb_json_object(&run->out, NULL);
	wb_json_int(&run->out, "v", 1);
	wb_json_string(&run->out, "result", "good");
	wb_json_close(&run->out);
	return wb_json_finish(&run->out, err);
}

static enum wb_status
check(struct wb_run *run, struct wb_error *err)
{
	struct look look = { 0 };
	enum wb_status st = look_open(&look, run, err);

	if (st == WB_OK)
		st = wb_settings_check(&look.settings, err);
	look_close(&look);
	return st == WB_OK
		   ? print_good(run,
			 "the settings, the key and the store are there", err)
		   : st;
}

static enum wb_status
verify(struct wb_run *run, struct wb_error *err)
{
	struct wb_settings settings;
	enum wb_status st = wb_run_settings(&settings, run, err);

	if (st == WB_OK)
		st = wb_core_check(&settings, &run->log, err);
	return st == WB_OK ? print_good(run, "the whole log is good", err) : st;
}

const struct wb_server_command wb_serve_status = {
	.help = { .name = "status",
	    .group = "Every day",
	    .synopsis = "",
	    .summary = "show the log's size; also while it is served" },
	.run = status
};

const struct wb_server_command wb_serve_check = {
	.help = { .name = "check",
	    .group = "See and check",
	    .synopsis = "",
	    .summary = "check the settings before serving" },
	.run = check
};

const struct wb_server_command wb_serve_verify = {
	.help = { .name = "verify",
	    .group = "See and check",
	    .synopsis = "",
	    .summary = "read and check the whole log again",
	    .description = "Every envelope, signature, roster step, chain and "
			   "tile,\nand that the signed head is theirs." },
	.run = verify
};
