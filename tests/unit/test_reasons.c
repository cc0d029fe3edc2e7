// SPDX-License-Identifier: GPL-2.0-only
/* Types are made up with libbpf: those of vmlinux, as a file. */
#include <bpf/btf.h>
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

#include "src/drop_funcs.h"
#include "src/reasons_btf.h"
#include "src/util.h"

#define MAX_VALUES 8

struct enumeration {
	const char *name;
	struct {
		const char *name;
		uint32_t value;
	} v[MAX_VALUES];
};

static const struct enumeration enums[] = {
	{"other", {{"SKB_DROP_REASON_OF_ANOTHER", 4}, {"OTHER", 0x10004}}},
	{"skb_drop_reason",
	 {{"SKB_NOT_DROPPED_YET", 0},
	  {"SKB_CONSUMED", 1},
	  {"SKB_DROP_REASON_NOT_SPECIFIED", 2},
	  {"SKB_DROP_REASON_NO_SOCKET", 3},
	  {"SKB_DROP_REASON_NETFILTER_DROP", 8},
	  {"SKB_DROP_REASON_MAX", 99},
	  {"SKB_DROP_REASON_SUBSYS_MASK", 0xffff0000}}},
	{"ovs_drop_reason",
	 {{"__OVS_DROP_REASON", 0x30000},
	  {"OVS_DROP_LAST_ACTION", 0x30001},
	  {"OVS_DROP_FLOW", 0x30002},
	  {"OVS_DROP_MAX", 0x30003}}},
	{"mac80211_drop_reason", {{"RX_CONTINUE", 1}, {"RX_DROP_U_MIC_FAIL", 0x10001}}},
	{"skb_free_reason", {{"SKB_REASON_CONSUMED", 0}, {"SKB_REASON_DROPPED", 1}}},
};

static int add_enum(struct btf *btf, const struct enumeration *e)
{
	int id = btf__add_enum(btf, e->name, 4);

	for (int i = 0; i < MAX_VALUES && e->v[i].name; i++)
		assert_int_equal(btf__add_enum_value(btf, e->v[i].name, (int32_t)e->v[i].value), 0);
	return id;
}

static void add_func(struct btf *btf, const char *name, const int *params)
{
	int proto = btf__add_func_proto(btf, 0);

	for (; *params; params++)
		assert_int_equal(btf__add_func_param(btf, "p", *params), 0);
	assert_true(btf__add_func(btf, name, BTF_FUNC_GLOBAL, proto) > 0);
}

static void add_types(struct btf *btf, bool with_reasons)
{
	int skb = btf__add_ptr(btf, btf__add_struct(btf, "sk_buff", 0));
	int reason = 0, freed = 0;

	for (size_t i = 0; i < ARRAY_SIZE(enums); i++) {
		bool reasons = strstr(enums[i].name, "drop_reason");
		int id = reasons && !with_reasons ? 0 : add_enum(btf, &enums[i]);

		if (!strcmp(enums[i].name, "skb_drop_reason"))
			reason = id;
		if (!strcmp(enums[i].name, "skb_free_reason"))
			freed = id;
	}
	add_func(btf, "kfree_skb", (int[]){skb, 0});
	add_func(btf, "__dev_kfree_skb_irq", (int[]){skb, freed, 0});
	add_func(btf, "consume_skb", (int[]){skb, 0});
	if (with_reasons) {
		add_func(btf, "kfree_skb_reason", (int[]){skb, reason, 0});
		add_func(btf, "sk_skb_reason_drop", (int[]){skb, skb, reason, 0});
		add_func(btf, "tcp_drop_reason", (int[]){skb, skb, reason, 0});
		add_func(btf, "skb_release_data", (int[]){skb, reason, 0});
	} else {
		add_func(btf, "skb_release_data", (int[]){skb, 0});
	}
}

static struct kbtf *make_types(bool with_reasons)
{
	struct btf *btf = btf__new_empty();
	char path[] = "/tmp/test-reasons-XXXXXX";
	int fd = mkstemp(path);
	struct kbtf *types;
	const void *data;
	uint32_t size;

	assert_true(btf && fd >= 0);
	add_types(btf, with_reasons);
	data = btf__raw_data(btf, &size);
	assert_int_equal(write(fd, data, size), size);
	close(fd);
	btf__free(btf);
	assert_int_equal(kbtf_open(path, &types), 0);
	unlink(path);
	return types;
}

struct source {
	bool with_reasons;
	int err;
	int reads;
};

static int read_types(void *context, struct reasons *reasons)
{
	struct source *source = context;
	struct kbtf *types;
	int err;

	source->reads++;
	if (source->err)
		return source->err;
	types = make_types(source->with_reasons);
	err = reasons_of_types(types, reasons);
	kbtf_close(types);
	return err;
}

static void test_names(void **state)
{
	static const struct {
		uint32_t value;
		const char *name;
	} rows[] = {
		{2, "NOT_SPECIFIED"},
		{3, "NO_SOCKET"},
		{8, "NETFILTER_DROP"},
		{0x30001, "OVS_DROP_LAST_ACTION"},
		{0x30002, "OVS_DROP_FLOW"},
		{0x10001, "RX_DROP_U_MIC_FAIL"},
		{0, NULL},
		{1, NULL},
		{4, NULL},
		{0x10004, NULL},
		{99, NULL},
		{0x30000, NULL},
		{0x30003, NULL},
	};
	struct source source = {.with_reasons = true};
	struct reasons *reasons = reasons_new(read_types, &source);

	(void)state;
	assert_int_equal(source.reads, 0);
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		const char *name = reasons_name(reasons, rows[i].value);

		if (rows[i].name)
			assert_string_equal(name ?: "", rows[i].name);
		else
			assert_null(name);
	}
	assert_int_equal(source.reads, 1);
	reasons_free(reasons);
	reasons_free(NULL);
}

static void test_parse(void **state)
{
	static const struct {
		const char *text;
		uint32_t has[3];
	} rows[] = {
		{"NO_SOCKET", {3}},
		{"no_socket", {3}},
		{"skb_drop_reason_no_socket", {3}},
		{"No_Socket,ovs_drop_flow", {3, 0x30002}},
		{",RX_DROP_U_MIC_FAIL,,NETFILTER_DROP,NO_SOCKET", {0x10001, 8, 3}},
	};
	struct source source = {.with_reasons = true};
	struct reasons *reasons = reasons_new(read_types, &source);
	struct reason_set set;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		assert_int_equal(reason_set_parse(reasons, "--on-drop", rows[i].text, &set), 0);
		for (int n = 0; n < 3 && rows[i].has[n]; n++)
			assert_true(reason_set_has(&set, true, rows[i].has[n]));
		assert_false(reason_set_has(&set, true, 2));
		assert_false(reason_set_has(&set, false, 3));
		reason_set_free(&set);
	}
	assert_int_equal(reason_set_parse(reasons, "--on-drop", "any", &set), 0);
	assert_true(reason_set_has(&set, true, 2));
	assert_true(reason_set_has(&set, false, 0));
	reason_set_free(&set);
	reasons_free(reasons);
}

/* What reason_set_parse() says on stderr. */
static void assert_refused(struct source *source, const char *option, const char *names,
			   const char *want)
{
	struct reasons *reasons = reasons_new(read_types, source);
	int saved = dup(STDERR_FILENO), err;
	struct reason_set set = {0};
	FILE *file = tmpfile();
	char text[1024];

	assert_true(saved >= 0 && file && reasons);
	dup2(fileno(file), STDERR_FILENO);
	err = reason_set_parse(reasons, option, names, &set);
	dup2(saved, STDERR_FILENO);
	close(saved);
	rewind(file);
	text[fread(text, 1, sizeof(text) - 1, file)] = '\0';
	fclose(file);
	assert_int_equal(err, source->err ?: -EINVAL);
	assert_string_equal(text, want);
	assert_null(set.v);
	reasons_free(reasons);
}

static void test_refused(void **state)
{
	struct source all = {.with_reasons = true}, none = {0}, broken = {.err = -EIO};

	(void)state;
	assert_refused(&all, "--on-drop", "netfilter_dorp",
		       "pwru-cap: --on-drop: this kernel drops no packet for a reason "
		       "NETFILTER_DORP; near: NETFILTER_DROP\n");
	assert_refused(&all, "--filter-drop-reason", "no_socket,consumed",
		       "pwru-cap: --filter-drop-reason: this kernel drops no packet for a reason "
		       "CONSUMED; it has NOT_SPECIFIED, NO_SOCKET, NETFILTER_DROP, "
		       "OVS_DROP_LAST_ACTION, OVS_DROP_FLOW, RX_DROP_U_MIC_FAIL\n");
	assert_refused(&all, "--on-drop", "", "pwru-cap: --on-drop: no reason is named\n");
	assert_refused(&none, "--on-drop", "NO_SOCKET",
		       "pwru-cap: --on-drop=NO_SOCKET: this kernel gives no reasons for drops "
		       "(Linux 5.17 was the first): --on-drop alone takes all drops\n");
	assert_refused(&broken, "--on-drop", "NO_SOCKET", "");
}

/* ---- drop_funcs.h */

static void find_funcs(bool with_reasons, struct inventory *inventory)
{
	static struct found found[] = {
		{.name = "ip_rcv", .addr = 0xffffffff81000000, .pos = 1},
		{.name = "kfree_skb", .addr = 0xffffffff81000104, .pos = 1},
		{.name = "sk_skb_reason_drop", .addr = 0xffffffff81000200, .pos = 1},
		{.name = "skb_release_data", .addr = 0xffffffff81000300, .pos = 1},
		{.name = "__dev_kfree_skb_irq", .addr = 0xffffffff81000400, .pos = 1},
		{.name = "consume_skb", .addr = 0xffffffff81000500, .pos = 1},
		{.name = "tcp_drop_reason", .addr = 0xffffffff81000600, .pos = 1},
		{.name = "kfree_skb_reason", .skip = SKIP_NOT_TRACEABLE},
		{.name = "kfree_skb", .module = "m", .addr = 0xffffffffc0000000, .pos = 1},
	};
	struct kbtf *types = make_types(with_reasons);

	*inventory = (struct inventory){.v = found, .n = ARRAY_SIZE(found)};
	drop_funcs_find(types, inventory);
	kbtf_close(types);
}

static void assert_func(const struct ev_drop_func *f, uint64_t ip, enum ev_drop_kind kind, int pos)
{
	assert_int_equal(f->ip, ip);
	assert_int_equal(f->kind, kind);
	assert_int_equal(f->pos, pos);
}

static void test_funcs(void **state)
{
	struct inventory inventory;
	const struct func_roles *roles = &inventory.roles;

	(void)state;
	find_funcs(true, &inventory);
	assert_func(&roles->drop[0], 0xffffffff81000100, EV_DROP_ALWAYS, 0);
	assert_func(&roles->drop[1], 0xffffffff81000200, EV_DROP_REASON, 3);
	assert_func(&roles->drop[2], 0xffffffff81000300, EV_DROP_RELEASE, 2);
	assert_func(&roles->drop[3], 0xffffffff81000400, EV_DROP_FREE_REASON, 2);
	assert_int_equal(roles->drop[4].ip, 0);
	assert_int_equal(roles->data, 0xffffffff81000300);
	assert_true(drop_funcs_has(roles, 0xffffffff81000104));
	assert_false(drop_funcs_has(roles, 0xffffffff81000500));
	assert_false(drop_funcs_has(roles, 0));
	find_funcs(false, &inventory);
	assert_func(&roles->drop[0], 0xffffffff81000100, EV_DROP_ALWAYS, 0);
	assert_func(&roles->drop[1], 0xffffffff81000400, EV_DROP_FREE_REASON, 2);
	assert_int_equal(roles->drop[2].ip, 0);
	assert_int_equal(roles->data, 0xffffffff81000300);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_names),
		cmocka_unit_test(test_parse),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_funcs),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
