// SPDX-License-Identifier: GPL-2.0-only
#include "src/util.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

int read_file_until(const char *path, const atomic_bool *stop, char **ret_text, size_t *ret_len)
{
	/* Large reads: each one costs the kernel a pass of its own over /proc/kallsyms and the
	 * like. */
	size_t len = 0, cap = 1 << 16;
	char *text = malloc(cap);
	int fd, err = 0;

	if (!text)
		return -ENOMEM;
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0) {
		free(text);
		return -errno;
	}
	for (;;) {
		ssize_t n = read(fd, text + len, cap - len - 1);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			err = -errno;
		if (n > 0 && stop && *stop)
			err = -ECANCELED;
		if (n <= 0 || err)
			break;
		len += n;
		if (cap - len < 1 << 15) {
			char *larger = realloc(text, cap * 2);

			if (!larger) {
				err = -ENOMEM;
				break;
			}
			text = larger;
			cap *= 2;
		}
	}
	close(fd);
	if (err) {
		free(text);
		return err;
	}
	text[len] = '\0';
	*ret_text = text;
	if (ret_len)
		*ret_len = len;
	return 0;
}

int read_file(const char *path, char **ret_text, size_t *ret_len)
{
	return read_file_until(path, NULL, ret_text, ret_len);
}

int parse_u64(const char *text, uint64_t max, uint64_t *ret_value)
{
	unsigned long long value;
	char *end;
	int base = text[0] == '0' && (text[1] == 'x' || text[1] == 'X') ? 16 : 10;

	/* strtoull() takes signs and blanks. */
	if (text[0] < '0' || text[0] > '9')
		return -EINVAL;
	errno = 0;
	value = strtoull(text, &end, base);
	if (*end)
		return -EINVAL;
	if (errno || value > max)
		return -ERANGE;
	*ret_value = value;
	return 0;
}

void *grow(void *array, size_t used, size_t *cap, size_t size)
{
	size_t more = *cap ? *cap * 2 : 64;
	void *larger;

	if (used < *cap)
		return array;
	larger = reallocarray(array, more, size);
	if (larger)
		*cap = more;
	return larger;
}
