// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "src/postrotate.h"
#include "src/util.h"

/* A directory with a program in it, which is in PATH, and what the program has written there. */
struct fixture {
	char dir[32], script[64], out[64];
};

static int setup(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));
	char path[256];

	strcpy(f->dir, "/tmp/test_postrotate.XXXXXX");
	if (!mkdtemp(f->dir))
		return -1;
	snprintf(f->script, sizeof(f->script), "%s/command", f->dir);
	snprintf(f->out, sizeof(f->out), "%s/out", f->dir);
	snprintf(path, sizeof(path), "/nonexistent:%s:/usr/bin:/bin", f->dir);
	setenv("PATH", path, 1);
	*state = f;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *f = *state;

	unlink(f->script);
	unlink(f->out);
	rmdir(f->dir);
	free(f);
	return 0;
}

static void write_script(const struct fixture *f, const char *text)
{
	int fd = open(f->script, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0755);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, strlen(text)), strlen(text));
	close(fd);
}

/* What reap says, once all have ended; the messages are kept in text. */
static void wait_for_all(struct postrotate *p, char *text, size_t size)
{
	int saved = dup(STDERR_FILENO);
	FILE *file = tmpfile();

	assert_non_null(file);
	dup2(fileno(file), STDERR_FILENO);
	for (int i = 0; i < 1000 && p->n; i++) {
		usleep(10000);
		postrotate_reap(p);
	}
	dup2(saved, STDERR_FILENO);
	close(saved);
	rewind(file);
	text[fread(text, 1, size - 1, file)] = '\0';
	fclose(file);
	assert_int_equal(p->n, 0);
}

/* The line of /proc/self/status: who started the tests may have had some signals ignored. */
static void ignored_signals(char *line, size_t size)
{
	char *status, *begin;

	assert_int_equal(read_file("/proc/self/status", &status, NULL), 0);
	begin = strstr(status, "SigIgn:");
	assert_non_null(begin);
	snprintf(line, size, "%.*s", (int)strcspn(begin, "\n"), begin);
	free(status);
}

static void test_run(void **state)
{
	const struct fixture *f = *state;
	struct postrotate p = {.command = "command"};
	char errors[256], *text, wanted[160], ignored[64];

	write_script(
		f, "#!/bin/sh\n"
		   "nice >\"${0%/*}/out\"\n"
		   "[ \"$(ps -o pgid= -p $$ | tr -d ' ')\" = $$ ] && echo group >>\"${0%/*}/out\"\n"
		   "grep -E '^Sig(Blk|Ign)' /proc/self/status >>\"${0%/*}/out\"\n"
		   "echo $#:$1 >>\"${0%/*}/out\"\n");
	/* Those that the program handles are the commands' again, whoever ignored them. */
	for (int sig = 1; sig < NSIG; sig++)
		signal(sig, SIG_DFL);
	ignored_signals(ignored, sizeof(ignored));
	signal(SIGPIPE, SIG_IGN);
	signal(SIGXFSZ, SIG_IGN);
	postrotate_run(&p, "a file; with 'signs'");
	signal(SIGPIPE, SIG_DFL);
	signal(SIGXFSZ, SIG_DFL);
	assert_int_equal(p.n, 1);
	wait_for_all(&p, errors, sizeof(errors));
	assert_string_equal(errors, "");
	assert_int_equal(read_file(f->out, &text, NULL), 0);
	snprintf(wanted, sizeof(wanted), "19\ngroup\nSigBlk:\t%016d\n%s\n1:a file; with 'signs'\n",
		 0, ignored);
	assert_string_equal(text, wanted);
	free(text);
	/* It is reaped: there is no child left. */
	assert_int_equal(waitpid(-1, NULL, WNOHANG), -1);
	assert_int_equal(errno, ECHILD);
	postrotate_end(&p);
}

/* It does not wait for them, and each is told apart. */
static void test_several(void **state)
{
	const struct fixture *f = *state;
	struct postrotate p = {.command = f->script};
	char errors[256];

	write_script(f, "#!/bin/sh\nsleep 0.3\n[ $1 != kill ] || kill -KILL $$\nexit $1\n");
	postrotate_run(&p, "0");
	postrotate_run(&p, "3");
	postrotate_run(&p, "kill");
	assert_int_equal(p.n, 3);
	wait_for_all(&p, errors, sizeof(errors));
	assert_non_null(strstr(errors, "/command: exit status 3\n"));
	assert_non_null(strstr(errors, "/command: ended by signal 9\n"));
	assert_null(strstr(errors, "exit status 0"));
	postrotate_end(&p);
}

/* Not there any more: a message, and no child. */
static void test_gone(void **state)
{
	struct postrotate p = {.command = "/nonexistent/command"}, none = {0};
	int saved = dup(STDERR_FILENO), null = open("/dev/null", O_WRONLY);

	(void)state;
	dup2(null, STDERR_FILENO);
	postrotate_run(&p, "f");
	dup2(saved, STDERR_FILENO);
	close(saved);
	close(null);
	assert_int_equal(p.n, 0);
	assert_int_equal(waitpid(-1, NULL, WNOHANG), -1);
	postrotate_end(&p);
	postrotate_run(&none, "f");
	assert_int_equal(none.n, 0);
	postrotate_end(&none);
}

static void test_check(void **state)
{
	const struct fixture *f = *state;

	assert_int_equal(postrotate_check("sh"), 0);
	assert_int_equal(postrotate_check("/bin/sh"), 0);
	assert_int_equal(postrotate_check("command"), -ENOENT);
	assert_int_equal(postrotate_check("sh -c"), -ENOENT);
	assert_int_equal(postrotate_check(""), -ENOENT);
	assert_int_equal(postrotate_check(f->dir), -EACCES);
	assert_int_equal(postrotate_check(f->script), -ENOENT);
	write_script(f, "");
	assert_int_equal(postrotate_check("command"), 0);
	chmod(f->script, 0600);
	assert_int_equal(postrotate_check("command"), -EACCES);
	assert_int_equal(postrotate_check(f->script), -EACCES);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_run, setup, teardown),
		cmocka_unit_test_setup_teardown(test_several, setup, teardown),
		cmocka_unit_test_setup_teardown(test_gone, setup, teardown),
		cmocka_unit_test_setup_teardown(test_check, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
