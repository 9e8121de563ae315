/* SPDX-License-Identifier: MIT */
/* Chapter 5.6: fine-grained system memory: any pointer of the program is valid in a kernel. */
#include "conformance/shared.h"
#include <pthread.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

static void need_system(void)
{
	if (!(conf_device_ulong(CL_DEVICE_SVM_CAPABILITIES) & CL_DEVICE_SVM_FINE_GRAIN_SYSTEM))
		SKIP("the device does not report CL_DEVICE_SVM_FINE_GRAIN_SYSTEM");
}

static cl_kernel system_kernel(const char *source, const char *name)
{
	const cl_bool yes = CL_TRUE;
	cl_kernel kernel = conf_kernel(source, name);

	OK(clSetKernelExecInfo(kernel, CL_KERNEL_EXEC_INFO_SVM_FINE_GRAIN_SYSTEM, sizeof yes,
			       &yes));
	return kernel;
}

static int some_globals[777];
static const int some_constants[4] = {11, 22, 33, 44};

static void run_on(cl_kernel kernel, void *pointer, size_t count)
{
	OK(clSetKernelArgSVMPointer(kernel, 0, pointer));
	conf_run(kernel, count, 0);
}

static void memory_from_malloc(void)
{
	need_system();
	static const size_t counts[] = {1, 100, 5000, 1000000};
	cl_kernel kernel = shared_kernel("inc");

	for (size_t k = 0; k < LENGTH(counts); k++) {
		int *p = malloc(counts[k] * sizeof *p);
		size_t wrong = 0;

		REQUIRE(p != NULL);
		for (size_t i = 0; i < counts[k]; i++)
			p[i] = (int)i;
		run_on(kernel, p, counts[k]);
		for (size_t i = 0; i < counts[k]; i++)
			wrong += p[i] != (int)i + 1;
		CHECK_EQ(0, wrong);
		free(p);
	}
}

static void stack_and_globals(void)
{
	need_system();
	cl_kernel kernel = shared_kernel("inc");
	volatile int on_stack[100] = {0};

	run_on(kernel, (void *)(uintptr_t)on_stack, 100);
	for (int i = 0; i < 100; i++)
		CHECK_EQ(1, on_stack[i]);
	run_on(kernel, some_globals, LENGTH(some_globals));
	run_on(kernel, some_globals, LENGTH(some_globals));
	for (size_t i = 0; i < LENGTH(some_globals); i++)
		CHECK_EQ(2, some_globals[i]);
}

static void constants_of_the_program(void)
{
	need_system();
	cl_kernel kernel = system_kernel("kernel void sum(global const int *a, global int *o) { *o "
					 "= a[0] + a[1] + a[2] + a[3]; }",
					 "sum");
	int sum = 0;

	OK(clSetKernelArgSVMPointer(kernel, 0, some_constants));
	OK(clSetKernelArgSVMPointer(kernel, 1, &sum));
	conf_run(kernel, 1, 1);
	CHECK_EQ(110, sum);
}

static void memory_from_mmap(void)
{
	need_system();
	enum { COUNT = 1 << 18 };
	cl_kernel kernel = shared_kernel("inc");

	for (int turn = 0; turn < 20; turn++) {
		int *p = mmap(NULL, COUNT * sizeof *p, PROT_READ | PROT_WRITE,
			      MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

		REQUIRE(p != MAP_FAILED);
		/* Never touched by the host before: zero pages. */
		run_on(kernel, p, COUNT);
		CHECK(p[0] == 1 && p[COUNT / 2] == 1 && p[COUNT - 1] == 1);
		munmap(p, COUNT * sizeof *p);
	}
}

struct tree {
	struct tree *left, *right;
	cl_int key, depth;
};

static const char *const tree_source =
	"typedef struct tree { global struct tree *left, *right; int key, depth; } tree;\n"
	"kernel void find(global tree *root, global const int *keys, global int *found) {\n"
	"  size_t i = get_global_id(0);\n"
	"  global tree *t = root;\n"
	"  while (t && t->key != keys[i]) t = keys[i] < t->key ? t->left : t->right;\n"
	"  found[i] = t ? t->depth : -1; }\n";

static struct tree *insert(struct tree *root, cl_int key)
{
	struct tree **at = &root;
	int depth = 0;

	while (*at) {
		if ((*at)->key == key)
			return root;
		at = key < (*at)->key ? &(*at)->left : &(*at)->right;
		depth++;
	}
	*at = calloc(1, sizeof **at);
	REQUIRE(*at != NULL);
	(*at)->key = key;
	(*at)->depth = depth;
	return root;
}

static int find_depth(const struct tree *t, cl_int key)
{
	while (t && t->key != key)
		t = key < t->key ? t->left : t->right;
	return t ? t->depth : -1;
}

static void free_tree(struct tree *t)
{
	while (t) {
		struct tree *right = t->right;

		free_tree(t->left);
		free(t);
		t = right;
	}
}

static void tree_from_malloc(void)
{
	need_system();
	enum { KEYS = 5000 };
	cl_kernel kernel = system_kernel(tree_source, "find");
	cl_int *keys = malloc(KEYS * sizeof *keys), *found = malloc(KEYS * sizeof *found);
	struct tree *root = NULL;
	uint32_t state = 17;

	REQUIRE(keys && found);
	for (int i = 0; i < KEYS; i++)
		root = insert(root, (cl_int)(conf_random(&state) % 20000));
	for (int i = 0; i < KEYS; i++)
		keys[i] = (cl_int)(conf_random(&state) % 20000);
	OK(clSetKernelArgSVMPointer(kernel, 0, root));
	OK(clSetKernelArgSVMPointer(kernel, 1, keys));
	OK(clSetKernelArgSVMPointer(kernel, 2, found));
	conf_run(kernel, KEYS, 0);
	for (int i = 0; i < KEYS; i++)
		CHECK_EQ(find_depth(root, keys[i]), found[i]);
	free_tree(root);
	free(keys);
	free(found);
}

struct node {
	struct node *next;
	cl_int value;
};

static const char *const list_source =
	"typedef struct node { global struct node *next; int value; } node;\n"
	"typedef struct { global node *first; } list;\n"
	"kernel void reverse(global list *l) {\n"
	"  global node *last = 0, *n = l->first;\n"
	"  while (n) { global node *next = n->next; n->next = last; n->value *= 2; last = n; n = "
	"next; }\n"
	"  l->first = last; }\n";

/* The kernel changes the pointers of a list whose nodes lie on the heap, the stack and in globals.
 */
static void list_is_reversed(void)
{
	need_system();
	enum { COUNT = 3000 };
	static struct node in_globals[COUNT / 3];
	struct node on_stack[COUNT / 3];
	cl_kernel kernel = system_kernel(list_source, "reverse");
	struct node *head = NULL, *heap[COUNT / 3];

	for (int i = 0; i < COUNT; i++) {
		struct node *n = i % 3 == 0   ? &in_globals[i / 3]
				 : i % 3 == 1 ? &on_stack[i / 3]
					      : (heap[i / 3] = malloc(sizeof *n));

		REQUIRE(n != NULL);
		*n = (struct node){head, i};
		head = n;
	}
	OK(clSetKernelArgSVMPointer(kernel, 0, &head));
	conf_run(kernel, 1, 1);
	int i = 0;

	for (struct node *n = head; n && i < COUNT; n = n->next, i++)
		CHECK_EQ(2 * i, n->value);
	CHECK_EQ(COUNT, i);
	for (int k = 0; k < COUNT / 3; k++)
		free(heap[k]);
}

/* Commands on system pointers: the copy functions take any address. */
static void copies_of_system_memory(void)
{
	need_system();
	char from[1000], to[1000] = {0};

	for (int i = 0; i < 1000; i++)
		from[i] = (char)i;
	OK(clEnqueueSVMMemcpy(conf_queue(), CL_TRUE, to, from, sizeof to, 0, NULL, NULL));
	CHECK(!memcmp(from, to, sizeof to));
	OK(clEnqueueSVMMemFill(conf_queue(), to, "ab", 2, sizeof to, 0, NULL, NULL));
	OK(clFinish(conf_queue()));
	CHECK(to[0] == 'a' && to[999] == 'b');
	const void *pointer = from;
	const size_t size = sizeof from;

	OK(clEnqueueSVMMigrateMem(conf_queue(), 1, &pointer, &size, 0, 0, NULL, NULL));
	OK(clEnqueueSVMMap(conf_queue(), CL_TRUE, CL_MAP_READ, from, size, 0, NULL, NULL));
	OK(clEnqueueSVMUnmap(conf_queue(), from, 0, NULL, NULL));
	OK(clFinish(conf_queue()));
}

struct job {
	cl_kernel kernel;
	cl_command_queue queue;
	int index;
	int wrong;
};

static void *do_job(void *data)
{
	struct job *job = data;
	int on_stack[64];

	for (int turn = 0; turn < 50; turn++) {
		size_t count = 64;
		int *heap = malloc(count * sizeof *heap);

		if (!heap) {
			job->wrong++;
			break;
		}
		for (size_t i = 0; i < count; i++)
			heap[i] = on_stack[i] = job->index * 1000 + (int)i;
		for (int which = 0; which < 2; which++) {
			int *p = which ? heap : on_stack;
			cl_int error = clSetKernelArgSVMPointer(job->kernel, 0, p);

			error = error ? error
				      : clEnqueueNDRangeKernel(job->queue, job->kernel, 1, NULL,
							       &count, NULL, 0, NULL, NULL);
			error = error ? error : clFinish(job->queue);
			job->wrong += error != CL_SUCCESS;
			for (size_t i = 0; i < count; i++)
				job->wrong += p[i] != job->index * 1000 + (int)i + 1;
		}
		free(heap);
	}
	return NULL;
}

/* Each thread's own stack and heap, at the same time. */
static void several_threads(void)
{
	need_system();
	enum { THREADS = 6 };
	pthread_t threads[THREADS];
	struct job jobs[THREADS];

	for (int i = 0; i < THREADS; i++) {
		jobs[i] = (struct job){shared_kernel("inc"), conf_queue_with(0), i, 0};
		REQUIRE(!pthread_create(&threads[i], NULL, do_job, &jobs[i]));
	}
	for (int i = 0; i < THREADS; i++) {
		pthread_join(threads[i], NULL);
		CHECK_EQ(0, jobs[i].wrong);
	}
}

/* Host and kernel answer each other through a variable on the stack while the kernel runs. */
static void atomics_on_system_memory(void)
{
	need_system();
	if (!(conf_device_ulong(CL_DEVICE_SVM_CAPABILITIES) & CL_DEVICE_SVM_ATOMICS))
		SKIP("the device does not report CL_DEVICE_SVM_ATOMICS");
	const size_t one = 1;
	cl_kernel kernel = conf_kernel_of(
		conf_program("kernel void meet(volatile global atomic_int *mine,\n"
			     "                 volatile global atomic_int *theirs) {\n"
			     "  atomic_store_explicit(mine, 1, memory_order_release, "
			     "memory_scope_all_svm_devices);\n"
			     "  for (long i = 0; i < 4000000000L; i++)\n"
			     "    if (atomic_load_explicit(theirs, memory_order_acquire,\n"
			     "        memory_scope_all_svm_devices)) break;\n"
			     "  atomic_store_explicit(mine, 2, memory_order_release, "
			     "memory_scope_all_svm_devices); }\n",
			     "-cl-std=CL3.0"),
		"meet");
	atomic_int on_stack = 0, *heap = calloc(1, sizeof *heap);

	REQUIRE(heap != NULL);
	OK(clSetKernelArgSVMPointer(kernel, 0, &on_stack));
	OK(clSetKernelArgSVMPointer(kernel, 1, heap));
	OK(clEnqueueNDRangeKernel(conf_queue(), kernel, 1, NULL, &one, NULL, 0, NULL, NULL));
	OK(clFlush(conf_queue()));
	CHECK(conf_wait_word(&on_stack, 1, 10));
	atomic_store(heap, 1);
	CHECK(conf_wait_word(&on_stack, 2, 10));
	OK(clFinish(conf_queue()));
	free(heap);
}

/* A buffer over memory of the program stays that memory: no map is needed to see it. */
static void use_host_ptr_is_shared(void)
{
	need_system();
	static int values[1000];
	cl_kernel kernel = shared_kernel("inc");
	cl_mem mem = conf_buffer(CL_MEM_USE_HOST_PTR, sizeof values, values);

	ARG(kernel, 0, mem);
	conf_run(kernel, 1000, 0);
	conf_run(kernel, 1000, 0);
	CHECK(values[0] == 2 && values[999] == 2);
}

CONF_CASES(svm_system) = {
	CASE(memory_from_malloc),
	CASE(stack_and_globals),
	CASE(constants_of_the_program),
	CASE(memory_from_mmap),
	CASE(tree_from_malloc),
	CASE(list_is_reversed),
	CASE(copies_of_system_memory),
	CASE(several_threads),
	CASE(atomics_on_system_memory),
	CASE(use_host_ptr_is_shared),
	CASE_END,
};
