"""Runs and measures commands: wall and CPU time, memory, calls to the local AWS API."""

import contextlib
import os
import statistics
import subprocess
import sys
import tempfile
import threading
import urllib.request
from pathlib import Path
from typing import NamedTuple

LAUNCH = Path(__file__).resolve().parent / "launch.py"
SAMPLE_SECONDS = 0.05


class Failed(Exception):
    """A measured command failed; the message has its stderr."""


class Used(NamedTuple):
    """The resources that a pipe, or one command, used."""

    # Seconds from the first start to the last end.
    wall: float
    # CPU seconds of all processes.
    cpu: float
    # The highest peak of a single process, MiB.
    largest: float
    # The memory of all processes, MiB.
    together: float
    calls: int


def calls(env):
    with urllib.request.urlopen(f"{env['AWS_ENDPOINT_URL']}/aws-local/calls") as answer:
        return int(answer.read())


def medians(rows):
    return [statistics.median(column) for column in zip(*rows)]


def run(pipe, folder, env):
    """Runs a pipe of commands, each with an absolute path. Raises Failed if one of them fails.

    `together` is the sum of the peaks of the pipe's programs, or the highest sum of all processes at one moment,
    whichever is more: Terraform, for instance, starts its provider as a process of its own."""
    words = []
    for command in pipe:
        words += ["|"] * bool(words) + [str(word) for word in command]
    with tempfile.TemporaryFile() as errors:
        before = calls(env)
        launch = [sys.executable, "-I", "-S", LAUNCH, *words]
        with subprocess.Popen(launch, cwd=folder, env=env, stdout=subprocess.PIPE, stderr=errors, text=True) as process:
            with sampled(process.pid) as highest:
                report = process.stdout.read()
        made = calls(env) - before - 1
        errors.seek(0)
        text = errors.read().decode()
    if process.returncode != 0:
        raise Failed(f"{words[0]} could not be started:\n{text}")
    wall, *lines = report.splitlines()
    rows = [[float(word) for word in line.split()] for line in lines]
    codes = [int(code) for code, _, _ in rows]
    if any(codes):
        raise Failed(f"{' '.join(words)} failed with {' | '.join(map(str, codes))}:\n{text}")
    peaks = [peak / 1024 for _, _, peak in rows]
    together = max(sum(peaks), highest[0])
    return Used(float(wall), sum(cpu for _, cpu, _ in rows), max(peaks), together, made)


@contextlib.contextmanager
def sampled(pid):
    """Samples the memory of all descendants of a process; the list holds the highest sum so far, in MiB."""
    highest, done = [0.0], threading.Event()

    def sample():
        while not done.wait(SAMPLE_SECONDS):
            highest[0] = max(highest[0], resident(pid))

    watcher = threading.Thread(target=sample, daemon=True)
    watcher.start()
    try:
        yield highest
    finally:
        done.set()
        watcher.join()


def resident(root):
    """The memory that the descendants of a process have now, in MiB, read from /proc; 0 on systems other than Linux."""
    parents, sizes = {}, {}
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            # The name of the program, in parentheses, may contain spaces.
            fields = (folder / "stat").read_text().rpartition(")")[2].split()
        except OSError:
            continue
        parents[int(folder.name)] = int(fields[1])
        sizes[int(folder.name)] = int(fields[21]) * os.sysconf("SC_PAGE_SIZE") / 2**20

    def descends(pid):
        while pid in parents:
            pid = parents[pid]
            if pid == root:
                return True
        return False

    return sum(size for pid, size in sizes.items() if descends(pid))
