/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef PWRU_CAP_FILTER_FAIL_H
#define PWRU_CAP_FILTER_FAIL_H

#include <stddef.h>

/** filter_fail() - Put a message into a caller's buffer. Return: @rc */
int filter_fail(int rc, char *err, size_t errsz, const char *fmt, ...)
	__attribute__((format(printf, 4, 5)));

#endif
