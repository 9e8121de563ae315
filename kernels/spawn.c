/* SPDX-License-Identifier: MIT */
#include "kernels/spawn.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "runtime/base/alloc.h"

#ifndef P_PIDFD
#define P_PIDFD 3
#endif
#ifndef CLONE_PIDFD
#define CLONE_PIDFD 0x00001000
#endif

/* The processes below share memory with the application, but are not known to a sanitizer. */
#define NO_SANITIZE __attribute__((no_sanitize("address", "thread", "undefined")))

/* The C library's syscall() reads a seventh argument above its return address, given or not: where
 * the stack begins there must be something to read. */
enum { STACK_BYTES = 32 << 10, STACK_TOP = STACK_BYTES - 64, KERNEL_SIGNALS = 64 };

struct start {
	const char *path;
	char *const *argv, *const *envp;
	int fd, target_fd, error_fd;
	unsigned char *helper_stack; /* its top */
	pid_t pid;
	int pidfd;
	volatile int error;
};

/* As the kernel has it; glibc's refuses the signals that it uses itself. */
struct kernel_sigaction {
	void *handler;
	unsigned long flags;
	void *restorer;
	uint64_t mask;
};

/*
 * clone() of a process that runs @fn, which must not return, on the stack below @stack. Not the C
 * library's: sanitizers put their own in its place, which takes this for a fork().
 */
NO_SANITIZE static pid_t clone_on_stack(unsigned long flags, unsigned char *stack, int *pidfd,
					void (*fn)(void *), void *arg)
{
	long result;
	register long child_tid __asm__("r10") = 0;
	register long tls __asm__("r8") = 0;
	register void (*start)(void *) __asm__("r9") = fn;
	register void *start_arg __asm__("r12") = arg;
	__asm__ volatile("syscall\n\t"
			 "test %%rax, %%rax\n\t"
			 "jnz 1f\n\t"
			 "xor %%ebp, %%ebp\n\t"
			 "mov %%r12, %%rdi\n\t"
			 "call *%%r9\n\t"
			 "ud2\n"
			 "1:"
			 : "=a"(result)
			 : "a"(SYS_clone), "D"(flags), "S"(stack), "d"(pidfd), "r"(child_tid),
			   "r"(tls), "r"(start), "r"(start_arg)
			 : "rcx", "r11", "memory", "cc");
	if (result < 0) {
		errno = (int)-result;
		return -1;
	}
	return (pid_t)result;
}

NO_SANITIZE static void set_mask(const uint64_t *mask, uint64_t *old)
{
	syscall(SYS_rt_sigprocmask, SIG_SETMASK, mask, old, sizeof(*mask));
}

NO_SANITIZE static void reset_signals(void)
{
	struct kernel_sigaction standard = {0};
	for (int i = 1; i <= KERNEL_SIGNALS; i++)
		syscall(SYS_rt_sigaction, i, &standard, NULL, sizeof(standard.mask));
}

NO_SANITIZE static void close_between(unsigned first, unsigned last)
{
	struct rlimit files = {0};
	if (first > last || !syscall(SYS_close_range, first, last, 0))
		return;
	/* before Linux 5.9, or forbidden */
	syscall(SYS_prlimit64, 0, RLIMIT_NOFILE, NULL, &files);
	for (unsigned fd = first; fd <= last && fd < files.rlim_cur && fd < 1 << 20; fd++)
		syscall(SYS_close, fd);
}

/* All but the standard ones, @a and @b: the application may have used up all that it may have. */
NO_SANITIZE static void close_others(unsigned a, unsigned b)
{
	unsigned low = tern_min(a, b), high = tern_max(a, b);
	if (low > 3)
		close_between(3, low - 1);
	if (high > low + 1)
		close_between(tern_max(low + 1, 3u), high - 1);
	close_between(tern_max(high + 1, 3u), ~0u);
}

/* Puts the descriptors where the helper expects them, by way of numbers above all of them. */
NO_SANITIZE static int place_descriptors(const struct start *s)
{
	int above = s->target_fd + 1;
	close_others((unsigned)s->fd, (unsigned)(s->error_fd < 0 ? s->fd : s->error_fd));
	long null = syscall(SYS_openat, AT_FDCWD, "/dev/null", O_RDWR | O_CLOEXEC);
	if (null < 0)
		return -1;
	long error = s->error_fd < 0 ? null : s->error_fd;
	long fd = syscall(SYS_fcntl, s->fd, F_DUPFD_CLOEXEC, above);
	error = syscall(SYS_fcntl, (int)error, F_DUPFD_CLOEXEC, above);
	null = syscall(SYS_fcntl, (int)null, F_DUPFD_CLOEXEC, above);
	if (fd < 0 || null < 0 || error < 0 || syscall(SYS_dup3, (int)null, 0, 0) < 0 ||
	    syscall(SYS_dup3, (int)null, 1, 0) < 0 || syscall(SYS_dup3, (int)error, 2, 0) < 0 ||
	    syscall(SYS_dup3, (int)fd, s->target_fd, 0) < 0)
		return -1;
	if (s->target_fd > 3)
		close_between(3, (unsigned)s->target_fd - 1);
	close_between((unsigned)above, ~0u);
	return 0;
}

/* The helper until exec(): the application's memory, but descriptors of its own. */
NO_SANITIZE static void helper_main(void *arg)
{
	struct start *s = arg;
	const struct rlimit no_core = {0, 0};
	const uint64_t no_signals = 0;
	reset_signals();
	syscall(SYS_setsid);
	syscall(SYS_prlimit64, 0, RLIMIT_CORE, &no_core, NULL);
	if (!place_descriptors(s)) {
		set_mask(&no_signals, NULL);
		syscall(SYS_execve, s->path, s->argv, s->envp);
	}
	s->error = errno;
	syscall(SYS_exit_group, 127);
}

/* Shares memory and descriptors, so that the pidfd is the application's, too. */
NO_SANITIZE static void intermediate_main(void *arg)
{
	struct start *s = arg;
	unsigned long flags = CLONE_VM | CLONE_VFORK | SIGCHLD;
	s->pid = clone_on_stack(flags | CLONE_PIDFD, s->helper_stack, &s->pidfd, helper_main, s);
	if (s->pid < 0) { /* an old kernel, a filter, or no descriptor left */
		s->pidfd = -1;
		s->pid = clone_on_stack(flags, s->helper_stack, NULL, helper_main, s);
	}
	if (s->pid < 0)
		s->error = errno;
	else if (s->error)
		syscall(SYS_wait4, s->pid, NULL, __WALL, NULL);
	syscall(SYS_exit_group, 0);
}

/* Whether it came to its end by itself: what it has done is not known otherwise. */
static bool reap(pid_t pid)
{
	int status = 0;
	while (waitpid(pid, &status, __WALL) < 0 && errno == EINTR)
		;
	return WIFEXITED(status);
}

/* With all signals blocked. */
static int start_on_stacks(struct start *s, unsigned char *stacks)
{
	int saved = errno;
	s->helper_stack = stacks + STACK_TOP;
	pid_t pid = clone_on_stack(CLONE_VM | CLONE_VFORK | CLONE_FILES,
				   stacks + STACK_BYTES + STACK_TOP, NULL, intermediate_main, s);
	int e = pid < 0 ? errno : 0;
	if (pid > 0 && !reap(pid))
		e = EIO;
	errno = saved;
	return e ? -e : -s->error;
}

int tern_helper_start(const char *path, char *const argv[], char *const envp[], int fd,
		      int target_fd, int error_fd, struct tern_helper *out)
{
	struct start s = {.path = path,
			  .argv = argv,
			  .envp = envp,
			  .fd = fd,
			  .target_fd = target_fd,
			  .error_fd = error_fd,
			  .pidfd = -1};
	const uint64_t all_signals = ~(uint64_t)0;
	uint64_t mask;
	if (tern_fault_hit())
		return -EAGAIN;
	unsigned char *stacks = mmap(NULL, 2 * STACK_BYTES, PROT_READ | PROT_WRITE,
				     MAP_PRIVATE | MAP_ANONYMOUS | MAP_STACK, -1, 0);
	if (stacks == MAP_FAILED)
		return -errno;
	set_mask(&all_signals, &mask);
	int e = start_on_stacks(&s, stacks);
	set_mask(&mask, NULL);
	munmap(stacks, 2 * STACK_BYTES);
	struct tern_helper helper = {.pid = s.pid, .pidfd = s.pidfd};
	if (e) {
		tern_helper_kill(&helper, false);
		return e;
	}
	*out = helper;
	return 0;
}

void tern_helper_kill(struct tern_helper *helper, bool alive)
{
	int saved = errno;
	if (helper->pidfd >= 0) {
		if (syscall(SYS_pidfd_send_signal, helper->pidfd, SIGKILL, NULL, 0) < 0 &&
		    errno != ESRCH && alive)
			kill(helper->pid, SIGKILL);
		/* succeeds only when the application has inherited the orphan */
		siginfo_t info;
		while (waitid(P_PIDFD, (id_t)helper->pidfd, &info, WEXITED | __WALL) < 0 &&
		       errno == EINTR)
			;
		close(helper->pidfd);
	} else if (alive && helper->pid > 0) {
		kill(helper->pid, SIGKILL);
	}
	*helper = (struct tern_helper){.pidfd = -1};
	errno = saved;
}

void tern_helper_forget(struct tern_helper *helper)
{
	if (helper->pidfd >= 0)
		close(helper->pidfd);
	*helper = (struct tern_helper){.pidfd = -1};
}
