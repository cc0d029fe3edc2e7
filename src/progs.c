// SPDX-License-Identifier: GPL-2.0-only
#include "src/progs.h"

#include <bpf/bpf.h>
#include <bpf/btf.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "src/log.h"
#include "src/util.h"

const char *prog_kind_name(enum prog_kind kind)
{
	static const char *const names[PROG_KINDS] = {[PROG_TC] = "tc", [PROG_XDP] = "xdp"};

	return names[kind];
}

static bool find_kind(__u32 type, enum prog_kind *ret_kind)
{
	switch (type) {
	case BPF_PROG_TYPE_SCHED_CLS:
	case BPF_PROG_TYPE_SCHED_ACT:
		*ret_kind = PROG_TC;
		return true;
	case BPF_PROG_TYPE_XDP:
		*ret_kind = PROG_XDP;
		return true;
	default:
		return false;
	}
}

/* What the kernel says of a program, with room for what it says of the entry function. */
struct details {
	struct bpf_prog_info info;
	struct bpf_func_info entry;
	__u64 addr;
	__u32 len;
};

/*
 * Two questions: the first for how much there is.  The kernel fills arrays as far as they go, and
 * subprograms come behind the entry.
 */
static int read_details(int fd, struct details *d)
{
	__u32 size = sizeof(d->info);
	bool has_types;

	memset(d, 0, sizeof(*d));
	if (bpf_obj_get_info_by_fd(fd, &d->info, &size))
		return -errno;
	has_types = d->info.btf_id && d->info.nr_func_info &&
		    d->info.func_info_rec_size == sizeof(d->entry);
	memset(&d->info, 0, sizeof(d->info));
	if (has_types) {
		d->info.nr_func_info = 1;
		d->info.func_info_rec_size = sizeof(d->entry);
		d->info.func_info = (uintptr_t)&d->entry;
	}
	d->info.nr_jited_ksyms = 1;
	d->info.jited_ksyms = (uintptr_t)&d->addr;
	d->info.nr_jited_func_lens = 1;
	d->info.jited_func_lens = (uintptr_t)&d->len;
	size = sizeof(d->info);
	return bpf_obj_get_info_by_fd(fd, &d->info, &size) ? -errno : 0;
}

/* Why the program cannot be attached to, or NULL. */
static const char *find_obstacle(const struct details *d)
{
	if (!d->info.btf_id || !d->entry.type_id)
		return "it has no type information (BTF)";
	if (!d->info.jited_prog_len)
		return "it is not compiled to machine code (sysctl net.core.bpf_jit_enable)";
	return NULL;
}

/* The whole name of the entry function: the kernel itself keeps 15 bytes of it. */
static int read_name(const struct details *d, char **ret_name)
{
	struct btf *btf = btf__load_from_kernel_by_id(d->info.btf_id);
	const struct btf_type *t;
	const char *name;
	int err = 0;

	if (!btf)
		return -errno;
	t = btf__type_by_id(btf, d->entry.type_id);
	name = t ? btf__name_by_offset(btf, t->name_off) : NULL;
	*ret_name = strdup(name && *name ? name : d->info.name);
	if (!*ret_name)
		err = -ENOMEM;
	btf__free(btf);
	return err;
}

static int add(struct progs *progs, size_t *cap, const struct details *d, enum prog_kind kind)
{
	struct prog *v = grow(progs->v, progs->n, cap, sizeof(*v));
	struct prog prog = {
		.id = d->info.id,
		.kind = kind,
		.entry_id = d->entry.type_id,
		.addr = d->addr,
		.len = d->addr ? d->len : 0,
		/* No address is as low as this; a multiple of 16, as those of functions are. */
		.func_ip = d->addr ? d->addr : (uint64_t)d->info.id << 4,
	};
	int err;

	if (!v)
		return -ENOMEM;
	progs->v = v;
	err = read_name(d, &prog.name);
	if (!err)
		v[progs->n++] = prog;
	return err;
}

/* One program: not ours, set aside, or added. */
static int consider(struct progs *progs, size_t *cap, int fd)
{
	const char *obstacle;
	enum prog_kind kind;
	struct details d;
	int err = read_details(fd, &d);

	if (err || !find_kind(d.info.type, &kind) || !progs->wanted[kind])
		return err;
	obstacle = find_obstacle(&d);
	if (!obstacle) {
		err = add(progs, cap, &d, kind);
		if (!err || err == -ENOMEM)
			return err;
		obstacle = strerror(-err);
	}
	progs->skipped[kind]++;
	log_verbose("%s program %u (%s) is left out: %s", prog_kind_name(kind), d.info.id,
		    d.info.name, obstacle);
	return 0;
}

static int walk(struct progs *progs)
{
	size_t cap = 0;
	__u32 id = 0;
	int err = 0;

	while (!err) {
		int fd;

		if (bpf_prog_get_next_id(id, &id))
			return errno == ENOENT ? 0 : -errno;
		fd = bpf_prog_get_fd_by_id(id);
		/* It may just have been unloaded. */
		if (fd < 0 && errno == ENOENT)
			continue;
		if (fd < 0)
			return -errno;
		err = consider(progs, &cap, fd);
		close(fd);
	}
	return err;
}

int progs_discover(const bool wanted[PROG_KINDS], struct progs *ret_progs)
{
	struct progs progs = {
		.wanted = {[PROG_TC] = wanted[PROG_TC], [PROG_XDP] = wanted[PROG_XDP]}};
	int err = wanted[PROG_TC] || wanted[PROG_XDP] ? walk(&progs) : 0;

	if (err) {
		log_error("the loaded BPF programs cannot be listed: %s%s", strerror(-err),
			  err == -EPERM ? " (it takes root, or CAP_SYS_ADMIN)" : "");
		progs_free(&progs);
		return err;
	}
	*ret_progs = progs;
	return 0;
}

const struct prog *progs_find(const struct progs *progs, uint64_t func_ip)
{
	for (size_t i = 0; i < progs->n; i++)
		if (progs->v[i].func_ip == func_ip)
			return &progs->v[i];
	return NULL;
}

size_t prog_stack_start(const struct prog *prog, const uint64_t *addrs, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (addrs[i] >= prog->addr && addrs[i] - prog->addr < prog->len)
			return i;
	return 0;
}

void progs_free(struct progs *progs)
{
	for (size_t i = 0; i < progs->n; i++)
		free(progs->v[i].name);
	free(progs->v);
	*progs = (struct progs){0};
}
