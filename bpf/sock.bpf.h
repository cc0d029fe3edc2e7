/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef PWRU_CAP_SOCK_BPF_H
#define PWRU_CAP_SOCK_BPF_H
/*
 * Frames for skbs that have no headers yet: early in transmission there is only payload (or a TCP
 * header and payload), and the socket knows the rest.  Ethernet, IP and TCP or UDP headers are
 * made from it, so that `tcp port 443` matches there too, and the comment says l3=sock.
 *
 * What is not known yet is 0: MAC addresses, IP id, TTL and checksums, the window and the
 * acknowledgement number.
 *
 * The frame is put together in scratch memory, headers and the first bytes of payload; filter and
 * record both take it from there.  The record goes on with the rest of the payload (pages.bpf.h).
 * Programs of kprobes do not nest, but those of fentry do: in an interrupt, or when the scheduler
 * takes the task away.  So each CPU has some pieces of memory, and each sighting holds one until it
 * is done with it.
 */
#include "compat.bpf.h"
#include "hold.bpf.h"
#include "kernel.h"
#include "maps.bpf.h"

#define SOCK_PAYLOAD_MAX 128
#define SOCK_HEAD_MAX	 (14 + 40 + 20)

#define AF_INET		 2
#define AF_INET6	 10

#define IPPROTO_TCP	 6
#define IPPROTO_UDP	 17

#define TCP_TIME_WAIT	 6
#define TCP_NEW_SYN_RECV 12

/* A task, a softirq, an interrupt and an NMI. */
#define SOCK_FRAMES 4

struct sock_frame {
	struct sock_frame_head {
		__u32 held;
		__u32 index;
		__u32 wire;
		__u32 linear;
	} head;
	__u8 bytes[SOCK_HEAD_MAX + SOCK_PAYLOAD_MAX + 6];
};

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, SOCK_FRAMES);
	__type(key, __u32);
	__type(value, struct sock_frame);
} sock_frames SEC(".maps");

/* A piece that nobody holds; NULL if there is none. */
static __always_inline struct sock_frame *sock_frame_hold(void)
{
#pragma unroll
	for (__u32 i = 0; i < SOCK_FRAMES; i++) {
		__u32 index = i;
		struct sock_frame *f = bpf_map_lookup_elem(&sock_frames, &index);

		if (f && hold(&f->head.held)) {
			f->head.index = i;
			return f;
		}
	}
	return NULL;
}

static __always_inline void sock_frame_release(__u32 index)
{
	struct sock_frame *f = bpf_map_lookup_elem(&sock_frames, &index);

	if (f)
		let_go(&f->head.held);
}

static __always_inline void put_u16(__u8 *at, __u16 value)
{
	at[0] = value >> 8;
	at[1] = value;
}

static __always_inline void put_u32(__u8 *at, __u32 value)
{
	put_u16(at, value >> 16);
	put_u16(at + 2, value);
}

/* A kernel address of a socket's field; what it holds is in network byte order already. */
#define COPY_FIELD(dst, bytes, sk, field) \
	bpf_probe_read_kernel(dst, bytes, (char *)(sk) + bpf_core_field_offset(struct sock, field))

/* Returns where the next header goes. */
static __always_inline __u8 *put_ipv4(__u8 *b, struct sock *sk, __u8 proto, __u32 len)
{
	put_u16(b + 12, 0x0800);
	b += 14;
	b[0] = 0x45;
	put_u16(b + 2, 20 + len);
	b[9] = proto;
	COPY_FIELD(b + 12, 4, sk, __sk_common.skc_rcv_saddr);
	COPY_FIELD(b + 16, 4, sk, __sk_common.skc_daddr);
	return b + 20;
}

static __always_inline __u8 *put_ipv6(__u8 *b, struct sock *sk, __u8 proto, __u32 len)
{
	put_u16(b + 12, 0x86dd);
	b += 14;
	b[0] = 0x60;
	put_u16(b + 4, len);
	b[6] = proto;
	COPY_FIELD(b + 8, 16, sk, __sk_common.skc_v6_rcv_saddr);
	COPY_FIELD(b + 24, 16, sk, __sk_common.skc_v6_daddr);
	return b + 40;
}

static __always_inline void put_ports(__u8 *b, struct sock *sk)
{
	put_u16(b, BPF_CORE_READ(sk, __sk_common.skc_num));
	COPY_FIELD(b + 2, 2, sk, __sk_common.skc_dport);
}

static __always_inline void put_tcp(__u8 *b, struct sock *sk, struct sk_buff *skb)
{
	struct tcp_skb_cb *cb = (void *)((char *)skb + bpf_core_field_offset(struct sk_buff, cb));

	put_ports(b, sk);
	put_u32(b + 4, BPF_CORE_READ(cb, seq));
	b[12] = 5 << 4;
	bpf_probe_read_kernel(b + 13, 1,
			      (char *)cb + bpf_core_field_offset(struct tcp_skb_cb, tcp_flags));
}

static __always_inline void put_udp(__u8 *b, struct sock *sk, __u32 len)
{
	put_ports(b, sk);
	put_u16(b + 4, len);
}

/* A full socket: others that an skb may point to (TIME_WAIT, a request) lack most fields. */
static __always_inline bool is_full(struct sock *sk)
{
	__u8 state = BPF_CORE_READ(sk, __sk_common.skc_state);

	return state != TCP_TIME_WAIT && state != TCP_NEW_SYN_RECV;
}

/* IPv4 on a socket of either family: ::ffff:a.b.c.d is how an IPv6 socket writes a.b.c.d. */
static __always_inline bool is_ipv4(struct sock *sk, __u16 family)
{
	__u32 words[4] = {};

	if (family == AF_INET)
		return true;
	COPY_FIELD(words, sizeof(words), sk, __sk_common.skc_v6_daddr);
	return !words[0] && !words[1] && words[2] == __builtin_bswap32(0xffff);
}

/* Headers, and then payload; returns false if the socket does not tell, or memory cannot be read.
 */
static __always_inline bool sock_frame_fill(struct sock_frame *f, struct sk_buff *skb, __u64 data,
					    __u32 len, __u32 linear, bool has_l4)
{
	struct sock *sk = BPF_CORE_READ(skb, sk);
	__u16 family, proto;
	__u32 l4_len, head;
	__u8 *b;
	bool ipv4;

	if (!sk)
		return false;
	family = BPF_CORE_READ(sk, __sk_common.skc_family);
	proto = BPF_CORE_READ(sk, sk_protocol);
	if ((family != AF_INET && family != AF_INET6) ||
	    (proto != IPPROTO_TCP && proto != IPPROTO_UDP) || !is_full(sk))
		return false;
	l4_len = has_l4 ? 0 : proto == IPPROTO_TCP ? 20 : 8;
	__builtin_memset(f->bytes, 0, SOCK_HEAD_MAX + 6);
	ipv4 = is_ipv4(sk, family);
	if (ipv4)
		b = put_ipv4(f->bytes, sk, proto, l4_len + len);
	else
		b = put_ipv6(f->bytes, sk, proto, l4_len + len);
	if (!has_l4 && proto == IPPROTO_TCP)
		put_tcp(b, sk, skb);
	else if (!has_l4)
		put_udp(b, sk, l4_len + len);
	head = (ipv4 ? 34 : 54) + l4_len;
	if (linear > SOCK_PAYLOAD_MAX)
		linear = SOCK_PAYLOAD_MAX;
	FORGET(linear);
	FORGET(head);
	if (head > SOCK_HEAD_MAX || linear > SOCK_PAYLOAD_MAX)
		return false;
	if (linear && bpf_probe_read_kernel(f->bytes + head, linear, (void *)data))
		return false;
	f->head.wire = head + len;
	f->head.linear = head + linear;
	return true;
}

/*
 * Puts a frame together in scratch memory, which the caller has to give back with
 * sock_frame_release().
 * @skb_addr: the sk_buff
 * @data: address of its data
 * @len: skb->len
 * @linear: how many of these bytes are at @data
 * @has_l4: the data begins with the TCP or UDP header
 *
 * Returns the address of a struct sock_frame as a number; 0 if the skb has no socket that tells.
 */
__weak __noinline __u64 sock_frame_build(__u64 skb_addr, __u64 data, __u32 len, __u32 linear,
					 __u32 has_l4)
{
	struct sock_frame *f = sock_frame_hold();
	__u64 addr = 0;

	if (!f) {
		struct ev_stats *st = this_cpu_stats();

		COUNT(st, no_head);
		return 0;
	}
	if (!sock_frame_fill(f, (void *)skb_addr, data, len, linear, has_l4)) {
		let_go(&f->head.held);
		return 0;
	}
	/* The verifier takes no pointer for a number; what is read back from memory is one. */
	bpf_probe_read_kernel(&addr, sizeof(addr), &f);
	return addr;
}

#endif
