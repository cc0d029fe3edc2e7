/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef PWRU_CAP_OPTIONS_STACK_H
#define PWRU_CAP_OPTIONS_STACK_H
/*
 * How deep stacks are: the options, and what follows from them.
 */
#include <stdint.h>

#include "src/options.h"

/* Without an option.  See "What a stack costs" in README.md for the reason. */
#define STACK_DEPTH_DEFAULT 16

/**
 * options_set_stack() - --stack-depth, --no-stack
 * @key: OPT_STACK_DEPTH or OPT_NO_STACK
 * @arg: its argument; NULL: none
 *
 * Says on stderr what is wrong with it.
 *
 * Return: 0 or -EINVAL.
 */
int options_set_stack(struct options *o, int key, const char *arg);

/**
 * options_check_stack() - does the depth go together with what is to be shown?
 *
 * Says on stderr if it does not.
 *
 * Return: 0 or -EINVAL.
 */
int options_check_stack(const struct options *o);

/* options_stack_depth() - entries of a stack that are shown, 0 to EV_STACK_MAX; 0: no stacks */
uint32_t options_stack_depth(const struct options *o);

#endif
