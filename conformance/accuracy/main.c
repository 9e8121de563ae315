/* SPDX-License-Identifier: MIT */
/* tern-accuracy: see accuracy.h. */
#include "conformance/accuracy/accuracy.h"

#include <getopt.h>
#include <math.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char usage[] =
	"usage: tern-accuracy [option]... [function]...\n"
	"Measures the largest error of each mathematical function and checks it against OpenCL "
	"C's\n"
	"bounds.\n"
	"  --samples N  random arguments of each function and type (4096), beside the edge cases\n"
	"  --seed S     of the random sequence (1)\n"
	"  --threads N  (2)\n"
	"  --device N   of the first platform (0)\n"
	"Exit status: 0 all within their bounds, 1 not, 77 no such device.\n";

enum { MOST_SHOWN = 3, PRECISION_FLOAT = 64, PRECISION_DOUBLE = 118, MOST_THREADS = 64 };

struct measured {
	bool done, wrong;
	double ulps, absolute;
};

static struct accuracy_device device;
static struct measured (*measured)[2]; /* of each function and type */
static char **wanted;
static size_t samples = 4096;
static uint64_t seed = 1;
static atomic_size_t next_job;
static pthread_mutex_t printing = PTHREAD_MUTEX_INITIALIZER;

static bool is_wanted(const struct accuracy_function *f)
{
	for (char **name = wanted; *name; name++)
		if (!strcmp(*name, f->name))
			return true;
	return !*wanted;
}

/* One function and type. */
struct job {
	const struct accuracy_function *f;
	const struct accuracy_type *type;
	struct measured *out;
	struct accuracy_call call;
	mpfr_t reference;
	unsigned shown;
};

static void show(struct job *job, double got, double ulps)
{
	struct accuracy_call *call = &job->call;
	job->out->wrong = true;
	if (job->shown++ >= MOST_SHOWN)
		return;
	pthread_mutex_lock(&printing);
	mpfr_fprintf(stderr, "%s%s %s: a %a, b %a, c %a, n %d: %a, not %.20Ra (%.9Rg): %g ulp\n",
		     job->f->kind == ACCURACY_RELAXED ? "relaxed " : "", job->type->name,
		     job->f->name, call->a0, call->b0, call->c0, call->n, got, job->reference,
		     job->reference, ulps);
	pthread_mutex_unlock(&printing);
}

static bool is_denormal(const struct accuracy_type *type, double x)
{
	return x != 0 && fabs(x) < ldexp(1, type->least_exponent);
}

/* Whether the result is close enough to zero where denormal numbers may be zero. */
static bool flushed(const struct job *job, double got)
{
	bool may_flush = job->f->kind != ACCURACY_FULL || !device.denormals[job->type->is_double];
	double least = ldexp(1, job->type->least_exponent);
	return may_flush && mpfr_cmp_d(job->reference, least) < 0 &&
	       mpfr_cmp_d(job->reference, -least) > 0 && fabs(got) <= least;
}

/* Whether the function's promise holds for these arguments. */
static bool applies(const struct job *job)
{
	const struct accuracy_function *f = job->f;
	const struct accuracy_call *call = &job->call;
	bool full_range = f->kind == ACCURACY_FULL && device.denormals[job->type->is_double];
	if (call->skip || (f->domain > 0 && !(fabs(call->a0) <= f->domain)))
		return false;
	if (!full_range && (is_denormal(job->type, call->a0) || is_denormal(job->type, call->b0)))
		return false;
	if (f->kind == ACCURACY_FULL || f->kind == ACCURACY_HALF)
		return true;
	double most = ldexp(1, job->type->most);
	return isfinite(call->a0) && isfinite(call->b0) && mpfr_number_p(job->reference) &&
	       mpfr_cmp_d(job->reference, most) < 0 && mpfr_cmp_d(job->reference, -most) > 0;
}

static bool wrong_sign_of_zero(const struct job *job, double got)
{
	return job->f->kind == ACCURACY_FULL && !(job->f->flags & ACCURACY_ANY_ZERO) &&
	       mpfr_zero_p(job->reference) && got == 0 &&
	       !signbit(got) != !mpfr_signbit(job->reference);
}

static double bound_of(const struct accuracy_function *f, bool is_double, double a)
{
	if (is_double && f->flags & ACCURACY_ROUNDED_DOUBLE)
		return 0.5;
	return f->ulps + floor(fabs(a) * f->ulps_per_argument);
}

static void judge(struct job *job, double got)
{
	const struct accuracy_function *f = job->f;
	if (!applies(job) || flushed(job, got))
		return;
	double a = job->call.a0, ulps = accuracy_ulps(job->type, job->reference, got);
	if (f->absolute > 0 && a >= f->absolute_low && a <= f->absolute_high) {
		double error = fabs(got - mpfr_get_d(job->reference, MPFR_RNDN));
		job->out->absolute = fmax(job->out->absolute, error);
		if (!(error <= f->absolute))
			show(job, got, ulps);
		return;
	}
	double bound = bound_of(f, job->type->is_double, a);
	if (f->absolute > 0 && isinf(bound))
		return;
	/* Without a bound a number must still be a number. */
	bool special = isinf(f->ulps) && f->kind != ACCURACY_FULL && isfinite(got);
	if (!special || isfinite(ulps))
		job->out->ulps = fmax(job->out->ulps, ulps);
	if (ulps > bound + 1e-9 || (isinf(ulps) && !special) || wrong_sign_of_zero(job, got))
		show(job, got, ulps);
}

static void judge_batch(struct job *job, const struct accuracy_inputs *in, const double *results)
{
	struct accuracy_call *call = &job->call;
	for (size_t i = 0; i < ACCURACY_BATCH; i++) {
		call->a0 = in->a[i];
		call->b0 = in->b[i];
		call->c0 = in->c[i];
		call->n = in->n[i];
		call->skip = false;
		mpfr_set_d(call->a, call->a0, MPFR_RNDN);
		mpfr_set_d(call->b, call->b0, MPFR_RNDN);
		mpfr_set_d(call->c, call->c0, MPFR_RNDN);
		job->f->reference(job->reference, call);
		judge(job, results[i]);
	}
}

static void measure_with(struct job *job, struct accuracy_kernel *kernel)
{
	static _Thread_local struct accuracy_inputs inputs;
	static _Thread_local double results[ACCURACY_BATCH];
	size_t batches = accuracy_edge_batches(job->f, job->type) +
			 (samples + ACCURACY_BATCH - 1) / ACCURACY_BATCH;
	for (size_t i = 0; i < batches; i++) {
		accuracy_fill(&inputs, job->f, job->type, i, seed);
		if (!accuracy_compute(kernel, job->type, &inputs, results)) {
			job->out->wrong = true;
			return;
		}
		judge_batch(job, &inputs, results);
	}
}

static void measure(const struct accuracy_function *f, const struct accuracy_type *type,
		    struct measured *out)
{
	struct job job = {.f = f, .type = type, .out = out, .call.type = type};
	struct accuracy_kernel kernel;
	mpfr_inits2(53, job.call.a, job.call.b, job.call.c, (mpfr_ptr)NULL);
	mpfr_init2(job.reference, type->is_double ? PRECISION_DOUBLE : PRECISION_FLOAT);
	out->done = true;
	if (accuracy_open_kernel(&device, f, type, &kernel))
		measure_with(&job, &kernel);
	else
		out->wrong = true;
	accuracy_close_kernel(&kernel);
	mpfr_clears(job.call.a, job.call.b, job.call.c, job.reference, (mpfr_ptr)NULL);
}

static void *work(void *unused)
{
	(void)unused;
	/* what overflows need not be computed */
	mpfr_set_emin(-100000);
	mpfr_set_emax(100000);
	for (;;) {
		size_t job = atomic_fetch_add(&next_job, 1), i = job / 2, d = job % 2;
		if (i >= accuracy_function_count)
			break;
		const struct accuracy_function *f = &accuracy_functions[i];
		bool has_type = d == 0 || (device.has_double && f->kind == ACCURACY_FULL);
		if (is_wanted(f) && has_type)
			measure(f, &accuracy_types[d], &measured[i][d]);
	}
	mpfr_free_cache();
	return NULL;
}

static void run_threads(unsigned count)
{
	pthread_t threads[MOST_THREADS];
	unsigned started = 0;
	while (started < count && pthread_create(&threads[started], NULL, work, NULL) == 0)
		started++;
	if (started == 0)
		work(NULL);
	while (started > 0)
		pthread_join(threads[--started], NULL);
}

static const char *bound_text(const struct accuracy_function *f, bool is_double, char *text,
			      size_t size)
{
	if (isinf(f->ulps))
		snprintf(text, size, "-");
	else if (f->ulps_per_argument > 0)
		snprintf(text, size, "%g + %g \\|x\\|", f->ulps, f->ulps_per_argument);
	else
		snprintf(text, size, "%g", bound_of(f, is_double, 0));
	return text;
}

static void print_cell(const struct accuracy_function *f, const struct measured *m, bool is_double)
{
	char bound[64];
	if (!m->done) {
		printf(" |  | ");
		return;
	}
	if (f->absolute > 0 && isinf(f->ulps))
		printf(" -%s | - |", m->wrong ? " WRONG" : "");
	else
		printf(" %.4g%s | %s |", m->ulps, m->wrong ? " WRONG" : "",
		       bound_text(f, is_double, bound, sizeof(bound)));
}

static void print_kind(enum accuracy_kind kind)
{
	static const char *const heads[] = {
		"\n| function | float, ulp | bound | double, ulp | bound "
		"|\n|---|---|---|---|---|\n",
		"\n| function | float, ulp | bound |\n|---|---|---|\n",
		"\n| function | float, ulp | bound |\n|---|---|---|\n",
		"\n| -cl-fast-relaxed-math | float, ulp | bound | absolute error | bound |\n"
		"|---|---|---|---|---|\n",
	};
	bool first = true;
	for (size_t i = 0; i < accuracy_function_count; i++) {
		const struct accuracy_function *f = &accuracy_functions[i];
		if (f->kind != kind || !measured[i][0].done)
			continue;
		if (first)
			fputs(heads[kind], stdout);
		first = false;
		printf("| %s |", f->name);
		print_cell(f, &measured[i][0], false);
		if (kind == ACCURACY_FULL)
			print_cell(f, &measured[i][1], true);
		if (f->absolute > 0)
			printf(" %.2g | %.2g for %.3g to %.3g |", measured[i][0].absolute,
			       f->absolute, f->absolute_low, f->absolute_high);
		putchar('\n');
	}
}

static bool any_wrong(void)
{
	bool wrong = false;
	for (size_t i = 0; i < accuracy_function_count; i++)
		wrong |= measured[i][0].wrong || measured[i][1].wrong;
	return wrong;
}

int main(int argc, char **argv)
{
	static const struct option options[] = {{"samples", required_argument, NULL, 's'},
						{"seed", required_argument, NULL, 'r'},
						{"threads", required_argument, NULL, 't'},
						{"device", required_argument, NULL, 'd'},
						{NULL, 0, NULL, 0}};
	unsigned threads = 2, number = 0;
	for (int o; (o = getopt_long(argc, argv, "", options, NULL)) != -1;) {
		unsigned long value = optarg ? strtoul(optarg, NULL, 10) : 0;
		if (o == 's')
			samples = value;
		else if (o == 'r')
			seed = value;
		else if (o == 't')
			threads = value < MOST_THREADS ? (unsigned)value : MOST_THREADS;
		else if (o == 'd')
			number = (unsigned)value;
		else
			return fputs(usage, stderr), 2;
	}
	wanted = argv + optind;
	measured = calloc(accuracy_function_count, sizeof(*measured));
	int status = measured ? accuracy_open(number, &device) : 1;
	if (status)
		return status;
	run_threads(threads);
	for (enum accuracy_kind kind = 0; kind < ACCURACY_KINDS; kind++)
		print_kind(kind);
	clReleaseContext(device.context);
	status = any_wrong() ? 1 : 0;
	free(measured);
	return status;
}
