#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Checks that every #include follows the layers of STYLE.md (CONTRIBUTING.md, "Layers").

usage: check_layers.py [ROOT]

Exit status: 0 when all do; 1 with one line for each that does not; 2 when there is nothing to
check.
"""

import pathlib
import re
import sys

BASE = ["runtime/base/"]
# The compiler as the rest of libtern sees it; kernels/ternc, widen and lib are the server's.
KERNELS_CLIENT = [f"kernels/{name}.h" for name in ("kernels", "abi", "features", "options",
                                                   "image", "spawn", "spirv")]
BACK_END_INTERFACE = [f"runtime/{name}.h" for name in ("object", "device", "context", "event", "queue",
                                                   "memory", "printf")]

# Installed as <CL/...>, for any program.
PUBLIC = ["icd/cl_tern.h"]

# Folder (the longest that fits counts) -> what its files may include with "quotes".
ALLOWED = {
    "runtime/base": BASE,
    "svm": ["svm/"] + BASE,
    "kernels": ["kernels/"] + BASE,
    "runtime": ["runtime/", "svm/"] + KERNELS_CLIENT,
    "vendors": ["vendors/"] + BACK_END_INTERFACE + ["svm/"] + KERNELS_CLIENT + BASE,
    "icd": ["icd/", "runtime/", "svm/", "vendors/vendors.h"] + KERNELS_CLIENT,
    "tools": ["tools/", "runtime/", "svm/"] + KERNELS_CLIENT,
    "conformance": ["conformance/"] + PUBLIC,
    "bench": ["bench/"] + PUBLIC,
}
# Unit tests stand beside their code and are linked with all of libtern.
TESTS = ["icd/", "runtime/", "svm/", "kernels/", "vendors/"]
# These know no OpenCL types.
WITHOUT_OPENCL = ("runtime/base", "svm", "kernels")
# Only the compile server is linked with clang and LLVM.
COMPILER_LIBRARIES = re.compile(r"^(clang|clang-c|llvm|llvm-c|lld)/")
COMPILE_SERVER = ("kernels/ternc", "kernels/widen", "kernels/lib")  # lib: its build tool

INCLUDE = re.compile(r'^\s*#\s*include\s*([<"])([^>"]+)[>"]')
SUFFIXES = {".c", ".h", ".cpp", ".cc", ".hpp", ".def"}


def within(path, folders):
    return any(path.startswith(folder.rstrip("/") + "/") for folder in folders)


def folder_of(path):
    """The entry of ALLOWED that `path` falls under, or None."""
    found = [folder for folder in ALLOWED if within(path, [folder])]
    return max(found, key=len, default=None)


def vendor_of(path):
    """The back end's name for vendors/<name>/..., or None."""
    parts = path.split("/")
    return parts[1] if parts[0] == "vendors" and len(parts) > 2 else None


def fault(path, bracket, target):
    """What is wrong with including `target` in `path`, or None."""
    is_test = "/tests/" in path
    if bracket == "<":
        if target.startswith("CL/") and within(path, WITHOUT_OPENCL) and not is_test:
            return "must not know OpenCL's types"
        if COMPILER_LIBRARIES.match(target) and not within(path, COMPILE_SERVER):
            return "only the compile server may use clang and LLVM"
        return None
    folder = folder_of(path)
    if folder is None:
        return "the folder is in no layer: add it to tools/check_layers.py"
    allowed = ALLOWED[folder] + (TESTS if is_test and folder not in ("conformance", "bench") else [])
    if not any(target == a or (a.endswith("/") and target.startswith(a)) for a in allowed):
        return f"{folder}/ may include only {', '.join(allowed)}"
    vendor = vendor_of(path)
    if vendor and vendor_of(target) not in (None, vendor):
        return "a back end must not use another one"
    return None


def sources(root):
    for folder in sorted({name.split("/")[0] for name in ALLOWED}):
        for path in sorted((root / folder).rglob("*")):
            if path.suffix in SUFFIXES and path.is_file():
                yield path.relative_to(root).as_posix(), path


def check(root):
    """Returns the number of files read and the faults found."""
    count, faults = 0, []
    for name, path in sources(root):
        count += 1
        lines = path.read_text(encoding="utf-8", errors="replace").splitlines()
        for number, line in enumerate(lines, 1):
            match = INCLUDE.match(line)
            if not match:
                continue
            bracket, target = match.groups()
            if bracket == '"' and (path.parent / target).is_file():  # as the compiler finds it
                target = (path.parent / target).resolve().relative_to(root).as_posix()
            why = fault(name, bracket, target)
            if why:
                faults.append(f"{name}:{number}: includes {target}: {why}")
    return count, faults


def main():
    root = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else ".").resolve()
    count, faults = check(root)
    for line in faults:
        print(line)
    if not count:
        print(f"{root}: no source files here", file=sys.stderr)
        return 2
    print(f"{count} files, {len(faults)} includes against the layers")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
