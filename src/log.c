// SPDX-License-Identifier: GPL-2.0-only
#include "src/log.h"

#include <bpf/libbpf.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static enum log_level current = LOG_NORMAL;
static bool status_shown;

void log_set_level(enum log_level level)
{
	current = level;
}

bool log_shows(enum log_level level)
{
	return current >= level;
}

void log_status_clear(void)
{
	flockfile(stderr);
	if (status_shown)
		fputs("\r\033[K", stderr);
	status_shown = false;
	funlockfile(stderr);
}

static void print(const char *fmt, va_list ap)
{
	/* Lines of several threads stay whole. */
	flockfile(stderr);
	log_status_clear();
	fputs("pwru-cap: ", stderr);
	vfprintf(stderr, fmt, ap);
	fputc('\n', stderr);
	funlockfile(stderr);
}

#define PRINT_FROM(level, fmt)         \
	do {                           \
		va_list ap;            \
		if (!log_shows(level)) \
			return;        \
		va_start(ap, fmt);     \
		print(fmt, ap);        \
		va_end(ap);            \
	} while (0)

void log_error(const char *fmt, ...)
{
	PRINT_FROM(LOG_QUIET, fmt);
}

void log_info(const char *fmt, ...)
{
	PRINT_FROM(LOG_NORMAL, fmt);
}

void log_verbose(const char *fmt, ...)
{
	PRINT_FROM(LOG_VERBOSE, fmt);
}

static void show_status(const char *fmt, va_list ap)
{
	flockfile(stderr);
	log_status_clear();
	vfprintf(stderr, fmt, ap);
	status_shown = true;
	funlockfile(stderr);
}

void log_status(const char *fmt, ...)
{
	va_list ap;

	if (!log_shows(LOG_NORMAL) || !isatty(STDERR_FILENO))
		return;
	va_start(ap, fmt);
	show_status(fmt, ap);
	va_end(ap);
}

void log_progress(const char *fmt, ...)
{
	bool terminal = isatty(STDERR_FILENO);
	va_list ap;

	if (!log_shows(terminal ? LOG_NORMAL : LOG_VERBOSE))
		return;
	va_start(ap, fmt);
	if (terminal) {
		show_status(fmt, ap);
	} else {
		vfprintf(stderr, fmt, ap);
		fputc('\r', stderr);
	}
	va_end(ap);
}

static int print_libbpf(enum libbpf_print_level level, const char *fmt, va_list ap)
{
	enum log_level needed = level == LIBBPF_WARN ? LOG_VERBOSE : LOG_DEBUG;

	if (!log_shows(needed))
		return 0;
	log_status_clear();
	return vfprintf(stderr, fmt, ap);
}

void log_libbpf(void)
{
	libbpf_set_print(print_libbpf);
}
