#!/bin/sh
# Runs in a guest, with the names of parts (functions below): captures rounds of mixed traffic, many filters at a time, and leaves in $OUT, for
# tests/live/filters to judge, for each capture NAME.args, NAME.round, NAME.pcapng, NAME.err,
# NAME.status, and what is to be in it: NAME.tcpdump and NAME.tshark (filters of theirs, empty: all).
# For each round: NAME.times, when its traffic began and ended.
set -u
. /test/traffic.sh
. /test/mixed.sh

# So many processes see the same round, beside the reference.
BATCH=14

# Many packets of each kind pass these, and they take little time to attach to.
FEW='(arp|ip|ipv6|icmp|icmpv6|udp|vlan_skb|tcp_v4|tcp_v6)_rcv|__?dev_queue_xmit|dev_hard_start_xmit|ip6?_(local_)?out(put)?|ip6?_finish_output2|ip_local_deliver|__netif_receive_skb_core.*|neigh_resolve_output|vxlan_xmit|iptunnel_xmit|br_handle_frame|consume_skb|kfree_skb.*|skb_release_head_state|dev_queue_xmit_nit|packet_rcv|tpacket_rcv|tcp_conn_request'

# To all functions where so many processes can attach to them in a minute or two: not by kprobes, nor
# by fentry-multi (7.3).
MANY=$FEW
[ "$KERNEL" != 6.12 ] || MANY=

# start NAME TCPDUMP TSHARK ARGS...: in the background.  Only the references have stacks: nothing else
# is asked of them, and the kernel's symbols, which stacks need, take each process a second to read.
start() {
	name=$1 stacks=--no-stack
	case $name in all-*) stacks='--stack-depth all' ;; esac
	# Not echo, which sees escapes in \\.
	printf '%s\n' "$2" >"$OUT/$name.tcpdump"
	printf '%s\n' "$3" >"$OUT/$name.tshark"
	echo "$round" >"$OUT/$name.round"
	shift 3
	echo "$*" >"$OUT/$name.args"
	# shellcheck disable=SC2086 # words
	pwru-cap ${functions:+--filter-func "$functions"} $stacks "$@" -w "$OUT/$name.pcapng" \
		2>"$OUT/$name.err" &
	names="$names $name" pids="$pids $!"
}

# Waited for: it remembers the kernel's functions for those that start after it.
reference() {
	began=$(date +%s)
	start "all-$round" '' '' -B 131072
	wait_for 120 listens "$OUT/all-$round.err" || echo "all-$round: does not listen" >&2
}

# capture TCPDUMP TSHARK ARGS...: one more in this round, which runs when it is full.  What the
# capture is to hold is what both filters find in an unfiltered capture of the same round.
capture() {
	[ -n "$names" ] || reference
	n=$((n + 1))
	tcpdump=$1 tshark=$2
	shift 2
	start "$(printf %03d $n)" "$tcpdump" "$tshark" "$@"
	in_round=$((in_round + 1))
	[ $in_round -lt $BATCH ] || run_round
}

# expression EXPRESSION [OPTIONS...]
expression() {
	expression=$1
	shift
	capture "$expression" '' "$@" "$expression"
}

# comment PAIRS ARGS...: what has these key=value pairs in its comment.
comment() {
	pairs=$1
	shift
	capture '' "frame.comment contains \" $pairs \"" "$@"
}

# All that have been started see one round.
run_round() {
	for name in $names; do
		wait_for 300 listens "$OUT/$name.err" || echo "$name: does not listen" >&2
	done
	listening=$(date +%s)
	# Around the traffic nothing happens, so it does not matter who starts and stops first.
	sleep 0.5
	date +%s.%N >"$OUT/$round.times"
	sleep 0.5
	mixed_round
	wait_for 60 neighbours_settled || echo "round $round: neighbours are still asked for" >&2
	# What was sent last is on its way through the kernel still.
	sleep 1
	date +%s.%N >>"$OUT/$round.times"
	sleep 0.2
	stopping=$(date +%s)
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
	echo "        round $round: start $((listening - began)) s, traffic" \
		"$((stopping - listening)) s, stop $(($(date +%s) - stopping)) s"
	names='' pids='' in_round=0 round=$((round + 1))
}

expressions() {
	functions=$MANY
	expression 'tcp port 443'
	expression 'icmp6'
	expression 'arp'
	expression 'vlan and icmp'
	expression 'src host 10.77.0.1'
	expression 'net 10.78.0.0/24'
	expression 'ether host 02:00:00:00:77:02'
	expression 'udp port 4789'
	expression 'greater 1000'
	expression 'tcp[tcpflags] & tcp-syn != 0'
	expression 'not ip'
	expression 'ip6 protochain 58'
	expression 'ip[6:2] & 0x1fff != 0'
	expression '(src net 10.77.0.0/24 and not tcp) or (vlan and (udp or tcp port 8080))'
}

more_expressions() {
	functions=$MANY
	expression 'udp'
	expression 'icmp'
	expression 'vlan 100'
	expression 'host 10.77.0.2'
	expression 'dst host 10.81.0.2'
	expression 'ip proto 4'
	expression 'less 64'
	expression 'ip[8] < 64'
	expression 'ip6'
	expression 'portrange 5000-6000'
	expression 'ether[12:2] = 0x0800'
	expression 'icmp[icmptype] = icmp-echo'
	expression 'ether multicast'
}

# The same expressions by each way to read packets; the first is what the kernel has anyway.
loads() {
	functions=$FEW
	case $KERNEL in
	5.10 | 6.1) modes='window probe' ;;
	*) modes='direct window probe' ;;
	esac
	for mode in $modes; do
		expression 'tcp port 443' --filter-load $mode
		expression 'icmp6 or (vlan and icmp)' --filter-load $mode
		expression 'ip proto 4 or udp port 4789' --filter-load $mode
		expression 'less 64 or ip[6:2] & 0x1fff != 0' --filter-load $mode
	done
}

# What is inside, by the headers that tshark finds one behind the other.
tunnels() {
	functions=$FEW
	capture 'udp port 4789' 'vxlan && icmp' --filter-tunnel-pcap-l3 icmp udp port 4789
	capture '' 'vxlan && tcp.port == 8080' --filter-tunnel-pcap-l2 'tcp port 8080'
	capture '' '(vxlan || geneve || gre) && arp' --filter-tunnel-pcap-l2 arp
	capture '' 'frame.protocols contains "ip:ip:icmp"' --filter-tunnel-pcap-l3 icmp ip proto 4
	capture '' 'frame.protocols contains "ip:ip:tcp" && tcp.dstport == 8080' \
		--filter-tunnel-pcap-l3 'tcp dst port 8080' ip proto 4
	capture '' 'gre && udp' --filter-tunnel-pcap-l3 udp proto gre
	capture '' 'gre && ip.src == 10.83.0.1 && icmp' \
		--filter-tunnel-pcap-l2 'icmp and src host 10.83.0.1'
	capture 'udp port 6081' 'geneve && udp.dstport == 5353' \
		--filter-tunnel-pcap-l3 'udp dst port 5353' --dport 6081
	capture '' 'geneve && ip.dst == 10.84.0.2 && icmp' --filter-tunnel-pcap-l3 icmp \
		--filter-tunnel-pcap-l2 'ip dst host 10.84.0.2'
	capture '' 'frame.protocols matches "(ip:ip|gre:ip|vxlan:eth:ethertype:ip|geneve:eth:ethertype:ip|gre:eth:ethertype:ip):icmp"' \
		--filter-tunnel-pcap-l3 icmp
}

netns() { stat -L -c %i "/run/netns/$1"; }

meta() {
	functions=$FEW
	comment "netns=$(netns $NS_B)" --filter-netns $NS_B
	comment "netns=$(netns $NS_C)" --filter-netns "inode:$(netns $NS_C)"
	comment 'mark=0x10' --filter-mark 0x10
	capture icmp 'frame.comment contains " mark=0x21 "' --filter-mark 0x20/0xf0 icmp
	comment 'dev=v0' -i v0
	comment 'dev=v1.100' --filter-ifname v1.100
	capture '' 'frame.packet_flags_direction == 2' -Q out
	capture icmp 'frame.packet_flags_direction != 2' -Q in icmp
	capture arp '' -Q inout arp
	comment "pid=$SENDER_PID" --pid "$SENDER_PID"
	comment "pid=$SENDER_PID" --filter-uid nobody
	capture 'udp port 5353' 'frame.comment contains " comm=a\\x20sender "' \
		--filter-comm 'a sender' udp port 5353
	comment 'comm=openssl' --filter-comm openssl
	comment 'pid=0' --pid 0
	# The stack says whose packets they are, if it is not that of an interrupt above.
	capture '' 'frame.comment contains "unix_" && !(frame.comment contains "irq")' \
		--family unix
	capture ip '' --family inet
	capture ip6 '' --family inet6
	capture tcp '' --proto tcp
	capture icmp6 '' --proto icmp6
	capture 'ip proto 47' '' --proto gre
	capture 'src host 10.77.0.1' '' --src-ip 10.77.0.1
	capture 'ip6 dst net fd77::/64' '' --dst-ip fd77::2/64
	capture 'port 443' '' --port 443
	capture 'src port 443' '' --sport 443
	capture 'vlan 100 and dst port 5353' '' --dport 5353 vlan 100
	comment 'mark=0x10' --filter-expr 'skb->mark == 16'
	comment "ifindex=$(in_b cat /sys/class/net/x1/ifindex)" \
		--filter-expr "skb->dev->ifindex == $(in_b cat /sys/class/net/x1/ifindex)"
	capture 'ip proto 4' \
		"frame.comment contains \" netns=$(netns $NS_B) \" && !(frame.comment contains \" len=0\")" \
		--filter-netns $NS_B --filter-expr 'skb->len > 0' --proto ipip
}

# part NAME: its captures, and the last round, which may not be full.
part() {
	"$1"
	[ -z "$names" ] || run_round
}

# How long each part takes, for whoever wants the whole to be faster.
timed() {
	start_of_part=$(date +%s)
	"$@"
	echo "        $*: $(($(date +%s) - start_of_part)) s"
}

names='' pids='' n=0 in_round=0 round=1
net_up
tls_serve /tmp || echo "the TLS server does not start" >&2
timed mixed_up
for name_of_part; do timed part "$name_of_part"; done
kill $TLS_PID
mixed_down
net_down
