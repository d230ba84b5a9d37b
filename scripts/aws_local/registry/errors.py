"""Errors in the form of the distribution specification.

https://github.com/opencontainers/distribution-spec/blob/main/spec.md#error-codes
"""

import json


class RegistryError(Exception):
    def __init__(self, status, code, message, headers=()):
        super().__init__(f"{code}: {message}")
        self.status = status
        self.code = code
        self.message = message
        self.headers = [("Content-Type", "application/json; charset=utf-8"), *headers]

    def body(self):
        return json.dumps({"errors": [{"code": self.code, "message": self.message}]}).encode()
