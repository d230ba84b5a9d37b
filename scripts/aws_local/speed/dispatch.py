"""Finds moto's handler for a request, and calls it without Flask. Flask still answers requests that need it: moto's own
pages, and requests from browsers (CORS).

See create_backend_app in moto/moto_server/werkzeug_app.py, convert_to_flask_response in moto/core/utils.py.
"""

import functools

from botocore.exceptions import ClientError
from flask import Response
from moto.core.request import Request
from moto.moto_api import recorder
from moto.moto_server.werkzeug_app import DomainDispatcherApplication, create_backend_app
from werkzeug.exceptions import HTTPException

# Services whose handlers use Flask themselves.
NEED_FLASK = {"moto_api"}


@functools.lru_cache(1000)
def _root(scheme, host, script, path):
    """The first part of a URL, as werkzeug builds it."""
    environ = {"wsgi.url_scheme": scheme, "HTTP_HOST": host, "SCRIPT_NAME": script, "PATH_INFO": path}
    return Request({**environ, "REQUEST_METHOD": "GET"}).url_root.rstrip("/")


class ServedRequest(Request):
    from_wsgi_server = True

    @functools.cached_property
    def raw_url(self):
        environ = self.environ
        root = _root(environ["wsgi.url_scheme"], environ.get("HTTP_HOST", ""), environ.get("SCRIPT_NAME", ""), "/")
        query = self.query_string.decode()
        return f"{root}{self.raw_path}?{query}" if query else f"{root}{self.raw_path}"


class Backend:
    """The application of one service."""

    def __init__(self, service):
        self.flask = create_backend_app(service)
        self.needs_flask = service in NEED_FLASK

    def __call__(self, environ, start_response):
        if self.needs_flask or "HTTP_ORIGIN" in environ or environ["REQUEST_METHOD"] == "OPTIONS":
            return self.flask(environ, start_response)
        try:
            response = self._answer(environ)
        except HTTPException as error:
            response = error.get_response(environ)
        response.headers["Access-Control-Allow-Origin"] = "*"
        return response(environ, start_response)

    def _answer(self, environ):
        request = ServedRequest(environ)
        endpoint, _ = self.flask.url_map.bind_to_environ(environ).match(method=request.method)
        view = self.flask.view_functions[endpoint]
        recorder._record_request(request)
        try:
            result = view.callback(request, request.raw_url, dict(request.headers))
        except ClientError as error:
            result = 400, {}, error.response["Error"]["Message"]
        status, headers, content = result if len(result) == 3 else (200, {}, result)
        response = Response(response=content, status=status, headers=headers)
        if request.method == "HEAD" and "content-length" in headers:
            response.headers["Content-Length"] = headers["content-length"]
        return response


class Dispatcher(DomainDispatcherApplication):
    def __init__(self):
        super().__init__(Backend)
        # moto tries the patterns of all services one after the other; there is one host per service and Region.
        self.get_backend_for_host = functools.lru_cache(1000)(super().get_backend_for_host)
