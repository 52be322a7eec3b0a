/* What the files of proto/transfer.h share; for proto/transfer*.c alone. */
#ifndef WB_PROTO_TRANSFER_PRIVATE_H
#define WB_PROTO_TRANSFER_PRIVATE_H

#include "proto/codec.h"
#include "proto/transfer.h"

/* The rules of an entry, in a feed and in a bundle. */
void wb_transfer_check_entry(struct wb_codec *c, const struct wb_entry *entry);

#endif
