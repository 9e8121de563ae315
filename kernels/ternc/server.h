/* SPDX-License-Identifier: MIT */
#ifndef TERN_TERNC_SERVER_H
#define TERN_TERNC_SERVER_H

#include "runtime/base/base.h"

/* Answers build requests on the socket @fd (kernels/protocol.h) until it closes. 0 or -errno. */
int tern_server_run(int fd) TERN_MUST_CHECK;

#endif
