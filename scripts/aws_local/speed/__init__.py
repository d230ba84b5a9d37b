"""The same answers as moto's, with less work: what moto computes anew for every request is kept, and the parts on the
way of every request are written for speed. Nothing here changes what an answer says; tests compare it with moto's own."""

from aws_local.speed import kms_keys, lookups, serialization


def install():
    kms_keys.install()
    lookups.install()
    serialization.install()
