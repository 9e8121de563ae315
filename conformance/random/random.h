/* SPDX-License-Identifier: MIT */
/*
 * DOC: the comparison of random kernels
 *
 * A seed names a case: the source of a kernel, a launch and the contents of its input. All of it
 * has defined results, down to the last bit, so whoever runs it must leave the same memory.
 * tern-random gives each case to several configurations, each of them a process with an
 * environment of its own, and compares the hashes of all output memory.
 *
 *	generate.c   a seed's case: launch, features, kernel; statement.c, flow.c, memory.c,
 *	             share.c (work-items together), integer.c, builtin.c, real.c, types.c,
 *	             rows.c (neighbouring elements of input), walk.c (loops along them),
 *	             own.c (of a work-item's own), matrix.c (neighbours along dimension 1),
 *	             helper.c (functions that the kernel calls)
 *	child.c      the other side of the pipe: builds and runs a case
 *	configs.c    the configurations and their processes: starting, asking, time limits
 *	compare.c    a case in all configurations: agreed or not
 *	minimise.c   makes a case smaller while the configurations still differ
 *	files.c      cases as files
 *	deviations.c what other vendors' runtimes get wrong
 *
 * Defined results
 *   Signed arithmetic that could overflow is done unsigned; where an expression's interval is known
 *   it is done signed, so that a compiler may rely on it. Divisors are made harmless, indices stay
 *   in bounds, variables are initialised. Floating point has small integers only, and operations
 *   that do not round whatever the compiler contracts. Work-items write memory of their own, or
 *   together by operations whose order does not matter, or have a barrier in between. Barriers
 *   stand where the control flow is the same for the work-group.
 *
 * Macros with upper-case names in the source (AT, IN, DIVISOR, ...) keep it defined: the minimiser
 * leaves them in place. AT(e, n) is an index known to be in bounds; minimising may break that, so a
 * smaller case is also run with AT as a check.
 */
#ifndef CONFORMANCE_RANDOM_H
#define CONFORMANCE_RANDOM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/* What a case needs of a device beyond the least; others leave the case out. */
enum random_needs {
	RANDOM_DOUBLE = 1,
	RANDOM_GENERIC = 2,
	RANDOM_COLLECTIVE = 4,
	RANDOM_NON_UNIFORM = 8, /* work-groups at the end are smaller */
	RANDOM_ATOMIC64 = 16,
	RANDOM_SUB_GROUPS = 32,
	RANDOM_CHECKED = 64, /* build with checks of indices; for no device */
};

enum {
	RANDOM_INPUT_BYTES = 8192,               /* of each input buffer */
	RANDOM_ITEMS = 2048,                     /* most work-items */
	RANDOM_GROUPS = 64,                      /* most work-groups */
	RANDOM_LOCAL = 256,                      /* most work-items in a work-group */
	RANDOM_SLOTS = 16,                       /* elements of a work-item in each output buffer */
	RANDOM_COUNTERS = 64,                    /* for atomics, 32 and 64 bits each */
	RANDOM_ROW = 160,                        /* most bytes of a work-item's row */
	RANDOM_ROWS = RANDOM_ITEMS * RANDOM_ROW, /* bytes; there are as many again */
	RANDOM_MATRIX = RANDOM_ITEMS * 32,       /* bytes behind them */
};

struct random_case {
	char *source; /* malloc'ed */
	uint32_t dimensions;
	uint64_t global[3], local[3], offset[3];
	uint32_t data;  /* what the input is made from */
	uint32_t needs; /* enum random_needs */
};

void random_generate(struct random_case *c, uint64_t seed);

/* ---- text.c ---- */
struct random_text {
	char *data; /* NULL when empty, else ends in a 0 */
	size_t length, capacity;
};
void random_text_add(struct random_text *text, const char *format, ...)
	__attribute__((format(printf, 2, 3)));
/* Removes what is behind @from and returns it, malloc'ed. */
char *random_text_cut(struct random_text *text, size_t from);
/* As malloc() and realloc(); ends the process when there is no memory. */
void *random_allocate(void *old, size_t bytes);
uint64_t random_next(uint64_t *state);
double random_now(void); /* seconds, monotonic */

/* ---- child.c ---- */
enum random_status {
	RANDOM_OK,
	RANDOM_LEFT_OUT, /* the configuration does not have what the case needs */
	RANDOM_BUILD_FAILED,
	RANDOM_RUN_FAILED,
	RANDOM_CRASHED,
	RANDOM_HUNG,
};

struct random_request {
	uint32_t source_bytes, dimensions;
	uint64_t global[3], local[3], offset[3];
	uint32_t data, needs;
};

struct random_answer {
	uint32_t status;
	uint32_t text_bytes; /* of the message that follows */
	uint64_t hash;       /* of all output memory */
};

/* Reads requests from @in and answers on @out until @in ends. First of all says in an answer
 * whether there is a device, and the platform's name. The process's exit status. */
int random_child(int in, int out);

/* ---- configs.c ---- */
enum { RANDOM_CONFIGS = 16, RANDOM_MESSAGE = 2000 };

struct random_config {
	const char *name;
	pid_t process; /* 0: none */
	int to, from;
	bool second; /* another vendor's: joins in for some cases only */
	struct random_answer answer;
	char message[RANDOM_MESSAGE];
};

struct random_configs {
	struct random_config config[RANDOM_CONFIGS];
	unsigned count;
	double limit; /* seconds for one case */
};

/* @names: separated by commas, see usage. False: a name is not known (said on stderr). */
bool random_configs_open(struct random_configs *configs, const char *names, const char *pocl);
void random_configs_close(struct random_configs *configs);
/* Runs a case in the configurations of @mask and waits for all answers. */
void random_configs_run(struct random_configs *configs, const struct random_case *c, uint32_t mask);
const char *random_status_name(uint32_t status);

/* ---- compare.c ---- */
struct random_verdict {
	bool differs;
	uint32_t joined; /* configurations that ran it */
	uint32_t odd;    /* those that are not as the most are */
};
struct random_verdict random_compare(struct random_configs *configs, const struct random_case *c,
				     uint32_t mask);
/* The case's answers of all configurations in @mask, on stdout. */
void random_print_answers(const struct random_configs *configs, uint32_t mask);

/* ---- minimise.c ---- */
/* Makes @c smaller for at most @seconds while the first odd configuration differs from two
 * others. Needs an odd one. */
void random_minimise(struct random_configs *configs, struct random_case *c,
		     struct random_verdict verdict, double seconds);

/* ---- files.c ---- */
bool random_save(const struct random_case *c, const char *folder, const char *name);
bool random_load(struct random_case *c, const char *path);

/* ---- deviations.c ---- */
/* Why configuration @config, another vendor's, is not asked about the case; NULL: it is. */
const char *random_deviation(const char *config, const struct random_case *c);

#endif
