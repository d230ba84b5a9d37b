"""The faster parts answer as moto does; and the HTTP server."""

import contextlib
import http.client
import io
import json
import socket
import threading
import time
import unittest

import boto3
import xmltodict
from moto.core.serialize import DEFAULT_ALIAS_PROVIDERS, XFormedAttributePicker
from moto.core.utils import get_service_model
from moto.iam.models import DEFAULT_ACCOUNT_ID, iam_backends
from moto.moto_api._internal import mock_random
from moto.moto_server.werkzeug_app import create_backend_app

from aws_local.speed import lookups, serialization
from aws_local.speed.dispatch import Backend
from aws_local.speed.http import Server
from aws_local.speed.xml import unparse
from aws_local.tests.case import Case, client

AUTHORIZATION = "AWS4-HMAC-SHA256 Credential=AKIA/20260101/us-east-1/{}/aws4_request, SignedHeaders=host, Signature=0"
FORM = "application/x-www-form-urlencoded"


class Xml(unittest.TestCase):
    def test_it_writes_what_xmltodict_writes(self):
        values = [
            "plain",
            "<&>\"'",
            "",
            None,
            True,
            0,
            1.5,
            b"bytes",
            [],
            ["a", "b"],
            ("a", None, ""),
            {"a"},
            {},
            {"inner": []},
            {"inner": [{}]},
            {"inner": [{"leaf": 1}, {"leaf": "<"}]},
            {"@xmlns": 'http://example.com/?a=1&b="2"', "leaf": "x"},
            {"@flag": None, "#text": "text", "child": "c"},
            {"@flag": True, "#text": ""},
            {"#text": None},
            {"@xmlns": {"": "urn:x", "n": "urn:y"}},
            {"#comment": "a comment"},
            {"a": {"b": {"c": ["d", {"e": "é\n\t"}]}}},
            ["x", ["a list", "in a list"]],
        ]
        for value in values:
            for full in (True, False):
                for short in (True, False):
                    with self.subTest(value=value, full=full, short=short):
                        document = {"Root": {"@xmlns": "urn:x", "Before": "1", "Value": value, "After": "2"}}
                        how = {"full_document": full, "short_empty_elements": short}
                        self.assertEqual(unparse(document, **how), xmltodict.unparse(document, **how))

    def test_several_roots(self):
        document = {"a": 1, "b": 2}
        self.assertEqual(unparse(document, full_document=False), "<a>1</a><b>2</b>")
        with self.assertRaises(ValueError):
            unparse(document)

    def test_a_name_that_would_break_out_of_its_tag_is_refused(self):
        with self.assertRaises(ValueError):
            unparse({"a": {"b><c": 1}})


class DBInstance:
    identifier = "by the class's name"
    db_instance_class = "snake case"
    Engine = "as it is"

    class Meta:
        serialization_aliases = {"DBName": "the_name"}

    the_name = "by an alias"

    @property
    def status(self):
        raise AttributeError("none yet")


class Members(unittest.TestCase):
    """Of the results that moto's handlers give: dicts, objects, and what lies between."""

    class Serializer:
        path = ["DescribeDBInstances", "DBInstances"]

        def __init__(self, transformers):
            self._value_picker = XFormedAttributePicker(DEFAULT_ALIAS_PROVIDERS, transformers)
            self.operation_model = get_service_model("rds").operation_model("DescribeDBInstances")

        get_value = serialization.get_value
        plain = serialization.plain_get_value

    def test_the_same_value_is_found(self):
        shape = get_service_model("rds").shape_for("DBInstance")
        results = [
            {},
            {"DBInstanceIdentifier": 1, "Endpoint": None},
            {"db_instance_identifier": 2, "Identifier": 3, "tag_list": []},
            {"Identifier": 4, "AllocatedStorage": MemoryError},
            DBInstance(),
            DBInstance,
            "text",
            ["list"],
            None,
        ]
        tables = [
            {},
            {"DBName": lambda _value: "changed", "Identifier": str},
            {"DBInstances.Engine": lambda _value: "by its path", "Other.Engine": lambda _value: "wrong"},
        ]
        for table in tables:
            serializer = self.Serializer(table)
            for result in results:
                for _ in range(2):
                    for key, member in shape.members.items():
                        member.parent = shape
                        with self.subTest(result=result, key=key, table=list(table)):
                            self.assertEqual(
                                serializer.get_value(result, key, member), serializer.plain(result, key, member)
                            )

    def test_a_table_of_transformers_may_grow(self):
        table = {"DBName": lambda value: value}
        serializer, member = self.Serializer(table), get_service_model("rds").shape_for("DBInstance").members["Engine"]
        self.assertEqual(serializer.get_value({"Engine": 1}, "Engine", member), 1)
        table["Engine"] = lambda _value: 2
        self.assertEqual(serializer.get_value({"Engine": 1}, "Engine", member), 2)


class Lookups(Case):
    def test_an_access_key_finds_its_account_until_it_is_gone(self):
        sts, account = client("sts"), "234567890123"
        role = f"arn:aws:iam::{account}:role/any"
        key = sts.assume_role(RoleArn=role, RoleSessionName="test")["Credentials"]["AccessKeyId"]
        self.assertEqual([lookups.get_account_id_from(key) for _ in range(2)], [account] * 2)
        del iam_backends[account]["aws"].access_keys[key]
        self.assertEqual(lookups.get_account_id_from(key), DEFAULT_ACCOUNT_ID)

    def test_an_unknown_key_is_of_the_default_account(self):
        self.assertEqual(lookups.get_account_id_from("AKIAUNKNOWN"), DEFAULT_ACCOUNT_ID)

    def test_the_role_of_a_session_was_used(self):
        iam, account = client("iam"), DEFAULT_ACCOUNT_ID
        trust = {"Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"}, "Action": "sts:AssumeRole"}
        document = json.dumps({"Version": "2012-10-17", "Statement": [trust]})
        iam.create_role(RoleName="used", AssumeRolePolicyDocument=document)
        role = f"arn:aws:iam::{account}:role/used"
        given = client("sts").assume_role(RoleArn=role, RoleSessionName="test")["Credentials"]
        session = boto3.Session(given["AccessKeyId"], given["SecretAccessKey"], given["SessionToken"])
        self.assertNotIn("LastUsedDate", iam.get_role(RoleName="used")["Role"]["RoleLastUsed"])
        session.client("ec2").describe_vpcs()
        self.assertIn("LastUsedDate", iam.get_role(RoleName="used")["Role"]["RoleLastUsed"])

    def test_tags_are_those_of_describe_tags(self):
        vpc = self.ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
        other = self.ec2.create_vpc(CidrBlock="10.1.0.0/16")["Vpc"]["VpcId"]
        self.assertEqual(self.ec2.describe_vpcs(VpcIds=[vpc])["Vpcs"][0].get("Tags", []), [])
        self.ec2.create_tags(Resources=[vpc, other], Tags=[{"Key": "b", "Value": "2"}, {"Key": "a", "Value": "1"}])
        told = self.ec2.describe_tags(Filters=[{"Name": "resource-id", "Values": [vpc]}])["Tags"]
        shown = self.ec2.describe_vpcs(VpcIds=[vpc])["Vpcs"][0]["Tags"]
        self.assertEqual([(one["Key"], one["Value"]) for one in told], [(one["Key"], one["Value"]) for one in shown])

    def test_a_reset_forgets_what_was_made_while_it_ran(self):
        for _ in range(2):
            self.doCleanups()
            self.setUp()
            self.assertEqual(len(self.ec2.describe_vpcs()["Vpcs"]), 1)
            self.ec2.create_vpc(CidrBlock="10.0.0.0/16")

    def test_kms_keys_sign_with_the_key_that_they_show(self):
        kms = client("kms")
        key = kms.create_key(KeyUsage="SIGN_VERIFY", KeySpec="RSA_2048")["KeyMetadata"]["KeyId"]
        how = {"KeyId": key, "Message": b"text", "SigningAlgorithm": "RSASSA_PSS_SHA_256"}
        self.assertEqual(kms.get_public_key(KeyId=key)["PublicKey"], kms.get_public_key(KeyId=key)["PublicKey"])
        self.assertTrue(kms.verify(Signature=kms.sign(**how)["Signature"], **how)["SignatureValid"])


class Dispatch(Case):
    """Each request gets the same answer with Flask and without."""

    REQUESTS = [
        ("ec2", "POST", "/", FORM, "Action=DescribeVpcs&Version=2016-11-15"),
        ("ec2", "POST", "/", FORM, "Action=DescribeVpcs&Version=2016-11-15&VpcId.1=vpc-00000000"),
        ("ec2", "GET", "/?Action=DescribeAvailabilityZones&Version=2016-11-15", "", ""),
        ("ec2", "GET", "/no/such/path", "", ""),
        ("iam", "POST", "/", FORM, "Action=GetRole&Version=2010-05-08&RoleName=none"),
        ("sts", "POST", "/", FORM, "Action=GetCallerIdentity&Version=2011-06-15"),
        ("route53", "GET", "/2013-04-01/hostedzone", "", ""),
        ("route53", "GET", "/2013-04-01/hostedzone/ZNONE", "", ""),
        ("s3", "PUT", "/a-bucket", "", ""),
        ("s3", "PUT", "/a-bucket/a%20key%2Fwith?x-id=PutObject", "text/plain", "text"),
        ("s3", "GET", "/a-bucket/a%20key%2Fwith", "", ""),
        ("s3", "HEAD", "/a-bucket/a%20key%2Fwith", "", ""),
        ("s3", "GET", "/a-bucket/none", "", ""),
        ("s3", "HEAD", "/no-bucket", "", ""),
        ("s3", "DELETE", "/a-bucket/a%20key%2Fwith", "", ""),
        ("s3", "OPTIONS", "/a-bucket", "", ""),
        ("ecs", "POST", "/", "application/x-amz-json-1.1", "{}"),
        ("moto_api", "GET", "/moto-api/", "", ""),
    ]

    def answer(self, app, service, method, target, kind, body, **more):
        mock_random.seed(1)
        path, _, query = target.partition("?")
        environ = {
            "REQUEST_METHOD": method,
            "SCRIPT_NAME": "",
            "PATH_INFO": path.replace("%20", " ").replace("%2F", "/"),
            "QUERY_STRING": query,
            "RAW_URI": target,
            "REQUEST_URI": target,
            "SERVER_NAME": "127.0.0.1",
            "SERVER_PORT": "80",
            "HTTP_HOST": "127.0.0.1:5000",
            "HTTP_AUTHORIZATION": AUTHORIZATION.format(service),
            "HTTP_X_AMZ_TARGET": "AmazonEC2ContainerServiceV20141113.ListClusters" if service == "ecs" else "",
            "CONTENT_TYPE": kind,
            "CONTENT_LENGTH": str(len(body)),
            "SERVER_PROTOCOL": "HTTP/1.1",
            "wsgi.url_scheme": "http",
            "wsgi.input": io.BytesIO(body.encode()),
            "wsgi.errors": io.StringIO(),
            **more,
        }
        told = []
        parts = app(environ, lambda status, headers, _exception=None: told.extend([status, headers]))
        text = b"".join(parts)
        parts.close()
        changing = ("date", "last-modified")
        return told[0], sorted((k.lower(), v) for k, v in told[1] if k.lower() not in changing), text

    def test_answers_are_the_same(self):
        answers = []
        for make in (create_backend_app, Backend):
            self.doCleanups()
            self.setUp()
            mock_random.seed(1)
            apps = {request[0]: make(request[0]) for request in self.REQUESTS}
            answers.append([self.answer(apps[request[0]], *request) for request in self.REQUESTS])
        for request, plain, ours in zip(self.REQUESTS, *answers):
            with self.subTest(request=request):
                self.assertEqual(ours, plain)

    def test_browsers_are_answered_as_moto_answers_them(self):
        for method in ("GET", "OPTIONS"):
            request = ("s3", method, "/", "", "")
            origin = {"HTTP_ORIGIN": "http://example.com"}
            plain = self.answer(create_backend_app("s3"), *request, **origin)
            self.assertEqual(self.answer(Backend("s3"), *request, **origin), plain)


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
        """What comes back until the connection ends, or nothing more comes."""
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

    def test_requests_one_after_the_other_without_waiting(self):
        one = b"POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\nab"
        self.assertEqual(self.raw(one * 3).count(b"\r\n\r\nab"), 3)

    def test_a_client_that_waits_for_permission_gets_it(self):
        head = b"POST /echo HTTP/1.1\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n"
        with socket.create_connection(("127.0.0.1", self.port), timeout=10) as line:
            line.sendall(head)
            self.assertEqual(line.recv(100), b"HTTP/1.1 100 Continue\r\n\r\n")
            line.sendall(b"ab")
            self.assertTrue(line.recv(1000).endswith(b"ab"))

    def test_no_body_where_there_must_be_none(self):
        answer, body = self.ask("HEAD", "/names")
        self.assertEqual((answer.status, body), (200, b""))
        self.assertEqual(self.ask("POST", "/echo", b"after")[1], b"after")
        self.assertEqual(self.raw(b"DELETE /none HTTP/1.1\r\n\r\n").partition(b"\r\n\r\n")[2], b"")

    def test_a_connection_ends_where_the_length_of_the_answer_is_not_said(self):
        """Simple clients read until then."""
        self.assertEqual(self.ask("DELETE", "/none")[0].headers["Connection"], "close")

    def test_an_unread_body_ends_the_connection_and_not_the_answer(self):
        answer, _ = self.ask("POST", "/unread", bytes(3_000_000))
        self.assertEqual((answer.status, answer.headers["Connection"]), (404, "close"))

    def test_paths_are_told_as_they_were_sent_and_decoded(self):
        self.assertEqual(self.ask("GET", "/ec%68o?a=%2F")[0].headers["X-Raw"], "/ec%68o?a=%2F")

    def test_headers(self):
        _, body = self.ask("GET", "/names", headers={"X-One": " 1 ", "x-two": "2", "X_Three": "3"})
        self.assertEqual(body, b"HTTP_X_ONE=1;HTTP_X_TWO=2;")
        twice = self.raw(b"GET /names HTTP/1.1\r\nX-A: 1\r\nX-A: 2\r\n\r\n")
        self.assertTrue(twice.endswith(b"HTTP_X_A=1,2;"), twice)

    def test_what_is_not_http_is_refused(self):
        for data in (b"nonsense\r\n\r\n", b"GET / HTTP/1.1\r\nnonsense\r\n\r\n", b"GET / HTTP/1.1\r\nContent-Length: x\r\n\r\n"):
            self.assertTrue(self.raw(data).startswith(b"HTTP/1.1 400 "), data)

    def test_silent_clients_do_not_keep_others_waiting(self):
        silent = [socket.create_connection(("127.0.0.1", self.port)) for _ in range(100)]
        start = time.monotonic()
        self.assertEqual(self.ask("POST", "/echo", b"x")[1], b"x")
        self.assertLess(time.monotonic() - start, 5)
        for line in silent:
            line.close()

    def test_a_mistake_in_the_application_ends_one_connection_alone(self):
        with contextlib.redirect_stderr(io.StringIO()):
            self.assertEqual(self.raw(b"GET /wrong HTTP/1.1\r\n\r\n"), b"")
        self.assertEqual(self.ask("POST", "/echo", b"x")[1], b"x")
