// SPDX-License-Identifier: GPL-2.0-only
/* Full files, disks and devices; readers of a pipe that are slow or go away. */
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/time.h>
#include <sys/wait.h>

#include "tests/unit/blocks.h"

/* ---- errors */

/* For the files of this process; 0 is none. */
static void limit_file_size(rlim_t bytes)
{
	struct rlimit limit;

	assert_int_equal(getrlimit(RLIMIT_FSIZE, &limit), 0);
	limit.rlim_cur = bytes ? bytes : limit.rlim_max;
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
}

/* Room for none, one or two blocks of the second batch, and every number of bytes between. */
static void test_short_write(void **state)
{
	const struct fixture *f = *state;
	unsigned int room;

	for (room = 5 * BLOCK; room < 8 * BLOCK; room++) {
		struct outfile *of = open_or_fail(f->path);
		size_t fit = room / BLOCK;
		struct outfile_stats stats;
		int err, later;

		put_blocks(of, 1, 2, OUTFILE_OTHER);
		put_blocks(of, 3, 5, OUTFILE_PACKET);
		assert_int_equal(outfile_flush(of), 0);
		put_blocks(of, 6, 6, OUTFILE_OTHER);
		put_blocks(of, 7, 10, OUTFILE_PACKET);
		limit_file_size(room);
		err = outfile_flush(of);
		limit_file_size(0);
		assert_int_equal(err, -EFBIG);
		assert_file(f->path, fit);

		/* There is room again, but what is lost may be needed to read what follows. */
		later = put_blocks(of, 11, 12, OUTFILE_PACKET);
		assert_int_equal(later, -EFBIG);
		assert_int_equal(outfile_buf(of)->len, 0);
		assert_int_equal(outfile_close(of, &stats), -EFBIG);
		assert_file(f->path, fit);
		assert_stats(&stats, fit * BLOCK, fit < 6 ? 3 : fit - 3, fit < 6 ? 6 : 12 - fit,
			     false);
	}
}

/* Standard output that appends to a file with something in it: only ours is taken back. */
static void test_short_write_behind_others(void **state)
{
	const struct fixture *f = *state;
	struct outfile_stats stats;
	struct outfile *of = NULL;
	int err, fd;

	fd = open(f->path, O_WRONLY | O_CREAT | O_APPEND, 0600);
	assert_true(fd >= 0);
	assert_int_equal(write(fd, "\1\1\1\1\1\1\1\1\1\1\1\1\1\1\1\1\1\1\1\1", BLOCK), BLOCK);
	assert_int_equal(open_stdout(fd, false, &of), 0);
	put_blocks(of, 2, 9, OUTFILE_PACKET);
	limit_file_size(4 * BLOCK + 1);
	err = outfile_close(of, &stats);
	limit_file_size(0);
	assert_int_equal(err, -EFBIG);
	assert_file(f->path, 4);
	assert_stats(&stats, 3 * BLOCK, 3, 5, false);
	/* Whoever writes next does so at the new end. */
	assert_int_equal(lseek(fd, 0, SEEK_CUR), 4 * BLOCK);
	close(fd);
}

/* Standard output in the midst of a file: what is behind is not ours to cut off. */
static void test_short_write_before_others(void **state)
{
	const struct fixture *f = *state;
	struct outfile *of = open_or_fail(f->path);
	struct outfile_stats stats;
	int err, fd;

	put_blocks(of, 1, 9, OUTFILE_OTHER);
	assert_int_equal(outfile_close(of, NULL), 0);
	fd = open(f->path, O_WRONLY);
	assert_true(fd >= 0);
	assert_int_equal(open_stdout(fd, false, &of), 0);
	close(fd);
	put_blocks(of, 1, 5, OUTFILE_PACKET);
	limit_file_size(2 * BLOCK + 1);
	err = outfile_close(of, &stats);
	limit_file_size(0);
	assert_int_equal(err, -EFBIG);
	assert_file(f->path, 9);
	assert_stats(&stats, 2 * BLOCK, 2, 3, true);
}

static void test_full_device(void **state)
{
	struct outfile *of = open_or_fail("/dev/full");
	struct outfile_stats stats;

	(void)state;
	assert_int_equal(put_blocks(of, 1, 10, OUTFILE_PACKET), 0);
	assert_int_equal(outfile_flush(of), -ENOSPC);
	assert_int_equal(outfile_flush(of), -ENOSPC);
	assert_int_equal(put_blocks(of, 11, 11, OUTFILE_PACKET), -ENOSPC);
	assert_int_equal(outfile_close(of, &stats), -ENOSPC);
	assert_stats(&stats, 0, 0, 11, false);
}

static void test_full_tmpfs(void **state)
{
	const struct fixture *f = *state;
	struct outfile_stats stats;
	struct outfile *of;
	int err;

	/* A mount namespace of our own takes the mount away with us, whatever happens. */
	if (unshare(CLONE_NEWNS) || mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) ||
	    mount("none", f->dir, "tmpfs", 0, "size=64k")) {
		print_message("SKIP: cannot mount a tmpfs: %s\n", strerror(errno));
		skip();
	}
	of = open_or_fail(f->path);
	assert_int_equal(put_blocks(of, 1, 100, OUTFILE_PACKET), 0);
	assert_int_equal(outfile_flush(of), 0);
	/* MANY is several batches: the first of them meets the end of the file system. */
	err = put_blocks(of, 101, MANY, OUTFILE_PACKET);
	assert_int_equal(err, -ENOSPC);
	assert_int_equal(outfile_close(of, &stats), -ENOSPC);
	assert_file(f->path, 65536 / BLOCK);
	assert_stats(&stats, 65536 / BLOCK * BLOCK, 65536 / BLOCK, MANY - 65536 / BLOCK, false);
	unlink(f->path);
	assert_int_equal(umount(f->dir), 0);
}

static void test_no_memory(void **state)
{
	const struct fixture *f = *state;
	struct outfile *of = open_or_fail(f->path);
	struct outfile_stats stats;

	assert_int_equal(put_blocks(of, 1, 3, OUTFILE_PACKET), 0);
	buf_puts(outfile_buf(of), "half");
	assert_null(buf_extend(outfile_buf(of), PTRDIFF_MAX));
	assert_int_equal(outfile_mark(of, OUTFILE_PACKET), -ENOMEM);
	assert_int_equal(put_blocks(of, 4, 4, OUTFILE_PACKET), -ENOMEM);
	assert_int_equal(outfile_close(of, &stats), -ENOMEM);
	assert_file(f->path, 3);
	assert_stats(&stats, 3 * BLOCK, 3, 2, false);
}

/* ---- pipes */

static void on_alarm(int sig)
{
	(void)sig;
}

/* Reads what comes through the pipe in small pieces, late; exits 0 if it was blocks 1..MANY. */
static pid_t start_slow_reader(int fds[2])
{
	static uint8_t data[MANY * BLOCK + 1];
	size_t total = 0, i;
	ssize_t n;
	pid_t pid = fork();

	assert_true(pid >= 0);
	if (pid)
		return pid;
	close(fds[1]);
	do {
		usleep(2000);
		n = read(fds[0], data + total,
			 sizeof(data) - total < 7777 ? sizeof(data) - total : 7777);
		total += n > 0 ? (size_t)n : 0;
	} while (n > 0);
	for (i = 0; i < total; i++) {
		if (data[i] != (uint8_t)(i / BLOCK + 1))
			_exit(2);
	}
	_exit(total == MANY * BLOCK ? 0 : 1);
}

/* Interrupted again and again, and non-blocking too on the second run. */
static void test_slow_pipe(void **state)
{
	const struct itimerval often = {{0, 1000}, {0, 1000}}, never = {{0, 0}, {0, 0}};
	const struct sigaction act = {.sa_handler = on_alarm};
	struct outfile_stats stats;
	struct outfile *of = NULL;
	int flags, fds[2], err, status;
	pid_t pid;

	(void)state;
	assert_int_equal(sigaction(SIGALRM, &act, NULL), 0);
	for (flags = 0; flags <= O_NONBLOCK; flags += O_NONBLOCK) {
		assert_int_equal(pipe(fds), 0);
		pid = start_slow_reader(fds);
		close(fds[0]);
		assert_int_equal(fcntl(fds[1], F_SETFL, flags), 0);
		assert_int_equal(open_stdout(fds[1], false, &of), 0);
		close(fds[1]);
		setitimer(ITIMER_REAL, &often, NULL);
		put_blocks(of, 1, MANY, OUTFILE_PACKET);
		err = outfile_close(of, &stats);
		setitimer(ITIMER_REAL, &never, NULL);
		assert_int_equal(err, 0);
		assert_stats(&stats, MANY * BLOCK, MANY, 0, false);
		assert_int_equal(waitpid(pid, &status, 0), pid);
		assert_int_equal(status, 0);
	}
}

static void test_closed_pipe(void **state)
{
	struct outfile_stats stats;
	struct outfile *of = NULL;
	int fds[2];

	(void)state;
	assert_int_equal(pipe(fds), 0);
	assert_int_equal(open_stdout(fds[1], false, &of), 0);
	close(fds[1]);
	put_blocks(of, 1, 1, OUTFILE_PACKET);
	assert_int_equal(outfile_flush(of), 0);
	close(fds[0]);
	put_blocks(of, 2, 4, OUTFILE_PACKET);
	assert_int_equal(outfile_flush(of), -EPIPE);
	assert_int_equal(outfile_close(of, &stats), -EPIPE);
	assert_stats(&stats, BLOCK, 1, 3, false);
}

/* The reader goes while a write waits for it: what the pipe took ends within a block. */
static void test_pipe_closed_in_a_write(void **state)
{
	struct outfile_stats stats;
	struct outfile *of = NULL;
	uint8_t data[100];
	int fds[2], size;
	pid_t pid;

	(void)state;
	assert_int_equal(pipe(fds), 0);
	size = fcntl(fds[1], F_GETPIPE_SZ);
	pid = fork();
	assert_true(pid >= 0);
	if (!pid) {
		/* Woken by the first bytes; the writer has filled the pipe long before this ends.
		 */
		close(fds[1]);
		_exit(read(fds[0], data, sizeof(data)) != sizeof(data) || usleep(200000));
	}
	close(fds[0]);
	assert_int_equal(open_stdout(fds[1], false, &of), 0);
	close(fds[1]);
	assert_int_equal(put_blocks(of, 1, MANY, OUTFILE_PACKET), -EPIPE);
	assert_int_equal(outfile_close(of, &stats), -EPIPE);
	assert_int_equal(waitpid(pid, NULL, 0), pid);
	assert_in_range(stats.bytes, 1, size);
	assert_stats(&stats, stats.written * BLOCK, stats.written, MANY - stats.written, true);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_short_write, setup, teardown),
		cmocka_unit_test_setup_teardown(test_short_write_behind_others, setup, teardown),
		cmocka_unit_test_setup_teardown(test_short_write_before_others, setup, teardown),
		cmocka_unit_test(test_full_device),
		cmocka_unit_test_setup_teardown(test_full_tmpfs, setup, teardown),
		cmocka_unit_test_setup_teardown(test_no_memory, setup, teardown),
		cmocka_unit_test(test_slow_pipe),
		cmocka_unit_test(test_closed_pipe),
		cmocka_unit_test(test_pipe_closed_in_a_write),
	};

	/* As main() of the program does. */
	signal(SIGPIPE, SIG_IGN);
	signal(SIGXFSZ, SIG_IGN);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
