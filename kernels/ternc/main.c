/* SPDX-License-Identifier: MIT */
/*
 * ternc, the compile server: libtern starts it with a socket as descriptor 3 (kernels/protocol.h).
 * It writes nothing but answers; what it survives or not is no concern of the application.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/close_range.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <llvm-c/Target.h>

#include "kernels/code_format.h"
#include "kernels/protocol.h"
#include "kernels/ternc/server.h"
#include "kernels/ternc/shim.h"
#include "runtime/base/log.h"

#define ADDRESS_SPACE_LIMIT ((rlim_t)4 << 30)

/* Ends the process when the peer is gone, also in the middle of a build. */
static void *watch_peer(void *unused)
{
	struct pollfd p = {.fd = TERN_SERVER_FD, .events = POLLRDHUP};
	(void)unused;
	for (;;) {
		int n = poll(&p, 1, -1);
		if (n > 0 || (n < 0 && errno != EINTR))
			_exit(0);
	}
	return NULL;
}

static void limit(int resource, rlim_t value)
{
	struct rlimit r;
	if (getrlimit(resource, &r) != 0)
		return;
	if (r.rlim_cur == RLIM_INFINITY || r.rlim_cur > value)
		r.rlim_cur = value;
	if (setrlimit(resource, &r) != 0)
		tern_log_debug("ternc: cannot set a limit: %s", strerror(errno));
}

/* The application's descriptors, terminal and core dumps are not ours. */
static void isolate(void)
{
	limit(RLIMIT_CORE, 0);
	limit(RLIMIT_AS, ADDRESS_SPACE_LIMIT);
	syscall(SYS_close_range, TERN_SERVER_FD + 1, ~0u, 0);
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);
	if (null < 0)
		return;
	bool loud = tern_log_enabled(TERN_LOG_DEBUG);
	dup2(null, STDIN_FILENO);
	dup2(null, STDOUT_FILENO);
	if (!loud)
		dup2(null, STDERR_FILENO);
	close(null);
}

static int serve(void)
{
	pthread_t watcher;
	isolate();
	if (fcntl(TERN_SERVER_FD, F_GETFD) < 0)
		return 2;
	LLVMInitializeX86TargetInfo();
	LLVMInitializeX86Target();
	LLVMInitializeX86TargetMC();
	LLVMInitializeX86AsmPrinter();
	LLVMInitializeX86AsmParser();
	if (pthread_create(&watcher, NULL, watch_peer, NULL) != 0)
		return 2;
	int e = tern_server_run(TERN_SERVER_FD);
	if (e)
		tern_log_error("ternc: %s", strerror(-e));
	/* nothing to save: do not spend time on destructors */
	_exit(e ? 1 : 0);
}

int main(int argc, char **argv)
{
	if (argc == 2 && strcmp(argv[1], "--version") == 0) {
		printf("ternc %s (LLVM %s)\n", TERN_CODE_VERSION, tern_llvm_version());
		return 0;
	}
	if (argc == 2 && strcmp(argv[1], "--server") == 0)
		return serve();
	fprintf(stderr, "usage: ternc --version | --server\n"
			"The compile server of Tern; libtern starts it.\n");
	return 2;
}
