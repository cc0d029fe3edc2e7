#!/bin/bash
# backends.guest.sh few|all: runs in a guest: the same ping under each backend, and leaves in $OUT,
# for tests/live/backends to judge: BACKEND.err (standard error), BACKEND.pcapng, funcs (what
# --list-funcs says), and a line "NAME VALUE..." each in facts.
#
# kprobe and fentry take a tenth of a second a function under emulation.  So with "few" they watch
# only those in which the backends before them saw the ping, if there are such; these functions are
# in BACKEND.funcs then.
set -u
# Job control: without it, what runs in the background would have SIGINT ignored.
set -m
. /test/traffic.sh

MODE=$1
SEEN=/tmp/seen

fact() { echo "$@" | tee -a "$OUT/facts" >&2; }
seconds_since() { awk -v from="$1" -v to="$EPOCHREALTIME" 'BEGIN { printf "%.2f", to - from }'; }

# What is left of any run: probes, and programs by name.
left() {
	echo "$(grep -c pwru_cap /sys/kernel/tracing/kprobe_events)" \
		"$(bpftool prog show | grep -cE 'name (pwru_cap|func_)')"
}

gone() { [[ $(left) == '0 0' ]]; }

# Nothing is asked of the neighbours, and nothing comes by timers.
settle() {
	local mac_a mac_b

	mac_a=$(in_a cat /sys/class/net/v0/address)
	mac_b=$(in_b cat /sys/class/net/v1/address)
	ip -n $NS_A neigh replace $IP_B lladdr "$mac_b" dev v0 nud permanent
	ip -n $NS_B neigh replace $IP_A lladdr "$mac_a" dev v1 nud permanent
	one_ping
}

# On one CPU, so that each packet's way through the kernel is the same each time.
one_ping() { in_a taskset -c 0 ping -q -c 1 -W 5 $IP_B; }

# run BACKEND ARGS...: one ping; the backend says itself if it cannot work.
run() {
	local name=$1 began=$EPOCHREALTIME cap

	shift
	taskset -c 1 pwru-cap -v --backend "$name" "$@" -w "$OUT/$name.pcapng" icmp 2>"$OUT/$name.err" &
	cap=$!
	wait_for 600 eval "listens '$OUT/$name.err' || ! kill -0 $cap"
	fact "$name.ready" "$(seconds_since "$began")"
	if listens "$OUT/$name.err"; then
		one_ping >"$OUT/$name.ping" 2>&1
		# What was sent last is on its way through the kernel still.
		sleep 0.5
		began=$EPOCHREALTIME
		kill -INT $cap
	fi
	wait $cap
	fact "$name.status" $?
	fact "$name.prompt" "$(seconds_since "$began")"
	grep -aoE 'func=[A-Za-z0-9_.]+ (module=[A-Za-z0-9_]+ )?id=' "$OUT/$name.pcapng" 2>/dev/null |
		sed 's/^func=//; s/ .*//' >>$SEEN
}

# A slow one.
run_slow() {
	local pattern

	if [[ $MODE == all || ! -s $SEEN ]]; then
		run "$1"
		return
	fi
	sort -u $SEEN >"$OUT/$1.funcs"
	pattern=$(tr '\n' '|' <"$OUT/$1.funcs")
	run "$1" --filter-func "${pattern%|}"
}

# SIGINT before all is attached; on a terminal, for what is shown there.
early() {
	local began cap

	script -qfec "exec pwru-cap --backend fentry -w '$OUT/early.pcapng' icmp" /tmp/early </dev/null >"$OUT/early.out" &
	wait_for 120 eval "grep -q 'attaching: 2. of' /tmp/early"
	began=$EPOCHREALTIME
	cap=$(pgrep -nx pwru-cap)
	kill -INT "$cap"
	wait_for 60 eval "! kill -0 $cap"
	fact early.prompt "$(seconds_since "$began")"
	wait
	began=$EPOCHREALTIME
	wait_for 100 gone
	fact early.gone "$(seconds_since "$began")"
	fact early.left "$(left)"
}

# Without kprobe events there is only fentry left where there are no multi links.
automatic() {
	mount --bind /proc/version /sys/kernel/tracing/kprobe_events
	run auto --filter-func 'ip_rcv|icmp_rcv'
	umount /sys/kernel/tracing/kprobe_events
}

# What it says when it may not have as many descriptors as it needs.
descriptors() (
	# Kernels before 5.11 count the memory of maps as locked, too.
	ulimit -l unlimited
	ulimit -Hn 300
	setpriv --bounding-set -sys_resource --inh-caps -sys_resource pwru-cap --backend fentry \
		--filter-func 'ip_.*' --test-attach >/dev/null 2>"$OUT/descriptors.err"
	fact descriptors.status $?
)

# From here on the kernel forbids it, until the next boot.
lockdown() {
	mount -t securityfs securityfs /sys/kernel/security 2>/dev/null
	echo confidentiality >/sys/kernel/security/lockdown || return
	for backend in kprobe fentry; do
		pwru-cap --backend $backend --filter-func ip_rcv --test-attach \
			>/dev/null 2>"$OUT/lockdown.$backend.err"
		fact "lockdown.$backend.status" $?
	done
}

grep -q devpts /proc/mounts || { mkdir -p /dev/pts && mount -t devpts devpts /dev/pts; }
# Only what happens from here on is judged, not how the guest has booted.
dmesg -c >"$OUT/boot.dmesg"
net_up
settle >/dev/null
uname -r >"$OUT/release"
pwru-cap --list-funcs >"$OUT/funcs"
: >$SEEN
run fentry-multi
run kprobe-multi
run_slow kprobe
wait_for 300 gone
fact kprobe.left "$(left)"
# No more descriptors than usual, to begin with.
ulimit -Sn 128
run_slow fentry
wait_for 600 gone
fact fentry.left "$(left)"
early
automatic
descriptors
lockdown
dmesg >"$OUT/dmesg"
net_down
