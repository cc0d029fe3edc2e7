/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef PWRU_CAP_CAST_H
#define PWRU_CAP_CAST_H
/*
 * The call of bpf_rdonly_cast() in the direct programs (compat.bpf.h) has two numbers that only the
 * kernel's own types give: that of the function, and that of the type.  CO-RE could put them in,
 * but would have to read all types of the kernel for it, in each run.  Instead these stand in the
 * instructions, and user space (src/splicer.c), which remembers the right ones, replaces them.  As
 * constants of an instruction they are found nowhere else.
 */
#define CAST_FUNC	0x70ca5700
#define CAST_SK_BUFF	0x70ca5701
#define CAST_NET_DEVICE 0x70ca5702
#define CAST_BYTES	0x70ca5703 /* struct __kernel_sockaddr_storage */

#endif
