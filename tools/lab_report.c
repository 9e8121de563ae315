/* SPDX-License-Identifier: MIT */
#include "tools/lab.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "runtime/base/alloc.h"

#define PAGE_BYTES 4096.0

double lab_link_seconds(const struct lab *lab, const struct lab_measure *m)
{
	if (!lab->link)
		return 0;
	double bytes = (double)(m->pages_to_device + m->pages_to_host) * PAGE_BYTES;
	return bytes / (double)lab->link + (double)m->transfers * (double)lab->latency_us / 1e6;
}

const struct lab_result *lab_median(const struct lab *lab, const char *policy, unsigned percent)
{
	const struct lab_result *good[256];
	unsigned n = 0;
	for (unsigned i = 0; i < lab->count && n < tern_array_size(good); i++) {
		const struct lab_result *r = &lab->results[i];
		if (r->percent != percent || r->status || strcmp(r->policy, policy) != 0)
			continue;
		unsigned at = n++;
		for (; at && good[at - 1]->m.seconds > r->m.seconds; at--)
			good[at] = good[at - 1];
		good[at] = r;
	}
	return n ? good[n / 2] : NULL;
}

static double mebibytes(uint64_t pages)
{
	return (double)pages * PAGE_BYTES / (1 << 20);
}

void lab_print_table(const struct lab *lab, FILE *out)
{
	for (unsigned p = 0; p < lab->memory_count; p++) {
		unsigned percent = lab->percents[p];
		fprintf(out, "\nmemory %u %%\n  %-24s %9s %9s %9s %9s %9s %9s %9s%s\n", percent,
			"policy", "ms", "faults", "host f.", "MiB in", "MiB out", "again %",
			"host p99", lab->history ? "  regret" : "");
		for (unsigned i = 0; i < lab->policy_count; i++) {
			const struct lab_result *r = lab_median(lab, lab->policies[i], percent);
			if (!r) {
				fprintf(out, "  %-24s         -\n", lab->policies[i]);
				continue;
			}
			const struct lab_measure *m = &r->m;
			fprintf(out, "  %-24s %9.1f %9" PRIu64 " %9" PRIu64 " %9.1f %9.1f %9.1f",
				r->policy, m->seconds * 1000, m->device_faults, m->host_faults,
				mebibytes(m->pages_to_device), mebibytes(m->pages_to_host),
				m->pages_to_device ? 100.0 * (double)m->pages_again /
							     (double)m->pages_to_device
						   : 0.0);
			if (m->host_fault_us[2] > 0)
				fprintf(out, " %6.0f us", m->host_fault_us[2]);
			else if (m->bound_seconds > 0)
				fprintf(out, " %9s", "");
			if (m->bound_seconds > 0)
				fprintf(out, " %7.2f", m->seconds / m->bound_seconds);
			fputs(m->lost ? "  (records were lost)\n" : "\n", out);
		}
	}
}

/* ---- files ---- */

static FILE *begin_file(const struct lab *lab, const char *name, char **temporary)
{
	*temporary = tern_asprintf("%s/.%s", lab->folder, name);
	FILE *f = *temporary ? fopen(*temporary, "we") : NULL;
	if (!f) {
		fprintf(stderr, "tern lab: %s/%s: %s\n", lab->folder, name, strerror(errno));
		tern_free(*temporary);
	}
	return f;
}

static bool end_file(const struct lab *lab, const char *name, char *temporary, FILE *f)
{
	char *final = tern_asprintf("%s/%s", lab->folder, name);
	bool good = final && !ferror(f);
	good = !fclose(f) && good && !rename(temporary, final);
	if (!good)
		fprintf(stderr, "tern lab: %s/%s: %s\n", lab->folder, name, strerror(errno));
	tern_free(final);
	tern_free(temporary);
	return good;
}

static void put_csv_text(FILE *f, const char *text)
{
	fputc('"', f);
	if (*text && strchr("=+-@", *text))
		fputc('\'', f);
	for (; *text; text++)
		fputs(*text == '"' ? "\"\"" : (char[]){*text, 0}, f);
	fputc('"', f);
}

bool lab_write_csv(const struct lab *lab)
{
	char *temporary;
	FILE *f = begin_file(lab, "results.csv", &temporary);
	if (!f)
		return false;
	fputs("policy,percent,memory_bytes,repeat,status,seconds,link_seconds,device_faults,"
	      "host_faults,pages_to_device,pages_to_host,pages_zeroed,pages_evicted,pages_again,"
	      "peak_pages,host_fault_us_p50,host_fault_us_p95,host_fault_us_p99,lost,"
	      "bound_seconds\n",
	      f);
	for (unsigned i = 0; i < lab->count; i++) {
		const struct lab_result *r = &lab->results[i];
		const struct lab_measure *m = &r->m;
		put_csv_text(f, r->policy);
		fprintf(f, ",%u,%" PRIu64 ",%u,%d,%.6f,%.6f", r->percent, r->memory, r->repeat,
			r->status, m->seconds, lab_link_seconds(lab, m));
		const uint64_t numbers[] = {m->device_faults, m->host_faults,  m->pages_to_device,
					    m->pages_to_host, m->pages_zeroed, m->pages_evicted,
					    m->pages_again,   m->peak_pages};
		for (unsigned k = 0; k < tern_array_size(numbers); k++)
			fprintf(f, ",%" PRIu64, numbers[k]);
		for (unsigned k = 0; k < 3; k++)
			fprintf(f, ",%.3f", m->host_fault_us[k]);
		fprintf(f, ",%" PRIu64 ",%.6f\n", m->lost, m->bound_seconds);
	}
	return end_file(lab, "results.csv", temporary, f);
}

/* ---- the page ---- */

static void put_html(FILE *f, const char *text)
{
	for (; *text; text++) {
		unsigned char c = (unsigned char)*text;
		if (c == '<' || c == '>' || c == '&' || c == '"' || c == '\'' || c < 32)
			fprintf(f, "&#%u;", c < 32 ? 0xfffdu : c);
		else
			fputc(c, f);
	}
}

struct plot {
	const char *title, *unit;
	double (*value)(const struct lab *lab, const struct lab_measure *m);
};

static double milliseconds(const struct lab *lab, const struct lab_measure *m)
{
	(void)lab;
	return m->seconds * 1000;
}

static double all_faults(const struct lab *lab, const struct lab_measure *m)
{
	(void)lab;
	return (double)(m->device_faults + m->host_faults);
}

static double traffic(const struct lab *lab, const struct lab_measure *m)
{
	(void)lab;
	return mebibytes(m->pages_to_device + m->pages_to_host);
}

static double link_time(const struct lab *lab, const struct lab_measure *m)
{
	return lab_link_seconds(lab, m) * 1000;
}

static double regret(const struct lab *lab, const struct lab_measure *m)
{
	(void)lab;
	return m->bound_seconds > 0 ? m->seconds / m->bound_seconds : 0;
}

static double most_of(const struct lab *lab, const struct plot *plot)
{
	double most = 0;
	for (unsigned i = 0; i < lab->count; i++)
		if (!lab->results[i].status && lab->results[i].percent)
			most = tern_max(most, plot->value(lab, &lab->results[i].m));
	return most;
}

/* Bars, a group for each memory, in the order of the policies. */
static void put_plot(const struct lab *lab, const struct plot *plot, FILE *f)
{
	enum { BAR = 18, LEFT = 190, WIDE = 430 };
	double most = most_of(lab, plot);
	unsigned rows = lab->memory_count * (lab->policy_count + 1), y = 0;
	if (most <= 0)
		return;
	fprintf(f, "<h2>%s</h2>\n<svg width=\"760\" height=\"%u\" role=\"img\">\n", plot->title,
		rows * BAR + 10);
	for (unsigned p = 0; p < lab->memory_count; p++) {
		y += BAR;
		fprintf(f, "<text x=\"0\" y=\"%u\" class=\"m\">memory %u %%</text>\n", y - 3,
			lab->percents[p]);
		for (unsigned i = 0; i < lab->policy_count; i++, y += BAR) {
			const struct lab_result *r =
				lab_median(lab, lab->policies[i], lab->percents[p]);
			double v = r ? plot->value(lab, &r->m) : 0;
			fprintf(f, "<text x=\"%u\" y=\"%u\" text-anchor=\"end\">", LEFT - 8,
				y + 13);
			put_html(f, lab->policies[i]);
			fprintf(f,
				"</text><rect x=\"%u\" y=\"%u\" width=\"%.1f\" height=\"%u\" "
				"class=\"c%u\"/>",
				LEFT, y + 2, v / most * WIDE, BAR - 4, p % 4);
			fprintf(f, "<text x=\"%.1f\" y=\"%u\">", LEFT + v / most * WIDE + 6,
				y + 13);
			if (r)
				fprintf(f, "%.4g %s</text>\n", v, plot->unit);
			else
				fputs("failed</text>\n", f);
		}
	}
	fputs("</svg>\n", f);
}

static void put_head(const struct lab *lab, FILE *f)
{
	fputs("<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">\n"
	      "<title>Tern: migration policies compared</title>\n<style>\n"
	      "body{font:15px/1.5 sans-serif;max-width:60em;margin:2em auto;padding:0 1em;"
	      "color:#222;background:#fff}\n"
	      "code,td,th,text{font-size:13px}svg text{font-family:sans-serif;fill:#222}\n"
	      ".m{font-weight:bold}.c0{fill:#3b6ea5}.c1{fill:#d08b2f}.c2{fill:#5a9367}"
	      ".c3{fill:#8d5b8c}\n"
	      "table{border-collapse:collapse}td,th{padding:2px 10px;border-bottom:1px solid #ddd;"
	      "text-align:right}td:first-child,th:first-child{text-align:left}\n"
	      "</style></head><body>\n<h1>Migration policies compared</h1>\n<p><code>",
	      f);
	for (char **p = lab->program; *p; p++) {
		put_html(f, *p);
		fputs(p[1] ? " " : "", f);
	}
	fprintf(f, "</code></p>\n<p>%u runs of each, medians by time.", lab->repeats);
	if (lab->count && !lab->results[0].percent)
		fprintf(f,
			" With all the memory it wants, the program has %.1f MiB on the device "
			"at most: that is 100 %%.",
			mebibytes(lab->results[0].m.peak_pages));
	fputs("</p>\n", f);
}

static void put_rows(const struct lab *lab, FILE *f)
{
	fputs("<h2>All numbers</h2>\n<table><tr><th>policy</th><th>memory</th><th>ms</th>"
	      "<th>device faults</th><th>host faults</th><th>MiB in</th><th>MiB out</th>"
	      "<th>evicted</th><th>came again</th><th>host fault p50, p99</th>",
	      f);
	fputs(lab->history ? "<th>regret</th></tr>\n" : "</tr>\n", f);
	for (unsigned p = 0; p < lab->memory_count; p++)
		for (unsigned i = 0; i < lab->policy_count; i++) {
			const struct lab_result *r =
				lab_median(lab, lab->policies[i], lab->percents[p]);
			fputs("<tr><td>", f);
			put_html(f, lab->policies[i]);
			fprintf(f, "</td><td>%u %%</td>", lab->percents[p]);
			if (!r) {
				fputs("<td>failed</td></tr>\n", f);
				continue;
			}
			const struct lab_measure *m = &r->m;
			fprintf(f,
				"<td>%.1f</td><td>%" PRIu64 "</td><td>%" PRIu64
				"</td><td>%.1f</td><td>%.1f</td><td>%.1f MiB</td><td>%.1f MiB</td>"
				"<td>%.0f, %.0f us</td>",
				m->seconds * 1000, m->device_faults, m->host_faults,
				mebibytes(m->pages_to_device), mebibytes(m->pages_to_host),
				mebibytes(m->pages_evicted), mebibytes(m->pages_again),
				m->host_fault_us[0], m->host_fault_us[2]);
			if (m->bound_seconds > 0)
				fprintf(f, "<td>%.2f</td>", m->seconds / m->bound_seconds);
			fputs("</tr>\n", f);
		}
	fputs("</table>\n</body></html>\n", f);
}

bool lab_write_html(const struct lab *lab)
{
	static const struct plot plots[] = {{"Time of the process", "ms", milliseconds},
					    {"Regret: time divided by what any policy needs at "
					     "least",
					     "", regret},
					    {"Time on the link", "ms", link_time},
					    {"Faults", "", all_faults},
					    {"Contents moved, both ways", "MiB", traffic}};
	char *temporary;
	FILE *f = begin_file(lab, "report.html", &temporary);
	if (!f)
		return false;
	put_head(lab, f);
	for (unsigned i = 0; i < tern_array_size(plots); i++)
		put_plot(lab, &plots[i], f);
	put_rows(lab, f);
	return end_file(lab, "report.html", temporary, f);
}
