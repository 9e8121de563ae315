/* SPDX-License-Identifier: MIT */
/* Texts of unknown origin, for terminals, JSON and CSV. */
#ifndef TERN_TOOLS_TEXT_H
#define TERN_TOOLS_TEXT_H

#include <stddef.h>
#include <stdio.h>

/*
 * @text without what a terminal would obey: control characters, and what is not UTF-8, become \xHH.
 * At most @size - 1 bytes, cut between characters. Returns how many columns it takes, if each
 * character takes one.
 */
unsigned tern_text_plain(char *to, size_t size, const char *text);
/* @text as a JSON string, with its quotes, also inside of a page. Bytes that are not UTF-8 become
 * U+FFFD. */
void tern_text_json(FILE *out, const char *text);
/* @text as a field of a table, with its quotes, and nothing that a spreadsheet would take for a
 * formula. */
void tern_text_csv(FILE *out, const char *text);

#endif
