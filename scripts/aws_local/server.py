"""The server process, `python -m aws_local.server PORT IDLE_SECONDS`: HTTP, then applications that each answer some
requests and pass on the others, then moto."""

import gc
import itertools
import os
import signal
import sys
import threading
import time

from aws_local import additions, controls, speed
from aws_local.authorization.enforcement import Enforcement
from aws_local.bad_day.application import BadDay
from aws_local.cloudwatch.rpc_v2_cbor import Cbor
from aws_local.logs.live_tail import LiveTail
from aws_local.registry import storage
from aws_local.registry.app import Registry
from aws_local.speed.dispatch import Dispatcher
from aws_local.speed.http import Server

# One account cannot see another account's buckets.
# https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucket-owner-condition.html
os.environ["MOTO_S3_ALLOW_CROSSACCOUNT_ACCESS"] = "false"
# moto would load thousands of machine images for each account, and rd starts no machine.
os.environ["MOTO_EC2_LOAD_DEFAULT_AMIS"] = "false"


CALLS = "/aws-local/calls"


class Watch:
    """Counts the calls, and answers CALLS and the controls. Exits when no request has come for a while, so that a
    forgotten server does not run forever."""

    def __init__(self, app, seconds):
        self.app = app
        self.seconds = seconds
        self.last = time.monotonic()
        self.calls = itertools.count()
        threading.Thread(target=self._watch, daemon=True).start()

    def __call__(self, environ, start_response):
        self.last = time.monotonic()
        count = next(self.calls)
        if environ["PATH_INFO"] == CALLS:
            start_response("200 OK", [("Content-Type", "text/plain")])
            return [str(count).encode()]
        answer = controls.answer(environ)
        if answer is not None:
            status, text = answer
            start_response(status, [("Content-Type", "text/plain"), ("Content-Length", str(len(text.encode())))])
            return [text.encode()]
        return self.app(environ, start_response)

    def _watch(self):
        while time.monotonic() - self.last < self.seconds:
            time.sleep(min(5, self.seconds))
        storage.clear()
        os._exit(0)


def application():
    return Registry(LiveTail(Cbor(Enforcement(BadDay(Dispatcher())))))


def main():
    port, idle = int(sys.argv[1]), int(sys.argv[2])
    additions.install()
    speed.install()
    # Exit handlers run then, too.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    # Everything loaded so far stays. The garbage collector need not visit it, nor run as often as by default.
    gc.freeze()
    gc.set_threshold(20_000)
    app = Watch(application(), idle)
    Server(port, app).serve_forever()


if __name__ == "__main__":
    main()
