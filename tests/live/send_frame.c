// SPDX-License-Identifier: GPL-2.0-only
/*
 * send_frame IFACE COUNT HEX: sends one Ethernet frame COUNT times, exactly as it is given: a VLAN
 * tag stays where it stands in the bytes, and checksums are what they are.
 */
#include <arpa/inet.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

int main(int argc, char **argv)
{
	struct sockaddr_ll to = {.sll_family = AF_PACKET};
	unsigned char frame[2048];
	size_t len = 0;
	int fd;

	if (argc != 4 || strlen(argv[3]) > 2 * sizeof(frame)) {
		fputs("usage: send_frame IFACE COUNT HEX\n", stderr);
		return 2;
	}
	for (const char *p = argv[3]; p[0] && p[1]; p += 2) {
		char byte[] = {p[0], p[1], '\0'};

		frame[len++] = strtoul(byte, NULL, 16);
	}
	to.sll_ifindex = if_nametoindex(argv[1]);
	fd = socket(AF_PACKET, SOCK_RAW, 0);
	if (fd < 0 || !to.sll_ifindex) {
		perror(argv[1]);
		return 1;
	}
	for (int i = atoi(argv[2]); i > 0; i--) {
		if (sendto(fd, frame, len, 0, (struct sockaddr *)&to, sizeof(to)) != (ssize_t)len) {
			perror("sendto");
			return 1;
		}
	}
	return 0;
}
