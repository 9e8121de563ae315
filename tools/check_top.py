#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""tools/check_top.py BUILD: `tern top` shows what programs are known to be doing (tools/tests/top_hold.c),
and only those that are there: two at once, killed, forked, exec'ed ones; hostile pages do no harm; on a
terminal it follows the window, and leaves the terminal as it was."""
import fcntl
import json
import os
import pty
import random
import re
import select
import signal
import struct
import subprocess
import sys
import tempfile
import termios
import time

build = os.path.abspath(sys.argv[1])
tern = f"{build}/bin/tern"
hold = f"{build}/bin/top-hold"
PAGE_BYTES = 28672  # runtime/base/status.h
LONG_NAME = "a_kernel_with_a_name_that_is_longer_than_what_a_status_page_has_room_for"[:63]
started = []


class Program:
    """top-hold on one device; each of its lines is `word pid`."""

    def __init__(self, *steps, device="cpu", **options):
        env = dict(os.environ, TERN_DEVICES=device, TERN_THREADS="4", TERN_ACCEL="mem=64M,units=4", **options)
        self.process = subprocess.Popen([tern, "run", "--", hold, *steps], env=env, text=True,
                                        stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        started.append(self.process)

    def expect(self, word):
        line = self.process.stdout.readline().split()
        if len(line) != 2 or line[0] != word:
            sys.exit(f"top-hold said {line} for {word}")
        return int(line[1])

    def line(self):
        self.process.stdin.write("\n")
        self.process.stdin.flush()

    def end(self):
        self.process.stdin.close()
        if self.process.wait(timeout=60):
            sys.exit(f"top-hold ended with {self.process.returncode}")


def run(*arguments, status=0):
    done = subprocess.run([tern, "top", *arguments], capture_output=True, timeout=60)
    if done.returncode != status:
        sys.exit(f"tern top {arguments}: status {done.returncode}\n{done.stderr.decode()}")
    return done


def look(*arguments):
    """What --json says, by pid, of processes of ours; others may use Tern meanwhile."""
    text = run("--once", "--json", *arguments).stdout
    processes = json.loads(text)["processes"]
    return {p["pid"]: p for p in processes}


def expect(true, what, seen=None):
    if not true:
        sys.exit(f"not so: {what}\n{json.dumps(seen, indent=1)[:4000]}")


def check_queues(p, device):
    one, two, three = p["queues"]
    expect([q["device"] for q in p["queues"]] == [device] * 3, "devices of queues", p)
    expect([q["priority"] for q in p["queues"]] == ["high", "normal", "low"], "priorities", p)
    expect([q["in_order"] for q in p["queues"]] == [True, False, True], "orders", p)
    expect([q["profiled"] for q in p["queues"]] == [False, True, False], "profiling", p)
    expect([q["depth"] for q in p["queues"]] == [4, 1, 1], "depths", p)
    expect(one["completed"] == two["completed"] == one["failed"] == 0, "nothing has completed", p)
    # three kernels and one that failed, and what clFinish enqueued
    expect(4 <= three["completed"] <= 6 and three["failed"] == 1, "what has completed", p)
    expect(not three["running"], "what waits for an event does not run", p)
    for queue, kernel in ((one, "hold"), (two, LONG_NAME)):
        expect(len(queue["running"]) == 1, "one runs", p)
        c = queue["running"][0]
        expect(c["kernel"] == kernel and c["command"] == "kernel" and c["type"] == 0x11F0, "its name", c)
        expect(0.1 <= c["seconds"] < 60 and not c["at_least"], "its time", c)
    expect(all(q["completed_per_s"] == 0 for q in p["queues"]), "rates", p)
    expect(one["number"] < two["number"] < three["number"] and one["thread"] == p["pid"], "constants", p)


def check_device(p, device):
    expect([d["name"] for d in p["devices"]] == [device] and p["devices"][0]["units"] == 4, "the device", p)
    d = p["devices"][0]
    if device == "cpu":
        expect(d["memory"] is None, "the cpu device has no memory of its own", d)
    elif d["memory"]:  # not without permission for userfaultfd
        c = d["counters"]
        expect(d["memory"]["limit"] == 64 << 20, "the limit", d)
        expect(d["memory"]["resident"] >= 1 << 20, "1 MiB is there", d)
        expect(c["device_read_faults"] + c["device_write_faults"] > 0, "faults", d)
        expect(c["pages_to_device"] + c["pages_zeroed"] >= 256, "pages", d)
        expect(d["device_faults_per_s"] == 0 and d["bytes_to_host_per_s"] is not None, "rates", d)


def check_states(device):
    a = Program("hold", device=device)
    pid = a.expect("holds")
    time.sleep(0.3)
    p = look(str(pid))
    expect(list(p) == [pid], "only the process that was asked for", p)
    p = p[pid]
    expect(p["uid"] == os.geteuid() and p["owner"] and hold in p["program"] and p["interval_s"] >= 0.1,
           "whose it is", p)
    check_queues(p, device)
    check_device(p, device)
    table = run("--once", str(pid)).stdout.decode()
    expect(re.search(rf"^ *{pid} .*top-hold hold$", table, re.M), "the process in the table", table)
    expect(re.search(rf"^ +\d+ {device} +high +in +4 +0 hold +\d+\.\d\d$", table, re.M), "the queue in it", table)
    expect(re.search(r"^ +\d+ \w+ +low +in +1 +0 \(waits\)$", table, re.M), "who waits, in it", table)
    expect("total" in table and " 2 running" in table, "the total", table)
    b = Program("hold", device=device)
    other = b.expect("holds")
    both = look()
    expect(pid in both and other in both, "two at once", both)
    check_queues(both[other], device)
    a.end()
    expect(pid not in look(), "one that has ended")
    folder = os.listdir(f"/proc/{other}/fd")
    os.kill(other, signal.SIGKILL)
    b.process.wait(timeout=60)
    expect(other not in look() and folder, "one that was killed")


def check_lives():
    """Children, exec, descriptors closed, the option, more queues than there is room for."""
    a = Program("queue", "fork")
    parent, child = a.expect("queue"), a.expect("child")
    seen = look()
    expect(parent in seen and child not in seen, "a child that does nothing", seen)
    a.line()
    a.expect("queue")
    seen = look()
    expect(parent in seen and child in seen, "a child with a queue of its own", seen)
    expect(len(seen[child]["queues"]) == 1 and seen[child]["queues"][0]["completed"] >= 1, "its queue", seen)
    a.end()
    for step, word in ("close", "closed"), ("exec", "execs"):
        a = Program("queue", step)
        pid = a.expect("queue")
        a.expect(word)
        if step == "exec":
            while "cat" not in open(f"/proc/{pid}/comm").read():
                time.sleep(0.01)
        expect(pid not in look(), step)
        a.end()
    a = Program("queue", "hold", TERN_STATUS="0")
    pid = a.expect("queue")
    a.expect("holds")
    expect(pid not in look(), "TERN_STATUS=0")
    expect(b"may not be seen" in run("--once", str(pid), status=1).stderr, "it is said why")
    a.end()
    a = Program("many")
    pid = a.expect("many")
    p = look()[pid]
    expect(len(p["queues"]) == 64 and p["hidden_queues"] == 6, "70 queues", p["hidden_queues"])
    expect("56 more idle" in run("--once", str(pid)).stdout.decode(), "in the table, too")
    a.end()


def check_hostile():
    """Pages of our own making, in this process."""
    rng = random.Random(5)
    head = b"TERNTOP\0" + struct.pack("<IIQ", 1, PAGE_BYTES, os.getpid())
    noise = rng.randbytes(PAGE_BYTES)
    # Texts of control characters, with a device and a queue that are there.
    texts = bytearray(b"\x1b[31m\xff\x9b\"\\\n<" * (PAGE_BYTES // 10 + 1))[:PAGE_BYTES]
    pages = [b"", b"\0" * PAGE_BYTES, head, head + noise[24:], head + b"\xff" * (PAGE_BYTES - 24),
             head + bytes(texts[24:]), noise, head + noise[24:] + b"more",
             b"TERNTOP\0" + struct.pack("<IIQ", 2, PAGE_BYTES, os.getpid()) + noise[24:],
             b"TERNTOP\0" + struct.pack("<IIQ", 1, PAGE_BYTES, 1) + noise[24:]]
    taken = 0
    for page in pages:
        for seals in 0, 2:  # F_SEAL_SHRINK
            fd = os.memfd_create("tern-top", os.MFD_CLOEXEC | os.MFD_ALLOW_SEALING)
            os.write(fd, page)
            fcntl.fcntl(fd, 1033, seals)
            seen = look(*([str(os.getpid())] if page in pages[3:6] and seals else []))
            taken += os.getpid() in seen
            expect(os.getpid() not in seen or (seals and page in pages[3:6]), "a page that is none is shown")
            table = run("--once").stdout
            expect(not re.search(rb"[\x00-\x09\x0b-\x1f\x7f]", table), "control characters in the table")
            table.decode()  # all of it is UTF-8
            os.close(fd)
    expect(taken == 3, f"{taken} of three pages that look right are shown")


# What a shell is to its jobs: without one nothing can be stopped.
SHELL = """
import os, signal, sys
signal.signal(signal.SIGTTOU, signal.SIG_IGN)
signal.signal(signal.SIGINT, signal.SIG_IGN)
child = os.fork()
if not child:
    os.setpgid(0, 0)
    os.tcsetpgrp(0, os.getpgid(0))
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    signal.signal(signal.SIGTTOU, signal.SIG_DFL)
    os.execv(sys.argv[1], sys.argv[1:])
sys.exit(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
"""


class Screen:
    def __init__(self, rows, columns, *arguments):
        self.master, self.slave = pty.openpty()
        self.resize(rows, columns)
        self.before = termios.tcgetattr(self.slave)

        def control():
            os.setsid()
            fcntl.ioctl(0, termios.TIOCSCTTY, 0)
        self.process = subprocess.Popen([sys.executable, "-c", SHELL, tern, "top", *arguments],
                                        stdin=self.slave, stdout=self.slave, preexec_fn=control)
        started.append(self.process)

    def resize(self, rows, columns):
        fcntl.ioctl(self.master, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))

    def read(self, seconds):
        text, end = b"", time.monotonic() + seconds
        while (left := end - time.monotonic()) > 0:
            if select.select([self.master], [], [], left)[0]:
                text += os.read(self.master, 65536)
        return text.decode()

    def wait_for(self, what):
        text, end = "", time.monotonic() + 20
        while what not in text and time.monotonic() < end:
            text += self.read(0.02)
        return text

    def end(self, key, status):
        os.write(self.master, key)
        end = time.monotonic() + 20
        text = ""
        while self.process.poll() is None and time.monotonic() < end:
            text += self.read(0.1)
        text += self.read(0.1)
        expect(self.process.poll() == status, f"{key}: status {self.process.poll()}")
        expect(text.endswith("\033[?25h\033[?1049l"), f"{key}: what it leaves: {text[-80:]!r}")
        expect(termios.tcgetattr(self.slave) == self.before, f"{key}: the terminal is not as it was")


def check_terminal():
    a = Program("hold")
    pid = a.expect("holds")
    screen = Screen(40, 100, str(pid))
    text = screen.wait_for("\033[H") + screen.read(2.5)
    expect(text.startswith("\033[?1049h\033[?25l\033[H"), f"the beginning: {text[:80]!r}")
    expect(2 <= text.count("tern top ") <= 5, f"{text.count('tern top ')} pictures in 2.5 s")
    expect(re.search(r"cpu +high +in +4 +0 hold +\d", text), "what runs")
    expect(termios.tcgetattr(screen.slave)[3] & (termios.ECHO | termios.ICANON) == 0, "keys as they come")
    screen.resize(6, 30)
    text = screen.wait_for("more lines") + screen.read(0.2)
    last = text[text.rindex("\033[H"):]
    lines = re.sub(r"\033\[\??\w", "", last).replace("\r", "").split("\n")
    expect(len(lines) == 6 and max(map(len, lines)) == 30, f"6 lines of 30: {lines}")
    expect("more lines" in lines[-1], f"that there is more: {lines}")
    # ^Z: the terminal is given back, and taken again afterwards.
    os.write(screen.master, b"\x1a")
    text = screen.wait_for("\033[?1049l") + screen.read(1)
    expect(text.endswith("\033[?25h\033[?1049l"), f"stopped: {text[-60:]!r}")
    expect(termios.tcgetattr(screen.slave) == screen.before, "stopped: the terminal")
    shell = screen.process.pid
    os.kill(int(open(f"/proc/{shell}/task/{shell}/children").read()), signal.SIGCONT)
    expect("\033[H" in screen.wait_for("\033[H"), "it goes on")
    screen.end(b"q", 0)
    screen = Screen(24, 80)
    screen.wait_for("\033[H")
    screen.end(b"\x03", 0)
    a.end()


def check_arguments():
    for wrong in ["--nothing"], ["0"], ["-1"], ["12x"], ["1", "2"]:
        run(*wrong, status=2)
    expect(b"usage" in run("--help").stdout, "help")
    full = subprocess.run([tern, "top", "--once"], stdout=open("/dev/full", "w"), stderr=subprocess.PIPE)
    expect(full.returncode == 1 and b"No space" in full.stderr, "a full disk")
    expect(run().stdout.startswith(b"tern top"), "without a terminal once")


try:
    check_arguments()
    check_states("cpu")
    check_lives()
    check_hostile()
    check_terminal()
    info = subprocess.run([tern, "run", "--devices", "cpu,accel", "--", "clinfo", "--list"],
                          capture_output=True, text=True).stdout
    if "accelerator" in info:
        check_states("accel")
        print("cpu and accelerator")
    else:
        print("cpu; there is no accelerator here")
finally:
    for process in started:
        if process.poll() is None:
            process.kill()
