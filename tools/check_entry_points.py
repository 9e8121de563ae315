#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Compares the table of entry points with the dispatch structure of the machine's OpenCL headers.

usage: check_entry_points.py icd/entry_points.def CL_ICD_H [--write]

The table must have every slot of struct _cl_icd_dispatch, in its order; TERN_NO_ENTRY only for
Direct3D and DX9. --write makes the table anew from the header (its comment at the top is kept).

Exit status: 0, or 1 with the differences.
"""

import difflib
import re
import sys

WITHOUT_ENTRY = re.compile(r"D3D1[01]|DX9")
SLOT = re.compile(r"/\*\s*(?P<title>.*?)\s*\*/|cl_api_(?P<type>\w+)\s+(?P<name>\w+)\s*;")


def table_of(header):
    """The lines of the table that the header asks for, without the comment at the top."""
    with open(header, encoding="utf-8") as file:
        text = file.read()
    body = re.search(r"struct _cl_icd_dispatch\s*\{(.*?)\}\s*cl_icd_dispatch\s*;", text, re.S)
    if not body:
        raise SystemExit(f"{header}: no struct _cl_icd_dispatch")
    lines = []
    for slot in SLOT.finditer(body.group(1)):
        if slot["title"]:
            lines += ["", f"/* {slot['title']} */"]
        else:
            macro = "TERN_NO_ENTRY" if WITHOUT_ENTRY.search(slot["name"]) else "TERN_ENTRY"
            lines.append(f"{macro}({slot['name']})")
    return lines


def split(table):
    """The lines of the file before, within and after the table."""
    with open(table, encoding="utf-8") as file:
        lines = file.read().splitlines()
    first = next(i for i, line in enumerate(lines) if line.startswith("/* OpenCL 1.0")) - 1
    last = max(i for i, line in enumerate(lines) if re.match(r"TERN_(NO_)?ENTRY\(", line)) + 1
    return lines[:first], lines[first:last], lines[last:]


def main():
    if len(sys.argv) < 3:
        print(__doc__, file=sys.stderr)
        return 2
    table, header = sys.argv[1:3]
    before, have, after = split(table)
    want = table_of(header)
    if "--write" in sys.argv[3:]:
        with open(table, "w", encoding="utf-8") as file:
            file.write("\n".join(before + want + after) + "\n")
        return 0
    difference = list(difflib.unified_diff(have, want, table, header, lineterm=""))
    print("\n".join(difference) if difference else f"{len(want)} lines, the same")
    return 1 if difference else 0


if __name__ == "__main__":
    sys.exit(main())
