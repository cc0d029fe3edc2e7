/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef PWRU_CAP_FILTER_FEXPR_NEAR_H
#define PWRU_CAP_FILTER_FEXPR_NEAR_H

#include <stddef.h>

#define FEXPR_NEAR_MAX 5
#define FEXPR_NEAR_ALL 8

/**
 * struct fexpr_near - The names that are most like one that does not exist
 * @wanted:	That one; set by the caller, the rest 0
 * @best:	Names, the nearest first
 * @score:	How far from it each is
 * @cnt:	How many there are
 * @all:	The first of all names, near or not
 * @all_cnt:	How many names there are
 */
struct fexpr_near {
	const char *wanted;
	const char *best[FEXPR_NEAR_MAX];
	unsigned int score[FEXPR_NEAR_MAX];
	size_t cnt;
	const char *all[FEXPR_NEAR_ALL];
	size_t all_cnt;
};

/** fexpr_near_try() - Take a name in if it is near enough; it has to live as long as @near */
void fexpr_near_try(struct fexpr_near *near, const char *name);

/**
 * fexpr_near_text() - Write "; near: a, b" to @buf
 *
 * If no name is near, "; it has a, b" where there are just a few, or else nothing.
 */
void fexpr_near_text(const struct fexpr_near *near, char *buf, size_t size);

#endif
