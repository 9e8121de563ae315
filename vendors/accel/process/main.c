/* SPDX-License-Identifier: MIT */
/* The start of tern-accel: see process.h and ../protocol.h. */
#include <asm/unistd.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/ioctl.h>
#include <linux/userfaultfd.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/uio.h>

#include "vendors/accel/process/process.h"

#ifndef UFFD_USER_MODE_ONLY
#define UFFD_USER_MODE_ONLY 1
#endif

#define LOWEST      0x10000ul        /* vm.mmap_min_addr, as it is everywhere */
#define HIGHEST     0x7ffffffff000ul /* the end of user space with four levels of page tables */
#define STACK_BYTES 0x10000ul

struct accel_hello hello;

static int files[ACCEL_FD_COUNT + 1]; /* the last: the program's pidfd */
static int userfault = -1;
/* named in assembly, below */
extern unsigned char keeper_stack[];
_Alignas(PAGE) unsigned char keeper_stack[STACK_BYTES];
static _Alignas(PAGE) unsigned char dma_stack[STACK_BYTES];

struct message {
	struct iovec io;
	struct msghdr header;
	union {
		struct cmsghdr header;
		unsigned char bytes[CMSG_SPACE(sizeof(files))];
	} control;
};

static void message_init(struct message *m, void *data, size_t bytes)
{
	memset(m, 0, sizeof(*m));
	m->io = (struct iovec){.iov_base = data, .iov_len = bytes};
	m->header.msg_iov = &m->io;
	m->header.msg_iovlen = 1;
	m->header.msg_control = &m->control;
	m->header.msg_controllen = sizeof(m->control);
}

static bool is_hello_good(unsigned count)
{
	unsigned want = ACCEL_FD_COUNT - !(hello.flags & ACCEL_HELLO_SYSTEM) +
			!!(hello.flags & ACCEL_HELLO_OWNER);
	return count == want && hello.version == ACCEL_PROTOCOL && hello.units &&
	       hello.units <= ACCEL_UNITS && hello.stack_bytes >= 2 * PAGE &&
	       hello.stack_bytes <= UNIT_STACK_MOST && hello.local_bytes <= UNIT_LOCAL_MOST &&
	       hello.scratch_bytes <= UNIT_SCRATCH_MOST &&
	       !((hello.stack_bytes | hello.local_bytes | hello.scratch_bytes) % PAGE);
}

static long receive_hello(void)
{
	struct message m;
	message_init(&m, &hello, sizeof(hello));
	long n = CALL(__NR_recvmsg, ACCEL_SOCKET, &m.header, MSG_CMSG_CLOEXEC);
	if (n != sizeof(hello))
		return n < 0 ? n : -EPROTO;
	size_t bytes = m.header.msg_controllen < sizeof(struct cmsghdr)
			       ? 0
			       : m.control.header.cmsg_len - CMSG_LEN(0);
	if (bytes > sizeof(files) || m.control.header.cmsg_type != SCM_RIGHTS)
		return -EPROTO;
	memcpy(files, CMSG_DATA(&m.control.header), bytes);
	if (!is_hello_good((unsigned)(bytes / sizeof(int))))
		return -EPROTO;
	if (!(hello.flags & ACCEL_HELLO_SYSTEM)) {
		files[ACCEL_FD_COUNT] = files[ACCEL_FD_VRAM];
		files[ACCEL_FD_VRAM] = -1;
	}
	if (!(hello.flags & ACCEL_HELLO_OWNER))
		files[ACCEL_FD_COUNT] = -1;
	return 0;
}

static void send_ready(enum accel_step step, long error)
{
	struct accel_ready ready = {
		.version = ACCEL_PROTOCOL, .error = (int32_t)error, .step = step};
	struct message m;
	message_init(&m, &ready, sizeof(ready));
	m.header.msg_controllen = 0;
	if (userfault >= 0) {
		m.header.msg_controllen = CMSG_LEN(sizeof(int));
		m.control.header = (struct cmsghdr){.cmsg_len = CMSG_LEN(sizeof(int)),
						    .cmsg_level = SOL_SOCKET,
						    .cmsg_type = SCM_RIGHTS};
		memcpy(CMSG_DATA(&m.control.header), &userfault, sizeof(int));
	}
	long n = CALL(__NR_sendmsg, ACCEL_SOCKET, &m.header, MSG_NOSIGNAL);
	if (error || n != sizeof(ready))
		process_exit(1);
}

/* The stack that the kernel made, the vdso, everything: what is outside of the aperture goes. */
static long unmap_all(void)
{
	long e = CALL(__NR_munmap, 0, TERN_APERTURE_START);
	return e ? e : CALL(__NR_munmap, TERN_APERTURE_END, HIGHEST - TERN_APERTURE_END);
}

static long map(uint64_t at, uint64_t bytes, int protection, int fd, uint64_t offset)
{
	long flags =
		MAP_FIXED | MAP_NORESERVE | (fd < 0 ? MAP_PRIVATE | MAP_ANONYMOUS : MAP_SHARED);
	if (!bytes)
		return 0;
	long got = CALL(__NR_mmap, at, bytes, protection, flags, fd, offset);
	return got == (long)at ? 0 : got < 0 ? got : -EEXIST;
}

static uint64_t pages(uint64_t bytes)
{
	return (bytes + PAGE - 1) & ~(PAGE - 1);
}

static long map_unit(uint32_t i)
{
	const int access = PROT_READ | PROT_WRITE;
	uint64_t base = unit_base(i);
	long e = map(base + UNIT_STACK, hello.stack_bytes, access, -1, 0);
	e = e ? e : map(base + UNIT_SIGNAL_STACK, UNIT_SIGNAL_BYTES, access, -1, 0);
	e = e ? e : map(base + UNIT_LOCAL - PAGE, hello.local_bytes + 2 * PAGE, access, -1, 0);
	return e ? e : map(base + UNIT_SCRATCH, hello.scratch_bytes, access, -1, 0);
}

static long map_aperture(void)
{
	const int access = PROT_READ | PROT_WRITE;
	long e = map(TERN_APERTURE_COMMANDS, pages(sizeof(struct accel_commands)), PROT_READ,
		     files[ACCEL_FD_COMMANDS], 0);
	e = e ? e
	      : map(TERN_APERTURE_STATUS, pages(sizeof(struct accel_status)), access,
		    files[ACCEL_FD_STATUS], 0);
	e = e ? e
	      : map(TERN_APERTURE_CODE, TERN_APERTURE_CODE_BYTES, PROT_NONE, files[ACCEL_FD_CODE],
		    0);
	e = e ? e
	      : map(TERN_APERTURE_SHARED, TERN_APERTURE_SHARED_BYTES, access,
		    files[ACCEL_FD_SHARED], 0);
	for (uint32_t i = 0; !e && i < hello.units; i++)
		e = map_unit(i);
	return e;
}

/* One mapping below the aperture and one above it, each offset in the file its own address. */
static long map_vram(void)
{
	const int access = PROT_READ | PROT_WRITE, fd = files[ACCEL_FD_VRAM];
	long e = map(LOWEST, TERN_APERTURE_START - LOWEST, access, fd, LOWEST);
	return e ? e
		 : map(TERN_APERTURE_END, HIGHEST - TERN_APERTURE_END, access, fd,
		       TERN_APERTURE_END);
}

static long open_userfault(void)
{
	struct uffdio_api api = {.api = UFFD_API,
				 .features = UFFD_FEATURE_THREAD_ID | UFFD_FEATURE_EXACT_ADDRESS |
					     UFFD_FEATURE_PAGEFAULT_FLAG_WP |
					     UFFD_FEATURE_WP_HUGETLBFS_SHMEM |
					     UFFD_FEATURE_MISSING_SHMEM | UFFD_FEATURE_MINOR_SHMEM};
	long fd = CALL(__NR_userfaultfd, O_CLOEXEC | O_NONBLOCK | UFFD_USER_MODE_ONLY);
	if (fd < 0)
		return fd;
	userfault = (int)fd;
	return CALL(__NR_ioctl, userfault, UFFDIO_API, &api);
}

static long register_range(uint64_t start, uint64_t end)
{
	struct uffdio_register r = {.range = {.start = start, .len = end - start},
				    .mode = UFFDIO_REGISTER_MODE_MISSING | UFFDIO_REGISTER_MODE_WP |
					    UFFDIO_REGISTER_MODE_MINOR};
	return CALL(__NR_ioctl, userfault, UFFDIO_REGISTER, &r);
}

static long register_vram(void)
{
	long e = register_range(LOWEST, TERN_APERTURE_START);
	return e ? e : register_range(TERN_APERTURE_END, HIGHEST);
}

static long start_threads(void)
{
	long e = CALL(__NR_prctl, PR_SET_NO_NEW_PRIVS, 1);
	if (!e && (hello.flags & ACCEL_HELLO_SYSTEM))
		e = thread_create(dma_main, 0, (uint64_t)dma_stack + STACK_BYTES);
	for (uint32_t i = 0; !e && i < hello.units; i++)
		e = thread_create(unit_main, i, unit_stack_top(i));
	for (uint32_t n; !e && (n = atomic_load(&status()->ready)) < hello.units;)
		futex_wait(&status()->ready, n);
	return e;
}

/* The program may read our memory, which makes page-table entries (fill.c), also where Yama allows
 * it to ancestors only. */
static void allow_reading(void)
{
	struct ucred peer = {0};
	uint32_t size = sizeof(peer);
	if (!CALL(__NR_getsockopt, ACCEL_SOCKET, SOL_SOCKET, SO_PEERCRED, &peer, &size))
		CALL(__NR_prctl, PR_SET_PTRACER, peer.pid);
}

static void check(enum accel_step step, long error)
{
	if (error)
		send_ready(step, error);
}

static void close_files(void)
{
	for (unsigned i = 0; i < ACCEL_FD_COUNT; i++)
		if (files[i] >= 0)
			CALL(__NR_close, files[i]);
	if (userfault >= 0)
		CALL(__NR_close, userfault);
}

void process_main(void) __attribute__((noreturn, used));
void process_main(void)
{
	check(ACCEL_STEP_HELLO, receive_hello());
	bool system = hello.flags & ACCEL_HELLO_SYSTEM;
	allow_reading();
	long e = unmap_all();
	if (system)
		check(ACCEL_STEP_UNMAP, e);
	check(ACCEL_STEP_MAP, map_aperture());
	if (system) {
		check(ACCEL_STEP_VRAM, map_vram());
		check(ACCEL_STEP_USERFAULTFD, open_userfault());
		check(ACCEL_STEP_REGISTER, register_vram());
	}
	check(ACCEL_STEP_SIGNALS, signals_install());
	check(ACCEL_STEP_THREADS, start_threads());
	send_ready(ACCEL_STEP_DONE, 0);
	close_files();
	keeper_serve(files[ACCEL_FD_COUNT]);
}

__asm__(".text\n"
	".globl _start\n"
	".type _start, @function\n"
	"_start:\n"
	"\txor %ebp, %ebp\n"
	"\tlea keeper_stack + 0x10000(%rip), %rsp\n" /* STACK_BYTES */
	"\tcall process_main\n"
	"\tud2\n");
