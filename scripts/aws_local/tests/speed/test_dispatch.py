"""Dispatch without Flask gives the same answers as moto with Flask."""

import io

from moto.moto_api._internal import mock_random
from moto.moto_server.werkzeug_app import create_backend_app

from aws_local.speed.dispatch import Backend
from aws_local.tests.case import Case

AUTHORIZATION = "AWS4-HMAC-SHA256 Credential=AKIA/20260101/us-east-1/{}/aws4_request, SignedHeaders=host, Signature=0"


FORM = "application/x-www-form-urlencoded"


class Dispatch(Case):
    """Each request is answered with Flask and without, and the answers are compared."""

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
