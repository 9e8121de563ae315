/* SPDX-License-Identifier: MIT */
/* The device over a driver that is not the kernel's: what kernels compute, where pages are. */
#include "vendors/dmirror/tests/fake_driver.h"

#define PAGES 40u

static cl_int copy(const void *from, void *to, size_t bytes)
{
	return fake_run("tern_copy", bytes, 2, (const void *const[]){from, to}, 0, NULL);
}

static void whole_pages(void)
{
	unsigned char *a = fake_memory(PAGES, 1), *b = fake_memory(PAGES, 2);
	for (size_t i = 0; i < PAGES * TERN_PAGE; i++)
		a[i] = (unsigned char)(i * 7 + i / 4096);
	cl_svm_statistics_tern before = fake_statistics();
	EXPECT(copy(a, b, PAGES * TERN_PAGE) == CL_COMPLETE);
	EXPECT(!memcmp(a, b, PAGES * TERN_PAGE));
	cl_svm_statistics_tern after = fake_statistics();
	/* Policy "demand": what is written comes, what is read stays. */
	EXPECT(after.device_read_faults - before.device_read_faults == PAGES);
	EXPECT(after.device_write_faults - before.device_write_faults == PAGES);
	EXPECT(after.pages_to_device - before.pages_to_device == PAGES);
	EXPECT(after.resident_bytes == PAGES * TERN_PAGE && fake_resident(0) == PAGES);
	/* The host takes three back; the device faults on these only. */
	fake_touch(b + 5 * TERN_PAGE, 3 * TERN_PAGE);
	EXPECT(copy(a, b, PAGES * TERN_PAGE) == CL_COMPLETE);
	cl_svm_statistics_tern again = fake_statistics();
	EXPECT(again.device_read_faults == after.device_read_faults);
	EXPECT(again.device_write_faults - after.device_write_faults == 3);
	EXPECT(again.host_read_faults - after.host_read_faults == 3);
	EXPECT(again.pages_to_host - after.pages_to_host == 3);
	EXPECT(again.resident_bytes == PAGES * TERN_PAGE);
	/* Unmapped: gone from the device, too. */
	munmap(b, PAGES * TERN_PAGE);
	fake_touch(b, PAGES * TERN_PAGE);
	EXPECT(fake_statistics().resident_bytes == 0);
	EXPECT(fake_statistics().pages_invalidated - again.pages_invalidated == PAGES);
	munmap(a, PAGES * TERN_PAGE);
}

/* What is read first stays; the first write to it is a fault, though the driver does not say so. */
static void read_then_written(void)
{
	unsigned char *a = fake_memory(PAGES, 1);
	const void *const arguments[] = {a};
	cl_svm_statistics_tern before = fake_statistics();
	size_t words = PAGES * TERN_PAGE / 4;
	EXPECT(!fake_run("tern_increment", words, 1, arguments, 0, NULL));
	cl_svm_statistics_tern after = fake_statistics();
	EXPECT(after.device_read_faults - before.device_read_faults == PAGES);
	EXPECT(after.device_write_faults - before.device_write_faults == PAGES);
	EXPECT(after.pages_to_device - before.pages_to_device == PAGES);
	EXPECT(!fake_run("tern_increment", words, 1, arguments, 0, NULL));
	cl_svm_statistics_tern again = fake_statistics();
	EXPECT(again.device_read_faults == after.device_read_faults);
	EXPECT(again.device_write_faults == after.device_write_faults);
	munmap(a, PAGES * TERN_PAGE);
	fake_touch(a, PAGES * TERN_PAGE);
}

/* Bytes beside what a kernel writes are not written, not even as they were. */
static void parts_of_pages(void)
{
	unsigned char *a = fake_memory(PAGES, 3), *b = fake_memory(PAGES, 4);
	static const size_t starts[] = {0, 1, 4095, 4096, 5000}, sizes[] = {1, 100, 4096, 70001};
	for (size_t i = 0; i < 5; i++)
		for (size_t j = 0; j < 4; j++) {
			memset(b, 4, PAGES * TERN_PAGE);
			EXPECT(copy(a + 17, b + starts[i], sizes[j]) == CL_COMPLETE);
			size_t wrong = 0;
			for (size_t k = 0; k < PAGES * TERN_PAGE; k++)
				wrong += b[k] !=
					 (k >= starts[i] && k - starts[i] < sizes[j] ? 3 : 4);
			EXPECT(!wrong);
		}
	/* Nobody may write the rest of the page: by the program's rights the range is refused. */
	EXPECT(!mprotect(b, TERN_PAGE, PROT_READ));
	EXPECT(copy(a, b + 10, 20) == CL_OUT_OF_RESOURCES);
	EXPECT(copy(a, b, TERN_PAGE) == CL_OUT_OF_RESOURCES);
	munmap(b, PAGES * TERN_PAGE);
	EXPECT(copy(a, b, 10) == CL_OUT_OF_RESOURCES);
	EXPECT(copy(b, a, 10) == CL_OUT_OF_RESOURCES);
	EXPECT(copy(a, (void *)(uintptr_t)-4096, 8192) == CL_OUT_OF_RESOURCES);
	EXPECT(copy(NULL, a, 1) == CL_OUT_OF_RESOURCES);
	EXPECT(copy(a, a + TERN_PAGE, 10) == CL_COMPLETE);
	munmap(a, PAGES * TERN_PAGE);
}

struct node {
	struct node *next;
	cl_ulong value;
};

static void kernels(void)
{
	enum { WORDS = 3000 };
	static cl_uint a[WORDS], b[WORDS], sum[WORDS];
	cl_ulong result[2] = {0};
	cl_uint word = 0;
	for (cl_uint i = 0; i < WORDS; i++) {
		a[i] = i * i;
		b[i] = 7 * i;
	}
	EXPECT(!fake_run("tern_add", WORDS, 3, (const void *const[]){a, b, sum}, 0, NULL));
	size_t wrong = 0;
	for (cl_uint i = 0; i < WORDS; i++)
		wrong += sum[i] != a[i] + b[i];
	EXPECT(!wrong);
	EXPECT(!fake_run("tern_compare", sizeof(a), 3, (const void *const[]){a, a, result}, 0,
			 NULL));
	EXPECT(result[0] == 0 && result[1] == CL_ULONG_MAX);
	memcpy(sum, a, sizeof(a));
	((char *)sum)[4321] ^= 1;
	((char *)sum)[11000] ^= 1;
	EXPECT(!fake_run("tern_compare", sizeof(a), 3, (const void *const[]){a, sum, result}, 0,
			 NULL));
	EXPECT(result[0] == 2 && result[1] == 4321);
	EXPECT(!fake_run("tern_checksum", 9, 2, (const void *const[]){"123456789", &word}, 0,
			 NULL));
	EXPECT(word == 0xcbf43926u); /* the check value of this CRC */
	EXPECT(!fake_run("tern_fill", WORDS, 1, (const void *const[]){sum}, 1, (cl_uint[]){77}));
	for (cl_uint i = 0; i < WORDS; i++)
		wrong += sum[i] != 77;
	EXPECT(!wrong);
	EXPECT(fake_run("tern_fill", 1, 1, (const void *const[]){(char *)sum + 1}, 1,
			(cl_uint[]){1}) == CL_OUT_OF_RESOURCES);
}

static void lists(void)
{
	struct node *first = NULL;
	cl_ulong most = 1000, result[2] = {0};
	cl_int error = 1;
	for (cl_ulong i = 1; i <= 50; i++) {
		struct node *n = malloc(sizeof(*n));
		REQUIRE(n);
		*n = (struct node){first, i};
		first = n;
	}
	cl_kernel kernel = tern_clCreateKernel(program, "tern_sum_list", &error);
	REQUIRE(kernel && !error);
	EXPECT(!tern_clSetKernelArgSVMPointer(kernel, 0, first));
	EXPECT(!tern_clSetKernelArgSVMPointer(kernel, 1, result));
	EXPECT(!tern_clSetKernelArg(kernel, 2, sizeof(most), &most));
	EXPECT(!tern_clEnqueueTask(queue, kernel, 0, NULL, NULL) && !tern_clFinish(queue));
	EXPECT(result[0] == 50 * 51 / 2 && result[1] == 50);
	most = 3;
	EXPECT(!tern_clSetKernelArg(kernel, 2, sizeof(most), &most));
	EXPECT(!tern_clEnqueueTask(queue, kernel, 0, NULL, NULL) && !tern_clFinish(queue));
	EXPECT(result[0] == 50 + 49 + 48 && result[1] == 3);
	EXPECT(!tern_clReleaseKernel(kernel));
	while (first) {
		struct node *next = first->next;
		free(first);
		first = next;
	}
}

static void *add_here(void *word)
{
	for (unsigned i = 0; i < 2000; i++)
		__atomic_fetch_add((cl_uint *)word, 3, __ATOMIC_RELAXED);
	return NULL;
}

static void atomics(void)
{
	static cl_uint words[5] = {10, 11, 12, 13, 14}, old[5], expected[5] = {10, 11, 12, 13, 14};
	EXPECT(!fake_run("tern_exchange", 5, 2, (const void *const[]){words, old}, 1,
			 (cl_uint[]){9}));
	EXPECT(!memcmp(old, expected, sizeof(old)) && words[0] == 9 && words[4] == 9);
	words[2] = 1;
	EXPECT(!fake_run("tern_compare_exchange", 5, 2, (const void *const[]){words, old}, 2,
			 (cl_uint[]){9, 8}));
	EXPECT(words[0] == 8 && words[2] == 1 && old[2] == 1 && old[3] == 9);
	/* With a thread of the host's at the same word. */
	pthread_t thread;
	words[0] = 0;
	REQUIRE(!pthread_create(&thread, NULL, add_here, words));
	EXPECT(!fake_run("tern_atomic_add", 500, 1, (const void *const[]){words}, 1,
			 (cl_uint[]){5}));
	pthread_join(thread, NULL);
	EXPECT(words[0] == 2000 * 3 + 500 * 5);
	EXPECT(fake_run("tern_atomic_add", 1, 1, (const void *const[]){(char *)words + 2}, 1,
			(cl_uint[]){5}) == CL_OUT_OF_RESOURCES);
	EXPECT(fake_run("tern_atomic_add", 1, 1, (const void *const[]){NULL}, 1, (cl_uint[]){5}) ==
	       CL_OUT_OF_RESOURCES);
	/* Where the driver cannot: as the host would. */
	fake_fail(DMIRROR_EXCLUSIVE, 0, 1000, EBUSY);
	words[0] = 0;
	EXPECT(!fake_run("tern_atomic_add", 3, 1, (const void *const[]){words}, 1, (cl_uint[]){5}));
	EXPECT(words[0] == 15);
	fake_fail(0, 0, 0, 0);
}

static void exclusive(void)
{
	unsigned char *p = fake_memory(8, 5);
	cl_uint pages = 99;
	const void *const arguments[] = {p + 100, &pages};
	EXPECT(!fake_run("tern_exclusive", 7 * TERN_PAGE, 2, arguments, 0, NULL) && pages == 8);
	EXPECT(!fake_run("tern_held", 7 * TERN_PAGE, 2, arguments, 0, NULL) && pages == 8);
	fake_touch(p + 2 * TERN_PAGE, 1);
	EXPECT(!fake_run("tern_held", 7 * TERN_PAGE, 2, arguments, 0, NULL) && pages == 7);
	munmap(p, 8 * TERN_PAGE);
}

static void migration(void)
{
	unsigned char *p = fake_memory(PAGES, 6);
	const void *pointers[] = {p};
	size_t sizes[] = {PAGES * TERN_PAGE};
	cl_event event;
	fake_go_home(0);
	munmap(p + 9 * TERN_PAGE, TERN_PAGE); /* a hole */
	EXPECT(!tern_clEnqueueSVMMigrateMem(queue, 1, pointers, sizes, 0, 0, NULL, &event));
	EXPECT(!tern_clWaitForEvents(1, &event));
	cl_event_svm_statistics_tern s = {0};
	EXPECT(!tern_clGetEventInfo(event, CL_EVENT_SVM_STATISTICS_TERN, sizeof(s), &s, NULL));
	EXPECT(s.pages_in == PAGES - 1 && !s.pages_out && !s.faults);
	EXPECT(fake_resident(0) == PAGES - 1);
	EXPECT(!tern_clReleaseEvent(event));
	/* What lies there is used without a fault. */
	cl_svm_statistics_tern before = fake_statistics();
	cl_ulong result[2] = {0};
	EXPECT(!fake_run("tern_compare", 9 * TERN_PAGE, 3,
			 (const void *const[]){p, p + 10 * TERN_PAGE, result}, 0, NULL));
	EXPECT(result[0] == 0);
	EXPECT(fake_statistics().device_read_faults == before.device_read_faults);
	EXPECT(!tern_clEnqueueSVMMigrateMem(queue, 1, pointers, sizes, CL_MIGRATE_MEM_OBJECT_HOST,
					    0, NULL, NULL));
	EXPECT(!tern_clFinish(queue) && fake_resident(0) == 0);
	/* From one device to the other. */
	cl_int error = 1;
	cl_command_queue other =
		tern_clCreateCommandQueueWithProperties(context, fake_ids[1], NULL, &error);
	REQUIRE(other && !error);
	sizes[0] = 9 * TERN_PAGE;
	EXPECT(!tern_clEnqueueSVMMigrateMem(queue, 1, pointers, sizes, 0, 0, NULL, NULL));
	EXPECT(!tern_clFinish(queue) && fake_resident(0) == 9 && fake_resident(2) == 0);
	EXPECT(!tern_clEnqueueSVMMigrateMem(other, 1, pointers, sizes, 0, 0, NULL, NULL));
	EXPECT(!tern_clFinish(other) && fake_resident(0) == 0 && fake_resident(2) == 9);
	EXPECT(!tern_clReleaseCommandQueue(other));
	munmap(p, PAGES * TERN_PAGE);
}

/* The driver has lost entries of pages that it has: they are neither read nor written there. */
static void lost_entries(void)
{
	unsigned char *a = fake_memory(PAGES, 7), *b = fake_memory(PAGES, 8);
	fake_go_home(0);
	for (size_t first = 0; first < PAGES; first += 3) {
		for (size_t i = 0; i < PAGES * TERN_PAGE; i++)
			a[i] = (unsigned char)(i * 3 + first);
		EXPECT(copy(a, b, PAGES * TERN_PAGE) == CL_COMPLETE);
		EXPECT(fake_resident(0) > 0);
		fake_lose(b + first * TERN_PAGE, 5 * TERN_PAGE);
		EXPECT(copy(b, a, PAGES * TERN_PAGE) == CL_COMPLETE);
		fake_lose(b + first * TERN_PAGE, 2 * TERN_PAGE);
		fake_lose(a, PAGES * TERN_PAGE);
		a[0] ^= 1;
		EXPECT(copy(a, b, PAGES * TERN_PAGE) == CL_COMPLETE);
		EXPECT(!memcmp(a, b, PAGES * TERN_PAGE));
	}
	munmap(a, PAGES * TERN_PAGE);
	munmap(b, PAGES * TERN_PAGE);
}

static void transfers(void)
{
	enum { BYTES = 50000 };
	static char back[BYTES], data[BYTES];
	cl_int error = 1;
	for (int i = 0; i < BYTES; i++)
		data[i] = (char)(i * 3);
	cl_mem a = tern_clCreateBuffer(context, 0, BYTES, NULL, &error);
	cl_mem b = tern_clCreateBuffer(context, CL_MEM_COPY_HOST_PTR, BYTES, data, &error);
	REQUIRE(a && b && !error);
	EXPECT(!tern_clEnqueueCopyBuffer(queue, b, a, 0, 0, BYTES, 0, NULL, NULL));
	EXPECT(!tern_clEnqueueFillBuffer(queue, a, "xyz!", 4, 400, 4000, 0, NULL, NULL));
	EXPECT(!tern_clEnqueueReadBuffer(queue, a, CL_TRUE, 0, BYTES, back, 0, NULL, NULL));
	for (int i = 400; i < 4400; i++)
		data[i] = "xyz!"[i % 4];
	EXPECT(!memcmp(back, data, BYTES));
	const size_t zero[3] = {0}, box[3] = {10, 4, 3};
	EXPECT(!tern_clEnqueueReadBufferRect(queue, b, CL_TRUE, zero, zero, box, 100, 1000, 10, 40,
					     back, 0, NULL, NULL));
	EXPECT(back[10 * 4 * 2 + 10 * 3 + 9] == (char)(3 * (2 * 1000 + 3 * 100 + 9)));
	char *map = tern_clEnqueueMapBuffer(queue, a, CL_TRUE, CL_MAP_READ, 0, BYTES, 0, NULL, NULL,
					    &error);
	EXPECT(map && !error && !memcmp(map, data, BYTES));
	EXPECT(!tern_clEnqueueUnmapMemObject(queue, a, map, 0, NULL, NULL) &&
	       !tern_clFinish(queue));
	EXPECT(!tern_clReleaseMemObject(a));
	EXPECT(!tern_clReleaseMemObject(b));
}

int main(void)
{
	fake_begin("demand");
	whole_pages();
	read_then_written();
	parts_of_pages();
	kernels();
	lists();
	atomics();
	exclusive();
	migration();
	lost_entries();
	transfers();
	fake_end();
	return test_result();
}
