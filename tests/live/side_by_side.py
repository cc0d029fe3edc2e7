#!/usr/bin/python3
"""side_by_side.py PWRU OURS: is every value that pwru's text shows in ours, with the same value?

Both saw the same packets in the same functions at the same time.  pwru writes
    SKB CPU [COMM(PID)] FUNC TIME netns=N mark=0xN iface=N(NAME) proto=0xN mtu=N len=N A:P->B:P(PROTO)
and <empty> for COMM when the process is gone by then, and port 0 where there are no ports.  Behind
FUNC both may have the reason of a drop, each in its own words: it is not compared.  TIME is the
kernel's clock in nanoseconds, read by each program when it runs: ours has to be between pwru's of
the same packet in the functions before and behind.  Below are the functions of the stack, a line
each; none where pwru had no room for it.
"""
import re
import sys

PWRU = re.compile(
    r"^ *(?P<skb>0x[0-9a-f]+) +(?P<cpu>\d+) +\[(?P<comm>.*)\((?P<pid>\d+)\)\] +(?P<func>[^\s(]+)(\(\S*\))? "
    r"+(?P<time>\d+) "
    r"netns=(?P<netns>\d+) mark=(?P<mark>0x[0-9a-f]+) iface=(?P<ifindex>\d+)(\((?P<dev>[^)]*)\))? "
    r"proto=(?P<protocol>0x[0-9a-f]+) mtu=(?P<mtu>\d+) len=(?P<len>\d+) "
    r"(?P<saddr>\S+):(?P<sport>\d+)->(?P<daddr>\S+):(?P<dport>\d+)\((?P<proto>\w*)\)"
)
OURS = re.compile(
    r"^(?P<time>\d+) +\d+ +(?P<skb>0x[0-9a-f]+) +(?P<cpu>\d+) +(?P<comm>.*?):(?P<pid>\d+) +(?P<netns>\d+) +"
    r"(?P<mark>0x[0-9a-f]+) +((?P<dev>\S+):(?P<ifindex>\d+)|-) +(?P<protocol>0x[0-9a-f]+) +(?P<mtu>\d+) +"
    r"(?P<len>\d+) +(?P<saddr>\d+(\.\d+){3})(:(?P<sport>\d+))?->(?P<daddr>\d+(\.\d+){3})(:(?P<dport>\d+))?"
    r"\((?P<proto>\w+)[^)]*\) +(?P<func>[^\s(]+)"
)
FRAME = re.compile(r"^\s*(?P<func>[A-Za-z_][\w.]*)(\+0x[0-9a-f]+)?( \[\w+\])?$")


def read(path, pattern):
    rows = []
    with open(path, encoding="utf-8") as f:
        next(f)
        for line in f:
            match = pattern.match(line)
            if match:
                rows.append({k: v for k, v in match.groupdict().items() if v is not None})
                continue
            frame = FRAME.match(line)
            if not frame or not rows:
                sys.exit(f"{path}: what is this? {line}")
            rows[-1]["stack"] = rows[-1].get("stack", []) + [frame["func"]]
    return rows


def bound_times(rows):
    """Instead of the time, those of the same packet's sightings before and behind."""
    last = {}
    for row in rows:
        now = int(row["time"])
        row["time"] = [0, sys.maxsize]
        if row["skb"] in last:
            before, then = last[row["skb"]]
            row["time"][0] = then
            before["time"][1] = now
        last[row["skb"]] = row, now


def same(key, theirs, ours):
    if key == "comm":
        return theirs in (ours, "<empty>")
    if key in ("mark", "protocol"):
        return int(theirs, 16) == int(ours, 16)
    if key in ("ifindex", "sport", "dport"):
        return theirs == (ours or "0")
    if key == "time":
        return theirs[0] < int(ours or "0") < theirs[1]
    if key == "stack":
        return theirs == (ours or [])[: len(theirs)]
    return theirs == ours


def main():
    theirs, ours = read(sys.argv[1], PWRU), read(sys.argv[2], OURS)
    bound_times(theirs)
    values = wrong = 0
    for number, row in enumerate(theirs):
        # What one has seen before the other was there, or after it was gone, is at the ends.
        mine = [o for o in ours if o["skb"] == row["skb"] and o["func"] == row["func"]]
        best = min(
            mine, default={}, key=lambda o: sum(not same(k, v, o.get(k)) for k, v in row.items())
        )
        for key, value in row.items():
            values += 1
            if not same(key, value, best.get(key)):
                wrong += 1
                print(f"line {number + 2}, {row['func']}: {key} {value}, ours {best.get(key)}")
    stacks = sum("stack" in row for row in theirs)
    print(f"{values} values of {len(theirs)} lines, {stacks} of them with a stack")
    return 1 if wrong or not stacks else 0


sys.exit(main())
