/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef PWRU_CAP_EMIT_BPF_H
#define PWRU_CAP_EMIT_BPF_H
/*
 * From a matching packet to a record in the ring buffer.  Space is reserved here, after the filter,
 * in the smallest class that holds the record, and filled in place: the packet's bytes and the
 * stack are written once.
 *
 * The verifier walks what comes after a reservation once for each class.  So that part has no
 * branches: what needs some is found before, by global functions, which are verified apart.
 *
 * What cannot be placed before it is read goes another way: see gather.bpf.h.
 */
#include "drop.bpf.h"
#include "dump.bpf.h"
#include "fields.bpf.h"
#include "frame.bpf.h"
#include "maps.bpf.h"
#include "netns.bpf.h"
#include "track.bpf.h"

/* Where a sighting is. */
struct site {
	void *ctx;
	__u64 func_ip;
	__u32 skip; /* entries on top of the stack that are not the function's */
	enum {
		SITE_PROG, /* a BPF program, which is handed its packet: no function that frees */
		SITE_KPROBE,
		SITE_FENTRY,
		SITE_COPY,
		SITE_RETURN, /* of a function, whose stack is gone */
	} kind;
};

/*
 * Where in a record its sections begin (event.h): all are numbers that the verifier knows.
 */
static __always_inline __u64 cb_at(void)
{
	return sizeof(struct ev_hdr) + (__u64)cfg_stack_room * 8;
}

static __always_inline __u64 packet_at(void)
{
	return cb_at() + cfg_asked_room;
}

/* What is known before space is reserved, of an skb or an xdp_buff. */
struct facts {
	__u64 id;
	/* address of the skb_shared_info, of an xdp_buff in several pieces; or else 0 */
	__u64 frags;
	__u64 dev;    /* address; 0: none */
	__u64 fields; /* of fields_of_skb() or fields_of_xdp(); 0: none are to be had */
	__u64 drop;   /* DROP_FLAGS() and the reason, or nf_state() */
	union {
		__u64 drop_at;
		__u64 ret;
	};
	__u32 netns;
	__u32 len;
	__u32 mark;
	__u16 protocol; /* network byte order */
	__u16 queue;
	__u8 pkt_type;
};

static __always_inline void facts_of_skb(const bool direct, const struct site *site, __u64 addr,
					 struct facts *facts)
{
	struct sk_buff *skb = TYPED(direct, struct sk_buff, addr);
	__u64 netns = direct ? netns_of_direct(addr) : netns_of_probed(addr);

	facts->id = direct ? skb_id_direct(addr, site->func_ip)
			   : skb_id_probed(addr, site->func_ip);
	/* Without a branch: what follows would be verified for each of the two ways. */
	facts->dev = dev_number(direct, addr) & -(netns >> 32);
	facts->netns = netns;
	facts->frags = 0;
	facts->fields = cfg_fields_room ? fields_of_skb(addr) : 0;
	facts->len = FIELD(direct, skb, len);
	facts->mark = FIELD(direct, skb, mark);
	facts->protocol = FIELD(direct, skb, protocol);
	facts->queue = FIELD(direct, skb, queue_mapping);
	facts->pkt_type = BIT_FIELD(direct, skb, pkt_type);
}

/* Knows the id by now. */
static __always_inline void facts_of_drop(const struct site *site, __u64 skb, struct facts *facts)
{
	facts->drop = 0;
	facts->drop_at = 0;
	if (!may_be_drop_func(site->func_ip))
		return;
	if (site->kind == SITE_KPROBE)
		facts->drop = drop_in_kprobe(site->ctx, site->func_ip, skb);
	if (site->kind == SITE_FENTRY)
		facts->drop = drop_in_fentry(site->ctx, site->func_ip, skb);
	if (site->kind == SITE_COPY)
		facts->drop = drop_in_copy(number_of(site->ctx), site->func_ip, skb);
	if (facts->drop >> 32 & EV_F_DROP)
		facts->drop_at = caller_of(site->ctx, site->skip);
}

/*
 * A device at address 0 has the name "", and index, type and MTU 0: reads of it fail and give
 * zeros.  Direct loads bring what is behind the end of the name, too.
 */
static __always_inline void fill_device(const bool direct, const struct facts *facts,
					struct ev_hdr *e)
{
	struct net_device *dev = TYPED(direct, struct net_device, facts->dev);

	e->netns = facts->netns;
	e->ifindex = FIELD(direct, dev, ifindex);
	e->hatype = FIELD(direct, dev, type);
	e->mtu = FIELD(direct, dev, mtu);
	if (direct) {
		LOAD_NAME(dev, name, e->ifname);
		return;
	}
	__builtin_memset(e->ifname, 0, sizeof(e->ifname));
	bpf_probe_read_kernel_str(e->ifname, sizeof(e->ifname),
				  (char *)facts->dev +
					  bpf_core_field_offset(struct net_device, name));
}

/* The same without the helpers' way, where kernels let programs load from the task. */
static __always_inline void fill_task(const bool direct, struct ev_hdr *e)
{
	struct task_struct *task;
	__u64 pid_tgid;

	if (direct) {
		task = bpf_get_current_task_btf();
		e->tgid = task->tgid;
		e->tid = task->pid;
		LOAD_NAME(task, comm, e->comm);
		return;
	}
	pid_tgid = bpf_get_current_pid_tgid();
	e->tgid = pid_tgid >> 32;
	e->tid = pid_tgid;
	bpf_get_current_comm(e->comm, sizeof(e->comm));
}

static __always_inline void fill_header(const bool direct, const struct site *site,
					const struct frame *f, const struct facts *facts,
					struct ev_hdr *e)
{
	e->time_ns = bpf_ktime_get_ns();
	e->func_ip = site->func_ip;
	e->skb = f->skb;
	e->id = facts->id;
	e->drop_at = facts->drop_at;
	e->drop_reason = facts->drop;
	e->l2 = f->l2;
	e->wire_len = f->wire;
	e->skb_len = facts->len;
	e->mark = facts->mark;
	e->cpu = bpf_get_smp_processor_id();
	e->protocol = facts->protocol;
	e->queue = facts->queue;
	e->pkt_type = facts->pkt_type;
	e->cgroup = cfg_cgroup ? bpf_get_current_cgroup_id() : 0;
	fill_task(direct, e);
	fill_device(direct, facts, e);
}

static __always_inline void fill_stack(const struct site *site, struct ev_hdr *e)
{
	e->stack_room = cfg_stack_room;
	e->stack_bytes = 0;
	if (cfg_stack_room && site->kind != SITE_RETURN)
		e->stack_bytes = bpf_get_stack(site->ctx, (char *)e + sizeof(*e),
					       cfg_stack_room * 8, site->skip);
}

/*
 * --output-skb-cb, at this offset.  In XDP there is no skb: the read from near address 0 fails and
 * gives zeros.
 */
static __always_inline void fill_cb(const struct frame *f, struct ev_hdr *e, __u64 at)
{
	e->cb_room = cfg_cb_room;
	if (cfg_cb_room)
		bpf_probe_read_kernel((char *)e + at, EV_CB_LEN,
				      (char *)f->skb + bpf_core_field_offset(struct sk_buff, cb));
}

/* --output-skb-metadata and the like; zeros, which is to say not read, where there are none. */
static __always_inline void fill_fields(const struct facts *facts, struct ev_hdr *e, __u64 at)
{
	e->fields_room = cfg_fields_room;
	if (cfg_fields_room)
		bpf_probe_read_kernel((char *)e + at, cfg_fields_room,
				      ((struct fields_slot *)facts->fields)->scratch.section);
}

/* --dump */
static __always_inline void fill_dump(const struct frame *f, const struct facts *facts,
				      struct ev_hdr *e, __u64 offset)
{
	char *at = (char *)e + offset;

	e->dump_room = cfg_dump_room;
	at = dump_put(at, EV_DUMP_SKB, f->skb);
	at = dump_put(at, EV_DUMP_SHINFO, dump_wants(EV_DUMP_SHINFO) ? shinfo_of(f->skb) : 0);
	at = dump_put(at, EV_DUMP_DEV, facts->dev);
	dump_put(at, EV_DUMP_SK, dump_wants(EV_DUMP_SK) ? sock_of(f->skb) : 0);
}

/* The sections that nothing but options asks for, at this offset. */
static __always_inline void fill_asked(const struct frame *f, const struct facts *facts,
				       struct ev_hdr *e, __u64 at)
{
	e->cb_room = 0;
	e->fields_room = 0;
	e->dump_room = 0;
	if (!cfg_asked_room)
		return;
	fill_cb(f, e, at);
	fill_fields(facts, e, at + cfg_cb_room);
	fill_dump(f, facts, e, at + cfg_cb_room + cfg_fields_room);
}

/*
 * The bytes that are in memory: all of the frame behind the synthetic head (and, when a tag is
 * put into a MAC header that is there, the addresses in front of it).
 */
static __always_inline __u64 raw_start(const struct frame *f)
{
	if (!(f->l2 & FRAME_L2_VLAN))
		return f->l2 ? f->base + ETH_LEN : f->base;
	if (f->l2 & FRAME_L2_SYNTH)
		return f->base + ETH_LEN + VLAN_LEN;
	return f->base + VLAN_LEN;
}

/*
 * What the packet section begins with, or is: the linear bytes, up to the snapshot length.  User
 * space cuts the frame to that length once the head is in.
 */
static __always_inline __u32 raw_len(const struct frame *f)
{
	__s32 raw = f->linear - head_len(f);

	if (raw < 0)
		return 0;
	return (__u32)raw > cfg_snaplen ? cfg_snaplen : (__u32)raw;
}

/* Bytes of the frame that are wanted, and that are not in the linear area. */
static __always_inline __u32 bytes_beyond(const struct frame *f)
{
	__u32 wanted = f->wire > cfg_snaplen ? cfg_snaplen : f->wire;

	return wanted > f->linear ? wanted - f->linear : 0;
}

/* The record of the linear bytes, which are all that there are, or that can be had. */
static __always_inline void emit(const bool direct, const struct site *site, const struct frame *f,
				 const struct facts *facts)
{
	const __u64 offset = packet_at();
	__u64 start = raw_start(f), len = raw_len(f), end = offset + len, lost;
	__u32 beyond = bytes_beyond(f);
	struct ev_stats *st = this_cpu_stats();
	struct ev_hdr *e;

	/* Before anything is counted. */
	if (stopped)
		return;
	if (!st)
		return; /* never: the map has a value for each CPU */
	COUNT(st, matched);
	lost = st->lost_ring;
	/* From here on the verifier's bounds of `end` count, so clang must not go back to len. */
	FORGET(end);
	/* One reservation for each class: the size has to be a constant on each path. */
#define TRY_CLASS(bytes)                                  \
	if (end <= (bytes)) {                             \
		e = bpf_ringbuf_reserve(&ring, bytes, 0); \
		goto reserved;                            \
	}
	EV_CLASSES(TRY_CLASS)
#undef TRY_CLASS
	COUNT(st, lost_size);
	return;
reserved:
	if (!e) {
		COUNT(st, lost_ring);
		return;
	}
	e->lost = lost;
	fill_header(direct, site, f, facts, e);
	fill_stack(site, e);
	e->nonlinear = beyond;
	fill_asked(f, facts, e, cb_at());
	len = end - offset;
	e->raw_len = len;
	/* Zeros if it fails; the sign of the result is the flag. */
	e->flags = f->flags | facts->drop >> 32 |
		   (__u64)bpf_probe_read_kernel((char *)e + offset, len, (void *)start) >> 63;
	bpf_ringbuf_submit(e, 0);
}

_Static_assert(EV_F_FAULT == 1, "a sign bit, shifted down, is the flag");

/*
 * A frame for a packet that is gone: nothing but a header, which says that nothing is known.  What
 * it holds it goes on to hold.
 */
static __always_inline void frame_of_nothing(struct frame *f)
{
	f->base = f->skb; /* no byte is read from there */
	f->l2 = FRAME_L2_SYNTH | ETH_P_LOCAL_BE;
	f->wire = f->linear = ETH_LEN;
	f->flags = EV_F_GONE;
}

/* What an skb has to have before anything is written of it. */
static __always_inline void prepare_skb(const bool direct, const struct site *site,
					const struct frame *f, struct facts *facts)
{
	facts_of_skb(direct, site, f->skb, facts);
	facts_of_drop(site, f->skb, facts);
	if (!facts->id) {
		struct ev_stats *st = this_cpu_stats();

		COUNT(st, lost_id);
	}
}

/* Once the record is written. */
static __always_inline void release_facts(const struct facts *facts)
{
	if (cfg_fields_room)
		fields_release(facts->fields);
}

static __always_inline void emit_skb(const bool direct, const struct site *site,
				     const struct frame *f)
{
	struct facts facts;

	prepare_skb(direct, site, f, &facts);
	emit(direct, site, f, &facts);
	release_facts(&facts);
}

#endif
