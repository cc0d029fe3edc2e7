# shellcheck shell=bash
# Functions for test scripts.  A script calls pass, fail or skip once a test, and ends with
# `finish`, which prints "N passed, N failed, N skipped" and sets the exit status.

PASSED=0 FAILED=0 SKIPPED=0

pass() {
	PASSED=$((PASSED + 1))
	echo "  ok    $*"
}

fail() {
	FAILED=$((FAILED + 1))
	echo "  FAIL  $*"
}

skip() {
	SKIPPED=$((SKIPPED + 1))
	echo "  SKIP  $*"
}

# check NAME COMMAND...: a test that passes if the command succeeds.
check() {
	local name=$1 out

	shift
	if out=$("$@" 2>&1); then
		pass "$name"
	else
		fail "$name: $*"
		[[ -z $out ]] || sed 's/^/        /' <<<"$out"
	fi
}

# same NAME A B...: a test that passes if all values are the same.
same() {
	local name=$1 first=$2 value

	shift 2
	for value; do
		if [[ $value != "$first" ]]; then
			fail "$name: $first $*"
			return
		fi
	done
	pass "$name: $first"
}

finish() {
	echo "$PASSED passed, $FAILED failed, $SKIPPED skipped"
	[[ $FAILED -eq 0 ]]
	exit
}
