// SPDX-License-Identifier: GPL-2.0-only
#include "src/postrotate.h"

#include <errno.h>
#include <limits.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "src/log.h"
#include "src/util.h"

#define LOWEST_PRIORITY 19
#define DEFAULT_PATH	"/bin:/usr/bin" /* execvp(3) */

static int check_program(const char *path)
{
	struct stat st;

	if (stat(path, &st))
		return -errno;
	return S_ISREG(st.st_mode) && !access(path, X_OK) ? 0 : -EACCES;
}

int postrotate_check(const char *command)
{
	const char *dir = getenv("PATH");
	int err = -ENOENT, one;

	if (strchr(command, '/'))
		return check_program(command);
	if (!dir)
		dir = DEFAULT_PATH;
	while (*command) {
		size_t len = strcspn(dir, ":");
		char path[PATH_MAX];

		snprintf(path, sizeof(path), "%.*s%s%s", (int)len, dir, len ? "/" : "", command);
		one = check_program(path);
		if (!one)
			return 0;
		if (one == -EACCES)
			err = one;
		if (!dir[len])
			break;
		dir += len + 1;
	}
	return err;
}

/*
 * In the child, which shares our memory until it is another program: nothing but system calls.  Our
 * signals' handlers must not run in it, so signals are blocked until they have none any more.
 */
static void become(const char *command, const char *file, const sigset_t *mask)
{
	static const int handled[] = {SIGINT, SIGTERM, SIGHUP, SIGUSR1, SIGUSR2, SIGPIPE, SIGXFSZ};
	char *const argv[] = {(char *)command, (char *)file, NULL};

	for (size_t i = 0; i < ARRAY_SIZE(handled); i++)
		signal(handled[i], SIG_DFL);
	/* Control-C ends the capture, not what becomes of its files. */
	setpgid(0, 0);
	setpriority(PRIO_PROCESS, 0, LOWEST_PRIORITY);
	sigprocmask(SIG_SETMASK, mask, NULL);
	execvp(command, argv);
}

/*
 * vfork(), because another thread may hold any lock now, and the child of a fork() could not even
 * say why the program cannot be run.
 */
static pid_t start(const char *command, const char *file)
{
	volatile int err = 0;
	sigset_t all, mask;
	pid_t pid;

	sigfillset(&all);
	sigprocmask(SIG_SETMASK, &all, &mask);
	pid = vfork();
	if (!pid) {
		become(command, file, &mask);
		err = errno;
		_exit(127);
	}
	if (pid < 0)
		err = errno;
	sigprocmask(SIG_SETMASK, &mask, NULL);
	if (pid > 0 && err)
		waitpid(pid, NULL, 0);
	return err ? -err : pid;
}

void postrotate_run(struct postrotate *p, const char *file)
{
	pid_t pid, *pids;

	if (!p->command)
		return;
	postrotate_reap(p);
	pids = grow(p->pids, p->n, &p->cap, sizeof(*pids));
	if (pids)
		p->pids = pids;
	pid = pids ? start(p->command, file) : -ENOMEM;
	if (pid < 0)
		log_error("-z %s %s: %s", p->command, file, strerror(-pid));
	else
		pids[p->n++] = pid;
}

static void report(const char *command, int status)
{
	if (WIFSIGNALED(status))
		log_error("-z %s: ended by signal %d", command, WTERMSIG(status));
	else if (WEXITSTATUS(status))
		log_error("-z %s: exit status %d", command, WEXITSTATUS(status));
}

void postrotate_reap(struct postrotate *p)
{
	for (size_t i = 0; i < p->n;) {
		int status = 0;
		pid_t pid = waitpid(p->pids[i], &status, WNOHANG);

		if (!pid || (pid < 0 && errno == EINTR)) {
			i++;
			continue;
		}
		if (pid > 0)
			report(p->command, status);
		p->pids[i] = p->pids[--p->n];
	}
}

void postrotate_end(struct postrotate *p)
{
	postrotate_reap(p);
	free(p->pids);
	p->pids = NULL;
	p->n = p->cap = 0;
}
