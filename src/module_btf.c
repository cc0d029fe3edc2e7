// SPDX-License-Identifier: GPL-2.0-only
#include "src/module_btf.h"

#include <bpf/bpf.h>
#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "src/util.h"

struct module_btf {
	const char *name;
	int fd; /* or -errno */
};

/* Only the kernel's own types have a name: anybody may load others, under none. */
static bool has_name(int fd, const char *name)
{
	char own[64] = "";
	struct bpf_btf_info info = {.name = (uintptr_t)own, .name_len = sizeof(own)};
	__u32 size = sizeof(info);

	return !bpf_obj_get_info_by_fd(fd, &info, &size) && info.kernel_btf && !strcmp(own, name);
}

static int search(const char *name)
{
	__u32 id = 0;

	for (;;) {
		int fd;

		if (bpf_btf_get_next_id(id, &id))
			return -errno;
		fd = bpf_btf_get_fd_by_id(id);
		/* It may just have gone. */
		if (fd < 0 && errno == ENOENT)
			continue;
		if (fd < 0)
			return -errno;
		if (has_name(fd, name))
			return fd;
		close(fd);
	}
}

int module_btf_fd(struct module_btfs *btfs, const char *name)
{
	struct module_btf *v;

	for (size_t i = 0; i < btfs->n; i++)
		if (!strcmp(btfs->v[i].name, name))
			return btfs->v[i].fd;
	v = grow(btfs->v, btfs->n, &btfs->cap, sizeof(*v));
	if (!v)
		return -ENOMEM;
	btfs->v = v;
	v[btfs->n] = (struct module_btf){.name = name, .fd = search(name)};
	return v[btfs->n++].fd;
}

void module_btfs_free(struct module_btfs *btfs)
{
	for (size_t i = 0; i < btfs->n; i++)
		if (btfs->v[i].fd >= 0)
			close(btfs->v[i].fd);
	free(btfs->v);
	*btfs = (struct module_btfs){0};
}
