/* SPDX-License-Identifier: MIT */
/* What the process does for libtern beside kernels: page-table entries removed, code protected. */
#include <asm/unistd.h>
#include <errno.h>
#include <poll.h>
#include <sys/mman.h>
#include <sys/socket.h>

#include "vendors/accel/process/process.h"

/* A burst of requests finds the thread awake. */
#define DMA_LOOKS 64

void dma_main(uint64_t unused)
{
	static const int allowed[] = {__NR_madvise};
	struct accel_dma *dma = &status()->dma;
	(void)unused;
	if (restrict_calls(allowed, 1))
		process_exit(1);
	for (;;) {
		uint32_t state = atomic_load(&dma->state);
		for (unsigned i = 0; state != ACCEL_DMA_POSTED && i < DMA_LOOKS; i++) {
			__builtin_ia32_pause();
			state = atomic_load(&dma->state);
		}
		if (state != ACCEL_DMA_POSTED) {
			futex_wait(&dma->state, state);
			continue;
		}
		dma->result = (int32_t)CALL(__NR_madvise, dma->address, dma->bytes, MADV_DONTNEED);
		atomic_store(&dma->state, ACCEL_DMA_DONE);
		futex_wake(&dma->state, 1);
	}
}

static int32_t protect(const struct accel_protect *p)
{
	uint64_t start = TERN_APERTURE_CODE, end = start + TERN_APERTURE_CODE_BYTES;
	uint32_t known = PROT_READ | PROT_WRITE | PROT_EXEC;
	if (p->address % PAGE || p->bytes % PAGE || p->address < start || p->address > end ||
	    p->bytes > end - p->address || (p->protection & ~known) ||
	    (p->protection & (PROT_WRITE | PROT_EXEC)) == (PROT_WRITE | PROT_EXEC))
		return -EINVAL;
	return (int32_t)CALL(__NR_mprotect, p->address, p->bytes, p->protection);
}

static void answer(void)
{
	struct accel_protect request;
	long n = CALL(__NR_read, ACCEL_SOCKET, &request, sizeof(request));
	if (n == -EINTR)
		return;
	if (n <= 0)
		process_exit(0);
	int32_t result = n == sizeof(request) ? protect(&request) : -EINVAL;
	if (CALL(__NR_write, ACCEL_SOCKET, &result, sizeof(result)) != sizeof(result))
		process_exit(0);
}

void keeper_serve(int owner)
{
	static const int allowed[] = {__NR_mprotect, __NR_read, __NR_write, __NR_poll};
	struct pollfd on[2] = {{.fd = ACCEL_SOCKET, .events = POLLIN},
			       {.fd = owner, .events = POLLIN}};
	if (restrict_calls(allowed, sizeof(allowed) / sizeof(allowed[0])))
		process_exit(1);
	for (;;) {
		long n = CALL(__NR_poll, on, 2, -1);
		if (n == -EINTR)
			continue;
		if (n < 0 || on[1].revents)
			process_exit(0);
		if (on[0].revents)
			answer();
	}
}
