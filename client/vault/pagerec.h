/*
 * The format of one commit in a vault's file.  Bytes in, bytes out: no file, no
 * randomness, no memory of its own.
 *
 *	nonce	16 random bytes, fresh for each record
 *	head	sealed: sequence 8, pages 4, total 4, chain 32 (big-endian)
 *	list	sealed: 4 bytes a page, its number; zeros up to the alignment
 *	pages	each sealed, its number as associated data
 *
 * All with XChaCha20-Poly1305 under the vault's key; the parts of a record are
 * told apart by the last eight bytes of the 24-byte nonce: 0 head, 1 list,
 * 2 + i the i-th page.  Every byte of a record is authenticated.
 */
#ifndef WB_CLIENT_VAULT_PAGEREC_H
#define WB_CLIENT_VAULT_PAGEREC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/bytes.h"
#include "crypto/aead.h"
#include "crypto/hash.h"

#define WB_PAGEREC_PAGE 4096 /* a database page */
#define WB_PAGEREC_SEALED (WB_PAGEREC_PAGE + WB_AEAD_TAG_LEN)
#define WB_PAGEREC_ALIGN 512 /* what the medium writes as a whole */
#define WB_PAGEREC_NONCE 16
#define WB_PAGEREC_HEAD (WB_PAGEREC_NONCE + 48 + WB_AEAD_TAG_LEN)

struct wb_pagerec_head {
	uint64_t sequence; /* 1 for a file's first record */
	uint32_t pages; /* in this record */
	uint32_t total; /* the database's length in pages behind it */
	struct wb_hash chain; /* over all records before */
};

/* Sizes in bytes, seals included; the record's is a multiple of 512. */
uint64_t wb_pagerec_size(uint32_t pages);
size_t wb_pagerec_list_size(uint32_t pages);

/* Where the i-th page begins, from the record's beginning. */
uint64_t wb_pagerec_page_at(uint32_t pages, uint32_t i);

void wb_pagerec_seal_head(uint8_t out[WB_PAGEREC_HEAD],
    const uint8_t nonce[WB_PAGEREC_NONCE], const struct wb_pagerec_head *head,
    struct wb_span key);

/* False: not a head sealed with this key. */
WB_MUST_CHECK bool wb_pagerec_open_head(struct wb_pagerec_head *out,
    const uint8_t in[WB_PAGEREC_HEAD], struct wb_span key);

/*
 * Seals in place: wb_pagerec_list_size() bytes that begin with the numbers,
 * big-endian, and zeros behind them.
 */
void wb_pagerec_seal_list(uint8_t *list, uint32_t pages,
    const uint8_t nonce[WB_PAGEREC_NONCE], struct wb_span key);

/* In place again; false: forged. */
WB_MUST_CHECK bool wb_pagerec_open_list(uint8_t *list, uint32_t pages,
    const uint8_t nonce[WB_PAGEREC_NONCE], struct wb_span key);

/* The i-th page; `number` counts from 1. */
void wb_pagerec_seal_page(uint8_t out[WB_PAGEREC_SEALED], const uint8_t *page,
    uint32_t number, uint32_t i, const uint8_t nonce[WB_PAGEREC_NONCE],
    struct wb_span key);
WB_MUST_CHECK bool wb_pagerec_open_page(uint8_t *page,
    const uint8_t in[WB_PAGEREC_SEALED], uint32_t number, uint32_t i,
    const uint8_t nonce[WB_PAGEREC_NONCE], struct wb_span key);

/* Takes a record into the chain: SHA-256(chain || head || list), sealed. */
void wb_pagerec_chain(struct wb_hash *chain,
    const uint8_t head[WB_PAGEREC_HEAD], struct wb_span list);

#endif
