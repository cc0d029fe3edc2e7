#!/usr/bin/python3
"""dumped.py FILE: in lines of JSON with --dump skb,shinfo,dev,sk of one marked ping, does what the
structs hold agree with what the lines say, which pwru-cap has read in another way?

The ping has the mark 77, on its packets and its socket, and 3000 bytes, in fragments.
"""
import json
import re
import sys

MARK = 77


def member(text, name):
    """A number in the text of a struct; what is not there is zero."""
    match = re.search(rf"\.{name} = \([^()]*\)(-?\w+)", text)
    return int(match.group(1), 0) if match else 0


def is_struct(text, name):
    return isinstance(text, str) and text.startswith(f"(struct {name}){{") and text.endswith("}")


def problems(line, seen):
    dump = line["dump"]
    skb, shinfo, dev, sk = (dump[name] for name in ("skb", "shinfo", "dev", "sk"))
    if not is_struct(skb, "sk_buff") or not is_struct(shinfo, "skb_shared_info"):
        yield "no skb, or no shared info"
        return
    protocol = int.from_bytes(member(skb, "protocol").to_bytes(2, "little"), "big")
    for name, value in (("len", member(skb, "len")), ("mark", member(skb, "mark")), ("protocol", protocol)):
        if value != line[name]:
            yield f"{name} is {line[name]}, in the dump {value}"
    seen["marked"] += line["mark"] == MARK
    if member(shinfo, r"dataref = \(atomic_t\){\.counter") < 1 and " .dataref" in shinfo:
        yield "nobody holds the data"
    seen["in pieces"] += ".frag_list = " in shinfo or member(shinfo, "nr_frags") > 0
    if "dev" not in line:
        seen["without a device"] += 1
        if dev is not None:
            yield "no device, in the dump one"
    else:
        seen["on a device"] += 1
        if not is_struct(dev, "net_device"):
            yield f"device {line['dev']}, in the dump {dev}"
        elif f'.name = (char[16])"{line["dev"]}"' not in dev:
            yield f"device {line['dev']} has another name in the dump"
        elif (member(dev, "ifindex"), member(dev, "mtu")) != (line["ifindex"], line["mtu"]):
            yield "ifindex or MTU are others in the dump"
    if sk is None:
        seen["without a socket"] += 1
    elif is_struct(sk, "sock") and member(sk, "sk_mark") == MARK and member(sk, "skc_family") == 2:
        seen["of the ping's socket"] += 1
    elif not is_struct(sk, "sock"):
        yield f"socket {sk}"


def main():
    seen = {key: 0 for key in ("marked", "in pieces", "on a device", "without a device",
                               "of the ping's socket", "without a socket")}
    lines = bad = 0
    with open(sys.argv[1], encoding="utf-8") as f:
        for text in f:
            lines += 1
            line = json.loads(text)
            for problem in problems(line, seen):
                bad += 1
                print(f"line {lines}, {line['func']}: {problem}")
    bad += not all(seen.values())
    print(f"{lines} dumps: " + ", ".join(f"{n} {key}" for key, n in seen.items()))
    sys.exit(1 if bad or not lines else 0)


if __name__ == "__main__":
    main()
