// SPDX-License-Identifier: GPL-2.0-only
#include "src/links.h"

#include <bpf/bpf.h>
#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "src/keeper.h"
#include "src/log.h"
#include "src/util.h"

int links_try(enum bpf_prog_type type, enum bpf_attach_type attach_type, int (*link)(int prog_fd))
{
	/* A program that does nothing. */
	const struct bpf_insn insns[] = {
		{.code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = BPF_REG_0},
		{.code = BPF_JMP | BPF_EXIT},
	};
	LIBBPF_OPTS(bpf_prog_load_opts, opts, .expected_attach_type = attach_type);
	int prog_fd = bpf_prog_load(type, NULL, "GPL", insns, ARRAY_SIZE(insns), &opts);
	int fd;

	if (prog_fd < 0)
		return prog_fd;
	fd = link ? link(prog_fd) : -EFAULT;
	close(prog_fd);
	if (fd >= 0)
		close(fd);
	return fd == -EFAULT ? 0 : fd < 0 ? fd : -EPROTO;
}

int links_keep(struct links *links, int fd)
{
	int *fds = grow(links->fds, links->n, &links->cap, sizeof(*fds));

	if (!fds) {
		close(fd);
		return -ENOMEM;
	}
	links->fds = fds;
	fds[links->n++] = fd;
	return 0;
}

/* The words of the kernel for "not this function", as opposed to "not at all". */
static bool is_bad_function(int err)
{
	return err == -EINVAL || err == -ENOENT || err == -ESRCH || err == -EBUSY ||
	       err == -EOPNOTSUPP;
}

static int attach_range(struct links *links, const struct links_job *job, size_t from, size_t n,
			size_t *ret_refused)
{
	int err = job->link(job, from, n);

	if (err >= 0)
		return links_keep(links, err);
	if (!is_bad_function(err))
		return err;
	if (n > 1) {
		err = attach_range(links, job, from, n / 2, ret_refused);
		return err ? err : attach_range(links, job, from + n / 2, n - n / 2, ret_refused);
	}
	/* Those that end an skb's life have no position, and are not sightings. */
	if (job->funcs[from].pos)
		(*ret_refused)++;
	/* One that the user has named himself is worth a word in any case. */
	if (job->funcs[from].pos == FUNC_BY_STACK || log_shows(LOG_VERBOSE))
		log_info("%s is left out: the kernel refuses to attach to it (%s)",
			 job->funcs[from].name, strerror(-err));
	return 0;
}

int links_attach(struct links *links, const struct links_job *job, size_t *ret_refused)
{
	return job->n ? attach_range(links, job, 0, job->n, ret_refused) : 0;
}

/* Whoever is the last to hold the links waits: not we, but the keeper, which ends after us. */
static void outlive(int sock, void *ctx)
{
	char byte;

	(void)ctx;
	while (read(sock, &byte, sizeof(byte)) < 0 && errno == EINTR)
		;
}

void links_leave(struct links *links)
{
	/* If it does not work, we are the last. */
	int sock = keeper_start(outlive, NULL, links->fds, links->n);

	links_free(links);
	if (sock >= 0)
		close(sock);
}

void links_merge(void *to, void *from)
{
	struct links *all = to, *more = from;
	int *fds = reallocarray(all->fds, all->n + more->n + 1, sizeof(*fds));

	if (fds) {
		memcpy(fds + all->n, more->fds, more->n * sizeof(*fds));
		all->fds = fds;
		all->n += more->n;
		all->cap = all->n + 1;
		more->n = 0;
	}
	links_free(more);
	free(more);
}

void links_free(struct links *links)
{
	while (links->n)
		close(links->fds[--links->n]);
	free(links->fds);
	*links = (struct links){0};
}

int links_detach(void *state, bool wait, const volatile sig_atomic_t *stop)
{
	if (wait)
		links_free(state);
	else
		links_leave(state);
	free(state);
	return 0;
}
