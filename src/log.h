/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef PWRU_CAP_LOG_H
#define PWRU_CAP_LOG_H
/*
 * Messages for people, on stderr: data alone goes to stdout.  Each line begins with the program's
 * name.  On a terminal one status line can stand below the messages; a message replaces it.
 */
#include <stdarg.h>
#include <stdbool.h>

enum log_level {
	LOG_QUIET,   /* errors only (-q) */
	LOG_NORMAL,  /* and what a user of tcpdump would see */
	LOG_VERBOSE, /* and what was chosen and why (-v) */
	LOG_DEBUG,   /* and libbpf's own words (-vv) */
};

/* log_set_level() - what is shown from now on; LOG_NORMAL before the first call */
void log_set_level(enum log_level level);
bool log_shows(enum log_level level);

#define LOG_FORMAT __attribute__((format(printf, 1, 2)))

/* "pwru-cap: ..." and a newline, at each level */
void log_error(const char *fmt, ...) LOG_FORMAT;
/* the same, from LOG_NORMAL on */
void log_info(const char *fmt, ...) LOG_FORMAT;
/* the same, from LOG_VERBOSE on */
void log_verbose(const char *fmt, ...) LOG_FORMAT;

/* log_status() - replace the status line; nothing if stderr is no terminal or below LOG_NORMAL */
void log_status(const char *fmt, ...) LOG_FORMAT;
void log_status_clear(void);

/*
 * log_progress() - how it goes: the status line on a terminal; elsewhere from LOG_VERBOSE on, with
 * a carriage return behind it, as tcpdump does
 */
void log_progress(const char *fmt, ...) LOG_FORMAT;

/* log_libbpf() - sends libbpf's warnings to -v and the rest to -vv */
void log_libbpf(void);

#endif
