// SPDX-License-Identifier: GPL-2.0-only
/* Which container a control group is of, and what it is called, in made-up trees of files. */
#include <errno.h>
#include <ftw.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "src/container_path.h"
#include "src/containers.h"
#include "src/util.h"

#define ID_A "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
#define ID_B "b123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
#define ID_C "c123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
#define ID_D "d123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"

static void test_paths(void **state)
{
	static const struct {
		const char *path, *id; /* NULL: none */
	} rows[] = {
		{"", NULL},
		{"/", NULL},
		{"/system.slice/ssh.service", NULL},
		{"/user.slice/user-1000.slice/session-3.scope", NULL},
		/* docker by systemd, by itself */
		{"/system.slice/docker-" ID_A ".scope", ID_A},
		{"/docker/" ID_A, ID_A},
		{"/docker/" ID_A "/init", ID_A},
		{"/docker/" ID_A "/", ID_A},
		/* containerd and cri-o under Kubernetes */
		{"/kubepods.slice/kubepods-burstable.slice/kubepods-burstable-pod1_2.slice/"
		 "cri-containerd-" ID_B ".scope",
		 ID_B},
		{"/kubepods/besteffort/pod0a1b2c3d-0000-1111-2222-333344445555/" ID_B, ID_B},
		{"/system.slice/containerd.service/kubepods-pod1.slice:cri-containerd:" ID_B, ID_B},
		{"/kubepods.slice/kubepods-pod1.slice/crio-" ID_C ".scope/container", ID_C},
		{"/kubepods.slice/kubepods-pod1.slice/crio-conmon-" ID_C ".scope", NULL},
		/* podman, also of a user */
		{"/machine.slice/libpod-" ID_C ".scope/container", ID_C},
		{"/machine.slice/libpod-conmon-" ID_C ".scope", NULL},
		{"/user.slice/user-1000.slice/user@1000.service/user.slice/libpod-" ID_C ".scope",
		 ID_C},
		{"/libpod_parent/libpod-" ID_C, ID_C},
		/* a container in a container: the inner one */
		{"/docker/" ID_A "/kubepods/pod1/" ID_B, ID_B},
		{"/docker/" ID_A "/system.slice/ssh.service", ID_A},
		/* LXC, Incus */
		{"/lxc.payload.web", "web"},
		{"/lxc.payload.web/system.slice/ssh.service", "web"},
		{"/lxc/web/init.scope", "web"},
		{"/lxc.payload/web", "web"},
		{"/lxc.monitor.web", NULL},
		{"/lxc", NULL},
		/* systemd-nspawn, and a virtual machine */
		{"/machine.slice/machine-deb12.scope/payload", "deb12"},
		{"/machine.slice/systemd-nspawn@deb12.service/payload", "deb12"},
		{"/machine.slice/machine-qemu\\x2d1\\x2dvm.scope/libvirt", NULL},
		{"/machine.slice/machine-.scope", NULL},
		/* not quite ids */
		{"/docker/" ID_A "0", NULL},
		{"/docker/x" ID_A, NULL},
		{"/docker/0123456789abcdef", NULL},
		{"/docker/g123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef", NULL},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct container_ref ref = {.id = "untouched"};
		bool found = container_of_path(rows[i].path, &ref);

		if (found != !!rows[i].id)
			fail_msg("%s: %d", rows[i].path, found);
		if (!found) {
			assert_string_equal(ref.id, "untouched");
			continue;
		}
		assert_int_equal(ref.id_len, strlen(rows[i].id));
		assert_memory_equal(ref.id, rows[i].id, ref.id_len);
		assert_int_equal(ref.is_name, ref.id_len < 64);
	}
}

/* A directory in place of /. */
struct tree {
	char root[64];
};

static const char *in_tree(const struct tree *t, const char *path)
{
	static char full[1024];

	snprintf(full, sizeof(full), "%s%s", t->root, path);
	return full;
}

/* With all directories above it; returns the number of the last one. */
static uint64_t make_dir(const struct tree *t, const char *path)
{
	char *full = strdup(in_tree(t, path));
	struct stat st;

	for (char *p = full + strlen(t->root); p;) {
		p = strchr(p + 1, '/');
		if (p)
			*p = '\0';
		if (mkdir(full, 0755) && errno != EEXIST)
			fail_msg("%s: %s", full, strerror(errno));
		if (p)
			*p = '/';
	}
	assert_int_equal(stat(full, &st), 0);
	free(full);
	return st.st_ino;
}

static void make_file(const struct tree *t, const char *dir, const char *name, const char *text)
{
	char path[1024];
	FILE *f;

	make_dir(t, dir);
	snprintf(path, sizeof(path), "%s%s/%s", t->root, dir, name);
	f = fopen(path, "w");
	assert_non_null(f);
	fputs(text, f);
	assert_int_equal(fclose(f), 0);
}

#define CGROUPS "/sys/fs/cgroup"

static int setup(void **state)
{
	struct tree *t = calloc(1, sizeof(*t));

	if (!t)
		return -1;
	strcpy(t->root, "/tmp/pwru-cap-test.XXXXXX");
	if (!mkdtemp(t->root))
		return -1;
	make_dir(t, CGROUPS);
	make_file(t, "/proc/self", "mountinfo",
		  "22 1 0:20 / /proc rw shared:5 - proc proc rw\n"
		  "29 23 0:26 / " CGROUPS " rw,nosuid shared:4 - cgroup2 cgroup2 rw,nsdelegate\n"
		  "30 23 0:27 / /elsewhere rw - cgroup2 cgroup2 rw\n");
	*state = t;
	return 0;
}

static int remove_one(const char *path, const struct stat *st, int kind, struct FTW *place)
{
	(void)st;
	(void)kind;
	(void)place;
	return remove(path);
}

static int teardown(void **state)
{
	struct tree *t = *state;

	nftw(t->root, remove_one, 8, FTW_DEPTH | FTW_PHYS);
	free(t);
	return 0;
}

static void check(struct containers *c, uint64_t number, const char *id, const char *name)
{
	const struct container *found = containers_find(c, number);

	if (!id) {
		assert_null(found);
		return;
	}
	assert_non_null(found);
	assert_string_equal(found->id, id);
	if (name)
		assert_string_equal(found->name, name);
	else
		assert_null(found->name);
}

static void test_find(void **state)
{
	const struct tree *t = *state;
	struct containers *c;
	uint64_t host = make_dir(t, CGROUPS "/system.slice/ssh.service");
	uint64_t docker = make_dir(t, CGROUPS "/system.slice/docker-" ID_A ".scope");
	uint64_t inner = make_dir(t, CGROUPS "/system.slice/docker-" ID_A ".scope/a/b");
	uint64_t lxc = make_dir(t, CGROUPS "/lxc.payload.web\\x2d1"), later;
	uint64_t nspawn = make_dir(t, CGROUPS "/machine.slice/machine-deb\\x2d12\\x01.scope");

	assert_int_equal(containers_new(t->root, &c), 0);
	for (int round = 0; round < 2; round++) {
		check(c, host, NULL, NULL);
		check(c, make_dir(t, CGROUPS), NULL, NULL);
		check(c, docker, ID_A, NULL);
		check(c, inner, ID_A, NULL);
		check(c, lxc, "web-1", "web-1");
		check(c, nspawn, "deb-12\\x01", "deb-12\\x01");
		check(c, 1, "?", NULL);
	}
	later = make_dir(t, CGROUPS "/docker/" ID_B);
	check(c, later, ID_B, NULL);
	/* What is gone is remembered. */
	assert_int_equal(rmdir(in_tree(t, CGROUPS "/docker/" ID_B)), 0);
	check(c, later, ID_B, NULL);
	containers_free(c);
	assert_int_equal(containers_new(t->root, &c), 0);
	check(c, later, "?", NULL);
	containers_free(c);
}

static void test_names(void **state)
{
	const struct tree *t = *state;
	uint64_t docker = make_dir(t, CGROUPS "/docker/" ID_A);
	uint64_t kube = make_dir(t, CGROUPS "/kubepods/pod1/" ID_B);
	uint64_t podman = make_dir(t, CGROUPS "/machine.slice/libpod-" ID_C ".scope");
	uint64_t odd = make_dir(t, CGROUPS "/docker/" ID_D);
	struct containers *c;

	make_file(t, "/var/lib/docker/containers/" ID_A, "config.v2.json",
		  "{\"ID\":\"" ID_A "\",\"Name\":\"/web_1\"}");
	make_file(t, "/var/lib/docker/containers/" ID_D, "config.v2.json",
		  "{\"Name\":\"/a b\\u0007\\u0000c\"}");
	make_file(t, "/var/log/containers", "web-7d4_shop_nginx-" ID_B ".log", "");
	make_file(t, "/var/log/containers", "web-7d4_shop_other-" ID_C "0.log", "");
	make_file(t, "/var/lib/containers/storage/overlay-containers", "containers.json",
		  "[{\"id\":\"" ID_A "\",\"names\":[\"wrong\"]},{\"id\":7},{},3,"
		  "{\"id\":\"" ID_C "\",\"names\":[\"db\",\"other\"]}]");
	assert_int_equal(containers_new(t->root, &c), 0);
	check(c, docker, ID_A, "web_1");
	check(c, kube, ID_B, "shop/web-7d4/nginx");
	check(c, podman, ID_C, "db");
	check(c, odd, ID_D, "a b\\x07\\x00c");
	containers_free(c);
}

/* Files that are no such files: no name, and no harm. */
static void test_bad_files(void **state)
{
	static const char *const docker[] = {
		"",
		"{",
		"[]",
		"3",
		"null",
		"{}",
		"{\"Name\":3}",
		"{\"Name\":\"\"}",
		"{\"Name\":\"/\"}",
	};
	static const char *const podman[] = {
		"",
		"[",
		"{}",
		"[{\"id\":\"" ID_C "\"}]",
		"[{\"id\":\"" ID_C "\",\"names\":[]}]",
		"[{\"id\":\"" ID_C "\",\"names\":[3]}]",
		"[{\"id\":\"" ID_C "\",\"names\":\"x\"}]",
	};
	const struct tree *t = *state;
	struct containers *c;

	for (size_t i = 0; i < ARRAY_SIZE(docker); i++) {
		make_file(t, "/var/lib/docker/containers/" ID_A, "config.v2.json", docker[i]);
		assert_int_equal(containers_new(t->root, &c), 0);
		check(c, make_dir(t, CGROUPS "/docker/" ID_A), ID_A, NULL);
		containers_free(c);
	}
	for (size_t i = 0; i < ARRAY_SIZE(podman); i++) {
		make_file(t, "/var/lib/containers/storage/vfs-containers", "containers.json",
			  podman[i]);
		assert_int_equal(containers_new(t->root, &c), 0);
		check(c, make_dir(t, CGROUPS "/libpod-" ID_C ".scope"), ID_C, NULL);
		containers_free(c);
	}
}

static void test_no_hierarchy(void **state)
{
	const struct tree *t = *state;
	struct containers *c = NULL;

	make_file(t, "/proc/self", "mountinfo",
		  "22 1 0:20 / /proc rw - proc proc rw\n"
		  "23 1 0:21 / " CGROUPS "/cpu rw - cgroup cgroup rw,cpu\n");
	assert_int_equal(containers_new(t->root, &c), -ENOTSUP);
	assert_int_equal(unlink(in_tree(t, "/proc/self/mountinfo")), 0);
	assert_int_equal(containers_new(t->root, &c), -ENOENT);
	assert_null(c);
	containers_free(NULL);
}

/* More groups than the first allocation has room for, in no order. */
static void test_many(void **state)
{
	enum {
		N = 300
	};
	const struct tree *t = *state;
	uint64_t numbers[N];
	struct containers *c;
	char path[128];

	for (int i = 0; i < N; i++) {
		snprintf(path, sizeof(path), CGROUPS "/lxc/c%d", i);
		numbers[i] = make_dir(t, path);
	}
	assert_int_equal(containers_new(t->root, &c), 0);
	for (int round = 0; round < 2; round++) {
		for (int i = 0; i < N; i++) {
			int k = i * 7 % N;

			snprintf(path, sizeof(path), "c%d", k);
			check(c, numbers[k], path, path);
		}
	}
	containers_free(c);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_paths),
		cmocka_unit_test_setup_teardown(test_find, setup, teardown),
		cmocka_unit_test_setup_teardown(test_names, setup, teardown),
		cmocka_unit_test_setup_teardown(test_bad_files, setup, teardown),
		cmocka_unit_test_setup_teardown(test_no_hierarchy, setup, teardown),
		cmocka_unit_test_setup_teardown(test_many, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
