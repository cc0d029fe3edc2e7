# shellcheck shell=sh
# Functions that make a round of all sorts of packets, for tests/live/filters.  Needs traffic.sh.

IP6_A=fd77::1 IP6_B=fd77::2
MAC_A=02:00:00:00:77:01 MAC_B=02:00:00:00:77:02
NS_C=pwrucap-c
# The name of a process that sends for the user nobody.
SENDER='a sender'

# mixed_up: after net_up, more ways between the two hosts: a VLAN (10.78.0.0/24), tunnels (vxlan
# 10.79, ipip 10.80, gre 10.82, gretap 10.83, geneve 10.84), and a bridge in a third namespace
# (10.81); IPv6; servers on TCP and UDP ports; processes of known number, user and name.
mixed_up() {
	ip -n $NS_A link set v0 address $MAC_A
	ip -n $NS_B link set v1 address $MAC_B
	ip -n $NS_A addr add $IP6_A/64 dev v0 nodad
	ip -n $NS_B addr add $IP6_B/64 dev v1 nodad
	ip netns add $NS_C
	# IPv6 only where it has addresses of ours: nothing is to come by timers in between.
	for ns in $NS_A $NS_B $NS_C; do
		ip netns exec $ns sh -c 'echo 1 >/proc/sys/net/ipv6/conf/default/disable_ipv6'
	done
	ip -n $NS_A link add link v0 name v0.100 type vlan id 100
	ip -n $NS_B link add link v1 name v1.100 type vlan id 100
	on_both v0.100 v1.100 10.78.0
	tunnel x 10.79.0 vxlan id 42 dstport 4789
	tunnel t 10.80.0 ipip
	tunnel g 10.82.0 gre
	tunnel h 10.83.0 gretap
	tunnel n 10.84.0 geneve id 7
	bridge_up
	# A neighbour that was heard of, and is used, is asked for a second later, not five.
	for ns in $NS_A $NS_B; do
		ip netns exec $ns sh -c 'for f in /proc/sys/net/ipv[46]/neigh/*/delay_first_probe_time; do
			echo 1 >$f; done'
	done
	servers_up
	processes_up
	mixed_round
}

# on_both NAME_A NAME_B NET ...: addresses .1 and .2 of NET.0/24 for a device of each host, and up.
on_both() {
	ip -n $NS_A addr add "$3.1/24" dev "$1"
	ip -n $NS_B addr add "$3.2/24" dev "$2"
	ip -n $NS_A link set "$1" up
	ip -n $NS_B link set "$2" up
}

# tunnel NAME NET TYPE OPTIONS...: the devices NAME0 and NAME1.
tunnel() {
	name=$1 net=$2
	shift 2
	if [ "$1" = geneve ]; then # which takes no local address
		ip -n $NS_A link add "${name}0" type "$@" remote $IP_B
		ip -n $NS_B link add "${name}1" type "$@" remote $IP_A
	else
		ip -n $NS_A link add "${name}0" type "$@" local $IP_A remote $IP_B
		ip -n $NS_B link add "${name}1" type "$@" local $IP_B remote $IP_A
	fi
	on_both "${name}0" "${name}1" "$net"
}

bridge_up() {
	ip -n $NS_C link add br0 type bridge forward_delay 0
	ip -n $NS_A link add w0 type veth peer name p0 netns $NS_C
	ip -n $NS_B link add w1 type veth peer name p1 netns $NS_C
	for port in p0 p1; do ip -n $NS_C link set $port up master br0; done
	ip -n $NS_C link set br0 up
	on_both w0 w1 10.81.0
}

servers_up() {
	# Not in_b: a function in the background is a process of its own, and that would be killed.
	ip netns exec $NS_B nc -l -k -p 8080 </dev/null >/dev/null 2>&1 &
	MIXED_PIDS=$!
	ip netns exec $NS_B nc -u -l -k -p 5353 </dev/null >/dev/null 2>&1 &
	MIXED_PIDS="$MIXED_PIDS $!"
	wait_for 5 tcp_listens 8080
}

# SENDER_PID is that of a process of the user nobody, which sends to what it reads from descriptor 8:
# "ip netns exec" and setpriv become what they start.
processes_up() {
	mkfifo /tmp/sender
	cp "$(command -v bash)" "/tmp/$SENDER"
	# shellcheck disable=SC2016 # for the inner shell
	ip netns exec $NS_A setpriv --reuid 65534 --regid 65534 --clear-groups "/tmp/$SENDER" -c \
		'while read -r to; do echo datagram >"/dev/udp/$to"; done' </tmp/sender &
	SENDER_PID=$!
	exec 8>/tmp/sender
	nc -l -k -U /tmp/socket </dev/null >/dev/null &
	MIXED_PIDS="$MIXED_PIDS $SENDER_PID $!"
	wait_for 5 test -S /tmp/socket
}

mixed_down() {
	# shellcheck disable=SC2086 # words
	kill $MIXED_PIDS 2>/dev/null || :
	exec 8>&-
	ip netns del $NS_C 2>/dev/null || :
}

# a_pings ADDRESS OPTIONS...: two pings
a_pings() {
	in_a ping -q -n -c 2 -i 0.02 -W 2 "$@" >/dev/null
}

# neighbours_settled: none is asked for, or soon to be.
neighbours_settled() {
	for ns in $NS_A $NS_B; do
		[ -z "$(ip -n $ns neigh show nud delay nud probe nud incomplete)" ] || return 1
	done
}

# A neighbour that nobody is: it is asked for again by a timer, which finds the CPU idle.
unanswered() {
	in_a sh -c 'cd /proc/sys/net/ipv4/neigh/v0 && echo 200 >retrans_time_ms && echo 6 >mcast_solicit'
	in_a ping -q -n -c 1 -W 3 10.77.0.250 >/dev/null || :
}

# mixed_round: some of each.  Needs tls_serve.
mixed_round() {
	# Neighbours are asked for again: ARP and neighbour discovery.
	for ns in $NS_A $NS_B; do ip -n $ns neigh flush all; done
	# While something listens on a packet socket, there are packets of type outgoing.
	: >/tmp/tcpdump.err
	ip netns exec $NS_A tcpdump -n -q -i v0 -w /dev/null 2>/tmp/tcpdump.err &
	tcpdump=$!
	wait_for 10 listens /tmp/tcpdump.err
	a_pings -m 16 $IP_B
	a_pings -m 33 10.78.0.2
	kill $tcpdump
	wait $tcpdump
	a_pings -t 9 -s 3000 $IP_B
	a_pings -6 $IP6_B
	for net in 78 79 80 81 82 83 84; do a_pings 10.$net.0.2; done
	# A new address is a new multicast group: a report with a hop-by-hop header.
	ip -n $NS_A addr add fd77::99/64 dev v0 nodad
	ip -n $NS_A addr del fd77::99/64 dev v0
	tls_get
	streams_and_datagrams
	unanswered
	echo hello | nc -N -U /tmp/socket
}

# To a server, to one by VLAN or tunnel, and to a port where nobody listens: the answer is ICMP.
streams_and_datagrams() {
	# shellcheck disable=SC2016 # for the inner shell
	in_a bash -c 'for to in 10.77.0.2/5353 10.78.0.2/5353 10.77.0.2/5999 10.79.0.2/5353 \
				10.80.0.2/5353 10.82.0.2/5353 10.83.0.2/5353 10.84.0.2/5353; do
			echo datagram >/dev/udp/$to
		done
		for to in 10.78.0.2/8080 10.79.0.2/8080 10.80.0.2/8080 10.81.0.2/8080 \
				fd77::2/443; do
			echo stream >/dev/tcp/$to
		done' 2>/dev/null
	echo $IP_B/5353 >&8
	echo 10.78.0.2/5353 >&8
}
