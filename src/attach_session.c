// SPDX-License-Identifier: GPL-2.0-only
/*
 * kprobe-session: kprobe.multi links whose program runs at a function's return, too, if it asked
 * for that at the entry.  It costs more than the others, so it is for --output-ret alone.
 */
#include <bpf/bpf.h>
#include <errno.h>
#include <linux/bpf.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "bpf/session.h"
#include "src/attach_multi.h"
#include "src/backend.h"
#include "src/util.h"

/*
 * union bpf_attr, as BPF_LINK_CREATE takes it (include/uapi/linux/bpf.h of Linux 6.10): libbpf
 * knows sessions from 1.5 on.
 */
struct link_create_session {
	__u32 prog_fd;
	__u32 target_fd;
	__u32 attach_type;
	__u32 flags;
	__u32 session_flags;
	__u32 cnt;
	__u64 syms;
	__u64 addrs;   /* address of __u64s */
	__u64 cookies; /* likewise */
};

/* struct bpf_link_info up to where it says how often a link's programs did not run (Linux 6.7). */
struct link_info_session {
	__u32 type;
	__u32 id;
	__u32 prog_id;
	__u32 pad;
	__u64 addrs;
	__u32 count;
	__u32 flags;
	__u64 missed;
};

/* What is to be linked, as the kernel wants it. */
struct targets {
	__u64 *addrs;
	__u64 *cookies;
};

static int link_addresses(int prog_fd, const __u64 *addrs, const __u64 *cookies, size_t n)
{
	struct link_create_session attr = {
		.prog_fd = prog_fd,
		.attach_type = LOAD_ATTACH_KPROBE_SESSION,
		.cnt = n,
		.addrs = (__u64)addrs,
		.cookies = (__u64)cookies,
	};
	int fd = syscall(SYS_bpf, BPF_LINK_CREATE, &attr, sizeof(attr));

	return fd < 0 ? -errno : fd;
}

static int link_range(const struct links_job *job, size_t from, size_t n)
{
	const struct targets *targets = job->data;

	return link_addresses(job->prog_fd, targets->addrs + from, targets->cookies + from, n);
}

static int link_nothing(int prog_fd)
{
	return link_addresses(prog_fd, LINKS_NO_ADDRESS, LINKS_NO_ADDRESS, 1);
}

static int session_check(const struct funcs *funcs)
{
	(void)funcs;
	return links_try(BPF_PROG_TYPE_KPROBE, (enum bpf_attach_type)LOAD_ATTACH_KPROBE_SESSION,
			 link_nothing);
}

static enum load_kind session_kind(const struct func *f)
{
	(void)f;
	return LOAD_SESSION;
}

static int attach_funcs(const struct attach_opts *opts, struct links *links, size_t *ret_refused)
{
	const struct funcs *funcs = opts->funcs;
	struct targets targets = {
		.addrs = calloc(funcs->n + 1, sizeof(*targets.addrs)),
		.cookies = calloc(funcs->n + 1, sizeof(*targets.cookies)),
	};
	struct links_job job = {
		.funcs = funcs->v,
		.n = funcs->n,
		.link = link_range,
		/* One program for all positions. */
		.prog_fd = bpf_program__fd(loaded_program(opts->loaded, LOAD_SESSION, 1)),
		.data = &targets,
	};
	int err = -ENOMEM;

	if (targets.addrs && targets.cookies) {
		for (size_t i = 0; i < funcs->n; i++) {
			const struct func *f = &funcs->v[i];

			/* Cookies are found again by the address that bpf_get_func_ip() gives. */
			targets.addrs[i] = EV_ENTRY_BLOCK(f->addr);
			targets.cookies[i] = f->pos | (f->is_void ? SESSION_VOID : 0);
		}
		err = funcs->n ? links_attach(links, &job, ret_refused) : 0;
	}
	free(targets.addrs);
	free(targets.cookies);
	return err;
}

static int session_attach(const struct attach_opts *opts, size_t *ret_refused, void **ret_state)
{
	struct links *links = calloc(1, sizeof(*links));
	size_t refused = 0;
	int err;

	if (!links)
		return -ENOMEM;
	/* First the ends, and last when detaching: an id must not outlive its skb. */
	err = multi_attach_ends(opts->loaded, &opts->funcs->roles, links);
	if (!err)
		err = attach_funcs(opts, links, &refused);
	if (err) {
		links_detach(links, true, NULL);
		return err;
	}
	*ret_refused = refused;
	*ret_state = links;
	return 0;
}

/* Where the kernel had no room to note a return, or came through itself, it runs no program. */
static uint64_t session_missed(const void *state)
{
	const struct links *links = state;
	uint64_t missed = 0;

	for (size_t i = 0; i < links->n; i++) {
		struct link_info_session info = {0};
		__u32 size = sizeof(info);

		if (!bpf_obj_get_info_by_fd(links->fds[i], &info, &size))
			missed += info.missed;
	}
	return missed;
}

const struct backend backend_session = {
	.name = "kprobe-session",
	.returns = true,
	.only_returns = true,
	.end_kind = LOAD_MULTI,
	.requirement = {6, 10, "CONFIG_FPROBE", "register_fprobe"},
	.no_by_stack = true,
	.check = session_check,
	.kind_of = session_kind,
	.attach = session_attach,
	.missed = session_missed,
	.holds_modules = true,
	.detach = links_detach,
};
