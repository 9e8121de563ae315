/* SPDX-License-Identifier: MIT */
/* The configurations: processes with environments of their own, asked through pipes. */
#include "conformance/random/random.h"
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

enum { MOST_SETTINGS = 3 };

struct known {
	const char *name;
	const char *set[MOST_SETTINGS][2]; /* variables; NULL: no more */
	bool second;
};

/* Scalar comes first: where two and two differ, it is the one to believe. */
static struct known known[] = {
	{"scalar", {{"TERN_KERNELS", "scalar"}, {"TERN_CACHE", "off"}}, false},
	{"native", {{"TERN_CACHE", "off"}}, false},
	{"avx2", {{"TERN_CPU", "avx2"}, {"TERN_CACHE", "off"}}, false},
	{"baseline", {{"TERN_CPU", "baseline"}, {"TERN_CACHE", "off"}}, false},
	{"accel", {{"TERN_DEVICES", "accel"}, {"TERN_CACHE", "off"}}, false},
	{"plain", {{"RANDOM_OPTIONS", "-cl-opt-disable"}, {"TERN_CACHE", "off"}}, false},
	/* to see that differences are found, and made small: it computes something else */
	{"wrong", {{"RANDOM_OPTIONS", "-Dhadd=rhadd -Dmax=min"}, {"TERN_CACHE", "off"}}, false},
	/* its loops made vectors do not see what is stored through another pointer */
	{"pocl",
	 {{"OCL_ICD_VENDORS", "pocl.icd"},
	  {"POCL_KERNEL_CACHE", "0"},
	  {"POCL_WORK_GROUP_METHOD", "loops"}},
	 true},
};

#define KNOWN (sizeof known / sizeof known[0])

static const struct known *find(const char *name)
{
	for (size_t i = 0; i < KNOWN; i++)
		if (!strcmp(known[i].name, name))
			return &known[i];
	return NULL;
}

const char *random_status_name(uint32_t status)
{
	static const char *const names[] = {
		[RANDOM_OK] = "ran",
		[RANDOM_LEFT_OUT] = "left out",
		[RANDOM_BUILD_FAILED] = "did not build",
		[RANDOM_RUN_FAILED] = "failed",
		[RANDOM_CRASHED] = "crashed",
		[RANDOM_HUNG] = "hung",
	};

	return status < sizeof names / sizeof names[0] ? names[status] : "?";
}

/* ---- processes ---- */

static _Noreturn void become(const struct known *k, int in, int out)
{
	int nothing = open("/dev/null", O_RDWR | O_CLOEXEC);

	if (nothing < 0)
		_exit(126);
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	setpgid(0, 0);
	for (int i = 0; i < MOST_SETTINGS && k->set[i][0]; i++)
		setenv(k->set[i][0], k->set[i][1], 1);
	/* what the runtime prints is no answer */
	dup2(nothing, STDIN_FILENO);
	dup2(nothing, STDOUT_FILENO);
	if (!getenv("RANDOM_STDERR"))
		dup2(nothing, STDERR_FILENO);
	char in_text[16], out_text[16];

	snprintf(in_text, sizeof in_text, "%d", in);
	snprintf(out_text, sizeof out_text, "%d", out);
	/* a fresh image: the loader reads the environment once */
	execl("/proc/self/exe", "tern-random", "--child", in_text, out_text, (char *)NULL);
	_exit(127);
}

static void stop(struct random_config *config)
{
	if (!config->process)
		return;
	close(config->to);
	close(config->from);
	kill(-config->process, SIGKILL);
	kill(config->process, SIGKILL);
	waitpid(config->process, NULL, 0);
	config->process = 0;
}

/* False: there is no more input before @end. */
static bool get(struct random_config *config, void *data, size_t bytes, double end,
		enum random_status *why)
{
	for (char *at = data; bytes;) {
		struct pollfd file = {.fd = config->from, .events = POLLIN};
		double left = end - random_now();
		int ready = poll(&file, 1, left > 0 ? (int)(left * 1000) + 1 : 0);

		if (ready < 0 && errno == EINTR)
			continue;
		if (ready <= 0) {
			*why = RANDOM_HUNG;
			return false;
		}
		ssize_t got = read(config->from, at, bytes);

		if (got <= 0) {
			*why = RANDOM_CRASHED;
			return false;
		}
		at += got;
		bytes -= (size_t)got;
	}
	return true;
}

/* The answer to what was asked. A process that does not answer is stopped. */
static void hear(struct random_config *config, double end)
{
	struct random_answer a;
	enum random_status why = RANDOM_CRASHED;

	config->message[0] = '\0';
	if (!config->process || !get(config, &a, sizeof a, end, &why) ||
	    a.text_bytes >= sizeof config->message ||
	    !get(config, config->message, a.text_bytes, end, &why)) {
		stop(config);
		config->answer = (struct random_answer){.status = why};
		return;
	}
	config->message[a.text_bytes] = '\0';
	config->answer = a;
}

static bool start(struct random_config *config, double limit)
{
	int to[2], from[2];

	if (pipe2(to, 0))
		return false;
	if (pipe2(from, 0)) {
		close(to[0]);
		close(to[1]);
		return false;
	}
	/* the others' ends are not for this child */
	fcntl(to[1], F_SETFD, FD_CLOEXEC);
	fcntl(from[0], F_SETFD, FD_CLOEXEC);
	fflush(NULL);
	config->process = fork();
	if (config->process == 0)
		become(find(config->name), to[0], from[1]);
	close(to[0]);
	close(from[1]);
	config->to = to[1];
	config->from = from[0];
	if (config->process < 0) {
		config->process = 0;
		close(config->to);
		close(config->from);
		return false;
	}
	hear(config, random_now() + limit);
	return config->answer.status == RANDOM_OK;
}

/* ---- all of them ---- */

static bool add(struct random_configs *configs, const char *name)
{
	const struct known *k = find(name);

	if (!k || configs->count == RANDOM_CONFIGS) {
		fprintf(stderr, "tern-random: no configuration '%s'\n", name);
		return false;
	}
	struct random_config *config = &configs->config[configs->count];

	*config = (struct random_config){.name = k->name, .second = k->second};
	/* Tern's settings mean nothing to others */
	if (start(config, configs->limit) &&
	    (config->second || !strncmp(config->message, "Tern", 4)))
		configs->count++;
	else
		printf("random: %s is not there\n", name);
	stop(config); /* it is started again for the first case */
	return true;
}

bool random_configs_open(struct random_configs *configs, const char *names, const char *pocl)
{
	char text[256];
	bool good = true;

	signal(SIGPIPE, SIG_IGN);
	for (size_t i = 0; i < KNOWN && pocl; i++)
		if (known[i].second)
			known[i].set[0][1] = pocl;
	snprintf(text, sizeof text, "%s", names);
	for (char *name = strtok(text, ","); name && good; name = strtok(NULL, ","))
		good = add(configs, name);
	return good;
}

void random_configs_close(struct random_configs *configs)
{
	for (unsigned i = 0; i < configs->count; i++)
		stop(&configs->config[i]);
}

static void tell(struct random_config *config, const struct random_case *c, double limit)
{
	struct random_request r = {.source_bytes = (uint32_t)strlen(c->source),
				   .dimensions = c->dimensions,
				   .data = c->data,
				   .needs = c->needs};

	for (int d = 0; d < 3; d++) {
		r.global[d] = c->global[d];
		r.local[d] = c->local[d];
		r.offset[d] = c->offset[d];
	}
	if (!config->process && !start(config, limit)) {
		stop(config);
		return;
	}
	/* small against what the child reads at once: a pipe that is full would be a hang */
	if (write(config->to, &r, sizeof r) != sizeof r ||
	    write(config->to, c->source, r.source_bytes) != (ssize_t)r.source_bytes)
		stop(config);
}

void random_configs_run(struct random_configs *configs, const struct random_case *c, uint32_t mask)
{
	for (unsigned i = 0; i < configs->count; i++)
		if (mask >> i & 1)
			tell(&configs->config[i], c, configs->limit);
	double end = random_now() + configs->limit;

	for (unsigned i = 0; i < configs->count; i++)
		if (mask >> i & 1)
			hear(&configs->config[i], end);
}
