// SPDX-License-Identifier: GPL-2.0-only
#include "src/load.h"

#include <bpf/bpf.h>
#include <errno.h>
#include <linux/membarrier.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "pwru_cap.skel.h"
#include "src/log.h"
#include "src/splicer.h"

/* The verifier's log level (BPF_LOG_STATS) that tells how much it had to look at. */
#define VERIFIER_STATS 4

struct loaded {
	struct pwru_cap_bpf *skel;
	const struct bpf_program *by_pos[KBTF_MAX_POS + 1]; /* from 1; NULL: not needed */
	const struct bpf_program *end;
};

/* Names of programs, and how libbpf is to load what is in their sections. */
static const struct {
	const char *prefix;
	const char *section;
	enum bpf_attach_type attach_type;
} kinds[] = {
	[LOAD_MULTI] = {"multi", "kprobe.multi+", BPF_TRACE_KPROBE_MULTI},
	[LOAD_KPROBE] = {"kprobe", "kprobe+", 0},
};

static const struct bpf_program *select_program(const struct loaded *l, const char *fmt, ...)
{
	struct bpf_program *prog;
	char name[32];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(name, sizeof(name), fmt, ap);
	va_end(ap);
	prog = bpf_object__find_program_by_name(l->skel->obj, name);
	if (prog)
		bpf_program__set_autoload(prog, true);
	if (prog && log_shows(LOG_DEBUG))
		bpf_program__set_log_level(prog, VERIFIER_STATS);
	return prog;
}

/* Only what will be attached is loaded. */
static void select_programs(struct loaded *l, const struct load_opts *opts)
{
	const char *prefix = kinds[opts->kind].prefix;
	const char *variant = opts->caps->direct ? "direct" : "probed";

	for (size_t i = 0; i < opts->funcs->n; i++) {
		int pos = opts->funcs->v[i].pos;

		if (!l->by_pos[pos])
			l->by_pos[pos] = select_program(l, "%s_%s_%d", prefix, variant, pos);
	}
	l->end = select_program(l, "%s_end", prefix);
}

static void fill_settings(struct pwru_cap_bpf *skel, const struct load_opts *opts)
{
	struct pwru_cap_bpf__rodata *cfg = skel->rodata;

	cfg->cfg_snaplen = opts->snaplen;
	cfg->cfg_stack_room = opts->stack_room;
	cfg->cfg_kprobe = opts->kind == LOAD_KPROBE;
	cfg->cfg_cpus = libbpf_num_possible_cpus();
	cfg->cfg_release_ip = opts->funcs->roles.release;
	memcpy((void *)cfg->cfg_tail_ips, opts->funcs->roles.tail, sizeof(cfg->cfg_tail_ips));
	memcpy((void *)&cfg->cfg_meta, &opts->filters->meta, sizeof(opts->filters->meta));
	cfg->cfg_tunnel_l2 = opts->filters->tunnel_l2.len;
	cfg->cfg_tunnel_l3 = opts->filters->tunnel_l3.len;
	cfg->cfg_expr = opts->filters->expr.cnt;
	bpf_map__set_max_entries(skel->maps.ring, opts->ring_bytes);
}

static int open_and_load(const struct load_opts *opts, struct splicer *s, struct loaded *l)
{
	LIBBPF_OPTS(bpf_object_open_opts, open_opts, .btf_custom_path = opts->kernel_btf);
	int err;

	l->skel = pwru_cap_bpf__open_opts(&open_opts);
	if (!l->skel) {
		err = -errno;
		log_error("the BPF object cannot be opened: %s", strerror(-err));
		return err;
	}
	splicer_use(s, l->skel->obj);
	fill_settings(l->skel, opts);
	select_programs(l, opts);
	err = pwru_cap_bpf__load(l->skel);
	if (err)
		log_error("the kernel refuses the tracing programs: %s%s; -vv shows its words",
			  strerror(-err), caps_explain_refusal());
	return err;
}

int load_programs(const struct load_opts *opts, struct loaded **ret_loaded)
{
	struct loaded *l = calloc(1, sizeof(*l));
	struct splicer *s = NULL;
	int err;

	if (!l)
		return -ENOMEM;
	err = splicer_new(opts->filters, opts->caps, &s);
	if (!err)
		err = splicer_register(s, kinds[opts->kind].section, BPF_PROG_TYPE_KPROBE,
				       kinds[opts->kind].attach_type);
	if (!err)
		err = open_and_load(opts, s, l);
	splicer_free(s);
	if (err) {
		load_free(l);
		return err;
	}
	*ret_loaded = l;
	return 0;
}

const struct bpf_program *loaded_program(const struct loaded *l, int pos)
{
	return l->by_pos[pos];
}

const struct bpf_program *loaded_end_program(const struct loaded *l)
{
	return l->end;
}

int loaded_ring_fd(const struct loaded *l)
{
	return bpf_map__fd(l->skel->maps.ring);
}

int loaded_stats(const struct loaded *l, struct ev_stats *ret_stats)
{
	int cpus = libbpf_num_possible_cpus();
	struct ev_stats *each, sum = {0};
	__u32 zero = 0;
	int err = 0;

	if (cpus < 0)
		return cpus;
	each = calloc(cpus, sizeof(*each));
	if (!each)
		return -ENOMEM;
	if (bpf_map_lookup_elem(bpf_map__fd(l->skel->maps.stats), &zero, each))
		err = -errno;
	for (int i = 0; i < cpus; i++) {
		sum.matched += each[i].matched;
		sum.lost_ring += each[i].lost_ring;
		sum.lost_size += each[i].lost_size;
		sum.lost_id += each[i].lost_id;
	}
	free(each);
	if (!err)
		*ret_stats = sum;
	return err;
}

int loaded_missed(const struct loaded *l, uint64_t *ret_missed)
{
	uint64_t missed = 0;

	for (int pos = 1; pos <= KBTF_MAX_POS; pos++) {
		struct bpf_prog_info info = {0};
		__u32 size = sizeof(info);

		if (!l->by_pos[pos])
			continue;
		if (bpf_obj_get_info_by_fd(bpf_program__fd(l->by_pos[pos]), &info, &size))
			return -errno;
		/* Kernels before 5.12 do not count them, and leave the 0. */
		missed += info.recursion_misses;
	}
	*ret_missed = missed;
	return 0;
}

int loaded_stop(const struct loaded *l)
{
	l->skel->bss->stopped = true;
	/* A grace period: programs run within RCU read sections. */
	return syscall(SYS_membarrier, MEMBARRIER_CMD_GLOBAL, 0, 0) ? -errno : 0;
}

void load_free(struct loaded *l)
{
	if (!l)
		return;
	pwru_cap_bpf__destroy(l->skel);
	free(l);
}
