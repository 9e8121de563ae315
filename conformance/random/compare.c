/* SPDX-License-Identifier: MIT */
/* A case in all configurations: who agrees with whom. */
#include "conformance/random/random.h"
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

static bool same(const struct random_answer *a, const struct random_answer *b)
{
	return a->status == b->status && (a->status != RANDOM_OK || a->hash == b->hash);
}

/* How many of @mask answer as number @i does. */
static unsigned votes(const struct random_configs *configs, uint32_t mask, unsigned i)
{
	unsigned count = 0;

	for (unsigned j = 0; j < configs->count; j++)
		count += mask >> j & 1 &&
			 same(&configs->config[i].answer, &configs->config[j].answer);
	return count;
}

struct random_verdict random_compare(struct random_configs *configs, const struct random_case *c,
				     uint32_t mask)
{
	struct random_verdict verdict = {0};
	unsigned most = 0, best = 0;

	mask &= (1u << configs->count) - 1;
	random_configs_run(configs, c, mask);
	for (unsigned i = 0; i < configs->count; i++)
		if (mask >> i & 1 && configs->config[i].answer.status != RANDOM_LEFT_OUT)
			verdict.joined |= 1u << i;
	for (unsigned i = 0; i < configs->count; i++) {
		unsigned agree = verdict.joined >> i & 1 ? votes(configs, verdict.joined, i) : 0;

		if (agree > best) {
			best = agree;
			most = i;
		}
	}
	for (unsigned i = 0; i < configs->count; i++)
		if (verdict.joined >> i & 1 &&
		    !same(&configs->config[i].answer, &configs->config[most].answer))
			verdict.odd |= 1u << i;
	/* that all refuse a case says nothing about any, but it is nothing to be proud of */
	verdict.differs = verdict.odd || (verdict.joined && configs->config[most].answer.status);
	return verdict;
}

void random_print_answers(const struct random_configs *configs, uint32_t mask)
{
	for (unsigned i = 0; i < configs->count; i++) {
		const struct random_config *config = &configs->config[i];

		if (!(mask >> i & 1))
			continue;
		printf("  %-10s %-14s %016" PRIx64 "\n", config->name,
		       random_status_name(config->answer.status), config->answer.hash);
		if (config->message[0] && (!i || strcmp(config->message, config[-1].message) != 0))
			printf("    %.600s\n", config->message);
	}
}
