// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "src/meta.h"
#include "src/util.h"

/* What stderr got during the latest set() or inode(). */
static char said[2048];

static FILE *divert(int *ret_saved)
{
	FILE *file = tmpfile();

	*ret_saved = dup(STDERR_FILENO);
	assert_true(file && *ret_saved >= 0);
	assert_int_equal(dup2(fileno(file), STDERR_FILENO), STDERR_FILENO);
	return file;
}

static void restore(FILE *file, int saved)
{
	dup2(saved, STDERR_FILENO);
	close(saved);
	rewind(file);
	said[fread(said, 1, sizeof(said) - 1, file)] = '\0';
	fclose(file);
}

static int set(struct meta_cfg *cfg, enum meta_filter filter, const char *value)
{
	int saved, err;
	FILE *file = divert(&saved);

	err = meta_set(cfg, filter, value);
	restore(file, saved);
	return err;
}

static int inode(const char *value, const char *dir, uint32_t *ret_inode)
{
	int saved, err;
	FILE *file = divert(&saved);

	err = meta_netns_inode(value, dir, ret_inode);
	restore(file, saved);
	return err;
}

static struct meta_cfg good(enum meta_filter filter, const char *value)
{
	struct meta_cfg cfg = {0};

	if (set(&cfg, filter, value))
		fail_msg("%s: %s", value, said);
	assert_string_equal(said, "");
	return cfg;
}

static void contains(const char *text)
{
	if (!strstr(said, text))
		fail_msg("no '%s' in: %s", text, said);
}

static void test_numbers(void **state)
{
	static const struct {
		enum meta_filter filter;
		const char *value;
		uint32_t number, mask;
	} rows[] = {
		{META_MARK, "0", 0, 0xffffffff},
		{META_MARK, "0x100", 0x100, 0xffffffff},
		{META_MARK, "4294967295", 0xffffffff, 0xffffffff},
		{META_MARK, "0x100/0xff00", 0x100, 0xff00},
		{META_MARK, "0xa00/0xf00", 0xa00, 0xf00},
		{META_MARK, "0/0x10", 0, 0x10},
		{META_MARK, "0/0", 0, 0},
		{META_PID, "0", 0, 0},
		{META_PID, "4194304", 4194304, 0},
		{META_UID, "0", 0, 0},
		{META_UID, "root", 0, 0},
		{META_UID, "4294967294", 4294967294, 0},
		{META_FAMILY, "inet", AF_INET, 0},
		{META_FAMILY, "inet6", AF_INET6, 0},
		{META_FAMILY, "unix", AF_UNIX, 0},
		{META_FAMILY, "netlink", AF_NETLINK, 0},
		{META_FAMILY, "packet", AF_PACKET, 0},
		{META_FAMILY, "44", AF_XDP, 0},
		{META_NETNS, "inode:4026531840", 4026531840, 0},
		{META_NETNS, "4026531840", 4026531840, 0},
		{META_NETNS, "inode:0xf0000098", 0xf0000098, 0},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct meta_cfg cfg = good(rows[i].filter, rows[i].value);
		struct meta_cfg want = {.on = META_ON(rows[i].filter), .mark_mask = rows[i].mask};

		if (rows[i].filter == META_MARK)
			want.mark = rows[i].number;
		if (rows[i].filter == META_PID)
			want.pid = rows[i].number;
		if (rows[i].filter == META_UID)
			want.uid = rows[i].number;
		if (rows[i].filter == META_FAMILY)
			want.family = rows[i].number;
		if (rows[i].filter == META_NETNS)
			want.netns = rows[i].number;
		assert_memory_equal(&cfg, &want, sizeof(cfg));
	}
}

static void test_direction(void **state)
{
	struct meta_cfg cfg = good(META_DIRECTION, "out");

	(void)state;
	assert_int_equal(cfg.on, META_ON(META_DIRECTION));
	assert_int_equal(cfg.outgoing, 1);
	assert_int_equal(set(&cfg, META_DIRECTION, "in"), 0);
	assert_int_equal(cfg.on, META_ON(META_DIRECTION));
	assert_int_equal(cfg.outgoing, 0);
	assert_int_equal(set(&cfg, META_DIRECTION, "inout"), 0);
	assert_int_equal(cfg.on, 0);
}

/* What the kernel compares: two words, of a name that may be followed by what was there before. */
static bool ifname_is(const struct meta_cfg *cfg, const char *memory)
{
	uint64_t name[META_NAME_WORDS];

	memcpy(name, memory, sizeof(name));
	return (name[0] & cfg->ifname_mask[0]) == cfg->ifname[0] &&
	       (name[1] & cfg->ifname_mask[1]) == cfg->ifname[1];
}

static void test_ifname(void **state)
{
	struct meta_cfg cfg = good(META_IFNAME, "v0");

	(void)state;
	assert_true(ifname_is(&cfg, "v0\0\0\0\0\0\0\0\0\0\0\0\0\0"));
	assert_true(ifname_is(&cfg, "v0\0h0-was-longer"));
	assert_false(ifname_is(&cfg, "v01\0\0\0\0\0\0\0\0\0\0\0\0"));
	assert_false(ifname_is(&cfg, "v\0\0\0\0\0\0\0\0\0\0\0\0\0\0"));
	assert_false(ifname_is(&cfg, "v1\0\0\0\0\0\0\0\0\0\0\0\0\0"));
	cfg = good(META_IFNAME, "eth0.100");
	assert_true(ifname_is(&cfg, "eth0.100\0\0\0\0\0\0\0"));
	assert_false(ifname_is(&cfg, "eth0.1000\0\0\0\0\0\0"));
	cfg = good(META_IFNAME, "0123456789abcde");
	assert_true(ifname_is(&cfg, "0123456789abcde"));
	assert_false(ifname_is(&cfg, "0123456789abcd\0"));
	assert_int_equal(set(&cfg, META_IFNAME, "any"), 0);
	assert_int_equal(cfg.on, 0);
}

static void test_comm(void **state)
{
	struct meta_cfg cfg = good(META_COMM, "kworker/0:1");

	(void)state;
	assert_memory_equal(cfg.comm, "kworker/0:1\0\0\0\0", META_NAME_LEN);
	/* Nothing of the longer name is left. */
	assert_int_equal(set(&cfg, META_COMM, "sh"), 0);
	assert_memory_equal(cfg.comm, "sh\0\0\0\0\0\0\0\0\0\0\0\0\0", META_NAME_LEN);
	cfg = good(META_COMM, "0123456789abcde");
	assert_memory_equal(cfg.comm, "0123456789abcde", META_NAME_LEN);
}

static void test_several(void **state)
{
	struct meta_cfg cfg = {0};

	(void)state;
	assert_int_equal(set(&cfg, META_MARK, "1"), 0);
	assert_int_equal(set(&cfg, META_PID, "2"), 0);
	assert_int_equal(cfg.on, META_ON(META_MARK) | META_ON(META_PID));
	assert_int_equal(cfg.mark, 1);
	assert_int_equal(cfg.pid, 2);
	meta_clear(&cfg, META_MARK);
	assert_int_equal(cfg.on, META_ON(META_PID));
}

/* Refused, in words that name the option, the value and what is allowed; nothing is changed. */
static void test_wrong(void **state)
{
	static const struct {
		enum meta_filter filter;
		const char *value, *message;
	} rows[] = {
		{META_MARK, "", "--filter-mark : neither M nor M/MASK"},
		{META_MARK, "x", "--filter-mark x: neither M nor M/MASK"},
		{META_MARK, "0x100000000", "numbers up to 0xffffffff"},
		{META_MARK, "1/", "--filter-mark 1/: neither"},
		{META_MARK, "/1", "--filter-mark /1: neither"},
		{META_MARK, "1/2/3", "--filter-mark 1/2/3: neither"},
		{META_MARK, "-1", "--filter-mark -1: neither"},
		{META_MARK, "0x11/0x10",
		 "--filter-mark 0x11/0x10: no mark is that, the mask "
		 "leaves 0x10 of it"},
		{META_IFNAME, "", "--filter-ifname : not a name of a device (1 to 15 bytes)"},
		{META_IFNAME, "0123456789abcdef", "--filter-ifname 0123456789abcdef: not a name"},
		{META_DIRECTION, "both", "-Q both: not one of in, out, inout"},
		{META_DIRECTION, "", "-Q : not one of"},
		{META_PID, "init", "--pid init: not a number from 0 to 4194304"},
		{META_PID, "4194305", "--pid 4194305: not a number"},
		{META_COMM, "", "--filter-comm: a name has 1 to 15 bytes"},
		{META_COMM, "NetworkManager-x",
		 "--filter-comm NetworkManager-x: the kernel keeps 15 bytes of a name: "
		 "NetworkManager-\n"},
		{META_UID, "no such user",
		 "--filter-uid no such user: neither a user's name nor a number from 0 to "
		 "4294967294"},
		{META_UID, "4294967295", "--filter-uid 4294967295: neither"},
		{META_UID, "", "--filter-uid : neither"},
		{META_FAMILY, "ipx", "--family ipx: not one of inet, inet6, unix, netlink, packet"},
		{META_FAMILY, "0", "number from 1 to 65535"},
		{META_FAMILY, "65536", "--family 65536: not one of"},
		{META_NETNS, "inode:", "--filter-netns inode:: not an inode number from 1 to"},
		{META_NETNS, "inode:x", "--filter-netns inode:x: not an inode number from 1 to"},
		{META_NETNS, "0", "--filter-netns 0: not an inode number from 1 to 4294967295"},
		{META_NETNS, "4294967296", "not an inode number"},
		{META_NETNS, "/etc/passwd", "--filter-netns /etc/passwd: not a network namespace"},
		{META_NETNS, "/proc/self/ns/uts", "not a network namespace"},
		{META_NETNS, "/no/such", "--filter-netns /no/such: No such file or directory"},
		{META_NETNS, "no such name", "no such name under /run/netns, where there is:"},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct meta_cfg cfg, before;

		memset(&cfg, 0xa5, sizeof(cfg));
		before = cfg;
		assert_true(set(&cfg, rows[i].filter, rows[i].value) < 0);
		assert_memory_equal(&cfg, &before, sizeof(cfg));
		assert_memory_equal(said, "pwru-cap: ", 10);
		contains(rows[i].message);
	}
}

static uint32_t own_netns(void)
{
	struct stat st;

	assert_int_equal(stat("/proc/self/ns/net", &st), 0);
	return st.st_ino;
}

static void test_netns_path(void **state)
{
	struct meta_cfg cfg = good(META_NETNS, "/proc/self/ns/net");

	(void)state;
	assert_int_equal(cfg.on, META_ON(META_NETNS));
	assert_int_equal(cfg.netns, own_netns());
}

/* A link into /proc stands in for the mount that ip-netns(8) makes. */
static void test_netns_name(void **state)
{
	char dir[] = "/tmp/test_meta.XXXXXX", path[64];
	uint32_t found = 0;

	(void)state;
	assert_non_null(mkdtemp(dir));
	assert_int_equal(inode("blue", dir, &found), -ENOENT);
	contains("--filter-netns blue: no such name under /tmp/");
	contains(", where there is: none\n");

	snprintf(path, sizeof(path), "%s/red", dir);
	assert_int_equal(symlink("/proc/self/ns/net", path), 0);
	assert_int_equal(inode("red", dir, &found), 0);
	assert_string_equal(said, "");
	assert_int_equal(found, own_netns());
	unlink(path);

	/* Left over from a namespace that was: a plain file. */
	close(open(path, O_CREAT | O_WRONLY, 0600));
	assert_int_equal(inode("red", dir, &found), -EINVAL);
	contains("--filter-netns red: not a network namespace");

	assert_true(inode("blue", dir, &found) < 0);
	contains("where there is: red\n");
	assert_true(inode("", dir, &found) < 0);
	contains("--filter-netns : no such name");
	unlink(path);
	rmdir(dir);
	assert_true(inode("blue", dir, &found) < 0);
	contains("where there is: none\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_numbers),	   cmocka_unit_test(test_direction),
		cmocka_unit_test(test_ifname),	   cmocka_unit_test(test_comm),
		cmocka_unit_test(test_several),	   cmocka_unit_test(test_wrong),
		cmocka_unit_test(test_netns_path), cmocka_unit_test(test_netns_name),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
