#include "crypto/bech32.h"

#include <string.h>

#define GROUPS 52 /* of five bits: 32 bytes and four padding bits */
#define CHECKSUM 6 /* groups */
#define SEPARATOR '1'

static const char alphabet[] = "qpzry9x8gf2tvdw0s3jn54khce6mua7l";

/* ASCII only, whatever the locale says. */
static char
to_lower(char c)
{
	return (char)(c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c);
}

static char
to_upper(char c)
{
	return (char)(c >= 'a' && c <= 'z' ? c - 'a' + 'A' : c);
}

/* A name begins with a letter. */
static bool
is_upper(const char *name)
{
	return name[0] <= 'Z';
}

/* One step of BIP 173's checksum: a remainder over GF(32). */
static uint32_t
polymod(uint32_t sum, uint8_t group)
{
	static const uint32_t generator[5] = { 0x3b6a57b2, 0x26508e6d,
		0x1ea119fa, 0x3d4233dd, 0x2a1462b3 };
	uint32_t top = sum >> 25;

	sum = (sum & 0x1ffffff) << 5 ^ group;
	for (unsigned i = 0; i < 5; i++) {
		if (top >> i & 1)
			sum ^= generator[i];
	}
	return sum;
}

/* Over the name's high bits, a zero, its low bits, then the groups. */
static uint32_t
checksum(const char *name, const uint8_t *groups, size_t n)
{
	uint32_t sum = 1;

	for (const char *c = name; *c != '\0'; c++)
		sum = polymod(sum, (uint8_t)(to_lower(*c) >> 5));
	sum = polymod(sum, 0);
	for (const char *c = name; *c != '\0'; c++)
		sum = polymod(sum, (uint8_t)(to_lower(*c) & 31));
	for (size_t i = 0; i < n; i++)
		sum = polymod(sum, groups[i]);
	return sum;
}

static void
to_groups(uint8_t groups[GROUPS], const uint8_t data[WB_BECH32_DATA])
{
	unsigned held = 0, bits = 0;
	size_t n = 0;

	for (size_t i = 0; i < WB_BECH32_DATA; i++) {
		held = (held << 8 | data[i]) & 0xfff;
		for (bits += 8; bits >= 5; bits -= 5)
			groups[n++] = (uint8_t)(held >> (bits - 5) & 31);
	}
	groups[n] = (uint8_t)(held << (5 - bits) & 31);
}

static bool
from_groups(uint8_t data[WB_BECH32_DATA], const uint8_t groups[GROUPS])
{
	unsigned held = 0, bits = 0;
	size_t n = 0;

	for (size_t i = 0; i < GROUPS; i++) {
		held = (held << 5 | groups[i]) & 0xfff;
		bits += 5;
		if (bits >= 8) {
			bits -= 8;
			data[n++] = (uint8_t)(held >> bits);
		}
	}
	return (held & ((1U << bits) - 1)) == 0;
}

void
wb_bech32_write(char *out, const char *name, const uint8_t data[WB_BECH32_DATA])
{
	uint8_t groups[GROUPS + CHECKSUM] = { 0 };
	size_t len = strlen(name);
	uint32_t sum;

	to_groups(groups, data);
	sum = checksum(name, groups, sizeof groups) ^ 1;
	for (size_t i = 0; i < CHECKSUM; i++)
		groups[GROUPS + i] = (uint8_t)(sum >> 5 * (5 - i) & 31);
	/* NOLINTNEXTLINE(bugprone-not-null-terminated-result): goes on */
	memcpy(out, name, len);
	out[len++] = SEPARATOR;
	for (size_t i = 0; i < sizeof groups; i++) {
		char c = alphabet[groups[i]];

		out[len + i] = (char)(is_upper(name) ? to_upper(c) : c);
	}
	wb_wipe(groups, sizeof groups);
}

/* The five bits of a character, or -1. */
static int
group_of(char c, bool upper)
{
	const char *at;

	if (c == '\0' || c != (upper ? to_upper(c) : to_lower(c)))
		return -1;
	at = strchr(alphabet, to_lower(c));
	return at == NULL ? -1 : (int)(at - alphabet);
}

bool
wb_bech32_read(uint8_t data[WB_BECH32_DATA], const char *name,
    struct wb_span text)
{
	uint8_t groups[GROUPS + CHECKSUM];
	size_t len = strlen(name);
	bool good;

	if (text.len != len + WB_BECH32_TAIL ||
	    memcmp(text.data, name, len) != 0 || text.data[len] != SEPARATOR)
		return false;
	for (size_t i = 0; i < sizeof groups; i++) {
		int group = group_of((char)text.data[len + 1 + i],
		    is_upper(name));

		if (group < 0)
			return false;
		groups[i] = (uint8_t)group;
	}
	good = checksum(name, groups, sizeof groups) == 1 &&
	       from_groups(data, groups);
	wb_wipe(groups, sizeof groups);
	return good;
}
