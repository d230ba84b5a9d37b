"""Authorization tokens for the registry: a password for the user AWS that names the account and Region, valid for twelve
hours. The registry's address is the one that the request was sent to, so that a proxy in front of the API is also in
front of the registry.

https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_GetAuthorizationToken.html
https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_AuthorizationData.html
"""

import base64
import binascii
import datetime
import hashlib
import hmac
import json
import secrets
import time

from moto.core.responses import ActionResult
from moto.ecr.responses import ECRResponse

from aws_local.registry.errors import RegistryError

LASTS = 12 * 60 * 60
_key = secrets.token_bytes(32)


def sign(text):
    return hmac.new(_key, text.encode(), hashlib.sha256).hexdigest()


def _token(account, region, expires):
    payload = json.dumps({"account": account, "region": region, "expires": expires, "type": "DATA_KEY"})
    signed = json.dumps({"payload": payload, "signature": sign(payload)})
    return base64.urlsafe_b64encode(signed.encode()).decode()


def checked(header, realm):
    """The account and Region of the token in an Authorization header."""
    scheme, _, value = header.partition(" ")
    challenge = [("WWW-Authenticate", f'Basic realm="{realm}",service="ecr.amazonaws.com"')]
    if scheme.lower() != "basic":
        raise RegistryError(401, "UNAUTHORIZED", "Not Authorized", challenge)
    try:
        user, _, password = base64.b64decode(value).decode().partition(":")
        signed = json.loads(base64.urlsafe_b64decode(password))
        payload, signature = signed["payload"], signed["signature"]
    except (binascii.Error, KeyError, TypeError, ValueError):
        raise RegistryError(401, "DENIED", "Not Authorized", challenge) from None
    if user != "AWS" or not hmac.compare_digest(signature, sign(payload)):
        raise RegistryError(401, "DENIED", "Not Authorized", challenge)
    token = json.loads(payload)
    if token["expires"] < time.time():
        text = "Your authorization token has expired. Reauthenticate and try again."
        raise RegistryError(403, "DENIED", text)
    return token["account"], token["region"]


def get_authorization_token(self):
    host = self.headers.get("Host") or f"{self.current_account}.dkr.ecr.{self.region}.amazonaws.com"
    expires = int(time.time()) + LASTS
    data = []
    for account in self._get_param("registryIds") or [self.current_account]:
        token = f"AWS:{_token(account, self.region, expires)}"
        data.append(
            {
                "authorizationToken": base64.b64encode(token.encode()).decode(),
                "expiresAt": datetime.datetime.fromtimestamp(expires, datetime.timezone.utc),
                "proxyEndpoint": f"http://{host}",
            }
        )
    return ActionResult({"authorizationData": data})


def install():
    ECRResponse.get_authorization_token = get_authorization_token
