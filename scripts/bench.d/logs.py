#!/usr/bin/env python3
"""Measures `rd-logs tail` and, if version 2 of the AWS CLI is installed, `aws logs tail` on the same stored events of
the local AWS API: events a second, CPU seconds for a million events, peak memory; and in follow mode the time from
PutLogEvents to the printed line. With valgrind, also the instructions of `rd-logs tail` an event, which a busy machine does
not change. Prints tables in Markdown. Argument: the folder of the release programs."""

import json
import os
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request
from pathlib import Path

sys.dont_write_bytecode = True

import measured  # noqa: E402

EVENTS = int(os.environ.get("BENCH_LOG_EVENTS", "200000"))
RUNS = int(os.environ.get("BENCH_LOG_RUNS", "3"))
LINES = int(os.environ.get("BENCH_LOG_LINES", "12"))
STREAMS = 20
SPAN = 50 * 60 * 1000
ENDPOINT = os.environ["AWS_ENDPOINT_URL"]
GROUP = f"/bench/logs-{os.urandom(3).hex()}"


def call(operation, body):
    headers = {
        "X-Amz-Target": f"Logs_20140328.{operation}",
        "Content-Type": "application/x-amz-json-1.1",
        "Authorization": "AWS4-HMAC-SHA256 Credential=local/20260101/us-east-1/logs/aws4_request, SignedHeaders=host, "
        "Signature=0",
    }
    request = urllib.request.Request(ENDPOINT, json.dumps(body).encode(), headers)
    with urllib.request.urlopen(request) as answer:
        return json.loads(answer.read() or b"{}")


def store():
    """Stores the events. Half of the messages are JSON and half are plain text, as services log them."""
    call("CreateLogGroup", {"logGroupName": GROUP})
    start = int(time.time() * 1000) - SPAN - 60_000
    each = EVENTS // STREAMS
    for stream in range(STREAMS):
        name = f"api/api/{stream:032x}"
        call("CreateLogStream", {"logGroupName": GROUP, "logStreamName": name})
        for first in range(0, each, 4000):
            events = []
            for number in range(first, min(first + 4000, each)):
                stamp = start + SPAN * number // each
                if number % 2:
                    message = f"127.0.0.1 - - GET /v1/sessions/{number} 200 {number % 977} bytes in {number % 97} ms"
                else:
                    fields = {"level": "info", "time": stamp, "msg": "request done", "id": number, "path": "/v1/sessions"}
                    message = json.dumps(fields)
                events.append({"timestamp": stamp, "message": message})
            call("PutLogEvents", {"logGroupName": GROUP, "logStreamName": name, "logEvents": events})


def aws_cli():
    """The path and version of the AWS CLI, version 2 only: version 1 has no `logs tail`."""
    for folder in os.environ["PATH"].split(os.pathsep):
        found = shutil.which("aws", path=folder)
        if found:
            version = subprocess.run([found, "--version"], capture_output=True, text=True).stdout
            if version.startswith("aws-cli/2"):
                return found, version.split()[0]
    return None, None


def programs(target, folder):
    """The commands to compare: name, command, environment and folder of each."""
    env = {**os.environ, "AWS_ACCESS_KEY_ID": "local", "AWS_SECRET_ACCESS_KEY": "local", "AWS_REGION": "us-east-1"}
    env |= {"AWS_DEFAULT_REGION": "us-east-1", "AWS_EC2_METADATA_DISABLED": "true", "AWS_PAGER": ""}
    env.pop("RD_WAIT_SCALE", None)
    ours = [str(target / "rd-logs"), "tail", GROUP]
    all_ = [("rd-logs tail", ours, env), ("rd-logs tail -o raw", [*ours, "-o", "raw"], env)]
    aws, version = aws_cli()
    if aws:
        # Run it as Debian packages it, with its own Python.
        plain = {name: value for name, value in env.items() if not name.startswith("PYTHON")}
        plain["PATH"] = "/usr/bin:/bin"
        command = [aws, "--endpoint-url", ENDPOINT, "logs", "tail", GROUP]
        all_.append((f"aws logs tail ({version})", command, plain))
    else:
        print("skipping the AWS CLI: version 2 is not installed\n", file=sys.stderr)
    return [(name, command, env, folder) for name, command, env in all_]


def check(name, command, env, folder):
    """Exits with an error unless the command prints every stored event."""
    process = subprocess.Popen([*command, "--since", "2h"], cwd=folder, env=env, stdout=subprocess.PIPE)
    count = 0
    while piece := process.stdout.read(1 << 16):
        count += piece.count(b"\n")
    if process.wait() != 0 or count != EVENTS:
        sys.exit(f"bench: {name} wrote {count} of {EVENTS} lines and exited with {process.returncode}")


def stored(_name, command, env, folder):
    """Prints every stored event to /dev/null; returns wall and CPU seconds, and peak memory in MiB."""
    used = measured.run([[*command, "--since", "2h"]], folder, env)
    return used.wall, used.cpu, used.largest


def instructions(command, env, folder):
    """The instructions of a program for an event, in its own code and its libraries: those for all events less those for
    none. None without valgrind."""
    valgrind = shutil.which("valgrind")
    if not valgrind:
        return None

    def counted(*flags):
        watched = [valgrind, "--tool=cachegrind", "--cache-sim=no", "--cachegrind-out-file=/dev/null"]
        done = subprocess.run([*watched, *command, *flags], cwd=folder, env=env, capture_output=True, text=True)
        told = re.search(r"I\s+refs:\s+([\d,]+)", done.stderr)
        if done.returncode != 0 or not told:
            sys.exit(f"bench: {' '.join(command)} failed with valgrind: {done.stderr[-500:]}")
        return int(told[1].replace(",", ""))

    # Before the first event.
    none = counted("--since", "2h", "--until", "100m")
    return (counted("--since", "2h") - none) / EVENTS


def delays(command, env, folder):
    """The seconds from PutLogEvents to the printed line, for events with pauses of different lengths between them."""
    stream = f"follow-{os.urandom(4).hex()}"
    call("CreateLogStream", {"logGroupName": GROUP, "logStreamName": stream})
    follow = [*command, "--follow", "--since", "1s"]
    # Python writes to a pipe when its buffer is full; unbuffered, the AWS CLI prints its lines as they arrive.
    env = {**env, "PYTHONUNBUFFERED": "1"}
    process = subprocess.Popen(follow, cwd=folder, env=env, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    seen, came = {}, threading.Condition()

    def read():
        for line in process.stdout:
            with came:
                seen[line.decode().split("mark-")[-1].split('"')[0].split()[0]] = time.monotonic()
                came.notify_all()

    reader = threading.Thread(target=read, daemon=True)
    reader.start()
    time.sleep(6)
    found = []
    for number in range(LINES):
        mark = f"{stream}-{number}"
        events = [{"timestamp": int(time.time() * 1000), "message": f"mark-{mark}"}]
        put = time.monotonic()
        call("PutLogEvents", {"logGroupName": GROUP, "logStreamName": stream, "logEvents": events})
        with came:
            if not came.wait_for(lambda: mark in seen, timeout=30):  # noqa: B023
                sys.exit(f"bench: {' '.join(command)} never printed {mark}")
        found.append(seen[mark] - put)
        # Vary the pause, so that events fall at different points between two polls.
        time.sleep(0.5 + number * 0.37 % 1.9)
    process.terminate()
    process.wait()
    return found


def main():
    target = Path(sys.argv[1])
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "rd.toml").write_text('project = "bench"\nenvironment = "test"\n')
        store()
        compared = programs(target, folder)
        rows = {}
        for one in compared:
            check(*one)
            runs = [stored(*one) for _ in range(RUNS)]
            rows[one[0]] = measured.medians(runs)
        counts = {one[0]: instructions(*one[1:]) for one in compared if one[0].startswith("rd-logs")}
        late = {one[0]: delays(*one[1:]) for one in compared}
    print(f"\n## Log events: {EVENTS} stored events printed, median of {RUNS} runs; {LINES} new events\n")
    print("| | events/s | CPU s a million events | peak memory, MiB | put to line, median s | longest s |")
    print("|---|---|---|---|---|---|")
    for name, (wall, cpu, memory) in rows.items():
        values = [EVENTS / wall, cpu / EVENTS * 1e6, memory, statistics.median(late[name]), max(late[name])]
        print(f"| {name} | " + " | ".join(f"{value:.0f}" if value >= 100 else f"{value:.3g}" for value in values) + " |")
    for name, count in counts.items():
        if count is not None:
            print(f"\nInstructions of `{name}` an event: {count:,.0f}.")
    names = list(rows)
    if len(names) == 3:
        ratio = rows[names[2]][1] / rows[names[0]][1]
        print(f"\nCPU of `aws logs tail` divided by that of `rd-logs tail`: {ratio:.1f}.")


if __name__ == "__main__":
    main()
