# shellcheck shell=bash
# shellcheck disable=SC2034 # these variables are for the scripts that include this file
#
# vm.sh - from options to a qemu command line; what run and shell have in common.
#
# Theory of operation
#
# The machine is as small as qemu's PC gets: no disk, no display, no network, one serial line for
# the kernel's console, and one virtio-serial device whose ports carry everything else (init says
# which does what). Ports rather than serial lines, because a port moves 32 kB in the time in
# which a serial line moves a byte. ioeventfd=off makes a write to a port synchronous with the
# guest's CPU: nothing is on its way when the guest says that it is done, and counted-instruction
# runs stay deterministic.
#
# Without cmpxchg16b (-cx16), because with it 6.12 double-faults under qemu 7.2.
# An oops panics: no test passes over one.

OPT_KERNEL='' OPT_CPUS=2 OPT_MEMORY=2048 OPT_TIMEOUT=300 OPT_OUT='' OPT_ICOUNT=''
OPT_PROGRAMS=() OPT_FILES=() OPT_MODULES=() OPT_PEERS=()
OPT_ARGS=()
QEMU=()
TERMINAL_ROWS=24 TERMINAL_COLUMNS=80
KERNEL_DIR='' KERNEL_VERSION=''

# vm_options ARGS...: sets the OPT_ variables; OPT_ARGS is what follows the options.
vm_options() {
	local opt

	while (($#)); do
		opt=$1
		case $opt in
		-h | --help) usage; exit 0 ;;
		-v) VERBOSE=1; shift; continue ;;
		--icount) OPT_ICOUNT=1; shift; continue ;;
		--) shift; break ;;
		-[kcmtopfM] | --peer) ;;
		-*) die 2 "unknown option $opt (-h shows the usage)" ;;
		*) break ;;
		esac
		(($# >= 2)) || die 2 "option $opt needs a value"
		case $opt in
		-k) OPT_KERNEL=$2 ;;
		-c) OPT_CPUS=$(number "$opt" "$2") ;;
		-m) OPT_MEMORY=$(number "$opt" "$2") ;;
		-t) OPT_TIMEOUT=$(number "$opt" "$2") ;;
		-o) OPT_OUT=$2 ;;
		-p) OPT_PROGRAMS+=("$2") ;;
		-f) OPT_FILES+=("$2") ;;
		-M) OPT_MODULES+=("$2") ;;
		--peer) OPT_PEERS+=("$2") ;;
		esac
		shift 2
	done
	OPT_ARGS=("$@")
	[[ $OPT_KERNEL ]] || die 2 "which kernel? -k SERIES ('kernels list' shows them)"
}

number() {
	[[ $2 =~ ^[1-9][0-9]*$ ]] || die 2 "option $1 needs a number above 0, not '$2'"
	printf '%s\n' "$2"
}

# vm_check: everything that can be wrong before anything is built.
vm_check() {
	local file program

	need qemu-system-x86_64 qemu-system-x86
	need setpriv util-linux
	image_check
	for program in "${OPT_PROGRAMS[@]}"; do
		[[ $(find_program "$program") ]] || die 2 "there is no program $program"
	done
	for file in "${OPT_FILES[@]}"; do
		[[ -e ${file%:/*} ]] || die 2 "there is no file ${file%:/*}"
	done
	KERNEL_DIR=$("$GUEST_DIR/kernels" path "$OPT_KERNEL")
	KERNEL_VERSION=$(<"$KERNEL_DIR/VERSION")
	if [[ $OPT_OUT ]]; then
		mkdir -p "$OPT_OUT" || die 2 "the directory $OPT_OUT cannot be made"
		OPT_OUT=$(realpath "$OPT_OUT")
	fi
}

# vm_image WORK MODE [SCRIPT ARGS...]: makes WORK/initrd.
vm_image() {
	local work=$1 mode=$2 stage=$1/stage script='' file program peer tools modules
	local argv=()

	shift 2
	mkdir -p "$stage"/{guest,test}
	if (($#)); then
		script=$1
		shift
		argv=("/test/${script##*/}" "$@")
		add_file "$stage" "$script" "${argv[0]}"
		chmod +x "$stage${argv[0]}"
		add_libraries "$stage" "$script"
	fi
	[[ ! -x $CHECKOUT/build/pwru-cap ]] || add_program "$stage" "$CHECKOUT/build/pwru-cap"
	for peer in "${OPT_PEERS[@]}"; do
		file=$("$GUEST_DIR/peers" path "$peer")
		add_file "$stage" "$file" "/opt/$peer"
		add_file "$stage" "$file/wrapper" "/usr/bin/$peer"
	done
	for program in "${OPT_PROGRAMS[@]}"; do
		add_program "$stage" "$(find_program "$program")" "${program##*/}"
	done
	for file in "${OPT_FILES[@]}"; do
		if [[ $file == *:/* ]]; then
			add_file "$stage" "${file%:/*}" "/${file##*:/}"
		else
			add_file "$stage" "$file" "/test/$(basename "$file")"
		fi
	done
	cat >"$stage/guest/config" <<-END
		MODE=$mode
		KERNEL=$(quote "$OPT_KERNEL")
		ROWS=$TERMINAL_ROWS
		COLUMNS=$TERMINAL_COLUMNS
		TERM=$(quote "${TERM:-dumb}")
		ARGV=$(quote "$(quote "${argv[@]}")")
	END
	pack "$stage" "$work/own.cpio"
	tools=$(tools_archive)
	modules=$(modules_archive "$KERNEL_DIR" "${OPT_MODULES[@]}")
	cat "$tools" "$modules" "$work/own.cpio" >"$work/initrd"
	rm -rf "$stage" "$work/own.cpio"
}

# vm_qemu WORK: fills QEMU, the command line without the destinations of ports 1 and 2 and of 4,
# which are character devices that the caller names "stdout", "stderr" and "progress".
vm_qemu() {
	local work=$1 append='console=ttyS0 panic=-1 oops=panic quiet mitigations=off nowatchdog'

	# The self-tests of the kernel's ciphers take 2 s of each boot here. The check of the timer's
	# interrupts panics now and then when this machine is busy: qemu's timer is late then.
	append+=' cryptomgr.notests no_timer_check'

	QEMU=(setpriv --pdeathsig KILL qemu-system-x86_64 -no-user-config -nodefaults
		-display none -no-reboot -cpu 'max,-cx16' -m "$OPT_MEMORY"
		-kernel "$KERNEL_DIR/vmlinuz" -initrd "$work/initrd"
		-chardev "file,id=console,path=$work/console.log" -serial chardev:console
		-chardev "file,id=out,path=$work/out.tar"
		-device 'virtio-serial-pci,ioeventfd=off,max_ports=5'
		-device 'virtserialport,nr=3,chardev=out')
	if [[ $OPT_ICOUNT ]]; then
		# Guest time is counted in instructions, 2 ns each, and the random numbers of the
		# CPU are made to repeat, as the addresses of the kernel depend on them.
		QEMU+=(-accel 'tcg,thread=single' -icount 'shift=1,sleep=off' -smp 1 -seed 1
			-rtc 'base=2026-01-01,clock=vm')
	else
		# One thread runs all the guest's CPUs in turn. With a thread each, a CPU can still run
		# instructions that another has just replaced: 6.12 then died of a breakpoint of its
		# own (int3 oops) while ftrace was switching 1600 functions.
		QEMU+=(-accel "tcg,thread=${PWRU_THREAD:-single}" -smp "$OPT_CPUS")
	fi
	QEMU+=(-append "$append")
}

# vm_results WORK: what the guest left in $OUT, and the kernel's messages, to -o DIR.
vm_results() {
	[[ $OPT_OUT ]] || return 0
	if [[ -s $1/out.tar ]]; then
		tar -C "$OPT_OUT" --no-same-owner -xf "$1/out.tar" ||
			say "the files that the script left did not arrive whole"
	fi
	cp "$1/console.log" "$OPT_OUT/console.log"
}
