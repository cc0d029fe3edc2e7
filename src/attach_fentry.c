// SPDX-License-Identifier: GPL-2.0-only
/*
 * fentry: a program and a link for each function (prog_template.h says how the program is made).
 *
 * It works where neither multi links nor kprobes do.  But the kernel verifies each program, and
 * waits for grace periods for each link that goes, so it suits few functions.
 *
 * The kernel finds a function by its type's name, and a trampoline has to know the arguments.  So
 * functions that share their name, or that no trampoline can call, are left out.
 */
#include <bpf/bpf.h>
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "src/attach_progress.h"
#include "src/backend.h"
#include "src/clock.h"
#include "src/copies.h"
#include "src/log.h"
#include "src/module_btf.h"
#include "src/util.h"

/* How many functions are tried before this backend is said not to work: one may be a bad one. */
#define TRIES 3

/* Descriptors beyond those of the functions: maps, files, what libraries open for a moment. */
#define SPARE_FDS 256

/* The kernel's own, which never should reach user space, but does. */
#define ENOTSUPP 524

static int link_empty_program(uint32_t id)
{
	const struct bpf_insn insns[] = {
		{.code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = BPF_REG_0},
		{.code = BPF_JMP | BPF_EXIT},
	};
	LIBBPF_OPTS(bpf_prog_load_opts, opts, .expected_attach_type = BPF_TRACE_FENTRY,
		    .attach_btf_id = id);
	int link_fd, prog_fd = bpf_prog_load(BPF_PROG_TYPE_TRACING, NULL, "GPL", insns,
					     ARRAY_SIZE(insns), &opts);

	if (prog_fd < 0)
		return prog_fd;
	link_fd = bpf_raw_tracepoint_open(NULL, prog_fd);
	if (link_fd < 0)
		link_fd = -errno;
	close(prog_fd);
	return link_fd;
}

static int fentry_check(const struct funcs *funcs)
{
	int fd = -ENODATA;

	for (size_t i = 0, tries = 0; fd < 0 && i < funcs->n && tries < TRIES; i++) {
		const struct func *f = &funcs->v[i];

		/* A module's needs more, and Linux 5.11. */
		if (!f->btf_id || f->module)
			continue;
		fd = link_empty_program(f->btf_id);
		tries++;
	}
	if (fd < 0)
		return fd;
	close(fd);
	return 0;
}

/* Two for a program: the usual limit of a shell, 1024, is not enough for all functions. */
static int raise_fd_limit(size_t n_funcs, size_t fds_each)
{
	const rlim_t needed = fds_each * (n_funcs + ENDS_MAX) + SPARE_FDS;
	struct rlimit limit, more;

	if (getrlimit(RLIMIT_NOFILE, &limit))
		return -errno;
	if (limit.rlim_cur >= needed)
		return 0;
	more.rlim_cur = needed;
	more.rlim_max = limit.rlim_max > needed ? limit.rlim_max : needed;
	if (!setrlimit(RLIMIT_NOFILE, &more))
		return 0;
	log_error("fentry needs %zu file descriptors for each of %zu functions, %" PRIu64
		  " in all, and may have %" PRIu64 ": raise the limit (ulimit -Hn %" PRIu64
		  "), or choose fewer functions with --filter-func",
		  fds_each, n_funcs, (uint64_t)needed, (uint64_t)limit.rlim_max, (uint64_t)needed);
	return -EMFILE;
}

/* What is attached, and what it takes to attach more. */
struct fentry {
	struct copies copies;
	const struct attach_opts *opts; /* this and what follows: only while attaching */
	struct prog_template *template;
	struct prog_template *returns; /* NULL: they are not watched */
	struct module_btfs btfs;
	size_t refused;
};

/* Why no type id leads to the function. */
static const char *explain_no_id(const struct funcs *funcs, const struct func *f)
{
	for (size_t i = 0; i < funcs->n; i++) {
		const struct func *other = &funcs->v[i];

		if (other != f && !strcmp(other->name, f->name) &&
		    !strcmp(other->module ?: "", f->module ?: ""))
			return "several functions have this name";
	}
	return "a trampoline cannot pass on what it takes or returns (a struct, more than 12 "
	       "arguments, a variable number of them)";
}

static void leave_out(struct fentry *f, const struct func *func, const char *error, const char *why)
{
	/* Those that end an skb's life have no position, and are not sightings. */
	if (func->pos != LOAD_END)
		f->refused++;
	log_verbose("%s%s%s%s is left out: fentry cannot have it (%s%s%s)", func->name,
		    func->module ? " [" : "", func->module ?: "", func->module ? "]" : "", error,
		    *why ? ": " : "", why);
}

/* Not this function alone, but the whole. */
static bool is_fatal(int err)
{
	return err == -ENOMEM || err == -EPERM || err == -EMFILE || err == -ENFILE;
}

/*
 * The return first: once the entry is watched, what it remembers is taken at the return.  Without
 * it the entry is still worth having.
 */
static int attach_return(struct fentry *f, const struct func *func, struct copy_target *target)
{
	char why[256];
	int err;

	if (!f->returns || func->pos == LOAD_END || func->is_void || !func->arg_words)
		return 0;
	target->arg_words = func->arg_words;
	err = copies_attach(&f->copies, f->returns, target, why, sizeof(why));
	target->returns = !err;
	if (!err || is_fatal(err))
		return err;
	log_verbose("%s: what it returns is left out: fentry cannot have it (%s%s%s)", func->name,
		    strerror(-err), *why ? ": " : "", why);
	return 0;
}

static int attach_one(struct fentry *f, const struct func *func)
{
	struct copy_target target = {.id = func->btf_id, .ip = func->addr, .pos = func->pos};
	char why[256];
	int err;

	if (func->module) {
		target.btf_fd = module_btf_fd(&f->btfs, func->module);
		if (target.btf_fd < 0) {
			leave_out(f, func, "the types of its module", strerror(-target.btf_fd));
			return 0;
		}
	}
	err = attach_return(f, func, &target);
	if (err)
		return err;
	err = copies_attach(&f->copies, f->template, &target, why, sizeof(why));
	if (err && !is_fatal(err)) {
		leave_out(f, func,
			  err == -ENOTSUPP ? "its arguments do not suit this kernel's trampolines"
					   : strerror(-err),
			  why);
		err = 0;
	}
	return err;
}

/* First the ends, and last when detaching: an id must not outlive its skb. */
static int attach_ends(struct fentry *f)
{
	const struct func_roles *roles = &f->opts->funcs->roles;
	int err = 0;

	for (size_t i = 0; !err && i < ENDS_MAX; i++) {
		const struct func end = {
			.name = end_name(i),
			.addr = roles->end[i].addr,
			.btf_id = roles->end[i].btf_id,
			.pos = LOAD_END,
		};

		if (end.btf_id)
			err = attach_one(f, &end);
	}
	return err;
}

static int attach_funcs(struct fentry *f)
{
	const struct funcs *funcs = f->opts->funcs;
	uint64_t since_ns = clock_now_ns();
	int err = 0;

	for (size_t i = 0; !err && i < funcs->n; i++) {
		const struct func *func = &funcs->v[i];

		if (f->opts->stop && *f->opts->stop)
			return -EINTR;
		attach_progress_show("attaching", since_ns, i, funcs->n);
		if (func->btf_id)
			err = attach_one(f, func);
		else
			leave_out(f, func, explain_no_id(funcs, func), "");
	}
	return err;
}

static int fentry_attach(const struct attach_opts *opts, size_t *ret_refused, void **ret_state)
{
	struct fentry *f = calloc(1, sizeof(*f));
	int err;

	if (!f)
		return -ENOMEM;
	f->opts = opts;
	err = raise_fd_limit(opts->funcs->n, opts->load->ret ? 4 : 2);
	if (!err)
		err = prog_template_load(opts->load, opts->loaded, TEMPLATE_FUNC, &f->template);
	if (!err && opts->load->ret)
		err = prog_template_load(opts->load, opts->loaded, TEMPLATE_RETURN, &f->returns);
	if (!err)
		err = attach_ends(f);
	if (!err)
		err = attach_funcs(f);
	prog_template_free(f->template);
	prog_template_free(f->returns);
	module_btfs_free(&f->btfs);
	if (err) {
		links_leave(&f->copies.links);
		copies_free(&f->copies);
		free(f);
		return err;
	}
	*ret_refused = f->refused;
	*ret_state = f;
	return 0;
}

static uint64_t fentry_missed(const void *state)
{
	const struct fentry *f = state;

	return copies_missed(&f->copies);
}

static int detach_waiting(struct links *links, const volatile sig_atomic_t *stop)
{
	uint64_t since_ns = clock_now_ns();
	size_t of = links->n;

	while (links->n) {
		if (stop && *stop) {
			links_leave(links);
			return -EINTR;
		}
		attach_progress_show("detaching", since_ns, of - links->n, of);
		close(links->fds[--links->n]);
	}
	return 0;
}

static int fentry_detach(void *state, bool wait, const volatile sig_atomic_t *stop)
{
	struct fentry *f = state;
	int err = 0;

	if (wait)
		err = detach_waiting(&f->copies.links, stop);
	else
		links_leave(&f->copies.links);
	copies_free(&f->copies);
	free(f);
	return err;
}

const struct backend backend_fentry = {
	.name = "fentry",
	.crowds_symbols = true,
	.requirement = {5, 5, "CONFIG_DYNAMIC_FTRACE_WITH_DIRECT_CALLS", "register_ftrace_direct"},
	.check = fentry_check,
	.attach = fentry_attach,
	.no_by_stack = true,
	.returns = true,
	.for_few = true,
	.missed = fentry_missed,
	.detach = fentry_detach,
};
