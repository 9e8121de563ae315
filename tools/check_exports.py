#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Checks what libtern.so shows to and wants from others.

usage: check_exports.py LIBTERN VERSION_SCRIPT

- It defines the dynamic symbols that the version script names, all of them and no other.
- It needs no library but those of libc, the dynamic loader and hwloc.

Exit status: 0, or 1 with one line for each difference.
"""

import re
import subprocess
import sys

LIBRARIES = re.compile(r"^(libc|libm|libpthread|libdl|librt|libhwloc|ld-linux[\w-]*)\.so(\.\d+)*$")


def output(*command):
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


def exported(library):
    lines = output("nm", "-D", "--defined-only", "--format=posix", library).splitlines()
    return {line.split()[0].split("@")[0] for line in lines if line.split()[1] != "A"}


def named(script):
    with open(script, encoding="utf-8") as file:
        text = file.read()
    section = re.search(r"global:(.*?)local:", text, re.S)
    return set(re.findall(r"(\w+)\s*;", section.group(1))) if section else set()


def needed(library):
    return re.findall(r"\(NEEDED\).*\[(.*)\]", output("readelf", "-d", library))


def main():
    if len(sys.argv) != 3:
        print(__doc__, file=sys.stderr)
        return 2
    library, script = sys.argv[1:]
    have, want = exported(library), named(script)
    faults = [f"{name}: exported, but not in {script}" for name in sorted(have - want)]
    faults += [f"{name}: in {script}, but not exported" for name in sorted(want - have)]
    faults += [f"{name}: needed, but libtern links libc and hwloc only"
               for name in needed(library) if not LIBRARIES.match(name)]
    for line in faults:
        print(line)
    print(f"{len(have)} symbols exported, {len(needed(library))} libraries needed: "
          f"{'wrong' if faults else 'right'}")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
