"""Faster versions of parts of moto that every request uses: results are cached, and the code on the path of a request
is written for speed. The answers stay the same; tests compare each part with moto's own."""

from aws_local.speed import kms_keys, lookups, serialization


def install():
    kms_keys.install()
    lookups.install()
    serialization.install()
