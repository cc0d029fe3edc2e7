# shellcheck shell=bash
#
# apt.sh - Debian packages of any suite, fetched without touching the system's apt.
#
# Theory of operation
#
# apt runs with a configuration file that moves everything it reads and writes (lists, cache,
# status, sources, preferences) into a temporary directory, and that clears the hooks which the
# machine may run after an update. Its one source is a line made here: the mirror is taken from
# the machine's own sources, as apt itself reads them ("apt-get update --print-uris" prints what
# an update would fetch, whichever file and format it is configured in, and fetches nothing).
# signed-by names the Debian archive keyring, so signatures are always checked, and a repository
# of somebody else that happens to use Debian's suite names is refused.
#
# Environment: PWRU_CAP_MIRROR and PWRU_CAP_SECURITY_MIRROR name mirrors to be tried first.

APT_KEYRING=/usr/share/keyrings/debian-archive-keyring.gpg

need_apt() {
	need apt-get apt
	need dpkg-deb dpkg
	[[ -r $APT_KEYRING ]] ||
		die 2 "$APT_KEYRING is not there: install the package debian-archive-keyring"
}

# apt_mirrors ARCHIVE: candidates for "debian" or "debian-security", one URI a line, best first.
apt_mirrors() {
	local archive=$1 dir names

	names='(buster|bullseye|bookworm|trixie|forky|duke|sid|(old|oldold)?stable|testing|unstable)'
	dir=$(mktemp -d)
	mkdir -p "$dir/lists/partial"
	{
		if [[ $archive == debian-security ]]; then
			printf '%s\n' "${PWRU_CAP_SECURITY_MIRROR:-}"
			names="$names(-security|/updates)"
		else
			printf '%s\n' "${PWRU_CAP_MIRROR:-}"
			names="$names(-updates|-backports)?"
		fi
		apt-get -o Dir::State::lists="$dir/lists" update --print-uris 2>/dev/null |
			sed -nE "s,^'(.*)/dists/$names/InRelease'.*,\1,p"
		# Many machines have no source for security updates, and most mirrors of the one
		# archive hold the other beside it.
		if [[ $archive == debian-security ]]; then
			apt_mirrors debian | sed -nE 's,/debian/?$,/debian-security,p'
		fi
	} | awk 'NF && !seen[$0]++'
	rm -rf "$dir"
}

# apt_open DIR URI SUITE: makes the private state in DIR and fetches the suite's index.
# What apt said is in DIR/log afterwards. Returns apt's failure.
apt_open() {
	local dir=$1 uri=$2 suite=$3 options="arch=amd64 signed-by=$APT_KEYRING"

	# An archived suite is not signed again, so its date runs out; its signature stays good.
	case $suite in
	bullseye*) options+=" check-valid-until=no" ;;
	esac
	rm -rf "$dir"
	mkdir -p "$dir"/{lists,archives}/partial "$dir"/empty
	: >"$dir/status"
	printf 'deb [%s] %s %s main\n' "$options" "$uri" "$suite" >"$dir/sources.list"
	cat >"$dir/apt.conf" <<-END
		#clear APT::Update::Pre-Invoke;
		#clear APT::Update::Post-Invoke;
		#clear APT::Update::Post-Invoke-Success;
		Dir::State "$dir";
		Dir::State::lists "$dir/lists";
		Dir::State::status "$dir/status";
		Dir::Cache "$dir";
		Dir::Cache::archives "$dir/archives";
		Dir::Etc::sourcelist "$dir/sources.list";
		Dir::Etc::sourceparts "$dir/empty";
		Dir::Etc::preferences "$dir/empty/none";
		Dir::Etc::preferencesparts "$dir/empty";
		Acquire::Languages "none";
		Acquire::Retries "3";
		Acquire::AllowInsecureRepositories "false";
		APT::Update::Error-Mode "any";
		APT::Get::AllowUnauthenticated "false";
		# The directory is the user's own, which apt's sandbox user cannot enter.
		APT::Sandbox::User "root";
	END
	apt-get -c "$dir/apt.conf" -q update >"$dir/log" 2>&1
}

# apt_depends DIR PACKAGE: the names that the candidate version depends on, one a line.
apt_depends() {
	apt-cache -c "$1/apt.conf" depends --no-recommends --no-suggests --no-breaks --no-conflicts \
		--no-replaces --no-enhances "$2" 2>/dev/null |
		sed -nE 's/^ *\|?(Pre)?Depends: ([^<>]+)$/\2/p'
}

# apt_version DIR PACKAGE: the candidate version, or nothing.
apt_version() {
	apt-cache -c "$1/apt.conf" policy "$2" 2>/dev/null |
		awk '$1 == "Candidate:" && $2 != "(none)" { print $2 }'
}

# apt_unpack DIR ROOT PACKAGE...: downloads (checked against the signed index) and unpacks.
apt_unpack() {
	local dir=$1 root=$2 deb

	shift 2
	mkdir -p "$dir/debs" "$root"
	( cd "$dir/debs" && apt-get -c "$dir/apt.conf" -q download "$@" ) >>"$dir/log" 2>&1 || return
	for deb in "$dir"/debs/*.deb; do
		dpkg-deb -x "$deb" "$root" || return
	done
}

# apt_failure DIR: why apt failed, in its own words.
apt_failure() {
	grep -m 1 '^[EW]:' "$1/log" || echo 'apt failed without a word'
}

# apt_tried LINES: the lines, or, when there are none, why nothing could be tried.
apt_tried() {
	local none="apt's sources name no Debian mirror (PWRU_CAP_MIRROR=URI names one)"

	printf '%s' "${1:-$'\n'"  nothing: $none"}"
}
