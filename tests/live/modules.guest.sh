#!/bin/bash
# Runs in a guest: modules are loaded and unloaded while --all-kmods captures; leaves in $OUT, for
# tests/live/modules to judge, modules.pcapng, modules.err, and lines "NAME VALUE..." in facts.
set -u
. /test/traffic.sh

IP_TUNNEL=10.99.0.1
ERR=$OUT/modules.err
case $KERNEL in
# Kprobes are slow to attach under emulation.
5.10 | 6.1) FEW=(--filter-func '(icmp_rcv|(dummy|ipip|ip_tunnel|tunnel4)_.*)') ;;
*) FEW=() ;;
esac

fact() { echo "$@" | tee -a "$OUT/facts" >&2; }
seconds_since() { awk -v from="$1" -v to="$EPOCHREALTIME" 'BEGIN { printf "%.2f", to - from }'; }

# said N TEXT: it stands N times in what pwru-cap has said.
said() { [[ $(grep -cE "$2" "$ERR") -ge $1 ]]; }

# unload NAME MODULE: as an administrator does it, once.
unload() {
	local began=$EPOCHREALTIME

	rmmod "$2" 2>>"$OUT/rmmod.err"
	fact "$1.status" $?
	fact "$1.took" "$(seconds_since "$began")"
}

# load NAME N MODULE TEXT: until that is said for the Nth time.
load() {
	local began

	modprobe "$3"
	began=$EPOCHREALTIME
	wait_for 60 said "$2" "$4" || echo "$1: $4: not said" >&2
	fact "$1.took" "$(seconds_since "$began")"
}

tunnel_up() {
	ip -n $NS_A tunnel add t0 mode ipip local $IP_A remote $IP_B
	ip -n $NS_B tunnel add t0 mode ipip local $IP_B remote $IP_A
	ip -n $NS_A addr add $IP_TUNNEL/24 dev t0
	ip -n $NS_B addr add ${IP_TUNNEL%.1}.2/24 dev t0
	ip -n $NS_A link set t0 up
	ip -n $NS_B link set t0 up
}

# N pings through what the modules make.
tunnel_ping() { in_a ping -q -n -c "$1" -i 0.05 -W 2 ${IP_TUNNEL%.1}.2; }
dummy_ping() {
	ip -n $NS_A link add d0 type dummy
	ip -n $NS_A addr add 10.98.0.1/24 dev d0
	ip -n $NS_A link set d0 up
	ip -n $NS_A neigh add 10.98.0.2 lladdr 02:00:00:00:00:02 dev d0
	in_a ping -q -n -c "$1" -i 0.05 -W 1 10.98.0.2
	ip -n $NS_A link del d0
}

# Only what happens from here on is judged, not how the guest has booted.
dmesg -c >"$OUT/boot.dmesg"
net_up
modprobe dummy numdummies=0
pwru-cap "${FEW[@]}" --all-kmods -w "$OUT/modules.pcapng" \
	'icmp or ip proto 4' 2>"$ERR" &
CAP=$!
wait_for 120 grep -q 'listening on' "$ERR" || echo "does not listen" >&2
dummy_ping 3 >/dev/null

# Who only looks is no reason to let go.
lsmod >"$OUT/lsmod"
cat /sys/module/dummy/refcnt >/dev/null
grep -q 'let go' "$ERR" && fact look.let_go yes

# One that was there at first: away, and back.
unload first dummy
wait_for 20 said 1 'module dummy has been unloaded'
load again 1 dummy 'module dummy( is not watched|: [0-9]+ functions attached)'
dummy_ping 5 >/dev/null

# One that brings others with it.
load tunnel 1 ipip 'module ipip( is not watched|: [0-9]+ functions attached)'
for module in ip_tunnel tunnel4; do
	# It is said once, of all.
	grep -q 'is not watched' "$ERR" && break
	wait_for 60 said 1 "module $module: [0-9]+ functions attached" ||
		echo "$module: not said" >&2
done
tunnel_up
tunnel_ping 4 >/dev/null

# In use for another reason than us: it is refused, and is attached to again.
modprobe -r tunnel4 2>>"$OUT/rmmod.err"
fact used.status $?
if grep -q 'module tunnel4 is let go' "$ERR"; then
	wait_for 20 said 1 'module tunnel4 is still loaded'
fi
tunnel_ping 4 >/dev/null

ip -n $NS_A link del t0
ip -n $NS_B link del t0
unload later ipip
grep -q '^ipip ' /proc/modules && fact later.loaded yes
in_a ping -q -n -c 3 -i 0.05 $IP_B >/dev/null
sleep 0.5
kill -INT $CAP
wait $CAP
fact status $?
# And nothing is held any more.
wait_for 30 eval '! pgrep -x pwru-cap'
unload after dummy
fact left "$(grep -c pwru_cap /sys/kernel/tracing/kprobe_events)" \
	"$(bpftool link show | grep -c '^[0-9]')"
dmesg >"$OUT/dmesg"
net_down
