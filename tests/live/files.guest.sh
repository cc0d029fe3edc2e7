#!/bin/bash
# files.guest.sh SEED: runs in a guest: tcpdump and pwru-cap write the same traffic to files in all ways,
# and what came out is left in $OUT for tests/live/files to judge.  A case has a directory of its
# own for each program, $OUT/CASE/tcpdump and $OUT/CASE/pwru-cap, with the files, and beside it
# PROGRAM.err and PROGRAM.status.
#
# Both see each echo request once: tcpdump on its way out of the device v0, pwru-cap in the one
# function that hands it to the device.  Their sequence numbers say whether one is missing.
set -u
# Job control: without it, what runs in the background would have SIGINT ignored.
set -m
. /test/traffic.sh

SEED=$1
REQUESTS='icmp[icmptype] == icmp-echo'
ONE=(--filter-func dev_hard_start_xmit -B 4096 -i v0)
declare -A PIDS=()

fact() { echo "$@" >>"$OUT/facts"; }

# pwru and tcpd CASE ARGS...: in the background, in the case's directory; standard output goes to
# $TO, if there is one.
pwru() {
	local case=$1

	shift
	mkdir -p "$OUT/$case/pwru-cap"
	(cd "$OUT/$case/pwru-cap" && exec pwru-cap "${ONE[@]}" "$@") \
		2>"$OUT/$case/pwru-cap.err" >"${TO:-$OUT/$case/pwru-cap.out}" &
	PIDS[$case/pwru-cap]=$!
}
tcpd() {
	local case=$1

	shift
	mkdir -p "$OUT/$case/tcpdump"
	(cd "$OUT/$case/tcpdump" && exec ip netns exec $NS_A tcpdump --immediate-mode -i v0 -Q out "$@") \
		2>"$OUT/$case/tcpdump.err" >"${TO:-$OUT/$case/tcpdump.out}" &
	PIDS[$case/tcpdump]=$!
}

# both CASE ARGS...: as root, for the guest's user tcpdump cannot write there.
both() {
	tcpd "$1" -Z root "${@:2}" "$REQUESTS"
	pwru "$1" "${@:2}" "$REQUESTS"
}

# ready CASE/PROGRAM: it captures, or has ended.
ready() {
	listens "$OUT/$1.err" || ! kill -0 "${PIDS[$1]}"
}

all_ready() {
	local name

	for name in "${!PIDS[@]}"; do
		wait_for 60 ready "$name" || echo "$name: does not listen" >&2
	done
}

# signal SIGNAL CASE: to both.
signal() {
	kill "-$1" "${PIDS[$2/tcpdump]}" "${PIDS[$2/pwru-cap]}"
}

# ended CASE/PROGRAM...: they end by themselves.
ended() {
	local name

	for name; do
		wait "${PIDS[$name]}"
		echo $? >"$OUT/$name.status"
		unset "PIDS[$name]"
	done
}

# end CASE/PROGRAM...: with SIGINT, if it still runs.
end() {
	local name

	sleep 0.5
	for name; do kill -INT "${PIDS[$name]}" 2>/dev/null; done
	ended "$@"
}

# requests COUNT SECONDS-BETWEEN [SIZE]
requests() {
	in_a ping -q -n -c "$1" -i "$2" -s "${3:-56}" $IP_B >/dev/null
}

# ---- all that rotates, and sees the same 1500 requests of 1400 bytes

rotations() {
	local name

	for name in tcpdump pwru-cap; do
		mkdir -p "$OUT/user/$name"
		chmod 777 "$OUT" "$OUT/user" "$OUT/user/$name"
	done
	tcpd user -w f -C 1 -Z nobody "$REQUESTS"
	pwru user -w f -C 1 -Z nobody "$REQUESTS"
	both ring -w f -C 1 -W 2
	both gzip -w f -C 1 -z gzip
	both ends -w f%s -G 2 -W 2
	both timesize -w f%s- -G 3 -C 1 -W 2
	pwru zstd -w f -C 20K --compress zstd "$REQUESTS"
	pwru gz -w f -C 20k --compress gzip "$REQUESTS"
	pwru hup -w f "$REQUESTS"
	all_ready
	fact user "$(grep -E '^(Uid|Gid|Groups|CapEff|CapPrm):' \
		"/proc/${PIDS[user/pwru-cap]}/status" | tr -s '\t\n' ' ')"
	requests 1500 0.004 1400 &
	pinger=$!
	sleep 3
	# As log rotation does.
	mv "$OUT/hup/pwru-cap/f" "$OUT/hup/pwru-cap/f.1"
	kill -HUP "${PIDS[hup/pwru-cap]}" "${PIDS[zstd/pwru-cap]}"
	sleep 1
	# Once more, and the file is still there.
	kill -HUP "${PIDS[hup/pwru-cap]}"
	wait $pinger
	end "${!PIDS[@]}"
	for name in tcpdump pwru-cap; do
		fact "user.$name" "$(stat -c %U "$OUT/user/$name"/* | sort -u | xargs)"
	done
}

# ---- what is small

# says_20 PROGRAM: asked by SIGUSR1, that it has captured 20.
says_20() {
	kill -USR1 "${PIDS[usr/$1]}"
	sleep 0.2
	grep -q ' 20 packets captured,' "$OUT/usr/$1.err"
}

# holds_20 FILE
holds_20() { tcpdump -r "$1" --count 2>/dev/null | grep -q '^20 packets'; }

small() {
	local name

	echo 'icmp[icmptype] == icmp-echo # requests' >/tmp/expression
	tcpd file -Z root -w f -c 5 -s 64 -F /tmp/expression
	pwru file -w f -c 5 -s 64 -F /tmp/expression
	both usr -w f
	both packetwise -w f -U
	both text -n
	both full -w /dev/full
	mkfifo /tmp/pipe.tcpdump /tmp/pipe.pwru-cap
	for name in tcpdump pwru-cap; do
		head -c 300 <"/tmp/pipe.$name" >/dev/null &
	done
	TO=/tmp/pipe.tcpdump tcpd pipe -Z root -U -w - "$REQUESTS"
	TO=/tmp/pipe.pwru-cap pwru pipe -U -w - "$REQUESTS"
	all_ready
	requests 20 0.05
	for name in tcpdump pwru-cap; do
		wait_for 20 says_20 $name || echo "$name: does not say 20" >&2
		kill -USR2 "${PIDS[usr/$name]}"
		wait_for 20 holds_20 "$OUT/usr/$name/f" && fact "usr2.$name" yes
		wait_for 20 holds_20 "$OUT/packetwise/$name/f" && fact "packetwise.$name" yes
	done
	signal TERM usr
	signal HUP text
	# A second signal would tell them not to be so thorough.
	ended {usr,text}/{tcpdump,pwru-cap}
	end "${!PIDS[@]}"
}

# ---- ends that nobody likes, while packets come as fast as they can

tight() {
	mkdir -p "/tmp/$1"
	mount -t tmpfs -o "size=$2" tmpfs "/tmp/$1"
}

# Loss and failure, each with the files before it.
failures() {
	local dir flood

	(while :; do in_a ping -q -f -c 500 -s 1400 $IP_B; done) >/dev/null 2>&1 &
	flood=$!
	tight tight 1m
	tight ztight 16k
	mkdir -p /tmp/removed/dir
	pwru tight -w /tmp/tight/f -C 300K "$REQUESTS"
	pwru ztight -w /tmp/ztight/f --compress zstd "$REQUESTS"
	pwru removed -w /tmp/removed/dir/f -C 300K "$REQUESTS"
	mkfifo /tmp/slow
	(sleep 9; cat >"$OUT/slow/f") </tmp/slow &
	TO=/tmp/slow pwru slow --filter-func 'ip_.*|icmp_.*|dev_.*' -i any -B 1024 -w - icmp
	all_ready
	mv /tmp/removed/dir /tmp/removed/elsewhere
	sleep 7
	end "${!PIDS[@]}"
	kill -- "-$flood"
	for dir in tight ztight; do
		mkdir "$OUT/$dir/files"
		cp "/tmp/$dir/"* "$OUT/$dir/files"
	done
	cp -r /tmp/removed/elsewhere "$OUT/removed/files"
}

# larger FILE...: one of them has more than its head.
larger() {
	local f

	for f; do [[ -e $f && $(stat -c %s "$f") -gt 1000 ]] && return; done
	return 1
}

# kill -9 at 20 random moments of captures at several functions, four at a time;
# tests/unit/test_sink_files does the same a hundred times.
kills() {
	local kind round after n=0

	fact seed "$SEED"
	RANDOM=$SEED
	requests 100000 0.005 1400 &
	pinger=$!
	for round in 1 2 3 4 5; do
		for kind in plain ring gzip zstd; do
			n=$((n + 1))
			# Not in the background, which has random numbers of its own.
			after=$((RANDOM % 2000))
			killed $kind $after "$OUT/kill/$kind-$round" &
			PIDS[$n]=$!
		done
		wait "${PIDS[@]}"
		PIDS=()
	done
	kill -- -$pinger
}

# killed KIND MILLISECONDS DIRECTORY: so long after the first packets are written.
killed() {
	local kind=$1 after=$2 pid how=()

	mkdir -p "$3"
	cd "$3" || exit
	case $kind in
	plain) ;;
	ring) how=(-C 100K -W 5) ;;
	*) how=(--compress "$kind") ;;
	esac
	pwru-cap --filter-func 'ip_rcv|icmp_rcv|ip_output' -B 4096 -w f "${how[@]}" icmp 2>err &
	pid=$!
	wait_for 300 larger f f0
	sleep "$(printf '%d.%03d' $((after / 1000)) $((after % 1000)))"
	kill -KILL $pid
	wait $pid
	echo $? >status
	echo $after >moment
} 2>/dev/null

timed() {
	local began=$EPOCHREALTIME

	"$@"
	awk -v name="$*" -v from="$began" -v to="$EPOCHREALTIME" \
		'BEGIN { printf "%s: %.1f s\n", name, to - from }'
}

net_up
timed rotations
timed small
timed failures
timed kills
net_down
chmod -R a+rX "$OUT"
