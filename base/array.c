#include "base/array.h"

#include <stdint.h>
#include <stdlib.h>

#define FIRST_ROOM 16

void *
wb_array_reserve(void *array, size_t *room, size_t need, size_t max,
    size_t size)
{
	size_t more = *room == 0 ? FIRST_ROOM : *room;
	void *moved;

	if (need <= *room)
		return array;
	if (need > max)
		return NULL;
	while (more < need)
		more = more > max / 2 ? max : more * 2;
	if (more > max)
		more = max;
	moved = more > SIZE_MAX / size ? NULL : realloc(array, more * size);
	if (moved != NULL)
		*room = more;
	return moved;
}
