// SPDX-License-Identifier: GPL-2.0-only
#include "src/options_tcpdump.h"

#include <errno.h>

#include "src/log.h"
#include "src/util.h"

static const struct {
	int key;
	const char *why;
} refusals[] = {
	{'e',
	 "text has no link-layer header; -xx and --output-json (smac, dmac, ether_type) show it, "
	 "and so does the file of -w"},
	{'L', "link types do not depend on the device; --help lists those of --linktype"},
	{'O',
	 "the expression becomes part of the tracing programs, and the kernel's verifier needs "
	 "it optimized; leave -O out"},
	{'r', "pwru-cap captures; tcpdump -r, tshark -r and wireshark read its files"},
	{'y', "the link type is chosen by --linktype"},
};

int options_refuse(int key)
{
	for (size_t i = 0; i < ARRAY_SIZE(refusals); i++)
		if (refusals[i].key == key)
			log_error("-%c: %s", key, refusals[i].why);
	return -EINVAL;
}
