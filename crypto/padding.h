/* How large things become before they are encrypted, so that sizes tell little.
 */
#ifndef WB_CRYPTO_PADDING_H
#define WB_CRYPTO_PADDING_H

#include <stddef.h>

/* The next multiple of `step` (a power of two) that is not below `size`. */
size_t wb_pad_to_step(size_t size, size_t step);

/*
 * The target of a content file of at least `size` bytes: the smallest power
 * of two from 2 KiB to 64 KiB, and PADMÉ above (Nikitin et al., "Reducing
 * Metadata Leakage from Encrypted Files", PETS 2019).
 */
size_t wb_pad_content(size_t size);

/*
 * Bytes of zeros for a protobuf `bytes padding = 15` field so that a message
 * of `size` bytes without it becomes exactly `target`; the field's tag and
 * length prefix are counted.  Returns 1 and sets *zeros if that can be had (0
 * zeros: the field is left out), 0 if not (gaps of 1 or 2 bytes, and those
 * where the length prefix grows).
 */
int wb_pad_field(size_t *zeros, size_t size, size_t target);

#endif
