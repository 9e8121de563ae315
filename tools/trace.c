/* SPDX-License-Identifier: MIT */
/* tern trace: records a program (runtime/base/trace.h), and tells what a trace holds. */
#include "tools/trace.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "runtime/base/alloc.h"
#include "tools/tern.h"
#include "tools/text.h"

static const char help[] =
	"usage: tern trace [-o FILE] [--accesses[=N]] [options of tern run] -- program "
	"[arguments]\n"
	"       tern trace --summary FILE\n"
	"       tern trace --csv FILE [-o FILE]\n"
	"       tern trace --json FILE [-o FILE]\n\n"
	"  -o FILE    where the trace goes (tern.trace; %p: the process's number), or the export\n"
	"  --accesses record accesses, too, for tern lab replay: all but those to the last N\n"
	"             pages (64)\n"
	"  --summary  how many faults and pages, and what decided about them\n"
	"  --csv      a line for each record\n"
	"  --json     for ui.perfetto.dev and chrome://tracing\n";

enum { WAYS = 6, REASONS = 5, RULES = 64 };

struct rule {
	char text[201];
	uint64_t count;
};

struct summary {
	uint64_t kinds[TERN_TRACE_KINDS];
	uint64_t faults[4]; /* by flags */
	uint64_t pages[WAYS][REASONS];
	struct rule rules[RULES];
	double last_us;
	char policy[201]; /* in force; empty: none was needed */
	bool replaced;    /* it is not what was asked for */
};

/* How `tern trace` was asked to record. */
struct recording {
	const char *output, *accesses;
};

static const char *plain(char to[201], const char *text)
{
	tern_text_plain(to, 201, text);
	return to;
}

static void count_rule(struct summary *s, const char *rule)
{
	char shown[201];
	plain(shown, rule);
	for (unsigned i = 0; i < RULES; i++) {
		struct rule *r = &s->rules[i];
		if (!r->count)
			snprintf(r->text, sizeof(r->text), "%s", shown);
		if (!strcmp(r->text, shown)) {
			r->count++;
			return;
		}
	}
}

static void sum(struct summary *s, const struct tern_trace_reader *reader,
		const struct tern_trace_record *r)
{
	const char *text = r->kind == TERN_TRACE_RULE ? tern_trace_reader_text(reader, r->x) : NULL;
	unsigned way = r->flags & 15, reason = r->flags >> 4;
	double us = ((double)r->ns - (double)tern_trace_reader_header(reader)->started_ns) / 1000;
	s->kinds[r->kind]++;
	s->last_us = tern_max(s->last_us, us);
	if (r->kind == TERN_TRACE_FAULT)
		s->faults[r->flags & 3]++;
	if (r->kind == TERN_TRACE_MOVED && way < WAYS && reason < REASONS)
		s->pages[way][reason] += r->x;
	if (text)
		count_rule(s, text);
	if (r->kind == TERN_TRACE_POLICY) {
		const char *name = tern_trace_reader_text(reader, r->x);
		plain(s->policy, name ? name : "?");
		s->replaced = r->n;
	}
}

static void print_summary(const struct summary *s, const struct tern_trace_header *h)
{
	char text[4][201];
	printf("program    %s\n", plain(text[0], h->program));
	printf("policy     %s, eviction %s, accelerator %s\n", plain(text[1], h->policy),
	       plain(text[2], h->eviction),
	       *h->accelerator ? plain(text[3], h->accelerator) : "as it is");
	if (*s->policy)
		printf("in force   %s%s\n", s->policy,
		       s->replaced ? ", the default: that policy is not known" : "");
	printf("time       %.3f ms\n", s->last_us / 1000);
	printf("commands   %" PRIu64 ", ended %" PRIu64 "\n", s->kinds[TERN_TRACE_QUEUED],
	       s->kinds[TERN_TRACE_ENDED]);
	printf("faults     device %" PRIu64 " read %" PRIu64 " write, host %" PRIu64
	       " read %" PRIu64 " write\n",
	       s->faults[0], s->faults[TERN_TRACE_WRITE], s->faults[TERN_TRACE_HOST],
	       s->faults[TERN_TRACE_HOST | TERN_TRACE_WRITE]);
	for (unsigned way = 0; way < WAYS; way++)
		for (unsigned reason = 0; reason < REASONS; reason++)
			if (s->pages[way][reason])
				printf("pages      %" PRIu64 " %s, by %s\n", s->pages[way][reason],
				       tern_trace_way_name(way),
				       tern_trace_reason_name(reason << 4));
	for (unsigned i = 0; i < RULES && s->rules[i].count; i++)
		printf("plans      %" PRIu64 " %s\n", s->rules[i].count, s->rules[i].text);
	uint64_t lost = atomic_load(&h->lost);
	if (lost)
		printf("lost       %" PRIu64 " records, for want of room\n", lost);
}

static bool summarise(struct tern_trace_reader *reader)
{
	struct summary *s = tern_zalloc(sizeof(*s));
	struct tern_trace_record r;
	if (!s)
		return false;
	while (tern_trace_reader_next(reader, &r))
		sum(s, reader, &r);
	print_summary(s, tern_trace_reader_header(reader));
	tern_free(s);
	return true;
}

static bool is_same(const char *a, const char *b)
{
	struct stat x, y;
	return !stat(a, &x) && !stat(b, &y) && x.st_dev == y.st_dev && x.st_ino == y.st_ino;
}

static int tell(const char *how, const char *file, const char *output)
{
	const char *why;
	int fd = open(file, O_RDONLY | O_CLOEXEC);
	struct tern_trace_reader *reader = fd < 0 ? NULL : tern_trace_reader_open(fd, &why);
	if (!reader) {
		fprintf(stderr, "tern trace: %s: %s\n", file, fd < 0 ? strerror(errno) : why);
		return 1;
	}
	if (output && is_same(file, output)) {
		fprintf(stderr, "tern trace: %s: this is the trace itself\n", output);
		tern_trace_reader_close(reader);
		return 2;
	}
	FILE *out = output ? fopen(output, "we") : stdout;
	bool good = out != NULL;
	if (!good)
		fprintf(stderr, "tern trace: %s: %s\n", output, strerror(errno));
	else if (!strcmp(how, "--csv"))
		tern_trace_csv(reader, out);
	else if (!strcmp(how, "--json"))
		good = tern_trace_json(reader, out);
	else
		good = summarise(reader);
	if (out && !good)
		fputs("tern trace: no memory\n", stderr);
	if (out && (fflush(out) || ferror(out))) {
		fprintf(stderr, "tern trace: %s: %s\n", output ? output : "the output",
			strerror(errno));
		good = false;
	}
	if (output && out)
		(void)fclose(out);
	tern_trace_reader_close(reader);
	return good ? 0 : 1;
}

/* A trace of before makes room; any other file stays. */
static bool make_room(const char *path)
{
	const char *why;
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	if (fd < 0 && errno == ENOENT)
		return true;
	struct tern_trace_reader *reader = fd < 0 ? NULL : tern_trace_reader_open(fd, &why);
	if (!reader) {
		fprintf(stderr, "tern trace: %s is there already, and %s\n", path,
			fd < 0 ? strerror(errno) : why);
		return false;
	}
	tern_trace_reader_close(reader);
	return !unlink(path);
}

static int record(int argc, char **argv, const struct recording *how)
{
	const char *output = how->output ? how->output : "tern.trace";
	if (!make_room(output))
		return 1;
	if (setenv("TERN_TRACE", output, 1) || setenv("TERN_LOG", "error", 0)) {
		perror("tern trace");
		return 1;
	}
	if (how->accesses && setenv("TERN_TRACE_ACCESSES", how->accesses, 1)) {
		perror("tern trace");
		return 1;
	}
	return tern_tool_run(argc, argv);
}

int tern_tool_trace(int argc, char **argv)
{
	const char *how = NULL, *file = NULL;
	struct recording recording = {NULL, NULL};
	for (; argc && **argv == '-' && strcmp(*argv, "--") != 0; argc--, argv++) {
		bool tells = !strcmp(*argv, "--summary") || !strcmp(*argv, "--csv") ||
			     !strcmp(*argv, "--json");
		if (!strcmp(*argv, "--help")) {
			fputs(help, stdout);
			return 0;
		}
		if (!strcmp(*argv, "--accesses") || !strncmp(*argv, "--accesses=", 11)) {
			recording.accesses = (*argv)[10] ? *argv + 11 : "64";
			continue;
		}
		if (strcmp(*argv, "-o") != 0 && !tells)
			break; /* tern run's */
		if (argc < 2) {
			fprintf(stderr, "tern trace: %s wants a file\n%s", *argv, help);
			return 2;
		}
		if (tells) {
			how = *argv;
			file = argv[1];
		} else {
			recording.output = argv[1];
		}
		argc--;
		argv++;
	}
	if (how && !argc)
		return tell(how, file, recording.output);
	if (how || !argc) {
		fputs(help, stderr);
		return 2;
	}
	return record(argc, argv, &recording);
}
