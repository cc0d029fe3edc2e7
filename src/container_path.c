// SPDX-License-Identifier: GPL-2.0-only
#include "src/container_path.h"

#include <ctype.h>
#include <string.h>

#define ID_LEN 64

/* One component of the path, which ends at a slash or with the path. */
struct part {
	const char *at;
	size_t len;
};

static bool begins(const struct part *p, const char *with)
{
	return p->len >= strlen(with) && !strncmp(p->at, with, strlen(with));
}

static bool is(const struct part *p, const char *name)
{
	return p->len == strlen(name) && begins(p, name);
}

/* Cuts that off its end; false: it does not end so. */
static bool cut_end(struct part *p, const char *end)
{
	size_t n = strlen(end);

	if (p->len < n || strncmp(p->at + p->len - n, end, n))
		return false;
	p->len -= n;
	return true;
}

/* Cuts that off its beginning; false: it does not begin so, or nothing would be left. */
static bool cut_begin(struct part *p, const char *with)
{
	if (!begins(p, with) || p->len == strlen(with))
		return false;
	p->at += strlen(with);
	p->len -= strlen(with);
	return true;
}

static bool is_hex(const char *text, size_t len)
{
	for (size_t i = 0; i < len; i++)
		if (!isxdigit((unsigned char)text[i]))
			return false;
	return true;
}

/* ID, RUNTIME-ID.scope, SLICE:RUNTIME:ID; but RUNTIME-conmon-ID.scope is who watches it. */
static bool has_id(struct part p, struct container_ref *ret_ref)
{
	const char *id;

	if (!cut_end(&p, ".scope"))
		cut_end(&p, ".service");
	if (p.len < ID_LEN)
		return false;
	id = p.at + p.len - ID_LEN;
	if (!is_hex(id, ID_LEN))
		return false;
	p.len -= ID_LEN;
	if (p.len && !strchr("-:_", p.at[p.len - 1]))
		return false;
	if (cut_end(&p, "conmon-"))
		return false;
	*ret_ref = (struct container_ref){.id = id, .id_len = ID_LEN};
	return true;
}

/* LXC's own: lxc.payload.NAME and lxc/NAME. */
static bool is_lxc(const struct part *parent)
{
	return is(parent, "lxc") || is(parent, "lxc.payload");
}

static bool has_name(struct part p, const struct part *parent, struct container_ref *ret_ref)
{
	bool named = false;

	if (is_lxc(parent))
		named = p.len;
	else if (cut_begin(&p, "lxc.payload."))
		named = true;
	else if (cut_begin(&p, "systemd-nspawn@"))
		named = cut_end(&p, ".service") && p.len;
	else if (cut_begin(&p, "machine-"))
		/* libvirt calls its virtual machines qemu-NUMBER-NAME. */
		named = cut_end(&p, ".scope") && p.len && !begins(&p, "qemu\\x2d");
	if (named)
		*ret_ref = (struct container_ref){.id = p.at, .id_len = p.len, .is_name = true};
	return named;
}

bool container_of_path(const char *path, struct container_ref *ret_ref)
{
	struct part parent = {.at = path};
	bool found = false;

	while (*path) {
		struct part p = {.at = path, .len = strcspn(path, "/")};

		if (p.len) {
			found |= has_id(p, ret_ref) || has_name(p, &parent, ret_ref);
			parent = p;
		}
		path += p.len + (path[p.len] == '/');
	}
	return found;
}
