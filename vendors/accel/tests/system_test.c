/* SPDX-License-Identifier: MIT */
/* Any pointer of the program's: malloc, the stack, more than the device's memory; faults are
 * counted for each command, and a killed device loses nothing that was written. */
#include <pthread.h>
#include <sys/mman.h>

#include "harness.h"

enum { WORDS = 24 << 20 >> 2, KILLS = 12, LIST = 3000 }; /* 24 MiB: more than mem= */

static const char source[] =
	"kernel void add(global uint *p, uint n) { p[get_global_id(0)] += n; }"
	"struct node { global struct node *next; ulong value; };"
	"kernel void walk(global struct node *p, global ulong *out) { ulong sum = 0;"
	" for (; p; p = p->next) { sum += p->value; p->value++; } *out = sum; }"
	"kernel void copy(global uint *to, global const uint *from) {"
	" to[get_global_id(0)] = from[get_global_id(0)]; }"
	"kernel void count(global ulong *p, uint n) {"
	" for (uint i = 0; i < n; i++) atomic_add((volatile global uint *)p, 1u); }";

struct node {
	struct node *next;
	uint64_t value;
};

static struct tern_queue *queue;

static void lists(void)
{
	struct node *head = NULL;
	uint64_t sum = 0;
	for (uint64_t i = 0; i < LIST; i++) {
		struct node *n = malloc(sizeof(*n) + i % 777);
		CHECK(n);
		*n = (struct node){head, i};
		head = n;
	}
	uint64_t *out = &sum; /* on the stack */
	for (uint64_t round = 0; round < 5; round++) {
		CHECK(run_kernel(queue, "walk", RANGE(1, 1), ARGS(&head, &out)) == CL_COMPLETE);
		CHECK(sum == (uint64_t)LIST * (LIST - 1) / 2 + round * LIST);
	}
	while (head) {
		struct node *next = head->next;
		free(head);
		head = next;
	}
}

static void check_words(const uint32_t *p, uint32_t add)
{
	for (uint32_t i = 0; i < WORDS; i++)
		CHECK(p[i] == i + add);
}

/* More than the device holds; the pages go and come. */
static void too_much(void)
{
	uint32_t *p = malloc(WORDS * 4), one = 1;
	CHECK(p);
	for (uint32_t i = 0; i < WORDS; i++)
		p[i] = i;
	for (uint32_t round = 1; round <= 3; round++) {
		cl_event event;
		enqueue_kernel(queue, "add", RANGE(WORDS, 1024), ARGS(&p, &one), &event);
		CHECK(!event_wait(event));
		const struct tern_event *e = event_of(event);
		CHECK(e->svm_faults && e->svm_pages_in && e->svm_pages_out);
		event_release(event);
		check_words(p, round);
	}
	free(p);
}

static _Atomic bool over;

static void *kill_often(void *unused)
{
	(void)unused;
	for (unsigned i = 0; i < KILLS; i++) {
		usleep(5000 + i * 3000);
		pid_t pid = device_pid();
		if (pid > 0)
			kill(pid, SIGKILL);
	}
	atomic_store(&over, true);
	return NULL;
}

/* What a failed kernel has written is not known, but for each word it is old or new. */
static void killed(void)
{
	uint32_t *p = malloc(WORDS * 4), *q = malloc(WORDS * 4), one = 1;
	pthread_t killer;
	unsigned ok = 0;
	CHECK(p && q);
	memset(p, 0, WORDS * 4);
	CHECK(!pthread_create(&killer, NULL, kill_often, NULL));
	for (bool last = false; !last; last |= ok > 2) {
		memcpy(q, p, WORDS * 4);
		cl_int status = run_kernel(queue, "add", RANGE(WORDS, 1024), ARGS(&p, &one));
		CHECK(status == CL_COMPLETE || status == CL_OUT_OF_RESOURCES);
		for (uint32_t i = 0; i < WORDS; i++)
			CHECK(p[i] == q[i] + 1 || (status && p[i] == q[i]));
		ok = atomic_load(&over) && status == CL_COMPLETE ? ok + 1 : 0;
	}
	CHECK(!pthread_join(killer, NULL));
	free(p);
	free(q);
}

/* Host and device count together. */
static void together(void)
{
	/* Not a static: in this program those are beside libtern's, which no device may reach. */
	_Atomic uint32_t *word = calloc(1, 64);
	void *p = (void *)word;
	uint32_t n = 2000;
	cl_event event;
	enqueue_kernel(queue, "count", RANGE(4, 1), ARGS(&p, &n), &event);
	CHECK(!tern_queue_flush(queue));
	for (uint32_t i = 0; i < n; i++)
		atomic_fetch_add(&word[0], 1);
	CHECK(event_end(event) == CL_COMPLETE && word[0] == 5 * n);
	free(word);
}

/* Memory that comes and goes under the device. */
static void unmapped(void)
{
	uint32_t one = 1;
	for (unsigned i = 0; i < 50; i++) {
		uint32_t *p = mmap(NULL, 1 << 20, PROT_READ | PROT_WRITE,
				   MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
		CHECK(p != MAP_FAILED && p[5] == 0);
		CHECK(run_kernel(queue, "add", RANGE(1 << 18, 256), ARGS(&p, &one)) == CL_COMPLETE);
		CHECK(p[5] == 1 && p[(1 << 18) - 1] == 1);
		CHECK(run_kernel(queue, "add", RANGE(1 << 18, 256), ARGS(&p, &one)) == CL_COMPLETE);
		CHECK(!munmap(p, 1 << 20));
	}
}

/* Large copies ask the engine first. */
static void copies(void)
{
	uint32_t *p = malloc(WORDS * 4), *q = malloc(WORDS * 4), one = 1;
	CHECK(p && q);
	for (uint32_t i = 0; i < WORDS; i++)
		p[i] = i;
	memset(q, 0, WORDS * 4);
	CHECK(run_kernel(queue, "add", RANGE(WORDS, 1024), ARGS(&p, &one)) == CL_COMPLETE);
	CHECK(run_kernel(queue, "add", RANGE(WORDS, 1024), ARGS(&q, &one)) == CL_COMPLETE);
	CHECK(!enqueue_copy(queue, q + 3, p, WORDS * 4 - 12, true));
	CHECK(q[0] == 1 && q[2] == 1);
	for (uint32_t i = 3; i < WORDS; i++)
		CHECK(q[i] == i - 2);
	CHECK(!enqueue_copy(queue, p, p + 1, WORDS * 4 - 4, true)); /* they overlap */
	CHECK(p[0] == 2 && p[WORDS - 2] == WORDS);
	free(p);
	free(q);
}

int main(void)
{
	setenv("TERN_ACCEL", "mem=16M,units=2", 1);
	test_start(source);
	if (!(test_device->caps.svm & CL_DEVICE_SVM_FINE_GRAIN_SYSTEM))
		return 77;
	queue = queue_new(0);
	lists();
	too_much();
	together();
	unmapped();
	copies();
	killed();
	queue_release(queue);
	test_end();
	return 0;
}
