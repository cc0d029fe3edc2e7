// SPDX-License-Identifier: GPL-2.0-only
/* eBPF in words; the notation is that of the kernel's kernel/bpf/disasm.c, jumps without "pc". */
#include "filter/disasm.h"

#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "filter/expr.h"

#define LD_IMM64 (BPF_LD | BPF_IMM | BPF_DW)

static const char *const alu_op[16] = {
	"+=", "-=", "*=", "/=", "|=", "&=", "<<=", ">>=", "neg", "%=", "^=", "=", "s>>=", "end"};

static const char *const jmp_op[16] = {"goto", "==",   ">",    ">=", "&",  "!=", "s>",
				       "s>=",  "call", "exit", "<",  "<=", "s<", "s<="};

static const char *type_name(uint8_t code)
{
	switch (BPF_SIZE(code)) {
	case BPF_B:
		return "u8";
	case BPF_H:
		return "u16";
	case BPF_W:
		return "u32";
	default:
		return "u64";
	}
}

static void unknown(const struct bpf_insn *in, char *buf, size_t size)
{
	snprintf(buf, size, "code 0x%02x dst r%u src r%u off %d imm %d", in->code, in->dst_reg,
		 in->src_reg, in->off, in->imm);
}

static void alu(const struct bpf_insn *in, char *buf, size_t size)
{
	char reg = BPF_CLASS(in->code) == BPF_ALU64 ? 'r' : 'w';
	const char *op = alu_op[BPF_OP(in->code) >> 4];

	if (!op)
		unknown(in, buf, size);
	else if (BPF_OP(in->code) == BPF_END)
		snprintf(buf, size, "r%u = %s%d r%u", in->dst_reg,
			 BPF_SRC(in->code) == BPF_TO_BE ? "be" : "le", in->imm, in->dst_reg);
	else if (BPF_OP(in->code) == BPF_NEG)
		snprintf(buf, size, "%c%u = -%c%u", reg, in->dst_reg, reg, in->dst_reg);
	else if (BPF_SRC(in->code) == BPF_X)
		snprintf(buf, size, "%c%u %s %c%u", reg, in->dst_reg, op, reg, in->src_reg);
	else
		snprintf(buf, size, "%c%u %s %d", reg, in->dst_reg, op, in->imm);
}

static void call(const struct bpf_insn *in, char *buf, size_t size)
{
	if (in->src_reg == BPF_PSEUDO_CALL)
		snprintf(buf, size, "call %+d", in->imm);
	else if (in->src_reg == BPF_PSEUDO_KFUNC_CALL)
		snprintf(buf, size, "call kernel-function#%d", in->imm);
	else if (in->imm == BPF_FUNC_probe_read_kernel)
		snprintf(buf, size, "call bpf_probe_read_kernel#%d", in->imm);
	else
		snprintf(buf, size, "call helper#%d", in->imm);
}

static void jump(const struct bpf_insn *in, char *buf, size_t size)
{
	bool wide = BPF_CLASS(in->code) == BPF_JMP;
	const char *op = jmp_op[BPF_OP(in->code) >> 4];
	char reg = wide ? 'r' : 'w';

	if (wide && BPF_OP(in->code) == BPF_CALL)
		call(in, buf, size);
	else if (in->code == (BPF_JMP | BPF_EXIT))
		snprintf(buf, size, "exit");
	else if (in->code == (BPF_JMP | BPF_JA))
		snprintf(buf, size, "goto %+d", in->off);
	else if (!op || BPF_OP(in->code) == BPF_JA || BPF_OP(in->code) == BPF_CALL ||
		 BPF_OP(in->code) == BPF_EXIT)
		unknown(in, buf, size);
	else if (BPF_SRC(in->code) == BPF_X)
		snprintf(buf, size, "if %c%u %s %c%u goto %+d", reg, in->dst_reg, op, reg,
			 in->src_reg, in->off);
	else
		snprintf(buf, size, "if %c%u %s 0x%x goto %+d", reg, in->dst_reg, op,
			 (uint32_t)in->imm, in->off);
}

static void load_imm64(const struct bpf_insn *in, char *buf, size_t size)
{
	uint64_t imm = (uint32_t)in[0].imm | (uint64_t)(uint32_t)in[1].imm << 32;

	snprintf(buf, size, "r%u = 0x%llx%s", in->dst_reg, (unsigned long long)imm,
		 in->src_reg ? " (pseudo)" : "");
}

static void memory(const struct bpf_insn *in, char *buf, size_t size)
{
	const char *type = type_name(in->code);

	if (BPF_MODE(in->code) != BPF_MEM)
		unknown(in, buf, size);
	else if (BPF_CLASS(in->code) == BPF_LDX)
		snprintf(buf, size, "r%u = *(%s *)(r%u %+d)", in->dst_reg, type, in->src_reg,
			 in->off);
	else if (BPF_CLASS(in->code) == BPF_STX)
		snprintf(buf, size, "*(%s *)(r%u %+d) = r%u", type, in->dst_reg, in->off,
			 in->src_reg);
	else if (BPF_CLASS(in->code) == BPF_ST)
		snprintf(buf, size, "*(%s *)(r%u %+d) = %d", type, in->dst_reg, in->off, in->imm);
	else
		unknown(in, buf, size);
}

void disasm_insn(const struct bpf_insn *insn, char *buf, size_t size)
{
	switch (BPF_CLASS(insn->code)) {
	case BPF_ALU:
	case BPF_ALU64:
		alu(insn, buf, size);
		break;
	case BPF_JMP:
	case BPF_JMP32:
		jump(insn, buf, size);
		break;
	default:
		if (insn->code == LD_IMM64)
			load_imm64(insn, buf, size);
		else
			memory(insn, buf, size);
	}
}

int disasm_dump(const struct insn_buf *buf, const struct cbpf_prog *prog, FILE *out)
{
	int32_t last = INSN_NO_LINE;
	char text[96], cbpf[96];

	for (size_t i = 0; i < buf->cnt; i++) {
		int32_t line = buf->lines[i];

		disasm_insn(&buf->insns[i], text, sizeof(text));
		if (prog && line != INSN_NO_LINE && line != last) {
			expr_image(prog, (size_t)line, cbpf, sizeof(cbpf));
			fprintf(out, "%5zu: %-40s ; %s\n", i, text, cbpf);
		} else {
			fprintf(out, "%5zu: %s\n", i, text);
		}
		last = line;
		/* The second half of a 64-bit immediate has been printed. */
		i += buf->insns[i].code == LD_IMM64;
	}
	return ferror(out) ? -EIO : 0;
}
