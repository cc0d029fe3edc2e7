// SPDX-License-Identifier: GPL-2.0-only
#include "src/framediff.h"

#include <string.h>

#include "src/headers.h"

/* More ranges than this say no more than their sum. */
#define MAX_RANGES 4

void framediff_name(struct buf *out, const char *name)
{
	if (out->len)
		buf_puts(out, ",");
	buf_puts(out, name);
}

static bool bits_differ(const uint8_t *a, const uint8_t *b, uint32_t bit, uint32_t bits)
{
	for (uint32_t end = bit + bits; bit < end;) {
		uint32_t n = 8 - bit % 8;
		uint8_t mask;

		if (n > end - bit)
			n = end - bit;
		mask = ((1u << n) - 1) << (8 - bit % 8 - n);
		if ((a[bit / 8] ^ b[bit / 8]) & mask)
			return true;
		bit += n;
	}
	return false;
}

static uint32_t smaller(uint32_t a, uint32_t b)
{
	return a < b ? a : b;
}

/* Two headers of one kind, of which @len bytes are there in both. */
static void compare_fields(const uint8_t *a, const uint8_t *b, uint32_t len,
			   const struct header_layout *layout, struct buf *out)
{
	for (size_t i = 0; i < layout->n; i++) {
		const struct header_field *f = &layout->fields[i];

		if (bits_differ(a, b, f->bit, f->bits))
			framediff_name(out, f->name);
	}
	if (layout->options && memcmp(a + layout->len, b + layout->len, len - layout->len))
		framediff_name(out, layout->options);
}

static void put_range(struct buf *out, uint32_t from, uint32_t to)
{
	if (out->len)
		buf_puts(out, ",");
	buf_printf(out, "bytes=%u-%u", from, to);
}

/* The last byte that differs, at or behind @from. */
static uint32_t last_different(const uint8_t *a, const uint8_t *b, uint32_t from, uint32_t len)
{
	while (len > from + 1 && a[len - 1] == b[len - 1])
		len--;
	return len - 1;
}

/* @at: where the bytes of @b stand in the frame */
static void compare_bytes(const uint8_t *a, const uint8_t *b, uint32_t len, uint32_t at,
			  struct buf *out)
{
	int ranges = 0;

	if (!memcmp(a, b, len))
		return;
	for (uint32_t i = 0; i < len; i++) {
		uint32_t from = i;

		if (a[i] == b[i])
			continue;
		if (++ranges == MAX_RANGES)
			i = last_different(a, b, i, len);
		while (i + 1 < len && a[i + 1] != b[i + 1])
			i++;
		put_range(out, at + from, at + i);
		if (ranges == MAX_RANGES)
			return;
	}
}

static void compare_from(const struct frame_bytes *a, const struct headers *ha, size_t i,
			 const struct frame_bytes *b, const struct headers *hb, size_t j,
			 struct buf *out)
{
	const struct header *x, *y;

	for (;; i++, j++) {
		x = &ha->v[i];
		y = &hb->v[j];
		/* A tag that has come, or gone. */
		for (; x->kind == HEADER_VLAN && y->kind > HEADER_VLAN; x = &ha->v[++i])
			framediff_name(out, "vlan");
		for (; y->kind == HEADER_VLAN && x->kind > HEADER_VLAN; y = &hb->v[++j])
			framediff_name(out, "vlan");
		if (x->kind != y->kind || x->kind == HEADER_REST)
			break;
		compare_fields(a->bytes + x->at, b->bytes + y->at, smaller(x->len, y->len),
			       header_layout(x->kind), out);
	}
	compare_bytes(a->bytes + x->at, b->bytes + y->at, smaller(a->len - x->at, b->len - y->at),
		      y->at, out);
}

/* What stands in front of the network header. */
static uint32_t head_len(const struct headers *h)
{
	return h->v[h->l3].at;
}

void framediff(const struct frame_bytes *a, const struct frame_bytes *b, struct buf *out)
{
	bool whole = a->synth == b->synth;
	struct headers ha, hb;

	headers_parse(a->bytes, a->len, &ha);
	headers_parse(b->bytes, b->len, &hb);
	if (whole ? a->wire != b->wire : a->wire - head_len(&ha) != b->wire - head_len(&hb))
		framediff_name(out, "len");
	compare_from(a, &ha, whole ? 0 : ha.l3, b, &hb, whole ? 0 : hb.l3, out);
}
