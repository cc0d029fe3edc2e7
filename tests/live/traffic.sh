# shellcheck shell=sh
# Functions for scripts that make real traffic: two hosts as network namespaces, TLS between them.
# Used by the live tests (in a guest) and by samples/demo (in a guest or on this machine).
#
# Everything stands in a namespace of its own, so nothing of the machine's own network is touched.

NS_A=pwrucap-a NS_B=pwrucap-b
IP_A=10.77.0.1 IP_B=10.77.0.2

in_a() { ip netns exec $NS_A "$@"; }
in_b() { ip netns exec $NS_B "$@"; }

# Two namespaces joined by a veth pair: v0 in the first, v1 in the second.
net_up() {
	ip netns add $NS_A
	ip netns add $NS_B
	ip -n $NS_A link add v0 type veth peer name v1 netns $NS_B
	ip -n $NS_A addr add $IP_A/24 dev v0
	ip -n $NS_B addr add $IP_B/24 dev v1
	for ns in $NS_A $NS_B; do ip -n $ns link set lo up; done
	ip -n $NS_A link set v0 up
	ip -n $NS_B link set v1 up
	# IPv6 duplicate address detection and the first ARP are over after this.
	in_a ping -q -c 1 -W 5 $IP_B >/dev/null
}

net_down() {
	ip netns del $NS_A 2>/dev/null || :
	ip netns del $NS_B 2>/dev/null || :
}

# wait_for SECONDS COMMAND...: until the command succeeds.
wait_for() {
	tries=$(($1 * 20))
	shift
	until "$@" >/dev/null 2>&1; do
		tries=$((tries - 1))
		[ $tries -gt 0 ] || return 1
		sleep 0.05
	done
}

# tls_serve DIR: a TLS server on port 443 in the second namespace; sets TLS_PID.
tls_serve() {
	openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 1 -subj /CN=demo.test \
		-keyout "$1/key.pem" -out "$1/cert.pem" 2>/dev/null
	in_b openssl s_server -quiet -www -port 443 -key "$1/key.pem" -cert "$1/cert.pem" \
		>/dev/null 2>&1 &
	TLS_PID=$!
	wait_for 20 tcp_listens 443
}

tcp_listens() { in_b ss -Hltn "sport = :$1" | grep -q LISTEN; }

# tls_get: one handshake, one request, one answer, one close.
tls_get() {
	printf 'GET / HTTP/1.0\r\n\r\n' |
		in_a openssl s_client -quiet -connect $IP_B:443 -servername demo.test 2>/dev/null |
		grep -q 'HTTP/1.0 200'
}

# other_traffic: a ping, a datagram, and another TCP port: what 'tcp port 443' must not see.
other_traffic() {
	in_b nc -l -p 8080 </dev/null >/dev/null 2>&1 &
	nc_tcp=$!
	in_b nc -u -l -p 5353 </dev/null >/dev/null 2>&1 &
	nc_udp=$!
	wait_for 5 tcp_listens 8080
	in_a ping -q -c 3 -i 0.2 $IP_B >/dev/null
	echo datagram | in_a nc -u -w 1 $IP_B 5353
	echo stream | in_a nc -N -w 1 $IP_B 8080
	kill $nc_tcp $nc_udp 2>/dev/null || :
}

# ---- a round of everything (tests/live/filters)

IP6_A=fd77::1 IP6_B=fd77::2
MAC_A=02:00:00:00:77:01 MAC_B=02:00:00:00:77:02
NS_C=pwrucap-c

# on_both NAME_A NAME_B NET ...: addresses .1 and .2 of NET.0/24 for a device of each host, and up.
on_both() {
	ip -n $NS_A addr add "$3.1/24" dev "$1"
	ip -n $NS_B addr add "$3.2/24" dev "$2"
	ip -n $NS_A link set "$1" up
	ip -n $NS_B link set "$2" up
}

# mixed_up: after net_up, four more ways between the two hosts: a VLAN (10.78.0.0/24), vxlan (10.79),
# ipip (10.80), and a bridge in a third namespace (10.81); IPv6; and servers on TCP and UDP ports.
mixed_up() {
	ip -n $NS_A link set v0 address $MAC_A
	ip -n $NS_B link set v1 address $MAC_B
	ip -n $NS_A addr add $IP6_A/64 dev v0 nodad
	ip -n $NS_B addr add $IP6_B/64 dev v1 nodad
	# No IPv6 on what comes now: its router solicitations and multicast reports come by timers.
	ip netns add $NS_C
	for ns in $NS_A $NS_B $NS_C; do
		ip netns exec $ns sh -c 'echo 1 >/proc/sys/net/ipv6/conf/default/disable_ipv6'
	done
	ip -n $NS_A link add link v0 name v0.100 type vlan id 100
	ip -n $NS_B link add link v1 name v1.100 type vlan id 100
	on_both v0.100 v1.100 10.78.0
	ip -n $NS_A link add x0 type vxlan id 42 local $IP_A remote $IP_B dstport 4789
	ip -n $NS_B link add x1 type vxlan id 42 local $IP_B remote $IP_A dstport 4789
	on_both x0 x1 10.79.0
	ip -n $NS_A link add t0 type ipip local $IP_A remote $IP_B
	ip -n $NS_B link add t1 type ipip local $IP_B remote $IP_A
	on_both t0 t1 10.80.0
	ip -n $NS_C link add br0 type bridge forward_delay 0
	ip -n $NS_A link add w0 type veth peer name p0 netns $NS_C
	ip -n $NS_B link add w1 type veth peer name p1 netns $NS_C
	for port in p0 p1; do ip -n $NS_C link set $port up master br0; done
	ip -n $NS_C link set br0 up
	on_both w0 w1 10.81.0
	in_b nc -l -k -p 8080 </dev/null >/dev/null 2>&1 &
	MIXED_PIDS=$!
	in_b nc -u -l -k -p 5353 </dev/null >/dev/null 2>&1 &
	MIXED_PIDS="$MIXED_PIDS $!"
	wait_for 5 tcp_listens 8080
	# Duplicate address detection, multicast reports and the bridge's learning are over after this.
	sleep 3
	mixed_round
}

mixed_down() {
	# shellcheck disable=SC2086 # words
	kill $MIXED_PIDS 2>/dev/null || :
	ip netns del $NS_C 2>/dev/null || :
}

# a_pings ADDRESS OPTIONS...: two pings
a_pings() {
	in_a ping -q -n -c 2 -i 0.02 -W 2 "$@" >/dev/null
}

# mixed_round: always the same packets, as far as that is ours to say.  Needs tls_serve.
mixed_round() {
	# Neighbours are asked for again: ARP and neighbour discovery.
	for ns in $NS_A $NS_B; do ip -n $ns neigh flush all; done
	a_pings $IP_B
	a_pings -t 9 -s 3000 $IP_B
	a_pings -6 $IP6_B
	a_pings 10.78.0.2
	a_pings 10.79.0.2
	a_pings 10.80.0.2
	a_pings 10.81.0.2
	# A new address is a new multicast group: a report with a hop-by-hop header.
	ip -n $NS_A addr add fd77::99/64 dev v0 nodad
	ip -n $NS_A addr del fd77::99/64 dev v0
	tls_get
	# To a server, to one by VLAN, and to a port where nobody listens: the answer is ICMP.
	# shellcheck disable=SC2016 # for the inner shell
	in_a bash -c 'for to in 10.77.0.2/5353 10.78.0.2/5353 10.77.0.2/5999; do
			echo datagram >/dev/udp/$to
		done
		for to in 10.78.0.2/8080 10.81.0.2/8080 fd77::2/443; do
			echo stream >/dev/tcp/$to
		done' 2>/dev/null
}
