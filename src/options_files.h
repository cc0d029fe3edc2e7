/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef PWRU_CAP_OPTIONS_FILES_H
#define PWRU_CAP_OPTIONS_FILES_H
/*
 * The options that say which files there are, what they look like, and whose they are.
 */
#include "src/options.h"

/*
 * options_set_files() - -C, --compress, --linktype or --interfaces, by its key; says on stderr what
 * is wrong; 0 or -EINVAL
 */
int options_set_files(struct options *o, int key, const char *arg);

/*
 * options_check_files() - once all options are there: do they go together?  Says on stderr what is
 * wrong, or does nothing; 0 or -EINVAL.
 */
int options_check_files(const struct options *o);

#endif
