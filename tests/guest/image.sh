# shellcheck shell=bash
#
# image.sh - the initramfs of a guest.
#
# Theory of operation
#
# The kernel unpacks several concatenated cpio archives one over the other. So the initramfs of a
# run is three: the tools of this machine (busybox, bash, ip, ... and their libraries), the modules
# of the kernel, and a small one with what the run adds. The first two are cached, under names that
# hold a checksum of what they were made from. Nothing is compressed: the guest's CPU is slower
# than the host's disk.
#
# A guest has one directory for programs and one for libraries (/bin, /sbin and /usr/sbin lead to
# /usr/bin, /lib to /usr/lib), and so a path of the host is translated by guest_path().

# Host programs that every guest has, with the package to install. A missing one is reported, and
# the guest boots without; image_check() names those that nothing works without.
TOOLS=(
	bash:bash dash:dash kmod:kmod ip:iproute2 tc:iproute2 bridge:iproute2 ss:iproute2
	nft:nftables ping:iputils-ping nc.openbsd:netcat-openbsd openssl:openssl iperf3:iperf3
	tcpdump:tcpdump date:coreutils grep:grep sed:sed ps:procps pgrep:procps pkill:procps
)
# Debian's busybox prefers its applets to programs of the same name, whatever PATH says: in its
# shell, and in each applet that starts a program ("timeout 5 ping" would run busybox's ping). So
# /bin/sh is dash, these are the host's ...
TOOLS+=(
	chroot:coreutils env:coreutils nice:coreutils nohup:coreutils stdbuf:coreutils
	timeout:coreutils find:findutils xargs:findutils chrt:util-linux flock:util-linux
	ionice:util-linux nsenter:util-linux setpriv:util-linux setsid:util-linux
	taskset:util-linux unshare:util-linux watch:procps
)
# ... and these are left out.
NO_APPLETS='ash busybox cttyhack linux32 linux64 linuxrc openvt run-init run-parts start-stop-daemon
	switch_root time'
# These are taken when they are there.
TOOLS_OPTIONAL=(bpftool strace)

# Files that the tools and libpcap read.
TOOL_FILES=(/etc/protocols /etc/services /etc/ethertypes /usr/lib/tc /usr/libexec/coreutils)

image_check() {
	need_x86_64
	need cpio cpio
	need busybox busybox-static
	need bash bash
	need modprobe kmod
	! ldd "$(command -v busybox)" >/dev/null 2>&1 ||
		die 2 "busybox is not the static one: install the package busybox-static, or run 'make deps'"
}

# find_program NAME|PATH: its path, or nothing.
find_program() {
	if [[ $1 == */* ]]; then
		[[ ! -f $1 ]] || realpath "$1"
	else
		PATH=$PATH:/usr/local/sbin:/usr/sbin:/sbin type -P "$1" || :
	fi
}

# guest_path PATH: where the guest has it.
guest_path() {
	case $1 in
	/bin/* | /sbin/*) printf '/usr/bin/%s\n' "${1#/*/}" ;;
	/usr/sbin/*) printf '/usr/bin/%s\n' "${1#/usr/sbin/}" ;;
	/lib/* | /lib64/*) printf '/usr/%s\n' "${1#/}" ;;
	*) printf '%s\n' "$1" ;;
	esac
}

# add_file STAGE FILE|DIRECTORY [GUESTPATH]: links inside a directory stay links.
add_file() {
	local dest

	dest=$1$(guest_path "${3:-$2}")
	mkdir -p "${dest%/*}"
	if [[ -d $2 ]]; then
		mkdir -p "$dest"
		cp -a "$2/." "$dest"
	else
		cp -pL --remove-destination "$2" "$dest"
	fi
}

# add_libraries STAGE PROGRAM: what the dynamic loader would load for it here.
add_libraries() {
	local list lib

	list=$(ldd "$2" 2>/dev/null) || return 0
	if [[ $list == *'not found'* ]]; then
		die 2 "$2 lacks a library on this machine:$(grep 'not found' <<<"$list")"
	fi
	while read -r lib; do
		case $lib in
		/lib/* | /lib64/* | /usr/lib/* | /usr/lib64/*) add_file "$1" "$lib" ;;
		# A library that was found by a run path or LD_LIBRARY_PATH is put where the
		# guest's loader looks without being told.
		*) add_file "$1" "$lib" "/usr/lib/${lib##*/}" ;;
		esac
	done < <(sed -nE 's,^[^/]*(/[^ ]+) \(0x[0-9a-f]+\)$,\1,p' <<<"$list")
}

# add_program STAGE PROGRAM [NAME]: a host program at /usr/bin, with its libraries.
add_program() {
	add_file "$1" "$2" "/usr/bin/${3:-${2##*/}}"
	chmod +x "$1/usr/bin/${3:-${2##*/}}"
	add_libraries "$1" "$2"
}

# pack STAGE ARCHIVE
pack() {
	( cd "$1" && find . | LC_ALL=C sort | cpio --quiet -o -H newc -R 0:0 ) >"$2"
}

base_system() {
	local stage=$1 name

	mkdir -p "$stage"/usr/{bin,lib,lib64,local/bin} \
		"$stage"/{etc,root,proc,sys,dev,run,tmp,out,test,guest,var}
	ln -s usr/bin "$stage/bin"
	ln -s usr/bin "$stage/sbin"
	ln -s bin "$stage/usr/sbin"
	ln -s usr/lib "$stage/lib"
	ln -s usr/lib64 "$stage/lib64"
	ln -s ../run "$stage/var/run"
	ln -s ../tmp "$stage/var/tmp"
	# tcpdump gives up root for a user of this name, who could not write to the root's files.
	printf '%s\n' root:x:0:0:root:/root:/bin/bash tcpdump:x:0:0::/:/bin/false \
		nobody:x:65534:65534:nobody:/:/bin/false >"$stage/etc/passwd"
	printf '%s\n' root:x:0: tty:x:5: tcpdump:x:0: nogroup:x:65534: >"$stage/etc/group"
	printf '%s\n' '127.0.0.1 localhost guest' '::1 localhost' >"$stage/etc/hosts"
	printf '%s\n' 'passwd: files' 'group: files' 'hosts: files' 'services: files' \
		'protocols: files' >"$stage/etc/nsswitch.conf"
	: >"$stage/etc/resolv.conf"
	# Without it, openssl warns at each start.
	mkdir -p "$stage/usr/lib/ssl"
	: >"$stage/usr/lib/ssl/openssl.cnf"
	cp "$GUEST_DIR/init" "$stage/init"
	chmod 755 "$stage/init"
}

# build_tools ARCHIVE
build_tools() {
	local stage=$1.stage tool path name

	base_system "$stage"
	for tool in "${TOOLS[@]}" "${TOOLS_OPTIONAL[@]}"; do
		path=$(find_program "${tool%:*}")
		[[ -z $path ]] || add_program "$stage" "$path" "${tool%:*}"
	done
	for path in "${TOOL_FILES[@]}"; do
		[[ ! -e $path ]] || add_file "$stage" "$path"
	done
	for name in modprobe insmod rmmod lsmod modinfo depmod; do
		ln -sf kmod "$stage/usr/bin/$name"
	done
	[[ ! -e $stage/usr/bin/nc.openbsd ]] || ln -s nc.openbsd "$stage/usr/bin/nc"
	add_program "$stage" "$(find_program busybox)"
	ln -s dash "$stage/usr/bin/sh"
	[[ -e $stage/usr/bin/dash ]] || ln -sf bash "$stage/usr/bin/sh"
	for name in $(busybox --list); do
		[[ " $(xargs <<<"$NO_APPLETS") " == *" $name "* || -e $stage/usr/bin/$name ]] ||
			ln -s busybox "$stage/usr/bin/$name"
	done
	pack "$stage" "$1"
	# Each update of a program makes another archive; in time the former ones are forgotten.
	find "$CACHE/guest" -name '*.cpio' -mtime +30 -delete
}

# tools_archive: the path of the cached archive of tools, made when it is not there.
tools_archive() {
	local tool path missing=() parts=() key

	for tool in "${TOOLS[@]}" "${TOOLS_OPTIONAL[@]}" busybox; do
		path=$(find_program "${tool%:*}")
		if [[ $path ]]; then
			parts+=("$path")
		elif [[ $tool == *:* ]]; then
			missing+=("${tool%:*} (package ${tool#*:})")
		fi
	done
	((${#missing[@]} == 0)) ||
		say "not on this machine, so not in the guest: ${missing[*]}; 'make deps' installs them"
	# A library's update comes with new programs or not: so it counts, too.
	key=$(stat -L -c '%n %s %Y' "${parts[@]}" /lib/x86_64-linux-gnu/lib{c,crypto,pcap,bpf}.so.* \
		"$GUEST_DIR"/{init,image.sh} 2>/dev/null | sha256sum | cut -c 1-16) || :
	cache_entry "$CACHE/guest/tools-$key.cpio" build_tools
	printf '%s\n' "$CACHE/guest/tools-$key.cpio"
}

# module_files DIRECTORY MODULE...: the modules' files and those that they need, relative to the
# directory of modules; "missing NAME" for one that there is not, nothing for a built-in one.
module_files() {
	local dir=$1

	shift
	awk -v wanted="$*" '
		function name(path) {
			sub(/.*\//, "", path); sub(/\.ko.*/, "", path); gsub(/-/, "_", path)
			return path
		}
		FILENAME ~ /modules.builtin$/ { builtin[name($1)] = 1; next }
		{ sub(/:/, ""); all[name($1)] = $0 }
		END {
			n = split(wanted, list, " ")
			for (i = 1; i <= n; i++) {
				m = name(list[i])
				if (m in all) {
					k = split(all[m], files, " ")
					for (j = 1; j <= k; j++)
						if (!seen[files[j]]++)
							print files[j]
				} else if (!(m in builtin))
					print "missing", list[i]
			}
		}' "$dir/modules.builtin" "$dir/modules.dep"
}

# build_modules ARCHIVE KERNELDIR MODULE...
build_modules() {
	local stage=$1.stage kernel=$2 version dir

	shift 2
	version=$(<"$kernel/VERSION")
	dir=$stage/lib/modules/$version
	mkdir -p "$dir" "$stage/usr"
	module_files "$kernel/lib/modules/$version" "$@" | grep -v '^missing' |
		( cd "$kernel/lib/modules/$version" && xargs cp --parents -pt "$dir" modules.builtin \
			modules.builtin.modinfo modules.order )
	sbin depmod -b "$stage" "$version"
	# depmod wants /lib; in the guest that is a link, which the archive must not overwrite.
	mv "$stage/lib" "$stage/usr/lib"
	pack "$stage" "${stage%.stage}"
}

# modules_archive KERNELDIR MODULE...: the cached archive of modules.list and the given modules.
modules_archive() {
	local kernel=$1 version key missing
	local -a modules

	shift
	version=$(<"$kernel/VERSION")
	missing=$(module_files "$kernel/lib/modules/$version" "$@" | sed -n 's/^missing //p')
	[[ -z $missing ]] || die 2 "the kernel $version has no module ${missing//$'\n'/, }"
	mapfile -t modules < <(sed 's/#.*//' "$GUEST_DIR/modules.list" | xargs -n 1)
	modules+=("$@")
	key=$(printf '%s\n' "${modules[@]}" | cat - "$GUEST_DIR/image.sh" | sha256sum | cut -c 1-16)
	cache_entry "$CACHE/guest/modules-$version-$key.cpio" build_modules "$kernel" "${modules[@]}"
	printf '%s\n' "$CACHE/guest/modules-$version-$key.cpio"
}

# quote WORD...: for the guest's shell, which is not bash and knows no $'...'.
quote() {
	local word

	for word; do
		printf "'%s' " "${word//\'/\'\\\'\'}"
	done
}
