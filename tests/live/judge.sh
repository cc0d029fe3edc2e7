# shellcheck shell=bash
# Functions for scripts that judge captures which a guest has left in the directory $out: NAME.err
# (standard error), NAME.status, NAME.pcapng.  Needs tests/lib.sh.

# The figures of the summary that a capture ends with.
captured() { sed -n 's/^\([0-9]*\) packets\? captured$/\1/p' "$out/$1.err"; }
received() { sed -n 's/^\([0-9]*\) packets\? received by filter$/\1/p' "$out/$1.err"; }
dropped() { sed -n 's/^\([0-9]*\) packets\? dropped by kernel$/\1/p' "$out/$1.err"; }

# What the readers count; count NAME [EXPRESSION...]
count() { tcpdump -r "$out/$1.pcapng" --count "${@:2}" 2>/dev/null | sed -n 's/ packets\?$//p'; }
packets() { capinfos -Mc "$out/$1.pcapng" 2>/dev/null | sed -n 's/^Number of packets: *//p'; }
# fields NAME -e FIELD ...
fields() { tshark -r "$out/$1.pcapng" -T fields "${@:2}" 2>/dev/null; }

# status NAME WANTED
status() { same "$1: exit status" "$2" "$(cat "$out/$1.status")"; }

# adds_up NAME: captured + dropped = received, and the file holds what was captured.
adds_up() {
	same "$1: captured + dropped = received" "$(received "$1")" \
		$(($(captured "$1") + $(dropped "$1")))
	same "$1: summary, tcpdump and capinfos count the same" "$(captured "$1")" \
		"$(count "$1")" "$(packets "$1")"
	check "$1: nothing is unaccounted for" bash -c "! grep -q unaccounted '$out/$1.err'"
}

# The kernel's log of the guest, in $out/dmesg: nothing that it warns of, or else the first of it.
quiet_kernel() {
	same "the kernel warns of nothing" "" "$(grep -E -A 40 \
		'WARNING:|BUG:|Oops|Call Trace|kprobes: .*(fail|Fail)' "$out/dmesg" | head -n 80)"
}
