/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef PWRU_CAP_LINKS_H
#define PWRU_CAP_LINKS_H
/*
 * BPF links that each hold many functions.  One bad function fails a whole link, and the kernel
 * does not say which.  So a list that fails is halved until the bad ones are alone; a list without
 * bad ones is one link.
 */
#include <linux/bpf.h>
#include <signal.h>
#include <stdbool.h>
#include <stddef.h>

#include "src/funcs.h"

struct links {
	int *fds;
	size_t n, cap;
};

/* A list of functions on its way to be attached. */
struct links_job {
	const struct func *funcs;
	size_t n;
	/* Links funcs[from..from+n); gives the descriptor of the link, or -errno. */
	int (*link)(const struct links_job *job, size_t from, size_t n);
	int prog_fd;
	const void *data; /* what link() needs beyond that */
};

/* A user's address that nothing is at: see links_try(). */
#define LINKS_NO_ADDRESS ((void *)1)

/**
 * links_try() - is there a kind of link?
 * @type, @attach_type: of the program that it would hold
 * @link: makes such a link for one function, whose address the kernel is to read at
 *	LINKS_NO_ADDRESS; NULL: the program is enough to know
 *
 * Nothing is linked, for to link and let go takes the kernel a good part of a second.  It reads
 * addresses once it has found all else to be right: so -EFAULT says that the kind is there.
 *
 * Return: 0 if it is, or else the kernel's -errno.
 */
int links_try(enum bpf_prog_type type, enum bpf_attach_type attach_type, int (*link)(int prog_fd));

/**
 * links_attach() - attach to all functions of a list
 * @ret_refused: incremented for each that is refused
 *
 * Return: 0, or -errno if it is not a function's fault; the links made so far are in @links then.
 */
int links_attach(struct links *links, const struct links_job *job, size_t *ret_refused);

/* links_keep() - one more that is there; returns 0, or -ENOMEM, and closes it */
int links_keep(struct links *links, int fd);

/* links_merge() - struct backend's merge(), where both states are struct links from malloc() */
void links_merge(void *to, void *from);

/* links_free() - detach; the links that were made first go last */
void links_free(struct links *links);

/*
 * links_leave() - the same, but in the background if that can be: each link waits for the kernel,
 * a tenth of a second on some
 */
void links_leave(struct links *links);

/* links_detach() - struct backend's detach() where the state is a struct links from malloc() */
int links_detach(void *state, bool wait, const volatile sig_atomic_t *stop);

#endif
