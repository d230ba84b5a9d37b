"""An empty account for each test, with the additions installed. Tests use boto3."""

import functools
import os
import unittest

import boto3
from botocore.exceptions import ClientError
from moto import mock_aws
from moto.core.model_instances import reset_model_data

from aws_local import additions, speed

os.environ.update(AWS_ACCESS_KEY_ID="test", AWS_SECRET_ACCESS_KEY="test", AWS_DEFAULT_REGION="us-east-1")
os.environ["MOTO_EC2_LOAD_DEFAULT_AMIS"] = "false"
additions.install()
speed.install()
_mock = mock_aws()
_mock.start()


@functools.cache
def client(service, region=None, endpoint_url=None):
    """A client that all tests share. It has no state of the account, and creating one takes longer than most tests."""
    return boto3.client(service, region, endpoint_url=endpoint_url)


class Case(unittest.TestCase):
    def setUp(self):
        _mock.reset()
        reset_model_data()
        self.ec2, self.s3 = client("ec2"), client("s3")

    def refused(self, code):
        return Refused(self, code)

    def network(self):
        """Creates a VPC with a subnet and a route table."""
        vpc = self.ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
        subnet = self.ec2.create_subnet(VpcId=vpc, CidrBlock="10.0.0.0/24")["Subnet"]["SubnetId"]
        table = self.ec2.create_route_table(VpcId=vpc)["RouteTable"]["RouteTableId"]
        return vpc, subnet, table

    def group(self, vpc, name):
        return self.ec2.create_security_group(VpcId=vpc, GroupName=name, Description=name)["GroupId"]


class Refused:
    """Expects a call to fail with this code."""

    def __init__(self, case, code):
        self.case, self.code = case, code

    def __enter__(self):
        return self

    def __exit__(self, kind, error, _trace):
        self.case.assertIsInstance(error, ClientError, f"not refused with {self.code}")
        self.case.assertEqual(error.response["Error"]["Code"], self.code)
        return True
