/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef PWRU_CAP_IFACES_H
#define PWRU_CAP_IFACES_H
/*
 * The interfaces of a capture: which (network namespace, ifindex) has which number in the file.
 * Number 0 is there from the start: "none", for packets that are on no device.
 */
#include <stdint.h>

#include "src/buf.h"
#include "src/view.h"

struct ifaces;

/* ifaces_new() - with "none" in it; NULL when memory ran out */
struct ifaces *ifaces_new(void);

/**
 * ifaces_find() - the number of a packet's interface
 * @ret_new: set if the interface has not been seen before: it has to be described in the file
 *
 * Return: the number, or -ENOMEM.
 */
int64_t ifaces_find(struct ifaces *ifaces, const struct view *view, bool *ret_new);

/* ifaces_describe() - append a description: the device's number and namespace, with its name */
void ifaces_describe(struct buf *out, const struct view *view);

void ifaces_free(struct ifaces *ifaces);

#endif
