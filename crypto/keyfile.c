#include "crypto/keyfile.h"

#include "crypto/lines.h"
#include "crypto/text.h"

enum wb_status
wb_keyfile_make(struct wb_bytes *out, const char *name, enum wb_note_type type,
    struct wb_random random, struct wb_error *err)
{
	struct wb_signer key = { 0 };
	struct wb_vkey vkey;
	enum wb_status st = wb_signer_generate(&key, random, err);

	if (st == WB_OK)
		st = wb_vkey_make(&vkey, name, type, &key.key, err);
	if (st == WB_OK)
		st = wb_vkey_format(out, &vkey, err);
	if (st == WB_OK)
		st = wb_bytes_append_text(out, "\n", err);
	if (st == WB_OK)
		st = wb_base64_append(out, wb_signer_seed(&key), err);
	if (st == WB_OK)
		st = wb_bytes_append_text(out, "\n", err);
	wb_signer_clear(&key);
	return st;
}

enum wb_status
wb_keyfile_parse(struct wb_vkey *vkey, struct wb_signer *signer,
    struct wb_span text, enum wb_note_type type, struct wb_error *err)
{
	struct wb_span first, second;
	struct wb_secret *seed = NULL;
	enum wb_status st;
	size_t len;

	*signer = (struct wb_signer){ 0 };
	if (!wb_line_take(&first, &text) || !wb_line_take(&second, &text) ||
	    text.len != 0)
		return wb_fail(err, WB_INVALID, "two lines are wanted");
	st = wb_vkey_parse(vkey, first, err);
	if (st == WB_OK)
		st = wb_secret_new(&seed, WB_SEED_LEN, err);
	if (st == WB_OK &&
	    !wb_base64_decode(wb_secret_data(seed), WB_SEED_LEN, &len, second))
		st = wb_fail(err, WB_INVALID, "its second line is no key");
	if (st == WB_OK)
		st = wb_signer_from_seed(signer,
		    wb_span_sub(wb_secret_span(seed), 0, len), err);
	if (st == WB_OK && vkey->type != type)
		st = wb_fail(err, WB_INVALID, "its key is of another type");
	if (st == WB_OK && !wb_key_equal(&vkey->key, &signer->key))
		st = wb_fail(err, WB_INVALID,
		    "its two keys do not belong together");
	if (st != WB_OK)
		wb_signer_clear(signer);
	wb_secret_free(&seed);
	return st;
}
