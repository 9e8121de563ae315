#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""tools/check_lab.py BUILD: `tern lab run` compares policies on a program, writes a table and a page that a
program's name cannot break, keeps what an interrupted comparison has, and says when a program fails."""
import csv
import os
import signal
import subprocess
import sys
import tempfile
import time
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


with tempfile.TemporaryDirectory() as top:
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
    want(not [f for f in os.listdir(f"{top}/a") if f.endswith(".trace")], "traces are left")

    done = lab(f"{top}/r", "--policies", "demand,density", "--mem", "100", "--repeat", "1", "--regret", "--link", "4G")
    want(done.returncode == 0 and b"regret" in done.stdout, "no regret", done)
    table = rows(f"{top}/r")
    want(all(0 < float(r["bound_seconds"]) <= float(r["seconds"]) for r in table), f"bounds that are none: {table}")
    want("Regret" in open(f"{top}/r/report.html").read(), "the page has no regret")

    done = lab(f"{top}/b", "--repeat", "1", command=["--", "/bin/false"])
    want(done.returncode == 1 and b"status 1" in done.stderr, "/bin/false did well", done)
    done = lab(f"{top}/c", "--policies", "nonsense", "--mem", "100", "--repeat", "1", "--keep")
    want(any(f.endswith(".trace") for f in os.listdir(f"{top}/c")), "no trace was kept", done)
    for wrong in ["--mem", "0"], ["--mem", "x"], ["--repeat", "0"], ["--all", "1"], ["--what", "1"], ["--mem"]:
        want(lab(f"{top}/d", *wrong, command=[]).returncode == 2, f"{wrong} is taken")

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
