/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef PWRU_CAP_ROTATE_H
#define PWRU_CAP_ROTATE_H
/*
 * Which file a packet goes to: -C, -G and -W with the meaning, and the names, that tcpdump gives
 * them.  Nothing here touches a file, or asks what time it is.
 *
 * -C: a file that is larger than this gets no more packets; the next one has a number behind its
 * name, from 1 on.
 * -G: names are those that strftime() makes; a packet that comes so many seconds after the file was
 * begun begins the next one.
 * -W: with -C, so many files, numbered from 0 with zeros in front, and round again; with -G alone,
 * after so many files that is all.
 */
#include <stdbool.h>
#include <stdint.h>

#include "src/buf.h"

struct rotate_cfg {
	const char *name; /* -w, with -G a format of strftime() */
	uint64_t bytes;	  /* -C; 0: no limit */
	uint64_t seconds; /* -G; 0: no limit */
	uint64_t files;	  /* -W; 0: no limit */
};

struct rotation {
	struct rotate_cfg cfg;
	int64_t since;	  /* when this period of -G began, seconds since 1970-01-01 UTC */
	uint64_t periods; /* of -G that are over */
	uint64_t number;  /* of the file within its period */
};

enum rotate_step {
	ROTATE_STAY, /* in the file that there is */
	ROTATE_NEXT, /* a new one is to be begun: rotation_name() */
	ROTATE_END,  /* that was the last file */
};

/**
 * rotate_parse_size() - the value of -C
 *
 * A number of millions of bytes; behind it K, M or G (or k, m, g): of 2^10, 2^20 or 2^30 bytes.
 *
 * Return: 0; -EINVAL if it is no such number, or 0; -ERANGE if it is too large.
 */
int rotate_parse_size(const char *text, uint64_t *ret_bytes);

/* rotation_begin() - the first file; @now in seconds since 1970-01-01 UTC */
void rotation_begin(struct rotation *r, const struct rotate_cfg *cfg, int64_t now);

/**
 * rotation_step() - before a packet: where does it go?
 * @size: bytes that the present file has
 * @now: the packet's time, in seconds since 1970-01-01 UTC
 */
enum rotate_step rotation_step(struct rotation *r, uint64_t size, int64_t now);

/* rotation_force() - to the next file now: as if the present one were too large, or else too old */
enum rotate_step rotation_force(struct rotation *r, int64_t now);

/**
 * rotation_name() - the name of the present file
 * @ret_name: is emptied, and receives it
 *
 * Return: 0; -ENAMETOOLONG if what strftime() makes is over PATH_MAX bytes; -ENOMEM.
 */
int rotation_name(const struct rotation *r, struct buf *ret_name);

#endif
