#!/bin/bash
# stop.guest.sh LOOPS: runs in a guest: starts and ends captures in all ways, and leaves in $OUT, for tests/live/stop to
# judge, what that took and what it left behind: a line "NAME VALUE..." each in $OUT/facts.
set -u
# Job control: without it, what runs in the background would have SIGINT ignored.
set -m
. /test/traffic.sh

# Kprobes are slow to attach under emulation: some 270 functions do.
SOME=(--filter-func '(ip|tcp|skb|udp|nf)_.*')
case $KERNEL in
5.10 | 6.1) KPROBE=yes ARGS=("${SOME[@]}") ;;
*) KPROBE='' ARGS=() ;;
esac
LOOPS=$1
EVENTS=/sys/kernel/tracing/kprobe_events
EXPEDITED=/sys/kernel/rcu_expedited
FTRACE=/proc/sys/kernel/ftrace_enabled

# Also seen while it runs: a run may take minutes.
fact() { echo "$@" | tee -a "$OUT/facts" >&2; }
seconds_since() { awk -v from="$1" -v to="$EPOCHREALTIME" 'BEGIN { printf "%.2f", to - from }'; }
running() { kill -0 "$1" 2>/dev/null; }

# What is in the kernel now: probes, programs, maps, links, and processes of ours.
present() {
	echo "$(grep -c pwru_cap $EVENTS)" \
		"$(bpftool prog show | grep -c '^[0-9]')" "$(bpftool map show | grep -c '^[0-9]')" \
		"$(bpftool link show | grep -c '^[0-9]')" "$(pgrep -cx pwru-cap)"
}

settings() { echo "$(cat $EXPEDITED)" "$(cat $FTRACE)"; }

# gone NAME: until all is as it was before the first run; at most a minute.
gone() {
	local began=$EPOCHREALTIME

	until [[ $(present) == "$BEFORE" ]]; do
		((${EPOCHREALTIME%.*} - ${began%.*} < 60)) || break
		sleep 0.2
	done
	fact "$1.gone" "$(seconds_since "$began")"
	fact "$1.left" "$(present)" "$(settings)"
}

# start NAME ARGS...: in the background, until it listens; sets CAP.
start() {
	local name=$1 began=$EPOCHREALTIME

	shift
	pwru-cap "${ARGS[@]}" "$@" 2>"$OUT/$name.err" &
	CAP=$!
	wait_for 120 grep -q 'listening on' "$OUT/$name.err" || echo "$name: does not listen" >&2
	fact "$name.ready" "$(seconds_since "$began")"
}

# ended NAME: waits, and says how long that took.
ended() {
	local began=$EPOCHREALTIME

	wait "$CAP"
	fact "$1.status" $?
	fact "$1.prompt" "$(seconds_since "$began")"
}

flood() {
	while :; do in_a ping -q -f -c 100 $IP_B; done
}

# SIGINT while packets come as fast as they can.
stop_case() {
	local pinger

	flood >/dev/null 2>&1 &
	pinger=$!
	start stop -s 64 -w "$OUT/stop.pcapng" icmp
	fact stop.present "$(present)"
	sleep 3
	kill -INT "$CAP"
	ended stop
	kill -- "-$pinger"
	wait "$pinger" 2>/dev/null
	gone stop
}

# The first SIGINT does not end it, as nobody reads the pipe; the second does.
second_case() {
	local sleeper

	mkfifo /tmp/stuck
	sleep 600 </tmp/stuck &
	sleeper=$!
	start second -w - icmp >/tmp/stuck
	in_a ping -q -c 200 -i 0.01 $IP_B >/dev/null
	kill -INT "$CAP"
	sleep 2
	running "$CAP" && fact second.still yes
	kill -INT "$CAP"
	ended second
	gone second
	kill "$sleeper"
	wait "$sleeper" 2>/dev/null
}

# SIGINT before all is attached.
early_case() {
	pwru-cap -w "$OUT/early.pcapng" icmp 2>"$OUT/early.err" &
	CAP=$!
	wait_for 120 grep -q pwru_cap $EVENTS || echo "early: no probes come" >&2
	kill -INT "$CAP"
	ended early
	grep -q 'listening on' "$OUT/early.err" || fact early.early yes
	gone early
}

# The capturing process alone is killed.
kill_case() {
	start kill -w "$OUT/kill.pcapng" icmp
	kill -KILL "$CAP"
	ended kill 2>/dev/null
	gone kill
}

# A probe of somebody else comes and goes: when the last of ftrace's users does, the kernel looks whether
# all is in order, and warns if not.
their_probe() {
	echo 'p:theirs/open do_sys_openat2' >>$EVENTS
	echo 1 >/sys/kernel/tracing/events/theirs/open/enable
	fact "$1" "$(wc -l </sys/kernel/tracing/enabled_functions)"
	echo 0 >/sys/kernel/tracing/events/theirs/open/enable
	echo '-:theirs/open' >>$EVENTS
}

# All are killed, when some probes are armed and ftrace is off: probes and settings remain, until the
# next run.
kill_all_case() {
	local until=$((SECONDS + 120))

	pwru-cap --ftrace-pause -w "$OUT/kill_all.pcapng" icmp 2>"$OUT/kill_all.err" &
	CAP=$!
	until [[ $(<$FTRACE) == 0 ]] || ((SECONDS > until)); do sleep 0.05; done
	sleep 0.5
	pkill -KILL -x pwru-cap
	ended kill_all 2>/dev/null
	wait_for 30 eval '! pgrep -x pwru-cap'
	fact kill_all.before "$(grep -c pwru_cap $EVENTS)" "$(settings)"
	their_probe kill_all.theirs
	pwru-cap "${ARGS[@]}" --test-attach >/dev/null 2>"$OUT/next.err"
	fact next.status $?
	gone next
	their_probe next.theirs
}

# Another run leaves the probes of this one alone, and the setting is on while any wants it.
two_case() {
	local other

	start two -w "$OUT/two.pcapng" icmp
	fact two.alone "$(grep -c pwru_cap $EVENTS)"
	pwru-cap "${ARGS[@]}" --test-attach >/dev/null 2>"$OUT/two_other.err"
	fact two.after "$(grep -c pwru_cap $EVENTS)"
	pwru-cap "${ARGS[@]}" --test-attach >/dev/null 2>&1 &
	other=$!
	sleep 1
	kill -INT "$CAP"
	ended two
	wait "$other"
	gone two
}

# What the settings are while probes are attached.
settings_case() {
	pwru-cap "${ARGS[@]}" "${@:2}" --test-attach >/dev/null 2>&1 &
	CAP=$!
	: >/tmp/seen
	: >/tmp/seen_ftrace
	while running "$CAP"; do
		cat $EXPEDITED >>/tmp/seen
		cat $FTRACE >>/tmp/seen_ftrace
		sleep 0.05
	done
	wait "$CAP"
	fact "$1.seen" "$(sort -u /tmp/seen | tr '\n' ' ')"
	fact "$1.ftrace" "$(sort -u /tmp/seen_ftrace | tr '\n' ' ')"
	fact "$1.after" "$(settings)"
}

terminal_case() {
	script -qec "pwru-cap ${ARGS[*]@Q} --test-attach" "$OUT/terminal.out" >/dev/null </dev/null
	pwru-cap "${ARGS[@]}" --test-attach >"$OUT/table.out" 2>"$OUT/table.err"
	fact table.status $?
}

loop_case() {
	local i bad=0 iperf server

	in_b iperf3 -s >/dev/null 2>&1 &
	server=$!
	wait_for 10 eval "in_b ss -ltn | grep -q :5201"
	in_a iperf3 -c $IP_B -t 1000 -b 20M >/dev/null 2>&1 &
	iperf=$!
	sleep 1
	running "$iperf" && fact loop.iperf yes
	for ((i = 0; i < LOOPS; i++)); do
		pwru-cap "${SOME[@]}" --test-attach >/dev/null 2>>"$OUT/loop.err" || bad=$((bad + 1))
	done
	running "$iperf" && fact loop.iperf_after yes
	kill "$iperf" "$server"
	wait "$iperf" "$server" 2>/dev/null
	fact loop.runs "$LOOPS" "$bad"
	gone loop
}

timed() {
	local began=$EPOCHREALTIME

	"$@"
	echo "$*: $(seconds_since "$began") s"
}

grep -q devpts /proc/mounts || { mkdir -p /dev/pts && mount -t devpts devpts /dev/pts; }
# Only what happens from here on is judged, not how the guest has booted.
dmesg -c >"$OUT/boot.dmesg"
net_up
BEFORE=$(present)
fact before "$BEFORE" "$(settings)"
timed stop_case
timed second_case
[[ -z $KPROBE ]] || timed early_case
timed kill_case
if [[ $KPROBE ]]; then
	timed kill_all_case
	timed two_case
	timed settings_case on --ftrace-pause
	timed settings_case off --no-rcu-expedited
	echo 1 >$EXPEDITED
	echo 0 >$FTRACE
	timed settings_case theirs --ftrace-pause
	echo 0 >$EXPEDITED
	echo 1 >$FTRACE
fi
timed terminal_case
timed loop_case
dmesg >"$OUT/dmesg"
net_down
