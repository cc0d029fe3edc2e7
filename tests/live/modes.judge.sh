# shellcheck shell=bash disable=SC2154 # what is not set here is set by tests/live/capture
# Judges what modes.guest.sh has left.

first_comments() { fields "$1" -E occurrence=f -e frame.comment; }

# values NAME KEY: of a key, where it is there, in the file's order.
values() { first_comments "$1" | sed -n "s/.* $2=\([^ ]*\).*/\1/p"; }

# after_sender: the names of what changed from the second namespace on, one a line, on stdin.
after_sender() { sed -n '/\<netns\>/,$p' | tr , '\n'; }

# A datagram on its way through a router with NAT to a closed port.  What the sender's side does to
# headers that are not finished differs between kernels; what comes then is what the guest has set
# up: a mark in the router, which ends with the namespace, one hop less, another source, other MAC
# addresses.  How much of it one sighting tells depends on which functions are watched.
changes() {
	status changes 0
	adds_up changes
	same "changes: of one packet" 1 "$(values changes id | sort -u | wc -l)"
	same "changes: what changed behind the sender, and how often" \
		"csum csum dev dev dev dst-mac mark mark netns netns src src-mac ttl udp-csum" \
		"$(values changes changed | after_sender | sort | xargs)"
	same "changes: in this order" "netns ttl src netns" \
		"$(values changes changed | after_sender | grep -xE 'netns|ttl|src' | xargs)"
	same "changes: sightings beside these: the first and the drop" "$(captured changes)" \
		$(($(values changes changed | wc -l) + 2))
	same "changes: the drop is the last" "$(captured changes)" \
		"$(first_comments changes | sed -n '/ drop=/=' | xargs)"
	same "changes: the reason" "$([[ $kernel == 5.10 ]] && echo yes || echo NO_SOCKET)" \
		"$(values changes drop)"
	check "changes: $(left_out changes) sightings were left out" \
		grep -qE '^  [0-9]+ unchanged sightings \(--changes\)' "$out/changes.err"
}
