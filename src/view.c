// SPDX-License-Identifier: GPL-2.0-only
#include "src/view.h"

#include <bpf/libbpf.h>
#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "src/log.h"

struct view_state {
	struct ksyms *syms;
	bool syms_tried;
	struct wall_clock clock;
	uint32_t snaplen;
	uint64_t *lost; /* ev_hdr.lost of the latest record of each CPU */
	size_t n_cpus;
};

int view_open(uint32_t snaplen, struct view_state **ret_state)
{
	struct view_state *state = calloc(1, sizeof(*state));
	int cpus = libbpf_num_possible_cpus();

	if (!state)
		return -ENOMEM;
	state->snaplen = snaplen;
	state->n_cpus = cpus > 0 ? cpus : 1;
	state->lost = calloc(state->n_cpus, sizeof(*state->lost));
	if (!state->lost) {
		free(state);
		return -ENOMEM;
	}
	clock_sync(&state->clock);
	*ret_state = state;
	return 0;
}

void view_load_symbols(struct view_state *state)
{
	int err;

	if (state->syms_tried)
		return;
	state->syms_tried = true;
	err = ksyms_read(NULL, &state->syms);
	if (err == -EPERM)
		log_info("/proc/kallsyms hides the addresses (sysctl kernel.kptr_restrict): functions "
			 "are shown as addresses");
	else if (err)
		log_info("/proc/kallsyms: %s: functions are shown as addresses", strerror(-err));
}

void view_sync_clock(struct view_state *state)
{
	clock_sync(&state->clock);
}

static uint64_t newly_lost(struct view_state *state, const struct ev_hdr *hdr)
{
	uint64_t before;

	if (hdr->cpu >= state->n_cpus)
		return 0;
	before = state->lost[hdr->cpu];
	/* Programs that nest deliver out of order. */
	if (hdr->lost <= before)
		return 0;
	state->lost[hdr->cpu] = hdr->lost;
	return hdr->lost - before;
}

void view_make(struct view_state *state, const struct record *rec, struct view *ret_view)
{
	const struct ev_hdr *hdr = rec->hdr;
	const struct ksym *sym;

	view_load_symbols(state);
	sym = view_symbol(state, hdr->func_ip);
	ret_view->rec = rec;
	ret_view->state = state;
	ret_view->time_ns = clock_wall_ns(&state->clock, hdr->time_ns);
	ret_view->dropped = newly_lost(state, hdr);
	ret_view->func = sym ? sym->name : "?";
	ret_view->module = sym ? sym->module : NULL;
	utf8_sanitize(ret_view->comm, sizeof(ret_view->comm), hdr->comm,
		      strnlen(hdr->comm, sizeof(hdr->comm)));
	utf8_sanitize(ret_view->ifname, sizeof(ret_view->ifname), hdr->ifname,
		      strnlen(hdr->ifname, sizeof(hdr->ifname)));
	frame_build(hdr->l2, rec->raw, hdr->raw_len, state->snaplen, &ret_view->frame);
}

const struct ksym *view_symbol(const struct view_state *state, uint64_t addr)
{
	return state->syms ? ksyms_find(state->syms, addr) : NULL;
}

void view_close(struct view_state *state)
{
	if (!state)
		return;
	ksyms_free(state->syms);
	free(state->lost);
	free(state);
}
