// SPDX-License-Identifier: GPL-2.0-only
/*
 * Fields of the running kernel: what is found by its type information is compared with what a C
 * compiler finds in bpftool's idea of the same types.
 */
#include <bpf/btf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "src/field.h"
#include "src/field_type.h"

static struct fexpr_field resolve_ok(const struct btf *btf, const char *path)
{
	struct fexpr_field f = {0};
	char err[512] = "";

	if (field_resolve(btf, FIELD_SKB, path, &f, err, sizeof(err)))
		fail_msg("%s: %s", path, err);
	return f;
}

#define VMLINUX "/sys/kernel/btf/vmlinux"

static const struct {
	const char *path;
	bool is_bitfield;
} real[] = {
	{"skb->mark", false},
	{"skb->len", false},
	{"skb->data_len", false},
	{"skb->mac_len", false},
	{"skb->hash", false},
	{"skb->protocol", false},
	{"skb->priority", false},
	{"skb->skb_iif", false},
	{"skb->queue_mapping", false},
	{"skb->vlan_tci", false},
	{"skb->vlan_proto", false},
	{"skb->csum", false},
	{"skb->tstamp", false},
	{"skb->transport_header", false},
	{"skb->network_header", false},
	{"skb->mac_header", false},
	{"skb->truesize", false},
	{"skb->head", false},
	{"skb->cb[0]", false},
	{"skb->cb[47]", false},
	{"skb->users.refs.counter", false},
	{"skb->pkt_type", true},
	{"skb->ip_summed", true},
	{"skb->cloned", true},
	{"skb->fclone", true},
	{"skb->pfmemalloc", true},
	{"skb->encapsulation", true},
	{"skb->l4_hash", true},
	{"skb->dev", false},
	{"skb->dev->ifindex", false},
	{"skb->dev->mtu", false},
	{"skb->dev->flags", false},
	{"skb->dev->type", false},
	{"skb->dev->name[0]", false},
	{"skb->dev->name[15]", false},
	{"skb->dev->nd_net.net", false},
	{"skb->dev->nd_net.net->ns.inum", false},
	{"skb->dev->dev.parent->driver->name", false},
	{"skb->sk->__sk_common.skc_state", false},
	{"skb->sk->__sk_common.skc_family", false},
	{"skb->sk->__sk_common.skc_dport", false},
	{"skb->sk->__sk_common.skc_reuse", true},
	{"skb->sk->__sk_common.skc_v6_daddr.in6_u.u6_addr32[2]", false},
	{"skb->sk->sk_mark", false},
	{"skb->sk->sk_rcvbuf", false},
	{"skb->sk->sk_protocol", false},
	{"skb->sk->sk_socket->state", false},
	{"skb->sk->sk_socket->file->f_flags", false},
	{"skb->next->prev->len", false},
};
#define REAL_CNT (sizeof(real) / sizeof(real[0]))

/* What the compiler says of a field. */
struct fact {
	unsigned int deref_cnt, deref[FEXPR_MAX_DEREFS];
	unsigned int offset, size, is_signed, first_bit, bit_cnt;
};

/*
 * Write code that prints the facts of one path. Each arrow but the first ends a segment, which is
 * an offset in the type that the segment before it points to.
 */
static void write_path(FILE *out, size_t i)
{
	char path[256], *segment = path, *arrow;
	unsigned int depth = 0;

	snprintf(path, sizeof(path), "%s", real[i].path + strlen("skb->"));
	fprintf(out, "static void f%zu(void)\n{\n\ttypedef struct sk_buff t0;\n", i);
	while ((arrow = strstr(segment, "->"))) {
		*arrow = '\0';
		fprintf(out, "\tprintf(\"%%lu \", __builtin_offsetof(t%u, %s));\n", depth, segment);
		fprintf(out, "\ttypedef typeof(*((t%u *)0)->%s) t%u;\n", depth, segment, depth + 1);
		segment = arrow + 2;
		depth++;
	}
	fprintf(out, "\tprintf(\": \");\n");
	if (real[i].is_bitfield)
		fprintf(out, "\tstatic t%u x;\n\tx.%s = -1;\n\tbits(&x, sizeof(x), x.%s < 0);\n}\n",
			depth, segment, segment);
	else
		fprintf(out,
			"\ttypedef typeof(((t%u *)0)->%s) field;\n"
			"\tprintf(\"%%lu %%lu %%d 0 0\\n\", __builtin_offsetof(t%u, %s), "
			"sizeof(field), (field)-1 < (field)1);\n}\n",
			depth, segment, depth, segment);
}

static void write_program(const char *name)
{
	FILE *out = fopen(name, "w");

	assert_non_null(out);
	fprintf(out, "#include \"vmlinux.h\"\n"
		     "int printf(const char *fmt, ...);\n"
		     "static void bits(const void *bytes, unsigned long size, int is_signed)\n"
		     "{\n"
		     "	unsigned long first = 0, cnt = 0;\n"
		     "	for (unsigned long i = 0; i < 8 * size; i++) {\n"
		     "		if (!(((const unsigned char *)bytes)[i / 8] >> i %% 8 & 1))\n"
		     "			continue;\n"
		     "		if (!cnt++)\n"
		     "			first = i;\n"
		     "	}\n"
		     "	printf(\"0 0 %%d %%lu %%lu\\n\", is_signed, first, cnt);\n"
		     "}\n");
	for (size_t i = 0; i < REAL_CNT; i++)
		write_path(out, i);
	fprintf(out, "int main(void)\n{\n");
	for (size_t i = 0; i < REAL_CNT; i++)
		fprintf(out, "\tf%zu();\n", i);
	fprintf(out, "\treturn 0;\n}\n");
	assert_false(fclose(out));
}

static bool read_fact(FILE *in, struct fact *fact)
{
	*fact = (struct fact){0};
	while (fact->deref_cnt < FEXPR_MAX_DEREFS &&
	       fscanf(in, "%u", &fact->deref[fact->deref_cnt]) == 1)
		fact->deref_cnt++;
	return fscanf(in, " : %u %u %u %u %u", &fact->offset, &fact->size, &fact->is_signed,
		      &fact->first_bit, &fact->bit_cnt) == 5;
}

static void check_fact(const char *path, const struct fexpr_field *f, const struct fact *fact)
{
	if (f->deref_cnt != fact->deref_cnt ||
	    memcmp(f->deref, fact->deref, f->deref_cnt * sizeof(f->deref[0])))
		fail_msg("%s: not by way of the same pointers", path);
	if (fact->bit_cnt) {
		if (f->bit_size != fact->bit_cnt || f->is_signed != fact->is_signed ||
		    f->offset * 8 + f->bit_shift != fact->first_bit)
			fail_msg("%s: %u bits at bit %u of offset %u, but it is %u at %u", path,
				 f->bit_size, f->bit_shift, f->offset, fact->bit_cnt,
				 fact->first_bit);
		return;
	}
	if (f->offset != fact->offset || f->size != fact->size || f->bit_size)
		fail_msg("%s: %u bytes at %u, but it is %u at %u", path, f->size, f->offset,
			 fact->size, fact->offset);
	/* Pointers compare unsigned; what the compiler does with them says nothing. */
	if (f->kind != FEXPR_PTR && f->is_signed != fact->is_signed)
		fail_msg("%s: %ssigned", path, f->is_signed ? "" : "un");
}

static int run(const char *fmt, const char *dir)
{
	char command[1024];

	snprintf(command, sizeof(command), fmt, dir, dir, dir);
	return system(command);
}

static void compare(const struct btf *btf, const char *dir)
{
	char command[64];
	FILE *in;

	snprintf(command, sizeof(command), "%s/facts", dir);
	in = popen(command, "r");
	assert_non_null(in);
	for (size_t i = 0; i < REAL_CNT; i++) {
		struct fexpr_field f = resolve_ok(btf, real[i].path);
		struct fact fact;

		assert_true(read_fact(in, &fact));
		check_fact(real[i].path, &f, &fact);
	}
	assert_false(pclose(in));
	print_message("%zu fields of this kernel are where the compiler has them\n", REAL_CNT);
}

static void test_running_kernel(void **state)
{
	struct btf *btf = btf__parse(VMLINUX, NULL);
	char dir[] = "/tmp/test-field-XXXXXX", source[64];
	const struct btf_type *char_type;

	(void)state;
	if (libbpf_get_error(btf)) {
		print_message("SKIP: no " VMLINUX "\n");
		skip();
	}
	assert_non_null(mkdtemp(dir));
	if (run("PATH=$PATH:/usr/sbin bpftool btf dump file " VMLINUX " format c >%s/vmlinux.h "
		"2>/dev/null && command -v cc >/dev/null",
		dir)) {
		print_message("SKIP: no bpftool and cc to compare with\n");
		run("rm -rf %s", dir);
		btf__free(btf);
		skip();
	}
	snprintf(source, sizeof(source), "%s/facts.c", dir);
	write_program(source);
	/* From 6.2 on char is unsigned in the kernel. */
	char_type = btf__type_by_id(btf, (__u32)btf__find_by_name_kind(btf, "char", BTF_KIND_INT));
	assert_false(run(btf_int_encoding(char_type) & BTF_INT_SIGNED
				 ? "cc -w -O0 -fsigned-char -I%s -o %s/facts %s/facts.c"
				 : "cc -w -O0 -funsigned-char -I%s -o %s/facts %s/facts.c",
			 dir));
	compare(btf, dir);
	run("rm -rf %s", dir);
	btf__free(btf);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_running_kernel)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
