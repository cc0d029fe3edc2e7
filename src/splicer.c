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

#include "bpf/session.h"
#include "filter/splice.h"
#include "filter/translate.h"
#include "src/log.h"

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

struct splicer {
	int handlers[SPLICER_SECTIONS]; /* libbpf's numbers for them */
	size_t n_handlers;
	const struct bpf_object *obj;
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

static void *copy_bytes(const void *from, size_t len)
{
	void *copy = from && len ? malloc(len) : NULL;

	if (copy)
		memcpy(copy, from, len);
	return copy;
}

/* A program without a stub in it: as it is, for splicer_last(). */
static int keep(struct splicer *s, const struct splice_prog *in)
{
	struct splice_prog *to = &s->current;

	*to = *in;
	to->insns = copy_bytes(in->insns, in->insn_cnt * sizeof(*in->insns));
	to->func_info = copy_bytes(in->func_info,
				   (size_t)in->func_info_cnt * in->func_info_rec_size);
	to->line_info = copy_bytes(in->line_info,
				   (size_t)in->line_info_cnt * in->line_info_rec_size);
	if (to->insns && !to->func_info == !in->func_info_cnt &&
	    !to->line_info == !in->line_info_cnt)
		return 0;
	splice_prog_free(to);
	*to = (struct splice_prog){0};
	return -ENOMEM;
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
	patch_calls(s, &in);
	err = splice_all(s, in);
	if (!err && !s->current.insns)
		err = keep(s, &in);
	if (err)
		return err;
	/* libbpf reads the rest after we return; it stays until the next program. */
	opts->func_info = s->current.func_info;
	opts->func_info_cnt = s->current.func_info_cnt;
	opts->line_info = s->current.line_info;
	opts->line_info_cnt = s->current.line_info_cnt;
	return bpf_program__set_insns(prog, s->current.insns, s->current.insn_cnt);
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
	s->stubs[STUB_EXPR].body = f->expr; /* borrowed */
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

	s->is_return = btf__find_by_name_kind(types, "bpf_session_is_return", BTF_KIND_FUNC);
	s->cookie = btf__find_by_name_kind(types, "bpf_session_cookie", BTF_KIND_FUNC);
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
