// SPDX-License-Identifier: GPL-2.0-only
/* Writes the packets of the golden tests as seeds for fuzz_decode. */
#include <stdio.h>

#include "bpf/event.h"
#include "tests/golden/records.h"

int main(int argc, char **argv)
{
	static uint64_t data[RECORD_SIZE / 8];
	const struct ev_hdr *hdr = (void *)data;

	if (argc != 2) {
		fprintf(stderr, "usage: decode_seeds DIRECTORY\n");
		return 2;
	}
	for (size_t i = 0; i < records_len; i++) {
		char path[4096];
		FILE *out;

		record_make(i, 0, data);
		snprintf(path, sizeof(path), "%s/record-%zu", argv[1], i);
		out = fopen(path, "w");
		if (!out) {
			perror(path);
			return 1;
		}
		fwrite(&hdr->l2, sizeof(hdr->l2), 1, out);
		fwrite(hdr + 1, 1, hdr->raw_len, out);
		if (fclose(out)) {
			perror(path);
			return 1;
		}
	}
	return 0;
}
