// SPDX-License-Identifier: GPL-2.0-only
/*
 * A line a sighting, in columns below a header; below the line, what the options ask for: the
 * stack, the packet's bytes.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "src/columns.h"
#include "src/comment.h"
#include "src/outfile.h"
#include "src/sink.h"
#include "src/timestamps.h"
#include "src/tuple.h"

#define COLOR_HEADER "\033[1m"
#define COLOR_DROP   "\033[31m"
#define COLOR_END    "\033[0m"

struct sink_text {
	struct sink sink;
	const struct printing *printing;
	struct outfile *out;
	struct timestamps *times;
	struct columns columns;
	bool color;
	uint64_t number; /* lines so far */
};

static struct sink_text *self(struct sink *sink)
{
	return (struct sink_text *)((char *)sink - offsetof(struct sink_text, sink));
}

/* ---- the columns, in their order: here what they are, in put_line() what they hold */

#define META_COLUMNS 6

static void add_columns(struct sink_text *s)
{
	const struct printing *p = s->printing;
	struct columns *c = &s->columns;

	if (timestamps_title(s->times))
		columns_add(c, timestamps_title(s->times), timestamps_width(s->times), 40);
	columns_add(c, "ID", 5, 20);
	columns_add(c, "SKB", 18, 18);
	columns_add(c, "CPU", 3, 5);
	columns_add(c, "PROCESS", 16, 32);
	if (p->meta) {
		columns_add(c, "NETNS", 10, 10);
		columns_add(c, "MARK", 10, 10);
		columns_add(c, "IFACE", 10, 22);
		columns_add(c, "PROTO", 6, 6);
		columns_add(c, "MTU", 5, 10);
		columns_add(c, "LEN", 5, 10);
	}
	if (p->cb)
		columns_add(c, "CB", 56, 56);
	if (p->tuple)
		columns_add(c, "TUPLE", 52, 120);
	columns_add(c, "FUNC", 26, 60);
	if (p->caller)
		columns_add(c, "CALLER", 26, 60);
	if (p->tunnel)
		columns_add(c, "TUNNEL", 6, 120);
}

static void put_skb(struct buf *out, const struct ev_hdr *hdr)
{
	if (hdr->flags & EV_F_XDP) {
		buf_putc(out, '-');
		return;
	}
	buf_puts(out, "0x");
	buf_hex(out, hdr->skb, 1);
}

static void put_device(struct buf *out, const struct view *view)
{
	if (!*view->ifname) {
		buf_putc(out, '-');
		return;
	}
	buf_puts(out, view->ifname);
	buf_putc(out, ':');
	buf_u64(out, view->rec->hdr->ifindex);
}

static void put_meta(struct sink_text *s, struct buf *out, const struct view *view)
{
	const struct ev_hdr *hdr = view->rec->hdr;

	if (hdr->flags & EV_F_GONE) {
		for (int i = 0; i < META_COLUMNS; i++) {
			buf_putc(out, '-');
			columns_cell(&s->columns, out);
		}
		return;
	}
	buf_u64(out, hdr->netns);
	columns_cell(&s->columns, out);
	buf_puts(out, "0x");
	buf_hex(out, hdr->mark, 1);
	columns_cell(&s->columns, out);
	put_device(out, view);
	columns_cell(&s->columns, out);
	buf_puts(out, "0x");
	buf_hex(out, view->protocol, 4);
	columns_cell(&s->columns, out);
	buf_u64(out, hdr->mtu);
	columns_cell(&s->columns, out);
	buf_u64(out, hdr->skb_len);
	columns_cell(&s->columns, out);
}

/* The words that BPF programs call cb[0] to cb[4] of their struct __sk_buff, as pwru shows them. */
static void put_cb(struct buf *out, const struct view *view)
{
	uint32_t words[VIEW_CB_WORDS];

	if (!view_cb(view, words)) {
		buf_putc(out, '-');
		return;
	}
	for (size_t i = 0; i < VIEW_CB_WORDS; i++) {
		buf_puts(out, i ? ",0x" : "[0x");
		buf_hex(out, words[i], 8);
	}
	buf_putc(out, ']');
}

static bool has_reason(const struct view *view)
{
	return view->drop && view->rec->hdr->flags & EV_F_REASON;
}

static void put_func(struct buf *out, const struct view *view)
{
	if (*view->func == '?') {
		buf_puts(out, "0x");
		buf_hex(out, view->rec->hdr->func_ip, 1);
	} else {
		buf_puts(out, view->func);
	}
	/* Both as pwru shows them; a BPF program drops nothing itself. */
	if (view->prog) {
		buf_putc(out, '(');
		buf_puts(out, prog_kind_name(view->prog->kind));
		buf_putc(out, ')');
	} else if (has_reason(view)) {
		buf_putc(out, '(');
		buf_puts(out, view->drop);
		buf_putc(out, ')');
	}
}

static void put_caller(struct buf *out, const struct view *view)
{
	size_t len;
	const char *caller = view_caller(view, &len);

	if (caller)
		buf_append(out, caller, len);
	else
		buf_putc(out, '-');
}

/* What is out of the ordinary, in the words of the comments. */
static void put_notes(struct buf *out, const struct view *view)
{
	const struct ev_hdr *hdr = view->rec->hdr;

	for (size_t i = 0; i < view->packet.n_tags; i++) {
		buf_puts(out, i ? "," : " tags=");
		buf_u64(out, view->packet.tags[i] & 0xfff);
	}
	if (hdr->flags & EV_F_STACK)
		buf_puts(out, " via=stack");
	if (hdr->flags & EV_F_GONE)
		buf_puts(out, " freed=1");
	if (hdr->flags & EV_F_SOCK)
		buf_puts(out, " l3=sock");
	if (hdr->flags & EV_F_OPAQUE)
		buf_puts(out, " l3=none");
	if (hdr->nonlinear)
		buf_printf(out, " nonlinear=%u", hdr->nonlinear);
	if (hdr->flags & EV_F_FAULT)
		buf_puts(out, " fault=1");
	comment_fields(out, view);
	if (view->changed)
		buf_printf(out, " changed=%s", view->changed);
	if (view->drop && !has_reason(view))
		buf_printf(out, " drop=%s", view->drop);
	if (view->drop_at)
		buf_printf(out, " drop_at=%s", view->drop_at);
	if (view->dropped)
		buf_printf(out, " lost_before=%llu", (unsigned long long)view->dropped);
}

static void put_identity(struct sink_text *s, struct buf *out, const struct view *view)
{
	const struct ev_hdr *hdr = view->rec->hdr;

	if (timestamps_title(s->times)) {
		timestamps_put(s->times, out, view);
		columns_cell(&s->columns, out);
	}
	buf_u64(out, hdr->id);
	columns_cell(&s->columns, out);
	put_skb(out, hdr);
	columns_cell(&s->columns, out);
	buf_u64(out, hdr->cpu);
	columns_cell(&s->columns, out);
	buf_puts(out, view->comm);
	buf_putc(out, ':');
	buf_u64(out, hdr->tgid);
	columns_cell(&s->columns, out);
}

static void put_cells(struct sink_text *s, struct buf *out, const struct view *view)
{
	const struct printing *p = s->printing;

	columns_begin(&s->columns, out);
	put_identity(s, out, view);
	if (p->meta)
		put_meta(s, out, view);
	if (p->cb) {
		put_cb(out, view);
		columns_cell(&s->columns, out);
	}
	if (p->tuple) {
		if (view->rec->hdr->flags & EV_F_GONE)
			buf_putc(out, '-');
		else
			tuple_put_packet(out, &view->packet, p->tcp_flags);
		columns_cell(&s->columns, out);
	}
	put_func(out, view);
	columns_cell(&s->columns, out);
	if (p->caller) {
		put_caller(out, view);
		columns_cell(&s->columns, out);
	}
	if (p->tunnel) {
		tuple_put_tunnel(out, &view->packet, p->tcp_flags);
		columns_cell(&s->columns, out);
	}
}

/* ---- lines */

/* -# as in tcpdump, in front of all. */
static void put_number(struct sink_text *s, struct buf *out)
{
	if (s->printing->number)
		buf_printf(out, "%5llu  ", (unsigned long long)s->number);
}

static void put_line(struct sink_text *s, struct buf *out, const struct view *view)
{
	const struct printing *p = s->printing;
	bool color = s->color && view->drop;

	s->number++;
	if (color)
		buf_puts(out, COLOR_DROP);
	put_number(s, out);
	put_cells(s, out, view);
	put_notes(out, view);
	if (color)
		buf_puts(out, COLOR_END);
	buf_putc(out, '\n');
	if (p->stack && *view->stack) {
		buf_puts(out, view->stack);
		buf_putc(out, '\n');
	}
	for (int kind = 0; kind < EV_DUMPS; kind++)
		if (view_dump(view, kind))
			dumper_lines(view->dumper, view_dump(view, kind), out);
	if (hexdump_wanted(&p->dump))
		hexdump_put(out, &p->dump, &view->frame, view->packet.link_len);
}

static int put_header(struct sink_text *s)
{
	struct buf *out = outfile_buf(s->out);

	if (s->color)
		buf_puts(out, COLOR_HEADER);
	if (s->printing->number)
		buf_puts(out, "    #  ");
	columns_header(&s->columns, out);
	if (s->color && !buf_error(out)) {
		buf_cut(out, out->len - 1);
		buf_puts(out, COLOR_END "\n");
	}
	return outfile_mark(s->out, OUTFILE_OTHER);
}

static int text_packet(struct sink *sink, const struct view *view)
{
	struct sink_text *s = self(sink);

	put_line(s, outfile_buf(s->out), view);
	return outfile_mark(s->out, OUTFILE_PACKET);
}

static int text_flush(struct sink *sink)
{
	return outfile_flush(self(sink)->out);
}

static int text_close(struct sink *sink, struct sink_stats *ret_stats)
{
	struct sink_text *s = self(sink);
	struct outfile_stats stats;
	int err = outfile_close(s->out, &stats);

	*ret_stats = (struct sink_stats){.written = stats.written, .failed = stats.lost};
	timestamps_free(s->times);
	free(s);
	return err;
}

/* On a terminal, unless the user does not want it: see no-color.org. */
static bool wants_color(const struct printing *p)
{
	const char *no_color = getenv("NO_COLOR"), *term = getenv("TERM");

	return printing_to_stdout(p) && isatty(STDOUT_FILENO) && !(no_color && *no_color) &&
	       !(term && !strcmp(term, "dumb"));
}

int sink_text_open(const struct sink_info *info, struct sink **ret_sink)
{
	const struct printing *p = info->printing;
	struct outfile_opts opts = {.packet_buffered = info->packet_buffered, .terminal = true};
	struct sink_text *s = calloc(1, sizeof(*s));
	struct sink_stats unused;
	int err = 0;

	if (!s)
		return -ENOMEM;
	s->sink = (struct sink){
		.path = printing_to_stdout(p) ? "standard output" : p->path,
		.packet = text_packet,
		.flush = text_flush,
		.sync = text_flush,
		.close = text_close,
	};
	s->printing = p;
	s->color = wants_color(p);
	s->times = timestamps_new(p->time, p->micro);
	if (!s->times)
		err = -ENOMEM;
	if (!err)
		err = outfile_open(p->path ? p->path : "-", &opts, &s->out);
	if (!err) {
		add_columns(s);
		err = put_header(s);
	}
	if (!err)
		err = outfile_flush(s->out);
	if (err) {
		text_close(&s->sink, &unused);
		return err;
	}
	*ret_sink = &s->sink;
	return 0;
}
