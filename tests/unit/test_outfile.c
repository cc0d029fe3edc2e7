// SPDX-License-Identifier: GPL-2.0-only
/* Opening, and what is written when. What goes wrong is in test_outfile_errors.c. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "tests/unit/blocks.h"

/* ---- opening */

static void test_open(void **state)
{
	const struct fixture *f = *state;
	mode_t mask = umask(027);
	struct outfile *of = open_or_fail(f->path);
	struct stat st;

	umask(mask);
	assert_int_equal(put_blocks(of, 1, 5, OUTFILE_OTHER), 0);
	assert_int_equal(outfile_close(of, NULL), 0);
	assert_file(f->path, 5);
	assert_int_equal(stat(f->path, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0640);

	/* A second time: emptied. */
	of = open_or_fail(f->path);
	assert_file(f->path, 0);
	assert_int_equal(outfile_close(of, NULL), 0);
}

static void test_open_errors(void **state)
{
	const struct fixture *f = *state;
	struct outfile_stats stats;
	struct outfile *of = NULL;

	assert_int_equal(outfile_open("/nonexistent/out", &(struct outfile_opts){0}, &of), -ENOENT);
	assert_int_equal(outfile_open(f->dir, &(struct outfile_opts){0}, &of), -EISDIR);
	assert_null(of);
	assert_int_equal(outfile_close(NULL, &stats), 0);
	assert_stats(&stats, 0, 0, 0, false);
}

static void test_terminal(void **state)
{
	struct outfile *of = NULL;
	int master, slave;
	char *name;

	(void)state;
	master = posix_openpt(O_RDWR | O_NOCTTY);
	if (master < 0) {
		print_message("SKIP: no pseudo terminal here\n");
		skip();
	}
	assert_int_equal(grantpt(master), 0);
	assert_int_equal(unlockpt(master), 0);
	name = ptsname(master);
	assert_non_null(name);
	slave = open(name, O_RDWR | O_NOCTTY);
	assert_true(slave >= 0);
	assert_int_equal(outfile_open(name, &(struct outfile_opts){0}, &of), -ENOTTY);
	assert_int_equal(open_stdout(slave, false, &of), -ENOTTY);
	assert_null(of);
	close(slave);
	close(master);
}

/* Descriptors that a child program would get. */
static int count_inherited(void)
{
	int fd, flags, n = 0;

	for (fd = 0; fd < 100; fd++) {
		flags = fcntl(fd, F_GETFD);
		if (flags >= 0 && !(flags & FD_CLOEXEC))
			n++;
	}
	return n;
}

static void test_not_inherited(void **state)
{
	const struct fixture *f = *state;
	int fd = open("/dev/null", O_WRONLY), before = count_inherited();
	struct outfile *file = open_or_fail(f->path), *of = NULL;

	assert_int_equal(open_stdout(fd, false, &of), 0);
	assert_int_equal(count_inherited(), before);
	assert_int_equal(outfile_close(file, NULL), 0);
	assert_int_equal(outfile_close(of, NULL), 0);
	close(fd);
}

/* ---- when what is written */

static void test_batches(void **state)
{
	const struct fixture *f = *state;
	struct outfile *of = open_or_fail(f->path);
	struct outfile_stats stats;

	/* Nothing is written before a flush; a flush leaves alone what is not marked. */
	assert_int_equal(put_blocks(of, 1, 2, OUTFILE_OTHER), 0);
	assert_int_equal(put_blocks(of, 3, 9, OUTFILE_PACKET), 0);
	buf_append(outfile_buf(of), "\x0a\x0a\x0a", 3);
	assert_file(f->path, 0);
	outfile_get_stats(of, &stats);
	assert_int_equal(stats.pending, 7);
	assert_int_equal(outfile_flush(of), 0);
	assert_file(f->path, 9);
	assert_int_equal(outfile_buf(of)->len, 3);

	/* The rest of that block comes, and a mark behind nothing new is no block. */
	memset(buf_extend(outfile_buf(of), BLOCK - 3), 10, BLOCK - 3);
	assert_int_equal(outfile_mark(of, OUTFILE_PACKET), 0);
	assert_int_equal(outfile_mark(of, OUTFILE_PACKET), 0);
	assert_int_equal(outfile_flush(of), 0);
	assert_int_equal(outfile_flush(of), 0);
	assert_file(f->path, 10);

	/* Half a block at the end is dropped. */
	assert_int_equal(put_blocks(of, 11, 11, OUTFILE_PACKET), 0);
	buf_puts(outfile_buf(of), "half");
	assert_int_equal(outfile_close(of, &stats), 0);
	assert_file(f->path, 11);
	assert_stats(&stats, 11 * BLOCK, 9, 0, false);
}

static void test_many(void **state)
{
	const struct fixture *f = *state;
	struct outfile *of = open_or_fail(f->path);
	struct outfile_stats stats;

	assert_int_equal(put_blocks(of, 1, MANY, OUTFILE_PACKET), 0);
	assert_int_equal(outfile_close(of, &stats), 0);
	assert_file(f->path, MANY);
	assert_stats(&stats, MANY * BLOCK, MANY, 0, false);
}

/* A SOCK_SEQPACKET socket as standard output keeps each write() apart. */
static void test_one_write_a_batch(void **state)
{
	static uint8_t data[MANY * BLOCK];
	struct outfile *of = NULL;
	size_t total = 0;
	int s[2];
	ssize_t n;

	(void)state;
	assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET, 0, s), 0);
	assert_int_equal(open_stdout(s[0], false, &of), 0);
	close(s[0]);
	assert_int_equal(put_blocks(of, 1, 5, OUTFILE_PACKET), 0);
	assert_int_equal(outfile_flush(of), 0);
	assert_blocks(data, (size_t)recv(s[1], data, sizeof(data), 0), 5);

	assert_int_equal(put_blocks(of, 1, 5000, OUTFILE_OTHER), 0);
	assert_int_equal(outfile_close(of, NULL), 0);
	while ((n = recv(s[1], data + total, sizeof(data) - total, 0)) > 0) {
		assert_int_equal(n % BLOCK, 0);
		total += (size_t)n;
	}
	assert_blocks(data, total, 5000);
	close(s[1]);
}

static void test_packet_buffered(void **state)
{
	const struct fixture *f = *state;
	struct outfile *of = NULL;

	assert_int_equal(
		outfile_open(f->path, &(struct outfile_opts){.packet_buffered = true}, &of), 0);
	assert_int_equal(put_blocks(of, 1, 2, OUTFILE_OTHER), 0);
	assert_file(f->path, 0);
	assert_int_equal(put_blocks(of, 3, 3, OUTFILE_PACKET), 0);
	assert_file(f->path, 3);
	assert_int_equal(put_blocks(of, 4, 5, OUTFILE_PACKET), 0);
	assert_file(f->path, 5);
	assert_int_equal(outfile_close(of, NULL), 0);
}

static void test_killed(void **state)
{
	const struct fixture *f = *state;
	int status;
	pid_t pid = fork();

	assert_true(pid >= 0);
	if (!pid) {
		struct outfile *of;

		if (outfile_open(f->path, &(struct outfile_opts){0}, &of))
			_exit(1);
		put_blocks(of, 1, 7, OUTFILE_PACKET);
		outfile_flush(of);
		put_blocks(of, 8, 9, OUTFILE_PACKET);
		buf_puts(outfile_buf(of), "half");
		raise(SIGKILL);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFSIGNALED(status));
	assert_file(f->path, 7);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_open, setup, teardown),
		cmocka_unit_test_setup_teardown(test_open_errors, setup, teardown),
		cmocka_unit_test(test_terminal),
		cmocka_unit_test_setup_teardown(test_not_inherited, setup, teardown),
		cmocka_unit_test_setup_teardown(test_batches, setup, teardown),
		cmocka_unit_test_setup_teardown(test_many, setup, teardown),
		cmocka_unit_test(test_one_write_a_batch),
		cmocka_unit_test_setup_teardown(test_packet_buffered, setup, teardown),
		cmocka_unit_test_setup_teardown(test_killed, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
