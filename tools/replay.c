/* SPDX-License-Identifier: MIT */
#include "tools/replay.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "runtime/base/alloc.h"
#include "runtime/base/option.h"
#include "tools/lab.h"
#include "tools/tern.h"
#include "tools/text.h"

#define PAGE_BYTES 4096.0
#define LINK_LEAST ((uint64_t)1 << 20)

enum { EVICTIONS = 8 };

static const char help[] =
	"usage: tern lab replay [options] TRACE\n\n"
	"Plays a trace that has accesses (tern trace --accesses) to migration policies, without "
	"the\n"
	"program, and compares them with what no policy can beat.\n\n"
	"  --policies LIST  as of tern lab run (" LAB_USUAL_POLICIES ")\n"
	"  --evict LIST     evictions: auto,allocation,recency,dead,chance (auto)\n"
	"  --mem LIST       of the device: percent of what the program uses, or bytes: "
	"75,100,150,64M\n"
	"  --link BYTES     per second, of the link (what moved pages took in the trace); none: no "
	"time\n"
	"  --latency US     microseconds for each transfer (0)\n"
	"  --fault US       microseconds for each fault (what those took that moved nothing)\n"
	"  --compute MS     what the program computes (what passed in the trace without a fault)\n"
	"  --csv            the table as comma-separated values\n";

struct memory {
	unsigned percent; /* 0: bytes were named */
	uint64_t bytes;
};

struct command {
	const char *trace;
	const char *policies[LAB_POLICIES], *evictions[EVICTIONS];
	unsigned policy_count, eviction_count;
	struct memory memories[LAB_MEMORIES];
	unsigned memory_count;
	unsigned compute_ms; /* 0: as recorded */
	bool own_link, own_fault, csv;
	struct tern_link link;
	uint64_t fault_ns;
	struct replay_history history;
};

/* ---- options ---- */

static bool read_memories(struct command *c, char *list)
{
	const char *words[LAB_MEMORIES];
	if (!lab_read_list(list, words, LAB_MEMORIES, &c->memory_count))
		return false;
	for (unsigned i = 0; i < c->memory_count; i++) {
		struct memory *m = &c->memories[i];
		*m = (struct memory){0};
		if (!lab_read_percent(words[i], &m->percent) &&
		    (!tern_number_parse(words[i], &m->bytes) || !m->bytes))
			return false;
	}
	return true;
}

static bool read_option(struct command *c, const char *flag, char *value)
{
	unsigned us;
	if (!strcmp(flag, "--policies"))
		return lab_read_list(value, c->policies, LAB_POLICIES, &c->policy_count);
	if (!strcmp(flag, "--evict"))
		return lab_read_list(value, c->evictions, EVICTIONS, &c->eviction_count);
	if (!strcmp(flag, "--mem"))
		return read_memories(c, value);
	if (!strcmp(flag, "--link")) {
		c->own_link = true;
		return !strcmp(value, "none") ||
		       (tern_number_parse(value, &c->link.bytes_per_second) &&
			c->link.bytes_per_second >= LINK_LEAST);
	}
	if (!strcmp(flag, "--latency") && lab_read_number(value, 0, 1000000, &us)) {
		c->link.latency_ns = us * UINT64_C(1000);
		return true;
	}
	if (!strcmp(flag, "--compute"))
		return lab_read_number(value, 1, 100000000, &c->compute_ms);
	if (!strcmp(flag, "--fault") && lab_read_number(value, 0, 1000000, &us)) {
		c->fault_ns = us * UINT64_C(1000);
		c->own_fault = true;
		return true;
	}
	return false;
}

/* 0, or an exit code. */
static int parse(struct command *c, int argc, char **argv)
{
	for (; argc; argc--, argv++) {
		if (!strcmp(*argv, "--csv")) {
			c->csv = true;
		} else if (**argv != '-' && !c->trace) {
			c->trace = *argv;
		} else if (**argv != '-' || argc < 2 || !read_option(c, argv[0], argv[1])) {
			fprintf(stderr, "tern lab replay: %s: unknown, or its value is wrong\n%s",
				*argv, help);
			return 2;
		} else {
			argc--;
			argv++;
		}
	}
	if (c->trace)
		return 0;
	fputs(help, stderr);
	return 2;
}

/* ---- the runs ---- */

static int failed(const struct command *c, const char *what, int error)
{
	const char *why = error == -EINVAL  ? "no such policy or eviction, or not its options"
			  : error == -E2BIG ? "the trace touches more memory than a replay can keep"
					    : "no memory";
	fprintf(stderr, "tern lab replay: %s: %s: %s\n", c->trace, what, why);
	return 1;
}

static struct tern_replay_setup setup_of(const struct command *c, const char *policy,
					 const char *eviction, uint64_t memory)
{
	return (struct tern_replay_setup){.policy = policy,
					  .eviction = eviction,
					  .memory_bytes = memory,
					  .link = c->link,
					  .fault_ns = c->fault_ns};
}

static double mebibytes(double pages)
{
	return pages * PAGE_BYTES / (1 << 20);
}

/* What the program uses, all of it and no more: percentages are of that. 0: reported. */
static uint64_t find_use(const struct command *c)
{
	struct tern_replay_setup setup = setup_of(c, "demand", NULL, c->history.memory_bytes);
	struct tern_replay_result result;
	int error = replay_play(&c->history, &setup, &result);
	if (error) {
		failed(c, "demand", error);
		return 0;
	}
	return tern_max(result.peak_pages, UINT64_C(1)) * (uint64_t)PAGE_BYTES;
}

static void print_history(const struct command *c, uint64_t used)
{
	const struct replay_history *h = &c->history;
	char link[32] = "no time at all";
	if (c->link.bytes_per_second)
		snprintf(link, sizeof(link), "%.1f MiB/s",
			 (double)c->link.bytes_per_second / (1 << 20));
	printf("%zu accesses, but to the last %u pages; %.3f ms computed between them\n",
	       h->accesses, h->window, (double)h->compute_ns / 1e6);
	printf("a fault: %.1f us; the link: %s, %.1f us\n", (double)c->fault_ns / 1e3, link,
	       (double)c->link.latency_ns / 1e3);
	printf("%.1f MiB on the device at most: 100 %%\n", (double)used / (1 << 20));
	if (h->evicted)
		printf("while it was recorded, %" PRIu64 " pages were evicted: what the host did "
		       "with them then is not in it; give the recording more memory\n",
		       h->evicted);
	if (h->lost)
		printf("%" PRIu64 " records were lost: the numbers are too small\n", h->lost);
}

static void print_heading(const struct command *c, const struct memory *m)
{
	if (c->csv)
		return;
	printf("\nmemory %.1f MiB", (double)m->bytes / (1 << 20));
	if (m->percent)
		printf(", %u %%", m->percent);
	printf("\n  %-24s %-10s %10s %7s %9s %9s %9s %9s %9s %7s\n", "policy", "eviction", "ms",
	       "regret", "faults", "host f.", "MiB in", "MiB out", "evicted", "again %");
}

static void print_bound(const struct command *c, const struct memory *m,
			const struct replay_bound *b)
{
	double ms = (double)b->ns / 1e6, in = (double)b->pages_to_device,
	       out = (double)b->pages_to_host;
	if (c->csv)
		printf("(bound),,%u,%" PRIu64 ",%.6f,1.0000,,,%.0f,%.0f,,,,\n", m->percent,
		       m->bytes, ms / 1e3, in, out);
	else
		printf("  %-24s %-10s %10.3f %7.2f %9s %9s %9.1f %9.1f\n", "(bound)", "", ms, 1.0,
		       "", "", mebibytes(in), mebibytes(out));
}

static void print_result(const struct command *c, const struct tern_replay_setup *setup,
			 const struct memory *m, const struct replay_bound *b,
			 const struct tern_replay_result *r)
{
	const struct tern_space_stats *s = &r->stats;
	uint64_t device = s->device_read_faults + s->device_write_faults;
	uint64_t host = s->host_read_faults + s->host_write_faults;
	double regret = b->ns ? (double)r->ns / (double)b->ns : 1;
	if (c->csv) {
		tern_text_csv(stdout, setup->policy);
		printf(",%s,%u,%" PRIu64 ",%.6f,%.4f,%" PRIu64 ",%" PRIu64 ",%" PRIu64 ",%" PRIu64
		       ",%" PRIu64 ",%" PRIu64 ",%" PRIu64 ",%" PRIu64 "\n",
		       setup->eviction, m->percent, m->bytes, (double)r->ns / 1e9, regret, device,
		       host, s->pages_to_device, s->pages_to_host, s->pages_zeroed, s->evicted,
		       r->pages_again, s->deferred);
		return;
	}
	printf("  %-24s %-10s %10.3f %7.2f %9" PRIu64 " %9" PRIu64 " %9.1f %9.1f %9.1f %7.1f%s\n",
	       setup->policy, setup->eviction, (double)r->ns / 1e6, regret, device, host,
	       mebibytes((double)s->pages_to_device), mebibytes((double)s->pages_to_host),
	       mebibytes((double)s->evicted),
	       s->pages_to_device ? 100.0 * (double)r->pages_again / (double)s->pages_to_device
				  : 0.0,
	       r->refused ? "  (accesses refused)" : "");
}

/* 0, or an exit code. */
static int run_memory(const struct command *c, const struct memory *m)
{
	struct replay_bound bound;
	if (!replay_bound_find(&c->history, m->bytes, &c->link, &bound))
		return failed(c, "the bound", -ENOMEM);
	print_heading(c, m);
	print_bound(c, m, &bound);
	for (unsigned i = 0; i < c->policy_count; i++)
		for (unsigned k = 0; k < c->eviction_count; k++) {
			struct tern_replay_setup setup =
				setup_of(c, c->policies[i], c->evictions[k], m->bytes);
			struct tern_replay_result result;
			int error = replay_play(&c->history, &setup, &result);
			if (error)
				return failed(c, c->policies[i], error);
			print_result(c, &setup, m, &bound, &result);
		}
	return 0;
}

static int run(struct command *c)
{
	if (!c->own_fault)
		c->fault_ns = c->history.fault_ns;
	if (!c->own_link)
		c->link.bytes_per_second = c->history.link;
	if (c->compute_ms)
		replay_history_compute(&c->history, c->compute_ms * UINT64_C(1000000));
	uint64_t used = find_use(c);
	if (!used)
		return 1;
	if (c->csv)
		puts("policy,eviction,percent,memory_bytes,seconds,regret,device_faults,host_"
		     "faults,"
		     "pages_to_device,pages_to_host,pages_zeroed,pages_evicted,pages_again,"
		     "deferred");
	else
		print_history(c, used);
	for (unsigned i = 0; i < c->memory_count; i++) {
		struct memory *m = &c->memories[i];
		if (m->percent)
			m->bytes = tern_max(used * m->percent / 100, (uint64_t)PAGE_BYTES);
		int code = run_memory(c, m);
		if (code)
			return code;
	}
	return 0;
}

int tern_tool_replay(int argc, char **argv)
{
	static char usual_policies[] = LAB_USUAL_POLICIES;
	static char usual_memories[] = "75,100,150", usual_eviction[] = "auto";
	struct command c = {0};
	const char *why = "";
	if (argc && !strcmp(argv[0], "--help")) {
		fputs(help, stdout);
		return 0;
	}
	(void)lab_read_list(usual_policies, c.policies, LAB_POLICIES, &c.policy_count);
	(void)lab_read_list(usual_eviction, c.evictions, EVICTIONS, &c.eviction_count);
	(void)read_memories(&c, usual_memories);
	int code = parse(&c, argc, argv);
	if (code)
		return code;
	if (!replay_history_open(c.trace, &c.history, &why)) {
		fprintf(stderr, "tern lab replay: %s: %s\n", c.trace, why);
		return 1;
	}
	code = run(&c);
	replay_history_finish(&c.history);
	if (!code && (fflush(stdout) || ferror(stdout))) {
		perror("tern lab replay");
		code = 1;
	}
	return code;
}
