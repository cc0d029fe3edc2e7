#!/bin/bash
# Runs in a guest that counts instructions: a flood ping of some seconds, while the sightings go to
# a file as text.  Prints "rate NAME LINES-PER-SECOND pings COUNT lines COUNT" for each tool.
set -u
set -m

SECONDS_OF_PING=5

net_up() {
	ip netns add b
	ip link add v0 type veth peer name v1 netns b
	ip addr add 10.79.0.1/24 dev v0
	ip -n b addr add 10.79.0.2/24 dev v1
	ip -n b link set v1 up
	ip link set v0 up
	sleep 3
	ping -q -c 1 10.79.0.2 >/dev/null
}

# measure NAME WORDS PATTERN COMMAND...: WORDS are said when it is ready; lines of PATTERN count.
measure() {
	local name=$1 words=$2 pattern=$3 pid pings lines

	shift 3
	"$@" >/tmp/out 2>/tmp/err &
	pid=$!
	for _ in $(seq 300); do
		grep -q "$words" /tmp/err && break
		sleep 0.2
	done
	pings=$(ping -q -f -w $SECONDS_OF_PING 10.79.0.2 | sed -n 's/.* \([0-9]*\) received.*/\1/p')
	# What was delivered by then counts: not what is read afterwards.
	lines=$(grep -c "$pattern" /tmp/out)
	kill -INT $pid
	wait $pid
	echo "rate $name $((lines / SECONDS_OF_PING)) pings $pings lines $lines," \
		"$(grep -c "$pattern" /tmp/out) in the end$(sed -n 's/^\([1-9][0-9]* packets dropped.*\)/, \1/p' /tmp/err)"
}

net_up
measure pwru-cap 'listening on' ' 10\.79\.0\.[12]->10\.79\.0\.[12](icmp' \
	pwru-cap --backend kprobe-multi icmp
measure pwru 'Listening for events' ' 10\.79\.0\.[12]:0->10\.79\.0\.[12]:0(icmp)' \
	pwru --backend kprobe-multi --output-meta --output-tuple icmp
