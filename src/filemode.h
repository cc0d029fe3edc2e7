/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef PWRU_CAP_FILEMODE_H
#define PWRU_CAP_FILEMODE_H
/*
 * The choices of what a file of packets looks like.
 */

/* --linktype */
enum linktype_mode {
	LINKTYPES_ETHERNET, /* the frame that the filter sees */
	LINKTYPES_SLL2,	    /* LINUX_SLL2, Linux cooked capture version 2 */
	LINKTYPES_NATIVE,   /* IP packets without an Ethernet header, frames as they are */
};

/* --interfaces: what an interface of the file stands for */
enum ifaces_mode {
	IFACES_DEVICE,	 /* a device in its network namespace */
	IFACES_FUNCTION, /* the function that saw the packet */
	IFACES_BOTH,	 /* a device in a function */
};

#endif
