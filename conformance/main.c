/* SPDX-License-Identifier: MIT */
/* tern-conformance: runs the conformance subset on one device of the ICDs that the loader finds. */
#include "conformance/report.h"
#include <errno.h>
#include <fnmatch.h>
#include <getopt.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

static const char usage[] =
	"usage: tern-conformance [option]... [pattern]...\n"
	"Runs the cases whose name (chapter.case) matches a shell pattern, or all of a chapter\n"
	"whose name is given; without a pattern all cases.\n"
	"  --list            print the names and stop\n"
	"  --platform NAME   use the first platform whose name holds NAME (any case)\n"
	"  --device N        use the platform's device number N (from 0)\n"
	"  --custom N        use its custom device number N; what needs a compiler is skipped\n"
	"  --isolate         each case in a child process with a time limit\n"
	"  --timeout S       time limit of a case in seconds (60)\n"
	"  --json FILE       write results as JSON (- for standard output)\n"
	"  --verbose         print the texts of passing and known cases too\n"
	"Exit status: 0 nothing failed, 1 something failed, 77 no platform or everything skipped.\n"
	"The loader's variables choose the ICD, e.g. OCL_ICD_VENDORS=<folder or .icd file>.\n";

static int parse(int argc, char **argv, struct conf_options *options)
{
	static const struct option table[] = {
		{"list", no_argument, NULL, 'l'},
		{"platform", required_argument, NULL, 'p'},
		{"device", required_argument, NULL, 'd'},
		{"custom", required_argument, NULL, 'c'},
		{"isolate", no_argument, NULL, 'i'},
		{"timeout", required_argument, NULL, 't'},
		{"json", required_argument, NULL, 'j'},
		{"verbose", no_argument, NULL, 'v'},
		{"help", no_argument, NULL, 'h'},
		{NULL, 0, NULL, 0},
	};
	int option;

	while ((option = getopt_long(argc, argv, "hv", table, NULL)) != -1) {
		switch (option) {
		case 'l':
			options->list = true;
			break;
		case 'p':
			options->platform = optarg;
			break;
		case 'd':
		case 'c':
			options->device = (unsigned)strtoul(optarg, NULL, 10);
			options->custom = option == 'c';
			break;
		case 'i':
			options->isolate = true;
			break;
		case 't':
			options->seconds = (unsigned)strtoul(optarg, NULL, 10);
			break;
		case 'j':
			options->json = optarg;
			break;
		case 'v':
			options->verbose = true;
			break;
		case 'h':
			fputs(usage, stdout);
			exit(0);
		default:
			fputs(usage, stderr);
			return -EINVAL;
		}
	}
	options->patterns = (const char *const *)argv + optind;
	options->pattern_count = (size_t)(argc - optind);
	return 0;
}

static bool wanted(const struct conf_options *options, const struct conf_chapter *chapter,
		   const char *name)
{
	if (!options->pattern_count)
		return chapter->about != NULL;
	for (size_t i = 0; i < options->pattern_count; i++)
		if (!strcmp(options->patterns[i], chapter->name) ||
		    !fnmatch(options->patterns[i], name, 0))
			return true;
	return false;
}

static void print_outcome(FILE *out, const struct conf_options *options, const char *name,
			  const struct conf_record *record, const struct conf_outcome *outcome)
{
	fprintf(out, "%-5s %s (%.2f s, %u checks)\n", conf_status_name(outcome->status), name,
		outcome->seconds, atomic_load(&record->checks));
	if (outcome->deviation)
		fprintf(out, "      %s: %s\n",
			outcome->status == CONF_FIXED ? "no longer seen" : "deviation",
			outcome->deviation);
	bool quiet = outcome->status == CONF_PASS || outcome->status == CONF_KNOWN;

	if (!record->text[0] || (quiet && !options->verbose))
		return;
	for (const char *at = record->text; *at;) {
		size_t length = strcspn(at, "\n");

		fprintf(out, "      %.*s\n", (int)length, at);
		at += length + (at[length] == '\n');
	}
}

struct session {
	const struct conf_options *options;
	struct conf_record *record;
	FILE *out;
	FILE *json;
	unsigned totals[CONF_STATUS_COUNT];
	unsigned count;
};

static void run_one(struct session *session, const struct conf_chapter *chapter,
		    const struct conf_case *test)
{
	char name[160];

	snprintf(name, sizeof name, "%s.%s", chapter->name, test->name);
	if (!wanted(session->options, chapter, name))
		return;
	if (session->options->list) {
		puts(name);
		session->count++;
		return;
	}
	struct conf_outcome outcome = conf_run_case(session->options, name, test, session->record);

	session->totals[outcome.status]++;
	print_outcome(session->out, session->options, name, session->record, &outcome);
	fflush(session->out);
	if (session->json)
		conf_json_case(session->json, session->count == 0, chapter->name, test->name,
			       session->record, &outcome);
	session->count++;
}

static void run_all(struct session *session)
{
	for (const struct conf_chapter *chapter = conf_chapters; chapter->name; chapter++)
		for (const struct conf_case *const *set = chapter->sets; *set; set++)
			for (const struct conf_case *test = *set; test->name; test++)
				run_one(session, chapter, test);
}

static int report(const struct session *session)
{
	const unsigned *totals = session->totals;

	fprintf(session->out, "%u cases:", session->count);
	for (int i = 0; i < CONF_STATUS_COUNT; i++)
		if (totals[i])
			fprintf(session->out, " %u %s", totals[i], conf_status_name(i));
	fputc('\n', session->out);
	if (totals[CONF_FAIL] || totals[CONF_CRASH] || totals[CONF_HANG])
		return 1;
	return totals[CONF_SKIP] == session->count ? 77 : 0;
}

int main(int argc, char **argv)
{
	struct conf_options options = {.seconds = 60};

	if (parse(argc, argv, &options))
		return 2;
	struct conf_record *record = mmap(NULL, sizeof *record, PROT_READ | PROT_WRITE,
					  MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	if (record == MAP_FAILED) {
		perror("mmap");
		return 1;
	}
	bool to_stdout = options.json && !strcmp(options.json, "-");
	struct session session = {&options, record, to_stdout ? stderr : stdout, NULL, {0}, 0};

	if (options.list) {
		run_all(&session);
		return session.count ? 0 : 1;
	}
	int code = conf_probe(&options, record);

	if (code) {
		fprintf(stderr, "tern-conformance: %s", record->text);
		return code;
	}
	if (options.json)
		session.json = to_stdout ? stdout : fopen(options.json, "w");
	if (options.json && !session.json) {
		perror(options.json);
		return 1;
	}
	fprintf(session.out, "platform %s (%s), device %s\n", record->platform, record->version,
		record->device);
	if (session.json)
		conf_json_begin(session.json, record);
	run_all(&session);
	if (!session.count)
		fputs("no case of that name\n", stderr);
	if (session.json) {
		conf_json_end(session.json, session.totals);
		fclose(session.json);
	}
	return session.count ? report(&session) : 1;
}
