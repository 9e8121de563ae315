/* SPDX-License-Identifier: MIT */
/*
 * DOC: compile servers
 *
 * A pool of at most two compile servers (one on a machine with one CPU), so that one program that
 * takes long to build does not keep another thread waiting. A slot is empty, changing (a thread
 * starts or ends its server), idle or busy (a thread talks to it). The pool's lock is held for
 * bookkeeping only; a thread that finds no slot waits for one, which comes, as every conversation
 * has a deadline and ends with a release.
 *
 * fork(): the child closes its copies of the sockets, so that the parent's servers still see the
 * parent end, and begins with an empty pool. A child that was made behind the C library's back is
 * noticed by its process id.
 */
#ifndef TERN_KERNELS_SERVER_H
#define TERN_KERNELS_SERVER_H

#include "kernels/kernels.h"

/* Which file the compile server is: two are the same when all is equal. */
struct tern_server_identity {
	uint64_t device, inode, size, mtime_ns;
};

/* -errno: it cannot be found. */
int tern_server_identify(const char *path, struct tern_server_identity *out) TERN_MUST_CHECK;

struct tern_server;

/*
 * A server for the calling thread alone, started if need be from @path; one that runs another file
 * than @identity says is replaced. Waits while all are busy. -errno: none could be started.
 */
int tern_server_acquire(const char *path, const struct tern_server_identity *identity,
			struct tern_server **out) TERN_MUST_CHECK;
/*
 * Sends a build request and receives the result's payload (the caller frees it). -errno of
 * tern_wire_send() and tern_wire_receive(); -EPROTO also for a message of another type.
 */
int tern_server_exchange(struct tern_server *server, const void *request, size_t request_size,
			 uint64_t deadline, void **result, size_t *result_size) TERN_MUST_CHECK;
/* Gives the server back, for the next one to use. */
void tern_server_release(struct tern_server *server);
/*
 * Ends a server that is dead, hangs or talks nonsense, and gives its slot back. What it wrote last
 * on its standard error comes in @last_words, made printable; "" if nothing.
 */
void tern_server_discard(struct tern_server *server, char *last_words, size_t size);
/* Ends the idle servers. */
void tern_server_finish(void);

#endif
