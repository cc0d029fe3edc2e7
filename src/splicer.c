// SPDX-License-Identifier: GPL-2.0-only
/*
 * How the filter gets into the programs: libbpf relocates a program, then calls the handler that
 * is registered for its section.  At that point the instructions are final but for the verifier,
 * so the handler can replace the bodies of the stubs (bpf/stub.bpf.h, filter/splice.h) and hand
 * libbpf the new instructions, together with function and line information that fit them.
 */
#include "src/splicer.h"

#include <bpf/bpf.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "bpf/cast.h"
#include "bpf/session.h"
#include "filter/splice.h"
#include "filter/translate.h"
#include "src/log.h"
#include "src/util.h"

/* A stub of bpf/stub.bpf.h, and what takes its place. */
struct stub {
	const char *name;
	struct insn_buf body; /* empty: it stays as it is, and accepts */
	bool has_map;	      /* the body loads the map that the stub loads */
	size_t map;	      /* by the instruction at this index */
};

enum {
	STUB_FILTER,
	STUB_TUNNEL_L2,
	STUB_TUNNEL_L3,
	STUB_EXPR, /* from here on the bodies belong to others */
	STUB_FIELDS,
	STUB_FIELDS_XDP,
	N_STUBS
};

struct splicer {
	int handlers[SPLICER_SECTIONS]; /* libbpf's numbers for them */
	size_t n_handlers;
	const struct bpf_object *obj;
	struct caps caps;
	struct stub stubs[N_STUBS];
	/* Type ids of the functions of bpf/session.h; 0: not needed, or this kernel has none. */
	int32_t is_return, cookie;
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

#define STUB_BIT(stub) (1U << (stub))
#define STUBS_BEYOND   (STUB_BIT(STUB_EXPR) | STUB_BIT(STUB_TUNNEL_L2) | STUB_BIT(STUB_TUNNEL_L3))
#define STUBS_FIELDS   (STUB_BIT(STUB_FIELDS) | STUB_BIT(STUB_FIELDS_XDP))

/*
 * What nothing calls if none of some stubs has a body: a function, and those that only it calls.
 * The kernel leaves it out in the end, but goes over it a few times before that.
 */
static const struct {
	const char *names[4]; /* the function comes first */
	unsigned int stubs;
} optional[] = {
	{{"matches_beyond", "pwru_expr", "pwru_tunnel_l2", "pwru_tunnel_l3"}, STUBS_BEYOND},
	{{"fields_of_skb", "pwru_fields"}, STUBS_FIELDS},
	{{"fields_of_xdp", "pwru_fields_xdp"}, STUBS_FIELDS},
};

/* No match, and no fields. */
static const struct bpf_insn none[] = {
	{.code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = BPF_REG_0},
	{.code = BPF_JMP | BPF_EXIT},
};

static bool has_any(const struct splicer *s, unsigned int stubs)
{
	for (size_t i = 0; i < N_STUBS; i++)
		if (stubs & STUB_BIT(i) && s->stubs[i].body.cnt)
			return true;
	return false;
}

/* libbpf puts what a function calls right behind it; if it does not, all stays where it is. */
static int drop_one(struct splicer *s, const char *const *names, size_t max, struct splice_prog *in)
{
	int first = find_stub(s->obj, in, names[0]), last = first, cnt = 0, err;
	struct splice_prog out;

	for (size_t i = 0; first >= 0 && i < max && names[i]; i++) {
		int func = find_stub(s->obj, in, names[i]);

		if (func < first)
			return 0;
		if (func > last)
			last = func;
		cnt++;
	}
	if (!cnt || last - first != cnt - 1)
		return 0;
	err = splice_several(in, first, cnt, none, ARRAY_SIZE(none), &out);
	if (err)
		return err;
	splice_prog_free(&s->current);
	s->current = out;
	*in = out;
	return 0;
}

static int drop_unused(struct splicer *s, struct splice_prog *in)
{
	int err = 0;

	for (size_t i = 0; i < ARRAY_SIZE(optional) && !err; i++)
		if (!has_any(s, optional[i].stubs))
			err = drop_one(s, optional[i].names, ARRAY_SIZE(optional[i].names), in);
	return err;
}

static __u32 insn_off(const struct splice_prog *prog, __u32 func)
{
	const struct bpf_func_info *info = (const void *)((const char *)prog->func_info +
							  func * prog->func_info_rec_size);

	return info->insn_off;
}

/* How the stub loads its map is how the body is to load it: libbpf has put in the descriptor. */
static int take_map(const struct splice_prog *prog, int func, const struct stub *stub)
{
	size_t end = (__u32)func + 1 < prog->func_info_cnt ? insn_off(prog, func + 1)
							   : prog->insn_cnt;

	for (size_t i = insn_off(prog, func); i + 1 < end; i++) {
		if (prog->insns[i].code != (BPF_LD | BPF_IMM | BPF_DW) ||
		    prog->insns[i].src_reg != BPF_PSEUDO_MAP_FD)
			continue;
		stub->body.insns[stub->map].src_reg = prog->insns[i].src_reg;
		stub->body.insns[stub->map].imm = prog->insns[i].imm;
		stub->body.insns[stub->map + 1].imm = prog->insns[i + 1].imm;
		return 0;
	}
	return -EINVAL;
}

/* All stubs of a program, one after the other; the result is in s->current. */
static int splice_all(struct splicer *s, struct splice_prog in)
{
	int err = drop_unused(s, &in);

	if (err)
		return err;
	for (size_t i = 0; i < N_STUBS; i++) {
		const struct stub *stub = &s->stubs[i];
		int func = stub->body.cnt ? find_stub(s->obj, &in, stub->name) : -1;
		struct splice_prog out;

		if (func < 0)
			continue;
		err = stub->has_map ? take_map(&in, func, stub) : 0;
		if (!err)
			err = splice(&in, func, stub->body.insns, stub->body.cnt, &out);
		if (err)
			return err;
		splice_prog_free(&s->current);
		s->current = out;
		in = out;
	}
	return 0;
}

/* Makes a call of a number that stands for a function a call of the function. */
static void patch_call(struct bpf_insn *insn, int32_t number, int32_t id)
{
	if (insn->code != (BPF_JMP | BPF_CALL) || insn->src_reg || insn->imm != number)
		return;
	insn->src_reg = BPF_PSEUDO_KFUNC_CALL;
	insn->imm = id;
}

/* In place, before the rest is made from it: nothing becomes longer. */
static void patch_calls(const struct splicer *s, struct splice_prog *prog)
{
	for (size_t i = 0; s->cookie > 0 && i < prog->insn_cnt; i++) {
		patch_call(&prog->insns[i], SESSION_CALL_IS_RETURN, s->is_return);
		patch_call(&prog->insns[i], SESSION_CALL_COOKIE, s->cookie);
	}
}

/* The kernel's numbers for what bpf/cast.h has numbers of its own. */
static void number_casts(const struct caps *caps, struct bpf_insn *insns, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		struct bpf_insn *insn = &insns[i];

		if (insn->code == (BPF_JMP | BPF_CALL) && !insn->src_reg &&
		    insn->imm == CAST_FUNC) {
			insn->src_reg = BPF_PSEUDO_KFUNC_CALL;
			insn->imm = caps->translate.cast_func_id;
		}
		if (insn->code != (BPF_ALU | BPF_MOV | BPF_K) &&
		    insn->code != (BPF_ALU64 | BPF_MOV | BPF_K))
			continue;
		if (insn->imm == CAST_SK_BUFF)
			insn->imm = caps->skb_type_id;
		else if (insn->imm == CAST_NET_DEVICE)
			insn->imm = caps->dev_type_id;
		else if (insn->imm == CAST_BYTES)
			insn->imm = caps->translate.bytes_type_id;
	}
}

/*
 * For a tracing program libbpf would read the kernel's types, to find the one function that it is
 * for.  Ours are for many, or for one that is known, so they pass as this kind, until they are
 * loaded.
 */
#define NOT_TRACING BPF_PROG_TYPE_RAW_TRACEPOINT

static int become_tracing(struct bpf_program *prog, struct bpf_prog_load_opts *opts)
{
	enum bpf_attach_type type = bpf_program__expected_attach_type(prog);

	if (bpf_program__type(prog) != NOT_TRACING || !type)
		return 0;
	opts->expected_attach_type = type;
	return bpf_program__set_type(prog, BPF_PROG_TYPE_TRACING);
}

static int splice_into(struct splicer *s, struct bpf_program *prog, const struct splice_prog *in,
		       struct bpf_prog_load_opts *opts)
{
	int err;

	splice_prog_free(&s->current);
	s->current = (struct splice_prog){0};
	err = splice_all(s, *in);
	if (!err && !s->current.insns)
		err = splice_copy(in, &s->current);
	if (err)
		return err;
	/* libbpf reads the rest after we return; it stays until the next program. */
	opts->func_info = s->current.func_info;
	opts->func_info_cnt = s->current.func_info_cnt;
	opts->line_info = s->current.line_info;
	opts->line_info_cnt = s->current.line_info_cnt;
	return bpf_program__set_insns(prog, s->current.insns, s->current.insn_cnt);
}

/* Called by libbpf for each program, between relocation and loading. */
static int prepare(struct bpf_program *prog, struct bpf_prog_load_opts *opts, long cookie)
{
	struct splicer *s = (struct splicer *)cookie;
	size_t n = bpf_program__insn_cnt(prog);
	struct splice_prog in = {
		.insns = calloc(n, sizeof(*in.insns)),
		.insn_cnt = n,
		.func_info = (void *)opts->func_info,
		.func_info_cnt = opts->func_info_cnt,
		.func_info_rec_size = opts->func_info_rec_size,
		.line_info = (void *)opts->line_info,
		.line_info_cnt = opts->line_info_cnt,
		.line_info_rec_size = opts->line_info_rec_size,
	};
	int err;

	if (!in.insns)
		return -ENOMEM;
	memcpy(in.insns, bpf_program__insns(prog), n * sizeof(*in.insns));
	number_casts(&s->caps, in.insns, n);
	patch_calls(s, &in);
	err = become_tracing(prog, opts);
	if (!err)
		err = splice_into(s, prog, &in, opts);
	free(in.insns);
	return err;
}

static int translate_one(const struct cbpf_prog *prog, const struct caps *caps, const char *what,
			 struct insn_buf *ret_body)
{
	char why[512] = "";
	int err;

	if (!prog->len)
		return 0;
	err = translate(prog, &caps->translate, ret_body, why, sizeof(why));
	if (err)
		log_error("the %s cannot be translated: %s", what, *why ? why : strerror(-err));
	return err;
}

static int make_bodies(const struct filters *f, const struct caps *caps, struct splicer *s)
{
	int err;

	s->stubs[STUB_FILTER].name = "pwru_filter";
	s->stubs[STUB_TUNNEL_L2].name = "pwru_tunnel_l2";
	s->stubs[STUB_TUNNEL_L3].name = "pwru_tunnel_l3";
	s->stubs[STUB_EXPR].name = "pwru_expr";
	s->stubs[STUB_EXPR].body = f->expr;
	s->stubs[STUB_FIELDS] = (struct stub){"pwru_fields", f->fields[FIELDS_SKB].code, true,
					      f->fields[FIELDS_SKB].map};
	s->stubs[STUB_FIELDS_XDP] = (struct stub){"pwru_fields_xdp", f->fields[FIELDS_XDP].code,
						  true, f->fields[FIELDS_XDP].map};
	err = translate_one(&f->frame, caps, "expression", &s->stubs[STUB_FILTER].body);
	if (!err)
		err = translate_one(&f->tunnel_l2, caps, "expression of --filter-tunnel-pcap-l2",
				    &s->stubs[STUB_TUNNEL_L2].body);
	if (!err)
		err = translate_one(&f->tunnel_l3, caps, "expression of --filter-tunnel-pcap-l3",
				    &s->stubs[STUB_TUNNEL_L3].body);
	return err;
}

/*
 * libbpf 1.1 (Debian 12) frees its table of handlers with the last one, and uses it again for the
 * next: so one stays, for a section that no object has.
 */
static int register_for_good(void)
{
	LIBBPF_OPTS(libbpf_prog_handler_opts, handler);
	int id = libbpf_register_prog_handler("pwru_cap_unused", BPF_PROG_TYPE_UNSPEC, 0, &handler);

	return id < 0 ? id : 0;
}

int splicer_new(const struct filters *filters, const struct caps *caps,
		struct splicer **ret_splicer)
{
	struct splicer *s = calloc(1, sizeof(*s));
	int err;

	if (!s)
		return -ENOMEM;
	s->caps = *caps;
	err = register_for_good();
	if (!err)
		err = make_bodies(filters, caps, s);
	if (err) {
		splicer_free(s);
		return err;
	}
	*ret_splicer = s;
	return 0;
}

int splicer_register(struct splicer *s, const char *section, enum bpf_prog_type type,
		     enum bpf_attach_type attach_type)
{
	LIBBPF_OPTS(libbpf_prog_handler_opts, handler, .cookie = (long)s,
		    .prog_prepare_load_fn = prepare);
	int id;

	if (s->n_handlers == SPLICER_SECTIONS)
		return -E2BIG;
	if (type == BPF_PROG_TYPE_TRACING)
		type = NOT_TRACING;
	id = libbpf_register_prog_handler(section, type, attach_type, &handler);
	if (id < 0)
		return id;
	s->handlers[s->n_handlers++] = id;
	return 0;
}

void splicer_unregister(struct splicer *s)
{
	while (s->n_handlers)
		libbpf_unregister_prog_handler(s->handlers[--s->n_handlers]);
}

void splicer_use(struct splicer *s, const struct bpf_object *obj)
{
	s->obj = obj;
}

void splicer_find_calls(struct splicer *s, const struct kbtf *btf)
{
	const struct btf *types = kbtf_vmlinux(btf);
	struct btf *own = NULL;

	/* Such a function is called by its type id, which only the kernel's own types give. */
	if (!kbtf_is_own(btf))
		types = own = btf__load_vmlinux_btf();
	if (types) {
		s->is_return = btf__find_by_name_kind(types, "bpf_session_is_return",
						      BTF_KIND_FUNC);
		s->cookie = btf__find_by_name_kind(types, "bpf_session_cookie", BTF_KIND_FUNC);
	}
	btf__free(own);
}

const struct splice_prog *splicer_last(const struct splicer *s)
{
	return &s->current;
}

void splicer_free(struct splicer *s)
{
	if (!s)
		return;
	splicer_unregister(s);
	splice_prog_free(&s->current);
	for (size_t i = 0; i < STUB_EXPR; i++)
		insn_buf_free(&s->stubs[i].body);
	free(s);
}
