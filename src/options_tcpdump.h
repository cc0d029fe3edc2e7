/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef PWRU_CAP_OPTIONS_TCPDUMP_H
#define PWRU_CAP_OPTIONS_TCPDUMP_H
/*
 * Options of tcpdump's that ask for what cannot be had here: each is refused with what to do
 * instead, so that nobody takes them for something else.
 */

/* options_refuse() - say why; @key is one of -e, -L, -O, -r, -y. Returns -EINVAL */
int options_refuse(int key);

#endif
