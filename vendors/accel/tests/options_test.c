/* SPDX-License-Identifier: MIT */
/* TERN_ACCEL: what is understood counts, the rest keeps its default and is logged. */
#include <sched.h>

#include "harness.h"

struct expected {
	const char *text;
	struct accel_options options; /* 0 units, 0 linger_ns: the default */
	unsigned warnings;
};

#define M ((uint64_t)1 << 20)

static const struct expected all[] = {
	{"", {1024 * M, 0, {0, 0}, TERN_MEMORY_PRIVATE, 0}, 0},
	{"mem=256M,units=4,link=16G,latency=10us,model=coherent",
	 {256 * M, 4, {16384 * M, 10000}, TERN_MEMORY_COHERENT, 0},
	 0},
	{"latency=3ms,model=private", {1024 * M, 0, {0, 3000000}, TERN_MEMORY_PRIVATE, 0}, 0},
	{"linger=250ms", {1024 * M, 0, {0, 0}, TERN_MEMORY_PRIVATE, 250000000}, 0},
	{"linger=2s,linger=2h,linger=-1",
	 {1024 * M, 0, {0, 0}, TERN_MEMORY_PRIVATE, 2000000000},
	 2},
	{"latency=7ns,units=auto", {1024 * M, 0, {0, 7}, TERN_MEMORY_PRIVATE, 0}, 0},
	{"mem=16777217", {18 * M, 0, {0, 0}, TERN_MEMORY_PRIVATE, 0}, 0},
	{"mem=1,units=0,units=65,link=fast,latency=1h,model=odd,speed=9,units",
	 {1024 * M, 0, {0, 0}, TERN_MEMORY_PRIVATE, 0},
	 8},
	{"mem=99999999999999999999G,mem=-1,mem=0x10M,mem=,=,,units=2",
	 {1024 * M, 2, {0, 0}, TERN_MEMORY_PRIVATE, 0},
	 5},
	{"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa=1,mem=aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
	 {1024 * M, 0, {0, 0}, TERN_MEMORY_PRIVATE, 0},
	 2},
};

static unsigned count_lines(const char *text)
{
	unsigned n = 0;
	for (; *text; text++)
		n += *text == '\n';
	return n;
}

static void check(const struct expected *e)
{
	struct accel_options got;
	cpu_set_t set;
	CHECK(!sched_getaffinity(0, sizeof(set), &set));
	setenv("TERN_ACCEL", e->text, 1);
	setenv("TERN_LOG", "warn", 1);
	log_capture();
	accel_options_read(&got);
	char *text = log_take();
	unsigned units = e->options.units ? e->options.units : (unsigned)CPU_COUNT(&set);
	uint64_t linger = e->options.linger_ns ? e->options.linger_ns : 1000000000;
	bool same = got.memory_bytes == e->options.memory_bytes && got.units == units &&
		    got.link.bytes_per_second == e->options.link.bytes_per_second &&
		    got.link.latency_ns == e->options.link.latency_ns && got.linger_ns == linger &&
		    got.model == e->options.model && count_lines(text) == e->warnings;
	if (!same)
		printf("\"%s\": %s", e->text, text);
	exit(same ? 0 : 1);
}

int main(void)
{
	for (unsigned i = 0; i < tern_array_size(all); i++) {
		int status;
		pid_t pid = fork();
		CHECK(pid >= 0);
		if (!pid)
			check(&all[i]); /* options are read once in a process */
		CHECK(waitpid(pid, &status, 0) == pid);
		CHECK(WIFEXITED(status) && WEXITSTATUS(status) == 0);
	}
	return 0;
}
