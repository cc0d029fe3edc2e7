// SPDX-License-Identifier: GPL-2.0-only
/*
 * The types for CO-RE: those that the programs ask for are there, as they are in the kernel, and
 * little else.
 */
#include <errno.h>
#include <gelf.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "bpf/event.h"
#include "bpf/meta.h"

#include "copy.skel.h"
#include "pwru_cap.skel.h"
#include "src/core_btf.h"
#include "src/util.h"

#define VMLINUX "/sys/kernel/btf/vmlinux"

/* Of .BTF.ext, as Documentation/bpf/btf.rst has it: the third part tells of CO-RE. */
struct ext_head {
	uint16_t magic;
	uint8_t version, flags;
	uint32_t len;
	uint32_t funcs, funcs_len, lines, lines_len, relos, relos_len;
};

/* "sk_buff___vlan_bit" is looked for as "sk_buff". */
static void essential(const char *name, char *ret, size_t size)
{
	const char *flavour = strstr(name + 1, "___");

	snprintf(ret, size, "%.*s", flavour ? (int)(flavour - name) : 999, name);
}

/* Returns how many relocations there are, and looks whether the type of each is known. */
static size_t check_relocations(const struct btf *btf, const Elf_Data *ext)
{
	const char *raw = ext->d_buf, *p, *end;
	const struct ext_head *head = ext->d_buf;
	uint32_t rec_size, section[2];
	size_t n = 0;

	p = raw + head->len + head->relos;
	end = p + head->relos_len;
	assert_true(end <= raw + ext->d_size && p + sizeof(rec_size) < end);
	memcpy(&rec_size, p, sizeof(rec_size));
	for (p += sizeof(rec_size); p < end;) {
		memcpy(section, p, sizeof(section));
		p += sizeof(section);
		for (; section[1]; section[1]--, p += rec_size, n++) {
			const struct bpf_core_relo *relo = (const void *)p;
			const struct btf_type *t = btf__type_by_id(btf, relo->type_id);
			char name[64];

			essential(btf__name_by_offset(btf, t->name_off), name, sizeof(name));
			if (!core_btf_knows(name))
				fail_msg("core_btf.c does not know %s", name);
		}
	}
	return n;
}

static Elf_Data *section_of(Elf *elf, const char *name)
{
	Elf_Scn *section = NULL;
	GElf_Shdr header;
	size_t names;

	assert_int_equal(elf_getshdrstrndx(elf, &names), 0);
	while ((section = elf_nextscn(elf, section)))
		if (gelf_getshdr(section, &header) &&
		    !strcmp(elf_strptr(elf, names, header.sh_name), name))
			return elf_getdata(section, NULL);
	return NULL;
}

static void check_object(const void *bytes, size_t size)
{
	Elf_Data *types, *ext;
	struct btf *btf;
	Elf *elf;

	assert_int_not_equal(elf_version(EV_CURRENT), EV_NONE);
	elf = elf_memory((char *)bytes, size);
	assert_non_null(elf);
	types = section_of(elf, ".BTF");
	ext = section_of(elf, ".BTF.ext");
	assert_non_null(types);
	assert_non_null(ext);
	btf = btf__new(types->d_buf, types->d_size);
	assert_non_null(btf);
	assert_true(check_relocations(btf, ext) > 100);
	btf__free(btf);
	elf_end(elf);
}

static void test_objects(void **state)
{
	size_t size = 0;
	const void *elf = pwru_cap_bpf__elf_bytes(&size);

	(void)state;
	check_object(elf, size);
	elf = copy_bpf__elf_bytes(&size);
	check_object(elf, size);
	assert_false(core_btf_knows("sk_buf"));
	assert_false(core_btf_knows("sk_buff_head"));
}

static struct btf *made_of(const struct btf *vmlinux)
{
	struct core_btf core;
	struct btf *btf;

	assert_int_equal(core_btf_make(vmlinux, &core), 0);
	btf = btf__new(core.data, core.size);
	assert_non_null(btf);
	free(core.data);
	return btf;
}

static void assert_same(const struct btf *a, uint32_t a_id, const struct btf *b, uint32_t b_id);

static void assert_same_members(const struct btf *a, const struct btf_type *at, const struct btf *b,
				const struct btf_type *bt)
{
	for (int i = 0; i < btf_vlen(at); i++) {
		const struct btf_member *am = &btf_members(at)[i], *bm = &btf_members(bt)[i];

		assert_string_equal(btf__name_by_offset(a, am->name_off),
				    btf__name_by_offset(b, bm->name_off));
		assert_int_equal(am->offset, bm->offset);
		assert_same(a, am->type, b, bm->type);
	}
}

/* The same to whoever asks for sizes, fields and values. */
static void assert_same(const struct btf *a, uint32_t a_id, const struct btf *b, uint32_t b_id)
{
	const struct btf_type *at = btf__type_by_id(a, a_id), *bt = btf__type_by_id(b, b_id);

	assert_non_null(at);
	assert_non_null(bt);
	assert_int_equal(at->info, bt->info);
	assert_string_equal(btf__name_by_offset(a, at->name_off),
			    btf__name_by_offset(b, bt->name_off));
	if (btf_is_ptr(at)) {
		assert_int_equal(bt->type, 0);
	} else if (btf_is_mod(at) || btf_is_typedef(at)) {
		assert_same(a, at->type, b, bt->type);
	} else if (btf_is_array(at)) {
		assert_int_equal(btf_array(at)->nelems, btf_array(bt)->nelems);
		assert_same(a, btf_array(at)->type, b, btf_array(bt)->type);
	} else {
		assert_int_equal(at->size, bt->size);
	}
	if (btf_is_composite(at))
		assert_same_members(a, at, b, bt);
	for (int i = 0; btf_is_enum(at) && i < btf_vlen(at); i++) {
		assert_string_equal(btf__name_by_offset(a, btf_enum(at)[i].name_off),
				    btf__name_by_offset(b, btf_enum(bt)[i].name_off));
		assert_int_equal(btf_enum(at)[i].val, btf_enum(bt)[i].val);
	}
}

static void assert_same_by_name(const struct btf *a, const struct btf *b, const char *name,
				__u32 kind)
{
	__s32 a_id = btf__find_by_name_kind(a, name, kind);
	__s32 b_id = btf__find_by_name_kind(b, name, kind);

	assert_int_equal(a_id > 0, b_id > 0);
	if (a_id > 0)
		assert_same(a, a_id, b, b_id);
}

/* Numbers of types in make_types(). */
enum {
	INT = 1,
	OTHER,	  /* struct, behind a pointer only */
	TO_OTHER, /* struct other * */
	INNER,	  /* struct { int x[4]; struct other *p; } */
	ARRAY,
	CONST_INNER,
	INNER_T, /* typedef */
	SK_BUFF,
	REASON,
	FUNC_PROTO,
	FUNC,
};

static struct btf *make_types(void)
{
	struct btf *btf = btf__new_empty();

	assert_int_equal(btf__add_int(btf, "int", 4, BTF_INT_SIGNED), INT);
	assert_int_equal(btf__add_struct(btf, "other", 4), OTHER);
	assert_int_equal(btf__add_field(btf, "x", INT, 0, 0), 0);
	assert_int_equal(btf__add_ptr(btf, OTHER), TO_OTHER);
	assert_int_equal(btf__add_struct(btf, NULL, 24), INNER);
	assert_int_equal(btf__add_field(btf, "x", ARRAY, 0, 0), 0);
	assert_int_equal(btf__add_field(btf, "p", TO_OTHER, 128, 0), 0);
	assert_int_equal(btf__add_array(btf, INT, INT, 4), ARRAY);
	assert_int_equal(btf__add_const(btf, INNER), CONST_INNER);
	assert_int_equal(btf__add_typedef(btf, "inner_t", CONST_INNER), INNER_T);
	assert_int_equal(btf__add_struct(btf, "sk_buff", 40), SK_BUFF);
	assert_int_equal(btf__add_field(btf, "next", TO_OTHER, 0, 0), 0);
	assert_int_equal(btf__add_field(btf, "inner", INNER_T, 64, 0), 0);
	assert_int_equal(btf__add_field(btf, "bits", INT, 256, 3), 0);
	assert_int_equal(btf__add_enum(btf, "skb_drop_reason", 4), REASON);
	assert_int_equal(btf__add_enum_value(btf, "SKB_CONSUMED", 1), 0);
	assert_int_equal(btf__add_func_proto(btf, INT), FUNC_PROTO);
	assert_int_equal(btf__add_func(btf, "sk_buff", BTF_FUNC_STATIC, FUNC_PROTO), FUNC);
	return btf;
}

static void test_made_up(void **state)
{
	struct btf *all = make_types(), *few = made_of(all);

	(void)state;
	assert_same_by_name(all, few, "sk_buff", BTF_KIND_STRUCT);
	assert_same_by_name(all, few, "skb_drop_reason", BTF_KIND_ENUM);
	/* All but struct other, and the function with its type; behind void. */
	assert_int_equal(btf__type_cnt(few), btf__type_cnt(all) - 3);
	assert_int_equal(btf__find_by_name(few, "other"), -ENOENT);
	btf__free(few);
	btf__free(all);
}

/* The kernel's pointers are not followed, or everything would come along. */
static void test_kernel(void **state)
{
	static const char *const structs[] = {"__kernel_sockaddr_storage",
					      "bio_vec",
					      "net",
					      "net_device",
					      "page",
					      "sk_buff",
					      "skb_frag",
					      "skb_shared_info",
					      "sock",
					      "task_struct",
					      "tcp_skb_cb",
					      "xdp_buff",
					      "xdp_rxq_info"};
	struct btf *all = btf__parse(VMLINUX, NULL), *few;

	(void)state;
	if (!all)
		skip();
	few = made_of(all);
	for (size_t i = 0; i < ARRAY_SIZE(structs); i++)
		assert_same_by_name(all, few, structs[i], BTF_KIND_STRUCT);
	assert_same_by_name(all, few, "skb_drop_reason", BTF_KIND_ENUM);
	assert_true(btf__type_cnt(few) < 5000);
	btf__free(few);
	btf__free(all);
}

static void test_publish(void **state)
{
	struct btf *all = make_types(), *few = made_of(all), *read;
	struct core_btf core;
	char path[32];
	int fd;

	(void)state;
	assert_int_equal(core_btf_make(all, &core), 0);
	fd = core_btf_publish(&core, path, sizeof(path));
	assert_true(fd >= 0);
	read = btf__parse(path, NULL);
	assert_non_null(read);
	assert_int_equal(btf__type_cnt(read), btf__type_cnt(few));
	close(fd);
	free(core.data);
	btf__free(read);
	btf__free(few);
	btf__free(all);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_objects),
		cmocka_unit_test(test_made_up),
		cmocka_unit_test(test_kernel),
		cmocka_unit_test(test_publish),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
