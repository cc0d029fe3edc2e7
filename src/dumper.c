// SPDX-License-Identifier: GPL-2.0-only
#include "src/dumper.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "src/cvalue.h"
#include "src/log.h"
#include "src/util.h"

/* Of sockets that are no full ones, enum values of the kernel's include/net/tcp_states.h. */
#define TCP_TIME_WAIT	 6
#define TCP_NEW_SYN_RECV 12

static const struct {
	const char *type;
	const char *where; /* an expression of C */
} structs[] = {
	[EV_DUMP_SKB] = {"sk_buff", "skb"},
	[EV_DUMP_SHINFO] = {"skb_shared_info", "skb_shinfo(skb)"},
	[EV_DUMP_DEV] = {"net_device", "skb->dev"},
	[EV_DUMP_SK] = {"sock", "skb->sk"},
};

_Static_assert(ARRAY_SIZE(structs) == EV_DUMPS, "all are known");

struct known {
	uint32_t id; /* of the type; 0: not dumped */
	uint32_t size;
};

struct dumper {
	struct cvalue *cvalue;
	struct known known[EV_DUMPS];
	struct known common; /* struct sock_common, with which a struct sock begins */
	uint32_t state_at;   /* bytes before its skc_state */
};

static int find_type(const struct btf *types, const char *name, struct known *ret_known)
{
	int id = btf__find_by_name_kind(types, name, BTF_KIND_STRUCT);

	if (id < 0) {
		log_error("--dump: the kernel's types have no struct %s", name);
		return -ENOENT;
	}
	ret_known->id = id;
	ret_known->size = btf__type_by_id(types, id)->size;
	return 0;
}

static int find_common(struct dumper *d, const struct btf *types)
{
	const struct btf_type *t;
	const struct btf_member *m;
	int err = find_type(types, "sock_common", &d->common);

	if (err)
		return err;
	t = btf__type_by_id(types, d->common.id);
	m = btf_members(t);
	for (int i = 0; i < btf_vlen(t); i++) {
		if (strcmp(btf__name_by_offset(types, m[i].name_off), "skc_state") != 0)
			continue;
		d->state_at = btf_member_bit_offset(t, i) / 8;
		return 0;
	}
	log_error("--dump sk: the kernel's struct sock_common has no member skc_state");
	return -ENOENT;
}

static int find_types(struct dumper *d, const struct btf *types, unsigned int kinds)
{
	uint32_t room = 0;
	int err = kinds & 1 << EV_DUMP_SK ? find_common(d, types) : 0;

	for (int kind = 0; kind < EV_DUMPS && !err; kind++) {
		if (!(kinds & 1 << kind))
			continue;
		err = find_type(types, structs[kind].type, &d->known[kind]);
		room += sizeof(struct ev_dump) + dumper_len(d, kind);
	}
	if (!err && room > EV_DUMP_MAX) {
		log_error("--dump: the structs take %u bytes together in this kernel, and %u are "
			  "possible: name fewer of them",
			  room, EV_DUMP_MAX);
		err = -E2BIG;
	}
	return err;
}

int dumper_new(const struct btf *types, unsigned int kinds, struct dumper **ret_dumper)
{
	struct dumper *d = calloc(1, sizeof(*d));
	int err;

	if (!d)
		return -ENOMEM;
	err = find_types(d, types, kinds);
	if (!err) {
		err = cvalue_new(types, &d->cvalue);
		if (err)
			log_error("--dump: preparing to show structs: %s", strerror(-err));
	}
	if (err) {
		dumper_free(d);
		return err;
	}
	*ret_dumper = d;
	return 0;
}

uint32_t dumper_len(const struct dumper *dumper, enum ev_dump_kind kind)
{
	return (dumper->known[kind].size + 7) & ~7U;
}

static struct known type_of(const struct dumper *d, const struct ev_dump *dump)
{
	const uint8_t *bytes = (const uint8_t *)(dump + 1);

	if (dump->kind == EV_DUMP_SK && d->state_at < dump->len &&
	    (bytes[d->state_at] == TCP_TIME_WAIT || bytes[d->state_at] == TCP_NEW_SYN_RECV))
		return d->common;
	return d->known[dump->kind];
}

static int render(struct dumper *d, const struct ev_dump *dump, int indent, struct buf *out)
{
	const struct known type = type_of(d, dump);

	if (dump->err)
		return dump->err;
	if (!type.id)
		return -ENOENT;
	return cvalue_put(d->cvalue, type.id, dump + 1, dump->len, indent, out);
}

int dumper_text(struct dumper *dumper, const struct ev_dump *dump, struct buf *out)
{
	return render(dumper, dump, -1, out);
}

void dumper_lines(struct dumper *dumper, const struct ev_dump *dump, struct buf *out)
{
	const char *where = structs[dump->kind].where;
	size_t before = out->len;
	int err;

	/* What has failed already must not be forgotten when something is taken back. */
	if (buf_error(out))
		return;
	if (!dump->addr) {
		buf_printf(out, CVALUE_INDENT "%s = NULL\n", where);
		return;
	}
	buf_printf(out, CVALUE_INDENT "*%s = ", where);
	err = render(dumper, dump, 1, out);
	if (!err) {
		buf_putc(out, '\n');
		return;
	}
	buf_cut(out, before);
	buf_printf(out, CVALUE_INDENT "%s = 0x%llx: %s\n", where, (unsigned long long)dump->addr,
		   strerror(-err));
}

void dumper_free(struct dumper *dumper)
{
	if (!dumper)
		return;
	cvalue_free(dumper->cvalue);
	free(dumper);
}
