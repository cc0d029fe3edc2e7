/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef PWRU_CAP_DECODE_H
#define PWRU_CAP_DECODE_H
/*
 * The headers of a packet: addresses, ports, protocol, flags, and those of the packet within a
 * tunnel.  The one place where outputs have them from.
 *
 * Pure: bytes in, numbers out, no memory, no state.  Any bytes are fine: what is cut off or does
 * not fit is said to be so (HEADERS_SHORT), and nothing behind the end is looked at.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What stands at the network layer. */
enum headers_net {
	NET_NONE, /* nothing that is known here; packet.type says what it would be */
	NET_IPV4,
	NET_IPV6,
	NET_ARP,
};

/* What follows it, as far as it is known here. */
enum headers_transport {
	TRANSPORT_NONE,	 /* another protocol, a later fragment, or cut off */
	TRANSPORT_PORTS, /* UDP, UDP-Lite, DCCP, SCTP: ports and no more */
	TRANSPORT_TCP,
	TRANSPORT_ICMP, /* or ICMPv6, as headers.proto says */
};

/* headers.flags */
#define HEADERS_FRAGMENT (1u << 0) /* a piece of an IP packet: frag_* count */
#define HEADERS_MORE	 (1u << 1) /* not the last of them */
#define HEADERS_SHORT	 (1u << 2) /* the headers go on behind the bytes that are there */
#define HEADERS_ECHO	 (1u << 3) /* ICMP with an identifier and a sequence number */

/* One IP or ARP packet.  Numbers are in host byte order, addresses in the network's. */
struct headers {
	uint8_t net;	   /* enum headers_net */
	uint8_t transport; /* enum headers_transport */
	uint8_t flags;
	uint8_t proto; /* IPPROTO_*, of IPv6 that behind the extension headers */
	uint8_t ttl;   /* or hop limit */
	uint8_t tcp_flags;
	uint8_t icmp_type, icmp_code;
	uint16_t icmp_id, icmp_seq; /* of HEADERS_ECHO */
	uint16_t sport, dport;
	uint32_t frag_id;
	uint16_t frag_offset;	      /* bytes */
	uint16_t arp_op;	      /* 1 request, 2 reply, ... */
	uint8_t arp_mac[6];	      /* the sender's */
	uint8_t saddr[16], daddr[16]; /* 4 bytes of them for IPv4, and for the protocol's of ARP */
};

enum tunnel_kind {
	TUNNEL_NONE,
	TUNNEL_VXLAN,
	TUNNEL_GENEVE,
	TUNNEL_GRE,
	TUNNEL_IPIP, /* IPv4 or IPv6 within either */
	TUNNEL_KINDS,
};

#define PACKET_TAGS 4

struct packet {
	const uint8_t *macs; /* destination and source, 6 bytes each; NULL: there are none */
	uint16_t type;	     /* the Ethernet type behind all tags; below 1536: a length (802.3) */
	uint16_t tags[PACKET_TAGS]; /* TCIs of the first VLAN tags, the outermost first */
	uint8_t n_tags;
	uint8_t link_len; /* bytes in front of the network layer: Ethernet, tags, LLC; 255: more */
	uint8_t tunnel;	  /* enum tunnel_kind, of outer */
	bool has_vni;
	uint32_t vni; /* VXLAN's or Geneve's network, or GRE's key */
	struct headers outer;
	struct headers inner; /* within the tunnel; inner.net is NET_NONE if there is none */
};

/* A frame of which the beginning may not be in memory, see filter/frame_abi.h. */
struct decode_input {
	uint64_t l2;	    /* ev_hdr.l2 */
	const uint8_t *raw; /* the bytes behind what l2 describes */
	uint32_t raw_len;
};

/* decode_packet() - the headers of a frame; @ret_packet points into @in->raw */
void decode_packet(const struct decode_input *in, struct packet *ret_packet);

#endif
