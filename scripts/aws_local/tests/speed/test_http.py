"""The HTTP server."""

import contextlib
import http.client
import io
import socket
import threading
import time
import unittest

from aws_local.speed.http import Server


def _app(environ, start_response):
    path, body = environ["PATH_INFO"], environ["wsgi.input"]
    if path == "/echo":
        data = body.read()
        start_response("200 OK", [("Content-Length", str(len(data))), ("X-Raw", environ["RAW_URI"])])
        return [data]
    if path == "/names":
        names = sorted(name for name in environ if name.startswith("HTTP_X_"))
        start_response("200 OK", [])
        return [f"{name}={environ[name]};".encode() for name in names]
    if path == "/slowly":
        start_response("200 OK", [("Content-Type", "text/plain")])
        return iter([b"one", b"", b"two"])
    if path == "/unread":
        start_response("404 Not Found", [("Content-Length", "0")])
        return []
    if path == "/wrong":
        raise RuntimeError("as asked")
    start_response("204 No Content", [])
    return []


class Http(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.server = Server(0, _app)
        threading.Thread(target=cls.server.serve_forever, args=(0.01,), daemon=True).start()
        cls.port = cls.server.server_address[1]
        cls.addClassCleanup(cls.server.server_close)
        cls.addClassCleanup(cls.server.shutdown)

    def setUp(self):
        self.line = http.client.HTTPConnection("127.0.0.1", self.port, timeout=10)
        self.addCleanup(self.line.close)

    def ask(self, method, path, body=None, headers=None, **more):
        self.line.request(method, path, body, headers or {}, **more)
        answer = self.line.getresponse()
        return answer, answer.read()

    def raw(self, data):
        """Sends bytes, and returns what the server sends until it closes the connection."""
        with socket.create_connection(("127.0.0.1", self.port), timeout=1) as line:
            line.sendall(data)
            line.shutdown(socket.SHUT_WR)
            found = b""
            while piece := line.recv(65536):
                found += piece
            return found

    def test_a_connection_serves_many_requests(self):
        self.line.connect()
        own = self.line.sock.getsockname()
        for size in (0, 1, 100_000):
            answer, body = self.ask("POST", "/echo", b"x" * size)
            self.assertEqual((answer.status, len(body)), (200, size))
            self.assertEqual(self.line.sock.getsockname(), own)

    def test_a_body_in_chunks(self):
        _, body = self.ask("POST", "/echo", iter([b"one", b"two"]), encode_chunked=True)
        self.assertEqual(body, b"onetwo")
        self.assertEqual(self.ask("POST", "/echo", b"after")[1], b"after")

    def test_an_answer_of_unknown_length_comes_in_chunks(self):
        answer, body = self.ask("GET", "/slowly")
        self.assertEqual((answer.headers["Transfer-Encoding"], body), ("chunked", b"onetwo"))
        old = self.raw(b"GET /slowly HTTP/1.0\r\n\r\n")
        self.assertTrue(old.endswith(b"\r\n\r\nonetwo"), old)

    def test_pipelined_requests(self):
        one = b"POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\nab"
        self.assertEqual(self.raw(one * 3).count(b"\r\n\r\nab"), 3)

    def test_expect_100_continue(self):
        head = b"POST /echo HTTP/1.1\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n"
        with socket.create_connection(("127.0.0.1", self.port), timeout=10) as line:
            line.sendall(head)
            self.assertEqual(line.recv(100), b"HTTP/1.1 100 Continue\r\n\r\n")
            line.sendall(b"ab")
            self.assertTrue(line.recv(1000).endswith(b"ab"))

    def test_answers_without_a_body(self):
        answer, body = self.ask("HEAD", "/names")
        self.assertEqual((answer.status, body), (200, b""))
        self.assertEqual(self.ask("POST", "/echo", b"after")[1], b"after")
        self.assertEqual(self.raw(b"DELETE /none HTTP/1.1\r\n\r\n").partition(b"\r\n\r\n")[2], b"")

    def test_an_answer_without_a_length_closes_the_connection(self):
        self.assertEqual(self.ask("DELETE", "/none")[0].headers["Connection"], "close")

    def test_an_unread_body_closes_the_connection_after_the_answer(self):
        answer, _ = self.ask("POST", "/unread", bytes(3_000_000))
        self.assertEqual((answer.status, answer.headers["Connection"]), (404, "close"))

    def test_paths_are_passed_raw_and_decoded(self):
        self.assertEqual(self.ask("GET", "/ec%68o?a=%2F")[0].headers["X-Raw"], "/ec%68o?a=%2F")

    def test_headers(self):
        _, body = self.ask("GET", "/names", headers={"X-One": " 1 ", "x-two": "2", "X_Three": "3"})
        self.assertEqual(body, b"HTTP_X_ONE=1;HTTP_X_TWO=2;")
        twice = self.raw(b"GET /names HTTP/1.1\r\nX-A: 1\r\nX-A: 2\r\n\r\n")
        self.assertTrue(twice.endswith(b"HTTP_X_A=1,2;"), twice)

    def test_malformed_requests_are_refused(self):
        for data in (
            b"nonsense\r\n\r\n",
            b"GET / HTTP/1.1\r\nnonsense\r\n\r\n",
            b"GET / HTTP/1.1\r\nContent-Length: x\r\n\r\n",
        ):
            self.assertTrue(self.raw(data).startswith(b"HTTP/1.1 400 "), data)

    def test_idle_connections_do_not_block_others(self):
        silent = [socket.create_connection(("127.0.0.1", self.port)) for _ in range(100)]
        start = time.monotonic()
        self.assertEqual(self.ask("POST", "/echo", b"x")[1], b"x")
        self.assertLess(time.monotonic() - start, 5)
        for line in silent:
            line.close()

    def test_an_exception_in_the_application_closes_only_its_connection(self):
        with contextlib.redirect_stderr(io.StringIO()):
            self.assertTrue(self.raw(b"GET /wrong HTTP/1.1\r\n\r\n").startswith(b"HTTP/1.1 500 "))
        self.assertEqual(self.ask("POST", "/echo", b"x")[1], b"x")
