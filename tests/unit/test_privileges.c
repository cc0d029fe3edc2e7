// SPDX-License-Identifier: GPL-2.0-only
/* Becoming another user, in child processes. Needs root; without it, that is skipped. */
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <pwd.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "src/privileges.h"
#include "src/util.h"

#define CAP_BPF_BIT (1ULL << 39) /* linux/capability.h */

static struct privileges find_nobody(void)
{
	struct privileges p;

	if (geteuid()) {
		print_message("SKIP: this is not root\n");
		skip();
	}
	assert_int_equal(privileges_find("nobody", &p), 0);
	assert_non_null(p.name);
	return p;
}

static int quietly_find(const char *name, struct privileges *p)
{
	int saved = dup(STDERR_FILENO), null = open("/dev/null", O_WRONLY), err;

	dup2(null, STDERR_FILENO);
	err = privileges_find(name, p);
	dup2(saved, STDERR_FILENO);
	close(saved);
	close(null);
	return err;
}

static void test_find(void **state)
{
	struct privileges p;

	(void)state;
	assert_int_equal(privileges_find(NULL, &p), 0);
	assert_null(p.name);
	assert_int_equal(privileges_find("root", &p), 0);
	assert_null(p.name);
	assert_int_equal(quietly_find("no such user", &p), -ENOENT);
	/* A name, as for tcpdump, and no number. */
	assert_int_equal(quietly_find("65534", &p), -ENOENT);
	assert_int_equal(quietly_find("", &p), -ENOENT);
}

/* A line of /proc/self/status, hexadecimal. */
static uint64_t status_of(const char *key)
{
	uint64_t value = UINT64_MAX;
	char *text, *at;

	if (!read_file("/proc/self/status", &text, NULL)) {
		at = strstr(text, key);
		if (at)
			value = strtoull(at + strlen(key), NULL, 16);
		free(text);
	}
	return value;
}

/* Returns the number of the line where something is not as it should be. */
#define WANT(condition)                         \
	do {                                    \
		if (!(condition))               \
			return -__LINE__ % 128; \
	} while (0)

static int look(const void *ctx)
{
	const struct privileges *p = ctx;
	const struct passwd *pw = getpwnam(p->name);
	gid_t groups[64];
	int n = getgroups(64, groups);

	WANT(getuid() == p->uid && geteuid() == p->uid);
	WANT(getgid() == p->gid && getegid() == p->gid);
	WANT(pw && pw->pw_uid == p->uid);
	/* None of root's groups but those that the user is in. */
	for (int i = 0; i < n; i++)
		WANT(groups[i] == p->gid || groups[i] >= 1000);
	WANT(!(status_of("CapEff:") & ~CAP_BPF_BIT));
	WANT(!(status_of("CapPrm:") & ~CAP_BPF_BIT));
	WANT(!status_of("CapInh:"));
	WANT(!status_of("CapAmb:"));
	WANT(setuid(0) && setgid(0));
	WANT(open("/etc/shadow", O_RDONLY) < 0);
	return 0;
}

static void test_drop(void **state)
{
	struct privileges p = find_nobody();

	(void)state;
	assert_int_equal(privileges_try(&p, look, &p), 0);
	assert_int_equal(geteuid(), 0);
}

static int has_bpf(const void *ctx)
{
	(void)ctx;
	return status_of("CapEff:") & CAP_BPF_BIT ? 0 : -EPERM;
}

/* What root has of it is kept; where root has it not, neither has the user. */
static void test_keeps_bpf(void **state)
{
	struct privileges p = find_nobody();

	(void)state;
	assert_int_equal(privileges_try(&p, has_bpf, NULL), has_bpf(NULL));
}

static int make_file(const void *path)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_EXCL, 0600);

	if (fd < 0)
		return -errno;
	close(fd);
	return 0;
}

static void test_try(void **state)
{
	struct privileges p = find_nobody(), nobody_else = {0};
	char dir[] = "/tmp/test_privileges.XXXXXX", path[64];

	(void)state;
	assert_non_null(mkdtemp(dir));
	snprintf(path, sizeof(path), "%s/f", dir);
	assert_int_equal(privileges_try(&p, make_file, path), -EACCES);
	/* By ourselves, when there is nobody else. */
	assert_int_equal(privileges_try(&nobody_else, make_file, path), 0);
	assert_int_equal(privileges_try(&nobody_else, make_file, path), -EEXIST);
	unlink(path);
	rmdir(dir);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_find),
		cmocka_unit_test(test_drop),
		cmocka_unit_test(test_keeps_bpf),
		cmocka_unit_test(test_try),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
