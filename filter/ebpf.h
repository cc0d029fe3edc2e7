/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef PWRU_CAP_FILTER_EBPF_H
#define PWRU_CAP_FILTER_EBPF_H

/*
 * Instruction constructors, by the names that they have in the kernel's include/linux/filter.h,
 * which is not exported to user space.
 */

#include <linux/bpf.h>
#include <stdint.h>

#define BPF_RAW_INSN(CODE, DST, SRC, OFF, IMM)      \
	((struct bpf_insn){.code = (uint8_t)(CODE), \
			   .dst_reg = (DST),        \
			   .src_reg = (SRC),        \
			   .off = (int16_t)(OFF),   \
			   .imm = (int32_t)(IMM)})

#define BPF_ALU64_IMM(OP, DST, IMM)	 BPF_RAW_INSN(BPF_ALU64 | (OP) | BPF_K, DST, 0, 0, IMM)
#define BPF_ALU64_REG(OP, DST, SRC)	 BPF_RAW_INSN(BPF_ALU64 | (OP) | BPF_X, DST, SRC, 0, 0)
#define BPF_ALU32_IMM(OP, DST, IMM)	 BPF_RAW_INSN(BPF_ALU | (OP) | BPF_K, DST, 0, 0, IMM)
#define BPF_ALU32_REG(OP, DST, SRC)	 BPF_RAW_INSN(BPF_ALU | (OP) | BPF_X, DST, SRC, 0, 0)
#define BPF_MOV64_IMM(DST, IMM)		 BPF_ALU64_IMM(BPF_MOV, DST, IMM)
#define BPF_MOV64_REG(DST, SRC)		 BPF_ALU64_REG(BPF_MOV, DST, SRC)
#define BPF_MOV32_IMM(DST, IMM)		 BPF_ALU32_IMM(BPF_MOV, DST, IMM)
#define BPF_MOV32_REG(DST, SRC)		 BPF_ALU32_REG(BPF_MOV, DST, SRC)
#define BPF_ENDIAN(TYPE, DST, BITS)	 BPF_RAW_INSN(BPF_ALU | BPF_END | (TYPE), DST, 0, 0, BITS)

#define BPF_LDX_MEM(SIZE, DST, SRC, OFF) BPF_RAW_INSN(BPF_LDX | (SIZE) | BPF_MEM, DST, SRC, OFF, 0)
#define BPF_STX_MEM(SIZE, DST, SRC, OFF) BPF_RAW_INSN(BPF_STX | (SIZE) | BPF_MEM, DST, SRC, OFF, 0)
#define BPF_ST_MEM(SIZE, DST, OFF, IMM)	 BPF_RAW_INSN(BPF_ST | (SIZE) | BPF_MEM, DST, 0, OFF, IMM)

#define BPF_JMP_IMM(OP, DST, IMM, OFF)	 BPF_RAW_INSN(BPF_JMP | (OP) | BPF_K, DST, 0, OFF, IMM)
#define BPF_JMP_REG(OP, DST, SRC, OFF)	 BPF_RAW_INSN(BPF_JMP | (OP) | BPF_X, DST, SRC, OFF, 0)
#define BPF_JMP32_IMM(OP, DST, IMM, OFF) BPF_RAW_INSN(BPF_JMP32 | (OP) | BPF_K, DST, 0, OFF, IMM)
#define BPF_JMP32_REG(OP, DST, SRC, OFF) BPF_RAW_INSN(BPF_JMP32 | (OP) | BPF_X, DST, SRC, OFF, 0)
#define BPF_JMP_A(OFF)			 BPF_RAW_INSN(BPF_JMP | BPF_JA, 0, 0, OFF, 0)

#define BPF_EMIT_CALL(FUNC)		 BPF_RAW_INSN(BPF_JMP | BPF_CALL, 0, 0, 0, FUNC)
#define BPF_CALL_REL(TARGET)		 BPF_RAW_INSN(BPF_JMP | BPF_CALL, 0, BPF_PSEUDO_CALL, 0, TARGET)
#define BPF_CALL_KFUNC(ID)		 BPF_RAW_INSN(BPF_JMP | BPF_CALL, 0, BPF_PSEUDO_KFUNC_CALL, 0, ID)
#define BPF_EXIT_INSN()			 BPF_RAW_INSN(BPF_JMP | BPF_EXIT, 0, 0, 0, 0)

#endif
