/* SPDX-License-Identifier: MIT */
/*
 * Which builds may be cached: those whose result is a function of the request alone.
 *
 * A build that reads files, or merely looks for them, is not: with -I, a file that comes, goes or
 * changes gives another result, in ways that no list of the files read can tell (a new one in an
 * earlier folder, or __has_include() of a missing one). Neither is one that asks for the time. The
 * text is looked through for what could do that, after lines are joined as C joins them, and in
 * doubt the build is not cached. Including a header that the request itself holds is fine.
 */
#ifndef TERN_KERNELS_PURE_H
#define TERN_KERNELS_PURE_H

#include "kernels/kernels.h"

bool tern_build_is_pure(const struct tern_build_request *request) TERN_MUST_CHECK;

#endif
