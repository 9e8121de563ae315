/* SPDX-License-Identifier: MIT */
/* One line on stderr, as runtime/base/log.h's, for the engine's thread: no lock, no memory but the
 * stack, no C library, and no waiting: what nobody takes is lost. */
#ifndef TERN_SVM_MESSAGE_H
#define TERN_SVM_MESSAGE_H

#include "runtime/base/base.h"

/* Whether message() says anything: TERN_LOG. Off at first. */
void message_enable(bool on);
/* @format: %s, %u (unsigned), %x (uint64_t), %d (int). At most 240 characters. The second: then the
 * process ends with SIGABRT. */
void message(const char *format, ...);
void message_abort(const char *format, ...) __attribute__((noreturn));

#endif
