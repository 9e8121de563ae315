/* SPDX-License-Identifier: MIT */
#include "kernels/ternc/translator.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "runtime/base/log.h"

#define OUTPUT_MOST ((rlim_t)256 << 20)

enum { WORDS_MOST = 1000 };

/* Names that OpenCL C gives to functions, as clang's; arguments' names and types for queries. */
static char *const args[] = {
	(char *)"llvm-spirv",
	(char *)"-r",
	(char *)"--spirv-target-env=CL2.0",
	(char *)"--spirv-gen-kernel-arg-name-md",
	(char *)"--preserve-ocl-kernel-arg-type-metadata-through-string",
	(char *)"/dev/stdin",
	(char *)"-o",
	(char *)"-",
	NULL,
};
static char *const environment[] = {(char *)"LC_ALL=C", NULL};

struct run {
	struct tern_build *build;
	int fds[3]; /* what becomes the child's standard input, output and error; -1: none yet */
	pid_t child;
	bool late; /* it was killed since it took too long */
	int status;
};

static bool write_all(int fd, const void *bytes, size_t size)
{
	const char *at = bytes;
	while (size) {
		ssize_t n = write(fd, at, size);
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return false;
		at += n;
		size -= (size_t)n;
	}
	return true;
}

/* False: errno says why. */
static bool open_files(struct run *r, const void *spirv, size_t bytes)
{
	const int seals = F_SEAL_WRITE | F_SEAL_GROW | F_SEAL_SHRINK | F_SEAL_SEAL;
	for (int i = 0; i < 3; i++) {
		r->fds[i] = memfd_create("spirv", MFD_CLOEXEC | MFD_ALLOW_SEALING);
		if (r->fds[i] < 0)
			return false;
	}
	return write_all(r->fds[0], spirv, bytes) && !fcntl(r->fds[0], F_ADD_SEALS, seals) &&
	       !lseek(r->fds[0], 0, SEEK_SET);
}

/* Only tightens. */
static void limit(int resource, rlim_t value)
{
	struct rlimit r;
	if (getrlimit(resource, &r))
		return;
	r.rlim_max = tern_min(r.rlim_max, value);
	r.rlim_cur = tern_min(r.rlim_cur, r.rlim_max);
	setrlimit(resource, &r);
}

/* The child until exec(). It may call nothing that takes a lock: the parent has other threads. */
_Noreturn static void become_translator(const struct run *r, pid_t parent)
{
	const struct tern_wire_request *q = r->build->request;
	prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
	prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
	if (getppid() != parent)
		_exit(127);
	/* one more than it may take by the clock, so that the parent can say why it ended */
	if (q->translator_seconds)
		limit(RLIMIT_CPU, (rlim_t)q->translator_seconds + 1);
	limit(RLIMIT_FSIZE, OUTPUT_MOST);
	limit(RLIMIT_CORE, 0);
	for (int i = 0; i < 3; i++)
		if (dup2(r->fds[i], i) < 0)
			_exit(127);
	syscall(SYS_close_range, 3, ~0u, 0);
	if (!chdir("/"))
		execve(q->translator, args, environment);
	_exit(127);
}

/* Until the child has ended, or must. Without a pidfd (Linux before 5.3) the limits of become_
 * translator() are all that bounds it. */
static void wait_for_child(struct run *r)
{
	uint64_t seconds = r->build->request->translator_seconds;
	int pidfd = (int)syscall(SYS_pidfd_open, r->child, 0);
	struct pollfd p = {.fd = pidfd, .events = POLLIN};
	int timeout = seconds && seconds < 1000000 ? (int)seconds * 1000 : -1;
	int n = 1;
	while (pidfd >= 0 && (n = poll(&p, 1, timeout)) < 0 && errno == EINTR)
		;
	r->late = n == 0;
	if (r->late)
		kill(r->child, SIGKILL);
	while (waitpid(r->child, &r->status, 0) < 0 && errno == EINTR)
		;
	if (pidfd >= 0)
		close(pidfd);
}

/* What it wrote on standard error, but for what LLVM says of itself after a crash. */
static void log_words(const struct run *r)
{
	static const char *const ends[] = {"PLEASE submit", "Stack dump:"};
	char text[WORDS_MOST + 1];
	ssize_t n = pread(r->fds[2], text, WORDS_MOST, 0);
	text[n < 0 ? 0 : n] = '\0';
	for (size_t i = 0; i < tern_array_size(ends); i++) {
		char *end = strstr(text, ends[i]);
		if (end)
			*end = '\0';
	}
	for (char *c = text; *c; c++)
		if ((unsigned char)*c < ' ' && *c != '\n')
			*c = ' ';
	size_t length = strlen(text);
	while (length && (text[length - 1] == '\n' || text[length - 1] == ' '))
		text[--length] = '\0';
	if (length)
		tern_build_log(r->build, "%s\n", text);
}

/* Failed when the child did not do what it was asked for. */
static enum tern_build_status judge(const struct run *r)
{
	struct tern_build *b = r->build;
	if (!r->late && WIFEXITED(r->status) && WEXITSTATUS(r->status) == 0)
		return TERN_BUILD_OK;
	if (r->late)
		tern_build_log(b,
			       "error: the translator of SPIR-V was ended after %u s "
			       "(TERN_COMPILE_TIMEOUT)\n",
			       b->request->translator_seconds);
	else if (WIFEXITED(r->status) && WEXITSTATUS(r->status) == 127)
		tern_build_log(b, "error: the translator of SPIR-V cannot be started: %s\n",
			       b->request->translator);
	else if (WIFEXITED(r->status))
		tern_build_log(b, "error: the translator of SPIR-V refuses the module:\n");
	else
		tern_build_log(b, "error: the translator of SPIR-V died over the module (%s):\n",
			       strsignal(WTERMSIG(r->status)));
	log_words(r);
	return TERN_BUILD_FAILED;
}

static enum tern_build_status take_output(const struct run *r, LLVMMemoryBufferRef *out)
{
	struct stat s;
	if (fstat(r->fds[1], &s))
		return TERN_BUILD_UNAVAILABLE;
	if (s.st_size <= 0) {
		tern_build_log(r->build, "error: the translator of SPIR-V wrote nothing\n");
		return TERN_BUILD_FAILED;
	}
	size_t size = (size_t)s.st_size;
	void *bytes = mmap(NULL, size, PROT_READ, MAP_PRIVATE, r->fds[1], 0);
	if (bytes == MAP_FAILED)
		return TERN_BUILD_UNAVAILABLE;
	*out = LLVMCreateMemoryBufferWithMemoryRangeCopy(bytes, size, "spirv");
	munmap(bytes, size);
	return TERN_BUILD_OK;
}

static enum tern_build_status run_in_files(struct run *r, LLVMMemoryBufferRef *out)
{
	pid_t self = getpid();
	r->child = fork();
	if (r->child < 0) {
		tern_build_log(r->build, "error: no process for the translator of SPIR-V: %s\n",
			       strerror(errno));
		return TERN_BUILD_UNAVAILABLE;
	}
	if (!r->child)
		become_translator(r, self);
	wait_for_child(r);
	enum tern_build_status s = judge(r);
	return s == TERN_BUILD_OK ? take_output(r, out) : s;
}

enum tern_build_status tern_translator_run(struct tern_build *b, const void *spirv, size_t bytes,
					   LLVMMemoryBufferRef *out)
{
	struct run r = {.build = b, .fds = {-1, -1, -1}};
	enum tern_build_status s = TERN_BUILD_UNAVAILABLE;
	if (open_files(&r, spirv, bytes))
		s = run_in_files(&r, out);
	else
		tern_build_log(b, "error: no file for the translator of SPIR-V: %s\n",
			       strerror(errno));
	for (int i = 0; i < 3; i++)
		if (r.fds[i] >= 0)
			close(r.fds[i]);
	return s;
}
