#!/usr/bin/python3
"""fields.py DIRECTORY: are the fields that pwru-cap has read, in fields.out, what the scenario of
fields.guest.sh says, and what the kernel says by other ways (fields.truth)?

Prints a line for each that is not, and at the end how many there were.
"""
import json
import socket
import sys

WRONG = []
PATHS = set()


def same(where, path, wanted, got):
    PATHS.add(path)
    if wanted != got or isinstance(wanted, bool) != isinstance(got, bool):
        WRONG.append(f"{where}: {path}: {got!r}, not {wanted!r}")


def check(where, path, condition, values):
    PATHS.add(path)
    if not condition:
        WRONG.append(f"{where}: {path}: {values}")


def wanted_of_device(truth):
    return {
        "skb->dev->name": "v0",
        "skb->dev->ifindex": int(truth["ifindex"]),
        "skb->dev->mtu": int(truth["mtu"]),
        "skb->dev->dev_addr:mac": "02:11:22:33:44:55",
        "skb->dev->broadcast:mac": "ff:ff:ff:ff:ff:ff",
        "skb->dev->broadcast[5]": 255,
        "skb->dev->broadcast:x": "ff" * 6 + "00" * 26,
        "skb->dev->nd_net.net->ns.inum": int(truth["netns"]),
        "skb->dev->tx_queue_len": int(truth["tx_queue_len"]),
        "skb->dev->flags:x": int(truth["flags"], 16),
        "skb->dev->type": int(truth["type"]),
        "skb->dev->addr_len": int(truth["addr_len"]),
        "skb->dev->operstate": {"up": 6}[truth["operstate"]],
        "skb->dev->rtnl_link_ops->kind": "veth",
        "skb->dev->ip_ptr->ifa_list->ifa_local:ip4": "10.77.0.1",
        "skb->dev->ip_ptr->ifa_list->ifa_label": "v0",
        "skb->dev->ip_ptr->ifa_list->ifa_prefixlen": 24,
        "skb->dev->ip_ptr->ifa_list->ifa_dev->dev->name": "v0",
    }


def wanted_of_socket(truth, line):
    return {
        "skb->sk->__sk_common.skc_state": 1,  # TCP_ESTABLISHED
        "skb->sk->__sk_common.skc_family": int(socket.AF_INET),
        "skb->sk->__sk_common.skc_num": line["tuple"]["sport"],
        "skb->sk->__sk_common.skc_dport:be": 5555,
        "skb->sk->__sk_common.skc_daddr": "10.77.0.2",
        "skb->sk->__sk_common.skc_rcv_saddr": "10.77.0.1",
        "skb->sk->__sk_common.skc_prot->name": "TCP",
        "skb->sk->__sk_common.skc_net.net->ns.inum": int(truth["netns"]),
        "skb->sk->sk_protocol": int(socket.IPPROTO_TCP),
        "skb->sk->sk_type": int(socket.SOCK_STREAM),
        "skb->sk->sk_socket->state": "SS_CONNECTED",
        "skb->sk->sk_socket->type": int(socket.SOCK_STREAM),
        "skb->sk->sk_socket->file->f_inode->i_ino": int(truth["socket"]),
    }


def cb_bytes(line):
    return b"".join(word.to_bytes(4, sys.byteorder) for word in line["cb"]).hex()


def judge_tcp(truth, line):
    f = line["fields"]
    wanted = {
        "skb->mark": 0x1234,
        "skb->mark:x": 0x1234,
        "skb->priority": 0x10002,
        "skb->l4_hash": 1,
        "skb->hash": f["skb->sk->sk_txhash"],
        "skb->ip_summed": 3,  # CHECKSUM_PARTIAL: veth takes it
        "skb->cloned:bool": True,  # TCP keeps one to send again
        "skb->protocol": int.from_bytes(b"\x08\x00", sys.byteorder),
        "skb->protocol:be": 0x0800,
        "skb->len": line["len"],
        "skb->skb_iif": 0,
        "skb->transport_header": f["skb->network_header"] + 20,
        "skb->network_header": f["skb->mac_header"] + 14,
        "skb->data": hex(int(f["skb->head"], 16) + f["skb->mac_header"]),
    }
    wanted |= wanted_of_device(truth) | wanted_of_socket(truth, line)
    for path, value in wanted.items():
        same("tcp", path, value, f[path])
    check("tcp", "skb->hash", f["skb->hash"] != 0, f["skb->hash"])
    # An enumerator where the kernel's member is of the enumeration, and not just as wide.
    state = f["skb->dev->reg_state"]
    check("tcp", "skb->dev->reg_state", state in (1, "NETREG_REGISTERED"), state)
    check("tcp", "skb->users.refs.counter", f["skb->users.refs.counter"] >= 1, f)
    # cb[] of a BPF program begins 8 bytes into skb->cb.
    same("tcp", "skb->cb:x", cb_bytes(line), f["skb->cb:x"][16:56])
    check("tcp", "skb->cb:x", len(f["skb->cb:x"]) == 96, f["skb->cb:x"])


def judge_arp(truth, line):
    f = line["fields"]
    wanted = {
        "skb->pkt_type": 1,  # PACKET_BROADCAST
        "skb->mark": 0,
        "skb->dev->name": "v1",
        "skb->dev->nd_net.net->ns.inum": int(truth["netns_b"]),
        "skb->dev->ifindex": int(truth["ifindex_b"]),
        "skb->dev->ip_ptr->ifa_list->ifa_local:ip4": "10.77.0.2",
        "skb->skb_iif": int(truth["ifindex_b"]),
        "skb->protocol:be": 0x0806,
        "skb->len": line["len"],
        "skb->network_header": f["skb->mac_header"] + 14,
    }
    for path, value in wanted.items():
        same("arp", path, value, f[path])
    # No socket has it: that is not 0.
    for path in f:
        if path.startswith("skb->sk->"):
            same("arp", path, None, f[path])


def main():
    directory = sys.argv[1]
    with open(f"{directory}/fields.truth", encoding="utf-8") as f:
        truth = dict(line.split() for line in f)
    with open(f"{directory}/fields.out", encoding="utf-8") as f:
        lines = [json.loads(line) for line in f]
    tcp = [l for l in lines if l["func"] == "dev_hard_start_xmit" and l["ether_type"] == 0x0800]
    arp = [l for l in lines if l["func"] == "arp_rcv" and l["dev"] == "v1"]
    if not tcp or not arp:
        WRONG.append(f"{len(tcp)} sightings of the segment, {len(arp)} of the request")
    for line in tcp:
        judge_tcp(truth, line)
    for line in arp:
        judge_arp(truth, line)
    print("\n".join(WRONG))
    print(f"{len(PATHS)} paths, {len(WRONG)} wrong")
    return bool(WRONG) or len(PATHS) < 30


if __name__ == "__main__":
    sys.exit(main())
