"""The time of a plan without changes over the latency of a call: the slope is the number of round trips to AWS that the
plan waits for, one after the other."""

import contextlib
import http.client
import http.server
import os
import statistics
import sys
import threading
import time
from urllib.parse import urlsplit

import measured
import tf
import whole_stack

RUNS = int(os.environ.get("BENCH_RUNS", "7"))
# Seconds: the same machine, the same region, another continent.
LATENCIES = (0.0, 0.05, 0.1)
# The most round trips that the plan of the whole stack may wait for.
GOAL = 3


class Delayed(http.server.BaseHTTPRequestHandler):
    """Passes each call on, and holds its answer back."""

    protocol_version = "HTTP/1.1"
    upstream, seconds = "", 0.0

    def answer(self):
        due = time.monotonic() + self.seconds
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        connection = http.client.HTTPConnection(self.upstream)
        connection.request(self.command, self.path, body, dict(self.headers))
        given = connection.getresponse()
        content = given.read()
        connection.close()
        time.sleep(max(0.0, due - time.monotonic()))
        self.send_response(given.status)
        framing = ("content-length", "transfer-encoding", "connection", "date", "server")
        for name, value in given.getheaders():
            if name.lower() not in framing or (self.command == "HEAD" and name.lower() == "content-length"):
                self.send_header(name, value)
        if self.command != "HEAD":
            self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    do_GET = do_POST = do_PUT = do_HEAD = do_DELETE = answer

    def log_message(self, *_):
        pass


class Server(http.server.ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128


@contextlib.contextmanager
def delayed(env, seconds):
    """The environment in which each answer takes so many seconds longer."""
    upstream = urlsplit(env["AWS_ENDPOINT_URL"]).netloc
    handler = type("Handler", (Delayed,), {"upstream": upstream, "seconds": seconds})
    with Server(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        try:
            yield {**env, "AWS_ENDPOINT_URL": f"http://127.0.0.1:{server.server_address[1]}"}
        finally:
            server.shutdown()


def slope(walls):
    """The seconds of a plan for each second of latency, by least squares."""
    pairs = [(latency, wall) for latency, all_walls in walls.items() for wall in all_walls]
    return statistics.linear_regression(*zip(*pairs)).slope


def measure(target, slices, folder, env):
    """Applies the whole stack, and plans it at each latency; with Terraform, too, if it is installed."""
    tools = [whole_stack.rd(target, slices, folder / "rd", env)]
    other = whole_stack.terraform(slices, folder / "tf", env)
    if other:
        tools.append(other)
    rows = []
    for tool in tools:
        try:
            measured.run(tool.apply, tool.folder, {**tool.env, "RD_WAIT_SCALE": "0.1"})
            walls = {latency: [] for latency in LATENCIES}
            for latency in LATENCIES:
                with delayed(tool.env, latency) as slow:
                    for _ in range(RUNS):
                        walls[latency].append(measured.run(tool.plan, tool.folder, slow).wall)
        except measured.Failed as error:
            if tool.name == "rd":
                raise
            tf.leave_out(f"{tf.first_line(str(error))}; its output:\n{error}")
            continue
        rows.append((tool.name, walls))
    print(f"\n## A plan of the whole stack without changes, by the latency of a call: median of {RUNS} runs\n")
    print("| | " + " | ".join(f"{latency * 1000:.0f} ms, s" for latency in LATENCIES) + " | round trips (slope) | goal |")
    print("|---|" + "---|" * (len(LATENCIES) + 2))
    for name, walls in rows:
        medians = " | ".join(f"{statistics.median(walls[latency]):.2f}" for latency in LATENCIES)
        print(f"| {name} | {medians} | {slope(walls):.1f} | {GOAL if name == 'rd' else ''} |")
    sys.stdout.flush()
