/*
 * Bech32 (BIP 173) as age uses it: a name and 32 bytes, in one case.  For
 * age.c alone; recipients and identities are in crypto/age.h.
 */
#ifndef WB_CRYPTO_BECH32_H
#define WB_CRYPTO_BECH32_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/bytes.h"

#define WB_BECH32_DATA 32 /* bytes carried */
#define WB_BECH32_TAIL 59 /* characters after the name */

/*
 * Writes `name`, "1", data and checksum, in upper case if `name` is, without
 * a NUL: strlen(name) + WB_BECH32_TAIL characters.
 */
void wb_bech32_write(char *out, const char *name,
    const uint8_t data[WB_BECH32_DATA]);

/*
 * False: another name or case than that of `name`, another length, a wrong
 * character or checksum, or padding bits set; `data` then holds nothing of
 * use.
 */
bool wb_bech32_read(uint8_t data[WB_BECH32_DATA], const char *name,
    struct wb_span text);

#endif
