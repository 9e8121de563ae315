/* SPDX-License-Identifier: MIT */
/*
 * Signals of units. A kernel's fault, or an interrupt from libtern while the kernel that it is
 * meant for runs, ends the kernel: the handler, on a stack of its own, sets the interrupted context
 * to unit_recover() at the top of the unit's stack and returns, so that the kernel's registers,
 * signal mask and stack are all left behind. An interrupt that comes too late changes nothing. A
 * fault of the process' own code ends the process.
 */
#include <asm/unistd.h>
#include <errno.h>
#include <signal.h>
#include <ucontext.h>

#include "vendors/accel/process/process.h"

#ifndef SA_RESTORER
#define SA_RESTORER 0x04000000
#endif
enum { PAGE_FAULT = 14, WRITE_ACCESS = 2, EFLAGS = 0x202 };

struct fault faults[ACCEL_UNITS];

struct kernel_sigaction {
	void (*handler)(int, siginfo_t *, void *);
	unsigned long flags;
	void (*restorer)(void);
	uint64_t mask;
};

void signals_return(void) __attribute__((visibility("hidden")));
__asm__(".text\n"
	".globl signals_return\n"
	".type signals_return, @function\n"
	"signals_return:\n"
	"\tmov $15, %eax\n" /* rt_sigreturn */
	"\tsyscall\n"
	"\tud2\n");

/* The unit whose signal stack this is. */
static struct unit *unit_here(void)
{
	uint64_t at = (uint64_t)__builtin_frame_address(0) - TERN_APERTURE_UNITS;
	uint64_t index = at / TERN_APERTURE_UNIT_BYTES, offset = at % TERN_APERTURE_UNIT_BYTES;
	if (index >= hello.units || offset < UNIT_SIGNAL_STACK ||
	    offset > UNIT_SIGNAL_STACK + UNIT_SIGNAL_BYTES)
		return NULL;
	return &units[index];
}

/* False: it is not for what runs. */
static bool take_interrupt(const struct unit *u, struct fault *out)
{
	struct accel_unit *from = &status()->units[u->index];
	uint64_t target = atomic_load(&from->kill_target);
	if (target && target != (u->generation << 8 | (u->slot + 1)))
		return false;
	out->failure = atomic_load(&from->kill_failure);
	out->why = atomic_load(&from->kill_why);
	out->address = atomic_load(&from->kill_address);
	out->write = atomic_load(&from->kill_write);
	return true;
}

static void take_signal(int number, const siginfo_t *info, const ucontext_t *context,
			struct fault *out)
{
	*out = (struct fault){.failure = ACCEL_SIGNALLED, .why = (uint32_t)number};
	if (context->uc_mcontext.gregs[REG_TRAPNO] == PAGE_FAULT &&
	    (number == SIGSEGV || number == SIGBUS)) {
		out->address = (uint64_t)info->si_addr;
		out->write = !!(context->uc_mcontext.gregs[REG_ERR] & WRITE_ACCESS);
	}
}

static void on_signal(int number, siginfo_t *info, void *context)
{
	ucontext_t *c = context;
	struct unit *u = unit_here();
	if (!u || !u->running) {
		if (u && number == SIGUSR1)
			return;
		process_exit(128 + number);
	}
	if (number == SIGUSR1) {
		if (!take_interrupt(u, &faults[u->index]))
			return;
	} else {
		take_signal(number, info, c, &faults[u->index]);
	}
	u->running = 0;
	greg_t *r = c->uc_mcontext.gregs;
	r[REG_RIP] = (greg_t)unit_recover;
	r[REG_RSP] = (greg_t)(unit_stack_top(u->index) - 8);
	r[REG_RBP] = 0;
	r[REG_RDI] = u->index;
	r[REG_EFL] = EFLAGS;
}

long signals_install(void)
{
	static const int numbers[] = {SIGUSR1, SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGSYS, SIGTRAP};
	struct kernel_sigaction action = {
		.handler = on_signal,
		.flags = SA_SIGINFO | SA_ONSTACK | SA_RESTORER,
		.restorer = signals_return,
		.mask = ~(uint64_t)0,
	};
	for (unsigned i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++) {
		long e = CALL(__NR_rt_sigaction, numbers[i], &action, NULL, sizeof(action.mask));
		if (e)
			return e;
	}
	return 0;
}

long signals_stack(uint32_t unit)
{
	stack_t stack = {.ss_sp = (void *)(unit_base(unit) + UNIT_SIGNAL_STACK),
			 .ss_size = UNIT_SIGNAL_BYTES};
	return CALL(__NR_sigaltstack, &stack, NULL);
}
