"""Puts a bad day between the callers of an account and the API."""

import io

from moto.iam.models import get_account_id_from

from aws_local.bad_day.call import Answer, Call
from aws_local.bad_day.day import days

EXEMPT = "HTTP_X_AWS_LOCAL_EXEMPT"


class BadDay:
    def __init__(self, app):
        self.app = app

    def __call__(self, environ, start_response):
        day = days and self._day(environ)
        if not day:
            return self.app(environ, start_response)
        body = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
        environ["wsgi.input"] = io.BytesIO(body)
        call = Call(environ, body)
        with day.lock:
            answer = day.refuse(call)
        if answer is None:
            answer = self._ask(environ)
            with day.lock:
                answer = day.answered(call, answer)
        headers = [pair for pair in answer.headers if pair[0].lower() != "content-length"]
        if call.method != "HEAD":
            headers.append(("Content-Length", str(len(answer.body))))
        start_response(f"{answer.status} {'OK' if answer.ok else 'Error'}", headers)
        return [answer.body]

    def _day(self, environ):
        if EXEMPT in environ or environ.get("HTTP_TRANSFER_ENCODING"):
            return None
        credential = environ.get("HTTP_AUTHORIZATION", "").split("Credential=")
        if len(credential) < 2:
            return None
        return days.get(get_account_id_from(credential[1].split("/")[0]))

    def _ask(self, environ):
        said = {}

        def note(status, headers, _exception=None):
            said.update(status=int(status.split()[0]), headers=list(headers))

        parts = self.app(environ, note)
        body = b"".join(parts)
        if hasattr(parts, "close"):
            parts.close()
        return Answer(said["status"], said["headers"], body)
