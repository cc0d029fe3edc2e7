// SPDX-License-Identifier: GPL-2.0-only
#include "src/copies.h"

#include <bpf/bpf.h>
#include <errno.h>
#include <unistd.h>

/* Returns the link, or -errno. BPF_LINK_CREATE takes fentry programs only from 5.19 on. */
static int link_copy(int prog_fd)
{
	int fd = bpf_raw_tracepoint_open(NULL, prog_fd);

	return fd < 0 ? -errno : fd;
}

int copies_attach(struct copies *copies, const struct prog_template *t,
		  const struct copy_target *target, char *why, size_t why_size)
{
	int prog_fd = prog_template_copy(t, target, why, why_size);
	int err = prog_fd < 0 ? prog_fd : links_keep(&copies->progs, prog_fd);
	int link_fd;

	if (err)
		return err;
	link_fd = link_copy(prog_fd);
	err = link_fd < 0 ? link_fd : links_keep(&copies->links, link_fd);
	if (err)
		close(copies->progs.fds[--copies->progs.n]);
	return err;
}

uint64_t copies_missed(const struct copies *copies)
{
	uint64_t missed = 0;

	for (size_t i = 0; i < copies->progs.n; i++) {
		struct bpf_prog_info info = {0};
		__u32 size = sizeof(info);

		/* Kernels before 5.12 do not count them. */
		if (!bpf_obj_get_info_by_fd(copies->progs.fds[i], &info, &size))
			missed += info.recursion_misses;
	}
	return missed;
}

void copies_free(struct copies *copies)
{
	links_free(&copies->links);
	links_free(&copies->progs);
}
