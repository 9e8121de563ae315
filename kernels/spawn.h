/* SPDX-License-Identifier: MIT */
/*
 * DOC: starting a helper process without disturbing the application
 *
 * A child's death must not be the application's business: no SIGCHLD, no zombie, nothing for
 * wait(). exec() resets a child's exit signal to SIGCHLD, so clone() without one is not enough.
 * Therefore an intermediate process, which shares the application's memory and descriptor table and
 * has no exit signal, starts the real one and ends at once; we reap it (wait() without __WALL or
 * __WCLONE does not see it), and the real one is left to init.
 *
 * Both are made with CLONE_VFORK on stacks of their own: the calling thread sleeps until the helper
 * has its own memory, nothing is copied, and the size of the application does not matter. All
 * signals are blocked meanwhile. The helper gets the default signal dispositions, an empty signal
 * mask, a session of its own (the terminal's signals are not for it), no core dumps,
 * /dev/null as standard input and output, and no other descriptors than those
 * given. It must end by itself when its socket hangs up: that is how it dies with the application.
 *
 * An application that is a subreaper or the init of its container inherits the helper like any
 * other orphan; tern_helper_kill() then reaps it.
 */
#ifndef TERN_KERNELS_SPAWN_H
#define TERN_KERNELS_SPAWN_H

#include <sys/types.h>

#include "runtime/base/base.h"

struct tern_helper {
	pid_t pid;
	int pidfd; /* -1 where the kernel gives none */
};

/*
 * Starts @path with @argv and @envp. @fd becomes its descriptor @target_fd (at least 3); @error_fd,
 * -1 for /dev/null, its standard error. Both stay open here. -errno of what failed, exec()
 * included.
 */
int tern_helper_start(const char *path, char *const argv[], char *const envp[], int fd,
		      int target_fd, int error_fd, struct tern_helper *out) TERN_MUST_CHECK;
/* Ends the helper, at once. @alive: nothing says that it has ended (used where there is no pidfd).
 */
void tern_helper_kill(struct tern_helper *helper, bool alive);
/* Forgets the helper without touching it: in the child of fork(). */
void tern_helper_forget(struct tern_helper *helper);

#endif
