#include "client/vault/pagerec.h"

#include <string.h>

enum part {
	PART_HEAD = 0,
	PART_LIST = 1,
	PART_PAGES = 2
};

static void
part_nonce(uint8_t out[WB_XCHACHA_NONCE_LEN],
    const uint8_t nonce[WB_PAGEREC_NONCE], uint64_t part)
{
	memcpy(out, nonce, WB_PAGEREC_NONCE);
	wb_put_be64(out + WB_PAGEREC_NONCE, part);
}

/* Head, list and pages, without what the list is filled up with. */
static uint64_t
bare_size(uint32_t pages)
{
	return WB_PAGEREC_HEAD + WB_AEAD_TAG_LEN +
	       (uint64_t)pages * (4 + WB_PAGEREC_SEALED);
}

uint64_t
wb_pagerec_size(uint32_t pages)
{
	uint64_t n = bare_size(pages) + WB_PAGEREC_ALIGN - 1;

	return n - n % WB_PAGEREC_ALIGN;
}

size_t
wb_pagerec_list_size(uint32_t pages)
{
	return (size_t)pages * 4 + WB_AEAD_TAG_LEN +
	       (size_t)(wb_pagerec_size(pages) - bare_size(pages));
}

uint64_t
wb_pagerec_page_at(uint32_t pages, uint32_t i)
{
	return WB_PAGEREC_HEAD + wb_pagerec_list_size(pages) +
	       (uint64_t)i * WB_PAGEREC_SEALED;
}

void
wb_pagerec_seal_head(uint8_t out[WB_PAGEREC_HEAD],
    const uint8_t nonce[WB_PAGEREC_NONCE], const struct wb_pagerec_head *head,
    struct wb_span key)
{
	uint8_t *plain = out + WB_PAGEREC_NONCE;
	uint8_t full[WB_XCHACHA_NONCE_LEN];

	memcpy(out, nonce, WB_PAGEREC_NONCE);
	wb_put_be64(plain, head->sequence);
	wb_put_be32(plain + 8, head->pages);
	wb_put_be32(plain + 12, head->total);
	memcpy(plain + 16, head->chain.b, WB_HASH_LEN);
	part_nonce(full, nonce, PART_HEAD);
	wb_xchacha_seal(plain, wb_span(plain, 48), wb_span(NULL, 0), full, key);
}

bool
wb_pagerec_open_head(struct wb_pagerec_head *out,
    const uint8_t in[WB_PAGEREC_HEAD], struct wb_span key)
{
	uint8_t full[WB_XCHACHA_NONCE_LEN], plain[48];

	part_nonce(full, in, PART_HEAD);
	if (!wb_xchacha_open(plain,
		wb_span(in + WB_PAGEREC_NONCE, 48 + WB_AEAD_TAG_LEN),
		wb_span(NULL, 0), full, key))
		return false;
	out->sequence = wb_get_be64(plain);
	out->pages = wb_get_be32(plain + 8);
	out->total = wb_get_be32(plain + 12);
	memcpy(out->chain.b, plain + 16, WB_HASH_LEN);
	return true;
}

void
wb_pagerec_seal_list(uint8_t *list, uint32_t pages,
    const uint8_t nonce[WB_PAGEREC_NONCE], struct wb_span key)
{
	size_t len = wb_pagerec_list_size(pages) - WB_AEAD_TAG_LEN;
	uint8_t full[WB_XCHACHA_NONCE_LEN];

	part_nonce(full, nonce, PART_LIST);
	wb_xchacha_seal(list, wb_span(list, len), wb_span(NULL, 0), full, key);
}

bool
wb_pagerec_open_list(uint8_t *list, uint32_t pages,
    const uint8_t nonce[WB_PAGEREC_NONCE], struct wb_span key)
{
	uint8_t full[WB_XCHACHA_NONCE_LEN];

	part_nonce(full, nonce, PART_LIST);
	return wb_xchacha_open(list, wb_span(list, wb_pagerec_list_size(pages)),
	    wb_span(NULL, 0), full, key);
}

void
wb_pagerec_seal_page(uint8_t out[WB_PAGEREC_SEALED], const uint8_t *page,
    uint32_t number, uint32_t i, const uint8_t nonce[WB_PAGEREC_NONCE],
    struct wb_span key)
{
	uint8_t full[WB_XCHACHA_NONCE_LEN], ad[4];

	part_nonce(full, nonce, PART_PAGES + (uint64_t)i);
	wb_put_be32(ad, number);
	wb_xchacha_seal(out, wb_span(page, WB_PAGEREC_PAGE),
	    wb_span(ad, sizeof ad), full, key);
}

bool
wb_pagerec_open_page(uint8_t *page, const uint8_t in[WB_PAGEREC_SEALED],
    uint32_t number, uint32_t i, const uint8_t nonce[WB_PAGEREC_NONCE],
    struct wb_span key)
{
	uint8_t full[WB_XCHACHA_NONCE_LEN], ad[4];

	part_nonce(full, nonce, PART_PAGES + (uint64_t)i);
	wb_put_be32(ad, number);
	return wb_xchacha_open(page, wb_span(in, WB_PAGEREC_SEALED),
	    wb_span(ad, sizeof ad), full, key);
}

void
wb_pagerec_chain(struct wb_hash *chain, const uint8_t head[WB_PAGEREC_HEAD],
    struct wb_span list)
{
	struct wb_span parts[] = {
		wb_span(chain->b, WB_HASH_LEN),
		wb_span(head, WB_PAGEREC_HEAD),
		list,
	};

	wb_sha256(chain, parts, sizeof parts / sizeof parts[0]);
}
