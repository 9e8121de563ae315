/* SPDX-License-Identifier: MIT */
/* tern-random: see random.h. */
#include "conformance/random/random.h"
#include <getopt.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

static const char usage[] =
	"usage: tern-random [option]...\n"
	"Random kernels with defined results, run in several configurations that must agree.\n"
	"  --seed S       of the first kernel, each has the next (1); 'new' takes the time\n"
	"  --count N      so many kernels at most\n"
	"  --seconds N    for so long at most (20; with --count: a day)\n"
	"  --configs LIST of scalar, native, avx2, baseline, pocl (these), accel, plain (not\n"
	"                 optimised), wrong (different on purpose)\n"
	"  --all          of Tern's, not only the first of them and one other in turn\n"
	"  --pocl FILE    what OCL_ICD_VENDORS is for pocl (pocl.icd)\n"
	"  --every N      pocl joins for every Nth kernel (8)\n"
	"  --limit N      seconds that a configuration may take for a kernel (30)\n"
	"  --save DIR     where kernels with differences go, whole and minimised (.)\n"
	"  --minimise N   seconds to make one smaller (120); 0: not at all\n"
	"  --replay FILE  a saved kernel instead of random ones\n"
	"  --show         prints the kernel of --seed\n"
	"Exit status: 0 all agree, 1 differences or no kernel at all, 77 no two "
	"configurations.\n";

static struct {
	uint64_t seed;
	unsigned long count, every;
	double seconds, minimise;
	const char *names, *pocl, *save, *replay;
	bool show, all;
	struct random_configs configs;
	unsigned long ran, second, differences, known;
} options = {
	.seed = 1,
	.every = 8,
	.minimise = 120,
	.names = "scalar,native,avx2,baseline,pocl",
	.save = ".",
	.configs = {.limit = 30},
};

static void found(struct random_case *c, struct random_verdict verdict, const char *name)
{
	char smaller[200];

	printf("random: %s: configurations differ\n", name);
	random_print_answers(&options.configs, verdict.joined);
	fflush(stdout);
	options.differences++;
	if (!options.replay)
		random_save(c, options.save, name);
	/* what nobody builds is the generator's fault */
	if (options.minimise <= 0 || !verdict.odd)
		return;
	random_minimise(&options.configs, c, verdict, options.minimise);
	snprintf(smaller, sizeof smaller, "%s-small", name);
	random_save(c, options.save, smaller);
	fflush(stdout);
}

/* Without the configurations that are known to get such a case wrong. */
static uint32_t without_deviations(const struct random_case *c, uint32_t mask)
{
	for (unsigned i = 0; i < options.configs.count; i++) {
		if (!(mask >> i & 1) || !random_deviation(options.configs.config[i].name, c))
			continue;
		mask &= ~(1u << i);
		options.known++;
	}
	return mask;
}

static uint32_t others(void)
{
	uint32_t mask = 0;

	for (unsigned i = 0; i < options.configs.count; i++)
		if (options.configs.config[i].second)
			mask |= 1u << i;
	return mask;
}

/* The first of Tern's configurations and one other in turn: a second opinion finds the most. */
static uint32_t pair(unsigned long turn)
{
	unsigned tern[RANDOM_CONFIGS] = {0}, count = 0;

	for (unsigned i = 0; i < options.configs.count; i++)
		if (!options.configs.config[i].second)
			tern[count++] = i;
	return 1u << tern[0] | (count > 1 ? 1u << tern[1 + turn % (count - 1)] : 0);
}

static void run(struct random_case *c, const char *name, uint32_t mask)
{
	mask = without_deviations(c, mask);
	struct random_verdict verdict = random_compare(&options.configs, c, mask);

	options.ran += (verdict.joined & (verdict.joined - 1)) != 0;
	options.second += (verdict.joined & others()) != 0;
	if (!verdict.differs)
		return;
	printf("random: %s: first\n", name); /* it may have taken too long, for once */
	random_print_answers(&options.configs, mask);
	verdict = random_compare(&options.configs, c, without_deviations(c, UINT32_MAX));
	if (!verdict.differs)
		printf("random: %s: once there was a difference, then not\n", name);
	found(c, verdict, name);
}

static void report(void)
{
	printf("random: %lu kernels, %lu of them with another vendor (%lu not, for its "
	       "deviations), "
	       "%lu differences\n",
	       options.ran, options.second, options.known, options.differences);
	fflush(stdout);
}

static void run_seeds(void)
{
	double said = random_now(), end = said + options.seconds;

	for (unsigned long i = 0; !options.count || i < options.count; i++) {
		struct random_case c;
		char name[64];

		random_generate(&c, options.seed + i);
		snprintf(name, sizeof name, "random-%" PRIu64, options.seed + i);
		run(&c, name,
		    (options.all ? ~others() & UINT32_MAX : pair(i)) |
			    (options.every && i % options.every == 0 ? others() : 0));
		free(c.source);
		double now = random_now();

		if (now > end)
			break;
		if (now - said < 300)
			continue;
		said = now;
		report();
	}
}

static int replay(void)
{
	struct random_case c;
	const char *name = strrchr(options.replay, '/');
	char base[100];

	if (!random_load(&c, options.replay))
		return 2;
	snprintf(base, sizeof base, "%s", name ? name + 1 : options.replay);
	base[strcspn(base, ".")] = '\0';
	run(&c, base, UINT32_MAX);
	if (!options.differences)
		random_print_answers(&options.configs, UINT32_MAX);
	free(c.source);
	return options.differences != 0;
}

static int show(void)
{
	struct random_case c;

	random_generate(&c, options.seed);
	printf("%s", c.source);
	free(c.source);
	return 0;
}

static int parse(int argc, char **argv)
{
	static const struct option table[] = {
		{"seed", required_argument, NULL, 's'},
		{"count", required_argument, NULL, 'n'},
		{"seconds", required_argument, NULL, 't'},
		{"configs", required_argument, NULL, 'c'},
		{"pocl", required_argument, NULL, 'p'},
		{"every", required_argument, NULL, 'e'},
		{"limit", required_argument, NULL, 'l'},
		{"save", required_argument, NULL, 'd'},
		{"minimise", required_argument, NULL, 'm'},
		{"replay", required_argument, NULL, 'r'},
		{"show", no_argument, NULL, 'w'},
		{"all", no_argument, NULL, 'a'},
		{"help", no_argument, NULL, 'h'},
		{NULL, 0, NULL, 0},
	};
	int option;

	while ((option = getopt_long(argc, argv, "h", table, NULL)) != -1) {
		const char *value = optarg ? optarg : "";

		if (option == 's')
			options.seed = strcmp(value, "new") ? strtoull(value, NULL, 10)
							    : (uint64_t)time(NULL) * 1000000;
		else if (option == 'n')
			options.count = strtoul(value, NULL, 10);
		else if (option == 't')
			options.seconds = strtod(value, NULL);
		else if (option == 'c')
			options.names = value;
		else if (option == 'p')
			options.pocl = value;
		else if (option == 'e')
			options.every = strtoul(value, NULL, 10);
		else if (option == 'l')
			options.configs.limit = strtod(value, NULL);
		else if (option == 'd')
			options.save = value;
		else if (option == 'm')
			options.minimise = strtod(value, NULL);
		else if (option == 'r')
			options.replay = value;
		else if (option == 'a')
			options.all = true;
		else if (option == 'w')
			options.show = true;
		else
			return option == 'h' ? -1 : -2;
	}
	return 0;
}

int main(int argc, char **argv)
{
	if (argc == 4 && !strcmp(argv[1], "--child"))
		return random_child(atoi(argv[2]), atoi(argv[3]));
	int code = parse(argc, argv);

	if (code) {
		fputs(usage, code == -1 ? stdout : stderr);
		return code == -1 ? 0 : 2;
	}
	if (options.seconds <= 0)
		options.seconds = options.count ? 86400 : 20;
	if (options.show)
		return show();
	if (!random_configs_open(&options.configs, options.names, options.pocl))
		return 2;
	if (options.configs.count < 2) {
		printf("random: fewer than two configurations\n");
		return 77;
	}
	if (options.replay) {
		code = replay();
	} else {
		printf("random: from seed %" PRIu64 "\n", options.seed);
		fflush(stdout);
		run_seeds();
		report();
		code = options.differences || !options.ran;
	}
	random_configs_close(&options.configs);
	return code;
}
