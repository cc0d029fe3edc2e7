// SPDX-License-Identifier: GPL-2.0-only
#include <fcntl.h>
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "src/ifaces.h"
#include "src/linktype.h"
#include "src/util.h"

/* The number of an interface, and whether it is new. */
static int64_t find(struct ifaces *ifaces, uint32_t netns, uint32_t ifindex, bool *ret_new)
{
	struct ev_hdr hdr = {.netns = netns, .ifindex = ifindex};
	struct record rec = {.hdr = &hdr};
	struct view view = {.rec = &rec};

	return ifaces_find(ifaces, &view, LINKTYPE_ETHERNET, ret_new);
}

static const struct {
	uint32_t netns, ifindex;
	int number;
	bool is_new;
} rows[] = {
	/* "none" is there from the start, whatever namespace the socket is in. */
	{0, 0, 0, false},
	{4026531840, 0, 0, false},
	{4026531840, 1, 1, true},
	{4026531840, 1, 1, false},
	{4026532500, 0, 0, false},
	/* The same number elsewhere is another device. */
	{4026532500, 1, 2, true},
	{4026531840, 1, 1, false},
	{4026532500, 1, 2, false},
	{4026531840, 2, 3, true},
	{1, 4026531840, 4, true},
	{0, 1, 5, true},
	{0, 0, 0, false},
	{UINT32_MAX, UINT32_MAX, 6, true},
	{4026531840, 2, 3, false},
	{0, 1, 5, false},
};

static void test_numbers(void **state)
{
	struct ifaces *ifaces = ifaces_new(IFACES_DEVICE, LINKTYPE_ETHERNET);

	(void)state;
	assert_non_null(ifaces);
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		bool is_new = !rows[i].is_new;
		int64_t number = find(ifaces, rows[i].netns, rows[i].ifindex, &is_new);

		if (number != rows[i].number || is_new != rows[i].is_new)
			fail_msg("row %zu: number %lld, new %d", i, (long long)number, is_new);
	}
	ifaces_free(ifaces);
	ifaces_free(NULL);
}

/* Each keeps its number, in whatever order they come again. */
static void test_many(void **state)
{
	struct ifaces *ifaces = ifaces_new(IFACES_DEVICE, LINKTYPE_ETHERNET);
	bool is_new;

	(void)state;
	assert_non_null(ifaces);
	for (uint32_t i = 0; i < 2000; i++) {
		assert_int_equal(find(ifaces, 4026531840 + i % 40, 1 + i / 40, &is_new), 1 + i);
		assert_true(is_new);
	}
	for (uint32_t k = 0; k < 10000; k++) {
		uint32_t i = k * 7919 % 2000;

		assert_int_equal(find(ifaces, 4026531840 + i % 40, 1 + i / 40, &is_new), 1 + i);
		assert_false(is_new);
	}
	ifaces_free(ifaces);
}

/* The number of an interface for a sighting. */
static int64_t find_at(struct ifaces *ifaces, uint64_t func_ip, uint32_t ifindex, uint16_t linktype)
{
	struct ev_hdr hdr = {.func_ip = func_ip, .ifindex = ifindex, .netns = 9};
	struct record rec = {.hdr = &hdr};
	struct view view = {.rec = &rec};
	bool is_new;

	return ifaces_find(ifaces, &view, linktype, &is_new);
}

/* The three addresses of a function's entry are one function. */
static void test_modes(void **state)
{
	struct ifaces *function = ifaces_new(IFACES_FUNCTION, LINKTYPE_ETHERNET);
	struct ifaces *both = ifaces_new(IFACES_BOTH, LINKTYPE_ETHERNET);
	const uint64_t f = 0xffffffff81000000, g = 0xffffffff81000010;

	(void)state;
	assert_true(function && both);
	assert_int_equal(find_at(function, f, 1, LINKTYPE_ETHERNET), 1);
	assert_int_equal(find_at(function, f + 4, 2, LINKTYPE_ETHERNET), 1);
	assert_int_equal(find_at(function, g, 1, LINKTYPE_ETHERNET), 2);
	assert_int_equal(find_at(function, f + 5, 0, LINKTYPE_ETHERNET), 1);
	assert_int_equal(find_at(function, f, 0, LINKTYPE_RAW), 3);
	assert_int_equal(ifaces_count(function), 4);

	assert_int_equal(find_at(both, f, 1, LINKTYPE_ETHERNET), 1);
	assert_int_equal(find_at(both, f, 2, LINKTYPE_ETHERNET), 2);
	assert_int_equal(find_at(both, g, 1, LINKTYPE_ETHERNET), 3);
	assert_int_equal(find_at(both, g, 0, LINKTYPE_ETHERNET), 4);
	assert_int_equal(find_at(both, f + 4, 1, LINKTYPE_ETHERNET), 1);
	assert_int_equal(ifaces_count(both), 5);

	*ifaces_packets(both, 3) += 2;
	assert_int_equal(find_at(both, g, 7, LINKTYPE_ETHERNET), 5);
	assert_int_equal(*ifaces_packets(both, 3), 2);
	assert_int_equal(*ifaces_packets(both, 5), 0);
	ifaces_free(function);
	ifaces_free(both);
}

/* With --linktype native a device has an interface for each link type; so has "none". */
static void test_linktypes(void **state)
{
	struct ifaces *ifaces = ifaces_new(IFACES_DEVICE, LINKTYPE_ETHERNET);

	(void)state;
	assert_non_null(ifaces);
	assert_int_equal(find_at(ifaces, 0, 0, LINKTYPE_ETHERNET), 0);
	assert_int_equal(find_at(ifaces, 0, 0, LINKTYPE_RAW), 1);
	assert_int_equal(find_at(ifaces, 0, 4, LINKTYPE_RAW), 2);
	assert_int_equal(find_at(ifaces, 0, 4, LINKTYPE_ETHERNET), 3);
	assert_int_equal(find_at(ifaces, 0, 4, LINKTYPE_RAW), 2);
	ifaces_free(ifaces);
}

static void assert_named(enum ifaces_mode mode, const char *dev, const char *func, const char *name,
			 const char *description)
{
	struct ev_hdr hdr = {.func_ip = 0xff10, .netns = 4294967295, .ifindex = *dev ? 3 : 0};
	struct record rec = {.hdr = &hdr};
	struct view view = {.rec = &rec, .func = func, .module = "veth"};
	struct buf out = {0};

	strcpy(view.ifname, dev);
	ifaces_name(mode, &out, &view);
	assert_string_equal(buf_str(&out), name);
	buf_reset(&out);
	ifaces_describe(mode, &out, &view);
	assert_string_equal(buf_str(&out), description);
	buf_free(&out);
}

static void test_name(void **state)
{
	(void)state;
	assert_named(IFACES_DEVICE, "eth0", "veth_xmit", "eth0", "ifindex 3 in netns 4294967295");
	assert_named(IFACES_DEVICE, "", "veth_xmit", "none", "on no device");
	assert_named(IFACES_FUNCTION, "eth0", "veth_xmit", "veth_xmit", "function of veth");
	assert_named(IFACES_BOTH, "eth0", "veth_xmit", "eth0@veth_xmit",
		     "ifindex 3 in netns 4294967295, function of veth");
	assert_named(IFACES_BOTH, "", "?", "none@0xff10", "on no device, function of veth");
}

static void assert_described(uint32_t netns, uint32_t ifindex, const char *want)
{
	struct ev_hdr hdr = {.netns = netns, .ifindex = ifindex};
	struct record rec = {.hdr = &hdr};
	struct view view = {.rec = &rec, .ifname = "eth0"};
	struct buf out = {0};

	buf_puts(&out, "<");
	ifaces_describe(IFACES_DEVICE, &out, &view);
	assert_string_equal(buf_str(&out), want);
	buf_free(&out);
}

static void test_describe(void **state)
{
	(void)state;
	/* Numbers that no file in /run has. */
	assert_described(4294967294, 7, "<ifindex 7 in netns 4294967294");
	assert_described(4294967295, UINT32_MAX, "<ifindex 4294967295 in netns 4294967295");
}

/* A /run of our own, not seen by others, which is there for the rest of this program. */
static bool make_own_run(void)
{
	return !unshare(CLONE_NEWNS) && !mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) &&
	       !mount("none", "/run", "tmpfs", 0, NULL);
}

static uint32_t add_name(const char *path)
{
	struct stat st;
	int fd = open(path, O_WRONLY | O_CREAT, 0600);

	assert_true(fd >= 0);
	assert_int_equal(fstat(fd, &st), 0);
	close(fd);
	return st.st_ino;
}

/* Files in /run/netns name namespaces by their inode number; a name may hold any byte. */
static void test_names(void **state)
{
	char want[64];
	uint32_t ino;
	struct stat st;

	(void)state;
	if (!make_own_run()) {
		print_message("SKIP: a mount namespace takes root\n");
		skip();
	}
	assert_described(1, 7, "<ifindex 7 in netns 1");
	assert_int_equal(mkdir("/run/netns", 0700), 0);
	ino = add_name("/run/netns/blue");
	snprintf(want, sizeof(want), "<ifindex 7 in netns %u (blue)", ino);
	assert_described(ino, 7, want);
	snprintf(want, sizeof(want), "<ifindex 7 in netns %u", ino + 100);
	assert_described(ino + 100, 7, want);

	ino = add_name("/run/netns/a\nb\\\xff");
	snprintf(want, sizeof(want), "<ifindex 1 in netns %u (a\\x0ab\\x5c\\xff)", ino);
	assert_described(ino, 1, want);

	/* Directories are no namespaces. */
	assert_int_equal(stat("/run/netns", &st), 0);
	snprintf(want, sizeof(want), "<ifindex 1 in netns %u", (uint32_t)st.st_ino);
	assert_described(st.st_ino, 1, want);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_numbers), cmocka_unit_test(test_many),
		cmocka_unit_test(test_modes),	cmocka_unit_test(test_linktypes),
		cmocka_unit_test(test_name),	cmocka_unit_test(test_describe),
		cmocka_unit_test(test_names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
