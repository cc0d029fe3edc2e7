#!/bin/bash
# drops.guest.sh PINGS [all]: runs in a guest: packets that the kernel drops, each for another reason, as
# text on a terminal; and three that an nft rule drops among very many that pass (--on-drop).  Leaves
# what came out in $OUT for tests/live/drops to judge.
# shellcheck disable=SC2086 # the names and addresses of traffic.sh are words
set -u
# Job control: without it, what runs in the background would have SIGINT ignored.
set -m
# shellcheck source=tests/live/traffic.sh
. /test/traffic.sh

PINGS=$1
MAC_A=020000007701 MAC_B=020000007702
# What becomes of a packet is told by the port that it is for; a ping that is dropped by its number.
SOURCE=4660 UDP_CLOSED=6001 TCP_CLOSED=6002 RULE=6003 UDP_SUM=6004 IP_SUM=6005 TCP_SUM=6006
NO_NEIGHBOUR=6007 NO_ROUTE=6008 SPOOFED=6009 OPEN=6010
RULE_PING=4242

# Without kprobe-multi, attaching to all functions takes minutes under emulation: some do.
case $KERNEL in
5.10 | 6.1) FEW=(--filter-func '(ip|icmp|udp|tcp_v4)_rcv.*|__?dev_queue_xmit|dev_hard_start_xmit|ip_(local_)?out(put)?|ip_forward|ip_error|nf_hook_slow|arp_error_report|ip_local_deliver|__netif_receive_skb.*|kfree_skb.*|consume_skb|skb_release_.*|__kfree_skb|kfree_skbmem') ;;
*) FEW=() ;;
esac
# Very many packets take minutes with all functions anywhere.
MANY=(--filter-func 'ip_rcv|ip_local_deliver|icmp_rcv|ip_output|__?dev_queue_xmit|dev_hard_start_xmit|__netif_receive_skb|nf_hook_slow|kfree_skb.*|sk_skb_reason_drop|consume_skb')
[[ ${2:-} != all ]] || MANY=()

hosts_up() {
	net_up
	ip -n $NS_A link set v0 address "$(sed 's/../&:/g; s/:$//' <<<$MAC_A)"
	ip -n $NS_B link set v1 address "$(sed 's/../&:/g; s/:$//' <<<$MAC_B)"
	in_b sysctl -qw net.ipv4.ip_forward=1 net.ipv4.conf.all.rp_filter=1 net.ipv4.conf.v1.rp_filter=1
	# Somewhere that only the router does not know.
	ip -n $NS_A route add 10.88.0.0/24 via $IP_B
	in_a sh -c 'cd /proc/sys/net/ipv4/neigh/v0 && echo 200 >retrans_time_ms'
	in_b nft -f - <<-END
		table ip drops {
			chain in {
				type filter hook input priority 0
				udp dport $RULE drop
				icmp type echo-request icmp id $RULE_PING drop
			}
		}
	END
	# The addresses are new, and so are the neighbours.
	in_a ping -q -c 1 -W 5 $IP_B >/dev/null
}

# ---- frames with checksums that are wrong

# frame SOURCE CHECKSUM PROTOCOL DATA: IPv4, from one address to the second host's; hexadecimal, the
# data are 26 bytes.
frame() {
	in_a send_frame v0 1 "$MAC_B${MAC_A}08004500002e0000400040$3$2${1}0a4d0002$4"
}

# udp PORT CHECKSUM; 0000: there is none
udp() { printf '%04x%04x001a%s%036d' $SOURCE "$1" "$2" 0; }
# tcp PORT CHECKSUM: a SYN
tcp() { printf '%04x%04x00000001000000005002ffff%s0000%012d' $SOURCE "$1" "$2" 0; }

# The checksums that are right are 2623 for UDP, 262e for TCP, and 260d for UDP from 10.99.0.1.
wrong_sums() {
	frame 0a4d0001 2623 11 "$(udp $UDP_SUM 0bad)"
	frame 0a4d0001 0bad 11 "$(udp $IP_SUM 0000)"
	frame 0a4d0001 262e 06 "$(tcp $TCP_SUM 0bad)"
}

# ---- a reason each

# terminal NAME ARGS...: a capture on a terminal of its own, in the background.
terminal() {
	local name=$1

	shift
	script -qec "echo \$\$ >/tmp/$name.pid; TERM=xterm exec pwru-cap ${FEW[*]@Q} ${*@Q} 2>$OUT/$name.err" \
		"$OUT/$name.out" >/dev/null </dev/null &
	SCRIPTS+=($!)
}

# datagram ADDRESS PORT
datagram() { in_a bash -c "echo datagram >/dev/udp/$1/$2"; }

each_reason() {
	datagram $IP_B $UDP_CLOSED
	in_a bash -c "echo >/dev/tcp/$IP_B/$TCP_CLOSED" 2>/dev/null
	datagram $IP_B $RULE
	wrong_sums
	datagram 10.88.0.1 $NO_ROUTE
	frame 0a630001 260d 11 "$(udp $SPOOFED 0000)"
	datagram $IP_B $OPEN
	datagram 10.77.0.250 $NO_NEIGHBOUR
	# Three questions that nobody answers.
	sleep 1.5
}

reasons_case() {
	local expr name server

	expr="dst portrange $UDP_CLOSED-$OPEN and (udp or tcp) and not icmp"
	ip netns exec $NS_B nc -u -l -p $OPEN </dev/null >"$OUT/open.out" 2>/dev/null &
	server=$!
	SCRIPTS=()
	terminal all "$expr"
	terminal last --on-drop --last 3 "$expr"
	for name in all last; do
		wait_for 60 listens "$OUT/$name.err" || echo "$name: does not listen" >&2
	done
	each_reason
	for name in all last; do kill -INT "$(cat "/tmp/$name.pid")"; done
	for name in "${SCRIPTS[@]}"; do
		wait "$name"
		echo $? >>"$OUT/reasons.status"
	done
	kill $server
	cat /sys/kernel/btf/vmlinux >"$OUT/vmlinux.btf"
}

# ---- three of very many

# memory PID: what it has allocated, in KiB, each second; without the ring, which is mapped twice.
memory() {
	local name kib _

	while sleep 1 && [[ -e /proc/$1/status ]]; do
		while read -r name kib _; do
			[[ $name != RssAnon: ]] || echo "$kib"
		done <"/proc/$1/status"
	done
}

many_case() {
	local cap began sampler reasons=

	# Asked for any reason, those that are used up must not be among them; and by name.
	case $KERNEL in
	6.1 | 7.3) reasons='=netfilter_drop' ;;
	esac
	pwru-cap "${MANY[@]}" --on-drop$reasons --last 5 -w "$OUT/many.pcapng" 'icmp[icmptype] == icmp-echo' \
		2>"$OUT/many.err" &
	cap=$!
	wait_for 60 listens "$OUT/many.err" || echo "many: does not listen" >&2
	memory $cap >"$OUT/many.memory" &
	sampler=$!
	wait_for 10 test -s "$OUT/many.memory"
	began=$EPOCHREALTIME
	for _ in 1 2 3; do
		in_a ping -q -n -f -c $(((PINGS + 2) / 3)) $IP_B
		in_a ping -q -n -c 1 -W 0.3 -e $RULE_PING $IP_B
	done >"$OUT/many.out"
	awk -v from="$began" -v to="$EPOCHREALTIME" 'BEGIN { printf "%.1f\n", to - from }' \
		>"$OUT/many.seconds"
	sleep 0.5
	kill $sampler
	kill -INT $cap
	wait $cap
	echo $? >"$OUT/many.status"
}

timed() {
	local began=$EPOCHREALTIME

	"$@"
	awk -v name="$*" -v from="$began" -v to="$EPOCHREALTIME" \
		'BEGIN { printf "%s: %.1f s\n", name, to - from }'
}

timed hosts_up
timed reasons_case
timed many_case
pwru-cap --on-drop=netfilter_dorp -w "$OUT/reason.pcapng" icmp 2>"$OUT/reason.err"
echo $? >"$OUT/reason.status"
net_down
dmesg >"$OUT/dmesg"
