# SPDX-License-Identifier: GPL-2.0-only
#
# Tests of filter/, all under ASan and UBSan. Included by the top Makefile.
#
#   make check-filter                          all of them; what cannot run here says SKIP
#   build/asan/tests/filter/test_random SEED   other random programs (test_diff: other frames)
#   make check-filter-guests                   in the verifiers of four other kernels
#   make fuzz FUZZ_SECONDS=600                 the fuzzers

FUZZ_SECONDS	?= 60

ASAN		:= $(BUILD)/asan
ASAN_CFLAGS	:= -std=gnu11 -g -O2 -Wall -Wextra -Wmissing-prototypes -Wshadow \
	-fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer

FILTER_SRC	:= $(wildcard filter/*.c)
FILTER_TESTS	:= test_units test_splice test_long test_kernel test_random test_diff
# What the test programs share.
FILTER_COMMON	:= $(filter-out test_%,$(notdir $(basename $(wildcard tests/filter/*.c))))
FILTER_OBJ	:= $(FILTER_SRC:%.c=$(ASAN)/%.o) $(FILTER_COMMON:%=$(ASAN)/tests/filter/%.o)
FILTER_BIN	:= $(FILTER_TESTS:%=$(ASAN)/tests/filter/%)

$(ASAN)/%.o: %.c
	$(Q)mkdir -p $(@D) && $(CC) $(ASAN_CFLAGS) $(CPPFLAGS) -MMD -MP -c -o $@ $<

$(FILTER_BIN): %: %.o $(FILTER_OBJ)
	$(Q)$(CC) $(ASAN_CFLAGS) -o $@ $^ -lcmocka -lbpf -lpcap

.PHONY: check-filter
check-filter: $(FILTER_BIN)
	$(Q)failed=; for t in $(FILTER_BIN); do \
		echo "== $$t"; $$t || failed="$$failed $$t"; \
	done; test -z "$$failed" || { echo "failed:$$failed"; exit 1; }

# ---- the same programs in the guests' kernels, without sanitizers: emulation is slow enough

PLAIN		:= $(BUILD)/plain
GUEST_BIN	:= $(patsubst %,$(PLAIN)/tests/filter/%,test_kernel test_random test_long)

$(PLAIN)/%.o: %.c
	$(Q)mkdir -p $(@D) && $(CC) -std=gnu11 -O2 $(CPPFLAGS) -MMD -MP -c -o $@ $<

$(GUEST_BIN): %: %.o $(FILTER_OBJ:$(ASAN)/%=$(PLAIN)/%)
	$(Q)$(CC) -o $@ $^ -lbpf -lpcap

.PHONY: check-filter-guests guest-tests
guest-tests: $(GUEST_BIN)
check-filter-guests: $(GUEST_BIN)
	$(Q)BUILD=$(BUILD) tests/filter/guests

# ---- fuzzers: clang's, and so is all that goes into them

FUZZ		:= $(BUILD)/fuzz
FUZZ_CFLAGS	:= -std=gnu11 -g -O1 -Wall -Wextra -Wmissing-prototypes -Wshadow \
	-fsanitize=fuzzer,address,undefined -fno-sanitize-recover=all
FUZZ_SHARED	:= $(FILTER_SRC) $(patsubst %,tests/filter/%.c,runner frames ref interp)

$(FUZZ)/fuzz_translate: tests/fuzz/fuzz_translate.c $(FUZZ_SHARED)
	$(Q)mkdir -p $(@D) && $(CLANG) $(FUZZ_CFLAGS) $(CPPFLAGS) -o $@ $^ -lpcap

$(FUZZ)/fuzz_splice: tests/fuzz/fuzz_splice.c filter/splice.c
	$(Q)mkdir -p $(@D) && $(CLANG) $(FUZZ_CFLAGS) $(CPPFLAGS) -o $@ $^

$(FUZZ)/fuzz_fexpr: tests/fuzz/fuzz_fexpr.c $(FILTER_SRC)
	$(Q)mkdir -p $(@D) && $(CLANG) $(FUZZ_CFLAGS) $(CPPFLAGS) -o $@ $^ -lpcap

# It includes what it fuzzes.
$(FUZZ)/fuzz_recall: tests/fuzz/fuzz_recall.c src/remember.c src/buf.c src/util.c src/inventory.c
	$(Q)mkdir -p $(@D) && $(CLANG) $(FUZZ_CFLAGS) $(CPPFLAGS) -Wno-unused-function -o $@ \
		$(filter-out src/remember.c,$^) src/caps.c src/kbtf.c src/ksyms.c src/log.c src/tracefs.c \
		-lbpf

$(FUZZ)/fuzz_decode: tests/fuzz/fuzz_decode.c \
		$(patsubst %,src/%.c,decode decode_ip tuple frame hexdump buf)
	$(Q)mkdir -p $(@D) && $(CLANG) $(FUZZ_CFLAGS) $(CPPFLAGS) -o $@ $^

# Each record's packet behind its synthetic head, for the fuzzer to begin with.
$(ASAN)/decode_seeds: tests/fuzz/decode_seeds.c tests/golden/records.c
	$(Q)mkdir -p $(@D) && $(CC) -std=gnu11 -O2 $(CPPFLAGS) -o $@ $^

$(ASAN)/make_seeds: $(ASAN)/tests/fuzz/make_seeds.o $(FILTER_OBJ)
	$(Q)$(CC) $(ASAN_CFLAGS) -o $@ $^ -lbpf -lpcap

.PHONY: fuzz
fuzz: $(FUZZ)/fuzz_translate $(FUZZ)/fuzz_splice $(FUZZ)/fuzz_fexpr $(FUZZ)/fuzz_recall \
		$(FUZZ)/fuzz_decode $(ASAN)/make_seeds $(ASAN)/decode_seeds
	$(Q)mkdir -p $(addprefix $(FUZZ)/,translate splice fexpr recall decode) && \
		 $(ASAN)/make_seeds $(FUZZ)/translate && $(ASAN)/decode_seeds $(FUZZ)/decode
	$(Q)cd $(FUZZ) && ./fuzz_translate -max_total_time=$(FUZZ_SECONDS) -max_len=3000 \
		-print_final_stats=1 -verbosity=0 translate
	$(Q)cd $(FUZZ) && ./fuzz_splice -max_total_time=$(FUZZ_SECONDS) -max_len=2048 \
		-print_final_stats=1 -verbosity=0 splice
	$(Q)cd $(FUZZ) && ./fuzz_fexpr -max_total_time=$(FUZZ_SECONDS) -max_len=512 \
		-print_final_stats=1 -verbosity=0 fexpr
	$(Q)cd $(FUZZ) && ./fuzz_recall -max_total_time=$(FUZZ_SECONDS) -max_len=1024 \
		-print_final_stats=1 -verbosity=0 recall
	$(Q)cd $(FUZZ) && ./fuzz_decode -max_total_time=$(FUZZ_SECONDS) -max_len=512 \
		-print_final_stats=1 -verbosity=0 decode

-include $(FILTER_OBJ:.o=.d) $(FILTER_BIN:=.d) $(FILTER_OBJ:$(ASAN)/%.o=$(PLAIN)/%.d) $(GUEST_BIN:=.d)
