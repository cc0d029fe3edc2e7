/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef PWRU_CAP_PROG_H
#define PWRU_CAP_PROG_H
/*
 * What user space (src/load_progs.c) and the programs that watch BPF programs (prog.bpf.c) agree
 * on beyond event.h.
 *
 * There is one copy of a program for each BPF program that is watched.  All are the same but for
 * one constant, which tells which one it is and becomes ev_hdr.func_ip: in the instructions stands
 * PROG_FUNC_IP, and each copy gets its own in place of it.
 */
#define PROG_FUNC_IP 0x70777275c0ffee00

#endif
