/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef PWRU_CAP_CONTAINER_PATH_H
#define PWRU_CAP_CONTAINER_PATH_H
/*
 * Which container a control group is of, by the names that container runtimes give to groups.
 */
#include <stdbool.h>
#include <stddef.h>

/* Both within the path; nothing stands behind them. */
struct container_ref {
	const char *id; /* 64 hexadecimal digits; or the name, where the runtime knows no other */
	size_t id_len;
	bool is_name; /* the id is the name, as systemd escapes it (\xNN) */
};

/**
 * container_of_path() - the innermost container of a control group
 * @path: of the group, from the top of the hierarchy: "/system.slice/docker-....scope"
 * @ret_ref: filled on success
 *
 * Known are: docker, containerd, cri-o, podman, and whatever else ends a group's name with an id
 * of 64 digits; LXC and Incus; systemd-machined's (systemd-nspawn), but for virtual machines.
 * What watches a container is not in it.
 *
 * Return: false if it is in none.
 */
bool container_of_path(const char *path, struct container_ref *ret_ref);

#endif
