// SPDX-License-Identifier: GPL-2.0-only
#include "src/keeper.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "src/util.h"

static int compare(const void *a, const void *b)
{
	return *(const int *)a - *(const int *)b;
}

/* What the keeper needs, sorted; to be freed. */
static int *list_kept(const int *fds, size_t n_fds, int sock)
{
	int *kept = malloc((n_fds + 1) * sizeof(*kept));

	if (!kept)
		return NULL;
	if (n_fds)
		memcpy(kept, fds, n_fds * sizeof(*fds));
	kept[n_fds] = sock;
	qsort(kept, n_fds + 1, sizeof(*kept), compare);
	return kept;
}

/* A pipe that the keeper holds open would keep its reader waiting. */
static void close_others(const int *keep, size_t n)
{
	unsigned int from = STDERR_FILENO + 1;

	for (size_t i = 0; i < n; i++) {
		if (keep[i] > (int)from)
			close_range(from, keep[i] - 1, 0);
		if (keep[i] >= (int)from)
			from = keep[i] + 1;
	}
	close_range(from, ~0U, 0);
}

static void leave_terminal(void)
{
	static const int ignored[] = {SIGINT, SIGQUIT, SIGHUP, SIGTERM, SIGTSTP, SIGPIPE};
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);

	setsid();
	for (size_t i = 0; i < ARRAY_SIZE(ignored); i++)
		signal(ignored[i], SIG_IGN);
	for (int fd = 0; fd <= STDERR_FILENO; fd++)
		if (null < 0 || dup2(null, fd) < 0)
			close(fd);
	if (chdir("/"))
		return; /* it then holds a directory that could not be unmounted for that long */
}

/* The first child, which ends at once, so that the second one is init's. */
static void start_second(keeper_fn fn, void *ctx, const int *kept, size_t n_kept, int sock,
			 const sigset_t *mask)
{
	pid_t pid;

	leave_terminal();
	pid = fork();
	if (pid)
		_exit(pid < 0 ? errno : 0);
	close_others(kept, n_kept);
	sigprocmask(SIG_SETMASK, mask, NULL);
	fn(sock, ctx);
	_exit(0);
}

static int wait_first(pid_t pid)
{
	int status;

	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			return -errno;
	return WIFEXITED(status) ? -WEXITSTATUS(status) : -ECHILD;
}

int keeper_start(keeper_fn fn, void *ctx, const int *fds, size_t n_fds)
{
	sigset_t all, mask;
	int socks[2], err, *kept;
	pid_t pid;

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, socks))
		return -errno;
	/* Before the fork: what another thread allocates just then, it leaves locked. */
	kept = list_kept(fds, n_fds, socks[1]);
	if (!kept) {
		close(socks[0]);
		close(socks[1]);
		return -ENOMEM;
	}
	/* A control-C now would reach the child too, before it has left the terminal. */
	sigfillset(&all);
	sigprocmask(SIG_SETMASK, &all, &mask);
	pid = fork();
	if (!pid)
		start_second(fn, ctx, kept, n_fds + 1, socks[1], &mask);
	err = pid < 0 ? -errno : wait_first(pid);
	sigprocmask(SIG_SETMASK, &mask, NULL);
	free(kept);
	close(socks[1]);
	if (err) {
		close(socks[0]);
		return err;
	}
	return socks[0];
}
