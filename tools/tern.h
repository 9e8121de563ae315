/* SPDX-License-Identifier: MIT */
/* The parts of the `tern` command. Each takes the arguments after its name and returns an exit
 * code. */
#ifndef TERN_TOOLS_TERN_H
#define TERN_TOOLS_TERN_H

int tern_tool_info(int argc, char **argv);
int tern_tool_run(int argc, char **argv);
int tern_tool_cache(int argc, char **argv);
int tern_tool_kernels(int argc, char **argv);
int tern_tool_trace(int argc, char **argv);
int tern_tool_lab(int argc, char **argv);
int tern_tool_replay(int argc, char **argv); /* tern lab replay */

/* The path of the libtern.so that belongs to this command, or NULL with a message on stderr. The
 * caller frees it. */
char *tern_tool_library(void);

#endif
