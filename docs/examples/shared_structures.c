/* SPDX-License-Identifier: MIT */
/*
 * One address space, with all devices in one context: entries made with malloc() that are a list, a
 * binary tree and a hash table at the same time. Kernels of each device and the host walk and
 * change them in turn; then all devices and two host threads count in the table at once. Where the
 * platform has cl_tern_svm_statistics, the faults and pages that it took are printed.
 *
 *     cc -Iicd shared_structures.c -lOpenCL -lpthread -o shared_structures
 *     tern run --devices cpu,accel -- ./shared_structures
 */
#define CL_TARGET_OPENCL_VERSION 300
#include <CL/cl.h>
#include "cl_tern.h"
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct entry {
	struct entry *next;         /* the list, in the order of making */
	struct entry *left, *right; /* the tree, by word */
	struct entry *chain;        /* the table's slot */
	char *word;
	atomic_int count;
	int value;
};

struct table {
	struct entry *first, *root, *slots[1024];
};

static const char source[] =
	"typedef struct entry { global struct entry *next, *left, *right, *chain;\n"
	"  global char *word; atomic_int count; int value; } entry;\n"
	"typedef struct { global entry *first, *root, *slots[1024]; } table;\n"
	"int compare(global char *a, global char *b) {\n"
	"  while (*a && *a == *b) { a++; b++; } return *a - *b; }\n"
	"uint hash(global char *w) { uint h = 5381; while (*w) h = h * 33 + *w++; return h % 1024; "
	"}\n"
	"kernel void walk_list(global table *t) {\n"
	"  for (global entry *e = t->first; e; e = e->next) e->value = 2 * e->value + 1; }\n"
	"kernel void walk_tree(global table *t, global char *global *words) {\n"
	"  global char *word = words[get_global_id(0)];\n"
	"  global entry *e = t->root;\n"
	"  for (int c; e && (c = compare(word, e->word)); ) e = c < 0 ? e->left : e->right;\n"
	"  if (e) e->value += 3; }\n"
	"kernel void count(global table *t, global char *global *words) {\n"
	"  global char *word = words[get_global_id(0)];\n"
	"  for (global entry *e = t->slots[hash(word)]; e; e = e->chain)\n"
	"    if (!compare(word, e->word))\n"
	"      atomic_fetch_add_explicit(&e->count, 1, memory_order_relaxed,\n"
	"        memory_scope_all_svm_devices); }\n";

enum { WORDS = 5000, DEVICES = 8, ROUNDS = 3, THREADS = 2 };

#define CHECK(call)                                                                                \
	do {                                                                                       \
		cl_int err_ = (call);                                                              \
		if (err_ != CL_SUCCESS) {                                                          \
			fprintf(stderr, "%s: error %d\n", #call, err_);                            \
			exit(1);                                                                   \
		}                                                                                  \
	} while (0)

static struct table *table;
static char **words;

static cl_context context;
static cl_program program;
static cl_uint device_count;
static cl_device_id devices[DEVICES];
static char names[DEVICES][64];
static cl_command_queue queues[DEVICES];
static clGetSVMStatisticsTERN_fn get_statistics;

/* --- the program's own structure: nothing here knows of OpenCL -------------------------------- */

static unsigned hash(const char *word)
{
	unsigned h = 5381;
	while (*word)
		h = h * 33 + (unsigned)*word++;
	return h % 1024;
}

static struct entry *find(const char *word)
{
	struct entry *e = table->slots[hash(word)];
	while (e && strcmp(e->word, word))
		e = e->chain;
	return e;
}

static void insert(int number)
{
	char text[32];
	struct entry *e = calloc(1, sizeof(*e)), **at = &table->root;
	snprintf(text, sizeof(text), "w%d", number * 7919 % 100003);
	e->word = words[number] = strdup(text);
	e->next = table->first;
	table->first = e;
	e->chain = table->slots[hash(text)];
	table->slots[hash(text)] = e;
	while (*at)
		at = strcmp(text, (*at)->word) < 0 ? &(*at)->left : &(*at)->right;
	*at = e;
}

/* Compares all entries with @value, changes them back to 0 and returns how many were wrong. */
static int check_and_clear(int value)
{
	int wrong = 0;
	for (struct entry *e = table->first; e; e = e->next) {
		wrong += e->value != value;
		e->value = 0;
	}
	return wrong;
}

/* --- OpenCL --------------------------------------------------------------------------------- */

static void open_devices(void)
{
	cl_platform_id platform;
	cl_device_id found[DEVICES];
	cl_uint count = 0;
	cl_int err;
	CHECK(clGetPlatformIDs(1, &platform, NULL));
	CHECK(clGetDeviceIDs(platform, CL_DEVICE_TYPE_ALL, DEVICES, found, &count));
	for (cl_uint i = 0; i < count && i < DEVICES; i++) {
		cl_device_svm_capabilities svm = 0;
		CHECK(clGetDeviceInfo(found[i], CL_DEVICE_SVM_CAPABILITIES, sizeof(svm), &svm,
				      NULL));
		if (svm & CL_DEVICE_SVM_FINE_GRAIN_SYSTEM)
			devices[device_count++] = found[i];
	}
	if (!device_count) {
		fprintf(stderr, "no device with fine-grained system SVM\n");
		exit(77);
	}
	context = clCreateContext(NULL, device_count, devices, NULL, NULL, &err);
	CHECK(err);
	const char *text = source;
	program = clCreateProgramWithSource(context, 1, &text, NULL, &err);
	CHECK(err);
	CHECK(clBuildProgram(program, 0, NULL, "-cl-std=CL3.0", NULL, NULL));
	for (cl_uint i = 0; i < device_count; i++) {
		queues[i] = clCreateCommandQueueWithProperties(context, devices[i], NULL, &err);
		CHECK(err);
		clGetDeviceInfo(devices[i], CL_DEVICE_NAME, sizeof(names[i]), names[i], NULL);
	}
	get_statistics = (clGetSVMStatisticsTERN_fn)clGetExtensionFunctionAddressForPlatform(
		platform, "clGetSVMStatisticsTERN");
}

/* Enqueues kernel @name with the table and, where it wants them, the words. */
static void start(cl_uint device, const char *name, size_t range)
{
	const cl_bool yes = CL_TRUE;
	cl_int err;
	cl_kernel kernel = clCreateKernel(program, name, &err);
	CHECK(err);
	CHECK(clSetKernelExecInfo(kernel, CL_KERNEL_EXEC_INFO_SVM_FINE_GRAIN_SYSTEM, sizeof(yes),
				  &yes));
	CHECK(clSetKernelArgSVMPointer(kernel, 0, table)); /* a pointer from malloc */
	if (range > 1)
		CHECK(clSetKernelArgSVMPointer(kernel, 1, words));
	CHECK(clEnqueueNDRangeKernel(queues[device], kernel, 1, NULL, &range, NULL, 0, NULL, NULL));
	CHECK(clFlush(queues[device]));
	CHECK(clReleaseKernel(kernel));
}

/* What has happened since the last call. Devices that share the host's page tables count nothing.
 */
static void print_statistics(void)
{
	static cl_svm_statistics_tern last;
	cl_svm_statistics_tern s;
	if (!get_statistics ||
	    get_statistics(devices[device_count - 1], NULL, 0, sizeof(s), &s) != CL_SUCCESS)
		return;
	printf("    faults: %llu of devices, %llu of the host; pages: %llu to devices, %llu back\n",
	       (unsigned long long)(s.device_read_faults + s.device_write_faults -
				    last.device_read_faults - last.device_write_faults),
	       (unsigned long long)(s.host_read_faults + s.host_write_faults -
				    last.host_read_faults - last.host_write_faults),
	       (unsigned long long)(s.pages_to_device - last.pages_to_device),
	       (unsigned long long)(s.pages_to_host - last.pages_to_host));
	last = s;
}

static int in_turn(cl_uint device)
{
	int wrong = 0;
	for (int round = 0; round < ROUNDS; round++) {
		start(device, "walk_list", 1);
		start(device, "walk_tree", WORDS);
		start(device, "count", WORDS);
		CHECK(clFinish(queues[device]));
		wrong += check_and_clear(2 * 0 + 1 + 3);
	}
	for (struct entry *e = table->first; e; e = e->next)
		wrong += atomic_exchange(&e->count, 0) != ROUNDS;
	printf("  %s and the host in turn: list, tree and table of %d entries, %d wrong\n",
	       names[device], WORDS, wrong);
	print_statistics();
	return wrong;
}

static void *count_on_host(void *unused)
{
	for (int i = 0; i < WORDS; i++)
		atomic_fetch_add(&find(words[i])->count, 1);
	return unused;
}

static int at_once(void)
{
	pthread_t threads[THREADS];
	int wrong = 0;
	for (cl_uint d = 0; d < device_count; d++)
		for (int round = 0; round < ROUNDS; round++)
			start(d, "count", WORDS);
	for (int i = 0; i < THREADS; i++)
		pthread_create(&threads[i], NULL, count_on_host, NULL);
	for (int i = 0; i < THREADS; i++)
		pthread_join(threads[i], NULL);
	for (cl_uint d = 0; d < device_count; d++)
		CHECK(clFinish(queues[d]));
	for (struct entry *e = table->first; e; e = e->next)
		wrong += atomic_load(&e->count) != (int)device_count * ROUNDS + THREADS;
	printf("  %u device(s) and %d host threads at once: %d additions in the table, %d wrong\n",
	       device_count, THREADS, ((int)device_count * ROUNDS + THREADS) * WORDS, wrong);
	print_statistics();
	return wrong;
}

int main(void)
{
	int wrong = 0;
	table = calloc(1, sizeof(*table));
	words = calloc(WORDS, sizeof(*words));
	if (!table || !words)
		return 1;
	for (int i = 0; i < WORDS; i++)
		insert(i);
	open_devices();
	for (cl_uint d = 0; d < device_count; d++)
		wrong += in_turn(d);
	wrong += at_once();
	for (cl_uint d = 0; d < device_count; d++)
		clReleaseCommandQueue(queues[d]);
	clReleaseProgram(program);
	clReleaseContext(context);
	for (struct entry *e = table->first, *next; e; e = next) {
		next = e->next;
		free(e->word);
		free(e);
	}
	free(words);
	free(table);
	return wrong != 0;
}
