/* SPDX-License-Identifier: MIT */
/* Allocation with fault injection, lists, options, lock ranks. */
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "runtime/base/alloc.h"
#include "runtime/base/list.h"
#include "runtime/base/lock.h"
#include "runtime/base/option.h"
#include "runtime/base/tests/test.h"

static void test_faults(void)
{
	tern_fault_arm(2, false);
	void *a = tern_alloc(8), *b = tern_alloc(8), *c = tern_alloc(8);
	EXPECT(a && !b && c);
	EXPECT(tern_fault_count() == 3);
	tern_free(a);
	tern_free(c);
	tern_fault_arm(1, true);
	EXPECT(!tern_zalloc(8) && !tern_strdup("x") && !tern_alloc_aligned(64, 64));
	tern_fault_arm(0, false);
	char *s = tern_asprintf("%d-%s", 7, "x");
	EXPECT(s && !strcmp(s, "7-x"));
	tern_free(s);
}

static void test_sizes(void)
{
	EXPECT(!tern_zalloc_array(SIZE_MAX / 2, 4));
	EXPECT(!tern_realloc_array(NULL, SIZE_MAX / 2, 4));
	void *p = tern_alloc_aligned(4096, 10);
	EXPECT(p && (uintptr_t)p % 4096 == 0);
	tern_free(p);
	void *zero = tern_alloc(0);
	EXPECT(zero);
	tern_free(zero);
	EXPECT(tern_round_up(1, 128) == 128 && tern_round_up(128, 128) == 128);
	EXPECT(tern_is_power_of_two(64) && !tern_is_power_of_two(0) && !tern_is_power_of_two(12));
}

static void test_list(void)
{
	struct tern_list head, a, b, *p, *next;
	tern_list_init(&head);
	EXPECT(tern_list_empty(&head));
	tern_list_append(&head, &a);
	tern_list_append(&head, &b);
	EXPECT(head.next == &a && head.prev == &b);
	tern_list_for_each_safe (p, next, &head)
		tern_list_remove(p);
	EXPECT(tern_list_empty(&head));
	tern_list_remove(&a); /* a second time does no harm */
	EXPECT(tern_list_empty(&a));
}

static void test_numbers(void)
{
	static const struct {
		const char *text;
		uint64_t value;
	} good[] = {{"0", 0},
		    {"12", 12},
		    {"3k", 3 << 10},
		    {"64M", 64 << 20},
		    {"2G", (uint64_t)2 << 30},
		    {"18446744073709551615", UINT64_MAX},
		    {"17179869183G", (uint64_t)17179869183u << 30}};
	static const char *const bad[] = {"",
					  "M",
					  "-1",
					  "+1",
					  " 1",
					  "1 ",
					  "1KB",
					  "1T",
					  "0x10",
					  "1.5G",
					  "18446744073709551616",
					  "17179869184G"};
	for (size_t i = 0; i < tern_array_size(good); i++) {
		uint64_t n = 1;
		EXPECT(tern_number_parse(good[i].text, &n) && n == good[i].value);
	}
	for (size_t i = 0; i < tern_array_size(bad); i++) {
		uint64_t n = 1;
		EXPECT(!tern_number_parse(bad[i], &n) && n == 1);
	}
}

static void test_options(void)
{
	EXPECT(!strcmp(tern_option(TERN_OPTION_CPU), "avx2"));
	EXPECT(tern_option_is_set(TERN_OPTION_CPU) && !tern_option_is_set(TERN_OPTION_THREADS));
	EXPECT(!strcmp(tern_option(TERN_OPTION_DEVICES), "cpu"));
	EXPECT(tern_option_number(TERN_OPTION_CACHE_SIZE, 1) == 3u << 20);
	EXPECT(tern_option_number(TERN_OPTION_THREADS, 5) == 5);
	EXPECT(tern_option_number(TERN_OPTION_COMPILE_TIMEOUT, 9) == 9); /* "12x" is no number */
	EXPECT(tern_option_has(TERN_OPTION_KERNELS, "scalar"));
	EXPECT(!tern_option_has(TERN_OPTION_KERNELS, "scal"));
	char *path = tern_path_cache();
	EXPECT(path && !strcmp(path, "/xdg/tern"));
	tern_free(path);
}

/* In a debug build the wrong order must end the process. */
static void test_lock_order(void)
{
#ifdef TERN_DEBUG
	struct tern_lock low = TERN_LOCK_INIT(TERN_LOCK_CONTEXT);
	struct tern_lock high = TERN_LOCK_INIT(TERN_LOCK_QUEUE);
	tern_lock_acquire(&low);
	tern_lock_acquire(&high);
	tern_lock_release(&high);
	tern_lock_release(&low);
	tern_lock_assert_none();
	pid_t pid = fork();
	if (!pid) {
		setrlimit(RLIMIT_CORE, &(struct rlimit){0});
		if (!freopen("/dev/null", "w", stderr))
			_exit(1);
		tern_lock_acquire(&high);
		tern_lock_acquire(&low);
		_exit(0);
	}
	int status = 0;
	EXPECT(pid > 0 && waitpid(pid, &status, 0) == pid);
	EXPECT(WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT);
#endif
}

int main(void)
{
	setenv("TERN_CPU", "avx2", 1);
	setenv("TERN_CACHE_SIZE", "3M", 1);
	setenv("TERN_COMPILE_TIMEOUT", "12x", 1);
	setenv("TERN_KERNELS", "dump,scalar", 1);
	setenv("XDG_CACHE_HOME", "/xdg", 1);
	unsetenv("TERN_THREADS");
	unsetenv("TERN_DEVICES");
	unsetenv("TERN_CACHE");
	test_numbers();
	test_options();
	test_faults();
	test_sizes();
	test_list();
	test_lock_order();
	return test_result();
}
