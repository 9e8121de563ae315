/* SPDX-License-Identifier: MIT */
/* What a case leaves behind, and the programs' options. Inside the harness only. */
#ifndef CONFORMANCE_REPORT_H
#define CONFORMANCE_REPORT_H

#include "conformance/harness.h"
#include <stdio.h>

enum conf_status {
	CONF_PASS,
	CONF_FAIL,
	CONF_SKIP,
	CONF_CRASH, /* isolated only: ended by a signal or left by exit */
	CONF_HANG,  /* isolated only: the time limit went by */
	CONF_KNOWN, /* a known deviation of the platform */
	CONF_FIXED, /* passed although a deviation is listed */
	CONF_STATUS_COUNT
};

/* Lives in memory shared with the child when isolated: what it wrote before a crash counts. */
struct conf_record {
	atomic_uint checks;
	atomic_uint failures;
	atomic_bool skipped;
	atomic_bool finished;
	atomic_uint used; /* bytes of text */
	char text[8000];  /* lines of failures and notes, or the reason of a skip */
	char platform[128];
	char device[128];
	char version[128];
};

struct conf_outcome {
	enum conf_status status;
	double seconds;
	const char *deviation; /* reason, for CONF_KNOWN and CONF_FIXED */
};

struct conf_options {
	const char *platform; /* part of the name, or NULL */
	unsigned device;
	bool custom; /* number `device` of the custom devices, which others do not count */
	bool isolate;
	bool verbose;
	bool list;
	unsigned seconds; /* general time limit of a case */
	const char *json; /* file name, "-" for standard output, or NULL */
	const char *const *patterns;
	size_t pattern_count;
};

enum conf_deviation_kind {
	CONF_DEVIATES,  /* fails */
	CONF_SOMETIMES, /* fails now and then: a pass is not reported */
	CONF_CRASHES,   /* ends the process: not run unless isolated */
	CONF_HANGS,     /* never returns: not run unless isolated, and then with a short limit */
};

struct conf_deviation {
	const char *platform; /* shell pattern of the platform's name */
	const char *name;     /* shell pattern of chapter.case */
	enum conf_deviation_kind kind;
	const char *reason;
};

/* The deviation listed for the case, or NULL. */
const struct conf_deviation *conf_deviation_find(const char *platform, const char *name);

const char *conf_error_name(cl_int error);
const char *conf_status_name(enum conf_status status);

/* harness.c: chooses the device of the process and fills the record's names. 0, or a line in the
 * record says why not. */
int conf_open(const struct conf_options *options, struct conf_record *record);
/* Runs one case in this process. */
void conf_execute(const struct conf_case *test, struct conf_record *record);

/* run.c: runs one case as the options say. */
struct conf_outcome conf_run_case(const struct conf_options *options, const char *name,
				  const struct conf_case *test, struct conf_record *record);
/* Fills the names in @record, in a child when isolated. 0, 1 (no device) or 77 (no platform). */
int conf_probe(const struct conf_options *options, struct conf_record *record);

/* json.c */
void conf_json_begin(FILE *file, const struct conf_record *record);
void conf_json_case(FILE *file, bool first, const char *chapter, const char *name,
		    const struct conf_record *record, const struct conf_outcome *outcome);
void conf_json_end(FILE *file, const unsigned totals[CONF_STATUS_COUNT]);

#endif
