// SPDX-License-Identifier: GPL-2.0-only
/*
 * A tracing program is made for one function, so there has to be a copy for each.  Opening and
 * loading the object each time would take a tenth of a second.  Instead libbpf loads it once, as a
 * raw tracepoint program, which needs no function (see bpf/copy.bpf.c): that gives instructions
 * that are relocated and have the filter in them.  A copy is these instructions, loaded as a
 * tracing program, with some constants changed.
 */
#include "src/prog_template.h"

#include <bpf/bpf.h>
#include <bpf/btf.h>
#include <errno.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bpf/copy.h"
#include "copy.skel.h"
#include "filter/splice.h"
#include "pwru_cap.skel.h"
#include "src/log.h"
#include "src/splicer.h"

/* The counter of ids is one for both objects. */
_Static_assert(sizeof(struct copy_bpf__bss) == sizeof(struct pwru_cap_bpf__bss) &&
		       offsetof(struct copy_bpf__bss, last_id) ==
			       offsetof(struct pwru_cap_bpf__bss, last_id),
	       "both objects have the same variables");

/* Enough for the verifier's last words. */
#define LOG_SIZE 65536

struct prog_template {
	enum prog_template_kind kind;
	struct copy_bpf *skel;
	struct splicer *splicer; /* has the instructions, and what goes with them */
};

/* A variable of a section, by the types of the object; size 0: there is none of that name. */
static struct btf_var_secinfo find_variable(const struct btf *btf, const char *section,
					    const char *name)
{
	__s32 id = btf__find_by_name_kind(btf, section, BTF_KIND_DATASEC);
	const struct btf_type *t = id > 0 ? btf__type_by_id(btf, id) : NULL;
	const struct btf_var_secinfo *v = t ? btf_var_secinfos(t) : NULL;

	for (int i = 0; v && i < btf_vlen(t); i++) {
		const struct btf_type *var = btf__type_by_id(btf, v[i].type);

		if (!strcmp(btf__name_by_offset(btf, var->name_off), name))
			return v[i];
	}
	return (struct btf_var_secinfo){0};
}

/* All settings, by their names: both objects are made from the same headers. */
static int copy_settings(struct copy_bpf *to, const struct bpf_object *from)
{
	const struct btf *btf = bpf_object__btf(to->obj), *from_btf = bpf_object__btf(from);
	__s32 id = btf__find_by_name_kind(btf, ".rodata", BTF_KIND_DATASEC);
	const struct btf_type *t = id > 0 ? btf__type_by_id(btf, id) : NULL;
	const struct btf_var_secinfo *v = t ? btf_var_secinfos(t) : NULL;
	char *dst = (char *)to->rodata;
	const char *src = bpf_map__initial_value(bpf_object__find_map_by_name(from, ".rodata"),
						 &(size_t){0});

	if (!v || !src)
		return -EINVAL;
	for (int i = 0; i < btf_vlen(t); i++) {
		const struct btf_type *var = btf__type_by_id(btf, v[i].type);
		struct btf_var_secinfo other = find_variable(
			from_btf, ".rodata", btf__name_by_offset(btf, var->name_off));

		if (other.size != v[i].size)
			return -EINVAL;
		memcpy(dst + v[i].offset, src + other.offset, v[i].size);
	}
	return 0;
}

/* The same maps, but for the settings, which each object has for itself. */
static int share_maps(struct bpf_object *obj, const struct bpf_object *with)
{
	struct bpf_map *map;

	bpf_object__for_each_map(map, obj)
	{
		/* The name of a section's map begins with the object's. */
		const char *dot = strchr(bpf_map__name(map), '.');
		const char *name = dot ? dot : bpf_map__name(map);
		struct bpf_map *other = bpf_object__find_map_by_name(with, name);
		int err;

		if (!strcmp(name, ".rodata"))
			continue;
		err = other ? bpf_map__reuse_fd(map, bpf_map__fd(other)) : -ENOENT;
		if (err)
			return err;
	}
	return 0;
}

/* The program, and what it watches as words. */
static struct bpf_program *select_program(const struct prog_template *t, bool direct,
					  const char **what)
{
	const struct copy_bpf *skel = t->skel;

	switch (t->kind) {
	case TEMPLATE_TC:
		*what = "tc programs";
		return direct ? skel->progs.tc_direct : skel->progs.tc_probed;
	case TEMPLATE_XDP:
		*what = "xdp programs";
		return skel->progs.xdp_probed;
	case TEMPLATE_RETURN:
		*what = "a function's return";
		return skel->progs.func_return;
	default:
		*what = "a function";
		return direct ? skel->progs.func_direct : skel->progs.func_probed;
	}
}

static int open_and_load(const struct load_opts *opts, const struct bpf_object *with,
			 struct prog_template *t, const char **what)
{
	LIBBPF_OPTS(bpf_object_open_opts, open_opts, .btf_custom_path = opts->kernel_btf);
	struct bpf_program *prog;
	int err;

	t->skel = copy_bpf__open_opts(&open_opts);
	if (!t->skel)
		return -errno;
	splicer_use(t->splicer, t->skel->obj);
	prog = select_program(t, opts->caps->direct, what);
	bpf_program__set_autoload(prog, true);
	if (log_shows(LOG_DEBUG))
		bpf_program__set_log_level(prog, LOAD_VERIFIER_STATS);
	err = copy_settings(t->skel, with);
	if (!err)
		err = share_maps(t->skel->obj, with);
	return err ? err : copy_bpf__load(t->skel);
}

int prog_template_load(const struct load_opts *opts, const struct loaded *loaded,
		       enum prog_template_kind kind, struct prog_template **ret_template)
{
	struct prog_template *t = calloc(1, sizeof(*t));
	const char *what = "a function";
	int err;

	if (!t)
		return -ENOMEM;
	t->kind = kind;
	err = splicer_new(opts->filters, opts->caps, &t->splicer);
	if (!err)
		err = splicer_register(t->splicer, "copy+", BPF_PROG_TYPE_RAW_TRACEPOINT, 0);
	if (!err)
		err = open_and_load(opts, loaded_object(loaded), t, &what);
	if (t->splicer)
		splicer_unregister(t->splicer);
	if (err) {
		log_error("the program that watches %s cannot be loaded: %s%s; -vv shows the "
			  "kernel's words",
			  what, strerror(-err), caps_explain_refusal());
		prog_template_free(t);
		return err;
	}
	*ret_template = t;
	return 0;
}

size_t prog_template_patch(struct bpf_insn *insns, size_t n, uint64_t constant, uint64_t value)
{
	size_t places = 0;

	for (size_t i = 0; i + 1 < n; i++) {
		if (insns[i].code != (BPF_LD | BPF_IMM | BPF_DW))
			continue;
		/* Two slots, with half of the number each; a source register says it is no number.
		 */
		if (!insns[i].src_reg && (uint32_t)insns[i].imm == (uint32_t)constant &&
		    (uint32_t)insns[i + 1].imm == constant >> 32) {
			insns[i].imm = value;
			insns[i + 1].imm = value >> 32;
			places++;
		}
		i++;
	}
	return places;
}

/* Makes the copy the target's; false if it has no place for that. */
static bool set_constants(struct bpf_insn *insns, size_t n, const struct prog_template *t,
			  const struct copy_target *target)
{
	const uint64_t pos = target->pos | (target->returns ? COPY_RETURNS : 0);

	if (!prog_template_patch(insns, n, COPY_FUNC_IP, target->ip))
		return false;
	if (t->kind == TEMPLATE_FUNC)
		return prog_template_patch(insns, n, COPY_POS, pos);
	if (t->kind == TEMPLATE_RETURN)
		return prog_template_patch(insns, n, COPY_POS, pos) &&
		       prog_template_patch(insns, n, COPY_ARG_WORDS, target->arg_words);
	return true;
}

/* The last line of the verifier's log that is not a statistic. */
static void last_words(char *log, char *why, size_t why_size)
{
	char *line = NULL, *save;

	for (char *p = strtok_r(log, "\n", &save); p; p = strtok_r(NULL, "\n", &save))
		if (strncmp(p, "processed ", 10))
			line = p;
	snprintf(why, why_size, "%s", line ? line : "");
}

/* Without lines of the source: the template has them, where the verifier may complain of them. */
int prog_template_copy(const struct prog_template *t, const struct copy_target *target, char *why,
		       size_t why_size)
{
	const struct splice_prog *from = splicer_last(t->splicer);
	struct bpf_insn *insns = malloc(from->insn_cnt * sizeof(*insns));
	char *log = calloc(1, LOG_SIZE);
	LIBBPF_OPTS(bpf_prog_load_opts, opts,
		    .expected_attach_type = t->kind == TEMPLATE_RETURN ? BPF_TRACE_FEXIT
								       : BPF_TRACE_FENTRY,
		    .attach_prog_fd = target->prog_fd, .attach_btf_obj_fd = target->btf_fd,
		    .attach_btf_id = target->id, .prog_btf_fd = bpf_object__btf_fd(t->skel->obj),
		    .func_info = from->func_info, .func_info_cnt = from->func_info_cnt,
		    .func_info_rec_size = from->func_info_rec_size, .log_buf = log,
		    .log_size = LOG_SIZE);
	int fd = -ENOMEM;

	*why = '\0';
	if (insns && log) {
		memcpy(insns, from->insns, from->insn_cnt * sizeof(*insns));
		fd = -EINVAL;
		if (set_constants(insns, from->insn_cnt, t, target))
			fd = bpf_prog_load(BPF_PROG_TYPE_TRACING, "pwru_cap_copy", "GPL", insns,
					   from->insn_cnt, &opts);
		last_words(log, why, why_size);
	}
	free(log);
	free(insns);
	return fd;
}

void prog_template_free(struct prog_template *t)
{
	if (!t)
		return;
	copy_bpf__destroy(t->skel);
	splicer_free(t->splicer);
	free(t);
}
