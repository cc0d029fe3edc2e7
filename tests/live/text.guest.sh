#!/bin/sh
# Runs in a guest: one ping seen by pwru and by pwru-cap at the same time, in the same functions,
# and what pwru-cap prints in other forms.  Leaves it all in $OUT for tests/live/text to judge.
set -u
. /test/traffic.sh

FUNCS='ip_.*|__ip_.*|icmp_.*|__?dev_queue_xmit|dev_hard_start_xmit|__netif_receive_skb.*|consume_skb|sk_skb_reason_drop'

# What docker leaves behind of a container: a control group, and a file with its name.
CONTAINER=c0ffee0123456789abcdef0123456789abcdef0123456789abcdef0123456789
GROUP=/sys/fs/cgroup/system.slice/docker-$CONTAINER.scope

container_up() {
	grep -q ' /sys/fs/cgroup .* - cgroup2 ' /proc/self/mountinfo ||
		mount -t cgroup2 none /sys/fs/cgroup
	mkdir -p "$GROUP" "/var/lib/docker/containers/$CONTAINER"
	echo '{"Name":"/talker"}' >"/var/lib/docker/containers/$CONTAINER/config.v2.json"
}

# in_container COMMAND...
in_container() { sh -c 'echo $$ >"$0/cgroup.procs" && exec "$@"' "$GROUP" "$@"; }

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
container_up
in_b nft -f - <<-END
	table inet filter {
		chain first { type filter hook prerouting priority 0; }
		chain input { type filter hook input priority 0; udp dport 5354 drop; }
	}
	END
# Two see the ping, two a datagram to a closed port, one another that a rule drops.  The second pwru-cap and the third have the list
# of functions from the first, and pwru, which is slowest, has begun by then.
start pwru pwru --backend kprobe-multi --filter-func "$FUNCS" --timestamp current --output-meta \
	--output-tuple --output-stack icmp
pwru=$PID
start ours pwru-cap --filter-func "$FUNCS" --timestamp current --output-stack \
	--stack-depth all icmp
ours=$PID
wait_for 60 listens "$OUT/ours.err"
start print pwru-cap -w "$OUT/print.pcapng" --print --filter-func "$FUNCS" -tt -x --output-caller \
	--output-skb-cb --output-skb udp
print=$PID
start json pwru-cap -w "$OUT/json.pcapng" --output-json --output-stack --output-skb-cb \
	--output-container --filter-func "$FUNCS" udp
json=$PID
start ret pwru-cap --output-ret --output-json --filter-func "$FUNCS|nf_hook_slow" 'udp port 5354'
ret=$PID
wait_for 60 listens "$OUT/print.err"
wait_for 60 listens "$OUT/json.err"
wait_for 60 listens "$OUT/ret.err"
wait_for 60 said 'Listening for events' "$OUT/pwru.err"
in_a ping -q -c 1 -W 5 "$IP_B" >/dev/null
echo datagram | in_container ip netns exec "$NS_A" nc -u -w 1 "$IP_B" 5353
echo datagram | in_container ip netns exec "$NS_A" nc -u -w 1 "$IP_B" 5354
sleep 0.5
stop ours $ours
stop print $print
stop json $json
stop ret $ret
stop pwru $pwru
# Alone: its trampolines would be in the others' stacks.
start fentry pwru-cap --backend fentry --output-ret --output-json \
	--filter-func 'ip_output|ip_finish_output2|ip_local_deliver' 'udp port 5354'
wait_for 60 listens "$OUT/fentry.err"
echo datagram | ip netns exec "$NS_A" nc -u -w 1 "$IP_B" 5354
sleep 0.5
stop fentry $PID
net_down
echo "$(($(date +%s) - began)) s in the guest"
