/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef PWRU_CAP_RETURN_BPF_H
#define PWRU_CAP_RETURN_BPF_H
/*
 * What functions return, for packets that matched at their entry.
 *
 * What is remembered from the one to the other is the packet's identity: at the return the skb may
 * be freed, or another packet's, so it is not looked at.
 *
 * A kprobe.session program runs at a function's entry and, if it then asks for that, at its return,
 * and has a word to remember something meanwhile, the cookie of the session.  With fentry there are
 * two programs, which run in the same frame of the same trampoline, and so have the same address
 * for a context: that is the key to what is remembered.
 */
#include "emit.bpf.h"
#include "nf.bpf.h"

/* Returns are recorded. */
const volatile bool cfg_ret;

/* Where the skb of an id was.  LRU: nothing tells when a function does not return. */
struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 1); /* more if it is to be used */
	__type(key, __u64);
	__type(value, __u64);
} id_skbs SEC(".maps");

/* The cookie: an id in the low bits, and above them the hook, if it is nf_hook_slow(). */
#define CALL_ID_BITS 56
#define CALL_ID_MASK ((1ULL << CALL_ID_BITS) - 1)
#define CALL_NF	     (1ULL << 63)
#define CALL_NF_SHIFT(family, hook) \
	((__u64)((family)&15) << (CALL_ID_BITS + 3) | (__u64)((hook)&7) << CALL_ID_BITS)

/* A function has been entered for a packet that matched, and was written. */
__weak __noinline __u64 call_of(__u64 skb, __u64 func_ip, __u64 nf_arg)
{
	const struct skb_id *known = bpf_map_lookup_elem(&skb_ids, &skb);
	__u64 id = known ? known->id & CALL_ID_MASK : 0, call = id;

	if (id && !bpf_map_lookup_elem(&id_skbs, &id))
		bpf_map_update_elem(&id_skbs, &id, &skb, BPF_ANY);
	if (is_nf_hook(func_ip)) {
		__u32 nf = nf_state(nf_arg);

		call |= CALL_NF | CALL_NF_SHIFT(EV_NF_FAMILY(nf), EV_NF_HOOK(nf));
	}
	return call;
}

/* The sighting of a return: nothing but a header for a frame, as for a packet that is gone. */
static __always_inline void emit_return(const struct site *site, __u64 call, __u64 ret)
{
	struct facts facts = {
		.id = call & CALL_ID_MASK,
		.ret = ret,
		.pkt_type = EV_PKT_TYPE_UNKNOWN,
	};
	const __u64 *skb = bpf_map_lookup_elem(&id_skbs, &facts.id);
	struct frame f = {.skb = skb ? *skb : 0};

	if (call & CALL_NF)
		facts.drop = (__u64)EV_F_NF << 32 |
			     EV_NF(call >> (CALL_ID_BITS + 3) & 15, call >> CALL_ID_BITS & 7);
	frame_of_nothing(&f);
	f.flags |= EV_F_RETURN;
	emit(false, site, &f, &facts);
}

/* A function that has been entered, for those that have no cookie. */
struct entered {
	__u64 func_ip;
	__u64 skb;
	__u64 call; /* call_of() */
};

/*
 * By the address of the context.  LRU, as above: if the program at the return did not run, another
 * call finds what is left here, in the same frame.  It is not taken for that call's if function and
 * skb are others.
 */
struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 1); /* likewise */
	__type(key, __u64);
	__type(value, struct entered);
} entered_calls SEC(".maps");

static __always_inline void note_entered(void *ctx, __u64 func_ip, __u64 skb, __u64 nf_arg)
{
	struct entered entered = {
		.func_ip = func_ip,
		.skb = skb,
		.call = call_of(skb, func_ip, nf_arg),
	};
	__u64 frame = number_of(ctx);

	bpf_map_update_elem(&entered_calls, &frame, &entered, BPF_ANY);
}

/* False: no packet that matched was seen to enter it. */
static __always_inline bool take_entered(void *ctx, __u64 func_ip, __u64 skb, __u64 *ret_call)
{
	__u64 frame = number_of(ctx);
	const struct entered *entered = bpf_map_lookup_elem(&entered_calls, &frame);
	bool same;

	if (!entered)
		return false;
	same = entered->func_ip == func_ip && entered->skb == skb;
	*ret_call = entered->call;
	bpf_map_delete_elem(&entered_calls, &frame);
	return same;
}

#endif
