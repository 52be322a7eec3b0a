/*
 * How large things become before they are encrypted, so that sizes tell
 * little.  Padding is zeros in a `bytes padding = 15` protobuf field, which is
 * left out when it would be empty.
 */
#ifndef WB_CRYPTO_PADDING_H
#define WB_CRYPTO_PADDING_H

#include <stdbool.h>
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
 * Finds the number of zeros with which a message of `size` bytes (without the
 * field) becomes exactly `target` bytes, the field's tag and length counted.
 * False: no number does.  That is so below `size`, for gaps of 1 or 2 bytes,
 * and for the one gap at each growth of the length prefix (130, 16387, ...).
 */
bool wb_pad_field(size_t *zeros, size_t size, size_t target);

/* The zeros up to the smallest multiple of `step` that can be reached. */
size_t wb_pad_field_to_step(size_t size, size_t step);

#endif
