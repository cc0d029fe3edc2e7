# shellcheck shell=sh disable=SC2034 # used by who reads this
# The frames that tests/live/progs sends and looks for, in hexadecimal, 60 bytes and more.  Source and
# destination are what they are: only the programs on the way are to see them.

# ip4 PORT: an IPv4 and a UDP header to that port (4 hexadecimal digits), and 18 bytes.
ip4() {
	echo "4500002e0000400040110000""0a4d0001""0a4d0002""1234$1""001a0000""70777275206361702070777275206361702e"
}

MACS=02000000770202000000770a
UDP4=${MACS}0800$(ip4 1e61)
VLAN=${MACS}810000640800$(ip4 1e61)
OTHER=${MACS}0800$(ip4 270f)
UDP6=${MACS}86dd60000000001a1140fd770000000000000000000000000001fd770000000000000000000000000002
UDP6=${UDP6}12341e61001a000070777275206361702070777275206361702e
