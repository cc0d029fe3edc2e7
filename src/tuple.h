/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef PWRU_CAP_TUPLE_H
#define PWRU_CAP_TUPLE_H
/*
 * Decoded headers as text.  No text holds a blank, so that columns stay columns for awk and cut.
 *
 *	10.0.0.1:34567->10.0.0.2:443(tcp)		[2001:db8::1]:53->[2001:db8::2]:4242(udp)
 *	10.0.0.1->10.0.0.2(icmp:echo-request,id=7,seq=1)
 *	10.0.0.1->10.0.0.2(arp:reply,02:00:00:00:00:01)	the sender's address
 *	10.0.0.1->10.0.0.2(udp,frag=1480+)		a fragment; + for more behind it
 *	10.0.0.1->10.0.0.2(tcp,short)			the rest is not there
 *	02:00:00:00:00:01->01:80:c2:00:00:0e(0x88cc)	no network layer that is known here
 */
#include "src/buf.h"
#include "src/decode.h"

/* tuple_put_packet() - the outer headers; @tcp_flags: (tcp:SYN|ACK) instead of (tcp) */
void tuple_put_packet(struct buf *out, const struct packet *packet, bool tcp_flags);

/* tuple_put_tunnel() - what is within, as in vxlan:42/10.1.0.1->10.1.0.2(...); - without a tunnel
 */
void tuple_put_tunnel(struct buf *out, const struct packet *packet, bool tcp_flags);

/* The parts, for those who want them one by one. */

/* tuple_put_addr() - an address of these headers, which are IPv4, IPv6 or ARP; IPv6 bare */
void tuple_put_addr(struct buf *out, const struct headers *h, const uint8_t *addr);
/* tuple_put_mac() - 6 bytes */
void tuple_put_mac(struct buf *out, const uint8_t *mac);
/* tuple_put_tcp_flags() - SYN|ACK */
void tuple_put_tcp_flags(struct buf *out, uint8_t flags);
/* tuple_proto_name() - of an IP protocol; NULL if it has none here */
const char *tuple_proto_name(uint8_t proto);
/* tuple_icmp_name() - of the type and code; NULL if they have none here */
const char *tuple_icmp_name(const struct headers *h);
/* tuple_arp_name() - of the operation; NULL if it has none here */
const char *tuple_arp_name(uint16_t op);
/* tuple_tunnel_name() - "vxlan" ...; NULL for TUNNEL_NONE */
const char *tuple_tunnel_name(uint8_t kind);

#endif
