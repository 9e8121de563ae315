/* SPDX-License-Identifier: MIT */
#include "conformance/report.h"

static void put_string(FILE *file, const char *text)
{
	fputc('"', file);
	for (const unsigned char *c = (const unsigned char *)text; *c; c++) {
		if (*c == '"' || *c == '\\')
			fprintf(file, "\\%c", *c);
		else if (*c == '\n')
			fputs("\\n", file);
		else if (*c < 0x20 || *c >= 0x7f)
			fprintf(file, "\\u%04x", *c);
		else
			fputc(*c, file);
	}
	fputc('"', file);
}

static void put_member(FILE *file, const char *name, const char *value)
{
	fprintf(file, "\"%s\": ", name);
	put_string(file, value);
}

void conf_json_begin(FILE *file, const struct conf_record *record)
{
	fputs("{", file);
	put_member(file, "platform", record->platform);
	fputs(", ", file);
	put_member(file, "version", record->version);
	fputs(", ", file);
	put_member(file, "device", record->device);
	fputs(", \"cases\": [", file);
}

void conf_json_case(FILE *file, bool first, const char *chapter, const char *name,
		    const struct conf_record *record, const struct conf_outcome *outcome)
{
	fputs(first ? "\n{" : ",\n{", file);
	put_member(file, "chapter", chapter);
	fputs(", ", file);
	put_member(file, "case", name);
	fputs(", ", file);
	put_member(file, "status", conf_status_name(outcome->status));
	fprintf(file, ", \"seconds\": %.4f, \"checks\": %u, \"failures\": %u, ", outcome->seconds,
		atomic_load(&record->checks), atomic_load(&record->failures));
	put_member(file, "text", record->text);
	if (outcome->deviation) {
		fputs(", ", file);
		put_member(file, "deviation", outcome->deviation);
	}
	fputs("}", file);
}

void conf_json_end(FILE *file, const unsigned totals[CONF_STATUS_COUNT])
{
	fputs("\n], \"totals\": {", file);
	for (int i = 0; i < CONF_STATUS_COUNT; i++)
		fprintf(file, "%s\"%s\": %u", i ? ", " : "", conf_status_name(i), totals[i]);
	fputs("}}\n", file);
}
