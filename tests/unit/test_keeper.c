// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/types.h>
#include <unistd.h>

#include <cmocka.h>

#include "src/keeper.h"

/* What the keeper is asked for, and what it says of itself. */
struct ask {
	int kept, lost; /* descriptors */
};

struct answer {
	pid_t pid, parent, session;
	bool kept, lost;
	char dir[16];
};

static void answer(int sock, void *ctx)
{
	const struct ask *ask = ctx;
	struct answer a = {
		.pid = getpid(),
		.parent = getppid(),
		.session = getsid(0),
		.kept = fcntl(ask->kept, F_GETFD) >= 0,
		.lost = fcntl(ask->lost, F_GETFD) >= 0,
	};
	char byte;

	if (!getcwd(a.dir, sizeof(a.dir)))
		a.dir[0] = '\0';
	send(sock, &a, sizeof(a), 0);
	/* Until the other end is gone, and then a word to the pipe that was kept. */
	while (recv(sock, &byte, 1, 0) > 0)
		;
	if (write(ask->kept, "end", 3) != 3)
		abort();
}

static void test_keeper(void **state)
{
	int kept[2], lost[2];
	struct answer a;
	struct ask ask;
	char text[8];
	int sock;

	(void)state;
	assert_int_equal(pipe(kept), 0);
	assert_int_equal(pipe(lost), 0);
	ask = (struct ask){.kept = kept[1], .lost = lost[1]};
	sock = keeper_start(answer, &ask, &kept[1], 1);
	assert_true(sock >= 0);
	close(kept[1]);
	close(lost[1]);
	assert_int_equal(recv(sock, &a, sizeof(a), 0), sizeof(a));
	assert_int_not_equal(a.pid, getpid());
	assert_int_not_equal(a.parent, getpid());
	assert_int_not_equal(a.session, getsid(0));
	assert_true(a.kept);
	assert_false(a.lost);
	assert_string_equal(a.dir, "/");
	/* Nobody else holds the writing end. */
	assert_int_equal(read(lost[0], text, sizeof(text)), 0);

	/* What a terminal, or a user, sends does not end it; our end of the socket does. */
	assert_int_equal(kill(a.pid, SIGINT), 0);
	assert_int_equal(kill(a.pid, SIGHUP), 0);
	assert_int_equal(kill(a.pid, SIGTERM), 0);
	close(sock);
	assert_int_equal(read(kept[0], text, sizeof(text)), 3);
	assert_memory_equal(text, "end", 3);
	assert_int_equal(read(kept[0], text, sizeof(text)), 0);
	close(kept[0]);
	close(lost[0]);
}

#define MANY 300

/* Says how many of the descriptors it has. */
static void count_kept(int sock, void *ctx)
{
	const int *fds = ctx;
	int n = 0;

	for (int i = 0; i < MANY; i++)
		n += fcntl(fds[i], F_GETFD) >= 0;
	send(sock, &n, sizeof(n), 0);
}

/* One link a function may be many; every other one is kept, in no order. */
static void test_many(void **state)
{
	int fds[MANY], kept[MANY / 2], sock, n = 0;

	(void)state;
	for (int i = 0; i < MANY; i++) {
		fds[i] = open("/dev/null", O_RDONLY | O_CLOEXEC);
		assert_true(fds[i] >= 0);
		if (i % 2)
			kept[MANY / 2 - 1 - i / 2] = fds[i];
	}
	sock = keeper_start(count_kept, fds, kept, MANY / 2);
	assert_true(sock >= 0);
	assert_int_equal(recv(sock, &n, sizeof(n), 0), sizeof(n));
	assert_int_equal(n, MANY / 2);
	close(sock);
	for (int i = 0; i < MANY; i++)
		close(fds[i]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_keeper),
		cmocka_unit_test(test_many),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
