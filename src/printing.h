/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef PWRU_CAP_PRINTING_H
#define PWRU_CAP_PRINTING_H
/*
 * What is printed of a packet, and how: the options of that kind, tcpdump's and pwru's.
 */
#include <stdbool.h>
#include <stdint.h>

#include "bpf/event.h"
#include "src/hexdump.h"

enum time_style {
	TIME_DAY,	/* 17:04:05.123456789, the default, and --timestamp absolute */
	TIME_NONE,	/* -t, --timestamp none */
	TIME_EPOCH,	/* -tt: seconds since 1970 */
	TIME_DELTA,	/* -ttt: since the line before */
	TIME_DATE,	/* -tttt: the date, and the time of day */
	TIME_ELAPSED,	/* -ttttt: since the first line */
	TIME_MONOTONIC, /* --timestamp current: nanoseconds of the kernel's clock */
	TIME_RELATIVE,	/* --timestamp relative: nanoseconds since this skb was seen last */
};

enum print_option {
	PRINT_PRINT,	 /* --print */
	PRINT_JSON,	 /* --output-json */
	PRINT_FILE,	 /* --output-file */
	PRINT_LIMIT,	 /* --output-limit-lines */
	PRINT_META,	 /* --output-meta */
	PRINT_TUPLE,	 /* --output-tuple */
	PRINT_TCP_FLAGS, /* --output-tcp-flags */
	PRINT_TUNNEL,	 /* --output-tunnel */
	PRINT_CALLER,	 /* --output-caller */
	PRINT_STACK,	 /* --output-stack */
	PRINT_CB,	 /* --output-skb-cb */
	PRINT_DUMP,	 /* --dump */
	PRINT_SKB,	 /* --output-skb */
	PRINT_SHINFO,	 /* --output-skb-shared-info */
	PRINT_TIMESTAMP, /* --timestamp */
	PRINT_T,	 /* -t */
	PRINT_X,	 /* -x */
	PRINT_BOTH,	 /* -X */
	PRINT_ASCII,	 /* -A */
	PRINT_NUMBER,	 /* -#, --number */
	PRINT_MICRO,	 /* --micro */
	PRINT_NANO,	 /* --nano */
	PRINT_PRECISION, /* --time-stamp-precision */
	PRINT_OPTIONS,
};

struct printing {
	bool print; /* beside -w FILE, too */
	bool json;
	const char *path; /* NULL: standard output */
	uint64_t limit;	  /* lines; 0: none */
	bool meta, tuple;
	bool tcp_flags;
	bool tunnel;
	bool caller;
	bool stack;
	bool cb;
	uint8_t structs; /* that are dumped: 1 << enum ev_dump_kind */
	bool number;
	bool micro; /* microseconds; otherwise nanoseconds */
	enum time_style time;
	int n_t; /* how often -t was given since --timestamp */
	struct hexdump dump;
};

/* What holds without an option: pwru's defaults, but for the time. */
#define PRINTING_DEFAULT ((struct printing){.meta = true, .tuple = true})

/**
 * printing_set() - an option of the command line
 * @arg: its argument; NULL: none
 *
 * Says on stderr what is wrong with it.
 *
 * Return: 0 or -EINVAL.
 */
int printing_set(struct printing *p, enum print_option option, const char *arg);

/**
 * printing_check() - do the options go together, and with this -w (NULL: none)?
 *
 * Says on stderr if they do not.
 *
 * Return: 0 or -EINVAL.
 */
int printing_check(const struct printing *p, const char *write_path);

/* printing_struct() - what --dump and JSON call a struct */
const char *printing_struct(enum ev_dump_kind kind);

/* printing_wanted() - is anything printed, with this -w (NULL: none)? */
bool printing_wanted(const struct printing *p, const char *write_path);

/* printing_to_stdout() - does it go to standard output? */
bool printing_to_stdout(const struct printing *p);

#endif
