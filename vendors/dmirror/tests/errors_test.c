/* SPDX-License-Identifier: MIT */
/* A driver that fails: error codes, nothing lost, and the device goes on. */
#include "vendors/dmirror/tests/fake_driver.h"

#include <sys/wait.h>

#define PAGES 20u

static unsigned char *from, *to;

static cl_int copy(void)
{
	return fake_run("tern_copy", PAGES * TERN_PAGE, 2, (const void *const[]){from, to}, 0,
			NULL);
}

static bool is_copied(void)
{
	return !memcmp(from, to, PAGES * TERN_PAGE);
}

static void migrate(cl_mem_migration_flags flags)
{
	const void *pointer = to;
	const size_t bytes = PAGES * TERN_PAGE;
	EXPECT(!tern_clEnqueueSVMMigrateMem(queue, 1, &pointer, &bytes, flags, 0, NULL, NULL));
	EXPECT(!tern_clFinish(queue));
}

/* After whatever was done: it works, and all is counted. */
static void works_again(void)
{
	fake_fail(0, 0, 0, 0);
	fake.room = 1 << 20;
	memset(to, 0, PAGES * TERN_PAGE);
	fake_touch(to, PAGES * TERN_PAGE);
	EXPECT(copy() == CL_COMPLETE && is_copied());
	EXPECT(fake_statistics().resident_bytes == fake_resident(0) * TERN_PAGE);
	migrate(CL_MIGRATE_MEM_OBJECT_HOST);
	EXPECT(is_copied());
}

/* What a driver may say of a request, and what becomes of the command. */
static void each_request_fails(void)
{
	static const unsigned long requests[] = {DMIRROR_READ, DMIRROR_WRITE, DMIRROR_SNAPSHOT};
	static const struct {
		int error;
		bool lasts; /* EINTR and EBUSY pass */
		cl_int status;
	} cases[] = {
		{EINTR, false, CL_COMPLETE},
		{EBUSY, false, CL_COMPLETE},
		{ENOMEM, true, CL_OUT_OF_HOST_MEMORY},
		{EIO, true, CL_OUT_OF_RESOURCES},
	};
	for (size_t r = 0; r < tern_array_size(requests); r++)
		for (size_t i = 0; i < tern_array_size(cases); i++)
			for (unsigned after = 0; after < 4; after++) {
				memset(to, 1, PAGES * TERN_PAGE);
				fake_touch(to, PAGES * TERN_PAGE);
				fake_fail(requests[r], after, cases[i].lasts ? 1000 : 3,
					  cases[i].error);
				EXPECT(copy() == cases[i].status);
				EXPECT(cases[i].status || is_copied());
				works_again();
			}
}

/* -EFAULT of one access only: another engine has the page. It goes by the host then. */
static void not_reachable_by_the_driver(void)
{
	fake_fail(DMIRROR_WRITE, 2, 2, EFAULT);
	memset(to, 1, PAGES * TERN_PAGE);
	fake_touch(to, PAGES * TERN_PAGE);
	EXPECT(copy() == CL_COMPLETE && is_copied());
	fake_fail(DMIRROR_READ, 2, 2, EFAULT);
	memset(to, 1, PAGES * TERN_PAGE);
	EXPECT(copy() == CL_COMPLETE && is_copied());
	works_again();
}

/* Migration is a hint: the command succeeds, the data stays good. */
static void migrations_fail(void)
{
	static const int errors[] = {EINVAL, ENOMEM, EFAULT, EBUSY, ENOENT};
	for (size_t i = 0; i < tern_array_size(errors); i++)
		for (unsigned to_host = 0; to_host < 2; to_host++) {
			memset(to, 1, PAGES * TERN_PAGE);
			fake_touch(to, PAGES * TERN_PAGE);
			if (to_host)
				migrate(0);
			fake_fail(to_host ? DMIRROR_TO_SYS : DMIRROR_TO_DEV, 0, 1000, errors[i]);
			migrate(to_host ? CL_MIGRATE_MEM_OBJECT_HOST : 0);
			EXPECT(fake_resident(0) == (to_host ? PAGES : 0));
			EXPECT(copy() == CL_COMPLETE && is_copied());
			works_again();
		}
}

/* The device is full: a part is moved, and that is what is counted. */
static void no_room(void)
{
	cl_svm_statistics_tern before = fake_statistics();
	fake.room = 7;
	migrate(0);
	cl_svm_statistics_tern after = fake_statistics();
	EXPECT(fake_resident(0) == 7 && after.resident_bytes == 7 * TERN_PAGE);
	EXPECT(after.pages_to_device - before.pages_to_device == 7);
	memset(from, 9, PAGES * TERN_PAGE);
	EXPECT(copy() == CL_COMPLETE && is_copied());
	works_again();
}

static _Atomic unsigned countdown;

static void close_driver(unsigned long request)
{
	(void)request;
	unsigned left = countdown;
	countdown = left ? left - 1 : 0;
	if (left != 1)
		return;
	close(fake.fds[0]); /* the program's own doing: closefrom() */
	fake_go_home(0);
}

/* In the middle of anything. The command fails; what it had written is there, the next one runs. */
static void closed_under_way(void)
{
	unsigned failed = 0, opens = fake.opens;
	for (unsigned after = 1; after < 60; after += 3) {
		memset(to, 1, PAGES * TERN_PAGE);
		fake_touch(to, PAGES * TERN_PAGE);
		fake.during = close_driver;
		countdown = after;
		cl_int status = copy();
		EXPECT(status == CL_COMPLETE || status == CL_OUT_OF_RESOURCES);
		failed += status < 0;
		size_t foreign = 0;
		for (size_t i = 0; i < PAGES * TERN_PAGE; i++)
			foreign += to[i] != from[i] && to[i] != 1;
		EXPECT(!foreign);
		fake.during = NULL;
		works_again();
	}
	EXPECT(failed > 5 && fake.opens > opens + 5);
	/* During a migration, too; that is a hint. */
	fake.during = close_driver;
	countdown = 3;
	migrate(0);
	fake.during = NULL;
	works_again();
}

/* The number is another file's: that must stay open. */
static void replaced(void)
{
	int other = open("/dev/null", O_RDONLY | O_CLOEXEC), fd = fake.fds[0];
	REQUIRE(other >= 0 && dup2(other, fd) == fd);
	fake.fds[0] = 0;
	fake_go_home(0);
	EXPECT(copy() == CL_OUT_OF_RESOURCES);
	works_again();
	EXPECT(fcntl(fd, F_GETFD) >= 0 && fake.fds[0] != fd);
	close(fd);
	close(other);
}

/* It cannot be opened again at first. */
static void stays_away(void)
{
	fake.open_error[0] = EMFILE;
	close(fake.fds[0]);
	fake_go_home(0);
	for (unsigned i = 0; i < 3; i++)
		EXPECT(copy() == CL_OUT_OF_RESOURCES);
	fake.open_error[0] = 0;
	works_again();
}

/* The thread sanitizer lets no child of fork() start threads; GCC 12's address sanitizer may leave
 * its allocator locked in a child. */
#if defined(__SANITIZE_THREAD__) || defined(__SANITIZE_ADDRESS__)
enum { FORKS = 0 };
#else
enum { FORKS = 5 };
#endif

/* Enqueued and not waited for: the device's thread is at work when the process forks. */
static void begin_some(void)
{
	cl_int error = 1;
	size_t items = PAGES * TERN_PAGE;
	cl_kernel kernel = tern_clCreateKernel(program, "tern_copy", &error);
	REQUIRE(kernel && !error);
	EXPECT(!tern_clSetKernelArgSVMPointer(kernel, 0, from));
	EXPECT(!tern_clSetKernelArgSVMPointer(kernel, 1, to));
	for (unsigned i = 0; i < 10; i++)
		EXPECT(!tern_clEnqueueNDRangeKernel(queue, kernel, 1, NULL, &items, NULL, 0, NULL,
						    NULL));
	EXPECT(!tern_clReleaseKernel(kernel));
}

/* The mirror is the parent's; a child opens its own. */
static void forks(void)
{
	for (int i = 0; i < FORKS; i++) {
		begin_some();
		pid_t pid = fork();
		REQUIRE(pid >= 0);
		if (!pid) {
			cl_int error = 1;
			pthread_mutex_init(&fake.mutex, NULL);
			alarm(20);
			context = tern_clCreateContext(NULL, 1, fake_ids, NULL, NULL, &error);
			if (!error)
				queue = tern_clCreateCommandQueueWithProperties(
					context, fake_ids[0], NULL, &error);
			if (!error)
				program = tern_clCreateProgramWithBuiltInKernels(
					context, 1, fake_ids, "tern_copy", &error);
			memset(to, 1, PAGES * TERN_PAGE);
			if (error)
				_exit(2);
			_exit(copy() != CL_COMPLETE ? 3 : is_copied() ? 0 : 4);
		}
		int status = 1;
		EXPECT(waitpid(pid, &status, 0) == pid);
		if (status)
			fprintf(stderr, "the child ended with status %#x\n", (unsigned)status);
		EXPECT(!status);
		EXPECT(!tern_clFinish(queue) && is_copied());
	}
	works_again();
}

/* Cannot be started at all. */
static void does_not_start(void)
{
	cl_int error = 0;
	fake.open_error[2] = EACCES;
	EXPECT(!tern_clCreateCommandQueueWithProperties(context, fake_ids[1], NULL, &error) &&
	       error == CL_OUT_OF_RESOURCES);
	fake.open_error[2] = 0;
	cl_command_queue other =
		tern_clCreateCommandQueueWithProperties(context, fake_ids[1], NULL, &error);
	EXPECT(other && !error);
	EXPECT(!tern_clReleaseCommandQueue(other));
}

int main(void)
{
	fake_begin("block:pages=4");
	from = fake_memory(PAGES, 3);
	to = fake_memory(PAGES, 1);
	for (size_t i = 0; i < PAGES * TERN_PAGE; i++)
		from[i] = (unsigned char)(i % 251 + 2);
	works_again();
	each_request_fails();
	not_reachable_by_the_driver();
	migrations_fail();
	no_room();
	closed_under_way();
	replaced();
	stays_away();
	does_not_start();
	forks();
	fake_end();
	return test_result();
}
