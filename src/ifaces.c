// SPDX-License-Identifier: GPL-2.0-only
#include "src/ifaces.h"

#include <dirent.h>
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "src/util.h"

#define NETNS_DIR "/run/netns"

struct iface {
	uint32_t netns;
	uint32_t ifindex;
};

struct ifaces {
	struct iface *v;
	size_t n, cap;
	size_t latest; /* packets come in runs of one interface */
};

static int add(struct ifaces *ifaces, uint32_t netns, uint32_t ifindex)
{
	struct iface *v = grow(ifaces->v, ifaces->n, &ifaces->cap, sizeof(*v));

	if (!v)
		return -ENOMEM;
	ifaces->v = v;
	v[ifaces->n++] = (struct iface){.netns = netns, .ifindex = ifindex};
	return 0;
}

struct ifaces *ifaces_new(void)
{
	struct ifaces *ifaces = calloc(1, sizeof(*ifaces));

	if (ifaces && add(ifaces, 0, 0)) {
		free(ifaces);
		return NULL;
	}
	return ifaces;
}

int64_t ifaces_find(struct ifaces *ifaces, const struct view *view, bool *ret_new)
{
	const struct ev_hdr *hdr = view->rec->hdr;
	/* On no device, the namespace of the socket does not make an interface of its own. */
	uint32_t netns = hdr->ifindex ? hdr->netns : 0;

	*ret_new = false;
	for (size_t i = 0, at = ifaces->latest; i < ifaces->n; i++, at = (at + 1) % ifaces->n) {
		if (ifaces->v[at].ifindex == hdr->ifindex && ifaces->v[at].netns == netns) {
			ifaces->latest = at;
			return at;
		}
	}
	if (add(ifaces, netns, hdr->ifindex))
		return -ENOMEM;
	*ret_new = true;
	ifaces->latest = ifaces->n - 1;
	return ifaces->latest;
}

/* `ip netns` keeps a file a namespace, whose inode number is the namespace's. */
static bool find_netns_name(uint32_t netns, char *name, size_t size)
{
	DIR *dir = opendir(NETNS_DIR);
	struct dirent *entry;
	bool found = false;

	if (!dir)
		return false;
	while (!found && (entry = readdir(dir))) {
		struct stat st;

		found = !fstatat(dirfd(dir), entry->d_name, &st, 0) && st.st_ino == netns &&
			S_ISREG(st.st_mode);
		if (found)
			snprintf(name, size, "%s", entry->d_name);
	}
	closedir(dir);
	return found;
}

void ifaces_describe(struct buf *out, const struct view *view)
{
	const struct ev_hdr *hdr = view->rec->hdr;
	char name[256], printable[UTF8_SANITIZED_SIZE(255)];

	buf_printf(out, "ifindex %u in netns %u", hdr->ifindex, hdr->netns);
	if (find_netns_name(hdr->netns, name, sizeof(name))) {
		utf8_sanitize(printable, sizeof(printable), name, strlen(name));
		buf_printf(out, " (%s)", printable);
	}
}

void ifaces_free(struct ifaces *ifaces)
{
	if (!ifaces)
		return;
	free(ifaces->v);
	free(ifaces);
}
