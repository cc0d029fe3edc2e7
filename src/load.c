// SPDX-License-Identifier: GPL-2.0-only
#include "src/load.h"

#include <bpf/bpf.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "pwru_cap.skel.h"
#include "src/log.h"
#include "src/util.h"

struct loaded {
	struct pwru_cap_bpf *skel;
	/* NULL: not needed. Of a single program, all are the same. */
	const struct bpf_program *programs[LOAD_KINDS][LOAD_POSITIONS];
};

/* Names of programs, and how libbpf is to load what is in their sections. */
static const struct {
	const char *prefix;
	const char *section;
	enum bpf_prog_type type;
	enum bpf_attach_type attach_type;
	bool single; /* one program for all positions and for the end */
} kinds[] = {
	[LOAD_FENTRY_MULTI] = {"fentry_multi", "fentry.multi+", BPF_PROG_TYPE_TRACING,
			       (enum bpf_attach_type)LOAD_ATTACH_FENTRY_MULTI, true},
	[LOAD_MULTI] = {"multi", "kprobe.multi+", BPF_PROG_TYPE_KPROBE, BPF_TRACE_KPROBE_MULTI},
	[LOAD_MULTI_ANY] = {"multi_any", "kprobe.multi+", BPF_PROG_TYPE_KPROBE,
			    BPF_TRACE_KPROBE_MULTI, true},
	[LOAD_SESSION] = {"session", "kprobe.session+", BPF_PROG_TYPE_KPROBE,
			  (enum bpf_attach_type)LOAD_ATTACH_KPROBE_SESSION, true},
	[LOAD_KPROBE] = {"kprobe", "kprobe+", BPF_PROG_TYPE_KPROBE, 0},
};

_Static_assert(ARRAY_SIZE(kinds) == LOAD_KINDS && LOAD_KINDS <= SPLICER_SECTIONS,
	       "each kind has its section");

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
		bpf_program__set_log_level(prog, LOAD_VERIFIER_STATS);
	return prog;
}

static const struct bpf_program *select_position(struct loaded *l, int kind, const char *variant,
						 int pos)
{
	const char *prefix = kinds[kind].prefix;

	if (kinds[kind].single)
		return select_program(l, "%s_%s", prefix, variant);
	if (pos == LOAD_END)
		return select_program(l, "%s_end", prefix);
	if (pos == FUNC_BY_STACK)
		return select_program(l, "%s_by_stack", prefix);
	return select_program(l, "%s_%s_%d", prefix, variant, pos);
}

/* Only what will be attached is loaded. */
static void select_programs(struct loaded *l, const struct load_opts *opts)
{
	const char *variant = opts->caps->direct ? "direct" : "probed";

	for (int kind = 0; kind < LOAD_KINDS; kind++)
		for (int pos = LOAD_END; pos < LOAD_POSITIONS; pos++)
			if (opts->needs.programs[kind] & (kinds[kind].single ? ~0 : 1 << pos))
				l->programs[kind][pos] = select_position(l, kind, variant, pos);
}

static uint32_t filters_beyond(const struct filters *f)
{
	return (f->expr.cnt ? CFG_EXPR : 0) | (f->tunnel_l2.len ? CFG_TUNNEL_L2 : 0) |
	       (f->tunnel_l3.len ? CFG_TUNNEL_L3 : 0);
}

/* LRU maps want some room for each CPU, or they let go of what is in use. */
#define STACKS_BASE    1024
#define STACKS_PER_CPU 256

/* What bystack.bpf.h has to know. */
static void fill_stack_settings(struct pwru_cap_bpf *skel, const struct funcs *funcs)
{
	struct pwru_cap_bpf__rodata *cfg = skel->rodata;

	if (!funcs->by_stack)
		return;
	cfg->cfg_meta.on |= META_STACKS;
	cfg->cfg_entry_text_start = funcs->entry_text[0];
	cfg->cfg_entry_text_end = funcs->entry_text[1];
	bpf_map__set_max_entries(skel->maps.stack_frames,
				 STACKS_BASE + STACKS_PER_CPU * cfg->cfg_cpus);
	bpf_map__set_max_entries(skel->maps.func_ends, funcs->n);
}

static int fill_func_ends(const struct pwru_cap_bpf *skel, const struct funcs *funcs)
{
	int fd = bpf_map__fd(skel->maps.func_ends), err = 0;

	for (size_t i = 0; funcs->by_stack && i < funcs->n && !err; i++) {
		__u64 start = EV_ENTRY_BLOCK(funcs->v[i].addr), end = funcs->v[i].end;

		if (end && bpf_map_update_elem(fd, &start, &end, BPF_ANY))
			err = -errno;
	}
	return err;
}

/* What fields.bpf.h has to know.  A record has the room for either root's fields. */
static void fill_fields(struct pwru_cap_bpf *skel, const struct filters *filters)
{
	uint32_t room = 0;

	for (int root = 0; root < FIELDS_ROOTS; root++)
		if (filters->fields[root].room > room)
			room = filters->fields[root].room;
	if (!room)
		return;
	skel->rodata->cfg_fields_room = room;
	bpf_map__set_max_entries(skel->maps.fields_slots, FETCH_PIECES);
}

static void fill_pages(struct pwru_cap_bpf *skel, const struct kpages *pages)
{
	struct pwru_cap_bpf__rodata *cfg = skel->rodata;

	if (!pages->vmemmap_base)
		return;
	cfg->cfg_pages = true;
	cfg->cfg_vmemmap_base = pages->vmemmap_base;
	cfg->cfg_page_offset_base = pages->page_offset_base;
}

/* Scratch memory: enough for all CPUs to be at it and to be interrupted in it, up to 20 MB. */
#define PAGE_SLOTS_MIN 4
#define PAGE_SLOTS_MAX 64

static void fill_page_slots(struct pwru_cap_bpf *skel)
{
	struct pwru_cap_bpf__rodata *cfg = skel->rodata;
	uint32_t slots = PAGE_SLOTS_MIN;

	if (!cfg->cfg_pages && cfg->cfg_stack_room < EV_STACK_DEEP)
		return;
	while (slots < 2 * cfg->cfg_cpus && slots < PAGE_SLOTS_MAX)
		slots *= 2;
	cfg->cfg_page_slots = slots;
	bpf_map__set_max_entries(skel->maps.page_slots, slots);
}

/* Of the function that runs netfilter's hooks, if it is watched. */
static uint64_t nf_hook_address(const struct funcs *funcs)
{
	for (size_t i = 0; i < funcs->n; i++)
		if (!strcmp(funcs->v[i].name, "nf_hook_slow") && !funcs->v[i].module)
			return EV_ENTRY_BLOCK(funcs->v[i].addr);
	return 0;
}

/* Packets, and calls that have not returned; LRU maps want some room for each CPU. */
#define RETURNS_MAX 65536

static void fill_returns(struct pwru_cap_bpf *skel)
{
	skel->rodata->cfg_ret = true;
	bpf_map__set_max_entries(skel->maps.id_skbs, RETURNS_MAX);
	bpf_map__set_max_entries(skel->maps.entered_calls, RETURNS_MAX);
}

static void fill_dump(struct pwru_cap_bpf *skel, const uint32_t len[EV_DUMPS])
{
	struct pwru_cap_bpf__rodata *cfg = skel->rodata;

	for (int kind = 0; kind < EV_DUMPS; kind++) {
		cfg->cfg_dump_len[kind] = len[kind];
		if (len[kind])
			cfg->cfg_dump_room += sizeof(struct ev_dump) + len[kind];
	}
}

static void fill_settings(struct pwru_cap_bpf *skel, const struct load_opts *opts)
{
	struct pwru_cap_bpf__rodata *cfg = skel->rodata;

	cfg->cfg_snaplen = opts->snaplen;
	cfg->cfg_stack_room = opts->stack_room;
	cfg->cfg_cb_room = opts->cb ? EV_CB_LEN : 0;
	cfg->cfg_cgroup = opts->cgroup;
	cfg->cfg_nf_hook_ip = nf_hook_address(opts->funcs);
	if (opts->ret)
		fill_returns(skel);
	cfg->cfg_kprobe = opts->needs.programs[LOAD_KPROBE];
	cfg->cfg_cpus = libbpf_num_possible_cpus();
	cfg->cfg_sign_bits = opts->caps->sign_bits;
	cfg->cfg_release_ip = opts->funcs->roles.release;
	memcpy((void *)cfg->cfg_tail_ips, opts->funcs->roles.tail, sizeof(cfg->cfg_tail_ips));
	memcpy((void *)cfg->cfg_drops, opts->funcs->roles.drop, sizeof(cfg->cfg_drops));
	for (int i = 0; i < EV_DROP_FUNCS && opts->funcs->roles.drop[i].ip; i++)
		cfg->cfg_drop_bits |= EV_DROP_BIT(opts->funcs->roles.drop[i].ip);
	/* Looked at where drops are. */
	if (cfg->cfg_nf_hook_ip)
		cfg->cfg_drop_bits |= EV_DROP_BIT(cfg->cfg_nf_hook_ip);
	memcpy((void *)&cfg->cfg_meta, &opts->filters->meta, sizeof(opts->filters->meta));
	cfg->cfg_beyond = filters_beyond(opts->filters);
	fill_stack_settings(skel, opts->funcs);
	fill_fields(skel, opts->filters);
	fill_dump(skel, opts->dump_len);
	cfg->cfg_asked_room = cfg->cfg_cb_room + cfg->cfg_fields_room + cfg->cfg_dump_room;
	fill_pages(skel, &opts->pages);
	fill_page_slots(skel);
	bpf_map__set_max_entries(skel->maps.ring, opts->ring_bytes);
}

static int open_and_load(const struct load_opts *opts, struct loaded *l)
{
	LIBBPF_OPTS(bpf_object_open_opts, open_opts, .btf_custom_path = opts->kernel_btf);
	int err;

	l->skel = pwru_cap_bpf__open_opts(&open_opts);
	if (!l->skel) {
		err = -errno;
		log_error("the BPF object cannot be opened: %s", strerror(-err));
		return err;
	}
	splicer_use(opts->splicer, l->skel->obj);
	fill_settings(l->skel, opts);
	select_programs(l, opts);
	err = pwru_cap_bpf__load(l->skel);
	if (!err)
		err = fill_func_ends(l->skel, opts->funcs);
	if (err)
		log_error("the kernel refuses the tracing programs: %s%s; -vv shows its words",
			  strerror(-err), caps_explain_refusal());
	return err;
}

int load_programs(const struct load_opts *opts, struct loaded **ret_loaded)
{
	struct loaded *l = calloc(1, sizeof(*l));
	int err = 0;

	if (!l)
		return -ENOMEM;
	for (int kind = 0; kind < LOAD_KINDS && !err; kind++)
		if (opts->needs.programs[kind])
			err = splicer_register(opts->splicer, kinds[kind].section, kinds[kind].type,
					       kinds[kind].attach_type);
	if (!err)
		err = open_and_load(opts, l);
	splicer_unregister(opts->splicer);
	if (err) {
		load_free(l);
		return err;
	}
	*ret_loaded = l;
	return 0;
}

const struct bpf_program *loaded_program(const struct loaded *l, enum load_kind kind, int pos)
{
	return l->programs[kind][pos];
}

const struct bpf_object *loaded_object(const struct loaded *l)
{
	return l->skel->obj;
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
		sum.no_frame += each[i].no_frame;
		sum.no_head += each[i].no_head;
	}
	free(each);
	if (!err)
		*ret_stats = sum;
	return err;
}

static int read_missed(const struct bpf_program *prog, uint64_t *ret_missed)
{
	struct bpf_prog_info info = {0};
	__u32 size = sizeof(info);

	if (bpf_obj_get_info_by_fd(bpf_program__fd(prog), &info, &size))
		return -errno;
	/* Kernels before 5.12 do not count them, and leave the 0. */
	*ret_missed = info.recursion_misses;
	return 0;
}

int loaded_missed(const struct loaded *l, uint64_t *ret_missed)
{
	struct bpf_program *prog;
	uint64_t missed = 0;

	bpf_object__for_each_program(prog, l->skel->obj)
	{
		uint64_t one = 0;
		int err = bpf_program__fd(prog) < 0 ? 0 : read_missed(prog, &one);

		if (err)
			return err;
		missed += one;
	}
	*ret_missed = missed;
	return 0;
}

/*
 * Waits until all programs that run now have ended: the kernel promises that of an update of a map
 * of maps (maybe_wait_bpf_programs() there, a grace period).  membarrier(2) does not wait on one
 * CPU, and refuses where CPUs run without ticks.
 */
static int wait_for_programs(void)
{
	LIBBPF_OPTS(bpf_map_create_opts, opts);
	int inner = bpf_map_create(BPF_MAP_TYPE_ARRAY, NULL, 4, 4, 1, NULL);
	int outer, err;

	if (inner < 0)
		return inner;
	opts.inner_map_fd = inner;
	outer = bpf_map_create(BPF_MAP_TYPE_ARRAY_OF_MAPS, NULL, 4, 4, 1, &opts);
	err = outer < 0 ? outer : bpf_map_update_elem(outer, &(__u32){0}, &inner, BPF_ANY);
	if (outer >= 0)
		close(outer);
	close(inner);
	return err;
}

int loaded_stop(const struct loaded *l)
{
	l->skel->bss->stopped = true;
	return wait_for_programs();
}

void load_free(struct loaded *l)
{
	if (!l)
		return;
	pwru_cap_bpf__destroy(l->skel);
	free(l);
}
