/* SPDX-License-Identifier: MIT */
/* System calls, threads, seccomp, and the functions that compilers call on their own. */
#include <asm/unistd.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/futex.h>
#include <linux/sched.h>
#include <linux/seccomp.h>
#include <linux/time.h>

#include "vendors/accel/process/process.h"

long system_call(long number, long a, long b, long c, long d, long e, long f)
{
	long result;
	register long r10 __asm__("r10") = d;
	register long r8 __asm__("r8") = e;
	register long r9 __asm__("r9") = f;
	__asm__ volatile("syscall"
			 : "=a"(result)
			 : "a"(number), "D"(a), "S"(b), "d"(c), "r"(r10), "r"(r8), "r"(r9)
			 : "rcx", "r11", "memory");
	return result;
}

void process_exit(int code)
{
	for (;;)
		CALL(__NR_exit_group, code);
}

long thread_create(void (*fn)(uint64_t arg), uint64_t arg, uint64_t stack)
{
	long result;
	register void (*start)(uint64_t) __asm__("r12") = fn;
	register uint64_t start_arg __asm__("r13") = arg;
	register long no_tid __asm__("r10") = 0;
	register long no_tls __asm__("r8") = 0;
	uint64_t flags =
		CLONE_VM | CLONE_FS | CLONE_FILES | CLONE_SIGHAND | CLONE_THREAD | CLONE_SYSVSEM;
	__asm__ volatile("syscall\n\t"
			 "test %%rax, %%rax\n\t"
			 "jnz 1f\n\t"
			 "xor %%ebp, %%ebp\n\t"
			 "mov %%r13, %%rdi\n\t"
			 "call *%%r12\n\t"
			 "ud2\n"
			 "1:"
			 : "=a"(result)
			 : "a"((long)__NR_clone), "D"(flags), "S"(stack & ~15ul), "d"(0l),
			   "r"(no_tid), "r"(no_tls), "r"(start), "r"(start_arg)
			 : "rcx", "r11", "memory", "cc");
	return result < 0 ? result : 0;
}

long restrict_calls(const int *allowed, unsigned count)
{
	static const int always[] = {__NR_futex, __NR_clock_gettime, __NR_rt_sigreturn, __NR_exit,
				     __NR_exit_group};
	enum { ALWAYS = sizeof(always) / sizeof(always[0]), MOST = 32 };
	struct sock_filter filter[MOST];
	unsigned n = 0, calls = ALWAYS + count;
	if (calls + 6 > MOST)
		return -1;
	filter[n++] = (struct sock_filter)BPF_STMT(BPF_LD | BPF_W | BPF_ABS,
						   offsetof(struct seccomp_data, arch));
	filter[n++] =
		(struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, AUDIT_ARCH_X86_64, 1, 0);
	filter[n++] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS);
	filter[n++] = (struct sock_filter)BPF_STMT(BPF_LD | BPF_W | BPF_ABS,
						   offsetof(struct seccomp_data, nr));
	for (unsigned i = 0; i < calls; i++)
		filter[n++] = (struct sock_filter)BPF_JUMP(
			BPF_JMP | BPF_JEQ | BPF_K,
			(uint32_t)(i < ALWAYS ? always[i] : allowed[i - ALWAYS]),
			(unsigned char)(calls - i), 0);
	filter[n++] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_TRAP);
	filter[n++] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW);
	struct sock_fprog program = {.len = (unsigned short)n, .filter = filter};
	return CALL(__NR_seccomp, SECCOMP_SET_MODE_FILTER, 0, &program);
}

uint64_t clock_ns(void)
{
	struct __kernel_timespec {
		int64_t seconds, nanoseconds;
	} t = {0, 0};
	CALL(__NR_clock_gettime, 1 /* CLOCK_MONOTONIC */, &t);
	return (uint64_t)t.seconds * 1000000000u + (uint64_t)t.nanoseconds;
}

void futex_wait(_Atomic uint32_t *word, uint32_t expected)
{
	CALL(__NR_futex, word, FUTEX_WAIT, expected);
}

void futex_wake(_Atomic uint32_t *word, uint32_t count)
{
	CALL(__NR_futex, word, FUTEX_WAKE, count);
}

void default_float_state(void)
{
	uint32_t mxcsr = DEFAULT_MXCSR;
	__asm__ volatile("cld\n\tfninit\n\tldmxcsr %0" : : "m"(mxcsr) : "cc");
}

void *memcpy(void *restrict to, const void *restrict from, size_t size)
{
	void *start = to;
	__asm__ volatile("rep movsb" : "+D"(to), "+S"(from), "+c"(size) : : "memory");
	return start;
}

void *memset(void *to, int byte, size_t size)
{
	void *start = to;
	__asm__ volatile("rep stosb" : "+D"(to), "+c"(size) : "a"(byte) : "memory");
	return start;
}
