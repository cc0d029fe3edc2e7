/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef PWRU_CAP_DISCOVERY_H
#define PWRU_CAP_DISCOVERY_H
/*
 * What there is to attach to in this kernel, and how it can be read.
 */
#include "src/caps.h"
#include "src/funcs.h"
#include "src/kbtf.h"
#include "src/modlist.h"
#include "src/options.h"
#include "src/progs.h"
#include "src/remember.h"

/* Zero-filled at first. */
struct discovery {
	struct kbtf *btf; /* NULL: not needed so far */
	struct caps caps;
	struct memory memory; /* of the kernel */
	int types_fd;	      /* what types_path stands for */
	char types_path[32];  /* the types for CO-RE; empty: the kernel's own, all of them */
	struct funcs funcs;   /* points into it */
	struct progs progs;
	struct modlist modules; /* when that was found out; read for --all-kmods only */
};

/*
 * All say on stderr what is wrong, and return 0 or -errno.
 */

/* discover_types() - read the kernel's types, if it has not been done */
int discover_types(const struct options *opts, struct discovery *d);

/*
 * discover_functions() - the functions that are wanted, and how packets are read: from what an
 * earlier run was told, or else what the kernel says now
 */
int discover_functions(const struct options *opts, struct discovery *d);

/*
 * discovery_types_path() - a file of the kernel's types, or those of them that the programs look
 * into, for libbpf; NULL if it has to find them by itself
 */
const char *discovery_types_path(const struct options *opts, const struct discovery *d);

/* discover_progs() - the BPF programs that are wanted, if any */
int discover_progs(const struct options *opts, struct discovery *d);

/* discover_windows() - from now on packets are read as on kernels that offer nothing better */
int discover_windows(struct discovery *d);

/* discovery_list() - print the wanted functions; without privileges, the types alone tell */
int discovery_list(const struct options *opts, struct discovery *d);

void discovery_free(struct discovery *d);

#endif
