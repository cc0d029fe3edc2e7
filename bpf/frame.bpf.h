/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef PWRU_CAP_FRAME_BPF_H
#define PWRU_CAP_FRAME_BPF_H
/*
 * The virtual frame: an skb as the Ethernet frame that will be written.  The filter and the file
 * see the same bytes because both start from the struct frame made here.
 *
 * An skb has no one place where "the frame" starts.  On its way out it is payload first, then
 * gets its L4, L3 and L2 headers; on its way in headers are pulled one by one, but their bytes
 * stay.  The kernel keeps offsets (from skb->head) of the headers that were set; an offset can
 * also be stale: left over from before a tunnel header was pushed over the old MAC header.  So:
 *
 *   MAC header	set, not behind skb->data, and the network header at least 14 bytes further, or
 *		not set yet while skb->data is past it: the frame starts there
 *   L3 only	otherwise, if a network header is set: 14 bytes are put in front (l2=synth)
 *   socket	otherwise, if the skb has a TCP or UDP socket: headers made from it (sock.bpf.h)
 *   opaque	otherwise: the linear bytes follow an Ethernet header of type 0x88b5
 *
 * A hardware VLAN tag, which the kernel keeps beside the data, is put back at byte 12.
 *
 * No byte of the packet is copied for this: l2 describes the head that is to be put in, base is
 * chosen such that frame byte k is at base + k behind that head (filter/frame_abi.h).
 */
#include "compat.bpf.h"
#include "event.h"
#include "filter/frame_abi.h"
#include "kernel.h"
#include "sock.bpf.h"

#define ETH_LEN	       FRAME_ETH_LEN
#define VLAN_LEN       FRAME_TAG_LEN
#define HEADER_UNSET   0xffff /* skb_mac_header_was_set() compares with ~0 */
#define ETH_P_IP_BE    __builtin_bswap16(0x0800)
#define ETH_P_IPV6_BE  __builtin_bswap16(0x86dd)
#define ETH_P_LOCAL_BE __builtin_bswap16(0x88b5) /* IEEE 802 local experimental */
/* Types below this are lengths (802.3) or the kernel's pseudo types: not for a type field. */
#define ETH_P_802_3_MIN 0x0600
#define ARPHRD_ETHER	1
#define ARPHRD_LOOPBACK 772

/* Where the array of bytes in struct __kernel_sockaddr_storage begins. */
#define BYTES_OFFSET 2

struct frame {
	__u64 skb;    /* the sk_buff's address, as a number */
	__u64 base;   /* frame byte k is at base + k, behind the synthetic head */
	__u64 l2;     /* FRAME_L2_*; 0: the whole frame is in memory */
	__u32 wire;   /* its length, head included */
	__u32 linear; /* bytes of it that are there to be read, head included */
	__u32 flags;  /* EV_F_OPAQUE, EV_F_SOCK */
	__u32 held;   /* for frame_release() */
};

/* The fields of sk_buff that place the frame, read together. */
struct skb_place {
	__u64 head;
	__u32 data; /* from here on: offsets from head */
	__u32 len;
	__u32 data_len;
	__u32 mac; /* these two have 16 bits, but need not be cut to them each time */
	__u32 net;
	__u16 tpid; /* as it is stored; see tag_of() */
};

/*
 * The tag that the kernel keeps beside the data: tpid and tci, each in network byte order, as l2
 * has them; 0: none.  Before 6.2 the fields count only if a bit says so.
 */
static __always_inline __u64 tag_of(const bool direct, struct sk_buff *skb, __u16 tpid)
{
	struct sk_buff___vlan_bit *old = (void *)skb;

	if (!tpid)
		return 0;
	if (bpf_core_field_exists(old->vlan_present) &&
	    !BPF_CORE_READ_BITFIELD_PROBED(old, vlan_present))
		return 0;
	return (__u64)tpid << FRAME_L2_TPID_SHIFT |
	       (__u64)__builtin_bswap16(FIELD(direct, skb, vlan_tci)) << FRAME_L2_TCI_SHIFT;
}

/*
 * A direct load costs eight instructions, for the kernel checks each address.  So neighbours are
 * loaded together: len with data_len, network_header with mac_header.  The verifier lets a load
 * through struct sk_buff touch one member only; so the fields are read as parts of a long array of
 * bytes, which is laid over the sk_buff from `len` on.  (That also makes pointers numbers: kernels
 * from 6.17 on give a member that points to plain bytes a pointer type, and take no such pointer
 * where a number is asked for.)
 *
 * What bytes_of() returns is the skb's address as a number, and the array less a distance to the
 * verifier: so CO-RE can put the offsets of sk_buff's fields into the loads themselves.
 * caps_detect() looks whether the fields are where they have to be.
 */
static __always_inline struct sk_buff *bytes_of(__u64 addr)
{
	__u64 distance = bpf_core_field_offset(struct sk_buff, len) - BYTES_OFFSET;
	__u64 bytes = (__u64)TYPED(true, struct __kernel_sockaddr_storage, addr + distance);

	/* Or else clang would take the sum apart, and CO-RE would not find its loads. */
	bytes -= distance;
	FORGET(bytes);
	return (struct sk_buff *)bytes;
}

/* A variable of its own: of a cast, clang would remember that the field is less aligned. */
#define LOAD_WITH_NEXT(type, p, field)                      \
	({                                                  \
		const type *at = (const void *)&(p)->field; \
		*at;                                        \
	})

static __always_inline void skb_place_direct(__u64 addr, struct skb_place *p)
{
	struct sk_buff *raw = bytes_of(addr);
	__u32 headers = LOAD_WITH_NEXT(__u32, raw, network_header);
	__u64 lens = LOAD_WITH_NEXT(__u64, raw, len);

	p->net = headers & 0xffff;
	p->mac = headers >> 16;
	p->len = lens;
	p->data_len = lens >> 32;
	p->head = (__u64)raw->head;
	p->data = (__u64)raw->data - p->head;
	p->tpid = raw->vlan_proto;
}

/* From len to data, with what lies between, in all kernels from 5.10 on. */
#define PLACE_SPAN 112

#define PLACE_OFF(field) \
	(bpf_core_field_offset(struct sk_buff, field) - bpf_core_field_offset(struct sk_buff, len))
#define PLACE(type, field) (*(type *)(raw + PLACE_OFF(field)))

/* One probe read instead of ten. */
static __always_inline int skb_place_probed(__u64 addr, struct skb_place *p)
{
	__u64 words[PLACE_SPAN / 8];
	char *raw = (char *)words;

	if (bpf_probe_read_kernel(words, sizeof(words),
				  (char *)addr + bpf_core_field_offset(struct sk_buff, len)))
		return -1;
	p->head = PLACE(__u64, head);
	p->data = PLACE(__u64, data) - p->head;
	p->len = PLACE(__u32, len);
	p->data_len = PLACE(__u32, data_len);
	p->mac = PLACE(__u16, mac_header);
	p->net = PLACE(__u16, network_header);
	p->tpid = PLACE(__u16, vlan_proto);
	return 0;
}

/* Bytes of the packet at an offset from head, up to 14 of them. */
static __always_inline struct __kernel_sockaddr_storage *bytes_at(const bool direct,
								  const struct skb_place *p,
								  __u32 at)
{
	return TYPED(direct, struct __kernel_sockaddr_storage, p->head + at - BYTES_OFFSET);
}

static __always_inline bool is_ip(__u16 type)
{
	return type == ETH_P_IP_BE || type == ETH_P_IPV6_BE;
}

static __always_inline __u16 type_of_nibble(__u8 first)
{
	return first >> 4 == 4 ? ETH_P_IP_BE : first >> 4 == 6 ? ETH_P_IPV6_BE : 0;
}

/*
 * Header and data are at the same place: an Ethernet frame that nobody has parsed yet, or the
 * packet of an L3 device (tunnel), perhaps while skb->dev is the Ethernet device below it.  Rare,
 * so the bytes are looked at, and then the device is asked.
 */
static __always_inline bool is_ether(const bool direct, struct sk_buff *skb,
				     const struct skb_place *p, __u32 at)
{
	struct __kernel_sockaddr_storage *bytes = bytes_at(direct, p, at);
	__u16 protocol = FIELD(direct, skb, protocol);
	struct net_device *dev;
	__u16 type;

	type = (__u8)FIELD(direct, bytes, __data[12]) |
	       (__u16)(__u8)FIELD(direct, bytes, __data[13]) << 8;
	if (protocol && type == protocol)
		return true;
	if (is_ip(protocol) && type_of_nibble(FIELD(direct, bytes, __data[0])) == protocol)
		return false;
	dev = FIELD(direct, skb, dev);
	if (!is_kernel_address(direct, dev))
		return false;
	type = FIELD(direct, dev, type);
	return type == ARPHRD_ETHER || type == ARPHRD_LOOPBACK;
}

static __always_inline bool is_set(__u32 header)
{
	return header != 0 && header != HEADER_UNSET;
}

/* Where the frame starts, as an offset from head, and with which header. */
enum start {
	START_ETHER,
	START_L3,
	START_NONE,
};

static __always_inline enum start find_start(const bool direct, struct sk_buff *skb,
					     const struct skb_place *p, __u32 *ret_at)
{
	__u32 mac = p->mac, net = p->net;

	if (mac != HEADER_UNSET && mac <= p->data) {
		*ret_at = mac;
		if (net != HEADER_UNSET && net >= mac + ETH_LEN)
			return START_ETHER;
		/* The network header is not set yet, or left over from an outer header. */
		if ((net < mac || net == HEADER_UNSET) && p->data >= mac + ETH_LEN)
			return START_ETHER;
		if (net == mac || ((net < mac || net == HEADER_UNSET) && p->data == mac))
			return is_ether(direct, skb, p, mac) ? START_ETHER : START_L3;
	}
	*ret_at = net;
	if (is_set(net) && net <= p->data + p->len - p->data_len)
		return START_L3;
	*ret_at = p->data;
	return START_NONE;
}

/*
 * The type of an L3-only frame.  skb->protocol may be that of an inner packet (sit) or not set
 * yet, so for IP the version nibble decides.
 */
static __always_inline __u16 l3_type(const bool direct, struct sk_buff *skb,
				     const struct skb_place *p, __u32 at)
{
	__u16 protocol = FIELD(direct, skb, protocol), otherwise = protocol, type;
	struct __kernel_sockaddr_storage *bytes;

	if (!is_ip(protocol)) {
		if (__builtin_bswap16(protocol) >= ETH_P_802_3_MIN)
			return protocol;
		otherwise = ETH_P_LOCAL_BE;
	}
	bytes = bytes_at(direct, p, at);
	type = type_of_nibble(FIELD(direct, bytes, __data[0]));
	return type ?: otherwise;
}

/* No header but perhaps that of TCP or UDP: true if the skb's socket tells the rest. */
static __always_inline bool frame_of_sock(const bool direct, struct sk_buff *skb,
					  const struct skb_place *p, struct frame *f)
{
	struct sock_frame_head head = {};
	struct sock_frame *built;
	__u32 linear = p->len - p->data_len;
	__u16 transport;

	/* Most skbs without a header have no socket of the kind, such as those of netlink. */
	if (!FIELD(direct, skb, sk))
		return false;
	transport = FIELD(direct, skb, transport_header);
	built = (void *)sock_frame_build(f->skb, p->head + p->data, p->len, linear,
					 transport == p->data);
	if (!built)
		return false;
	bpf_probe_read_kernel(&head, sizeof(head), built);
	f->base = (__u64)built->bytes;
	f->l2 = 0;
	f->wire = head.wire;
	f->linear = head.linear;
	f->flags = EV_F_SOCK;
	f->held = head.index + 1;
	return true;
}

/* Looks where the skb's bytes are. Returns false if the skb cannot be read. */
static __always_inline bool frame_place(const bool direct, __u64 addr, struct skb_place *p)
{
	if (!direct)
		return !skb_place_probed(addr, p);
	skb_place_direct(addr, p);
	return true;
}

/* Puts f together from a place; its skb is there already. */
static __always_inline void frame_make(const struct skb_place *p, __u32 start, __u32 head_len,
				       __u64 l2, __u32 flags, struct frame *f)
{
	f->l2 = l2;
	f->flags = flags;
	f->base = p->head + start - head_len;
	f->wire = p->data + p->len - start + head_len;
	f->linear = f->wire - p->data_len;
}

/*
 * The two common cases, of which find_start() would say the same: a MAC header that is there, and
 * an L3 header without one, both without a tag.  An offset that is not set is larger than any that
 * is, and what is no skb at all has offsets of 0, so neither is taken for one of these.
 */
static __always_inline bool is_plain_ether(const struct skb_place *p)
{
	return !p->tpid && p->net >= p->mac + ETH_LEN && p->mac <= p->data &&
	       p->net != HEADER_UNSET;
}

static __always_inline bool is_plain_l3(const struct skb_place *p)
{
	return !p->tpid && (p->mac == HEADER_UNSET || p->mac > p->data) && is_set(p->net) &&
	       p->net <= p->data + p->len - p->data_len;
}

static __always_inline void frame_of_l3(const bool direct, const struct skb_place *p,
					struct frame *f)
{
	struct sk_buff *skb = TYPED(direct, struct sk_buff, f->skb);

	frame_make(p, p->net, ETH_LEN, FRAME_L2_SYNTH | l3_type(direct, skb, p, p->net), 0, f);
}

/*
 * All other cases; on success to be followed by frame_release().
 * Returns false if this is no skb: NULL and error pointers are passed too, and read as zeros.
 */
static __always_inline bool frame_of_rest(const bool direct, const struct skb_place *p,
					  struct frame *f)
{
	struct sk_buff *skb = TYPED(direct, struct sk_buff, f->skb);
	__u32 start, head_len = 0, flags = 0;
	__u64 l2 = 0, tag;

	if (!p->head)
		return false;
	f->held = 0;
	switch (find_start(direct, skb, p, &start)) {
	case START_ETHER:
		break;
	case START_L3:
		head_len = ETH_LEN;
		l2 = FRAME_L2_SYNTH | l3_type(direct, skb, p, start);
		break;
	case START_NONE:
		if (frame_of_sock(direct, skb, p, f))
			return true;
		head_len = ETH_LEN;
		l2 = FRAME_L2_SYNTH | ETH_P_LOCAL_BE;
		flags = EV_F_OPAQUE;
		break;
	}
	tag = tag_of(direct, skb, p->tpid);
	if (tag) {
		head_len += VLAN_LEN;
		l2 |= FRAME_L2_VLAN | tag;
	}
	frame_make(p, start, head_len, l2, flags, f);
	return true;
}

/* Of the synthetic head. */
static __always_inline __u32 head_len(const struct frame *f)
{
	return (f->l2 & FRAME_L2_SYNTH ? ETH_LEN : 0) + (f->l2 & FRAME_L2_VLAN ? VLAN_LEN : 0);
}

/*
 * Are these lengths a frame's?  What is handed to a function for an skb need not be one; the filter
 * and the file would make different things of it.
 *
 * To be asked of what the filter has let pass: that is few, and would cost all the others, too.
 */
static __always_inline bool frame_adds_up(const struct frame *f)
{
	return f->linear <= f->wire && (__s32)f->linear >= (__s32)head_len(f);
}

/* Gives back what frame_of_rest() took. */
static __always_inline void frame_release(const struct frame *f)
{
	if (f->held)
		sock_frame_release(f->held - 1);
}

#endif
