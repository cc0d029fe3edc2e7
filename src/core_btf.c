// SPDX-License-Identifier: GPL-2.0-only
/*
 * CO-RE asks a type for the places of fields, for its size, and for values of enumerations. So a
 * type comes with the types of its members, but a pointer is as large whatever it points to; where
 * a program follows one, it says by itself what is there.
 */
#include "src/core_btf.h"

#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "src/util.h"

/* Sorted. tests/unit/test_core_btf.c compares them with what the programs ask for. */
static const char *const wanted[] = {
	"__kernel_sockaddr_storage",
	"bio_vec",
	"net",
	"net_device",
	"nf_hook_state",
	"page",
	"sk_buff",
	"skb_drop_reason",
	"skb_frag",
	"skb_shared_info",
	"sock",
	"task_struct",
	"tcp_skb_cb",
	"xdp_buff",
	"xdp_rxq_info",
};

struct selection {
	const struct btf *from;
	struct btf *to;
	uint32_t *new_ids; /* by id in from; 0: not selected */
	uint32_t *ids;	   /* in from, of all that are selected, in the order of their new ids */
	size_t n, cap;
};

static int by_name(const void *a, const void *b)
{
	return strcmp(a, *(const char *const *)b);
}

int core_btf_knows(const char *name)
{
	return bsearch(name, wanted, ARRAY_SIZE(wanted), sizeof(*wanted), by_name) != NULL;
}

/* Those that CO-RE tells apart by their names. */
static bool is_named_kind(const struct btf_type *t)
{
	return btf_is_composite(t) || btf_is_any_enum(t) || btf_is_typedef(t);
}

/* What has no size has no place within anything: pointers lead there, and those become void *. */
static bool has_size(const struct btf_type *t)
{
	return is_named_kind(t) || btf_is_int(t) || btf_is_float(t) || btf_is_ptr(t) ||
	       btf_is_array(t) || btf_is_mod(t);
}

static int select_type(struct selection *s, uint32_t id)
{
	const struct btf_type *t = btf__type_by_id(s->from, id);
	uint32_t *ids;

	if (!t)
		return -EINVAL;
	if (!id || s->new_ids[id] || !has_size(t))
		return 0;
	ids = grow(s->ids, s->n, &s->cap, sizeof(*ids));
	if (!ids)
		return -ENOMEM;
	s->ids = ids;
	ids[s->n++] = id;
	/* Types are numbered from 1. */
	s->new_ids[id] = s->n;
	return 0;
}

/* Calls back for each number of a type that @t is made of. */
static int each_part(struct btf_type *t, int (*callback)(struct selection *s, uint32_t *id),
		     struct selection *s)
{
	int err = 0;

	if (btf_is_typedef(t) || btf_is_mod(t) || btf_is_ptr(t))
		return callback(s, &t->type);
	if (btf_is_array(t)) {
		err = callback(s, &btf_array(t)->type);
		return err ? err : callback(s, &btf_array(t)->index_type);
	}
	if (btf_is_composite(t))
		for (int i = 0; i < btf_vlen(t) && !err; i++)
			err = callback(s, &btf_members(t)[i].type);
	return err;
}

static int select_part(struct selection *s, uint32_t *id)
{
	return select_type(s, *id);
}

static int renumber(struct selection *s, uint32_t *id)
{
	*id = s->new_ids[*id];
	return 0;
}

static int select_all(struct selection *s)
{
	uint32_t n = btf__type_cnt(s->from);
	int err = 0;

	for (uint32_t id = 1; id < n && !err; id++) {
		const struct btf_type *t = btf__type_by_id(s->from, id);

		if (is_named_kind(t) && t->name_off &&
		    core_btf_knows(btf__name_by_offset(s->from, t->name_off)))
			err = select_type(s, id);
	}
	/* It grows as we go. */
	for (size_t i = 0; i < s->n && !err; i++) {
		struct btf_type *t = (struct btf_type *)btf__type_by_id(s->from, s->ids[i]);

		if (!btf_is_ptr(t))
			err = each_part(t, select_part, s);
	}
	return err;
}

static int copy_all(struct selection *s)
{
	int err = 0;

	for (size_t i = 0; i < s->n && err >= 0; i++)
		err = btf__add_type(s->to, s->from, btf__type_by_id(s->from, s->ids[i]));
	for (size_t i = 0; i < s->n && err >= 0; i++) {
		struct btf_type *t = (struct btf_type *)btf__type_by_id(s->to, i + 1);

		if (btf_is_ptr(t))
			t->type = 0;
		else
			err = each_part(t, renumber, s);
	}
	return err < 0 ? err : 0;
}

static int take_data(const struct btf *btf, struct core_btf *ret_core)
{
	__u32 size;
	const void *raw = btf__raw_data(btf, &size);
	void *data = raw ? malloc(size) : NULL;

	if (!data)
		return -ENOMEM;
	memcpy(data, raw, size);
	*ret_core = (struct core_btf){.data = data, .size = size};
	return 0;
}

int core_btf_make(const struct btf *vmlinux, struct core_btf *ret_core)
{
	struct selection s = {
		.from = vmlinux,
		.to = btf__new_empty(),
		.new_ids = calloc(btf__type_cnt(vmlinux), sizeof(*s.new_ids)),
	};
	int err = s.to && s.new_ids ? 0 : -ENOMEM;

	if (!err)
		err = select_all(&s);
	if (!err)
		err = copy_all(&s);
	if (!err)
		err = take_data(s.to, ret_core);
	btf__free(s.to);
	free(s.new_ids);
	free(s.ids);
	return err;
}

int core_btf_publish(const struct core_btf *core, char *ret_path, size_t path_size)
{
	int fd = memfd_create("pwru-cap-btf", MFD_CLOEXEC);
	ssize_t n;

	if (fd < 0)
		return -errno;
	n = write(fd, core->data, core->size);
	if (n != (ssize_t)core->size) {
		int err = n < 0 ? -errno : -EIO;

		close(fd);
		return err;
	}
	snprintf(ret_path, path_size, "/proc/self/fd/%d", fd);
	return fd;
}
