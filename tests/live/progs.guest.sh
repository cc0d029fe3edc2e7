#!/bin/sh
# Runs in a guest: XDP and TC programs on the way of some traffic, captured in different ways, and
# leaves NAME.expr, NAME.pcapng, NAME.err and NAME.status in $OUT for tests/live/progs to judge.
#
# v0 (first host) has a TC program on its way out, v1 (second host) an XDP program, a TC program on
# its way in, and one without type information on its way out.
set -u
. /test/traffic.sh
. /test/progs.frames.sh

FEW='ip_rcv|ipv6_rcv|icmp_rcv|__dev_queue_xmit'
IP6_A=fd77::1 IP6_B=fd77::2
XDP='--filter-trace-xdp' TC='--filter-trace-tc'

# start NAME EXPRESSION OPTIONS...: in the background.
start() {
	name=$1 expression=$2
	shift 2
	echo "$expression" >"$OUT/$name.expr"
	# shellcheck disable=SC2086 # no expression is no argument
	pwru-cap --filter-func "$FEW" "$@" -w "$OUT/$name.pcapng" ${expression:+"$expression"} \
		2>"$OUT/$name.err" &
	names="$names $name" pids="$pids $!"
}

# listens_or_ended NAME PID
listens_or_ended() { grep -q 'listening on' "$OUT/$1.err" || ! kill -0 "$2"; }

# round COMMAND: all that have been started see it.
round() {
	# shellcheck disable=SC2086 # words
	set -- "$1" $pids
	for name in $names; do
		wait_for 120 listens_or_ended "$name" "$2"
		grep -q 'listening on' "$OUT/$name.err" || echo "$name: does not listen" >&2
		command=$1
		shift 2
		set -- "$command" "$@"
	done
	"$@" >>"$OUT/traffic.out" 2>&1
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

mixed() {
	in_a send_frame v0 5 "$UDP4"
	in_a send_frame v0 3 "$VLAN"
	in_a send_frame v0 4 "$UDP6"
	in_a send_frame v0 2 "$OTHER"
	for address in $IP_B 10.78.0.2 $IP6_B; do
		in_a ping -q -n -c 3 -i 0.05 -W 2 $address
	done
}

# Packets of more than a page, which an XDP program of this kind sees as several pieces.
large() {
	in_a ping -q -n -c 3 -i 0.05 -W 2 -s 6000 $IP_B
}

net_up
ip -n $NS_A addr add $IP6_A/64 dev v0 nodad
ip -n $NS_B addr add $IP6_B/64 dev v1 nodad
ip -n $NS_A link add link v0 name v0.100 up type vlan id 100
ip -n $NS_B link add link v1 name v1.100 up type vlan id 100
ip -n $NS_A addr add 10.78.0.1/24 dev v0.100
ip -n $NS_B addr add 10.78.0.2/24 dev v1.100

pwru-cap --filter-func "$FEW" $XDP $TC --test-attach >"$OUT/none.out" 2>"$OUT/none.err"
echo $? >"$OUT/none.status"

ip -n $NS_B link set v1 xdp object /test/progs_xdp.o section xdp || exit 1
tc -n $NS_B qdisc add dev v1 clsact
tc -n $NS_A qdisc add dev v0 clsact
tc -n $NS_B filter add dev v1 ingress bpf da object /test/progs_tc.o section tc || exit 1
tc -n $NS_A filter add dev v0 egress bpf da object /test/progs_tc.o section tc || exit 1
tc -n $NS_B filter add dev v1 egress bpf da object /test/progs_nobtf.o section tc || exit 1
ip -n $NS_B link show v1 >"$OUT/v1.link"
tc -n $NS_B filter show dev v1 ingress >"$OUT/v1.tc"
tc -n $NS_A filter show dev v0 egress >"$OUT/v0.tc"
# Neighbours are known, and all that comes by timers is over.
mixed >/dev/null 2>&1

names='' pids=''
start drop 'udp port 7777 or (vlan and udp port 7777)' $XDP $TC -v
start all '' $XDP $TC
start icmp 'icmp or icmp6 or (vlan and icmp)' $TC
start dev 'udp or (vlan and udp)' $XDP --filter-ifname v1 --output-skb-metadata 'skb->len' \
	--output-xdp-metadata 'xdp->rxq->queue_index,xdp->rxq->dev->name,xdp->rxq->dev->ifindex' \
	--output-xdp-metadata 'xdp->data,xdp->data_end,xdp->data_hard_start:bool'
start otherdev 'udp or (vlan and udp)' $XDP --filter-ifname v0
round mixed
start netns 'udp port 9999' $XDP --filter-netns $NS_B
start othernetns 'udp' $XDP --filter-netns $NS_A
start mark 'icmp' $XDP $TC --filter-mark 0
start expr 'icmp' $XDP $TC --filter-expr 'skb->len > 0'
start out 'icmp' $XDP $TC -Q out
start tunnel 'udp' $XDP --filter-tunnel-pcap-l3 'ip'
round mixed
if [ "$KERNEL" != 5.10 ] && [ "$KERNEL" != 6.1 ]; then
	for load in window probe; do
		start "load-$load" 'udp port 7777 or icmp6 or vlan' $XDP $TC --filter-load $load
	done
	round mixed
fi
if [ "$KERNEL" != 5.10 ]; then
	ip -n $NS_B link set v1 xdp off
	ip -n $NS_A link set v0 mtu 9000
	ip -n $NS_B link set v1 mtu 9000
	ip -n $NS_B link set v1 xdp object /test/progs_frags.o section xdp.frags || exit 1
	start frags 'icmp and greater 6000' $XDP
	start linear 'icmp and greater 6000' $XDP --linear-only
	round large
fi
bpftool prog show >"$OUT/left" 2>&1
net_down
