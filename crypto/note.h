/*
 * Signed notes (c2sp.org/signed-note), checkpoints (c2sp.org/tlog-checkpoint)
 * and cosignatures (c2sp.org/tlog-cosignature).  Spoken: Ed25519 (0x01) and
 * Ed25519 cosignature/v1 (0x04); 0x06 is refused by name.
 */
#ifndef WB_CRYPTO_NOTE_H
#define WB_CRYPTO_NOTE_H

#include "crypto/hash.h"
#include "crypto/sign.h"

#define WB_MAX_KEY_NAME 200 /* bytes */
#define WB_MAX_NOTE ((size_t)64 << 10) /* bytes, signatures included */
#define WB_MAX_NOTE_SIGNATURES 100

enum wb_note_type {
	WB_NOTE_ED25519 = 0x01,
	WB_NOTE_COSIGNATURE = 0x04
};

/* A verifier key, "name+hash+base64(type || key)". */
struct wb_vkey {
	char name[WB_MAX_KEY_NAME + 1];
	enum wb_note_type type;
	uint32_t id; /* first four bytes of SHA-256(name \n type key) */
	struct wb_key key;
};

/* WB_INVALID: not a vkey, or its hash is wrong; WB_NEWER: other type. */
WB_MUST_CHECK enum wb_status wb_vkey_parse(struct wb_vkey *out,
    struct wb_span text, struct wb_error *err);
/* From its parts.  WB_INVALID: name empty, too long, blank or plus in it. */
WB_MUST_CHECK enum wb_status wb_vkey_make(struct wb_vkey *out, const char *name,
    enum wb_note_type type, const struct wb_key *key, struct wb_error *err);
WB_MUST_CHECK enum wb_status wb_vkey_format(struct wb_bytes *out,
    const struct wb_vkey *vkey, struct wb_error *err);
bool wb_vkey_equal(const struct wb_vkey *a, const struct wb_vkey *b);

/* The signed text of a note (its final newline included) and the rest. */
struct wb_note {
	struct wb_span text;
	struct wb_span signatures; /* the lines, form checked */
};

/* Checks the form only: nothing is verified yet.  Views into `note`. */
WB_MUST_CHECK enum wb_status wb_note_parse(struct wb_note *out,
    struct wb_span note, struct wb_error *err);

/*
 * Appends what the first line by `vkey` holds after its key id, unverified: 64
 * bytes of Ed25519, or time and 64 bytes of a cosignature, if it is honest.
 * WB_NOT_FOUND: no line by that key.
 */
WB_MUST_CHECK enum wb_status wb_note_find(struct wb_bytes *out,
    const struct wb_note *note, const struct wb_vkey *vkey,
    struct wb_error *err);

/*
 * Looks for a valid signature by `vkey`: the first line by that key counts.  WB_NOT_FOUND: no line by that key.
 * WB_FORGED: a line claims the key and is wrong.  For a cosignature *time is
 * its time in Unix seconds (else 0); time may be NULL.
 */
WB_MUST_CHECK enum wb_status wb_note_verify(const struct wb_note *note,
    const struct wb_vkey *vkey, uint64_t *time, struct wb_error *err);

/* Appends the line "— name base64\n" for `text` (which ends in a newline). */
WB_MUST_CHECK enum wb_status wb_note_sign(struct wb_bytes *out,
    struct wb_span text, const struct wb_vkey *vkey,
    const struct wb_signer *signer, struct wb_error *err);

/* The same line from a bare signature that is known to be good. */
WB_MUST_CHECK enum wb_status wb_note_line(struct wb_bytes *out,
    const struct wb_vkey *vkey, const struct wb_signature *signature,
    struct wb_error *err);

/* As wb_note_sign, type 0x04 at `time` (Unix seconds, not 0). */
WB_MUST_CHECK enum wb_status wb_note_cosign(struct wb_bytes *out,
    struct wb_span text, const struct wb_vkey *vkey,
    const struct wb_signer *signer, uint64_t time, struct wb_error *err);

/* A log head. */
struct wb_head {
	uint64_t size; /* leaves */
	struct wb_hash root; /* RFC 6962 */
};

/* "origin\nsize\nroot\n", appended: the text that the log signs. */
WB_MUST_CHECK enum wb_status wb_checkpoint_format(struct wb_bytes *out,
    const char *origin, const struct wb_head *head, struct wb_error *err);

/*
 * Reads a checkpoint's text: strict decimal, 32-byte root; extension lines
 * are passed over.  WB_INVALID: malformed or of another origin (origin NULL:
 * any).
 */
WB_MUST_CHECK enum wb_status wb_checkpoint_parse(struct wb_head *out,
    struct wb_span text, const char *origin, struct wb_error *err);

/*
 * Parse, verify, read: a checkpoint signed by the log `vkey`, whose name is
 * its origin.  *signature (may be NULL) gets the log's 64 bytes.
 * WB_INVALID, WB_NOT_FOUND, WB_FORGED as above.
 */
WB_MUST_CHECK enum wb_status wb_checkpoint_open(struct wb_head *out,
    struct wb_signature *signature, struct wb_span note,
    const struct wb_vkey *vkey, struct wb_error *err);

/*
 * The same note from a head and the log's signature of it, appended; nothing
 * is verified.
 */
WB_MUST_CHECK enum wb_status wb_checkpoint_join(struct wb_bytes *out,
    const struct wb_head *head, const struct wb_signature *signature,
    const struct wb_vkey *vkey, struct wb_error *err);

/*
 * Is the note, which the log has signed, all that wb_checkpoint_join makes of
 * its head and signature?  It is not where others have signed it too.
 */
bool wb_checkpoint_split(struct wb_head *head, struct wb_signature *signature,
    struct wb_span note, const struct wb_vkey *vkey);

/* A new one: text, blank line, signature line of the log. */
WB_MUST_CHECK enum wb_status wb_checkpoint_seal(struct wb_bytes *out,
    const struct wb_head *head, const struct wb_vkey *vkey,
    const struct wb_signer *signer, struct wb_error *err);

#endif
