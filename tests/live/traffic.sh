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
	# Nothing is to come by timers, minutes later.
	for ns in $NS_A $NS_B; do
		ip netns exec $ns sh -c 'f=/proc/sys/net/ipv6/conf/default/router_solicitations
			[ ! -w $f ] || echo 0 >$f'
	done
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

# wait_for SECONDS COMMAND...: until the command succeeds.  To look is not free: in an emulated guest
# it takes time from what is waited for, most of all if a program is started for it.
wait_for() {
	tries=$(($1 * 5))
	shift
	until "$@" >/dev/null 2>&1; do
		tries=$((tries - 1))
		[ $tries -gt 0 ] || return 1
		sleep 0.2
	done
}

# listens FILE: a capture has said on standard error, which goes to the file, that it listens.
listens() {
	while read -r line; do
		case $line in *'listening on '*) return 0 ;; esac
	done <"$1"
	return 1
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

# send_file PORT FILE: over TCP to the second namespace, by sendfile(2); the other end is to get all.
send_file() {
	in_b nc -l -p "$1" </dev/null >/tmp/arrived &
	nc_tcp=$!
	wait_for 5 tcp_listens "$1"
	in_a bash -c "busybox cat '$2' >/dev/tcp/$IP_B/$1"
	wait $nc_tcp
	cmp "$2" /tmp/arrived
}

# tls_send_file PORT FILE DIR: the second namespace sends the file over TLS, with the key and the
# certificate that tls_serve left in DIR; the session's secrets go to DIR/tls.keys.
tls_send_file() {
	size=$(wc -c <"$2")
	# No functions: the process is to be signalled.
	(
		cat "$2"
		sleep 60
	) | ip netns exec $NS_B openssl s_server -quiet -naccept 1 -port "$1" -key "$3/key.pem" -cert "$3/cert.pem" \
		>/dev/null 2>&1 &
	tls_server=$!
	wait_for 20 tcp_listens "$1"
	# Once it has all of it, the server is ended.  Of a file sent before nothing may be left.
	: >/tmp/arrived
	ip netns exec $NS_A openssl s_client -quiet -connect "$IP_B:$1" -keylogfile "$3/tls.keys" \
		</dev/null 2>/dev/null >/tmp/arrived &
	tls_client=$!
	wait_for 300 holds /tmp/arrived "$size"
	kill $tls_server 2>/dev/null || :
	wait $tls_client
	cmp "$2" /tmp/arrived
}

# holds FILE BYTES: the file has at least as many.
holds() { [ "$(wc -c <"$1")" -ge "$2" ]; }

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
