/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef PWRU_CAP_KERNEL_H
#define PWRU_CAP_KERNEL_H
/*
 * The few kernel types that the programs look into, with only the fields that they use.  Offsets
 * do not matter here: preserve_access_index makes clang record each access, and libbpf puts in
 * the running kernel's offset (CO-RE).  A field that not every kernel has stands in a flavour
 * (name___something, which CO-RE matches to the name before the underscores) and is asked for with
 * bpf_core_field_exists().
 */
#include <linux/types.h>

#pragma clang attribute push(__attribute__((preserve_access_index)), apply_to = record)

struct ns_common {
	unsigned int inum;
};

struct net {
	struct ns_common ns;
};

typedef struct {
	struct net *net;
} possible_net_t;

struct net_device {
	char name[16];
	int ifindex;
	unsigned int mtu;
	unsigned short type;
	possible_net_t nd_net;
};

struct in6_addr {
	__u8 bytes[16];
};

struct sock_common {
	__be32 skc_daddr;
	__be32 skc_rcv_saddr;
	__be16 skc_dport;
	__u16 skc_num;
	unsigned short skc_family;
	unsigned char skc_state;
	struct in6_addr skc_v6_daddr;
	struct in6_addr skc_v6_rcv_saddr;
	possible_net_t skc_net;
};

struct sock {
	struct sock_common __sk_common;
	__u16 sk_protocol;
};

/* What TCP keeps in skb->cb while an skb is in its queues. */
struct tcp_skb_cb {
	__u32 seq;
	__u8 tcp_flags;
};

typedef struct {
	int counter;
} atomic_t;

typedef struct refcount_struct {
	atomic_t refs;
} refcount_t;

struct sk_buff {
	struct sk_buff *next;
	struct net_device *dev;
	struct sock *sk;
	char cb[48];
	unsigned int len;
	unsigned int data_len;
	__u16 queue_mapping;
	__u8 pkt_type : 3;
	__u32 mark;
	__be16 protocol;
	__be16 vlan_proto;
	__u16 vlan_tci;
	__u16 transport_header;
	__u16 network_header;
	__u16 mac_header;
	unsigned int end; /* as an offset from head, as all 64-bit kernels have it */
	unsigned char *head;
	unsigned char *data;
	refcount_t users;
};

struct task_struct {
	void *stack; /* its first byte */
	int pid;
	int tgid;
	char comm[16];
};

struct xdp_rxq_info {
	struct net_device *dev;
	__u32 queue_index;
};

struct xdp_buff {
	void *data;
	void *data_end;
	void *data_hard_start;
	struct xdp_rxq_info *rxq;
	__u32 frame_sz;
};

struct page {
};

struct nf_hook_state {
	__u8 hook; /* wider in 5.10 */
	__u8 pf;
};

/* A fragment, before 6.9 ... */
struct bio_vec {
	struct page *bv_page;
	unsigned int bv_len;
	unsigned int bv_offset;
};

/* ... and since. */
struct skb_frag {
	unsigned long netmem;
	unsigned int len;
	unsigned int offset;
};

struct skb_shared_info {
	__u8 nr_frags;
	struct sk_buff *frag_list;
	struct skb_frag frags[1];
};

/* Since 5.18 a packet may go on in fragments. */
struct xdp_buff___frags {
	__u32 flags;
};

struct skb_shared_info___frags {
	__u32 xdp_frags_size;
};

/* Before 6.2 a bit says whether vlan_tci counts; since then vlan_proto is zero if it does not. */
struct sk_buff___vlan_bit {
	__u8 vlan_present : 1;
};

/* A type with a long byte array, to read packet bytes through (see filter/pktload). */
struct __kernel_sockaddr_storage {
	__u16 ss_family;
	char __data[126];
};

#pragma clang attribute pop

/* Since 5.17; SKB_CONSUMED since 6.3. */
enum skb_drop_reason {
	SKB_CONSUMED = 1,
	SKB_DROP_REASON_NOT_SPECIFIED = 2,
};

#endif
