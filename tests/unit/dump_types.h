/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef PWRU_CAP_TESTS_DUMP_TYPES_H
#define PWRU_CAP_TESTS_DUMP_TYPES_H
/*
 * A kernel's types in small, as BTF and as C: the structs that --dump shows, with a member of each
 * sort.  For the unit test of the dumper and the golden tests.
 */
#include <assert.h>
#include <bpf/btf.h>
#include <stddef.h>
#include <stdint.h>

struct small_dev {
	char name[16];
	int32_t ifindex;
	uint32_t mtu;
};

struct small_sock {
	uint16_t skc_family;
	uint8_t skc_state;
	uint8_t pad;
	int32_t sk_rcvbuf; /* behind the struct sock_common */
	uint32_t sk_mark;
};

struct small_skb {
	uint64_t dev, sk;
	uint32_t len;
	uint8_t bits; /* pkt_type: 3, cloned: 1 */
	uint8_t pad[3];
	uint32_t mark; /* or reserved_tailroom */
	uint32_t end;
};

struct small_shinfo {
	uint32_t nr_frags;
	uint32_t frags[3];
};

_Static_assert(sizeof(struct small_sock) == 12, "no multiple of 8");

struct small_types {
	struct btf *btf;
	int u8, u16, u32, s32;
};

static inline void small_member(struct small_types *t, const char *name, int type, size_t offset)
{
	int err = btf__add_field(t->btf, name, type, offset * 8, 0);

	assert(!err);
	(void)err;
}

static inline void small_dev_type(struct small_types *t)
{
	int c = btf__add_int(t->btf, "char", 1, BTF_INT_CHAR), name;

	name = btf__add_array(t->btf, t->u32, c, 16);
	btf__add_struct(t->btf, "net_device", sizeof(struct small_dev));
	small_member(t, "name", name, offsetof(struct small_dev, name));
	small_member(t, "ifindex", t->s32, offsetof(struct small_dev, ifindex));
	small_member(t, "mtu", t->u32, offsetof(struct small_dev, mtu));
}

static inline void small_sock_types(struct small_types *t)
{
	int common = btf__add_struct(t->btf, "sock_common", 4);

	small_member(t, "skc_family", t->u16, offsetof(struct small_sock, skc_family));
	small_member(t, "skc_state", t->u8, offsetof(struct small_sock, skc_state));
	btf__add_struct(t->btf, "sock", sizeof(struct small_sock));
	small_member(t, "__sk_common", common, 0);
	small_member(t, "sk_rcvbuf", t->s32, offsetof(struct small_sock, sk_rcvbuf));
	small_member(t, "sk_mark", t->u32, offsetof(struct small_sock, sk_mark));
}

static inline void small_skb_type(struct small_types *t)
{
	int dev = btf__add_ptr(t->btf, btf__find_by_name(t->btf, "net_device"));
	int sk = btf__add_ptr(t->btf, btf__find_by_name(t->btf, "sock"));
	int either = btf__add_union(t->btf, NULL, 4);

	small_member(t, "mark", t->u32, 0);
	small_member(t, "reserved_tailroom", t->u32, 0);
	btf__add_struct(t->btf, "sk_buff", sizeof(struct small_skb));
	small_member(t, "dev", dev, offsetof(struct small_skb, dev));
	small_member(t, "sk", sk, offsetof(struct small_skb, sk));
	small_member(t, "len", t->u32, offsetof(struct small_skb, len));
	btf__add_field(t->btf, "pkt_type", t->u8, offsetof(struct small_skb, bits) * 8, 3);
	btf__add_field(t->btf, "cloned", t->u8, offsetof(struct small_skb, bits) * 8 + 3, 1);
	small_member(t, NULL, either, offsetof(struct small_skb, mark));
	small_member(t, "end", t->u32, offsetof(struct small_skb, end));
}

static inline void small_shinfo_type(struct small_types *t)
{
	int frags = btf__add_array(t->btf, t->u32, t->u32, 3);

	btf__add_struct(t->btf, "skb_shared_info", sizeof(struct small_shinfo));
	small_member(t, "nr_frags", t->u32, offsetof(struct small_shinfo, nr_frags));
	small_member(t, "frags", frags, offsetof(struct small_shinfo, frags));
}

/* All of them; to be freed. */
static inline struct btf *small_types(void)
{
	struct small_types t = {.btf = btf__new_empty()};

	assert(t.btf);
	t.u8 = btf__add_int(t.btf, "unsigned char", 1, 0);
	t.u16 = btf__add_int(t.btf, "unsigned short", 2, 0);
	t.u32 = btf__add_int(t.btf, "unsigned int", 4, 0);
	t.s32 = btf__add_int(t.btf, "int", 4, BTF_INT_SIGNED);
	small_dev_type(&t);
	small_sock_types(&t);
	small_skb_type(&t);
	small_shinfo_type(&t);
	return t.btf;
}

#endif
