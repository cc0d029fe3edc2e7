// SPDX-License-Identifier: GPL-2.0-only
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

#include "src/ksyms.h"
#include "src/util.h"

static int read_text(const char *text, size_t len, struct ksyms **ret_syms)
{
	char path[] = "/tmp/test_ksyms.XXXXXX";
	int fd = mkstemp(path), err;

	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, len), len);
	close(fd);
	err = ksyms_read(path, NULL, ret_syms);
	unlink(path);
	return err;
}

/* Modules in the order in which they were loaded, as the kernel has them. */
static const char kernel[] = "ffffffff81000000 T _stext\n"
			     "ffffffff81000000 T startup_64\n"
			     "ffffffff81000100 t local_one\n"
			     "ffffffff81000150 d data_between\n"
			     "ffffffff81000180 R rodata_between\n"
			     "ffffffff81000200 W weak_one\n"
			     "ffffffff81000300 w weak_undefined\n"
			     "ffffffff81000400 T ip_rcv\n"
			     "ffffffff81000400 t ip_rcv.alias\n"
			     "ffffffff81000500 t tcp_v4_rcv.constprop.0.isra.0\n"
			     "ffffffff82000000 B bss\n"
			     "ffffffffc0200000 t veth_xmit\t[veth]\n"
			     "ffffffffc0200080 d veth_data\t[veth]\n"
			     "ffffffffc0200100 t veth_poll\t[veth]\n"
			     "ffffffffc0100000 t nf_hook\t[nf_tables]\n"
			     "ffffffffc0100010 b nf_bss\t[nf_tables]\n"
			     "ffffffffc0300000 t bpf_prog_6deef7357e7b4530_sd_fw_ingress\t[bpf]\n"
			     "ffffffffc0300040 t bpf_trampoline_6442536467\t[bpf]\n";

static const struct {
	uint64_t addr;
	const char *name; /* NULL: none is found */
	const char *module;
} found[] = {
	{0, NULL, NULL},
	{1, NULL, NULL},
	{0xffffffff80ffffff, NULL, NULL},
	{0xffffffff81000000, "_stext", NULL},
	{0xffffffff81000001, "_stext", NULL},
	{0xffffffff810000ff, "_stext", NULL},
	{0xffffffff81000100, "local_one", NULL},
	{0xffffffff81000150, "local_one", NULL},
	{0xffffffff810001ff, "local_one", NULL},
	{0xffffffff81000200, "weak_one", NULL},
	{0xffffffff81000300, "weak_undefined", NULL},
	{0xffffffff81000400, "ip_rcv", NULL},
	{0xffffffff8100047f, "ip_rcv", NULL},
	{0xffffffff81000500, "tcp_v4_rcv.constprop.0.isra.0", NULL},
	{0xffffffff811004ff, "tcp_v4_rcv.constprop.0.isra.0", NULL},
	{0xffffffff81100500, NULL, NULL},
	{0xffffffff82000000, NULL, NULL},
	{0xffffffffc0100000, "nf_hook", "nf_tables"},
	{0xffffffffc0100010, "nf_hook", "nf_tables"},
	{0xffffffffc0200000, "veth_xmit", "veth"},
	{0xffffffffc0200080, "veth_xmit", "veth"},
	{0xffffffffc0200100, "veth_poll", "veth"},
	{0xffffffffc0300000, "bpf_prog_6deef7357e7b4530_sd_fw_ingress", "bpf"},
	{0xffffffffc0300041, "bpf_trampoline_6442536467", "bpf"},
	{0xffffffffffffffff, NULL, NULL},
};

static void assert_same(const char *what, const char *is, const char *want)
{
	if (!is || !want)
		assert_ptr_equal(is, want);
	else if (strcmp(is, want) != 0)
		fail_msg("%s: '%s', not '%s'", what, is, want);
}

static void test_find(void **state)
{
	struct ksyms *syms = NULL;

	(void)state;
	assert_int_equal(read_text(kernel, sizeof(kernel) - 1, &syms), 0);
	for (size_t i = 0; i < ARRAY_SIZE(found); i++) {
		const struct ksym *sym = ksyms_find(syms, found[i].addr);

		if (!found[i].name) {
			assert_null(sym);
			continue;
		}
		assert_non_null(sym);
		assert_same("name", sym->name, found[i].name);
		assert_same("module", sym->module, found[i].module);
		assert_true(sym->addr <= found[i].addr);
	}
	ksyms_free(syms);
}

static void test_all(void **state)
{
	struct ksyms *syms = NULL;
	const struct ksym *v;
	size_t n = 0;

	(void)state;
	assert_int_equal(read_text(kernel, sizeof(kernel) - 1, &syms), 0);
	v = ksyms_all(syms, &n);
	assert_int_equal(n, 13);
	for (size_t i = 0; i < n; i++) {
		if (i)
			assert_true(v[i - 1].addr <= v[i].addr);
		assert_null(strstr(v[i].name, "data"));
		assert_null(strstr(v[i].name, "bss"));
	}
	ksyms_free(syms);
	ksyms_free(NULL);
}

/* Also if the symbols have to be sorted, and sorting is not stable: many of one address. */
static void test_first_of_aliases(void **state)
{
	struct ksyms *syms = NULL;
	const struct ksym *sym;
	size_t len = 0, size = 1 << 20;
	char *text = malloc(size), want[32];

	(void)state;
	assert_non_null(text);
	for (int i = 199; i >= 0; i--)
		for (int k = 0; k < 50; k++)
			len += snprintf(text + len, size - len, "ffffffffc0%06x t f%d_%d\t[m%d]\n",
					i * 256, i, k, i);
	assert_int_equal(read_text(text, len, &syms), 0);
	for (int i = 0; i < 200; i++) {
		sym = ksyms_find(syms, 0xffffffffc0000000 + i * 256 + 255);
		snprintf(want, sizeof(want), "f%d_0", i);
		assert_non_null(sym);
		assert_same("first alias", sym->name, want);
	}
	ksyms_free(syms);
	free(text);
}

static void test_one_line(void **state)
{
	static const char *const lines[] = {
		"1000 T f\n", "1000 T f", "1000 T f\t[m]\n", "1000 T f\t[m]", "1000 T f [m]\n",
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(lines); i++) {
		struct ksyms *syms = NULL;
		const struct ksym *sym;

		assert_int_equal(read_text(lines[i], strlen(lines[i]), &syms), 0);
		assert_null(ksyms_find(syms, 0xfff));
		sym = ksyms_find(syms, 0x1000);
		assert_non_null(sym);
		assert_same("name", sym->name, "f");
		assert_same("module", sym->module, i < 2 ? NULL : "m");
		ksyms_free(syms);
	}
}

/* What kptr_restrict makes of it. */
static void test_hidden(void **state)
{
	static const char text[] = "0000000000000000 T _stext\n"
				   "0000000000000000 D data\n"
				   "0000000000000000 t veth_xmit\t[veth]\n";
	struct ksyms *syms = NULL;

	(void)state;
	assert_int_equal(read_text(text, sizeof(text) - 1, &syms), -EPERM);
	assert_null(syms);
}

static void test_garbage(void **state)
{
	static const char *const texts[] = {
		"",
		"\n",
		"hello\n",
		"hello world\n",
		"ffffffff81000000\n",
		"ffffffff81000000 \n",
		"ffffffff81000000 T",
		"ffffffff81000000 T\n",
		"ffffffff81000000 Tname\n",
		"ffffffff81000000T name\n",
		"ffffffff81000000\tT\tname\n",
		"zzzz T name\n",
		" ffffffff81000000 T name\n",
		"\177ELF\2\1\1",
		"ffffffff81000000 T good\nbad\n",
		"ffffffff81000000 T good\n\nffffffff81000001 T good\n",
		"ffffffff81000000 D data_only\n",
	};
	struct ksyms *syms = NULL;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
		int err = read_text(texts[i], strlen(texts[i]), &syms);

		if (err != -EINVAL)
			fail_msg("%d for '%s'", err, texts[i]);
		assert_null(syms);
	}
	assert_int_equal(ksyms_read("/nonexistent/kallsyms", NULL, &syms), -ENOENT);
	assert_int_equal(ksyms_read("/tmp", NULL, &syms), -EISDIR);
	assert_null(syms);
}

/* Aliases end together, and the last symbol nowhere. */
static void test_end(void **state)
{
	static const struct {
		uint64_t addr, end;
	} rows[] = {
		{0, 0},
		{0xffffffff81000000, 0xffffffff81000100},
		{0xffffffff81000150, 0xffffffff81000200},
		{0xffffffff81000400, 0xffffffff81000500},
		{0xffffffff810004ff, 0xffffffff81000500},
		{0xffffffff81000500, 0xffffffffc0100000},
		{0xffffffffc0300000, 0xffffffffc0300040},
		{0xffffffffc0300040, 0},
	};
	struct ksyms *syms;

	(void)state;
	assert_int_equal(read_text(kernel, sizeof(kernel) - 1, &syms), 0);
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		assert_int_equal(ksyms_end(syms, rows[i].addr), rows[i].end);
	ksyms_free(syms);
}

/* A line without an address does not have the address 0. */
static void test_no_address(void **state)
{
	static const char text[] = " T name\n";
	struct ksyms *syms = NULL;

	(void)state;
	assert_int_equal(read_text(text, sizeof(text) - 1, &syms), -EINVAL);
}

/* The machine's own: it is read, or it is hidden. */
static void test_own_kernel(void **state)
{
	struct ksyms *syms = NULL;
	int err = ksyms_read(NULL, NULL, &syms);
	const struct ksym *v;
	size_t n;

	(void)state;
	if (err) {
		print_message("SKIP: /proc/kallsyms: %s\n", strerror(-err));
		assert_true(err == -EPERM || err == -ENOENT || err == -EACCES);
		skip();
	}
	v = ksyms_all(syms, &n);
	assert_true(n > 1000);
	for (size_t i = 0; i < n; i++) {
		const struct ksym *sym = ksyms_find(syms, v[i].addr);

		assert_non_null(sym);
		assert_true(sym->addr == v[i].addr);
		assert_true(sym <= &v[i]);
		assert_int_equal(strcspn(v[i].name, " \t\n[]"), strlen(v[i].name));
		if (v[i].module)
			assert_int_equal(strcspn(v[i].module, " \t\n[]"), strlen(v[i].module));
	}
	ksyms_free(syms);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_find),
		cmocka_unit_test(test_end),
		cmocka_unit_test(test_all),
		cmocka_unit_test(test_one_line),
		cmocka_unit_test(test_first_of_aliases),
		cmocka_unit_test(test_hidden),
		cmocka_unit_test(test_garbage),
		cmocka_unit_test(test_no_address),
		cmocka_unit_test(test_own_kernel),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
