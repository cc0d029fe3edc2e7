/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef PWRU_CAP_ATTACH_MULTI_H
#define PWRU_CAP_ATTACH_MULTI_H
/*
 * kprobe.multi links, also for backends that need them for some functions.
 */
#include "src/attach.h"
#include "src/links.h"
#include "src/load.h"

/**
 * multi_attach_any() - attach to functions with the skb wherever it is
 * @loaded: has the LOAD_MULTI_ANY program, if there is a function
 * @funcs, @n: functions; none is fine
 * @links: where the links go
 * @ret_refused: incremented for each that is refused
 *
 * Return: 0 or -errno.
 */
int multi_attach_any(const struct loaded *loaded, const struct func *funcs, size_t n,
		     struct links *links, size_t *ret_refused);

/* multi_attach_by_stack() - the same for FUNC_BY_STACK functions, with that LOAD_MULTI program */
int multi_attach_by_stack(const struct loaded *loaded, const struct func *funcs, size_t n,
			  struct links *links, size_t *ret_refused);

/*
 * multi_attach_ends() - to the functions that end an skb's life, with the LOAD_MULTI program for
 * LOAD_END; 0 or -errno
 */
int multi_attach_ends(const struct loaded *loaded, const struct func_roles *roles,
		      struct links *links);

/* multi_attach_module() - struct backend's attach_module(), by one such link; gives struct links */
int multi_attach_module(const struct attach_opts *opts, size_t *ret_refused, void **ret_state);

#endif
