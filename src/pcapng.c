// SPDX-License-Identifier: GPL-2.0-only
#include "src/pcapng.h"

#include <errno.h>
#include <string.h>

#include "src/utf8.h"

/* Draft, "Section Header Block", "Interface Description Block", … : the block types. */
enum {
	TYPE_SHB = 0x0a0d0d0a,
	TYPE_IDB = 1,
	TYPE_ISB = 5,
	TYPE_EPB = 6,
};

/* Draft, "Options": these two mean the same in every block. */
enum {
	OPT_ENDOFOPT = 0,
	OPT_COMMENT = 1,
};

/* Draft, "Section Header Block", its options. */
enum {
	SHB_HARDWARE = 2,
	SHB_OS = 3,
	SHB_USERAPPL = 4,
};

/* Draft, "Interface Description Block", its options. */
enum {
	IF_NAME = 2,
	IF_DESCRIPTION = 3,
	IF_MACADDR = 6,
	IF_SPEED = 8,
	IF_TSRESOL = 9,
	IF_FILTER = 11,
	IF_OS = 12,
};

/*
 * Draft, "Enhanced Packet Block", its options. Two are left alone: editcap drops epb_hash (3), and
 * editcap 4.0 writes a broken file when it meets epb_verdict (7).
 */
enum {
	EPB_FLAGS = 2,
	EPB_DROPCOUNT = 4,
	EPB_PACKETID = 5,
	EPB_QUEUE = 6,
};

/* Draft, "Interface Statistics Block", its options. */
enum {
	ISB_STARTTIME = 2,
	ISB_ENDTIME = 3,
	ISB_IFRECV = 4,
	ISB_IFDROP = 5,
	ISB_FILTERACCEPT = 6,
	ISB_OSDROP = 7,
	ISB_USRDELIV = 8,
};

/* A block under construction. */
struct block {
	struct buf *out;
	size_t start;	/* where it begins in out */
	size_t options; /* where its options begin in out */
	size_t max;	/* bytes that it may have */
};

/* Draft, "General Block Structure": every block begins with this, and ends with its length again.
 */
struct block_header {
	uint32_t type;
	uint32_t total_len; /* filled in by block_end() */
};

/*
 * A time in a block, in ns since 1970. Draft, "Enhanced Packet Block" and "Interface Statistics
 * Block": the upper half comes first in either byte order, so it is not a 64-bit number.
 */
struct timestamp {
	uint32_t high;
	uint32_t low;
};

static struct timestamp make_timestamp(uint64_t ns)
{
	return (struct timestamp){.high = (uint32_t)(ns >> 32), .low = (uint32_t)ns};
}

/* Begins a block with the n bytes at fixed, the header included. */
static int block_begin(struct block *blk, struct buf *out, const void *fixed, size_t n)
{
	if (buf_error(out))
		return buf_error(out);
	/* The padding of options counts from the start of the buffer. */
	if (out->len % 4)
		return -EINVAL;

	blk->out = out;
	blk->start = out->len;
	buf_append(out, fixed, n);
	blk->options = out->len;
	blk->max = PCAPNG_MAX_BLOCK;
	return 0;
}

/* Ends a block: on success it stands complete in the buffer, otherwise it is gone from there. */
static int block_end(struct block *blk)
{
	struct buf *out = blk->out;
	size_t total_len;
	uint32_t len;
	int err;

	/* Draft, "Options": the list, if there is one, ends with opt_endofopt, of length 0. */
	if (out->len > blk->options)
		buf_zero(out, 4);

	total_len = out->len + sizeof(len) - blk->start;
	err = total_len > blk->max ? -E2BIG : 0;
	len = (uint32_t)total_len;
	buf_append(out, &len, sizeof(len));
	if (buf_error(out))
		err = buf_error(out);
	if (err) {
		buf_cut(out, blk->start);
		return err;
	}
	memcpy(out->data + blk->start + offsetof(struct block_header, total_len), &len,
	       sizeof(len));
	return 0;
}

/* Appends an option; n is at most PCAPNG_MAX_OPT. In one step, for packets have many. */
static void put_option(struct block *blk, uint16_t code, const void *value, size_t n)
{
	const uint16_t header[2] = {code, (uint16_t)n};
	size_t padding = -n & 3;
	uint8_t *p;

	p = buf_extend(blk->out, sizeof(header) + n + padding);
	if (!p)
		return;
	memcpy(p, header, sizeof(header));
	memcpy(p + sizeof(header), value, n);
	memset(p + sizeof(header) + n, 0, padding);
}

static void put_string(struct block *blk, uint16_t code, const char *s)
{
	if (s && *s)
		put_option(blk, code, s, utf8_truncate(s, strlen(s), PCAPNG_MAX_OPT));
}

static void put_comments(struct block *blk, const char *const *comments, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++)
		put_string(blk, OPT_COMMENT, comments[i]);
}

static void put_u32(struct block *blk, uint16_t code, uint32_t value)
{
	put_option(blk, code, &value, sizeof(value));
}

static void put_u64(struct block *blk, uint16_t code, uint64_t value)
{
	put_option(blk, code, &value, sizeof(value));
}

static void put_time(struct block *blk, uint16_t code, uint64_t ns)
{
	const struct timestamp ts = make_timestamp(ns);

	if (ns)
		put_option(blk, code, &ts, sizeof(ts));
}

static void put_count(struct block *blk, uint16_t code, uint64_t count)
{
	if (count != PCAPNG_UNKNOWN)
		put_u64(blk, code, count);
}

/*
 * Draft, "Interface Description Block", if_filter: the first byte says what the rest is; 0 is a
 * filter expression of libpcap.
 */
static void put_filter(struct block *blk, const char *expr)
{
	uint16_t header[2] = {IF_FILTER};
	size_t n;

	if (!expr || !*expr)
		return;
	n = utf8_truncate(expr, strlen(expr), PCAPNG_MAX_OPT - 1);
	header[1] = (uint16_t)(n + 1);
	buf_append(blk->out, header, sizeof(header));
	buf_zero(blk->out, 1);
	buf_append(blk->out, expr, n);
	buf_align4(blk->out);
}

int pcapng_append_shb(struct buf *out, const struct pcapng_shb *shb)
{
	const struct {
		struct block_header header;
		uint32_t magic;
		uint16_t major;
		uint16_t minor;
		uint32_t section_len[2]; /* a 64-bit number; two halves, so as not to be padded */
	} fixed = {
		.header.type = TYPE_SHB,
		.magic = 0x1a2b3c4d,
		.major = 1,
		.minor = 0,
		/* -1: not known, since the section ends when the capture does */
		.section_len = {UINT32_MAX, UINT32_MAX},
	};
	struct block blk;
	int err;

	_Static_assert(sizeof(fixed) == 24, "Section Header Block up to its options");
	err = block_begin(&blk, out, &fixed, sizeof(fixed));
	if (err)
		return err;
	blk.max = PCAPNG_MAX_SHB;
	put_string(&blk, SHB_HARDWARE, shb->hardware);
	put_string(&blk, SHB_OS, shb->os);
	put_string(&blk, SHB_USERAPPL, shb->userappl);
	put_comments(&blk, shb->comments, shb->n_comments);
	return block_end(&blk);
}

int pcapng_append_idb(struct buf *out, const struct pcapng_idb *idb)
{
	const struct {
		struct block_header header;
		uint16_t linktype;
		uint16_t reserved;
		uint32_t snaplen;
	} fixed = {
		.header.type = TYPE_IDB,
		.linktype = idb->linktype,
		.snaplen = idb->snaplen,
	};
	/* 10^-9 s; without it, times would be microseconds. */
	const uint8_t tsresol = 9;
	struct block blk;
	int err;

	_Static_assert(sizeof(fixed) == 16, "Interface Description Block up to its options");
	err = block_begin(&blk, out, &fixed, sizeof(fixed));
	if (err)
		return err;
	put_string(&blk, IF_NAME, idb->name);
	put_string(&blk, IF_DESCRIPTION, idb->description);
	if (idb->macaddr)
		put_option(&blk, IF_MACADDR, idb->macaddr, 6);
	if (idb->speed)
		put_u64(&blk, IF_SPEED, idb->speed);
	put_option(&blk, IF_TSRESOL, &tsresol, sizeof(tsresol));
	put_filter(&blk, idb->filter);
	put_string(&blk, IF_OS, idb->os);
	put_comments(&blk, idb->comments, idb->n_comments);
	return block_end(&blk);
}

/* Adds up the pieces of a packet: *ret_caplen is the captured length. */
static int epb_caplen(const struct pcapng_epb *epb, uint32_t *ret_caplen)
{
	uint32_t caplen = 0;
	size_t i;

	if (epb->n_pieces > PCAPNG_MAX_PIECES)
		return -EINVAL;
	for (i = 0; i < epb->n_pieces; i++) {
		if (epb->pieces[i].len > PCAPNG_MAX_CAPLEN - caplen)
			return -EINVAL;
		caplen += (uint32_t)epb->pieces[i].len;
	}
	if (caplen > epb->origlen)
		return -EINVAL;
	*ret_caplen = caplen;
	return 0;
}

int pcapng_append_epb(struct buf *out, const struct pcapng_epb *epb)
{
	struct {
		struct block_header header;
		uint32_t ifid;
		struct timestamp ts;
		uint32_t caplen;
		uint32_t origlen;
	} fixed = {
		.header.type = TYPE_EPB,
		.ifid = epb->ifid,
		.ts = make_timestamp(epb->ts_ns),
		.origlen = epb->origlen,
	};
	struct block blk;
	size_t i;
	int err;

	_Static_assert(sizeof(fixed) == 28, "Enhanced Packet Block up to the packet");
	err = epb_caplen(epb, &fixed.caplen);
	if (err)
		return err;
	err = block_begin(&blk, out, &fixed, sizeof(fixed));
	if (err)
		return err;
	for (i = 0; i < epb->n_pieces; i++)
		buf_append(out, epb->pieces[i].data, epb->pieces[i].len);
	buf_align4(out);

	blk.options = out->len;
	if (epb->flags)
		put_u32(&blk, EPB_FLAGS, epb->flags);
	if (epb->dropcount)
		put_u64(&blk, EPB_DROPCOUNT, epb->dropcount);
	if (epb->packetid)
		put_u64(&blk, EPB_PACKETID, epb->packetid);
	if (epb->has_queue)
		put_u32(&blk, EPB_QUEUE, epb->queue);
	put_comments(&blk, epb->comments, epb->n_comments);
	return block_end(&blk);
}

int pcapng_append_isb(struct buf *out, const struct pcapng_isb *isb)
{
	const struct {
		struct block_header header;
		uint32_t ifid;
		struct timestamp ts;
	} fixed = {
		.header.type = TYPE_ISB,
		.ifid = isb->ifid,
		.ts = make_timestamp(isb->ts_ns),
	};
	struct block blk;
	int err;

	_Static_assert(sizeof(fixed) == 20, "Interface Statistics Block up to its options");
	err = block_begin(&blk, out, &fixed, sizeof(fixed));
	if (err)
		return err;
	put_time(&blk, ISB_STARTTIME, isb->starttime_ns);
	put_time(&blk, ISB_ENDTIME, isb->endtime_ns);
	put_count(&blk, ISB_IFRECV, isb->ifrecv);
	put_count(&blk, ISB_IFDROP, isb->ifdrop);
	put_count(&blk, ISB_FILTERACCEPT, isb->filteraccept);
	put_count(&blk, ISB_OSDROP, isb->osdrop);
	put_count(&blk, ISB_USRDELIV, isb->usrdeliv);
	put_string(&blk, OPT_COMMENT, isb->comment);
	return block_end(&blk);
}
