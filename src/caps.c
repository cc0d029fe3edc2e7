// SPDX-License-Identifier: GPL-2.0-only
#include "src/caps.h"

#include <errno.h>
#include <linux/capability.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "src/log.h"
#include "src/tracefs.h"
#include "src/util.h"

/* The type through which the filter reads packet bytes, and its array (see filter/pktload.h). */
#define BYTES_TYPE "__kernel_sockaddr_storage"
#define BYTES_OFF  2
#define BYTES_LEN  126

static bool has_cap(const struct __user_cap_data_struct *data, int cap)
{
	return data[CAP_TO_INDEX(cap)].effective & CAP_TO_MASK(cap);
}

int caps_privileged(void)
{
	struct __user_cap_header_struct hdr = {.version = _LINUX_CAPABILITY_VERSION_3};
	struct __user_cap_data_struct data[_LINUX_CAPABILITY_U32S_3] = {0};

	if (syscall(SYS_capget, &hdr, data))
		return 0; /* let the kernel itself refuse */
	if (has_cap(data, CAP_SYS_ADMIN) || (has_cap(data, CAP_BPF) && has_cap(data, CAP_PERFMON)))
		return 0;
	log_error("you do not have permission to trace the kernel: run as root (or with CAP_BPF, "
		  "CAP_PERFMON and read access to tracefs)");
	return -EPERM;
}

/* The bit-field pkt_type, as byte, mask and shift; left zero (not known) if it is not found. */
static void find_pkt_type(const struct btf *btf, const struct btf_type *t, __u32 base_bits,
			  struct translate_skb *skb)
{
	const struct btf_member *m = btf_members(t);

	for (int i = 0; i < btf_vlen(t); i++) {
		__u32 bits = base_bits + btf_member_bit_offset(t, i);
		const struct btf_type *inner = btf__type_by_id(btf, m[i].type);

		if (!m[i].name_off && btf_is_composite(inner)) {
			find_pkt_type(btf, inner, bits, skb);
		} else if (!strcmp(btf__name_by_offset(btf, m[i].name_off), "pkt_type")) {
			skb->pkt_type_off = bits / 8;
			skb->pkt_type_shift = bits % 8;
			skb->pkt_type_mask = ((1 << btf_member_bitfield_size(t, i)) - 1)
					     << skb->pkt_type_shift;
		}
	}
}

/* Byte offset of a member, also of an anonymous one's; -1 if there is none. */
static int member_offset(const struct btf *btf, const struct btf_type *t, const char *name)
{
	const struct btf_member *m = btf_members(t);

	for (int i = 0; i < btf_vlen(t); i++) {
		const struct btf_type *inner = btf__type_by_id(btf, m[i].type);
		int off = btf_member_bit_offset(t, i) / 8, within;

		if (m[i].name_off) {
			if (!strcmp(btf__name_by_offset(btf, m[i].name_off), name))
				return off;
		} else if (btf_is_composite(inner)) {
			within = member_offset(btf, inner, name);
			if (within >= 0)
				return off + within;
		}
	}
	return -1;
}

static const struct btf_type *find_struct(const struct btf *btf, const char *name)
{
	__s32 id = btf__find_by_name_kind(btf, name, BTF_KIND_STRUCT);

	return id > 0 ? btf__type_by_id(btf, id) : NULL;
}

/* Where `inbound`, `outbound` and `ifindex` find their answers. */
static void find_skb_fields(const struct btf *btf, struct translate_skb *skb)
{
	const struct btf_type *sk_buff = find_struct(btf, "sk_buff");
	const struct btf_type *net_device = find_struct(btf, "net_device");
	int dev, ifindex;

	if (!sk_buff || !net_device)
		return;
	find_pkt_type(btf, sk_buff, 0, skb);
	dev = member_offset(btf, sk_buff, "dev");
	ifindex = member_offset(btf, net_device, "ifindex");
	if (dev > 0 && ifindex > 0) {
		skb->dev_off = dev;
		skb->ifindex_off = ifindex;
	}
}

/*
 * What the direct programs take for granted of struct sk_buff (bpf/frame.bpf.h): which fields are
 * neighbours, and that all are within the array of bytes that is laid over it from `len` on.
 */
static bool skb_is_as_expected(const struct btf *btf)
{
	static const char *const names[] = {"vlan_proto", "vlan_tci", "network_header", "head",
					    "data"};
	const struct btf_type *skb = find_struct(btf, "sk_buff");
	int len = skb ? member_offset(btf, skb, "len") : -1;

	if (len < BYTES_OFF || member_offset(btf, skb, "data_len") != len + 4 ||
	    member_offset(btf, skb, "mac_header") != member_offset(btf, skb, "network_header") + 2)
		return false;
	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		int off = member_offset(btf, skb, names[i]);

		if (off < len || off + 8 > len + BYTES_LEN)
			return false;
	}
	return true;
}

static int parse_load(const char *text, enum filter_load *ret_load)
{
	static const char *const names[] = {
		[FILTER_LOAD_DIRECT] = "direct",
		[FILTER_LOAD_WINDOW] = "window",
		[FILTER_LOAD_PROBE] = "probe",
	};

	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		if (!strcmp(names[i], text)) {
			*ret_load = i;
			return 0;
		}
	}
	log_error("--filter-load %s: there is direct, window and probe", text);
	return -EINVAL;
}

static uint32_t struct_id(const struct btf *btf, const char *name)
{
	__s32 id = btf__find_by_name_kind(btf, name, BTF_KIND_STRUCT);

	return id > 0 ? id : 0;
}

void caps_read(const struct kbtf *btf, struct caps_best *ret_best)
{
	const struct btf *vmlinux = kbtf_vmlinux(btf);
	__s32 cast = btf__find_by_name_kind(vmlinux, "bpf_rdonly_cast", BTF_KIND_FUNC);
	uint32_t bytes = struct_id(vmlinux, BYTES_TYPE);
	uint32_t skb = struct_id(vmlinux, "sk_buff"), dev = struct_id(vmlinux, "net_device");
	struct caps_best best = {.translate.load = FILTER_LOAD_WINDOW};

	/* A kfunc is called by its type id, which only the kernel's own types give. */
	if (cast > 0 && bytes && skb && dev && kbtf_is_own(btf) && skb_is_as_expected(vmlinux)) {
		best.translate.load = FILTER_LOAD_DIRECT;
		best.translate.cast_func_id = cast;
		best.translate.bytes_type_id = bytes;
		best.translate.bytes_off = BYTES_OFF;
		best.translate.bytes_len = BYTES_LEN;
		best.skb_type_id = skb;
		best.dev_type_id = dev;
	}
	find_skb_fields(vmlinux, &best.translate.skb);
	*ret_best = best;
}

/*
 * On x86-64, addresses have 48 bits, or 57 with page tables of five levels: then the kernel gives
 * memory above 2^47 to those who ask for it there
 * (Documentation/arch/x86/x86_64/5level-paging.rst).
 */
static uint32_t read_sign_bits(void)
{
	uint32_t bits = 0;
#ifdef __x86_64__
	const uintptr_t wanted = (uintptr_t)1 << 48;
	size_t size = sysconf(_SC_PAGESIZE);
	void *p = mmap((void *)wanted, size, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	bits = p != MAP_FAILED && (uintptr_t)p >= wanted ? 7 : 16;
	if (p != MAP_FAILED)
		munmap(p, size);
#endif
	return bits;
}

int caps_choose(const struct caps_best *best, const char *load, struct caps *ret_caps)
{
	struct translate_opts opts = best->translate;
	int err = load ? parse_load(load, &opts.load) : 0;

	if (err)
		return err;
	if (opts.load == FILTER_LOAD_DIRECT && best->translate.load != FILTER_LOAD_DIRECT) {
		log_error(
			"--filter-load direct: this kernel has no bpf_rdonly_cast(), which came with "
			"Linux 6.2");
		return -EOPNOTSUPP;
	}
	/* The modes of old kernels are tested on new ones: then all is read as on old kernels. */
	ret_caps->direct = opts.load == FILTER_LOAD_DIRECT;
	ret_caps->sign_bits = read_sign_bits();
	ret_caps->translate = opts;
	ret_caps->skb_type_id = best->skb_type_id;
	ret_caps->dev_type_id = best->dev_type_id;
	return 0;
}

const char *caps_explain_refusal(void)
{
	const char *why = "", *dir;
	char *text;

	if (!read_file("/sys/kernel/security/lockdown", &text, NULL)) {
		if (strstr(text, "[confidentiality]"))
			why = " (kernel lockdown is in confidentiality mode, which forbids tracing)";
		free(text);
	}
	if (!*why && tracefs_dir(&dir) == -ENOENT)
		why = " (tracefs is not there: mount it with 'mount -t tracefs tracefs "
		      "/sys/kernel/tracing', or the kernel lacks CONFIG_DYNAMIC_FTRACE)";
	return why;
}
