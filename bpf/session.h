/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef PWRU_CAP_SESSION_H
#define PWRU_CAP_SESSION_H
/*
 * What user space and the programs of kprobe.session links agree on beyond event.h.
 */

/*
 * Kernel functions that are called by number: bool bpf_session_is_return() and __u64
 * *bpf_session_cookie().  Since 7.0 they take the context, before they took nothing, and libbpf
 * would refuse a declaration that is not the running kernel's.  A call of these numbers, which no
 * helper has, becomes a call of the function (src/splicer.c).
 */
#define SESSION_CALL_IS_RETURN 0x70770001
#define SESSION_CALL_COOKIE    0x70770002

/* The cookie of a function: where the skb is, 1 to 5; and does it return nothing? */
#define SESSION_POS_MASK 7
#define SESSION_VOID	 8

#endif
