#!/bin/sh
# What the demo captures: one TLS exchange between two network namespaces, with other traffic
# beside it.  Leaves out.pcapng in $OUT.  Runs on this machine or in a guest.
set -eu
if [ -e /test/traffic.sh ]; then
	. /test/traffic.sh
else
	. tests/live/traffic.sh
fi

scratch=$(mktemp -d)
trap 'kill ${TLS_PID:-} 2>/dev/null || :; net_down; rm -rf "$scratch"' EXIT
trap 'exit 130' INT TERM
net_up
tls_serve "$scratch"

echo "+ pwru-cap -w out.pcapng 'tcp port 443'"
pwru-cap -w "$OUT/out.pcapng" 'tcp port 443' 2>"$scratch/log" &
capture=$!
wait_for 60 grep -q 'listening on' "$scratch/log" || {
	cat "$scratch/log"
	exit 1
}
other_traffic &
other=$!
tls_get && echo "+ (an HTTPS request was made and answered)"
wait $other
sleep 0.3
kill -INT $capture
wait $capture
cat "$scratch/log"
