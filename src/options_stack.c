// SPDX-License-Identifier: GPL-2.0-only
#include "src/options_stack.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "bpf/event.h"
#include "src/log.h"
#include "src/options_table.h"
#include "src/util.h"

/* The function itself is the first entry, its caller the second. */
#define CALLER_DEPTH 2

static int set_depth(struct options *o, const char *text)
{
	uint64_t depth = EV_STACK_MAX;

	if (strcmp(text, "all") && parse_u64(text, EV_STACK_MAX, &depth)) {
		log_error("--stack-depth %s: neither a number of entries from 0 to %d nor all",
			  text, EV_STACK_MAX);
		return -EINVAL;
	}
	o->stack_depth = depth;
	o->stack_depth_given = true;
	return 0;
}

int options_set_stack(struct options *o, int key, const char *arg)
{
	return set_depth(o, key == OPT_NO_STACK ? "0" : arg);
}

int options_check_stack(const struct options *o)
{
	if (!o->stack_depth && o->printing.stack) {
		log_error("--output-stack: with --no-stack (or --stack-depth 0) there is none; "
			  "leave one of them out");
		return -EINVAL;
	}
	if (o->stack_depth && o->stack_depth_given && !o->write_path && !o->printing.stack) {
		log_error(
			"--stack-depth: nothing shows stacks: add -w FILE or --output-stack, or leave it out");
		return -EINVAL;
	}
	if (o->stack_depth < CALLER_DEPTH && o->printing.caller) {
		log_error("--output-caller: the caller is the second entry of the stack: it takes "
			  "--stack-depth %d at least",
			  CALLER_DEPTH);
		return -EINVAL;
	}
	return 0;
}

uint32_t options_stack_depth(const struct options *o)
{
	if (o->write_path || o->printing.stack)
		return o->stack_depth;
	return o->printing.caller ? CALLER_DEPTH : 0;
}
