"""A server for the tests of the registry, which use plain HTTP, and the API next to it."""

import base64
import hashlib
import http.client
import json
import socket
import threading
from urllib.parse import quote, urlsplit

from aws_local import server
from aws_local.speed.http import Server
from aws_local.tests.case import Case, client

CONFIG = "application/vnd.oci.image.config.v1+json"
LAYER = "application/vnd.oci.image.layer.v1.tar+gzip"
MANIFEST = "application/vnd.oci.image.manifest.v1+json"
INDEX = "application/vnd.oci.image.index.v1+json"


def digest(data):
    return f"sha256:{hashlib.sha256(data).hexdigest()}"


class Answer:
    def __init__(self, response):
        self.status, self.headers, self.body = response.status, response.headers, response.read()

    @property
    def code(self):
        return json.loads(self.body)["errors"][0]["code"]


class RegistryCase(Case):
    @classmethod
    def setUpClass(cls):
        app = server.Watch(server.application(), 3600)
        cls.server = Server(0, app)
        threading.Thread(target=cls.server.serve_forever, daemon=True).start()
        cls.host = f"127.0.0.1:{cls.server.server_address[1]}"
        cls.ecr = client("ecr", endpoint_url=f"http://{cls.host}")

    @classmethod
    def tearDownClass(cls):
        cls.server.shutdown()
        cls.server.server_close()

    def setUp(self):
        super().setUp()
        self.ecr.create_repository(repositoryName="shop/api")
        data = self.ecr.get_authorization_token()["authorizationData"][0]
        self.endpoint, self.expires, self.token = data["proxyEndpoint"], data["expiresAt"], data["authorizationToken"]

    def call(self, method, path, body=None, auth=True, **headers):
        parts = urlsplit(path)
        path = parts.path + (f"?{parts.query}" if parts.query else "")
        headers = {name.replace("_", "-"): value for name, value in headers.items()}
        if auth:
            headers["Authorization"] = f"Basic {self.token}"
        connection = http.client.HTTPConnection(self.host, timeout=20)
        self.addCleanup(connection.close)
        connection.request(method, path, body=body, headers=headers)
        return Answer(connection.getresponse())

    def start(self, name="shop/api"):
        answer = self.call("POST", f"/v2/{name}/blobs/uploads/")
        self.assertEqual(answer.status, 202, answer.body)
        return answer.headers["Location"]

    def blob(self, data, name="shop/api"):
        """Pushes a blob in one piece, and returns its digest."""
        answer = self.call("PUT", f"{self.start(name)}?digest={quote(digest(data))}", data)
        self.assertEqual(answer.status, 201, answer.body)
        return digest(data)

    def manifest(self, layers, config=b"{}"):
        """The text of a manifest with these layers."""
        described = [{"mediaType": LAYER, "digest": digest(one), "size": len(one)} for one in layers]
        of = {"mediaType": CONFIG, "digest": digest(config), "size": len(config)}
        text = {"schemaVersion": 2, "mediaType": MANIFEST, "config": of, "layers": described}
        return json.dumps(text).encode()

    def image(self, *layers, tag="v1", name="shop/api"):
        """Pushes an image, and returns its digest."""
        layers = layers or (b"one", b"two", b"three")
        for data in (*layers, b"{}"):
            self.blob(data, name)
        text = self.manifest(layers)
        answer = self.call("PUT", f"/v2/{name}/manifests/{tag or digest(text)}", text, Content_Type=MANIFEST)
        self.assertEqual(answer.status, 201, answer.body)
        return digest(text)

    def cut(self, location, data, length):
        """Sends a PATCH whose connection breaks before the promised length."""
        with socket.create_connection(("127.0.0.1", self.server.server_address[1])) as line:
            head = f"PATCH {urlsplit(location).path} HTTP/1.1\r\nHost: {self.host}\r\nContent-Length: {length}\r\n"
            line.sendall(f"{head}Authorization: Basic {self.token}\r\n\r\n".encode() + data)

    def password(self):
        return base64.b64decode(self.token).decode().split(":", 1)
