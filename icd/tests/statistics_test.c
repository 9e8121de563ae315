/* SPDX-License-Identifier: MIT */
/* cl_tern_svm_statistics on the first device. A device that works in the host's memory counts
 * nothing; one with its own must tell of what this test makes happen. */
#include "icd/svm_types.h"
#include "icd/tests/program_fixture.h"
#include "runtime/base/futex.h"
#include "svm/device_memory.h"

#define BYTES     ((size_t)1 << 20)
#define VERSION_1 24 /* bytes of cl_event_svm_statistics_tern, at first */

static struct {
	cl_svm_statistics_tern known;
	cl_ulong later[2]; /* members of a later version */
} wide;

static bool own_memory(void)
{
	return tern_device_from(device)->caps.memory_model != TERN_MEMORY_SYSTEM;
}

/* Whether any memory of the program's moves to the device: not by buffer SVM only. */
static bool migrates(void)
{
	return tern_context_from(context)->memory.coarse == TERN_HEAP_MIGRATE;
}

static cl_svm_statistics_tern get(const void *p, size_t size)
{
	cl_svm_statistics_tern s;
	memset(&s, 0x55, sizeof(s));
	EXPECT(!tern_clGetSVMStatisticsTERN(device, p, size, sizeof(s), &s));
	return s;
}

static void arguments(void)
{
	cl_svm_statistics_tern s = {.page_bytes = 5};
#define GET(d, p, n, bytes, out) tern_clGetSVMStatisticsTERN(d, p, n, bytes, out)
	EXPECT(GET(NULL, NULL, 0, sizeof(s), &s) == CL_INVALID_DEVICE);
	EXPECT(GET((cl_device_id)context, NULL, 0, sizeof(s), &s) == CL_INVALID_DEVICE);
	EXPECT(GET(device, NULL, 0, sizeof(s), NULL) == CL_INVALID_VALUE);
	EXPECT(GET(device, NULL, 0, sizeof(s) - 8, &s) == CL_INVALID_VALUE);
	EXPECT(GET(device, NULL, 0, sizeof(s) + 4, &s) == CL_INVALID_VALUE);
	EXPECT(GET(device, NULL, 1, sizeof(s), &s) == CL_INVALID_VALUE);
	EXPECT(GET(device, &s, 0, sizeof(s), &s) == CL_INVALID_VALUE);
	EXPECT(GET(device, &s, SIZE_MAX, sizeof(s), &s) == CL_INVALID_VALUE);
	EXPECT(s.page_bytes == 5);
	/* What a later header knows, and this library does not, is 0; no byte after it changes. */
	memset(&wide, 0x55, sizeof(wide));
	EXPECT(!GET(device, NULL, 0, sizeof(wide.known) + 8, &wide.known));
	EXPECT(wide.known.page_bytes == 4096 && !wide.later[0] &&
	       wide.later[1] == 0x5555555555555555u);
	EXPECT(!GET(device, &s, sizeof(s), sizeof(s), &s) && s.page_bytes == 4096);
	EXPECT(!s.resident_bytes);
}

static cl_event_svm_statistics_tern of_event(cl_event event)
{
	cl_event_svm_statistics_tern s;
	size_t bytes = 0;
	memset(&s, 0x55, sizeof(s));
	EXPECT(!tern_clGetEventInfo(event, CL_EVENT_SVM_STATISTICS_TERN, sizeof(s), &s, &bytes) &&
	       bytes == sizeof(s));
	return s;
}

/* Programs that know the first version of the structure, and a later one than the library. */
static void sizes(cl_event event)
{
	cl_ulong s[8];
	size_t bytes = 0;
#define GET_SIZE(n, p)                                                                             \
	(memset(s, 0x55, sizeof(s)),                                                               \
	 tern_clGetEventInfo(event, CL_EVENT_SVM_STATISTICS_TERN, n, p, &bytes))
	EXPECT(!GET_SIZE(0, NULL) && bytes == sizeof(cl_event_svm_statistics_tern));
	EXPECT(!GET_SIZE(VERSION_1, s) && bytes == VERSION_1);
	EXPECT(!s[2] && s[3] == 0x5555555555555555u);
	EXPECT(!GET_SIZE(sizeof(s), s) && bytes == sizeof(cl_event_svm_statistics_tern));
	EXPECT(!s[5] && s[6] == 0x5555555555555555u);
}

static void events(void)
{
	cl_event gate = make_user_event(), marker = NULL;
	cl_event_svm_statistics_tern s;
#define ASK(e, bytes) tern_clGetEventInfo(e, CL_EVENT_SVM_STATISTICS_TERN, bytes, &s, NULL)
	EXPECT(!tern_clEnqueueMarkerWithWaitList(queue, 1, &gate, &marker));
	EXPECT(ASK(marker, sizeof(s)) == CL_PROFILING_INFO_NOT_AVAILABLE);
	EXPECT(ASK(gate, sizeof(s)) == CL_PROFILING_INFO_NOT_AVAILABLE);
	EXPECT(!tern_clSetUserEventStatus(gate, CL_COMPLETE));
	EXPECT(!tern_clWaitForEvents(1, &marker));
	EXPECT(ASK(gate, sizeof(s)) == CL_PROFILING_INFO_NOT_AVAILABLE);
	EXPECT(ASK(marker, VERSION_1 - 1) == CL_INVALID_VALUE && ASK(NULL, 8) == CL_INVALID_EVENT);
	s = of_event(marker);
	EXPECT(!s.faults && !s.pages_in && !s.pages_out && !s.link_ns && !s.reserved);
	EXPECT(!s.bytes_to_device && !s.bytes_to_host && !s.stalled_ns);
	sizes(marker);
	EXPECT(!tern_clReleaseEvent(marker) && !tern_clReleaseEvent(gate));
}

/* Memory that the program wrote is changed by a kernel, and read by the program. */
static void counting(void)
{
	cl_program program =
		build_program("kernel void add(global int *p) { p[get_global_id(0)] += 1; }", "");
	cl_kernel kernel = make_kernel(program, "add");
	size_t count = BYTES / sizeof(cl_int), pages = BYTES / TERN_PAGE, wrong = 0;
	cl_event done = NULL;
	cl_int error = 1;
	cl_int *p = tern_clSharedMemAllocINTEL(context, device, NULL, BYTES, 0, &error);
	REQUIRE(p && !error);
	for (size_t i = 0; i < count; i++)
		p[i] = (cl_int)i;
	cl_svm_statistics_tern before = get(NULL, 0), before_here = get(p, BYTES);
	EXPECT(!tern_clSetKernelArgMemPointerINTEL(kernel, 0, p));
	uint64_t start = tern_clock_ns();
	EXPECT(!tern_clEnqueueNDRangeKernel(queue, kernel, 1, NULL, &count, NULL, 0, NULL, &done));
	EXPECT(!tern_clWaitForEvents(1, &done) && event_status(done) == CL_COMPLETE);
	uint64_t most = tern_clock_ns() - start; /* that one thread may have waited */
	cl_event_svm_statistics_tern s = of_event(done);
	cl_svm_statistics_tern after = get(NULL, 0), here = get(p, BYTES);
	for (size_t i = 0; i < count; i++)
		wrong += p[i] != (cl_int)i + 1;
	cl_svm_statistics_tern back = get(p, BYTES);
	EXPECT(!wrong);
	if (migrates()) {
		EXPECT(s.faults > 0 && s.pages_in >= pages);
		EXPECT(s.bytes_to_device >= BYTES && s.bytes_to_device <= s.pages_in * TERN_PAGE);
		EXPECT(s.bytes_to_host == (cl_ulong)s.pages_out * TERN_PAGE);
		EXPECT(s.stalled_ns > 0 &&
		       s.stalled_ns <= most * tern_device_from(device)->caps.compute_units);
		EXPECT(after.resident_bytes >= BYTES);
		EXPECT(after.pages_to_device - before.pages_to_device >= pages);
		EXPECT(here.pages_to_device - before_here.pages_to_device >= pages);
		EXPECT(here.device_read_faults + here.device_write_faults >
		       before_here.device_read_faults + before_here.device_write_faults);
		EXPECT(back.pages_to_host - here.pages_to_host >= pages);
		EXPECT(back.host_read_faults + back.host_write_faults >
		       here.host_read_faults + here.host_write_faults);
	} else {
		EXPECT(!s.faults && !s.pages_in && !s.pages_out && !s.link_ns);
		EXPECT(!s.bytes_to_device && !s.bytes_to_host && !s.stalled_ns);
	}
	if (!own_memory()) {
		static const cl_svm_statistics_tern none = {.page_bytes = TERN_PAGE};
		EXPECT(!memcmp(&after, &none, sizeof(none)) && !memcmp(&back, &none, sizeof(none)));
	}
	EXPECT(!tern_clReleaseEvent(done) && !tern_clMemFreeINTEL(context, p));
	EXPECT(!tern_clReleaseKernel(kernel) && !tern_clReleaseProgram(program));
}

static cl_event_svm_statistics_tern move(void *p, cl_mem_migration_flags flags)
{
	cl_event done = NULL;
	EXPECT(!tern_clEnqueueMigrateMemINTEL(queue, p, BYTES, flags, 0, NULL, &done));
	EXPECT(!tern_clWaitForEvents(1, &done));
	cl_event_svm_statistics_tern s = of_event(done);
	EXPECT(!tern_clReleaseEvent(done));
	return s;
}

/* Memory that is to begin on the device is there; explicit migrations are seen in the numbers, and
 * the command that follows finds its pages. */
static void placement(void)
{
	const cl_mem_properties_intel first[] = {CL_MEM_ALLOC_FLAGS_INTEL,
						 CL_MEM_ALLOC_INITIAL_PLACEMENT_DEVICE_INTEL, 0};
	static char copy[BYTES];
	size_t pages = BYTES / TERN_PAGE;
	cl_int error = 1;
	cl_event done = NULL;
	cl_ulong before = get(NULL, 0).resident_bytes;
	char *p = tern_clSharedMemAllocINTEL(context, device, first, BYTES, 0, &error);
	REQUIRE(p && !error);
	cl_ulong placed = get(NULL, 0).resident_bytes;
	EXPECT(!tern_clEnqueueMemFillINTEL(queue, p, "x", 1, BYTES, 0, NULL, &done));
	EXPECT(!tern_clWaitForEvents(1, &done));
	cl_event_svm_statistics_tern fill = of_event(done);
	EXPECT(!tern_clReleaseEvent(done));
	cl_event_svm_statistics_tern back = move(p, CL_MIGRATE_MEM_OBJECT_HOST);
	cl_ulong home = get(NULL, 0).resident_bytes;
	cl_event_svm_statistics_tern there = move(p, 0);
	cl_ulong away = get(NULL, 0).resident_bytes;
	cl_event_svm_statistics_tern again = move(p, CL_MIGRATE_MEM_OBJECT_HOST);
	EXPECT(get(NULL, 0).resident_bytes <= home);
	EXPECT(!tern_clEnqueueMemcpyINTEL(queue, CL_TRUE, copy, p, BYTES, 0, NULL, NULL));
	EXPECT(copy[0] == 'x' && copy[BYTES / 2] == 'x' && copy[BYTES - 1] == 'x');
	if (migrates()) {
		EXPECT(placed >= before + BYTES && away >= home + BYTES && home < placed);
		EXPECT(fill.pages_in < pages);
		EXPECT(there.pages_in == pages && there.bytes_to_device == BYTES);
		EXPECT(!there.pages_out && !there.faults && !there.stalled_ns);
		/* The fill brought them home, so that the first move had nothing to do. */
		EXPECT(!back.bytes_to_device && back.bytes_to_host <= BYTES);
		EXPECT(again.pages_out == pages && again.bytes_to_host == BYTES);
		EXPECT(!again.pages_in && !again.bytes_to_device);
	} else {
		EXPECT(!before && !placed && !home && !away && !fill.pages_in);
		EXPECT(!there.bytes_to_device && !again.bytes_to_host && !back.bytes_to_host);
	}
	EXPECT(!tern_clMemFreeINTEL(context, p));
}

int main(void)
{
	fixture_begin();
	arguments();
	events();
	placement();
	require_compiler();
	counting();
	fixture_end();
	return test_result();
}
