"""What moto lacks, added: each module named here fills one gap, from AWS's API reference. See docs/testing.md."""

import importlib

MODULES = [
    "ec2_filters",
    "ec2_requests",
    "ec2_rules",
    "ec2_endpoints",
    "ec2_nat",
    "ec2_in_use",
    "s3_policy",
    "s3_versioning",
]


def install():
    for name in MODULES:
        importlib.import_module(f"aws_local.{name}").install()
