// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

#include "src/knob.h"

static char path[] = "/tmp/test_knob.XXXXXX";

static int open_file(void)
{
	int fd = open(path, O_RDWR | O_CLOEXEC);

	assert_true(fd >= 0);
	return fd;
}

static int make_file(void **state)
{
	int fd = mkstemp(path);

	return fd < 0 ? -1 : close(fd);
}

static int remove_file(void **state)
{
	return unlink(path);
}

static void test_number(void **state)
{
	int fd = open_file();
	long value = 7;

	assert_int_equal(knob_read(fd, &value), -EIO);
	assert_int_equal(value, 7);
	assert_int_equal(knob_write(fd, 1347899989), 0);
	assert_int_equal(knob_read(fd, &value), 0);
	assert_int_equal(value, 1347899989);
	/* From the start, wherever the file is. */
	assert_int_equal(ftruncate(fd, 0), 0);
	assert_int_equal(knob_write(fd, 0), 0);
	assert_int_equal(knob_read(fd, &value), 0);
	assert_int_equal(value, 0);
	close(fd);
	assert_int_equal(knob_read(fd, &value), -EBADF);
	assert_int_equal(knob_write(fd, 1), -EBADF);
}

static void test_locks(void **state)
{
	int a = open_file(), b = open_file();

	assert_int_equal(knob_lock(a, F_WRLCK, 17, 1), 0);
	assert_int_equal(knob_lock(b, F_WRLCK, 17, 1), -EAGAIN);
	assert_int_equal(knob_lock(b, F_RDLCK, 17, 1), -EAGAIN);
	assert_int_equal(knob_lock(b, F_WRLCK, 18, 1), 0);
	assert_int_equal(knob_lock(b, F_WRLCK, (off_t)1 << 40, 1), 0);
	/* The whole file has the bytes of others in it. */
	assert_int_equal(knob_lock(a, F_RDLCK, 0, 0), -EAGAIN);
	assert_int_equal(knob_lock(b, F_UNLCK, 0, 0), 0);
	assert_int_equal(knob_lock(a, F_RDLCK, 0, 0), 0);
	assert_int_equal(knob_lock(b, F_RDLCK, 17, 1), 0);
	assert_int_equal(knob_lock(b, F_WRLCK, 17, 1), -EAGAIN);
	/* It ends with what holds it. */
	close(a);
	assert_int_equal(knob_lock(b, F_WRLCK, 17, 1), 0);
	close(b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_number),
		cmocka_unit_test(test_locks),
	};

	return cmocka_run_group_tests(tests, make_file, remove_file);
}
