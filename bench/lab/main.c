/* SPDX-License-Identifier: MIT */
/* tern-lab-work: the command line, the clock, the counters. work.h says what it is. */
#include "bench/lab/work.h"
#include "icd/cl_tern.h"
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define KIB ((size_t)1 << 10)

static const struct workload {
	const char *name;
	void (*run)(const struct work *w);
	unsigned passes, slices; /* unless the command line says so */
	size_t bytes;            /* likewise; 0: what the device's memory holds */
	const char *help;
} workloads[] = {
	{"stream", work_stream, 1, 32, 0,
	 "y += a x, once through, by slices (--slices 1: at once)"},
	{"stride", work_stride, 1, 1, 0,
	 "every 4096th word changed, then every 1024th, 256th, 64th"},
	{"sweep", work_sweep, 3, 16, 0, "passes over the same data, read and written"},
	{"stencil", work_stencil, 8, 4, 0, "five points in two dimensions, iterated"},
	{"pipeline", work_pipeline, 2, 8, 0, "three kernels over four arrays, slice by slice"},
	{"phases", work_phases, 2, 4, 0, "scan, random update, host's update, strides, in turn"},
	{"update", work_update, 1, 4, 0, "random words changed"},
	{"gather", work_gather, 1, 1, 0, "random words read, in the end of each page"},
	{"sparse", work_sparse, 1, 1, 0, "random words read of few pages"},
	{"chase", work_chase, 1, 1, 0, "a list in random order, each node changed"},
	{"bfs", work_bfs, 1, 1, 0, "breadth-first search of a graph in compressed rows"},
	{"spmv", work_spmv, 4, 4, 0, "a sparse matrix in compressed rows times a vector, iterated"},
	{"matmul", work_matmul, 1, 8, 0, "a large product of thin matrices, by tiles"},
	{"join", work_join, 1, 4, 0, "a hash table made, then probed"},
	{"pipe", work_pipe, 2, 32, 0,
	 "the host fills blocks, the device changes them, the host reads"},
	{"histogram", work_histogram, 1, 1, 0, "host and device count into the same bins at once"},
	{"contended", work_contended, 1, 1, 16 * KIB, "both add to the same pages, without end"},
	{"between", work_between, 2000, 1, 8192 * KIB, "both write at once, every other page each"},
	{"handover", work_handover, 200, 1, 64 * KIB, "both change the same block in turn"},
};

static const char usage[] =
	"usage: tern-lab-work NAME [options]\n\n"
	"  --size BYTES     of all data, with K, M, G (what the device's memory holds)\n"
	"  --mem-ratio N    the size as percent of the device's memory\n"
	"  --passes N       over the data\n"
	"  --slices N       commands for a pass; 1: a single large one\n"
	"  --repeat N       runs, a line for each (1)\n"
	"  --warm           and one before them, of which nothing is printed\n"
	"  --svm KIND       system: malloc() (the default); fine or coarse: clSVMAlloc()\n"
	"  --prefetch       stream: the program itself moves each slice ahead of its command\n"
	"  --seed N         of the random numbers (1)\n\n"
	"Exit status: 0 all results are right; 1 one is wrong, or something failed; 77 the device\n"
	"cannot do it. Workloads:\n\n";

static double started, seconds;
static struct cl_svm_statistics_tern before, after;

/* All zeros on other ICDs. */
static void statistics(struct cl_svm_statistics_tern *out)
{
	static clGetSVMStatisticsTERN_fn get;
	cl_platform_id platform;

	memset(out, 0, sizeof *out);
	if (!get) {
		MUST(clGetDeviceInfo(bench_device(), CL_DEVICE_PLATFORM, sizeof platform, &platform,
				     NULL));
		get = (clGetSVMStatisticsTERN_fn)clGetExtensionFunctionAddressForPlatform(
			platform, "clGetSVMStatisticsTERN");
	}
	if (get)
		MUST(get(bench_device(), NULL, 0, sizeof *out, out));
}

void work_starts(void)
{
	work_wait();
	statistics(&before);
	started = bench_now();
}

void work_ends(void)
{
	seconds = bench_now() - started;
	statistics(&after);
}

void work_fail(const char *what)
{
	fprintf(stderr, "tern-lab-work: wrong: %s\n", what);
	exit(1);
}

/* A line for people and scripts. */
static void print(const struct workload *workload, const struct work *w)
{
	cl_ulong faults = after.device_read_faults + after.device_write_faults +
			  after.host_read_faults + after.host_write_faults -
			  before.device_read_faults - before.device_write_faults -
			  before.host_read_faults - before.host_write_faults;

	printf("%s: right; bytes=%zu seconds=%.6f faults=%llu in=%llu out=%llu evicted=%llu "
	       "deferred=%llu link=%.6f\n",
	       workload->name, w->bytes, seconds, (unsigned long long)faults,
	       (unsigned long long)(after.pages_to_device - before.pages_to_device +
				    after.pages_zeroed - before.pages_zeroed),
	       (unsigned long long)(after.pages_to_host - before.pages_to_host),
	       (unsigned long long)(after.pages_evicted - before.pages_evicted),
	       (unsigned long long)(after.faults_deferred - before.faults_deferred),
	       (double)(after.link_ns - before.link_ns) * 1e-9);
	fflush(stdout);
}

static void help(FILE *to)
{
	fputs(usage, to);
	for (unsigned i = 0; i < LENGTH(workloads); i++)
		fprintf(to, "  %-10s %s\n", workloads[i].name, workloads[i].help);
}

static _Noreturn void refuse(const char *what)
{
	fprintf(stderr, "tern-lab-work: %s\n", what);
	exit(2);
}

static size_t number(const char *text, size_t most)
{
	static const char suffixes[] = "KMG";
	char *end;
	unsigned long long n = strtoull(text, &end, 10);
	const char *suffix = *end ? strchr(suffixes, *end) : NULL;
	unsigned shift = suffix ? 10 * (unsigned)(suffix - suffixes + 1) : 0;

	if (*text < '0' || *text > '9' || (*end && (!suffix || end[1])) || !n || n > most >> shift)
		refuse("a number is wrong; --help says more");
	return (size_t)n << shift;
}

static enum work_svm svm_kind(const char *name)
{
	static const char *const names[] = {"system", "fine", "coarse"};

	for (unsigned i = 0; i < LENGTH(names); i++)
		if (!strcmp(name, names[i]))
			return (enum work_svm)i;
	refuse("--svm is one of system, fine, coarse");
}

struct command {
	struct work w;
	size_t ratio;
	unsigned repeat;
	bool warm;
	enum work_svm svm;
};

static void parse(struct command *c, int argc, char **argv)
{
	static const struct option options[] = {
		{"size", required_argument, NULL, 's'},
		{"mem-ratio", required_argument, NULL, 'm'},
		{"passes", required_argument, NULL, 'p'},
		{"slices", required_argument, NULL, 'n'},
		{"repeat", required_argument, NULL, 'r'},
		{"seed", required_argument, NULL, 'e'},
		{"svm", required_argument, NULL, 'k'},
		{"warm", no_argument, NULL, 'w'},
		{"prefetch", no_argument, NULL, 'f'},
		{"help", no_argument, NULL, 'h'},
		{0},
	};
	const size_t most = (size_t)1 << 46;

	for (int option; (option = getopt_long(argc, argv, "", options, NULL)) >= 0;) {
		if (option == 's')
			c->w.bytes = number(optarg, most);
		else if (option == 'm')
			c->ratio = number(optarg, 10000);
		else if (option == 'p')
			c->w.passes = (unsigned)number(optarg, 1000000);
		else if (option == 'n')
			c->w.slices = (unsigned)number(optarg, 65536);
		else if (option == 'r')
			c->repeat = (unsigned)number(optarg, 1000000);
		else if (option == 'e')
			c->w.seed = (unsigned)number(optarg, UINT32_MAX);
		else if (option == 'k')
			c->svm = svm_kind(optarg);
		else if (option == 'w')
			c->warm = true;
		else if (option == 'f')
			c->w.prefetch = true;
		else if (option == 'h')
			help(stdout), exit(0);
		else
			exit(2);
	}
}

static const struct workload *find(const char *name)
{
	for (unsigned i = 0; name && i < LENGTH(workloads); i++)
		if (!strcmp(workloads[i].name, name))
			return &workloads[i];
	help(stderr);
	exit(2);
}

int main(int argc, char **argv)
{
	struct command c = {.ratio = 100, .repeat = 1, .w.seed = 1};

	parse(&c, argc, argv);
	const struct workload *workload = find(optind + 1 == argc ? argv[optind] : NULL);
	if (c.w.prefetch && workload->run != work_stream)
		refuse("--prefetch is for stream");
	c.w.passes = c.w.passes ? c.w.passes : workload->passes;
	c.w.slices = c.w.slices ? c.w.slices : workload->slices;
	c.w.bytes = c.w.bytes ? c.w.bytes : workload->bytes;
	if (!c.w.bytes)
		c.w.bytes = work_device_bytes() / 4096 * c.ratio / 100 * 4096;
	if (c.w.bytes < 256 * KIB && !workload->bytes)
		refuse("the least size is 256K");
	work_choose_svm(c.svm);
	if (c.warm)
		workload->run(&c.w);
	for (unsigned n = 0; n < c.repeat; n++) {
		workload->run(&c.w);
		print(workload, &c.w);
	}
	return 0;
}
