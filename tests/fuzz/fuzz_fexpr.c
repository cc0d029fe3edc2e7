// SPDX-License-Identifier: GPL-2.0-only
/*
 * Any text as a field expression over made-up types: fexpr_compile() must refuse it, with words, or
 * give code that fits together; the same for both ways to load.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "filter/fail.h"
#include "filter/fexpr.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* One struct, which all pointers and all dots lead to again. */
static const struct {
	const char *name;
	struct fexpr_field field;
} members[] = {
	{"a", {.kind = FEXPR_INT, .offset = 0, .size = 1}},
	{"b", {.kind = FEXPR_INT, .offset = 8, .size = 2, .is_signed = true}},
	{"c", {.kind = FEXPR_INT, .offset = 120, .size = 4}},
	{"d", {.kind = FEXPR_INT, .offset = 128, .size = 8, .is_signed = true}},
	{"e", {.kind = FEXPR_ENUM, .offset = 200, .size = 4, .type_id = 7}},
	{"f", {.kind = FEXPR_BOOL, .offset = 300, .size = 1}},
	{"g", {.kind = FEXPR_INT, .offset = 304, .size = 1, .bit_size = 3, .bit_shift = 5}},
	{"h", {.kind = FEXPR_INT, .size = 8, .bit_size = 33, .bit_shift = 3, .is_signed = true}},
	{"i", {.kind = FEXPR_INT, .offset = 312, .size = 8, .bit_size = 40}},
	{"p", {.kind = FEXPR_PTR, .offset = 16, .size = 8}},
	{"q", {.kind = FEXPR_PTR, .offset = 65536, .size = 8}},
	{"s", {.kind = FEXPR_STRUCT, .offset = 32, .size = 64}},
	{"t", {.kind = FEXPR_ARRAY, .offset = 40, .size = 64}},
	{"u", {.kind = FEXPR_INT, .offset = 24, .size = 8}},
};
#define MEMBER_CNT (sizeof(members) / sizeof(members[0]))

static const struct fexpr_field *find(const char *name)
{
	for (size_t i = 0; i < MEMBER_CNT; i++) {
		if (!strcmp(members[i].name, name))
			return &members[i].field;
	}
	return NULL;
}

static int resolve(const struct fexpr_types *types, const struct fexpr_part *parts, size_t cnt,
		   struct fexpr_field *ret_field, char *err, size_t errsz)
{
	struct fexpr_field f = {.kind = FEXPR_STRUCT};

	if (cnt == 0 || cnt > FEXPR_MAX_PARTS)
		abort();
	for (size_t i = 0; i < cnt; i++) {
		struct fexpr_field at = f;
		const struct fexpr_field *m = find(parts[i].name);

		if (memchr(parts[i].name, 0, FEXPR_MAX_NAME) == NULL)
			abort();
		if (parts[i].kind == FEXPR_INDEX)
			m = find("c");
		if (!m)
			return filter_fail(-ENOENT, err, errsz, "no %s", parts[i].name);
		f = *m;
		f.deref_cnt = at.deref_cnt;
		memcpy(f.deref, at.deref, sizeof(f.deref));
		f.offset += parts[i].index % 4096 * 4;
		if (i == 0 || parts[i].kind != FEXPR_ARROW)
			continue;
		if (f.deref_cnt == FEXPR_MAX_DEREFS)
			return filter_fail(-E2BIG, err, errsz, "too deep");
		f.deref[f.deref_cnt++] = at.offset;
	}
	*ret_field = f;
	return 0;
}

static int enumerator(const struct fexpr_types *types, const char *name, uint32_t type_id,
		      struct fexpr_const *ret_value, char *err, size_t errsz)
{
	if (name[0] < 'A' || name[0] > 'Z')
		return filter_fail(-ENOENT, err, errsz, "no enumerator %s", name);
	ret_value->bits = type_id == 7 ? 7 : (uint64_t)name[0] - 'K';
	ret_value->is_negative = (int64_t)ret_value->bits < 0;
	return 0;
}

/* The target of each jump is an instruction, and the end is not run into. */
static void check_code(const struct insn_buf *code)
{
	const struct bpf_insn *last = &code->insns[code->cnt - 1];

	if (code->cnt < 5 || last->code != (BPF_JMP | BPF_EXIT))
		abort();
	for (size_t i = 0; i < code->cnt; i++) {
		const struct bpf_insn *in = &code->insns[i];
		uint8_t class = BPF_CLASS(in->code), op = BPF_OP(in->code);

		if (in->code == (BPF_LD | BPF_IMM | BPF_DW))
			i++;
		else if ((class == BPF_JMP || class == BPF_JMP32) && op != BPF_CALL &&
			 op != BPF_EXIT && (in->off < 0 || i + 1 + (size_t)in->off >= code->cnt))
			abort();
	}
}

static void compile(const char *text, const struct translate_opts *opts)
{
	const struct fexpr_types types = {.resolve = resolve, .enumerator = enumerator};
	struct insn_buf code = {0};
	char err[300] = "";

	if (fexpr_compile(text, &types, opts, &code, err, sizeof(err)) == 0) {
		check_code(&code);
		insn_buf_free(&code);
	} else if (!*err || strchr(err, '\n') || code.insns) {
		abort();
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct translate_opts direct = {.load = FILTER_LOAD_DIRECT,
					      .cast_func_id = 1,
					      .bytes_type_id = 2,
					      .bytes_off = 2,
					      .bytes_len = 126};
	const struct translate_opts probe = {.load = FILTER_LOAD_PROBE};
	struct fexpr_part parts[FEXPR_MAX_PARTS];
	char *text = malloc(size + 1), err[300] = "";
	size_t cnt;

	if (!text)
		return 0;
	memcpy(text, data, size);
	text[size] = '\0';
	compile(text, &direct);
	compile(text, &probe);
	if (fexpr_parse_path(text, parts, &cnt, err, sizeof(err)) == 0 && cnt > FEXPR_MAX_PARTS)
		abort();
	free(text);
	return 0;
}
