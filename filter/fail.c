// SPDX-License-Identifier: GPL-2.0-only
#include "filter/fail.h"

#include <stdarg.h>
#include <stdio.h>

int filter_fail(int rc, char *err, size_t errsz, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(err, errsz, fmt, ap);
	va_end(ap);
	return rc;
}
