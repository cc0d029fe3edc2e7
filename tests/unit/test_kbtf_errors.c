// SPDX-License-Identifier: GPL-2.0-only
/* Files that are no BTF, not that of a kernel, or damaged: --kernel-btf takes what it is given. */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "src/kbtf.h"
#include "src/log.h"
#include "src/util.h"

/* The messages are wanted, but not here. Failures of the test go to stderr, too. */
static int quiet_open(const char *path, struct kbtf **ret_btf)
{
	int saved = dup(STDERR_FILENO), null = open("/dev/null", O_WRONLY), err;

	assert_true(saved >= 0 && null >= 0);
	dup2(null, STDERR_FILENO);
	err = kbtf_open(path, ret_btf);
	dup2(saved, STDERR_FILENO);
	close(saved);
	close(null);
	return err;
}

static void write_file(char *path, const void *data, size_t len)
{
	int fd;

	strcpy(path, "/tmp/test_kbtf.XXXXXX");
	fd = mkstemp(path);
	assert_true(fd >= 0);
	assert_int_equal(write(fd, data, len), len);
	close(fd);
}

static int open_bytes(const void *data, size_t len)
{
	struct kbtf *btf = NULL;
	char path[32];
	int err;

	write_file(path, data, len);
	err = quiet_open(path, &btf);
	unlink(path);
	if (err)
		assert_null(btf);
	kbtf_close(btf);
	return err;
}

static void test_not_btf(void **state)
{
	static const char *const texts[] = {
		"",
		"x",
		"this is a line of text, longer than a header\n",
		"\177ELF\2\1\1",
		"\x9f\xeb\x01",
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
		int err = open_bytes(texts[i], strlen(texts[i]));

		if (err != -EINVAL)
			fail_msg("%d for '%s'", err, texts[i]);
	}
}

static void test_elf_without_types(void **state)
{
	struct kbtf *btf = NULL;

	(void)state;
	assert_int_equal(quiet_open("/proc/self/exe", &btf), -EINVAL);
	assert_null(btf);
}

static void test_not_there(void **state)
{
	struct kbtf *btf = NULL;

	(void)state;
	assert_int_equal(quiet_open("/nonexistent/vmlinux", &btf), -ENOENT);
	assert_true(quiet_open("/tmp", &btf) < 0);
	assert_null(btf);
	kbtf_close(NULL);
}

/* Types with a function f(struct sk_buff *), or without a sk_buff. */
static struct btf *make_btf(const char *skb_name)
{
	struct btf *btf = btf__new_empty();
	int skb, proto;

	assert_non_null(btf);
	assert_true(btf__add_int(btf, "int", 4, 0) > 0);
	skb = btf__add_struct(btf, skb_name, 4);
	assert_int_equal(btf__add_field(btf, "len", 1, 0, 0), 0);
	skb = btf__add_ptr(btf, skb);
	proto = btf__add_func_proto(btf, 1);
	assert_int_equal(btf__add_func_param(btf, "skb", skb), 0);
	assert_true(btf__add_func(btf, "f", BTF_FUNC_STATIC, proto) > 0);
	return btf;
}

static int open_btf(const struct btf *btf)
{
	__u32 size;
	const void *data = btf__raw_data(btf, &size);

	assert_non_null(data);
	return open_bytes(data, size);
}

static void test_no_sk_buff(void **state)
{
	struct btf *btf = make_btf("sk_biff");

	(void)state;
	assert_int_equal(open_btf(btf), -EINVAL);
	/* A declaration does not make it a kernel with networking. */
	assert_true(btf__add_fwd(btf, "sk_buff", BTF_FWD_STRUCT) > 0);
	assert_int_equal(open_btf(btf), -EINVAL);
	btf__free(btf);
	btf = make_btf("sk_buff");
	assert_int_equal(open_btf(btf), 0);
	btf__free(btf);
}

static void test_cut_short(void **state)
{
	struct btf *btf = make_btf("sk_buff");
	__u32 size;
	const void *data = btf__raw_data(btf, &size);

	(void)state;
	assert_non_null(data);
	for (__u32 len = 0; len < size; len++) {
		int err = open_bytes(data, len);

		if (err != -EINVAL)
			fail_msg("%d for %u bytes of %u", err, len, size);
	}
	btf__free(btf);
}

/* No function at all takes an skb. */
static void test_no_function(void **state)
{
	struct btf *btf = btf__new_empty();
	struct kbtf_func *funcs = NULL;
	struct kbtf *opened = NULL;
	const void *data;
	char path[32];
	size_t n = 77;
	__u32 size;

	(void)state;
	assert_non_null(btf);
	assert_true(btf__add_struct(btf, "sk_buff", 4) > 0);
	data = btf__raw_data(btf, &size);
	write_file(path, data, size);
	assert_int_equal(quiet_open(path, &opened), 0);
	unlink(path);
	assert_int_equal(kbtf_skb_funcs(opened, &funcs, &n), 0);
	for (size_t i = 0; i < n; i++)
		assert_non_null(funcs[i].module);
	free(funcs);
	kbtf_close(opened);
	btf__free(btf);
}

/* Status 0 if every function that comes out has a name. */
static int collect(const char *path)
{
	struct kbtf_func *funcs = NULL;
	struct kbtf *btf = NULL;
	int status = 0;
	size_t n = 0;

	if (quiet_open(path, &btf))
		return 0;
	if (!kbtf_skb_funcs(btf, &funcs, &n))
		for (size_t i = 0; i < n; i++)
			status |= !funcs[i].name;
	free(funcs);
	kbtf_close(btf);
	return status;
}

/*
 * Opens and collects in a child, which must end by itself. What comes out matters little. (Module
 * types that are read against those of another kernel are damaged in these ways, too.)
 */
static void assert_survives(const struct btf *btf)
{
	__u32 size;
	const void *data = btf__raw_data(btf, &size);
	int status = -1;
	char path[32];
	pid_t child;

	assert_non_null(data);
	write_file(path, data, size);
	child = fork();
	assert_true(child >= 0);
	if (!child) {
		/* Away with cmocka's handlers: the parent tells. */
		for (int sig = 1; sig < 32; sig++)
			signal(sig, SIG_DFL);
		alarm(5);
		_exit(collect(path));
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	unlink(path);
	if (status)
		fail_msg("exit status %d, signal %d", WEXITSTATUS(status), WTERMSIG(status));
}

static struct btf_type *type_of(struct btf *btf, const char *name, __u32 kind)
{
	int id = btf__find_by_name_kind(btf, name, kind);

	assert_true(id > 0);
	return (struct btf_type *)btf__type_by_id(btf, id);
}

static void test_function_name_outside(void **state)
{
	struct btf *btf = make_btf("sk_buff");
	__u32 proto = type_of(btf, "f", BTF_KIND_FUNC)->type;

	(void)state;
	assert_true(btf__add_func(btf, "g", BTF_FUNC_STATIC, proto) > 0);
	type_of(btf, "f", BTF_KIND_FUNC)->name_off = 0x7fffff;
	assert_survives(btf);
	btf__free(btf);
}

static void test_struct_name_outside(void **state)
{
	struct btf *btf = make_btf("broken");

	(void)state;
	assert_true(btf__add_struct(btf, "sk_buff", 4) > 0);
	type_of(btf, "broken", BTF_KIND_STRUCT)->name_off = 0x7fffff;
	assert_survives(btf);
	btf__free(btf);
}

static void test_type_outside(void **state)
{
	struct btf *btf = make_btf("sk_buff");

	(void)state;
	type_of(btf, "f", BTF_KIND_FUNC)->type = 0x7fffff;
	assert_survives(btf);
	btf__free(btf);
}

/* A typedef of itself. */
static void test_type_cycle(void **state)
{
	struct btf *btf = make_btf("sk_buff");
	int loop = btf__add_typedef(btf, "loop", 1), proto;

	(void)state;
	assert_true(loop > 0);
	type_of(btf, "loop", BTF_KIND_TYPEDEF)->type = loop;
	proto = btf__add_func_proto(btf, 1);
	assert_int_equal(btf__add_func_param(btf, "p", loop), 0);
	assert_true(btf__add_func(btf, "g", BTF_FUNC_STATIC, proto) > 0);
	assert_survives(btf);
	btf__free(btf);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_not_btf),
		cmocka_unit_test(test_elf_without_types),
		cmocka_unit_test(test_not_there),
		cmocka_unit_test(test_no_sk_buff),
		cmocka_unit_test(test_cut_short),
		cmocka_unit_test(test_no_function),
		cmocka_unit_test(test_function_name_outside),
		cmocka_unit_test(test_struct_name_outside),
		cmocka_unit_test(test_type_outside),
		cmocka_unit_test(test_type_cycle),
	};

	/* libbpf's words would stand between those of the test. */
	log_libbpf();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
