#!/bin/bash
# rates.guest.sh [NAME...]: runs in a guest: 10 s of iperf3 into a namespace while nothing, pwru-cap,
# pwru or tcpdump looks on, each with the same filter.  Prints a line
# "row<TAB>name<TAB>Mbit/s<TAB>events<TAB>in the end<TAB>in the file<TAB>received<TAB>lost<TAB>note"
# for each: events that were delivered when iperf3 ended, and in the end; "-" where there is none.
set -u
# Job control: without it, what runs in the background would have SIGINT ignored.
set -m
. /test/traffic.sh

SECONDS_OF_IPERF=10
# Guest seconds that starting may take.
READY_MAX=600
FILTER='tcp port 5201'
ONLY=" $* "

# No field is empty: who reads them would take two tabs for one.
row() {
	local field

	printf row
	for field; do printf '\t%s' "${field:--}"; done
	echo
}

wanted() { [[ $ONLY == '  ' || $ONLY == *" $1 "* ]]; }

# run_iperf SECONDS: sets MBIT, as the receiver has it.
run_iperf() {
	MBIT=$(in_a iperf3 -c "$IP_B" -t "$1" -f m |
		sed -n 's/.* \([0-9.]*\) Mbits\/sec.*receiver$/\1/p')
	: "${MBIT:=none}"
}

# begin WORDS COMMAND...: in the background, until it has said the words; sets PID.
begin() {
	local words=$1

	shift
	# What the run before still does in the background is not this one's.
	while pgrep -x pwru-cap >/dev/null; do sleep 0.2; done
	rm -f /tmp/rates.*
	# Not a function: the process is to be signalled.
	"$@" >/tmp/rates.said 2>&1 &
	PID=$!
	wait_for $READY_MAX grep -q "$words" /tmp/rates.said
}

end() {
	kill -INT "$PID"
	wait "$PID"
}

# said WORDS: the number that it has said in front of these words last.
said() { sed -nE "s/^ *([0-9]+) $1.*/\1/p" /tmp/rates.said | tail -n 1; }

# What the summary names as lost, by cause, as one number.
lost() { sed -nE 's/^ +([0-9]+) lost: .*/\1/p' /tmp/rates.said | awk '{ n += $1 } END { print n + 0 }'; }

in_file() { tcpdump -r "$1" --count 2>/dev/null | sed -n 's/^\([0-9]*\) packets\?$/\1/p'; }

# asked: what it says at once of the packets it has captured, as tcpdump does.
asked() {
	kill -USR1 "$PID"
	wait_for 10 grep -qE '[0-9]+ packets? captured' /tmp/rates.said
	sed -nE 's/(^|.* )([0-9]+) packets? captured.*/\2/p' /tmp/rates.said | head -n 1
}

# What is wrong with what one has said.
note() { grep -E 'unaccounted|could not|broken' /tmp/rates.said | xargs; }

# cap NAME SECONDS OPTIONS...
cap() {
	local name=$1 seconds=$2 seen

	wanted "$name" || return 0
	shift 2
	if ! begin 'listening on' pwru-cap -s 96 "$@" -w /tmp/rates.pcapng "$FILTER"; then
		row "$name" - - - - - - "does not listen: $(tail -n 1 /tmp/rates.said)"
		end
		return
	fi
	run_iperf "$seconds"
	seen=$(asked)
	end
	row "$name" "$MBIT" "$seen" "$(said 'packets? captured')" "$(in_file /tmp/rates.pcapng)" \
		"$(said 'packets? received by filter')" "$(lost)" "$(note)"
}

# Each line of pwru's that has the port is an event; it does not say what it has lost.
pwru_lines() { grep -c ':5201' /tmp/rates.out; }

peer_pwru() {
	local seen

	wanted pwru || return 0
	if ! begin 'Listening for events' pwru --output-meta --output-tuple \
		--output-file /tmp/rates.out "$FILTER"; then
		row pwru - - - - - - "does not listen: $(tail -n 1 /tmp/rates.said)"
		kill -KILL "$PID"
		return
	fi
	run_iperf $SECONDS_OF_IPERF
	seen=$(pwru_lines)
	end
	row pwru "$MBIT" "$seen" "$(pwru_lines)" - - - ''
}

peer_tcpdump() {
	local seen

	wanted tcpdump || return 0
	begin 'listening on' ip netns exec $NS_A tcpdump -i v0 -s 96 -w /tmp/rates.pcap "$FILTER"
	run_iperf $SECONDS_OF_IPERF
	seen=$(asked)
	end
	row tcpdump "$MBIT" "$seen" "$(said 'packets? captured')" "$(in_file /tmp/rates.pcap)" \
		"$(said 'packets? received by filter')" "$(said 'packets? dropped by kernel')" ''
}

net_up
in_b iperf3 -s >/dev/null 2>&1 &
wait_for 10 tcp_listens 5201
if wanted nothing; then
	run_iperf $SECONDS_OF_IPERF
	row nothing "$MBIT" - - - - - ''
fi
cap pwru-cap $SECONDS_OF_IPERF
cap no-stack $SECONDS_OF_IPERF --no-stack
# So that there is a loss to be counted.
cap small 2 --no-stack -B 64
peer_pwru
peer_tcpdump
