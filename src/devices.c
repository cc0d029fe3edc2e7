// SPDX-License-Identifier: GPL-2.0-only
#include "src/devices.h"

#include <errno.h>
#include <linux/if.h>
#include <linux/rtnetlink.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "src/util.h"

/* The kernel fills at most this much at a time (NLMSG_GOODSIZE is less, but dumps may have more).
 */
#define ANSWER_BYTES (64 * 1024)

static void take_attribute(const struct rtattr *attr, struct device *device)
{
	size_t len = RTA_PAYLOAD(attr);

	switch (attr->rta_type) {
	case IFLA_IFNAME:
		if (len >= sizeof(device->name))
			len = sizeof(device->name) - 1;
		memcpy(device->name, RTA_DATA(attr), len);
		break;
	case IFLA_CARRIER:
		device->has_carrier = len > 0;
		device->carrier = len > 0 && *(const uint8_t *)RTA_DATA(attr);
		break;
	}
}

static int add_device(const struct nlmsghdr *msg, struct devices *devices)
{
	const struct ifinfomsg *info = NLMSG_DATA(msg);
	const struct rtattr *attr;
	struct device device = {0}, *v;
	int len = msg->nlmsg_len - NLMSG_LENGTH(sizeof(*info));

	if (len < 0)
		return -EBADMSG;
	device.ifindex = info->ifi_index;
	device.flags = info->ifi_flags;
	for (attr = IFLA_RTA(info); RTA_OK(attr, len); attr = RTA_NEXT(attr, len))
		take_attribute(attr, &device);
	v = grow(devices->v, devices->n, &devices->cap, sizeof(*v));
	if (!v)
		return -ENOMEM;
	devices->v = v;
	v[devices->n++] = device;
	return 0;
}

static int answered_error(const struct nlmsghdr *msg)
{
	const struct nlmsgerr *err = NLMSG_DATA(msg);

	return msg->nlmsg_len < NLMSG_LENGTH(sizeof(*err)) ? -EBADMSG : err->error;
}

int devices_parse(const void *data, size_t len, struct devices *devices, bool *ret_done)
{
	const struct nlmsghdr *msg = data;
	int err = 0;

	*ret_done = false;
	for (; !err && len; len -= NLMSG_ALIGN(msg->nlmsg_len),
			    msg = (const void *)((const char *)msg + NLMSG_ALIGN(msg->nlmsg_len))) {
		/* NLMSG_OK(), and the padding has to be there too. */
		if (len < sizeof(*msg) || msg->nlmsg_len < sizeof(*msg) ||
		    NLMSG_ALIGN((size_t)msg->nlmsg_len) > len)
			return -EBADMSG;
		if (msg->nlmsg_type == NLMSG_DONE) {
			*ret_done = true;
			return 0;
		}
		if (msg->nlmsg_type == NLMSG_ERROR)
			err = answered_error(msg);
		else if (msg->nlmsg_type == RTM_NEWLINK)
			err = add_device(msg, devices);
	}
	return err;
}

static int ask(int fd)
{
	const struct {
		struct nlmsghdr header;
		struct ifinfomsg info;
	} request = {
		.header.nlmsg_len = sizeof(request),
		.header.nlmsg_type = RTM_GETLINK,
		.header.nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP,
		.info.ifi_family = AF_UNSPEC,
	};

	return send(fd, &request, sizeof(request), 0) < 0 ? -errno : 0;
}

static int read_answers(int fd, struct devices *devices)
{
	void *answer = malloc(ANSWER_BYTES);
	bool done = false;
	int err = answer ? 0 : -ENOMEM;

	while (!err && !done) {
		ssize_t n = recv(fd, answer, ANSWER_BYTES, MSG_TRUNC);

		if (n < 0)
			err = errno == EINTR ? 0 : -errno;
		else
			err = n > ANSWER_BYTES ? -EMSGSIZE
					       : devices_parse(answer, n, devices, &done);
	}
	free(answer);
	return err;
}

int devices_read(struct devices *devices)
{
	int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);
	int err;

	if (fd < 0)
		return -errno;
	err = ask(fd);
	if (!err)
		err = read_answers(fd, devices);
	close(fd);
	return err;
}

void device_flags(struct buf *out, const struct device *device)
{
	static const struct {
		uint32_t flag;
		const char *name;
	} names[] = {{IFF_UP, "Up"}, {IFF_RUNNING, "Running"}, {IFF_LOOPBACK, "Loopback"}};
	const char *separator = " [";

	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		if (!(device->flags & names[i].flag))
			continue;
		buf_printf(out, "%s%s", separator, names[i].name);
		separator = ", ";
	}
	/* A device that is down is not asked for its link, and loopback has none. */
	if (device->flags & IFF_UP && !(device->flags & IFF_LOOPBACK) && device->has_carrier) {
		buf_printf(out, "%s%s", separator, device->carrier ? "Connected" : "Disconnected");
		separator = ", ";
	}
	buf_puts(out, *separator == ' ' ? " [none]" : "]");
}
