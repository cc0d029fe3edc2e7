// SPDX-License-Identifier: GPL-2.0-only
#include "src/meta.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <linux/nsfs.h>
#include <pwd.h>
#include <sched.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "src/buf.h"
#include "src/log.h"
#include "src/util.h"

/* The kernel's PID_MAX_LIMIT; 0 is the idle task, which most softirqs interrupt. */
#define PID_LIMIT (4 * 1024 * 1024)
/* (uid_t)-1 is no user. */
#define UID_LIMIT (UINT32_MAX - 1)

/* ---- network namespaces */

/* The names in a directory, for a message. */
static void list_names(const char *dir, struct buf *out)
{
	struct dirent **names;
	int n = scandir(dir, &names, NULL, alphasort);

	for (int i = 0; i < n; i++) {
		if (names[i]->d_name[0] != '.')
			buf_printf(out, " %s", names[i]->d_name);
		free(names[i]);
	}
	if (n >= 0)
		free(names);
	if (!out->len)
		buf_puts(out, " none");
}

static void no_such_name(const char *name, const char *dir)
{
	struct buf names = {0};

	list_names(dir, &names);
	log_error("--filter-netns %s: no such name under %s, where there is:%s", name, dir,
		  buf_str(&names));
	buf_free(&names);
}

/* Returns 0 with the inode of an open network namespace, -EINVAL for anything else, or -errno. */
static int netns_of_fd(int fd, uint32_t *ret_inode)
{
	struct statfs fs;
	struct stat st;

	if (fstatfs(fd, &fs) || fstat(fd, &st))
		return -errno;
	if (fs.f_type != NSFS_MAGIC || ioctl(fd, NS_GET_NSTYPE) != CLONE_NEWNET)
		return -EINVAL;
	*ret_inode = st.st_ino;
	return 0;
}

static int netns_of_path(const char *path, uint32_t *ret_inode)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	int err = fd < 0 ? -errno : netns_of_fd(fd, ret_inode);

	if (fd >= 0)
		close(fd);
	return err;
}

/* inode:N or N; -ENOENT if it looks like neither. */
static int netns_of_number(const char *value, uint32_t *ret_inode)
{
	static const char prefix[] = "inode:";
	bool prefixed = !strncmp(value, prefix, sizeof(prefix) - 1);
	uint64_t inode;

	if (prefixed)
		value += sizeof(prefix) - 1;
	if (!prefixed && parse_u64(value, UINT64_MAX, &inode) == -EINVAL)
		return -ENOENT;
	if (parse_u64(value, UINT32_MAX, &inode) || !inode)
		return -EINVAL;
	*ret_inode = inode;
	return 0;
}

int meta_netns_inode(const char *value, const char *dir, uint32_t *ret_inode)
{
	char path[512];
	bool is_path = strchr(value, '/');
	int err = netns_of_number(value, ret_inode);

	if (err == -EINVAL)
		log_error("--filter-netns %s: not an inode number from 1 to %u", value, UINT32_MAX);
	if (err != -ENOENT)
		return err;
	if (snprintf(path, sizeof(path), "%s%s%s", is_path ? "" : dir, is_path ? "" : "/", value) >=
	    (int)sizeof(path))
		err = -ENAMETOOLONG;
	else
		err = netns_of_path(path, ret_inode);
	if (!*value || (err == -ENOENT && !is_path))
		no_such_name(value, dir);
	else if (err == -EINVAL)
		log_error("--filter-netns %s: not a network namespace, as /proc/PID/ns/net is",
			  value);
	else if (err)
		log_error("--filter-netns %s: %s", value, strerror(-err));
	return err;
}

static int set_netns(struct meta_cfg *cfg, const char *value)
{
	return meta_netns_inode(value, META_NETNS_DIR, &cfg->netns);
}

/* ---- fields of the skb */

static int set_mark(struct meta_cfg *cfg, const char *value)
{
	uint64_t mark, mask = UINT32_MAX;
	const char *slash = strchr(value, '/');
	char *text = strndup(value, slash ? (size_t)(slash - value) : strlen(value));
	int err;

	if (!text)
		return -ENOMEM;
	err = parse_u64(text, UINT32_MAX, &mark);
	free(text);
	if (!err && slash)
		err = parse_u64(slash + 1, UINT32_MAX, &mask);
	if (err) {
		log_error("--filter-mark %s: neither M nor M/MASK, numbers up to 0xffffffff",
			  value);
		return -EINVAL;
	}
	if (mark & ~mask) {
		log_error("--filter-mark %s: no mark is that, the mask leaves 0x%llx of it", value,
			  (unsigned long long)(mark & mask));
		return -EINVAL;
	}
	cfg->mark = mark;
	cfg->mark_mask = mask;
	return 0;
}

/* Returns false if there is no room for the name and its NUL, or no name. */
static bool set_name(const char *value, __u64 *words)
{
	size_t len = strlen(value);

	if (!len || len >= META_NAME_LEN)
		return false;
	memset(words, 0, META_NAME_LEN);
	memcpy(words, value, len);
	return true;
}

static int set_ifname(struct meta_cfg *cfg, const char *value)
{
	/* tcpdump's word for all devices. */
	if (!strcmp(value, "any")) {
		meta_clear(cfg, META_IFNAME);
		return 0;
	}
	if (!set_name(value, cfg->ifname)) {
		log_error("--filter-ifname %s: not a name of a device (1 to %d bytes)", value,
			  META_NAME_LEN - 1);
		return -EINVAL;
	}
	memset(cfg->ifname_mask, 0, sizeof(cfg->ifname_mask));
	memset(cfg->ifname_mask, 0xff, strlen(value) + 1);
	return 0;
}

static int set_direction(struct meta_cfg *cfg, const char *value)
{
	if (!strcmp(value, "inout")) {
		meta_clear(cfg, META_DIRECTION);
		return 0;
	}
	if (strcmp(value, "in") && strcmp(value, "out")) {
		log_error("-Q %s: not one of in, out, inout", value);
		return -EINVAL;
	}
	cfg->outgoing = !strcmp(value, "out");
	return 0;
}

/* Those with a name here. */
static const struct {
	const char *name;
	uint16_t family;
} families[] = {
	{"inet", AF_INET},	 {"inet6", AF_INET6},	{"unix", AF_UNIX},
	{"netlink", AF_NETLINK}, {"packet", AF_PACKET},
};

static int set_family(struct meta_cfg *cfg, const char *value)
{
	uint64_t number;

	for (size_t i = 0; i < ARRAY_SIZE(families); i++)
		if (!strcmp(value, families[i].name)) {
			cfg->family = families[i].family;
			return 0;
		}
	if (parse_u64(value, UINT16_MAX, &number) || !number) {
		log_error("--family %s: not one of inet, inet6, unix, netlink, packet, nor a "
			  "number from 1 to %d",
			  value, UINT16_MAX);
		return -EINVAL;
	}
	cfg->family = number;
	return 0;
}

/* ---- the current task */

static int set_pid(struct meta_cfg *cfg, const char *value)
{
	uint64_t pid;

	if (parse_u64(value, PID_LIMIT, &pid)) {
		log_error("--pid %s: not a number from 0 to %d", value, PID_LIMIT);
		return -EINVAL;
	}
	cfg->pid = pid;
	return 0;
}

static int set_comm(struct meta_cfg *cfg, const char *value)
{
	if (set_name(value, cfg->comm))
		return 0;
	if (*value)
		log_error("--filter-comm %s: the kernel keeps 15 bytes of a name: %.15s", value,
			  value);
	else
		log_error("--filter-comm: a name has 1 to 15 bytes");
	return -EINVAL;
}

static int set_uid(struct meta_cfg *cfg, const char *value)
{
	const struct passwd *user;
	uint64_t uid;

	if (!parse_u64(value, UID_LIMIT, &uid)) {
		cfg->uid = uid;
		return 0;
	}
	user = getpwnam(value);
	if (!user) {
		log_error("--filter-uid %s: neither a user's name nor a number from 0 to %u", value,
			  UID_LIMIT);
		return -EINVAL;
	}
	cfg->uid = user->pw_uid;
	return 0;
}

int meta_set(struct meta_cfg *cfg, enum meta_filter filter, const char *value)
{
	static int (*const set[META_FILTERS])(struct meta_cfg * cfg, const char *value) = {
		[META_NETNS] = set_netns,   [META_MARK] = set_mark,
		[META_IFNAME] = set_ifname, [META_DIRECTION] = set_direction,
		[META_PID] = set_pid,	    [META_COMM] = set_comm,
		[META_UID] = set_uid,	    [META_FAMILY] = set_family,
	};
	struct meta_cfg changed = *cfg;
	int err;

	changed.on |= META_ON(filter);
	err = set[filter](&changed, value);
	if (!err)
		*cfg = changed;
	return err;
}

void meta_clear(struct meta_cfg *cfg, enum meta_filter filter)
{
	cfg->on &= ~META_ON(filter);
}
