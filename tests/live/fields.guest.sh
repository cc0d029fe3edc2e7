# shellcheck shell=sh
# For a guest: fields of a TCP segment and of an ARP request, each with what the scenario, sysfs or a
# file in /proc says of it.  Leaves fields.* in $OUT for tests/live/fields.py to judge.  Needs
# traffic.sh and net_up().

# Those that the judge has a truth for; others are there to be read, and for what holds among them.
FIELDS='skb->mark,skb->mark:x,skb->priority,skb->dev->name,skb->dev->ifindex,skb->dev->mtu
	skb->dev->dev_addr:mac,skb->dev->broadcast:mac,skb->dev->broadcast[5],skb->dev->broadcast:x
	skb->dev->nd_net.net->ns.inum,skb->dev->tx_queue_len,skb->dev->flags:x,skb->dev->type
	skb->dev->addr_len,skb->dev->operstate,skb->dev->reg_state,skb->dev->rtnl_link_ops->kind
	skb->dev->ip_ptr->ifa_list->ifa_local:ip4,skb->dev->ip_ptr->ifa_list->ifa_label
	skb->dev->ip_ptr->ifa_list->ifa_prefixlen,skb->dev->ip_ptr->ifa_list->ifa_dev->dev->name
	skb->sk->__sk_common.skc_state,skb->sk->__sk_common.skc_family,skb->sk->__sk_common.skc_num
	skb->sk->__sk_common.skc_dport:be,skb->sk->__sk_common.skc_daddr
	skb->sk->__sk_common.skc_rcv_saddr,skb->sk->__sk_common.skc_prot->name
	skb->sk->__sk_common.skc_net.net->ns.inum,skb->sk->sk_protocol,skb->sk->sk_type
	skb->sk->sk_socket->state,skb->sk->sk_socket->type,skb->sk->sk_socket->file->f_inode->i_ino
	skb->sk->sk_txhash,skb->hash,skb->l4_hash,skb->pkt_type,skb->ip_summed,skb->cloned:bool
	skb->protocol,skb->protocol:be,skb->len,skb->cb:x,skb->queue_mapping,skb->skb_iif
	skb->mac_header,skb->network_header,skb->transport_header,skb->head,skb->data,skb->dev
	skb->users.refs.counter'

fields_truth() {
	# shellcheck disable=SC2016 # for the inner shell
	in_a bash -c '
		cd /sys/class/net/v0 || exit
		for key in ifindex mtu tx_queue_len flags type addr_len operstate; do
			echo "$key $(cat $key)"
		done
		echo "netns $(readlink /proc/self/ns/net | tr -dc 0-9)"' >"$OUT/fields.truth"
	echo "netns_b $(in_b readlink /proc/self/ns/net | tr -dc 0-9)" >>"$OUT/fields.truth"
	echo "ifindex_b $(in_b cat /sys/class/net/v1/ifindex)" >>"$OUT/fields.truth"
}

fields_case() {
	ip -n "$NS_A" link set v0 address 02:11:22:33:44:55 mtu 1400
	in_a nft -f - <<-END
		table ip fields {
			chain out {
				type filter hook output priority 0;
				tcp dport 5555 meta mark set 0x1234 meta priority set 1:2
			}
		}
	END
	fields_truth
	ip netns exec "$NS_B" nc -l -p 5555 </dev/null >/dev/null 2>&1 &
	server=$!
	wait_for 5 tcp_listens 5555
	# Of the segments, only one with payload.
	pwru-cap --filter-func 'dev_hard_start_xmit|arp_rcv' -w "$OUT/fields.pcapng" --output-json \
		--output-skb-cb --output-skb-metadata "$(printf %s "$FIELDS" | tr -s "\n\t" ,)" \
		'(tcp dst port 5555 and tcp[13] & 8 != 0) or (arp and ether broadcast)' \
		>"$OUT/fields.out" 2>"$OUT/fields.err" &
	pid=$!
	wait_for 60 listens "$OUT/fields.err"
	ip -n "$NS_A" neigh flush dev v0
	# shellcheck disable=SC2016 # for the inner shell
	in_a bash -c 'exec 3<>/dev/tcp/10.77.0.2/5555
		echo "socket $(readlink /proc/$$/fd/3 | tr -dc 0-9)"
		echo payload >&3
		sleep 0.5' >>"$OUT/fields.truth"
	kill -INT $pid
	wait $pid
	echo $? >"$OUT/fields.status"
	kill $server 2>/dev/null
	in_a nft delete table ip fields
	ip -n "$NS_A" link set v0 mtu 1500
	# What is wrong with a path is said before anything depends on the kernel.
	[ "$KERNEL" != 6.12 ] || fields_errors
}

# fields_error NAME PATHS
fields_error() {
	pwru-cap --filter-func ip_rcv --output-skb-metadata "$2" -w "$OUT/$1.pcapng" 2>"$OUT/$1.err"
	echo $? >"$OUT/$1.status"
}

fields_errors() {
	fields_error fields_member 'skb->mark,skb->makr'
	fields_error fields_struct 'skb->dev->nd_net'
	fields_error fields_format 'skb->mark:mac'
	fields_error fields_many "$(for i in $(seq 1 300); do printf 'skb->dev[0x%0*d].name,' "$i" 0; done)mark"
}
