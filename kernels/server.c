/* SPDX-License-Identifier: MIT */
#include "kernels/server.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "kernels/protocol.h"
#include "kernels/spawn.h"
#include "runtime/base/alloc.h"
#include "runtime/base/lock.h"
#include "runtime/base/log.h"

enum { MAX_SERVERS = 2, ERROR_BYTES = 64 << 10 };

enum state { SLOT_EMPTY, SLOT_CHANGING, SLOT_IDLE, SLOT_BUSY };

struct tern_server {
	enum state state;
	int fd;       /* our end of the socket */
	int error_fd; /* what it writes on standard error: a file in memory, or -1 */
	struct tern_helper helper;
	struct tern_server_identity identity;
};

static struct {
	struct tern_lock lock;
	pthread_cond_t changed; /* a slot became empty or idle */
	pid_t owner;            /* the process that the slots belong to; 0: no slot was ever used */
	struct tern_server slots[MAX_SERVERS];
} pool = {.lock = TERN_LOCK_INIT(TERN_LOCK_COMPILER), .changed = PTHREAD_COND_INITIALIZER};

int tern_server_identify(const char *path, struct tern_server_identity *out)
{
	struct stat s;
	if (stat(path, &s))
		return -errno;
	out->device = s.st_dev;
	out->inode = s.st_ino;
	out->size = (uint64_t)s.st_size;
	out->mtime_ns = (uint64_t)s.st_mtim.tv_sec * 1000000000u + (uint64_t)s.st_mtim.tv_nsec;
	return 0;
}

/* In the child of fork(): nothing may be allocated, and only this thread exists. */
static void forget_all(void)
{
	for (unsigned i = 0; i < MAX_SERVERS; i++) {
		struct tern_server *s = &pool.slots[i];
		if (s->state == SLOT_IDLE || s->state == SLOT_BUSY) {
			close(s->fd);
			if (s->error_fd >= 0)
				close(s->error_fd);
			tern_helper_forget(&s->helper);
		}
		s->state = SLOT_EMPTY;
	}
	pool.owner = 0;
}

static bool any_changing(void)
{
	for (unsigned i = 0; i < MAX_SERVERS; i++)
		if (pool.slots[i].state == SLOT_CHANGING)
			return true;
	return false;
}

/*
 * While a slot changes there are descriptors that the child could not find. The mutex is taken
 * without its rank: other handlers may hold locks of any rank, and the pool's lock is a leaf.
 */
static void before_fork(void)
{
	pthread_mutex_lock(&pool.lock.mutex);
	while (any_changing())
		pthread_cond_wait(&pool.changed, &pool.lock.mutex);
}

static void after_fork_parent(void)
{
	pthread_mutex_unlock(&pool.lock.mutex);
}

static void after_fork_child(void)
{
	forget_all();
	tern_lock_init(&pool.lock, TERN_LOCK_COMPILER);
	pool.changed = (pthread_cond_t)PTHREAD_COND_INITIALIZER;
}

static void register_fork_handlers(void)
{
	if (pthread_atfork(before_fork, after_fork_parent, after_fork_child))
		tern_log_warn("no memory for fork handlers");
}

static unsigned max_servers(void)
{
	cpu_set_t set;
	bool one = !sched_getaffinity(0, sizeof(set), &set) && CPU_COUNT(&set) == 1;
	return one ? 1 : MAX_SERVERS;
}

/* A file for the server's last words that cannot grow beyond bounds; -1 is no great loss. */
static int create_error_file(void)
{
	int fd = tern_fault_hit() ? -1 : memfd_create("ternc", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	if (fd >= 0 &&
	    (ftruncate(fd, ERROR_BYTES) || fcntl(fd, F_ADD_SEALS, F_SEAL_GROW | F_SEAL_SHRINK))) {
		close(fd);
		return -1;
	}
	return fd;
}

static int start(struct tern_server *s, const char *path)
{
	char *const argv[] = {(char *)path, (char *)"--server", NULL};
	/* not the application's environment, which another thread may be changing */
	char *const quiet[] = {(char *)"LC_ALL=C", (char *)"PATH=/usr/bin:/bin", NULL};
	char *const loud[] = {quiet[0], quiet[1], (char *)"TERN_LOG=debug", NULL};
	int fds[2];
	if (tern_fault_hit())
		return -EMFILE;
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds))
		return -errno;
	bool show = tern_log_enabled(TERN_LOG_DEBUG);
	s->fd = fds[0];
	s->error_fd = show ? -1 : create_error_file();
	int e = tern_helper_start(path, argv, show ? loud : quiet, fds[1], TERN_SERVER_FD,
				  show ? STDERR_FILENO : s->error_fd, &s->helper);
	close(fds[1]);
	if (!e)
		return 0;
	close(s->fd);
	if (s->error_fd >= 0)
		close(s->error_fd);
	return e;
}

/* The server does not talk unasked: whatever there is to read is its end. */
static bool hung_up(const struct tern_server *s)
{
	struct pollfd p = {.fd = s->fd, .events = POLLIN};
	return poll(&p, 1, 0) != 0;
}

static void end(struct tern_server *s)
{
	bool alive = !hung_up(s);
	close(s->fd);
	tern_helper_kill(&s->helper, alive);
	if (s->error_fd >= 0)
		close(s->error_fd);
}

/* Takes an idle slot, preferably one that need not be changed, or an empty one; or NULL. */
static struct tern_server *take_slot_locked(const struct tern_server_identity *identity,
					    bool *usable)
{
	struct tern_server *found = NULL;
	unsigned count = max_servers();
	*usable = false;
	for (unsigned i = 0; i < count && !*usable; i++) {
		struct tern_server *s = &pool.slots[i];
		if (s->state == SLOT_IDLE) {
			*usable = !memcmp(&s->identity, identity, sizeof(*identity)) && !hung_up(s);
			found = *usable || !found ? s : found;
		} else if (s->state == SLOT_EMPTY && !found) {
			found = s;
		}
	}
	return found;
}

static void set_state(struct tern_server *s, enum state state)
{
	tern_lock_acquire(&pool.lock);
	s->state = state;
	tern_lock_release(&pool.lock);
	pthread_cond_broadcast(&pool.changed);
}

int tern_server_acquire(const char *path, const struct tern_server_identity *identity,
			struct tern_server **out)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;
	struct tern_server *s;
	bool usable;
	pthread_once(&once, register_fork_handlers);
	tern_lock_acquire(&pool.lock);
	if (pool.owner != getpid())
		forget_all();
	pool.owner = getpid();
	while (!(s = take_slot_locked(identity, &usable)))
		tern_lock_wait(&pool.lock, &pool.changed);
	bool running = s->state == SLOT_IDLE;
	s->state = usable ? SLOT_BUSY : SLOT_CHANGING;
	tern_lock_release(&pool.lock);
	if (usable) {
		*out = s;
		return 0;
	}
	if (running)
		end(s);
	int e = start(s, path);
	s->identity = *identity;
	set_state(s, e ? SLOT_EMPTY : SLOT_BUSY);
	if (!e)
		*out = s;
	return e;
}

int tern_server_exchange(struct tern_server *server, const void *request, size_t request_size,
			 uint64_t deadline, void **result, size_t *result_size)
{
	uint32_t type;
	int e = tern_wire_send(server->fd, TERN_MESSAGE_BUILD, request, request_size, deadline);
	if (!e)
		e = tern_wire_receive(server->fd, &type, result, result_size, deadline);
	if (!e && type != TERN_MESSAGE_RESULT) {
		tern_free(*result);
		e = -EPROTO;
	}
	return e;
}

void tern_server_release(struct tern_server *server)
{
	set_state(server, SLOT_IDLE);
}

/* The end of what was written, without control characters. */
static void read_last_words(int fd, char *out, size_t size)
{
	*out = '\0';
	off_t end_at = fd < 0 ? 0 : lseek(fd, 0, SEEK_CUR);
	if (end_at <= 0)
		return;
	off_t at = end_at > (off_t)size - 1 ? end_at - ((off_t)size - 1) : 0;
	ssize_t n = pread(fd, out, (size_t)(end_at - at), at);
	n = n < 0 ? 0 : n;
	out[n] = '\0';
	for (ssize_t i = 0; i < n; i++)
		if ((unsigned char)out[i] < ' ' && out[i] != '\n')
			out[i] = ' ';
	while (n && (out[n - 1] == '\n' || out[n - 1] == ' '))
		out[--n] = '\0';
}

void tern_server_discard(struct tern_server *server, char *last_words, size_t size)
{
	read_last_words(server->error_fd, last_words, size);
	set_state(server, SLOT_CHANGING);
	end(server);
	set_state(server, SLOT_EMPTY);
}

void tern_server_finish(void)
{
	for (unsigned i = 0; i < MAX_SERVERS; i++) {
		struct tern_server *s = &pool.slots[i];
		tern_lock_acquire(&pool.lock);
		bool ours = s->state == SLOT_IDLE && pool.owner == getpid();
		if (ours)
			s->state = SLOT_CHANGING;
		tern_lock_release(&pool.lock);
		if (!ours)
			continue;
		end(s);
		set_state(s, SLOT_EMPTY);
	}
}
