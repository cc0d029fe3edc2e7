# shellcheck shell=sh disable=SC2034,SC2086,SC2153,SC2154,SC2317 # used by, and with, capture.guest.sh
# --changes: a packet goes from the first namespace through the second, which routes and changes it, to
# a third.  (The other mode that leaves sightings out, --on-drop, is in tests/live/drops.)

NS_C=pwrucap-c IP_C=10.79.0.2
MODES_PORT=7777

route_up() {
	ip netns add $NS_C
	ip -n $NS_B link add v2 type veth peer name v3 netns $NS_C
	ip -n $NS_B addr add 10.79.0.1/24 dev v2
	ip -n $NS_C addr add $IP_C/24 dev v3
	ip -n $NS_B link set v2 up
	ip -n $NS_C link set v3 up
	ip -n $NS_A route add 10.79.0.0/24 via $IP_B
	in_b sysctl -qw net.ipv4.ip_forward=1
	in_b nft -f - <<-END
		table ip modes {
			chain one { type filter hook prerouting priority 0; udp dport $MODES_PORT meta mark set 0x2a; }
			chain two { type nat hook postrouting priority 100; oifname v2 snat to 10.79.0.99; }
		}
	END
	ip -n $NS_B addr add 10.79.0.99/32 dev v2
	# Neighbours and the first connection are known after this.
	in_a ping -q -c 1 -W 5 $IP_C >/dev/null
}

# send PORT: one datagram of 100 bytes.
send() {
	head -c 100 /dev/zero | in_a nc -u -w 1 -q 0 $IP_C "$1"
}

changes_case() {
	capture_start changes --changes -w "$OUT/changes.pcapng" "udp dst port $MODES_PORT"
	send $MODES_PORT
	capture_stop
}

change_cases() {
	route_up
	changes_case
	ip netns del $NS_C
}
