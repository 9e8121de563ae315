/* SPDX-License-Identifier: MIT */
/*
 * DOC: the conformance harness
 *
 * A case is a function that talks to the OpenCL API through the loader and states what the
 * specification promises with CHECK macros. Cases are grouped by chapter of the specification.
 *
 * - A case that states nothing fails ("no checks"): a case never passes by doing nothing.
 * - SKIP(reason) leaves the case; it counts as skipped, with its reason printed.
 * - REQUIRE and OK leave the case at once when they fail; CHECK notes the failure and goes on.
 * - Objects made by the conf_* helpers are released when the case ends, in reverse order.
 * - Any thread of a case may use CHECK. REQUIRE, OK and SKIP in a thread other than the case's own
 *   note the failure and end that thread.
 * - Known deviations of an implementation stand in deviations.c: they turn a failure into "known",
 *   and a pass into "fixed", which is reported.
 *
 * With --isolate every case runs in a child process with a time limit, so that a crash or a hang is
 * one failed case. The parent itself never calls OpenCL then, because a process that has used
 * OpenCL cannot be forked safely.
 *
 * Example:
 *	static void finish_empty(void)
 *	{
 *		OK(clFinish(conf_queue()));
 *	}
 *	CONF_CHAPTER(queues) = {CASE(finish_empty), CASE_END};
 */
#ifndef CONFORMANCE_HARNESS_H
#define CONFORMANCE_HARNESS_H

#define CL_TARGET_OPENCL_VERSION 300
#define CL_USE_DEPRECATED_OPENCL_1_0_APIS
#define CL_USE_DEPRECATED_OPENCL_1_1_APIS
#define CL_USE_DEPRECATED_OPENCL_1_2_APIS
#define CL_USE_DEPRECATED_OPENCL_2_0_APIS
#define CL_USE_DEPRECATED_OPENCL_2_1_APIS
#define CL_USE_DEPRECATED_OPENCL_2_2_APIS
#include <CL/cl.h>
#include <CL/cl_ext.h>

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct conf_case {
	const char *name;
	void (*run)(void);
	unsigned seconds; /* time limit when isolated; 0: the general one */
};

#define CASE(fn)          {#fn, fn, 0}
#define CASE_LIMIT(fn, s) {#fn, fn, s}
#define CASE_END          {NULL, NULL, 0}

/* The cases of one file; chapters.c lists which file belongs to which chapter. */
#define CONF_CASES(file) const struct conf_case conf_cases_##file[]

struct conf_chapter {
	const char *name;
	const char *about; /* part of the API specification; NULL: runs only when named */
	const struct conf_case *const *sets; /* NULL-terminated */
};

extern const struct conf_chapter conf_chapters[]; /* ends with a NULL name */

/* --- checks ------------------------------------------------------------------------------- */

/* Notes one check. Returns @ok. Thread-safe. */
bool conf_check(bool ok, const char *file, int line, const char *format, ...)
	__attribute__((format(printf, 4, 5)));
/* Notes that @actual should be @expected, or one of the two when they differ. Thread-safe. */
bool conf_check_error(cl_int expected, cl_int other, cl_int actual, const char *file, int line,
		      const char *what);
bool conf_check_equal(intmax_t expected, intmax_t actual, const char *file, int line,
		      const char *what);
/* Leaves the case (in its own thread) or ends the calling thread. */
_Noreturn void conf_leave(void);
_Noreturn void conf_skip(const char *format, ...) __attribute__((format(printf, 1, 2)));
/* Adds a line to the case's report without failing it. */
void conf_note(const char *format, ...) __attribute__((format(printf, 1, 2)));
/* Whether a check of the running case has failed. */
bool conf_failed(void);

#define CHECK(expr)       conf_check((expr), __FILE__, __LINE__, "%s", #expr)
#define CHECKF(expr, ...) conf_check((expr), __FILE__, __LINE__, __VA_ARGS__)
#define CHECK_EQ(want, got)                                                                        \
	conf_check_equal((intmax_t)(want), (intmax_t)(got), __FILE__, __LINE__, #got)
#define CHECK_CL(want, call) conf_check_error((want), (want), (call), __FILE__, __LINE__, #call)
/* For the few places where the specification allows two answers. */
#define CHECK_CL2(want, other, call)                                                               \
	conf_check_error((want), (other), (call), __FILE__, __LINE__, #call)
#define REQUIRE(expr)                                                                              \
	do {                                                                                       \
		bool require_holds = (expr);                                                       \
		conf_check(require_holds, __FILE__, __LINE__, "%s", #expr);                        \
		if (!require_holds)                                                                \
			conf_leave();                                                              \
	} while (0)
#define OK(call)                                                                                   \
	do {                                                                                       \
		if (!CHECK_CL(CL_SUCCESS, call))                                                   \
			conf_leave();                                                              \
	} while (0)
#define SKIP(...)     conf_skip(__VA_ARGS__)
#define LENGTH(array) (sizeof(array) / sizeof((array)[0]))

/* --- what the case runs on ---------------------------------------------------------------- */

cl_platform_id conf_platform(void);
cl_device_id conf_device(void);
cl_context conf_context(void);     /* one for the case, made on first use */
cl_command_queue conf_queue(void); /* in order, no profiling; one for the case */
/* A new queue on conf_context() with CL_QUEUE_PROPERTIES @properties; skips the case when the
 * device does not report them. */
cl_command_queue conf_queue_with(cl_command_queue_properties properties);
cl_mem conf_buffer(cl_mem_flags flags, size_t size, void *host);
cl_event conf_user_event(void);
/* Skips the case on a device that takes no programs of source. */
void conf_need_compiler(void);
/* Builds @source; the build log becomes part of the failure. */
cl_program conf_program(const char *source, const char *options);
/* The kernel @name of a program built from @source without options. */
cl_kernel conf_kernel(const char *source, const char *name);
cl_kernel conf_kernel_of(cl_program program, const char *name);

/* Hands an object to the harness, which releases it when the case ends. Returns its argument. */
cl_context conf_keep_context(cl_context context);
cl_command_queue conf_keep_queue(cl_command_queue queue);
cl_mem conf_keep_mem(cl_mem mem);
cl_program conf_keep_program(cl_program program);
cl_kernel conf_keep_kernel(cl_kernel kernel);
cl_event conf_keep_event(cl_event event);

/* --- short forms --------------------------------------------------------------------------- */

#define ARG(kernel, index, value) OK(clSetKernelArg((kernel), (index), sizeof(value), &(value)))

/* Runs a one-dimensional range on conf_queue() and waits for it; @local 0: the runtime's choice. */
void conf_run(cl_kernel kernel, size_t global, size_t local);
/* One work-item of @program's kernel @name, which writes a word to its one argument: that word. */
cl_int conf_run_for_word(cl_program program, const char *name);
void conf_run_on(cl_command_queue queue, cl_kernel kernel, size_t global, size_t local);
/* Blocking transfers on conf_queue(). */
void conf_read(cl_mem mem, void *to, size_t size);
void conf_write(cl_mem mem, const void *from, size_t size);

bool conf_device_bool(cl_device_info param);
cl_uint conf_device_uint(cl_device_info param);
cl_ulong conf_device_ulong(cl_device_info param);
size_t conf_device_size(cl_device_info param);
/* Whether the device lists the extension or the OpenCL C feature (__opencl_c_...). */
bool conf_has_extension(const char *name);
bool conf_has_feature(const char *name);
bool conf_has_images(void);
/* A string of the device; the caller frees it. */
char *conf_device_string(cl_device_info param);
char *conf_build_log(cl_program program);

cl_int conf_event_status(cl_event event);
double conf_now(void); /* seconds, monotonic */
void conf_sleep(double seconds);
/* Polls until *@word is @value or @seconds have gone by. Returns whether it came. */
bool conf_wait_word(atomic_int *word, int value, double seconds);
/* The same for the event's execution status becoming CL_COMPLETE or an error. */
bool conf_wait_event(cl_event event, double seconds);

/* Waits at most @seconds for a child process. Its exit status, 1000 + its signal, or -1: it had to
 * be killed. */
int conf_child_status(int pid, double seconds);
/* Runs the case of that name (chapter.case) in a process of its own, which starts anew: what was
 * forked from a process that has used OpenCL may not use the same objects. Its status as above. */
int conf_run_alone(const char *name);

/* A repeatable random sequence: xorshift, the state is @state. */
uint32_t conf_random(uint32_t *state);

#endif
