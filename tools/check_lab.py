#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""tools/check_lab.py BUILD: `tern lab run` compares policies on a program, writes a table, a page that a
program's name cannot break and a picture, keeps what an interrupted comparison has, shows how far it is on a
terminal, says when a program fails, and measures nothing under a policy's name that is not known."""
import csv
import os
import pty
import signal
import subprocess
import sys
import tempfile
import time
import xml.etree.ElementTree
from html.parser import HTMLParser

build = os.path.abspath(sys.argv[1])
tern = f"{build}/bin/tern"
program = [f"{build}/bin/tern-conformance", "--platform", "Tern", "shared.list_walked_and_changed",
           "<script>alert(1)</script>"]


class Tags(HTMLParser):
    def __init__(self):
        super().__init__()
        self.seen = set()

    def handle_starttag(self, tag, attrs):
        self.seen.add(tag)


def lab(folder, *arguments, command=None):
    command = command or ["--", *program]
    return subprocess.run([tern, "lab", "run", "-o", folder, *arguments, *command],
                          capture_output=True, timeout=200)


def rows(folder):
    return list(csv.DictReader(open(f"{folder}/results.csv")))


def want(good, what, done=None):
    if not good:
        sys.exit(f"{what}\n{(done.stdout + done.stderr).decode() if done else ''}")


# A program that leaves a trace of known contents: a kernel of 7 or 10 ms, in which a fault of the device takes 2 ms
# and brings 512 pages, one of the host 200 us and 16 pages (runtime/base/trace.h).
PLAYER = """
import os, struct
end = 7 if os.environ["TERN_POLICY"] == "demand" else 10
RUNNING, ENDED, FAULT, SERVED, MOVED, HOST, TO_HOST, BY_FAULT, JOINED = 4, 5, 8, 9, 12, 1, 3, 1 << 4, 1
records = [(RUNNING, 0, 1, 0, 1, 0), (FAULT, 0, 0, 2, 1 << 30, 1), (MOVED, BY_FAULT, 512, 3, 1 << 30, 1),
           (FAULT, 0, 0, 3.5, 1 << 30, 3), (SERVED, 0, 0, 4, 0, 1), (SERVED, JOINED, 0, 4, 0, 3), (FAULT, HOST, 0, 5, 1 << 30, 2), (MOVED, TO_HOST | BY_FAULT, 16, 5.1, 1 << 30, 2),
           (SERVED, 0, 0, 5.2, 0, 2), (ENDED, 0, 0, end, 1, 0)]
with open(os.environ["TERN_TRACE"], "xb") as f:
    f.write(struct.pack("<8sII5Q", b"TERNTRC", 1, 32, 1, 0, 0, len(records), 0).ljust(4096, b"\\0"))
    for kind, flags, x, ms, a, b in records:
        f.write(struct.pack("<BBHIQQQ", kind, flags, 0, x, 10 ** 9 + int(ms * 10 ** 6), a, b))
"""


def check_model(folder):
    """Virtual time by hand: the shorter kernel less the device's fault, and the prices of the manual."""
    for link, copy, latency in ([], 1.1, 0), (["--link", "1G", "--latency", "10"], 4096 * 1e6 / 2 ** 30, 10):
        done = lab(folder, "--policies", "density,demand", "--mem", "100", "--repeat", "1", *link,
                   command=["--", sys.executable, "-c", PLAYER])
        want(done.returncode == 0, "the player of a trace failed", done)
        for row in rows(folder):
            work = 5 if row["policy"] == "demand" else 8
            service = 2 * 15 + 528 * (0.7 + copy) + 2 * latency
            for name, ms in ("work", work), ("service", service / 1e3), ("virtual", 5 + service / 1e3):
                want(abs(float(row[f"{name}_seconds"]) * 1e3 - ms) < 2e-3, f"{name} is not {ms} ms: {row}")
            want(row["peak_pages"] == "512" and row["device_faults"] == "1" and row["host_fault_us_p50"] == row["host_fault_us_p99"] == "200.000",
                 f"not what the trace has: {row}")


with tempfile.TemporaryDirectory() as top:
    check_model(f"{top}/m")
    done = lab(f"{top}/a", "--policies", "demand,density", "--mem", "100%,150", "--repeat", "1")
    if b"moved nothing" in done.stderr:
        print("SKIPPED: nothing migrates here, without permission for userfaultfd")
        sys.exit(77)
    want(done.returncode == 0, "the comparison failed", done)
    table = rows(f"{top}/a")
    want([(r["policy"], r["percent"]) for r in table] ==
         [("auto", "0"), ("demand", "100"), ("density", "100"), ("demand", "150"), ("density", "150")],
         f"not the runs that were asked for: {table}")
    want(all(r["status"] == "0" and int(r["device_faults"]) > 0 for r in table), f"{table}")
    faults = {r["policy"]: int(r["device_faults"]) for r in table if r["percent"] == "150"}
    want(faults["demand"] > faults["density"], f"demand has no more faults: {faults}")
    page = Tags()
    page.feed(open(f"{top}/a/report.html").read())
    want("svg" in page.seen and "script" not in page.seen, f"tags of the page: {page.seen}")
    want("svg" in xml.etree.ElementTree.parse(f"{top}/a/report.svg").getroot().tag, "no picture")
    want(b"memory 150 % of the data (data 67 % of it)" in done.stdout, "the table does not say of what", done)
    want(all(0 < float(r["service_seconds"]) < float(r["virtual_seconds"]) and float(r["work_seconds"]) > 0
             for r in table), f"no virtual time: {table}")
    virtual = {r["policy"]: float(r["virtual_seconds"]) for r in table if r["percent"] == "150"}
    want(virtual["demand"] > virtual["density"], f"more faults take no longer: {virtual}")
    want(not [f for f in os.listdir(f"{top}/a") if f.endswith(".trace")], "traces are left")

    done = lab(f"{top}/r", "--policies", "demand,density", "--mem", "100", "--repeat", "1", "--regret", "--link", "4G")
    want(done.returncode == 0 and b"regret" in done.stdout, "no regret", done)
    table = rows(f"{top}/r")
    want(all(0 < float(r["bound_seconds"]) <= float(r["seconds"]) for r in table), f"bounds that are none: {table}")
    want("Regret" in open(f"{top}/r/report.html").read(), "the page has no regret")

    done = lab(f"{top}/b", "--repeat", "1", command=["--", "/bin/false"])
    want(done.returncode == 1 and b"status 1" in done.stderr, "/bin/false did well", done)
    done = lab(f"{top}/c", "--policies", "demand", "--data", "150", "--repeat", "1", "--keep")
    want(any(f.endswith(".trace") for f in os.listdir(f"{top}/c")), "no trace was kept", done)
    want(b"memory 67 % of the data (data 150 % of it)" in done.stdout, "--data is not what it says", done)
    for policy in "nonsense", "block:pages=x", "/none.so":
        done = lab(f"{top}/n", "--policies", policy, "--mem", "100", "--repeat", "1")
        want(done.returncode == 2 and b"is no policy" in done.stderr, f"{policy} is measured", done)
        want(not [r for r in rows(f"{top}/n") if r["policy"] == policy], f"{policy} has a row")
    done = subprocess.run([tern, "trace", "--summary", f"{top}/c/run-1.trace"], capture_output=True)
    want(b"in force   demand\n" in done.stdout, "the trace has another policy", done)
    for wrong in ["--mem", "0"], ["--mem", "x"], ["--repeat", "0"], ["--all", "1"], ["--what", "1"], ["--mem"]:
        want(lab(f"{top}/d", *wrong, command=[]).returncode == 2, f"{wrong} is taken")

    ours, theirs = pty.openpty()
    done = subprocess.run([tern, "lab", "run", "-o", f"{top}/t", "--policies", "demand,density", "--mem", "100",
                           "--repeat", "1", "--", *program], stdout=subprocess.PIPE, stderr=theirs, timeout=200)
    os.close(theirs)
    shown = os.read(ours, 65536)
    want(b"] 33 %" in shown and b"] 66 %" in shown and b" s left" in shown, f"no progress: {shown}")

    child = subprocess.Popen([tern, "lab", "run", "-o", f"{top}/e", "--repeat", "50", "--", *program],
                             stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    for _ in range(600):
        time.sleep(0.1)
        if os.path.exists(f"{top}/e/results.csv") and len(rows(f"{top}/e")) > 2:
            break
    child.send_signal(signal.SIGINT)
    out, _ = child.communicate(timeout=60)
    want(child.returncode == 1 and b"interrupted after" in out, "it was not interrupted")
    want(len(rows(f"{top}/e")) > 2 and os.path.exists(f"{top}/e/report.html"), "nothing was kept")
print("policies compared, failures told, interruptions survived")
