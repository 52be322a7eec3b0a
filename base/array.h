/*
 * Arrays on the heap that grow by doubling, up to a number that is named.
 */
#ifndef WB_BASE_ARRAY_H
#define WB_BASE_ARRAY_H

#include <stddef.h>

/*
 * `array`, which has room for *room elements of `size` bytes, with room for at
 * least `need`: moved, perhaps, and then *room is new.  NULL: `need` is more
 * than `max`, or the machine has no memory; the array is as it was.  Begins as
 * NULL with room 0; free() ends it.
 */
void *wb_array_reserve(void *array, size_t *room, size_t need, size_t max,
    size_t size);

#endif
