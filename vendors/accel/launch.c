/* SPDX-License-Identifier: MIT */
/*
 * The life of the accelerator process as the program sees it.
 *
 * Starting: memory files (once), a socket pair, tern_helper_start(), handshake, rights of all code,
 * then a watcher: a thread that sleeps until the process has ended. Everything has a time limit.
 * The commands half sees to it that start, restart and stop do not overlap; process_lock keeps
 * accel_process_kill() from a process that is being replaced.
 *
 * The process is not our child (kernels/spawn.h), so PR_SET_PDEATHSIG would strike when the
 * intermediate process ends. It gets a pidfd of ours instead, beside the socket that hangs up.
 *
 * What must survive a fork() into the child, where pinned memory is empty, is in `launch`: the
 * descriptors, to be closed there.
 */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "kernels/kernels.h"
#include "runtime/base/alloc.h"
#include "runtime/base/log.h"
#include "runtime/base/thread.h"
#include "svm/heap.h"
#include "vendors/accel/launch.h"

#define HELPER_SOCKET  3 /* where the process expects it */
#define WATCHER_STACK  ((size_t)256 << 10)
#define END_TIMEOUT_MS 5000

enum watch { WATCH_NONE, WATCH_RUNNING, WATCH_ENDED };

static struct {
	int fds[ACCEL_FD_COUNT]; /* as in struct accel; SHARED and CODE are others' to close */
	int socket, uffd, pidfd;
	bool huge;                /* VRAM takes huge pages */
	bool begun;               /* the descriptors above are valid */
	_Atomic uint32_t watcher; /* enum watch */
	_Atomic bool stopping;    /* the process ends because we end it */
	pid_t pid;
} launch;

static void begin(void)
{
	if (launch.begun)
		return;
	for (unsigned i = 0; i < ACCEL_FD_COUNT; i++)
		launch.fds[i] = -1;
	launch.socket = launch.uffd = launch.pidfd = -1;
	launch.begun = true;
}

static void close_fd(int *fd)
{
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
}

/* Makes one of the files that are ours alone, unless it is there; @at, if not 0: mapped there. */
static int make_file(enum accel_fd which, const char *name, uint64_t bytes, uint64_t at)
{
	if (launch.fds[which] >= 0)
		return 0;
	int fd = accel_file_create(name, bytes, 0);
	if (fd < 0)
		return fd;
	int error = at ? accel_file_map(fd, at, bytes) : 0;
	if (error)
		close(fd);
	else
		launch.fds[which] = fd;
	return error;
}

static int make_vram(void)
{
	if (launch.fds[ACCEL_FD_VRAM] >= 0)
		return 0;
	uint64_t bytes = (uint64_t)1 << 47; /* an offset for each address */
	int fd = accel_file_create_huge(bytes);
	launch.huge = fd >= 0;
	if (fd < 0)
		fd = accel_file_create("tern-vram", bytes, 0);
	launch.fds[ACCEL_FD_VRAM] = fd;
	return tern_min(fd, 0);
}

static int make_files(const struct accel *accel)
{
	uint64_t commands = tern_round_up(sizeof(struct accel_commands), TERN_PAGE);
	uint64_t status = tern_round_up(sizeof(struct accel_status), TERN_PAGE);
	int error = make_file(ACCEL_FD_COMMANDS, "tern-commands", commands, TERN_APERTURE_COMMANDS);
	if (!error)
		error = make_file(ACCEL_FD_STATUS, "tern-status", status, TERN_APERTURE_STATUS);
	if (!error && accel->system)
		error = make_vram();
	if (error)
		return error;
	if ((launch.fds[ACCEL_FD_CODE] = accel_code_file()) < 0)
		return launch.fds[ACCEL_FD_CODE];
	launch.fds[ACCEL_FD_SHARED] = tern_heap_shared_fd();
	return tern_min(launch.fds[ACCEL_FD_SHARED], 0);
}

static int prepare_locked(struct accel *accel)
{
	begin();
	int error = tern_aperture_reserve();
	if (!error)
		error = make_files(accel);
	if (!error)
		memcpy(accel->fds, launch.fds, sizeof(accel->fds));
	accel->huge = launch.huge;
	return error;
}

int accel_process_prepare(struct accel *accel)
{
	tern_lock_acquire(&accel->process_lock);
	int error = prepare_locked(accel);
	tern_lock_release(&accel->process_lock);
	return error;
}

/* The watcher. */

static void wait_for_end(int pidfd, int socket, int timeout_ms)
{
	/* without pidfds (before Linux 5.3) the socket's end must do */
	struct pollfd on = {.fd = pidfd >= 0 ? pidfd : socket, .events = pidfd >= 0 ? POLLIN : 0};
	while (poll(&on, 1, timeout_ms) < 0 && errno == EINTR)
		;
}

static void *watcher_main(void *arg)
{
	struct accel *accel = arg;
	tern_thread_name("tern-accel-wait");
	wait_for_end(launch.pidfd, launch.socket, -1);
	atomic_store(&accel->alive, false);
	if (!atomic_load(&launch.stopping))
		accel_device_died(accel);
	atomic_store(&launch.watcher, WATCH_ENDED);
	tern_futex_wake(&launch.watcher, 1);
	return NULL;
}

static int start_watcher(struct accel *accel)
{
	atomic_store(&launch.stopping, false);
	atomic_store(&launch.watcher, WATCH_RUNNING);
	int error = tern_thread_start(watcher_main, accel, WATCHER_STACK);
	if (error)
		atomic_store(&launch.watcher, WATCH_NONE);
	return error;
}

static void join_watcher(void)
{
	while (atomic_load(&launch.watcher) == WATCH_RUNNING)
		tern_futex_wait(&launch.watcher, WATCH_RUNNING);
	atomic_store(&launch.watcher, WATCH_NONE);
}

/* Start and end of one process. Locked. */

static void send_kill(struct accel *accel)
{
	if (accel->helper.pidfd >= 0)
		syscall(SYS_pidfd_send_signal, accel->helper.pidfd, SIGKILL, NULL, 0);
	else if (accel->socket >= 0)
		shutdown(accel->socket, SHUT_RDWR);
}

/* Not before it has ended: a thread of its might take a wake-up that is meant for the next one's.
 */
static void drop_process(struct accel *accel)
{
	accel_code_disconnect();
	bool alive = atomic_exchange(&accel->alive, false);
	if (accel->socket >= 0) {
		send_kill(accel);
		wait_for_end(accel->helper.pidfd, accel->socket, END_TIMEOUT_MS);
	}
	tern_helper_kill(&accel->helper, alive);
	close_fd(&launch.socket);
	close_fd(&launch.uffd);
	launch.pidfd = -1;
	launch.pid = 0;
	accel->socket = accel->uffd = -1;
}

static int spawn(struct accel *accel)
{
	char *path = tern_path_accel();
	int pair[2];
	if (!path) {
		tern_log_error("accel: the program tern-accel is not there; TERN_ACCEL_PROCESS can "
			       "name it");
		return -ENOENT;
	}
	char *argv[] = {path, NULL}, *envp[] = {NULL};
	int error = tern_fault_hit() ? -EMFILE : 0;
	if (!error && socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair))
		error = -errno;
	if (!error) {
		error = tern_helper_start(path, argv, envp, pair[1], HELPER_SOCKET, -1,
					  &accel->helper);
		close(pair[1]);
		if (error)
			close(pair[0]);
	}
	if (error)
		tern_log_error("accel: cannot start %s (error %d)", path, -error);
	tern_free(path);
	if (error)
		return error;
	accel->socket = launch.socket = pair[0];
	launch.pidfd = accel->helper.pidfd;
	launch.pid = accel->helper.pid;
	return 0;
}

/* STATUS as a fresh process needs it. What others sleep on goes on counting. */
static void reset_status(void)
{
	struct accel_status *s = accel_status();
	uint32_t completion = atomic_load(&s->completion), waiting = atomic_load(&s->waiting);
	/* Threads that wait look on meanwhile. */
	_Atomic uint64_t *words = (_Atomic uint64_t *)s;
	for (size_t i = 0; i < sizeof(*s) / sizeof(*words); i++)
		atomic_store_explicit(&words[i], 0, memory_order_relaxed);
	atomic_store(&s->waiting, waiting);
	atomic_store(&s->completion, completion + 1);
	syscall(SYS_futex, &s->completion, FUTEX_WAKE, INT_MAX, NULL, NULL, 0);
}

static int launch_process(struct accel *accel)
{
	reset_status();
	int error = spawn(accel);
	if (error)
		return error;
	error = accel_handshake(accel, accel->socket, accel->helper.pidfd, &launch.uffd);
	if (!error) {
		accel->uffd = launch.uffd;
		for (unsigned i = 0; i < ACCEL_UNITS; i++)
			accel->tids[i] = atomic_load(&accel_status()->units[i].tid);
		if (accel->system)
			accel_memory_renew(accel);
		error = accel_code_replay(accel);
	}
	if (!error) {
		atomic_store(&accel->alive, true);
		atomic_fetch_add(&accel->incarnation, 1);
		error = start_watcher(accel);
	}
	if (error)
		drop_process(accel);
	return error;
}

static void end_process(struct accel *accel)
{
	atomic_store(&launch.stopping, true);
	accel_code_disconnect();
	send_kill(accel);
	join_watcher();
	drop_process(accel);
}

int accel_launch(struct accel *accel)
{
	tern_lock_acquire(&accel->process_lock);
	int error = prepare_locked(accel);
	if (!error && accel->system && !accel->devmem.ops)
		error = accel_memory_init(accel);
	if (!error)
		error = launch_process(accel);
	tern_lock_release(&accel->process_lock);
	return error;
}

int accel_launch_again(struct accel *accel)
{
	tern_lock_acquire(&accel->process_lock);
	end_process(accel);
	int error = launch_process(accel);
	tern_lock_release(&accel->process_lock);
	return error;
}

void accel_launch_end(struct accel *accel)
{
	tern_lock_acquire(&accel->process_lock);
	end_process(accel);
	if (accel->system)
		accel_memory_release(accel);
	tern_lock_release(&accel->process_lock);
}

int accel_process_start(struct accel *accel)
{
	int error = accel->system ? tern_space_open() : 0;
	if (error)
		return error;
	error = accel_launch(accel);
	if (!error && accel->system) {
		error = tern_space_attach(&accel->devmem);
		if (error)
			accel_launch_end(accel);
	}
	if (error && accel->system)
		tern_space_close();
	return error;
}

void accel_process_stop(struct accel *accel)
{
	if (accel->system)
		tern_space_detach(&accel->devmem);
	accel_launch_end(accel);
	if (accel->system)
		tern_space_close();
}

int accel_process_restart(struct accel *accel)
{
	if (accel->system)
		tern_space_recover(&accel->devmem);
	int error = accel_launch_again(accel);
	if (!error && accel->system)
		tern_space_revive(&accel->devmem);
	return error;
}

void accel_process_kill(struct accel *accel)
{
	tern_lock_acquire(&accel->process_lock);
	if (accel->helper.pidfd >= 0)
		syscall(SYS_pidfd_send_signal, accel->helper.pidfd, SIGKILL, NULL, 0);
	else if (atomic_load(&accel->alive) && accel->helper.pid > 0)
		kill(accel->helper.pid, SIGKILL);
	tern_lock_release(&accel->process_lock);
}

/* The descriptors and mappings are copies of the parent's; `accel` itself is empty. */
void accel_process_forget(struct accel *accel)
{
	(void)accel;
	if (!launch.begun)
		return;
	for (unsigned i = 0; i < ACCEL_FD_COUNT; i++)
		if (i != ACCEL_FD_CODE && i != ACCEL_FD_SHARED)
			close_fd(&launch.fds[i]);
	close_fd(&launch.socket);
	close_fd(&launch.uffd);
	close_fd(&launch.pidfd);
	launch.pid = 0;
	launch.begun = false;
	atomic_store(&launch.watcher, WATCH_NONE);
	/* not the parent's memory any more; a fresh prepare() maps fresh files */
	syscall(SYS_mmap, TERN_APERTURE_COMMANDS, TERN_APERTURE_COMMANDS_BYTES,
		PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED | MAP_NORESERVE, -1,
		0l);
	syscall(SYS_mmap, TERN_APERTURE_STATUS, TERN_APERTURE_STATUS_BYTES, PROT_READ | PROT_WRITE,
		MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED | MAP_NORESERVE, -1, 0l);
}
