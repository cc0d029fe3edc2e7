/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef PWRU_CAP_KNOB_H
#define PWRU_CAP_KNOB_H
/*
 * Settings of the kernel's that are one number in a file of /sys or /proc, and locks on such files,
 * which end with the process that holds them.
 */
#include <sys/types.h>

/**
 * knob_lock() - take a lock, or let go of it; does not wait
 * @type: F_RDLCK, F_WRLCK or F_UNLCK
 * @start: first byte; the file need not be that long
 * @len: bytes, 0: all from @start on
 *
 * The lock belongs to what @fd is open as (F_OFD_SETLK), so that processes that share it share the
 * lock.
 *
 * Return: 0; -EAGAIN or -EACCES if another one holds it; another -errno.
 */
int knob_lock(int fd, short type, off_t start, off_t len);

/* knob_read() - the number; 0 or -errno */
int knob_read(int fd, long *ret_value);

/* knob_write() - 0 or -errno */
int knob_write(int fd, long value);

#endif
