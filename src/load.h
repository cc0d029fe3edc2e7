/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef PWRU_CAP_LOAD_H
#define PWRU_CAP_LOAD_H
/*
 * From the embedded BPF object to programs in the kernel: settings filled in, the filter spliced
 * over its stub, only what will be attached loaded.
 */
#include <bpf/libbpf.h>
#include <stdbool.h>

#include "bpf/event.h"
#include "src/caps.h"
#include "src/filters.h"
#include "src/funcs.h"
#include "src/kpages.h"
#include "src/splicer.h"

/* The kinds of programs, by how they are attached. */
enum load_kind {
	LOAD_FENTRY_MULTI, /* fentry.multi links, with the argument as cookie, from 0 */
	LOAD_MULTI,	   /* kprobe.multi links */
	LOAD_MULTI_ANY,	   /* the same, with the position as cookie */
	LOAD_SESSION,	   /* kprobe.session links, with the position as cookie */
	LOAD_KPROBE,	   /* kprobes behind perf events */
	LOAD_KINDS,	   /* how many there are */
};

/*
 * enum bpf_attach_type (include/uapi/linux/bpf.h of Linux 6.10 and 7.3): not in the headers that
 * libbpf 1.1 comes with.
 */
#define LOAD_ATTACH_KPROBE_SESSION 56
#define LOAD_ATTACH_FENTRY_MULTI   59

/* The programs that are needed, as bits: 1 << position, and 1 << LOAD_END. */
#define LOAD_END 0

/* All positions that functions have, and LOAD_END. */
#define LOAD_POSITIONS (FUNC_BY_STACK + 1)

struct load_needs {
	uint8_t programs[LOAD_KINDS];
};

struct load_opts {
	struct load_needs needs;
	const struct caps *caps;
	const struct funcs *funcs; /* what they will be attached to */
	const struct filters *filters;
	struct splicer *splicer; /* of these filters */
	const char
		*kernel_btf; /* BTF file for CO-RE, its ids do not count; NULL: the kernel's own */
	uint32_t snaplen;    /* bytes, 1 to EV_SNAPLEN_MAX */
	uint32_t stack_room; /* entries, 0 to EV_STACK_MAX; 0: no stacks */
	struct kpages pages; /* zeros: only the linear bytes of a packet are captured */
	bool cb;	     /* record skb->cb */
	bool cgroup;	     /* record the task's control group */
	bool ret;	     /* record what functions return */
	/* bytes of structs that are recorded, multiples of 8; 0: not wanted */
	uint32_t dump_len[EV_DUMPS];
	uint32_t ring_bytes; /* a power of two, a multiple of the page size */
};

/* The verifier's log level (BPF_LOG_STATS) that tells how much it had to look at. */
#define LOAD_VERIFIER_STATS 4

struct loaded;

/**
 * load_programs() - load what the functions need
 * @opts: settings
 * @ret_loaded: receives the new object, on success only
 *
 * Says on stderr what is wrong.
 *
 * Return: 0, or -errno: what the kernel says.
 */
int load_programs(const struct load_opts *opts, struct loaded **ret_loaded);

/*
 * loaded_program() - the program for functions at this position, or for those that end an skb's
 * life, LOAD_END; it was among the needs
 */
const struct bpf_program *loaded_program(const struct loaded *l, enum load_kind kind, int pos);

/* loaded_object() - for what shares its maps and settings */
const struct bpf_object *loaded_object(const struct loaded *l);

/* loaded_ring_fd() - the ring buffer map */
int loaded_ring_fd(const struct loaded *l);

/**
 * loaded_stats() - the counters, summed over all CPUs
 *
 * Return: 0, or -errno.
 */
int loaded_stats(const struct loaded *l, struct ev_stats *ret_stats);

/**
 * loaded_missed() - how often the kernel left out a run of a program, because it was hit while
 * another ran on the same CPU (an interrupt, or a function that a program itself calls)
 *
 * Return: 0, or -errno.
 */
int loaded_missed(const struct loaded *l, uint64_t *ret_missed);

/**
 * loaded_stop() - from now on the programs count and record nothing, wherever they are attached
 *
 * Waits for those that run at the moment; some milliseconds.
 *
 * Return: 0, or -errno: the kernel (one with nohz_full CPUs) cannot say that none runs any more.
 */
int loaded_stop(const struct loaded *l);

/* load_free() - unload; @l may be NULL */
void load_free(struct loaded *l);

#endif
