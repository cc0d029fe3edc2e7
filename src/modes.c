// SPDX-License-Identifier: GPL-2.0-only
#include "src/modes.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "src/changes.h"
#include "src/log.h"

static int open_changes(const struct options *opts, struct modes *m)
{
	m->changes = changes_new(opts->snaplen, CHANGES_BYTES);
	if (m->changes)
		log_verbose("--changes: frames are compared with those before in at most %zu MiB "
			    "of memory",
			    CHANGES_BYTES >> 20);
	return m->changes ? 0 : -ENOMEM;
}

static int open_recorder(const struct options *opts, const struct func_roles *roles,
			 struct reasons *reasons, struct modes *m)
{
	struct recorder_opts r = {
		.last = opts->last,
		.bytes = RECORDER_BYTES,
		.reasons = &m->reasons,
		.release = roles->release,
		.data = roles->data,
	};
	char last[48] = "all";
	int err = 0;

	if (!roles->drop[0].ip) {
		log_error("%s: no function of this kernel that drops packets can be traced",
			  opts->drop_option);
		return -EINVAL;
	}
	if (opts->drop_reasons)
		err = reason_set_parse(reasons, opts->drop_option, opts->drop_reasons, &m->reasons);
	if (err)
		return err;
	m->recorder = recorder_new(&r);
	if (opts->last != UINT64_MAX)
		snprintf(last, sizeof(last), "the last %" PRIu64, opts->last);
	if (m->recorder)
		log_verbose("%s: %s sightings of each packet are kept, in at most %zu MiB of "
			    "memory",
			    opts->drop_option, last, RECORDER_BYTES >> 20);
	return m->recorder ? 0 : -ENOMEM;
}

int modes_open(const struct options *opts, const struct func_roles *roles, struct reasons *reasons,
	       struct modes *ret_modes)
{
	int err = opts->changes ? open_changes(opts, ret_modes) : 0;

	if (!err && opts->drop_option)
		err = open_recorder(opts, roles, reasons, ret_modes);
	if (err == -ENOMEM)
		log_error("keeping sightings: %s", strerror(-err));
	return err;
}

void modes_connect(struct modes *modes, struct capture *capture)
{
	struct stage *next = capture_writer(capture), *stage;

	if (modes->recorder) {
		stage = recorder_stage(modes->recorder);
		stage->next = next;
		next = stage;
	}
	if (modes->changes) {
		stage = changes_stage(modes->changes);
		stage->next = next;
		next = stage;
	}
	capture->first = next;
}

void modes_end(struct modes *modes, struct left_out *ret_left)
{
	*ret_left = (struct left_out){0};
	if (modes->changes)
		ret_left->unchanged = changes_unchanged(modes->changes);
	if (modes->recorder)
		recorder_end(modes->recorder, &ret_left->recorder);
}

void modes_free(struct modes *modes)
{
	changes_free(modes->changes);
	recorder_free(modes->recorder);
	reason_set_free(&modes->reasons);
	*modes = (struct modes){0};
}
