#!/bin/sh
# Runs in a guest: makes traffic, captures it in different ways, and leaves what came out in $OUT
# for tests/live/capture to judge.  Each case leaves NAME.err (standard error), NAME.status, and
# what it wrote.
set -u
. /test/traffic.sh
. /test/modes.guest.sh
. /test/fields.guest.sh

# Without kprobe-multi, attaching to all functions takes minutes under emulation: some do.
case $KERNEL in
5.10 | 6.1) FEW='(ip|icmp|tcp_v4)_rcv.*|__?dev_queue_xmit|dev_hard_start_xmit|ip_(local_)?out(put)?|ip_local_deliver|__netif_receive_skb.*|consume_skb|kfree_skb.*|skb_release_.*|__kfree_skb' ;;
*) FEW= ;;
esac


# capture_start NAME ARGS...: in the background; returns when it listens. Sets CAP.
capture_start() {
	name=$1
	shift
	# Not the function: the process is to be signalled.
	pwru-cap ${FEW:+--filter-func "$FEW"} "$@" 2>"$OUT/$name.err" &
	CAP=$!
	wait_for 60 listens "$OUT/$name.err" || echo "$name: does not listen" >&2
}

capture_stop() {
	# What was sent last is on its way through the kernel still.
	sleep 0.3
	kill -INT $CAP
	wait $CAP
	echo $? >"$OUT/$name.status"
}

# case NAME COMMAND...: runs to its end.
run_case() {
	name=$1
	shift
	"$@" >"$OUT/$name.out" 2>"$OUT/$name.err"
	echo $? >"$OUT/$name.status"
}

tls_case() {
	capture_start tls -w "$OUT/tls.pcapng" 'tcp port 443'
	other_traffic &
	other=$!
	tls_get && echo yes >"$OUT/tls.answered"
	wait $other
	capture_stop
}

# Live: what tcpdump has printed is looked at while the capture still runs.
pipe_case() {
	mkfifo /tmp/fifo
	tcpdump -l -n -r - </tmp/fifo >"$OUT/pipe.txt" 2>"$OUT/pipe.tcpdump.err" &
	tcpdump=$!
	capture_start pipe -w - tcp port 443 >/tmp/fifo
	tls_get
	wait_for 10 grep -q 'Flags \[S\]' "$OUT/pipe.txt" && kill -0 $CAP && echo yes >"$OUT/pipe.live"
	capture_stop
	wait $tcpdump
}

ping_case() {
	capture_start ping -w "$OUT/ping.pcapng" icmp
	in_a ping -q -c 300 -i 0.001 $IP_B >"$OUT/ping.out"
	capture_stop
}

vlan_case() {
	ip -n $NS_A link add link v0 name v0.100 type vlan id 100
	ip -n $NS_B link add link v1 name v1.100 type vlan id 100
	ip -n $NS_A addr add 10.78.0.1/24 dev v0.100
	ip -n $NS_B addr add 10.78.0.2/24 dev v1.100
	ip -n $NS_A link set v0.100 up
	ip -n $NS_B link set v1.100 up
	in_a ping -q -c 1 -W 5 10.78.0.2 >/dev/null
	capture_start vlan -w "$OUT/vlan.pcapng" 'vlan 100 and icmp'
	in_a ping -q -c 3 -i 0.2 10.78.0.2 >/dev/null
	in_a ping -q -c 3 -i 0.2 $IP_B >/dev/null
	capture_stop
	capture_start vlan_all --stack-depth 4 -w "$OUT/vlan_all.pcapng" -i v1.100
	in_a ping -q -c 3 -i 0.2 10.78.0.2 >/dev/null
	in_a ping -q -c 3 -i 0.2 $IP_B >/dev/null
	capture_stop
}

# While a datagram waits in a socket, a packed number stands where its device was; with its checksum
# not verified yet, the number looks like an address to a kernel that is mistaken of their size.
waiting_case() {
	in_b tc qdisc add dev v1 clsact
	in_b tc filter add dev v1 ingress matchall action csum ip4h udp
	ip netns exec $NS_B nc -u -l -k -p 5353 </dev/null >/dev/null 2>&1 &
	server=$!
	capture_start waiting --no-stack -w "$OUT/waiting.pcapng" \
		--filter-func '__skb_checksum_complete.*|__?skb.*datagram.*|skb_consume_udp' \
		udp port 5353
	# shellcheck disable=SC2016 # for the inner shell
	in_a bash -c 'for i in 1 2 3; do printf %0300d $i >/dev/udp/10.77.0.2/5353; done'
	capture_stop
	kill $server
	in_b tc qdisc del dev v1 clsact
}

# Functions without an skb, under pings that match among pings that do not.  They are called by all
# and sundry, one by each timer interrupt.
stack_case() {
	capture_start stack --filter-non-skb-funcs fib_table_lookup,kmem_cache_free,hrtimer_interrupt \
		--stack-depth all -w "$OUT/stack.pcapng" 'icmp and greater 500'
	in_a ping -q -f -c 150 $IP_B >/dev/null &
	small=$!
	in_a ping -q -s 600 -c 20 -i 0.01 $IP_B >"$OUT/stack.out"
	wait $small
	capture_stop
}

# Payload in pages: of sendfile(2), with segments as the device would cut them and with large ones,
# under TLS, and in a frag list, which is what a fragmented ping is put together to.
payload_case() {
	# With fentry-multi what comes while a program of its own copies is missed (and counted): a
	# stream would have holes.
	backend=
	[ "$KERNEL" != 7.3 ] || backend='--backend kprobe-multi'
	awk 'BEGIN { for (i = 0; i < 16384; i++) printf "%07d\n", i }' >/tmp/data
	cp /tmp/data "$OUT/payload.data"
	# shellcheck disable=SC2086 # words
	capture_start payload $backend -w "$OUT/payload.pcapng" 'tcp portrange 8001-8003 or icmp or
		ip[6:2] & 0x1fff != 0'
	send_file 8001 /tmp/data && echo 8001 >"$OUT/payload.arrived"
	in_a ping -q -c 2 -i 0.2 -s 9000 $IP_B >/dev/null
	tls_send_file 8003 /tmp/data /tmp && echo 8003 >>"$OUT/payload.arrived"
	set_mtu 65535
	send_file 8002 /tmp/data && echo 8002 >>"$OUT/payload.arrived"
	capture_stop
	cp /tmp/tls.keys "$OUT/payload.keys"
	set_mtu 1500
	capture_start linear --linear-only --filter-func dev_hard_start_xmit -w "$OUT/linear.pcapng" \
		'tcp port 8001'
	send_file 8001 /tmp/data
	capture_stop
	capture_start cut -s 96 --filter-func dev_hard_start_xmit -w "$OUT/cut.pcapng" 'tcp port 8001'
	send_file 8001 /tmp/data
	capture_stop
}

set_mtu() {
	ip -n $NS_A link set v0 mtu "$1"
	ip -n $NS_B link set v1 mtu "$1"
}

# Everything, headers only, with a ring that is too small: the account has to add up anyway.
overload_case() {
	capture_start overload -v -B 1024 -s 64 -w "$OUT/overload.pcapng"
	in_a ping -q -f -c 400 $IP_B >/dev/null
	kill -STOP $CAP
	in_a ping -q -f -c 400 $IP_B >/dev/null
	kill -CONT $CAP
	# A loss is told by the next packet of the same CPU: there is to be one on each.
	sleep 1
	for cpu in 0 1; do in_a taskset -c $cpu ping -q -c 2 -i 0.2 $IP_B >/dev/null; done
	capture_stop
}

# Structs as they are, also of a packet in several pieces.
dump_case() {
	capture_start dump --dump skb,shinfo,dev,sk --output-json --output-file "$OUT/dump.jsonl" \
		-w "$OUT/dump.pcapng" icmp
	in_a ping -q -c 1 -m 77 -s 3000 -W 5 $IP_B >/dev/null
	capture_stop
}

switches() { sed -n 's/^voluntary_ctxt_switches:\t//p' /proc/$CAP/status; }

# Other ways to write packets; and how often the reader wakes up while nothing comes.
mode_case() {
	mode=$1
	shift
	capture_start "$mode" "$@" -w "$OUT/$mode.pcapng" icmp or tcp port 443
	before=$(switches)
	sleep 1
	echo $(($(switches) - before)) >"$OUT/$mode.wakeups"
	in_a ping -q -c 2 -i 0.1 $IP_B >/dev/null
	in_a nc -N -w 2 $IP_B 443 </dev/null >/dev/null
	capture_stop
}

file_mode_cases() {
	mode_case sll2 --linktype sll2 --interfaces both
	mode_case native --linktype native --interfaces function
}

device_cases() {
	for ns in $NS_A $NS_B; do
		echo "$ns $(ip netns exec $ns readlink /proc/self/ns/net | tr -dc 0-9) $(ip -n $ns -o link | wc -l)"
	done >"$OUT/devices.netns"
	run_case devices pwru-cap -D
	run_case devices_nobody setpriv --reuid 65534 --regid 65534 --clear-groups --no-new-privs \
		pwru-cap --list-interfaces
}

output_cases() {
	(while :; do in_a ping -q -c 20 -i 0.05 $IP_B; done) >/dev/null 2>&1 &
	pinger=$!
	run_case count pwru-cap -c 10 -w "$OUT/count.pcapng" icmp
	run_case text pwru-cap -c 5 icmp
	# shellcheck disable=SC2016 # for the inner shell
	run_case epipe bash -c 'set -o pipefail; pwru-cap -w - icmp | head -c 400 >/dev/null'
	mkdir /tmp/small && mount -t tmpfs -o size=64k tmpfs /tmp/small
	run_case full pwru-cap -w /tmp/small/full.pcapng icmp
	cp /tmp/small/full.pcapng "$OUT/full.pcapng"
	run_case devfull pwru-cap -w /dev/full icmp
	kill $pinger
	wait $pinger 2>/dev/null
}

# What does not want to end: a flood, and a reader that does not read.
stop_cases() {
	capture_start flood -w "$OUT/flood.pcapng" -s 64
	(while :; do in_a ping -q -f -c 100 $IP_B; done) >/dev/null 2>&1 &
	flood=$!
	sleep 2
	kill -INT $CAP
	wait_for 300 not_running $CAP && echo yes >"$OUT/flood.ended"
	kill $flood
	wait $CAP
	echo $? >"$OUT/flood.status"
	mkfifo /tmp/stuck
	sleep 60 </tmp/stuck &
	sleeper=$!
	capture_start stuck -w - icmp >/tmp/stuck
	in_a ping -q -c 50 -i 0.01 $IP_B >/dev/null
	# The same control-C, from the terminal and from timeout(1).
	kill -INT $CAP
	kill -INT $CAP
	sleep 1
	not_running $CAP || echo yes >"$OUT/stuck.waits"
	kill -INT $CAP 2>/dev/null
	wait_for 30 not_running $CAP && echo yes >"$OUT/stuck.ended"
	kill $sleeper
	wait $flood $sleeper 2>/dev/null
}

not_running() { ! kill -0 "$1"; }

error_cases() {
	run_case expression pwru-cap -w "$OUT/expression.pcapng" tcp prot 443
	run_case missing_dir pwru-cap -w /nowhere/at/all.pcapng icmp
	run_case is_dir pwru-cap -w /tmp icmp
	mkdir -p /tmp/ro && mount -t tmpfs -o ro tmpfs /tmp/ro
	run_case readonly pwru-cap -w /tmp/ro/x.pcapng icmp
	run_case unprivileged setpriv --reuid 65534 --regid 65534 --clear-groups --no-new-privs \
		pwru-cap -w /tmp/x.pcapng icmp
	echo garbage >/tmp/bad.btf
	run_case bad_btf pwru-cap --kernel-btf /tmp/bad.btf -w "$OUT/bad_btf.pcapng" icmp
	run_case no_btf_file pwru-cap --kernel-btf /tmp/none.btf -w "$OUT/no_btf_file.pcapng" icmp
	umount /sys/kernel/debug/tracing 2>/dev/null
	umount /sys/kernel/debug 2>/dev/null
	umount /sys/kernel/tracing
	# What it remembers of the kernel would do without.
	rm -rf /run/pwru-cap
	run_case no_tracefs pwru-cap -w "$OUT/no_tracefs.pcapng" icmp
	mount -t tracefs tracefs /sys/kernel/tracing
}

# How long each case takes, for whoever wants the whole to be faster.
timed() {
	began=$(date +%s)
	"$@"
	[ "$1" != run_case ] || shift
	echo "$1: $(($(date +%s) - began)) s"
}

# Only what happens from here on is judged, not how the guest has booted.
dmesg -c >"$OUT/boot.dmesg"
net_up
tls_serve /tmp || echo "the TLS server does not start" >&2
timed run_case test_attach pwru-cap --test-attach ${FEW:+--filter-func "$FEW"}
run_case list pwru-cap --list-funcs
run_case list_nobody setpriv --reuid 65534 --regid 65534 --clear-groups --no-new-privs \
	pwru-cap --list-funcs --filter-func ip_rcv
run_case kmods pwru-cap --kmods veth --list-funcs
run_case no_func pwru-cap --filter-non-skb-funcs fib_table_lookpu -c 1 icmp
run_case no_kmod pwru-cap --kmods nosuch --test-attach
run_case no_device pwru-cap -i nosuch0 --filter-func ip_rcv --test-attach
timed tls_case
timed pipe_case
timed ping_case
timed vlan_case
timed waiting_case
timed stack_case
timed payload_case
timed dump_case
timed overload_case
timed file_mode_cases
timed device_cases
timed change_cases
timed fields_case
[ -n "$FEW" ] || timed output_cases
[ -n "$FEW" ] || timed stop_cases
timed error_cases
kill $TLS_PID 2>/dev/null
net_down
dmesg >"$OUT/dmesg"
