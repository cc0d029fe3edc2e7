// SPDX-License-Identifier: GPL-2.0-only
/*
 * How the filter gets into the programs: libbpf relocates a program, then calls the handler that
 * is registered for its section.  At that point the instructions are final but for the verifier,
 * so the handler can replace the bodies of the stubs (bpf/stub.bpf.h, filter/splice.h) and hand
 * libbpf the new instructions, together with function and line information that fit them.
 */
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

#include "filter/splice.h"
#include "filter/translate.h"
#include "pwru_cap.skel.h"
#include "src/log.h"
#include "src/util.h"

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

/* A stub of bpf/stub.bpf.h, and what takes its place. */
struct stub {
	const char *name;
	struct insn_buf body; /* empty: it stays as it is, and accepts */
};

enum {
	STUB_FILTER,
	STUB_TUNNEL_L2,
	STUB_TUNNEL_L3,
	STUB_EXPR,
	N_STUBS
};

/* What the handler needs; lives while the object is opened and loaded. */
struct splicer {
	struct bpf_object *obj;
	struct stub stubs[N_STUBS];
	struct splice_prog current; /* arrays of the program that is being loaded */
};

/* Index of a stub among the program's functions; -1 if the program does not call it. */
static int find_stub(const struct bpf_object *obj, const struct splice_prog *prog, const char *name)
{
	const struct btf *btf = bpf_object__btf(obj);

	for (__u32 i = 0; i < prog->func_info_cnt; i++) {
		const struct bpf_func_info *info = (const void *)((const char *)prog->func_info +
								  i * prog->func_info_rec_size);
		const struct btf_type *t = btf__type_by_id(btf, info->type_id);

		if (t && !strcmp(btf__name_by_offset(btf, t->name_off), name))
			return i;
	}
	return -1;
}

/* All stubs of a program, one after the other; the result is in s->current. */
static int splice_all(struct splicer *s, struct splice_prog in)
{
	for (size_t i = 0; i < N_STUBS; i++) {
		const struct stub *stub = &s->stubs[i];
		int func = stub->body.cnt ? find_stub(s->obj, &in, stub->name) : -1;
		struct splice_prog out;
		int err;

		if (func < 0)
			continue;
		err = splice(&in, func, stub->body.insns, stub->body.cnt, &out);
		if (err)
			return err;
		splice_prog_free(&s->current);
		s->current = out;
		in = out;
	}
	return 0;
}

/* Called by libbpf for each program, between relocation and loading. */
static int prepare(struct bpf_program *prog, struct bpf_prog_load_opts *opts, long cookie)
{
	struct splicer *s = (struct splicer *)cookie;
	struct splice_prog in = {
		.insns = (struct bpf_insn *)bpf_program__insns(prog),
		.insn_cnt = bpf_program__insn_cnt(prog),
		.func_info = (void *)opts->func_info,
		.func_info_cnt = opts->func_info_cnt,
		.func_info_rec_size = opts->func_info_rec_size,
		.line_info = (void *)opts->line_info,
		.line_info_cnt = opts->line_info_cnt,
		.line_info_rec_size = opts->line_info_rec_size,
	};
	int err;

	splice_prog_free(&s->current);
	s->current = (struct splice_prog){0};
	err = splice_all(s, in);
	if (err || !s->current.insns)
		return err;
	/* libbpf reads the rest after we return; it stays until the next program. */
	opts->func_info = s->current.func_info;
	opts->func_info_cnt = s->current.func_info_cnt;
	opts->line_info = s->current.line_info;
	opts->line_info_cnt = s->current.line_info_cnt;
	return bpf_program__set_insns(prog, s->current.insns, s->current.insn_cnt);
}

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

static int translate_one(const struct cbpf_prog *prog, const struct load_opts *opts,
			 const char *what, struct insn_buf *ret_body)
{
	char why[512] = "";
	int err;

	if (!prog->len)
		return 0;
	err = translate(prog, &opts->caps->translate, ret_body, why, sizeof(why));
	if (err)
		log_error("the %s cannot be translated: %s", what, *why ? why : strerror(-err));
	return err;
}

static int make_bodies(const struct load_opts *opts, struct splicer *s)
{
	const struct filters *f = opts->filters;
	int err;

	s->stubs[STUB_FILTER].name = "pwru_filter";
	s->stubs[STUB_TUNNEL_L2].name = "pwru_tunnel_l2";
	s->stubs[STUB_TUNNEL_L3].name = "pwru_tunnel_l3";
	s->stubs[STUB_EXPR].name = "pwru_expr";
	s->stubs[STUB_EXPR].body = f->expr; /* borrowed */
	err = translate_one(&f->frame, opts, "expression", &s->stubs[STUB_FILTER].body);
	if (!err)
		err = translate_one(&f->tunnel_l2, opts, "expression of --filter-tunnel-pcap-l2",
				    &s->stubs[STUB_TUNNEL_L2].body);
	if (!err)
		err = translate_one(&f->tunnel_l3, opts, "expression of --filter-tunnel-pcap-l3",
				    &s->stubs[STUB_TUNNEL_L3].body);
	return err;
}

static void splicer_free(struct splicer *s)
{
	splice_prog_free(&s->current);
	for (size_t i = 0; i < STUB_EXPR; i++)
		insn_buf_free(&s->stubs[i].body);
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
	s->obj = l->skel->obj;
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
	struct splicer s = {0};
	LIBBPF_OPTS(libbpf_prog_handler_opts, handler, .cookie = (long)&s,
		    .prog_prepare_load_fn = prepare);
	struct loaded *l = calloc(1, sizeof(*l));
	int id, err;

	if (!l)
		return -ENOMEM;
	err = make_bodies(opts, &s);
	if (!err) {
		id = libbpf_register_prog_handler(kinds[opts->kind].section, BPF_PROG_TYPE_KPROBE,
						  kinds[opts->kind].attach_type, &handler);
		err = id < 0 ? id : open_and_load(opts, &s, l);
		if (id >= 0)
			libbpf_unregister_prog_handler(id);
	}
	splicer_free(&s);
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
