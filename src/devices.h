/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef PWRU_CAP_DEVICES_H
#define PWRU_CAP_DEVICES_H
/*
 * -D: the network devices of this machine, in all network namespaces.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "src/buf.h"

struct device {
	char name[16];	  /* IFNAMSIZ; may hold any byte but '/', ':' and blanks */
	uint32_t ifindex; /* in its namespace */
	uint32_t flags;	  /* IFF_* of linux/if.h */
	bool has_carrier; /* is @carrier known? */
	bool carrier;	  /* is there a link? */
};

struct devices {
	struct device *v;
	size_t n, cap;
};

/**
 * devices_parse() - take apart what the kernel answers to a dump of RTM_GETLINK
 * @data: messages, aligned to 4
 * @len: bytes of all of them
 * @devices: devices are appended
 * @ret_done: set at the end of the dump
 *
 * Return: 0; -EBADMSG if a message is not whole; -ENOMEM; or the error in the answer.
 */
int devices_parse(const void *data, size_t len, struct devices *devices, bool *ret_done);

/* devices_read() - append the devices of the network namespace that we are in; 0 or -errno */
int devices_read(struct devices *devices);

/*
 * device_flags() - append " [Up, Running, Connected]", as tcpdump -D names the states of a device
 */
void device_flags(struct buf *out, const struct device *device);

/**
 * devices_missing() - is there no device of this name, in no network namespace that can be seen?
 *
 * Return: false also if not all of them can be seen.
 */
bool devices_missing(const char *name);

/**
 * devices_list() - print the devices of all network namespaces on standard output
 *
 * Namespaces that are kept in /run/netns, and those of processes. Says on stderr what had to be
 * left out, if something had.
 *
 * Return: 0, or -errno: our own devices cannot be read, or standard output not be written.
 */
int devices_list(void);

#endif
