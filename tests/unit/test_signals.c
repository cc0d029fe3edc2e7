// SPDX-License-Identifier: GPL-2.0-only
/* Signals to child processes, with a terminal and without. */
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "src/signals.h"

/* Runs it in a process without a terminal; gives the status of waitpid(). */
static int in_child(int (*fn)(int arg), int arg)
{
	int status;
	pid_t pid = fork();

	assert_true(pid >= 0);
	if (!pid) {
		setsid();
		_exit(fn(arg));
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	return status;
}

/* The flags that a signal leaves set, as bits. */
static int flags_after(int signal)
{
	struct signals *s = signals_catch();

	raise(signal);
	return (s->stop ? 1 : 0) | (s->stats ? 2 : 0) | (s->flush ? 4 : 0) | (s->hangup ? 8 : 0);
}

static void test_flags(void **state)
{
	(void)state;
	assert_int_equal(WEXITSTATUS(in_child(flags_after, SIGINT)), 1);
	assert_int_equal(WEXITSTATUS(in_child(flags_after, SIGTERM)), 1);
	assert_int_equal(WEXITSTATUS(in_child(flags_after, SIGUSR1)), 2);
	assert_int_equal(WEXITSTATUS(in_child(flags_after, SIGUSR2)), 4);
	assert_int_equal(WEXITSTATUS(in_child(flags_after, SIGHUP)), 8);
	assert_int_equal(WEXITSTATUS(in_child(flags_after, SIGPIPE)), 0);
	assert_int_equal(WEXITSTATUS(in_child(flags_after, SIGXFSZ)), 0);
}

static int twice(int signal)
{
	struct signals *s = signals_catch();

	raise(signal);
	/* The same one, handed on by timeout(1). */
	raise(signal);
	if (signal == SIGTERM && !s->stop)
		return 1;
	usleep(600000);
	raise(signal);
	return 0;
}

static void test_second_ends(void **state)
{
	int status = in_child(twice, SIGTERM);

	(void)state;
	assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGTERM);
	/* The others only ask again. */
	assert_int_equal(in_child(twice, SIGUSR1), 0);
	assert_int_equal(in_child(twice, SIGHUP), 0);
}

static void test_take(void **state)
{
	volatile sig_atomic_t flag = 1;

	(void)state;
	assert_true(signals_take(&flag));
	assert_false(signals_take(&flag));
}

/* Bit 0: ends without a file to rotate; bit 1: with one. */
static int hangup(int ignored)
{
	/* The tests may have been started by nohup themselves. */
	signal(SIGHUP, ignored ? SIG_IGN : SIG_DFL);
	signals_catch();
	raise(SIGHUP);
	return (signals_hangup_ends(false) ? 1 : 0) | (signals_hangup_ends(true) ? 2 : 0);
}

static void test_hangup(void **state)
{
	(void)state;
	assert_int_equal(WEXITSTATUS(in_child(hangup, 0)), 1);
	/* nohup */
	assert_int_equal(WEXITSTATUS(in_child(hangup, 1)), 0);
}

/* A terminal of our own, which goes away. Bit 0: the kernel's signal ends; bit 1: a job would. */
static int lose_terminal(int ignored)
{
	int master = posix_openpt(O_RDWR | O_NOCTTY), slave;
	struct signals *s;

	if (master < 0 || grantpt(master) || unlockpt(master))
		return 77;
	slave = open(ptsname(master), O_RDWR);
	if (slave < 0 || ioctl(slave, TIOCSCTTY, 0) < 0)
		return 77;
	/* The tests may have been started by nohup themselves. */
	signal(SIGHUP, ignored ? SIG_IGN : SIG_DFL);
	s = signals_catch();
	/* While it is there, somebody else's signal does not end. */
	kill(getpid(), SIGHUP);
	if (s->stop || signals_hangup_ends(true))
		return 99;
	close(slave);
	close(master);
	for (int i = 0; i < 100 && !s->stop && !ignored; i++)
		usleep(10000);
	return (s->stop ? 1 : 0) | (signals_hangup_ends(true) ? 2 : 0);
}

static void test_lost_terminal(void **state)
{
	int status = WEXITSTATUS(in_child(lose_terminal, 0));

	(void)state;
	if (status == 77) {
		print_message("SKIP: no pseudo terminal here\n");
		skip();
	}
	assert_int_equal(status, 3);
	assert_int_equal(WEXITSTATUS(in_child(lose_terminal, 1)), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_flags),	      cmocka_unit_test(test_second_ends),
		cmocka_unit_test(test_take),	      cmocka_unit_test(test_hangup),
		cmocka_unit_test(test_lost_terminal),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
