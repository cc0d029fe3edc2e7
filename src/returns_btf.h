/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef PWRU_CAP_RETURNS_BTF_H
#define PWRU_CAP_RETURNS_BTF_H
/*
 * What the kernel's types say that functions return.
 */
#include "src/funcs.h"
#include "src/kbtf.h"
#include "src/returns.h"

/**
 * returns_of_types() - of each of these functions the type
 * @btf: has to outlive @returns
 * @funcs: are told what is_void and arg_words say
 *
 * Of functions that share their name but not their type nothing is said.
 *
 * Return: 0 or -errno.
 */
int returns_of_types(struct kbtf *btf, struct funcs *funcs, struct returns *returns);

#endif
