#!/bin/sh
# Runs in a guest: captures rounds of mixed traffic, several filters at a time, and leaves
# NAME.expr, NAME.pcapng, NAME.err and NAME.status in $OUT for tests/live/filters to judge.
set -u
. /test/traffic.sh

# One process for each of these in the same round.
BATCH=7

# Without kprobe-multi, attaching to all functions takes minutes under emulation: some do.
case $KERNEL in
5.10 | 6.1) FEW='(arp|ip|ipv6|icmp|icmpv6|udp|vlan_skb|tcp_v4|tcp_v6)_rcv|__?dev_queue_xmit|dev_hard_start_xmit|ip6?_(local_)?out(put)?|ip6?_finish_output2|ip_local_deliver|__netif_receive_skb_core|neigh_resolve_output|vxlan_xmit|iptunnel_xmit|br_handle_frame|consume_skb|kfree_skb.*|skb_release_head_state' ;;
*) FEW= ;;
esac

expressions() {
	cat <<-'END'
		tcp port 443
		udp
		icmp
		icmp6
		arp
		vlan 100
		vlan and icmp
		host 10.77.0.2
		src host 10.77.0.1
		dst host 10.81.0.2
		net 10.78.0.0/24
		ether host 02:00:00:00:77:02
		ip proto 4
		udp port 4789
		greater 1000
		less 64
		tcp[tcpflags] & tcp-syn != 0
		ip[8] < 64
		ip6
		not ip
		portrange 5000-6000
		ether[12:2] = 0x0800
		icmp[icmptype] = icmp-echo
		ip6 protochain 58
		ether multicast
		ip[6:2] & 0x1fff != 0
		(src net 10.77.0.0/24 and not tcp) or (vlan and (udp or tcp port 8080))
	END
}

# start NAME EXPRESSION OPTIONS...: in the background.
start() {
	name=$1 expression=$2
	shift 2
	echo "$expression" >"$OUT/$name.expr"
	# shellcheck disable=SC2086 # no expression is no argument
	pwru-cap ${FEW:+--filter-func "$FEW"} "$@" -w "$OUT/$name.pcapng" ${expression:+"$expression"} \
		2>"$OUT/$name.err" &
	names="$names $name" pids="$pids $!"
}

# All that have been started see one round.
round() {
	for name in $names; do
		wait_for 120 grep -q 'listening on' "$OUT/$name.err" || echo "$name: does not listen" >&2
	done
	began_round=$(date +%s)
	mixed_round
	echo "        a round: $(($(date +%s) - began_round)) s"
	# What was sent last is on its way through the kernel still.
	sleep 0.5
	# shellcheck disable=SC2086 # words
	kill -INT $pids
	for name in $names; do
		# shellcheck disable=SC2086
		set -- $pids
		wait "$1"
		echo $? >"$OUT/$name.status"
		shift
		pids=$*
	done
	names='' pids=''
}

filters() {
	expressions >/tmp/expressions
	n=0
	while read -r line; do
		n=$((n + 1))
		start $n "$line"
		[ $((n % BATCH)) -ne 0 ] || round
	done </tmp/expressions
	[ -z "$names" ] || round
}

# The same expression by each way to read packets.
loads() {
	for load in direct window probe; do
		start "$load-1" 'tcp port 443' --filter-load $load
		start "$load-2" 'icmp6 or (vlan and icmp)' --filter-load $load
		start "$load-3" 'ip proto 4 or udp port 4789' --filter-load $load
	done
	round
}

# How long each part takes, for whoever wants the whole to be faster.
timed() {
	began=$(date +%s)
	"$@"
	echo "        $*: $(($(date +%s) - began)) s"
}

everything() {
	for n in 1 2; do
		start all$n '' -B 131072
		round
	done
}

names='' pids=''
net_up
tls_serve /tmp || echo "the TLS server does not start" >&2
timed mixed_up
timed filters
timed everything
[ "$KERNEL" != 6.12 ] || timed loads
kill $TLS_PID
mixed_down
net_down
