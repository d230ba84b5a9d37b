"""A request as far as a bad day has to understand it, and refusals in the form of its protocol."""

import json
from urllib.parse import parse_qsl, unquote

JSON, EC2, QUERY, S3, ROUTE53 = "json", "ec2", "query", "s3", "route53"
READS = ("Describe", "Get", "List", "Head", "GET", "HEAD", "BatchGet", "Lookup", "Simulate", "Filter")


class Call:
    def __init__(self, environ, body):
        self.body = body
        scope = environ.get("HTTP_AUTHORIZATION", "").split("Credential=")[-1].split("/")
        self.service = scope[3] if len(scope) > 3 else ""
        self.method, self.path, query = environ["REQUEST_METHOD"], environ["PATH_INFO"], environ["QUERY_STRING"]
        target = environ.get("HTTP_X_AMZ_TARGET")
        # Names and values of all that the request says.
        self.values = []
        if target:
            self.protocol, self.operation = JSON, target.rsplit(".", 1)[-1]
            self.values = list(_leaves("", json.loads(body or b"{}")))
        elif self.service == "chatbot":
            self.protocol, self.operation = JSON, _rest_operation(self.path)
            self.values = list(_leaves("", json.loads(body or b"{}")))
        elif self.service == "s3":
            self.protocol, self.operation = S3, _s3_operation(self.method, self.path, query)
            self.values = [("Bucket", self.path.strip("/").split("/")[0])]
        elif self.service == "route53":
            self.protocol, self.operation = ROUTE53, _route53_operation(self.method, self.path)
            self.values = [("", part) for part in self.path.strip("/").split("/")]
        else:
            self.values = parse_qsl(body.decode("latin-1"), keep_blank_values=True)
            self.operation = self.value("Action") or f"{self.method} {self.path}"
            self.protocol = EC2 if self.service == "ec2" else QUERY
        self.key = (self.operation, self.path, query, body)

    @property
    def reads(self):
        return self.operation.startswith(READS)

    def value(self, name):
        return next((value for key, value in self.values if key == name), None)

    def names(self, texts):
        """Whether the request names one of these: as a whole value, not as a part of one."""
        return any(value in texts for _, value in self.values)

    def filters_by(self, texts):
        """Whether it asks for one of these by a filter, which finds nothing where there is nothing."""
        return any(value in texts for key, value in self.values if key.startswith("Filter"))


def _leaves(name, value):
    if isinstance(value, dict):
        for key, item in value.items():
            yield from _leaves(key, item)
    elif isinstance(value, list):
        for item in value:
            yield from _leaves(name, item)
    else:
        yield name, value


def _rest_operation(path):
    """The operation of a service that has a path for each, such as `/create-ms-teams-channel-configuration`."""
    words = path.strip("/").replace("ms-teams", "microsoft-teams").split("-")
    return "".join(word.capitalize() for word in words)


def _s3_operation(method, path, query):
    names = [one.split("=")[0] for one in query.split("&") if one and not one.startswith("x-id=")]
    if names:
        return f"{method} ?{names[0]}"
    return f"{method} object" if "/" in unquote(path).strip("/") else f"{method} bucket"


def _route53_operation(method, path):
    if path.endswith("/rrset"):
        return "ListResourceRecordSets" if method == "GET" else "ChangeResourceRecordSets"
    if "/change/" in path:
        return "GetChange"
    return f"{method} {path}"


class Answer:
    def __init__(self, status, headers, body):
        self.status, self.headers, self.body = status, headers, body

    @property
    def ok(self):
        return self.status < 300

    @property
    def text(self):
        return self.body.decode("utf-8", "replace")

    def with_text(self, text):
        return Answer(self.status, self.headers, text.encode())


def refusal(call, status, code, message):
    """An error in the form of the call's protocol."""
    error = f"<Code>{code}</Code><Message>{message}</Message>"
    body = {
        EC2: f"<Response><Errors><Error>{error}</Error></Errors><RequestID>bad-day</RequestID></Response>",
        QUERY: f"<ErrorResponse><Error><Type>Sender</Type>{error}</Error><RequestId>bad-day</RequestId></ErrorResponse>",
        ROUTE53: f"<ErrorResponse><Error><Type>Sender</Type>{error}</Error><RequestId>bad-day</RequestId></ErrorResponse>",
        S3: f"<Error>{error}<RequestId>bad-day</RequestId></Error>",
        JSON: json.dumps({"__type": code, "message": message}),
    }[call.protocol]
    kind = "application/x-amz-json-1.1" if call.protocol == JSON else "text/xml"
    headers = [("Content-Type", kind), ("x-amzn-requestid", "bad-day")]
    return Answer(status, headers, b"" if call.method == "HEAD" else body.encode())
