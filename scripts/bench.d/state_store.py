"""What the shared store adds to an apply of the whole stack: the states in the bucket and the locks in the table, each call
to which takes 0, 50 or 100 ms longer, against local states. Counts the requests to the store, and the bytes written."""

import collections
import os
import statistics
import sys
import threading
import tomllib
from urllib.parse import urlsplit

import latency
import measured
import whole_stack

RUNS = int(os.environ.get("BENCH_APPLIES", "3"))
LATENCIES = (0.0, 0.05, 0.1)
# Requests of an apply of the whole stack, without renewals.
GOAL_REQUESTS = 400
# Where Terraform has its state: in the bucket and with the table that rd-state has made.
BACKEND = """terraform {{
  backend "s3" {{
    bucket         = "{bucket}"
    key            = "terraform.tfstate"
    region         = "{region}"
    dynamodb_table = "{table}"
    use_path_style = true

    skip_credentials_validation = true
    skip_metadata_api_check     = true
    skip_requesting_account_id  = true
  }}
}}
"""
# USD for 1000 requests to S3 (writes and lists, reads), and for a million to a table (writes, reads), in us-east-1.
PRICES = {"PUT": 0.005 / 1000, "LIST": 0.005 / 1000, "GET": 0.0004 / 1000, "WRITE": 0.625 / 1e6, "READ": 0.125 / 1e6}


class Counted(latency.Delayed):
    """Passes each call of the store on, later, and counts it."""

    calls, lock = None, threading.Lock()

    def answer(self):
        target = self.headers.get("X-Amz-Target", "")
        if target:
            kind = "WRITE" if "PutItem" in target else "READ"
        elif self.command == "GET" and "list-type" in self.path:
            kind = "LIST"
        else:
            kind = self.command
        with self.lock:
            self.calls[kind] += 1
            if kind in ("PUT", "WRITE"):
                self.calls["bytes"] += int(self.headers.get("Content-Length") or 0)
        super().answer()

    do_GET = do_POST = do_PUT = do_HEAD = do_DELETE = answer


def through(env, seconds, calls):
    """A proxy for the calls of the store alone; the slices have other buckets, which they reach directly."""
    upstream = urlsplit(env["AWS_ENDPOINT_URL"]).netloc
    handler = type("Handler", (Counted,), {"upstream": upstream, "seconds": seconds, "calls": calls})
    server = latency.Server(("127.0.0.1", 0), handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return server, f"http://127.0.0.1:{server.server_address[1]}"


def beside_terraform(target, folder, env):
    """The default network, applied with each tool while its state is in the bucket, and its lock in the table."""
    ours = whole_stack.rd(target, ["net"], folder / "rd-net", env)
    setup = [target / "rd-state", "bootstrap", "-y", "--state-region", "us-east-1"]
    measured.run([setup], ours.folder, ours.env)
    store = tomllib.loads((ours.folder / "rd.toml").read_text())["state"]
    theirs = whole_stack.terraform(["net"], folder / "terraform", env, [("backend.tf", BACKEND.format(**store))])
    print("\n## The store during an apply of the default network\n")
    print("| | writes of the state | bytes written | calls to the table of the locks |\n|---|---|---|---|")
    for tool in filter(None, (ours, theirs)):
        calls = collections.Counter()
        server, url = through(env, 0.0, calls)
        proxied = {"AWS_ENDPOINT_URL_S3": url, "AWS_ENDPOINT_URL_DYNAMODB": url}
        measured.run(tool.apply, tool.folder, tool.env | proxied)
        server.shutdown()
        print(f"| {tool.name} | {calls['PUT']} | {calls['bytes']} | {calls['WRITE'] + calls['READ']} |")
    sys.stdout.flush()


def measure(target, slices, folder, env, rounds=RUNS):
    folder.mkdir(parents=True, exist_ok=True)
    rows = []
    for name, seconds in (("local", None), *((f"bucket and table, {s * 1000:.0f} ms a call", s) for s in LATENCIES)):
        walls, all_calls = [], []
        for number in range(rounds):
            own = dict(env)
            tool = whole_stack.rd(target, slices, folder / f"{name.split(',')[0]}-{seconds}-{number}", own)
            calls = collections.Counter()
            tool_env, server = dict(tool.env), None
            if seconds is not None:
                setup = [[target / "rd-state", "bootstrap", "-y", "--state-region", "us-east-1"]]
                measured.run(setup, tool.folder, tool_env)
                server, url = through(env, seconds, calls)
                # rd-store's own calls to S3 go through it, too; they are the same in every row.
                tool_env |= {"AWS_ENDPOINT_URL_S3": url, "AWS_ENDPOINT_URL_DYNAMODB": url}
            used = measured.run(tool.apply, tool.folder, tool_env)
            walls.append(used.wall)
            all_calls.append(calls)
            measured.run(tool.destroy, tool.folder, tool.env)
            if server:
                server.shutdown()
        rows.append((name, statistics.median(walls), all_calls[-1]))
    local = rows[0][1]
    print(f"\n## An apply of the whole stack by the store of its states: median of {rounds} runs\n")
    print("| store | seconds | added | requests | bytes written | USD a run |")
    print("|---|---|---|---|---|---|")
    for name, wall, calls in rows:
        requests = sum(count for kind, count in calls.items() if kind != "bytes")
        cost = sum(count * PRICES.get(kind, 0) for kind, count in calls.items())
        print(f"| {name} | {wall:.1f} | {wall - local:+.1f} | {requests} | {calls['bytes']} | {cost:.4f} |")
    print(f"\nGoal: fewer than {GOAL_REQUESTS} requests and 0.01 USD a run.")
    sys.stdout.flush()
