/* SPDX-License-Identifier: MIT */
/* What unit tests share: EXPECT() counts failures and goes on; a test's main() returns
 * test_result(). REQUIRE() ends the test at once: for what the rest depends on. */
#ifndef TERN_BASE_TESTS_TEST_H
#define TERN_BASE_TESTS_TEST_H

#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>

#define TEST_SKIP 77

static _Atomic int test_failures;
static _Atomic int test_checks;

#define EXPECT(condition)                                                                          \
	do {                                                                                       \
		test_checks++;                                                                     \
		if (!(condition)) {                                                                \
			test_failures++;                                                           \
			fprintf(stderr, "%s:%d: not true: %s\n", __FILE__, __LINE__, #condition);  \
		}                                                                                  \
	} while (0)

#define REQUIRE(condition)                                                                         \
	do {                                                                                       \
		test_checks++;                                                                     \
		if (!(condition)) {                                                                \
			fprintf(stderr, "%s:%d: not true: %s\n", __FILE__, __LINE__, #condition);  \
			exit(1);                                                                   \
		}                                                                                  \
	} while (0)

/* 0 when every check passed and there was one. */
static inline int test_result(void)
{
	printf("%d checks, %d failed\n", test_checks, test_failures);
	return test_failures || !test_checks;
}

#endif
