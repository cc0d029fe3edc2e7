/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef PWRU_CAP_UTIL_H
#define PWRU_CAP_UTIL_H

#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>

#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))

/**
 * read_file() - the whole of a file, also one of /proc or /sys, whose size is not known before
 * @path: file
 * @ret_text: receives its bytes, a NUL behind them; to be freed
 * @ret_len: receives the number of bytes without the NUL; may be NULL
 *
 * Return: 0 or -errno of open(2), read(2), or -ENOMEM.
 */
int read_file(const char *path, char **ret_text, size_t *ret_len);

/* read_file_until() - the same, but ends with -ECANCELED once @stop is set; NULL: it never is */
int read_file_until(const char *path, const atomic_bool *stop, char **ret_text, size_t *ret_len);

/**
 * parse_u64() - a number in decimal, or hexadecimal after 0x, and nothing behind it
 *
 * Return: 0; -EINVAL if it is no such number; -ERANGE if it is above @max.
 */
int parse_u64(const char *text, uint64_t max, uint64_t *ret_value);

/**
 * grow() - make room for one more element of an array
 * @array: the array's pointer, may be NULL
 * @used: elements in use
 * @cap: elements allocated; updated
 * @size: bytes of an element
 *
 * Return: the array, perhaps moved; NULL when memory ran out, the old one untouched.
 */
void *grow(void *array, size_t used, size_t *cap, size_t size);

#endif
