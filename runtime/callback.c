/* SPDX-License-Identifier: MIT */
/*
 * The callback thread: runs the program's functions one after the other, in the order of their
 * posting, with no lock held. It starts at the first post and sleeps when there is nothing to do.
 */
#include "runtime/base/alloc.h"
#include "runtime/base/log.h"
#include "runtime/base/thread.h"
#include "runtime/schedule.h"

static struct {
	struct tern_lock lock;
	struct tern_post *head, *tail;
	_Atomic uint32_t posted; /* futex: changes with each post to an empty list */
	_Atomic bool running;    /* the thread exists */
	_Atomic bool busy;       /* inside a function of the program's */
	_Atomic bool quit;
} list = {.lock = TERN_LOCK_INIT(TERN_LOCK_CALLBACK)};

static struct tern_post *take_all(void)
{
	tern_lock_acquire(&list.lock);
	struct tern_post *post = list.head;
	list.head = list.tail = NULL;
	tern_lock_release(&list.lock);
	return post;
}

static void *callback_main(void *unused)
{
	(void)unused;
	tern_thread_name("tern-callback");
	while (!atomic_load(&list.quit)) {
		uint32_t seen = atomic_load(&list.posted);
		atomic_store(&list.busy, true);
		struct tern_post *post = take_all();
		if (!post) {
			atomic_store(&list.busy, false);
			tern_futex_wait(&list.posted, seen);
			continue;
		}
		while (post && !atomic_load(&list.quit)) {
			struct tern_post *next = post->next;
			post->fn(post);
			post = next;
		}
	}
	atomic_store(&list.busy, false);
	return NULL;
}

cl_int tern_callback_start(void)
{
	if (tern_likely(atomic_load_explicit(&list.running, memory_order_acquire)))
		return CL_SUCCESS;
	tern_lock_acquire(&list.lock);
	int error = 0;
	if (!atomic_load(&list.running)) {
		error = tern_thread_start(callback_main, NULL, 0);
		if (!error)
			atomic_store(&list.running, true);
	}
	tern_lock_release(&list.lock);
	if (error)
		tern_log_error("no thread for callbacks (error %d)", -error);
	return error ? CL_OUT_OF_HOST_MEMORY : CL_SUCCESS;
}

void tern_callback_append(struct tern_post *post)
{
	post->next = NULL;
	tern_lock_acquire(&list.lock);
	bool was_empty = !list.head;
	if (was_empty)
		list.head = post;
	else
		list.tail->next = post;
	list.tail = post;
	tern_lock_release(&list.lock);
	if (was_empty) {
		atomic_fetch_add(&list.posted, 1);
		tern_futex_wake(&list.posted, 1);
	}
}

struct function_post {
	struct tern_post post;
	void (*fn)(void *data);
	void *data;
};

static void run_function(struct tern_post *post)
{
	struct function_post f = *tern_container_of(post, struct function_post, post);
	tern_free(tern_container_of(post, struct function_post, post));
	f.fn(f.data);
}

cl_int tern_callback_post(void (*fn)(void *data), void *data)
{
	struct function_post *f = tern_alloc(sizeof(*f));
	if (!f)
		return CL_OUT_OF_HOST_MEMORY;
	if (tern_callback_start() != CL_SUCCESS) {
		tern_free(f);
		return CL_OUT_OF_HOST_MEMORY;
	}
	*f = (struct function_post){.post.fn = run_function, .fn = fn, .data = data};
	tern_callback_append(&f->post);
	return CL_SUCCESS;
}

/* At the process's end: what runs may finish within a moment, what waits is dropped. */
__attribute__((destructor)) static void callback_end(void)
{
	if (!atomic_load(&list.running))
		return;
	atomic_store(&list.quit, true);
	atomic_fetch_add(&list.posted, 1);
	tern_futex_wake(&list.posted, 1);
	for (unsigned i = 0; i < 50 && atomic_load(&list.busy); i++)
		tern_sleep_ms(1);
}

void tern_callback_fork_before(void)
{
	tern_lock_acquire(&list.lock);
}

/* A child has no callback thread and none of the parent's callbacks. */
void tern_callback_fork_after(bool child)
{
	if (child) {
		list.head = list.tail = NULL;
		atomic_store(&list.running, false);
		atomic_store(&list.busy, false);
	}
	tern_lock_release(&list.lock);
}
