/* SPDX-License-Identifier: MIT */
/* Bars: a group for each size of the memory, in the order of the policies. */
#include "tools/lab.h"

#include "runtime/base/alloc.h"

enum { BAR = 18, LEFT = 190, BARS_WIDE = 430, WIDE = 740, HEAD = 36 };

struct plot {
	const char *title, *unit;
	double (*value)(const struct lab *lab, const struct lab_measure *m);
};

static double milliseconds(const struct lab *lab, const struct lab_measure *m)
{
	(void)lab;
	return m->seconds * 1000;
}

static double virtual_time(const struct lab *lab, const struct lab_measure *m)
{
	return lab_virtual_seconds(lab, m) * 1000;
}

static double all_faults(const struct lab *lab, const struct lab_measure *m)
{
	(void)lab;
	return (double)(m->device_faults + m->host_faults);
}

static double traffic(const struct lab *lab, const struct lab_measure *m)
{
	(void)lab;
	return lab_mebibytes(m->pages_to_device + m->pages_to_host);
}

static double link_time(const struct lab *lab, const struct lab_measure *m)
{
	return lab_link_seconds(lab, m) * 1000;
}

static double slow_faults(const struct lab *lab, const struct lab_measure *m)
{
	(void)lab;
	return m->host_fault_us[2];
}

static const struct plot plots[] = {
	{"Time of the process", "ms", milliseconds},
	{"Virtual time of the device's work", "ms", virtual_time},
	{"Faults of both sides", "", all_faults},
	{"Contents moved, both ways", "MiB", traffic},
	{"Time on the link", "ms", link_time},
	{"Slowest hundredth of the host's faults (p99)", "us", slow_faults},
};

static double most_of(const struct lab *lab, const struct plot *plot)
{
	double most = 0;
	for (unsigned i = 0; i < lab->count; i++)
		if (!lab->results[i].status && lab->results[i].percent)
			most = tern_max(most, plot->value(lab, &lab->results[i].m));
	return most;
}

static void put_bar(const struct lab *lab, const struct plot *plot, double most,
		    const struct lab_result *r, unsigned y, unsigned color, FILE *f)
{
	double v = r ? plot->value(lab, &r->m) : 0;
	double wide = v / most * BARS_WIDE;
	fprintf(f,
		"<rect x=\"%u\" y=\"%u\" width=\"%.1f\" height=\"%u\" class=\"c%u\"/>"
		"<text x=\"%.1f\" y=\"%u\">",
		LEFT, y + 2, wide, BAR - 4, color % 4, LEFT + wide + 6, y + 13);
	if (r)
		fprintf(f, v < 1000 ? "%.4g %s</text>\n" : "%.0f %s</text>\n", v, plot->unit);
	else
		fputs("failed</text>\n", f);
}

static void put_bars(const struct lab *lab, const struct plot *plot, double most, unsigned y,
		     FILE *f)
{
	for (unsigned p = 0; p < lab->memory_count; p++) {
		char text[128];
		lab_describe(lab, lab->percents[p], text, sizeof(text));
		y += BAR;
		fprintf(f, "<text x=\"0\" y=\"%u\" class=\"m\">%s</text>\n", y - 3, text);
		for (unsigned i = 0; i < lab->policy_count; i++, y += BAR) {
			fprintf(f, "<text x=\"%u\" y=\"%u\" text-anchor=\"end\">", LEFT - 8,
				y + 13);
			lab_put_escaped(f, lab->policies[i]);
			fputs("</text>", f);
			put_bar(lab, plot, most,
				lab_median(lab, lab->policies[i], lab->percents[p]), y, p, f);
		}
	}
}

static unsigned height(const struct lab *lab)
{
	return lab->memory_count * (lab->policy_count + 1) * BAR + 10;
}

void lab_put_plots(const struct lab *lab, FILE *out)
{
	for (unsigned i = 0; i < tern_array_size(plots); i++) {
		double most = most_of(lab, &plots[i]);
		if (most <= 0)
			continue;
		fprintf(out, "<h2>%s</h2>\n<svg width=\"%u\" height=\"%u\" role=\"img\">\n",
			plots[i].title, WIDE, height(lab));
		put_bars(lab, &plots[i], most, 0, out);
		fputs("</svg>\n", out);
	}
}

/* Two plots side by side. */
void lab_put_svg(const struct lab *lab, FILE *out)
{
	unsigned shown = 0;
	for (unsigned i = 0; i < tern_array_size(plots); i++)
		shown += most_of(lab, &plots[i]) > 0;
	unsigned tall = height(lab) + HEAD;
	fprintf(out,
		"<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"-10 0 %u %u\">\n<style>%s"
		"</style>\n<rect x=\"-10\" width=\"100%%\" height=\"100%%\" fill=\"#fff\"/>\n",
		2 * WIDE + 20, (shown + 1) / 2 * tall, lab_plot_style);
	for (unsigned i = 0, n = 0; i < tern_array_size(plots); i++) {
		double most = most_of(lab, &plots[i]);
		if (most <= 0)
			continue;
		fprintf(out,
			"<g transform=\"translate(%u %u)\"><text y=\"24\" class=\"t\">%s</text>\n",
			n % 2 * WIDE, n / 2 * tall, plots[i].title);
		put_bars(lab, &plots[i], most, HEAD, out);
		fputs("</g>\n", out);
		n++;
	}
	fputs("</svg>\n", out);
}
