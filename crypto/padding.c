#include "crypto/padding.h"

#include <assert.h>

#define CONTENT_MIN ((size_t)2 << 10)
#define CONTENT_LADDER ((size_t)64 << 10) /* powers of two up to here */
#define FIELD_TAG_LEN 1 /* field 15, length-delimited: 0x7a */
#define VARINT_MAX_LEN 10

size_t
wb_pad_to_step(size_t size, size_t step)
{
	assert(step != 0 && (step & (step - 1)) == 0);
	return (size + step - 1) & ~(step - 1);
}

static unsigned
floor_log2(size_t v)
{
	unsigned n = 0;

	while (v >>= 1)
		n++;
	return n;
}

/*
 * A floating-point number with a mantissa no longer than its exponent: at
 * most 12 % more, and O(log log size) bits told.
 */
static size_t
padme(size_t size)
{
	unsigned exponent = floor_log2(size);
	unsigned mantissa = floor_log2(exponent) + 1;

	/* Past the ladder the exponent is the larger one. */
	return wb_pad_to_step(size, (size_t)1 << exponent >> mantissa);
}

size_t
wb_pad_content(size_t size)
{
	size_t target = CONTENT_MIN;

	if (size > CONTENT_LADDER)
		return padme(size);
	while (target < size)
		target *= 2;
	return target;
}

static size_t
varint_len(size_t v)
{
	size_t n = 1;

	while (v >>= 7)
		n++;
	return n;
}

bool
wb_pad_field(size_t *zeros, size_t size, size_t target)
{
	*zeros = 0;
	if (target <= size)
		return target == size;
	for (size_t prefix = 1; prefix <= VARINT_MAX_LEN; prefix++) {
		size_t head = FIELD_TAG_LEN + prefix;

		if (target - size <= head)
			return false;
		if (varint_len(target - size - head) == prefix) {
			*zeros = target - size - head;
			return true;
		}
	}
	return false;
}

size_t
wb_pad_field_to_step(size_t size, size_t step)
{
	size_t target = wb_pad_to_step(size, step);
	size_t zeros;

	while (!wb_pad_field(&zeros, size, target))
		target += step;
	return zeros;
}
