/* SPDX-License-Identifier: MIT */
#include "tools/lab.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "runtime/base/alloc.h"
#include "tools/text.h"

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

double lab_virtual_seconds(const struct lab *lab, const struct lab_measure *m)
{
	double work = 0;
	for (size_t i = 0; i < lab->kernels; i++)
		work += lab->kernel_ns[i] / 1e9;
	return work + m->service;
}

void lab_add_work(struct lab *lab, struct lab_result *result)
{
	struct lab_measure *m = &result->m;
	if (!result->status && !lab->kernel_ns) {
		lab->kernel_ns = m->kernel_ns;
		lab->kernels = m->kernels;
		m->kernel_ns = NULL;
		return;
	}
	if (!result->status && m->kernels == lab->kernels)
		for (size_t i = 0; i < lab->kernels; i++)
			lab->kernel_ns[i] = tern_min(lab->kernel_ns[i], m->kernel_ns[i]);
	tern_free(m->kernel_ns);
	m->kernel_ns = NULL;
}

uint64_t lab_memory(const struct lab *lab, unsigned percent)
{
	uint64_t bytes = lab->of_data ? lab->used * 100 / percent : lab->used * percent / 100;
	return tern_max(bytes, LAB_MEMORY_LEAST);
}

void lab_describe(const struct lab *lab, unsigned percent, char *out, size_t size)
{
	double other = 10000.0 / percent;
	snprintf(out, size, "memory %.0f %% of the data (data %.0f %% of it): %.1f MiB",
		 lab->of_data ? other : percent, lab->of_data ? percent : other,
		 (double)lab_memory(lab, percent) / (1 << 20));
}

double lab_mebibytes(uint64_t pages)
{
	return (double)pages * PAGE_BYTES / (1 << 20);
}

void lab_print_table(const struct lab *lab, FILE *out)
{
	for (unsigned p = 0; p < lab->memory_count; p++) {
		unsigned percent = lab->percents[p];
		char text[128];
		lab_describe(lab, percent, text, sizeof(text));
		fprintf(out, "\n%s\n  %-20s %8s %9s %8s %8s %8s %8s %8s %11s%s\n", text, "policy",
			"ms", "virtual", "faults", "host f.", "MiB in", "MiB out", "again %",
			"host f. us", lab->history ? "  regret" : "");
		for (unsigned i = 0; i < lab->policy_count; i++) {
			const struct lab_result *r = lab_median(lab, lab->policies[i], percent);
			if (!r) {
				fprintf(out, "  %-20s        -\n", lab->policies[i]);
				continue;
			}
			const struct lab_measure *m = &r->m;
			char slow[48] = "";
			fprintf(out,
				"  %-20s %8.1f %9.2f %8" PRIu64 " %8" PRIu64 " %8.1f %8.1f %8.1f",
				r->policy, m->seconds * 1000, lab_virtual_seconds(lab, m) * 1000,
				m->device_faults, m->host_faults, lab_mebibytes(m->pages_to_device),
				lab_mebibytes(m->pages_to_host),
				m->pages_to_device ? 100.0 * (double)m->pages_again /
							     (double)m->pages_to_device
						   : 0.0);
			if (m->host_fault_us[2] > 0)
				snprintf(slow, sizeof(slow), "%.0f, %.0f", m->host_fault_us[0],
					 m->host_fault_us[2]);
			fprintf(out, " %11s", slow);
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

bool lab_write_csv(const struct lab *lab)
{
	char *temporary;
	FILE *f = begin_file(lab, "results.csv", &temporary);
	if (!f)
		return false;
	fputs("policy,percent,memory_bytes,repeat,status,seconds,link_seconds,work_seconds,"
	      "service_seconds,virtual_seconds,device_faults,"
	      "host_faults,pages_to_device,pages_to_host,pages_zeroed,pages_evicted,pages_again,"
	      "peak_pages,host_fault_us_p50,host_fault_us_p95,host_fault_us_p99,lost,"
	      "bound_seconds\n",
	      f);
	for (unsigned i = 0; i < lab->count; i++) {
		const struct lab_result *r = &lab->results[i];
		const struct lab_measure *m = &r->m;
		tern_text_csv(f, r->policy);
		fprintf(f, ",%u,%" PRIu64 ",%u,%d,%.6f,%.6f,%.6f,%.6f,%.6f", r->percent, r->memory,
			r->repeat, r->status, m->seconds, lab_link_seconds(lab, m), m->work,
			m->service, lab_virtual_seconds(lab, m));
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

void lab_put_escaped(FILE *out, const char *text)
{
	for (; *text; text++) {
		unsigned char c = (unsigned char)*text;
		if (c == '<' || c == '>' || c == '&' || c == '"' || c == '\'' || c < 32)
			fprintf(out, "&#%u;", c < 32 ? 0xfffdu : c);
		else
			fputc(c, out);
	}
}

const char lab_plot_style[] =
	"text{font:13px sans-serif;fill:#222}.m{font-weight:bold}.t{font-size:18px}"
	".c0{fill:#3b6ea5}.c1{fill:#d08b2f}.c2{fill:#5a9367}.c3{fill:#8d5b8c}";

static void put_head(const struct lab *lab, FILE *f)
{
	fputs("<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">\n"
	      "<title>Tern: migration policies compared</title>\n<style>\n"
	      "body{font:15px/1.5 sans-serif;max-width:60em;margin:2em auto;padding:0 1em;"
	      "color:#222;background:#fff}\n"
	      "code,td,th{font-size:13px}",
	      f);
	fputs(lab_plot_style, f);
	fputs("table{border-collapse:collapse}td,th{padding:2px 10px;border-bottom:1px solid #ddd;"
	      "text-align:right}td:first-child,th:first-child{text-align:left}\n"
	      "</style></head><body>\n<h1>Migration policies compared</h1>\n<p><code>",
	      f);
	for (char **p = lab->program; *p; p++) {
		lab_put_escaped(f, *p);
		fputs(p[1] ? " " : "", f);
	}
	fprintf(f, "</code></p>\n<p>%u runs of each, medians by time.", lab->repeats);
	if (lab->count && !lab->results[0].percent)
		fprintf(f,
			" With all the memory it wants, the program has %.1f MiB on the device "
			"at most: that is 100 %%.",
			lab_mebibytes(lab->results[0].m.peak_pages));
	fputs("</p>\n", f);
}

static void put_rows(const struct lab *lab, FILE *f)
{
	fputs("<h2>All numbers</h2>\n<table><tr><th>policy</th><th>memory</th><th>ms</th>"
	      "<th>virtual ms</th><th>device faults</th><th>host faults</th><th>MiB in</th><th>MiB "
	      "out</th>"
	      "<th>evicted</th><th>came again</th><th>host fault p50, p99</th>",
	      f);
	fputs(lab->history ? "<th>regret</th></tr>\n" : "</tr>\n", f);
	for (unsigned p = 0; p < lab->memory_count; p++)
		for (unsigned i = 0; i < lab->policy_count; i++) {
			const struct lab_result *r =
				lab_median(lab, lab->policies[i], lab->percents[p]);
			fputs("<tr><td>", f);
			lab_put_escaped(f, lab->policies[i]);
			fprintf(f, "</td><td>%.1f MiB</td>",
				(double)lab_memory(lab, lab->percents[p]) / (1 << 20));
			if (!r) {
				fputs("<td>failed</td></tr>\n", f);
				continue;
			}
			const struct lab_measure *m = &r->m;
			fprintf(f,
				"<td>%.1f</td><td>%.2f</td><td>%" PRIu64 "</td><td>%" PRIu64
				"</td><td>%.1f</td><td>%.1f</td><td>%.1f MiB</td><td>%.1f MiB</td>"
				"<td>%.0f, %.0f us</td>",
				m->seconds * 1000, lab_virtual_seconds(lab, m) * 1000,
				m->device_faults, m->host_faults, lab_mebibytes(m->pages_to_device),
				lab_mebibytes(m->pages_to_host), lab_mebibytes(m->pages_evicted),
				lab_mebibytes(m->pages_again), m->host_fault_us[0],
				m->host_fault_us[2]);
			if (m->bound_seconds > 0)
				fprintf(f, "<td>%.2f</td>", m->seconds / m->bound_seconds);
			fputs("</tr>\n", f);
		}
	fputs("</table>\n</body></html>\n", f);
}

bool lab_write_html(const struct lab *lab)
{
	char *temporary;
	FILE *f = begin_file(lab, "report.html", &temporary);
	if (!f)
		return false;
	put_head(lab, f);
	lab_put_plots(lab, f);
	put_rows(lab, f);
	return end_file(lab, "report.html", temporary, f);
}

bool lab_write_svg(const struct lab *lab)
{
	char *temporary;
	FILE *f = begin_file(lab, "report.svg", &temporary);
	if (!f)
		return false;
	lab_put_svg(lab, f);
	return end_file(lab, "report.svg", temporary, f);
}
