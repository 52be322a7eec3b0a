#include "crypto/note.h"

#include "crypto/secret.h"
#include "crypto/text.h"

#include "tests/unit/check.h"

#define LOG "example.org/waybill"
#define WITNESS "example.net/witness"
/* The end of a line that is well formed and signs nothing. */
#define SIG " AAAAAAAAAAAAAAAAAAAA\n"

static struct wb_signer log_signer, witness_signer;
static struct wb_vkey log_key, witness_key;
static const struct wb_head head = { 42, { "the root of the tree" } };

static int
start(void **state)
{
	uint8_t seed[WB_SEED_LEN] = { 1 };

	(void)state;
	if (wb_crypto_start(NULL) != WB_OK ||
	    wb_signer_from_seed(&log_signer, wb_span(seed, sizeof(seed)),
		NULL) != WB_OK)
		return 1;
	seed[0] = 2;
	return wb_signer_from_seed(&witness_signer, wb_span(seed, sizeof(seed)),
		   NULL) != WB_OK ||
	       wb_vkey_make(&log_key, LOG, WB_NOTE_ED25519, &log_signer.key,
		   NULL) != WB_OK ||
	       wb_vkey_make(&witness_key, WITNESS, WB_NOTE_COSIGNATURE,
		   &witness_signer.key, NULL) != WB_OK;
}

static int
stop(void **state)
{
	(void)state;
	wb_signer_clear(&log_signer);
	wb_signer_clear(&witness_signer);
	return 0;
}

/* A checkpoint signed by the log and, at time 1700000000, by the witness. */
static void
make_note(struct wb_bytes *out)
{
	struct wb_bytes text;

	wb_bytes_init(&text, 1000);
	wb_bytes_init(out, WB_MAX_NOTE);
	assert_int_equal(wb_checkpoint_format(&text, LOG, &head, NULL), WB_OK);
	assert_int_equal(wb_checkpoint_seal(out, &head, &log_key, &log_signer,
			     NULL),
	    WB_OK);
	assert_int_equal(wb_note_cosign(out, wb_bytes_span(&text), &witness_key,
			     &witness_signer, 1700000000, NULL),
	    WB_OK);
	wb_bytes_clear(&text);
}

static const struct {
	const char *why, *note;
	enum wb_status want;
} forms[] = {
	{ "one line", "text\n\n— a" SIG, WB_OK },
	{ "two lines", "text\n\n— a" SIG "— b" SIG, WB_OK },
	{ "a blank line in the text", "text\n\nmore\n\n— a" SIG, WB_OK },
	{ "letters of other scripts", "नमस्ते\n\n— जल" SIG, WB_OK },
	{ "an empty text", "\n\n— a" SIG, WB_OK },
	{ "nothing", "", WB_INVALID },
	{ "no blank line", "text\n— a" SIG, WB_INVALID },
	{ "no text", "\n— a" SIG, WB_INVALID },
	{ "no signature", "text\n\n", WB_INVALID },
	{ "no final newline", "text\n\n— a AAAAAAAAAAAAAAAAAAAA", WB_INVALID },
	{ "something after the lines", "text\n\n— a" SIG "b", WB_INVALID },
	{ "a hyphen", "text\n\n- a" SIG, WB_INVALID },
	{ "no blank after the dash", "text\n\n—a" SIG, WB_INVALID },
	{ "no name", "text\n\n— " SIG, WB_INVALID },
	{ "no signature after the name", "text\n\n— a\n", WB_INVALID },
	{ "an empty signature", "text\n\n— a \n", WB_INVALID },
	{ "a key id alone", "text\n\n— a AAAAAA==\n", WB_INVALID },
	{ "a dash alone", "text\n\n— \n", WB_INVALID },
	{ "a plus in the name", "text\n\n— a+b" SIG, WB_INVALID },
	{ "a wide blank in the name", "text\n\n— a\u2003b" SIG, WB_INVALID },
	{ "two blanks", "text\n\n— a " SIG, WB_INVALID },
	{ "base64 unpadded", "text\n\n— a AAAAAAA\n", WB_INVALID },
	{ "base64 with loose bits", "text\n\n— a AAAAAAB=\n", WB_INVALID },
	{ "a tab", "te\txt\n\n— a" SIG, WB_INVALID },
	{ "a carriage return", "text\r\n\n— a" SIG, WB_INVALID },
	{ "a stray byte", "te\x80xt\n\n— a" SIG, WB_INVALID },
	{ "a long form", "te\xC0\xAFxt\n\n— a" SIG, WB_INVALID },
	{ "a surrogate", "te\xED\xA0\x80xt\n\n— a" SIG, WB_INVALID },
	{ "past Unicode", "te\xF4\x90\x80\x80xt\n\n— a" SIG, WB_INVALID },
	{ "a byte of no UTF-8", "te\xF8xt\n\n— a" SIG, WB_INVALID },
	{ "a cut character", "text\n\n— a" SIG "\xE2\x80", WB_INVALID },
};

static void
notes_have_one_form(void **state)
{
	struct wb_error err = { 0 };
	struct wb_note n;

	(void)state;
	for (size_t i = 0; i < sizeof(forms) / sizeof(forms[0]); i++) {
		if (wb_note_parse(&n, wb_span_text(forms[i].note), &err) !=
		    forms[i].want)
			fail_msg("%s", forms[i].why);
	}
}

static void
notes_have_a_largest_size(void **state)
{
	static const char end[] = "\n\n— a" SIG;
	static char text[WB_MAX_NOTE + 2];
	const size_t at = WB_MAX_NOTE - (sizeof end - 1);
	struct wb_error err = { 0 };
	struct wb_note n;

	(void)state;
	memset(text, 'a', sizeof text);
	memcpy(text + at, end, sizeof end);
	assert_ok(wb_note_parse(&n, wb_span_text(text), &err), &err);
	text[at] = 'a';
	memcpy(text + at + 1, end, sizeof end);
	assert_status(WB_INVALID, wb_note_parse(&n, wb_span_text(text), &err),
	    &err);
}

static void
notes_have_at_most_a_hundred_signatures(void **state)
{
	struct wb_error err = { 0 };
	struct wb_bytes b;
	struct wb_note n;

	(void)state;
	wb_bytes_init(&b, WB_MAX_NOTE);
	assert_ok(wb_bytes_append_text(&b, "text\n\n", &err), &err);
	for (int i = 0; i < WB_MAX_NOTE_SIGNATURES; i++)
		assert_ok(wb_bytes_append_text(&b, "— a" SIG, &err), &err);
	assert_ok(wb_note_parse(&n, wb_bytes_span(&b), &err), &err);
	assert_ok(wb_bytes_append_text(&b, "— a" SIG, &err), &err);
	assert_status(WB_INVALID, wb_note_parse(&n, wb_bytes_span(&b), &err),
	    &err);
	wb_bytes_clear(&b);
}

static void
both_kinds_of_signature_are_found_and_checked(void **state)
{
	struct wb_error err = { 0 };
	struct wb_signature sig;
	uint64_t time = 1;
	struct wb_bytes b;
	struct wb_head h;
	struct wb_note n;

	(void)state;
	make_note(&b);
	assert_ok(wb_note_parse(&n, wb_bytes_span(&b), &err), &err);
	assert_ok(wb_note_verify(&n, &log_key, &time, &err), &err);
	assert_int_equal(time, 0);
	assert_ok(wb_note_verify(&n, &witness_key, &time, &err), &err);
	assert_int_equal(time, 1700000000);
	assert_ok(wb_checkpoint_open(&h, &sig, wb_bytes_span(&b), &log_key,
		      &err),
	    &err);
	assert_int_equal(h.size, 42);
	assert_true(wb_hash_equal(&h.root, &head.root));
	assert_true(wb_sign_verify(&sig, &log_key.key, n.text));
	assert_status(WB_INVALID,
	    wb_checkpoint_open(&h, NULL, wb_bytes_span(&b), &witness_key, &err),
	    &err);
	wb_bytes_clear(&b);
}

/* The line that `seen` needs, from a bare signature. */
static void
a_bare_signature_makes_the_same_note(void **state)
{
	struct wb_error err = { 0 };
	struct wb_signature sig;
	struct wb_bytes b, again;
	struct wb_head h;

	(void)state;
	wb_bytes_init(&b, WB_MAX_NOTE);
	wb_bytes_init(&again, WB_MAX_NOTE);
	assert_ok(wb_checkpoint_seal(&b, &head, &log_key, &log_signer, &err),
	    &err);
	assert_ok(wb_checkpoint_open(&h, &sig, wb_bytes_span(&b), &log_key,
		      &err),
	    &err);
	assert_ok(wb_checkpoint_format(&again, LOG, &h, &err), &err);
	assert_ok(wb_bytes_append_text(&again, "\n", &err), &err);
	assert_ok(wb_note_line(&again, &log_key, &sig, &err), &err);
	assert_true(wb_span_equal(wb_bytes_span(&b), wb_bytes_span(&again)));
	wb_bytes_clear(&again);
	wb_bytes_clear(&b);
}

/* No byte of a signed note can change without the log or witness noticing. */
static void
every_flipped_bit_is_noticed(void **state)
{
	struct wb_error err = { 0 };
	struct wb_bytes b;
	struct wb_note n;

	(void)state;
	make_note(&b);
	for (size_t i = 0; i < b.len * 8; i++) {
		b.data[i / 8] ^= (uint8_t)(1U << i % 8);
		if (wb_note_parse(&n, wb_bytes_span(&b), &err) == WB_OK &&
		    wb_note_verify(&n, &log_key, NULL, &err) == WB_OK &&
		    wb_note_verify(&n, &witness_key, NULL, &err) == WB_OK)
			fail_msg("bit %zu does not matter", i);
		b.data[i / 8] ^= (uint8_t)(1U << i % 8);
	}
	wb_bytes_clear(&b);
}

static void
a_missing_signature_is_not_a_forged_one(void **state)
{
	struct wb_vkey other = log_key;
	struct wb_error err = { 0 };
	struct wb_bytes b;
	struct wb_note n;

	(void)state;
	make_note(&b);
	assert_ok(wb_note_parse(&n, wb_bytes_span(&b), &err), &err);
	assert_ok(wb_vkey_make(&other, LOG, WB_NOTE_ED25519,
		      &witness_signer.key, &err),
	    &err);
	assert_status(WB_NOT_FOUND, wb_note_verify(&n, &other, NULL, &err),
	    &err);
	assert_ok(wb_vkey_make(&other, "example.org/other", WB_NOTE_ED25519,
		      &log_signer.key, &err),
	    &err);
	assert_status(WB_NOT_FOUND, wb_note_verify(&n, &other, NULL, &err),
	    &err);
	/* The line claims the key; the key does not stand by it. */
	other = log_key;
	other.key.b[3] ^= 1;
	assert_status(WB_FORGED, wb_note_verify(&n, &other, NULL, &err), &err);
	other = witness_key;
	other.type = WB_NOTE_ED25519;
	assert_status(WB_FORGED, wb_note_verify(&n, &other, NULL, &err), &err);
	other = log_key;
	other.type = WB_NOTE_COSIGNATURE;
	assert_status(WB_FORGED, wb_note_verify(&n, &other, NULL, &err), &err);
	wb_bytes_clear(&b);
}

/* Lines that are no signature by the log; its own follows. */
static const char *const passed_over[] = {
	"no signature line\n",
	"— \n",
	"— " WITNESS " AAAAAAAAAAAAAAAAAAAA\n",
	"— " LOG " AAA\n",
	"— " LOG " AAAA\n",
	"— " LOG " AAAAAAAAAAAAAAAAAAAA\n",
};

static void
what_is_no_line_by_the_key_is_passed_over(void **state)
{
	struct wb_error err = { 0 };
	struct wb_bytes line, lines, found;
	struct wb_note n;

	(void)state;
	wb_bytes_init(&line, WB_MAX_NOTE);
	wb_bytes_init(&lines, WB_MAX_NOTE);
	wb_bytes_init(&found, WB_MAX_NOTE);
	n.text = wb_span_text("text\n");
	assert_ok(wb_note_sign(&line, n.text, &log_key, &log_signer, &err),
	    &err);
	for (size_t i = 0; i < sizeof(passed_over) / sizeof(passed_over[0]);
	     i++) {
		wb_bytes_reset(&lines);
		wb_bytes_reset(&found);
		assert_ok(wb_bytes_append_text(&lines, passed_over[i], &err),
		    &err);
		n.signatures = wb_bytes_span(&lines);
		assert_status(WB_NOT_FOUND,
		    wb_note_find(&found, &n, &log_key, &err), &err);
		assert_int_equal(found.len, 0);
		assert_ok(wb_bytes_append(&lines, wb_bytes_span(&line), &err),
		    &err);
		n.signatures = wb_bytes_span(&lines);
		assert_ok(wb_note_verify(&n, &log_key, NULL, &err), &err);
	}
	wb_bytes_clear(&found);
	wb_bytes_clear(&lines);
	wb_bytes_clear(&line);
}

static const struct {
	const char *why;
	size_t len; /* behind the key id; 72 is right */
} lengths[] = {
	{ "one byte", 1 },
	{ "less than a time", 7 },
	{ "a time alone", 8 },
	{ "one byte too few", 71 },
	{ "one byte too many", 73 },
};

static void
cosignatures_have_one_length(void **state)
{
	struct wb_bytes b, raw, line;
	struct wb_error err = { 0 };
	struct wb_note n, cut;

	(void)state;
	make_note(&b);
	wb_bytes_init(&raw, WB_MAX_NOTE);
	wb_bytes_init(&line, WB_MAX_NOTE);
	assert_ok(wb_note_parse(&n, wb_bytes_span(&b), &err), &err);
	for (size_t i = 0; i < sizeof(lengths) / sizeof(lengths[0]); i++) {
		wb_bytes_reset(&raw);
		wb_bytes_reset(&line);
		assert_ok(wb_bytes_extend(&raw, 4, NULL, &err), &err);
		wb_put_be32(raw.data, witness_key.id);
		assert_ok(wb_note_find(&raw, &n, &witness_key, &err), &err);
		assert_int_equal(raw.len, 4 + 72);
		assert_ok(wb_bytes_extend(&raw, 1, NULL, &err), &err);
		assert_ok(wb_bytes_append(&line, n.text, &err), &err);
		assert_ok(wb_bytes_append_text(&line, "\n— " WITNESS " ", &err),
		    &err);
		assert_ok(wb_base64_append(&line,
			      wb_span(raw.data, 4 + lengths[i].len), &err),
		    &err);
		assert_ok(wb_bytes_append_text(&line, "\n", &err), &err);
		assert_ok(wb_note_parse(&cut, wb_bytes_span(&line), &err),
		    &err);
		if (wb_note_verify(&cut, &witness_key, NULL, &err) != WB_FORGED)
			fail_msg("%s", lengths[i].why);
	}
	wb_bytes_clear(&line);
	wb_bytes_clear(&raw);
	wb_bytes_clear(&b);
}

/* A key that signs several logs' heads must not pass one for another's. */
static void
a_log_opens_only_checkpoints_of_its_own(void **state)
{
	struct wb_error err = { 0 };
	struct wb_vkey cosigner;
	struct wb_bytes b, text;
	struct wb_head h;

	(void)state;
	wb_bytes_init(&b, WB_MAX_NOTE);
	wb_bytes_init(&text, WB_MAX_NOTE);
	assert_ok(wb_checkpoint_format(&text, "example.org/other", &head, &err),
	    &err);
	assert_ok(wb_bytes_append(&b, wb_bytes_span(&text), &err), &err);
	assert_ok(wb_bytes_append_text(&b, "\n", &err), &err);
	assert_ok(wb_note_sign(&b, wb_bytes_span(&text), &log_key, &log_signer,
		      &err),
	    &err);
	assert_status(WB_INVALID,
	    wb_checkpoint_open(&h, NULL, wb_bytes_span(&b), &log_key, &err),
	    &err);
	/* Nor is a cosignature a log's signature, be it of the same name. */
	assert_ok(wb_vkey_make(&cosigner, LOG, WB_NOTE_COSIGNATURE,
		      &log_signer.key, &err),
	    &err);
	wb_bytes_reset(&b);
	wb_bytes_reset(&text);
	assert_ok(wb_checkpoint_format(&text, LOG, &head, &err), &err);
	assert_ok(wb_bytes_append(&b, wb_bytes_span(&text), &err), &err);
	assert_ok(wb_bytes_append_text(&b, "\n", &err), &err);
	assert_ok(wb_note_cosign(&b, wb_bytes_span(&text), &cosigner,
		      &log_signer, 1700000000, &err),
	    &err);
	assert_status(WB_INVALID,
	    wb_checkpoint_open(&h, NULL, wb_bytes_span(&b), &cosigner, &err),
	    &err);
	wb_bytes_clear(&text);
	wb_bytes_clear(&b);
}

static void
verifier_keys_survive_their_text(void **state)
{
	const struct wb_vkey *keys[] = { &log_key, &witness_key };
	struct wb_error err = { 0 };
	struct wb_vkey back;
	struct wb_bytes b;

	(void)state;
	wb_bytes_init(&b, 1000);
	for (size_t i = 0; i < 2; i++) {
		wb_bytes_reset(&b);
		assert_ok(wb_vkey_format(&b, keys[i], &err), &err);
		assert_ok(wb_vkey_parse(&back, wb_bytes_span(&b), &err), &err);
		assert_string_equal(back.name, keys[i]->name);
		assert_int_equal(back.type, keys[i]->type);
		assert_int_equal(back.id, keys[i]->id);
		assert_true(wb_key_equal(&back.key, &keys[i]->key));
		/* A slip in copying never passes. */
		for (size_t k = 0; k < b.len; k++) {
			b.data[k] ^= 1;
			assert_int_not_equal(wb_vkey_parse(&back,
						 wb_bytes_span(&b), NULL),
			    WB_OK);
			b.data[k] ^= 1;
		}
	}
	wb_bytes_clear(&b);
}

/* Type 0x01 and a key of zeros. */
#define KEY "AQAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"

static const struct {
	const char *why, *vkey;
	enum wb_status want;
} vkeys[] = {
	{ "nothing", "", WB_INVALID },
	{ "a name alone", "example.org", WB_INVALID },
	{ "no key", "example.org+00000000", WB_INVALID },
	{ "an empty key", "example.org+00000000+", WB_INVALID },
	{ "a short hash", "example.org+0000000+AQ==", WB_INVALID },
	{ "a hash of no digits", "example.org+0000000g+AQ==", WB_INVALID },
	{ "no name", "+00000000+" KEY, WB_INVALID },
	{ "a blank in the name", "a b+00000000+" KEY, WB_INVALID },
	{ "bad base64", "a+00000000+" KEY "=", WB_INVALID },
	{ "too short a key", "a+00000000+AQAA", WB_INVALID },
	{ "a wrong hash", "a+00000000+" KEY, WB_INVALID },
	{ "type 0x02", "a+00000000+AgAA", WB_NEWER },
	{ "type 0x06", "a+00000000+BgAA", WB_NEWER },
	{ "type 0xff", "a+00000000+/wAA", WB_NEWER },
};

static void
verifier_keys_are_read_strictly(void **state)
{
	static char longest[WB_MAX_NOTE + 2];
	static const char nul[] = "a\0b+00000000+" KEY;
	struct wb_error err = { 0 };
	struct wb_vkey v;

	(void)state;
	assert_status(WB_INVALID,
	    wb_vkey_parse(&v, wb_span(nul, sizeof(nul) - 1), &err), &err);
	memset(longest, 'a', sizeof(longest) - 1);
	assert_status(WB_INVALID,
	    wb_vkey_parse(&v, wb_span_text(longest), &err), &err);
	assert_non_null(strstr(err.text, "too long"));
	memcpy(longest + WB_MAX_KEY_NAME + 1, "+00000000+" KEY,
	    sizeof("+00000000+" KEY));
	assert_status(WB_INVALID,
	    wb_vkey_parse(&v, wb_span_text(longest), &err), &err);
	for (size_t i = 0; i < sizeof(vkeys) / sizeof(vkeys[0]); i++) {
		if (wb_vkey_parse(&v, wb_span_text(vkeys[i].vkey), &err) !=
		    vkeys[i].want)
			fail_msg("%s: %s", vkeys[i].why, err.text);
	}
	assert_status(WB_NEWER,
	    wb_vkey_parse(&v, wb_span_text("a+00000000+BgAA"), &err), &err);
	assert_non_null(strstr(err.text, "ML-DSA-44"));
}

/* Unicode's White_Space, and what stands beside it. */
static const struct {
	const char *name;
	enum wb_status want;
} named[] = {
	{ "", WB_INVALID },
	{ "a+b", WB_INVALID },
	{ "a b", WB_INVALID },
	{ "a\x1b[m", WB_INVALID },
	{ "a\x08", WB_INVALID },
	{ "a\t", WB_INVALID },
	{ "a\r", WB_INVALID },
	{ "a\x0e", WB_INVALID },
	{ "a\x80", WB_INVALID },
	{ "a!", WB_OK },
	{ "a\xc2\x84", WB_OK },
	{ "a\xc2\x85", WB_INVALID },
	{ "a\xc2\xa0", WB_INVALID },
	{ "a\u1680", WB_INVALID },
	{ "a\u1fff", WB_OK },
	{ "a\u2000", WB_INVALID },
	{ "a\u200a", WB_INVALID },
	{ "a\u200b", WB_OK },
	{ "a\u2028", WB_INVALID },
	{ "a\u2029", WB_INVALID },
	{ "a\u202f", WB_INVALID },
	{ "a\u205f", WB_INVALID },
	{ "a\u3000", WB_INVALID },
	{ "a\u3001", WB_OK },
};

static void
names_of_keys_are_short_and_without_blanks(void **state)
{
	char name[WB_MAX_KEY_NAME + 2] = { 0 };
	struct wb_error err = { 0 };
	struct wb_vkey v;

	(void)state;
	memset(name, 'a', WB_MAX_KEY_NAME);
	assert_ok(wb_vkey_make(&v, name, WB_NOTE_ED25519, &log_key.key, &err),
	    &err);
	name[WB_MAX_KEY_NAME] = 'a';
	assert_status(WB_INVALID,
	    wb_vkey_make(&v, name, WB_NOTE_ED25519, &log_key.key, &err), &err);
	for (size_t i = 0; i < sizeof(named) / sizeof(named[0]); i++)
		assert_status(named[i].want,
		    wb_vkey_make(&v, named[i].name, WB_NOTE_ED25519,
			&log_key.key, &err),
		    &err);
}

static void
keys_are_equal_in_every_part(void **state)
{
	struct wb_vkey other = log_key;

	(void)state;
	assert_true(wb_vkey_equal(&log_key, &other));
	other.type = WB_NOTE_COSIGNATURE;
	assert_false(wb_vkey_equal(&log_key, &other));
	other = log_key;
	other.name[0] = 'E';
	assert_false(wb_vkey_equal(&log_key, &other));
	other = log_key;
	other.key.b[31] ^= 1;
	assert_false(wb_vkey_equal(&log_key, &other));
}

#define ROOT "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="

static const struct {
	const char *why, *text;
	enum wb_status want;
} bodies[] = {
	{ "the plain form", LOG "\n0\n" ROOT "\n", WB_OK },
	{ "extensions", LOG "\n9\n" ROOT "\nmore\nand more\n", WB_OK },
	{ "another log", "b\n0\n" ROOT "\n", WB_INVALID },
	{ "nothing", "", WB_INVALID },
	{ "no origin", "\n0\n" ROOT "\n", WB_INVALID },
	{ "an origin alone", LOG "\n", WB_INVALID },
	{ "no size", LOG "\n\n" ROOT "\n", WB_INVALID },
	{ "a leading zero", LOG "\n01\n" ROOT "\n", WB_INVALID },
	{ "a sign", LOG "\n-1\n" ROOT "\n", WB_INVALID },
	{ "too large", LOG "\n9223372036854775808\n" ROOT "\n", WB_INVALID },
	{ "no root", LOG "\n0\n", WB_INVALID },
	{ "a short root", LOG "\n0\nAAAA\n", WB_INVALID },
	{ "an open end", LOG "\n0\n" ROOT, WB_INVALID },
	{ "an open extension", LOG "\n0\n" ROOT "\nmore", WB_INVALID },
	{ "an empty extension", LOG "\n0\n" ROOT "\n\nmore\n", WB_INVALID },
};

static void
checkpoints_have_one_form(void **state)
{
	struct wb_error err = { 0 };
	struct wb_head h;

	(void)state;
	for (size_t i = 0; i < sizeof(bodies) / sizeof(bodies[0]); i++) {
		if (wb_checkpoint_parse(&h, wb_span_text(bodies[i].text), LOG,
			&err) != bodies[i].want)
			fail_msg("%s", bodies[i].why);
	}
	assert_ok(wb_checkpoint_parse(&h, wb_span_text("b\n7\n" ROOT "\n"),
		      NULL, &err),
	    &err);
	assert_int_equal(h.size, 7);
	assert_status(WB_INVALID,
	    wb_checkpoint_parse(&h, wb_span_text("\n7\n" ROOT "\n"), NULL,
		&err),
	    &err);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(notes_have_one_form),
		cmocka_unit_test(notes_have_a_largest_size),
		cmocka_unit_test(notes_have_at_most_a_hundred_signatures),
		cmocka_unit_test(both_kinds_of_signature_are_found_and_checked),
		cmocka_unit_test(a_bare_signature_makes_the_same_note),
		cmocka_unit_test(every_flipped_bit_is_noticed),
		cmocka_unit_test(a_missing_signature_is_not_a_forged_one),
		cmocka_unit_test(what_is_no_line_by_the_key_is_passed_over),
		cmocka_unit_test(cosignatures_have_one_length),
		cmocka_unit_test(a_log_opens_only_checkpoints_of_its_own),
		cmocka_unit_test(verifier_keys_survive_their_text),
		cmocka_unit_test(verifier_keys_are_read_strictly),
		cmocka_unit_test(names_of_keys_are_short_and_without_blanks),
		cmocka_unit_test(keys_are_equal_in_every_part),
		cmocka_unit_test(checkpoints_have_one_form),
	};

	return cmocka_run_group_tests(tests, start, stop);
}
