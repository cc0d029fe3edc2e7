// SPDX-License-Identifier: GPL-2.0-only
#include "src/ifaces.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "src/util.h"

#define NETNS_DIR "/run/netns"

/* What makes an interface; what the mode leaves out is 0. */
struct key {
	uint64_t func; /* ev_hdr.func_ip, without its last bits: see EV_ENTRY_BLOCK */
	uint32_t netns;
	uint32_t ifindex;
	uint16_t linktype;
};

struct iface {
	struct key key;
	uint64_t packets;
};

struct ifaces {
	enum ifaces_mode mode;
	struct iface *v;
	size_t n, cap;
	size_t latest;	 /* packets come in runs of one interface */
	uint32_t *slots; /* numbers + 1, by hash; 0: free. A power of two, at least 2 * n. */
	size_t n_slots;
};

static uint64_t hash(const struct key *key)
{
	uint64_t h = key->func ^ ((uint64_t)key->netns << 32 | key->ifindex) ^
		     (uint64_t)key->linktype << 48;

	/* The finalizer of MurmurHash3, which mixes all bits with all. */
	h = (h ^ h >> 33) * 0xff51afd7ed558ccdULL;
	h = (h ^ h >> 33) * 0xc4ceb9fe1a85ec53ULL;
	return h ^ h >> 33;
}

static bool equal(const struct key *a, const struct key *b)
{
	return a->func == b->func && a->netns == b->netns && a->ifindex == b->ifindex &&
	       a->linktype == b->linktype;
}

/* The slot that a key is in, or the free one that it belongs into. */
static uint32_t *find_slot(const struct ifaces *ifaces, const struct key *key)
{
	size_t at = hash(key) & (ifaces->n_slots - 1);

	while (ifaces->slots[at] && !equal(&ifaces->v[ifaces->slots[at] - 1].key, key))
		at = (at + 1) & (ifaces->n_slots - 1);
	return &ifaces->slots[at];
}

static int make_room(struct ifaces *ifaces)
{
	size_t n_slots = ifaces->n_slots ? 2 * ifaces->n_slots : 64;
	uint32_t *slots;

	if (2 * (ifaces->n + 1) <= ifaces->n_slots)
		return 0;
	slots = calloc(n_slots, sizeof(*slots));
	if (!slots)
		return -ENOMEM;
	free(ifaces->slots);
	ifaces->slots = slots;
	ifaces->n_slots = n_slots;
	for (size_t i = 0; i < ifaces->n; i++)
		*find_slot(ifaces, &ifaces->v[i].key) = i + 1;
	return 0;
}

static int add(struct ifaces *ifaces, const struct key *key)
{
	struct iface *v = grow(ifaces->v, ifaces->n, &ifaces->cap, sizeof(*v));

	if (!v)
		return -ENOMEM;
	ifaces->v = v;
	if (make_room(ifaces))
		return -ENOMEM;
	v[ifaces->n] = (struct iface){.key = *key};
	*find_slot(ifaces, key) = ++ifaces->n;
	return 0;
}

struct ifaces *ifaces_new(enum ifaces_mode mode, uint16_t linktype)
{
	struct ifaces *ifaces = calloc(1, sizeof(*ifaces));
	const struct key none = {.linktype = linktype};

	if (!ifaces)
		return NULL;
	ifaces->mode = mode;
	if (add(ifaces, &none)) {
		ifaces_free(ifaces);
		return NULL;
	}
	return ifaces;
}

static struct key key_of(enum ifaces_mode mode, const struct ev_hdr *hdr, uint16_t linktype)
{
	struct key key = {.linktype = linktype};

	/* On no device, the namespace of the socket does not make an interface of its own. */
	if (mode != IFACES_FUNCTION && hdr->ifindex) {
		key.netns = hdr->netns;
		key.ifindex = hdr->ifindex;
	}
	if (mode != IFACES_DEVICE)
		key.func = EV_ENTRY_BLOCK(hdr->func_ip);
	return key;
}

int64_t ifaces_find(struct ifaces *ifaces, const struct view *view, uint16_t linktype,
		    bool *ret_new)
{
	const struct key key = key_of(ifaces->mode, view->rec->hdr, linktype);
	uint32_t number;

	*ret_new = false;
	if (equal(&ifaces->v[ifaces->latest].key, &key))
		return ifaces->latest;
	number = *find_slot(ifaces, &key);
	if (number) {
		ifaces->latest = number - 1;
		return ifaces->latest;
	}
	if (add(ifaces, &key))
		return -ENOMEM;
	*ret_new = true;
	ifaces->latest = ifaces->n - 1;
	return ifaces->latest;
}

void ifaces_name(enum ifaces_mode mode, struct buf *out, const struct view *view)
{
	if (mode != IFACES_FUNCTION)
		buf_puts(out, *view->ifname ? view->ifname : "none");
	if (mode == IFACES_BOTH)
		buf_puts(out, "@");
	if (mode == IFACES_DEVICE)
		return;
	if (*view->func == '?')
		buf_printf(out, "0x%llx", (unsigned long long)view->rec->hdr->func_ip);
	else
		buf_puts(out, view->func);
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

static void describe_device(struct buf *out, const struct ev_hdr *hdr)
{
	char name[256], printable[UTF8_SANITIZED_SIZE(255)];

	if (!hdr->ifindex) {
		buf_puts(out, "on no device");
		return;
	}
	buf_printf(out, "ifindex %u in netns %u", hdr->ifindex, hdr->netns);
	if (find_netns_name(hdr->netns, name, sizeof(name))) {
		utf8_sanitize(printable, sizeof(printable), name, strlen(name));
		buf_printf(out, " (%s)", printable);
	}
}

/* Two functions can have the same name, but hardly in the same module. */
static void describe_function(struct buf *out, const struct view *view)
{
	if (view->prog)
		buf_printf(out, "BPF program %u", view->prog->id);
	else
		buf_printf(out, "function of %s", view->module ? view->module : "the kernel");
}

void ifaces_describe(enum ifaces_mode mode, struct buf *out, const struct view *view)
{
	if (mode != IFACES_FUNCTION)
		describe_device(out, view->rec->hdr);
	if (mode == IFACES_BOTH)
		buf_puts(out, ", ");
	if (mode != IFACES_DEVICE)
		describe_function(out, view);
}

size_t ifaces_count(const struct ifaces *ifaces)
{
	return ifaces->n;
}

uint64_t *ifaces_packets(struct ifaces *ifaces, size_t number)
{
	return &ifaces->v[number].packets;
}

void ifaces_free(struct ifaces *ifaces)
{
	if (!ifaces)
		return;
	free(ifaces->v);
	free(ifaces->slots);
	free(ifaces);
}
