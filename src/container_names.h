/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef PWRU_CAP_CONTAINER_NAMES_H
#define PWRU_CAP_CONTAINER_NAMES_H
/*
 * What a container is called, by the files of container runtimes.
 */

/**
 * container_name() - the name of a container
 * @root: where /var is; "" as it is
 * @id: 64 hexadecimal digits
 *
 * Looks at what docker, podman and cri-o, and Kubernetes have in their usual places.
 *
 * Return: printable text, to be freed: docker's and podman's name, or NAMESPACE/POD/CONTAINER;
 * NULL if they do not tell, or may not be read.
 */
char *container_name(const char *root, const char *id);

#endif
