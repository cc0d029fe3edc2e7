// SPDX-License-Identifier: GPL-2.0-only
/* Writes the programs of the differential test, each with a frame, as seeds for fuzz_translate. */
#include <stdio.h>

#include "tests/filter/corpus.h"
#include "tests/filter/frames.h"

int main(int argc, char **argv)
{
	struct rng r = {1};

	if (argc != 2) {
		fprintf(stderr, "usage: make_seeds DIRECTORY\n");
		return 2;
	}
	for (size_t i = 0; i < corpus_cnt(); i++) {
		struct cbpf_prog prog;
		struct frame f;
		char path[4096];
		FILE *out;

		corpus_get(i, &prog);
		frame_random(&r, &f);
		snprintf(path, sizeof(path), "%s/seed-%zu", argv[1], i);
		out = prog.len <= 256 ? fopen(path, "w") : NULL;
		if (out) {
			fputc((int)i, out);
			fputc((int)i, out);
			fputc((int)prog.len - 1, out);
			fwrite(prog.insns, sizeof(*prog.insns), prog.len, out);
			fwrite(f.bytes, 1, f.len, out);
			if (fclose(out)) {
				perror(path);
				return 1;
			}
		}
		cbpf_prog_free(&prog);
	}
	return 0;
}
