# shellcheck shell=bash
# Functions for scripts that judge captures which a guest has left in the directory $out: NAME.err
# (standard error), NAME.status, NAME.pcapng.  Needs tests/lib.sh.

# The figures of the summary that a capture ends with; with -v, progress stands before it on the line.
figure() { tr '\r' '\n' <"$out/$1.err" | sed -n "s/^\([0-9]*\) packets\? $2\$/\1/p"; }
captured() { figure "$1" captured; }
received() { figure "$1" 'received by filter'; }
dropped() { figure "$1" 'dropped by kernel'; }
# Sightings that no program of ours saw, because it ran already; 0 if nothing is said of them.
missed() { sed -n 's/^ *\([0-9]*\) sightings were missed:.*/\1/p' "$out/$1.err" | grep . || echo 0; }
# What a mode has left out, 0 without one.
left_out() { figure "$1" 'left out, as asked for' | grep . || echo 0; }

# What the readers count; count NAME [EXPRESSION...]
count() { tcpdump -r "$out/$1.pcapng" --count "${@:2}" 2>/dev/null | sed -n 's/ packets\?$//p'; }
packets() { capinfos -Mc "$out/$1.pcapng" 2>/dev/null | sed -n 's/^Number of packets: *//p'; }
# fields NAME -e FIELD ...
fields() { tshark -r "$out/$1.pcapng" -T fields "${@:2}" 2>/dev/null; }

# status NAME WANTED
status() { same "$1: exit status" "$2" "$(cat "$out/$1.status")"; }

# adds_up NAME: captured + dropped + left out = received, and the file holds what was captured.
adds_up() {
	same "$1: captured + dropped + left out = received" "$(received "$1")" \
		$(($(captured "$1") + $(dropped "$1") + $(left_out "$1")))
	same "$1: summary, tcpdump and capinfos count the same" "$(captured "$1")" \
		"$(count "$1")" "$(packets "$1")"
	check "$1: nothing is unaccounted for" bash -c "! grep -q unaccounted '$out/$1.err'"
}

# The kernel's log of the guest, in $out/dmesg: nothing that it warns of, or else the first of it.
quiet_kernel() {
	same "the kernel warns of nothing" "" "$(grep -E -A 40 \
		'WARNING:|BUG:|Oops|Call Trace|kprobes: .*(fail|Fail)' "$out/dmesg" | head -n 80)"
}

# statistics NAME: the blocks of interface statistics that a file ends with: how many there are, and
# over all of them received, dropped, accepted by the filter, dropped by the system, delivered.
statistics() {
	tail -c 4000000 "$out/$1.pcapng" | od -A n -v -t u4 -w4 | awk '
		{ word[NR] = $1 }
		END {
			# Each block ends with its length, in bytes.
			for (last = NR; last > 0 && word[last - word[last] / 4 + 1] == 5; last = first - 1) {
				first = last - word[last] / 4 + 1
				n++
				# Behind type, length, interface and time; an option is code and length.
				for (i = first + 5; i < last; i += 1 + int((len + 3) / 4)) {
					code = word[i] % 65536
					len = int(word[i] / 65536)
					if (code) sum[code] += word[i + 1] + 4294967296 * word[i + 2]
				}
			}
			print n + 0, sum[4] + 0, sum[5] + 0, sum[6] + 0, sum[7] + 0, sum[8] + 0
		}'
}

# interfaces NAME: how many a file has, and how many of them have statistics.
interfaces() {
	capinfos -M "$out/$1.pcapng" 2>/dev/null | awk '
		/^Interface #/ { n++ }
		/Number of stat entries = 1$/ { with++ }
		END { print n + 0, with + 0 }'
}

# whole NAME: the packets are in order of time, and each interface has statistics, whose sums are the
# figures of the summary.
whole() {
	local n

	same "$1: in order of time" True \
		"$(capinfos -o "$out/$1.pcapng" 2>/dev/null | sed -n 's/^Strict time order: *//p')"
	read -r n _ <<<"$(interfaces "$1")"
	same "$1: each interface has statistics" "$n $n" "$(interfaces "$1")"
	same "$1: the statistics add up to the summary" \
		"$n $(received "$1") $(dropped "$1") $(received "$1") $(dropped "$1") $(captured "$1")" \
		"$(statistics "$1")"
}
