// SPDX-License-Identifier: GPL-2.0-only
/*
 * Compiled field expressions in the kernel: does its verifier take them, in both ways to load, and
 * do they say there what they say in the interpreter?
 *
 * The code goes into a program of type SCHED_CLS, which may be run by hand, as a global function of
 * one number. What it reads is a world in the value of an array map, whose address is that number;
 * the pointers in the world are put right for that address.
 */
#include "tests/unit/test_fexpr_run.h"

#include <bpf/bpf.h>
#include <sys/mman.h>
#include <unistd.h>

#include "filter/disasm.h"

#define LOG_SIZE   (1 << 20)
#define WORLD_OFF  64 /* in the map's value; its address is at 0 */
#define VALUE_SIZE 4096

_Static_assert(WORLD_OFF + sizeof(struct world) <= VALUE_SIZE, "the world fits");

struct kernel {
	const char *why; /* it cannot be used, or NULL */
	int map, btf_fd;
	struct btf *prog_btf, *vmlinux, *world_btf;
	uint32_t func_type[2];
	uint8_t *value;
	uint64_t addr;
	struct translate_opts direct;
};

static struct kernel k = {.map = -1, .btf_fd = -1};
static char verifier_log[LOG_SIZE];

#define LD_MAP_VALUE(DST, FD, OFF)                                                 \
	BPF_RAW_INSN(BPF_LD | BPF_IMM | BPF_DW, DST, BPF_PSEUDO_MAP_VALUE, 0, FD), \
		BPF_RAW_INSN(0, 0, 0, 0, OFF)

static int test_run(int fd, uint32_t *ret)
{
	uint8_t packet[64] = {0};
	LIBBPF_OPTS(bpf_test_run_opts, opts, .data_in = packet, .data_size_in = sizeof(packet));
	int rc = bpf_prog_test_run_opts(fd, &opts);

	*ret = opts.retval;
	return rc;
}

/* u32 main(u64) calls u32 pwru_expr(u64), of which the verifier knows nothing but that. */
static int make_prog_btf(void)
{
	struct btf *btf = btf__new_empty();
	int u32, u64, proto;
	const void *raw;
	uint32_t size;

	assert_false(libbpf_get_error(btf));
	k.prog_btf = btf;
	u32 = btf__add_int(btf, "unsigned int", 4, 0);
	u64 = btf__add_int(btf, "unsigned long long", 8, 0);
	proto = btf__add_func_proto(btf, u32);
	btf__add_func_param(btf, "skb", (int)u64);
	k.func_type[0] = (uint32_t)btf__add_func(btf, "main", BTF_FUNC_STATIC, proto);
	k.func_type[1] = (uint32_t)btf__add_func(btf, "pwru_expr", BTF_FUNC_GLOBAL, proto);
	raw = btf__raw_data(btf, &size);
	k.btf_fd = bpf_btf_load(raw, size, NULL);
	return k.btf_fd;
}

static int load_prog(const struct insn_buf *code, uint32_t off)
{
	const struct bpf_insn main_part[] = {
		LD_MAP_VALUE(BPF_REG_1, k.map, 0), BPF_LDX_MEM(BPF_DW, BPF_REG_1, BPF_REG_1, 0),
		BPF_ALU64_IMM(BPF_ADD, BPF_REG_1, off), BPF_CALL_REL(1), BPF_EXIT_INSN()};
	size_t main_cnt = sizeof(main_part) / sizeof(main_part[0]);
	struct bpf_insn *insns = calloc(main_cnt + code->cnt, sizeof(*insns));
	struct bpf_func_info funcs[] = {{0, k.func_type[0]}, {(uint32_t)main_cnt, k.func_type[1]}};
	LIBBPF_OPTS(bpf_prog_load_opts, opts, .prog_btf_fd = (uint32_t)k.btf_fd, .func_info = funcs,
		    .func_info_cnt = 2, .func_info_rec_size = sizeof(funcs[0]));
	int fd;

	assert_non_null(insns);
	memcpy(insns, main_part, sizeof(main_part));
	memcpy(insns + main_cnt, code->insns, code->cnt * sizeof(*insns));
	fd = bpf_prog_load(BPF_PROG_TYPE_SCHED_CLS, "fexpr", "GPL", insns, main_cnt + code->cnt,
			   &opts);
	if (fd < 0) {
		opts.log_buf = verifier_log;
		opts.log_size = sizeof(verifier_log);
		opts.log_level = 1;
		fd = bpf_prog_load(BPF_PROG_TYPE_SCHED_CLS, "fexpr", "GPL", insns,
				   main_cnt + code->cnt, &opts);
	}
	free(insns);
	return fd;
}

/* Let a program store the address of the value in it. */
static int learn_address(void)
{
	struct bpf_insn insns[] = {LD_MAP_VALUE(BPF_REG_1, k.map, 0),
				   BPF_STX_MEM(BPF_DW, BPF_REG_1, BPF_REG_1, 0),
				   BPF_MOV64_IMM(BPF_REG_0, 0), BPF_EXIT_INSN()};
	int fd = bpf_prog_load(BPF_PROG_TYPE_SCHED_CLS, "learn", "GPL", insns,
			       sizeof(insns) / sizeof(insns[0]), NULL);
	uint32_t ret;

	if (fd < 0)
		return fd;
	test_run(fd, &ret);
	close(fd);
	memcpy(&k.addr, k.value, sizeof(k.addr));
	return k.addr ? 0 : -EFAULT;
}

static void find_direct(void)
{
	int func, type;

	k.vmlinux = btf__load_vmlinux_btf();
	if (libbpf_get_error(k.vmlinux)) {
		k.vmlinux = NULL;
		return;
	}
	func = btf__find_by_name_kind(k.vmlinux, "bpf_rdonly_cast", BTF_KIND_FUNC);
	type = btf__find_by_name_kind(k.vmlinux, "__kernel_sockaddr_storage", BTF_KIND_STRUCT);
	k.direct = load_opts(FILTER_LOAD_DIRECT);
	k.direct.cast_func_id = func > 0 ? (uint32_t)func : 0;
	k.direct.bytes_type_id = type > 0 ? (uint32_t)type : 0;
}

static int set_up(void **state)
{
	LIBBPF_OPTS(bpf_map_create_opts, opts, .map_flags = BPF_F_MMAPABLE);
	void *value;

	(void)state;
	libbpf_set_print(NULL);
	k.world_btf = make_btf();
	k.map = bpf_map_create(BPF_MAP_TYPE_ARRAY, "world", 4, VALUE_SIZE, 1, &opts);
	if (k.map < 0) {
		k.why = strerror(-k.map);
		return 0;
	}
	value = mmap(NULL, VALUE_SIZE, PROT_READ | PROT_WRITE, MAP_SHARED, k.map, 0);
	if (value == MAP_FAILED) {
		k.why = strerror(errno);
		return 0;
	}
	k.value = value;
	if (learn_address() || make_prog_btf() < 0)
		k.why = "no programs can be run";
	find_direct();
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	if (k.value)
		munmap(k.value, VALUE_SIZE);
	close(k.map);
	close(k.btf_fd);
	btf__free(k.prog_btf);
	btf__free(k.vmlinux);
	btf__free(k.world_btf);
	return 0;
}

static bool usable(enum filter_load how)
{
	const char *why = k.why;

	if (!why && how == FILTER_LOAD_DIRECT &&
	    (!k.direct.cast_func_id || !k.direct.bytes_type_id))
		why = "this kernel has no bpf_rdonly_cast()";
	if (why)
		print_message("SKIP: %s\n", why);
	return !why;
}

static void dump(const struct insn_buf *code)
{
	disasm_dump(code, NULL, stderr);
	/* The end says what is wrong. */
	fprintf(stderr, "%s\n",
		strlen(verifier_log) > 3000 ? verifier_log + strlen(verifier_log) - 3000
					    : verifier_log);
}

static int load_text(const char *text, const struct btf *btf, enum filter_load how)
{
	const struct fexpr_types types = field_types(btf);
	struct translate_opts opts = how == FILTER_LOAD_DIRECT ? k.direct : load_opts(how);
	struct insn_buf code = {0};
	char err[512];
	int fd;

	if (fexpr_compile(text, &types, &opts, &code, err, sizeof(err)))
		fail_msg("%.300s: %s", text, err);
	fd = load_prog(&code, WORLD_OFF);
	if (fd < 0) {
		dump(&code);
		fail_msg("%.300s (%zu instructions): %s", text, code.cnt, strerror(-fd));
	}
	insn_buf_free(&code);
	return fd;
}

/* ---- the world, as the kernel sees it */

#define KERNEL(member) ((void *)(uintptr_t)(k.addr + WORLD_OFF + offsetof(struct world, member)))

static void fill(void)
{
	struct world *w = (struct world *)(void *)(k.value + WORLD_OFF);

	memset(w, 0, sizeof(*w));
	w->skb = (struct sk_buff){.dev = KERNEL(dev),
				  .s8 = -5,
				  .u8 = 200,
				  .s16 = -300,
				  .u16 = 0x0800,
				  .s32 = -70000,
				  .mark = 0x1234,
				  .s64 = -5000000000,
				  .u64 = 0xfedcba9876543210,
				  .pkt_type = 4,
				  .sb5 = -16,
				  .swide33 = -4294967296,
				  .sign = SIGN_MINUS,
				  .data = KERNEL(data)};
	w->skb.pack.across = 0x2fffffffffffffff;
	w->dev = (struct device){.ifindex = 3, .name = "eth0", .nd_net = {KERNEL(net)}};
	w->net = (struct net){.inum = 4026531840, .cookie = -1};
	w->data[9] = 6;
}

static const struct {
	const char *text;
	unsigned int expect;
} rows[] = {
	{"skb->mark == 0x1234", 1},
	{"skb->mark == 0x1234 && skb->s32 < -69999 && skb->tail[0] >= 0", 1},
	{"skb->dev->nd_net.net->inum == 4026531840", 1},
	{"skb->dev->nd_net.net->cookie == -1", 1},
	{"skb->dev->upper->ifindex == 0", 0},
	{"!(skb->dev->upper->ifindex == 0)", 1},
	{"skb->dev->name[0] == 'e' && skb->dev->name[4] == 0", 1},
	{"skb->data[9] == 6", 1},
	{"skb->pkt_type == 4 && skb->sb5 == -16 && skb->sb5 < -15", 1},
	{"skb->swide33 < -4294967295 && skb->swide33 == -4294967296", 1},
	{"skb->pack.across == 0x2fffffffffffffff", 1},
	{"skb->s8 < 0 && skb->s16 < -299 && skb->s64 < -4999999999 && skb->sign < SIGN_ZERO", 1},
	{"skb->u64 > 0xfedcba987654320f && (skb->u64 & 0xf000000000000000) != 0", 1},
	{"ntohs(skb->u16) == 8 && ntohl(skb->mark) > 0x34110000", 1},
	{"skb->s8 < skb->u8 && skb->s32 < skb->mark && skb->s64 > skb->u64", 1},
	{"skb->mark & 0xc0 || !(skb->flag || skb->mark & 0x4) || skb->s8 == 5", 0},
};

static void test_runs(enum filter_load how)
{
	if (!usable(how))
		skip();
	fill();
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		int fd = load_text(rows[i].text, k.world_btf, how);
		uint32_t ret = 2;

		if (test_run(fd, &ret) || ret != rows[i].expect)
			fail_msg("%s gives %u", rows[i].text, ret);
		close(fd);
	}
}

static void test_runs_direct(void **state)
{
	(void)state;
	test_runs(FILTER_LOAD_DIRECT);
}

static void test_runs_probe(void **state)
{
	(void)state;
	test_runs(FILTER_LOAD_PROBE);
}

/* Long expressions: all terms alike, joined by one operator or by both. */
#define LONG 230
/* So many of these are further than jumps reach. */
#define FURTHEST                                                   \
	"skb->next->next->next->next->next->next->next->next->s8<" \
	"skb->next->next->next->next->next->next->next->prev->s8"

static char *long_text(const char *term, const char *const joints[2])
{
	size_t size = LONG * (strlen(term) + 32), len = 0;
	char *text = malloc(size);

	assert_non_null(text);
	for (int i = 0; i < LONG; i++)
		len += (size_t)snprintf(text + len, size - len, "%s%s", i ? joints[i % 2] : "",
					term);
	return text;
}

static uint32_t processed(int fd)
{
	struct bpf_prog_info info = {0};
	uint32_t len = sizeof(info);

	return bpf_obj_get_info_by_fd(fd, &info, &len) ? 0 : info.verified_insns;
}

static void check_long(const char *term, const char *const joints[2], enum filter_load how)
{
	char *text = long_text(term, joints);
	int fd = load_text(text, k.world_btf, how);
	uint32_t cnt = processed(fd);

	/* Kernels before 5.16 do not say. */
	if (cnt)
		print_message("%d times %s%s...: the verifier walks through %u instructions\n",
			      LONG, term, joints[1], cnt);
	close(fd);
	free(text);
}

static void test_long(enum filter_load how)
{
	static const char *const joints[][2] = {
		{" || ", " || "}, {" && ", " && "}, {" || ", " && "}};
	static const char *const terms[] = {
		"skb->mark == 5", "skb->dev->nd_net.net->cookie > -3",
		"skb->dev->upper->upper->upper->upper->upper->upper->upper->features & 4",
		FURTHEST};

	if (!usable(how))
		skip();
	for (size_t j = 0; j < sizeof(joints) / sizeof(joints[0]); j++) {
		for (size_t t = 0; t < sizeof(terms) / sizeof(terms[0]); t++)
			check_long(terms[t], joints[j], how);
	}
}

static void test_long_direct(void **state)
{
	(void)state;
	test_long(FILTER_LOAD_DIRECT);
}

static void test_long_probe(void **state)
{
	(void)state;
	test_long(FILTER_LOAD_PROBE);
}

/* ---- the kernel's own sk_buff; there is none here, but a verifier that does not know that */

static const char *const real[] = {
	"skb->mark == 0x100 && skb->len > 1000",
	"skb->protocol == htons(0x0800) && skb->pkt_type != 3",
	"skb->dev->ifindex == 2 || skb->skb_iif == 2",
	"skb->dev->nd_net.net->ns.inum == 4026531840",
	"skb->sk->__sk_common.skc_state == TCP_ESTABLISHED && skb->sk->__sk_common.skc_family == 2",
	"skb->ip_summed == 3 && skb->hash && !skb->cloned && skb->cb[0] == 0",
	"skb->users.refs.counter > 1 || skb->data_len != skb->len",
	"skb->head[0] == 0x45 && (skb->mark & 0xff00) == 0x1200 && skb->dev->name[0] == 'e'",
	"skb->tstamp > 0 && skb->transport_header > skb->network_header",
};

static void test_real(void **state)
{
	(void)state;
	if (!usable(FILTER_LOAD_PROBE))
		skip();
	if (!k.vmlinux) {
		print_message("SKIP: the kernel has no type information\n");
		skip();
	}
	for (size_t i = 0; i < sizeof(real) / sizeof(real[0]); i++) {
		close(load_text(real[i], k.vmlinux, FILTER_LOAD_PROBE));
		if (k.direct.cast_func_id && k.direct.bytes_type_id)
			close(load_text(real[i], k.vmlinux, FILTER_LOAD_DIRECT));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_runs_direct), cmocka_unit_test(test_runs_probe),
		cmocka_unit_test(test_long_direct), cmocka_unit_test(test_long_probe),
		cmocka_unit_test(test_real),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
