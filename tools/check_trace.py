#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""tools/check_trace.py BUILD: `tern trace` records a program on the cpu and, where there is one, on the
accelerator; its exports are well-formed and agree; damaged traces do no harm."""
import csv
import io
import json
import os
import random
import subprocess
import sys
import tempfile

build = os.path.abspath(sys.argv[1])
tern = f"{build}/bin/tern"


def run(*command, status=(0,)):
    done = subprocess.run(command, capture_output=True, timeout=120)
    if done.returncode not in status:
        sys.exit(f"{' '.join(command)}: status {done.returncode}\n{done.stderr.decode()[-2000:]}")
    return done.stdout


def rows_of(trace):
    rows = list(csv.DictReader(io.StringIO(run(tern, "trace", "--csv", trace).decode())))
    for row in rows:
        if None in row or None in row.values():
            sys.exit(f"not ten columns: {row}")
    return rows


def check(trace, accelerator):
    rows = rows_of(trace)
    events = json.loads(run(tern, "trace", "--json", trace))["traceEvents"]
    summary = run(tern, "trace", "--summary", trace).decode()
    count = {}
    for row in rows:
        count[row["event"]] = count.get(row["event"], 0) + 1
    queued, ended = count.get("queued", 0), count.get("ended", 0)
    told = sum(e["ph"] == "X" and e["pid"] == 1 for e in events)
    if not ended or not ended <= queued <= ended + 10 or told != ended:  # some never end
        sys.exit(f"{queued} commands queued, {ended} ended, {told} in the JSON")
    if f"commands   {queued}, ended {ended}" not in summary:
        sys.exit(f"the summary says otherwise:\n{summary}")
    if not any(row["event"] == "running" and row["text"] for row in rows):
        sys.exit("no kernel has a name")
    ends = {}
    for e in sorted((e for e in events if e["ph"] == "X" and e["pid"] != 3), key=lambda e: e["ts"]):
        track = e["pid"], e["tid"]
        if e["ts"] < ends.get(track, 0) - 0.002:
            sys.exit(f"slices overlap: {e}")
        ends[track] = e["ts"] + e["dur"]
    faults, served = count.get("fault", 0), count.get("served", 0)
    print(f"{len(rows)} records, {queued} commands, {faults} faults, {count.get('moved', 0)} moves")
    if not accelerator:
        return
    if not faults or served < faults or not count.get("plan") or not count.get("rule"):
        sys.exit(f"faults {faults}, served {served}, plans {count.get('plan', 0)}")
    arrows = [sum(e["ph"] == phase for e in events) for phase in "sf"]
    if not arrows[0] or arrows[0] != arrows[1]:
        sys.exit(f"arrows: {arrows}")


def damage(trace, folder):
    data = open(trace, "rb").read()
    rng = random.Random(7)
    broken = f"{folder}/broken"
    for i in range(60):
        bad = bytearray(data[: rng.choice([0, 3, 3000, 4096, 4100, 20000, len(data)])][:200000])
        for _ in range(rng.choice([0, 1, 30, 3000]) if bad else 0):
            bad[rng.randrange(len(bad))] = rng.choice([0, 255, rng.randrange(256)])
        open(broken, "wb").write(bad)
        for how in "--csv", "--json", "--summary":
            out = run(tern, "trace", how, broken, status=(0, 1))
            if how == "--json" and out:
                json.loads(out)


with tempfile.TemporaryDirectory() as folder:
    trace = f"{folder}/t"
    run(tern, "trace", "-o", trace, "--", f"{build}/bin/tern-conformance", "ndrange", "svm")
    check(trace, False)
    damage(trace, folder)
    info = run(tern, "run", "--devices", "cpu,accel", "--", "clinfo", "--list").decode()
    if "accelerator" in info and os.environ.get("TERN_SVM_SYSTEM") != "0":
        run(tern, "trace", "-o", trace, "--devices", "accel", "--",
            f"{build}/bin/tern-conformance", "shared.*")
        rows = rows_of(trace)
        system = any(row["event"] == "fault" for row in rows)
        if not system:
            print("no faults: without permission for userfaultfd nothing migrates")
        check(trace, system)
        damage(trace, folder)
