// SPDX-License-Identifier: GPL-2.0-only
#include "tests/filter/corpus.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "filter/expr.h"

#define LEN(array) (sizeof(array) / sizeof((array)[0]))

static const char *const exprs[] = {
	"",
	"ip",
	"ip6",
	"arp",
	"rarp",
	"tcp",
	"udp",
	"icmp",
	"icmp6",
	"sctp",
	"igmp or ah or esp",
	"tcp port 443",
	"udp port 53",
	"port 53",
	"not port 22",
	"src port 80 and tcp",
	"portrange 1000-5000",
	"tcp portrange 20-80 or udp portrange 50-60",
	"sctp port 80",
	"host 10.0.0.1",
	"src host 10.0.0.1",
	"dst host 10.0.0.2 and not tcp",
	"host 10.0.0.1 and tcp port 443",
	"host 10.0.0.1 or host 10.0.0.2 or host 192.168.0.1",
	"net 10.0.0.0/8",
	"src net 10.0.1.0/24",
	"net 192.168.0.0 mask 255.255.0.0",
	"ip6 host 2001:db8::1",
	"src host 2001:db8::2 or dst host 2001:db8::1",
	"ip6 net 2001:db8::/32",
	"ip6 net ff02::/16 and udp",
	"ether host 02:00:00:00:00:01",
	"ether src 02:00:00:00:00:02 and arp",
	"ether broadcast",
	"ether multicast",
	"broadcast or multicast",
	"ip broadcast",
	"ip multicast",
	"ip6 multicast",
	"ether proto 0x88b5 or ether proto 0x806",
	"stp or llc",
	"llc i",
	"vlan",
	"vlan 5",
	"vlan 5 and tcp port 443",
	"vlan 6 and vlan 100 and udp",
	"vlan and ip6",
	"mpls",
	"mpls 1000",
	"mpls 1001 and tcp port 80",
	"mpls 1000 and mpls 1001 and host 10.0.0.1",
	"pppoes",
	"pppoes 1 and ip",
	"pppoes and tcp port 443",
	"pppoed",
	"geneve",
	"geneve 1",
	"geneve and udp port 53",
	"geneve 2 and ip6",
	"len > 100",
	"less 60 or greater 300",
	"len = 98 and icmp",
	"tcp[tcpflags] & (tcp-syn|tcp-fin) != 0",
	"tcp[tcpflags] == tcp-syn|tcp-ack",
	"tcp[((tcp[12:1] & 0xf0) >> 2):4] = 0x47455420",
	"icmp[icmptype] == icmp-echo",
	"icmp6[icmp6type] == icmp6-echo",
	"ip[6:2] & 0x1fff != 0",
	"ip[0] & 0xf != 5",
	"ip[8] < 64 and ip[2:2] > 500",
	"ip6[6] == 44 and ip6[40] == 17",
	"udp[4:2] > 40 and udp[8:4] & 3 == 1",
	"ether[0] & 1 = 1 and ether[12:2] >= 0x800",
	"ether[11:4] != 0 or ether[13:4] = 3",
	"ether[17:4] > ether[16:2]",
	"ether[100:4] > ether[104:4]",
	"ether[126:4] != 7 and ether[124:4] != 7",
	"ether[200] < 3",
	"ether[-1] = 0 or ip",
	"ip[2:2] * 3 - 4 / 2 + (ip[0] ^ ip[1]) % 7 != ip[8] | ip[9]",
	"ip[2:2] / 3 > 100 and ip[8] | 0x10 = 0x50 and ip[9] ^ 6 = 0",
	"ip[2:2] / ip[8] > ip[2:2] % ip[1]",
	"(ip[8] << ip[9]) > (ip[2:2] >> (ip[8] & 15))",
	"ip[8] << 4 = ip[9] << 6 or ip[2:2] >> 3 & 7 = 1",
	"ip[8] - ip[9] = 58 or ip[8] * ip[9] = 384",
	"-ip[8] < -ip[9] or (ip[2:2] & ip[4:2]) = (ip[6:2] | ip[8:2])",
	"ip[2:2] = len - 14 or len - 18 = ip6[4:2] + 40",
	"ip[ip[8]:2] > 100 and ip[ip[9] + 300] != 4",
	"ether[ip[2:2] : 4] != 0",
	"ip[ip[4:2] * 65537] = 3 or tcp",
	"tcp[2:2] = tcp[0:2] or udp[2:2] = udp[0:2]",
	"ip proto \\tcp and not (src net 10.0.0.0/24 or dst port 80)",
	"ip6 proto 44 or ip6 proto 0",
	"proto 47 or proto 41",
	"ip protochain 6",
	"ip6 protochain 58",
	"ip6 protochain 6 and not port 80",
	"inbound",
	"outbound and tcp",
	"ifindex 3 and ip",
	"ifindex 16909060 or udp",
	"tcp port 443 or tcp port 80 or udp port 53 or icmp or arp or vlan",
};

#define ST(code, k)               \
	{                         \
		(code), 0, 0, (k) \
	}
#define JP(code, k, jt, jf)             \
	{                               \
		(code), (jt), (jf), (k) \
	}

#define LDW    (CBPF_LD | CBPF_W | CBPF_ABS)
#define LDH    (CBPF_LD | CBPF_H | CBPF_ABS)
#define LDB    (CBPF_LD | CBPF_B | CBPF_ABS)
#define LDXMSH (CBPF_LDX | CBPF_B | CBPF_MSH)
#define LDHX   (CBPF_LD | CBPF_H | CBPF_IND)
#define LDWX   (CBPF_LD | CBPF_W | CBPF_IND)
#define RETK   (CBPF_RET | CBPF_K)
#define RETA   (CBPF_RET | CBPF_A)
#define RETX   (CBPF_RET | CBPF_X)

/* What libpcap does not emit, and where translations share something that they should not. */
static const struct cbpf_insn ldx_len[] = {ST(CBPF_LDX | CBPF_LEN, 0), ST(LDH, 12),
					   ST(CBPF_ALU | CBPF_XOR | CBPF_X, 0), ST(RETA, 0)};
static const struct cbpf_insn jset_x[] = {ST(LDXMSH, 14), ST(LDB, 23),
					  JP(CBPF_JMP | CBPF_JSET | CBPF_X, 0, 0, 1), ST(RETK, 7),
					  ST(RETX, 0)};
static const struct cbpf_insn ret_initial[] = {ST(RETA, 0)};
static const struct cbpf_insn initial_x[] = {ST(LDHX, 12), ST(RETA, 0)};
static const struct cbpf_insn initial_m[] = {ST(CBPF_LD | CBPF_MEM, 3),
					     JP(CBPF_JMP | CBPF_JEQ | CBPF_K, 0, 0, 1), ST(RETK, 1),
					     ST(RETK, 0)};
/* Raw and host values of A meet at a comparison. */
static const struct cbpf_insn raw_meets_host[] = {ST(LDB, 23),
						  JP(CBPF_JMP | CBPF_JGT | CBPF_K, 6, 0, 1),
						  ST(LDH, 12),
						  JP(CBPF_JMP | CBPF_JEQ | CBPF_K, 0x800, 1, 0),
						  JP(CBPF_JMP | CBPF_JEQ | CBPF_K, 6, 0, 1),
						  ST(RETK, 1),
						  ST(RETK, 0)};
static const struct cbpf_insn raw_16_meets_32[] = {
	ST(LDB, 23), JP(CBPF_JMP | CBPF_JGT | CBPF_K, 6, 0, 2),
	ST(LDH, 12), JP(CBPF_JMP | CBPF_JA, 1, 0, 0),
	ST(LDW, 12), JP(CBPF_JMP | CBPF_JSET | CBPF_K, 0x00080045, 0, 1),
	ST(RETK, 1), ST(RETK, 0)};
static const struct cbpf_insn raw_mask[] = {ST(LDH, 16),
					    ST(CBPF_ALU | CBPF_AND | CBPF_K, 0xfff0fff0),
					    JP(CBPF_JMP | CBPF_JEQ | CBPF_K, 0x10050, 2, 0),
					    JP(CBPF_JMP | CBPF_JSET | CBPF_K, 0xffff0000, 1, 0),
					    JP(CBPF_JMP | CBPF_JSET | CBPF_K, 0x00f00000, 0, 1),
					    ST(RETK, 3),
					    ST(RETA, 0)};
static const struct cbpf_insn raw_mask_only[] = {
	ST(LDW, 26),
	ST(CBPF_ALU | CBPF_AND | CBPF_K, 0xff00ff00),
	JP(CBPF_JMP | CBPF_JEQ | CBPF_K, 0x0a000000, 1, 0),
	JP(CBPF_JMP | CBPF_JSET | CBPF_K, 0x00000100, 0, 1),
	ST(RETK, 3),
	ST(RETK, 0)};
/* X and A live across loads that call something. */
static const struct cbpf_insn across_calls[] = {ST(LDXMSH, 14),
						ST(LDH, 16),
						ST(CBPF_MISC | CBPF_TAX, 0),
						ST(LDXMSH, 14),
						ST(CBPF_ALU | CBPF_ADD | CBPF_X, 0),
						ST(CBPF_ST, 15),
						ST(LDHX, 14),
						ST(CBPF_ALU | CBPF_ADD | CBPF_X, 0),
						ST(CBPF_STX, 0),
						ST(LDXMSH, 130),
						ST(CBPF_ALU | CBPF_SUB | CBPF_X, 0),
						ST(CBPF_LDX | CBPF_MEM, 0),
						ST(CBPF_ALU | CBPF_MUL | CBPF_X, 0),
						ST(LDXMSH, 200),
						ST(CBPF_ALU | CBPF_OR | CBPF_X, 0),
						ST(CBPF_LDX | CBPF_MEM, 15),
						ST(CBPF_ALU | CBPF_XOR | CBPF_X, 0),
						ST(RETA, 0)};
/* The same X for near, far and near loads again. */
static const struct cbpf_insn same_x[] = {ST(LDXMSH, 14),
					  ST(LDHX, 14),
					  JP(CBPF_JMP | CBPF_JEQ | CBPF_K, 443, 6, 0),
					  ST(LDWX, 140),
					  JP(CBPF_JMP | CBPF_JSET | CBPF_K, 1, 2, 0),
					  ST(LDHX, 16),
					  JP(CBPF_JMP | CBPF_JGE | CBPF_K, 100, 2, 0),
					  ST(LDB, 5),
					  JP(CBPF_JMP | CBPF_JGT | CBPF_K, 0, 0, 2),
					  ST(LDWX, 13),
					  ST(RETA, 0),
					  ST(RETK, 0)};
/* X from elsewhere than the header length. */
static const struct cbpf_insn x_imm[] = {ST(CBPF_LDX | CBPF_IMM, 3),
					 ST(LDWX, 9),
					 ST(CBPF_ST, 1),
					 ST(LDWX, 15),
					 ST(CBPF_LDX | CBPF_IMM, 120),
					 ST(LDHX, 6),
					 ST(CBPF_LDX | CBPF_MEM, 1),
					 ST(CBPF_ALU | CBPF_ADD | CBPF_X, 0),
					 ST(RETA, 0)};
static const struct cbpf_insn x_huge[] = {ST(CBPF_LDX | CBPF_IMM, 0xfffffff2), ST(LDHX, 26),
					  ST(RETK, 1)};
static const struct cbpf_insn k_huge[] = {
	ST(LDB, 12),	      JP(CBPF_JMP | CBPF_JGT | CBPF_K, 0x80, 0, 1),
	ST(LDWX, 0x7ffffffc), ST(LDWX, 0x7ffffff0),
	ST(LDB, 0x7ffffffe),  ST(RETK, 1)};
static const struct cbpf_insn k_huge_first[] = {ST(LDW, 0xfffffffe), ST(RETK, 1)};
/* The loop limit: 8 rounds are run, 9 are not. */
static const struct cbpf_insn loop[] = {ST(LDB, 22),
					ST(CBPF_ALU | CBPF_AND | CBPF_K, 15),
					JP(CBPF_JMP | CBPF_JEQ | CBPF_K, 0, 2, 0),
					ST(CBPF_ALU | CBPF_SUB | CBPF_K, 1),
					JP(CBPF_JMP | CBPF_JA, (uint32_t)-3, 0, 0),
					ST(RETK, 5)};
/* What is known before the loop does not hold in its second round. */
static const struct cbpf_insn loop_facts[] = {
	ST(LDB, 22), ST(CBPF_ALU | CBPF_AND | CBPF_K, 7), ST(CBPF_MISC | CBPF_TAX, 0),
	/* 3: the head */
	ST(LDW, 30), ST(CBPF_ST, 1), ST(LDHX, 14), ST(CBPF_ST, 2), ST(CBPF_MISC | CBPF_TXA, 0),
	JP(CBPF_JMP | CBPF_JEQ | CBPF_K, 0, 3, 0), ST(CBPF_ALU | CBPF_SUB | CBPF_K, 1),
	ST(CBPF_MISC | CBPF_TAX, 0), JP(CBPF_JMP | CBPF_JA, (uint32_t)-9, 0, 0),
	ST(CBPF_LDX | CBPF_MEM, 1), ST(CBPF_LD | CBPF_MEM, 2), ST(CBPF_ALU | CBPF_XOR | CBPF_X, 0),
	ST(RETA, 0)};
/* Back to a jump that leads on. */
static const struct cbpf_insn loop_to_ja[] = {ST(LDB, 22),
					      ST(CBPF_ALU | CBPF_AND | CBPF_K, 3),
					      JP(CBPF_JMP | CBPF_JEQ | CBPF_K, 0, 0, 1),
					      JP(CBPF_JMP | CBPF_JA, 3, 0, 0),
					      ST(CBPF_ALU | CBPF_SUB | CBPF_K, 1),
					      JP(CBPF_JMP | CBPF_JEQ | CBPF_K, 1, 0, 1),
					      JP(CBPF_JMP | CBPF_JA, (uint32_t)-4, 0, 0),
					      ST(RETA, 0)};
/* A load whose value nobody reads still rejects. */
static const struct cbpf_insn dead_loads[] = {ST(LDW, 60), ST(LDXMSH, 70), ST(LDH, 20),
					      JP(CBPF_JMP | CBPF_JEQ | CBPF_K, 0, 0, 0),
					      ST(RETK, 9)};
/* The way that is translated first knows of a longer frame than the other one. */
static const struct cbpf_insn join_proven[] = {
	ST(LDB, 22), JP(CBPF_JMP | CBPF_JSET | CBPF_K, 1, 0, 2),
	ST(LDB, 90), JP(CBPF_JMP | CBPF_JA, 1, 0, 0),
	ST(LDB, 50), ST(LDW, 60),
	ST(RETA, 0)};
static const struct cbpf_insn chain[] = {ST(LDB, 23),
					 JP(CBPF_JMP | CBPF_JEQ | CBPF_K, 6, 0, 1),
					 JP(CBPF_JMP | CBPF_JA, 1, 0, 0),
					 JP(CBPF_JMP | CBPF_JA, 2, 0, 0),
					 JP(CBPF_JMP | CBPF_JA, 0, 0, 0),
					 ST(RETK, 1),
					 ST(RETK, 2)};
static const struct cbpf_insn shifts_x[] = {ST(LDB, 22),
					    ST(CBPF_MISC | CBPF_TAX, 0),
					    ST(LDW, 14),
					    ST(CBPF_ALU | CBPF_LSH | CBPF_X, 0),
					    ST(CBPF_ST, 2),
					    ST(LDW, 18),
					    ST(CBPF_ALU | CBPF_RSH | CBPF_X, 0),
					    ST(CBPF_LDX | CBPF_MEM, 2),
					    ST(CBPF_ALU | CBPF_ADD | CBPF_X, 0),
					    ST(RETA, 0)};

#define HAND(prog)                       \
	{                                \
#prog, (prog), LEN(prog) \
	}

static const struct {
	const char *name;
	const struct cbpf_insn *insns;
	size_t len;
} hand[] = {
	HAND(ldx_len),	     HAND(jset_x),	   HAND(ret_initial),	  HAND(initial_x),
	HAND(initial_m),     HAND(raw_meets_host), HAND(raw_16_meets_32), HAND(raw_mask),
	HAND(raw_mask_only), HAND(across_calls),   HAND(same_x),	  HAND(x_imm),
	HAND(x_huge),	     HAND(k_huge),	   HAND(k_huge_first),	  HAND(loop),
	HAND(dead_loads),    HAND(join_proven),	   HAND(loop_facts),	  HAND(loop_to_ja),
	HAND(chain),	     HAND(shifts_x),
};

size_t corpus_cnt(void)
{
	return LEN(exprs) + LEN(hand);
}

const char *corpus_get(size_t nth, struct cbpf_prog *ret_prog)
{
	char err[256];

	if (nth < LEN(exprs)) {
		if (expr_compile(exprs[nth], 262144, ret_prog, err, sizeof(err))) {
			printf("%s: %s\n", exprs[nth], err);
			exit(1);
		}
		return exprs[nth];
	}
	nth -= LEN(exprs);
	ret_prog->len = hand[nth].len;
	ret_prog->insns = calloc(hand[nth].len, sizeof(*hand[nth].insns));
	if (!ret_prog->insns)
		abort();
	memcpy(ret_prog->insns, hand[nth].insns, hand[nth].len * sizeof(*hand[nth].insns));
	return hand[nth].name;
}

static size_t count(const bool seen[256])
{
	size_t n = 0;

	for (int i = 0; i < 256; i++)
		n += seen[i];
	return n;
}

size_t corpus_coverage(size_t *ret_by_expr)
{
	bool seen[256] = {false};

	for (size_t i = 0; i < corpus_cnt(); i++) {
		struct cbpf_prog prog;

		if (i == LEN(exprs))
			*ret_by_expr = count(seen);
		corpus_get(i, &prog);
		for (size_t j = 0; j < prog.len; j++)
			seen[prog.insns[j].code & 0xff] = true;
		cbpf_prog_free(&prog);
	}
	return count(seen);
}
