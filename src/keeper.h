/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef PWRU_CAP_KEEPER_H
#define PWRU_CAP_KEEPER_H
/*
 * A process in the background, away from the terminal, for work that the kernel takes long for and
 * that has to be finished also when we are gone: killed, or back at the prompt.
 */
#include <stddef.h>

/*
 * What the keeper does; it ends when this returns.
 * @sock: its end of the connection (SOCK_SEQPACKET); reading gives 0, or an error, when the other
 * process asks it to end or is gone; writing to a process that is gone is an error, not a signal
 */
typedef void (*keeper_fn)(int sock, void *ctx);

/**
 * keeper_start() - run @fn in a process of its own
 * @ctx: goes to @fn, as it is now
 * @fds: descriptors that @fn needs; all others are closed there
 * @n_fds: how many
 *
 * It is nobody's child: it need not be waited for. Terminal signals and SIGTERM do not reach it.
 *
 * Return: our end of the connection, to be closed; or -errno.
 */
int keeper_start(keeper_fn fn, void *ctx, const int *fds, size_t n_fds);

#endif
