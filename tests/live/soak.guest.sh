#!/bin/bash
# soak.guest.sh ROUNDS: runs in a guest: attaches and detaches that often while iperf3 runs, and
# leaves in $OUT, for tests/live/soak to judge, what is there before, halfway and after: lines "NAME
# VALUE..." in $OUT/facts, and the kernel's messages.
set -u
# Job control: without it, what runs in the background would have SIGINT ignored.
set -m
. /test/traffic.sh

ROUNDS=$1
# The caches of the kernel and of this script are filled by then, and so is the list of what vmalloc
# has still to give back.
WARM=20
EVENTS=/sys/kernel/tracing/kprobe_events
# Kprobes are slow to attach under emulation.
case $KERNEL in
5.10 | 6.1) ARGS=(--filter-func '(ip_(rcv|output|local_out)|tcp_(v4_rcv|ack|rcv_established)|skb_clone|consume_skb)') ;;
*) ARGS=() ;;
esac

fact() { echo "$@" | tee -a "$OUT/facts" >&2; }

# Probes, programs, maps, links, and processes of ours.
present() {
	echo "$(grep -c pwru_cap $EVENTS)" \
		"$(bpftool prog show | grep -c '^[0-9]')" "$(bpftool map show | grep -c '^[0-9]')" \
		"$(bpftool link show | grep -c '^[0-9]')" "$(pgrep -cx pwru-cap)"
}

# KiB of free pages that each CPU keeps at hand: MemFree leaves them out, and they are tens of MB.
kept_by_cpus() { awk '$1 == "count:" { pages += $2 } END { print pages * 4 }' /proc/zoneinfo; }

# KiB of the kernel's small objects that are in use.  The pages that they lie in say less: where a
# thousand workers have come and gone, half of these are empty.
objects() { awk 'NR > 2 { bytes += $2 * $4 } END { printf "%d", bytes / 1024 }' /proc/slabinfo; }

# KiB that are used, but neither by processes nor for files; and what they are made of.
memory() {
	sync
	echo 3 >/proc/sys/vm/drop_caches
	awk -v kept="$(kept_by_cpus)" -v objects="$(objects)" '{ kib[$1] = $2 }
		END {
			given = kib["Cached:"] + kib["Buffers:"] + kib["AnonPages:"] + kib["PageTables:"]
			slabs = kib["SReclaimable:"] + kib["SUnreclaim:"]
			print kib["MemTotal:"] - kib["MemFree:"] - kept - given - slabs + objects
			print "Objects", objects, "KeptByCpus", kept
			n = split("MemFree Cached AnonPages SReclaimable SUnreclaim KernelStack " \
				"PageTables VmallocUsed Percpu", names, " ")
			for (i = 1; i <= n; i++) print names[i], kib[names[i] ":"]
		}' /proc/meminfo | xargs
}

# The kernel's workers.  7.3 takes trampolines down in a thousand of them, which it keeps for five
# minutes when they have nothing left to do: 26 KiB each.
workers() { pgrep -c '^kworker'; }

# measure NAME: when all that goes on in the background is over; at most a minute, and as long as
# idle workers are kept.
measure() {
	local i

	for ((i = 0; i < 300; i++)); do
		[[ $(present) == "$BEFORE" ]] && break
		sleep 0.2
	done
	for ((i = 0; i < 200; i++)); do
		(($(workers) <= WORKERS + 8)) && break
		sleep 2
	done
	fact "$1.workers" "$(workers)"
	# What the kernel frees after some grace periods.
	sleep 3
	fact "$1.present" "$(present)"
	fact "$1.files" "$(cut -f 1 /proc/sys/fs/file-nr)"
	fact "$1.memory" "$(memory)"
}

# Attached and detached as a whole; or ended by -c, with packets, the rest in the background.
one_round() {
	if (($1 % 2)); then
		pwru-cap "${ARGS[@]}" --test-attach >/dev/null 2>>"$OUT/soak.err"
	else
		timeout -s INT 120 pwru-cap "${ARGS[@]}" -q -s 128 -c 100 -w /tmp/soak.pcapng 'tcp port 5201' 2>>"$OUT/soak.err"
	fi
}

rounds() {
	local i

	for ((i = 0; i < $1; i++)); do one_round $i || bad=$((bad + 1)); done
}

# Only what happens from here on is judged, not how the guest has booted.
dmesg -c >"$OUT/boot.dmesg"
net_up
BEFORE=$(present)
fact before.present "$BEFORE"
WORKERS=$(workers)
fact before.workers "$WORKERS"
in_b iperf3 -s >/dev/null 2>&1 &
server=$!
wait_for 10 eval "in_b ss -ltn | grep -q :5201"
in_a iperf3 -c $IP_B -t 86400 -b 20M >/dev/null 2>&1 &
iperf=$!
sleep 1
# Without traffic there would be nothing to count to.
kill -0 "$iperf" || { echo "iperf3 has ended" >&2; exit 1; }
bad=0
rounds $WARM
measure warm
rounds $((ROUNDS / 2))
measure half
rounds $((ROUNDS - ROUNDS / 2))
measure end
kill -0 "$iperf" && fact iperf yes
kill "$iperf" "$server"
wait "$iperf" "$server" 2>/dev/null
fact rounds "$ROUNDS" "$bad"
dmesg >"$OUT/dmesg"
net_down
