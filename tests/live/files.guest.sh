#!/bin/bash
# files.guest.sh: runs in a guest: tcpdump and pwru-cap write the same traffic to files in all ways,
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
	(cd "$OUT/$case/tcpdump" && exec ip netns exec $NS_A tcpdump -i v0 -Q out "$@") \
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

# end CASE/PROGRAM...: with SIGINT, if it still runs.
end() {
	local name

	sleep 0.5
	for name; do kill -INT "${PIDS[$name]}" 2>/dev/null; done
	for name; do
		wait "${PIDS[$name]}"
		echo $? >"$OUT/$name.status"
		unset "PIDS[$name]"
	done
}

# requests COUNT SECONDS-BETWEEN [SIZE]
requests() {
	in_a ping -q -n -c "$1" -i "$2" -s "${3:-56}" $IP_B >/dev/null
}

# ---- all that rotates, and sees the same 1500 requests of 1400 bytes

rotations() {
	both size -w f -C 1
	both ring -w f -C 1 -W 3
	both ring11 -w f -C 1 -W 11
	both gzip -w f -C 1 -z gzip
	both time -w f%s -G 2
	both ends -w f%s -G 2 -W 2
	both same -w f -G 2
	both timesize -w f%s- -G 3 -C 1 -W 2
	chmod 777 "$OUT"
	for name in tcpdump pwru-cap; do
		mkdir -p "$OUT/user/$name"
		chmod 777 "$OUT/user" "$OUT/user/$name"
	done
	tcpd user -Z nobody -w f -C 1 "$REQUESTS"
	pwru user -Z nobody -w f -C 1 "$REQUESTS"
	pwru suffix -w f -C 300K "$REQUESTS"
	pwru zstd -w f -C 100K --compress zstd "$REQUESTS"
	pwru gz -w f -C 100k --compress gzip -U "$REQUESTS"
	pwru hup -w f "$REQUESTS"
	all_ready
	fact user "$(grep -E '^(Uid|Gid|Groups|CapEff|CapPrm):' \
		"/proc/${PIDS[user/pwru-cap]}/status" | tr -s '\t\n' ' ')"
	requests 1500 0.004 1400 &
	pinger=$!
	sleep 3
	# As log rotation does.
	mv "$OUT/hup/pwru-cap/f" "$OUT/hup/pwru-cap/f.1"
	kill -HUP "${PIDS[hup/pwru-cap]}" "${PIDS[suffix/pwru-cap]}"
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

small() {
	both count -w f -c 5
	both snaplen -w f -s 64
	echo 'icmp[icmptype] == icmp-echo # requests' >/tmp/expression
	tcpd file -Z root -w f -F /tmp/expression
	pwru file -w f -F /tmp/expression
	both usr1 -w f
	both usr2 -w f
	both packetwise -w f -U
	both term -w f
	both text -n
	both full -w /dev/full
	mkfifo /tmp/pipe.tcpdump /tmp/pipe.pwru-cap
	for name in tcpdump pwru-cap; do
		head -c 300 <"/tmp/pipe.$name" >/dev/null &
	done
	TO=/tmp/pipe.tcpdump tcpd pipe -Z root -U -w - "$REQUESTS"
	TO=/tmp/pipe.pwru-cap pwru pipe -U -w - "$REQUESTS"
	all_ready
	requests 20 0.1
	signal USR1 usr1
	signal USR2 usr2
	signal TERM term
	signal HUP text
	sleep 0.5
	for name in tcpdump pwru-cap; do
		for case in packetwise usr2; do
			cp "$OUT/$case/$name/f" "$OUT/$case/$name.soon"
		done
	done
	end "${!PIDS[@]}"
}

# ---- ends that nobody likes, while packets come as fast as they can

# Loss and failure, each with the files before it.
failures() {
	local dir

	for dir in tight ztight; do
		mkdir -p "/tmp/$dir"
		mount -t tmpfs -o size=1m tmpfs "/tmp/$dir"
	done
	mkdir -p /tmp/removed/dir
	pwru tight -w /tmp/tight/f -C 300K "$REQUESTS"
	pwru ztight -w /tmp/ztight/f --compress zstd icmp
	pwru removed -w /tmp/removed/dir/f -C 300K "$REQUESTS"
	mkfifo /tmp/slow
	(sleep 8; cat >"$OUT/slow/f") </tmp/slow &
	TO=/tmp/slow pwru slow -B 1024 -w - icmp
	all_ready
	mkdir "$OUT/removed/files"
	mv /tmp/removed/dir/f "$OUT/removed/files/f"
	rmdir /tmp/removed/dir
	(while :; do in_a ping -q -f -c 500 -s 1400 $IP_B; done) >/dev/null 2>&1 &
	flood=$!
	sleep 5
	end "${!PIDS[@]}"
	for dir in tight ztight; do
		mkdir "$OUT/$dir/files"
		cp "/tmp/$dir/"* "$OUT/$dir/files"
	done
}

# Twenty times, four at a time: kill -9 at some moment of a capture at several functions.
kills() {
	local round kind at

	for round in 1 2 3 4 5; do
		for kind in plain ring gzip zstd; do
			mkdir -p "$OUT/kill/$round.$kind"
			case $kind in
			plain) set -- ;;
			ring) set -- -C 100K -W 5 ;;
			*) set -- --compress $kind ;;
			esac
			at=$((RANDOM % 20))
			(
				cd "$OUT/kill/$round.$kind" || exit
				pwru-cap -q --filter-func 'ip_.*|icmp_.*|dev_.*' -B 4096 -w f "$@" \
					icmp 2>err &
				pid=$!
				wait_for 60 test -e f -o -e f0
				sleep $((at / 10)).$((at % 10))
				kill -KILL $pid
				wait $pid
				echo "$?" >status
			) 2>/dev/null &
			PIDS[$kind]=$!
		done
		wait "${PIDS[@]}"
		PIDS=()
	done
}

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
kill -- "-$flood"
net_down
chmod -R a+rX "$OUT"
