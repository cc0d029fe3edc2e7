/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef PWRU_CAP_IFACES_H
#define PWRU_CAP_IFACES_H
/*
 * The interfaces of a capture: which (network namespace, ifindex), function or both, with which
 * link type, has which number in the file, and how many packets each got.  Number 0 is there from
 * the start: "none", for packets that are on no device.
 */
#include <stdbool.h>
#include <stdint.h>

#include "src/buf.h"
#include "src/filemode.h"
#include "src/view.h"

struct ifaces;

/**
 * ifaces_new() - with "none" in it
 * @linktype: LINKTYPE_* of "none"
 *
 * Return: the object; NULL when memory ran out.
 */
struct ifaces *ifaces_new(enum ifaces_mode mode, uint16_t linktype);

/**
 * ifaces_find() - the number of a packet's interface
 * @linktype: LINKTYPE_* of the packet
 * @ret_new: set if the interface has not been seen before: it has to be described in the file
 *
 * Return: the number, or -ENOMEM.
 */
int64_t ifaces_find(struct ifaces *ifaces, const struct view *view, uint16_t linktype,
		    bool *ret_new);

/* ifaces_name() - append the name of a packet's interface: "eth0", "ip_rcv", "eth0@ip_rcv" */
void ifaces_name(enum ifaces_mode mode, struct buf *out, const struct view *view);

/*
 * ifaces_describe() - append a description: the device's number and namespace, with its name; the
 * function's module
 */
void ifaces_describe(enum ifaces_mode mode, struct buf *out, const struct view *view);

/* ifaces_count() - how many interfaces there are */
size_t ifaces_count(const struct ifaces *ifaces);

/* ifaces_packets() - counts the packets that were written on interface @number; to be added to */
uint64_t *ifaces_packets(struct ifaces *ifaces, size_t number);

/* ifaces_free() - @ifaces may be NULL */
void ifaces_free(struct ifaces *ifaces);

#endif
