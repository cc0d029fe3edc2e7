// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "src/dumper.h"
#include "src/log.h"
#include "tests/unit/dump_types.h"

#define ALL ((1 << EV_DUMPS) - 1)

struct fixture {
	struct btf *btf;
	struct dumper *dumper;
	struct buf out;
};

static void begin(struct fixture *f)
{
	*f = (struct fixture){.btf = small_types()};
	assert_int_equal(dumper_new(f->btf, ALL, &f->dumper), 0);
}

static void end(struct fixture *f)
{
	dumper_free(f->dumper);
	btf__free(f->btf);
	buf_free(&f->out);
}

/* As the ring gives it, and not a byte more, so that ASan sees a read behind it; to be freed. */
static struct ev_dump *dump_of(const struct fixture *f, enum ev_dump_kind kind, const void *data,
			       size_t size)
{
	const uint32_t len = dumper_len(f->dumper, kind);
	struct ev_dump *dump = calloc(1, sizeof(*dump) + len);

	assert_non_null(dump);
	assert_in_range(len - size, 0, 7);
	*dump = (struct ev_dump){.addr = 0xffff888000001000, .kind = kind, .len = len};
	memcpy(dump + 1, data, size);
	return dump;
}

static void check(struct fixture *f, struct ev_dump *dump, const char *text, const char *lines)
{
	buf_reset(&f->out);
	assert_int_equal(dumper_text(f->dumper, dump, &f->out), 0);
	assert_string_equal(buf_str(&f->out), text);
	buf_reset(&f->out);
	buf_puts(&f->out, "before\n");
	dumper_lines(f->dumper, dump, &f->out);
	assert_string_equal(buf_str(&f->out), lines);
	free(dump);
}

static void test_skb(void **state)
{
	const struct small_skb skb = {
		.dev = 0xffff888000002000, .len = 84, .bits = 1 << 3 | 4, .mark = 7};
	struct fixture f;

	(void)state;
	begin(&f);
	check(&f, dump_of(&f, EV_DUMP_SKB, &skb, sizeof(skb)),
	      "(struct sk_buff){.dev = (struct net_device *)0xffff888000002000,"
	      ".len = (unsigned int)84,.pkt_type = (unsigned char)4,.cloned = (unsigned char)1,"
	      "(union){.mark = (unsigned int)7,.reserved_tailroom = (unsigned int)7,},}",
	      "before\n"
	      "    *skb = (struct sk_buff){\n"
	      "        .dev = (struct net_device *)0xffff888000002000,\n"
	      "        .len = (unsigned int)84,\n"
	      "        .pkt_type = (unsigned char)4,\n"
	      "        .cloned = (unsigned char)1,\n"
	      "        (union){\n"
	      "            .mark = (unsigned int)7,\n"
	      "            .reserved_tailroom = (unsigned int)7,\n"
	      "        },\n"
	      "    }\n");
	end(&f);
}

static void test_others(void **state)
{
	const struct small_shinfo shinfo = {.nr_frags = 2, .frags = {1, 0, 3}};
	const struct small_dev dev = {.name = "v0", .ifindex = -1};
	struct fixture f;

	(void)state;
	begin(&f);
	check(&f, dump_of(&f, EV_DUMP_SHINFO, &shinfo, sizeof(shinfo)),
	      "(struct skb_shared_info){.nr_frags = (unsigned int)2,"
	      ".frags = (unsigned int[3]){[0] = (unsigned int)1,[2] = (unsigned int)3,},}",
	      "before\n"
	      "    *skb_shinfo(skb) = (struct skb_shared_info){\n"
	      "        .nr_frags = (unsigned int)2,\n"
	      "        .frags = (unsigned int[3]){\n"
	      "            [0] = (unsigned int)1,\n"
	      "            [2] = (unsigned int)3,\n"
	      "        },\n"
	      "    }\n");
	check(&f, dump_of(&f, EV_DUMP_DEV, &dev, sizeof(dev)),
	      "(struct net_device){.name = (char[16])\"v0\",.ifindex = (int)-1,}",
	      "before\n"
	      "    *skb->dev = (struct net_device){\n"
	      "        .name = (char[16])\"v0\",\n"
	      "        .ifindex = (int)-1,\n"
	      "    }\n");
	end(&f);
}

/* What lies behind the struct sock_common of one that is no full socket is not its own. */
static void test_sock(void **state)
{
	static const struct {
		uint8_t skc_state;
		bool full;
	} rows[] = {{1, true}, {6, false}, {10, true}, {12, false}};
	struct fixture f;

	(void)state;
	begin(&f);
	assert_int_equal(dumper_len(f.dumper, EV_DUMP_SK), 16);
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		const struct small_sock sk = {
			.skc_family = 2, .skc_state = rows[i].skc_state, .sk_rcvbuf = 4096};
		struct ev_dump *dump = dump_of(&f, EV_DUMP_SK, &sk, sizeof(sk));

		buf_reset(&f.out);
		assert_int_equal(dumper_text(f.dumper, dump, &f.out), 0);
		assert_int_equal(strstr(buf_str(&f.out), ".sk_rcvbuf = (int)4096") != NULL,
				 rows[i].full);
		assert_int_equal(!strncmp(buf_str(&f.out), "(struct sock_common){", 21),
				 !rows[i].full);
		assert_non_null(strstr(buf_str(&f.out), ".skc_family = (unsigned short)2"));
		free(dump);
	}
	end(&f);
}

static void test_empty(void **state)
{
	const struct small_dev dev = {.ifindex = 0};
	struct fixture f;

	(void)state;
	begin(&f);
	check(&f, dump_of(&f, EV_DUMP_DEV, &dev, sizeof(dev)), "(struct net_device){}",
	      "before\n"
	      "    *skb->dev = (struct net_device){\n"
	      "    }\n");
	end(&f);
}

/* None, one that could not be read, and fewer bytes than the struct has: all are said. */
static void test_not_there(void **state)
{
	const struct small_sock sk = {.skc_state = 1};
	struct ev_dump *dump;
	struct fixture f;

	(void)state;
	begin(&f);
	dump = dump_of(&f, EV_DUMP_SK, &sk, sizeof(sk));
	dump->addr = 0;
	dump->err = -EFAULT;
	dumper_lines(f.dumper, dump, &f.out);
	assert_string_equal(buf_str(&f.out), "    skb->sk = NULL\n");
	dump->addr = 0x1230;
	buf_reset(&f.out);
	dumper_lines(f.dumper, dump, &f.out);
	assert_string_equal(buf_str(&f.out), "    skb->sk = 0x1230: Bad address\n");
	assert_int_equal(dumper_text(f.dumper, dump, &f.out), -EFAULT);
	assert_string_equal(buf_str(&f.out), "    skb->sk = 0x1230: Bad address\n");
	dump->err = 0;
	dump->len = 8;
	assert_int_equal(dumper_text(f.dumper, dump, &f.out), -E2BIG);
	assert_string_equal(buf_str(&f.out), "    skb->sk = 0x1230: Bad address\n");
	free(dump);
	end(&f);
}

static void test_kinds(void **state)
{
	struct btf *btf = small_types();
	struct ev_dump dump = {.addr = 1, .kind = EV_DUMP_SK};
	struct buf out = {0};
	struct dumper *d;

	(void)state;
	assert_int_equal(dumper_new(btf, 1 << EV_DUMP_SKB | 1 << EV_DUMP_DEV, &d), 0);
	assert_int_equal(dumper_len(d, EV_DUMP_SKB), sizeof(struct small_skb));
	assert_int_equal(dumper_len(d, EV_DUMP_DEV), sizeof(struct small_dev));
	assert_int_equal(dumper_len(d, EV_DUMP_SHINFO), 0);
	assert_int_equal(dumper_len(d, EV_DUMP_SK), 0);
	/* Of a kind that was not asked for. */
	assert_int_equal(dumper_text(d, &dump, &out), -ENOENT);
	assert_int_equal(out.len, 0);
	buf_free(&out);
	dumper_free(d);
	btf__free(btf);
	dumper_free(NULL);
}

/* Types that lack something, or are too large; nothing is made then. */
static void test_wrong_types(void **state)
{
	struct btf *btf = btf__new_empty();
	struct dumper *none = (void *)1, *d = none;

	(void)state;
	log_set_level(LOG_QUIET);
	assert_int_equal(dumper_new(btf, 1 << EV_DUMP_SKB, &d), -ENOENT);
	assert_int_equal(dumper_new(btf, 1 << EV_DUMP_SK, &d), -ENOENT);
	btf__add_struct(btf, "sock_common", 8);
	btf__add_struct(btf, "sock", 16);
	assert_int_equal(dumper_new(btf, 1 << EV_DUMP_SK, &d), -ENOENT);
	btf__add_struct(btf, "net_device", EV_DUMP_MAX - sizeof(struct ev_dump) + 1);
	assert_int_equal(dumper_new(btf, 1 << EV_DUMP_DEV, &d), -E2BIG);
	assert_ptr_equal(d, none);
	btf__add_struct(btf, "sk_buff", EV_DUMP_MAX - sizeof(struct ev_dump));
	assert_int_equal(dumper_new(btf, 1 << EV_DUMP_SKB, &d), 0);
	dumper_free(d);
	btf__free(btf);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_skb),	    cmocka_unit_test(test_others),
		cmocka_unit_test(test_sock),	    cmocka_unit_test(test_empty),
		cmocka_unit_test(test_not_there),   cmocka_unit_test(test_kinds),
		cmocka_unit_test(test_wrong_types),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
