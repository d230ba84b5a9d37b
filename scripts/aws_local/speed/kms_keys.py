"""moto generates an RSA key for every KMS key, which takes about 50 ms, although only asymmetric keys use it. Here it is
generated on first use."""

import threading

from moto.kms import models
from moto.kms.models import Key
from moto.kms.utils import generate_private_key

_lock = threading.Lock()


def _get(key):
    with _lock:
        if key.__dict__.get("_private_key") is None:
            key._private_key = generate_private_key(key.key_spec)
        return key._private_key


def _set(key, value):
    key._private_key = value


def install():
    models.generate_private_key = lambda _key_spec: None
    Key.private_key = property(_get, _set)
