#!/bin/sh
# Runs in a guest: one ping seen by pwru and by pwru-cap at the same time, in the same functions,
# and what pwru-cap prints in other forms.  Leaves it all in $OUT for tests/live/text to judge.
set -u
. /test/traffic.sh

FUNCS='ip_.*|__ip_.*|icmp_.*|__?dev_queue_xmit|dev_hard_start_xmit|__netif_receive_skb.*|consume_skb|sk_skb_reason_drop'

# start NAME COMMAND...: in the background; sets PID.
start() {
	name=$1
	shift
	"$@" >"$OUT/$name.out" 2>"$OUT/$name.err" &
	PID=$!
}

said() { grep -q "$1" "$2"; }

# stop NAME PID
stop() {
	kill -INT "$2"
	wait "$2"
	echo $? >"$OUT/$1.status"
}

began=$(date +%s)
net_up
# Two see the ping, two a datagram to a closed port.  The second pwru-cap and the third have the list
# of functions from the first, and pwru, which is slowest, has begun by then.
start pwru pwru --backend kprobe-multi --filter-func "$FUNCS" --timestamp current --output-meta \
	--output-tuple --output-stack icmp
pwru=$PID
start ours pwru-cap --filter-func "$FUNCS" --timestamp current --output-stack icmp
ours=$PID
wait_for 60 listens "$OUT/ours.err"
start print pwru-cap -w "$OUT/print.pcapng" --print --filter-func "$FUNCS" -tt -x --output-caller \
	--output-skb-cb --output-skb udp
print=$PID
start json pwru-cap -w "$OUT/json.pcapng" --output-json --output-stack --output-skb-cb \
	--filter-func "$FUNCS" udp
json=$PID
wait_for 60 listens "$OUT/print.err"
wait_for 60 listens "$OUT/json.err"
wait_for 60 said 'Listening for events' "$OUT/pwru.err"
in_a ping -q -c 1 -W 5 "$IP_B" >/dev/null
echo datagram | in_a nc -u -w 1 "$IP_B" 5353
sleep 0.5
stop ours $ours
stop print $print
stop json $json
stop pwru $pwru
net_down
echo "$(($(date +%s) - began)) s in the guest"
