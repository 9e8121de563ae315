/* SPDX-License-Identifier: MIT */
/* The making of an engine, for space.c. */
#ifndef TERN_SVM_OPEN_H
#define TERN_SVM_OPEN_H

#include "svm/internal.h"

/* Its thread runs afterwards. 0 or -errno. */
int engine_create(struct engine **out) TERN_MUST_CHECK;
/* No device is attached. */
void engine_destroy(struct engine *e);
/* What engine_create() made but the threads. */
void engine_free(struct engine *e);

/* Logs what is not understood: the default takes its place, or, in a replay, -EINVAL. */
int engine_choose(struct engine *e, const char *policy, const char *eviction) TERN_MUST_CHECK;

#endif
