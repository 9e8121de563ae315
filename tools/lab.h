/* SPDX-License-Identifier: MIT */
/*
 * DOC: the laboratory
 *
 * `tern lab replay` is described in replay.h. `tern lab run` runs one program, unchanged, once for
 * each combination of migration policy and device memory, as often as is asked for, each time with
 * a trace, and tells what came of it.
 *
 *   lab.c          the command: options, the order of runs, interrupts
 *   lab_run.c      one run: the child process, its output, its time limit
 *   lab_measure.c  a trace becomes numbers
 *   lab_cost.c     virtual time
 *   lab_values.c   what options have behind them
 *   lab_report.c   the table, results.csv, report.html
 *   lab_plot.c     the bars in report.html and report.svg
 *   lab_regret.c   what no policy can beat
 *
 * The first run, with all the memory that the device has, shows how much the program uses of it at
 * most: percentages (--mem) are of that. With --data it is the other way round: what the program
 * uses, in percent of the device's memory.
 */
#ifndef TERN_TOOLS_LAB_H
#define TERN_TOOLS_LAB_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

struct replay_history;

/* What is compared where no policies are named. */
#define LAB_USUAL_POLICIES "demand,sequential,density,blend,lookahead,footprint,auto"

enum { LAB_POLICIES = 32, LAB_MEMORIES = 16 };
#define LAB_MEMORY_LEAST ((uint64_t)16 << 20) /* that an accelerator has */

/* What one run was like. */
struct lab_measure {
	double seconds;         /* of the process */
	double work, service;   /* seconds, of the device: tools/lab_cost.h */
	uint64_t device_faults; /* but those that another thread's fault had answered already */
	uint64_t host_faults;
	uint64_t pages_to_device, pages_to_host, pages_zeroed, pages_evicted;
	uint64_t pages_again;    /* of those to the device: they had been there before */
	uint64_t peak_pages;     /* on the device */
	uint64_t transfers;      /* of contents, either way: of a fault, an eviction, a request */
	double host_fault_us[3]; /* 50th, 95th, 99th percentile; 0: none */
	uint64_t lost;           /* records of the trace: then the numbers are too small */
	double *kernel_ns;       /* the work, by kernel; until lab_add_work() */
	size_t kernels;
	bool replaced;        /* another policy was in force than the one asked for */
	double bound_seconds; /* what any policy needs at least; 0: not asked for */
};

struct lab_result {
	const char *policy;
	unsigned percent; /* as asked for; 0: the first run, with all memory */
	uint64_t memory;  /* bytes */
	unsigned repeat;
	int status; /* of the program: 0, an exit code, 128 + a signal, or -1: not run */
	struct lab_measure m;
};

struct lab {
	char **program; /* and arguments, ended by NULL */
	int argc;
	const char *folder;
	const char *policies[LAB_POLICIES];
	unsigned policy_count;
	unsigned percents[LAB_MEMORIES];
	unsigned memory_count;
	bool of_data; /* they say what the data are of the memory, not the memory of the data */
	unsigned repeats;
	double timeout; /* seconds */
	uint64_t link;  /* bytes per second; 0: as fast as the machine */
	uint64_t latency_us;
	bool keep;                      /* the traces */
	bool refused;                   /* a policy is not known, which was reported */
	bool regret;                    /* is wanted: the accesses are recorded, too */
	struct replay_history *history; /* of the accesses, or NULL */
	double outside;                 /* seconds of the process before and after them */
	struct lab_result *results;
	unsigned count, size;
	uint64_t used;     /* bytes of the device's memory, at most, in the first run */
	double *kernel_ns; /* the least of all runs (tools/lab_cost.h); of as many kernels as the
			      first one had */
	size_t kernels;
	double began; /* seconds, of the clock: the first run after that */
};

/* lab_values.c: what an option has behind it. False: it is not understood. */
/* "75" or "75%", 1 to 10000. */
bool lab_read_percent(const char *text, unsigned *out);
bool lab_read_number(const char *text, unsigned least, unsigned most, unsigned *out);
/* Words separated by ';' if there is one, else by ','; @list is cut into them. */
bool lab_read_list(char *list, const char **out, unsigned most, unsigned *count);

/* Runs the program as @result says and fills in the rest of it. False: there is no use in going on,
 * which was reported. */
bool lab_run(const struct lab *lab, struct lab_result *result, unsigned number);
/* The same with all accesses recorded, which become @history. False: no use, reported. */
bool lab_run_recording(const struct lab *lab, struct lab_result *result,
		       struct replay_history *history);
/* Ends the running program, from a signal handler. */
void lab_interrupt(void);

/* False: no memory, or no trace at @path. */
bool lab_measure(const struct lab *lab, const char *path, struct lab_measure *out);

/* --regret: records the accesses with @memory bytes of device memory. What fails is reported, and
 * the comparison goes on without. */
void lab_regret_record(struct lab *lab, uint64_t memory);
/* The bound of each result, when all have been run. */
void lab_regret_find(struct lab *lab);
void lab_regret_finish(struct lab *lab);

/* What the link takes for a run's transfers, seconds; 0: no link is imposed. */
double lab_link_seconds(const struct lab *lab, const struct lab_measure *m);
/* Takes the kernels of a run that went well into the comparison, and frees them of any run. */
void lab_add_work(struct lab *lab, struct lab_result *result);
/* See tools/lab_cost.h; seconds. */
double lab_virtual_seconds(const struct lab *lab, const struct lab_measure *m);
/* Bytes of the device's memory that --mem or --data asked for, once the first run has ended. */
uint64_t lab_memory(const struct lab *lab, unsigned percent);
/* "memory 75 % of the data (data 133 % of it): 64.0 MiB" into @out. */
void lab_describe(const struct lab *lab, unsigned percent, char *out, size_t size);
/* The median over the repeats of a policy and memory, by seconds; NULL: no run of it ended well. */
const struct lab_result *lab_median(const struct lab *lab, const char *policy, unsigned percent);
void lab_print_table(const struct lab *lab, FILE *out);
/* Each writes a new file and put it in the place of the old one. False: reported. */
bool lab_write_csv(const struct lab *lab);
bool lab_write_html(const struct lab *lab);
bool lab_write_svg(const struct lab *lab);
/* All plots: in HTML with their titles; as one picture. */
void lab_put_plots(const struct lab *lab, FILE *out);
void lab_put_svg(const struct lab *lab, FILE *out);
extern const char lab_plot_style[];
/* @text as it may stand in HTML and XML. */
void lab_put_escaped(FILE *out, const char *text);
double lab_mebibytes(uint64_t pages);

#endif
