/* SPDX-License-Identifier: MIT */
/* Cases as files: a line with the launch, then the source. */
#include "conformance/random/random.h"
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#define FORMAT                                                                                     \
	"// tern-random: dimensions %" SCNu32 " global %" SCNu64 " %" SCNu64 " %" SCNu64           \
	" local %" SCNu64 " %" SCNu64 " %" SCNu64 " offset %" SCNu64 " %" SCNu64 " %" SCNu64       \
	" data %" SCNu32 " needs %" SCNu32 "\n"

bool random_save(const struct random_case *c, const char *folder, const char *name)
{
	char path[4096];

	mkdir(folder, 0777);
	snprintf(path, sizeof path, "%s/%s.cl", folder, name);
	FILE *file = fopen(path, "we");

	if (!file) {
		perror(path);
		return false;
	}
	fprintf(file, FORMAT, c->dimensions, c->global[0], c->global[1], c->global[2], c->local[0],
		c->local[1], c->local[2], c->offset[0], c->offset[1], c->offset[2], c->data,
		c->needs);
	fputs(c->source, file);
	if (fclose(file)) {
		perror(path);
		return false;
	}
	printf("  saved as %s\n", path);
	return true;
}

static char *read_rest(FILE *file)
{
	struct random_text text = {0};
	char line[4096];

	random_text_add(&text, "%s", ""); /* so that there is one */
	while (fgets(line, sizeof line, file))
		random_text_add(&text, "%s", line);
	return text.data;
}

bool random_load(struct random_case *c, const char *path)
{
	FILE *file = fopen(path, "re");

	if (!file) {
		perror(path);
		return false;
	}
	memset(c, 0, sizeof *c);
	int found = fscanf(file, FORMAT, &c->dimensions, &c->global[0], &c->global[1],
			   &c->global[2], &c->local[0], &c->local[1], &c->local[2], &c->offset[0],
			   &c->offset[1], &c->offset[2], &c->data, &c->needs);

	if (found == 12)
		c->source = read_rest(file);
	else
		fprintf(stderr, "tern-random: %s: not one of mine\n", path);
	fclose(file);
	return found == 12;
}
