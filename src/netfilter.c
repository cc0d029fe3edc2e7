// SPDX-License-Identifier: GPL-2.0-only
/*
 * Numbers of include/uapi/linux/netfilter.h, netfilter_arp.h and netfilter_bridge.h of the kernel.
 */
#include "src/netfilter.h"

#include <linux/netfilter.h>
#include <stdbool.h>
#include <stddef.h>

#include "src/util.h"

static const char *const inet[] = {
	[NF_INET_PRE_ROUTING] = "prerouting",	[NF_INET_LOCAL_IN] = "input",
	[NF_INET_FORWARD] = "forward",		[NF_INET_LOCAL_OUT] = "output",
	[NF_INET_POST_ROUTING] = "postrouting", [5] = "ingress",
};

static const char *const bridge[] = {
	"prerouting", "input", "forward", "output", "postrouting", "brouting",
};

static const char *const arp[] = {"input", "output", "forward"};

static const char *const netdev[] = {"ingress", "egress"};

static const struct {
	const char *name;
	const char *const *hooks;
	size_t n_hooks;
} families[] = {
	[1] = {"inet", inet, ARRAY_SIZE(inet)},
	[NFPROTO_IPV4] = {"ipv4", inet, ARRAY_SIZE(inet)},
	[NFPROTO_ARP] = {"arp", arp, ARRAY_SIZE(arp)},
	[5] = {"netdev", netdev, ARRAY_SIZE(netdev)},
	[NFPROTO_BRIDGE] = {"bridge", bridge, ARRAY_SIZE(bridge)},
	[NFPROTO_IPV6] = {"ipv6", inet, ARRAY_SIZE(inet)},
};

void netfilter_put_hook(struct buf *out, unsigned int family, unsigned int hook)
{
	const bool known = family < ARRAY_SIZE(families) && families[family].name;

	if (known)
		buf_puts(out, families[family].name);
	else
		buf_u64(out, family);
	buf_putc(out, '/');
	if (known && hook < families[family].n_hooks)
		buf_puts(out, families[family].hooks[hook]);
	else
		buf_u64(out, hook);
}

const char *netfilter_verdict(int ret)
{
	if (ret < 0)
		return "DROP";
	return ret ? "ACCEPT" : "STOLEN";
}
