# shellcheck shell=bash
# shellcheck disable=SC2034 # these variables are for the scripts that include this file
#
# lib.sh - what the scripts of tests/guest have in common: messages, tools, the cache.
#
# Theory of operation
#
# Everything that is expensive to get (kernels, peers, archives for the initramfs) lives in one
# cache outside the checkout, ${PWRU_CAP_CACHE:-$HOME/.cache/pwru-cap}. An entry is built in a
# temporary directory beside its place, under a lock of its own, and then renamed: whoever sees an
# entry sees a whole one, and two runs that want the same entry build it once.
#
# Exit statuses that all scripts share: 2 for a request that cannot be served (usage, unknown
# kernel, missing tool or file), 1 for one that failed.

# Without it, a command substitution goes on after a failure.
shopt -s inherit_errexit

GUEST_DIR=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
CHECKOUT=$(cd "$GUEST_DIR/../.." && pwd)
CACHE=${PWRU_CAP_CACHE:-${HOME:?HOME is not set, and neither is PWRU_CAP_CACHE}/.cache/pwru-cap}
PROG=${0##*/}
VERBOSE=${VERBOSE:-}

say() {
	printf '%s: %s\n' "$PROG" "$*" >&2
}

note() {
	[[ -z $VERBOSE ]] || say "$@"
}

# die STATUS MESSAGE...
die() {
	local status=$1

	shift
	say "$@"
	exit "$status"
}

# usage: the script's header comment, from its third line to the first line that is none.
usage() {
	awk 'NR <= 2 { next } !/^#/ { exit } { sub(/^# ?/, ""); print }' "$0"
}

# need PROGRAM PACKAGE: ends the script with a sentence when the program is not there.
need() {
	PATH=$PATH:/usr/sbin:/sbin command -v "$1" >/dev/null ||
		die 2 "$1 is not on this machine: install the package $2, or run 'make deps'"
}

# x86_64 programs of the host run in the guest, so host and guest are the same architecture.
need_x86_64() {
	[[ $(uname -m) == x86_64 ]] ||
		die 2 "the guests run this machine's own x86_64 programs, and this machine is $(uname -m)"
}

# Runs a program that may live in a directory that only root has in its PATH.
sbin() {
	PATH=$PATH:/usr/sbin:/sbin "$@"
}

# cache_entry PATH BUILDER [ARGS...]: makes PATH (below the cache) unless it is there.
# BUILDER is a function; it gets the place to build at (a file or directory that it makes) as its
# first argument, and what it leaves beside that place, at PLACE.*, is removed.
# Call it as a command of its own, not as a condition, which would switch "set -e" off inside.
cache_entry() {
	local path=$1 lock

	shift
	[[ ! -e $path ]] || return 0
	mkdir -p "${path%/*}" "$CACHE/locks" || die 1 "the cache $CACHE cannot be written"
	lock=$CACHE/locks/$(tr / - <<<"${path#"$CACHE"/}").lock
	(
		flock 9
		[[ ! -e $path ]] || exit 0
		tmp=$(mktemp -d "${path%/*}/.new.XXXXXX")
		trap 'rm -rf "$tmp"' EXIT
		# A signal must reach the EXIT trap, and end the subshell for sure.
		trap 'exit 1' INT TERM HUP
		"$1" "$tmp/entry" "${@:2}" 9>&-
		mv -T "$tmp/entry" "$path"
	) 9>"$lock"
}

# seconds_since EPOCHREALTIME: with one decimal.
seconds_since() {
	awk -v a="$1" -v b="$EPOCHREALTIME" 'BEGIN { printf "%.1f", b - a }'
}
