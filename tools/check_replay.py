#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""tools/check_replay.py BUILD: a replay of a program's accesses agrees with the program run under the same
policy: faults and bytes within 2 %. Replays are deterministic, damaged traces harmless, wrong options told.

The device has one unit: which of several is first when both go on is chance, and with the pattern of the faults
that sequential and density see, their number changes by a tenth. Policies that go by time, as those that move
ahead when nothing else is to be done, are not compared: a replay's time is a model's."""
import csv
import io
import os
import random
import re
import subprocess
import sys
import tempfile

build = os.path.abspath(sys.argv[1])
tern = f"{build}/bin/tern"
bench = f"{build}/bin/tern-lab-work"
PERCENT = 2
# What a run and its recording may differ in by the order of threads alone, at its start and end.
FEW_FAULTS, FEW_PAGES = 4, 64
# Blocks of memory of their own, which the program does not share with the runtime's heap, at equal addresses.
environment = dict(os.environ, MALLOC_MMAP_THRESHOLD_="65536", TERN_LOG="error")

# workload: device memory: policies. None that moves pages ahead: how much of that is done before a fault comes is a
# matter of the moment in a run.
PROGRAMS = {
    "stream": {"24M": ["block", "density"]},
    "chase": {"1024M": ["demand", "thrash"]},
    "stencil": {"16M": ["block", "density"]},
    "sweep": {"48M": ["sequential", "thrash"]},
    "sparse": {"1024M": ["density"]},
}
SIZES = {"stream": "64M", "chase": "16M", "stencil": "16M", "sweep": "64M", "sparse": "256M", "handover": "64K"}


def run(*command, status=(0,)):
    done = subprocess.run(command, capture_output=True, timeout=120, env=environment)
    if done.returncode not in status:
        sys.exit(f"{' '.join(command)}: status {done.returncode}\n{done.stderr.decode()[-2000:]}")
    return done


def trace(path, name, *options):
    if os.path.exists(path):
        os.unlink(path)
    sets = [word for option in options for word in ("--set", option)]
    run(tern, "trace", "-o", path, "--devices", "accel", *sets, "--", "setarch", "-R", bench, name, "--size",
        SIZES[name], "--slices", "1", "--warm")


def rows(text):
    return list(csv.DictReader(io.StringIO(text)))


def measure(path):
    """Faults, and pages with contents both ways, of a run."""
    faults = pages = 0
    for row in rows(run(tern, "trace", "--csv", path).stdout.decode()):
        faults += row["event"] == "fault"
        faults -= row["event"] == "served" and row["what"] == "joined"
        if row["event"] == "moved" and row["what"] not in ("zeroed", "dropped"):
            pages += int(row["count"])
    if b"lost " in run(tern, "trace", "--summary", path).stdout:
        return None
    return faults, pages


def replay(path, memories, *options):
    out = run(tern, "lab", "replay", "--csv", "--mem", ",".join(memories), *options, path).stdout.decode()
    if out != run(tern, "lab", "replay", "--csv", "--mem", ",".join(memories), *options, path).stdout.decode():
        sys.exit(f"{path}: two replays differ")
    return rows(out)


def agree(name, memory, policy, found, live):
    faults = int(found["device_faults"]) + int(found["host_faults"])
    pages = int(found["pages_to_device"]) + int(found["pages_to_host"])
    off = [100 * (a - b) / b for a, b in zip((faults, pages), live)]
    print(f"  {name:8} {memory:>6} {policy:10} faults {live[0]:6} {off[0]:+5.1f} %   pages {live[1]:6} "
          f"{off[1]:+5.1f} %   regret {found['regret']}")
    return (abs(faults - live[0]) <= max(FEW_FAULTS, live[0] * PERCENT / 100)
            and abs(pages - live[1]) <= max(FEW_PAGES, live[1] * PERCENT / 100))


def compare(folder, name, memories):
    recorded = f"{folder}/{name}.trace"
    trace(recorded, name, "TERN_TRACE_ACCESSES=64", "TERN_ACCEL=units=1")
    policies = sorted({p for wanted in memories.values() for p in wanted})
    table = replay(recorded, memories, "--policies", ";".join(policies))
    bounds = [float(r["seconds"]) for r in table if r["policy"] == "(bound)"]
    if len(bounds) != len(memories) or any(float(r["regret"]) < 1 for r in table):
        sys.exit(f"{name}: the bound is none: {table}")
    bad = []
    for memory, wanted in memories.items():
        size = str(int(memory[:-1]) << 20)
        for policy in wanted:
            found = [r for r in table if r["policy"] == policy and r["memory_bytes"] == size][0]
            trace(f"{folder}/live", name, f"TERN_ACCEL=units=1,mem={memory}", f"TERN_POLICY={policy}")
            live = measure(f"{folder}/live")
            if live is None:
                print(f"  {name} {memory} {policy}: records of the run were lost: the machine is too busy")
            elif not agree(name, memory, policy, found, live):
                bad.append(f"{name} {memory} {policy}")
    return recorded, bad


def damage(path, folder):
    data = open(path, "rb").read()
    rng = random.Random(11)
    broken = f"{folder}/broken"
    for i in range(40):
        bad = bytearray(data[: rng.choice([0, 3, 4096, 4100, 20000, len(data)])][:400000])
        for _ in range(rng.choice([0, 1, 30, 3000]) if bad else 0):
            bad[rng.randrange(len(bad))] = rng.choice([0, 255, rng.randrange(256)])
        open(broken, "wb").write(bad)
        run(tern, "lab", "replay", "--mem", "50,100", "--policies", "block,auto", broken, status=(0, 1))


def options(path):
    for wrong in (["--mem", "0"], ["--mem", "x"], ["--link", "5"], ["--what", "1"], ["--policies"], [path, path]):
        run(tern, "lab", "replay", *wrong, path, status=(2,))
    run(tern, "lab", "replay", status=(2,))
    for wrong in (["--policies", "nonsense"], ["--evict", "nonsense"], ["--policies", "block:pages=0"]):
        if b"no such policy" not in run(tern, "lab", "replay", *wrong, path, status=(1,)).stderr:
            sys.exit(f"{wrong}: not told")
    none = run(tern, "lab", "replay", "/nowhere", status=(1,)).stderr
    if b"No such file" not in none:
        sys.exit(f"a file that is not there: {none}")
    slow, fast = (rows(run(tern, "lab", "replay", "--csv", "--mem", "50", "--link", link, "--latency", "10", path)
                       .stdout.decode()) for link in ("100M", "16G"))
    if not all(float(a["seconds"]) > float(b["seconds"]) for a, b in zip(slow, fast)):
        sys.exit("a slow link costs no time")
    text = run(tern, "lab", "replay", "--evict", "allocation,recency", path).stdout.decode()
    if not re.search(r"\(bound\).*\n.*demand +allocation.*\n.*demand +recency", text):
        sys.exit(f"not the table that was asked for:\n{text}")


with tempfile.TemporaryDirectory() as top:
    if not os.path.exists(bench):
        print("SKIPPED: tern-lab-work is not built: no Google Benchmark or no OpenCL loader")
        sys.exit(77)
    plain = f"{top}/plain"
    trace(plain, "handover")
    if not re.search(r"^faults +device [1-9]", run(tern, "trace", "--summary", plain).stdout.decode(), re.M):
        print("SKIPPED: nothing migrates here, without permission for userfaultfd")
        sys.exit(77)
    if b"without accesses" not in run(tern, "lab", "replay", plain, status=(1,)).stderr:
        sys.exit("a trace without accesses is replayed")
    bad = []
    for program, wanted in PROGRAMS.items():
        path, off = compare(top, program, wanted)
        bad += off
        if program == "chase":
            options(path)
            damage(path, top)
    if bad:
        sys.exit(f"replay and run differ by more than {PERCENT} %: {bad}")
print("replays agree with runs, are deterministic, and survive damage")
