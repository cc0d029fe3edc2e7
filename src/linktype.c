// SPDX-License-Identifier: GPL-2.0-only
#include "src/linktype.h"

#include <arpa/inet.h>
#include <linux/if_arp.h>
#include <linux/if_ether.h>
#include <string.h>

/*
 * https://www.tcpdump.org/linktypes/LINKTYPE_LINUX_SLL2.html; all numbers are big endian.
 */
struct sll2 {
	uint16_t protocol;
	uint16_t reserved;
	uint32_t ifindex;
	uint16_t hatype;
	uint8_t pkt_type;
	uint8_t addr_len;
	uint8_t addr[8];
};

_Static_assert(sizeof(struct sll2) == SLL2_HEADER_LEN, "no hidden padding");

/* The first bytes of a frame, those that were captured; returns how many. */
static uint32_t frame_start(const struct frame *f, uint8_t *dst, uint32_t max)
{
	uint32_t len = 0;

	for (size_t i = 0; i < f->n_pieces && len < max; i++) {
		uint32_t n = f->pieces[i].len;

		if (n > max - len)
			n = max - len;
		memcpy(dst + len, f->pieces[i].data, n);
		len += n;
	}
	return len;
}

static void add_piece(struct link_packet *p, uint32_t snaplen, const void *data, size_t len)
{
	if (len > snaplen - p->caplen)
		len = snaplen - p->caplen;
	if (!len)
		return;
	p->pieces[p->n_pieces++] = (struct pcapng_bytes){.data = data, .len = len};
	p->caplen += len;
}

/* All of the frame behind its first bytes. */
static void add_frame(struct link_packet *p, uint32_t snaplen, const struct frame *f, size_t skip)
{
	for (size_t i = 0; i < f->n_pieces; i++) {
		const struct pcapng_bytes *piece = &f->pieces[i];
		size_t n = skip < piece->len ? skip : piece->len;

		add_piece(p, snaplen, (const uint8_t *)piece->data + n, piece->len - n);
		skip -= n;
	}
}

static bool has_real_addresses(const struct ev_hdr *hdr)
{
	return !(hdr->l2 & FRAME_L2_SYNTH) && !(hdr->flags & (EV_F_OPAQUE | EV_F_SOCK));
}

/* What the kernel calls the protocol of a frame whose type is a length: ETH_P_802_3, 802_2. */
static uint16_t protocol_of(const uint8_t *start)
{
	uint16_t type = start[12] << 8 | start[13];

	if (type >= ETH_P_802_3_MIN)
		return type;
	return start[14] == 0xff && start[15] == 0xff ? ETH_P_802_3 : ETH_P_802_2;
}

static void sll2_packet(const struct view *view, uint32_t snaplen, struct link_packet *p)
{
	const struct ev_hdr *hdr = view->rec->hdr;
	uint8_t start[FRAME_ETH_LEN + 2] = {0};
	uint32_t known = frame_start(&view->frame, start, sizeof(start));
	struct sll2 sll2 = {
		.protocol = htons(protocol_of(start)),
		.ifindex = htonl(hdr->ifindex),
		/* Not what a device that is none has there: 0 is a kind of its own. */
		.hatype = htons(hdr->ifindex ? hdr->hatype : ARPHRD_VOID),
		.pkt_type = hdr->pkt_type,
	};

	/* A snapshot length within the MAC header: the kernel's word, which the filter did not use.
	 */
	if (known < FRAME_ETH_LEN)
		sll2.protocol = hdr->protocol;
	if (has_real_addresses(hdr)) {
		sll2.addr_len = ETH_ALEN;
		memcpy(sll2.addr, start + ETH_ALEN, ETH_ALEN);
	}
	memcpy(p->head, &sll2, sizeof(sll2));
	p->linktype = LINKTYPE_LINUX_SLL2;
	add_piece(p, snaplen, p->head, sizeof(sll2));
	add_frame(p, snaplen, &view->frame, FRAME_ETH_LEN);
}

/* The Ethernet header is made up, and what follows it says itself that it is IP. */
static bool is_bare_ip(const struct view *view)
{
	const struct ev_hdr *hdr = view->rec->hdr;
	uint8_t start[FRAME_ETH_LEN];
	uint16_t type;

	if (has_real_addresses(hdr) || hdr->flags & EV_F_OPAQUE || hdr->l2 & FRAME_L2_VLAN)
		return false;
	if (frame_start(&view->frame, start, sizeof(start)) < sizeof(start))
		return false;
	type = start[12] << 8 | start[13];
	return type == ETH_P_IP || type == ETH_P_IPV6;
}

/* Length on the wire: instead of the Ethernet header, head bytes. */
static uint32_t original_length(const struct view *view, uint32_t head)
{
	uint32_t wire = view->rec->hdr->wire_len;

	return (wire > FRAME_ETH_LEN ? wire - FRAME_ETH_LEN : 0) + head;
}

void linktype_packet(enum linktype_mode mode, const struct view *view, uint32_t snaplen,
		     struct link_packet *ret_packet)
{
	struct link_packet *p = ret_packet;

	p->n_pieces = 0;
	p->caplen = 0;
	if (mode == LINKTYPES_SLL2) {
		p->origlen = original_length(view, SLL2_HEADER_LEN);
		sll2_packet(view, snaplen, p);
	} else if (mode == LINKTYPES_NATIVE && is_bare_ip(view)) {
		p->linktype = LINKTYPE_RAW;
		p->origlen = original_length(view, 0);
		add_frame(p, snaplen, &view->frame, FRAME_ETH_LEN);
	} else {
		p->linktype = LINKTYPE_ETHERNET;
		p->origlen = view->rec->hdr->wire_len;
		add_frame(p, snaplen, &view->frame, 0);
	}
	/* tcpdump calls longer ones invalid (big TCP); the comment says len=. */
	if (p->origlen > PCAPNG_MAX_CAPLEN)
		p->origlen = PCAPNG_MAX_CAPLEN;
	/* The bytes were read a moment after the lengths, and may be more by then. */
	if (p->origlen < p->caplen)
		p->origlen = p->caplen;
}

uint16_t linktype_first(enum linktype_mode mode)
{
	return mode == LINKTYPES_SLL2 ? LINKTYPE_LINUX_SLL2 : LINKTYPE_ETHERNET;
}

const char *linktype_describe(enum linktype_mode mode)
{
	switch (mode) {
	case LINKTYPES_SLL2:
		return "LINUX_SLL2 (Linux cooked v2)";
	case LINKTYPES_NATIVE:
		return "EN10MB (Ethernet) or RAW (Raw IP), by interface";
	default:
		return "EN10MB (Ethernet)";
	}
}
