// SPDX-License-Identifier: GPL-2.0-only
#include <dirent.h>
#include <errno.h>
#include <linux/if.h>
#include <linux/rtnetlink.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "src/devices.h"
#include "src/util.h"

/* ---- answers */

static void put_attribute(struct buf *b, uint16_t type, const void *value, size_t len)
{
	const struct rtattr attr = {.rta_len = sizeof(attr) + len, .rta_type = type};

	buf_append(b, &attr, sizeof(attr));
	buf_append(b, value, len);
	buf_align4(b);
}

/* A message of its own length, whose header is filled in when all of it is there. */
static void end_message(struct buf *b, size_t start, uint16_t type)
{
	const struct nlmsghdr header = {.nlmsg_len = b->len - start, .nlmsg_type = type};

	memcpy(b->data + start, &header, sizeof(header));
}

static void put_link(struct buf *b, int ifindex, uint32_t flags, const char *name, int carrier)
{
	const struct ifinfomsg info = {.ifi_index = ifindex, .ifi_flags = flags};
	const uint8_t byte = carrier;
	size_t start = b->len;

	buf_zero(b, sizeof(struct nlmsghdr));
	buf_append(b, &info, sizeof(info));
	/* An attribute that is not known, of a length that needs padding. */
	put_attribute(b, IFLA_QDISC, "noqueue", 8);
	put_attribute(b, IFLA_IFNAME, name, strlen(name) + 1);
	if (carrier >= 0)
		put_attribute(b, IFLA_CARRIER, &byte, 1);
	end_message(b, start, RTM_NEWLINK);
}

static void put_done(struct buf *b)
{
	size_t start = b->len;

	buf_zero(b, sizeof(struct nlmsghdr) + 4);
	end_message(b, start, NLMSG_DONE);
}

static void put_error(struct buf *b, int error)
{
	const struct nlmsgerr err = {.error = error};
	size_t start = b->len;

	buf_zero(b, sizeof(struct nlmsghdr));
	buf_append(b, &err, sizeof(err));
	end_message(b, start, NLMSG_ERROR);
}

static void test_parse(void **state)
{
	struct devices d = {0};
	struct buf b = {0};
	bool done = true;

	(void)state;
	put_link(&b, 1, IFF_UP | IFF_LOOPBACK, "lo", 1);
	put_link(&b, 70000, IFF_UP, "fifteen-letters", 0);
	assert_int_equal(devices_parse(b.data, b.len, &d, &done), 0);
	assert_false(done);
	buf_reset(&b);
	put_link(&b, 3, 0, "no-carrier", -1);
	put_done(&b);
	/* Nobody looks behind the end. */
	buf_zero(&b, 4);
	assert_int_equal(devices_parse(b.data, b.len, &d, &done), 0);
	assert_true(done);

	assert_int_equal(d.n, 3);
	assert_string_equal(d.v[0].name, "lo");
	assert_int_equal(d.v[0].flags, IFF_UP | IFF_LOOPBACK);
	assert_true(d.v[0].has_carrier && d.v[0].carrier);
	assert_string_equal(d.v[1].name, "fifteen-letters");
	assert_int_equal(d.v[1].ifindex, 70000);
	assert_true(d.v[1].has_carrier && !d.v[1].carrier);
	assert_string_equal(d.v[2].name, "no-carrier");
	assert_false(d.v[2].has_carrier);
	buf_free(&b);
	free(d.v);
}

/* Whatever is cut off, nothing is read behind the end (the sanitizers look), and all is noticed. */
static void test_parse_cut(void **state)
{
	struct devices d = {0};
	struct buf b = {0};
	bool done;

	(void)state;
	put_link(&b, 1, IFF_UP, "eth0", 1);
	for (size_t len = 1; len < b.len; len++) {
		uint8_t *part = malloc(len);

		assert_non_null(part);
		memcpy(part, b.data, len);
		assert_int_equal(devices_parse(part, len, &d, &done), -EBADMSG);
		free(part);
	}
	/* A message that is shorter than its kind, and one of no length at all. */
	((struct nlmsghdr *)b.data)->nlmsg_len = NLMSG_HDRLEN;
	assert_int_equal(devices_parse(b.data, NLMSG_HDRLEN, &d, &done), -EBADMSG);
	((struct nlmsghdr *)b.data)->nlmsg_len = 0;
	assert_int_equal(devices_parse(b.data, b.len, &d, &done), -EBADMSG);
	assert_int_equal(d.n, 0);

	buf_reset(&b);
	put_error(&b, -EPERM);
	assert_int_equal(devices_parse(b.data, b.len, &d, &done), -EPERM);
	buf_free(&b);
}

/* The kernel's own answer has what /sys shows. */
static void test_read(void **state)
{
	DIR *dir = opendir("/sys/class/net");
	struct devices d = {0};
	struct dirent *entry;

	(void)state;
	if (!dir) {
		print_message("SKIP: no /sys/class/net\n");
		skip();
	}
	assert_int_equal(devices_read(&d), 0);
	while ((entry = readdir(dir))) {
		char path[300], *text;
		uint64_t index;
		size_t i;

		snprintf(path, sizeof(path), "/sys/class/net/%s/ifindex", entry->d_name);
		if (*entry->d_name == '.' || read_file(path, &text, NULL))
			continue;
		text[strcspn(text, "\n")] = '\0';
		assert_int_equal(parse_u64(text, UINT32_MAX, &index), 0);
		free(text);
		for (i = 0; i < d.n && strcmp(d.v[i].name, entry->d_name); i++)
			;
		if (i == d.n)
			fail_msg("%s is missing", entry->d_name);
		assert_int_equal(d.v[i].ifindex, index);
	}
	closedir(dir);
	free(d.v);
}

/* The names of tcpdump -D. */
static const struct {
	struct device device;
	const char *text;
} rows[] = {
	{{.flags = 0}, " [none]"},
	{{.flags = IFF_UP}, " [Up]"},
	{{.flags = IFF_UP | IFF_RUNNING, .has_carrier = true, .carrier = true},
	 " [Up, Running, Connected]"},
	{{.flags = IFF_UP, .has_carrier = true}, " [Up, Disconnected]"},
	{{.flags = IFF_UP | IFF_RUNNING | IFF_LOOPBACK, .has_carrier = true, .carrier = true},
	 " [Up, Running, Loopback]"},
	{{.flags = IFF_BROADCAST, .has_carrier = true, .carrier = true}, " [none]"},
};

static void test_flags(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct buf b = {0};

		device_flags(&b, &rows[i].device);
		assert_string_equal(buf_str(&b), rows[i].text);
		buf_free(&b);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_parse),
		cmocka_unit_test(test_parse_cut),
		cmocka_unit_test(test_read),
		cmocka_unit_test(test_flags),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
