#!/bin/bash
# bench.guest.sh [VARIANT...]: runs in a guest that counts instructions, and prints a line
# "row<TAB>what<TAB>round trip<TAB>ready<TAB>stop<TAB>note" for each thing that is measured.
#
# A round trip is the smallest of 300 pings over a veth pair into a namespace.  "ready" is the time
# from exec to the word that all is attached, "stop" from SIGINT to the end of the process.
set -u
# Job control: without it, what runs in the background would have SIGINT ignored.
set -m

# Guest seconds that starting and stopping may take.
READY_MAX=${READY_MAX:-120} STOP_MAX=${STOP_MAX:-120}
VARIANTS=" $* "

net_up() {
	ip netns add b
	ip link add v0 type veth peer name v1 netns b
	ip addr add 10.79.0.1/24 dev v0
	ip -n b addr add 10.79.0.2/24 dev v1
	ip -n b link set lo up
	ip -n b link set v1 up
	ip link set v0 up
	# Duplicate address detection and the first ARP are over after this.
	sleep 3
	busybox ping -q -c 1 10.79.0.2 >/dev/null
}

# Sets RTT, in microseconds.
pings() {
	RTT=$(busybox ping -q -c 300 -i 0.01 10.79.0.2 |
		sed -n 's/^round-trip min.* = \([0-9.]*\).*/\1/p' | awk '{ print $1 * 1000 }')
	: "${RTT:=none}"
}

row() { printf 'row\t%s\t%s\t%s\t%s\t%s\n' "$@"; }

seconds_since() { awk -v from="$1" -v to="$EPOCHREALTIME" 'BEGIN { printf "%.2f", to - from }'; }

# until_ready WORDS: reads what comes by descriptor 3, until it has the words, sets READY; fails
# with what was said last.
until_ready() {
	local line='' began=$EPOCHREALTIME

	NOTE=
	while read -r -t "$READY_MAX" -u 3 line; do
		case $line in *"$1"*)
			READY=$(seconds_since "$began")
			NOTE=$(sed -n 's/.*listening on \([0-9]*\) functions.*/\1 functions/p' <<<"$line")
			return 0
			;;
		esac
		[[ -z $line ]] || NOTE=$line
		((${EPOCHREALTIME%.*} - ${began%.*} < READY_MAX)) || break
	done
	if kill -0 "$PID" 2>/dev/null; then
		NOTE="not ready after $READY_MAX s"
	fi
	return 1
}

# Sets STOP.
stop() {
	local began=$EPOCHREALTIME killer

	# What is written after the end of the measurement must not block.
	cat <&3 >/tmp/said &
	kill -INT "$PID"
	(
		sleep "$STOP_MAX"
		kill -KILL "$PID"
	) &
	killer=$!
	disown
	wait "$PID"
	STOP=$(seconds_since "$began")
	kill -- "-$killer"
	grep -qE '^[1-9][0-9]* packets? dropped' /tmp/said &&
		NOTE+=", $(grep -E 'dropped' /tmp/said)"
	NOTE+=$(sed -n 's/^\([1-9][0-9]*\) packets\? captured$/, \1 captured/p' /tmp/said)
}

# measure WHAT WORDS COMMAND...
measure() {
	local what=$1 words=$2

	shift 2
	[[ $VARIANTS == '  ' || $VARIANTS == *" $what "* ]] || return 0
	# What the run before still does in the background is not this one's.
	while pgrep -x pwru-cap >/dev/null; do sleep 0.2; done
	rm -f /tmp/fifo
	mkfifo /tmp/fifo
	"$@" >/dev/null 2>/tmp/fifo &
	PID=$!
	exec 3</tmp/fifo
	if until_ready "$words"; then
		pings
		stop
		row "$what" "$RTT" "$READY" "$STOP" "$NOTE"
	else
		row "$what" - - - "$NOTE"
		kill -KILL $PID 2>/dev/null
		wait $PID 2>/dev/null
	fi
	exec 3<&-
}

cap() { measure "$1" 'listening on' pwru-cap "${@:2}"; }

net_up
pings
row nothing "$RTT" - - ''
measure empty 'listening on' /test/empty
case $KERNEL in
5.10 | 6.1)
	cap no-match -w /tmp/out.pcapng tcp port 443
	cap pause --ftrace-pause -w /tmp/out.pcapng tcp port 443
	cap match -w /tmp/out.pcapng icmp
	measure pwru 'Listening for events' pwru tcp port 443
	;;
*)
	# The first run asks the kernel, the others remember.
	cap first -w /tmp/out.pcapng tcp port 443
	cap later -w /tmp/out.pcapng tcp port 443
	for mode in direct window probe; do
		cap "no-match-$mode" --backend kprobe-multi --filter-load "$mode" -w /tmp/out.pcapng \
			tcp port 443
	done
	cap match -w /tmp/out.pcapng icmp
	measure pwru 'Listening for events' pwru --backend kprobe-multi tcp port 443
	;;
esac
