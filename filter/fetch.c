// SPDX-License-Identifier: GPL-2.0-only
/*
 * Fields are read in an order in which paths that begin alike follow one another: what the pointers
 * of one have in common with those of the one before is not read again.
 *
 * The pointers stay in the map's value, not on the stack or in registers: the verifier does not
 * follow what stands there.  So whichever way a field went, it finds the same state behind it, and
 * looks at each field once.
 *
 * A pointer that cannot be followed takes the place of all that come behind it.  So the end of the
 * path finds it, and tells NULL from others.  A read that fails leaves 1 as the pointer, which is
 * no address either.
 */
#include "filter/fetch.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "filter/asm.h"
#include "filter/ebpf.h"

#define REG_SCRATCH BPF_REG_6
#define REG_BASE    BPF_REG_7
#define REG_SIGNED  BPF_REG_2 /* to look whether an address is one */
#define REG_PTR	    BPF_REG_3 /* third argument of probe reads */

#define SLOT_INDEX  (-4)
#define NO_ADDRESS  1

#define POINTER(i)  ((int16_t)(offsetof(struct fetch_scratch, pointers) + (i) * sizeof(__u64)))
#define SECTION(at) ((int16_t)(offsetof(struct fetch_scratch, section) + (at)))

/* One field, and where it goes in the section. */
struct placed {
	const struct fetch_field *field;
	size_t number;
	size_t at;
};

size_t fetch_room(const struct fetch_field *fields, size_t cnt)
{
	size_t room = cnt;

	for (size_t i = 0; i < cnt; i++)
		room += fields[i].size;
	return (room + 7) & ~(size_t)7;
}

static bool field_ok(const struct fetch_field *f)
{
	if (f->deref_cnt > FETCH_POINTERS || !f->size || f->offset > INT32_MAX)
		return false;
	for (unsigned int i = 0; i < f->deref_cnt; i++)
		if (f->deref[i] > INT32_MAX)
			return false;
	return true;
}

/* How many pointers two paths have in common. */
static unsigned int common_pointers(const struct fetch_field *a, const struct fetch_field *b)
{
	unsigned int i = 0;

	while (i < a->deref_cnt && i < b->deref_cnt && a->deref[i] == b->deref[i])
		i++;
	return i;
}

static int compare_paths(const void *one, const void *other)
{
	const struct placed *a = one, *b = other;
	unsigned int i = common_pointers(a->field, b->field);

	if (i < a->field->deref_cnt && i < b->field->deref_cnt)
		return a->field->deref[i] < b->field->deref[i] ? -1 : 1;
	if (a->field->deref_cnt != b->field->deref_cnt)
		return a->field->deref_cnt < b->field->deref_cnt ? -1 : 1;
	return a->number < b->number ? -1 : a->number > b->number;
}

/* The address that pointer @i is relative to, to REG_PTR; for i = 0 it is the base. */
static void load_pointer(struct assembler *as, unsigned int i)
{
	if (i)
		asm_emit(as, BPF_LDX_MEM(BPF_DW, REG_PTR, REG_SCRATCH, POINTER(i - 1)));
	else
		asm_emit(as, BPF_MOV64_REG(REG_PTR, REG_BASE));
}

/*
 * To @not if REG_PTR is no address in the kernel.  That it has the form of one matters to kernels
 * before 6.2, see bpf/compat.bpf.h.
 */
static void check_address(struct assembler *as, unsigned int sign_bits, uint32_t not )
{
	asm_jump(as, BPF_JMP_IMM(BPF_JSGE, REG_PTR, 0, 0), not );
	if (!sign_bits)
		return;
	asm_emit(as, BPF_MOV64_REG(REG_SIGNED, REG_PTR));
	asm_emit(as, BPF_ALU64_IMM(BPF_LSH, REG_SIGNED, sign_bits));
	asm_emit(as, BPF_ALU64_IMM(BPF_ARSH, REG_SIGNED, sign_bits));
	asm_jump(as, BPF_JMP_REG(BPF_JNE, REG_SIGNED, REG_PTR, 0), not );
}

/* Reads @size bytes, @off behind REG_PTR, to @to in the scratch memory; r0 is below 0 if it fails.
 */
static void probe(struct assembler *as, int16_t to, uint32_t off, uint32_t size, bool is_string)
{
	if (off)
		asm_emit(as, BPF_ALU64_IMM(BPF_ADD, REG_PTR, off));
	asm_emit(as, BPF_MOV64_REG(BPF_REG_1, REG_SCRATCH));
	asm_emit(as, BPF_ALU64_IMM(BPF_ADD, BPF_REG_1, to));
	asm_emit(as, BPF_MOV64_IMM(BPF_REG_2, size));
	asm_emit(as, BPF_EMIT_CALL(is_string ? BPF_FUNC_probe_read_kernel_str
					     : BPF_FUNC_probe_read_kernel));
}

/* Pointer @i of a path. */
static void follow(struct assembler *as, unsigned int sign_bits, unsigned int i, uint32_t off)
{
	uint32_t next = asm_label(as);

	load_pointer(as, i);
	asm_emit(as, BPF_STX_MEM(BPF_DW, REG_SCRATCH, REG_PTR, POINTER(i)));
	check_address(as, sign_bits, next);
	probe(as, POINTER(i), off, sizeof(__u64), false);
	asm_jump(as, BPF_JMP_IMM(BPF_JEQ, BPF_REG_0, 0, 0), next);
	asm_emit(as, BPF_ST_MEM(BPF_DW, REG_SCRATCH, POINTER(i), NO_ADDRESS));
	asm_bind(as, next);
}

static void set_status(struct assembler *as, size_t number, enum fetch_status status)
{
	asm_emit(as, BPF_ST_MEM(BPF_B, REG_SCRATCH, SECTION(number), status));
}

/* The value, once its path's pointers are there. */
static void fetch(struct assembler *as, unsigned int sign_bits, const struct placed *p)
{
	const struct fetch_field *f = p->field;
	uint32_t next = asm_label(as);

	set_status(as, p->number, FETCH_NULL);
	load_pointer(as, f->deref_cnt);
	asm_jump(as, BPF_JMP_IMM(BPF_JEQ, REG_PTR, 0, 0), next);
	set_status(as, p->number, FETCH_FAULT);
	check_address(as, sign_bits, next);
	probe(as, SECTION(p->at), f->offset, f->size, f->is_string);
	asm_jump(as, BPF_JMP_IMM(BPF_JSLT, BPF_REG_0, 0, 0), next);
	set_status(as, p->number, FETCH_OK);
	asm_bind(as, next);
}

/* The scratch memory's address to REG_SCRATCH. */
static void find_scratch(struct assembler *as, size_t *ret_map)
{
	uint32_t found = asm_label(as);

	asm_emit(as, BPF_MOV64_REG(REG_BASE, BPF_REG_1));
	asm_emit(as, BPF_STX_MEM(BPF_W, BPF_REG_10, BPF_REG_2, SLOT_INDEX));
	*ret_map = as->out->cnt;
	asm_emit(as, BPF_RAW_INSN(BPF_LD | BPF_IMM | BPF_DW, BPF_REG_1, BPF_PSEUDO_MAP_FD, 0, 0));
	asm_emit(as, BPF_RAW_INSN(0, 0, 0, 0, 0));
	asm_emit(as, BPF_MOV64_REG(BPF_REG_2, BPF_REG_10));
	asm_emit(as, BPF_ALU64_IMM(BPF_ADD, BPF_REG_2, SLOT_INDEX));
	asm_emit(as, BPF_EMIT_CALL(BPF_FUNC_map_lookup_elem));
	asm_jump(as, BPF_JMP_IMM(BPF_JNE, BPF_REG_0, 0, 0), found);
	asm_emit(as, BPF_EXIT_INSN());
	asm_bind(as, found);
	asm_emit(as, BPF_MOV64_REG(REG_SCRATCH, BPF_REG_0));
}

static int generate(const struct placed *placed, size_t cnt, unsigned int sign_bits,
		    struct insn_buf *out, size_t *ret_map)
{
	const struct placed *before = NULL;
	struct assembler as;

	asm_init(&as, out);
	as.line = INSN_NO_LINE;
	find_scratch(&as, ret_map);
	for (size_t i = 0; i < cnt; i++) {
		const struct fetch_field *f = placed[i].field;

		as.line = (int32_t)placed[i].number;
		for (unsigned int k = before ? common_pointers(before->field, f) : 0;
		     k < f->deref_cnt; k++)
			follow(&as, sign_bits, k, f->deref[k]);
		fetch(&as, sign_bits, &placed[i]);
		before = &placed[i];
	}
	as.line = INSN_NO_LINE;
	asm_emit(&as, BPF_MOV32_IMM(BPF_REG_0, 0));
	asm_emit(&as, BPF_EXIT_INSN());
	return asm_finish(&as);
}

static int place(const struct fetch_field *fields, size_t cnt, struct placed *placed)
{
	size_t at = cnt;

	if (!cnt)
		return -EINVAL;
	if (fetch_room(fields, cnt) > FETCH_SECTION_MAX)
		return -E2BIG;
	for (size_t i = 0; i < cnt; i++) {
		if (!field_ok(&fields[i]))
			return -EINVAL;
		placed[i] = (struct placed){.field = &fields[i], .number = i, .at = at};
		at += fields[i].size;
	}
	qsort(placed, cnt, sizeof(*placed), compare_paths);
	return 0;
}

static int check_depth(const struct insn_buf *out)
{
	int32_t line;
	long depth = insn_buf_jump_depth(out, &line);

	if (depth < 0)
		return (int)depth;
	return depth <= INSN_MAX_JUMP_DEPTH ? 0 : -E2BIG;
}

int fetch_compile(const struct fetch_field *fields, size_t cnt, unsigned int sign_bits,
		  struct insn_buf *ret_out, size_t *ret_map)
{
	struct placed *placed = calloc(cnt ? cnt : 1, sizeof(*placed));
	struct insn_buf out = {0};
	size_t map = 0;
	int err = placed ? place(fields, cnt, placed) : -ENOMEM;

	if (!err)
		err = generate(placed, cnt, sign_bits, &out, &map);
	if (!err)
		err = check_depth(&out);
	free(placed);
	if (err) {
		insn_buf_free(&out);
		return err;
	}
	*ret_out = out;
	*ret_map = map;
	return 0;
}
