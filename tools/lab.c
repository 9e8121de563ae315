/* SPDX-License-Identifier: MIT */
#include "tools/lab.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "runtime/base/alloc.h"
#include "runtime/base/futex.h"
#include "runtime/base/option.h"
#include "tools/tern.h"

#define MEMORY_ALL ((uint64_t)1 << 30)
#define PAGE_BYTES ((uint64_t)4096)

static const char help[] =
	"usage: tern lab run [options] -- program [arguments]\n"
	"       tern lab replay [options] TRACE     (tern lab replay --help)\n\n"
	"Runs the program, unchanged, under each migration policy with each size of the "
	"accelerator's\n"
	"memory, and compares.\n\n"
	"  --policies LIST  " LAB_USUAL_POLICIES "; with options "
	"(block:pages=64)\n"
	"                   and paths, separated by ';' when there are commas in them\n"
	"  --mem LIST       memory, percent of what the program uses of it: 75,100,150\n"
	"  --data LIST      the other way round: what it uses, percent of the memory\n"
	"  --repeat N       runs of each (3); the medians are shown\n"
	"  --all BYTES      memory of the first run, which shows what the program uses (1G)\n"
	"  --link BYTES     per second, imposed on the link, for example 16G (none)\n"
	"  --latency US     microseconds for each transfer, with --link (10)\n"
	"  --timeout S      seconds that a run may take (600)\n"
	"  -o FOLDER        for results.csv, report.html, report.svg and the program's output "
	"(tern-lab)\n"
	"  --regret         the accesses are recorded first; then what any policy needs at least,\n"
	"                   and the time of each divided by that\n"
	"  --keep           the traces of all runs as well\n";

static volatile sig_atomic_t interrupted;

static void on_signal(int number)
{
	interrupted = number;
	lab_interrupt();
}

/* ---- options ---- */

static bool read_percents(struct lab *lab, char *list)
{
	const char *words[LAB_MEMORIES];
	if (!lab_read_list(list, words, LAB_MEMORIES, &lab->memory_count))
		return false;
	for (unsigned i = 0; i < lab->memory_count; i++)
		if (!lab_read_percent(words[i], &lab->percents[i]))
			return false;
	return true;
}

static bool read_option(struct lab *lab, uint64_t *all, const char *flag, char *value)
{
	unsigned n;
	if (!strcmp(flag, "--policies"))
		return lab_read_list(value, lab->policies, LAB_POLICIES, &lab->policy_count);
	if (!strcmp(flag, "--mem") || !strcmp(flag, "--data")) {
		lab->of_data = flag[2] == 'd';
		return read_percents(lab, value);
	}
	if (!strcmp(flag, "--repeat"))
		return lab_read_number(value, 1, 100, &lab->repeats);
	if (!strcmp(flag, "--all"))
		return tern_number_parse(value, all) && *all >= LAB_MEMORY_LEAST;
	if (!strcmp(flag, "--link"))
		return tern_number_parse(value, &lab->link) && lab->link;
	if (!strcmp(flag, "--latency") && lab_read_number(value, 0, 1000000, &n)) {
		lab->latency_us = n;
		return true;
	}
	if (!strcmp(flag, "--timeout") && lab_read_number(value, 1, 1000000, &n)) {
		lab->timeout = n;
		return true;
	}
	if (strcmp(flag, "-o") != 0)
		return false;
	lab->folder = value;
	return *value;
}

/* 0, or an exit code. */
static int parse(struct lab *lab, uint64_t *all, int argc, char **argv)
{
	while (argc && **argv == '-') {
		const char *flag = *argv++;
		argc--;
		if (!strcmp(flag, "--"))
			break;
		if (!strcmp(flag, "--keep") || !strcmp(flag, "--regret")) {
			*(flag[2] == 'k' ? &lab->keep : &lab->regret) = true;
			continue;
		}
		if (!argc || !read_option(lab, all, flag, *argv)) {
			fprintf(stderr, "tern lab: %s: unknown, or its value is wrong\n%s", flag,
				help);
			return 2;
		}
		argv++;
		argc--;
	}
	lab->argc = argc;
	lab->program = argv;
	if (argc)
		return 0;
	fputs(help, stderr);
	return 2;
}

/* ---- the runs ---- */

static double now(void)
{
	return (double)tern_clock_ns() / 1e9;
}

/* How long the rest will take, as long as what has been took; nothing while that is not known. */
static void print_left(const struct lab *lab)
{
	unsigned done = lab->count > 1 ? lab->count - 1 : 0;
	if (!done)
		return;
	unsigned long left =
		(unsigned long)((now() - lab->began) / done * (lab->size - lab->count)) + 1;
	if (left >= 60)
		fprintf(stderr, "%lu min %lu s left  ", left / 60, left % 60);
	else
		fprintf(stderr, "%lu s left  ", left);
}

static void progress(const struct lab *lab, const struct lab_result *r)
{
	if (!isatty(2))
		return;
	unsigned done = lab->count * 20 / lab->size;
	fprintf(stderr, "\r\033[K[%.*s%*s] %u %%  ", (int)done, "####################",
		(int)(20 - done), "", lab->count * 100 / lab->size);
	print_left(lab);
	if (r->percent)
		fprintf(stderr, "%.16s, %s %u %%", r->policy, lab->of_data ? "data" : "memory",
			r->percent);
	else
		fputs("what the program uses", stderr);
	fflush(stderr);
}

/* Leaves no bar behind. */
static void progress_end(void)
{
	if (isatty(2))
		fputs("\r\033[K", stderr);
}

static bool refused(const struct lab *lab, const struct lab_result *r)
{
	if (!r->m.replaced)
		return false;
	progress_end();
	fprintf(stderr,
		"tern lab: %s is no policy, or its options are wrong; %s/run-%u.txt says more\n",
		r->policy, lab->folder, lab->count);
	return true;
}

static bool run_one(struct lab *lab, const char *policy, unsigned percent, uint64_t memory,
		    unsigned repeat)
{
	struct lab_result *r = &lab->results[lab->count];
	*r = (struct lab_result){.policy = policy,
				 .percent = percent,
				 .memory = memory,
				 .repeat = repeat,
				 .status = -1};
	if (interrupted)
		return false;
	progress(lab, r);
	bool ran = lab_run(lab, r, lab->count) && !interrupted;
	/* Not under a name that is not its own. */
	lab->refused = ran && refused(lab, r);
	if (!ran || lab->refused)
		r->status = -1;
	lab_add_work(lab, r);
	if (!ran || lab->refused)
		return false;
	lab->count++;
	return lab_write_csv(lab);
}

/* What the program uses, by the first run. 0: it is of no use, which was reported. */
static uint64_t find_use(struct lab *lab, uint64_t all)
{
	if (!run_one(lab, "auto", 0, all, 0))
		return 0;
	progress_end();
	const struct lab_result *r = &lab->results[0];
	uint64_t bytes = r->m.peak_pages * PAGE_BYTES;
	if (r->status || !bytes) {
		fprintf(stderr,
			r->status
				? "tern lab: the program ended with status %d: %s/run-0.txt has "
				  "what it said\n"
				: "tern lab: the program moved nothing to the accelerator (status "
				  "%d); %s/run-0.txt has what it said\n",
			r->status, lab->folder);
		return 0;
	}
	if (bytes * 75 / 100 < LAB_MEMORY_LEAST)
		fprintf(stderr,
			"tern lab: the program uses %.1f MiB; the accelerator has 16 at least\n",
			(double)bytes / (1 << 20));
	return bytes;
}

/* The repeats go around all settings, so that what else the machine does hits them alike. */
static void run_all(struct lab *lab)
{
	lab->began = now();
	for (unsigned repeat = 0; repeat < lab->repeats; repeat++)
		for (unsigned p = 0; p < lab->memory_count; p++)
			for (unsigned i = 0; i < lab->policy_count; i++)
				if (!run_one(lab, lab->policies[i], lab->percents[p],
					     lab_memory(lab, lab->percents[p]), repeat))
					return;
}

static int finish(const struct lab *lab)
{
	bool good = true;
	progress_end();
	if (lab->refused)
		return 2;
	lab_print_table(lab, stdout);
	if (!lab_write_csv(lab) || !lab_write_html(lab) || !lab_write_svg(lab))
		return 1;
	printf("\n%s/results.csv, report.html and report.svg have more\n", lab->folder);
	for (unsigned i = 0; i < lab->count; i++)
		good = good && !lab->results[i].status;
	if (!good)
		printf("some runs failed: %s/run-N.txt have what they said\n", lab->folder);
	if (interrupted)
		printf("interrupted after %u of %u runs\n", lab->count, lab->size);
	return good && !interrupted ? 0 : 1;
}

static int compare(struct lab *lab, uint64_t all)
{
	struct sigaction action = {.sa_handler = on_signal};
	sigaction(SIGINT, &action, NULL);
	sigaction(SIGTERM, &action, NULL);
	if (mkdir(lab->folder, 0700) && errno != EEXIST) {
		fprintf(stderr, "tern lab: %s: %s\n", lab->folder, strerror(errno));
		return 1;
	}
	lab->size = 1 + lab->repeats * lab->memory_count * lab->policy_count;
	lab->results = tern_zalloc_array(lab->size, sizeof(*lab->results));
	if (!lab->results) {
		fputs("tern lab: no memory\n", stderr);
		return 1;
	}
	lab->used = find_use(lab, all);
	int code = 1;
	if (lab->used) {
		printf("the program's data: %.1f MiB on the device at most\n",
		       (double)lab->used / (1 << 20));
		fflush(stdout);
		if (lab->regret && !interrupted)
			lab_regret_record(lab, all);
		run_all(lab);
		lab_regret_find(lab);
		code = finish(lab);
	}
	lab_regret_finish(lab);
	tern_free(lab->kernel_ns);
	tern_free(lab->results);
	return code;
}

int tern_tool_lab(int argc, char **argv)
{
	static char usual_policies[] = LAB_USUAL_POLICIES;
	static char usual_memories[] = "75,100,150";
	struct lab lab = {.folder = "tern-lab", .repeats = 3, .timeout = 600, .latency_us = 10};
	uint64_t all = MEMORY_ALL;
	if (argc && !strcmp(argv[0], "--help")) {
		fputs(help, stdout);
		return 0;
	}
	if (argc && !strcmp(argv[0], "replay"))
		return tern_tool_replay(argc - 1, argv + 1);
	if (!argc || strcmp(argv[0], "run") != 0) {
		fputs(help, stderr);
		return 2;
	}
	(void)lab_read_list(usual_policies, lab.policies, LAB_POLICIES, &lab.policy_count);
	(void)read_percents(&lab, usual_memories);
	int error = parse(&lab, &all, argc - 1, argv + 1);
	return error ? error : compare(&lab, all);
}
