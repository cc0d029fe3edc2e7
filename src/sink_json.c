// SPDX-License-Identifier: GPL-2.0-only
/*
 * A line of JSON a sighting: the facts that the comments have, the headers, and what the options
 * ask for.  samples/output.schema.json describes it; a test holds the two together.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "src/facts.h"
#include "src/json_line.h"
#include "src/outfile.h"
#include "src/sink.h"
#include "src/timestamps.h"
#include "src/tuple.h"

struct sink_json {
	struct sink sink;
	const struct printing *printing;
	struct outfile *out;
	struct timestamps *times;
	struct json_line *line;
	struct buf text;   /* of a struct */
	uint64_t number;   /* lines so far */
	uint64_t unmarked; /* packets that failed before the output saw them */
};

static struct sink_json *self(struct sink *sink)
{
	return (struct sink_json *)((char *)sink - offsetof(struct sink_json, sink));
}

static void put_text(struct json_line *j, const char *key, const char *text)
{
	json_line_text(j, key, text, strlen(text));
}

/* Many readers of JSON take numbers for floating point: beyond this they are not exact there. */
#define EXACT_MAX (1LL << 53)

/* Numbers beyond become strings. */
static void put_number(struct sink_json *s, const struct fact *fact)
{
	struct buf *out = outfile_buf(s->out);
	const int64_t number = (int64_t)fact->number;

	if (fact->kind == FACT_INT && number >= -EXACT_MAX && number <= EXACT_MAX) {
		json_line_int(s->line, fact->key, number);
		return;
	}
	if (fact->kind != FACT_INT && fact->number <= EXACT_MAX) {
		json_line_uint(s->line, fact->key, fact->number);
		return;
	}
	json_line_word(s->line, fact->key);
	if (fact->kind == FACT_INT && number < 0)
		buf_putc(out, '-');
	if (fact->kind == FACT_HEX) {
		buf_puts(out, "0x");
		buf_hex(out, fact->number, 1);
	} else {
		buf_u64(out, fact->kind == FACT_INT && number < 0 ? -fact->number : fact->number);
	}
	json_line_word_end(s->line);
}

static void put_none(struct json_line *j, const struct fact *fact)
{
	if (!strcmp(fact->text, "null")) {
		json_line_null(j, fact->key);
		return;
	}
	json_line_object(j, fact->key);
	put_text(j, "error", fact->text);
	json_line_close(j);
}

static void put_fact(void *ctx, const struct fact *fact)
{
	struct sink_json *s = ctx;

	switch (fact->kind) {
	case FACT_UINT:
	case FACT_HEX:
	case FACT_INT:
		put_number(s, fact);
		break;
	case FACT_ADDR:
		json_line_word(s->line, fact->key);
		buf_puts(outfile_buf(s->out), "0x");
		buf_hex(outfile_buf(s->out), fact->number, 1);
		json_line_word_end(s->line);
		break;
	case FACT_BOOL:
		json_line_bool(s->line, fact->key, fact->number);
		break;
	case FACT_NONE:
		put_none(s->line, fact);
		break;
	case FACT_GROUP:
		json_line_object(s->line, fact->key);
		break;
	case FACT_LIST:
		json_line_array(s->line, fact->key);
		break;
	case FACT_END:
		json_line_close(s->line);
		break;
	case FACT_TEXT:
		put_text(s->line, fact->key, fact->text);
		break;
	case FACT_FLAG:
		json_line_true(s->line, fact->key);
		break;
	}
}

static void put_times(struct sink_json *s, const struct view *view)
{
	struct buf *out = outfile_buf(s->out);
	const enum time_style style = s->printing->time;

	json_line_word(s->line, "time");
	timestamps_put_utc(s->times, out, view->time_ns);
	json_line_word_end(s->line);
	/* As text would show it; that of day is in the other one already. */
	if (style == TIME_DAY || style == TIME_NONE)
		return;
	json_line_word(s->line, "timestamp");
	timestamps_put(s->times, out, view);
	json_line_word_end(s->line);
}

/* ---- headers */

static void put_addr(struct sink_json *s, const char *key, const struct headers *h,
		     const uint8_t *addr)
{
	json_line_word(s->line, key);
	tuple_put_addr(outfile_buf(s->out), h, addr);
	json_line_word_end(s->line);
}

static void put_mac(struct sink_json *s, const char *key, const uint8_t *mac)
{
	json_line_word(s->line, key);
	tuple_put_mac(outfile_buf(s->out), mac);
	json_line_word_end(s->line);
}

static void put_name(struct json_line *j, const char *key, const char *name)
{
	if (name)
		put_text(j, key, name);
}

static void put_transport(struct sink_json *s, const struct headers *h)
{
	struct json_line *j = s->line;

	if (h->transport == TRANSPORT_PORTS || h->transport == TRANSPORT_TCP) {
		json_line_uint(j, "sport", h->sport);
		json_line_uint(j, "dport", h->dport);
	}
	if (h->transport == TRANSPORT_TCP) {
		json_line_word(j, "tcp_flags");
		tuple_put_tcp_flags(outfile_buf(s->out), h->tcp_flags);
		json_line_word_end(j);
	}
	if (h->transport != TRANSPORT_ICMP)
		return;
	put_name(j, "icmp", tuple_icmp_name(h));
	json_line_uint(j, "icmp_type", h->icmp_type);
	json_line_uint(j, "icmp_code", h->icmp_code);
	if (h->flags & HEADERS_ECHO) {
		json_line_uint(j, "icmp_id", h->icmp_id);
		json_line_uint(j, "icmp_seq", h->icmp_seq);
	}
}

static void put_ip(struct sink_json *s, const struct headers *h)
{
	struct json_line *j = s->line;

	json_line_uint(j, "proto", h->proto);
	put_name(j, "proto_name", tuple_proto_name(h->proto));
	json_line_uint(j, "ttl", h->ttl);
	put_transport(s, h);
	if (!(h->flags & HEADERS_FRAGMENT))
		return;
	json_line_object(j, "fragment");
	json_line_uint(j, "id", h->frag_id);
	json_line_uint(j, "offset", h->frag_offset);
	if (h->flags & HEADERS_MORE)
		json_line_true(j, "more");
	json_line_close(j);
}

static void put_arp(struct sink_json *s, const struct headers *h)
{
	put_name(s->line, "arp", tuple_arp_name(h->arp_op));
	json_line_uint(s->line, "arp_op", h->arp_op);
	put_mac(s, "arp_mac", h->arp_mac);
}

static void put_headers(struct sink_json *s, const struct headers *h)
{
	static const char *const families[] = {
		[NET_NONE] = "none", [NET_IPV4] = "ipv4", [NET_IPV6] = "ipv6", [NET_ARP] = "arp"};
	struct json_line *j = s->line;

	json_line_object(j, "tuple");
	json_line_word(j, "family");
	buf_puts(outfile_buf(s->out), families[h->net]);
	json_line_word_end(j);
	if (h->net != NET_NONE) {
		put_addr(s, "saddr", h, h->saddr);
		put_addr(s, "daddr", h, h->daddr);
	}
	if (h->net == NET_ARP)
		put_arp(s, h);
	else if (h->net != NET_NONE)
		put_ip(s, h);
	if (h->flags & HEADERS_SHORT)
		json_line_true(j, "short");
	json_line_close(j);
}

static void put_link(struct sink_json *s, const struct view *view)
{
	const struct packet *packet = &view->packet;
	struct json_line *j = s->line;

	if (packet->macs) {
		put_mac(s, "smac", packet->macs + 6);
		put_mac(s, "dmac", packet->macs);
	}
	json_line_uint(j, "ether_type", packet->type);
	if (!packet->n_tags)
		return;
	json_line_array(j, "tags");
	for (size_t i = 0; i < packet->n_tags; i++)
		json_line_uint(j, NULL, packet->tags[i] & 0xfff);
	json_line_close(j);
}

static void put_packet(struct sink_json *s, const struct view *view)
{
	const struct packet *packet = &view->packet;
	struct json_line *j = s->line;

	json_line_uint(j, "frame_len", view->rec->hdr->wire_len);
	json_line_uint(j, "caplen", view->frame.caplen);
	put_link(s, view);
	put_headers(s, &packet->outer);
	if (packet->tunnel == TUNNEL_NONE)
		return;
	json_line_object(j, "tunnel");
	put_name(j, "kind", tuple_tunnel_name(packet->tunnel));
	if (packet->has_vni)
		json_line_uint(j, "vni", packet->vni);
	put_headers(s, &packet->inner);
	json_line_close(j);
}

/* ---- what the options ask for */

static void put_stack(struct json_line *j, const char *stack)
{
	json_line_array(j, "stack");
	for (size_t n; *stack; stack += n + (stack[n] == '\n')) {
		n = strcspn(stack, "\n");
		json_line_text(j, NULL, stack, n);
	}
	json_line_close(j);
}

/* The text of a struct; null if there is none; or else where it is, and what is wrong. */
static void put_dump(struct sink_json *s, const struct view *view, const struct ev_dump *dump)
{
	const char *key = printing_struct(dump->kind);
	int err;

	if (!dump->addr) {
		json_line_null(s->line, key);
		return;
	}
	buf_reset(&s->text);
	err = dumper_text(view->dumper, dump, &s->text);
	if (!err) {
		json_line_text(s->line, key, (const char *)s->text.data, s->text.len);
		return;
	}
	json_line_object(s->line, key);
	json_line_word(s->line, "address");
	buf_puts(outfile_buf(s->out), "0x");
	buf_hex(outfile_buf(s->out), dump->addr, 1);
	json_line_word_end(s->line);
	put_text(s->line, "error", strerror(-err));
	json_line_close(s->line);
}

static void put_dumps(struct sink_json *s, const struct view *view)
{
	bool any = false;

	for (int kind = 0; kind < EV_DUMPS; kind++) {
		const struct ev_dump *dump = view_dump(view, kind);

		if (!dump)
			continue;
		if (!any)
			json_line_object(s->line, "dump");
		any = true;
		put_dump(s, view, dump);
	}
	if (any)
		json_line_close(s->line);
}

static void put_extras(struct sink_json *s, const struct view *view)
{
	struct json_line *j = s->line;
	uint32_t words[VIEW_CB_WORDS];
	const char *caller;
	size_t len;

	caller = view_caller(view, &len);
	if (caller)
		json_line_text(j, "caller", caller, len);
	if (view_cb(view, words)) {
		json_line_array(j, "cb");
		for (size_t i = 0; i < VIEW_CB_WORDS; i++)
			json_line_uint(j, NULL, words[i]);
		json_line_close(j);
	}
	/* Of what is recorded for --output-caller alone, or for the file of -w, it is not shown. */
	if (*view->stack && s->printing->stack)
		put_stack(j, view->stack);
	put_dumps(s, view);
}

static int json_packet(struct sink *sink, const struct view *view)
{
	struct sink_json *s = self(sink);
	struct buf *out = outfile_buf(s->out);
	size_t before = out->len;
	int err;

	s->number++;
	json_line_begin(s->line, out);
	if (s->printing->number)
		json_line_uint(s->line, "number", s->number);
	put_times(s, view);
	facts_tell(view, put_fact, s);
	put_packet(s, view);
	put_extras(s, view);
	err = json_line_end(s->line);
	if (err) {
		buf_cut(out, before);
		s->unmarked++;
		return err;
	}
	return outfile_mark(s->out, OUTFILE_PACKET);
}

static int json_flush(struct sink *sink)
{
	return outfile_flush(self(sink)->out);
}

static int json_close(struct sink *sink, struct sink_stats *ret_stats)
{
	struct sink_json *s = self(sink);
	struct outfile_stats stats;
	int err = outfile_close(s->out, &stats);

	*ret_stats = (struct sink_stats){
		.written = stats.written,
		.failed = stats.lost + s->unmarked,
	};
	timestamps_free(s->times);
	json_line_free(s->line);
	buf_free(&s->text);
	free(s);
	return err;
}

int sink_json_open(const struct sink_info *info, struct sink **ret_sink)
{
	const struct printing *p = info->printing;
	struct outfile_opts opts = {.packet_buffered = info->packet_buffered, .terminal = true};
	struct sink_json *s = calloc(1, sizeof(*s));
	struct sink_stats unused;
	int err = 0;

	if (!s)
		return -ENOMEM;
	s->sink = (struct sink){
		.path = printing_to_stdout(p) ? "standard output" : p->path,
		.packet = json_packet,
		.flush = json_flush,
		.sync = json_flush,
		.close = json_close,
	};
	s->printing = p;
	s->times = timestamps_new(p->time, p->micro);
	s->line = json_line_new();
	if (!s->times || !s->line)
		err = -ENOMEM;
	if (!err)
		err = outfile_open(p->path ? p->path : "-", &opts, &s->out);
	if (err) {
		json_close(&s->sink, &unused);
		return err;
	}
	*ret_sink = &s->sink;
	return 0;
}
