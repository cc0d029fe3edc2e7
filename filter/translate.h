/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef PWRU_CAP_FILTER_TRANSLATE_H
#define PWRU_CAP_FILTER_TRANSLATE_H

#include "filter/cbpf.h"
#include "filter/insn.h"
#include <stddef.h>
#include <stdint.h>

/* How the bytes of a frame are read; see pktload.h. */
enum filter_load {
	FILTER_LOAD_DIRECT, /* loads through bpf_rdonly_cast(): kernels from 6.2 */
	FILTER_LOAD_WINDOW, /* one read of the first 128 bytes, then the stack */
	FILTER_LOAD_PROBE,  /* one probe read a load */
};

/* How often a program may jump backwards (libpcap: protochain) before it rejects. */
#define FILTER_MAX_LOOPS 8

/* Bytes of stack that a translated filter uses at most. */
#define FILTER_MAX_STACK 256

/**
 * struct translate_skb - Where the skb keeps what ancillary loads ask for
 * @pkt_type_off:	Byte of struct sk_buff that holds pkt_type
 * @pkt_type_mask:	Mask of the field within that byte, 0 if not known: its loads reject
 * @pkt_type_shift:	Bits to shift right after masking
 * @dev_off:		Offset of sk_buff.dev, 0 if not known: loads of ifindex reject
 * @ifindex_off:	Offset of net_device.ifindex, 0 if not known
 */
struct translate_skb {
	uint32_t pkt_type_off;
	uint8_t pkt_type_mask;
	uint8_t pkt_type_shift;
	uint32_t dev_off;
	uint32_t ifindex_off;
};

/**
 * struct translate_opts - What the translation depends on
 * @load:		How to read the frame
 * @cast_func_id:	BTF id of bpf_rdonly_cast() in vmlinux (direct only)
 * @bytes_type_id:	BTF id of a struct with a long array of bytes (direct only), such as
 *			struct __kernel_sockaddr_storage
 * @bytes_off:		Offset of the first byte of that array that may be read
 * @bytes_len:		How many may be read from there, at least 32
 * @skb:		Where the skb's fields are
 */
struct translate_opts {
	enum filter_load load;
	uint32_t cast_func_id;
	uint32_t bytes_type_id;
	uint16_t bytes_off;
	uint16_t bytes_len;
	struct translate_skb skb;
};

/**
 * translate() - Translate cBPF to the eBPF body of pwru_filter() (see frame_abi.h)
 * @prog:	cBPF program for DLT_EN10MB; validated here
 * @opts:	Options
 * @ret_out:	Output, unchanged on error; free with insn_buf_free()
 * @err:	Buffer for a message, set on error
 * @errsz:	Its size
 *
 * The result is what libpcap's bpf_filter() returns for the same program on the frame as it is
 * written to the file, bit for bit, but for these: loads answered from the skb (struct
 * translate_skb), more than FILTER_MAX_LOOPS backward jumps, which reject, and M[], which libpcap
 * does not initialise and we set to 0.
 *
 * Return: 0; -EINVAL invalid program or options; -E2BIG more than the verifier takes; -ENOMEM.
 */
int translate(const struct cbpf_prog *prog, const struct translate_opts *opts,
	      struct insn_buf *ret_out, char *err, size_t errsz);

#endif
