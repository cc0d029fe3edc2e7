# SPDX-License-Identifier: GPL-2.0-only
#
# make help lists the targets.  Everything that is made goes to build/.

VERSION	:= 0.1.0
BUILD	?= build
PREFIX	?= /usr/local
SBINDIR	?= $(PREFIX)/sbin
MANDIR	?= $(PREFIX)/share/man

CLANG	?= clang
BPFTOOL	?= $(firstword $(wildcard /usr/sbin/bpftool /usr/local/sbin/bpftool \
	/usr/lib/linux-tools/*/bpftool) bpftool)
STRIP	?= llvm-strip
FORMAT	?= clang-format
ARCH	:= $(shell uname -m | sed -e s/x86_64/x86/ -e s/aarch64/arm64/)

# V=1 shows the commands; make -s shows nothing.
ifneq ($(findstring s,$(firstword -$(MAKEFLAGS))),)
Q   := @
say  = @:
else ifeq ($(V),1)
Q   :=
say  = @:
else
Q   := @
say  = @printf '  %-7s %s\n' $(1) $(2)
endif

WARN	:= -Wall -Wextra -Wmissing-prototypes -Wshadow -Wstrict-prototypes \
	-Wno-unused-parameter -Wno-missing-field-initializers
HARDEN	:= -fstack-protector-strong -U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=2 -fPIE
CFLAGS	?= -O2 -g
override CPPFLAGS += -I. -I$(BUILD) -D_GNU_SOURCE -DPWRU_CAP_VERSION='"$(VERSION)"'
ALL_CFLAGS = -std=gnu11 $(WARN) $(HARDEN) $(CFLAGS) $(SANITIZERS) $(CPPFLAGS) -MMD -MP
override LDFLAGS += -pie -Wl,-z,relro,-z,now -Wl,--as-needed
LDLIBS	:= -lbpf -lelf -lz -lzstd -lpcap -ljson-c -lcap-ng -lpthread

# Not :=, the compiler may only be installed by the first rule that runs.
BPF_CFLAGS = -target bpf -mcpu=v3 -O2 -g -std=gnu11 -Wall -Wextra -Werror -Wno-unused-parameter \
	-D__TARGET_ARCH_$(ARCH) -I. -Ibpf -idirafter /usr/include/$(shell $(CC) -print-multiarch) -MMD -MP

SRC	:= $(wildcard src/*.c) $(wildcard filter/*.c)
OBJ	:= $(SRC:%.c=$(BUILD)/%.o)
LIB	:= $(BUILD)/libpwru_cap.a
BIN	:= $(BUILD)/pwru-cap
# One BPF object a file bpf/*.bpf.c; copy.bpf.c becomes copy.skel.h with struct copy_bpf.
BPF_OBJ	:= $(patsubst bpf/%.c,$(BUILD)/%.o,$(wildcard bpf/*.bpf.c))
SKEL	:= $(BPF_OBJ:.bpf.o=.skel.h)
UNIT	:= $(patsubst tests/unit/%.c,$(BUILD)/tests/unit/%,$(wildcard tests/unit/test_*.c))

# The packages' names are those of Debian 12 and of Ubuntu (where bpftool comes with linux-tools).
BUILD_DEPS := gcc clang llvm bpftool libc6-dev libbpf-dev libelf-dev zlib1g-dev libpcap-dev \
	libzstd-dev libcap-ng-dev libjson-c-dev
TEST_DEPS  := libcmocka-dev libclang-rt-dev qemu-system-x86 busybox-static kmod cpio xz-utils zstd \
	debian-archive-keyring bash dash coreutils util-linux findutils procps grep sed gawk \
	bsdutils python3 python3-jsonschema tcpdump tshark iproute2 nftables iputils-ping netcat-openbsd openssl iperf3

# Objects are kept, also those that only a pattern names.
.SECONDARY:
.DELETE_ON_ERROR:

.PHONY: all
all: $(BIN)

.PHONY: help
help:
	@echo 'make          build build/pwru-cap'
	@echo 'make demo     capture real TLS traffic into out.pcapng, and show it'
	@echo 'make check    run all tests: unit, filter, and live ones in guest kernels'
	@echo 'make soak     attach and detach 100 times on each kernel (ROUNDS=): is anything left?'
	@echo '              of 100,000 packets three are dropped (--on-drop): are they all that is left?'
	@echo 'make bench    measure, in guests that count instructions'
	@echo 'make fuzz     run the fuzzers, FUZZ_SECONDS=60 each'
	@echo 'make deps     install what is missing to build (apt; asks for root if needed)'
	@echo 'make install  to $$(DESTDIR)$$(PREFIX), default /usr/local'
	@echo 'make format   run clang-format over the sources'
	@echo 'make clean    remove build/'
	@echo 'V=1 shows the commands; CC=clang builds with clang; SANITIZE=1 with ASan and UBSan'

# ---- build

ifeq ($(SANITIZE),1)
SANITIZERS := -fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer \
	-U_FORTIFY_SOURCE
endif

$(BIN): $(BUILD)/src/main.o $(LIB)
	$(call say,LINK,$@)
	$(Q)$(CC) $(CFLAGS) $(SANITIZERS) $(LDFLAGS) -o $@ $^ $(LDLIBS)

$(LIB): $(filter-out $(BUILD)/src/main.o,$(OBJ))
	$(call say,AR,$@)
	$(Q)rm -f $@ && $(AR) rcs $@ $^

# Other flags, or another compiler, compile all anew.
$(BUILD)/.flags: FORCE
	$(Q)mkdir -p $(@D) && echo '$(CC) $(subst ','\'',$(ALL_CFLAGS))' | cmp -s - $@ || \
		echo '$(CC) $(subst ','\'',$(ALL_CFLAGS))' > $@
FORCE:

$(BUILD)/%.o: %.c Makefile $(BUILD)/.flags | $(BUILD)/.deps
	$(call say,CC,$@)
	$(Q)mkdir -p $(@D) && $(CC) $(ALL_CFLAGS) -c -o $@ $<

# The skeletons have to be there before the files that include them are compiled the first time.
$(BUILD)/src/load.o $(BUILD)/src/prog_template.o $(BUILD)/tests/unit/test_core_btf.o: $(SKEL)

$(BPF_OBJ): $(BUILD)/%.bpf.o: bpf/%.bpf.c Makefile | $(BUILD)/.deps
	$(call say,BPF,$@)
	$(Q)mkdir -p $(@D) && $(CLANG) $(BPF_CFLAGS) -c -o $@ $< && $(STRIP) -g $@

$(SKEL): $(BUILD)/%.skel.h: $(BUILD)/%.bpf.o
	$(call say,SKEL,$@)
	$(Q)$(BPFTOOL) gen skeleton $< name $*_bpf > $@.tmp && mv $@.tmp $@

# ---- packages

# Checked once a checkout: the stamp is younger than the list.
$(BUILD)/.deps: Makefile tests/deps
	$(Q)tests/deps $(BUILD_DEPS)
	$(Q)mkdir -p $(BUILD) && touch $@

$(BUILD)/.test-deps: Makefile tests/deps
	$(Q)tests/deps $(BUILD_DEPS) $(TEST_DEPS)
	$(Q)mkdir -p $(BUILD) && touch $@ $(BUILD)/.deps

.PHONY: deps test-deps
deps:
	$(Q)tests/deps $(BUILD_DEPS)
test-deps:
	$(Q)tests/deps $(BUILD_DEPS) $(TEST_DEPS)

# ---- tests

.PHONY: demo
demo: $(BUILD)/.test-deps
	$(Q)$(MAKE) --no-print-directory all
	$(Q)samples/demo

.PHONY: check
check: $(BUILD)/.test-deps
	$(Q)$(MAKE) --no-print-directory all
	$(Q)tests/check

# Takes an hour or so; two guests at a time.
.PHONY: soak
soak: $(BUILD)/.test-deps
	$(Q)$(MAKE) --no-print-directory all
	$(Q)printf '%s\n' 5.10 6.1 6.12 7.3 | xargs -P 2 -n 1 tests/live/soak
	$(Q)printf '%s\n' 5.10 6.1 6.12 7.3 | PINGS=100000 xargs -P 2 -n 1 tests/live/drops

# Figures: of what needs no kernel here, of the rest in guests that count instructions; no test.
.PHONY: bench
bench: $(BUILD)/.test-deps
	$(Q)$(MAKE) --no-print-directory all $(FORMAT_BENCH)
	$(Q)$(FORMAT_BENCH)
	$(Q)tests/bench/text
	$(Q)tests/bench/rates
	$(Q)tests/bench/run

.PHONY: unit
unit: $(UNIT)

$(BUILD)/tests/unit/%: $(BUILD)/tests/unit/%.o $(LIB)
	$(call say,LINK,$@)
	$(Q)$(CC) $(CFLAGS) $(SANITIZERS) $(LDFLAGS) -o $@ $^ -lcmocka $(LDLIBS)

# What feeds made-up records to the outputs: the golden tests, and the bench of their speed.
REPLAY	:= $(BUILD)/tests/golden/replay
FORMAT_BENCH := $(BUILD)/tests/bench/format
OUTPUT_OBJ := $(BUILD)/tests/golden/replay.o $(BUILD)/tests/golden/records.o \
	$(BUILD)/tests/bench/format.o

.PHONY: golden
golden: $(REPLAY)

$(REPLAY): $(BUILD)/tests/golden/replay.o $(BUILD)/tests/golden/records.o $(LIB)
	$(call say,LINK,$@)
	$(Q)$(CC) $(CFLAGS) $(SANITIZERS) $(LDFLAGS) -o $@ $^ $(LDLIBS)

$(FORMAT_BENCH): $(BUILD)/tests/bench/format.o $(BUILD)/tests/golden/records.o $(LIB)
	$(call say,LINK,$@)
	$(Q)mkdir -p $(@D) && $(CC) $(CFLAGS) $(SANITIZERS) $(LDFLAGS) -o $@ $^ $(LDLIBS)

-include tests/filter/rules.mk

# ---- the rest

.PHONY: install
install: $(BIN)
	install -D -m 755 $(BIN) $(DESTDIR)$(SBINDIR)/pwru-cap
	install -D -m 644 man/pwru-cap.8 $(DESTDIR)$(MANDIR)/man8/pwru-cap.8

.PHONY: format
format:
	$(Q)git ls-files '*.c' '*.h' | xargs $(FORMAT) -i

.PHONY: clean
clean:
	rm -rf $(BUILD)

-include $(OBJ:.o=.d) $(BPF_OBJ:.o=.d) $(UNIT:=.d) $(OUTPUT_OBJ:.o=.d)
